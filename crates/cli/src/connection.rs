//! Which S3 endpoint a command talks to or signs for, and with whose key pair: options, environment, and the files of AWS's
//! tools, in that order.

mod aws_files;
mod endpoint;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use anyhow::Result;
use auth::SecretAccessKey;
use clap::Args;

pub(crate) use aws_files::Profiles;
pub(crate) use endpoint::Endpoint;

use crate::failure::Failure;
use crate::run::environment;

/// The region of R2's signatures, which it does not look at.
const REGION: &str = "auto";

/// Above the options that most commands have.
pub(crate) const HEADING: &str = "Connection";

/// Options of every command that signs for S3.
#[derive(Debug, Args)]
pub(crate) struct Connection {
    /// The S3 endpoint [default: R2_ENDPOINT, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's endpoint_url].
    #[arg(long, help_heading = HEADING, value_name = "URL", value_parser = Endpoint::parse)]
    pub(crate) endpoint: Option<Endpoint>,
    /// The profile of ~/.aws/credentials and ~/.aws/config whose key pair is used, whatever the environment says.
    #[arg(long, help_heading = HEADING, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The region to sign for [default: AWS_REGION, the profile's region, auto].
    #[arg(long, help_heading = HEADING, value_name = "NAME")]
    pub(crate) region: Option<String>,
    /// Put the bucket's name before the host instead of into the path.
    #[arg(long, help_heading = HEADING)]
    pub(crate) virtual_host: bool,
}

/// A key pair, and where it was found. It holds the secret, which does not show itself.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret: SecretAccessKey,
    /// As secret as the other.
    pub(crate) session_token: Option<SecretAccessKey>,
    /// For people: `R2_ACCESS_KEY_ID`, `profile work`.
    pub(crate) source: String,
}

/// Everything that signing needs beside the request.
#[derive(Clone, Debug)]
pub(crate) struct Signing {
    pub(crate) endpoint: Endpoint,
    pub(crate) credentials: Credentials,
    pub(crate) region: String,
    pub(crate) virtual_host: bool,
}

/// Names of the environment, by who invented them.
struct Family {
    id: &'static str,
    secret: &'static str,
    token: &'static str,
    endpoints: &'static [&'static str],
}

const FAMILIES: [Family; 2] = [
    Family {
        id: "R2_ACCESS_KEY_ID",
        secret: "R2_SECRET_ACCESS_KEY",
        token: "R2_SESSION_TOKEN",
        endpoints: &["R2_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"],
    },
    Family {
        id: "AWS_ACCESS_KEY_ID",
        secret: "AWS_SECRET_ACCESS_KEY",
        token: "AWS_SESSION_TOKEN",
        endpoints: &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "R2_ENDPOINT"],
    },
];

/// What the machine says beside the command line.
pub(crate) struct Surroundings<'a> {
    /// A variable that is set and not empty.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) profiles: Profiles,
}

impl Connection {
    /// Everything to sign with.
    pub(crate) fn signing(&self) -> Result<Signing> {
        Ok(self.signing_from(&surroundings()?)?)
    }

    /// The endpoint, if one is named anywhere.
    pub(crate) fn known_endpoint(&self) -> Result<Option<Endpoint>> {
        let around = surroundings()?;
        let credentials = self.credentials_from(&around).ok();
        Ok(self.endpoint_from(&around, credentials.as_ref())?)
    }

    /// The key pair, if there is one anywhere.
    pub(crate) fn known_credentials(&self) -> Option<Credentials> {
        self.credentials_from(&surroundings().ok()?).ok()
    }

