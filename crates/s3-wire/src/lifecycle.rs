//! A lifecycle policy as S3's XML, and the headers that say when an object or an upload goes. Which policies are valid
//! and what is due are `domain`'s; this knows the shape of the document. What R2 has no rule for (tags, sizes, versions
//! that are not current) is refused by name: a rule that does more than was meant deletes what was not meant.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::lifecycle::{DAY_SECONDS, LifecycleFault, LifecycleTime};
use domain::limits::{LIFECYCLE_MAX_RULES, XML_BODY_MAX_BYTES};
use domain::{LifecyclePolicy, LifecycleRule, StorageClass, Timestamp};
use http::{HeaderMap, HeaderName};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::headers::{format_date, set};
use crate::percent;
use crate::xml::{self, Element, Limits, Writer};

/// Room for every rule with each of its elements; more rules than that are refused by their count.
const LIMITS: Limits = Limits { bytes: XML_BODY_MAX_BYTES, elements: 20 * LIFECYCLE_MAX_RULES };
/// Most days of an age. Spec: Amazon S3 API, LifecycleExpiration (a signed 32-bit number).
const DAYS_MAX: i64 = 2_147_483_647;

/// Reads a `LifecycleConfiguration` with at least one rule.
///
/// # Errors
/// `MalformedXML` for any other shape; `NotImplemented` for what R2 has no rules for; `InvalidArgument`,
/// `InvalidRequest` and `InvalidStorageClass` for values that cannot be kept; `MaxMessageLengthExceeded`.
///
/// Spec: Amazon S3 API, PutBucketLifecycleConfiguration, request body; R2 docs, object lifecycles.
pub fn decode(body: &[u8]) -> Result<LifecyclePolicy, S3Error> {
    let root = xml::parse(body, LIMITS)?.expect_root("LifecycleConfiguration")?;
    let rules = root.children()?.iter().map(|element| match element.name() {
        "Rule" => rule(element),
        _ => Err(element.unexpected()),
    });
    let rules: Vec<LifecycleRule> = rules.collect::<Result<_, _>>()?;
    if rules.is_empty() {
        return Err(S3Error::malformed_xml(
            "A lifecycle policy needs at least one rule. To have none, delete the policy.",
        ));
    }
    LifecyclePolicy::new(rules).map_err(|fault| S3Error::from(&fault))
}

fn rule(element: &Element) -> Result<LifecycleRule, S3Error> {
    let mut rule = LifecycleRule::default();
    let (mut id, mut enabled, mut prefix) = (None, None, None);
    for child in element.children()? {
        match child.name() {
            "ID" if id.is_none() => id = Some(child.leaf_text()?.to_owned()),
            "Status" if enabled.is_none() => enabled = Some(is_enabled(child)?),
            "Prefix" if prefix.is_none() => prefix = Some(child.leaf_text()?.to_owned()),
            "Filter" if prefix.is_none() => prefix = Some(filter(child)?),
            "Expiration" if rule.expiration.is_none() => rule.expiration = Some(expiration(child)?),
            "Transition" if rule.transition.is_none() => rule.transition = Some(transition(child)?),
            "AbortIncompleteMultipartUpload" if rule.abort_uploads_seconds.is_none() => {
                rule.abort_uploads_seconds = Some(abort(child)?);
            }
            name @ ("NoncurrentVersionExpiration" | "NoncurrentVersionTransition") => {
                return Err(S3Error::not_implemented_text(format_args!("Lifecycle action {name}")));
            }
            _ => return Err(child.unexpected()),
        }
    }
    rule.id = id.unwrap_or_default();
    rule.enabled = enabled
        .ok_or_else(|| S3Error::malformed_xml("Each Rule needs a Status, which is Enabled or Disabled."))?;
    rule.prefix = prefix.ok_or_else(|| {
        S3Error::malformed_xml("Each Rule needs a Filter. An empty one, <Filter/>, is for all objects.")
    })?;
    Ok(rule)
}

