//! Encrypted bodies: sealed in chunks that open on their own, under data keys kept wrapped. Pure: bytes in, bytes out.
//!
//! Each object or multipart upload has a random [`DataKey`]. It is stored only as a [`WrappedKey`], under a [`Kek`]: the key
//! that a customer sends with each request, or one of the server's [`Keyring`]. [`Sealer`] turns a body into what is stored,
//! [`Opener`] a range of that back into a range of the body. Where bodies and rows lie, and which key a request is to use, is
//! left to others. The bytes are those of `docs/formats/seal.md`.
#![warn(clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::indexing_slicing))]

mod body_cipher;
mod data_key;
mod error;
mod kek;
mod keyring;
mod layout;
mod opener;
mod sealer;
mod secret;
mod wrapped_key;

pub use data_key::DataKey;
pub use error::SealError;
pub use kek::{Kek, KeyId};
pub use keyring::{KeyFileError, Keyring};
pub use layout::{CHUNK_BYTES, sealed_len};
pub use opener::Opener;
pub use sealer::Sealer;
pub use wrapped_key::{WRAPPED_MAX_BYTES, WrappedKey};
