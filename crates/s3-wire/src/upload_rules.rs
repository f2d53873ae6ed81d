//! A bucket's upload rules as JSON, the body of the `larder-upload-rules` subresource, which is Larder's own:
//! `{"rules":[{"prefix":"avatars/","maxBytes":1048576,"contentTypes":["image/*"],"keyPattern":"avatars/*.png"}]}`.
//! Which rules are valid is `domain`'s.

use bytes::Bytes;
use domain::{UploadRule, UploadRules};
use serde_json::{Map, Value, json};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::json::{self, Json};

/// Most bytes of the document: the rules are read with each upload.
pub const DOCUMENT_MAX_BYTES: usize = 64 * 1024;
/// Most characters of a client's text that an error repeats.
const ECHO_MAX_CHARS: usize = 64;

/// Reads rules.
///
/// # Errors
/// `InvalidRequest` for what is no such document, with the words to mend it; `InvalidArgument` for a rule that cannot be
/// kept; `MaxMessageLengthExceeded`.
pub fn decode(body: &[u8]) -> Result<UploadRules, S3Error> {
    if body.len() > DOCUMENT_MAX_BYTES {
        return Err(S3Error::new(S3ErrorCode::MaxMessageLengthExceeded)
            .with_extra("MaxMessageLengthBytes", DOCUMENT_MAX_BYTES.to_string()));
    }
    let rules = match json::parse(body) {
        Some(Json::Object(members)) => match <[_; 1]>::try_from(members) {
            Ok([(name, Json::Array(rules))]) if name == "rules" => rules,
            _ => return Err(malformed("The document has one member, \"rules\", which is a list.")),
        },
        Some(_) => return Err(malformed("The document is an object.")),
        None => return Err(malformed("The document is not JSON.")),
    };
    let rules: Vec<UploadRule> = rules.into_iter().map(rule).collect::<Result<_, _>>()?;
    if rules.is_empty() {
        return Err(malformed("Name at least one rule. To have none, delete the rules."));
    }
    UploadRules::new(rules).map_err(|fault| S3Error::from(&fault))
}

fn malformed(hint: impl Into<String>) -> S3Error {
    S3Error::invalid_request("The JSON you provided was not well formed.").with_hint(hint)
}

fn rule(value: Json) -> Result<UploadRule, S3Error> {
    let Json::Object(members) = value else { return Err(malformed("Each rule is an object.")) };
    let mut rule = UploadRule::default();
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in members {
        match name.as_str() {
            _ if seen.contains(&name) => return Err(malformed(format!("{name} is in a rule twice."))),
            "prefix" => rule.prefix = text(&name, value)?,
            "maxBytes" => rule.max_bytes = Some(bytes(&name, &value)?),
            "minBytes" => rule.min_bytes = Some(bytes(&name, &value)?),
            "contentTypes" => {
                let Json::Array(types) = value else { return Err(malformed("contentTypes is a list.")) };
                let types = types.into_iter().map(|value| text(&name, value));
                rule.content_types = types.collect::<Result<_, _>>()?;
            }
            "keyPattern" => rule.key_pattern = Some(text(&name, value)?),
            _ => {
                let shown: String = name.chars().take(ECHO_MAX_CHARS).collect();
                return Err(malformed(format!(
                    "A rule has prefix, maxBytes, minBytes, contentTypes and keyPattern, and no \"{shown}\"."
                )));
            }
        }
        seen.push(name);
    }
    Ok(rule)
}

fn text(name: &str, value: Json) -> Result<String, S3Error> {
    match value {
        Json::String(text) => Ok(text),
        _ => Err(malformed(format!("{name} is text."))),
    }
}

fn bytes(name: &str, value: &Json) -> Result<u64, S3Error> {
    match value {
        Json::Number(bytes) => Ok(*bytes),
        _ => Err(malformed(format!("{name} is a whole number of bytes."))),
    }
}

/// Writes rules, each with the members that it has.
#[must_use]
pub fn encode(rules: &UploadRules) -> Bytes {
    let rules: Vec<Value> = rules.rules().iter().map(members).collect();
    json!({ "rules": rules }).to_string().into()
}

