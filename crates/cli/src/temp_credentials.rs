//! `larder temp-credentials`: a temporary credential, signed offline with a key pair from the environment, or issued by a server
//! through the REST API.

use anyhow::{Context as _, Result, anyhow, ensure};
use auth::{Claims, Paths, Permission, SecretAccessKey, Session, temporary};
use clap::Args;
use domain::{AccountId, BucketName, Clock as _, Timestamp};
use serde_json::{Value, json};
use server::SystemClock;

use crate::client::rest::RestConnection;
use crate::connection::variable;
use crate::failure::Failure;
use crate::run::client;
use crate::terminal::say;

/// What the credential may do, and for how long.
#[derive(Debug, Args)]
#[command(after_help = "\
The parent's key pair comes from R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY, or from the AWS_ variables of the same meaning; the
account and the endpoint from R2_ACCOUNT_ID and R2_ENDPOINT, unless they are given here. Nothing is sent: the server learns of the
credential when it is used, and it ends with its time or with its parent. It may never do what its parent may not. With --online
the server makes it, by the REST API; then the parent's secret is not needed, but an API token is.

Whoever has the session token has all of the credential, for the secret is computed from it. A presigned URL that is made with
it holds the token: give such URLs to those only who may have the credential.

Examples:
  larder temp-credentials --bucket user-uploads --prefix customers/42/ --ttl 3600
  larder temp-credentials --bucket user-uploads --permission object-read-only --action GetObject --json
  eval \"$(larder temp-credentials --bucket user-uploads | sed 's/^/export /')\"

In an AWS profile, as credential_process = larder temp-credentials --bucket user-uploads --json")]
pub(crate) struct TempCredentials {
    /// The bucket.
    #[arg(long, value_name = "NAME")]
    bucket: String,
    /// admin-read-write, admin-read-only, object-read-write or object-read-only.
    #[arg(long, default_value = "object-read-only")]
    permission: String,
    /// Seconds until it ends, 604800 (a week) at most.
    #[arg(long = "ttl", default_value_t = 900, value_name = "SECONDS")]
    ttl_s: i64,
    /// Only keys that begin with this, and lists with such a prefix. Repeatable.
    #[arg(long = "prefix", value_name = "PREFIX")]
    prefixes: Vec<String>,
    /// Only this key. Repeatable.
    #[arg(long = "object", value_name = "KEY")]
    objects: Vec<String>,
    /// Only this operation, by its S3 name, such as PutObject. Repeatable.
    #[arg(long = "action", value_name = "NAME")]
    actions: Vec<String>,
    /// The S3 endpoint's URL or host that it is for.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Have the server make it, through the REST API.
    #[arg(long, conflicts_with_all = ["actions", "endpoint"])]
    online: bool,
    #[command(flatten)]
    rest: RestConnection,
    /// Prints what `credential_process` of AWS's tools reads, instead of lines for an environment.
    #[arg(long)]
    json: bool,
}

pub(crate) fn print(wanted: &TempCredentials) -> Result<()> {
    if wanted.online {
        return client(wanted.print_issued());
    }
    let issuer = first(["R2_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID"])?;
    let secret = SecretAccessKey::new(first(["R2_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY"])?);
    let endpoint = wanted.endpoint.clone().map_or_else(|| first(["R2_ENDPOINT", "AWS_ENDPOINT_URL"]), Ok)?;
    let account =
        wanted.rest.account.clone().map_or_else(|| first(["R2_ACCOUNT_ID", "CLOUDFLARE_ACCOUNT_ID"]), Ok)?;
    let issued_s = SystemClock.now().as_seconds();
    let claims = Claims {
        account: AccountId::parse(&account)
            .map_err(|text| anyhow!("{text:?} is no account id: 32 lower-case hexadecimal characters"))?,
        issuer,
        audience: host_of(&endpoint)?.to_owned(),
        issued_s,
        expires_s: issued_s.saturating_add(wanted.ttl_s),
        session: wanted.session()?,
    };
    let made = temporary::issue(&secret, &claims).map_err(|fault| anyhow!("{fault}"))?;
    let values = [&made.access_key_id, made.secret.expose(), made.session_token.expose()];
    wanted.print_values(values, claims.expires_s);
    Ok(())
}

/// The first of two variables that is set.
fn first(names: [&str; 2]) -> Result<String, Failure> {
    names.into_iter().find_map(variable).ok_or_else(|| {
        Failure::usage("temp-credentials", format!("{} is not set", names[0]))
            .fix("`larder temp-credentials --help` says what is needed")
    })
}

impl TempCredentials {
    /// Access key id, secret access key, session token.
    fn print_values(&self, [id, secret, token]: [&str; 3], expires_s: i64) {
        if self.json {
            let expiration = Timestamp::from_seconds(expires_s).to_string();
            let document = json!({
                "Version": 1, "AccessKeyId": id, "SecretAccessKey": secret, "SessionToken": token, "Expiration": expiration,
            });
            say(&format!("{document}\n"));
        } else {
            say(&format!(
                "AWS_ACCESS_KEY_ID={id}\nAWS_SECRET_ACCESS_KEY={secret}\nAWS_SESSION_TOKEN={token}\n"
            ));
        }
    }

    /// Has the server make it.
    ///
    /// Spec: Cloudflare API, R2, temporary credentials.
    async fn print_issued(&self) -> Result<()> {
        let parent = first(["R2_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID"])?;
        let mut body = json!({
            "bucket": self.bucket, "parentAccessKeyId": parent, "permission": self.permission, "ttlSeconds": self.ttl_s,
        });
        for (member, paths) in [("prefixes", &self.prefixes), ("objects", &self.objects)] {
            if !paths.is_empty() {
                body[member] = json!(paths);
            }
        }
        let what = "make a temporary credential";
        // its end counts from before the server made it, so that it is never told too late
        let issued_s = SystemClock.now().as_seconds();
        let path = "r2/temp-access-credentials";
        let made = self.rest.open()?.call(what, "POST", path, &[], Some(&body)).await?.result;
        let value = |name: &str| made.get(name).and_then(Value::as_str);
        let values = (value("accessKeyId"), value("secretAccessKey"), value("sessionToken"));
        let (Some(id), Some(secret), Some(token)) = values else {
            return Err(Failure::refused(what, "the answer has no credential").into());
        };
        self.print_values([id, secret, token], issued_s.saturating_add(self.ttl_s));
        Ok(())
    }

    fn session(&self) -> Result<Session> {
        let permission = Permission::parse(&self.permission).with_context(|| {
            let names = Permission::NAMES.map(|(name, _)| name).join(", ");
            format!("{:?} is no permission; they are {names}", self.permission)
        })?;
        let bucket =
            BucketName::parse(&self.bucket).map_err(|_| anyhow!("{:?} is no bucket's name", self.bucket))?;
        let actions = (!self.actions.is_empty()).then(|| temporary::parse_actions(&self.actions)).transpose();
        let has_paths = !(self.prefixes.is_empty() && self.objects.is_empty());
        Ok(Session {
            permission,
            bucket,
            actions: actions.map_err(|fault| anyhow!("{fault}"))?,
            paths: has_paths
                .then(|| Paths { prefixes: self.prefixes.clone(), objects: self.objects.clone() }),
        })
    }
}

/// The host, with its port, of a URL; or the text itself.
fn host_of(endpoint: &str) -> Result<&str> {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    ensure!(
        !host.is_empty(),
        "{endpoint:?} names no host; an endpoint is a URL such as http://127.0.0.1:9000"
    );
    Ok(host)
}
