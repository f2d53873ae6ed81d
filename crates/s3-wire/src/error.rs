//! An S3 error reply: a code of the table, what is said to the client, and its XML. It holds nothing for the log.

use std::borrow::Cow;

use bytes::Bytes;
use domain::cors::CorsFault;
use http::StatusCode;

use crate::error_code::S3ErrorCode;
use crate::operation::Operation;
use crate::xml::Writer;

/// What a client is told when a request fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", .code.name())]
pub struct S3Error {
    /// Code and status.
    pub code: S3ErrorCode,
    /// `<Message>`.
    pub message: Cow<'static, str>,
    /// Further elements, in order.
    pub extras: Vec<(&'static str, String)>,
    /// Plain words that name the fix, when it is known.
    pub hint: Option<String>,
}

impl S3Error {
    /// An error with its code's own message.
    #[must_use]
    pub const fn new(code: S3ErrorCode) -> Self {
        Self { code, message: Cow::Borrowed(code.message()), extras: Vec::new(), hint: None }
    }

    /// With another message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    /// With a further element.
    #[must_use]
    pub fn with_extra(mut self, element: &'static str, text: impl Into<String>) -> Self {
        self.extras.push((element, text.into()));
        self
    }

    /// With a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// 400 `InvalidArgument`.
    #[must_use]
    pub fn invalid_argument(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(S3ErrorCode::InvalidArgument).with_message(message)
    }

    /// 400 `InvalidRequest`.
    #[must_use]
    pub fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(S3ErrorCode::InvalidRequest).with_message(message)
    }

    /// 400 `MalformedXML`, with a hint that names what was wrong.
    #[must_use]
    pub fn malformed_xml(hint: impl Into<String>) -> Self {
        Self::new(S3ErrorCode::MalformedXML).with_hint(hint)
    }

    /// 501 for an operation that is detected but not built.
    ///
    /// Observed: R2, 2026-06-11 (the doubled words of the form upload's message are R2's).
    #[must_use]
    pub fn not_implemented(operation: Operation) -> Self {
        Self::not_implemented_text(match operation {
            Operation::PostObject => "Presigned post requests are not yet implemented",
            other => other.name(),
        })
    }

    /// 501 with the message `<what> not implemented`.
    #[must_use]
    pub fn not_implemented_text(what: impl std::fmt::Display) -> Self {
        Self::new(S3ErrorCode::NotImplemented).with_message(format!("{what} not implemented"))
    }

    /// 403 `SignatureDoesNotMatch` with the texts that the server signed, in R2's order. A form has no canonical request:
    /// an empty one is left out.
    ///
    /// Observed: R2, 2026-06-11; Amazon S3 (forms).
    #[must_use]
    pub fn signature_does_not_match(
        string_to_sign: &[u8],
        canonical_request: &[u8],
        signature_provided: &str,
    ) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let canonical_request = &without_keys(canonical_request)[..];
        let mut error = Self::new(S3ErrorCode::SignatureDoesNotMatch)
            .with_extra("StringToSign", text(string_to_sign))
            .with_extra("StringToSignBytes", hex_dump(string_to_sign));
        if !canonical_request.is_empty() {
            error = error
                .with_extra("CanonicalRequest", text(canonical_request))
                .with_extra("CanonicalRequestBytes", hex_dump(canonical_request));
        }
        error.with_extra("SignatureProvided", signature_provided)
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The body of the reply; a reply to HEAD leaves it out. `resource` is the raw path that was asked for.
    ///
    /// Spec: Amazon S3 API, error responses. `Hint` is ours.
    #[must_use]
    pub fn encode(&self, resource: &str, request_id: &str) -> Bytes {
        let extras: usize = self.extras.iter().map(|(_, text)| text.len() + 64).sum();
        let mut xml = Writer::with_capacity(512 + self.message.len() + resource.len() + extras);
        xml.open("Error");
        xml.leaf("Code", self.code.name());
        xml.leaf("Message", &self.message);
        for (element, text) in &self.extras {
            xml.leaf(element, text);
        }
        xml.leaf("Resource", resource);
        xml.leaf("RequestId", request_id);
        if let Some(hint) = &self.hint {
            xml.leaf("Hint", hint);
        }
        xml.close("Error");
        xml.finish()
    }
}

