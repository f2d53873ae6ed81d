//! One TOML file, each key overridable by one environment name, checked into types once.
//!
//! Raw text first, then [`Config`]: what the server runs on has no unparsed value left. The table of keys in
//! `config/keys.rs` is the single list that decides what is known, what it defaults to, and what `docs/config.md` says.

mod keys;
mod public_url;
mod units;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api_s3::StrictR2;
use domain::rate_limit::RATE_MAX;
use domain::{AccountId, BucketName, IpRange, RateLimit};
use store::{AuditSettings, KeyRates};

use crate::{EncryptionKeys, StartError, encryption_keys};
pub use keys::{KEYS, Key, reference};
pub use public_url::PublicUrl;
pub use units::{parse_duration, parse_size};

/// Most names that a server may have: a wrong signature is held against each, and against those below it.
pub const HOSTS_MAX: usize = 10;

/// Most ranges of addresses of proxies: a request's connection is held against each.
const TRUSTED_PROXIES_MAX: usize = 100;

/// A checked configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Names that the server answers to, with a port where clients must name it; those of its public URLs are among them.
    pub hosts: Vec<String>,
    /// The file of tokens.
    pub credentials: PathBuf,
    /// The keys that bodies are encrypted with; without any they are stored as they are.
    pub encryption_keys: Option<EncryptionKeys>,
    /// The account of a new data folder; a random one when absent.
    pub account_id: Option<AccountId>,
    /// Where R2's behaviour holds to the letter.
    pub strict_r2: StrictR2,
    /// Who is believed when it says whose request it passes on.
    pub trusted_proxies: Vec<IpRange>,
    /// Bodies up to this many bytes ride in the commit log.
    pub inline_max_bytes: u64,
    /// Bytes of bodies that may wait in memory for their commit.
    pub upload_memory_bytes: u64,
    /// Bytes of the index's cache.
    pub index_cache_bytes: u64,
    /// Bytes of one log segment.
    pub segment_bytes: u64,
    /// Free bytes that uploads leave alone.
    pub reserve_free_bytes: u64,
    /// What of the audit log is kept.
    pub audit: AuditSettings,
    /// The limits of access keys on requests.
    pub key_rates: KeyRates,
    /// Most connections at a time.
    pub connections_max: usize,
    /// How long a request's body may pause.
    pub body_idle: Duration,
}

