//! Incremental migration (Sippy). Secrets come in and never go out.
//!
//! Spec: Cloudflare API, R2, Sippy. Observed: wrangler 4.86, `r2 bucket sippy enable`.

use std::fmt;

use domain::{Sippy, SippyProvider, SippySecrets};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A secret; it has no text but for who asks by name.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// A migration to be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSippy {
    /// Where objects come from.
    pub source: NewSource,
    /// As whom they are stored here.
    pub destination: NewDestination,
}

/// Where objects come from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "provider", rename_all = "lowercase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[schemars(rename = "NewSippySource")]
pub enum NewSource {
    /// Amazon S3.
    Aws {
        /// The region.
        #[schemars(length(min = 1))]
        region: String,
        /// The bucket.
        #[schemars(length(min = 1))]
        bucket: String,
        /// The access key id.
        #[schemars(length(min = 1))]
        access_key_id: String,
        /// The secret access key.
        #[schemars(length(min = 1))]
        secret_access_key: Secret,
    },
    /// Google Cloud Storage.
    Gcs {
        /// The bucket.
        #[schemars(length(min = 1))]
        bucket: String,
        /// The service account's e-mail.
        #[schemars(length(min = 1))]
        client_email: String,
        /// Its private key, PEM.
        #[schemars(length(min = 1))]
        private_key: Secret,
    },
    /// Another server with S3's API.
    S3 {
        /// The bucket's URL, with its scheme.
        #[schemars(regex(pattern = r"^https?://"))]
        bucket_url: String,
        /// The bucket, when the URL does not name it.
        #[serde(default)]
        bucket: Option<String>,
        /// The access key id.
        #[schemars(length(min = 1))]
        access_key_id: String,
        /// The secret access key.
        #[schemars(length(min = 1))]
        secret_access_key: Secret,
    },
    /// Azure Blob Storage, with one of the two secrets.
    Azure {
        /// The account's name.
        #[schemars(length(min = 1))]
        account_name: String,
        /// The container.
        #[schemars(length(min = 1))]
        container: String,
        /// The account's key.
        #[serde(default)]
        account_key: Option<Secret>,
        /// A shared access signature.
        #[serde(default)]
        sas_token: Option<Secret>,
    },
}

/// As whom objects are stored here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "NewSippyDestination")]
pub struct NewDestination {
    /// `r2`.
    pub provider: DestinationProvider,
    /// The access key id.
    #[schemars(length(min = 1))]
    pub access_key_id: String,
    /// The secret access key.
    #[schemars(length(min = 1))]
    pub secret_access_key: Secret,
}

/// The one destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DestinationProvider {
    /// This server.
    R2,
}

/// A migration as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShownSippy {
    /// Whether there is one.
    pub enabled: bool,
    /// Where objects come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// As whom they are stored here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
}

/// Where objects come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SippySource")]
pub struct Source {
    /// `aws`, `gcs`, `s3` or `azure`.
    pub provider: String,
    /// The region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// The bucket's URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket_url: Option<String>,
    /// The container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
}

/// As whom objects are stored here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SippyDestination")]
pub struct Destination {
    /// `r2`.
    pub provider: DestinationProvider,
    /// The account's id.
    pub account: String,
    /// The bucket.
    pub bucket: String,
    /// The access key id.
    pub access_key_id: String,
}

impl NewSippy {
    /// Checks it, and takes its secrets out.
    ///
    /// # Errors
    /// Where in the document a fault is, and how to mend it.
    pub fn check(self) -> Result<(Sippy, SippySecrets), (&'static str, String)> {
        let (region, bucket, bucket_url, container) = (None, None, None, None);
        let access_key_id = self.destination.access_key_id;
        let of = |provider, identity: String| Sippy {
            provider,
            region,
            bucket,
            bucket_url,
            container,
            identity,
            access_key_id,
        };
        let mut is_sas_token = false;
        let (sippy, Secret(source)) = match self.source {
            NewSource::Aws { region, bucket, access_key_id, secret_access_key } => {
                let (region, bucket) = (Some(region), Some(bucket));
                (Sippy { region, bucket, ..of(SippyProvider::Aws, access_key_id) }, secret_access_key)
            }
            NewSource::Gcs { bucket, client_email, private_key } => {
                (Sippy { bucket: Some(bucket), ..of(SippyProvider::Gcs, client_email) }, private_key)
            }
            NewSource::S3 { bucket_url, bucket, access_key_id, secret_access_key } => {
                if !["https://", "http://"].iter().any(|scheme| bucket_url.starts_with(scheme)) {
                    let text = "bucketUrl begins with https:// or http://.";
                    return Err(("/source/bucketUrl", text.to_owned()));
                }
                let bucket_url = Some(bucket_url);
                (Sippy { bucket_url, bucket, ..of(SippyProvider::S3, access_key_id) }, secret_access_key)
            }
            NewSource::Azure { account_name, container, account_key, sas_token } => {
                is_sas_token = sas_token.is_some();
                let secret = match (account_key, sas_token) {
                    (Some(secret), None) | (None, Some(secret)) => secret,
                    _ => return Err(("/source", "Send one of accountKey and sasToken.".to_owned())),
                };
                let container = Some(container);
                (Sippy { container, ..of(SippyProvider::Azure, account_name) }, secret)
            }
        };
        let Secret(destination) = self.destination.secret_access_key;
        let secrets = SippySecrets { source, is_sas_token, destination };
        let given = [&sippy.region, &sippy.bucket, &sippy.container].into_iter().flatten();
        let needed = [&sippy.identity, &sippy.access_key_id, &secrets.source, &secrets.destination];
        if given.chain(needed).any(String::is_empty) {
            return Err(("", "No member may be an empty text.".to_owned()));
        }
        Ok((sippy, secrets))
    }
}

impl From<&Sippy> for Source {
    fn from(sippy: &Sippy) -> Self {
        let provider = match sippy.provider {
            SippyProvider::Aws => "aws",
            SippyProvider::Gcs => "gcs",
            SippyProvider::S3 => "s3",
            SippyProvider::Azure => "azure",
        };
        Self {
            provider: provider.to_owned(),
            region: sippy.region.clone(),
            bucket: sippy.bucket.clone(),
            bucket_url: sippy.bucket_url.clone(),
            container: sippy.container.clone(),
        }
    }
}
