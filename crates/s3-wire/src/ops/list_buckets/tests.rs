use http::HeaderValue;

use super::*;
use crate::error_code::S3ErrorCode;

const ACCOUNT: &str = "123456789abcdef0123456789abcdef0";

fn read(query: &str, pairs: &[(&'static str, &str)]) -> Result<ListBuckets, S3Error> {
    let headers = pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_str(v).unwrap()));
    decode(&Query::parse(query).unwrap(), &headers.collect())
}

/// The reply when these are all the buckets there are.
fn reply(request: &ListBuckets, names: &[&str]) -> (HeaderMap, String) {
    let is_wanted = |name: &&&str| {
        name.starts_with(&request.prefix) && request.after().is_none_or(|after| **name > after)
    };
    let mut names: Vec<_> =
        names.iter().filter(is_wanted).map(|name| BucketName::parse(name).unwrap()).collect();
    let limit = request.max_keys.limit() as usize;
    let more = names.len() > limit;
    names.truncate(limit);
    let created = Timestamp::from_millis(1_767_323_045_678);
    let rows: Vec<_> = names.iter().map(|name| BucketRow { name, created }).collect();
    let (headers, document) = encode(&AccountId::parse(ACCOUNT).unwrap(), request, &rows, more);
    (headers, String::from_utf8(document.to_vec()).unwrap())
}

fn listed(request: &ListBuckets, names: &[&str]) -> (Vec<String>, Option<String>) {
    let (headers, text) = reply(request, names);
    let names = text.split("<Name>").skip(1).map(|t| t.split("</Name>").next().unwrap().to_owned()).collect();
    let next = headers.get("cf-next-continuation-token").map(|v| v.to_str().unwrap().to_owned());
    (names, next)
}

#[test]
fn the_plain_reply() {
    let (headers, text) = reply(&read("x-id=ListBuckets", &[]).unwrap(), &["abc", "def"]);
    assert!(headers.is_empty());
    assert_eq!(
        text,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Buckets>\
             <Bucket><CreationDate>2026-01-02T03:04:05.678Z</CreationDate><Name>abc</Name></Bucket>\
             <Bucket><CreationDate>2026-01-02T03:04:05.678Z</CreationDate><Name>def</Name></Bucket></Buckets>\
             <Owner><DisplayName>{ACCOUNT}</DisplayName><ID>{ACCOUNT}</ID></Owner></ListAllMyBucketsResult>"
        )
    );
}

#[test]
fn pages_follow_each_other() {
    let names = ["aaa", "b-1", "b-2", "b-3", "ccc"];
    let (mut seen, mut token) = (Vec::new(), None::<String>);
    loop {
        let mut query = "prefix=b-&max-keys=2".to_owned();
        if let Some(token) = &token {
            query += &format!("&continuation-token={token}");
        }
        let (page, next) = listed(&read(&query, &[]).unwrap(), &names);
        seen.extend(page);
        token = next;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["b-1", "b-2", "b-3"]);
}

#[test]
fn a_page_says_so() {
    let first = read("max-keys=1&start-after=aaa", &[]).unwrap();
    let (headers, text) = reply(&first, &["aaa", "bbb", "ccc"]);
    assert_eq!(headers["cf-is-truncated"], "true");
    let token = headers["cf-next-continuation-token"].to_str().unwrap();
    assert!(
        text.ends_with(&format!(
            "</Owner><IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>\
             <StartAfter>aaa</StartAfter><KeyCount>1</KeyCount><MaxKeys>1</MaxKeys></ListAllMyBucketsResult>"
        )),
        "{text}"
    );
    let second = read("", &[("cf-continuation-token", token)]).unwrap();
    let (headers, text) = reply(&second, &["aaa", "bbb", "ccc"]);
    assert_eq!(headers["cf-is-truncated"], "false");
    assert!(!headers.contains_key("cf-next-continuation-token"));
    assert!(text.contains(&format!(
        "<IsTruncated>false</IsTruncated><ContinuationToken>{token}</ContinuationToken>"
    )));
}

#[test]
fn headers_win_over_parameters() {
    let query = "prefix=a&start-after=b&max-keys=1";
    let headers = [("cf-prefix", "c"), ("cf-start-after", "d"), ("cf-max-keys", "2")];
    let request = read(query, &headers).unwrap();
    assert_eq!((request.prefix.as_str(), request.start_after.as_deref()), ("c", Some("d")));
    assert_eq!(request.max_keys.limit(), 2);
}

#[test]
fn more_than_a_page_is_never_silent() {
    let names: Vec<String> = (0..1_001).map(|i| format!("bucket-{i:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (page, next) = listed(&ListBuckets::default(), &names);
    assert_eq!(page.len(), 1_000);
    let (page, next) = listed(&read(&format!("continuation-token={}", next.unwrap()), &[]).unwrap(), &names);
    assert_eq!((page, next), (vec!["bucket-1000".to_owned()], None));
    for (wanted, count) in [(999, 999), (1_000, 1_000), (1_001, 1_000)] {
        let (page, next) = listed(&read(&format!("max-keys={wanted}"), &[]).unwrap(), &names);
        assert_eq!((page.len(), next.is_some()), (count, true), "{wanted}");
    }
}

#[test]
fn an_empty_page_says_whether_there_is_more() {
    let (page, next) = listed(&read("max-keys=0", &[]).unwrap(), &["aaa"]);
    assert!(page.is_empty());
    let (page, _) = listed(&read(&format!("continuation-token={}", next.unwrap()), &[]).unwrap(), &["aaa"]);
    assert_eq!(page, ["aaa"]);
    assert_eq!(listed(&read("max-keys=0&prefix=b", &[]).unwrap(), &["aaa"]).1, None);
}

#[test]
fn what_cannot_be_read() {
    assert_eq!(read("max-keys=-1", &[]).unwrap_err().code, S3ErrorCode::InvalidMaxKeys);
    assert_eq!(read("", &[("cf-max-keys", "x")]).unwrap_err().code, S3ErrorCode::InvalidMaxKeys);
    for token in ["!", "_w", "a"] {
        let error = read(&format!("continuation-token={token}"), &[]).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::InvalidArgument, "{token}");
    }
}
