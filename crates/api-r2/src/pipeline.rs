//! The one list of steps that every request goes through.
//!
//! A step may end the request. The body is not read before `run`: a client that waits for `100 Continue` is told so by the
//! first read, and must not send to a request that is refused anyway.

use auth::Action;
use bytes::Bytes;
use domain::audit::{Actor, Interface};
use domain::{BucketName, Timestamp};
use exchange::{
    Frames, Incoming, Refused, ReplyBody, expects_continue, is_audited, is_framing_known, note_refused,
    origin,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Response, Version, header};
use http_body::Body;
use s3_wire::Query;

use crate::authenticate::{authenticate, caller, claimed};
use crate::call::{Call, Reply};
use crate::door::Door;
use crate::error::{Failure, R2Error};
use crate::error_code::R2ErrorCode as Code;
use crate::handlers;
use crate::route::{Operation, Route, is_for_document, route};

/// Most parameters of a query.
const PARAMETERS_MAX: usize = 512;

/// What becomes known of a request on its way, for its reply and its log line.
struct Exchange {
    request_id: String,
    started: Timestamp,
    access_key_id: Option<String>,
    operation: Option<Operation>,
    bucket: Option<BucketName>,
}

impl Door {
    /// Answers a request; every outcome is a reply.
    ///
    /// Cancel safety: dropped at any point, an upload leaves nothing behind unless its commit has begun.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<ReplyBody>
    where
        B: Body<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display,
    {
        let (parts, mut body) = request.into_parts();
        self.answer(&parts, &mut body).await
    }

