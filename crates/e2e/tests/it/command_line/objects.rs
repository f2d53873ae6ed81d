//! Objects by command: round trips of every size, through pipes and TLS, and what a broken one leaves.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use e2e::{Larder, Proxy, binary, command, configuration, exchange, scratch_folder, signal};

use super::{fine, json, run};

const LONG_BYTES: usize = 20 * 1024 * 1024;

/// Bytes that differ from place to place.
fn content(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn a_long_file_goes_in_parts_and_comes_back() {
    let larder = Larder::dev();
    let folder = scratch_folder();
    let (file, back) = (folder.path().join("file"), folder.path().join("back"));
    let (file, back) = (file.to_str().unwrap(), back.to_str().unwrap());
    let body = content(LONG_BYTES);
    std::fs::write(file, &body).unwrap();
    let options =
        ["--meta", "who=me", "--content-type", "video/mp4", "--cache-control", "max-age=60", "--json"];
    let put = json(&fine(&larder, &[&["object", "put", "user-uploads/long", file], &options[..]].concat()));
    assert_eq!((put["parts"].as_u64(), put["size"].as_u64()), (Some(3), Some(LONG_BYTES as u64)));
    assert!(put["etag"].as_str().unwrap().ends_with("-3"), "{put}");
    let head = json(&fine(&larder, &["object", "head", "user-uploads/long", "--json"]));
    assert_eq!(head["content_type"], "video/mp4");
    assert_eq!((&head["cache_control"], &head["metadata"]["who"]), (&"max-age=60".into(), &"me".into()));
    assert_eq!(head["etag"], put["etag"]);

    let got = json(&fine(&larder, &["object", "get", "user-uploads/long", back, "--json"]));
    assert_eq!(got["size"].as_u64(), Some(LONG_BYTES as u64));
    assert!(std::fs::read(back).unwrap() == body);
    let again = run(&larder, &["object", "get", "user-uploads/long", back], b"");
    assert!(again.code == 2 && again.err.contains("is there already"), "{}", again.err);
    fine(&larder, &["object", "get", "user-uploads/long", back, "--force"]);
    let names = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 2, "no part of a file stays");

    // through pipes; a whole number of parts, too
    let sizes = [0, 1, 8 * 1024 * 1024, 16 * 1024 * 1024];
    for size in sizes {
        let piece = &body[..size];
        assert_eq!(run(&larder, &["object", "put", "user-uploads/piped", "-"], piece).code, 0);
        assert!(run(&larder, &["object", "get", "user-uploads/piped", "-"], b"").out == piece, "{size}");
    }
}

