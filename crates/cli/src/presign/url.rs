//! Presigned URLs: a method on an object, for a while.

use anyhow::Result;
use clap::Args;
use domain::{Clock as _, Timestamp, UploadRule};
use serde_json::json;
use server::SystemClock;
use sigv4::sign::{PresignRequest, presign};

use crate::connection::{Connection, Signing};
use crate::failure::Failure;
use crate::location::ObjectPath;
use crate::quantity::{shown_duration, size_bytes, validity_s};
use crate::terminal::{note, quoted, say, say_json};

/// What every presigned URL has.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The object, as bucket/key or s3://bucket/key.
    #[arg(value_name = "BUCKET/KEY", value_parser = ObjectPath::parse)]
    pub(crate) path: ObjectPath,
    /// How long it is valid, 1s to 7d.
    #[arg(long, default_value = "15m", value_name = "DURATION", value_parser = validity_s)]
    pub(crate) expires: u32,
    /// A further header to sign, which must be sent just so, such as 'x-amz-meta-user: 42'. Repeatable.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// Print a command that uses it instead.
    #[arg(long, conflicts_with = "json")]
    pub(crate) curl: bool,
    /// Print JSON: method, url, headers, bucket, key, expires_at, expires_in_s.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// A download, or a question for its headers.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder presign get user-uploads/avatars/1.jpg --expires 1h
  larder presign get user-uploads/report.pdf --response-content-disposition 'attachment; filename=\"report.pdf\"'
  larder presign get user-uploads/a.txt --curl | sh
  larder presign head user-uploads/avatars/1.jpg")]
pub(crate) struct Get {
    #[command(flatten)]
    common: Common,
    /// The Content-Type of the reply, whatever the object's.
    #[arg(long, value_name = "TYPE", help_heading = "Reply")]
    response_content_type: Option<String>,
    /// The Content-Disposition of the reply, such as 'attachment; filename="a.pdf"'.
    #[arg(long, value_name = "VALUE", help_heading = "Reply")]
    response_content_disposition: Option<String>,
    /// The Content-Encoding of the reply.
    #[arg(long, value_name = "VALUE", help_heading = "Reply")]
    response_content_encoding: Option<String>,
    /// The Content-Language of the reply.
    #[arg(long, value_name = "VALUE", help_heading = "Reply")]
    response_content_language: Option<String>,
    /// The Cache-Control of the reply.
    #[arg(long, value_name = "VALUE", help_heading = "Reply")]
    response_cache_control: Option<String>,
    /// The Expires of the reply, an HTTP date.
    #[arg(long, value_name = "DATE", help_heading = "Reply")]
    response_expires: Option<String>,
}

/// An upload.
#[derive(Debug, Args)]
#[command(after_help = "\
The limits are Larder's own (x-larder-*): R2 and Amazon ignore them. Whoever has the URL cannot take them out.

Examples:
  larder presign put user-uploads/avatars/1.jpg --content-type image/jpeg --expires 5m
  larder presign put user-uploads/avatars/1.jpg --max-bytes 10MiB --allow-type 'image/*'
  larder presign put user-uploads/a.txt --curl")]
pub(crate) struct Put {
    #[command(flatten)]
    common: Common,
    /// The content type of the upload, signed: it must be sent with just this Content-Type.
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Most bytes of the upload, such as 10MiB.
    #[arg(long, value_name = "SIZE", value_parser = size_bytes, help_heading = "Limits")]
    max_bytes: Option<u64>,
    /// Fewest bytes of the upload.
    #[arg(long, value_name = "SIZE", value_parser = size_bytes, help_heading = "Limits")]
    min_bytes: Option<u64>,
    /// A content type that the upload may have, such as image/png or image/*. Repeatable.
    #[arg(long = "allow-type", value_name = "TYPE", help_heading = "Limits")]
    allow_types: Vec<String>,
}

/// A deletion.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  larder presign delete user-uploads/avatars/1.jpg --expires 1m")]
pub(crate) struct Delete {
    #[command(flatten)]
    common: Common,
}

impl Get {
    pub(crate) fn print(&self, method: &'static str) -> Result<()> {
        let query = [
            ("response-cache-control", &self.response_cache_control),
            ("response-content-disposition", &self.response_content_disposition),
            ("response-content-encoding", &self.response_content_encoding),
            ("response-content-language", &self.response_content_language),
            ("response-content-type", &self.response_content_type),
            ("response-expires", &self.response_expires),
        ];
        let query = query.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        let made = self.common.make(method, &query.collect::<Vec<_>>(), &[])?;
        self.common.print(&made, if method == "HEAD" { "curl -I" } else { "curl -O" });
        Ok(())
    }
}

