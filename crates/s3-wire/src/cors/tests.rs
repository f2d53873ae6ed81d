use super::*;
use crate::error_code::S3ErrorCode;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|t| (*t).to_owned()).collect()
}

#[test]
fn a_policy_in_any_order_of_elements() {
    let document = "<CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">
        <CORSRule>
          <MaxAgeSeconds> 3600 </MaxAgeSeconds>
          <AllowedMethod>PUT</AllowedMethod><AllowedOrigin>http://localhost:3000</AllowedOrigin>
          <ExposeHeader>ETag</ExposeHeader><AllowedMethod>GET</AllowedMethod>
          <AllowedHeader>Content-Type</AllowedHeader><AllowedHeader>x-amz-*</AllowedHeader><ID>a</ID>
        </CORSRule>
        <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod></CORSRule>
      </CORSConfiguration>";
    let first = CorsRule {
        id: Some("a".into()),
        allowed_origins: texts(&["http://localhost:3000"]),
        allowed_methods: texts(&["PUT", "GET"]),
        allowed_headers: texts(&["Content-Type", "x-amz-*"]),
        expose_headers: texts(&["ETag"]),
        max_age_seconds: Some(3_600),
    };
    let second =
        CorsRule { allowed_origins: texts(&["*"]), allowed_methods: texts(&["HEAD"]), ..CorsRule::default() };
    let policy = CorsPolicy { rules: vec![first, second] };
    assert_eq!(decode(document.as_bytes()), Ok(policy.clone()));
    assert_eq!(
        encode(&policy),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <CORSRule><ID>a</ID><AllowedOrigin>http://localhost:3000</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>\
         <AllowedMethod>GET</AllowedMethod><AllowedHeader>Content-Type</AllowedHeader>\
         <AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3600</MaxAgeSeconds>\
         </CORSRule><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod></CORSRule>\
         </CORSConfiguration>"
    );
}

#[test]
fn other_shapes() {
    let documents = [
        "",
        "<CORSRule/>",
        "<CORSConfiguration><Rule/></CORSConfiguration>",
        "<CORSConfiguration>text</CORSConfiguration>",
        "<CORSConfiguration><CORSRule>text</CORSRule></CORSConfiguration>",
        "<CORSConfiguration><CORSRule><AllowedOrigins>*</AllowedOrigins></CORSRule></CORSConfiguration>",
        "<CORSConfiguration><CORSRule><allowedorigin>*</allowedorigin></CORSRule></CORSConfiguration>",
        "<CORSConfiguration><CORSRule><AllowedOrigin><a/></AllowedOrigin></CORSRule></CORSConfiguration>",
        "<CORSConfiguration><CORSRule><ID>a</ID><ID>b</ID></CORSRule></CORSConfiguration>",
        "<CORSConfiguration><CORSRule><MaxAgeSeconds>1</MaxAgeSeconds><MaxAgeSeconds>1</MaxAgeSeconds></CORSRule></CORSConfiguration>",
        "<CORSConfiguration><CORSRule><MaxAgeSeconds>-1</MaxAgeSeconds></CORSRule></CORSConfiguration>",
        "<CORSConfiguration><CORSRule><MaxAgeSeconds>1.5</MaxAgeSeconds></CORSRule></CORSConfiguration>",
        "<CORSConfiguration><CORSRule><MaxAgeSeconds/></CORSRule></CORSConfiguration>",
    ];
    for document in documents {
        let error = decode(document.as_bytes()).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::MalformedXML, "{document}");
        assert!(error.hint.is_some(), "{document}");
    }
}

#[test]
fn documents_are_bounded() {
    let document = format!("<CORSConfiguration>{}</CORSConfiguration>", "<CORSRule/>".repeat(10_000));
    assert_eq!(decode(document.as_bytes()).unwrap_err().code, S3ErrorCode::MaxMessageLengthExceeded);
    let document =
        format!("<CORSConfiguration><CORSRule>{}</CORSRule></CORSConfiguration>", "<ID/>".repeat(9_000));
    assert_eq!(decode(document.as_bytes()).unwrap_err().code, S3ErrorCode::MalformedXML);
}

#[test]
fn ages_too_large_for_the_type_are_still_ages() {
    let document = "<CORSConfiguration><CORSRule><MaxAgeSeconds>99999999999</MaxAgeSeconds></CORSRule></CORSConfiguration>";
    assert_eq!(decode(document.as_bytes()).unwrap().rules[0].max_age_seconds, Some(u32::MAX));
}
