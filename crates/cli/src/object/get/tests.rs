use super::*;
use crate::client::loopback::Loopback;
use crate::connection::{Connection, Credentials, Endpoint, Signing};
use crate::location::ObjectPath;

fn get(path: &str, file: Option<&str>) -> Get {
    let connection = Connection { endpoint: None, profile: None, region: None, virtual_host: false };
    let target = Target { path: ObjectPath::parse(path).unwrap(), connection };
    Get { target, file: file.map(str::to_owned), force: false, json: false }
}

/// How it ends, what was written, and the heads of the requests.
type Downloaded = (Result<(u64, String), Failure>, Vec<u8>, Vec<String>);

fn downloaded(answers: &[&str]) -> Downloaded {
    let server = Loopback::answering(answers.iter().map(|text| (*text).to_owned()).collect());
    let credentials = Credentials {
        access_key_id: "id".to_owned(),
        secret: auth::SecretAccessKey::new("secret"),
        session_token: None,
        source: String::new(),
    };
    let endpoint = Endpoint::parse(&format!("http://{}", server.address)).unwrap();
    let signing = Signing { endpoint, credentials, region: "auto".to_owned(), virtual_host: false };
    let mut out = Vec::new();
    let client = S3::new(signing).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(get("photos/a", None).download(&client, "get", &mut out));
    (outcome, out, server.heads())
}

#[test]
fn a_download_that_breaks_off_goes_on_where_it_was() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\netag: \"x\"\r\n\r\n01234";
    let rest = "HTTP/1.1 206 Partial Content\r\ncontent-length: 5\r\n\r\n56789";
    let (outcome, out, heads) = downloaded(&[half, rest]);
    assert_eq!((outcome.unwrap(), out.as_slice()), ((10, "\"x\"".to_owned()), &b"0123456789"[..]));
    assert!(
        heads[1].contains("range: bytes=5-\r\n") && heads[1].contains("if-match: \"x\"\r\n"),
        "{}",
        heads[1]
    );
    // another object by now, or a server that begins from the start
    let changed = "HTTP/1.1 412 Precondition Failed\r\ncontent-length: 0\r\n\r\n";
    assert!(downloaded(&[half, changed]).0.unwrap_err().to_string().contains("412"));
    let whole = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789";
    assert!(downloaded(&[half, whole]).0.unwrap_err().to_string().contains("no rest of it"));
    let nameless = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01234";
    assert!(downloaded(&[nameless]).0.unwrap_err().to_string().contains("breaks off"));
}

#[test]
fn a_key_names_a_file_of_this_folder_or_none() {
    for (key, file) in [("a/b.txt", "b.txt"), ("a/..b", "..b"), ("x", "x")] {
        assert_eq!(get(&format!("photos/{key}"), None).file_name("get").unwrap(), file);
    }
    for key in ["a/", "a/..", ".", "a/-", "a\\b"] {
        assert!(get(&format!("photos/{key}"), None).file_name("get").is_err(), "{key}");
    }
    assert_eq!(get("photos/a/..", Some("b")).file_name("get").unwrap(), "b");
}
