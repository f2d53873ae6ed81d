//! Cross-origin resource sharing: a bucket's rules, what makes them valid, and which rule answers a request. The XML
//! and JSON forms are the doors'; so are the headers.

use crate::limits::{CORS_MAX_AGE_SECONDS, CORS_MAX_RULES, RULE_ID_MAX_CHARS};

/// A bucket's CORS policy: the first rule that matches wholly answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsPolicy {
    /// Rules in order.
    pub rules: Vec<CorsRule>,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsRule {
    /// The client's name for it, up to 255 characters.
    pub id: Option<String>,
    /// `scheme://host[:port]`, with at most one `*`, or `*` alone.
    pub allowed_origins: Vec<String>,
    /// Of GET, PUT, POST, DELETE, HEAD.
    pub allowed_methods: Vec<String>,
    /// Header names, any case, with at most one `*` each.
    pub allowed_headers: Vec<String>,
    /// Reply headers a page may read.
    pub expose_headers: Vec<String>,
    /// How long a browser may remember a preflight, in seconds.
    pub max_age_seconds: Option<u32>,
}

/// What is wrong with a policy; the text names the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorsFault {
    /// No rule at all, too many, or a rule without an origin or a method.
    #[error("{0}")]
    Shape(String),
    /// A value that cannot be kept.
    #[error("{0}")]
    Value(String),
}

/// The methods R2 allows in a rule.
pub const CORS_METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];

impl CorsPolicy {
    /// Checks a policy before it is kept.
    ///
    /// # Errors
    /// The first [`CorsFault`], in the words a person needs to mend it.
    ///
    /// Spec: R2 docs, configure CORS; Amazon S3 API, PutBucketCors.
    pub fn check(&self) -> Result<(), CorsFault> {
        if self.rules.is_empty() {
            return Err(CorsFault::Shape("A CORS policy needs at least one rule.".into()));
        }
        if self.rules.len() > CORS_MAX_RULES {
            let given = self.rules.len();
            return Err(CorsFault::Shape(format!(
                "A CORS policy has at most {CORS_MAX_RULES} rules; this one has {given}."
            )));
        }
        self.rules.iter().try_for_each(CorsRule::check)
    }

    /// The first rule that allows a request of `method` from `origin`, whatever its headers.
    #[must_use]
    pub fn match_request(&self, origin: &str, method: &str) -> Option<CorsMatch<'_>> {
        self.match_preflight(origin, method, std::iter::empty::<&str>())
    }

    /// The first rule that allows `origin`, `method` and every one of `headers` (any case).
    #[must_use]
    pub fn match_preflight<'h>(
        &self,
        origin: &str,
        method: &str,
        headers: impl IntoIterator<Item = &'h str>,
    ) -> Option<CorsMatch<'_>> {
        let headers: Vec<&str> = headers.into_iter().collect();
        self.rules.iter().find_map(|rule| {
            let pattern = rule.allowed_origins.iter().find(|p| wildcard_match(p, origin))?;
            let method_ok = rule.allowed_methods.iter().any(|m| m == method);
            let headers_ok = headers.iter().all(|h| rule.allows_header(h));
            (method_ok && headers_ok).then_some(CorsMatch { rule, any_origin: pattern == "*" })
        })
    }
}

/// The rule that answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorsMatch<'a> {
    /// The rule.
    pub rule: &'a CorsRule,
    /// Whether its matching origin is exactly `*`.
    pub any_origin: bool,
}

impl CorsRule {
    fn check(&self) -> Result<(), CorsFault> {
        if self.allowed_origins.is_empty() || self.allowed_methods.is_empty() {
            return Err(CorsFault::Shape(
                "Each CORS rule needs at least one AllowedOrigin and one AllowedMethod.".into(),
            ));
        }
        if self.id.as_ref().is_some_and(|id| id.chars().count() > RULE_ID_MAX_CHARS) {
            return Err(CorsFault::Value(format!(
                "A CORS rule's ID has at most {RULE_ID_MAX_CHARS} characters."
            )));
        }
        self.allowed_origins.iter().try_for_each(|o| check_origin(o))?;
        for method in &self.allowed_methods {
            if !CORS_METHODS.contains(&method.as_str()) {
                return Err(CorsFault::Value(method_fault(method)));
            }
        }
        for header in &self.allowed_headers {
            check_header(header, true)?;
        }
        for header in &self.expose_headers {
            check_header(header, false)?;
        }
        match self.max_age_seconds {
            Some(age) if age > CORS_MAX_AGE_SECONDS => Err(CorsFault::Value(format!(
                "MaxAgeSeconds is at most {CORS_MAX_AGE_SECONDS} (one day); this rule has {age}."
            ))),
            _ => Ok(()),
        }
    }

