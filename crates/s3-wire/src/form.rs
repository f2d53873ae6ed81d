//! A browser's form on its way in (`multipart/form-data`): fields one by one, then the file, piece by piece. Bytes in, steps
//! out; nothing of the file is held back but what may be the beginning of a boundary. What the fields mean is
//! `ops::post_object`'s.

mod parameters;
mod part_head;
#[cfg(test)]
mod tests;

use std::fmt;

use bytes::{Buf, Bytes};
use memchr::memmem::Finder;

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use part_head::PartHead;

/// Most bytes of a form beside its file: fields, heads of parts, boundaries.
///
/// Observed: Amazon S3, `MaxPostPreDataLengthBytes`.
pub const FORM_MAX_BYTES: usize = 20_480;

/// Longest boundary, in bytes.
///
/// Spec: RFC 2046, section 5.1.1.
const BOUNDARY_MAX_BYTES: usize = 70;

/// A field of a form.
#[derive(Clone, PartialEq, Eq)]
pub struct FormField {
    /// As sent; fields are found whatever their letter case.
    pub name: String,
    /// As sent.
    pub value: String,
}

/// Leaves out the value, which may be a signature.
impl fmt::Debug for FormField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormField").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a piece of input came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormStep {
    /// All of the input is used up.
    NeedMore,
    /// A field, before the file.
    Field(FormField),
    /// The file begins. Its name is without folders; `None` when the client did not name it, empty when no file was chosen.
    File {
        /// The name.
        filename: Option<String>,
    },
    /// Bytes of the file.
    Data(Bytes),
    /// The last boundary has been read; what follows means nothing.
    Done,
}

/// Why a body is not a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Another content type.
    #[error("the Content-Type is not multipart/form-data")]
    NotAForm,
    /// Too much beside the file.
    #[error(
        "the form has more than {FORM_MAX_BYTES} bytes beside its file; the file must be in the field named \"file\", and there \
         is room for names and short values only"
    )]
    TooLong,
    /// A second file.
    #[error("the form has more than one field named \"file\"")]
    SecondFile,
    /// Against the rules of the format.
    #[error("{0}")]
    Malformed(&'static str),
    /// The end came too early.
    #[error("the form ends before its last boundary")]
    Truncated,
}

impl From<FormError> for S3Error {
    /// Observed: Amazon S3 (codes and texts; its spelling too).
    fn from(error: FormError) -> Self {
        match error {
            FormError::NotAForm => Self::new(S3ErrorCode::PreconditionFailed)
                .with_extra("Condition", "Bucket POST must be of the enclosure-type multipart/form-data"),
            FormError::TooLong => Self::new(S3ErrorCode::MaxPostPreDataLengthExceeded)
                .with_extra("MaxPostPreDataLengthBytes", FORM_MAX_BYTES.to_string())
                .with_hint(error.to_string()),
            FormError::SecondFile => one_file_only(2),
            FormError::Malformed(_) | FormError::Truncated => {
                Self::new(S3ErrorCode::MalformedPOSTRequest).with_hint(error.to_string())
            }
        }
    }
}

/// The error for a form with another number of files than one.
///
/// Observed: Amazon S3.
#[must_use]
pub fn one_file_only(files: u32) -> S3Error {
    S3Error::invalid_argument("POST requires exactly one file upload per request.")
        .with_extra("ArgumentName", "file")
        .with_extra("ArgumentValue", files.to_string())
        .with_hint("The file is what the form has in its field named \"file\", which must be the last one.")
}

/// Reads a form.
pub struct FormDecoder {
    /// Line end, two dashes, boundary. It has one carriage return, at its beginning, so only there can it begin within itself.
    delimiter: Vec<u8>,
    finder: Finder<'static>,
    /// How much of a delimiter the input so far ends with.
    matched: usize,
    state: State,
    /// Of a head or the rest of a boundary's line.
    text: Vec<u8>,
    /// Bytes beside the file.
    spent: usize,
    has_file: bool,
}

enum State {
    /// Before the first boundary, or in a field after the file: bytes that mean nothing.
    Ignored,
    /// Right after a boundary.
    Boundary,
    Head,
    Value {
        name: String,
        value: Vec<u8>,
    },
    File,
    Closed,
}

/// What is found before the next boundary.
enum Content {
    Piece(Bytes),
    Boundary,
    NeedMore,
}

impl FormDecoder {
    /// Begins a form, whose boundary is in its Content-Type.
    ///
    /// # Errors
    /// [`FormError::NotAForm`]; [`FormError::Malformed`] without a boundary that can be one.
    ///
    /// Spec: RFC 2046, section 5.1.1; RFC 7578.
    pub fn new(content_type: &str) -> Result<Self, FormError> {
        if !is_form(content_type) {
            return Err(FormError::NotAForm);
        }
        let parameters = parameters::parse(content_type)
            .ok_or(FormError::Malformed("the parameters of the Content-Type cannot be read"))?;
        let boundary = parameters.get("boundary").unwrap_or_default();
        let inside = boundary.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if !inside || !(1..=BOUNDARY_MAX_BYTES).contains(&boundary.len()) || boundary.ends_with(' ') {
            return Err(FormError::Malformed(
                "the Content-Type names no boundary of 1 to 70 characters; leave it to the browser or the HTTP library to set \
                 this header",
            ));
        }
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        Ok(Self {
            finder: Finder::new(&delimiter).into_owned(),
            delimiter,
            // as if a line had ended before the body
            matched: 2,
            state: State::Ignored,
            text: Vec::new(),
            spent: 0,
            has_file: false,
        })
    }

