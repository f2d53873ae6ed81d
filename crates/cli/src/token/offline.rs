//! `larder token new`: a token for a server's credentials file, made offline.

use anyhow::{Result, anyhow};
use clap::Args;
use server::{SystemRandom, Token, parse_scope};

use crate::terminal::say;

/// What the new token may do.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  larder token new --name app --bucket user-uploads >> credentials.toml")]
pub(crate) struct New {
    /// What people call it.
    #[arg(long, default_value = "unnamed")]
    name: String,
    /// admin-read-write, admin-read-only, object-read-write or object-read-only.
    #[arg(long, default_value = "object-read-write")]
    permission: String,
    /// Binds an object permission to a bucket. Repeatable; all buckets without it.
    #[arg(long = "bucket", value_name = "NAME")]
    buckets: Vec<String>,
}

pub(crate) fn print_new(new: &New) -> Result<()> {
    let scope = parse_scope(&new.permission, &new.buckets).map_err(|what| anyhow!(what))?;
    let token = Token::new(&SystemRandom, new.name.clone(), scope);
    // the server needs the block, the client the rest: what is for eyes only once goes to standard error
    eprintln!("# For the client; shown only now");
    eprintln!("R2_ACCESS_KEY_ID={}", token.key.id);
    eprintln!("R2_SECRET_ACCESS_KEY={}", token.key.secret.expose());
    if let Some(value) = &token.value {
        eprintln!("CLOUDFLARE_API_TOKEN={value}");
    }
    eprintln!("# For the server's credentials file (mode 0600)");
    say(&token.to_toml(false));
    Ok(())
}
