//! S3's XML, both ways: a writer that escapes all it is given, and a bounded reader. The reader knows no DTD, expands
//! no entities of a document's own, and stops at its limits; which elements a document may have is each decoder's.

mod reader;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use bytes::Bytes;

pub use reader::{Element, Limits, parse};

/// The namespace of S3's success documents.
pub const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Writes one document, without indentation.
///
/// Characters that XML 1.0 has no form for (control characters, U+FFFE, U+FFFF) are written as numeric references, as
/// S3 does: most parsers read them, and a listing with such a key stays a document. Clients with a stricter parser ask
/// for `encoding-type=url`.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// A document that begins with the XML declaration; `bytes` is a guess at its size.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let mut out = Vec::with_capacity(bytes);
        out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        Self { out }
    }

    /// Opens an element.
    pub fn open(&mut self, name: &str) {
        self.tag(b"<", name);
    }

    /// Opens an element with attributes.
    pub fn open_with(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        for (attribute, value) in attributes {
            self.out.push(b' ');
            self.out.extend_from_slice(attribute.as_bytes());
            self.out.extend_from_slice(b"=\"");
            self.text(value);
            self.out.push(b'"');
        }
        self.out.push(b'>');
    }

    /// Opens a success document's root, in S3's namespace.
    pub fn open_root(&mut self, name: &str) {
        self.open_with(name, &[("xmlns", NAMESPACE)]);
    }

    /// Closes an element.
    pub fn close(&mut self, name: &str) {
        self.tag(b"</", name);
    }

    /// An element that holds only text.
    pub fn leaf(&mut self, name: &str, text: &str) {
        self.open(name);
        self.text(text);
        self.close(name);
    }

    /// An element that holds only text, percent-encoded as listings do on request.
    pub fn leaf_encoded(&mut self, name: &str, text: &str) {
        self.open(name);
        crate::percent::encode_into(&mut self.out, text);
        self.close(name);
    }

    /// An element that holds what `value` displays as.
    pub fn leaf_display(&mut self, name: &str, value: impl std::fmt::Display) {
        self.open(name);
        // writing to memory does not fail
        let _ = write!(Escaped(&mut self.out), "{value}");
        self.close(name);
    }

    /// Text, escaped.
    pub fn text(&mut self, text: &str) {
        escape_into(&mut self.out, text);
    }

    /// The document.
    #[must_use]
    pub fn finish(self) -> Bytes {
        self.out.into()
    }

    fn tag(&mut self, before: &[u8], name: &str) {
        self.out.extend_from_slice(before);
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'>');
    }
}

/// Escapes what is formatted into it.
struct Escaped<'a>(&'a mut Vec<u8>);

impl std::fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        escape_into(self.0, text);
        Ok(())
    }
}

fn escape_into(out: &mut Vec<u8>, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(may_need_reference) {
        let (plain, from) = rest.split_at(at);
        out.extend_from_slice(plain.as_bytes());
        let mut chars = from.chars();
        let Some(c) = chars.next() else { return };
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '"' => out.extend_from_slice(b"&quot;"),
            '\'' => out.extend_from_slice(b"&apos;"),
            // among them the carriage return, which would be read as a line feed
            '\0'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => {
                out.extend_from_slice(format!("&#x{:X};", u32::from(c)).as_bytes());
            }
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = chars.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
}

/// Whether the character that begins with this byte may have to be written as a reference; never a byte within one.
const fn may_need_reference(byte: u8) -> bool {
    const LEAD_OF_NONCHARACTERS: u8 = 0xef;
    match byte {
        b'\t' | b'\n' => false,
        b'&' | b'<' | b'>' | b'"' | b'\'' | 0..=0x1f | 0x7f | LEAD_OF_NONCHARACTERS => true,
        _ => false,
    }
}
