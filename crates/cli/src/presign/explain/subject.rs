//! The URL as it was pasted: taken out of its quotes and escapes, and split, with a note of everything that was odd. It is never
//! decoded or normalised, since a signature covers what is sent.

/// A URL's parts as a client sends them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) is_tls: bool,
    /// In lower case, with its port unless it is the scheme's own.
    pub(super) host: String,
    pub(super) path: String,
    pub(super) query: String,
    /// What was odd, and what was done about it.
    pub(super) oddities: Vec<String>,
}

/// Longer URLs no server reads.
const URL_BYTES_MAX: usize = 64 * 1024;

impl Subject {
    /// Reads a URL.
    pub(super) fn parse(pasted: &str) -> Result<Self, String> {
        let mut subject = Self::default();
        let text = subject.unwrapped(pasted);
        if text.len() > URL_BYTES_MAX {
            return Err(format!("it has more than {URL_BYTES_MAX} bytes"));
        }
        let (scheme, rest) =
            text.split_once("://").ok_or("it has no scheme: it begins with http:// or https://")?;
        subject.is_tls = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("its scheme is neither http nor https".to_owned()),
        };
        let rest = match rest.split_once('#') {
            Some((before, _)) => {
                subject.odd("it has a #, and what is behind that is never sent; a # in a key is written %23");
                before
            }
            None => rest,
        };
        let (before_query, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path_at = before_query.find('/').unwrap_or(before_query.len());
        let (host, path) = before_query.split_at(path_at);
        subject.set_host(host)?;
        path.clone_into(&mut subject.path);
        query.clone_into(&mut subject.query);
        if subject.path.is_empty() {
            "/".clone_into(&mut subject.path);
        }
        Ok(subject)
    }

    fn set_host(&mut self, host: &str) -> Result<(), String> {
        let host = match host.rsplit_once('@') {
            Some((_, host)) => {
                self.odd(
                    "it has a user name before its host, which is no part of a presigned URL; it is left out",
                );
                host
            }
            None => host,
        };
        let lower = host.to_ascii_lowercase();
        let bare = lower.strip_suffix(if self.is_tls { ":443" } else { ":80" });
        if bare.is_some() {
            self.odd("it names its scheme's own port, which clients leave out of the Host header");
        }
        if lower.is_empty()
            || lower.starts_with(':')
            || http::uri::Authority::try_from(lower.as_str()).is_err()
        {
            return Err("it has no host name that can be sent".to_owned());
        }
        bare.unwrap_or(&lower).clone_into(&mut self.host);
        Ok(())
    }

    /// Without what came along when it was copied out of a document.
    fn unwrapped(&mut self, pasted: &str) -> String {
        let trimmed = pasted.trim().trim_matches(['"', '\'', '<', '>', '`']);
        if trimmed.len() < pasted.trim().len() {
            self.odd("it was pasted with quotes or brackets around it; they are left out");
        }
        let mut text = trimmed.to_owned();
        for (escape, name) in [("&amp;", "HTML or XML"), ("\\u0026", "JSON"), ("\\&", "a shell")] {
            if text.contains(escape) {
                self.odd(format!(
                    "it has {escape} where a & belongs, since it was copied from {name}; used like that it is refused. Read as &"
                ));
                text = text.replace(escape, "&");
            }
        }
        if text.contains(|c: char| c.is_whitespace()) {
            self.odd(
                "it has blanks or line breaks inside; it was broken when it was copied. They are left out",
            );
            text.retain(|c| !c.is_whitespace());
        }
        text
    }

    fn odd(&mut self, what: impl Into<String>) {
        self.oddities.push(what.into());
    }
}
