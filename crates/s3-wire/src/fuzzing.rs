//! What fuzz targets and property tests share: one function per parser that must hold for any bytes. They panic when
//! it does not, which is their purpose; nothing else calls them.

mod settings;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::{AccountId, BucketName, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::form::{FORM_MAX_BYTES, FormDecoder, FormError, FormField, FormStep};
use crate::ops::post_object::Form;
use crate::ops::{
    complete_multipart_upload, copy_object, create_multipart_upload, delete_object, get_object,
    get_object_attributes, list_buckets, list_multipart_uploads, list_objects, list_objects_v2, list_parts,
    post_object, put_object, upload_part, upload_part_copy,
};
use crate::post_policy::PostPolicy;
use crate::xml::Writer;
use crate::{
    CopySource, HostNames, Operation, Query, S3Error, address, cors, percent, route as find_route, screen,
    upload_limits,
};

pub use settings::{settings_xml, tagging_header, upload_rules_json};

const ACCOUNT: &str = "123456789abcdef0123456789abcdef0";

/// Takes `METHOD host target`, one line, then headers as `name:value` lines; reads it as far as it can be read.
///
/// # Panics
/// If a name passes that no bucket or object can have, or an error is not one that a client may see.
pub fn route(data: &[u8]) {
    if let Err(error) = read(data) {
        assert!(error.status().as_u16() >= 400, "an error is an error");
        let document = error.encode("/", "0");
        assert!(document.ends_with(b"</Error>"), "an error is a document");
    }
}

fn read(data: &[u8]) -> Result<(), S3Error> {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let mut words = lines.next().unwrap_or_default().split(' ');
    let Ok(method) = Method::from_bytes(words.next().unwrap_or_default().as_bytes()) else { return Ok(()) };
    let host = names().resolve(words.next().unwrap_or_default());
    let target = words.next().unwrap_or_default();
    let (path, raw_query) = target.split_once('?').unwrap_or((target, ""));
    let headers: HeaderMap = lines.filter_map(header).collect();

    let query = Query::parse(raw_query)?;
    let found = find_route(&method, address(&host, path)?, &query, &headers)?;
    if let Some(bucket) = &found.bucket {
        assert_eq!(BucketName::parse(bucket.as_str()).as_ref(), Ok(bucket), "a bucket's name is one");
    }
    if let Some(key) = &found.key {
        assert!(
            (1..=domain::limits::KEY_MAX_BYTES).contains(&key.as_str().len()),
            "a key has a key's length"
        );
    }
    screen(found.operation, &headers, false)?;
    decode(found.operation, &query, &headers)
}

/// Reads what the operation reads of a head.
fn decode(operation: Operation, query: &Query, headers: &HeaderMap) -> Result<(), S3Error> {
    match operation {
        Operation::ListBuckets => drop(list_buckets::decode(query, headers)?),
        Operation::ListObjects => drop(list_objects::decode(query)?.to_query()),
        Operation::ListObjectsV2 => {
            let after = list_objects_v2::decode(query)?.to_query().after;
            assert!(after.is_some() || !query.has("continuation-token"), "a token is a place");
        }
        Operation::GetObject | Operation::HeadObject => drop(get_object::decode(query, headers)?),
        Operation::GetObjectAttributes => drop(get_object_attributes::decode(headers)?),
        Operation::DeleteObject => drop(delete_object::conditions(headers)?),
        Operation::CopyObject => drop(copy_object::decode(headers)?),
        Operation::CreateMultipartUpload => drop(create_multipart_upload::decode(headers, false)?),
        Operation::UploadPart => drop(upload_part::decode(query, headers)?),
        Operation::UploadPartCopy => drop(upload_part_copy::decode(query, headers)?),
        Operation::ListParts => drop(list_parts::decode(query)?),
        Operation::ListMultipartUploads => {
            let request = list_multipart_uploads::decode(query)?;
            assert_eq!(request.after().is_none(), request.key_marker.is_empty(), "a key is a place");
        }
        Operation::PutObject => {
            let rule = upload_limits::decode(operation, query)?;
            assert_eq!(rule.validate(), Ok(()), "a rule that is taken can be kept");
            let metadata = put_object::decode(headers)?.metadata;
            let mut shown = HeaderMap::new();
            crate::metadata::encode(&metadata, &mut shown);
            assert_eq!(crate::metadata::decode(&shown).as_ref(), Ok(&metadata), "metadata comes back");
        }
        _ => {}
    }
    Ok(())
}

/// Takes a CompleteMultipartUpload document.
///
/// # Panics
/// If a number comes twice or a list does not come back from what is written of it.
pub fn complete_xml(data: &[u8]) {
    let Ok(parts) = complete_multipart_upload::decode_parts(data) else { return };
    let mut xml = Writer::with_capacity(0);
    xml.open_root("CompleteMultipartUpload");
    for part in &parts {
        let before = parts.iter().filter(|other| other.number == part.number).count();
        assert_eq!(before, 1, "a number comes once");
        xml.open("Part");
        xml.leaf_display("PartNumber", part.number);
        // with the quotes that an ETag has on the wire
        xml.leaf_display("ETag", &part.etag);
        if let Some(checksum) = &part.checksum {
            xml.leaf(&format!("Checksum{}", checksum.algorithm().name()), &checksum.to_base64());
        }
        xml.close("Part");
    }
    xml.close("CompleteMultipartUpload");
    let written = xml.finish();
    match complete_multipart_upload::decode_parts(&written) {
        Ok(again) => assert_eq!(again, parts, "a list comes back"),
        Err(_) => assert!(written.len() > data.len(), "only a longer document is refused"),
    }
}

/// Takes a copy's source.
///
/// # Panics
/// If a source does not come back from what is written of it.
pub fn copy_source(data: &[u8]) {
    let Ok(source) = CopySource::parse(&String::from_utf8_lossy(data)) else { return };
    let mut written = format!("/{}/", source.bucket).into_bytes();
    percent::encode_into(&mut written, source.key.as_str());
    written.extend_from_slice(b"?versionId=");
    percent::encode_into(&mut written, source.version_id.as_deref().unwrap_or_default());
    assert_eq!(CopySource::parse(&String::from_utf8_lossy(&written)), Ok(source), "a source comes back");
}

fn names() -> HostNames {
    let account = AccountId::parse(ACCOUNT).expect("an account id");
    HostNames::new(&account, &["localhost".to_owned(), "127.0.0.1".to_owned()])
}

fn header(line: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':')?;
    Some((name.parse().ok()?, HeaderValue::from_bytes(value.trim_ascii().as_bytes()).ok()?))
}