impl Put {
    pub(crate) fn print(&self) -> Result<()> {
        let rule = UploadRule {
            max_bytes: self.max_bytes,
            min_bytes: self.min_bytes,
            content_types: self.allow_types.clone(),
            ..UploadRule::default()
        };
        rule.validate().map_err(|fault| Failure::usage("the limits", fault.to_string()))?;
        if let Some(content_type) = &self.content_type
            && rule.check(self.common.path.key.as_str(), Some(content_type), None).is_err()
        {
            let why = "--allow-type does not allow what --content-type says";
            return Err(Failure::usage("the limits", why).into());
        }
        let sizes = [("x-larder-max-bytes", self.max_bytes), ("x-larder-min-bytes", self.min_bytes)];
        let sizes = sizes.into_iter().filter_map(|(name, bytes)| Some((name, bytes?.to_string())));
        let types =
            (!self.allow_types.is_empty()).then(|| ("x-larder-content-type", self.allow_types.join(",")));
        let content_type = self.content_type.iter().map(|value| ("content-type".to_owned(), value.clone()));
        let made = self.common.make(
            "PUT",
            &sizes.chain(types).collect::<Vec<_>>(),
            &content_type.collect::<Vec<_>>(),
        )?;
        self.common.print(&made, "curl -T FILE");
        Ok(())
    }
}

impl Delete {
    pub(crate) fn print(&self) -> Result<()> {
        let made = self.common.make("DELETE", &[], &[])?;
        self.common.print(&made, "curl -X DELETE");
        Ok(())
    }
}

/// A URL that is good for its method until its time.
struct Made {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    expires_at: Timestamp,
}

impl Common {
    fn make(
        &self,
        method: &'static str,
        query: &[(&str, String)],
        headers: &[(String, String)],
    ) -> Result<Made> {
        let signing = self.connection.signing()?;
        let headers = [headers, &self.headers].concat();
        let is_repeated = |(i, (name, _)): (usize, &(String, String))| {
            headers.iter().take(i).any(|(before, _)| before == name)
        };
        if let Some((_, (name, _))) =
            headers.iter().enumerate().find(|found| is_repeated(*found) || found.1.0 == "host")
        {
            return Err(
                Failure::usage("the headers", format!("{name} is signed anyway, or given twice")).into()
            );
        }
        let now = SystemClock.now();
        let url = url(&signing, &self.path, method, query, &headers, now, self.expires);
        Ok(Made { method, url, headers, expires_at: now.plus_seconds(self.expires.into()) })
    }

    fn print(&self, made: &Made, curl: &str) {
        if self.json {
            let headers: serde_json::Map<_, _> =
                made.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
            say_json(&json!({
                "method": made.method, "url": made.url, "headers": headers, "bucket": self.path.bucket.as_str(),
                "key": self.path.key.as_str(), "expires_at": seconds(made.expires_at), "expires_in_s": self.expires,
            }));
        } else if self.curl {
            let headers: String = made
                .headers
                .iter()
                .map(|(name, value)| format!(" -H {}", quoted(&format!("{name}: {value}"))))
                .collect();
            say(&format!("{curl}{headers} {}\n", quoted(&made.url)));
        } else {
            say(&format!("{}\n", made.url));
            let (expires, method) = (shown_duration(self.expires.into()), made.method);
            note(&format!("# {method}, for {expires}; until {}", seconds(made.expires_at)));
            for (name, value) in &made.headers {
                note(&format!("# send with it: {name}: {value}"));
            }
        }
    }
}

/// A moment without fractions: signatures have whole seconds.
pub(super) fn seconds(moment: Timestamp) -> String {
    Timestamp::from_seconds(moment.as_seconds()).to_string().replace(".000Z", "Z")
}

fn url(
    signing: &Signing,
    path: &ObjectPath,
    method: &str,
    query: &[(&str, String)],
    headers: &[(String, String)],
    now: Timestamp,
    expires_s: u32,
) -> String {
    let (host, raw_path) =
        signing.endpoint.address(&path.bucket, Some(path.key.as_str()), signing.virtual_host);
    let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let signed = presign(&PresignRequest {
        method,
        host: &host,
        path: &raw_path,
        query: &query,
        headers: &headers,
        region: &signing.region,
        access_key_id: &signing.credentials.access_key_id,
        secret: signing.credentials.secret.expose(),
        date_s: now.as_seconds(),
        expires_s,
        session_token: signing.credentials.session_token.as_ref().map(auth::SecretAccessKey::expose),
    });
    format!("{}://{host}{raw_path}?{signed}", signing.endpoint.scheme())
}

/// Reads `Name: value`.
pub(crate) fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) =
        text.split_once(':').ok_or_else(|| format!("{text:?} is no header; write one as 'name: value'"))?;
    let name =
        http::HeaderName::try_from(name.trim()).map_err(|_| format!("{name:?} is no header's name"))?;
    let value = value.trim();
    if http::HeaderValue::try_from(value).is_err() {
        return Err(format!("the value of {name} cannot be sent in a header"));
    }
    Ok((name.as_str().to_owned(), value.to_owned()))
}
