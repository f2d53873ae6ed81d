//! Documents as a tree of elements, within limits. Comments, processing instructions and attributes are skipped;
//! namespaces are not compared, since clients send S3's, none, or one with a prefix.

use quick_xml::Reader;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;

/// What a document may be at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Elements, however deep.
    pub elements: usize,
}

/// Deepest nesting; S3's request documents need four levels.
const DEPTH_MAX: usize = 16;
/// Most attributes of one element: duplicates are searched for among them all.
const ATTRIBUTES_MAX: usize = 16;
/// Most characters of a client's text that an error repeats.
const ECHO_MAX_CHARS: usize = 64;
/// Most characters of the parser's own words that an error repeats.
const ERROR_MAX_CHARS: usize = 256;

/// An element with what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The name without a namespace prefix.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The elements in it.
    ///
    /// # Errors
    /// `MalformedXML` when there is text between them.
    pub fn children(&self) -> Result<&[Element], S3Error> {
        if self.text.trim_ascii().is_empty() {
            return Ok(&self.children);
        }
        Err(S3Error::malformed_xml(format!("{} holds elements, not text.", self.shown_name())))
    }

    /// The text in it, with its blanks.
    ///
    /// # Errors
    /// `MalformedXML` when it holds elements.
    pub fn leaf_text(&self) -> Result<&str, S3Error> {
        if self.children.is_empty() {
            return Ok(&self.text);
        }
        Err(S3Error::malformed_xml(format!("{} holds text, not elements.", self.shown_name())))
    }

    /// The element itself, when it has the name that a root must have.
    ///
    /// # Errors
    /// `MalformedXML` when it has another.
    pub fn expect_root(self, name: &str) -> Result<Self, S3Error> {
        if self.name == name {
            return Ok(self);
        }
        Err(S3Error::malformed_xml(format!("The document is a {}, not a {name}.", self.shown_name())))
    }

    /// The error for an element that may not stand where it does, or not again.
    #[must_use]
    pub fn unexpected(&self) -> S3Error {
        S3Error::malformed_xml(format!("{} is not expected there, or not twice.", self.shown_name()))
    }

    fn shown_name(&self) -> String {
        self.name.chars().take(ECHO_MAX_CHARS).collect()
    }
}

/// Reads a document whole.
///
/// # Errors
/// `MaxMessageLengthExceeded` when it has too many bytes; `MalformedXML`, with a hint, when it is not well-formed, not
/// UTF-8, has a document type, or exceeds another limit.
pub fn parse(body: &[u8], limits: Limits) -> Result<Element, S3Error> {
    if body.len() > limits.bytes {
        return Err(S3Error::new(S3ErrorCode::MaxMessageLengthExceeded)
            .with_extra("MaxMessageLengthBytes", limits.bytes.to_string()));
    }
    let text = std::str::from_utf8(body).map_err(|_| S3Error::malformed_xml("The document is not UTF-8."))?;
    let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    reader.config_mut().enable_all_checks(true);
    reader.config_mut().expand_empty_elements = true;
    let mut tree = Tree { limits, elements: 0, open: Vec::new(), root: None };
    let mut is_first = true;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return tree.finish(),
            Ok(Event::Decl(decl)) if is_first => check_declaration(&decl)?,
            Ok(event) => tree.take(&event)?,
            Err(error) => {
                let at = reader.error_position();
                // the parser's words may repeat names of any length
                let error: String = error.to_string().chars().take(ERROR_MAX_CHARS).collect();
                return Err(S3Error::malformed_xml(format!("Not well-formed at byte {at}: {error}.")));
            }
        }
        is_first = false;
    }
}

struct Tree {
    limits: Limits,
    elements: usize,
    open: Vec<Element>,
    root: Option<Element>,
}

impl Tree {
    fn take(&mut self, event: &Event<'_>) -> Result<(), S3Error> {
        match event {
            Event::Start(start) | Event::Empty(start) => self.start(start),
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => self.text(resolve(reference)?.encode_utf8(&mut [0; 4])),
            Event::Comment(_) | Event::PI(_) | Event::Eof => Ok(()),
            Event::Decl(_) => Err(S3Error::malformed_xml("The XML declaration comes first.")),
            Event::DocType(_) => Err(S3Error::malformed_xml("A document type is not accepted.")),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), S3Error> {
        self.elements += 1;
        if self.elements > self.limits.elements {
            return Err(S3Error::malformed_xml(format!(
                "The document has more than {} elements.",
                self.limits.elements
            )));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(S3Error::malformed_xml(format!("Elements nest deeper than {DEPTH_MAX}.")));
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(S3Error::malformed_xml("The document has a second root."));
        }
        for (i, attribute) in start.attributes().enumerate() {
            if i >= ATTRIBUTES_MAX || attribute.is_err() {
                return Err(S3Error::malformed_xml("An element has malformed or too many attributes."));
            }
        }
        let name = start.local_name().as_ref().to_owned();
        self.open.push(Element { name, text: String::new(), children: Vec::new() });
        Ok(())
    }

    fn end(&mut self) -> Result<(), S3Error> {
        let Some(element) = self.open.pop() else {
            return Err(S3Error::malformed_xml("An element is closed that was not open."));
        };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), S3Error> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim_ascii().is_empty() => {}
            None => return Err(S3Error::malformed_xml("The document has text outside its root.")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, S3Error> {
        match self.root {
            Some(root) if self.open.is_empty() => Ok(root),
            _ => Err(S3Error::malformed_xml("The document is not complete.")),
        }
    }
}

fn check_declaration(decl: &BytesDecl<'_>) -> Result<(), S3Error> {
    match decl.encoding() {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii") => {
            Ok(())
        }
        Some(_) => Err(S3Error::malformed_xml("The document's encoding must be UTF-8.")),
    }
}

/// A predefined entity or a numeric reference. References to control characters are read, although XML 1.0 has none:
/// keys may hold them, and the writer writes them so.
fn resolve(reference: &BytesRef<'_>) -> Result<char, S3Error> {
    let name: &str = reference;
    let number = match name {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        _ => match name.strip_prefix("#x") {
            Some(hex) if is_digits(hex, 16) => u32::from_str_radix(hex, 16).ok(),
            Some(_) => None,
            None => {
                name.strip_prefix('#').filter(|decimal| is_digits(decimal, 10)).and_then(|d| d.parse().ok())
            }
        },
    };
    number.and_then(char::from_u32).ok_or_else(|| {
        let name: String = name.chars().take(ECHO_MAX_CHARS).collect();
        S3Error::malformed_xml(format!("Unknown reference &{name};"))
    })
}

fn is_digits(text: &str, radix: u32) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_digit(radix))
}
