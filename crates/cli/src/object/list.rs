//! `larder object list`: page after page, printed as they come, so that a long list takes no memory.

#[cfg(test)]
mod tests;

use anyhow::Result;
use clap::Args;
use s3_wire::xml::Element;
use serde_json::{Value, json};

use crate::client::s3::{S3, S3Request, children, leaf};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::location::PrefixPath;
use crate::quantity::shown_size;
use crate::terminal::{note, plain, say};

/// Most entries of a page.
const PAGE_MAX: u64 = 1_000;

/// What is listed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder object list user-uploads
  larder object list user-uploads/avatars/ --folders
  larder object list user-uploads --json | jq -r 'select(.size > 1000000) | .key'")]
pub(crate) struct List {
    /// The bucket, or bucket/prefix: keys that begin with the prefix.
    #[arg(value_name = "BUCKET[/PREFIX]", value_parser = PrefixPath::parse)]
    path: PrefixPath,
    /// Show keys up to the next slash only, and what is below as one prefix.
    #[arg(long)]
    folders: bool,
    /// Most entries that are shown.
    #[arg(long, value_name = "COUNT")]
    limit: Option<u64>,
    /// Print JSON, one document a line: key, size, last_modified, etag, storage_class; or prefix.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

impl List {
    pub(crate) async fn run(&self) -> Result<()> {
        let client = S3::new(self.connection.signing()?)?;
        let mut left = self.limit.unwrap_or(u64::MAX);
        let mut shown = 0_u64;
        let mut continuation: Option<String> = None;
        while left > 0 {
            let page = self.page(&client, left.min(PAGE_MAX), continuation.as_deref()).await?;
            let entries = entries(&page)?;
            let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
            say(&entries.iter().map(|entry| self.line(entry)).collect::<String>());
            (left, shown) = (left.saturating_sub(count), shown.saturating_add(count));
            let next = leaf(&page, "NextContinuationToken").map(str::to_owned);
            let is_more = leaf(&page, "IsTruncated") == Some("true");
            if !is_more || next.is_none() || next == continuation {
                break;
            }
            continuation = next;
        }
        note(&format!("{shown} entries"));
        Ok(())
    }

    async fn page(&self, client: &S3, count: u64, continuation: Option<&str>) -> Result<Element, Failure> {
        let count = count.to_string();
        let mut query = vec![
            ("list-type", "2"),
            ("encoding-type", "url"),
            ("max-keys", &count),
            ("prefix", &self.path.prefix),
        ];
        if self.folders {
            query.push(("delimiter", "/"));
        }
        query.extend(continuation.map(|token| ("continuation-token", token)));
        let request = S3Request { query: &query, ..S3Request::new("GET", &self.path.bucket, None) };
        client.document(&format!("list {}", self.path.bucket), &request, "ListBucketResult").await
    }

    fn line(&self, entry: &Entry) -> String {
        match (entry, self.json) {
            (Entry::Object(document), true) => format!("{document}\n"),
            (Entry::Prefix(prefix), true) => format!("{}\n", json!({ "prefix": prefix })),
            (Entry::Prefix(prefix), false) => format!("{:>12}  {:24}  {}\n", "-", "-", plain(prefix)),
            (Entry::Object(document), false) => {
                let text = |name: &str| plain(document.get(name).and_then(Value::as_str).unwrap_or("-"));
                let size = document.get("size").and_then(Value::as_u64).map_or("-".to_owned(), shown_size);
                format!("{size:>12}  {:24}  {}\n", text("last_modified"), text("key"))
            }
        }
    }
}

/// An object as a document, or a common prefix.
#[derive(Debug, PartialEq)]
enum Entry {
    Object(Value),
    Prefix(String),
}

fn entries(page: &Element) -> Result<Vec<Entry>, Failure> {
    let objects = children(page, "Contents").map(|object| {
        let key = decoded(leaf(object, "Key").unwrap_or_default())?;
        let size = leaf(object, "Size").and_then(|size| size.parse::<u64>().ok());
        Ok(Entry::Object(json!({
            "key": key,
            "size": size,
            "last_modified": leaf(object, "LastModified"),
            "etag": leaf(object, "ETag").map(|etag| etag.trim_matches('"')),
            "storage_class": leaf(object, "StorageClass"),
        })))
    });
    let prefixes = children(page, "CommonPrefixes")
        .map(|prefix| Ok(Entry::Prefix(decoded(leaf(prefix, "Prefix").unwrap_or_default())?)));
    objects.chain(prefixes).collect()
}

/// Names come percent-encoded, since XML cannot hold every character.
fn decoded(name: &str) -> Result<String, Failure> {
    let bytes = s3_wire::percent::decode(name, true);
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        Failure::refused(
            "list",
            format!("the server's answer has a name that cannot be read: {}", plain(name)),
        )
    })
}
