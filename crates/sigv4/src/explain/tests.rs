use super::*;
use crate::sign::{PresignRequest, presign};
use crate::{parse, signing_key};

#[test]
fn ports_are_split_off() {
    let table = [
        ("localhost", ("localhost", None)),
        ("localhost:9000", ("localhost", Some("9000"))),
        ("[::1]", ("[::1]", None)),
        ("[::1]:9000", ("[::1]", Some("9000"))),
        ("a:b", ("a:b", None)),
        ("", ("", None)),
    ];
    for (host, expected) in table {
        assert_eq!(split_port(host), expected, "{host}");
    }
}

#[test]
fn paths_are_normalised_as_other_signers_do() {
    let table = [
        ("/", "/"),
        ("//", "/"),
        ("/a/b", "/a/b"),
        ("/a/b/", "/a/b/"),
        ("/a//b/./c", "/a/b/c"),
        ("/a/../b", "/b"),
        ("/../../b", "/b"),
        ("/a/..", "/"),
    ];
    for (path, expected) in table {
        assert_eq!(normalised(path), expected, "{path}");
    }
}

/// Whatever is sent, the search ends; and no search before the last uses up what the last one needs.
#[test]
fn the_search_is_bounded_and_long_enough() {
    const NOW_S: i64 = 1_767_323_045;
    let names: Vec<String> = (0..40).map(|i| format!("p{i}")).collect();
    let query: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v+")).collect();
    let headers =
        [("content-type", "a/b"), ("accept-encoding", "a"), ("te", "a"), ("x-forwarded-prefix", "/p")];
    let url = PresignRequest {
        method: "GET",
        host: "localhost:9000",
        path: "/b/./k+",
        query: &query,
        headers: &headers,
        region: "auto",
        access_key_id: "id",
        secret: "stranger",
        date_s: NOW_S,
        expires_s: 301,
        session_token: None,
    };
    let query = presign(&url);
    let forwarded = [("x-forwarded-host", "f.example"), ("x-forwarded-port", "1"), ("host", url.host)];
    let headers: Vec<(&str, &[u8])> =
        headers.iter().chain(&forwarded).map(|(n, v)| (*n, v.as_bytes())).collect();
    let request = Request { method: "GET", path: url.path, query: Some(&query), headers: &headers };
    let claim = parse(&request, NOW_S).unwrap();
    let key = signing_key("secret", &claim.scope.date, &claim.scope.region);
    let hosts: Vec<String> = (0..100).map(|i| format!("h{i}")).collect();
    let base = CanonicalRequest::of(&request, &claim);
    let tries_left = Cell::new(TRIES_MAX);
    let search = Search {
        request: &request,
        claim: &claim,
        key: &key,
        signature: [0; 32],
        base,
        tries_left: &tries_left,
    };
    assert_eq!(search.difference(&hosts), None);
    let left = tries_left.get();
    assert!(left > 0, "the last search came to its end");
    assert!(left < TRIES_MAX / 4, "{left} tries are too many to spare");
}
