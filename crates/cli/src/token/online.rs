//! Tokens of a running server, through the REST API.
//!
//! Spec: Cloudflare API, account API tokens; R2 docs, API tokens, permission groups.

#[cfg(test)]
mod tests;

use anyhow::Result;
use auth::{Permission, SecretAccessKey};
use clap::Args;
use domain::{BucketName, Clock as _};
use serde_json::{Value, json};
use server::SystemClock;

use super::Identified;
use crate::bucket::{say_members, text};
use crate::client::rest::{Rest, RestConnection};
use crate::failure::Failure;
use crate::location::bucket_name;
use crate::quantity::duration_s;
use crate::terminal::{note, say, say_json, say_table};

/// What the new token may do.
#[derive(Debug, Args)]
#[command(after_help = "\
The values are shown once; the server keeps no way to show them again. A token with an object permission is a key pair for S3
only; admin permissions are for the REST API, too, and for all buckets.

Examples:
  larder token create --name app --bucket user-uploads >> .env
  larder token create --name ci --permission admin-read-only --expires 90d --json")]
pub(crate) struct Create {
    /// What people call it.
    #[arg(long)]
    name: String,
    /// admin-read-write, admin-read-only, object-read-write or object-read-only.
    #[arg(long, default_value = "object-read-write")]
    permission: String,
    /// Binds an object permission to a bucket. Repeatable; all buckets without it.
    #[arg(long = "bucket", value_name = "NAME", value_parser = bucket_name)]
    buckets: Vec<BucketName>,
    /// How long it may be used, such as 90d; for ever without it.
    #[arg(long, value_name = "DURATION", value_parser = duration_s)]
    expires: Option<u64>,
    /// An address or a range from which it may be used, such as 192.0.2.0/24. Repeatable; from everywhere without it.
    #[arg(long = "ip", value_name = "RANGE")]
    ip_ranges: Vec<String>,
    /// Print JSON: access_key_id, secret_access_key, value, and token as the API shows it.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: RestConnection,
}

pub(crate) async fn create(create: Create) -> Result<()> {
    let rest = create.connection.open()?;
    let body = create.document(&rest)?;
    let what = format!("create the token {}", create.name);
    let mut token = rest.call(&what, "POST", "tokens", &[], Some(&body)).await?.result;
    let id = member(&token, "id");
    let value = member(&token, "value");
    if let Some(members) = token.as_object_mut() {
        members.remove("value");
    }
    Ok(show_once(&what, id, value, &token, create.json)?)
}

pub(crate) async fn list(connection: RestConnection, json: bool) -> Result<()> {
    let tokens = connection.open()?.call("list the tokens", "GET", "tokens", &[], None).await?.result;
    if json {
        say_json(&tokens);
        return Ok(());
    }
    let members = ["id", "name", "status", "expires_on", "last_used_on"];
    let row =
        |token: &Value| members.iter().map(|name| text(token.get(name).unwrap_or(&Value::Null))).collect();
    let heading = ["ID", "NAME", "STATUS", "EXPIRES", "LAST USED"].map(str::to_owned).to_vec();
    let rows = tokens.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(row).collect();
    say_table(&[vec![heading], rows].concat());
    Ok(())
}

pub(crate) async fn get(token: Identified) -> Result<()> {
    let shown = token.call(&token.connection.open()?, "show", "GET", "", None).await?;
    if token.json {
        say_json(&shown);
    } else {
        say_members(&shown);
    }
    Ok(())
}

pub(crate) async fn roll(token: Identified) -> Result<()> {
    let rest = token.connection.open()?;
    let value = token.call(&rest, "roll", "PUT", "/value", Some(&json!({}))).await?;
    let value = value.as_str().map(str::to_owned);
    Ok(show_once("roll the token", Some(token.id.clone()), value, &Value::Null, token.json)?)
}

pub(crate) async fn switch(token: Identified, status: &str) -> Result<()> {
    let rest = token.connection.open()?;
    let mut document = token.call(&rest, "show", "GET", "", None).await?;
    if let Some(members) = document.as_object_mut() {
        // what the server itself says of a token is no part of a change
        for name in ["id", "issued_on", "modified_on", "last_used_on", "value"] {
            members.remove(name);
        }
        members.insert("status".to_owned(), status.into());
    }
    let shown = token.call(&rest, "change", "PUT", "", Some(&document)).await?;
    token.done(&shown, &format!("is {status} now"));
    Ok(())
}

