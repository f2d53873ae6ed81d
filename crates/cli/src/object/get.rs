//! `larder object get`: into a file that appears when it is whole, or onto standard output. A download that breaks off goes on
//! where it was, as long as the object is the same.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use domain::Random as _;
use hyper::body::Incoming;
use serde_json::json;
use server::SystemRandom;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::Target;
use super::progress::Progress;
use crate::client::next_piece;
use crate::client::s3::{S3, S3Request};
use crate::failure::Failure;
use crate::quantity::shown_size;
use crate::terminal::{note, say_json};

/// How often a download goes on after it broke off.
const RESUMES_MAX: u32 = 5;

/// What is downloaded, and where to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder object get user-uploads/report.pdf
  larder object get user-uploads/report.pdf /tmp/r.pdf --force
  larder object get backups/db.tar.zst - | zstd -d | tar x")]
pub(crate) struct Get {
    #[command(flatten)]
    target: Target,
    /// The file to make, or - for standard output [default: what is behind the key's last slash].
    #[arg(value_name = "FILE")]
    file: Option<String>,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
    /// Print JSON: bucket, key, file, size, etag.
    #[arg(long)]
    json: bool,
}

impl Get {
    pub(crate) async fn run(&self) -> Result<()> {
        let what = format!("get {}", self.target.path);
        let file = self.file_name(&what)?;
        if file == "-" {
            if self.json {
                return Err(Failure::usage(&what, "--json and - both want standard output").into());
            }
            let client = self.target.client()?;
            let mut out = tokio::io::stdout();
            self.download(&client, &what, &mut out).await?;
            return Ok(());
        }
        let path = PathBuf::from(&file);
        if !self.force && path.try_exists()? {
            return Err(Failure::usage(&what, format!("{file} is there already"))
                .fix("give another name, or --force")
                .into());
        }
        let client = self.target.client()?;
        let partial = Partial::beside(&path);
        let mut out = partial
            .create()
            .map_err(|error| Failure::refused(&what, format!("{file} cannot be made: {error}")))?;
        let (bytes, etag) = self.download(&client, &what, &mut out).await?;
        partial
            .become_whole(out, &path)
            .await
            .map_err(|error| Failure::refused(&what, format!("{file}: {error}")))?;
        if self.json {
            say_json(&json!({
                "bucket": self.target.path.bucket.as_str(), "key": self.target.path.key.as_str(), "file": file,
                "size": bytes, "etag": etag.trim_matches('"'),
            }));
        }
        note(&format!("{file}: {}", shown_size(bytes)));
        Ok(())
    }

    fn file_name(&self, what: &str) -> Result<String, Failure> {
        if let Some(file) = &self.file {
            return Ok(file.clone());
        }
        let name = self.target.path.key.as_str().rsplit('/').next().unwrap_or_default();
        // what a key ends with may not lead out of the folder
        if matches!(name, "" | "." | ".." | "-") || name.contains(['\0', '\\']) {
            return Err(Failure::usage(what, "the key ends in nothing that could name a file")
                .fix("name one behind the key"));
        }
        Ok(name.to_owned())
    }

    /// Writes the whole object; returns how many bytes it has, and its ETag.
    async fn download(
        &self,
        client: &S3,
        what: &str,
        out: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(u64, String), Failure> {
        let reply = client.send(what, &self.target.request("GET")).await?;
        let header =
            |name: &str| reply.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let etag = header("etag").unwrap_or_default();
        let total_bytes = header("content-length").and_then(|length| length.parse().ok());
        let mut progress = Progress::new(total_bytes);
        let mut body = reply.into_body();
        let mut done_bytes = 0_u64;
        let mut resumes_left = RESUMES_MAX;
        loop {
            match next_piece(&mut body).await {
                Ok(Some(piece)) => {
                    out.write_all(&piece)
                        .await
                        .map_err(|error| Failure::refused(what, format!("it cannot be written: {error}")))?;
                    done_bytes = done_bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
                    progress.add(piece.len());
                }
                Ok(None) => break,
                Err(why) if resumes_left == 0 || etag.is_empty() || done_bytes == 0 => {
                    return Err(Failure::refused(what, why));
                }
                Err(_) => {
                    resumes_left -= 1;
                    body = self.rest(client, what, done_bytes, &etag).await?;
                }
            }
        }
        out.flush()
            .await
            .map_err(|error| Failure::refused(what, format!("it cannot be written: {error}")))?;
        match total_bytes {
            Some(total_bytes) if total_bytes != done_bytes => Err(Failure::refused(
                what,
                format!("{total_bytes} bytes were announced and {done_bytes} came"),
            )),
            _ => Ok((done_bytes, etag)),
        }
    }

    async fn rest(&self, client: &S3, what: &str, from: u64, etag: &str) -> Result<Incoming, Failure> {
        let range = format!("bytes={from}-");
        let headers = [("range", range.as_str()), ("if-match", etag)];
        let request = S3Request { headers: &headers, ..self.target.request("GET") };
        let reply = client.send(what, &request).await?;
        if reply.status() != http::StatusCode::PARTIAL_CONTENT {
            return Err(Failure::refused(what, "it broke off, and the server sends no rest of it"));
        }
        Ok(reply.into_body())
    }
}

/// A file that is not whole yet; gone when it does not get there.
struct Partial(PathBuf);

impl Partial {
    fn beside(path: &Path) -> Self {
        let mut random = [0; 8];
        SystemRandom.fill(&mut random);
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{:016x}.part", u64::from_le_bytes(random)));
        Self(name.into())
    }

    fn create(&self) -> std::io::Result<tokio::fs::File> {
        Ok(tokio::fs::File::from_std(std::fs::File::create_new(&self.0)?))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a download can be had again; the server's own files go through disk"
    )]
    async fn become_whole(self, file: tokio::fs::File, path: &Path) -> std::io::Result<()> {
        file.sync_all().await?;
        std::fs::rename(&self.0, path)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