fn members(rule: &UploadRule) -> Value {
    let mut members = Map::new();
    if !rule.prefix.is_empty() {
        members.insert("prefix".into(), rule.prefix.as_str().into());
    }
    for (name, bytes) in [("maxBytes", rule.max_bytes), ("minBytes", rule.min_bytes)] {
        if let Some(bytes) = bytes {
            members.insert(name.into(), bytes.into());
        }
    }
    if !rule.content_types.is_empty() {
        members.insert("contentTypes".into(), rule.content_types.clone().into());
    }
    if let Some(pattern) = &rule.key_pattern {
        members.insert("keyPattern".into(), pattern.as_str().into());
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_by_example() {
        let document = r#"{"rules":[
            {"prefix":"avatars/","maxBytes":1048576,"contentTypes":["image/*","text/plain"],"keyPattern":"avatars/*.png"},
            {"minBytes":1},{}]}"#;
        let avatars = UploadRule {
            prefix: "avatars/".into(),
            max_bytes: Some(1_048_576),
            min_bytes: None,
            content_types: vec!["image/*".into(), "text/plain".into()],
            key_pattern: Some("avatars/*.png".into()),
        };
        let least = UploadRule { min_bytes: Some(1), ..UploadRule::default() };
        let rules = decode(document.as_bytes()).unwrap();
        assert_eq!(rules.rules(), [avatars, least, UploadRule::default()]);
        assert_eq!(
            encode(&rules),
            r#"{"rules":[{"contentTypes":["image/*","text/plain"],"keyPattern":"avatars/*.png","maxBytes":1048576,"prefix":"avatars/"},{"minBytes":1},{}]}"#
        );
    }

    #[test]
    fn what_is_refused() {
        let rule = |members: &str| format!("{{\"rules\":[{{{members}}}]}}");
        let malformed = [
            String::new(),
            "<rules/>".into(),
            "[]".into(),
            "{}".into(),
            r#"{"rules":{}}"#.into(),
            r#"{"rules":[]}"#.into(),
            r#"{"rules":[[]]}"#.into(),
            r#"{"rules":[{}],"rules":[{}]}"#.into(),
            r#"{"rules":[{}],"other":1}"#.into(),
            r#"{"rules":[{}]} x"#.into(),
            rule(r#""prefix":1"#),
            rule(r#""maxBytes":"1""#),
            rule(r#""maxBytes":-1"#),
            rule(r#""maxBytes":1.5"#),
            rule(r#""maxBytes":null"#),
            rule(r#""maxBytes":1,"maxBytes":2"#),
            rule(r#""contentTypes":"image/png""#),
            rule(r#""contentTypes":[1]"#),
            rule(r#""keyPattern":["a"]"#),
            rule(r#""max_bytes":1"#),
            rule(&format!(r#""{}":1"#, "x".repeat(10_000))),
        ];
        for document in malformed {
            let error = decode(document.as_bytes()).unwrap_err();
            assert_eq!(error.code, S3ErrorCode::InvalidRequest, "{document}");
            assert!(error.hint.as_ref().is_some_and(|hint| hint.len() < 200), "{document}");
        }
        let unkept = [
            rule(r#""maxBytes":1,"minBytes":2"#),
            rule(r#""contentTypes":["image"]"#),
            format!("{{\"rules\":[{}{{}}]}}", "{},".repeat(100)),
        ];
        for document in unkept {
            assert_eq!(
                decode(document.as_bytes()).unwrap_err().code,
                S3ErrorCode::InvalidArgument,
                "{document}"
            );
        }
        let large = format!("{}{}", rule(""), " ".repeat(DOCUMENT_MAX_BYTES));
        assert_eq!(decode(large.as_bytes()).unwrap_err().code, S3ErrorCode::MaxMessageLengthExceeded);
        let deep = "[".repeat(60_000);
        assert_eq!(decode(deep.as_bytes()).unwrap_err().code, S3ErrorCode::InvalidRequest);
    }
}
