//! Table `r`: request limits of buckets, by bucket id.

use bytes::Bytes;
use domain::RateLimit;

use super::bucket::BucketId;
use super::codec::{Damaged, Decoder, Encoder};

const TABLE: &str = "rate limit";
const VERSION: u8 = 1;

/// The prefix of every row.
#[must_use]
pub fn table_prefix() -> Vec<u8> {
    b"r".to_vec()
}

/// The row's key.
#[must_use]
pub fn key(bucket: BucketId) -> Vec<u8> {
    [b"r".as_slice(), &bucket.0.to_be_bytes()].concat()
}

/// The row's value.
#[must_use]
pub fn encode(limit: RateLimit) -> Bytes {
    Encoder::new(VERSION).u64(limit.per_second().into()).u64(limit.burst().into()).finish()
}

/// Reads a row.
///
/// # Errors
/// [`Damaged`].
pub fn decode(value: &[u8]) -> Result<RateLimit, Damaged> {
    let mut decoder = Decoder::new(TABLE, VERSION, value)?;
    let mut number = || u32::try_from(decoder.u64()?).map_err(|_| decoder.damaged("number"));
    let (per_second, burst) = (number()?, number()?);
    RateLimit::new(per_second, burst).ok_or(decoder.damaged("limit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_row() {
        let limit = RateLimit::new(3, 258).unwrap();
        let value = encode(limit);
        assert_eq!(&value[..], b"\x01\x03\0\0\0\0\0\0\0\x02\x01\0\0\0\0\0\0");
        assert_eq!(decode(&value), Ok(limit));
        assert_eq!(&key(BucketId(1))[..], b"r\0\0\0\0\0\0\0\x01");
        for wrong in [&value[..16], b"\x01\0\0\0\0\0\0\0\0\x02\x01\0\0\0\0\0\0", b"\x02", b""] {
            assert!(decode(wrong).is_err());
        }
    }
}