impl From<&CorsFault> for S3Error {
    /// Spec: Amazon S3 API, PutBucketCors, errors; the message carries the fix.
    fn from(fault: &CorsFault) -> Self {
        match fault {
            CorsFault::Shape(text) => Self::malformed_xml(text.clone()),
            CorsFault::Value(text) => Self::invalid_request(text.clone()),
        }
    }
}

/// The lines without the values of headers and parameters that bring a key.
fn without_keys(canonical_request: &[u8]) -> Vec<u8> {
    let is_key = |name: &[u8]| {
        let name = name.to_ascii_lowercase();
        // the secret of a temporary credential is a hash of its session token
        name.ends_with(b"-customer-key") || name == b"x-amz-security-token"
    };
    let hidden = |item: &[u8], separator: u8| {
        let name = item.split(|byte| *byte == separator).next().unwrap_or_default();
        if is_key(name) { [name, &[separator], b"(hidden)"].concat() } else { item.to_vec() }
    };
    let line = |line: &[u8]| {
        let items: Vec<_> = line.split(|byte| *byte == b'&').map(|item| hidden(item, b'=')).collect();
        hidden(&items.join(&b'&'), b':')
    };
    let lines: Vec<_> = canonical_request.split(|byte| *byte == b'\n').map(line).collect();
    lines.join(&b'\n')
}

/// Bytes as lower-case hexadecimal pairs with spaces between them.
#[must_use]
pub fn hex_dump(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut dump = String::with_capacity(bytes.len().saturating_mul(3));
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 {
            dump.push(' ');
        }
        for nibble in [byte >> 4, byte & 15] {
            dump.extend(DIGITS.get(usize::from(nibble)));
        }
    }
    dump
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(error: &S3Error) -> String {
        String::from_utf8(error.encode("/b/k", "42").to_vec()).unwrap()
    }

    #[test]
    fn errors_as_xml() {
        let error = S3Error::new(S3ErrorCode::NoSuchKey);
        assert_eq!(
            text(&error),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>NoSuchKey</Code>\
             <Message>The specified key does not exist.</Message>\
             <Resource>/b/k</Resource><RequestId>42</RequestId></Error>"
        );
        let error =
            S3Error::invalid_argument("it's <bad>").with_extra("Extra", "a&b").with_hint("mend \"it\"");
        assert_eq!(
            text(&error),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>InvalidArgument</Code>\
             <Message>it&apos;s &lt;bad&gt;</Message><Extra>a&amp;b</Extra>\
             <Resource>/b/k</Resource><RequestId>42</RequestId><Hint>mend &quot;it&quot;</Hint></Error>"
        );
    }

    #[test]
    fn signature_errors_show_what_was_signed() {
        let error = S3Error::signature_does_not_match(b"AWS4\n\xff", b"GET\n/", "00ff");
        let elements: Vec<_> = error.extras.iter().map(|(e, t)| (*e, t.as_str())).collect();
        assert_eq!(
            elements,
            [
                ("StringToSign", "AWS4\n\u{fffd}"),
                ("StringToSignBytes", "41 57 53 34 0a ff"),
                ("CanonicalRequest", "GET\n/"),
                ("CanonicalRequestBytes", "47 45 54 0a 2f"),
                ("SignatureProvided", "00ff"),
            ]
        );
    }

    #[test]
    fn what_is_not_built_says_so() {
        assert_eq!(S3Error::not_implemented(Operation::CopyObject).message, "CopyObject not implemented");
        assert_eq!(
            S3Error::not_implemented(Operation::PostObject).message,
            "Presigned post requests are not yet implemented not implemented"
        );
        assert_eq!(S3Error::not_implemented(Operation::CopyObject).status(), StatusCode::NOT_IMPLEMENTED);
    }
}