#[test]
fn lists_copies_and_deletes() {
    let larder = Larder::dev();
    for key in ["user-uploads/a b/ü+%.txt", "user-uploads/a b/2", "user-uploads/z.html"] {
        assert_eq!(run(&larder, &["object", "put", key, "-"], b"content").code, 0);
    }
    let head = json(&fine(&larder, &["object", "head", "user-uploads/z.html", "--json"]));
    assert_eq!(head["content_type"], "text/html", "by its ending");
    let list = |options: &[&str]| {
        let lines = fine(&larder, &[&["object", "list"], options, &["--json"]].concat());
        lines.lines().map(json).collect::<Vec<_>>()
    };
    let keys = |options: &[&str]| {
        let name = |entry: &serde_json::Value| {
            entry["key"].as_str().or(entry["prefix"].as_str()).unwrap().to_owned()
        };
        list(options).iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(keys(&["user-uploads"]), ["a b/2", "a b/ü+%.txt", "z.html"]);
    assert_eq!(keys(&["user-uploads/a b/ü"]), ["a b/ü+%.txt"]);
    assert_eq!(keys(&["user-uploads", "--folders"]), ["z.html", "a b/"]);
    assert_eq!(keys(&["user-uploads", "--limit", "2"]).len(), 2);
    assert_eq!(list(&["user-uploads/z"])[0]["size"].as_u64(), Some(7));
    fine(&larder, &["object", "copy", "user-uploads/a b/ü+%.txt", "user-uploads/copy"]);
    assert_eq!(fine(&larder, &["object", "get", "user-uploads/copy", "-"]), "content");
    let missing = run(&larder, &["object", "copy", "user-uploads/none", "user-uploads/copy"], b"");
    assert!(missing.code == 1 && missing.err.contains("NoSuchKey"), "{}", missing.err);
    let deleted =
        fine(&larder, &["object", "delete", "user-uploads/copy", "user-uploads/a b/ü+%.txt", "--json"]);
    assert_eq!(json(&deleted)["deleted"].as_array().unwrap().len(), 2);
    assert_eq!(keys(&["user-uploads"]), ["a b/2", "z.html"]);
}

/// More than a page of keys, every one of them once.
#[test]
fn a_list_of_several_pages() {
    let larder = Larder::dev();
    let signer = larder.signer();
    for i in 0..1_005 {
        let target = signer.presign("PUT", &format!("/user-uploads/{i:04}"), &[]);
        assert_eq!(exchange(larder.address, "PUT", &target, &[("host", &signer.host)], b"").status, 200);
    }
    let all = fine(&larder, &["object", "list", "user-uploads", "--json"]);
    let keys: Vec<String> = all.lines().map(|line| json(line)["key"].as_str().unwrap().to_owned()).collect();
    assert_eq!(keys, (0..1_005).map(|i| format!("{i:04}")).collect::<Vec<_>>());
    assert_eq!(fine(&larder, &["object", "list", "user-uploads", "--limit", "1003"]).lines().count(), 1_003);
}

#[test]
fn what_fails_leaves_nothing_behind() {
    let larder = Larder::dev();
    assert_eq!(run(&larder, &["object", "put", "user-uploads/kept", "-"], b"first").code, 0);
    for length in [3, LONG_BYTES] {
        let refused =
            run(&larder, &["object", "put", "user-uploads/kept", "-", "--no-overwrite"], &content(length));
        assert!(refused.code == 1 && refused.err.contains("412 PreconditionFailed"), "{}", refused.err);
    }
    assert_eq!(fine(&larder, &["object", "get", "user-uploads/kept", "-"]), "first");
    let uploads = larder.signer().send(larder.address, "GET", "/user-uploads", &[("uploads", "")], &[], b"");
    assert!(!uploads.text().contains("<Upload>"), "{}", uploads.text());
    let folder = scratch_folder();
    let missing = folder.path().join("missing");
    let get = run(&larder, &["object", "get", "user-uploads/none", missing.to_str().unwrap()], b"");
    assert_eq!((get.code, std::fs::read_dir(folder.path()).unwrap().count()), (1, 0));
}

#[test]
fn over_tls_with_a_certificate_that_is_trusted() {
    let larder = Larder::dev_at("https://localhost");
    let proxy = Proxy::nginx(larder.address, &configuration("nginx"), true);
    let endpoint = format!("https://localhost:{}", proxy.address.port());
    let mut environment = larder.environment();
    environment.retain(|(name, _)| *name != "R2_ENDPOINT");
    environment.push(("R2_ENDPOINT", endpoint.clone()));
    let put = ["object", "put", "user-uploads/a", "-"];
    let stranger = command(&environment, &put, b"x");
    assert!(
        stranger.code == 1 && stranger.err.contains("does not trust its certificate"),
        "{}",
        stranger.err
    );
    environment.push(("SSL_CERT_FILE", proxy.certificate().display().to_string()));
    let body = content(LONG_BYTES);
    let said = command(&environment, &put, &body);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(command(&environment, &["object", "get", "user-uploads/a", "-"], b"").out == body);
    environment.push(("CLOUDFLARE_API_BASE_URL", format!("{endpoint}/client/v4")));
    assert!(command(&environment, &["bucket", "list"], b"").fine().contains("user-uploads"));
}

/// Although standard input stays open, and is waited for.
#[test]
fn an_interrupted_upload_is_given_up() {
    let larder = Larder::dev();
    let mut command = std::process::Command::new(binary());
    command.args(["object", "put", "user-uploads/cut", "-"]).envs(larder.environment());
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&content(9 * 1024 * 1024)).unwrap();
    let uploads =
        || larder.signer().send(larder.address, "GET", "/user-uploads", &[("uploads", "")], &[], b"").text();
    let patience = Instant::now();
    while !uploads().contains("<Upload>") {
        assert!(patience.elapsed() < Duration::from_secs(30), "no upload was begun");
    }
    assert!(signal(child.id(), "INT"));
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("interrupted"));
    assert!(!uploads().contains("<Upload>"));
    drop(stdin);
}