/// Values as text, before they are checked.
#[derive(Debug, Default)]
struct Raw(BTreeMap<&'static str, Value>);

#[derive(Debug)]
enum Value {
    Text(String),
    List(Vec<String>),
}

impl Config {
    /// Reads a file and the environment.
    ///
    /// # Errors
    /// [`StartError::Config`].
    pub fn read(file: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        let place = file.display().to_string();
        let text =
            std::fs::read_to_string(file).map_err(|error| StartError::config(&place, error.to_string()))?;
        Self::parse(&text, environment).map_err(|error| match error {
            StartError::Config { place: key, what } => StartError::config(format!("{place}: {key}"), what),
            other => other,
        })
    }

    /// Parses a file's text, the environment's values over it.
    ///
    /// # Errors
    /// [`StartError::Config`] that names the key.
    pub fn parse(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        let mut raw = Raw::from_toml(text)?;
        for key in KEYS {
            if let Some(value) = environment(&key.environment()) {
                raw.0.insert(key.name, Value::Text(value));
            }
        }
        let mut config = raw.check()?;
        if let Some(lines) = environment(encryption_keys::LINES) {
            if config.encryption_keys.is_some() {
                let what =
                    format!("names a file while {} holds keys; only one can count", encryption_keys::LINES);
                return Err(StartError::config("encryption_keys", what));
            }
            config.encryption_keys = Some(EncryptionKeys::Lines(lines));
        }
        Ok(config)
    }
}

impl Raw {
    fn from_toml(text: &str) -> Result<Self, StartError> {
        let table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| StartError::config("TOML", error.to_string()))?;
        let mut raw = Self::default();
        for (name, value) in &table {
            let key = KEYS.iter().find(|key| key.name == name).ok_or_else(|| {
                let known: Vec<_> = KEYS.iter().map(|key| key.name).collect();
                StartError::config(name, format!("is no key; the keys are {}", known.join(", ")))
            })?;
            raw.0.insert(key.name, plain(name, value)?);
        }
        Ok(raw)
    }

    fn check(&self) -> Result<Config, StartError> {
        Ok(Config {
            data: PathBuf::from(self.required("data")?),
            listen: self.parsed("listen", |text| {
                text.parse().map_err(|_| "is no address with a port, such as 0.0.0.0:9000".to_owned())
            })?,
            hosts: self.hosts()?,
            credentials: PathBuf::from(self.required("credentials")?),
            encryption_keys: self.text("encryption_keys").map(|path| EncryptionKeys::File(path.into())),
            account_id: self.account_id()?,
            strict_r2: self.strict_r2()?,
            trusted_proxies: self.trusted_proxies()?,
            inline_max_bytes: self.size("inline_max", 0, meta::engine::BODY_MAX_BYTES)?,
            upload_memory_bytes: self.size("upload_memory", 1024 * 1024, u64::MAX)?,
            index_cache_bytes: self.size("index_cache", 1024 * 1024, u64::MAX)?,
            segment_bytes: self.size("segment", 32 * 1024 * 1024, 4 * 1024 * 1024 * 1024)?,
            reserve_free_bytes: self.size("reserve_free", 0, u64::MAX)?,
            audit: self.audit()?,
            key_rates: self.key_rates()?,
            connections_max: self.parsed("connections_max", |text| match text.parse() {
                Ok(count @ 1..=1_000_000) => Ok(count),
                _ => Err("is a number from 1 to 1000000".to_owned()),
            })?,
            body_idle: self.parsed("body_idle", parse_duration)?,
        })
    }

    /// Limits of keys: one without a name for each, others with an access key id before them.
    fn key_rates(&self) -> Result<KeyRates, StartError> {
        let mut rates = KeyRates::default();
        for item in self.list("key_rate") {
            let (id, text) =
                item.split_once('=').map_or((None, &*item), |(id, text)| (Some(id.trim()), text));
            let limit = RateLimit::parse(text).ok_or_else(|| {
                let what =
                    format!("{item:?} is no rate, such as 100/s, or 100/s burst 300, each 1 to {RATE_MAX}");
                StartError::config("key_rate", what)
            })?;
            let before = match id {
                None => rates.each.replace(limit),
                Some(id) => rates.of.insert(id.to_owned(), limit),
            };
            if before.is_some() {
                return Err(StartError::config("key_rate", format!("{item:?} is the second of its kind")));
            }
        }
        Ok(rates)
    }

    fn audit(&self) -> Result<AuditSettings, StartError> {
        const RETENTION_MIN: Duration = Duration::from_secs(60);
        const SIZE_MIN_BYTES: u64 = 1024 * 1024;
        Ok(AuditSettings {
            retention: self.parsed("audit_retention", |text| match parse_duration(text)? {
                retention if retention < RETENTION_MIN => Err("is less than a minute".to_owned()),
                retention => Ok(retention),
            })?,
            max_bytes: self.size("audit_size", SIZE_MIN_BYTES, u64::MAX)?,
            refusals: self
                .parsed("audit_refused", |text| text.parse().map_err(|_| "is true or false".to_owned()))?,
        })
    }

    fn hosts(&self) -> Result<Vec<String>, StartError> {
        let hosts = all_hosts("hosts", &self.list("hosts"), &self.public_urls()?)?;
        if hosts.is_empty() {
            let what = "names the host names that clients use, such as [\"files.example.com\"]; public_url does, too";
            return Err(StartError::config("hosts", what));
        }
        Ok(hosts)
    }

    fn public_urls(&self) -> Result<Vec<PublicUrl>, StartError> {
        let parse = |text: &String| {
            PublicUrl::parse(text)
                .map_err(|what| StartError::config("public_url", format!("{text:?} {what}")))
        };
        self.list("public_url").iter().map(parse).collect()
    }

    fn strict_r2(&self) -> Result<StrictR2, StartError> {
        let given = self.list("strict_r2");
        match given.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["true"] => return Ok(StrictR2::Everywhere),
            ["false"] | [] => return Ok(StrictR2::Nowhere),
            _ => {}
        }
        let parse = |text: &String| match BucketName::parse(text) {
            // these are meant as something else
            Ok(name) if !matches!(name.as_str(), "yes" | "off" | "true" | "false") => Ok(name),
            _ => {
                let what = format!("is true, false, or a list of buckets; {text:?} names none");
                Err(StartError::config("strict_r2", what))
            }
        };
        Ok(StrictR2::In(given.iter().map(parse).collect::<Result<_, _>>()?))
    }

    fn trusted_proxies(&self) -> Result<Vec<IpRange>, StartError> {
        let refused = |what| Err(StartError::config("trusted_proxies", what));
        let given = self.list("trusted_proxies");
        if given.len() > TRUSTED_PROXIES_MAX {
            return refused(format!("has {} items; {TRUSTED_PROXIES_MAX} are the most", given.len()));
        }
        let mut ranges = Vec::with_capacity(given.len());
        for text in &given {
            match IpRange::parse(text) {
                Some(range) if range.is_everything() => {
                    return refused(format!("{text:?} is everybody, and anybody can write a header"));
                }
                Some(range) => ranges.push(range),
                None => return refused(format!("{text:?} is no address and no range, such as 10.0.0.0/8")),
            }
        }
        Ok(ranges)
    }

    fn account_id(&self) -> Result<Option<AccountId>, StartError> {
        let Some(text) = self.text("account_id") else { return Ok(None) };
        let not_hex = |_| StartError::config("account_id", "is 32 lower-case hexadecimal characters");
        AccountId::parse(&text).map(Some).map_err(not_hex)
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name) {
            Some(Value::Text(text)) => Some(text.clone()),
            Some(Value::List(list)) => Some(list.join(",")),
            None => KEYS.iter().find(|key| key.name == name).and_then(|key| key.default).map(str::to_owned),
        }
        .filter(|text| !text.is_empty())
    }

    fn list(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::List(list)) => list.clone(),
            Some(Value::Text(text)) => text.split(',').map(|item| item.trim().to_owned()).collect(),
            None => Vec::new(),
        }
        .into_iter()
        .filter(|item| !item.is_empty())
        .collect()
    }

    fn required(&self, name: &str) -> Result<String, StartError> {
        self.text(name).ok_or_else(|| StartError::config(name, "is missing"))
    }

    fn parsed<T>(&self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, StartError> {
        let text = self.required(name)?;
        parse(&text).map_err(|what| StartError::config(name, format!("{text:?} {what}")))
    }

    fn size(&self, name: &str, min: u64, max: u64) -> Result<u64, StartError> {
        self.parsed(name, |text| match parse_size(text)? {
            bytes if bytes < min => Err(format!("is less than {min} bytes")),
            bytes if bytes > max => Err(format!("is more than {max} bytes")),
            bytes => Ok(bytes),
        })
    }
}

