//! Table `a`: the one account of the store, made at first start.

use bytes::Bytes;
use domain::AccountId;

use super::codec::{Damaged, Decoder, Encoder};

const TABLE: &str = "account";
const VERSION: u8 = 1;

/// The row's key.
#[must_use]
pub fn key() -> Vec<u8> {
    b"a".to_vec()
}

/// The row's value.
#[must_use]
pub fn encode(id: &AccountId) -> Bytes {
    Encoder::new(VERSION).short(id.as_str().as_bytes()).finish()
}

/// Reads the value.
///
/// # Errors
/// [`Damaged`].
pub fn decode(value: &[u8]) -> Result<AccountId, Damaged> {
    let mut decoder = Decoder::new(TABLE, VERSION, value)?;
    let text = decoder.short()?;
    let text = decoder.utf8(text)?;
    AccountId::parse(&text).map_err(|_| decoder.damaged("not an account id"))
}
