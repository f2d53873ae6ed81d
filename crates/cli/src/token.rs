//! `larder token`: API tokens, which are also S3 key pairs. Offline for a server's credentials file, or in a running server through
//! the REST API.

mod offline;
mod online;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::client::rest::RestConnection;
use crate::run::client;

/// What is done to tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Print a new token, offline: the block for a server's credentials file, and the key pair for the client.
    New(offline::New),
    /// Create a token in a running server, and show its three values once.
    Create(online::Create),
    /// List the tokens.
    #[command(after_help = "Example:\n  larder token list")]
    List {
        /// Print JSON, as the API answers it.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: RestConnection,
    },
    /// Show a token, without its value.
    #[command(after_help = "Example:\n  larder token get 0123456789abcdef0123456789abcdef --json")]
    Get(Identified),
    /// Give a token a new value, and show it once. The old one, and the secret that belongs to it, end.
    #[command(after_help = "Example:\n  larder token roll 0123456789abcdef0123456789abcdef")]
    Roll(Identified),
    /// Switch a token off, until it is enabled again.
    #[command(after_help = "Example:\n  larder token disable 0123456789abcdef0123456789abcdef")]
    Disable(Identified),
    /// Switch a token on again.
    #[command(after_help = "Example:\n  larder token enable 0123456789abcdef0123456789abcdef")]
    Enable(Identified),
    /// Delete a token.
    #[command(after_help = "Example:\n  larder token delete 0123456789abcdef0123456789abcdef")]
    Delete(Identified),
}

/// One token of an account.
#[derive(Debug, Args)]
pub(crate) struct Identified {
    /// The token's id, which is also its access key id.
    #[arg(value_name = "ID", value_parser = token_id)]
    id: String,
    /// Print JSON, as the API answers it; with a new value also the key pair.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: RestConnection,
}

pub(crate) fn run(command: Token) -> Result<()> {
    match command {
        Token::New(new) => offline::print_new(&new),
        Token::Create(create) => client(online::create(create)),
        Token::List { json, connection } => client(online::list(connection, json)),
        Token::Get(token) => client(online::get(token)),
        Token::Roll(token) => client(online::roll(token)),
        Token::Disable(token) => client(online::switch(token, "disabled")),
        Token::Enable(token) => client(online::switch(token, "active")),
        Token::Delete(token) => client(online::delete(token)),
    }
}

fn token_id(text: &str) -> Result<String, String> {
    let is_id = text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    // it may be a secret that got into the wrong place, so it is not repeated
    if is_id {
        Ok(text.to_owned())
    } else {
        Err("a token's id has 32 lower-case hexadecimal digits".to_owned())
    }
}
