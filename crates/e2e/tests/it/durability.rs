//! What the kernel sees: one fdatasync for many uploads, none on the threads that serve requests.

use std::process::{Command, Stdio};

use e2e::{Client, Larder, signal};

const CLIENTS: usize = 16;
const PUTS_EACH: usize = 40;

/// How long each sync takes at least, in microseconds.
const SYNC_US: u32 = 3_000;

#[test]
fn syncs_are_shared_and_never_on_a_request_thread() {
    let larder = Larder::dev();
    let trace = larder.data().with_extension("strace");
    let mut strace = Command::new("strace")
        .args(["-f", "-Y", "-q", "-e", "trace=fsync,fdatasync,sync_file_range"])
        // on a quick disk few uploads come while one is synced
        .args(["-e", &format!("inject=fdatasync:delay_enter={SYNC_US}"), "-o"])
        .arg(&trace)
        .args(["-p", &larder.pid().to_string()])
        .stdin(Stdio::null())
        .spawn()
        .expect("strace is installed by the setup");
    // it has attached once it sees a sync
    let signer = larder.signer();
    let mut first = Client::connect(larder.address).unwrap();
    let read = || std::fs::read_to_string(&trace).unwrap_or_default();
    let mut warm_up = 0;
    while read().is_empty() {
        warm_up += 1;
        assert!(warm_up < 5_000, "strace saw no sync in {warm_up} uploads");
        put(&mut first, &signer, "/user-uploads/warm-up");
    }
    let before = syncs(&read()).len();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let signer = &signer;
            let address = larder.address;
            scope.spawn(move || {
                let mut connection = Client::connect(address).unwrap();
                for n in 0..PUTS_EACH {
                    put(&mut connection, signer, &format!("/user-uploads/{client}/{n}"));
                }
            });
        }
    });
    assert!(signal(strace.id(), "INT"));
    let _ = strace.wait();
    let text = read();
    let seen = syncs(&text);
    let shared = seen.len() - before;
    let puts = CLIENTS * PUTS_EACH;
    assert!(shared > 0 && shared < puts / 2, "{shared} syncs for {puts} uploads");
    // small bodies are synced by the log's own thread; index files are the index's own workers'
    let on_runtime: Vec<_> =
        seen.iter().filter(|line| line.contains("tokio-rt") || line.contains("<larder>")).collect();
    assert!(on_runtime.is_empty(), "{on_runtime:?}");
    assert!(seen.iter().any(|line| line.contains("larder-log")), "{seen:?}");
}

fn put(client: &mut Client, signer: &e2e::Signer, path: &str) {
    let target = signer.presign("PUT", path, &[]);
    let reply = client.request("PUT", &target, &[("host", &signer.host)], &[b'x'; 4_096]).unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
}

fn syncs(trace: &str) -> Vec<&str> {
    trace.lines().filter(|line| line.contains("sync(") && !line.contains("resumed")).collect()
}
