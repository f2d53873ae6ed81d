//! What a request says about its body (`x-amz-content-sha256`). It does not see the body.

use crate::{Rejection, hex};

/// The literal for a body that the signature does not cover.
pub(crate) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
pub(crate) const STREAMING_SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
pub(crate) const STREAMING_SIGNED_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
pub(crate) const STREAMING_UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// How the body is protected, and whether it comes in aws-chunked framing.
///
/// Spec: Amazon S3 API, x-amz-content-sha256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadHash {
    /// The body is taken as it comes.
    Unsigned,
    /// The body must have this SHA-256; to be checked before anything becomes visible.
    Sha256([u8; 32]),
    /// aws-chunked, each chunk signed.
    StreamingSigned,
    /// aws-chunked, each chunk and the trailers signed.
    StreamingSignedTrailer,
    /// aws-chunked with trailers, unsigned.
    StreamingUnsignedTrailer,
}

impl PayloadHash {
    /// Reads the header's value. Hexadecimal may be in either letter case.
    ///
    /// # Errors
    /// [`Rejection::UnknownContentSha256`] for anything not in the list: an unknown framing must never be
    /// stored as if it were content.
    pub(crate) fn parse(text: &str) -> Result<Self, Rejection> {
        match text {
            UNSIGNED_PAYLOAD => Ok(Self::Unsigned),
            STREAMING_SIGNED => Ok(Self::StreamingSigned),
            STREAMING_SIGNED_TRAILER => Ok(Self::StreamingSignedTrailer),
            STREAMING_UNSIGNED_TRAILER => Ok(Self::StreamingUnsignedTrailer),
            _ => hex::decode_32(text.to_ascii_lowercase().as_bytes())
                .map(Self::Sha256)
                .ok_or_else(|| Rejection::UnknownContentSha256 { value: text.to_owned() }),
        }
    }

    /// Whether the body is in aws-chunked framing.
    pub fn is_streaming(&self) -> bool {
        match self {
            Self::StreamingSigned | Self::StreamingSignedTrailer | Self::StreamingUnsignedTrailer => true,
            Self::Unsigned | Self::Sha256(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_known_form() {
        let table = [
            ("UNSIGNED-PAYLOAD", PayloadHash::Unsigned, false),
            ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", PayloadHash::StreamingSigned, true),
            ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", PayloadHash::StreamingSignedTrailer, true),
            ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", PayloadHash::StreamingUnsignedTrailer, true),
            (&"ab".repeat(32), PayloadHash::Sha256([0xab; 32]), false),
            (&"AB".repeat(32), PayloadHash::Sha256([0xab; 32]), false),
        ];
        for (text, expected, streaming) in table {
            assert_eq!(PayloadHash::parse(text), Ok(expected));
            assert_eq!(expected.is_streaming(), streaming);
        }
    }

    #[test]
    fn refuses_unknown_markers() {
        for text in [
            "",
            "unsigned-payload",
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
            "STREAMING-UNSIGNED-PAYLOAD",
            "abc",
        ] {
            assert_eq!(
                PayloadHash::parse(text),
                Err(Rejection::UnknownContentSha256 { value: text.to_owned() })
            );
        }
    }
}
