use super::*;
use crate::error_code::S3ErrorCode;

fn rule(elements: &str) -> Result<CorsPolicy, S3Error> {
    decode(format!("<CORSConfiguration><CORSRule>{elements}</CORSRule></CORSConfiguration>").as_bytes())
}

#[test]
fn policies_that_can_be_kept() {
    let policy = rule(
        "<AllowedOrigin>https://app.example.com</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>\
         <AllowedHeader>Content-Type</AllowedHeader><MaxAgeSeconds>86400</MaxAgeSeconds>",
    )
    .unwrap();
    assert_eq!(policy.rules.len(), 1);
    assert_eq!(decode(&crate::ops::get_bucket_cors::encode(&policy)), Ok(policy));
}

#[test]
fn what_is_wrong_with_others() {
    use S3ErrorCode::{InvalidRequest, MalformedXML};
    let put = "<AllowedMethod>PUT</AllowedMethod>";
    let origin = "<AllowedOrigin>*</AllowedOrigin>";
    let table = [
        (String::new(), MalformedXML, "at least one AllowedOrigin"),
        (put.to_owned(), MalformedXML, "at least one AllowedOrigin"),
        (origin.to_owned(), MalformedXML, "one AllowedMethod"),
        (format!("{origin}{put}<Unknown/>"), MalformedXML, "Unknown is not expected"),
        (
            format!("{put}<AllowedOrigin>localhost:3000</AllowedOrigin>"),
            InvalidRequest,
            "http://localhost:3000",
        ),
        (format!("{put}<AllowedOrigin>https://a.b/</AllowedOrigin>"), InvalidRequest, "https://a.b"),
        (
            format!("{put}<AllowedOrigin>http://*.a.*</AllowedOrigin>"),
            InvalidRequest,
            "AllowedOrigin \"http://*.a.*\" can not have more than one wildcard.",
        ),
        (
            format!("{origin}<AllowedMethod>OPTIONS</AllowedMethod>"),
            InvalidRequest,
            "Found unsupported HTTP method in CORS config. Unsupported method is OPTIONS",
        ),
        (
            format!("{origin}{put}<AllowedHeader>a b</AllowedHeader>"),
            InvalidRequest,
            "AllowedHeader \"a b\" contains invalid character.",
        ),
        (format!("{origin}{put}<AllowedHeader/>"), InvalidRequest, "AllowedHeader is empty"),
        (format!("{origin}{put}<MaxAgeSeconds>86401</MaxAgeSeconds>"), InvalidRequest, "at most 86400"),
    ];
    for (elements, code, words) in table {
        let error = rule(&elements).unwrap_err();
        assert_eq!(error.code, code, "{elements}");
        let told = format!("{} {}", error.message, error.hint.unwrap_or_default());
        assert!(told.contains(words), "{elements}: {told}");
    }
    let error = decode(b"<CORSConfiguration/>").unwrap_err();
    assert_eq!(error.code, MalformedXML);
    let rule = "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod></CORSRule>";
    let document = |count| format!("<CORSConfiguration>{}</CORSConfiguration>", rule.repeat(count));
    assert!(decode(document(100).as_bytes()).is_ok());
    assert_eq!(decode(document(101).as_bytes()).unwrap_err().code, MalformedXML);
}