fn is_enabled(status: &Element) -> Result<bool, S3Error> {
    match status.leaf_text()?.trim_ascii() {
        "Enabled" => Ok(true),
        "Disabled" => Ok(false),
        _ => Err(S3Error::malformed_xml("Status is Enabled or Disabled.")),
    }
}

/// The prefix that a filter consists of: by itself, or alone in an `And`.
fn filter(element: &Element) -> Result<String, S3Error> {
    let mut prefix = None;
    for child in element.children()? {
        match child.name() {
            "Prefix" if prefix.is_none() => prefix = Some(child.leaf_text()?.to_owned()),
            "And" if prefix.is_none() && element.name() == "Filter" => prefix = Some(filter(child)?),
            name @ ("Tag" | "ObjectSizeGreaterThan" | "ObjectSizeLessThan") => {
                return Err(S3Error::not_implemented_text(format_args!("Lifecycle filter {name}")));
            }
            _ => return Err(child.unexpected()),
        }
    }
    Ok(prefix.unwrap_or_default())
}

fn expiration(action: &Element) -> Result<LifecycleTime, S3Error> {
    let marker = action.children()?.iter().find(|child| child.name() == "ExpiredObjectDeleteMarker");
    if let Some(marker) = marker
        && !marker.leaf_text()?.trim_ascii().eq_ignore_ascii_case("false")
    {
        return Err(S3Error::not_implemented_text("Lifecycle action ExpiredObjectDeleteMarker"));
    }
    time(action, "ExpiredObjectDeleteMarker", || S3Error::from(&LifecycleFault::NoAge))
}

fn transition(action: &Element) -> Result<LifecycleTime, S3Error> {
    let mut classes = action.children()?.iter().filter(|child| child.name() == "StorageClass");
    let class = match (classes.next(), classes.next()) {
        (Some(class), None) => class.leaf_text()?,
        _ => return Err(S3Error::malformed_xml("A Transition needs one StorageClass.")),
    };
    if class.trim_ascii() != StorageClass::StandardIa.name() {
        return Err(S3Error::new(S3ErrorCode::InvalidStorageClass)
            .with_hint("Objects can move to STANDARD_IA, and to no other class."));
    }
    time(action, "StorageClass", || {
        S3Error::invalid_argument("'Days' for Transition action must be nonnegative")
    })
}

fn abort(action: &Element) -> Result<u64, S3Error> {
    match action.children()? {
        [days] if days.name() == "DaysAfterInitiation" => {
            seconds_of_days(days, || S3Error::from(&LifecycleFault::NoUploadAge))
        }
        _ => Err(S3Error::malformed_xml("AbortIncompleteMultipartUpload needs DaysAfterInitiation.")),
    }
}

/// The `Days` or the `Date` of an action, which may have one further element of its own.
fn time(action: &Element, further: &str, negative: impl Fn() -> S3Error) -> Result<LifecycleTime, S3Error> {
    let mut time = None;
    for child in action.children()? {
        let found = match child.name() {
            "Days" => LifecycleTime::Age { seconds: seconds_of_days(child, &negative)? },
            "Date" => LifecycleTime::Date(midnight(child)?),
            name if name == further => continue,
            _ => return Err(child.unexpected()),
        };
        if time.replace(found).is_some() {
            return Err(S3Error::malformed_xml("An action has either Days or a Date, once."));
        }
    }
    time.ok_or_else(|| S3Error::malformed_xml(format!("{} needs Days or a Date.", action.name())))
}

fn seconds_of_days(element: &Element, negative: impl FnOnce() -> S3Error) -> Result<u64, S3Error> {
    let name = element.name();
    match element.leaf_text()?.trim_ascii().parse::<i64>() {
        Ok(days @ 0..=DAYS_MAX) => Ok(days.unsigned_abs() * DAY_SECONDS),
        Ok(days) if days < 0 => Err(negative()),
        _ => Err(S3Error::malformed_xml(format!("{name} is a whole number of days, at most {DAYS_MAX}."))),
    }
}

