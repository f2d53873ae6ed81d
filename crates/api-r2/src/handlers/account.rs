//! The account.

use super::numbered_page;
use crate::call::{Call, Reply};
use crate::error::{Failure, R2Error};
use crate::error_code::R2ErrorCode as Code;
use crate::wire::account::{Account, Membership};

/// What the one account is called.
pub(super) const NAME: &str = "Larder";

/// GET `/user`: nobody stands behind a token here.
pub(super) fn user() -> Result<Reply, Failure> {
    let error = R2Error::new(Code::Forbidden);
    Err(error.with_hint("This server has tokens and no users, so there is none to show.").into())
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
