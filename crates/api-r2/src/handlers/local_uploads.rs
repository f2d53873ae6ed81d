//! Whether uploads may be taken near to who sends them: a flag that is kept. There is one place to send them to.

use exchange::Incoming;

use crate::call::{Call, Reply};
use crate::document;
use crate::error::Failure;
use crate::wire::Enabled;

/// Most bytes of the document.
const DOCUMENT_MAX_BYTES: usize = 1024;

pub(super) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let enabled = call.store().local_uploads(call.caller, call.bucket()?).await?;
    Reply::result(Enabled { enabled })
}

pub(super) async fn put(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let Enabled { enabled } = document::read(body, DOCUMENT_MAX_BYTES).await?;
    call.store().put_local_uploads(call.caller, call.bucket()?, enabled).await?;
    Reply::result(Enabled { enabled })
}
