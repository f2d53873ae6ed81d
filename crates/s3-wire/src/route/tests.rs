use super::*;
use crate::Operation::{self, *};

const BUCKET: &str = "bucket";

fn headers(names: &[&'static str]) -> HeaderMap {
    names
        .iter()
        .map(|name| (http::HeaderName::from_static(name), http::HeaderValue::from_static("/b/k")))
        .collect()
}

fn find_with(method: &str, path: &str, query: &str, headers: &HeaderMap) -> Result<Route, S3Error> {
    let host = HostMatch::Base;
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    route(&method, address(&host, path)?, &Query::parse(query)?, headers)
}

fn find(method: &str, path: &str, query: &str) -> Result<Route, S3Error> {
    find_with(method, path, query, &HeaderMap::new())
}

fn operation(method: &str, path: &str, query: &str) -> Result<Operation, (S3ErrorCode, String)> {
    find(method, path, query).map(|r| r.operation).map_err(|e| (e.code, e.message.into_owned()))
}

#[test]
fn plain_requests() {
    let table = [
        ("GET", "/", "", ListBuckets),
        ("GET", "", "", ListBuckets),
        ("GET", "/", "prefix=a&max-keys=2&continuation-token=t&start-after=b", ListBuckets),
        ("GET", "/bucket", "", ListObjects),
        ("GET", "/bucket/", "", ListObjects),
        ("GET", "/bucket", "list-type=2", ListObjectsV2),
        ("GET", "/bucket", "prefix=p&list-type=2&fetch-owner=true&encoding-type=url", ListObjectsV2),
        ("HEAD", "/bucket", "", HeadBucket),
        ("HEAD", "/bucket", "anything=1", HeadBucket),
        ("PUT", "/bucket", "", CreateBucket),
        ("PUT", "/bucket/", "x-id=CreateBucket&X-Amz-Date=1&x-amz-acl=private", CreateBucket),
        ("PUT", "/bucket", "x-purpose=prefetch", CreateBucket),
        ("DELETE", "/bucket", "", DeleteBucket),
        ("POST", "/bucket", "delete", DeleteObjects),
        ("POST", "/bucket/", "delete=", DeleteObjects),
        ("POST", "/bucket", "", PostObject),
        ("GET", "/bucket/key", "", GetObject),
        ("GET", "/bucket/key", "anything=1&response-content-type=a", GetObject),
        ("HEAD", "/bucket/key", "partNumber=1", HeadObject),
        ("PUT", "/bucket/key", "", PutObject),
        ("PUT", "/bucket/key", "uploadId=u", PutObject),
        ("PUT", "/bucket/key", "partNumber=3", PutObject),
        ("PUT", "/bucket/key", "uploadId=u&partNumber=3", UploadPart),
        ("PUT", "/bucket/key", "partNumber=%203&uploadId=u", UploadPart),
        ("DELETE", "/bucket/key", "", DeleteObject),
        ("DELETE", "/bucket/key", "versionId=1", DeleteObject),
        ("DELETE", "/bucket/key", "uploadId=u", AbortMultipartUpload),
        ("POST", "/bucket/key", "uploads", CreateMultipartUpload),
        ("POST", "/bucket/key", "uploadId=u", CompleteMultipartUpload),
        ("POST", "/bucket/key", "", PutObject),
        ("GET", "/bucket/key", "uploadId=u", ListParts),
        ("GET", "/bucket/key", "uploads", ListMultipartUploads),
    ];
    for (method, path, query, expected) in table {
        assert_eq!(operation(method, path, query), Ok(expected), "{method} {path}?{query}");
    }
}

#[test]
fn copying_is_a_put_with_one_header() {
    let copy = headers(&["x-amz-copy-source"]);
    let of = |method, query| find_with(method, "/bucket/key", query, &copy).map(|r| r.operation);
    assert_eq!(of("PUT", ""), Ok(CopyObject));
    assert_eq!(of("PUT", "uploadId=u"), Ok(CopyObject));
    assert_eq!(of("PUT", "uploadId=u&partNumber=1"), Ok(UploadPartCopy));
    assert_eq!(of("GET", ""), Ok(GetObject));
    assert_eq!(of("POST", ""), Ok(PutObject));
}

#[test]
fn every_subresource_wins_over_the_plain_request_wherever_it_stands() {
    let tables = [
        ("GET", "/bucket", table::BUCKET_GET),
        ("PUT", "/bucket", table::BUCKET_PUT),
        ("DELETE", "/bucket", table::BUCKET_DELETE),
        ("GET", "/bucket/key", table::OBJECT_GET),
        ("PUT", "/bucket/key", table::OBJECT_PUT),
        ("POST", "/bucket/key", table::OBJECT_POST),
    ];
    for (method, path, rows) in tables {
        for (name, expected) in rows {
            for query in [(*name).to_owned(), format!("{name}="), format!("x-id=1&{name}=x")] {
                assert_eq!(operation(method, path, &query), Ok(*expected), "{method} {path}?{query}");
            }
        }
    }
    assert_eq!(operation("GET", "/bucket", "acl&uploads"), Ok(ListMultipartUploads));
    assert_eq!(operation("GET", "/bucket", "list-type=2&cors&prefix=a"), Ok(GetBucketCors));
    assert_eq!(
        operation("GET", "/bucket", "list-type=2&CORS"),
        unknown("ListObjectsV2 search parameter CORS")
    );
}

fn unknown(text: &str) -> Result<Operation, (S3ErrorCode, String)> {
    Err((S3ErrorCode::NotImplemented, format!("{text} not implemented")))
}

#[test]
fn parameters_that_are_not_understood() {
    let argument = |text: &str| Err((S3ErrorCode::InvalidArgument, text.to_owned()));
    let table = [
        ("GET", "/", "acl", unknown("ListBuckets search parameter acl")),
        ("GET", "/", "X-Amz-Date=1&max-buckets=2", unknown("ListBuckets search parameter max-buckets")),
        ("GET", "/bucket", "bogus=1", unknown("ListObjectsV1 search parameter bogus")),
        ("GET", "/bucket", "start-after=a", unknown("ListObjectsV1 search parameter start-after")),
        ("GET", "/bucket", "list-type=2&marker=a", unknown("ListObjectsV2 search parameter marker")),
        ("GET", "/bucket", "list-type=3", unknown("ListObjectsV3")),
        ("GET", "/bucket", "list-type", unknown("ListObjectsV")),
        (
            "GET",
            "/bucket",
            "continuation-token=t",
            argument("continuation-token not supported in ListObjects"),
        ),
        ("GET", "/bucket", "location&a=1", argument("Search param a is unsupported for bucket location")),
        (
            "PUT",
            "/bucket",
            "y&x=1",
            argument("Unsupported search param(s) \"y\", \"x\" on a PUT bucket route"),
        ),
        (
            "DELETE",
            "/bucket",
            "x-id=1&versions",
            argument("Unsupported search param(s) \"versions\" on a DELETE bucket route"),
        ),
        // R2 would answer for the object itself, and delete it
        ("DELETE", "/bucket/key", "acl", unknown("Search param acl on a DELETE object route")),
        ("HEAD", "/bucket/key", "retention", unknown("Search param retention on a HEAD object route")),
    ];
    for (method, path, query, expected) in table {
        assert_eq!(operation(method, path, query), expected, "{method} {path}?{query}");
    }
    assert_eq!(operation("DELETE", "/bucket/key", "tagging"), Ok(DeleteObjectTagging), "never the object");
}

#[test]
fn no_route() {
    let table = [
        ("POST", "/", ""),
        ("PUT", "/", ""),
        ("DELETE", "/", ""),
        ("HEAD", "/", ""),
        ("PATCH", "/bucket", ""),
        ("PATCH", "/bucket/key", ""),
        ("get", "/bucket/key", ""),
        ("PUT", "/bucket/key", "uploadId=u&partNumber=abc"),
        ("PUT", "/bucket/key", "uploadId=u&partNumber=+1.5"),
    ];
    for (method, path, query) in table {
        let expected = Err((S3ErrorCode::RouteNotFound, "No route matches this url.".to_owned()));
        assert_eq!(operation(method, path, query), expected, "{method} {path}?{query}");
    }
    for number in ["", "%20", "-", "0", "-1", "10001", "99999999999999999999"] {
        let error = operation("PUT", "/bucket/key", &format!("uploadId=u&partNumber={number}")).unwrap_err();
        assert_eq!(error.1, "Part number must be an integer between 1 and 10000, inclusive.", "{number}");
    }
}

#[test]
fn buckets_and_keys_of_paths() {
    let key = |path: &str| find("GET", path, "").map(|r| r.key.map(|k| k.to_string()));
    let table = [
        ("/bucket/a", "a"),
        ("/bucket/a/", "a/"),
        ("/bucket//a", "/a"),
        ("/bucket//", "/"),
        ("/bucket/./a", "./a"),
        ("/bucket/../other/a", "../other/a"),
        ("/bucket/a+b", "a+b"),
        ("/bucket/a%20b%2Bc", "a b+c"),
        ("/bucket/a%2Fb", "a/b"),
        ("/bucket/a%252F", "a%2F"),
        ("/bucket/%C3%BC", "ü"),
        ("/bucket/%00", "\0"),
        ("/bucket/%2E%2E", ".."),
    ];
    for (path, expected) in table {
        assert_eq!(key(path), Ok(Some(expected.to_owned())), "{path}");
    }
    let code = |path: &str| key(path).unwrap_err().code;
    assert_eq!(code("/bucket/%ff"), S3ErrorCode::InvalidObjectName);
    assert_eq!(code("/bucket/%f"), S3ErrorCode::InvalidURI);
    assert_eq!(code("/bucket/%"), S3ErrorCode::InvalidURI);
    assert_eq!(code("/b/a"), S3ErrorCode::InvalidBucketName);
    assert_eq!(code("/Bucket/a"), S3ErrorCode::InvalidBucketName);
    assert_eq!(code("/my.bucket/a"), S3ErrorCode::InvalidBucketName);
    assert_eq!(code("//a"), S3ErrorCode::InvalidBucketName);
    assert_eq!(code("/%62ucket/a"), S3ErrorCode::InvalidBucketName, "no bucket's name needs an escape");
}

#[test]
fn long_keys_say_how_long() {
    let of = |bytes: usize| find("GET", &format!("/bucket/{}", "a".repeat(bytes)), "");
    assert!(of(1_023).is_ok() && of(1_024).is_ok());
    let error = of(1_025).unwrap_err();
    assert_eq!(error.code, S3ErrorCode::KeyTooLongError);
    assert_eq!(error.extras, [("Size", "1025".to_owned()), ("MaxSizeAllowed", "1024".to_owned())]);
}

#[test]
fn virtual_hosts_name_the_bucket() {
    let host = HostMatch::Bucket(BUCKET.to_owned());
    let of = |path: &str| {
        let found = route(&Method::GET, address(&host, path)?, &Query::default(), &HeaderMap::new())?;
        Ok::<_, S3Error>((found.operation, found.key.map(|k| k.to_string())))
    };
    assert_eq!(of("/"), Ok((ListObjects, None)));
    assert_eq!(of(""), Ok((ListObjects, None)));
    assert_eq!(of("/bucket/a"), Ok((GetObject, Some("bucket/a".to_owned()))));
    assert_eq!(of("//"), Ok((GetObject, Some("/".to_owned()))));
    assert_eq!(of("/_a"), Ok((GetObject, Some("_a".to_owned()))));
    let error = address(&HostMatch::Unknown, "/bucket").unwrap_err();
    assert_eq!(error.code, S3ErrorCode::RouteNotFound);
    assert!(error.hint.is_some_and(|hint| hint.contains("host name")));
}

#[test]
fn paths_of_the_servers_own_are_no_buckets() {
    for path in ["/_", "/_health/live", "/_metrics", "/_console/", "/_bucket/key", "/_%zz"] {
        let error = address(&HostMatch::Base, path).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::RouteNotFound, "{path}");
        assert!(error.hint.is_some_and(|hint| hint.contains("the server's own")), "{path}");
    }
    // an escape hides no underscore: no bucket's name has one, either
    assert_eq!(find("GET", "/%5Fhealth", "").unwrap_err().code, S3ErrorCode::InvalidBucketName);
}