/// Takes a CORS policy document.
///
/// # Panics
/// If a policy that was read does not come back from what is written.
pub fn cors_xml(data: &[u8]) {
    let Ok(policy) = cors::decode(data) else { return };
    let written = cors::encode(&policy);
    // what was sent as 64 KB may be longer when it is written, where every quote is a reference
    match cors::decode(&written) {
        Ok(again) => assert_eq!(again, policy, "a policy comes back"),
        Err(_) => assert!(written.len() > data.len(), "only a longer document is refused"),
    }
    if let Err(fault) = policy.check() {
        assert!(!fault.to_string().is_empty(), "a fault says what it is");
    }
}

/// A form as far as it was read.
#[derive(Debug, Default, PartialEq, Eq)]
struct ReadForm {
    fields: Vec<FormField>,
    filename: Option<String>,
    content: Vec<u8>,
}

/// Takes a cutting byte, then a form with the boundary `B`.
///
/// # Panics
/// If cutting the input differently changes the outcome, or more is kept of the fields than may be.
pub fn form(data: &[u8]) {
    let Some((&cut, body)) = data.split_first() else { return };
    let (read, end) = read_form(std::iter::once(body));
    for size in [1, usize::from(cut).max(1)] {
        let (cut_read, cut_end) = read_form(body.chunks(size));
        assert!(cut_read == read && cut_end == end, "the cut does not matter");
    }
    let kept: usize = read.fields.iter().map(|field| field.name.len() + field.value.len()).sum();
    assert!(kept <= FORM_MAX_BYTES && read.content.len() <= body.len(), "nothing is made up");
    let asked = Form::new(read.fields, read.filename.as_deref()).and_then(|form| post_object::decode(&form));
    if let (Err(error), Ok(())) = (asked, end) {
        assert!(error.status().as_u16() >= 400, "an error is an error");
    }
}

fn read_form<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (ReadForm, Result<(), FormError>) {
    let mut decoder = FormDecoder::new("multipart/form-data; boundary=B").expect("a boundary");
    let mut read = ReadForm::default();
    for piece in pieces {
        let mut input = Bytes::copy_from_slice(piece);
        loop {
            match decoder.step(&mut input) {
                Ok(FormStep::NeedMore) => break,
                Ok(FormStep::Field(field)) => read.fields.push(field),
                Ok(FormStep::File { filename }) => read.filename = filename,
                Ok(FormStep::Data(data)) => read.content.extend_from_slice(&data),
                Ok(FormStep::Done) => return (read, Ok(())),
                Err(error) => return (read, Err(error)),
            }
        }
    }
    let end = decoder.finish();
    (read, end)
}

/// Takes the JSON of a form's policy.
///
/// # Panics
/// If a field is let through that the policy does not name.
pub fn post_policy(data: &[u8]) {
    drop(PostPolicy::parse(&String::from_utf8_lossy(data)));
    let policy = match PostPolicy::parse(&STANDARD.encode(data)) {
        Ok(policy) => policy,
        Err(error) => {
            assert!(error.message.len() < 2_000, "a policy is not repeated");
            return;
        }
    };
    let field = |name: &str| FormField { name: name.to_owned(), value: "value".to_owned() };
    for name in ["key", "qqq"] {
        let form = Form::new(vec![field(name)], None).expect("one field");
        let names =
            |name: &str| data.to_ascii_lowercase().windows(name.len()).any(|text| text == name.as_bytes());
        match policy.check(&form, "value", Timestamp::from_seconds(0)) {
            // written with an escape, a name can be there and not be found
            Ok(_) => assert!(data.contains(&b'\\') || names(name) && names("bucket"), "each is named"),
            Err(error) => assert!(error.message.len() < 2_000, "a policy is not repeated"),
        }
    }
}
