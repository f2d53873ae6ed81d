use super::*;

fn rule(origins: &[&str], methods: &[&str], headers: &[&str]) -> CorsRule {
    let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
    CorsRule {
        allowed_origins: own(origins),
        allowed_methods: own(methods),
        allowed_headers: own(headers),
        ..CorsRule::default()
    }
}

fn fault(rule: CorsRule) -> String {
    CorsPolicy { rules: vec![rule] }.check().expect_err("must be refused").to_string()
}

#[test]
fn origins_that_are_kept() {
    for origin in [
        "*",
        "http://localhost:3000",
        "https://app.mycompany.com",
        "https://*.example.com",
        "*.suffix",
        "http://start*end",
        "http://[::1]:3000",
        "http://localhost:*",
        "capacitor://localhost",
    ] {
        let policy = CorsPolicy { rules: vec![rule(&[origin], &["GET"], &[])] };
        assert_eq!(policy.check(), Ok(()), "{origin}");
    }
}

#[test]
fn origins_that_are_refused_with_their_fix() {
    let table = [
        ("localhost:3000", "has no scheme. Write \"http://localhost:3000\""),
        ("example.com", "has no scheme. Write \"https://example.com\""),
        ("http://localhost:3000/", "Write \"http://localhost:3000\""),
        ("https://example.com/app", "Write \"https://example.com\""),
        ("https://Example.com", "Browsers send \"https://example.com\""),
        ("https://example.com:443", "Write \"https://example.com\""),
        ("http://*.a.*", "more than one wildcard"),
        ("http://", "is not an origin"),
        ("http://a b", "invalid character"),
        ("http://a\r\nX: y", "invalid character"),
        ("http://a:99999", "invalid port"),
        ("", "has no scheme"),
    ];
    for (origin, part) in table {
        let text = fault(rule(&[origin], &["GET"], &[]));
        assert!(text.contains(part), "{origin:?}: {text}");
    }
}

#[test]
fn methods_headers_ages_and_shapes() {
    assert!(fault(rule(&["*"], &["OPTIONS"], &[])).contains("Unsupported method is OPTIONS"));
    assert!(fault(rule(&["*"], &["put"], &[])).contains("capitals: PUT"));
    assert!(fault(rule(&["*"], &["GET"], &[""])).contains("AllowedHeader is empty"));
    assert!(fault(rule(&["*"], &["GET"], &["a\r\n"])).contains("invalid character"));
    assert!(fault(rule(&["*"], &["GET"], &["x-*-*"])).contains("more than one wildcard"));
    assert!(fault(rule(&[], &["GET"], &[])).contains("at least one AllowedOrigin"));
    assert!(fault(rule(&["*"], &[], &[])).contains("one AllowedMethod"));
    let exposing =
        CorsRule { expose_headers: vec!["ETag\r\nSet-Cookie: a=b".into()], ..rule(&["*"], &["GET"], &[]) };
    assert!(fault(exposing).contains("ExposeHeader"));
    let aged = |s| CorsRule { max_age_seconds: Some(s), ..rule(&["*"], &["GET"], &[]) };
    assert!(fault(aged(86_401)).contains("86400"));
    for seconds in [0, 1, 86_399, 86_400] {
        assert_eq!(CorsPolicy { rules: vec![aged(seconds)] }.check(), Ok(()), "{seconds}");
    }
    for (rules, kept) in [(0, false), (1, true), (99, true), (100, true), (101, false)] {
        let policy = CorsPolicy { rules: vec![rule(&["*"], &["GET"], &[]); rules] };
        assert_eq!(policy.check().is_ok(), kept, "{rules}");
    }
    let named = |chars| CorsRule { id: Some("ü".repeat(chars)), ..rule(&["*"], &["GET"], &[]) };
    for chars in [254, 255] {
        assert_eq!(CorsPolicy { rules: vec![named(chars)] }.check(), Ok(()), "{chars}");
    }
    assert!(fault(named(256)).contains("at most 255 characters"));
}

/// Spec: ceph s3-tests, `test_cors_origin_wildcard` and `test_cors_origin_response` (as facts).
#[test]
fn the_first_rule_that_matches_wholly_answers() {
    let policy = CorsPolicy {
        rules: vec![
            rule(&["*suffix"], &["GET"], &[]),
            rule(&["start*end"], &["GET"], &[]),
            rule(&["prefix*"], &["GET"], &[]),
            rule(&["*.put"], &["PUT"], &["content-type", "x-amz-*"]),
        ],
    };
    for origin in ["foo.suffix", "startend", "start1end", "start12end", "prefix", "prefix.suffix"] {
        assert!(policy.match_request(origin, "GET").is_some(), "{origin}");
    }
    for origin in ["foo.bar", "foo.suffix.get", "0start12end", "bla.prefix", "foo.put", "startnd", ""] {
        assert!(policy.match_request(origin, "GET").is_none(), "{origin}");
    }
    assert!(policy.match_request("foo.put", "PUT").is_some());
    assert!(policy.match_request("foo.put", "put").is_none(), "methods are case-sensitive");
    assert!(policy.match_preflight("foo.put", "PUT", ["Content-Type", "X-Amz-Meta-A"]).is_some());
    assert!(policy.match_preflight("foo.put", "PUT", ["authorization"]).is_none());
    assert!(policy.match_preflight("a.suffix", "GET", ["content-type"]).is_none());
}

#[test]
fn overlapping_wildcards_do_not_match_twice() {
    assert!(!wildcard_match("aba*ba", "aba"));
    assert!(wildcard_match("aba*ba", "ababa"));
}

#[test]
fn a_star_is_told_from_an_echo() {
    let policy = CorsPolicy { rules: vec![rule(&["http://a", "*"], &["GET"], &[])] };
    assert_eq!(policy.match_request("http://a", "GET").map(|m| m.any_origin), Some(false));
    assert_eq!(policy.match_request("http://b", "GET").map(|m| m.any_origin), Some(true));
}
