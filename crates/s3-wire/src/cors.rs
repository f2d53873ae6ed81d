//! A CORS policy as S3's XML. Which policies are valid is `domain`'s; this knows only the shape of the document.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::{CorsPolicy, CorsRule};

use crate::error::S3Error;
use crate::xml::{self, Element, Limits, Writer};

/// Spec: Amazon S3 API, PutBucketCors (the document has at most 64 KB).
const LIMITS: Limits = Limits { bytes: 64 * 1024, elements: 8_192 };

/// Reads a `CORSConfiguration`.
///
/// # Errors
/// `MalformedXML` for any other shape, an element that is not known among them; `MaxMessageLengthExceeded`.
///
/// Spec: Amazon S3 API, PutBucketCors, request body. R2 release notes, 2022-11-30 (unknown elements are refused).
pub fn decode(body: &[u8]) -> Result<CorsPolicy, S3Error> {
    let root = xml::parse(body, LIMITS)?.expect_root("CORSConfiguration")?;
    let rules = root.children()?.iter().map(|element| match element.name() {
        "CORSRule" => rule(element),
        _ => Err(element.unexpected()),
    });
    Ok(CorsPolicy { rules: rules.collect::<Result<_, _>>()? })
}

fn rule(element: &Element) -> Result<CorsRule, S3Error> {
    let mut rule = CorsRule::default();
    for child in element.children()? {
        let text = child.leaf_text()?.to_owned();
        match child.name() {
            "ID" if rule.id.is_none() => rule.id = Some(text),
            "AllowedOrigin" => rule.allowed_origins.push(text),
            "AllowedMethod" => rule.allowed_methods.push(text),
            "AllowedHeader" => rule.allowed_headers.push(text),
            "ExposeHeader" => rule.expose_headers.push(text),
            "MaxAgeSeconds" if rule.max_age_seconds.is_none() => rule.max_age_seconds = Some(seconds(&text)?),
            _ => return Err(child.unexpected()),
        }
    }
    Ok(rule)
}

/// A number of seconds; one too large for the type is still a number, and `domain` says how large it may be.
fn seconds(text: &str) -> Result<u32, S3Error> {
    let digits = text.trim_ascii();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(S3Error::malformed_xml("MaxAgeSeconds is a whole number of seconds."));
    }
    Ok(digits.parse().unwrap_or(u32::MAX))
}

/// Writes a `CORSConfiguration`.
///
/// Spec: Amazon S3 API, GetBucketCors, response body.
#[must_use]
pub fn encode(policy: &CorsPolicy) -> Bytes {
    let mut xml = Writer::with_capacity(256 + policy.rules.len() * 512);
    xml.open_root("CORSConfiguration");
    for rule in &policy.rules {
        xml.open("CORSRule");
        if let Some(id) = &rule.id {
            xml.leaf("ID", id);
        }
        let lists = [
            ("AllowedOrigin", &rule.allowed_origins),
            ("AllowedMethod", &rule.allowed_methods),
            ("AllowedHeader", &rule.allowed_headers),
            ("ExposeHeader", &rule.expose_headers),
        ];
        for (element, texts) in lists {
            for text in texts {
                xml.leaf(element, text);
            }
        }
        if let Some(age) = rule.max_age_seconds {
            xml.leaf_display("MaxAgeSeconds", age);
        }
        xml.close("CORSRule");
    }
    xml.close("CORSConfiguration");
    xml.finish()
}
