//! `larder presign explain`: a presigned URL in plain words. Nothing is sent; neither a secret nor a signature is printed.

mod address;
mod document;
mod facts;
mod notes;
mod refusal;
mod signature;
mod subject;
#[cfg(test)]
mod tests;

use std::io::Read as _;

use anyhow::Result;
use clap::Args;
use domain::{Clock as _, Timestamp};
use server::SystemClock;

use self::facts::{Facts, Given};
use self::subject::Subject;
use super::url::header;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::quantity::{moment, size_bytes};
use crate::terminal::{say, say_json};

/// Most that is read from standard input.
const URL_BYTES_MAX: u64 = 1024 * 1024;

/// A URL, and how it would be used.
#[derive(Debug, Args)]
#[command(after_help = "\
Says which operation on which object the URL is for, until when, what must be sent with it, what is odd about it, and why a server
would refuse it now. With --method, --header and --body-length it judges that request; without them, the URL alone. When the key
pair that signed it is in the environment or the profile, the signature is checked, and what differs is looked for.

Exit code: 0 when nothing speaks against it, 1 when it would be refused, 2 when it is no URL.

Examples:
  larder presign explain \"$URL\"
  pbpaste | larder presign explain -
  larder presign explain \"$URL\" --method PUT --header 'Content-Type: image/jpg'
  larder presign explain \"$URL\" --at 2026-01-02T03:04:05Z --json")]
pub(crate) struct Explain {
    /// The URL, in quotes: a shell takes & for itself. With - it is read from standard input.
    url: String,
    /// The method that it is used with.
    #[arg(long, value_name = "METHOD", value_parser = ["GET", "HEAD", "PUT", "POST", "DELETE"], ignore_case = true)]
    method: Option<String>,
    /// A header that is sent. Repeatable.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// How long the body is.
    #[arg(long, value_name = "SIZE", value_parser = size_bytes)]
    body_length: Option<u64>,
    /// When it is used, instead of now.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Timestamp>,
    /// Print JSON, as docs/cli.md describes it.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Explain {
    /// Prints what there is to say; whether nothing speaks against the URL.
    pub(crate) fn print(&self) -> Result<bool> {
        let url = if self.url == "-" {
            std::io::read_to_string(std::io::stdin().take(URL_BYTES_MAX))?
        } else {
            self.url.clone()
        };
        let subject = Subject::parse(&url).map_err(|why| {
            Failure::usage("this is no presigned URL", why)
                .fix("give the whole URL in quotes, from http to its last character")
        })?;
        let given = Given {
            method: self.method.as_ref().map(|method| method.to_ascii_uppercase()),
            headers: self.headers.clone(),
            body_length: self.body_length,
            at: self.at.unwrap_or_else(|| SystemClock.now()),
            endpoint: self.connection.known_endpoint()?,
            credentials: self.connection.known_credentials(),
        };
        let facts = Facts::of(&subject, &given);
        if self.json {
            say_json(&document::json(&facts));
        } else {
            say(&document::text(&facts));
        }
        Ok(facts.refusals.is_empty())
    }
}