fn midnight(element: &Element) -> Result<Timestamp, S3Error> {
    let date = Timestamp::parse_iso(element.leaf_text()?).ok_or_else(|| {
        S3Error::malformed_xml("Date is a day as ISO 8601 writes it: 2026-01-02T00:00:00Z.")
    })?;
    if date == date.up_to_midnight() {
        Ok(date)
    } else {
        Err(S3Error::invalid_argument("'Date' must be at midnight GMT"))
    }
}

/// Writes a `LifecycleConfiguration`. Ages that are no whole days, which other doors than this can set, are rounded up.
///
/// Spec: Amazon S3 API, GetBucketLifecycleConfiguration, response body.
#[must_use]
pub fn encode(policy: &LifecyclePolicy) -> Bytes {
    let mut xml = Writer::with_capacity(256 + policy.rules().len() * 512);
    xml.open_root("LifecycleConfiguration");
    for rule in policy.rules() {
        xml.open("Rule");
        xml.leaf("ID", &rule.id);
        xml.open("Filter");
        xml.leaf("Prefix", &rule.prefix);
        xml.close("Filter");
        xml.leaf("Status", if rule.enabled { "Enabled" } else { "Disabled" });
        if let Some(time) = rule.expiration {
            xml.open("Expiration");
            write_time(&mut xml, time);
            xml.close("Expiration");
        }
        if let Some(time) = rule.transition {
            xml.open("Transition");
            write_time(&mut xml, time);
            xml.leaf("StorageClass", StorageClass::StandardIa.name());
            xml.close("Transition");
        }
        if let Some(seconds) = rule.abort_uploads_seconds {
            xml.open("AbortIncompleteMultipartUpload");
            xml.leaf_display("DaysAfterInitiation", seconds.div_ceil(DAY_SECONDS));
            xml.close("AbortIncompleteMultipartUpload");
        }
        xml.close("Rule");
    }
    xml.close("LifecycleConfiguration");
    xml.finish()
}

fn write_time(xml: &mut Writer, time: LifecycleTime) {
    match time {
        LifecycleTime::Age { seconds } => xml.leaf_display("Days", seconds.div_ceil(DAY_SECONDS)),
        LifecycleTime::Date(date) => xml.leaf_display("Date", date),
    }
}

/// Sets the header that says when an object will be deleted and by which rule.
///
/// Spec: Amazon S3 API, GetObject, `x-amz-expiration` (the rule's id is URL-encoded).
pub fn set_expiration(headers: &mut HeaderMap, at: Timestamp, rule: &str) {
    let value = format!("expiry-date=\"{}\", rule-id=\"{}\"", format_date(at), encoded(rule));
    set(headers, HeaderName::from_static("x-amz-expiration"), value);
}

/// Sets the headers that say when an upload will be aborted and by which rule.
///
/// Spec: Amazon S3 API, CreateMultipartUpload, response headers.
pub fn set_abort(headers: &mut HeaderMap, at: Timestamp, rule: &str) {
    set(headers, HeaderName::from_static("x-amz-abort-date"), format_date(at));
    set(headers, HeaderName::from_static("x-amz-abort-rule-id"), encoded(rule));
}

fn encoded(rule: &str) -> String {
    let mut id = Vec::with_capacity(rule.len());
    percent::encode_into(&mut id, rule);
    String::from_utf8_lossy(&id).into_owned()
}

impl From<&LifecycleFault> for S3Error {
    /// Spec: Amazon S3 API, PutBucketLifecycleConfiguration, errors; the message carries the fix.
    fn from(fault: &LifecycleFault) -> Self {
        let text = fault.to_string();
        match fault {
            LifecycleFault::TooManyRules { .. } => Self::malformed_xml(text),
            LifecycleFault::LongPrefix => Self::invalid_request(text),
            LifecycleFault::NoAction { id } => Self::invalid_request(text).with_extra("RuleId", id.clone()),
            LifecycleFault::DuplicateId { id } => {
                Self::invalid_argument(text).with_extra("RuleId", id.clone())
            }
            LifecycleFault::LongId | LifecycleFault::NoAge | LifecycleFault::NoUploadAge => {
                Self::invalid_argument(text)
            }
        }
    }
}
