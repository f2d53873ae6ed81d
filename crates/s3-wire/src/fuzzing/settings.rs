//! The documents of bucket and object settings, and tags in a header: what is read comes back from what is written.

use std::fmt::Debug;

use bytes::Bytes;
use domain::lifecycle::{DAY_SECONDS, LifecycleTime};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::S3Error;
use crate::ops::put_bucket_encryption;
use crate::{lifecycle, object_lock, public_access, tagging, upload_rules, versioning};

/// Takes a document of any setting, and reads it as each of them.
///
/// # Panics
/// If a setting that was read does not come back from what is written, or is none that can be kept.
pub fn settings_xml(data: &[u8]) {
    if let Some(policy) = comes_back(data, lifecycle::decode, lifecycle::encode) {
        for rule in policy.rules() {
            assert!(!rule.id.is_empty(), "a rule has a name");
            let ages =
                [rule.expiration, rule.transition].into_iter().flatten().filter_map(|time| match time {
                    LifecycleTime::Age { seconds } => Some(seconds),
                    LifecycleTime::Date(_) => None,
                });
            let whole = ages.chain(rule.abort_uploads_seconds).all(|seconds| seconds % DAY_SECONDS == 0);
            assert!(whole, "a document counts in days");
        }
    }
    comes_back(data, object_lock::decode_config, object_lock::encode_config);
    comes_back(data, object_lock::decode_legal_hold, |is_held| object_lock::encode_legal_hold(*is_held));
    if let Ok(Some(retention)) = object_lock::decode_retention(data) {
        let again = object_lock::decode_retention(&object_lock::encode_retention(retention));
        assert_eq!(again, Ok(Some(retention)), "retention comes back");
    }
    comes_back(data, tagging::decode_object, tagging::encode);
    comes_back(data, tagging::decode_bucket, tagging::encode);
    comes_back(data, versioning::decode, |versioning| versioning::encode(*versioning));
    comes_back(data, public_access::decode, |block| public_access::encode(*block));
    drop(put_bucket_encryption::decode(data));
}

fn comes_back<T: PartialEq + Debug>(
    data: &[u8],
    decode: fn(&[u8]) -> Result<T, S3Error>,
    encode: impl Fn(&T) -> Bytes,
) -> Option<T> {
    let setting = decode(data).ok()?;
    let written = encode(&setting);
    // what fits as it was sent may be longer when it is written, where every quote is a reference
    match decode(&written) {
        Ok(again) => assert_eq!(again, setting, "a setting comes back"),
        Err(_) => assert!(written.len() > data.len(), "only a longer document is refused"),
    }
    Some(setting)
}

/// Takes the value of `x-amz-tagging`.
///
/// # Panics
/// If tags that were read cannot be shown.
pub fn tagging_header(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let headers = HeaderMap::from_iter([(HeaderName::from_static("x-amz-tagging"), value)]);
    let Ok(tags) = tagging::decode_header(&headers) else { return };
    assert_eq!(tagging::decode_object(&tagging::encode(&tags)), Ok(tags), "tags of a header are an object's");
}

/// Takes a document of upload rules.
///
/// # Panics
/// If rules that were read do not come back from what is written.
pub fn upload_rules_json(data: &[u8]) {
    comes_back(data, upload_rules::decode, upload_rules::encode);
}
