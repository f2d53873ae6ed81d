//! Conditional requests: the four `If-*` headers judged against the current object, and what deletion has of its own.

use crate::clock::Timestamp;
use crate::etag::{ETag, ETagMatch};

/// How long nobody else may write to a key after a write that was under way at the same time, in milliseconds.
///
/// Spec: R2 docs, platform limits: concurrent writes to the same object name, 1 per second.
const CONCURRENT_WRITES_MS: i64 = 1_000;

/// The `If-*` headers of one request; absent ones are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`.
    pub if_match: Option<Vec<ETagMatch>>,
    /// `If-None-Match`.
    pub if_none_match: Option<Vec<ETagMatch>>,
    /// `If-Modified-Since`, to the second.
    pub if_modified_since: Option<Timestamp>,
    /// `If-Unmodified-Since`, to the second.
    pub if_unmodified_since: Option<Timestamp>,
    /// When the request began, where R2's limit of concurrent writes to a key holds; no header. Only a write is held to it.
    pub begun: Option<Timestamp>,
}

/// Which header did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// `If-Match`: 412.
    IfMatch,
    /// `If-None-Match`: 304 on a read, 412 on a write.
    IfNoneMatch,
    /// `If-Modified-Since`: 304 on a read, 412 on a write.
    IfModifiedSince,
    /// `If-Unmodified-Since`: 412.
    IfUnmodifiedSince,
    /// `x-amz-if-match-last-modified-time`: 412.
    IfMatchLastModifiedTime,
    /// `x-amz-if-match-size`: 412.
    IfMatchSize,
}

impl Failed {
    /// The header's name.
    #[must_use]
    pub const fn header(self) -> &'static str {
        match self {
            Self::IfMatch => "If-Match",
            Self::IfNoneMatch => "If-None-Match",
            Self::IfModifiedSince => "If-Modified-Since",
            Self::IfUnmodifiedSince => "If-Unmodified-Since",
            Self::IfMatchLastModifiedTime => "x-amz-if-match-last-modified-time",
            Self::IfMatchSize => "x-amz-if-match-size",
        }
    }

    /// Whether a GET or HEAD answers 304 rather than 412.
    #[must_use]
    pub const fn is_not_modified(self) -> bool {
        matches!(self, Self::IfNoneMatch | Self::IfModifiedSince)
    }
}

impl Conditions {
    /// Whether nothing is asked of the object that is there.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.if_match.is_none()
            && self.if_none_match.is_none()
            && self.if_modified_since.is_none()
            && self.if_unmodified_since.is_none()
            && self.begun.is_none()
    }

    /// Whether another write came first less than a second before `now`, while this one was under way.
    #[must_use]
    pub const fn is_crowded(&self, modified: Timestamp, now: Timestamp) -> bool {
        let Some(begun) = self.begun else { return false };
        let modified = modified.as_millis();
        modified > begun.as_millis() && now.as_millis().saturating_sub(modified) < CONCURRENT_WRITES_MS
    }

    /// Judges the conditions against the object that exists, or `None` when none does.
    ///
    /// # Errors
    /// The first header, in RFC order, that does not hold.
    ///
    /// Spec: RFC 9110, section 13.2.2; R2 binding, conditional operations (a missing object fails `If-Match` and
    /// `If-Modified-Since`). Dates count in whole seconds; an equal `If-Unmodified-Since` passes, as the RFC has it.
    pub fn check(&self, current: Option<(&ETag, Timestamp)>) -> Result<(), Failed> {
        let Some((etag, modified)) = current else {
            return match (&self.if_match, &self.if_modified_since) {
                (Some(_), _) => Err(Failed::IfMatch),
                (None, Some(_)) => Err(Failed::IfModifiedSince),
                (None, None) => Ok(()),
            };
        };
        let modified = modified.as_seconds();
        match (&self.if_match, self.if_unmodified_since) {
            (Some(list), _) if !list.iter().any(|m| strong_match(m, etag)) => return Err(Failed::IfMatch),
            (None, Some(date)) if modified > date.as_seconds() => return Err(Failed::IfUnmodifiedSince),
            _ => {}
        }
        match (&self.if_none_match, self.if_modified_since) {
            (Some(list), _) if list.iter().any(|m| weak_match(m, etag)) => Err(Failed::IfNoneMatch),
            (None, Some(date)) if modified <= date.as_seconds() => Err(Failed::IfModifiedSince),
            _ => Ok(()),
        }
    }
}

