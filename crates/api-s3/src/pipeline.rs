//! The one list of steps that every request goes through, and what every reply carries.
//!
//! A step may end the request; the ones after the last decide nothing. The body is not read before `run`: a client that
//! waits for `100 Continue` is told so by the first read, and must not send to a request that is refused anyway.

use auth::Target;
use bytes::Bytes;
use domain::audit::{Actor, Interface};
use domain::{BucketName, Timestamp};
use exchange::{Frames, Incoming, Refused, ReplyBody, expects_continue, is_audited, note_refused, origin};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version, header};
use http_body::Body;
use s3_wire::headers::header_text;
use s3_wire::ops::create_bucket;
use s3_wire::post_policy::PostPolicy;
use s3_wire::{
    Address, HostMatch, Operation, Query, S3Error, S3ErrorCode, address, refuse_beyond_r2, route, screen,
    screen_guards,
};

use crate::authorise::{action, authorise, target};
use crate::body::RequestBody;
use crate::call::Call;
use crate::cors::CrossOrigin;
use crate::door::Door;
use crate::error::Failure;
use crate::form_body::FormBody;
use crate::handlers::{self, post_object};
use crate::head::Head;
use crate::hoist;
use crate::reply::Reply;
use crate::upload_limits;

/// Most bytes of a path that an error repeats: a bucket and the longest key, each byte of it an escape.
const RESOURCE_MAX_BYTES: usize = 4 * 1024;

/// Most characters of a host name that an error repeats: the length of the longest.
const HOST_SHOWN_CHARS_MAX: usize = 253;

/// What becomes known of a request on its way, for its reply and its log line.
struct Exchange {
    request_id: String,
    started: Timestamp,
    cross_origin: CrossOrigin,
    /// An access key id that the request claims to have, before it has shown that it has it.
    claimed: Option<String>,
    actor: Option<Actor>,
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
            cross_origin: CrossOrigin::default(),
            claimed: None,
            actor: None,
            operation: None,
            bucket: None,
        };
        let mut incoming = Incoming::new(frames, self.settings.body_idle, expects_continue(&parts.headers));
        let outcome = self.steps(parts, &mut incoming, &mut exchange).await;
        // before the rest of the body: a client that leaves meanwhile was refused all the same
        if let Err(failure) = &outcome
            && is_audited(&self.store, failure.reply.status(), failure.reply.code.name())
        {
            self.note_refused(&exchange, parts, failure);
        }
        let keep = incoming.drain().await;
        exchange.log(parts, &outcome, self.clock.now());
        let mut reply = outcome.unwrap_or_else(|failure| exchange.refusal(&failure, parts));
        exchange.decorate(&mut reply);
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
        let head = Head::of(parts)?;
        let host = self.names.resolve(&head.host);
        // before anything can fail: a page may read every error
        exchange.cross_origin = self.cross_origin(&head, &host).await?;
        head.check()?;
        refuse_unknown_host(&head, &host)?;
        let address = address(&host, head.path)?;
        let strict_r2 = self.settings.strict_r2.holds(address.bucket);
        // never authenticated: a browser signs no preflight
        if *head.method == Method::OPTIONS {
            let has_key = address.key.is_some();
            return Ok(exchange.cross_origin.preflight(&head, has_key, strict_r2)?);
        }
        if let Some(bucket) = form_upload(&head, &address) {
            exchange.operation = Some(Operation::PostObject);
            return self.form_steps(&head, bucket, incoming, exchange).await;
        }
        // from here on the caller is known, and nothing was looked up but its key
        let mut identity = self.identify(&head, &host, strict_r2, exchange.started, &mut exchange.claimed)?;
        exchange.actor = Some(identity.caller.actor());
        let headers = hoist::merged(&head, &identity.verified, strict_r2)?;
        let query = Query::parse(head.query.unwrap_or_default())?;
        let route = route(head.method, address, &query, &headers)?;
        exchange.operation = Some(route.operation);
        exchange.bucket.clone_from(&route.bucket);
        if action(route.operation).is_audited() || create_bucket::is_wanted(&headers) {
            identity.caller.set_origin(origin(parts, Interface::S3, &exchange.request_id));
        }
        if strict_r2 {
            refuse_beyond_r2(route.operation, &query)?;
        }
        // before existence, and before the body is asked for; the store asks again
        authorise(&identity.caller, &route, &query)?;
        self.store.admit(&identity.caller, action(route.operation), target(&route, &query)).await?;
        screen(route.operation, &headers, strict_r2)?;
        let (store, caller) = (&*self.store, &identity.caller);
        let limits =
            upload_limits::of(store, caller, identity.claim.location, &route, &query, &headers).await?;
        let decoder = hoist::chunk_decoder(&identity.verified, &headers)?;
        let body = RequestBody::new(incoming, decoder, limits.body.clone());
        let call = Call {
            door: self,
            caller: &identity.caller,
            payload: identity.verified.payload,
            route: &route,
            head: &head,
            query: &query,
            headers: &headers,
            strict_r2,
            begun: exchange.started,
            limits: &limits,
            request_id: &exchange.request_id,
        };
        handlers::run(&call, body).await
    }

    /// The list for a browser's form. Who signed it stands in its fields, so they are read before the caller is known: within
    /// their bound, and not the file.
    async fn form_steps(
        &self,
        head: &Head<'_>,
        bucket: &str,
        incoming: &mut Incoming<'_>,
        exchange: &mut Exchange,
    ) -> Result<Reply, Failure> {
        if self.settings.strict_r2.holds(Some(bucket)) {
            return Err(S3Error::not_implemented(Operation::PostObject).into());
        }
        let bucket = BucketName::parse(bucket)?;
        exchange.bucket = Some(bucket.clone());
        let content_type = header_text(head.headers, "content-type").unwrap_or_default();
        let mut body = FormBody::new(incoming, &content_type)?;
        let form = body.form().await?;
        let signature = form.signature()?;
        let caller = self.identify_form(&signature, exchange.started, head.peer, &mut exchange.claimed)?;
        exchange.actor = Some(caller.actor());
        // the store asks about the key
        self.store.admit(&caller, action(Operation::PostObject), Target::SomeKeys(&bucket)).await?;
        screen_guards(head.headers)?;
        let policy = PostPolicy::parse(signature.policy)?;
        let rule = policy.check(&form, bucket.as_str(), exchange.started)?;
        post_object::run(self, head, &caller, &bucket, &form, (body, rule)).await
    }

    /// Tells the audit log of a refusal. It may have come before anything of the request was looked at, so that is done here.
    fn note_refused(&self, exchange: &Exchange, parts: &Parts, failure: &Failure) {
        let head = Head::of(parts).ok();
        let host = head.as_ref().map(|head| self.names.resolve(&head.host));
        let addressed =
            head.as_ref().zip(host.as_ref()).and_then(|(head, host)| address(host, head.path).ok());
        let (bucket, key) = addressed.map_or((None, None), |address| (address.bucket, address.key));
        let claimed = || Actor::Unknown { claimed: exchange.claimed.clone() };
        let refused = Refused {
            at: exchange.started,
            interface: Interface::S3,
            request_id: &exchange.request_id,
            operation: exchange.operation.map(Operation::name),
            actor: exchange.actor.clone().unwrap_or_else(claimed),
            bucket: bucket.and_then(|name| BucketName::parse(name).ok()),
            key: key.map(|key| String::from_utf8_lossy(&key).into_owned()),
            status: failure.reply.status(),
            code: failure.reply.code.name(),
        };
        note_refused(&self.store, parts, refused);
    }
}

