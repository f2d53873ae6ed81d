//! The official signer (`aws-sigv4`) against ours, in both directions.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use proptest::prelude::*;
use sigv4::sign::{presign, sign_header};
use sigv4::uri_encode;

use crate::fixture::{ACCESS_KEY_ID, HOST, NOW_S, SECRET, Sent, get_url, list};

fn at(unix_s: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(unix_s).unwrap())
}

/// The signature of a string to sign by the official crate.
pub(crate) fn hmac_hex(secret: &str, date: &str, region: &str, string_to_sign: &str) -> String {
    let time = at(sigv4::parse_amz_date(&format!("{date}T000000Z")).unwrap());
    let key = v4::generate_signing_key(secret, time, region, "s3");
    v4::calculate_signature(key, string_to_sign.as_bytes())
}

struct Signed {
    headers: Vec<(String, String)>,
    parameters: Vec<(String, String)>,
    signature: String,
}

/// Signs as the Rust SDK does for S3.
fn official(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: SignableBody<'_>,
    expires: Option<Duration>,
    token: Option<&str>,
) -> Signed {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.expires_in = expires;
    if expires.is_some() {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    }
    let identity = Credentials::new(ACCESS_KEY_ID, SECRET, token.map(str::to_owned), None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("auto")
        .name("s3")
        .time(at(NOW_S))
        .settings(settings)
        .build()
        .unwrap();
    let uri = format!("http://{HOST}{target}");
    let request = SignableRequest::new(method, uri, headers.iter().copied(), body).unwrap();
    let output = sign(request, &params.into()).unwrap();
    let (instructions, signature) = output.into_parts();
    let (headers, parameters) = instructions.into_parts();
    Signed {
        headers: headers.iter().map(|h| (h.name().to_owned(), h.value().to_owned())).collect(),
        parameters: parameters.into_iter().map(|(n, v)| (n.to_owned(), v.into_owned())).collect(),
        signature,
    }
}

/// A raw path of any bytes, each segment encoded.
fn path() -> impl Strategy<Value = String> {
    prop::collection::vec("[ -~äß漢]{0,6}", 0..4)
        .prop_map(|segments| format!("/bucket/{}", uri_encode(segments.join("/").as_bytes(), true)))
}

fn parameters() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(("[a-z][a-z +%&=-]{0,5}", "[ -~ü]{0,6}"), 0..5)
}

fn raw(parameters: &[(String, String)]) -> String {
    let one = |(n, v): &(String, String)| {
        format!("{}={}", uri_encode(n.as_bytes(), false), uri_encode(v.as_bytes(), false))
    };
    parameters.iter().map(one).collect::<Vec<_>>().join("&")
}

fn borrowed(parameters: &[(String, String)]) -> Vec<(&str, &str)> {
    parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect()
}

proptest! {
    #[test]
    fn what_the_official_signer_presigns_verifies(
        path in path(), parameters in parameters(), expires_s in 1..604_800_u64,
        token in prop::option::of("[a-zA-Z0-9+/=]{1,20}"), content_type in prop::option::of("[a-z]{1,5}/[a-z]{1,5}"),
    ) {
        let target = format!("{path}?{}", raw(&parameters));
        let headers: Vec<_> = content_type.iter().map(|value| ("content-type", value.as_str())).collect();
        let expires = Some(Duration::from_secs(expires_s));
        let signed = official("PUT", &target, &headers, SignableBody::UnsignedPayload, expires, token.as_deref());
        let mut sent = Sent::new("PUT", &target, &headers).append(&raw(&signed.parameters));
        sent = sent.add_header("host", HOST);
        prop_assert!(sent.judge(NOW_S).is_ok(), "{:?} {:?}", sent.query, sent.judge(NOW_S));
    }

    #[test]
    fn what_the_official_signer_signs_in_headers_verifies(
        path in path(), parameters in parameters(), body in prop::collection::vec(any::<u8>(), 0..20),
        value in "[!-~]{1,3}[ -~]{0,10}[!-~]{1,3}", token in prop::option::of("[a-zA-Z0-9+/=]{1,20}"),
    ) {
        let target = format!("{path}?{}", raw(&parameters));
        let headers = [("x-amz-meta-a", value.as_str()), ("content-type", "text/plain")];
        let signed = official("PUT", &target, &headers, SignableBody::Bytes(&body), None, token.as_deref());
        let mut sent = Sent::new("PUT", &target, &headers).add_header("host", HOST);
        for (name, value) in &signed.headers {
            sent = sent.add_header(name, value);
        }
        prop_assert!(sent.judge(NOW_S).is_ok(), "{:?}", sent.judge(NOW_S));
    }

    #[test]
    fn we_presign_as_the_official_signer_does(path in path(), parameters in parameters(), expires_s in 1..604_800_u32) {
        let mut request = get_url();
        let borrowed = borrowed(&parameters);
        (request.path, request.query, request.expires_s) = (&path, &borrowed, expires_s);
        let target = format!("{path}?{}", raw(&parameters));
        let expires = Some(Duration::from_secs(expires_s.into()));
        let signed = official("GET", &target, &[], SignableBody::UnsignedPayload, expires, None);
        let ours = presign(&request);
        prop_assert!(ours.ends_with(&format!("X-Amz-Signature={}", signed.signature)), "{ours} {}", signed.signature);
    }

    #[test]
    fn we_sign_headers_as_the_official_signer_does(path in path(), parameters in parameters(), value in "[!-~]{1,9}") {
        let headers = [("x-amz-meta-a", value.as_str())];
        let borrowed = borrowed(&parameters);
        let mut request = list();
        (request.path, request.query, request.headers) = (&path, &borrowed, &headers);
        let target = format!("{path}?{}", raw(&parameters));
        let signed = official("GET", &target, &headers, SignableBody::UnsignedPayload, None, None);
        let ours = sign_header(&request).pop().unwrap().1;
        prop_assert!(ours.ends_with(&format!("Signature={}", signed.signature)), "{ours} {}", signed.signature);
    }
}
