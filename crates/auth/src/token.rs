//! API tokens in use: when and from where one can be used, and the text of a new one.

use std::fmt;
use std::net::IpAddr;

use domain::{Random, Timestamp, TokenSettings, TokenStatus};

/// Characters of a value after its prefix.
const VALUE_CHARS: usize = 48;

/// Why a token cannot be used, though its secret is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It is switched off.
    Disabled,
    /// Its time is over.
    Expired(Timestamp),
    /// Its time has not come.
    NotYet(Timestamp),
    /// It may not be used from this address; `None` is one that is not known.
    Address(Option<IpAddr>),
}

/// Whether a token can be used at a moment and from an address: the connection's own, since any client can write another one
/// into a header.
///
/// # Errors
/// [`Unusable`].
pub fn usable(settings: &TokenSettings, now: Timestamp, peer: Option<IpAddr>) -> Result<(), Unusable> {
    match settings.status(now) {
        TokenStatus::Active => {}
        TokenStatus::Disabled => return Err(Unusable::Disabled),
        TokenStatus::Expired => return Err(Unusable::Expired(settings.expires.unwrap_or(now))),
        TokenStatus::NotYet => return Err(Unusable::NotYet(settings.not_before.unwrap_or(now))),
    }
    if settings.ip_in.is_empty() && settings.ip_not_in.is_empty() {
        return Ok(());
    }
    let is_among = |ranges: &[domain::IpRange], address| ranges.iter().any(|range| range.contains(address));
    let may = peer.is_some_and(|address| {
        (settings.ip_in.is_empty() || is_among(&settings.ip_in, address))
            && !is_among(&settings.ip_not_in, address)
    });
    if may { Ok(()) } else { Err(Unusable::Address(peer)) }
}

/// For the holder of the token, who has shown that he is.
impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str("This API token is disabled."),
            Self::Expired(at) => write!(f, "This API token expired at {at}."),
            Self::NotYet(at) => write!(f, "This API token is not valid before {at}."),
            Self::Address(Some(address)) => {
                write!(f, "This API token may not be used from {}, by its condition request_ip.", address.to_canonical())
            }
            Self::Address(None) => {
                f.write_str("This API token is bound to addresses by its condition request_ip, and that of the request is not known.")
            }
        }
    }
}

/// A new token's value: Cloudflare's prefix for account tokens and random characters, each equally likely.
///
/// Spec: Cloudflare docs, API token formats.
#[must_use]
pub fn new_value(random: &dyn Random) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    // bytes that would favour some are drawn again
    const FAIR: u8 = 62 * 4;
    let mut text = String::from("cfat_");
    let length = text.len() + VALUE_CHARS;
    while text.len() < length {
        let mut bytes = [0; 64];
        random.fill(&mut bytes);
        let fair = bytes.iter().filter(|byte| **byte < FAIR);
        text.extend(fair.map(|byte| char::from(ALPHABET[usize::from(byte % 62)])).take(length - text.len()));
    }
    text
}
