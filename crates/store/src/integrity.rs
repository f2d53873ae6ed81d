//! What a client promises about a body, and whether the body kept it.

use bytes::Bytes;
use domain::error::BodyFault;
use domain::{Checksum, ChecksumAlgorithm, Error};

use crate::hashing::{Digests, HashPipe};

/// What a body must hash to.
#[derive(Clone, Debug, Default)]
pub struct Integrity {
    /// Content-MD5.
    pub md5: Option<[u8; 16]>,
    /// The signed SHA-256 of the payload.
    pub payload_sha256: Option<[u8; 32]>,
    /// Checksums whose values are known beforehand.
    pub checksums: Vec<Checksum>,
    /// Checksums whose values come after the body, or that are to be computed and kept anyway.
    pub algorithms: Vec<ChecksumAlgorithm>,
}

impl Integrity {
    pub(crate) fn hash(&self) -> HashPipe {
        let mut algorithms = self.algorithms.clone();
        algorithms.extend(self.checksums.iter().map(Checksum::algorithm));
        HashPipe::new(self.payload_sha256.is_some(), &algorithms)
    }

    /// Verifies a document that was read whole, such as the XML of a request.
    ///
    /// # Errors
    /// [`Error::PayloadHashMismatch`], [`Error::BadMd5`], [`Error::BadChecksum`], [`Error::MalformedBody`].
    pub async fn verify_document(&self, document: &Bytes, trailing: &[Checksum]) -> Result<(), Error> {
        let mut hash = self.hash();
        hash.push(document.clone()).await?;
        self.verify(&hash.finish().await?, trailing)
    }

    pub(crate) fn verify(&self, digests: &Digests, trailing: &[Checksum]) -> Result<(), Error> {
        if let Some(signed) = self.payload_sha256 {
            let actual = digests.sha256.ok_or_else(|| Error::internal("no payload hash"))?;
            if actual != signed {
                return Err(Error::PayloadHashMismatch { signed: hex(&signed), actual: hex(&actual) });
            }
        }
        if let Some(expected) = self.md5.filter(|md5| *md5 != digests.md5) {
            return Err(Error::BadMd5 { expected: hex(&expected), actual: hex(&digests.md5) });
        }
        for expected in self.checksums.iter().chain(trailing) {
            let algorithm = expected.algorithm();
            let actual = digests.checksums.iter().find(|c| c.algorithm() == algorithm);
            let actual = actual.ok_or_else(|| {
                // one that nobody announced cannot be computed any more, and is not believed
                Error::MalformedBody(BodyFault::Trailer(format!("unexpected {}", algorithm.header())))
            })?;
            if actual != expected {
                let (expected, actual) = (expected.to_base64(), actual.to_base64());
                return Err(Error::BadChecksum { algorithm, expected, actual });
            }
        }
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