    fn signing_from(&self, around: &Surroundings<'_>) -> Result<Signing, Failure> {
        let credentials = self.credentials_from(around)?;
        let endpoint = self.endpoint_from(around, Some(&credentials))?.ok_or_else(|| {
            Failure::usage("no endpoint", "nothing says which server to sign for")
                .fix("give --endpoint http://127.0.0.1:9000, or set R2_ENDPOINT as `larder dev` prints it")
        })?;
        let region = self.region.clone().or_else(|| (around.variable)("AWS_REGION"));
        let profile = self.profile_name(around);
        let region = region.or_else(|| around.profiles.get(&profile, "region"));
        let region = region.unwrap_or_else(|| REGION.to_owned());
        Ok(Signing { endpoint, credentials, region, virtual_host: self.virtual_host })
    }

    fn credentials_from(&self, around: &Surroundings<'_>) -> Result<Credentials, Failure> {
        if self.profile.is_none() {
            for family in &FAMILIES {
                let Some(access_key_id) = (around.variable)(family.id) else { continue };
                let secret = (around.variable)(family.secret).ok_or_else(|| {
                    Failure::usage(
                        "half a key pair",
                        format!("{} is set and {} is not", family.id, family.secret),
                    )
                })?;
                return Ok(Credentials {
                    access_key_id,
                    secret: SecretAccessKey::new(secret),
                    session_token: (around.variable)(family.token).map(SecretAccessKey::new),
                    source: family.id.to_owned(),
                });
            }
        }
        let profile = self.profile_name(around);
        let found = around.profiles.credentials(&profile);
        found.ok_or_else(|| self.no_credentials(around, &profile))
    }

    fn no_credentials(&self, around: &Surroundings<'_>, profile: &str) -> Failure {
        if around.profiles.get(profile, "credential_process").is_some() {
            return Failure::usage(
                "no key pair",
                format!("the profile {profile} has a credential_process, which larder does not run"),
            )
            .fix("put aws_access_key_id and aws_secret_access_key into the profile, or set AWS_ACCESS_KEY_ID and its secret");
        }
        if self.profile.is_some() {
            return Failure::usage(
                "no key pair",
                format!("the profile {profile} has none in {}", around.profiles),
            )
            .fix("name another with --profile, or leave it out to use the environment");
        }
        Failure::usage("no key pair", format!("neither the environment nor {} has one", around.profiles))
            .fix("set R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY (or the AWS_ variables), as `larder dev` prints them, or give --profile")
    }

    fn endpoint_from(
        &self,
        around: &Surroundings<'_>,
        credentials: Option<&Credentials>,
    ) -> Result<Option<Endpoint>, Failure> {
        if let Some(endpoint) = &self.endpoint {
            return Ok(Some(endpoint.clone()));
        }
        let family =
            FAMILIES.iter().find(|family| credentials.is_some_and(|found| found.source == family.id));
        let named = family.unwrap_or(&FAMILIES[0]).endpoints.iter().find_map(|name| {
            let value = (around.variable)(name)?;
            Some(((*name).to_owned(), value))
        });
        let profile = self.profile_name(around);
        let in_file = around.profiles.endpoint(&profile).map(|url| (format!("profile {profile}"), url));
        let chosen = if self.profile.is_some() { in_file.or(named) } else { named.or(in_file) };
        let parse = |(source, url): (String, String)| {
            Endpoint::parse(&url).map_err(|why| Failure::usage(format!("the endpoint of {source}"), why))
        };
        chosen.map(parse).transpose()
    }

    fn profile_name(&self, around: &Surroundings<'_>) -> String {
        let named = self.profile.clone().or_else(|| (around.variable)("AWS_PROFILE"));
        named.unwrap_or_else(|| "default".to_owned())
    }
}

/// A variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    environment(name).filter(|value| !value.is_empty())
}

fn surroundings() -> Result<Surroundings<'static>> {
    let file = |name: &str, default: &str| {
        let home = || variable("HOME").map(|home| PathBuf::from(home).join(".aws").join(default));
        variable(name).map(PathBuf::from).or_else(home)
    };
    let credentials = file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    let config = file("AWS_CONFIG_FILE", "config");
    Ok(Surroundings { variable: &variable, profiles: Profiles::read(credentials, config)? })
}
