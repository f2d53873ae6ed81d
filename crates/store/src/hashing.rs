//! Digests and checksums of a body as it streams in, computed off the socket's task: MD5 is the slowest thing a PUT
//! does, so it runs beside the socket and the disk, one piece behind.

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest as CrcDigest};
use domain::{Checksum, ChecksumAlgorithm, Error};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;
use tokio::task::JoinHandle;

use crate::pieces::PIECE_BYTES;

/// Bytes handed to the blocking pool at once; smaller bodies are hashed where they are.
const HANDOVER_BYTES: usize = PIECE_BYTES;

/// What a body hashed to.
pub(crate) struct Digests {
    pub(crate) md5: [u8; 16],
    /// The payload's SHA-256, when it was signed.
    pub(crate) sha256: Option<[u8; 32]>,
    pub(crate) checksums: Vec<Checksum>,
}

struct Hashers {
    md5: Md5,
    sha256: Option<Sha256>,
    checksums: Vec<(ChecksumAlgorithm, ChecksumHasher)>,
}

enum ChecksumHasher {
    Crc(CrcDigest),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl ChecksumHasher {
    fn new(algorithm: ChecksumAlgorithm) -> Self {
        match (algorithm, crc_of(algorithm)) {
            (_, Some(crc)) => Self::Crc(CrcDigest::new(crc)),
            (ChecksumAlgorithm::Sha1, None) => Self::Sha1(Sha1::new()),
            (_, None) => Self::Sha256(Sha256::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc(digest) => digest.update(bytes),
            Self::Sha1(digest) => digest.update(bytes),
            Self::Sha256(digest) => digest.update(bytes),
        }
    }

    fn finish(self, algorithm: ChecksumAlgorithm) -> Vec<u8> {
        match self {
            Self::Crc(digest) => {
                let value = digest.finalize().to_be_bytes();
                value[value.len() - algorithm.value_bytes()..].to_vec()
            }
            Self::Sha1(digest) => digest.finalize().to_vec(),
            Self::Sha256(digest) => digest.finalize().to_vec(),
        }
    }
}

impl Hashers {
    fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
        for (_, hasher) in &mut self.checksums {
            hasher.update(bytes);
        }
    }
}

/// Takes a body piece by piece; holds at most two handovers of it.
pub(crate) struct HashPipe {
    state: State,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
}

enum State {
    Here(Box<Hashers>),
    Away(JoinHandle<Box<Hashers>>),
    Lost,
}

impl HashPipe {
    /// Begins a body: always MD5, SHA-256 when the payload hash was signed, and each of `checksums`.
    pub(crate) fn new(payload_sha256: bool, checksums: &[ChecksumAlgorithm]) -> Self {
        let mut wanted = checksums.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let hashers = Hashers {
            md5: Md5::new(),
            sha256: payload_sha256.then(Sha256::new),
            checksums: wanted.into_iter().map(|a| (a, ChecksumHasher::new(a))).collect(),
        };
        Self { state: State::Here(Box::new(hashers)), waiting: Vec::new(), waiting_bytes: 0 }
    }

    /// Takes a piece; waits only while two handovers are behind.
    pub(crate) async fn push(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.waiting_bytes += bytes.len();
        self.waiting.push(bytes);
        if self.waiting_bytes >= HANDOVER_BYTES {
            let mut hashers = self.take().await?;
            let pieces = std::mem::take(&mut self.waiting);
            self.waiting_bytes = 0;
            self.state = State::Away(tokio::task::spawn_blocking(move || {
                pieces.iter().for_each(|piece| hashers.update(piece));
                hashers
            }));
        }
        Ok(())
    }

    /// Ends the body.
    pub(crate) async fn finish(mut self) -> Result<Digests, Error> {
        let mut hashers = self.take().await?;
        self.waiting.iter().for_each(|piece| hashers.update(piece));
        let checksums = hashers.checksums.into_iter();
        Ok(Digests {
            md5: hashers.md5.finalize().into(),
            sha256: hashers.sha256.map(|s| s.finalize().into()),
            checksums: checksums.filter_map(|(a, hasher)| Checksum::new(a, hasher.finish(a))).collect(),
        })
    }

