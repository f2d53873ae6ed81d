//! Cursors: a place in a list as URL-safe text. They hold nothing secret and grant nothing, so they are not signed; a forged
//! one names a place that the client could have named with `start_after`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::limits::KEY_MAX_BYTES;
use domain::listing::ListPosition;

use crate::error::R2Error;

const KEY: u8 = b'k';
const PREFIX: u8 = b'p';

/// Writes a place.
pub(crate) fn encode(position: &ListPosition) -> String {
    let (kind, text) = match position {
        ListPosition::Key(text) => (KEY, text),
        ListPosition::Prefix(text) => (PREFIX, text),
    };
    URL_SAFE_NO_PAD.encode([&[kind], text.as_bytes()].concat())
}

/// Reads one.
///
/// # Errors
/// `InvalidArgument` when it is none of ours.
pub(crate) fn decode(cursor: &str) -> Result<ListPosition, R2Error> {
    let position = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (kind, text) = bytes.split_first()?;
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= KEY_MAX_BYTES)?.to_owned();
        match *kind {
            KEY => Some(ListPosition::Key(text)),
            PREFIX => Some(ListPosition::Prefix(text)),
            _ => None,
        }
    };
    let wrong = "cursor is none that this list gave out; leave it out to begin anew.";
    position().ok_or_else(|| R2Error::invalid_argument(wrong))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn places_come_back(text in ".{0,200}", is_key in any::<bool>()) {
            let place = if is_key { ListPosition::Key(text) } else { ListPosition::Prefix(text) };
            prop_assert_eq!(decode(&encode(&place)), Ok(place));
        }

        #[test]
        fn other_texts_are_refused_or_places(text in ".{0,40}") {
            if let Ok(place) = decode(&text) {
                prop_assert_eq!(decode(&encode(&place)), Ok(place));
            }
        }
    }
}
