//! The account.

use crate::call::{Call, Reply};
use crate::envelope::ResultInfo;
use crate::error::{Failure, R2Error};
use crate::error_code::R2ErrorCode as Code;
use crate::wire::account::{Account, Membership};

/// What the one account is called.
const NAME: &str = "Larder";

/// GET `/user`: nobody stands behind a token here.
pub(super) fn user() -> Result<Reply, Failure> {
    let error = R2Error::new(Code::Forbidden);
    Err(error.with_hint("This server has tokens and no users, so there is none to show.").into())
}

/// GET `/accounts`.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, Failure> {
    one(call, account(call))
}

/// GET `/accounts/{account}`.
pub(super) fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    Reply::result(account(call))
}

/// GET `/memberships`.
pub(super) fn memberships(call: &Call<'_>) -> Result<Reply, Failure> {
    let account = account(call);
    one(call, Membership { id: account.id.clone(), status: "accepted".to_owned(), account })
}

fn account(call: &Call<'_>) -> Account {
    Account { id: call.store().account().to_string(), name: NAME.to_owned(), r#type: "standard".to_owned() }
}

/// A list of one item: it is on the first page.
fn one(call: &Call<'_>, item: impl serde::Serialize) -> Result<Reply, Failure> {
    let page = super::page_number(call)?;
    let items: Vec<_> = Some(item).into_iter().filter(|_| page == 1).collect();
    let info = ResultInfo {
        per_page: super::PER_PAGE_MAX,
        page: Some(page),
        count: Some(if page == 1 { 1 } else { 0 }),
        total_count: Some(1),
        ..ResultInfo::default()
    };
    Reply::page(items, info)
}
