//! The account, and what tokens learn of themselves.

use http::StatusCode;

use super::numbered_page;
use crate::call::{Call, Reply};
use crate::envelope::{Envelope, Message};
use crate::error::{Failure, R2Error};
use crate::error_code::R2ErrorCode as Code;
use crate::wire::account::{Account, Membership, VerifiedToken};

/// What the one account is called.
pub(super) const NAME: &str = "Larder";
/// The number of the message of a token that is verified. Spec: Cloudflare API, verify token.
const VERIFIED: u32 = 10_000;

/// GET `/user`: nobody stands behind a token here.
pub(super) fn user() -> Result<Reply, Failure> {
    let error = R2Error::new(Code::Forbidden);
    Err(error.with_hint("This server has tokens and no users, so there is none to show.").into())
}

/// GET `/user/tokens/verify` and `/accounts/{account}/tokens/verify`.
pub(super) fn verify(call: &Call<'_>) -> Result<Reply, Failure> {
    let token = VerifiedToken { id: call.token.id.clone(), status: "active".to_owned() };
    let message = "This API Token is valid and active".to_owned();
    let envelope = Envelope::of(token).with_message(Message { code: VERIFIED, message });
    Ok(Reply::document(StatusCode::OK, &envelope))
}

/// GET `/accounts`.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, Failure> {
    numbered_page(call, vec![account(call)])
}

/// GET `/accounts/{account}`.
pub(super) fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    Reply::result(account(call))
}

/// GET `/memberships`.
pub(super) fn memberships(call: &Call<'_>) -> Result<Reply, Failure> {
    let account = account(call);
    let membership = Membership { id: account.id.clone(), status: "accepted".to_owned(), account };
    numbered_page(call, vec![membership])
}

fn account(call: &Call<'_>) -> Account {
    Account { id: call.store().account().to_string(), name: NAME.to_owned(), r#type: "standard".to_owned() }
}
