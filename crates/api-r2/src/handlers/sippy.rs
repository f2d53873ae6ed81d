//! A bucket's incremental migration: kept here, carried out by nobody yet.

use exchange::Incoming;

use super::refused_member;
use crate::call::{Call, Reply};
use crate::document;
use crate::error::Failure;
use crate::wire::sippy::{Destination, DestinationProvider, NewSippy, ShownSippy, Source};

/// Most bytes of a migration's document: a private key is the largest part.
const DOCUMENT_MAX_BYTES: usize = 64 * 1024;

pub(super) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let Some(sippy) = call.store().sippy(call.caller, call.bucket()?).await? else {
        return Reply::result(disabled());
    };
    Reply::result(shown(call, &sippy)?)
}

pub(super) async fn put(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let document = document::read_secret::<NewSippy>(body, DOCUMENT_MAX_BYTES).await?;
    let (sippy, secrets) = document.check().map_err(refused_member)?;
    call.store().put_sippy(call.caller, call.bucket()?, &sippy, &secrets).await?;
    Reply::result(shown(call, &sippy)?)
}

pub(super) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().delete_sippy(call.caller, call.bucket()?).await?;
    Reply::result(disabled())
}

const fn disabled() -> ShownSippy {
    ShownSippy { enabled: false, source: None, destination: None }
}

fn shown(call: &Call<'_>, sippy: &domain::Sippy) -> Result<ShownSippy, Failure> {
    let destination = Destination {
        provider: DestinationProvider::R2,
        account: call.store().account().to_string(),
        bucket: call.bucket()?.to_string(),
        access_key_id: sippy.access_key_id.clone(),
    };
    Ok(ShownSippy { enabled: true, source: Some(Source::from(sippy)), destination: Some(destination) })
}