/// What must be true of an object for it to be deleted; absent ones are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteConditions {
    /// `If-Match`.
    pub if_match: Option<Vec<ETagMatch>>,
    /// `x-amz-if-match-last-modified-time`, to the second.
    pub last_modified: Option<Timestamp>,
    /// `x-amz-if-match-size`, in bytes.
    pub size_bytes: Option<u64>,
}

impl DeleteConditions {
    /// Whether the request carries none of them.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.if_match.is_none() && self.last_modified.is_none() && self.size_bytes.is_none()
    }

    /// Judges the conditions against the object that exists, with its size, or `None` when none does: then each fails.
    ///
    /// # Errors
    /// The first that does not hold.
    ///
    /// Spec: Amazon S3 API, DeleteObject, request headers.
    pub fn check(&self, current: Option<(&ETag, Timestamp, u64)>) -> Result<(), Failed> {
        let is_match = |list: &Vec<ETagMatch>| {
            current.is_some_and(|(etag, _, _)| list.iter().any(|entry| strong_match(entry, etag)))
        };
        let is_date =
            |date: Timestamp| current.is_some_and(|(_, at, _)| at.as_seconds() == date.as_seconds());
        if self.if_match.as_ref().is_some_and(|list| !is_match(list)) {
            return Err(Failed::IfMatch);
        }
        if self.last_modified.is_some_and(|date| !is_date(date)) {
            return Err(Failed::IfMatchLastModifiedTime);
        }
        if self.size_bytes.is_some_and(|size| current.is_none_or(|(_, _, bytes)| bytes != size)) {
            return Err(Failed::IfMatchSize);
        }
        Ok(())
    }
}

/// `If-Range`: a range counts only while the object is still the one that the client has a part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfRange {
    /// The object's ETag, compared strongly.
    ETag(ETagMatch),
    /// Its date, to the second; an earlier one is as wrong as a later one.
    Date(Timestamp),
}

impl IfRange {
    /// Whether the object is that one.
    ///
    /// Spec: RFC 9110, section 13.1.5.
    #[must_use]
    pub fn holds(&self, etag: &ETag, modified: Timestamp) -> bool {
        match self {
            Self::ETag(entry) => strong_match(entry, etag),
            Self::Date(date) => date.as_seconds() == modified.as_seconds(),
        }
    }
}

fn strong_match(entry: &ETagMatch, etag: &ETag) -> bool {
    match entry {
        ETagMatch::Any => true,
        ETagMatch::Strong(e) => e == etag,
        ETagMatch::Weak(_) => false,
    }
}

