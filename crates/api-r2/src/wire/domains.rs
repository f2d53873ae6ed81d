//! Custom domains, and the managed one.
//!
//! Spec: Cloudflare API, R2, domains.

use domain::{CustomDomain, DomainName, MinTls};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most ciphers of a domain.
const CIPHERS_MAX: usize = 100;
/// Most bytes of a cipher's name.
const CIPHER_MAX_BYTES: usize = 64;
/// Characters of a zone's id.
const ZONE_ID_CHARS: usize = 32;

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TlsVersion {
    /// 1.0.
    #[serde(rename = "1.0")]
    V1_0,
    /// 1.1.
    #[serde(rename = "1.1")]
    V1_1,
    /// 1.2.
    #[serde(rename = "1.2")]
    V1_2,
    /// 1.3.
    #[serde(rename = "1.3")]
    V1_3,
}

impl From<MinTls> for TlsVersion {
    fn from(version: MinTls) -> Self {
        match version {
            MinTls::V1_0 => Self::V1_0,
            MinTls::V1_1 => Self::V1_1,
            MinTls::V1_2 => Self::V1_2,
            MinTls::V1_3 => Self::V1_3,
        }
    }
}

impl From<TlsVersion> for MinTls {
    fn from(version: TlsVersion) -> Self {
        match version {
            TlsVersion::V1_0 => Self::V1_0,
            TlsVersion::V1_1 => Self::V1_1,
            TlsVersion::V1_2 => Self::V1_2,
            TlsVersion::V1_3 => Self::V1_3,
        }
    }
}

/// A domain to be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewDomain {
    /// Its name.
    #[schemars(regex(
        pattern = r"^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$"
    ))]
    pub domain: String,
    /// The zone that it is in, 32 hexadecimal characters.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    pub zone_id: String,
    /// Whether the bucket is to be reached there.
    pub enabled: bool,
    /// The lowest version of TLS; 1.0 when absent.
    #[serde(default, rename = "minTLS")]
    pub min_tls: Option<TlsVersion>,
    /// Names of ciphers; any when absent.
    #[serde(default)]
    pub ciphers: Option<Vec<String>>,
}

/// What is to change of a domain; what is absent stays.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangedDomain {
    /// Its name, which cannot change: wrangler sends it.
    #[serde(default)]
    pub domain: Option<String>,
    /// Whether the bucket is to be reached there.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// The lowest version of TLS.
    #[serde(default, rename = "minTLS")]
    pub min_tls: Option<TlsVersion>,
    /// Names of ciphers.
    #[serde(default)]
    pub ciphers: Option<Vec<String>>,
}

/// A domain as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CustomDomain")]
pub struct Domain {
    /// Its name.
    pub domain: String,
    /// Whether the bucket is to be reached there.
    pub enabled: bool,
    /// The lowest version of TLS.
    #[serde(rename = "minTLS")]
    pub min_tls: TlsVersion,
    /// Names of ciphers; none stands for any.
    pub ciphers: Vec<String>,
    /// The zone that it is in.
    pub zone_id: String,
    /// Its zone's name, if the zone is one of this server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone_name: Option<String>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// Where a domain stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "DomainStatus")]
pub struct Status {
    /// `unknown`, always: nobody asks the domain's name servers.
    pub ownership: Unknown,
    /// `unknown`, always: certificates are the proxy's.
    pub ssl: Unknown,
}

/// What is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Unknown {
    /// It is not known.
    Unknown,
}

/// A bucket's domains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Domains {
    /// In the order in which they came.
    pub domains: Vec<Domain>,
}

/// A domain that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RemovedDomain {
    /// Its name.
    pub domain: String,
}

/// The managed domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManagedDomain {
    /// 32 hexadecimal characters.
    pub bucket_id: String,
    /// Its name.
    pub domain: String,
    /// Whether the bucket is to be reached there.
    pub enabled: bool,
}

impl NewDomain {
    /// Checks it.
    ///
    /// # Errors
    /// Where in the document a fault is, and how to mend it.
    pub fn check(self) -> Result<CustomDomain, (&'static str, String)> {
        let name = DomainName::parse(&self.domain).ok_or_else(|| ("/domain", not_a_name()))?;
        let is_id =
            self.zone_id.len() == ZONE_ID_CHARS && self.zone_id.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_id {
            let text = "A zone's id has 32 hexadecimal characters; GET /zones?name= shows it.";
            return Err(("/zoneId", text.to_owned()));
        }
        let ciphers = self.ciphers.unwrap_or_default();
        check_ciphers(&ciphers)?;
        let min_tls = self.min_tls.map(MinTls::from).unwrap_or_default();
        Ok(CustomDomain { name, enabled: self.enabled, zone_id: self.zone_id, min_tls, ciphers })
    }
}

/// How a domain is written.
#[must_use]
pub fn not_a_name() -> String {
    "A domain is a name as files.example.com: no scheme, no port, no wildcard.".to_owned()
}

/// Checks names of ciphers.
///
/// # Errors
/// As [`NewDomain::check`].
pub fn check_ciphers(ciphers: &[String]) -> Result<(), (&'static str, String)> {
    let is_name = |text: &String| {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        plain && (1..=CIPHER_MAX_BYTES).contains(&text.len())
    };
    if ciphers.len() <= CIPHERS_MAX && ciphers.iter().all(is_name) {
        return Ok(());
    }
    let text =
        format!("There are at most {CIPHERS_MAX} ciphers, each a name as ECDHE-RSA-AES128-GCM-SHA256.");
    Err(("/ciphers", text))
}

impl From<&CustomDomain> for Domain {
    fn from(domain: &CustomDomain) -> Self {
        Self {
            domain: domain.name.to_string(),
            enabled: domain.enabled,
            min_tls: domain.min_tls.into(),
            ciphers: domain.ciphers.clone(),
            zone_id: domain.zone_id.clone(),
            zone_name: None,
            status: None,
        }
    }
}