/// The bucket that a browser's form is sent to: one that carries its signature in its fields, and none in its head.
fn form_upload<'a>(head: &Head<'_>, address: &Address<'a>) -> Option<&'a str> {
    let on_bucket = *head.method == Method::POST && address.key.is_none();
    let bucket = address.bucket.filter(|_| on_bucket && !head.headers.contains_key(header::AUTHORIZATION))?;
    let query = Query::parse(head.query.unwrap_or_default()).ok()?;
    (!query.has("delete") && !query.has("X-Amz-Credential")).then_some(bucket)
}

/// Names the host that nobody declared: behind a proxy it is rarely the one that the client used.
fn refuse_unknown_host(head: &Head<'_>, host: &HostMatch) -> Result<(), S3Error> {
    if *host != HostMatch::Unknown {
        return Ok(());
    }
    let shown: String = head.host.chars().filter(|c| !c.is_control()).take(HOST_SHOWN_CHARS_MAX).collect();
    Err(S3Error::new(S3ErrorCode::RouteNotFound).with_hint(format!(
        "The host name of this request, {shown}, is none of the server's names. Use one of them, or declare this one in hosts. \
         If a proxy put it there, have the proxy pass the client's Host header on."
    )))
}

impl Exchange {
    /// The error reply.
    ///
    /// Spec: RFC 9110, section 9.3.2 (no body for HEAD).
    fn refusal(&self, failure: &Failure, parts: &Parts) -> Reply {
        let error = &failure.reply;
        let mut reply = Reply::empty(error.status());
        if parts.method != Method::HEAD {
            let path = parts.uri.path();
            let resource = path.get(..path.floor_char_boundary(RESOURCE_MAX_BYTES)).unwrap_or_default();
            let document = error.encode(resource, &self.request_id);
            reply = Reply { status: error.status(), ..Reply::xml(document) };
        }
        reply.headers.extend(HeaderMap::clone(&failure.headers));
        reply
    }

    /// What every reply carries.
    fn decorate(&self, reply: &mut Reply) {
        s3_wire::headers::set(
            &mut reply.headers,
            HeaderName::from_static("x-amz-request-id"),
            &self.request_id,
        );
        self.cross_origin.decorate(&mut reply.headers);
    }

    /// One line, at the level of whose fault it is. The query is left out, since it may hold a signature that is still good;
    /// so are texts for the client, which may repeat it.
    fn log(&self, parts: &Parts, outcome: &Result<Reply, Failure>, now: Timestamp) {
        let method = &parts.method;
        let request_id = self.request_id.as_str();
        let operation = self.operation.map_or("-", Operation::name);
        let bucket = self.bucket.as_ref().map_or("-", BucketName::as_str);
        let access_key_id = self.actor.as_ref().and_then(Actor::access_key_id).unwrap_or("-");
        let duration_ms = now.as_millis().saturating_sub(self.started.as_millis());
        let failure = match outcome {
            Ok(reply) => {
                let status = reply.status.as_u16();
                tracing::info!(request_id, %method, operation, status, bucket, access_key_id, duration_ms, "answered");
                return;
            }
            Err(failure) => failure,
        };
        let (status, code) = (failure.reply.status().as_u16(), failure.reply.code.name());
        // what is not built is no fault of ours
        if status >= 500 && status != 501 {
            let error = failure.cause.as_ref().map(ToString::to_string).unwrap_or_default();
            tracing::error!(
                request_id, %method, operation, status, code, error, bucket, access_key_id, duration_ms, "failed"
            );
        } else {
            tracing::info!(request_id, %method, operation, status, code, bucket, access_key_id, duration_ms, "refused");
        }
    }
}
