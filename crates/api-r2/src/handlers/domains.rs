//! A bucket's public names: kept here, served by nobody yet.

use domain::DomainName;
use exchange::Incoming;
use store::DomainChange;

use super::refused_member;
use crate::call::{Call, Reply};
use crate::document;
use crate::error::{Failure, R2Error};
use crate::wire::Enabled;
use crate::wire::domains::{
    ChangedDomain, Domain, Domains, ManagedDomain, NewDomain, RemovedDomain, Status, Unknown, check_ciphers,
    not_a_name,
};
use crate::wire::zone::zone_of;

/// Most bytes of a domain's document.
const DOCUMENT_MAX_BYTES: usize = 16 * 1024;

pub(super) async fn list(call: &Call<'_>) -> Result<Reply, Failure> {
    let domains = call.store().custom_domains(call.caller, call.bucket()?).await?;
    Reply::result(Domains { domains: domains.iter().map(|domain| shown(call, domain)).collect() })
}

pub(super) async fn add(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let document = document::read::<NewDomain>(body, DOCUMENT_MAX_BYTES).await?;
    let domain = document.check().map_err(refused_member)?;
    call.store().add_custom_domain(call.caller, call.bucket()?, &domain).await?;
    Reply::result(Domain::from(&domain))
}

pub(super) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let name = name(call)?;
    let domains = call.store().custom_domains(call.caller, call.bucket()?).await?;
    let found = domains.iter().find(|domain| domain.name == name);
    let found = found.ok_or_else(|| domain::Error::from(domain::ConfigurationError::NoSuchDomain(name)))?;
    Reply::result(shown(call, found))
}

pub(super) async fn put(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let name = name(call)?;
    let document = document::read::<ChangedDomain>(body, DOCUMENT_MAX_BYTES).await?;
    if document.domain.as_deref().is_some_and(|other| DomainName::parse(other).as_ref() != Some(&name)) {
        let text = "A domain's name cannot change: remove it and add the other.".to_owned();
        return Err(refused_member(("/domain", text)).into());
    }
    let ChangedDomain { enabled, min_tls, ciphers, .. } = document;
    check_ciphers(ciphers.as_deref().unwrap_or_default()).map_err(refused_member)?;
    let change = DomainChange { enabled, min_tls: min_tls.map(Into::into), ciphers };
    let domain = call.store().update_custom_domain(call.caller, call.bucket()?, &name, &change).await?;
    Reply::result(Domain::from(&domain))
}

pub(super) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    let name = name(call)?;
    call.store().remove_custom_domain(call.caller, call.bucket()?, &name).await?;
    Reply::result(RemovedDomain { domain: name.to_string() })
}

pub(super) async fn get_managed(call: &Call<'_>) -> Result<Reply, Failure> {
    let (id, enabled) = call.store().managed_domain(call.caller, call.bucket()?).await?;
    Reply::result(managed(call, id, enabled))
}

pub(super) async fn put_managed(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let Enabled { enabled } = document::read(body, DOCUMENT_MAX_BYTES).await?;
    let id = call.store().put_managed_domain(call.caller, call.bucket()?, enabled).await?;
    Reply::result(managed(call, id, enabled))
}

/// As R2's `pub-<id>.r2.dev`, below the server's own name.
fn managed(call: &Call<'_>, id: String, enabled: bool) -> ManagedDomain {
    ManagedDomain { domain: format!("pub-{id}.r2.{}", call.door.settings.host), bucket_id: id, enabled }
}

fn shown(call: &Call<'_>, domain: &domain::CustomDomain) -> Domain {
    let zone_name = zone_of(call.store().account(), &domain.name, &domain.zone_id);
    let status = Some(Status { ownership: Unknown::Unknown, ssl: Unknown::Unknown });
    Domain { zone_name: zone_name.map(|name| name.to_string()), status, ..Domain::from(domain) }
}

fn name(call: &Call<'_>) -> Result<DomainName, R2Error> {
    DomainName::parse(call.item()).ok_or_else(|| R2Error::invalid_argument(not_a_name()))
}
