//! Temporary credentials: signed here for an admin, and kept nowhere.

use exchange::Incoming;

use crate::call::{Call, Reply};
use crate::document;
use crate::error::{Failure, R2Error};
use crate::wire::temporary::{IssueTemporary, Temporary};

/// Most bytes of a question: more paths than a session token has room for.
const DOCUMENT_MAX_BYTES: usize = 64 * 1024;

/// POST `…/r2/temp-access-credentials`.
pub(super) async fn issue(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let wanted = document::read::<IssueTemporary>(body, DOCUMENT_MAX_BYTES).await?;
    let parent = wanted.parent_access_key_id.clone();
    let checked = wanted.check();
    let (session, seconds) =
        checked.map_err(|fault| R2Error::invalid_argument(fault.text).at(fault.pointer))?;
    let made = call.store().issue_temporary(call.caller, &parent, session, seconds).await;
    let made = made.map_err(|error| match error {
        domain::Error::NoSuchToken { .. } => {
            let text = "parentAccessKeyId is no access key id of this account: it is an API token's id.";
            R2Error::invalid_argument(text).at("/parentAccessKeyId").into()
        }
        domain::Error::InvalidApiToken { reason } => {
            R2Error::invalid_argument(format!("The credential is not made: {reason}.")).into()
        }
        error => Failure::from(error),
    })?;
    Reply::result(Temporary::from(&made))
}