    fn allows_header(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.allowed_headers.iter().any(|p| wildcard_match(&p.to_ascii_lowercase(), &name))
    }
}

fn method_fault(method: &str) -> String {
    let mut text = format!("Found unsupported HTTP method in CORS config. Unsupported method is {method}");
    let upper = method.to_ascii_uppercase();
    if CORS_METHODS.contains(&upper.as_str()) {
        text.push_str(&format!(". Write it in capitals: {upper}"));
    } else if upper == "OPTIONS" {
        text.push_str(". Leave it out: preflight requests are answered for every allowed method");
    }
    text
}

/// `scheme://host[:port]` without path, query or trailing slash; at most one `*`.
fn check_origin(origin: &str) -> Result<(), CorsFault> {
    let fault = |text: String| Err(CorsFault::Value(text));
    if origin == "*" {
        return Ok(());
    }
    if origin.matches('*').count() > 1 {
        return fault(format!("AllowedOrigin \"{origin}\" can not have more than one wildcard."));
    }
    if !origin.bytes().all(|b| (0x21..0x7f).contains(&b) && !b"\"<>\\^`{|}@?#".contains(&b)) {
        return fault(format!("AllowedOrigin \"{}\" contains an invalid character.", origin.escape_debug()));
    }
    let Some((scheme, rest)) = origin.split_once("://") else {
        // a pattern such as `*.example.com` names no scheme of its own: the star stands for it
        if origin.starts_with('*') && !origin.contains('/') {
            return Ok(());
        }
        let host = origin.trim_end_matches('/');
        let local = host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]");
        let fix = if local { "http" } else { "https" };
        return fault(format!("AllowedOrigin \"{origin}\" has no scheme. Write \"{fix}://{host}\"."));
    };
    let scheme_ok = scheme == "*"
        || scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.*".contains(&b));
    let authority = rest.split('/').next().unwrap_or_default();
    if !scheme_ok || authority.is_empty() {
        return fault(format!(
            "AllowedOrigin \"{origin}\" is not an origin. Write it as \"https://example.com\"."
        ));
    }
    if rest.contains('/') {
        return fault(format!(
            "AllowedOrigin \"{origin}\" has a path. Write \"{scheme}://{authority}\": an origin ends after the host and port."
        ));
    }
    if origin.bytes().any(|b| b.is_ascii_uppercase()) {
        return fault(format!(
            "AllowedOrigin \"{origin}\" has capital letters. Browsers send \"{}\".",
            origin.to_ascii_lowercase()
        ));
    }
    match default_port(scheme, authority) {
        Some(bare) => fault(format!(
            "AllowedOrigin \"{origin}\" names its scheme's own port, which browsers leave out. Write \"{scheme}://{bare}\"."
        )),
        None => check_port(origin, authority),
    }
}

fn default_port<'a>(scheme: &str, authority: &'a str) -> Option<&'a str> {
    match scheme {
        "http" => authority.strip_suffix(":80"),
        "https" => authority.strip_suffix(":443"),
        _ => None,
    }
}

fn check_port(origin: &str, authority: &str) -> Result<(), CorsFault> {
    let host_and_port = authority.rsplit_once(']').map_or(authority, |(_, after)| after);
    match host_and_port.rsplit_once(':') {
        Some((_, port)) if port != "*" && port.parse::<u16>().is_err() => {
            Err(CorsFault::Value(format!("AllowedOrigin \"{origin}\" has an invalid port \"{port}\".")))
        }
        _ => Ok(()),
    }
}

/// A header name (RFC 9110 token), or a pattern of one when `pattern`.
fn check_header(name: &str, pattern: bool) -> Result<(), CorsFault> {
    let element = if pattern { "AllowedHeader" } else { "ExposeHeader" };
    if name.is_empty() {
        return Err(CorsFault::Value(format!(
            "{element} is empty. Name a header, or leave the element out."
        )));
    }
    if name.matches('*').count() > 1 {
        return Err(CorsFault::Value(format!("{element} \"{name}\" can not have more than one wildcard.")));
    }
    if name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)) {
        Ok(())
    } else {
        Err(CorsFault::Value(format!("{element} \"{}\" contains invalid character.", name.escape_debug())))
    }
}

/// Whether `text` matches `pattern`, in which one `*` stands for any text.
fn wildcard_match(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => {
            text.len() >= head.len() + tail.len() && text.starts_with(head) && text.ends_with(tail)
        }
    }
}

#[cfg(test)]
mod tests;
