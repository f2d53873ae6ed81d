//! The two files of AWS's tools, `~/.aws/credentials` and `~/.aws/config`: profiles with key pairs, regions and endpoints.
//! What else stands in them is not looked at.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use auth::SecretAccessKey;

use crate::connection::Credentials;
use crate::failure::Failure;

/// Larger files are no such files.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Section name to its settings; those of a nested one as `s3.endpoint_url`. It holds secrets, so it has no `Debug`.
type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// Both files, read. A file that is not there is empty.
#[derive(Default)]
pub(crate) struct Profiles {
    credentials: Sections,
    config: Sections,
    /// For messages.
    paths: Vec<PathBuf>,
}

impl Profiles {
    /// Reads them.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub(crate) fn read(credentials: Option<PathBuf>, config: Option<PathBuf>) -> Result<Self, Failure> {
        let text = |path: &Option<PathBuf>| path.as_deref().map_or(Ok(String::new()), read);
        let mut profiles = Self::parse(&text(&credentials)?, &text(&config)?);
        profiles.paths = [credentials, config].into_iter().flatten().collect();
        Ok(profiles)
    }

    /// From the texts of the two.
    pub(crate) fn parse(credentials: &str, config: &str) -> Self {
        Self { credentials: sections(credentials), config: sections(config), paths: Vec::new() }
    }

    /// A profile's key pair, of the credentials file before the config file.
    pub(crate) fn credentials(&self, profile: &str) -> Option<Credentials> {
        let pair_of = |section: &BTreeMap<String, String>| {
            Some(Credentials {
                access_key_id: section.get("aws_access_key_id")?.clone(),
                secret: SecretAccessKey::new(section.get("aws_secret_access_key")?.clone()),
                session_token: section.get("aws_session_token").cloned().map(SecretAccessKey::new),
                source: format!("profile {profile}"),
            })
        };
        self.found_in(profile).find_map(pair_of)
    }

    /// A setting of a profile.
    pub(crate) fn get(&self, profile: &str, name: &str) -> Option<String> {
        self.found_in(profile).find_map(|section| section.get(name).cloned())
    }

    /// The endpoint for S3: of the profile's service definitions, then its own.
    pub(crate) fn endpoint(&self, profile: &str) -> Option<String> {
        let services = self.get(profile, "services");
        let services = services.and_then(|name| self.config.get(&format!("services {name}")));
        let of_s3 = services.and_then(|section| section.get("s3.endpoint_url").cloned());
        of_s3.or_else(|| self.get(profile, "s3.endpoint_url")).or_else(|| self.get(profile, "endpoint_url"))
    }

    fn found_in(&self, profile: &str) -> impl Iterator<Item = &BTreeMap<String, String>> {
        let in_config = self.config.get(&format!("profile {profile}"));
        let default = if profile == "default" { self.config.get("default") } else { None };
        [self.credentials.get(profile), in_config, default].into_iter().flatten()
    }
}

/// The files' names.
impl fmt::Display for Profiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<String> = self.paths.iter().map(|path| path.display().to_string()).collect();
        f.write_str(if paths.is_empty() { "~/.aws" } else { "" })?;
        f.write_str(&paths.join(" or "))
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let what = || format!("the file {}", path.display());
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
        Ok(found) if found.len() > FILE_BYTES_MAX => {
            return Err(Failure::usage(what(), format!("it has more than {FILE_BYTES_MAX} bytes")));
        }
        _ => {}
    }
    std::fs::read_to_string(path).map_err(|error| Failure::usage(what(), error.to_string()))
}

/// Reads the INI dialect of AWS's tools: `[section]`, `name = value`, comments from the line's start or after a blank, nested
/// settings indented below a name without a value. Lines that are none of these are passed over, as those tools do.
///
/// Spec: AWS SDKs and tools, shared config and credentials files.
fn sections(text: &str) -> Sections {
    let mut sections = Sections::new();
    let mut section = None;
    let mut parent = None;
    for line in text.lines() {
        let is_indented = line.starts_with([' ', '\t']);
        let line = without_comment(line).trim();
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.split(']').next().unwrap_or_default();
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
            sections.entry(name.clone()).or_default();
            section = Some(name);
            parent = None;
            continue;
        }
        let Some(settings) = section.as_ref().and_then(|name| sections.get_mut(name)) else { continue };
        let Some((name, value)) = line.split_once('=') else { continue };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        match (&parent, is_indented) {
            (Some(parent), true) => {
                settings.insert(format!("{parent}.{name}"), value);
            }
            _ if value.is_empty() => parent = Some(name),
            _ => {
                parent = None;
                settings.insert(name, value);
            }
        }
    }
    sections
}

/// A `#` or `;` begins a comment at the line's start, or after a blank.
fn without_comment(line: &str) -> &str {
    let mut after_blank = true;
    for (at, character) in line.char_indices() {
        if after_blank && matches!(character, '#' | ';') {
            return line.get(..at).unwrap_or_default();
        }
        after_blank = character.is_whitespace();
    }
    line
}
