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
    assert!(run_seeds("complete_xml", fuzzing::complete_xml) >= 5);
    assert!(run_seeds("copy_source", fuzzing::copy_source) >= 5);
    assert!(run_seeds("settings_xml", fuzzing::settings_xml) >= 10);
    assert!(run_seeds("settings_xml", fuzzing::tagging_header) >= 10);
    assert!(run_seeds("settings_xml", fuzzing::upload_rules_json) >= 10);
    assert!(run_seeds("post_form", fuzzing::form) >= 5);
    assert!(run_seeds("post_policy", fuzzing::post_policy) >= 5);
}

fn request_line() -> impl Strategy<Value = String> {
    let method = prop::sample::select(vec!["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "get"]);
    let host =
        prop::sample::select(vec!["localhost:9000", "my-bucket.localhost", "127.0.0.1", "elsewhere", ""]);
    let path = "(/my-bucket)?(/|/[a-z]|//|/%[0-9A-F]{2}|/%|/\\.\\.){0,4}";
    let parameter = "(list-type=2|max-keys=[0-9.e-]{0,4}|continuation-token=[A-Za-z0-9_-]{0,8}|partNumber=[ 0-9-]{0,3}|\
                     response-content-type=[a-z%0-9]{0,6}|prefix=[a-z%]{0,4}|marker=[a-z/]{0,4}|delimiter=/|\
                     encoding-type=url|tagging|acl|attributes|uploads|uploadId=u|delete|location|cors|max-parts=[0-9-]{0,4}|\
                     part-number-marker=[0-9-]{0,4}|key-marker=[a-z/]{0,4}|upload-id-marker=[a-z]{0,4}|max-uploads=[0-9-]{0,4}|x-id=[A-Z]{1,3}|[a-z=&%+]{0,6})";
    let header = "(range:bytes=[0-9,-]{0,6}|if-match:[\"*a, /W-]{0,8}|content-length:[0-9]{0,4}|\
                  content-encoding:(aws-chunked,?)?(gzip)?|content-md5:[A-Za-z0-9=]{0,24}|\
                  x-amz-checksum-crc32:[A-Za-z0-9=]{0,8}|x-amz-meta-[a-z]{0,3}:[ -~ü]{0,12}|\
                  x-amz-copy-source:(/)?(my-bucket|b)/[a-z%? ]{0,6}(\\?versionId=[a-z%]{0,3})?|\
                  x-amz-copy-source-range:bytes=[0-9-]{0,5}|x-amz-metadata-directive:(COPY|MERGE|x)|\
                  x-amz-checksum-(algorithm|type):(CRC32|CRC64NVME|COMPOSITE|FULL_OBJECT|x)|\
                  x-amz-object-attributes:(ETag|ObjectSize|,|x){0,3}|x-amz-max-parts:[0-9-]{0,4}|\
                  x-amz-if-match-size:[0-9-]{0,4}|cf-copy-destination-if-match:[\"*a, /W-]{0,8}|\
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

    #[test]
    fn lists_of_parts_of_any_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzzing::complete_xml(&data);
    }

    #[test]
    fn lists_of_parts_of_anything_like_one(
        parts in prop::collection::vec(
            "(<PartNumber>-?[0-9]{1,5}</PartNumber>|\
             <ETag>([a-f0-9\"*-]|&quot;|&#x[0-9A-F]{1,4};|<!\\[CDATA\\[x\\]\\]>| ){0,6}</ETag>|\
             <ChecksumCRC32C?>(NhCmhg==|x)</ChecksumCRC32C?>){2,3}",
            0..4,
        ),
    ) {
        let parts: String = parts.iter().map(|part| format!("<Part>{part}</Part>")).collect();
        fuzzing::complete_xml(format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>").as_bytes());
    }

    #[test]
    fn sources_of_any_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzzing::copy_source(&data);
    }

    #[test]
    fn sources_of_anything_like_one(text in "/?(my-bucket|%2F|/|b){1,3}[a-z/%ü? +]{0,8}(\\?versionId=[a-z%2]{0,5}){0,2}") {
        fuzzing::copy_source(text.as_bytes());
    }

    #[test]
    fn forms_of_any_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzzing::form(&data);
    }

    #[test]
    fn forms_of_anything_like_one(
        cut in any::<u8>(),
        text in "(--B|\r\n--B|--|\r\n|[ -~]|ü|Content-Disposition: form-data; name=(key|file|acl|\"x\"; filename=\"y\")){0,40}",
    ) {
        fuzzing::form(&[&[cut], text.as_bytes()].concat());
    }

    #[test]
    fn form_policies_of_any_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzzing::post_policy(&data);
    }

    #[test]
    fn form_policies_of_anything_like_one(
        conditions in "(\\{\"(key|bucket|Qqq)\":\"value\"\\},|\\[\"(eq|starts-with|content-length-range)\",\"\\$(key|bucket|qqq)\",\"[value]{0,5}\"\\],){0,5}",
    ) {
        let list = conditions.trim_end_matches(',');
        let policy = format!("{{\"expiration\":\"2026-01-02T04:04:05Z\",\"conditions\":[{list}]}}");
        fuzzing::post_policy(policy.as_bytes());
    }
}
