//! `larder serve`: nothing without a configuration, no credential that nobody gave it.

use std::path::PathBuf;
use std::process::Command;

use e2e::{Larder, exchange, scratch_folder};

fn larder() -> PathBuf {
    let named = std::env::var_os("LARDER_BIN").map(PathBuf::from);
    named.unwrap_or_else(|| std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("larder"))
}

fn refusal(config: &str) -> String {
    let folder = scratch_folder();
    let path = folder.path().join("larder.toml");
    std::fs::write(&path, config.replace("DIR", &folder.path().display().to_string())).unwrap();
    let output = Command::new(larder()).args(["serve", "--config"]).arg(&path).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn it_does_not_start_without_credentials() {
    let minimal = "data = \"DIR/data\"\nhosts = [\"localhost\"]\nlisten = \"127.0.0.1:0\"\n";
    let said = refusal(minimal);
    assert!(said.contains("credentials") && said.contains("is missing"), "{said}");
    let said = refusal(&format!("{minimal}credentials = \"DIR/none.toml\""));
    assert!(said.contains("larder token new"), "{said}");
}

#[test]
fn an_unknown_key_is_named() {
    let said = refusal("dta = \"x\"");
    assert!(said.contains("dta") && said.contains("the keys are"), "{said}");
}

#[test]
fn a_token_that_larder_makes_can_call() {
    let folder = scratch_folder();
    let data = folder.path().join("data");
    drop(Larder::dev_on(&data));
    let made = Command::new(larder()).args(["token", "new", "--bucket", "user-uploads"]).output().unwrap();
    let client = String::from_utf8(made.stderr).unwrap();
    let value = |name: &str| client.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    let credentials = data.join("credentials.toml");
    let mut file = std::fs::read_to_string(&credentials).unwrap();
    file.push_str(&String::from_utf8(made.stdout).unwrap());
    std::fs::write(&credentials, file).unwrap();
    let larder = Larder::dev_on(&data).serve_on("");
    let mut signer = larder.signer();
    signer.access_key_id = value("R2_ACCESS_KEY_ID=");
    signer.secret = value("R2_SECRET_ACCESS_KEY=");
    let send = |method, path| signer.send(larder.address, method, path, &[], &[], b"").verdict();
    assert_eq!(send("PUT", "/user-uploads/a"), (200, String::new()));
    assert_eq!(send("GET", "/user-uploads/a"), (200, String::new()));
    // bound to one bucket, and to objects
    assert_eq!(send("GET", "/"), (403, "AccessDenied".to_owned()));
    assert_eq!(send("PUT", "/another-bucket"), (403, "AccessDenied".to_owned()));
    assert_eq!(send("GET", "/another-bucket/a"), (403, "AccessDenied".to_owned()));
}

#[test]
fn strict_r2_is_a_switch() {
    let larder = Larder::dev().serve_on("strict_r2 = true");
    let headers =
        [("host", "x"), ("origin", "http://localhost:3000"), ("access-control-request-method", "PUT")];
    let host = larder.signer().host;
    let headers = headers.map(|(name, value)| (name, if name == "host" { host.as_str() } else { value }));
    assert_eq!(exchange(larder.address, "OPTIONS", "/user-uploads/a", &headers, b"").status, 204);
}
