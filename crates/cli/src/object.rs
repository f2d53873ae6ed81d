//! `larder object`: objects, through the S3 API.

mod get;
mod head;
mod list;
mod progress;
mod put;
mod upload;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;
use sigv4::uri_encode;

use crate::client::s3::{S3, S3Request, leaf};
use crate::connection::Connection;
use crate::location::ObjectPath;
use crate::terminal::{note, say_json};

/// What is done to objects.
#[derive(Debug, Subcommand)]
pub(crate) enum Object {
    /// List the objects of a bucket, or those whose keys begin so.
    List(list::List),
    /// Show an object's size, type and metadata.
    Head(head::Head),
    /// Download an object.
    Get(get::Get),
    /// Upload a file or standard input; long ones in parts.
    Put(put::Put),
    /// Copy an object within the server.
    #[command(after_help = "\
Example:
  larder object copy user-uploads/draft.txt archive/2026/draft.txt")]
    Copy {
        /// The object to copy, as bucket/key.
        #[arg(value_name = "FROM", value_parser = ObjectPath::parse)]
        from: ObjectPath,
        /// The object to be, as bucket/key.
        #[arg(value_name = "TO", value_parser = ObjectPath::parse)]
        to: ObjectPath,
        /// Print JSON: bucket, key, etag.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Delete objects.
    #[command(after_help = "\
It is no error when an object is not there.

Example:
  larder object delete user-uploads/a.txt user-uploads/b.txt")]
    Delete {
        /// The objects, each as bucket/key.
        #[arg(value_name = "BUCKET/KEY", required = true, value_parser = ObjectPath::parse)]
        paths: Vec<ObjectPath>,
        /// Print JSON: {"deleted":[{"bucket":…,"key":…}]}.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
}

/// One object.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// The object, as bucket/key or s3://bucket/key.
    #[arg(value_name = "BUCKET/KEY", value_parser = ObjectPath::parse)]
    pub(crate) path: ObjectPath,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

impl Target {
    pub(crate) fn client(&self) -> Result<S3> {
        Ok(S3::new(self.connection.signing()?)?)
    }

    /// A request for it.
    pub(crate) fn request<'a>(&'a self, method: &'a str) -> S3Request<'a> {
        S3Request::new(method, &self.path.bucket, Some(self.path.key.as_str()))
    }
}

pub(crate) async fn run(command: Object) -> Result<()> {
    match command {
        Object::List(list) => list.run().await,
        Object::Head(head) => head.run().await,
        Object::Get(get) => get.run().await,
        Object::Put(put) => put.run().await,
        Object::Copy { from, to, json, connection } => copy(&from, &to, json, &connection).await,
        Object::Delete { paths, json, connection } => delete(&paths, json, &connection).await,
    }
}

async fn copy(from: &ObjectPath, to: &ObjectPath, json: bool, connection: &Connection) -> Result<()> {
    let client = S3::new(connection.signing()?)?;
    let source = format!("/{}/{}", from.bucket, uri_encode(from.key.as_str().as_bytes(), true));
    let headers = [("x-amz-copy-source", source.as_str())];
    let request = S3Request { headers: &headers, ..S3Request::new("PUT", &to.bucket, Some(to.key.as_str())) };
    let copied = client.document(&format!("copy {from} to {to}"), &request, "CopyObjectResult").await?;
    let etag = leaf(&copied, "ETag").unwrap_or_default().trim_matches('"');
    if json {
        say_json(&json!({ "bucket": to.bucket.as_str(), "key": to.key.as_str(), "etag": etag }));
    }
    note(&format!("{from} is copied to {to}"));
    Ok(())
}

async fn delete(paths: &[ObjectPath], json: bool, connection: &Connection) -> Result<()> {
    let client = S3::new(connection.signing()?)?;
    let mut deleted = Vec::new();
    for path in paths {
        let request = S3Request::new("DELETE", &path.bucket, Some(path.key.as_str()));
        client.send(&format!("delete {path}"), &request).await?;
        deleted.push(json!({ "bucket": path.bucket.as_str(), "key": path.key.as_str() }));
        note(&format!("{path} is deleted"));
    }
    if json {
        say_json(&json!({ "deleted": deleted }));
    }
    Ok(())
}
