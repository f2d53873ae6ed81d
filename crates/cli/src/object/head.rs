//! `larder object head`: what is known of an object beside its content.

use anyhow::Result;
use clap::Args;
use http::HeaderMap;
use serde_json::{Map, Value};

use super::Target;
use crate::bucket::say_members;
use crate::terminal::say_json;

/// Header, and its name in the document.
const MEMBERS: [(&str, &str); 10] = [
    ("etag", "etag"),
    ("last-modified", "last_modified"),
    ("content-type", "content_type"),
    ("cache-control", "cache_control"),
    ("content-disposition", "content_disposition"),
    ("content-encoding", "content_encoding"),
    ("content-language", "content_language"),
    ("expires", "expires"),
    ("x-amz-storage-class", "storage_class"),
    ("x-amz-version-id", "version_id"),
];
const METADATA: &str = "x-amz-meta-";

/// What is shown.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  larder object head user-uploads/avatars/1.jpg --json | jq .size")]
pub(crate) struct Head {
    #[command(flatten)]
    target: Target,
    /// Print JSON: bucket, key, size, etag, last_modified, content_type and the like, and metadata.
    #[arg(long)]
    json: bool,
}

impl Head {
    pub(crate) async fn run(&self) -> Result<()> {
        let what = format!("show {}", self.target.path);
        let reply = self.target.client()?.send(&what, &self.target.request("HEAD")).await?;
        let mut shown = document(reply.headers());
        shown.insert("bucket".to_owned(), self.target.path.bucket.as_str().into());
        shown.insert("key".to_owned(), self.target.path.key.as_str().into());
        if self.json {
            say_json(&Value::Object(shown));
        } else {
            // what is not set is not shown
            shown.retain(|_, value| !value.is_null() && *value != Value::Object(Map::new()));
            say_members(&Value::Object(shown));
        }
        Ok(())
    }
}

fn document(headers: &HeaderMap) -> Map<String, Value> {
    let text =
        |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let mut document = Map::new();
    for (header, member) in MEMBERS {
        let value = text(header)
            .map(|value| if header == "etag" { value.trim_matches('"').to_owned() } else { value });
        document.insert(member.to_owned(), value.into());
    }
    let size = text("content-length").and_then(|size| size.parse::<u64>().ok());
    document.insert("size".to_owned(), size.into());
    let metadata = headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix(METADATA)?.to_owned();
        Some((name, String::from_utf8_lossy(value.as_bytes()).into_owned().into()))
    });
    document.insert("metadata".to_owned(), Value::Object(metadata.collect()));
    document
}
