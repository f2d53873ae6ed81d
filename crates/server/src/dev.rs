//! The server of `larder dev`: no configuration, and everything an upload needs is there after the first start.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use api_s3::StrictR2;
use auth::{Caller, Scope};
use disk::LocalDisk;
use domain::{BucketName, CorsPolicy, CorsRule, Error};
use store::{AuditSettings, KeyRates};

use crate::config::{PublicUrl, all_hosts};
use crate::server::{Server, bind};
use crate::{Config, StartError, SystemRandom, Token, TokenFile, data_dir};

/// The bucket of the first start.
pub const BUCKET: &str = "user-uploads";
/// The origins that its CORS policy allows: where front-end tools serve pages in development.
pub const ORIGINS: [&str; 2] = ["http://localhost:3000", "http://localhost:5173"];

const CREDENTIALS: &str = "credentials.toml";
const CREDENTIALS_HEAD: &str =
    "# The credentials of this larder data folder. Whoever reads this file may do everything.\n\n";

/// A development server that listens.
pub struct Dev {
    /// The server.
    pub server: Server,
    /// The admin token.
    pub token: Token,
    /// Where credentials are kept.
    pub credentials: PathBuf,
    /// The URL that clients use: the first public one, or the address.
    pub endpoint: String,
}

/// Opens a development server; the first start makes credentials, the bucket and its policy.
///
/// # Errors
/// [`StartError`].
pub async fn open(
    data: &Path,
    listen: SocketAddr,
    more_hosts: &[String],
    public_urls: &[PublicUrl],
) -> Result<Dev, StartError> {
    let (listener, bound) = bind(listen).await?;
    let hosts = all_hosts("--host", &[&names(bound), more_hosts].concat(), public_urls)?;
    let disk = data_dir::open(data, &SystemRandom)?;
    let kept = kept_tokens(&disk, data)?;
    let is_first_start = kept.is_none();
    let tokens =
        kept.unwrap_or_else(|| TokenFile { tokens: vec![Token::new(&SystemRandom, "dev", Scope::admin())] });
    let config = config(data, bound, hosts);
    let server = Server::open_on(listener, disk.clone(), &config, &tokens).await?;
    if is_first_start {
        // the credentials file comes last: without it the next start is a first start again
        make_bucket(&server).await.map_err(|error| StartError::data(data, error))?;
        let blocks: String = tokens.tokens.iter().map(|token| token.to_toml(true)).collect();
        data_dir::write(&*disk, CREDENTIALS, &format!("{CREDENTIALS_HEAD}{blocks}"))
            .and_then(|()| data_dir::write(&*disk, ".gitignore", "*\n"))
            .map_err(|error| StartError::data(data, error))?;
    }
    let token = tokens.tokens.into_iter().next().expect("a token file holds a token");
    let endpoint = public_urls.first().map_or_else(|| endpoint(bound), ToString::to_string);
    Ok(Dev { server, token, credentials: config.credentials, endpoint })
}

fn kept_tokens(disk: &LocalDisk, data: &Path) -> Result<Option<TokenFile>, StartError> {
    let file = data.join(CREDENTIALS);
    let text = data_dir::read(disk, CREDENTIALS).map_err(|error| StartError::data(data, error))?;
    // the file is read again by its path, so that its mode is judged too
    text.map(|_| TokenFile::read(&file)).transpose()
}

/// The loopback's names.
fn names(bound: SocketAddr) -> [String; 3] {
    ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{}", bound.port()))
}

/// What a development server runs on: the defaults.
fn config(data: &Path, bound: SocketAddr, hosts: Vec<String>) -> Config {
    Config {
        data: data.to_owned(),
        listen: bound,
        hosts,
        credentials: data.join(CREDENTIALS),
        encryption_keys: None,
        account_id: None,
        strict_r2: StrictR2::Nowhere,
        trusted_proxies: Vec::new(),
        inline_max_bytes: 1024 * 1024,
        upload_memory_bytes: 32 * 1024 * 1024,
        index_cache_bytes: 16 * 1024 * 1024,
        segment_bytes: 64 * 1024 * 1024,
        reserve_free_bytes: 256 * 1024 * 1024,
        audit: AuditSettings::default(),
        key_rates: KeyRates::default(),
        connections_max: 4_096,
        body_idle: Duration::from_secs(60),
    }
}

async fn make_bucket(server: &Server) -> Result<(), Error> {
    let store = server.store();
    let name = BucketName::parse(BUCKET)?;
    match store.create_bucket(&Caller::System, &name, None).await {
        Ok(()) | Err(Error::BucketAlreadyOwnedByYou { .. }) => {}
        Err(error) => return Err(error),
    }
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    let rule = CorsRule {
        id: Some("local development".to_owned()),
        allowed_origins: texts(&ORIGINS),
        allowed_methods: texts(&["GET", "PUT", "POST", "DELETE", "HEAD"]),
        allowed_headers: texts(&["*"]),
        expose_headers: texts(&["ETag"]),
        max_age_seconds: Some(3_600),
    };
    store.put_bucket_cors(&Caller::System, &name, &CorsPolicy { rules: vec![rule] }).await
}

/// The address that a client on this machine connects to.
fn endpoint(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    format!("http://{ip}:{}", address.port())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use auth::SecretAccessKey;
    use domain::api_token::{PermissionGroup, TokenPolicy, TokenResource};
    use domain::{Clock as _, TokenSettings};

    use super::*;
    use crate::SystemClock;

    /// Every byte of every file of a folder.
    fn all_bytes(folder: &Path, out: &mut Vec<u8>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                all_bytes(&entry.path(), out);
            } else {
                std::io::Read::read_to_end(&mut std::fs::File::open(entry.path()).unwrap(), out).unwrap();
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_stored_tokens_secret_is_not_readable_in_the_data_folder() {
        let root = tempfile::tempdir().unwrap();
        let start = async || {
            let address = SocketAddr::from(([127, 0, 0, 1], 0));
            open(root.path(), address, &[], &[]).await.unwrap().server
        };
        let end = async |server: Server| {
            server.stop_handle().stop();
            server.run().await;
        };
        let server = start().await;
        let policy = TokenPolicy {
            groups: vec![PermissionGroup::StorageWrite],
            resources: vec![TokenResource::Account],
        };
        let settings =
            TokenSettings { name: "needle-name".into(), policies: vec![policy], ..TokenSettings::default() };
        let (token, value) = server.store().create_token(&Caller::System, settings).await.unwrap();
        let key = root.path().join("token-key");
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        end(server).await;
        let (mut bytes, secret) = (Vec::new(), SecretAccessKey::of_value(value.expose()));
        all_bytes(root.path(), &mut bytes);
        let has = |text: &str| memchr::memmem::find(&bytes, text.as_bytes()).is_some();
        assert!(has("needle-name") && has(&token.id), "it is in there");
        assert!(!has(value.expose()) && !has(secret.expose()));

        let server = start().await;
        let found = server.store().credentials().find(&token.id, SystemClock.now(), None).unwrap();
        assert!(found.usable().unwrap().secret.is(&secret), "after a restart");
        end(server).await;
        // the key is lost: the token is not good, and the server starts
        let other = "larder-token-key AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n";
        std::io::Write::write_all(&mut std::fs::File::create(&key).unwrap(), other.as_bytes()).unwrap();
        let server = start().await;
        assert!(server.store().credentials().find(&token.id, SystemClock.now(), None).is_none());
        assert_eq!(server.store().list_tokens(&Caller::System).await.unwrap(), [token]);
        end(server).await;
    }
}
