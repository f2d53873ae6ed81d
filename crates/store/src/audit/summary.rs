//! What the audit log says of a setting: enough to see what changed, in one line. No secret is in any of them.

use std::fmt::Write as _;

use auth::Session;
use domain::api_token::{PermissionGroup, TokenResource};
use domain::bucket_lock::LockCondition;
use domain::lifecycle::LifecycleTime;
use domain::versioning::Versioning;
use domain::{CustomDomain, IpRange, JobKind, MinTls, NotificationRule, Queue, Sippy, TokenSettings};
use meta::tables::bucket::{self, BucketSettings};
use meta::tables::configuration::SippyRow;
use meta::tables::{Damaged, rate_limit, setting};

/// Versioning.
pub(crate) fn versioning(settings: &BucketSettings) -> String {
    match settings.versioning {
        Versioning::Off => "off",
        Versioning::Enabled => "enabled",
        Versioning::Suspended => "suspended",
    }
    .to_owned()
}

/// Object lock with its default retention.
pub(crate) fn object_lock(settings: &BucketSettings) -> String {
    match settings.object_lock.map(|config| config.default_retention) {
        None => "off".to_owned(),
        Some(None) => "on, no default retention".to_owned(),
        Some(Some(default)) => {
            let (count, unit) = (default.period.count(), default.period.unit());
            format!("on, default retention {} {count} {unit:?}", default.mode.name())
        }
    }
}

/// The storage class of objects that come without one.
pub(crate) fn storage_class(settings: &BucketSettings) -> String {
    settings.storage_class.name().to_owned()
}

/// Bucket locks.
pub(crate) fn locks(settings: &BucketSettings) -> String {
    list(settings.locks.rules().iter().map(|rule| {
        let condition = match rule.condition {
            LockCondition::Age { seconds } => format!("for {seconds} s"),
            LockCondition::Date(date) => format!("until {date}"),
            LockCondition::Indefinite => "for ever".to_owned(),
        };
        format!("{} {condition}", rule_head(&rule.id, rule.enabled, &rule.prefix))
    }))
}

/// A new bucket, or one that is deleted.
pub(crate) fn bucket(location: Option<&str>, settings: &BucketSettings) -> String {
    let mut text = format!("storage class {}", storage_class(settings));
    if let Some(location) = location {
        let _ = write!(text, ", location {location}");
    }
    if settings.versioning != Versioning::Off {
        let _ = write!(text, ", versioning {}", versioning(settings));
    }
    if settings.object_lock.is_some() {
        let _ = write!(text, ", object lock {}", object_lock(settings));
    }
    text
}

/// The row of a CORS policy.
pub(crate) fn cors(value: &[u8]) -> Result<String, Damaged> {
    let policy = bucket::decode_cors(value)?;
    Ok(list(policy.rules.iter().map(|rule| {
        let mut text = format!(
            "{}origins {}; methods {}",
            rule.id.as_ref().map(|id| format!("{id:?} ")).unwrap_or_default(),
            rule.allowed_origins.join(" "),
            rule.allowed_methods.join(" ")
        );
        for (name, values) in [("headers", &rule.allowed_headers), ("exposed", &rule.expose_headers)] {
            if !values.is_empty() {
                let _ = write!(text, "; {name} {}", values.join(" "));
            }
        }
        if let Some(seconds) = rule.max_age_seconds {
            let _ = write!(text, "; max age {seconds} s");
        }
        text
    })))
}

/// The row of a lifecycle policy.
pub(crate) fn lifecycle(value: &[u8]) -> Result<String, Damaged> {
    let policy = setting::decode_lifecycle(value)?;
    Ok(list(policy.rules().iter().map(|rule| {
        let mut text = rule_head(&rule.id, rule.enabled, &rule.prefix);
        for (what, time) in [("delete", rule.expiration), ("move", rule.transition)] {
            match time {
                Some(LifecycleTime::Age { seconds }) => {
                    let _ = write!(text, " {what} after {seconds} s");
                }
                Some(LifecycleTime::Date(date)) => {
                    let _ = write!(text, " {what} from {date}");
                }
                None => {}
            }
        }
        if let Some(seconds) = rule.abort_uploads_seconds {
            let _ = write!(text, " abort uploads after {seconds} s");
        }
        text
    })))
}