    async fn take(&mut self) -> Result<Box<Hashers>, Error> {
        match std::mem::replace(&mut self.state, State::Lost) {
            State::Here(hashers) => Ok(hashers),
            State::Away(task) => task.await.map_err(Error::internal),
            State::Lost => Err(Error::internal("a hash was lost")),
        }
    }
}

/// The checksum of parts' checksums, which are given one after the other.
///
/// Spec: Amazon S3 user guide, checking object integrity, composite checksums.
pub(crate) fn composite(algorithm: ChecksumAlgorithm, values: &[u8]) -> Vec<u8> {
    let mut hasher = ChecksumHasher::new(algorithm);
    hasher.update(values);
    hasher.finish(algorithm)
}

/// The CRC of a whole from those of its parts and their sizes in bytes; `None` for what is no CRC.
pub(crate) fn combined(algorithm: ChecksumAlgorithm, parts: &[(&[u8], u64)]) -> Option<Vec<u8>> {
    let crc = crc_of(algorithm)?;
    let number = |value: &[u8]| value.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let parts = parts.iter().map(|(value, size)| (number(value), *size));
    let (whole, _) = parts.reduce(|(a, size_a), (b, size_b)| {
        (crc_fast::checksum_combine(crc, a, b, size_b), size_a + size_b)
    })?;
    Some(whole.to_be_bytes()[8 - algorithm.value_bytes()..].to_vec())
}

const fn crc_of(algorithm: ChecksumAlgorithm) -> Option<CrcAlgorithm> {
    match algorithm {
        ChecksumAlgorithm::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
        ChecksumAlgorithm::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
        ChecksumAlgorithm::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
        ChecksumAlgorithm::Sha1 | ChecksumAlgorithm::Sha256 => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the algorithms' own definitions, for the text `123456789`.
    #[tokio::test]
    async fn published_check_values() {
        let mut pipe = HashPipe::new(true, &ChecksumAlgorithm::ALL);
        for piece in ["1234", "", "56789"] {
            pipe.push(Bytes::from(piece)).await.expect("hashes");
        }
        let digests = pipe.finish().await.expect("hashes");
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(hex(&digests.md5), "25f9e794323b453885f5181f1b624d0b");
        let sha256 = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";
        assert_eq!(digests.sha256.map(|d| hex(&d)), Some(sha256.to_owned()));
        let values: Vec<String> = digests.checksums.iter().map(|c| hex(c.value())).collect();
        let expected =
            ["cbf43926", "e3069283", "ae8b14860a799888", "f7c3bc1d808e04732adf679965ccc34ca7ae3441", sha256];
        assert_eq!(values, expected);
    }

    #[tokio::test]
    async fn large_bodies_hash_as_one() {
        let body: Vec<u8> = (0..1_000_003_u32).map(|n| n as u8).collect();
        let mut whole = HashPipe::new(false, &[]);
        whole.push(Bytes::from(body.clone())).await.expect("hashes");
        let mut pieces = HashPipe::new(false, &[]);
        for piece in body.chunks(77_777) {
            pieces.push(Bytes::copy_from_slice(piece)).await.expect("hashes");
        }
        let (whole, pieces) = (whole.finish().await.expect("hashes"), pieces.finish().await.expect("hashes"));
        assert_eq!(whole.md5, pieces.md5);
        assert_eq!(whole.md5, <[u8; 16]>::from(Md5::digest(&body)));
    }

    #[tokio::test]
    async fn crcs_of_parts_combine_to_that_of_the_whole() {
        let body: Vec<u8> = (0..10_007_u32).map(|n| (n * n) as u8).collect();
        let hash = async |bytes: &[u8]| {
            let mut pipe = HashPipe::new(false, &ChecksumAlgorithm::ALL);
            pipe.push(Bytes::copy_from_slice(bytes)).await.expect("hashes");
            pipe.finish().await.expect("hashes").checksums
        };
        let whole = hash(&body).await;
        let mut parts = Vec::new();
        for part in [&body[..1], &body[1..1], &body[1..6_000], &body[6_000..]] {
            parts.push((hash(part).await, part.len() as u64));
        }
        for (n, expected) in whole.iter().enumerate() {
            let values: Vec<_> =
                parts.iter().map(|(checksums, size)| (checksums[n].value(), *size)).collect();
            let algorithm = expected.algorithm();
            match combined(algorithm, &values) {
                Some(value) => assert_eq!(value, expected.value(), "{algorithm:?}"),
                None => assert!(crc_of(algorithm).is_none()),
            }
            let joined: Vec<u8> = values.iter().flat_map(|(value, _)| value.to_vec()).collect();
            assert_eq!(composite(algorithm, &joined), hash(&joined).await[n].value(), "{algorithm:?}");
        }
    }
}
