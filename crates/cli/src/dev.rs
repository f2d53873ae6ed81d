//! `larder dev`: starts the development server and prints what a person pastes next.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use domain::Clock as _;
use server::SystemClock;
use server::config::PublicUrl;
use server::dev::{self, Dev};
use sigv4::sign::{PresignRequest, presign};

use crate::terminal::say;
use crate::{log, run};

/// How long the printed URL is valid.
const EXPIRES_S: u32 = 3_600;
const KEY: &str = "hello.txt";

pub(crate) async fn run(
    data: PathBuf,
    listen: SocketAddr,
    hosts: Vec<String>,
    public_urls: Vec<PublicUrl>,
) -> Result<()> {
    log::start();
    let dev = dev::open(&data, listen, &hosts, &public_urls).await?;
    run::end_on_signals(dev.server.stop_handle())?;
    say(&welcome(&dev));
    say("ready\n");
    dev.server.run().await;
    Ok(())
}

fn welcome(dev: &Dev) -> String {
    let endpoint = &dev.endpoint;
    let key = &dev.token.key;
    let upload = presigned(dev, "PUT");
    let download = presigned(dev, "GET");
    format!(
        "\
# For .env
R2_ENDPOINT={endpoint}
R2_ACCOUNT_ID={account}
R2_ACCESS_KEY_ID={id}
R2_SECRET_ACCESS_KEY={secret}
R2_BUCKET={bucket}

# For wrangler and Cloudflare's SDKs (the latter read CLOUDFLARE_BASE_URL)
CLOUDFLARE_API_BASE_URL={endpoint}/client/v4
CLOUDFLARE_ACCOUNT_ID={account}
{api_token}
# An upload to try, valid for {minutes} minutes; then read it back
curl -X PUT -H 'Content-Type: text/plain' --data-binary 'Hello from Larder' '{upload}'
curl '{download}'

# Credentials are kept in {credentials}
",
        account = dev.server.store().account(),
        id = key.id,
        secret = key.secret.expose(),
        bucket = dev::BUCKET,
        api_token = api_token(dev),
        minutes = EXPIRES_S / 60,
        credentials = dev.credentials.display(),
    )
}

/// A credentials file that somebody else wrote may have the hash of the token only.
fn api_token(dev: &Dev) -> String {
    dev.token.value.as_ref().map(|value| format!("CLOUDFLARE_API_TOKEN={value}\n")).unwrap_or_default()
}

fn presigned(dev: &Dev, method: &str) -> String {
    let endpoint = &dev.endpoint;
    let path = format!("/{}/{KEY}", dev::BUCKET);
    let query = presign(&PresignRequest {
        method,
        host: endpoint.split_once("://").map_or(endpoint, |(_, host)| host),
        path: &path,
        query: &[],
        headers: &[],
        region: "auto",
        access_key_id: &dev.token.key.id,
        secret: dev.token.key.secret.expose(),
        date_s: SystemClock.now().as_seconds(),
        expires_s: EXPIRES_S,
        session_token: None,
    });
    format!("{endpoint}{path}?{query}")
}
