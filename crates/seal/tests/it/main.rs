//! Sealed bodies and wrapped keys: what was sealed opens, in any range and however it arrives; what was changed does not; and
//! the bytes are those of the format's description.

mod bodies;
mod bytes;
mod tampering;
mod wrapped_keys;

use domain::{ByteRange, Random};
use seal::{DataKey, Opener, SealError, Sealer};

const ID: [u8; 16] = *b"0123456789abcdef";

/// Bytes that count on from `first`, with a longer step now and then: no two chunks are alike.
struct Counting(u8);

impl Random for Counting {
    fn fill(&self, out: &mut [u8]) {
        out.iter_mut().zip(self.0..).for_each(|(byte, n)| *byte = n);
    }
}

fn key() -> DataKey {
    DataKey::new(&Counting(0))
}

fn body(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| (n / 251 + n) as u8).collect()
}

/// Seals a body that arrives in pieces of these lengths, over and over.
fn seal(key: &DataKey, plain: &[u8], pieces: &[usize]) -> Vec<u8> {
    let mut sealed = Vec::new();
    let mut sealer = Sealer::new(key, &ID);
    for piece in cut(plain, pieces) {
        sealer.push(piece, |bytes| sealed.extend_from_slice(bytes));
    }
    sealer.finish(|bytes| sealed.extend_from_slice(bytes));
    sealed
}

/// Opens a range; the second value is what was given out, also before an error.
fn open(
    key: &DataKey,
    sealed: &[u8],
    plain_bytes: usize,
    range: ByteRange,
    pieces: &[usize],
) -> (Result<(), SealError>, Vec<u8>) {
    let mut plain = Vec::new();
    let mut opener = Opener::new(key, &ID, plain_bytes as u64, range);
    let wanted = opener.sealed_range();
    let stored = &sealed[wanted.start as usize..sealed.len().min(wanted.end as usize)];
    for piece in cut(stored, pieces) {
        if let Err(error) = opener.push(piece, |bytes| plain.extend_from_slice(bytes)) {
            return (Err(error), plain);
        }
    }
    (opener.finish(), plain)
}

fn open_whole(key: &DataKey, sealed: &[u8], plain_bytes: usize) -> (Result<(), SealError>, Vec<u8>) {
    open(key, sealed, plain_bytes, ByteRange::whole(plain_bytes as u64), &[])
}

fn cut<'b>(mut bytes: &'b [u8], pieces: &[usize]) -> Vec<&'b [u8]> {
    let mut out = Vec::new();
    for piece in pieces.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (now, later) = bytes.split_at((*piece).clamp(1, bytes.len()));
        out.push(now);
        bytes = later;
    }
    if pieces.is_empty() {
        out.push(bytes);
    }
    out
}
