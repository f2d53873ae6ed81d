//! PostObject: the fields of a browser's form, what they ask for, and the answer that the form chose.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::object_lock::ObjectLock;
use domain::tag::TagSet;
use domain::{BucketName, ObjectInfo, ObjectKey, ObjectMetadata};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::form::{FORM_MAX_BYTES, FormError, FormField};
use crate::headers::set;
use crate::metadata;
use crate::operation::Operation;
use crate::ops::customer_key::{self, CustomerKey};
use crate::ops::integrity::{self, Integrity};
use crate::ops::put_object;
use crate::xml::Writer;
use crate::{object_lock, percent, rfc2047, route, screen, tagging};

/// Stands for the name of the file, in any field.
const FILENAME: &str = "${filename}";
const CUSTOM: &str = "x-amz-meta-";

/// Fields that mean what the header of the same name means on a PUT, as all do whose names begin with `x-amz-`; and one whose
/// header has another name.
const HEADERS: [(&str, &str); 8] = [
    ("cache-control", "cache-control"),
    ("content-disposition", "content-disposition"),
    ("content-encoding", "content-encoding"),
    ("content-language", "content-language"),
    ("content-md5", "content-md5"),
    ("content-type", "content-type"),
    ("expires", "expires"),
    ("acl", "x-amz-acl"),
];

/// The fields before the file, names as sent, with the name of the file filled in.
#[derive(Clone, PartialEq, Eq)]
pub struct Form(Vec<FormField>);

/// The fields that sign a form. They hold a signature, so there is no `Debug`.
#[derive(Clone, Copy)]
pub struct FormSignature<'f> {
    /// `x-amz-algorithm`.
    pub algorithm: &'f str,
    /// `x-amz-credential`.
    pub credential: &'f str,
    /// `x-amz-date`.
    pub date: &'f str,
    /// `policy`, as received.
    pub policy: &'f str,
    /// `x-amz-signature`.
    pub signature: &'f str,
    /// `x-amz-security-token`.
    pub session_token: Option<&'f str>,
}

impl Form {
    /// Takes the fields; `filename` is the name of the file, if the client gave one.
    ///
    /// # Errors
    /// `InvalidArgument` for a field that is there twice; `MaxPostPreDataLengthExceeded` when the name of the file, filled in,
    /// makes the fields too long.
    ///
    /// Spec: Amazon S3 API, HTML form fields. Observed: Amazon S3 (a file without a name leaves `${filename}` as it is).
    pub fn new(mut fields: Vec<FormField>, filename: Option<&str>) -> Result<Self, S3Error> {
        let mut names: Vec<String> = fields.iter().map(|field| field.name.to_ascii_lowercase()).collect();
        names.sort_unstable();
        if let Some([name, _]) = names.array_windows().find(|[a, b]| a == b) {
            return Err(argument(name, "The form has the field more than once."));
        }
        let mut bytes = 0_usize;
        for FormField { name, value } in &mut fields {
            if let Some(filename) = filename.filter(|_| !name.eq_ignore_ascii_case("policy")) {
                let filled = value.len() + value.matches(FILENAME).count() * filename.len();
                bytes += filled;
                if bytes > FORM_MAX_BYTES {
                    return Err(FormError::TooLong.into());
                }
                *value = value.replace(FILENAME, filename);
            }
        }
        Ok(Self(fields))
    }

    /// The value of a field, whatever the letter case of its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value.as_str())
    }

    /// The names of all fields, as sent.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|field| field.name.as_str())
    }

    /// The fields that sign it.
    ///
    /// # Errors
    /// `AccessDenied` for a form that is not signed, `InvalidRequest` for one of signature version 2, `InvalidArgument` that
    /// names the first field that is missing.
    ///
    /// Observed: Amazon S3 (texts, and that any of the fields makes the others required).
    pub fn signature(&self) -> Result<FormSignature<'_>, S3Error> {
        let any = ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"];
        if !any.iter().any(|name| self.get(name).is_some()) {
            return Err(if self.get("AWSAccessKeyId").is_some() {
                S3Error::invalid_request(
                    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
                )
                .with_hint("The form is signed with Signature Version 2; make it with Signature Version 4.")
            } else {
                S3Error::new(S3ErrorCode::AccessDenied).with_hint(
                    "The form is not signed: it needs the fields policy, x-amz-algorithm, x-amz-credential, x-amz-date and \
                     x-amz-signature, all before the file.",
                )
            });
        }
        Ok(FormSignature {
            algorithm: self.required("X-Amz-Algorithm")?,
            credential: self.required("X-Amz-Credential")?,
            date: self.required("X-Amz-Date")?,
            policy: self.required("Policy")?,
            signature: self.required("X-Amz-Signature")?,
            session_token: self.get("x-amz-security-token"),
        })
    }

    fn required(&self, name: &'static str) -> Result<&str, S3Error> {
        // two spaces, as S3 writes it
        self.get(name).ok_or_else(|| {
            argument(
                name,
                &format!(
                    "Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
                ),
            )
            .with_hint("Fields that come after the file are ignored.")
        })
    }
}

fn argument(name: &str, message: &str) -> S3Error {
    S3Error::invalid_argument(message.to_owned()).with_extra("ArgumentName", name)
}

