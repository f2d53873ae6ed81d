//! `larder object put`: a file or standard input as an object, with its headers.

mod content_type;
#[cfg(test)]
mod tests;

use anyhow::Result;
use bytes::Bytes;
use clap::Args;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::Target;
use super::upload::{Parts, Upload};
use crate::failure::Failure;
use crate::quantity::{shown_size, size_bytes};
use crate::terminal::{note, say_json};

/// Size of a part when nothing else is asked for. An object that is no longer is sent in one request.
const PART_BYTES: u64 = 8 * 1024 * 1024;
/// Largest part: each is in memory as a whole.
const PART_BYTES_MAX: u64 = 1024 * 1024 * 1024;
const MIB: u64 = 1024 * 1024;

/// What is uploaded, and as what.
#[derive(Debug, Args)]
#[command(after_help = "\
An object longer than a part is sent in parts, four at a time where they are small; it takes the memory of five parts at most. When
it fails, what was sent is given up. Standard input needs a --part-size over 8MiB when it is longer than 80 GB.

Examples:
  larder object put user-uploads/avatars/1.jpg photo.jpg
  larder object put user-uploads/page.html page.html --cache-control 'max-age=60' --meta author=me
  tar c data | zstd | larder object put backups/data.tar.zst - --no-overwrite")]
pub(crate) struct Put {
    #[command(flatten)]
    target: Target,
    /// The file, or - for standard input.
    #[arg(value_name = "FILE")]
    file: String,
    /// The Content-Type [default: by the key's ending].
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// The Cache-Control of downloads.
    #[arg(long, value_name = "VALUE")]
    cache_control: Option<String>,
    /// The Content-Disposition of downloads.
    #[arg(long, value_name = "VALUE")]
    content_disposition: Option<String>,
    /// The Content-Encoding of the file.
    #[arg(long, value_name = "VALUE")]
    content_encoding: Option<String>,
    /// The Content-Language of the file.
    #[arg(long, value_name = "VALUE")]
    content_language: Option<String>,
    /// The storage class: STANDARD or STANDARD_IA.
    #[arg(long, value_name = "CLASS")]
    storage_class: Option<String>,
    /// A piece of custom metadata. Repeatable.
    #[arg(long = "meta", value_name = "NAME=VALUE", value_parser = metadata)]
    metadata: Vec<(String, String)>,
    /// Fail when there is such an object already.
    #[arg(long)]
    no_overwrite: bool,
    /// Size of a part, 5MiB to 1GiB.
    #[arg(long, value_name = "SIZE", value_parser = part_size)]
    part_size: Option<u64>,
    /// Print JSON: bucket, key, size, etag, parts.
    #[arg(long)]
    json: bool,
}

impl Put {
    pub(crate) async fn run(&self) -> Result<()> {
        let what = format!("put {}", self.target.path);
        let unread =
            |error: std::io::Error| Failure::usage(&what, format!("{} cannot be read: {error}", self.file));
        let client = self.target.client()?;
        let (length, mut source): (Option<u64>, Box<dyn AsyncRead + Unpin>) = if self.file == "-" {
            (None, Box::new(tokio::io::stdin()))
        } else {
            let file = tokio::fs::File::open(&self.file).await.map_err(unread)?;
            let found = file.metadata().await.map_err(unread)?;
            if found.is_dir() {
                return Err(Failure::usage(&what, format!("{} is a folder", self.file)).into());
            }
            // a pipe by name has no length
            (found.is_file().then_some(found.len()), Box::new(file))
        };
        let part_bytes = self.part_size.map_or_else(|| part_bytes_for(length.unwrap_or(0)), Ok);
        let part_bytes = part_bytes.map_err(|why| Failure::usage(&what, why))?;
        let headers = self.headers();
        let upload = Upload { client: &client, target: &self.target, headers: &headers, what: &what };
        let first = read_part(&mut source, part_bytes).await.map_err(unread)?;
        let is_whole =
            u64::try_from(first.len()).is_ok_and(|len| len < part_bytes) || length == Some(part_bytes);
        let (bytes, etag, parts) = if is_whole {
            let bytes = u64::try_from(first.len())?;
            check_length(&what, length, bytes)?;
            (bytes, upload.whole(first).await?, None)
        } else {
            let parts = Parts { source, part_bytes, length, first: Some(first) };
            let done = upload.in_parts(parts).await?;
            (done.bytes, done.etag, Some(done.parts))
        };
        if self.json {
            say_json(&json!({
                "bucket": self.target.path.bucket.as_str(), "key": self.target.path.key.as_str(), "size": bytes,
                "etag": etag.trim_matches('"'), "parts": parts,
            }));
        }
        note(&format!("{}: {}", self.target.path, shown_size(bytes)));
        Ok(())
    }

    fn headers(&self) -> Vec<(String, String)> {
        let content_type = self.content_type.clone();
        let content_type =
            content_type.or_else(|| content_type::of_key(self.target.path.key.as_str()).map(str::to_owned));
        let given = [
            ("content-type", &content_type),
            ("cache-control", &self.cache_control),
            ("content-disposition", &self.content_disposition),
            ("content-encoding", &self.content_encoding),
            ("content-language", &self.content_language),
            ("x-amz-storage-class", &self.storage_class),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
        let condition = self.no_overwrite.then(|| ("if-none-match".to_owned(), "*".to_owned()));
        given.chain(self.metadata.iter().cloned()).chain(condition).collect()
    }
}

/// A file that grows or shrinks while it is read would be stored as it never was.
pub(super) fn check_length(what: &str, length: Option<u64>, read: u64) -> Result<(), Failure> {
    match length {
        Some(length) if length != read => Err(Failure::refused(
            what,
            format!("the file changed while it was read: {length} bytes, then {read}"),
        )),
        _ => Ok(()),
    }
}

/// The next part: that many bytes, or fewer at the end.
pub(super) async fn read_part(
    source: &mut (impl AsyncRead + Unpin),
    part_bytes: u64,
) -> std::io::Result<Bytes> {
    let mut part = Vec::new();
    source.take(part_bytes).read_to_end(&mut part).await?;
    Ok(part.into())
}

/// The size of parts with which a file of that length has few enough of them.
fn part_bytes_for(length: u64) -> Result<u64, String> {
    let fewest = length.div_ceil(u64::from(domain::limits::PARTS_MAX)).div_ceil(MIB) * MIB;
    let part_bytes = fewest.max(PART_BYTES);
    if part_bytes > PART_BYTES_MAX {
        return Err(format!("it has {}, which is more than an object may have", shown_size(length)));
    }
    Ok(part_bytes)
}

fn part_size(text: &str) -> Result<u64, String> {
    let bytes = size_bytes(text)?;
    if !(domain::limits::PART_MIN_BYTES..=PART_BYTES_MAX).contains(&bytes) {
        return Err(format!("{text:?} is not between 5MiB and 1GiB"));
    }
    Ok(bytes)
}

/// Reads `name=value` as a header of custom metadata.
fn metadata(text: &str) -> Result<(String, String), String> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| format!("{text:?} is no metadata; write it as name=value"))?;
    let name = http::HeaderName::try_from(format!("x-amz-meta-{}", name.trim()))
        .map_err(|_| format!("{name:?} cannot name metadata; take letters, digits and hyphens"))?;
    if name.as_str().len() == "x-amz-meta-".len() {
        return Err(format!("{text:?} has no name"));
    }
    if http::HeaderValue::try_from(value).is_err() || !value.is_ascii() {
        return Err(format!("the value of {name} cannot be sent in a header; take printable ASCII"));
    }
    Ok((name.as_str().to_owned(), value.to_owned()))
}