pub(crate) async fn delete(token: Identified) -> Result<()> {
    let shown = token.call(&token.connection.open()?, "delete", "DELETE", "", None).await?;
    token.done(&shown, "is deleted");
    Ok(())
}

impl Identified {
    async fn call(
        &self,
        rest: &Rest,
        verb: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let path = format!("tokens/{}{path}", self.id);
        Ok(rest.call(&format!("{verb} the token {}", self.id), method, &path, &[], body).await?.result)
    }

    fn done(&self, shown: &Value, what: &str) {
        if self.json {
            say_json(shown);
        }
        note(&format!("{} {what}", self.id));
    }
}

impl Create {
    fn document(&self, rest: &Rest) -> Result<Value, Failure> {
        let permission = Permission::parse(&self.permission).ok_or_else(|| {
            let names = Permission::NAMES.map(|(name, _)| name).join(", ");
            Failure::usage("the permission", format!("{:?} is none; they are {names}", self.permission))
        })?;
        let jurisdiction = rest.jurisdiction.as_deref().unwrap_or("default");
        let policy = policy(permission, &rest.account, jurisdiction, &self.buckets)?;
        let mut document = json!({ "name": self.name, "policies": [policy] });
        if let Some(seconds) = self.expires {
            let ends = SystemClock.now().plus_seconds(seconds);
            let ends = domain::Timestamp::from_seconds(ends.as_seconds()).to_string();
            document["expires_on"] = ends.replace(".000Z", "Z").into();
        }
        if !self.ip_ranges.is_empty() {
            document["condition"] = json!({ "request_ip": { "in": self.ip_ranges } });
        }
        Ok(document)
    }
}

/// The permission as groups on resources.
fn policy(
    permission: Permission,
    account: &str,
    jurisdiction: &str,
    buckets: &[BucketName],
) -> Result<Value, Failure> {
    let (group, is_admin) = match permission {
        Permission::AdminReadWrite => ("bf7481a1826f439697cb59a20b22293e", true),
        Permission::AdminReadOnly => ("b4992e1108244f5d8bfbd5744320c2e1", true),
        Permission::ObjectReadWrite => ("2efd5506f9c8494dacb1fa10a3e7d5b6", false),
        Permission::ObjectReadOnly => ("6a018a9f2fc74eb6b293b0c548f38b39", false),
    };
    let whole = format!("com.cloudflare.api.account.{account}");
    let resources = match (is_admin, buckets) {
        (true, []) => json!({ whole: "*" }),
        (true, _) => {
            let why =
                "an admin permission is for all buckets; leave --bucket out, or take an object permission";
            return Err(Failure::usage("the permission", why));
        }
        (false, []) => json!({ whole: { "com.cloudflare.edge.r2.bucket.*": "*" } }),
        (false, buckets) => {
            let one = |bucket: &BucketName| {
                (format!("com.cloudflare.edge.r2.bucket.{account}_{jurisdiction}_{bucket}"), Value::from("*"))
            };
            Value::Object(buckets.iter().map(one).collect())
        }
    };
    Ok(json!({ "effect": "allow", "resources": resources, "permission_groups": [{ "id": group }] }))
}

fn member(token: &Value, name: &str) -> Option<String> {
    token.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// Prints a value and the key pair that it is, on standard output for a file of settings.
///
/// Spec: R2 docs, API tokens, S3 credentials.
fn show_once(
    what: &str,
    id: Option<String>,
    value: Option<String>,
    token: &Value,
    json: bool,
) -> Result<(), Failure> {
    let (Some(id), Some(value)) = (id, value) else {
        return Err(Failure::refused(
            what,
            "the answer has no value; the token may exist, so look with `larder token list`",
        ));
    };
    let secret = SecretAccessKey::of_value(&value);
    if json {
        say_json(&json!({
            "access_key_id": id, "secret_access_key": secret.expose(), "value": value, "token": token,
        }));
    } else {
        say(&format!(
            "R2_ACCESS_KEY_ID={id}\nR2_SECRET_ACCESS_KEY={}\nCLOUDFLARE_API_TOKEN={value}\n",
            secret.expose()
        ));
        note("# shown only now");
    }
    Ok(())
}
