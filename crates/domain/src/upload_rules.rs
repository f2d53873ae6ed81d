//! A bucket's upload rules: what uploads through presigned URLs may be, by prefix. All rules for a key count together,
//! so that a rule for a narrower prefix can only narrow what a wider one allows.

use crate::error::Error;
use crate::limits::UPLOAD_RULES_MAX;
use crate::name::ObjectKey;
use crate::upload_rule::{UploadRule, UploadRuleFault};

/// A bucket's checked upload rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadRules {
    rules: Vec<UploadRule>,
}

impl UploadRules {
    /// Checks rules.
    ///
    /// # Errors
    /// The first [`UploadRuleFault::Rule`].
    pub fn new(rules: Vec<UploadRule>) -> Result<Self, UploadRuleFault> {
        if rules.len() > UPLOAD_RULES_MAX {
            let given = rules.len();
            return Err(UploadRuleFault::Rule(format!(
                "A bucket has at most {UPLOAD_RULES_MAX} upload rules; these are {given}."
            )));
        }
        rules.iter().try_for_each(UploadRule::validate)?;
        Ok(Self { rules })
    }

    /// The rules, in order.
    #[must_use]
    pub fn rules(&self) -> &[UploadRule] {
        &self.rules
    }

    /// Judges an upload by what is known before its body is read.
    ///
    /// # Errors
    /// As [`UploadRule::check`], of the first rule that does not allow it.
    pub fn check(
        &self,
        key: &ObjectKey,
        content_type: Option<&str>,
        length: Option<u64>,
    ) -> Result<(), Error> {
        self.for_key(key).try_for_each(|rule| rule.check(key.as_str(), content_type, length))
    }

    /// What the rules for a key say of its size: one rule with the narrowest bounds of them all, to hold a body against as
    /// it comes.
    #[must_use]
    pub fn bounds(&self, key: &ObjectKey) -> UploadRule {
        UploadRule {
            max_bytes: self.for_key(key).filter_map(|rule| rule.max_bytes).min(),
            min_bytes: self.for_key(key).filter_map(|rule| rule.min_bytes).max(),
            ..UploadRule::default()
        }
    }

    /// The sizes that a rule and these rules allow together.
    #[must_use]
    pub fn bounds_with(&self, key: &ObjectKey, rule: UploadRule) -> UploadRule {
        let bounds = self.bounds(key);
        let max_bytes = rule.max_bytes.into_iter().chain(bounds.max_bytes).min();
        let min_bytes = rule.min_bytes.into_iter().chain(bounds.min_bytes).max();
        UploadRule { max_bytes, min_bytes, ..rule }
    }

    fn for_key(&self, key: &ObjectKey) -> impl Iterator<Item = &UploadRule> {
        self.rules.iter().filter(|rule| rule.applies_to(key.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> ObjectKey {
        ObjectKey::parse(text).unwrap()
    }

    #[test]
    fn all_rules_for_a_key_count() {
        let rules = UploadRules::new(vec![
            UploadRule { max_bytes: Some(100), min_bytes: Some(1), ..UploadRule::default() },
            UploadRule {
                prefix: "avatars/".into(),
                max_bytes: Some(10),
                content_types: vec!["image/*".into()],
                key_pattern: Some("avatars/*.png".into()),
                ..UploadRule::default()
            },
            UploadRule { prefix: "avatars/big/".into(), max_bytes: Some(50), ..UploadRule::default() },
        ])
        .unwrap();
        let png = Some("image/png");
        let table = [
            ("a", None, Some(100), true),
            ("a", None, Some(101), false),
            ("a", None, Some(0), false),
            ("a", None, None, true),
            ("avatars/a.png", png, Some(10), true),
            ("avatars/a.png", png, Some(11), false),
            ("avatars/a.png", None, Some(10), false),
            ("avatars/a.gif", png, Some(10), false),
            ("avatars/big/a.png", png, Some(11), false),
        ];
        for (name, content_type, length, allowed) in table {
            let checked = rules.check(&key(name), content_type, length);
            assert_eq!(checked.is_ok(), allowed, "{name} {content_type:?} {length:?}");
        }
        let bounds = |name| {
            let bounds = rules.bounds(&key(name));
            assert_eq!((&bounds.content_types, &bounds.key_pattern), (&Vec::new(), &None));
            (bounds.min_bytes, bounds.max_bytes)
        };
        assert_eq!(bounds("a"), (Some(1), Some(100)));
        assert_eq!(bounds("avatars/big/a"), (Some(1), Some(10)));
        assert_eq!(UploadRules::default().bounds(&key("a")), UploadRule::default());
    }

    #[test]
    fn rules_that_cannot_be_kept() {
        assert!(UploadRules::new(vec![UploadRule::default(); 100]).is_ok());
        assert!(UploadRules::new(vec![UploadRule::default(); 101]).is_err());
        let never = UploadRule { min_bytes: Some(2), max_bytes: Some(1), ..UploadRule::default() };
        assert!(UploadRules::new(vec![UploadRule::default(), never]).is_err());
    }
}
