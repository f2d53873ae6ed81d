//! Byte ranges: what a client may ask for, and what that means for an object of a given size.

use crate::error::Error;

/// A range as asked for, before the object's size is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeRequest {
    /// `bytes=a-b`, both inclusive.
    FromTo(u64, u64),
    /// `bytes=a-`.
    From(u64),
    /// `bytes=-n`: the last `n` bytes.
    Suffix(u64),
}

/// Bytes `start..end` of an object, `end` exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

impl ByteRange {
    /// The whole of an object.
    #[must_use]
    pub const fn whole(size: u64) -> Self {
        Self { start: 0, end: size }
    }

    /// Number of bytes.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it holds no byte.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl RangeRequest {
    /// Resolves the request against an object's size in bytes; the end is cut to the object.
    ///
    /// # Errors
    /// [`Error::InvalidRange`] when no byte of the object is asked for.
    ///
    /// Spec: RFC 9110, section 14.1.2. Observed: R2, 2026-06-11 (any range on an empty object is 416).
    pub fn resolve(self, size: u64) -> Result<ByteRange, Error> {
        let range = match self {
            Self::FromTo(start, last) => ByteRange { start, end: last.saturating_add(1).min(size) },
            Self::From(start) => ByteRange { start, end: size },
            Self::Suffix(n) => ByteRange { start: size.saturating_sub(n), end: size },
        };
        if range.start < range.end { Ok(range) } else { Err(Error::InvalidRange { size }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_resolve_against_the_size() {
        let table = [
            (RangeRequest::FromTo(0, 0), 10, Some((0, 1))),
            (RangeRequest::FromTo(2, 99), 10, Some((2, 10))),
            (RangeRequest::FromTo(10, 11), 10, None),
            (RangeRequest::FromTo(0, u64::MAX), 10, Some((0, 10))),
            (RangeRequest::From(9), 10, Some((9, 10))),
            (RangeRequest::From(10), 10, None),
            (RangeRequest::Suffix(3), 10, Some((7, 10))),
            (RangeRequest::Suffix(99), 10, Some((0, 10))),
            (RangeRequest::Suffix(0), 10, None),
            (RangeRequest::From(0), 0, None),
            (RangeRequest::Suffix(1), 0, None),
        ];
        for (request, size, expected) in table {
            let resolved = request.resolve(size).ok().map(|r| (r.start, r.end));
            assert_eq!(resolved, expected, "{request:?} of {size}");
        }
    }
}
