//! Entries of the audit log: the members of version 2 that there is something for, and a few of our own.
//!
//! Spec: Cloudflare API, account audit logs, version 2. `interface`, `oldValue` and `newValue` are version 1's; `raw.code`,
//! `resource.key` and `repeated` are Larder's own.

use domain::AuditEntry;
use domain::audit::{Actor as Who, Origin, Outcome};
use schemars::JsonSchema;
use serde::Serialize;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditLog {
    /// Its number, which also tells its place: 16 hexadecimal characters.
    pub id: String,
    /// What was done or refused.
    pub action: Action,
    /// Who asked.
    pub actor: Actor,
    /// `S3` or `API`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<&'static str>,
    /// The request.
    pub raw: Raw,
    /// What it is about.
    pub resource: Resource,
    /// What was there before a change, in words.
    #[serde(rename = "oldValue", skip_serializing_if = "Option::is_none")]
    pub old_value: Option<String>,
    /// What is there since.
    #[serde(rename = "newValue", skip_serializing_if = "Option::is_none")]
    pub new_value: Option<String>,
    /// Further refusals of its kind that have no entry.
    #[serde(skip_serializing_if = "is_zero")]
    pub repeated: u64,
}

/// What was done or refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AuditAction")]
pub struct Action {
    /// The operation's name.
    pub description: String,
    /// `success` or `failure`.
    pub result: &'static str,
    /// When.
    pub time: String,
    /// `create`, `update`, `delete` or `view`.
    pub r#type: &'static str,
}

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AuditActor")]
pub struct Actor {
    /// `account` for the holder of a token, `system` for the server, `unknown` for whoever did not show a good one.
    pub r#type: &'static str,
    /// `api_token` or `temporary_credential`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<&'static str>,
    /// The token's id; of `unknown`, the one that was claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// Where from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
}

/// The request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AuditRequest")]
pub struct Raw {
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cf_ray_id: Option<String>,
    /// The status of the refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// The code of the refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Its user agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AuditResource")]
pub struct Resource {
    /// `account`, `bucket` or `token`.
    pub r#type: &'static str,
    /// The bucket's name or the token's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The object's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `r2`, always.
    pub product: &'static str,
}

impl AuditLog {
    /// An entry with its number.
    #[must_use]
    pub fn new(number: u64, entry: AuditEntry) -> Self {
        let origin = entry.origin.as_deref();
        let (status_code, code) = match &entry.outcome {
            Outcome::Refused { status, code } => (Some(*status), Some(code.clone())),
            Outcome::Done | Outcome::Dropped => (None, None),
        };
        let (kind, context) = match &entry.actor {
            Who::Server => ("system", None),
            Who::Unknown { .. } => ("unknown", None),
            Who::Known { temporary: false, .. } => ("account", Some("api_token")),
            Who::Known { temporary: true, .. } => ("account", Some("temporary_credential")),
        };
        Self {
            id: format!("{number:016x}"),
            action: Action {
                description: entry.action,
                result: if entry.outcome == Outcome::Done { "success" } else { "failure" },
                time: entry.at.to_string(),
                r#type: entry.verb.name(),
            },
            actor: Actor {
                r#type: kind,
                context,
                token_id: entry.actor.access_key_id().map(str::to_owned),
                ip_address: origin.and_then(|origin| origin.peer).map(|peer| peer.to_string()),
            },
            interface: origin.map(|origin| origin.interface.name()),
            raw: Raw {
                cf_ray_id: origin.map(|Origin { request_id, .. }| request_id.clone()),
                status_code,
                code,
                user_agent: origin.and_then(|origin| origin.user_agent.clone()),
            },
            resource: Resource {
                r#type: entry.resource.kind(),
                id: entry.resource.id().map(str::to_owned),
                key: entry.key,
                product: "r2",
            },
            old_value: entry.before,
            new_value: entry.after,
            repeated: entry.repeated,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
