//! Why an aws-chunked body is refused, by what a door answers.

/// Why an aws-chunked body is refused. `Display` is for the log and for hints; codes are the door's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// The framing is not what the specification says.
    #[error("malformed aws-chunked framing: {what}")]
    Malformed {
        /// What was wrong, in a few words.
        what: &'static str,
    },
    /// A framing line or the trailers exceed their bound.
    #[error("aws-chunked framing line or trailers too long")]
    TooLong,
    /// A chunk's or the trailers' signature does not match.
    #[error("the signature of a chunk or of the trailers does not match")]
    SignatureMismatch,
    /// The content is longer or shorter than `x-amz-decoded-content-length`.
    #[error("decoded {got} bytes where {expected} were announced")]
    LengthMismatch {
        /// Bytes announced.
        expected: u64,
        /// Bytes that came, or that the latest chunk would make.
        got: u64,
    },
    /// The body ended before its last chunk and trailers.
    #[error("the body ended before its final chunk")]
    Truncated,
    /// A signed chunk before the last is under 8 KiB.
    ///
    /// Spec: Amazon S3 API, InvalidChunkSizeError.
    #[error("only the last chunk may have fewer than 8192 bytes, one has {size}")]
    TooSmallChunk {
        /// Its size in bytes.
        size: u64,
    },
    /// A declared trailer did not come.
    #[error("the trailer {name} was declared and did not come")]
    TrailerMissing {
        /// Its lower-case name.
        name: String,
    },
    /// A trailer came that was not declared, or came twice.
    #[error("the trailer {name} was not declared, or came twice")]
    TrailerUnexpected {
        /// Its lower-case name.
        name: String,
    },
}
