use super::loopback::Loopback;
use super::*;

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The status that comes back in the end, and how many requests were sent for it.
fn sent(method: &str, answers: &[&str]) -> (Result<u16, String>, usize) {
    let server = Loopback::answering(answers.iter().map(|text| (*text).to_owned()).collect());
    let url = format!("http://{}/", server.address);
    let make = || {
        let body = Full::new(Bytes::new());
        Request::builder().method(method).uri(&url).body(body).map_err(|error| error.to_string())
    };
    let reply = run(async { Http::new(false).unwrap().send(make).await });
    (reply.map(|reply| reply.status().as_u16()), server.heads().len())
}

const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const BUSY: &str = "HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const REFUSED: &str = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[test]
fn what_may_be_repeated_is_sent_again() {
    assert_eq!(sent("PUT", &[BUSY, "", FINE]), (Ok(200), 3));
    assert_eq!(sent("GET", &[BUSY, BUSY, BUSY, BUSY]), (Ok(503), 4));
    assert_eq!(sent("GET", &[REFUSED]), (Ok(403), 1));
    assert_eq!(sent("POST", &[BUSY]), (Ok(503), 1));
    let (outcome, requests) = sent("POST", &[""]);
    assert!(outcome.is_err() && requests == 1, "a POST may have had its effect");
}

#[test]
fn an_empty_body_has_a_length() {
    for (method, expected) in [("PUT", true), ("POST", true), ("GET", false)] {
        let server = Loopback::answering(vec![FINE.to_owned()]);
        let url = format!("http://{}/", server.address);
        let make = || Ok(Request::builder().method(method).uri(&url).body(Full::default()).unwrap());
        run(async { Http::new(false).unwrap().send(make).await }).unwrap();
        let heads = server.heads().concat();
        assert_eq!(heads.contains("content-length: 0"), expected, "{heads}");
        assert!(heads.contains("user-agent: larder/"));
    }
}
