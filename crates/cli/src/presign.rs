//! `larder presign`: signs URLs and forms offline, and explains a URL that somebody else signed.

mod explain;
mod form;
mod url;

use anyhow::Result;
use clap::Subcommand;

/// What is presigned.
#[derive(Debug, Subcommand)]
pub(crate) enum Presign {
    /// A URL that downloads an object.
    Get(url::Get),
    /// A URL that asks for an object's headers.
    Head(url::Get),
    /// A URL that uploads an object, within limits if wanted.
    Put(url::Put),
    /// A URL that deletes an object.
    Delete(url::Delete),
    /// A form with which a browser uploads an object, within limits if wanted.
    Post(form::Post),
    /// Say in plain words what a presigned URL allows, until when, and why it would be refused now.
    Explain(explain::Explain),
}

/// Runs one of them. Nothing is sent.
pub(crate) fn run(presign: Presign) -> Result<bool> {
    match presign {
        Presign::Get(get) => get.print("GET"),
        Presign::Head(head) => head.print("HEAD"),
        Presign::Put(put) => put.print(),
        Presign::Delete(delete) => delete.print(),
        Presign::Post(post) => post.print(),
        Presign::Explain(explain) => return explain.print(),
    }?;
    Ok(true)
}