    async fn answer(&self, parts: &Parts, frames: &mut dyn Frames) -> Response<ReplyBody> {
        let mut exchange = Exchange {
            request_id: self.request_ids.next(),
            started: self.clock.now(),
            access_key_id: None,
            operation: None,
            bucket: None,
        };
        let mut incoming = Incoming::new(frames, self.settings.body_idle, expects_continue(&parts.headers));
        let outcome = self.steps(parts, &mut incoming, &mut exchange).await;
        // before the rest of the body: a client that leaves meanwhile was refused all the same
        if let Err(failure) = &outcome
            && is_audited(&self.store, failure.status(), failure.reply.code.name())
        {
            self.note_refused(&exchange, parts, failure);
        }
        let keep = incoming.drain().await;
        exchange.log(parts, &outcome, self.clock.now());
        let mut reply = outcome.unwrap_or_else(Failure::into_reply);
        // Spec: RFC 9110, section 9.3.2
        if parts.method == Method::HEAD {
            reply.body = ReplyBody::empty();
        }
        if let Ok(id) = HeaderValue::from_str(&exchange.request_id) {
            reply.headers.insert(HeaderName::from_static("x-request-id"), id);
        }
        if !keep && parts.version < Version::HTTP_2 {
            reply.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        reply.into()
    }

    /// The list.
    async fn steps(
        &self,
        parts: &Parts,
        incoming: &mut Incoming<'_>,
        exchange: &mut Exchange,
    ) -> Result<Reply, Failure> {
        let path = parts.uri.path();
        if is_for_document(&parts.method, path) {
            exchange.operation = Some(Operation::GetApiDocument);
            return Ok(self.document());
        }
        // a pure function of the path, and whatever it says is not told before it is known who asks
        let route = route(&parts.method, path);
        let verifies = route.as_ref().is_ok_and(|route| route.operation == Operation::VerifyToken);
        // from here on the caller is known, and nothing was looked up but its token
        let token = authenticate(&self.store, parts, verifies, exchange.started)?;
        exchange.access_key_id = Some(token.id.clone());
        if !is_framing_known(&parts.headers) {
            let text = "Transfer-Encoding other than chunked is not understood.";
            return Err(R2Error::invalid_argument(text).into());
        }
        let route = route?;
        exchange.operation = Some(route.operation);
        exchange.bucket.clone_from(&route.bucket);
        self.check_account(&route)?;
        let mut caller = caller(&self.store, &token, route.operation)?;
        caller.set_origin(origin(parts, Interface::Api, &exchange.request_id));
        let action = counted_as(route.operation);
        self.store.admit(&caller, action, route.bucket.as_ref().into()).await?;
        let query = query(parts.uri.query().unwrap_or_default())?;
        let call = Call {
            door: self,
            caller: &caller,
            token: &token,
            route: &route,
            query: &query,
            headers: &parts.headers,
            request_id: &exchange.request_id,
        };
        handlers::run(&call, incoming).await
    }

    /// Tells the audit log of a refusal.
    fn note_refused(&self, exchange: &Exchange, parts: &Parts, failure: &Failure) {
        let actor = match &exchange.access_key_id {
            Some(id) => Actor::Known { access_key_id: id.clone(), temporary: false },
            None => Actor::Unknown { claimed: claimed(&self.store, parts, exchange.started) },
        };
        let key = route(&parts.method, parts.uri.path()).ok().and_then(|route| route.key);
        let refused = Refused {
            at: exchange.started,
            interface: Interface::Api,
            request_id: &exchange.request_id,
            operation: exchange.operation.map(Operation::name),
            actor,
            bucket: exchange.bucket.clone(),
            key: key.map(|key| key.to_string()),
            status: failure.status(),
            code: failure.reply.code.name(),
        };
        note_refused(&self.store, parts, refused);
    }

    /// Refuses a path of another account.
    fn check_account(&self, route: &Route) -> Result<(), R2Error> {
        match &route.account {
            Some(account) if account != self.store.account() => Err(R2Error::new(Code::OtherAccount)
                .with_hint("The token is of another account than the one in the path.")),
            _ => Ok(()),
        }
    }
}

/// The action that a request counts as where there are limits. That of settings is one that every token may do.
const fn counted_as(operation: Operation) -> Action {
    match operation {
        Operation::ListObjects => Action::ListObjectsV2,
        Operation::DeleteObjects => Action::DeleteObjects,
        Operation::GetObject => Action::GetObject,
        Operation::PutObject => Action::PutObject,
        Operation::DeleteObject => Action::DeleteObject,
        _ => Action::VerifyToken,
    }
}

fn query(raw: &str) -> Result<Query, Failure> {
    let parameters = raw.split('&').count();
    if parameters > PARAMETERS_MAX {
        let text = format!("The query has {parameters} parameters; {PARAMETERS_MAX} are the most.");
        return Err(R2Error::invalid_argument(text).into());
    }
    Ok(Query::parse(raw)?)
}

impl Exchange {
    /// One line, at the level of whose fault it is. Texts for the client are left out, since they may repeat what it sent.
    fn log(&self, parts: &Parts, outcome: &Result<Reply, Failure>, now: Timestamp) {
        let method = &parts.method;
        let request_id = self.request_id.as_str();
        let operation = self.operation.map_or("-", Operation::name);
        let bucket = self.bucket.as_ref().map_or("-", BucketName::as_str);
        let access_key_id = self.access_key_id.as_deref().unwrap_or("-");
        let duration_ms = now.as_millis().saturating_sub(self.started.as_millis());
        let failure = match outcome {
            Ok(reply) => {
                let status = reply.status.as_u16();
                tracing::info!(request_id, %method, operation, status, bucket, access_key_id, duration_ms, "REST answered");
                return;
            }
            Err(failure) => failure,
        };
        let (status, code) = (failure.status().as_u16(), failure.reply.code.number());
        if status >= 500 {
            let error = failure.cause.as_ref().map(ToString::to_string).unwrap_or_default();
            tracing::error!(
                request_id, %method, operation, status, code, error, bucket, access_key_id, duration_ms, "REST failed"
            );
        } else {
            tracing::info!(request_id, %method, operation, status, code, bucket, access_key_id, duration_ms, "REST refused");
        }
    }
}