/// A checked PostObject, but for its policy.
#[derive(Clone, Debug)]
pub struct PostObject {
    /// The key.
    pub key: ObjectKey,
    /// System and custom metadata, storage class.
    pub metadata: ObjectMetadata,
    /// Its tags.
    pub tags: TagSet,
    /// Its retention and legal hold.
    pub lock: ObjectLock,
    /// The key to encrypt it with.
    pub customer_key: Option<CustomerKey>,
    /// What the file must hash to.
    pub integrity: Integrity,
    /// Where the browser goes next.
    pub redirect: Option<String>,
    /// The status of the answer when it goes nowhere.
    pub status: StatusCode,
}

/// Reads what a form asks for. Fields that are no business of ours are left to the policy.
///
/// # Errors
/// `InvalidArgument` without a key and for a value that no header can have; those of [`screen`](crate::screen()),
/// [`metadata::decode`], [`tagging::decode_object`], [`object_lock::decode_headers`], [`customer_key::decode`] and
/// [`integrity::decode`].
///
/// Spec: Amazon S3 API, HTML form fields.
pub fn decode(form: &Form) -> Result<PostObject, S3Error> {
    let key = route::object_key(form.required("key")?.as_bytes().to_vec())?;
    let headers = headers(form)?;
    screen::screen(Operation::PostObject, &headers, true)?;
    let redirect = form.get("success_action_redirect").or(form.get("redirect"));
    Ok(PostObject {
        key,
        metadata: metadata::decode(&headers)?,
        tags: form
            .get("tagging")
            .map_or(Ok(TagSet::default()), |xml| tagging::decode_object(xml.as_bytes()))?,
        lock: object_lock::decode_headers(&headers)?,
        customer_key: customer_key::decode(&headers)?,
        integrity: integrity::decode(&headers)?,
        redirect: redirect.filter(|url| is_web_address(url)).map(str::to_owned),
        status: match form.get("success_action_status") {
            Some("200") => StatusCode::OK,
            Some("201") => StatusCode::CREATED,
            _ => StatusCode::NO_CONTENT,
        },
    })
}

fn headers(form: &Form) -> Result<HeaderMap, S3Error> {
    let mut headers = HeaderMap::new();
    for FormField { name, value } in &form.0 {
        let lower = name.to_ascii_lowercase();
        let known = HEADERS.iter().find(|(field, _)| *field == lower).map(|(_, header)| *header);
        let Some(header) = known.or(lower.starts_with("x-amz-").then_some(lower.as_str())) else { continue };
        let bad = || argument(name, "The form has a field that does not hold a header value.");
        // custom metadata may be any text, here as there
        let text = if lower.starts_with(CUSTOM) { rfc2047::encode(value) } else { value.into() };
        let header = HeaderName::from_bytes(header.as_bytes()).map_err(|_| bad())?;
        headers.insert(header, HeaderValue::from_bytes(text.as_bytes()).map_err(|_| bad())?);
    }
    Ok(headers)
}

/// Whether a browser can be sent there; other redirects are as if they were not there.
///
/// Observed: Amazon S3.
fn is_web_address(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| {
        uri.host().is_some_and(|host| !host.is_empty()) && matches!(uri.scheme_str(), Some("http" | "https"))
    })
}

/// The answer. `bucket_url` is the address of the bucket as the client knows it, without a slash at its end.
///
/// Spec: Amazon S3 API, POST Object, responses. Observed: Amazon S3 (no namespace; the whole key is encoded in `Location`;
/// a query of the redirect is kept).
#[must_use]
pub fn encode(
    request: &PostObject,
    bucket: &BucketName,
    bucket_url: &str,
    info: &ObjectInfo,
) -> (StatusCode, HeaderMap, Bytes) {
    let etag = info.etag.to_string();
    let key = info.key.as_str();
    let mut headers = put_object::encode(info);
    if let Some(url) = &request.redirect {
        let query = [("bucket", bucket.as_str()), ("key", key), ("etag", etag.as_str())];
        set(&mut headers, header::LOCATION, with_query(url, &query));
        return (StatusCode::SEE_OTHER, headers, Bytes::new());
    }
    let location = format!("{bucket_url}/{}", encoded(key));
    set(&mut headers, header::LOCATION, &location);
    if request.status != StatusCode::CREATED {
        return (request.status, headers, Bytes::new());
    }
    set(&mut headers, header::CONTENT_TYPE, "application/xml");
    let mut xml = Writer::with_capacity(512 + 4 * key.len());
    xml.open("PostResponse");
    xml.leaf("Location", &location);
    xml.leaf("Bucket", bucket.as_str());
    xml.leaf("Key", key);
    xml.leaf("ETag", &etag);
    xml.close("PostResponse");
    (request.status, headers, xml.finish())
}

fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    let (address, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let mut out = address.to_owned();
    for (name, value) in pairs {
        out.push(if out.contains('?') { '&' } else { '?' });
        out.push_str(&format!("{name}={}", encoded(value)));
    }
    out + fragment
}

fn encoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() * 2);
    percent::encode_into(&mut out, text);
    String::from_utf8_lossy(&out).into_owned()
}
