//! Many clients at once, each on a connection of its own: one of them wins, and each is told how it ended.

use std::net::SocketAddr;
use std::sync::Barrier;

use e2e::{Client, Larder, Reply, Signer};

const KEY: &str = "/user-uploads/contended";
const CLIENTS: usize = 64;

/// A request that is signed and connected, and not yet sent.
struct Ready {
    client: Client,
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ready {
    fn new(
        (address, signer): (SocketAddr, &Signer),
        method: &'static str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Self {
        let (target, headers) = signer.sign(method, KEY, query, headers, &body);
        Self { client: Client::connect(address).unwrap(), method, target, headers, body }
    }

    fn send(&mut self) -> Reply {
        let headers: Vec<_> = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        self.client.request(self.method, &self.target, &headers, &self.body).unwrap()
    }
}

/// Sends all of them at the same moment; the replies are in the order of the requests.
fn race(requests: Vec<Ready>) -> Vec<Reply> {
    let start = Barrier::new(requests.len());
    std::thread::scope(|scope| {
        let start = &start;
        let send = |mut ready: Ready| {
            scope.spawn(move || {
                start.wait();
                ready.send()
            })
        };
        let running: Vec<_> = requests.into_iter().map(send).collect();
        running.into_iter().map(|each| each.join().unwrap()).collect()
    })
}

#[test]
fn of_many_clients_that_create_one_key_one_wins() {
    let larder = Larder::dev();
    let signer = larder.signer();
    let to = (larder.address, &signer);
    // a small body rides in the commit, a large one is a file before
    for (size, rounds) in [(100, 10), (1_100_000, 3)] {
        for round in 0..rounds {
            let body = |n: usize| format!("{n:02}").repeat(size / 2).into_bytes();
            let put = |n| Ready::new(to, "PUT", &[], &[("if-none-match", "*")], body(n));
            let replies = race((0..CLIENTS).map(put).collect());
            let won: Vec<_> = (0..CLIENTS).filter(|n| replies[*n].status == 200).collect();
            assert_eq!(won.len(), 1, "round {round}");
            for (n, reply) in replies.iter().enumerate().filter(|(n, _)| *n != won[0]) {
                assert_eq!(reply.verdict(), (412, "PreconditionFailed".to_owned()), "round {round}, {n}");
            }
            let read = signer.send(larder.address, "GET", KEY, &[], &[], b"");
            assert!(read.status == 200 && read.body == body(won[0]), "round {round}: the winner's bytes");
            assert_eq!(read.header("etag"), replies[won[0]].header("etag"));
            assert_eq!(signer.send(larder.address, "DELETE", KEY, &[], &[], b"").status, 204);
        }
    }
}

/// CompleteMultipartUpload and AbortMultipartUpload of one upload, from two connections.
#[test]
fn an_upload_is_completed_or_aborted_and_not_both() {
    let larder = Larder::dev();
    let signer = larder.signer();
    let to = (larder.address, &signer);
    let send = |method, query: &[(&str, &str)], body: &[u8]| {
        signer.send(larder.address, method, KEY, query, &[], body)
    };
    for round in 0..20 {
        let id = send("POST", &[("uploads", "")], b"").element("UploadId").unwrap();
        let upload = [("uploadId", id.as_str())];
        let part = send("PUT", &[("partNumber", "1"), ("uploadId", &id)], b"content");
        let etag = part.header("etag").unwrap().replace('"', "&quot;");
        let document = format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
        );
        let complete = || Ready::new(to, "POST", &upload, &[], document.clone().into_bytes());
        let abort = || Ready::new(to, "DELETE", &upload, &[], Vec::new());
        // who connects first is who is served first, more often than not
        let requests = if round % 2 == 0 { vec![complete(), abort()] } else { vec![abort(), complete()] };
        let mut replies = race(requests);
        if round % 2 == 1 {
            replies.reverse();
        }
        let (completed, aborted) = (&replies[0], &replies[1]);
        let gone = (404, "NoSuchUpload".to_owned());
        let read = send("GET", &[], b"");
        match (completed.status, aborted.status) {
            (200, 404) => {
                assert_eq!(aborted.verdict(), gone, "round {round}");
                assert_eq!((read.status, read.text().as_str()), (200, "content"), "round {round}");
                assert_eq!(completed.element("ETag").as_deref(), read.header("etag"));
                assert_eq!(send("DELETE", &[], b"").status, 204);
            }
            (404, 204) => {
                assert_eq!(completed.verdict(), gone, "round {round}");
                assert_eq!(read.verdict(), (404, "NoSuchKey".to_owned()), "round {round}");
                let again = send("POST", &upload, document.as_bytes());
                assert_eq!(again.verdict(), gone, "round {round}: it stays so");
            }
            other => panic!("round {round}: {other:?}: {} {}", completed.text(), aborted.text()),
        }
        assert_eq!(send("DELETE", &upload, b"").verdict(), gone, "round {round}: it has ended");
    }
}
