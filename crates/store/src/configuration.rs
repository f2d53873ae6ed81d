//! What is kept of a bucket for other parts to act on: public names, migration, local uploads. A public name belongs to one
//! bucket, which the commit that takes it makes sure of.

use auth::{Action, Caller};
use domain::audit::Verb;
use domain::limits::CUSTOM_DOMAINS_MAX;
use domain::{BucketName, ConfigurationError, CustomDomain, DomainName, Error, MinTls, Sippy, SippySecrets};
use meta::tables::bucket::{self, BucketId};
use meta::tables::configuration::{self as rows, SippyRow};
use meta::tables::setting::{self, Kind};
use meta::tables::{Damaged, job, queue};
use meta::{Check, EngineError, Entry, KeyRange, Scan, Write};
use sha2::{Digest, Sha256};

use crate::audit::{Change, summary};
use crate::buckets::COMMIT_TRIES;
use crate::failure::{damaged, engine_failed};
use crate::settings::Beside;
use crate::{Store, delete_row, put_row};

/// What is to change of a custom domain; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DomainChange {
    /// Whether the bucket is to be reached there.
    pub enabled: Option<bool>,
    /// The lowest version of TLS.
    pub min_tls: Option<MinTls>,
    /// Names of ciphers.
    pub ciphers: Option<Vec<String>>,
}

