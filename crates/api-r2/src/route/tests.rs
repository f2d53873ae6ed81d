use proptest::prelude::*;

use super::*;

const ACCOUNT: &str = "123456789abcdef0123456789abcdef0";

fn found(method: &str, rest: &str) -> Result<Route, R2Error> {
    let path = format!("/client/v4/{}", rest.replace("{a}", ACCOUNT));
    route(&Method::from_bytes(method.as_bytes()).unwrap(), &path)
}

fn code(method: &str, rest: &str) -> Code {
    found(method, rest).unwrap_err().code
}

#[test]
fn keys_are_decoded_once_and_slashes_come_in_both_forms() {
    let key = |raw: &str| {
        let route = found("GET", &format!("accounts/{{a}}/r2/buckets/bucket/objects/{raw}"));
        route.unwrap().key.unwrap().to_string()
    };
    for (raw, expected) in [
        ("a", "a"),
        ("a/b/c", "a/b/c"),
        ("a%2Fb%2fc", "a/b/c"),
        ("a%20b+(c)", "a b+(c)"),
        ("a%252Fb", "a%2Fb"),
        ("%C3%BC", "ü"),
        ("/../a//b/", "/../a//b/"),
        ("%2e%2e/%2e", "../."),
        ("a%00b", "a\0b"),
    ] {
        assert_eq!(key(raw), expected, "{raw}");
    }
    for wrong in ["%", "100%", "%zz", "%FF", "", &"x".repeat(1_025)] {
        let rest = format!("accounts/{{a}}/r2/buckets/bucket/objects/{wrong}");
        assert_eq!(code("GET", &rest), Code::InvalidObjectName, "{wrong}");
    }
    assert_eq!(key(&"x".repeat(1_024)).len(), 1_024);
}

#[test]
fn what_has_no_route() {
    for (method, rest, expected) in [
        ("GET", "", Code::NoRoute),
        ("GET", "user/", Code::NoRoute),
        ("POST", "user", Code::NoRoute),
        ("POST", "zones", Code::NoRoute),
        ("PUT", "accounts/{a}/queues", Code::NoRoute),
        ("GET", "accounts/{a}/r2-catalog/bucket", Code::NoCatalog),
        ("POST", "accounts/{a}/r2-catalog/bucket/enable", Code::NotBuilt),
        ("GET", "accounts/{a}/slurper/jobs", Code::NotBuilt),
        ("GET", "accounts/{a}/r2-catalogs", Code::NoRoute),
        ("GET", "accounts/me/r2/buckets", Code::NotRouted),
        ("GET", "accounts/{a}/tokens/verified", Code::NotRouted),
        ("DELETE", "user/tokens/verify", Code::NotRouted),
        ("PATCH", "user/tokens/123456789abcdef0123456789abcdef0", Code::NoRoute),
        ("GET", "user/tokens/", Code::NotRouted),
        ("POST", "accounts/{a}/logs/audit", Code::NoRoute),
        ("GET", "accounts/{a}/r2/temp-access-credentials", Code::RouteNotFound),
        ("POST", "accounts/{a}/r2/buckets/bucket/limits", Code::RouteNotFound),
        ("GET", "accounts/123456789ABCDEF0123456789ABCDEF0", Code::NotRouted),
        ("GET", "accounts/{a}/r2", Code::RouteNotFound),
        ("GET", "accounts/{a}/r2/buckets/", Code::InvalidBucketName),
        ("GET", "accounts/{a}/r2/buckets/Bucket", Code::InvalidBucketName),
        ("PUT", "accounts/{a}/r2/buckets/a%2Db", Code::InvalidBucketName),
        ("POST", "accounts/{a}/r2/buckets/bucket", Code::RouteNotFound),
        ("DELETE", "accounts/{a}/r2/buckets/bucket/lock", Code::RouteNotFound),
        ("POST", "accounts/{a}/r2/buckets/bucket/sippy", Code::RouteNotFound),
        ("GET", "accounts/{a}/r2/buckets/bucket/domains", Code::RouteNotFound),
        ("GET", "accounts/{a}/r2/buckets/bucket/jobs/a/b", Code::RouteNotFound),
        ("HEAD", "accounts/{a}/r2/buckets/bucket/objects/a", Code::RouteNotFound),
        ("GET", "accounts/{a}/r2/buckets/bucket/cors/x", Code::RouteNotFound),
        ("POST", "accounts/{a}/r2/metrics", Code::RouteNotFound),
        ("GET", "accounts/{a}/event_notifications/r2/bucket", Code::NoRoute),
    ] {
        assert_eq!(code(method, rest), expected, "{method} {rest}");
    }
    assert_eq!(route(&Method::GET, "/client/v4").unwrap_err().code, Code::NoRoute);
}

/// Two rows of the table cannot be for one request: the first would hide the other.
#[test]
fn every_route_is_found_and_is_its_own() {
    for (operation, method, template) in ROUTES {
        let path = template.split('/').map(|part| match part {
            "{account}" => "{a}",
            "{bucket}" => "bucket",
            "{key}" => "a/b",
            "{token}" => ACCOUNT,
            part if part.starts_with('{') => "item",
            part => part,
        });
        let route = found(method, &path.collect::<Vec<_>>().join("/")).unwrap();
        assert_eq!(route.operation, *operation, "{method} {template}");
        assert_eq!(route.bucket.is_some(), template.contains("{bucket}"));
        assert_eq!(route.key.is_some(), template.contains("{key}"));
        assert_eq!(route.token.is_some(), template.contains("{token}"));
        let items = ["{domain}", "{queue}", "{job}"];
        assert_eq!(route.item.is_some(), items.iter().any(|item| template.contains(item)), "{template}");
    }
}

proptest! {
    #[test]
    fn no_path_panics_and_keys_are_whole(rest in ".{0,80}", key in "[a-zA-Z0-9/._~+-]{1,60}") {
        let _ = route(&Method::GET, &rest);
        let _ = found("GET", &rest);
        let path = format!("accounts/{{a}}/r2/buckets/bucket/objects/{key}");
        let found = found("PUT", &path).unwrap().key.unwrap();
        prop_assert_eq!(found.as_str(), key.as_str());
    }
}
