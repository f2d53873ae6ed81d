//! A request's query string, decoded once into pairs. Signatures are not computed from it: they need the raw text.

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::percent;

/// Decoded `name=value` pairs in the order they were sent, duplicates kept; a name without `=` has an empty value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    // all names and values in one buffer: (start of name, end of name, end of value)
    text: String,
    pairs: Vec<(usize, usize, usize)>,
}

impl Query {
    /// Parses the raw text after `?`; `+` is a space.
    ///
    /// # Errors
    /// `InvalidURI` on a malformed escape or text that is not UTF-8.
    pub fn parse(raw: &str) -> Result<Self, S3Error> {
        let mut query = Self { text: String::with_capacity(raw.len()), pairs: Vec::new() };
        for pair in raw.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let start = query.text.len();
            query.push(name)?;
            let name_end = query.text.len();
            query.push(value)?;
            query.pairs.push((start, name_end, query.text.len()));
        }
        Ok(query)
    }

    fn push(&mut self, raw: &str) -> Result<(), S3Error> {
        if !raw.contains(['%', '+']) {
            self.text.push_str(raw);
            return Ok(());
        }
        let bytes = percent::decode(raw, true).ok_or_else(|| malformed(raw, "a malformed percent escape"))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| malformed(raw, "text that is not UTF-8"))?;
        self.text.push_str(text);
        Ok(())
    }

    /// The pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|&(start, name_end, end)| {
            let name = self.text.get(start..name_end).unwrap_or_default();
            (name, self.text.get(name_end..end).unwrap_or_default())
        })
    }

    /// The first value of `name`, compared exactly.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find_map(|(n, value)| (n == name).then_some(value))
    }

    /// Whether `name` occurs.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

fn malformed(raw: &str, what: &str) -> S3Error {
    let shown: String = raw.chars().take(64).collect();
    S3Error::new(S3ErrorCode::InvalidURI).with_hint(format!("The query has {what}: {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_keep_order_duplicates_and_empties() {
        let query = Query::parse("b=2&acl&b=1&&=x&a=+%2B%20=&%C3%BC=%C3%9C").unwrap();
        let pairs: Vec<_> = query.iter().collect();
        assert_eq!(pairs, [("b", "2"), ("acl", ""), ("b", "1"), ("", "x"), ("a", " + ="), ("ü", "Ü")]);
        assert_eq!(query.get("b"), Some("2"));
        assert!(query.has("acl") && !query.has("ACL"));
        assert_eq!(Query::parse("").unwrap(), Query::default());
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        for raw in ["a=%", "a=%2", "a=%zz", "%FF", "a=%FF", "a=%C3&b=%BC"] {
            assert_eq!(Query::parse(raw).unwrap_err().code, S3ErrorCode::InvalidURI, "{raw}");
        }
    }
}