impl Store {
    /// A bucket's custom domains, in the order in which they came.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn custom_domains(
        &self,
        caller: &Caller,
        name: &BucketName,
    ) -> Result<Vec<CustomDomain>, Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        let id = self.find_bucket(name).await?.row.id;
        let domains = self.read_beside(id, Kind::CustomDomains, rows::decode_domains).await?;
        Ok(domains.unwrap_or_default())
    }

    /// Gives a bucket a domain.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; [`ConfigurationError::DomainInUse`] when it is a bucket's already,
    /// [`ConfigurationError::TooManyDomains`]; any error of the engine.
    pub async fn add_custom_domain(
        &self,
        caller: &Caller,
        name: &BucketName,
        domain: &CustomDomain,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let audited = Change::of_bucket(caller, "AddCustomDomain", name).with_verb(Verb::Create);
        self.change_domains(&audited, |domains| {
            if domains.len() >= CUSTOM_DOMAINS_MAX {
                return Err(ConfigurationError::TooManyDomains.into());
            }
            domains.push(domain.clone());
            Ok(())
        })
        .await
    }

    /// Changes what is kept of a domain.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; [`ConfigurationError::NoSuchDomain`]; any error of the engine.
    pub async fn update_custom_domain(
        &self,
        caller: &Caller,
        name: &BucketName,
        domain: &DomainName,
        change: &DomainChange,
    ) -> Result<CustomDomain, Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let audited = Change::of_bucket(caller, "PutCustomDomain", name);
        self.change_domains(&audited, |domains| {
            let found = domains.iter_mut().find(|found| found.name == *domain);
            let found = found.ok_or_else(|| ConfigurationError::NoSuchDomain(domain.clone()))?;
            found.enabled = change.enabled.unwrap_or(found.enabled);
            found.min_tls = change.min_tls.unwrap_or(found.min_tls);
            if let Some(ciphers) = &change.ciphers {
                found.ciphers.clone_from(ciphers);
            }
            Ok(found.clone())
        })
        .await
    }

    /// Takes a domain away from a bucket.
    ///
    /// # Errors
    /// As [`Store::update_custom_domain`].
    pub async fn remove_custom_domain(
        &self,
        caller: &Caller,
        name: &BucketName,
        domain: &DomainName,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let audited = Change::of_bucket(caller, "DeleteCustomDomain", name).with_verb(Verb::Delete);
        self.change_domains(&audited, |domains| {
            let place = domains.iter().position(|found| found.name == *domain);
            domains.remove(place.ok_or_else(|| ConfigurationError::NoSuchDomain(domain.clone()))?);
            Ok(())
        })
        .await
    }

    /// Changes a bucket's domains together with the rows that say whose they are.
    async fn change_domains<T>(
        &self,
        audited: &Change<'_>,
        change: impl Fn(&mut Vec<CustomDomain>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let name = audited.bucket()?;
        for _ in 0..COMMIT_TRIES {
            let bucket = self.find_bucket(name).await?;
            let key = setting::key(bucket.row.id, Kind::CustomDomains);
            let (before, unchanged) = self.read_checked(key.clone(), rows::decode_domains).await?;
            let mut domains = before.clone();
            let outcome = change(&mut domains)?;
            let mut checks = vec![Check::VersionIs(bucket::key(name), bucket.version), unchanged];
            let mut writes = vec![
                put_row(key, rows::encode_domains(&domains)),
                self.audit_row(audited, summary::domains(&before), summary::domains(&domains)),
            ];
            let names = |domains: &[CustomDomain]| -> Vec<DomainName> {
                domains.iter().map(|domain| domain.name.clone()).collect()
            };
            let (old, new) = (names(&before), names(&domains));
            // a bucket's own domain, too, cannot be taken a second time
            for taken in new.iter().skip(old.len()) {
                let key = rows::public_name_key(taken.as_str());
                if let Some(row) = self.engine.get(&key).await.map_err(engine_failed)? {
                    let (_, bucket) = rows::decode_public_name(&row.value).map_err(damaged)?;
                    return Err(ConfigurationError::DomainInUse { domain: taken.clone(), bucket }.into());
                }
                checks.push(Check::Absent(key.clone()));
                writes.push(put_row(key, rows::encode_public_name(bucket.row.id, name)));
            }
            let given_up = old.iter().filter(|old| !new.contains(old));
            writes.extend(given_up.map(|gone| delete_row(rows::public_name_key(gone.as_str()))));
            match self.commit(checks, writes).await {
                Ok(_) => return Ok(outcome),
                Err(EngineError::Conflict { .. }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }

    /// The id that a bucket has as a public one, always the same, and whether it is to be reached under it.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn managed_domain(&self, caller: &Caller, name: &BucketName) -> Result<(String, bool), Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        let id = self.managed_id(self.find_bucket(name).await?.row.id);
        let row = self.engine.get(&managed_key(&id)).await.map_err(engine_failed)?;
        Ok((id, row.is_some()))
    }

    /// Sets whether a bucket is to be reached under its id as a public one, which is returned.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn put_managed_domain(
        &self,
        caller: &Caller,
        name: &BucketName,
        enabled: bool,
    ) -> Result<String, Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let change = Change::of_bucket(caller, "PutManagedDomain", name);
        let key = |bucket| managed_key(&self.managed_id(bucket));
        let value = |bucket| Ok(enabled.then(|| rows::encode_public_name(bucket, name)));
        self.write_beside(&change, &Beside::made(key, value, summary::switch)).await?;
        Ok(self.managed_domain(&Caller::System, name).await?.0)
    }

    /// Made of the bucket's random id, which it does not betray.
    fn managed_id(&self, bucket: BucketId) -> String {
        let mut hasher = Sha256::new_with_prefix(b"managed domain");
        hasher.update(self.account.as_str());
        hasher.update(bucket.0.to_be_bytes());
        hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// A bucket's incremental migration, without its secrets.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn sippy(&self, caller: &Caller, name: &BucketName) -> Result<Option<Sippy>, Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        let id = self.find_bucket(name).await?.row.id;
        Ok(self.read_beside(id, Kind::Sippy, SippyRow::decode).await?.map(|row| row.sippy))
    }

    /// Replaces a bucket's incremental migration; its secrets are sealed with the key of the tokens', in the bucket's name.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn put_sippy(
        &self,
        caller: &Caller,
        name: &BucketName,
        sippy: &Sippy,
        secrets: &SippySecrets,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let length = u32::try_from(secrets.source.len()).map_err(Error::internal)?.to_le_bytes();
        let kind = [u8::from(secrets.is_sas_token)];
        let plain = [&kind[..], &length, secrets.source.as_bytes(), secrets.destination.as_bytes()].concat();
        let value = |id| {
            let (wrapped_key, sealed_secrets) = self.seal_secret(&sippy_secret_name(id), &plain)?;
            Ok(Some(SippyRow { sippy: sippy.clone(), wrapped_key, sealed_secrets }.encode()))
        };
        let change = Change::of_bucket(caller, "PutSippy", name);
        let beside = Beside::made(|id| setting::key(id, Kind::Sippy), value, summary::sippy);
        self.write_beside(&change, &beside).await
    }

    /// Ends a bucket's incremental migration; none is no error.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn delete_sippy(&self, caller: &Caller, name: &BucketName) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let change = Change::of_bucket(caller, "DeleteSippy", name);
        self.write_beside(&change, &Beside::of(Kind::Sippy, None, summary::sippy)).await
    }

    /// Whether uploads may be taken near to who sends them.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn local_uploads(&self, caller: &Caller, name: &BucketName) -> Result<bool, Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        let id = self.find_bucket(name).await?.row.id;
        Ok(self.read_beside(id, Kind::LocalUploads, |_| Ok(())).await?.is_some())
    }

    /// Sets that.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn put_local_uploads(
        &self,
        caller: &Caller,
        name: &BucketName,
        enabled: bool,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let change = Change::of_bucket(caller, "PutLocalUploads", name);
        let value = enabled.then(rows::encode_local_uploads);
        self.write_beside(&change, &Beside::of(Kind::LocalUploads, value, summary::switch)).await
    }

    /// What a bucket has in rows outside its settings, which go with it: what a commit checks to rely on it, and deletions.
    pub(crate) async fn configured_elsewhere(&self, id: BucketId) -> Result<(Vec<Check>, Vec<Write>), Error> {
        let domains = setting::key(id, Kind::CustomDomains);
        let (domains, no_new_domain) = self.read_checked(domains, rows::decode_domains).await?;
        let rules = setting::key(id, Kind::Notifications);
        let (rules, no_new_rule) = self.read_checked(rules, rows::decode_notifications).await?;
        // a new job would be among those under way
        let (_, no_new_job) = self.read_checked(job::active_key(), job::decode_active).await?;
        let mut gone: Vec<_> =
            domains.iter().map(|domain| rows::public_name_key(domain.name.as_str())).collect();
        gone.push(managed_key(&self.managed_id(id)));
        gone.extend(rules.iter().map(|rule| queue::sender_key(&rule.queue_id, id)));
        let range = KeyRange::prefix(&job::bucket_prefix(id));
        let scan = Scan { range, limit: meta::engine::SCAN_MAX_ENTRIES, fold: None };
        let jobs = self.engine.scan(scan).await.map_err(engine_failed)?;
        gone.extend(jobs.entries.into_iter().filter_map(|entry| match entry {
            Entry::Row { key, .. } => Some(key.to_vec()),
            _ => None,
        }));
        // two rules can have one queue
        gone.sort_unstable();
        gone.dedup();
        Ok((vec![no_new_domain, no_new_rule, no_new_job], gone.into_iter().map(delete_row).collect()))
    }

    /// A row as `decode` reads it, or what it is while there is none, with what a commit checks to rely on it.
    pub(crate) async fn read_checked<T: Default>(
        &self,
        key: Vec<u8>,
        decode: impl FnOnce(&[u8]) -> Result<T, Damaged>,
    ) -> Result<(T, Check), Error> {
        match self.engine.get(&key).await.map_err(engine_failed)? {
            Some(row) => Ok((decode(&row.value).map_err(damaged)?, Check::VersionIs(key, row.version))),
            None => Ok((T::default(), Check::Absent(key))),
        }
    }
}

fn managed_key(id: &str) -> Vec<u8> {
    // no domain: those have a dot
    rows::public_name_key(&format!("pub-{id}"))
}

/// What the secrets of a bucket's migration are sealed in the name of: its id and eight more bytes.
fn sippy_secret_name(id: BucketId) -> [u8; 16] {
    let mut name = *b"........sippy\0\0\0";
    name[..8].copy_from_slice(&id.0.to_be_bytes());
    name
}
