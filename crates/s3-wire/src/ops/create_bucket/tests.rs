use super::*;

fn constraint(text: &str) -> Result<Option<String>, S3Error> {
    let document = format!(
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <LocationConstraint>{text}</LocationConstraint></CreateBucketConfiguration>"
    );
    decode(document.as_bytes()).map(|request| request.location)
}

#[test]
fn hints_in_any_case() {
    for automatic in ["", " ", "auto", "AUTO", "us-east-1"] {
        assert_eq!(constraint(automatic), Ok(None), "{automatic:?}");
    }
    for (text, hint) in [("enam", "ENAM"), ("WNAM", "WNAM"), ("Apac", "APAC"), ("\n oc \n", "OC")] {
        assert_eq!(constraint(text), Ok(Some(hint.to_owned())), "{text:?}");
    }
    for none in ["", "  \r\n", "<CreateBucketConfiguration/>"] {
        assert_eq!(decode(none.as_bytes()), Ok(CreateBucket::default()), "{none:?}");
    }
}

#[test]
fn other_places_and_shapes() {
    for place in ["eu-west-1", "mars", "enam2", "weur,eeur"] {
        let error = constraint(place).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::InvalidLocationConstraint, "{place}");
        assert!(error.hint.unwrap().contains("WEUR"));
    }
    let documents = [
        "x",
        "<A/>",
        "<CreateBucketConfiguration><LocationConstraint><a/></LocationConstraint></CreateBucketConfiguration>",
        "<CreateBucketConfiguration><Tags/></CreateBucketConfiguration>",
        "<CreateBucketConfiguration>auto</CreateBucketConfiguration>",
        "<CreateBucketConfiguration><LocationConstraint/><LocationConstraint/></CreateBucketConfiguration>",
    ];
    for document in documents {
        assert_eq!(decode(document.as_bytes()).unwrap_err().code, S3ErrorCode::MalformedXML, "{document}");
    }
}

#[test]
fn the_reply_says_where() {
    assert_eq!(encode(&BucketName::parse("my-bucket").unwrap())["location"], "/my-bucket");
}

#[test]
fn buckets_are_created_by_the_way_only_on_request() {
    for (text, expected) in [("true", true), ("True", true), ("false", false), ("", false), ("1", false)] {
        let mut headers = HeaderMap::new();
        headers.insert("cf-create-bucket-if-missing", http::HeaderValue::from_static(text));
        assert_eq!(is_wanted(&headers), expected, "{text}");
    }
    assert!(!is_wanted(&HeaderMap::new()));
}
