//! Incremental migration (Sippy): where a bucket's missing objects are to be fetched from. Fetching is for others.

use std::fmt;

/// Where objects come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SippyProvider {
    /// Amazon S3.
    Aws,
    /// Google Cloud Storage.
    Gcs,
    /// Another server with S3's API.
    S3,
    /// Azure Blob Storage.
    Azure,
}

/// A bucket's migration, without its secrets.
///
/// Spec: Cloudflare API, R2, Sippy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sippy {
    /// Where objects come from.
    pub provider: SippyProvider,
    /// The region there (AWS).
    pub region: Option<String>,
    /// The bucket there (AWS, GCS, S3).
    pub bucket: Option<String>,
    /// The bucket's URL there (S3).
    pub bucket_url: Option<String>,
    /// The container there (Azure).
    pub container: Option<String>,
    /// Who one is there: an access key id (AWS, S3), a client's e-mail (GCS), an account's name (Azure).
    pub identity: String,
    /// The access key id that objects are stored with here.
    pub access_key_id: String,
}

/// The secrets of a migration.
#[derive(Clone, PartialEq, Eq)]
pub struct SippySecrets {
    /// The secret of the identity there.
    pub source: String,
    /// Whether that is a shared access signature (Azure) and no key.
    pub is_sas_token: bool,
    /// The secret access key here.
    pub destination: String,
}

impl fmt::Debug for SippySecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SippySecrets(hidden)")
    }
}
