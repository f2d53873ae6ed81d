//! `larder bucket`: buckets, through the REST API.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::client::rest::{Rest, RestConnection};
use crate::failure::Failure;
use crate::location::bucket_name;
use crate::terminal::{note, plain, say_json, say_table};

/// Most pages of a list: a million buckets.
const PAGES_MAX: usize = 1_000;
const CLASSES: [&str; 2] = ["Standard", "InfrequentAccess"];

/// What is done to buckets.
#[derive(Debug, Subcommand)]
pub(crate) enum Bucket {
    /// Create a bucket.
    #[command(after_help = "Example:\n  larder bucket create user-uploads --location weur")]
    Create {
        #[command(flatten)]
        bucket: Named,
        /// Where R2 keeps it: apac, eeur, enam, weur, wnam or oc.
        #[arg(long, value_name = "HINT")]
        location: Option<String>,
        /// The storage class of objects that come without one.
        #[arg(long, value_name = "CLASS", value_parser = CLASSES)]
        storage_class: Option<String>,
    },
    /// List the account's buckets.
    #[command(after_help = "Example:\n  larder bucket list --json | jq -r '.buckets[].name'")]
    List {
        /// Only buckets whose names hold this.
        #[arg(long, value_name = "TEXT")]
        contains: Option<String>,
        /// Print JSON: {"buckets":[…]}, each as the API shows it.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: RestConnection,
    },
    /// Show a bucket.
    #[command(after_help = "Example:\n  larder bucket info user-uploads")]
    Info(Named),
    /// Change a bucket's storage class, for objects to come.
    #[command(after_help = "Example:\n  larder bucket update user-uploads --storage-class InfrequentAccess")]
    Update {
        #[command(flatten)]
        bucket: Named,
        /// The storage class of objects that come without one.
        #[arg(long, value_name = "CLASS", value_parser = CLASSES)]
        storage_class: String,
    },
    /// Delete a bucket, which must be empty.
    #[command(after_help = "Example:\n  larder bucket delete user-uploads")]
    Delete(Named),
}

/// One bucket of an account.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The bucket.
    #[arg(value_name = "BUCKET", value_parser = bucket_name)]
    pub(crate) name: domain::BucketName,
    /// Print JSON, as the API answers it.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connection: RestConnection,
}

pub(crate) async fn run(command: Bucket) -> Result<()> {
    match command {
        Bucket::Create { bucket, location, storage_class } => create(&bucket, location, storage_class).await,
        Bucket::List { contains, json, connection } => {
            list(&connection.open()?, contains.as_deref(), json).await
        }
        Bucket::Info(bucket) => {
            let shown = bucket.call("show", "GET", "", &[], None).await?;
            bucket.print(&shown);
            Ok(())
        }
        Bucket::Update { bucket, storage_class } => {
            let headers = [("cf-r2-storage-class", storage_class.as_str())];
            let shown = bucket.call("change", "PATCH", "", &headers, None).await?;
            bucket.done(&shown, "changed");
            Ok(())
        }
        Bucket::Delete(bucket) => {
            let shown = bucket.call("delete", "DELETE", "", &[], None).await?;
            bucket.done(&shown, "deleted");
            Ok(())
        }
    }
}

impl Named {
    /// Asks something of the bucket: `path` comes behind its name. `verb` names it in a failure.
    pub(crate) async fn call(
        &self,
        verb: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let what = format!("{verb} {}", self.name);
        let path = format!("r2/buckets/{}{path}", self.name);
        Ok(self.connection.open()?.call(&what, method, &path, headers, body).await?.result)
    }

    /// Prints what the API shows of it.
    pub(crate) fn print(&self, shown: &Value) {
        if self.json {
            return say_json(shown);
        }
        say_members(shown);
    }

    /// Prints the answer to a change: for programs only.
    pub(crate) fn done(&self, shown: &Value, what: &str) {
        if self.json {
            say_json(shown);
        }
        note(&format!("{} {what}", self.name));
    }
}

/// An object's members as lines.
pub(crate) fn say_members(shown: &Value) {
    let members = shown.as_object().into_iter().flatten();
    let rows: Vec<Vec<String>> = members.map(|(name, value)| vec![name.clone(), text(value)]).collect();
    say_table(&rows);
}

/// A value as a person reads it.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Null => "-".to_owned(),
        other => plain(&other.to_string()),
    }
}

async fn create(bucket: &Named, location: Option<String>, storage_class: Option<String>) -> Result<()> {
    let mut body = json!({ "name": bucket.name.as_str() });
    for (member, value) in [("locationHint", location), ("storageClass", storage_class)] {
        if let (Some(value), Some(members)) = (value, body.as_object_mut()) {
            members.insert(member.to_owned(), value.into());
        }
    }
    let what = format!("create {}", bucket.name);
    let reply = bucket.connection.open()?.call(&what, "POST", "r2/buckets", &[], Some(&body)).await?;
    bucket.done(&reply.result, "created");
    Ok(())
}

async fn list(rest: &Rest, contains: Option<&str>, json: bool) -> Result<()> {
    let mut buckets: Vec<Value> = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let mut path = "r2/buckets?per_page=1000".to_owned();
        for (name, value) in [("name_contains", contains), ("cursor", cursor.as_deref())] {
            if let Some(value) = value {
                path = format!("{path}&{name}={}", sigv4::uri_encode(value.as_bytes(), false));
            }
        }
        let mut reply = rest.call("list the buckets", "GET", &path, &[], None).await?;
        let page = reply.result.get_mut("buckets").map(Value::take);
        if let Some(Value::Array(page)) = page {
            buckets.extend(page);
        }
        cursor = reply.cursor;
        if cursor.is_none() {
            break;
        }
    }
    if json {
        say_json(&json!({ "buckets": buckets }));
        return Ok(());
    }
    if buckets.is_empty() {
        note("no buckets");
        return Ok(());
    }
    let members = ["name", "creation_date", "location", "storage_class"];
    let row =
        |bucket: &Value| members.iter().map(|name| text(bucket.get(name).unwrap_or(&Value::Null))).collect();
    let heading = ["NAME", "CREATED", "LOCATION", "STORAGE CLASS"].map(str::to_owned).to_vec();
    say_table(&[vec![heading], buckets.iter().map(row).collect()].concat());
    Ok(())
}
