//! Encoded words (`=?UTF-8?B?…?=`): how text beyond ASCII travels in `x-amz-meta-*`. Decoding never fails: what is no
//! encoded word stays as it is.
//!
//! Spec: RFC 2047; R2 docs, S3 API extensions, unicode metadata.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// Most characters of one encoded word.
const WORD_MAX_CHARS: usize = 75;
const START: &str = "=?UTF-8?B?";
const END: &str = "?=";
/// Bytes of text that fit into one word: base64 makes four characters of three bytes.
const WORD_TEXT_BYTES: usize = (WORD_MAX_CHARS - START.len() - END.len()) / 4 * 3;

/// Text as a header can carry it: itself, or encoded words when it is not plain ASCII, has blanks at an end, or would
/// be taken for encoded words.
#[must_use]
pub fn encode(text: &str) -> Cow<'_, str> {
    let is_plain = text.bytes().all(|b| matches!(b, b' '..=b'~')) && text.trim() == text;
    if is_plain && decode(text) == text {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() * 2 + 16);
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.floor_char_boundary(WORD_TEXT_BYTES));
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(START);
        STANDARD.encode_string(word, &mut out);
        out.push_str(END);
        rest = after;
    }
    Cow::Owned(out)
}

/// Text with its encoded words decoded. Blanks between two of them belong to neither, and a character may be split
/// over both.
#[must_use]
pub fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains("=?") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("=?") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match decode_run(from) {
            Some((decoded, after)) => {
                out.push_str(&decoded);
                rest = after;
            }
            None => {
                out.push_str("=?");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Charset {
    Utf8,
    Latin1,
}

struct Word<'a> {
    charset: Charset,
    bytes: Vec<u8>,
    after: &'a str,
}

/// The encoded words at the beginning of the text, up to one of another character set, and what follows them.
fn decode_run(text: &str) -> Option<(String, &str)> {
    let Word { charset, mut bytes, mut after } = parse_word(text)?;
    loop {
        let next = after.trim_start_matches([' ', '\t']);
        let Some(word) = parse_word(next) else { break };
        // of two character sets, the blanks between still belong to neither
        after = next;
        if word.charset != charset {
            break;
        }
        bytes.extend_from_slice(&word.bytes);
        after = word.after;
    }
    let decoded = match charset {
        Charset::Utf8 => String::from_utf8(bytes).ok()?,
        Charset::Latin1 => bytes.into_iter().map(char::from).collect(),
    };
    Some((decoded, after))
}

fn parse_word(text: &str) -> Option<Word<'_>> {
    let (charset, rest) = text.strip_prefix("=?")?.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    // a `?` ends the payload: the scan never runs past it, however many beginnings of words there are
    let (payload, after) = rest.split_once('?')?;
    let after = after.strip_prefix('=')?;
    // RFC 2231 lets a language follow the character set
    let charset = charset.split('*').next().unwrap_or_default();
    let charset = match charset.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "us-ascii" => Charset::Utf8,
        "iso-8859-1" | "latin1" => Charset::Latin1,
        _ => return None,
    };
    let bytes = match encoding {
        "B" | "b" => STANDARD_NO_PAD.decode(payload.trim_end_matches('=')).ok()?,
        "Q" | "q" => decode_q(payload)?,
        _ => return None,
    };
    Some(Word { charset, bytes, after })
}

fn decode_q(payload: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(payload.len());
    let mut rest = payload.as_bytes();
    loop {
        rest = match rest {
            [] => return Some(out),
            [b'=', high, low, after @ ..] => {
                let digits = [*high, *low];
                let digits =
                    std::str::from_utf8(&digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
                out.push(u8::from_str_radix(digits, 16).ok()?);
                after
            }
            [b'=' | b' ' | b'?', ..] => return None,
            [b'_', after @ ..] => {
                out.push(b' ');
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}
