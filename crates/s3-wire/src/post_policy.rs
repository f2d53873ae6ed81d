//! The policy of a browser's form: what its signer allows to be uploaded, and whether a form is that. It is read only after
//! its signature holds; verifying that is not done here.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::name::identity;
use domain::{Timestamp, UploadRule};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::json::{self, Json};
use crate::ops::post_object::Form;

/// Most characters of a policy's or form's text that an error repeats.
const SHOWN_MAX_CHARS: usize = 256;

/// Fields that need no condition, beside those whose names begin with [`IGNORED`]: they cannot be in the policy, or are the
/// file.
///
/// Spec: Amazon S3 API, creating a POST policy.
const EXEMPT: [&str; 5] = ["policy", "x-amz-signature", "file", "awsaccesskeyid", "signature"];
const IGNORED: &str = "x-ignore-";

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostPolicy {
    expiration: Timestamp,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    /// On a field, whose name is as written, its `$` included.
    Field { operation: Operation, name: String, value: String },
    /// On the size of the file. A bound that is no number holds for no size.
    Length { min: Bound, max: Bound },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Eq,
    StartsWith,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Bound {
    Bytes(u64),
    Text(String),
}

const LENGTH: &str = "content-length-range";

/// What is in a policy's base64, which may be broken into lines.
#[must_use]
pub fn document(policy: &str) -> Option<Vec<u8>> {
    STANDARD.decode(policy.split_ascii_whitespace().collect::<String>()).ok()
}

impl PostPolicy {
    /// Reads a policy as the form has it: JSON in base64.
    ///
    /// # Errors
    /// `InvalidPolicyDocument` with the reason.
    ///
    /// Spec: Amazon S3 API, creating a POST policy. Observed: Amazon S3 (most texts).
    pub fn parse(policy: &str) -> Result<Self, S3Error> {
        let document = document(policy).ok_or_else(|| invalid("invalid Base64 encoding."))?;
        let Some(Json::Object(members)) = json::parse(&document) else {
            return Err(invalid("Invalid JSON."));
        };
        let (mut expiration, mut conditions) = (None, None);
        for (name, value) in members {
            let slot = match name.as_str() {
                "expiration" => &mut expiration,
                "conditions" => &mut conditions,
                _ => return Err(invalid(format!("Unexpected: '{}'", shown(&name)))),
            };
            // a reader that takes the first and one that takes the last would see two policies
            if slot.replace(value).is_some() {
                return Err(invalid(format!("Duplicate: '{name}'")));
            }
        }
        let expiration = expiration.ok_or_else(|| invalid("Policy missing expiration."))?;
        let expiration = parse_expiration(&expiration)?;
        let conditions = match conditions {
            Some(Json::Array(conditions)) => conditions,
            Some(_) => return Err(invalid("Invalid 'conditions' value: must be a List.")),
            None => return Err(invalid("Policy missing conditions.")),
        };
        let conditions = conditions.into_iter().map(Condition::of).collect::<Result<_, _>>()?;
        Ok(Self { expiration, conditions })
    }

    /// Whether a form, posted to `bucket`, is what the policy allows; returns what the file may be.
    ///
    /// # Errors
    /// `AccessDenied`, which names the first condition that does not hold, or the fields that no condition is about.
    ///
    /// Spec: Amazon S3 API, creating a POST policy. Observed: Amazon S3 (texts; a field that is not there fulfils no
    /// condition).
    pub fn check(&self, form: &Form, bucket: &str, now: Timestamp) -> Result<UploadRule, S3Error> {
        if now > self.expiration {
            let hint = format!("The policy expired at {}; it is {now} now. Make a new one.", self.expiration);
            return Err(denied("Policy expired.").with_hint(hint));
        }
        let mut size = UploadRule::default();
        for condition in &self.conditions {
            match condition {
                Condition::Field { operation, name, value } => {
                    let field = name.strip_prefix('$').unwrap_or_default();
                    // never the form's word for where it was sent
                    let found =
                        if field.eq_ignore_ascii_case("bucket") { Some(bucket) } else { form.get(field) };
                    if !found.is_some_and(|found| operation.holds(field, found, value)) {
                        return Err(condition.failed(Some(field), found));
                    }
                }
                Condition::Length { min: Bound::Bytes(min), max: Bound::Bytes(max) } => {
                    size.min_bytes = size.min_bytes.max(Some(*min));
                    size.max_bytes = Some(size.max_bytes.map_or(*max, |known| known.min(*max)));
                }
                Condition::Length { .. } => return Err(condition.failed(None, None)),
            }
        }
        match form.get("bucket") {
            Some(other) if other != bucket => {
                let value = bucket.to_owned();
                let name = "$bucket".to_owned();
                let condition = Condition::Field { operation: Operation::Eq, name, value };
                return Err(condition.failed(Some("bucket"), Some(other)));
            }
            _ => {}
        }
        self.check_coverage(form)?;
        Ok(size)
    }

    fn check_coverage(&self, form: &Form) -> Result<(), S3Error> {
        let is_covered = |field: &str| {
            let names = self.conditions.iter().filter_map(|condition| match condition {
                Condition::Field { name, .. } => name.strip_prefix('$'),
                Condition::Length { .. } => None,
            });
            names.into_iter().any(|name| name.eq_ignore_ascii_case(field))
        };
        let is_exempt = |field: &str| {
            let lower = field.to_ascii_lowercase();
            EXEMPT.contains(&lower.as_str()) || lower.starts_with(IGNORED)
        };
        let fields = ["bucket"].into_iter().chain(form.names());
        let extra: Vec<&str> = fields.filter(|field| !is_exempt(field) && !is_covered(field)).collect();
        if extra.is_empty() {
            return Ok(());
        }
        let extra = shown(&extra.join(", "));
        Err(denied(format!("Extra input fields: {extra}")).with_hint(
            "The policy needs a condition for each field before the file, and for the bucket; names that begin with x-ignore- \
             are left out.",
        ))
    }
}

impl Condition {
    fn of(condition: Json) -> Result<Self, S3Error> {
        match condition {
            Json::Object(members) => match <[_; 1]>::try_from(members) {
                Ok([(name, Json::String(value))]) => {
                    Ok(Self::Field { operation: Operation::Eq, name: format!("${name}"), value })
                }
                Ok(_) => Err(invalid("Invalid Simple-Condition: value must be a string.")),
                Err(_) => Err(invalid(
                    "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
                )),
            },
            Json::Array(items) => Self::of_list(items),
            _ => Err(invalid("Invalid Condition: must be a List or Object.")),
        }
    }

    fn of_list(items: Vec<Json>) -> Result<Self, S3Error> {
        let mut items = items.into_iter();
        let Some(Json::String(operation)) = items.next() else {
            return Err(invalid("Invalid Condition: missing operation identifier."));
        };
        let kind = match operation.to_ascii_lowercase().as_str() {
            "eq" => Some(Operation::Eq),
            "starts-with" => Some(Operation::StartsWith),
            LENGTH => None,
            _ => {
                let operation = shown(&operation);
                return Err(invalid(format!("Invalid Condition: unknown operation '{operation}'.")));
            }
        };
        let (Some(first), Some(second), None) = (items.next(), items.next(), items.next()) else {
            return Err(invalid(format!("Invalid {operation}: wrong number of arguments.")));
        };
        match (kind, first, second) {
            (Some(operation), Json::String(name), Json::String(value)) => {
                Ok(Self::Field { operation, name, value })
            }
            (Some(_), ..) => Err(invalid(format!("Invalid {operation}: arguments must be strings."))),
            (None, min, max) => Ok(Self::Length { min: bound(min)?, max: bound(max)? }),
        }
    }

    /// The error when it does not hold of a field, or of no size at all.
    fn failed(&self, field: Option<&str>, found: Option<&str>) -> S3Error {
        let error = denied(format!("Policy Condition failed: {}", shown(&self.text())));
        let shown_field = shown(field.unwrap_or_default());
        match (field, found) {
            (None, _) => error.with_hint("The bounds of content-length-range are numbers of bytes."),
            (Some(""), _) => error.with_hint("A condition names its field with a $ in front."),
            (Some(_), Some(found)) => {
                error.with_hint(format!("The form has {shown_field} = {:?}.", shown(found)))
            }
            (Some(_), None) => error.with_hint(format!(
                "The form has no field {shown_field} before its file. Add it, or leave the condition out of the policy."
            )),
        }
    }

    /// As S3 writes it, whatever the form in which it was given.
    fn text(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let (operation, first, second) = match self {
            Self::Field { operation: Operation::Eq, name, value } => ("eq", quoted(name), quoted(value)),
            Self::Field { operation: Operation::StartsWith, name, value } => {
                ("starts-with", quoted(name), quoted(value))
            }
            Self::Length { min, max } => {
                let bound = |bound: &Bound| match bound {
                    Bound::Bytes(bytes) => bytes.to_string(),
                    Bound::Text(text) => quoted(text),
                };
                (LENGTH, bound(min), bound(max))
            }
        };
        format!("[\"{operation}\", {first}, {second}]")
    }
}

impl Operation {
    /// A list of content types must begin as prescribed in each of its items.
    ///
    /// Spec: Amazon S3 API, creating a POST policy, starts-with.
    fn holds(self, field: &str, found: &str, value: &str) -> bool {
        if field.eq_ignore_ascii_case("key") {
            // of the object that it names, however it is spelled
            let (found, value) = (identity(found), identity(value));
            return if self == Self::Eq { found == value } else { found.starts_with(&*value) };
        }
        match self {
            Self::Eq => found == value,
            Self::StartsWith if field.eq_ignore_ascii_case("content-type") => {
                found.split(',').all(|item| item.trim_start().starts_with(value))
            }
            Self::StartsWith => found.starts_with(value),
        }
    }
}

fn parse_expiration(expiration: &Json) -> Result<Timestamp, S3Error> {
    let text = match expiration {
        Json::String(text) => text.as_str(),
        _ => "",
    };
    Timestamp::parse(text).ok_or_else(|| {
        invalid(format!("Invalid 'expiration' value: '{}'", shown(text)))
            .with_hint("An expiration is written in UTC, as 2026-01-02T03:04:05Z.")
    })
}

fn bound(bound: Json) -> Result<Bound, S3Error> {
    match bound {
        Json::Number(bytes) => Ok(Bound::Bytes(bytes)),
        Json::String(text) => {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            let bytes = if digits { text.parse().ok() } else { None };
            Ok(bytes.map_or(Bound::Text(text), Bound::Bytes))
        }
        _ => Err(invalid(format!("Invalid {LENGTH}: bounds must be whole numbers of bytes."))),
    }
}

fn invalid(reason: impl std::fmt::Display) -> S3Error {
    S3Error::new(S3ErrorCode::InvalidPolicyDocument).with_message(format!("Invalid Policy: {reason}"))
}

fn denied(reason: impl std::fmt::Display) -> S3Error {
    S3Error::new(S3ErrorCode::AccessDenied).with_message(format!("Invalid according to Policy: {reason}"))
}

/// A client's text, cut.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN_MAX_CHARS).collect()
}
