//! The head of a part of a form: which field it is.

use super::{FormError, parameters};
use crate::percent;

/// What the head says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PartHead {
    pub(super) name: String,
    /// Without folders; `None` when there is none.
    pub(super) filename: Option<String>,
}

/// Reads the head of a part, its last empty line included. Other headers than the two that count are ignored.
///
/// # Errors
/// [`FormError::Malformed`].
///
/// Spec: RFC 7578, sections 4.2, 4.7 and 4.8.
pub(super) fn parse(head: &[u8]) -> Result<PartHead, FormError> {
    let malformed = |what| Err(FormError::Malformed(what));
    let Ok(text) = std::str::from_utf8(head) else {
        return malformed("the head of a part is not UTF-8 text");
    };
    let mut disposition = None;
    for line in text.split("\r\n").filter(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once(':') else {
            return malformed("a line in the head of a part is no header");
        };
        if name.eq_ignore_ascii_case("content-disposition") {
            if disposition.replace(value).is_some() {
                return malformed("a part has two Content-Disposition headers");
            }
        } else if name.eq_ignore_ascii_case("content-transfer-encoding") {
            let plain = ["binary", "8bit", "7bit"];
            if !plain.iter().any(|plain| value.trim().eq_ignore_ascii_case(plain)) {
                return malformed(
                    "a part has a Content-Transfer-Encoding, which would be stored as content; send it plain",
                );
            }
        }
    }
    let Some(disposition) = disposition else { return malformed("a part has no Content-Disposition header") };
    let kind = disposition.split(';').next().unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return malformed("the Content-Disposition of a part is not form-data");
    }
    let Some(parameters) = parameters::parse(disposition) else {
        return malformed("the parameters of a Content-Disposition cannot be read");
    };
    let Some(name) = parameters.get("name") else { return malformed("a part has no name") };
    let extended = parameters.get("filename*").and_then(extended);
    let filename = extended.as_deref().or(parameters.get("filename"));
    Ok(PartHead { name: name.to_owned(), filename: filename.map(without_folders).map(str::to_owned) })
}

/// Spec: Amazon S3 API, HTML form fields, `${filename}`.
fn without_folders(filename: &str) -> &str {
    filename.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// `UTF-8'en'%C3%BC`, which libraries send that are not browsers.
///
/// Spec: RFC 8187, section 3.2.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    charset.eq_ignore_ascii_case("utf-8").then_some(())?;
    String::from_utf8(percent::decode(encoded, false)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(lines: &str) -> Result<(String, Option<String>), FormError> {
        parse(format!("{lines}\r\n\r\n").as_bytes()).map(|head| (head.name, head.filename))
    }

    #[test]
    fn heads_of_browsers_and_libraries() {
        let table = [
            ("Content-Disposition: form-data; name=\"key\"", "key", None),
            ("content-disposition:form-data;name=key", "key", None),
            ("X: y\r\nContent-Disposition: FORM-DATA; name=\"a;b\"\r\nContent-Type: a/b", "a;b", None),
            ("Content-Disposition: form-data; name=\"file\"; filename=\"a b.png\"", "file", Some("a b.png")),
            ("Content-Disposition: form-data; name=\"file\"; filename=\"\"", "file", Some("")),
            ("Content-Disposition: form-data; name=\"file\"; filename=\"ü.png\"", "file", Some("ü.png")),
            (r#"Content-Disposition: form-data; name="file"; filename="C:\d\f.txt""#, "file", Some("f.txt")),
            ("Content-Disposition: form-data; name=\"file\"; filename=\"/a/../f\"", "file", Some("f")),
            ("Content-Disposition: form-data; name=\"file\"; filename=\"dir/\"", "file", Some("")),
            (
                "Content-Disposition: form-data; name=\"file\"; filename=\"_\"; filename*=utf-8''%C3%BC%2Fx",
                "file",
                Some("x"),
            ),
            (
                "Content-Disposition: form-data; name=\"file\"; filename=\"_\"; filename*=latin-1''%FC",
                "file",
                Some("_"),
            ),
            ("Content-Disposition: form-data; name=\"x\"\r\nContent-Transfer-Encoding: Binary", "x", None),
        ];
        for (lines, name, filename) in table {
            let expected = Ok((name.to_owned(), filename.map(str::to_owned)));
            assert_eq!(parsed(lines), expected, "{lines}");
        }
    }

    #[test]
    fn heads_that_are_refused() {
        for lines in [
            "",
            "Content-Type: a/b",
            "Content-Disposition: form-data",
            "Content-Disposition: file; name=\"file\"",
            "Content-Disposition: attachment; name=\"file\"",
            "Content-Disposition: form-data; name=\"a",
            "Content-Disposition: form-data; name=a; name=b",
            "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b",
            "Content-Disposition: form-data;\r\n name=a",
            "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64",
            "Content-Disposition form-data; name=a",
        ] {
            assert!(matches!(parsed(lines), Err(FormError::Malformed(_))), "{lines}");
        }
        assert!(parse(b"Content-Disposition: form-data; name=\"\xff\"\r\n\r\n").is_err());
    }
}