fn weak_match(entry: &ETagMatch, etag: &ETag) -> bool {
    match entry {
        ETagMatch::Any => true,
        ETagMatch::Strong(e) | ETagMatch::Weak(e) => e == etag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::etag::parse_etag_list;

    fn conditions(m: Option<&str>, nm: Option<&str>, ms: Option<i64>, us: Option<i64>) -> Conditions {
        Conditions {
            if_match: m.map(parse_etag_list),
            if_none_match: nm.map(parse_etag_list),
            if_modified_since: ms.map(Timestamp::from_seconds),
            if_unmodified_since: us.map(Timestamp::from_seconds),
            begun: None,
        }
    }

    #[test]
    fn concurrent_writes_are_a_second_apart() {
        let at = Timestamp::from_millis;
        let begun = Some(at(10_000));
        let conditions = Conditions { begun, ..Conditions::default() };
        // when the other write was, and this one is; whether that is too soon
        let table = [
            (9_999, 10_001, false),
            (10_000, 10_001, false),
            (10_001, 10_001, true),
            (10_001, 11_000, true),
            (10_001, 11_001, false),
            (10_001, 11_002, false),
            // its clock was read later
            (10_005, 10_004, true),
            (i64::MAX, i64::MIN, true),
        ];
        for (other, now, expected) in table {
            assert_eq!(conditions.is_crowded(at(other), at(now)), expected, "{other}, {now}");
            assert!(!Conditions::default().is_crowded(at(other), at(now)));
        }
        assert!(!conditions.is_empty() && Conditions::default().is_empty());
    }

    #[test]
    fn conditions_against_an_object() {
        let etag = ETag::from_text("abc");
        let current = Some((&etag, Timestamp::from_millis(100_900)));
        let table = [
            (conditions(None, None, None, None), Ok(())),
            (conditions(Some("\"abc\""), None, None, None), Ok(())),
            (conditions(Some("*"), None, None, None), Ok(())),
            (conditions(Some("\"x\""), None, None, None), Err(Failed::IfMatch)),
            (conditions(Some("W/\"abc\""), None, None, None), Err(Failed::IfMatch)),
            (conditions(None, Some("\"abc\""), None, None), Err(Failed::IfNoneMatch)),
            (conditions(None, Some("W/\"abc\""), None, None), Err(Failed::IfNoneMatch)),
            (conditions(None, Some("*"), None, None), Err(Failed::IfNoneMatch)),
            (conditions(None, Some("\"x\""), None, None), Ok(())),
            (conditions(None, None, Some(99), None), Ok(())),
            (conditions(None, None, Some(100), None), Err(Failed::IfModifiedSince)),
            (conditions(None, None, None, Some(100)), Ok(())),
            (conditions(None, None, None, Some(99)), Err(Failed::IfUnmodifiedSince)),
            // a true If-Match silences If-Unmodified-Since, an If-None-Match silences If-Modified-Since
            (conditions(Some("\"abc\""), None, None, Some(99)), Ok(())),
            (conditions(None, Some("\"x\""), Some(100), None), Ok(())),
        ];
        for (given, expected) in table {
            assert_eq!(given.check(current), expected, "{given:?}");
        }
    }

    #[test]
    fn a_range_counts_while_the_object_is_the_same() {
        let etag = ETag::from_text("abc");
        let weak = IfRange::ETag(ETagMatch::Weak(etag.clone()));
        let table = [
            (IfRange::ETag(ETagMatch::Strong(etag.clone())), true),
            (IfRange::ETag(ETagMatch::Strong(ETag::from_text("x"))), false),
            (weak, false),
            (IfRange::Date(Timestamp::from_seconds(100)), true),
            (IfRange::Date(Timestamp::from_seconds(99)), false),
            (IfRange::Date(Timestamp::from_seconds(101)), false),
        ];
        for (given, expected) in table {
            assert_eq!(given.holds(&etag, Timestamp::from_millis(100_900)), expected, "{given:?}");
        }
    }

    #[test]
    fn conditions_against_nothing() {
        let table = [
            (conditions(Some("*"), None, None, None), Err(Failed::IfMatch)),
            (conditions(None, Some("*"), None, None), Ok(())),
            (conditions(None, None, Some(1), None), Err(Failed::IfModifiedSince)),
            (conditions(None, None, None, Some(1)), Ok(())),
        ];
        for (given, expected) in table {
            assert_eq!(given.check(None), expected, "{given:?}");
        }
    }

    #[test]
    fn conditions_on_deletion() {
        let etag = ETag::from_text("abc");
        let current = Some((&etag, Timestamp::from_millis(100_900), 5));
        let of = |m: Option<&str>, seconds: Option<i64>, size_bytes| DeleteConditions {
            if_match: m.map(parse_etag_list),
            last_modified: seconds.map(Timestamp::from_seconds),
            size_bytes,
        };
        let table = [
            (of(None, None, None), Ok(()), Ok(())),
            (of(Some("\"abc\""), Some(100), Some(5)), Ok(()), Err(Failed::IfMatch)),
            (of(Some("*"), None, None), Ok(()), Err(Failed::IfMatch)),
            (of(Some("x"), None, None), Err(Failed::IfMatch), Err(Failed::IfMatch)),
            (of(Some("W/\"abc\""), None, None), Err(Failed::IfMatch), Err(Failed::IfMatch)),
            (
                of(None, Some(99), None),
                Err(Failed::IfMatchLastModifiedTime),
                Err(Failed::IfMatchLastModifiedTime),
            ),
            (of(None, None, Some(4)), Err(Failed::IfMatchSize), Err(Failed::IfMatchSize)),
            (of(None, None, Some(0)), Err(Failed::IfMatchSize), Err(Failed::IfMatchSize)),
        ];
        for (given, of_object, of_nothing) in table {
            assert_eq!(given.check(current), of_object, "{given:?}");
            assert_eq!(given.check(None), of_nothing, "{given:?}");
            assert_eq!(given.is_empty(), of_nothing.is_ok(), "{given:?}");
        }
    }
}
