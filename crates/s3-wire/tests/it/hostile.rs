//! Documents made to hurt: each is refused with R2's code, and none takes memory or time beyond its own size.

use domain::limits::XML_BODY_MAX_BYTES;
use s3_wire::ops::{
    complete_multipart_upload, create_bucket, delete_objects, put_bucket_cors, put_bucket_encryption,
};
use s3_wire::{S3Error, S3ErrorCode, lifecycle, object_lock, public_access, tagging, versioning};

type Decoder = (&'static str, fn(&[u8]) -> Result<(), S3Error>);

const DECODERS: [Decoder; 12] = [
    ("Delete", |body| delete_objects::decode(body, false).map(drop)),
    ("CompleteMultipartUpload", |body| complete_multipart_upload::decode_parts(body).map(drop)),
    ("CORSConfiguration", |body| put_bucket_cors::decode(body).map(drop)),
    ("CreateBucketConfiguration", |body| create_bucket::decode(body).map(drop)),
    ("LifecycleConfiguration", |body| lifecycle::decode(body).map(drop)),
    ("ObjectLockConfiguration", |body| object_lock::decode_config(body).map(drop)),
    ("Retention", |body| object_lock::decode_retention(body).map(drop)),
    ("LegalHold", |body| object_lock::decode_legal_hold(body).map(drop)),
    ("Tagging", |body| tagging::decode_bucket(body).map(drop)),
    ("VersioningConfiguration", |body| versioning::decode(body).map(drop)),
    ("PublicAccessBlockConfiguration", |body| public_access::decode(body).map(drop)),
    ("ServerSideEncryptionConfiguration", put_bucket_encryption::decode),
];

fn refused(document: impl Fn(&str) -> String) {
    for (root, decode) in DECODERS {
        let document = document(root);
        let error = decode(document.as_bytes()).expect_err(root);
        let size = document.len();
        assert!(
            matches!(error.code, S3ErrorCode::MalformedXML | S3ErrorCode::MaxMessageLengthExceeded),
            "{root} of {size} bytes: {error}"
        );
        let reply = error.encode("/b", "1");
        assert!(reply.len() < 2_000, "{root} of {size} bytes is not repeated in the reply");
    }
}

#[test]
fn document_types_and_entities() {
    refused(|root| format!("<!DOCTYPE {root} [<!ENTITY a \"b\">]><{root}>&a;</{root}>"));
    refused(|root| format!("<!DOCTYPE {root} SYSTEM \"http://localhost/a.dtd\"><{root}/>"));
    refused(|root| {
        format!("<!DOCTYPE {root} [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><{root}>&a;</{root}>")
    });
    let laughs: String = (1..50).map(|i| format!("<!ENTITY l{i} \"&l{};&l{};\">", i - 1, i - 1)).collect();
    refused(|root| format!("<!DOCTYPE {root} [<!ENTITY l0 \"ha\">{laughs}]><{root}>&l49;</{root}>"));
    refused(|root| format!("<{root}>&nbsp;</{root}>"));
}

#[test]
fn nesting_and_numbers() {
    refused(|root| format!("<{root}>").repeat(60_000 / root.len()));
    refused(|root| format!("<{root}>{}", "<a>".repeat(2_000_000)));
    refused(|root| format!("<{root}>{}</{root}>", "<a/>".repeat(1_000_000)));
    refused(|root| format!("<{root} {}></{root}>", "a=\"\" ".repeat(1_000_000)));
    refused(|root| format!("<{root}><{}/></{root}>", "a".repeat(1_000_000)));
    refused(|root| format!("<{root}><a></{}></{root}>", "b".repeat(60_000)));
    refused(|root| format!("<{root}>&{};</{root}>", "b".repeat(60_000)));
}

#[test]
fn sizes() {
    refused(|root| format!("<{root}>{}</{root}>", " ".repeat(XML_BODY_MAX_BYTES)));
    let largest = format!("<Delete>{}</Delete>", " ".repeat(XML_BODY_MAX_BYTES - 17));
    assert_eq!(largest.len(), XML_BODY_MAX_BYTES);
    let error = delete_objects::decode(largest.as_bytes(), false).unwrap_err();
    assert_eq!(error.code, S3ErrorCode::MalformedXML, "it is read, and names no key");
}

#[test]
fn other_encodings() {
    refused(|root| format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?><{root}/>"));
    for (root, decode) in DECODERS {
        let utf16: Vec<u8> = format!("\u{feff}<{root}/>").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&utf16).unwrap_err().code, S3ErrorCode::MalformedXML, "{root}");
    }
}
