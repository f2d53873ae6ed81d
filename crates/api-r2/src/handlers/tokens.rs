//! API tokens: made, listed, changed, rolled and deleted by an admin, and what each learns of itself. A change counts from its
//! answer on. A value is in the reply that makes it, and nowhere else.

use domain::ApiToken;
use exchange::Incoming;
use http::StatusCode;
use store::TokenChange;

use super::numbered_page;
use crate::call::{Call, Reply};
use crate::document;
use crate::envelope::{Envelope, Message};
use crate::error::{Failure, R2Error};
use crate::error_code::R2ErrorCode as Code;
use crate::wire::Fault;
use crate::wire::secret::Secret;
use crate::wire::token::{
    DeletedToken, Group, NewToken, NoMembers, Status, Token, VerifiedToken, WantedToken,
};

/// Most bytes of a token: a thousand resources with long names.
const DOCUMENT_MAX_BYTES: usize = 256 * 1024;
/// The number of the message of a token that is verified. Spec: Cloudflare API, verify token.
const VERIFIED: u32 = 10_000;

/// GET `…/tokens`: by age.
pub(super) async fn list(call: &Call<'_>) -> Result<Reply, Failure> {
    let is_upwards = match call.query.get("direction") {
        None | Some("" | "asc") => true,
        Some("desc") => false,
        Some(_) => return Err(R2Error::invalid_argument("direction is asc or desc.").into()),
    };
    let mut tokens = call.store().list_tokens(call.caller).await?;
    if !is_upwards {
        tokens.reverse();
    }
    // there are at most a thousand
    numbered_page(call, tokens.iter().map(|token| shown(call, token)).collect())
}

/// POST `…/tokens`.
pub(super) async fn create(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let wanted = document::read::<WantedToken>(body, DOCUMENT_MAX_BYTES).await?;
    let settings = wanted.check(call.store().account(), true, call.door.clock.now()).map_err(refused)?;
    let (token, value) = call.store().create_token(call.caller, settings).await?;
    Reply::result(NewToken { token: shown(call, &token), value: Secret::new(value.expose()) })
}

/// GET `…/tokens/{id}`.
pub(super) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let token = call.store().token(call.caller, call.token_id()?).await?;
    Reply::result(shown(call, &token))
}

/// PUT `…/tokens/{id}`: what is left out is gone, but for the status.
pub(super) async fn update(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let id = call.token_id()?;
    let wanted = document::read::<WantedToken>(body, DOCUMENT_MAX_BYTES).await?;
    let keeps_status = wanted.status.is_none();
    let settings = wanted.check(call.store().account(), false, call.door.clock.now()).map_err(refused)?;
    let token = call.store().update_token(call.caller, id, TokenChange { settings, keeps_status }).await?;
    Reply::result(shown(call, &token))
}

/// DELETE `…/tokens/{id}`.
pub(super) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    let id = call.token_id()?;
    call.store().delete_token(call.caller, id).await?;
    Reply::result(DeletedToken { id: id.to_owned() })
}

/// PUT `…/tokens/{id}/value`: a new value in place of the old.
pub(super) async fn roll(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    document::read_optional::<NoMembers>(body, DOCUMENT_MAX_BYTES).await?;
    let value = call.store().roll_token(call.caller, call.token_id()?).await?;
    Reply::result(Secret::new(value.expose()))
}

/// GET `…/tokens/permission_groups`, by name or scope.
pub(super) fn groups(call: &Call<'_>) -> Result<Reply, Failure> {
    let asked = |name: &str| call.query.get(name).filter(|text| !text.is_empty());
    let (name, scope) = (asked("name"), asked("scope"));
    let is_asked = |group: &Group| {
        name.is_none_or(|name| group.name == name)
            && scope.is_none_or(|scope| group.scopes.iter().any(|own| own == scope))
    };
    Reply::result(Group::all().filter(is_asked).collect::<Vec<_>>())
}

/// GET `…/tokens/verify`: also for a token that is disabled or expired, which can do nothing else.
pub(super) async fn verify(call: &Call<'_>) -> Result<Reply, Failure> {
    let token = match call.store().verify_token(call.caller).await? {
        Some(token) => VerifiedToken::of(&token, call.door.clock.now()),
        None => VerifiedToken::given(&call.token.id),
    };
    let message = match token.status {
        Status::Active => "This API Token is valid and active",
        Status::Disabled => "This API Token is disabled",
        Status::Expired => "This API Token is expired",
    };
    let message = Message { code: VERIFIED, message: message.to_owned() };
    Ok(Reply::document(StatusCode::OK, &Envelope::of(token).with_message(message)))
}

fn shown(call: &Call<'_>, token: &ApiToken) -> Token {
    Token::of(token, call.store().account(), call.door.clock.now())
}

/// A token that cannot be kept.
fn refused(fault: Fault) -> R2Error {
    R2Error::new(Code::InvalidTokenSettings).with_message(fault.text).at(fault.pointer)
}
