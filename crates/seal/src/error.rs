//! Why something sealed stays closed.

/// What did not open. Which of the two a failed tag means, a wrong key or damage, only the place can tell: a wrapped key is
/// tried first, so a body whose key did unwrap is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The bytes are no wrapped key.
    #[error("no wrapped key: {0}")]
    Malformed(&'static str),
    /// The wrapped key was made under another key, or is damaged.
    #[error("the data key does not unwrap: it was wrapped under another key, or is damaged")]
    WrongKey,
    /// A chunk is not what was sealed in its place: changed, moved, of another body, or not the last where the body ends.
    #[error("chunk {chunk} of the body does not open")]
    Damaged {
        /// Its number, from 0.
        chunk: u64,
    },
    /// Fewer or more bytes came than the range has.
    #[error("the sealed range is {expected} bytes, {given} came")]
    Length {
        /// Sealed bytes of the range.
        expected: u64,
        /// Bytes that came; one too many stands for any more.
        given: u64,
    },
}