/// The names of a server, those of its public URLs among them, in lower case and each once.
///
/// # Errors
/// [`StartError::Config`] under the name of the key or flag: for what is no host name, since it would match no request, and
/// for too many.
pub(crate) fn all_hosts(
    place: &str,
    hosts: &[String],
    public_urls: &[PublicUrl],
) -> Result<Vec<String>, StartError> {
    if let Some(wrong) = hosts.iter().find(|host| !is_host(host)) {
        let what = format!(
            "{wrong:?} is no host name; it has neither scheme nor path nor wildcard (buckets below a name are found): \
             files.example.com, or localhost:9000"
        );
        return Err(StartError::config(place, what));
    }
    let mut all: Vec<String> = Vec::new();
    for host in hosts.iter().map(String::as_str).chain(public_urls.iter().map(PublicUrl::host)) {
        let host = host.to_ascii_lowercase();
        if !all.contains(&host) {
            all.push(host);
        }
    }
    if all.len() > HOSTS_MAX {
        let what = format!("has {} names with those of public_url; {HOSTS_MAX} are the most", all.len());
        return Err(StartError::config(place, what));
    }
    Ok(all)
}

fn is_host(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
}

fn plain(name: &str, value: &toml::Value) -> Result<Value, StartError> {
    use toml::Value as T;
    let scalar = |value: &T| match value {
        T::String(text) => Some(text.clone()),
        T::Integer(number) => Some(number.to_string()),
        T::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    };
    let found = match value {
        T::Array(items) => items.iter().map(scalar).collect::<Option<Vec<_>>>().map(Value::List),
        other => scalar(other).map(Value::Text),
    };
    found.ok_or_else(|| StartError::config(name, "is a text, a number, true or false, or a list of texts"))
}

#[cfg(test)]
mod tests;
