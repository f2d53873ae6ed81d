use super::*;

fn document(tags: &[(&str, &str)]) -> String {
    let tags: String = tags
        .iter()
        .map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"))
        .collect();
    format!("<Tagging xmlns=\"{}\"><TagSet>{tags}</TagSet></Tagging>", xml::NAMESPACE)
}

fn pairs(tags: &TagSet) -> Vec<(&str, &str)> {
    tags.tags().iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect()
}

fn header(text: &str) -> Result<TagSet, S3Error> {
    let value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
    decode_header(&HeaderMap::from_iter([(HeaderName::from_static("x-amz-tagging"), value)]))
}

#[test]
fn tags_keep_their_order_and_blanks() {
    let given = [("b", " 1 "), ("a", ""), ("ü:/@", "+-=._")];
    let tags = decode_object(document(&given).as_bytes()).unwrap();
    assert_eq!(pairs(&tags), given);
    assert_eq!(
        encode(&tags),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <TagSet><Tag><Key>b</Key><Value> 1 </Value></Tag><Tag><Key>a</Key><Value></Value></Tag>\
         <Tag><Key>ü:/@</Key><Value>+-=._</Value></Tag></TagSet></Tagging>"
    );
    assert_eq!(decode_bucket(document(&[]).as_bytes()), Ok(TagSet::default()));
}

#[test]
fn faults_have_awss_words() {
    use S3ErrorCode::{BadRequest, InvalidTag};
    let many: Vec<String> = (0..51).map(|n| n.to_string()).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "")).collect();
    let table: [(&[(&str, &str)], _, _); 6] = [
        (&many[..11], BadRequest, "Object tags cannot be greater than 10"),
        (&[("a", "1"), ("a", "2")], InvalidTag, "Cannot provide multiple Tags with the same key"),
        (&[("", "")], InvalidTag, "The TagKey you have provided is invalid"),
        (&[("a*", "")], InvalidTag, "The TagKey you have provided is invalid"),
        (&[("a", "*")], InvalidTag, "The TagValue you have provided is invalid"),
        (&[("aws:a", "")], InvalidTag, "System tags cannot be added/updated by requester"),
    ];
    for (tags, code, message) in table {
        let error = decode_object(document(tags).as_bytes()).unwrap_err();
        assert_eq!((error.code, &*error.message), (code, message), "{tags:?}");
    }
    assert_eq!(decode_bucket(document(&many[..50]).as_bytes()).unwrap().tags().len(), 50);
    let error = decode_bucket(document(&many).as_bytes()).unwrap_err();
    assert_eq!(&*error.message, "Bucket tag count cannot be greater than 50");
    let long = "k".repeat(100_000);
    let error = decode_object(document(&[(&long, "")]).as_bytes()).unwrap_err();
    assert!(error.encode("/b/k", "1").len() < 1_000, "a long key is not repeated whole");
}

#[test]
fn other_shapes() {
    let documents = [
        "<Tagging/>",
        "<TagSet/>",
        "<Tagging><TagSet/><TagSet/></Tagging>",
        "<Tagging><TagSet>a</TagSet></Tagging>",
        "<Tagging><TagSet><Other/></TagSet></Tagging>",
        "<Tagging><TagSet><Tag/></TagSet></Tagging>",
        "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>",
        "<Tagging><TagSet><Tag><Key>a</Key><Value/><Value/></Tag></TagSet></Tagging>",
        "<Tagging><TagSet><Tag><Key><a/></Key><Value/></Tag></TagSet></Tagging>",
    ];
    for document in documents {
        assert_eq!(
            decode_object(document.as_bytes()).unwrap_err().code,
            S3ErrorCode::MalformedXML,
            "{document}"
        );
    }
}

#[test]
fn tags_in_a_header() {
    let tags = header("a=1&b+c=%2B%C3%BC&d&e=a=b").unwrap();
    assert_eq!(pairs(&tags), [("a", "1"), ("b c", "+ü"), ("d", ""), ("e", "a=b")]);
    assert_eq!(header(""), Ok(TagSet::default()));
    assert_eq!(decode_header(&HeaderMap::new()), Ok(TagSet::default()));
    for malformed in ["a=%", "a=%FF", "a=1&a=1"] {
        let error = header(malformed).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::InvalidArgument, "{malformed}");
        assert!(error.message.starts_with("The header 'x-amz-tagging' shall be"), "{malformed}");
    }
    assert_eq!(header("a=%2A").unwrap_err().code, S3ErrorCode::InvalidTag);
    assert_eq!(header("0&1&2&3&4&5&6&7&8&9&a").unwrap_err().code, S3ErrorCode::BadRequest);
}

#[test]
fn counts() {
    let mut headers = HeaderMap::new();
    set_count(&mut headers, &TagSet::default());
    assert!(headers.is_empty());
    set_count(&mut headers, &header("a&b").unwrap());
    assert_eq!(headers["x-amz-tagging-count"], "2");
}
