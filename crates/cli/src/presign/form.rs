//! Presigned forms: fields with which a browser posts a file, and the policy that bounds what it may be.
//!
//! Spec: Amazon S3 API, browser-based uploads using POST.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use domain::{Clock as _, Timestamp};
use serde_json::{Value, json};
use server::SystemClock;
use sigv4::sign::PolicySigner;

use super::url::seconds;
use crate::connection::{Connection, Signing};
use crate::failure::Failure;
use crate::location::ObjectPath;
use crate::quantity::{shown_duration, size_bytes, validity_s};
use crate::terminal::{note, quoted, say, say_json};

/// What a browser puts its file's name for.
const FILENAME: &str = "${filename}";

/// A browser's form.
#[derive(Debug, Args)]
#[command(after_help = "\
The key may hold ${filename}, for which the browser's name of the file stands; the form then takes any key that begins with
what is before it. R2 answers forms with 501; Larder and Amazon take them.

Examples:
  larder presign post user-uploads/avatars/1.jpg --content-type image/jpeg --max-bytes 5MiB
  larder presign post 'user-uploads/inbox/${filename}' --content-type 'image/*' --json
  larder presign post user-uploads/a.txt --curl")]
pub(crate) struct Post {
    /// The object, as bucket/key or s3://bucket/key.
    #[arg(value_name = "BUCKET/KEY", value_parser = ObjectPath::parse)]
    path: ObjectPath,
    /// How long it is valid, 1s to 7d.
    #[arg(long, default_value = "15m", value_name = "DURATION", value_parser = validity_s)]
    expires: u32,
    /// The content type of the file, or how it must begin, such as image/*; the page then adds the field Content-Type.
    #[arg(long, value_name = "TYPE", help_heading = "Limits")]
    content_type: Option<String>,
    /// Most bytes of the file, such as 10MiB.
    #[arg(long, value_name = "SIZE", value_parser = size_bytes, help_heading = "Limits")]
    max_bytes: Option<u64>,
    /// Fewest bytes of the file.
    #[arg(long, value_name = "SIZE", value_parser = size_bytes, help_heading = "Limits")]
    min_bytes: Option<u64>,
    /// The status of the reply: 200, 201 (with a document) or 204.
    #[arg(long, value_name = "STATUS", value_parser = ["200", "201", "204"])]
    success_status: Option<String>,
    /// Print a command that posts it instead.
    #[arg(long, conflicts_with = "json")]
    curl: bool,
    /// Print JSON: url, fields, bucket, key, expires_at, expires_in_s, curl.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Post {
    pub(crate) fn print(&self) -> Result<()> {
        if self.min_bytes.zip(self.max_bytes).is_some_and(|(min, max)| min > max) {
            return Err(Failure::usage("the limits", "--min-bytes is more than --max-bytes").into());
        }
        let signing = self.connection.signing()?;
        let now = SystemClock.now();
        let (host, path) = signing.endpoint.address(&self.path.bucket, None, signing.virtual_host);
        let url = format!("{}://{host}{path}", signing.endpoint.scheme());
        let fields = self.fields(&signing, now);
        let curl = self.curl_line(&fields, &url);
        let expires_at = seconds(now.plus_seconds(self.expires.into()));
        if self.json {
            let fields: serde_json::Map<_, _> =
                fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
            say_json(&json!({
                "url": url, "fields": fields, "bucket": self.path.bucket.as_str(), "key": self.path.key.as_str(),
                "expires_at": expires_at, "expires_in_s": self.expires, "curl": curl,
            }));
        } else if self.curl {
            say(&format!("{curl}\n"));
        } else {
            let lines: String = fields.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
            say(&format!("{url}\n{lines}"));
            note(&format!(
                "# POST as multipart/form-data, the file last, for {}; until {expires_at}",
                shown_duration(self.expires.into())
            ));
            note(&format!("# {curl}"));
        }
        Ok(())
    }

    fn curl_line(&self, fields: &[(&'static str, String)], url: &str) -> String {
        let is_open = self.content_type.as_ref().is_some_and(|content_type| content_type.ends_with('*'));
        let open = is_open.then(|| ("Content-Type", "TYPE".to_owned()));
        // unlike -F it takes a value for nothing but a text
        let argument =
            |(name, value): &(&str, String)| format!(" --form-string {}", quoted(&format!("{name}={value}")));
        let arguments: String = fields.iter().chain(open.as_ref()).map(argument).collect();
        format!("curl{arguments} -F file=@FILE {}", quoted(url))
    }

    /// All fields but the file.
    fn fields(&self, signing: &Signing, now: Timestamp) -> Vec<(&'static str, String)> {
        let key = self.path.key.as_str();
        let mut fields = vec![("key", key.to_owned())];
        let mut conditions = vec![json!({ "bucket": self.path.bucket.as_str() })];
        conditions.push(match key.split_once(FILENAME) {
            Some((before, _)) => json!(["starts-with", "$key", before]),
            None => json!({ "key": key }),
        });
        match self.content_type.as_deref().map(|content_type| (content_type, content_type.strip_suffix('*')))
        {
            Some((_, Some(beginning))) => conditions.push(json!(["starts-with", "$Content-Type", beginning])),
            Some((content_type, None)) => {
                fields.push(("Content-Type", content_type.to_owned()));
                conditions.push(json!({ "Content-Type": content_type }));
            }
            None => {}
        }
        if self.min_bytes.is_some() || self.max_bytes.is_some() {
            let max = self.max_bytes.unwrap_or(domain::limits::OBJECT_MAX_BYTES);
            conditions.push(json!(["content-length-range", self.min_bytes.unwrap_or(0), max]));
        }
        let credentials = &signing.credentials;
        let signer = PolicySigner {
            region: &signing.region,
            access_key_id: &credentials.access_key_id,
            secret: credentials.secret.expose(),
            date_s: now.as_seconds(),
        };
        let token = credentials
            .session_token
            .as_ref()
            .map(|token| ("x-amz-security-token", token.expose().to_owned()));
        let status = self.success_status.clone().map(|status| ("success_action_status", status));
        for (name, value) in signer.fields().into_iter().chain(token).chain(status) {
            conditions.push(json!({ name: value }));
            fields.push((name, value));
        }
        let policy = policy(now.plus_seconds(self.expires.into()), &conditions);
        fields.push(("x-amz-signature", signer.signature(&policy)));
        fields.push(("policy", policy));
        fields
    }
}

fn policy(expiration: Timestamp, conditions: &[Value]) -> String {
    let document = json!({ "expiration": seconds(expiration), "conditions": conditions });
    STANDARD.encode(document.to_string())
}
