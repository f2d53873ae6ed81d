//! The query string as a list of decoded pairs, and its canonical form. It never becomes a map: order,
//! repeats and empty values are all signed.

use std::ops::Range;

use crate::uri::{BadEscape, percent_decode, push_encoded};

/// One parameter, decoded.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) name: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

impl Pair {
    /// The name as lower-case text, if it is text.
    pub(crate) fn lower_name(&self) -> Option<String> {
        std::str::from_utf8(&self.name).ok().map(str::to_ascii_lowercase)
    }
}

/// All parameters in order of arrival.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Query(pub(crate) Vec<Pair>);

impl Query {
    /// Splits and decodes a raw query. A `+` is a space and a missing `=` an empty value; empty pieces
    /// between `&` are skipped.
    ///
    /// Observed: R2, 2026-06-11 (it reads the query as WHATWG URL does).
    pub(crate) fn parse(raw: &str) -> Result<Self, BadEscape> {
        let mut pairs = Vec::new();
        for piece in raw.split('&').filter(|piece| !piece.is_empty()) {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            pairs.push(Pair { name: decode(name)?, value: decode(value)? });
        }
        Ok(Self(pairs))
    }

    /// The parameters encoded again and sorted by encoded name, then by encoded value.
    ///
    /// Spec: AWS Signature Version 4, canonical query string.
    pub(crate) fn canonical(&self, keep: impl Fn(&Pair) -> bool) -> String {
        let kept = || self.0.iter().filter(|pair| keep(pair));
        let len: usize = kept().map(|pair| 2 + pair.name.len() + pair.value.len()).sum();
        // All of them encoded one after the other, so that sorting moves ranges and not texts.
        let mut encoded = String::with_capacity(len + len / 4);
        let mut ranges = Vec::with_capacity(self.0.len());
        for pair in kept() {
            let start = encoded.len();
            push_encoded(&mut encoded, &pair.name, false);
            let middle = encoded.len();
            push_encoded(&mut encoded, &pair.value, false);
            ranges.push((start..middle, middle..encoded.len()));
        }
        let text = |range: &Range<usize>| encoded.get(range.clone()).unwrap_or_default();
        ranges.sort_unstable_by(|(name, value), (other_name, other_value)| {
            (text(name), text(value)).cmp(&(text(other_name), text(other_value)))
        });
        let mut canonical = String::with_capacity(encoded.len() + 2 * ranges.len());
        for (name, value) in &ranges {
            if !canonical.is_empty() {
                canonical.push('&');
            }
            canonical.push_str(text(name));
            canonical.push('=');
            canonical.push_str(text(value));
        }
        canonical
    }

    /// All values of the parameter spelled exactly so.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter(move |pair| pair.name == name.as_bytes()).map(|pair| pair.value.as_slice())
    }

    /// All values of the parameter, whatever the letter case of its name.
    pub(crate) fn values_any_case(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.0
            .iter()
            .filter(move |pair| pair.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|pair| pair.value.as_slice())
    }

    /// Whether the parameter is there, spelled exactly so.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }
}

fn decode(text: &str) -> Result<Vec<u8>, BadEscape> {
    if text.contains('+') {
        percent_decode(text.replace('+', " ").as_bytes())
    } else {
        percent_decode(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(raw: &str) -> String {
        Query::parse(raw).unwrap().canonical(|_| true)
    }

    #[test]
    fn canonical_form_by_example() {
        let table = [
            ("", ""),
            ("acl", "acl="),
            ("acl=", "acl="),
            ("b=2&a=1", "a=1&b=2"),
            ("b=2&b=1", "b=1&b=2"),
            ("b=1&b=1", "b=1&b=1"),
            ("a=x+y", "a=x%20y"),
            ("a=x%2By", "a=x%2By"),
            ("a=%2f", "a=%2F"),
            ("a=b=c", "a=b%3Dc"),
            ("=v", "=v"),
            ("&&a=1&", "a=1"),
            ("x-id=1&X-Amz-Date=2", "X-Amz-Date=2&x-id=1"),
            ("a=%FF", "a=%FF"),
            ("%61=1", "a=1"),
            ("a=ü", "a=%C3%BC"),
            // `a` sorts before `a-` although `=` sorts after `-`.
            ("a-=1&a=2", "a=2&a-=1"),
            // Sorted by the encoded form: `%7B` comes before `a`.
            ("a=1&{=2", "%7B=2&a=1"),
        ];
        for (raw, expected) in table {
            assert_eq!(canonical(raw), expected, "{raw}");
        }
    }

    #[test]
    fn a_malformed_escape_is_an_error() {
        assert!(Query::parse("a=100%").is_err());
        assert!(Query::parse("%g1=a").is_err());
    }

    #[test]
    fn names_are_found_by_their_decoded_spelling() {
        let query = Query::parse("X%2DAmz-Date=1&x-amz-date=2").unwrap();
        assert_eq!(query.values("X-Amz-Date").collect::<Vec<_>>(), [b"1"]);
        assert_eq!(query.values_any_case("X-Amz-Date").count(), 2);
        assert!(!query.has("X-AMZ-DATE"));
    }
}
