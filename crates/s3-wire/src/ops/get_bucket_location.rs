//! GetBucketLocation: the hint that the bucket was created with, or `auto`.

use bytes::Bytes;

use crate::xml::Writer;

/// The reply.
///
/// Observed: R2 (hints in upper case). Spec: R2 docs, data location (`auto`).
#[must_use]
pub fn encode(location: Option<&str>) -> Bytes {
    let mut xml = Writer::with_capacity(192);
    xml.open_root("LocationConstraint");
    xml.text(location.unwrap_or("auto"));
    xml.close("LocationConstraint");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_hint_or_auto() {
        let text = |location| String::from_utf8(encode(location).to_vec()).unwrap();
        assert_eq!(
            text(Some("ENAM")),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">ENAM</LocationConstraint>"
        );
        assert!(text(None).ends_with(">auto</LocationConstraint>"));
    }
}
