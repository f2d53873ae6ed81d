//! `larder dev`: what the first start makes, what the second keeps.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use e2e::{Larder, exchange};

#[test]
fn first_start_makes_everything_an_upload_needs() {
    let larder = Larder::dev();
    assert_eq!(larder.bucket, "user-uploads");
    assert_eq!(larder.account.len(), 32);
    assert_eq!((larder.access_key_id.len(), larder.secret.len()), (32, 64));
    let credentials = larder.data().join("credentials.toml");
    let mode = std::fs::metadata(&credentials).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(larder.output.iter().any(|line| line.contains(&credentials.display().to_string())));
    let policy =
        larder.signer().send(larder.address, "GET", "/user-uploads", &[("cors", "")], &[], b"").text();
    for origin in ["http://localhost:3000", "http://localhost:5173"] {
        assert!(policy.contains(&format!("<AllowedOrigin>{origin}</AllowedOrigin>")), "{policy}");
    }
}

#[test]
fn second_start_keeps_credentials_and_data_and_is_quick() {
    let larder = Larder::dev();
    let put = larder.signer().presign("PUT", "/user-uploads/a", &[]);
    assert_eq!(
        exchange(larder.address, "PUT", &put, &[("host", &larder.signer().host)], b"kept").status,
        200
    );
    let before = (larder.account.clone(), larder.access_key_id.clone(), larder.secret.clone());
    let larder = larder.restarted();
    assert_eq!((larder.account.clone(), larder.access_key_id.clone(), larder.secret.clone()), before);
    assert!(larder.start_up < Duration::from_secs(1), "{:?}", larder.start_up);
    let get = larder.signer().presign("GET", "/user-uploads/a", &[]);
    let reply = exchange(larder.address, "GET", &get, &[("host", &larder.signer().host)], b"");
    assert_eq!((reply.status, reply.body), (200, b"kept".to_vec()));
}

#[test]
fn a_bucket_that_was_deleted_does_not_come_back() {
    let larder = Larder::dev();
    let signer = larder.signer();
    assert_eq!(signer.send(larder.address, "DELETE", "/user-uploads", &[], &[], b"").status, 204);
    let larder = larder.restarted();
    let reply = larder.signer().send(larder.address, "GET", "/user-uploads", &[], &[], b"");
    assert_eq!(reply.verdict(), (404, "NoSuchBucket".to_owned()));
}

#[test]
fn it_ends_at_sigterm() {
    let mut larder = Larder::dev();
    assert!(larder.terminate());
    assert!(larder.log().contains("stopped"));
}

#[test]
fn two_servers_do_not_share_a_folder() {
    let larder = Larder::dev();
    let data = larder.data();
    let second = std::panic::catch_unwind(|| drop(Larder::dev_on(&data)));
    let said = second.unwrap_err();
    let said = said.downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(said.contains("another larder process"), "{said}");
}

#[test]
fn it_serves_on_when_nobody_reads_what_it_prints() {
    let larder = Larder::dev();
    let binary = std::fs::read_link(format!("/proc/{}/exe", larder.pid())).unwrap();
    let folder = e2e::scratch_folder();
    let data = folder.path().join("data");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = std::process::Command::new(binary)
        .args(["dev", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .stdout(writer)
        .stderr(std::fs::File::create(data.with_extension("log")).unwrap())
        .spawn()
        .unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let log = || std::fs::read_to_string(data.with_extension("log")).unwrap_or_default();
    while !log().contains("serving") {
        assert!(std::time::Instant::now() < deadline && child.try_wait().unwrap().is_none(), "{}", log());
        assert_eq!(larder.signer().send(larder.address, "GET", "/", &[], &[], b"").status, 200);
    }
    assert!(e2e::signal(child.id(), "TERM"));
    assert!(child.wait().unwrap().success(), "{}", log());
}