    /// Takes what it can use from the front of `input`, and is to be called again until it needs more.
    ///
    /// # Errors
    /// Every [`FormError`] but [`FormError::NotAForm`] and [`FormError::Truncated`].
    pub fn step(&mut self, input: &mut Bytes) -> Result<FormStep, FormError> {
        loop {
            match &mut self.state {
                State::Closed => return Ok(FormStep::Done),
                State::Ignored | State::Value { .. } | State::File => match self.content(input) {
                    Content::NeedMore => return Ok(FormStep::NeedMore),
                    Content::Piece(piece) => {
                        if let Some(step) = self.piece(piece)? {
                            return Ok(step);
                        }
                    }
                    Content::Boundary => {
                        self.spend(self.delimiter.len())?;
                        if let State::Value { name, value } =
                            std::mem::replace(&mut self.state, State::Boundary)
                        {
                            let value = String::from_utf8(value).map_err(|_| {
                                FormError::Malformed("the value of a field is not UTF-8 text")
                            })?;
                            return Ok(FormStep::Field(FormField { name, value }));
                        }
                    }
                },
                State::Boundary | State::Head => {
                    if input.is_empty() {
                        return Ok(FormStep::NeedMore);
                    }
                    self.spend(1)?;
                    self.text.push(input.get_u8());
                    if let Some(step) = self.line()? {
                        return Ok(step);
                    }
                }
            }
        }
    }

    /// Ends the body.
    ///
    /// # Errors
    /// [`FormError::Truncated`] before the last boundary.
    pub fn finish(&self) -> Result<(), FormError> {
        if matches!(self.state, State::Closed) { Ok(()) } else { Err(FormError::Truncated) }
    }

    fn spend(&mut self, bytes: usize) -> Result<(), FormError> {
        self.spent = self.spent.saturating_add(bytes);
        if self.spent > FORM_MAX_BYTES { Err(FormError::TooLong) } else { Ok(()) }
    }

    fn piece(&mut self, piece: Bytes) -> Result<Option<FormStep>, FormError> {
        if matches!(self.state, State::File) {
            return Ok(Some(FormStep::Data(piece)));
        }
        self.spend(piece.len())?;
        if let State::Value { value, .. } = &mut self.state {
            value.extend_from_slice(&piece);
        }
        Ok(None)
    }

    /// Looks for the next boundary, at the front of the input first.
    fn content(&mut self, input: &mut Bytes) -> Content {
        if input.is_empty() {
            return Content::NeedMore;
        }
        if self.matched > 0 {
            let wanted = self.delimiter.get(self.matched..).unwrap_or_default();
            let same = wanted.iter().zip(input.iter()).take_while(|(a, b)| a == b).count();
            if same == wanted.len() {
                self.matched = 0;
                input.advance(same);
                return Content::Boundary;
            }
            if same == input.len() {
                self.matched += same;
                input.clear();
                return Content::NeedMore;
            }
            // it was content after all
            let held = self.delimiter.get(..self.matched).unwrap_or_default();
            self.matched = 0;
            return Content::Piece(Bytes::copy_from_slice(held));
        }
        match self.finder.find(input) {
            Some(0) => {
                input.advance(self.delimiter.len());
                Content::Boundary
            }
            Some(at) => Content::Piece(input.split_to(at)),
            None => {
                let piece = input.split_to(input.len() - self.begun(input));
                self.matched = input.len();
                input.clear();
                if piece.is_empty() { Content::NeedMore } else { Content::Piece(piece) }
            }
        }
    }

    /// How many bytes at the end of `input` may be the beginning of a boundary.
    fn begun(&self, input: &[u8]) -> usize {
        let tail = input.get(input.len().saturating_sub(self.delimiter.len() - 1)..).unwrap_or_default();
        let at = memchr::memrchr(b'\r', tail).unwrap_or(tail.len());
        let last = tail.get(at..).unwrap_or_default();
        if self.delimiter.starts_with(last) { last.len() } else { 0 }
    }

    /// Looks at the text so far, which one more byte has come to.
    fn line(&mut self) -> Result<Option<FormStep>, FormError> {
        let in_head = matches!(self.state, State::Head);
        match self.text.as_slice() {
            b"--" if !in_head => self.state = State::Closed,
            [padding @ .., b'\r', b'\n'] if !in_head => {
                if !padding.iter().all(|b| matches!(b, b' ' | b'\t')) {
                    return Err(FormError::Malformed("a boundary is followed by other text on its line"));
                }
                self.state = State::Head;
            }
            [.., b'\r', b'\n', b'\r', b'\n'] | b"\r\n" if in_head => {
                let head = part_head::parse(&self.text)?;
                self.text.clear();
                return self.part(head);
            }
            _ => return Ok(None),
        }
        self.text.clear();
        Ok(None)
    }

    fn part(&mut self, head: PartHead) -> Result<Option<FormStep>, FormError> {
        if head.name.eq_ignore_ascii_case("file") {
            if self.has_file {
                return Err(FormError::SecondFile);
            }
            self.has_file = true;
            self.state = State::File;
            return Ok(Some(FormStep::File { filename: head.filename }));
        }
        self.state =
            if self.has_file { State::Ignored } else { State::Value { name: head.name, value: Vec::new() } };
        Ok(None)
    }
}

/// Whether a Content-Type is that of a form.
#[must_use]
pub fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("multipart/form-data")
}
