//! S3 Object Lock on the wire: a bucket's configuration, a version's retention and legal hold as documents, and the
//! headers that come and go with an object. What a lock forbids is `domain`'s; whether a date is still to come is for
//! whoever has a clock.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::object_lock::{DefaultRetention, ObjectLockConfig, PeriodUnit, RetentionMode, RetentionPeriod};
use domain::{ObjectLock, Retention, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::S3Error;
use crate::headers::{header_text, set};
use crate::xml::{self, Element, Limits, Writer};

const LIMITS: Limits = Limits { bytes: 64 * 1024, elements: 16 };
const MODE: HeaderName = HeaderName::from_static("x-amz-object-lock-mode");
const RETAIN_UNTIL: HeaderName = HeaderName::from_static("x-amz-object-lock-retain-until-date");
const LEGAL_HOLD: HeaderName = HeaderName::from_static("x-amz-object-lock-legal-hold");

/// Reads an `ObjectLockConfiguration`.
///
/// # Errors
/// `MalformedXML`; `InvalidArgument` for a period of nothing or over S3's limits; `MaxMessageLengthExceeded`.
///
/// Spec: Amazon S3 API, PutObjectLockConfiguration.
pub fn decode_config(body: &[u8]) -> Result<ObjectLockConfig, S3Error> {
    let root = xml::parse(body, LIMITS)?.expect_root("ObjectLockConfiguration")?;
    let mut is_enabled = false;
    let mut config = ObjectLockConfig::default();
    for child in root.children()? {
        match child.name() {
            "ObjectLockEnabled" if !is_enabled && child.leaf_text()?.trim_ascii() == "Enabled" => {
                is_enabled = true;
            }
            "ObjectLockEnabled" => return Err(S3Error::malformed_xml("ObjectLockEnabled is Enabled, once.")),
            "Rule" if config.default_retention.is_none() => {
                config.default_retention = Some(match child.children()? {
                    [default] if default.name() == "DefaultRetention" => default_retention(default)?,
                    _ => return Err(S3Error::malformed_xml("A Rule holds one DefaultRetention.")),
                });
            }
            _ => return Err(child.unexpected()),
        }
    }
    if is_enabled {
        Ok(config)
    } else {
        Err(S3Error::malformed_xml("ObjectLockEnabled is missing; it is Enabled."))
    }
}

fn default_retention(element: &Element) -> Result<DefaultRetention, S3Error> {
    let (mut mode, mut period) = (None, None);
    for child in element.children()? {
        match child.name() {
            "Mode" if mode.is_none() => mode = Some(mode_of(child)?),
            "Days" if period.is_none() => period = Some(retention_period(PeriodUnit::Days, child)?),
            "Years" if period.is_none() => period = Some(retention_period(PeriodUnit::Years, child)?),
            _ => return Err(child.unexpected()),
        }
    }
    match (mode, period) {
        (Some(mode), Some(period)) => Ok(DefaultRetention { mode, period }),
        _ => Err(S3Error::malformed_xml("DefaultRetention has a Mode, and either Days or Years.")),
    }
}

fn retention_period(unit: PeriodUnit, element: &Element) -> Result<RetentionPeriod, S3Error> {
    let count = element
        .leaf_text()?
        .trim_ascii()
        .parse::<i64>()
        .map_err(|_| S3Error::malformed_xml(format!("{} is a whole number.", element.name())))?;
    // below nothing is as wrong as nothing, and beyond the type as wrong as beyond the limit
    let count = u32::try_from(count.max(0)).unwrap_or(u32::MAX);
    RetentionPeriod::new(unit, count).map_err(|fault| S3Error::invalid_argument(fault.to_string()))
}

fn mode_of(element: &Element) -> Result<RetentionMode, S3Error> {
    RetentionMode::from_name(element.leaf_text()?.trim_ascii())
        .ok_or_else(|| S3Error::malformed_xml("Mode is GOVERNANCE or COMPLIANCE."))
}

/// Writes an `ObjectLockConfiguration`.
///
/// Spec: Amazon S3 API, GetObjectLockConfiguration.
#[must_use]
pub fn encode_config(config: &ObjectLockConfig) -> Bytes {
    let mut xml = Writer::with_capacity(512);
    xml.open_root("ObjectLockConfiguration");
    xml.leaf("ObjectLockEnabled", "Enabled");
    if let Some(DefaultRetention { mode, period }) = config.default_retention {
        xml.open("Rule");
        xml.open("DefaultRetention");
        xml.leaf("Mode", mode.name());
        let unit = match period.unit() {
            PeriodUnit::Days => "Days",
            PeriodUnit::Years => "Years",
        };
        xml.leaf_display(unit, period.count());
        xml.close("DefaultRetention");
        xml.close("Rule");
    }
    xml.close("ObjectLockConfiguration");
    xml.finish()
}

/// Reads a `Retention`; an empty one is none, and takes away what there is.
///
/// # Errors
/// `MalformedXML`, `MaxMessageLengthExceeded`.
///
/// Spec: Amazon S3 API, PutObjectRetention.
pub fn decode_retention(body: &[u8]) -> Result<Option<Retention>, S3Error> {
    let root = xml::parse(body, LIMITS)?.expect_root("Retention")?;
    let (mut mode, mut until) = (None, None);
    for child in root.children()? {
        match child.name() {
            "Mode" if mode.is_none() => mode = Some(mode_of(child)?),
            "RetainUntilDate" if until.is_none() => {
                let date = Timestamp::parse_iso(child.leaf_text()?);
                until = Some(date.ok_or_else(|| {
                    S3Error::malformed_xml(
                        "RetainUntilDate is a moment as ISO 8601 writes it: 2026-01-02T03:04:05Z.",
                    )
                })?);
            }
            _ => return Err(child.unexpected()),
        }
    }
    match (mode, until) {
        (Some(mode), Some(until)) => Ok(Some(Retention { mode, until })),
        (None, None) => Ok(None),
        _ => Err(S3Error::malformed_xml("Retention has a Mode and a RetainUntilDate, or neither.")),
    }
}

/// Writes a `Retention`.
///
/// Spec: Amazon S3 API, GetObjectRetention.
#[must_use]
pub fn encode_retention(retention: Retention) -> Bytes {
    let mut xml = Writer::with_capacity(256);
    xml.open_root("Retention");
    xml.leaf("Mode", retention.mode.name());
    xml.leaf_display("RetainUntilDate", retention.until);
    xml.close("Retention");
    xml.finish()
}

/// Reads a `LegalHold`.
///
/// # Errors
/// `MalformedXML`, `MaxMessageLengthExceeded`.
///
/// Spec: Amazon S3 API, PutObjectLegalHold.
pub fn decode_legal_hold(body: &[u8]) -> Result<bool, S3Error> {
    let root = xml::parse(body, LIMITS)?.expect_root("LegalHold")?;
    let status = match root.children()? {
        [status] if status.name() == "Status" => is_on(status.leaf_text()?.trim_ascii()),
        _ => None,
    };
    status.ok_or_else(|| S3Error::malformed_xml("LegalHold has one Status, which is ON or OFF."))
}

/// Writes a `LegalHold`.
///
/// Spec: Amazon S3 API, GetObjectLegalHold.
#[must_use]
pub fn encode_legal_hold(is_held: bool) -> Bytes {
    let mut xml = Writer::with_capacity(192);
    xml.open_root("LegalHold");
    xml.leaf("Status", if is_held { "ON" } else { "OFF" });
    xml.close("LegalHold");
    xml.finish()
}

fn is_on(status: &str) -> Option<bool> {
    match status {
        "ON" => Some(true),
        "OFF" => Some(false),
        _ => None,
    }
}

/// Reads the lock that a new object comes with: retention only if it names a mode and a date.
///
/// # Errors
/// `InvalidArgument` when one of the two is missing, or a value is none of S3's.
///
/// Spec: Amazon S3 API, PutObject, request headers.
pub fn decode_headers(headers: &HeaderMap) -> Result<ObjectLock, S3Error> {
    let text = |name: &HeaderName| header_text(headers, name.as_str());
    let retention = match (text(&MODE), text(&RETAIN_UNTIL)) {
        (None, None) => None,
        (Some(mode), Some(until)) => Some(Retention {
            mode: RetentionMode::from_name(mode.trim_ascii()).ok_or_else(|| {
                S3Error::invalid_argument("Unknown wormMode directive.")
                    .with_hint("Send GOVERNANCE or COMPLIANCE.")
            })?,
            until: Timestamp::parse_iso(&until).ok_or_else(|| {
                S3Error::invalid_argument("The retain until date must be provided in ISO 8601 format")
            })?,
        }),
        _ => {
            return Err(S3Error::invalid_argument(
                "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
            ));
        }
    };
    let legal_hold = text(&LEGAL_HOLD).map(|status| {
        is_on(status.trim_ascii())
            .ok_or_else(|| S3Error::invalid_argument("Legal hold must be either of 'ON' or 'OFF'"))
    });
    Ok(ObjectLock { retention, legal_hold: legal_hold.transpose()?.unwrap_or_default() })
}

/// Sets the headers that show an object's lock, as far as it has one.
///
/// Spec: Amazon S3 API, GetObject, response headers.
pub fn set_headers(headers: &mut HeaderMap, lock: &ObjectLock) {
    if let Some(Retention { mode, until }) = lock.retention {
        headers.insert(MODE, HeaderValue::from_static(mode.name()));
        set(headers, RETAIN_UNTIL, until.to_string());
    }
    if lock.legal_hold {
        headers.insert(LEGAL_HOLD, HeaderValue::from_static("ON"));
    }
}

/// Whether the request asks to bypass retention in governance mode. Whether its caller may is another question.
///
/// Spec: Amazon S3 API, DeleteObject, `x-amz-bypass-governance-retention`.
#[must_use]
pub fn bypasses_governance(headers: &HeaderMap) -> bool {
    is_true(headers, "x-amz-bypass-governance-retention")
}

/// Whether a bucket is to be created with object lock.
///
/// Spec: Amazon S3 API, CreateBucket, `x-amz-bucket-object-lock-enabled`.
#[must_use]
pub fn is_wanted(headers: &HeaderMap) -> bool {
    is_true(headers, "x-amz-bucket-object-lock-enabled")
}

fn is_true(headers: &HeaderMap, name: &str) -> bool {
    header_text(headers, name).is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case("true"))
}
