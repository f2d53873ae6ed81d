//! The headers that an operation must not ignore: each is refused in R2's words and order before the operation runs.
//! It judges presence and plain values; what an accepted header means is the operation's `decode`.

use http::HeaderMap;

use crate::error::S3Error;
use crate::headers::header_text;
use crate::operation::Operation;
use crate::ops::customer_key;
use crate::storage_class;

/// Most characters of a header's value that an error repeats.
const ECHO_MAX_CHARS: usize = 256;

/// Guards that callers rely on wherever they send them; ignoring one would be unsafe.
const EVERYWHERE: &[&str] = &[
    "x-amz-expected-bucket-owner",
    "x-amz-source-expected-bucket-owner",
    "x-amz-request-payer",
    "x-amz-mfa",
];

/// Means something where a version is removed or its retention changed; R2 has neither.
const BYPASS: &str = "x-amz-bypass-governance-retention";

const ENCRYPTION_KMS: &[&str] = &[
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-bucket-key-enabled",
];

const GRANTS: &[&str] = &[
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
];

const NEW_OBJECT: &[&str] = &[
    "x-amz-website-redirect-location",
    // appending to an object: storing it anew instead would lose what was there
    "x-amz-write-offset-bytes",
];

/// What a new object has on AWS and R2 refuses.
const TAGS_AND_LOCK: &[&str] = &[
    "x-amz-tagging",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-object-lock-legal-hold",
];

/// What AWS has for copies and R2 refuses.
const COPY: &[&str] = &["x-amz-tagging-directive", "x-amz-checksum-algorithm"];

/// What AWS has for copied parts and R2 refuses.
const PART_COPY: &[&str] = &[
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-if-none-match",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-if-unmodified-since",
];

/// Conditions on deletion, which R2 lacks: deleting regardless would be worse than refusing.
const DELETE_CONDITIONS: &[&str] = &["if-match", "x-amz-if-match-last-modified-time", "x-amz-if-match-size"];

/// Conditions that no S3 has for deletion.
const DELETE_GUARDS: &[&str] = &["if-none-match", "if-unmodified-since"];

/// Not a form's field: its tags are a document, in the field `tagging`.
const FORM: &[&str] = &["x-amz-tagging"];

const CANNED_ACLS: &[&str] = &[
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
];

/// The groups of headers that an operation refuses whatever their value.
fn refused(operation: Operation, strict_r2: bool) -> &'static [&'static [&'static str]] {
    use Operation::*;
    match operation {
        CreateBucket => &[EVERYWHERE, GRANTS],
        PutObject | CreateMultipartUpload if strict_r2 => {
            &[EVERYWHERE, NEW_OBJECT, TAGS_AND_LOCK, ENCRYPTION_KMS, GRANTS]
        }
        CopyObject if strict_r2 => &[EVERYWHERE, NEW_OBJECT, TAGS_AND_LOCK, COPY, ENCRYPTION_KMS, GRANTS],
        PutObject | CreateMultipartUpload | CopyObject => &[EVERYWHERE, NEW_OBJECT, ENCRYPTION_KMS, GRANTS],
        PostObject => &[EVERYWHERE, FORM, NEW_OBJECT, ENCRYPTION_KMS, GRANTS],
        UploadPart => &[EVERYWHERE, &["x-amz-server-side-encryption"], ENCRYPTION_KMS],
        UploadPartCopy if strict_r2 => &[EVERYWHERE, PART_COPY, ENCRYPTION_KMS],
        UploadPartCopy => &[EVERYWHERE, ENCRYPTION_KMS],
        DeleteObject if strict_r2 => &[EVERYWHERE, DELETE_CONDITIONS, DELETE_GUARDS],
        DeleteObject => &[EVERYWHERE, DELETE_GUARDS],
        _ => &[EVERYWHERE],
    }
}

/// Refuses a request whose headers ask for what the operation does not do; with `strict_r2` also what R2 does not do.
///
/// # Errors
/// `NotImplemented` that names the header, those of [`customer_key::decode`], `InvalidStorageClass`.
///
/// Observed: R2, 2026-06-11 (order and texts). Spec: R2 docs, S3 API compatibility (which headers).
pub fn screen(operation: Operation, headers: &HeaderMap, strict_r2: bool) -> Result<(), S3Error> {
    for name in refused(operation, strict_r2).iter().copied().flatten() {
        refuse_unless(headers, name, |_| false)?;
    }
    refuse_unless(headers, BYPASS, |_| !strict_r2 && may_bypass_retention(operation))?;
    if operation == Operation::CreateBucket {
        let accepted = |value: &str| {
            value.eq_ignore_ascii_case("false") || (!strict_r2 && value.eq_ignore_ascii_case("true"))
        };
        refuse_unless(headers, "x-amz-bucket-object-lock-enabled", accepted)?;
    }
    if operation.sets_properties() {
        refuse_unless(headers, "x-amz-server-side-encryption", |v| v == "AES256")?;
        refuse_unless(headers, "x-amz-acl", |v| CANNED_ACLS.contains(&v))?;
    }
    customer_keys(operation, headers)?;
    if operation.sets_properties() {
        storage_class::decode(headers)?;
    }
    Ok(())
}

/// Refuses the guards that no request may send, whatever else its headers mean: those of a form's request mean nothing else.
///
/// # Errors
/// `NotImplemented` that names the header.
///
/// Spec: R2 docs, S3 API compatibility (which headers).
pub fn screen_guards(headers: &HeaderMap) -> Result<(), S3Error> {
    EVERYWHERE.iter().try_for_each(|name| refuse_unless(headers, name, |_| false))
}

const fn may_bypass_retention(operation: Operation) -> bool {
    use Operation::*;
    matches!(operation, DeleteObject | DeleteObjects | PutObjectRetention)
}

/// Judges the headers of a caller's keys where there is a use for them.
fn customer_keys(operation: Operation, headers: &HeaderMap) -> Result<(), S3Error> {
    use Operation::*;
    match operation {
        PutObject
        | GetObject
        | HeadObject
        | CreateMultipartUpload
        | UploadPart
        | CompleteMultipartUpload
        | ListParts => customer_key::decode(headers).map(drop),
        CopyObject | UploadPartCopy => {
            customer_key::decode(headers)?;
            customer_key::decode_copy_source(headers).map(drop)
        }
        _ => Ok(()),
    }
}

fn refuse_unless(headers: &HeaderMap, name: &str, accepted: impl Fn(&str) -> bool) -> Result<(), S3Error> {
    match header_text(headers, name) {
        Some(value) if !accepted(&value) => Err(header_not_implemented(name, &value)),
        _ => Ok(()),
    }
}

/// 501 for a header that must not be ignored; a customer's key is not repeated.
#[must_use]
pub fn header_not_implemented(name: &str, value: &str) -> S3Error {
    let shown: String = if name.contains("-customer-key") {
        "(hidden)".into()
    } else {
        value.chars().take(ECHO_MAX_CHARS).collect()
    };
    S3Error::not_implemented_text(format_args!("Header '{name}' with value '{shown}'"))
}

#[cfg(test)]
mod tests;
