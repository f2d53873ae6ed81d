//! Requests to Cloudflare's REST API v4, or Larder's, and the envelopes that they answer with.

#[cfg(test)]
mod tests;

use anyhow::Result;
use auth::SecretAccessKey;
use bytes::Bytes;
use clap::Args;
use http::Request;
use http_body_util::Full;
use serde_json::Value;

use super::{Http, read_whole, unanswered};
use crate::connection::{Endpoint, HEADING, variable};
use crate::failure::Failure;
use crate::terminal::plain;

/// Where Cloudflare's own is.
const CLOUDFLARE: &str = "https://api.cloudflare.com/client/v4";
const BASE_NAMES: [&str; 2] = ["CLOUDFLARE_API_BASE_URL", "CLOUDFLARE_BASE_URL"];
const ACCOUNT_NAMES: [&str; 2] = ["CLOUDFLARE_ACCOUNT_ID", "R2_ACCOUNT_ID"];
const TOKEN_NAME: &str = "CLOUDFLARE_API_TOKEN";

/// Options of every command that asks the REST API. The token comes from the environment only: other users of the machine can
/// read a command line.
#[derive(Debug, Args)]
pub(crate) struct RestConnection {
    /// The API's URL [default: CLOUDFLARE_API_BASE_URL, else Cloudflare's own]; the token is CLOUDFLARE_API_TOKEN.
    #[arg(long, help_heading = HEADING, value_name = "URL")]
    api_url: Option<String>,
    /// The account's id [default: CLOUDFLARE_ACCOUNT_ID, R2_ACCOUNT_ID].
    #[arg(long, help_heading = HEADING, value_name = "ID")]
    pub(crate) account: Option<String>,
    /// The jurisdiction of the buckets: default, eu or fedramp.
    #[arg(long, help_heading = HEADING, value_name = "NAME")]
    jurisdiction: Option<String>,
}

/// A client of one account.
pub(crate) struct Rest {
    http: Http,
    base: String,
    pub(crate) account: String,
    token: SecretAccessKey,
    pub(crate) jurisdiction: Option<String>,
}

/// A successful answer.
pub(crate) struct Reply {
    pub(crate) result: Value,
    /// Where the next page begins.
    pub(crate) cursor: Option<String>,
}

impl RestConnection {
    pub(crate) fn open(&self) -> Result<Rest, Failure> {
        self.open_with(&variable)
    }

    fn open_with(&self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Rest, Failure> {
        let first = |names: &[&str]| names.iter().find_map(|name| variable(name));
        let base = self.api_url.clone().or_else(|| first(&BASE_NAMES));
        let base = base.unwrap_or_else(|| CLOUDFLARE.to_owned()).trim_end_matches('/').to_owned();
        let (origin, _) = base.split_at(base.match_indices('/').nth(2).map_or(base.len(), |(at, _)| at));
        let endpoint = Endpoint::parse(origin).map_err(|why| Failure::usage("the API's URL", why))?;
        let account = self.account.clone().or_else(|| first(&ACCOUNT_NAMES)).ok_or_else(|| {
            Failure::usage("no account", "nothing says which account is meant")
                .fix("set CLOUDFLARE_ACCOUNT_ID, as `larder dev` prints it, or give --account")
        })?;
        if account.is_empty() || !account.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)) {
            return Err(Failure::usage("the account", format!("{account:?} is no account id")));
        }
        let token = variable(TOKEN_NAME).ok_or_else(|| {
            Failure::usage("no API token", format!("{TOKEN_NAME} is not set"))
                .fix("set it, as `larder dev` prints it; a token with an object permission works for `larder object` only")
        })?;
        let http = Http::new(endpoint.is_tls).map_err(|why| Failure::refused("no connection", why))?;
        let jurisdiction = self.jurisdiction.clone();
        Ok(Rest { http, base, account, token: SecretAccessKey::new(token), jurisdiction })
    }
}

impl Rest {
    /// Asks something of the account: `path` comes behind its id. `what` names it in a failure.
    pub(crate) async fn call(
        &self,
        what: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Reply, Failure> {
        let url = format!("{}/accounts/{}/{path}", self.base, self.account);
        let body = body.map(|body| Bytes::from(body.to_string()));
        let make = || self.request(method, &url, headers, body.clone());
        let sent = self.http.send(make).await;
        let reply = sent.map_err(|why| unanswered(what, &self.base, &why, "CLOUDFLARE_API_BASE_URL"))?;
        let status = reply.status();
        let body = read_whole(reply.into_body()).await.map_err(|why| Failure::refused(what, why))?;
        envelope(what, status, &body)
    }

    fn request(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<Bytes>,
    ) -> Result<Request<Full<Bytes>>, String> {
        let mut builder = Request::builder()
            .method(method)
            .uri(url)
            .header("authorization", format!("Bearer {}", self.token.expose()));
        if let Some(jurisdiction) = &self.jurisdiction {
            builder = builder.header("cf-r2-jurisdiction", jurisdiction);
        }
        if body.is_some() {
            builder = builder.header("content-type", "application/json");
        }
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder
            .body(Full::new(body.unwrap_or_default()))
            .map_err(|error| format!("the request cannot be sent: {error}"))
    }
}

/// Reads an envelope.
///
/// Spec: Cloudflare API, getting started, responses.
fn envelope(what: &str, status: http::StatusCode, body: &[u8]) -> Result<Reply, Failure> {
    let Ok(mut document) = serde_json::from_slice::<Value>(body) else {
        let why = format!("{status}, and no document of the REST API");
        return Err(Failure::refused(what, why).fix("check CLOUDFLARE_API_BASE_URL: it ends in /client/v4"));
    };
    if !status.is_success() || document.get("success") != Some(&Value::Bool(true)) {
        return Err(refusal(what, status, &document));
    }
    let cursor = document.pointer("/result_info/cursor").and_then(Value::as_str);
    let cursor = cursor.filter(|cursor| !cursor.is_empty()).map(str::to_owned);
    Ok(Reply { result: document.get_mut("result").map(Value::take).unwrap_or_default(), cursor })
}

/// The first error's number and text; what is behind it (Larder's explanations) as the way to mend it.
fn refusal(what: &str, status: http::StatusCode, document: &Value) -> Failure {
    let Some(error) = document.pointer("/errors/0") else {
        return Failure::refused(what, status.to_string());
    };
    let text = |value: &Value| plain(value.get("message").and_then(Value::as_str).unwrap_or_default());
    let code = error.get("code").and_then(Value::as_u64).unwrap_or_default();
    let chain = error.get("error_chain").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut fixes: Vec<String> = chain.iter().map(&text).filter(|text| !text.is_empty()).collect();
    if let Some(pointer) = error.pointer("/source/pointer").and_then(Value::as_str) {
        fixes.push(format!("(at {})", plain(pointer)));
    }
    let why = format!("{} {code}: {}", status.as_u16(), text(error));
    Failure::refused(what, why).hint((!fixes.is_empty()).then(|| fixes.join(" ")))
}