/// The row of a bucket's tags.
pub(crate) fn tags(value: &[u8]) -> Result<String, Damaged> {
    let tags = setting::decode_tags(value)?;
    Ok(list(tags.tags().iter().map(|tag| format!("{}={}", tag.key, tag.value))))
}

/// The row of a public access block.
pub(crate) fn public_access(value: &[u8]) -> Result<String, Damaged> {
    let block = setting::decode_public_access(value)?;
    let switches = [
        ("BlockPublicAcls", block.block_public_acls),
        ("IgnorePublicAcls", block.ignore_public_acls),
        ("BlockPublicPolicy", block.block_public_policy),
        ("RestrictPublicBuckets", block.restrict_public_buckets),
    ];
    Ok(list(switches.iter().filter(|(_, on)| *on).map(|(name, _)| (*name).to_owned())))
}

/// The row of upload rules.
pub(crate) fn upload_rules(value: &[u8]) -> Result<String, Damaged> {
    let rules = setting::decode_upload_rules(value)?;
    Ok(list(rules.rules().iter().map(|rule| {
        let mut text = format!("prefix {:?}", rule.prefix);
        for (what, bytes) in [("at least", rule.min_bytes), ("at most", rule.max_bytes)] {
            if let Some(bytes) = bytes {
                let _ = write!(text, ", {what} {bytes} bytes");
            }
        }
        if !rule.content_types.is_empty() {
            let _ = write!(text, ", types {}", rule.content_types.join(" "));
        }
        if let Some(pattern) = &rule.key_pattern {
            let _ = write!(text, ", keys {pattern:?}");
        }
        text
    })))
}

/// The row of a limit on requests.
pub(crate) fn rate_limit(value: &[u8]) -> Result<String, Damaged> {
    rate_limit::decode(value).map(|limit| limit.to_string())
}

/// A bucket's custom domains; `None` when it has none.
pub(crate) fn domains(domains: &[CustomDomain]) -> Option<String> {
    let shown = domains.iter().map(|domain| {
        let mut text = format!("{}{}", domain.name, if domain.enabled { "" } else { " (disabled)" });
        let _ = write!(text, " TLS {}", tls(domain.min_tls));
        if !domain.ciphers.is_empty() {
            let _ = write!(text, " ciphers {}", domain.ciphers.join(" "));
        }
        text
    });
    (!domains.is_empty()).then(|| list(shown))
}

/// A version of TLS.
const fn tls(version: MinTls) -> &'static str {
    match version {
        MinTls::V1_0 => "1.0",
        MinTls::V1_1 => "1.1",
        MinTls::V1_2 => "1.2",
        MinTls::V1_3 => "1.3",
    }
}

/// A bucket's event notifications; `None` when it has none.
pub(crate) fn notifications(rules: &[NotificationRule]) -> Option<String> {
    let shown = rules.iter().map(|rule| {
        let actions: Vec<String> = rule.actions.iter().map(|action| format!("{action:?}")).collect();
        let (prefix, suffix) = (&rule.prefix, &rule.suffix);
        format!("{} to queue {} prefix {prefix:?} suffix {suffix:?}", actions.join(" "), rule.queue_id)
    });
    (!rules.is_empty()).then(|| list(shown))
}

/// The row of something that is switched on as long as it is there.
pub(crate) fn switch(_: &[u8]) -> Result<String, Damaged> {
    Ok("enabled".to_owned())
}

