//! The one binary: the server (`larder dev`, `larder serve`), and a client for it and for R2 (`larder presign`, `larder object`,
//! `larder bucket`, …). The only crate that prints.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its terminal")]

mod bucket;
mod client;
mod completions;
mod connection;
mod cors;
mod dev;
mod document;
mod failure;
mod lifecycle;
mod location;
mod log;
mod object;
mod presign;
mod quantity;
mod run;
mod temp_credentials;
mod terminal;
#[cfg(test)]
mod tests;
mod token;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use server::config::PublicUrl;

/// A self-hosted object store that speaks Cloudflare R2's S3 API, made for uploads straight from browsers.
#[derive(Debug, Parser)]
#[command(
    name = "larder",
    version,
    after_help = "\
Start here:
  larder dev                                             a server, and what to paste into .env
  larder object put user-uploads/a.txt a.txt             an upload
  larder presign put user-uploads/b.txt --max-bytes 1MiB a URL for somebody else's upload
  larder presign explain \"$URL\"                          what a URL allows, and why it is refused

Exit code: 0 done, 1 refused or failed, 2 wrong command line or environment."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a server for development: no configuration, credentials and a bucket made at the first start.
    #[command(after_help = "\
Examples:
  larder dev
  larder dev --data /tmp/larder --listen 127.0.0.1:9001
  larder dev --public-url https://files.example.com")]
    Dev {
        /// Folder of the data and the credentials.
        #[arg(long, default_value = ".larder", value_name = "FOLDER")]
        data: PathBuf,
        /// Address to listen on; port 0 picks a free one.
        #[arg(long, default_value = "127.0.0.1:9000", value_name = "ADDRESS:PORT", value_parser = address)]
        listen: SocketAddr,
        /// A further name that clients use for this server, such as larder:9000 in a compose file. Repeatable.
        #[arg(long = "host", value_name = "NAME[:PORT]")]
        hosts: Vec<String>,
        /// A URL at which clients reach this server through a proxy, such as `https://files.example.com`; the first is printed.
        /// Repeatable.
        #[arg(long = "public-url", value_name = "URL", value_parser = PublicUrl::parse)]
        public_urls: Vec<PublicUrl>,
    },
    /// Start a server in production: everything comes from the configuration, no credential is made up.
    #[command(after_help = "Example:\n  larder serve --config larder.toml")]
    Serve {
        /// The TOML file; docs/config.md lists its keys.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Work with objects: list, get, put, copy, delete.
    Object {
        #[command(subcommand)]
        object: object::Object,
    },
    /// Presign URLs and forms offline, and explain those that others signed.
    Presign {
        #[command(subcommand)]
        presign: presign::Presign,
    },
    /// Work with buckets.
    Bucket {
        #[command(subcommand)]
        bucket: bucket::Bucket,
    },
    /// Say which sites may use a bucket from a page.
    Cors {
        #[command(subcommand)]
        cors: cors::Cors,
    },
    /// Say when objects expire and uploads are aborted.
    Lifecycle {
        #[command(subcommand)]
        lifecycle: lifecycle::Lifecycle,
    },
    /// Make and manage API tokens, which are also S3 key pairs.
    Token {
        #[command(subcommand)]
        token: token::Token,
    },
    /// Make a temporary credential: part of what a key pair may do, for a while.
    TempCredentials(temp_credentials::TempCredentials),
    /// Print a script that completes commands in a shell.
    #[command(
        after_help = "Example:\n  larder completions bash > ~/.local/share/bash-completion/completions/larder"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "it is an IP address with a port, such as 127.0.0.1:9000 or 0.0.0.0:9000")
}

fn main() -> ExitCode {
    match execute(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failure::report(&error),
    }
}

/// Runs a command; whether what it found out is good.
fn execute(command: Command) -> anyhow::Result<bool> {
    match command {
        Command::Dev { data, listen, hosts, public_urls } => {
            run::blocking(dev::run(data, listen, hosts, public_urls))
        }
        Command::Serve { config } => run::blocking(run::serve(config)),
        Command::Presign { presign } => return presign::run(presign),
        Command::Object { object } => run::client(object::run(object)),
        Command::Bucket { bucket } => run::client(bucket::run(bucket)),
        Command::Cors { cors } => run::client(cors::run(cors)),
        Command::Lifecycle { lifecycle } => run::client(lifecycle::run(lifecycle)),
        Command::Token { token } => token::run(token),
        Command::TempCredentials(wanted) => temp_credentials::print(&wanted),
        Command::Completions { shell } => {
            completions::print(shell);
            Ok(())
        }
    }?;
    Ok(true)
}
