//! Reading and writing single HTTP header fields: text in any encoding that clients use, dates, lists, conditions.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::etag::ETagMatch;
use domain::etag::parse_etag_list;
use domain::{Conditions, ETag, IfRange, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The first value of a header as text: UTF-8, or else each byte as its Latin-1 character.
#[must_use]
pub fn header_text<'h>(headers: &'h HeaderMap, name: &str) -> Option<Cow<'h, str>> {
    headers.get(name).map(value_text)
}

/// All values of a header as one text, joined with `separator`.
#[must_use]
pub fn joined_text<'h>(headers: &'h HeaderMap, name: &str, separator: &str) -> Option<Cow<'h, str>> {
    let mut values = headers.get_all(name).iter().map(value_text);
    let first = values.next()?;
    Some(values.fold(first, |joined, value| Cow::Owned(format!("{joined}{separator}{value}"))))
}

/// A value as text: UTF-8, or else each byte as its Latin-1 character.
#[must_use]
pub fn value_text(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.as_bytes().iter().map(|b| char::from(*b)).collect()),
    }
}

/// Sets a header from text, as raw UTF-8; text with control characters, which no header can carry, is left out.
pub fn set(headers: &mut HeaderMap, name: HeaderName, text: impl AsRef<[u8]>) {
    if let Ok(value) = HeaderValue::from_bytes(text.as_ref()) {
        headers.insert(name, value);
    }
}

/// The four `If-*` headers. A date that does not parse is ignored, as if it were absent.
///
/// Spec: RFC 9110, section 13.1.
#[must_use]
pub fn conditions(headers: &HeaderMap) -> Conditions {
    prefixed_conditions(headers, "")
}

/// Four headers that mean of another object what the `If-*` headers mean, and have the same names after a prefix.
///
/// Spec: Amazon S3 API, CopyObject; R2 docs, S3 API extensions, conditional operations in CopyObject.
#[must_use]
pub fn prefixed_conditions(headers: &HeaderMap, prefix: &str) -> Conditions {
    let etags =
        |name| joined_text(headers, &format!("{prefix}{name}"), ",").map(|text| parse_etag_list(&text));
    let date = |name| header_text(headers, &format!("{prefix}{name}")).and_then(|text| parse_date(&text));
    Conditions {
        if_match: etags("if-match"),
        if_none_match: etags("if-none-match"),
        if_modified_since: date("if-modified-since"),
        if_unmodified_since: date("if-unmodified-since"),
        begun: None,
    }
}

/// The `If-Range` header: a date, or an ETag. Text that is neither is an ETag that no object has.
///
/// Spec: RFC 9110, section 13.1.5.
#[must_use]
pub fn if_range(headers: &HeaderMap) -> Option<IfRange> {
    let text = header_text(headers, "if-range")?;
    let text = text.trim();
    Some(match (parse_date(text), text.strip_prefix("W/")) {
        (Some(date), _) => IfRange::Date(date),
        (None, Some(weak)) => IfRange::ETag(ETagMatch::Weak(ETag::from_text(weak))),
        (None, None) => IfRange::ETag(ETagMatch::Strong(ETag::from_text(text))),
    })
}

/// A number of bytes: digits and nothing else, but for blanks around them.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}

/// An HTTP date in any of its three forms.
///
/// Spec: RFC 9110, section 5.6.7.
#[must_use]
pub fn parse_date(text: &str) -> Option<Timestamp> {
    let time = httpdate::parse_http_date(text.trim()).ok()?;
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    i64::try_from(seconds).ok().map(Timestamp::from_seconds)
}

