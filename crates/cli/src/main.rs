//! The one binary: the server (`larder dev`, `larder serve`), and a client for it and for R2 (`larder presign`, `larder object`,
//! `larder bucket`, …). The only crate that prints.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its terminal")]

mod connection;
mod dev;
mod failure;
mod location;
mod log;
mod presign;
mod quantity;
mod run;
mod temp_credentials;
mod terminal;
mod token;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use server::config::PublicUrl;

/// A self-hosted object store that speaks Cloudflare R2's S3 API, made for uploads straight from browsers.
#[derive(Debug, Parser)]
#[command(name = "larder", version, after_help = "Start here: larder dev")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a server for development: no configuration, credentials and a bucket made at the first start.
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
    Serve {
        /// The TOML file; docs/config.md lists its keys.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Make API tokens, which are also S3 key pairs.
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Presign URLs and forms offline, and explain those that others signed.
    Presign {
        #[command(subcommand)]
        presign: presign::Presign,
    },
    /// Make a temporary credential, offline: part of what a key pair may do, for a while.
    TempCredentials(temp_credentials::TempCredentials),
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Print a new token: the block for the server's credentials file, and the key pair for the client.
    New(token::New),
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "it is an IP address with a port, such as 127.0.0.1:9000 or 0.0.0.0:9000")
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Dev { data, listen, hosts, public_urls } => {
            run::blocking(dev::run(data, listen, hosts, public_urls)).map(|()| true)
        }
        Command::Serve { config } => run::blocking(run::serve(config)).map(|()| true),
        Command::Token { command: TokenCommand::New(new) } => token::print_new(&new).map(|()| true),
        Command::Presign { presign } => presign::run(presign),
        Command::TempCredentials(wanted) => temp_credentials::print(&wanted).map(|()| true),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failure::report(&error),
    }
}
