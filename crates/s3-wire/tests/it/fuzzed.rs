//! The functions that fuzz targets call, on arbitrary bytes, on bytes that look like requests, and on the seeds.

use std::path::Path;

use proptest::prelude::*;
use s3_wire::fuzzing;

fn run_seeds(target: &str, check: fn(&[u8])) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus-seeds").join(target);
    let files = std::fs::read_dir(folder).expect("the target has seeds");
    files
        .map(|file| {
            let path = file.expect("the folder is readable").path();
            let data = std::fs::read(&path).expect("a seed is readable");
            assert!(!data.is_empty(), "{} is empty", path.display());
            check(&data);
        })
        .count()
}

#[test]
fn every_seed_of_every_target_holds() {
    assert!(run_seeds("route", fuzzing::route) >= 10);
    assert!(run_seeds("cors_xml", fuzzing::cors_xml) >= 5);
}

fn request_line() -> impl Strategy<Value = String> {
    let method = prop::sample::select(vec!["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "get"]);
    let host =
        prop::sample::select(vec!["localhost:9000", "my-bucket.localhost", "127.0.0.1", "elsewhere", ""]);
    let path = "(/my-bucket)?(/|/[a-z]|//|/%[0-9A-F]{2}|/%|/\\.\\.){0,4}";
    let parameter = "(list-type=2|max-keys=[0-9.e-]{0,4}|continuation-token=[A-Za-z0-9_-]{0,8}|partNumber=[ 0-9-]{0,3}|\
                     response-content-type=[a-z%0-9]{0,6}|prefix=[a-z%]{0,4}|marker=[a-z/]{0,4}|delimiter=/|\
                     encoding-type=url|tagging|acl|uploads|uploadId=u|delete|location|cors|x-id=[A-Z]{1,3}|[a-z=&%+]{0,6})";
    let header = "(range:bytes=[0-9,-]{0,6}|if-match:[\"*a, /W-]{0,8}|content-length:[0-9]{0,4}|\
                  content-encoding:(aws-chunked,?)?(gzip)?|content-md5:[A-Za-z0-9=]{0,24}|\
                  x-amz-checksum-crc32:[A-Za-z0-9=]{0,8}|x-amz-meta-[a-z]{0,3}:[ -~ü]{0,12}|x-amz-copy-source:/b/k|\
                  x-amz-storage-class:(STANDARD|STANDARD_IA|X)|x-amz-acl:private|\
                  x-amz-server-side-encryption-customer-(key|key-md5|algorithm):(AES256|[A-Za-z0-9=]{0,8})|expires:[ -~]{0,5})";
    let query = prop::collection::vec(parameter, 0..4).prop_map(|p| p.join("&"));
    let headers = prop::collection::vec(header, 0..5).prop_map(|h| h.join("\n"));
    (method, host, path, query, headers)
        .prop_map(|(method, host, path, query, headers)| format!("{method} {host} {path}?{query}\n{headers}"))
}

proptest! {
    #[test]
    fn routes_of_any_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzzing::route(&data);
    }

    #[test]
    fn routes_of_anything_like_a_request(text in request_line()) {
        fuzzing::route(text.as_bytes());
    }

    #[test]
    fn policies_of_any_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzzing::cors_xml(&data);
    }

    #[test]
    fn policies_of_anything_like_one(
        rules in prop::collection::vec(
            "(<(ID|AllowedOrigin|AllowedMethod|AllowedHeader|ExposeHeader|MaxAgeSeconds)>\
             ([a-z0-9:/*. ]|&amp;|&#x[0-9A-F]{1,4};|<!\\[CDATA\\[x\\]\\]>|\r){0,6}\
             </(ID|AllowedOrigin|AllowedMethod|AllowedHeader|ExposeHeader|MaxAgeSeconds)>){0,3}",
            0..3,
        ),
    ) {
        let rules: String = rules.iter().map(|rule| format!("<CORSRule>{rule}</CORSRule>")).collect();
        fuzzing::cors_xml(format!("<CORSConfiguration>{rules}</CORSConfiguration>").as_bytes());
    }
}