/// A moment as an HTTP date, to the second; moments before 1970 or after 9999 become those limits.
#[must_use]
pub fn format_date(time: Timestamp) -> String {
    const LAST_SECOND: u64 = 253_402_300_799;
    let seconds = u64::try_from(time.as_seconds()).unwrap_or(0).min(LAST_SECOND);
    let time: SystemTime = UNIX_EPOCH + Duration::from_secs(seconds);
    httpdate::fmt_http_date(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        map
    }

    #[test]
    fn text_in_either_encoding() {
        let map = headers(&[("a", "ü".as_bytes()), ("b", b"\xfc"), ("c", b"1"), ("c", b"2")]);
        assert_eq!(header_text(&map, "a").as_deref(), Some("ü"));
        assert_eq!(header_text(&map, "b").as_deref(), Some("ü"));
        assert_eq!(joined_text(&map, "c", ", ").as_deref(), Some("1, 2"));
        assert_eq!(header_text(&map, "d"), None);
    }

    #[test]
    fn dates_round_trip_and_bad_ones_are_no_dates() {
        let time = Timestamp::from_millis(1_767_323_045_678);
        assert_eq!(format_date(time), "Fri, 02 Jan 2026 03:04:05 GMT");
        assert_eq!(parse_date("Fri, 02 Jan 2026 03:04:05 GMT"), Some(Timestamp::from_seconds(1_767_323_045)));
        for bad in ["", "yesterday", "2026-01-02T03:04:05Z", "1767323045"] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
        assert_eq!(format_date(Timestamp::from_millis(-1)), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(format_date(Timestamp::from_millis(i64::MAX)), "Fri, 31 Dec 9999 23:59:59 GMT");
    }

    #[test]
    fn conditions_from_headers() {
        let map = headers(&[
            ("if-match", b"\"a\""),
            ("if-match", b"\"b\""),
            ("if-none-match", b"*"),
            ("if-modified-since", b"soon"),
            ("if-unmodified-since", b"Fri, 02 Jan 2026 03:04:05 GMT"),
        ]);
        let strong = |t| ETagMatch::Strong(ETag::from_text(t));
        assert_eq!(
            conditions(&map),
            Conditions {
                if_match: Some(vec![strong("a"), strong("b")]),
                if_none_match: Some(vec![ETagMatch::Any]),
                if_modified_since: None,
                if_unmodified_since: Some(Timestamp::from_seconds(1_767_323_045)),
                begun: None,
            }
        );
        assert!(conditions(&HeaderMap::new()).is_empty());
    }

    #[test]
    fn conditions_on_another_object() {
        let map = headers(&[
            ("if-match", b"\"a\""),
            ("x-amz-copy-source-if-none-match", b"\"b\""),
            ("x-amz-copy-source-if-modified-since", b"Fri, 02 Jan 2026 03:04:05 GMT"),
        ]);
        let found = prefixed_conditions(&map, "x-amz-copy-source-");
        assert_eq!(found.if_none_match, Some(vec![ETagMatch::Strong(ETag::from_text("b"))]));
        assert_eq!(found.if_modified_since, Some(Timestamp::from_seconds(1_767_323_045)));
        assert_eq!((found.if_match, found.if_unmodified_since), (None, None));
    }

    #[test]
    fn if_range_is_a_date_or_one_etag() {
        let of = |text: &'static str| if_range(&headers(&[("if-range", text.as_bytes())]));
        let strong = |text| Some(IfRange::ETag(ETagMatch::Strong(ETag::from_text(text))));
        assert_eq!(of("\"abc\""), strong("abc"));
        assert_eq!(of("abc"), strong("abc"));
        // a list is no validator, and `*` is not of this header
        assert_eq!(of("\"abc\", \"d\""), strong("\"abc\", \"d\"".trim_matches('"')));
        assert_eq!(of("*"), strong("*"));
        assert_eq!(of("W/\"abc\""), Some(IfRange::ETag(ETagMatch::Weak(ETag::from_text("abc")))));
        let date = IfRange::Date(Timestamp::from_seconds(1_767_323_045));
        assert_eq!(of("Fri, 02 Jan 2026 03:04:05 GMT"), Some(date));
        assert_eq!(if_range(&HeaderMap::new()), None);
    }

    #[test]
    fn sizes_are_digits() {
        for (text, size) in [("0", 0), (" 007 ", 7), ("18446744073709551615", u64::MAX)] {
            assert_eq!(parse_size(text), Some(size), "{text}");
        }
        for bad in ["", " ", "x", "-1", "+1", "1.0", "0x1", "1 1", "18446744073709551616"] {
            assert_eq!(parse_size(bad), None, "{bad}");
        }
    }

    #[test]
    fn nothing_splits_a_reply() {
        let mut map = HeaderMap::new();
        set(&mut map, http::header::CONTENT_TYPE, "a\r\nb: c");
        assert!(map.is_empty());
        set(&mut map, http::header::CONTENT_TYPE, "text/ü");
        assert_eq!(map.len(), 1);
    }
}