/// The row of an incremental migration. Of a URL there is the host, since the rest may hold a password or a signature.
pub(crate) fn sippy(value: &[u8]) -> Result<String, Damaged> {
    let Sippy { provider, region, bucket, bucket_url, container, identity, access_key_id } =
        SippyRow::decode(value)?.sippy;
    let host = bucket_url.as_deref().map(|url| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        authority.rsplit('@').next().unwrap_or_default().to_owned()
    });
    let mut text = format!("from {provider:?}");
    for (what, value) in [("host", host), ("region", region), ("bucket", bucket), ("container", container)] {
        if let Some(value) = value {
            let _ = write!(text, ", {what} {value:?}");
        }
    }
    let _ = write!(text, ", as {identity:?}, stored by {access_key_id:?}");
    Ok(text)
}

/// A queue.
pub(crate) fn queue(queue: &Queue) -> String {
    format!("{} {}", queue.id, queue.name)
}

/// What a job is to do.
pub(crate) fn job(kind: &JobKind) -> String {
    match kind {
        JobKind::PrefixDelete { prefix } => format!("delete objects with prefix {prefix:?}"),
        JobKind::StorageClassMigration { from, to } => {
            format!("move objects from {} to {}", from.name(), to.name())
        }
    }
}

/// Nothing of a bucket's settings.
pub(crate) const fn none(_: &BucketSettings) -> Option<String> {
    None
}

/// A quota, if there is one.
pub(crate) fn quota(settings: &BucketSettings) -> Option<String> {
    let bounds = [(settings.quota.max_bytes, "bytes"), (settings.quota.max_objects, "objects")];
    let bounds = bounds.iter().filter_map(|(most, what)| most.map(|most| format!("at most {most} {what}")));
    let bounds: Vec<String> = bounds.collect();
    (!bounds.is_empty()).then(|| bounds.join(", "))
}

/// What a token's owner says of it.
pub(crate) fn token(settings: &TokenSettings) -> String {
    let mut text = format!("{:?}", settings.name);
    if settings.disabled {
        text.push_str(", disabled");
    }
    for (what, moment) in [("not before", settings.not_before), ("expires", settings.expires)] {
        if let Some(moment) = moment {
            let _ = write!(text, ", {what} {moment}");
        }
    }
    for (what, ranges) in [("only from", &settings.ip_in), ("not from", &settings.ip_not_in)] {
        if !ranges.is_empty() {
            let ranges: Vec<String> = ranges.iter().map(IpRange::to_string).collect();
            let _ = write!(text, ", {what} {}", ranges.join(" "));
        }
    }
    let policies = list(settings.policies.iter().map(|policy| {
        let groups: Vec<&str> = policy.groups.iter().map(|group| group_name(*group)).collect();
        let resources: Vec<String> = policy.resources.iter().map(resource_name).collect();
        format!("{} on {}", groups.join(" and "), resources.join(" "))
    }));
    format!("{text}; {policies}")
}

/// What a temporary credential is for, and for how long.
pub(crate) fn temporary(session: &Session, validity_s: i64) -> String {
    let mut text = format!("{} on {} for {validity_s} s", session.permission.name(), session.bucket);
    if let Some(paths) = &session.paths {
        let _ = write!(text, ", prefixes {:?}, keys {:?}", paths.prefixes, paths.objects);
    }
    text
}

fn group_name(group: PermissionGroup) -> &'static str {
    let named = PermissionGroup::ALL.iter().find(|(known, ..)| *known == group);
    named.map_or("", |(_, _, name)| name.trim_start_matches("Workers R2 "))
}

fn resource_name(resource: &TokenResource) -> String {
    match resource {
        TokenResource::Account => "the account".to_owned(),
        TokenResource::AllBuckets => "all buckets".to_owned(),
        TokenResource::Bucket(jurisdiction, name) => format!("{}_{name}", jurisdiction.name()),
    }
}

fn rule_head(id: &str, enabled: bool, prefix: &str) -> String {
    let off = if enabled { "" } else { " (disabled)" };
    format!("{id:?}{off} prefix {prefix:?}")
}

/// Items with their number, so that a summary that is cut still says how many there are.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    format!("{}: {}", items.len(), items.join(" | "))
}
