//! What each operation takes beside its path, and what it answers.

use domain::limits::{DELETE_MAX_KEYS, KEY_MAX_BYTES};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use super::schema;
use crate::call::Nothing;
use crate::envelope::Envelope;
use crate::route::Operation;
use crate::wire::{
    Enabled, account, audit, bucket, cors, domains, job, lifecycle, limits, lock, notification, object,
    queue, secret, sippy, storage, temporary, token, zone,
};

/// What the document says of an operation.
pub(super) struct Description {
    pub(super) summary: &'static str,
    pub(super) parameters: Vec<Value>,
    /// The request's body.
    pub(super) body: Option<Value>,
    /// By content type.
    pub(super) reply: Value,
    /// Another form in which it can be refused.
    pub(super) refused_as: Option<Value>,
    pub(super) needs_token: bool,
}

impl Description {
    fn new(summary: &'static str) -> Self {
        let reply = json!({});
        Self { summary, parameters: Vec::new(), body: None, reply, refused_as: None, needs_token: true }
    }

    /// With a result in an envelope.
    fn result<T: JsonSchema>(self, replies: &mut SchemaGenerator) -> Self {
        self.plain::<Envelope<T>>(replies)
    }

    /// With a document that is no envelope.
    fn plain<T: JsonSchema>(mut self, replies: &mut SchemaGenerator) -> Self {
        self.reply = json!({ "application/json": { "schema": schema::<T>(replies) } });
        self
    }

    /// About a bucket.
    fn of_bucket(self) -> Self {
        self.with(header(
            "cf-r2-jurisdiction",
            &json!({ "enum": ["default", "eu", "us", "fedramp", "fedramp-high", ""] }),
        ))
    }

    fn with(mut self, parameter: Value) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// With a query's texts that may be left out.
    fn texts(mut self, names: &[&str]) -> Self {
        self.parameters.extend(names.iter().map(|name| query(name, &json!({ "type": "string" }))));
        self
    }

    /// With the size of a page.
    fn paged(self) -> Self {
        self.with(query("per_page", &json!({ "type": "integer", "minimum": 1, "maximum": 1000 })))
    }

    /// With the number of a page.
    fn numbered(self) -> Self {
        self.paged().with(query("page", &json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX })))
    }

    fn body<T: JsonSchema>(self, requests: &mut SchemaGenerator) -> Self {
        let schema = schema::<T>(requests);
        self.json(true, &schema)
    }

    /// With a document that may be left out.
    fn body_or_none<T: JsonSchema>(self, requests: &mut SchemaGenerator) -> Self {
        let schema = schema::<T>(requests);
        self.json(false, &schema)
    }

    fn json(mut self, required: bool, schema: &Value) -> Self {
        let content = json!({ "application/json": { "schema": schema } });
        self.body = Some(json!({ "required": required, "content": content }));
        self
    }
}

fn query(name: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "query", "schema": schema })
}

fn header(name: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "header", "schema": schema })
}

fn storage_class(required: bool) -> Value {
    let mut parameter = header("cf-r2-storage-class", &json!({ "enum": ["Standard", "InfrequentAccess"] }));
    parameter["required"] = json!(required);
    parameter
}

/// Describes an operation.
#[rustfmt::skip] // a row to a line
pub(super) fn describe(operation: Operation, requests: &mut SchemaGenerator, replies: &mut SchemaGenerator) -> Description {
    use Operation::*;
    let new = Description::new;
    let of_bucket = |summary| Description::new(summary).of_bucket();
    match operation {
        GetApiDocument => Description { needs_token: false, ..new("This document").plain::<Value>(replies) },
        GetUser => new("The user, of whom there is none").result::<()>(replies),
        VerifyToken => new("Verify the token that calls").result::<token::VerifiedToken>(replies),
        ListTokens => new("List API tokens by age").with(query("direction", &json!({ "enum": ["asc", "desc", ""] }))).numbered().result::<Vec<token::Token>>(replies),
        CreateToken => new("Make an API token").body::<token::WantedToken>(requests).result::<token::NewToken>(replies),
        GetToken => new("Show an API token").result::<token::Token>(replies),
        UpdateToken => new("Change an API token").body::<token::WantedToken>(requests).result::<token::Token>(replies),
        DeleteToken => new("Delete an API token").result::<token::DeletedToken>(replies),
        RollToken => new("Give an API token a new value").body_or_none::<token::NoMembers>(requests).result::<secret::Secret>(replies),
        ListPermissionGroups => new("List permission groups").texts(&["name", "scope"]).result::<Vec<token::Group>>(replies),
        IssueTemporaryCredential => new("Make a temporary credential").body::<temporary::IssueTemporary>(requests).result::<temporary::Temporary>(replies),
        ListAuditLogs => list_audit_logs(replies),
        ListAccounts => new("List the one account").numbered().result::<Vec<account::Account>>(replies),
        GetAccount => new("The account").result::<account::Account>(replies),
        ListMemberships => new("List the one membership").numbered().result::<Vec<account::Membership>>(replies),
        QueryStorage => query_storage(requests, replies),
        ListZones => new("Find a zone by its name").with(zone_name()).numbered().result::<Vec<zone::Zone>>(replies),
        GetMetrics => new("How much the account holds").result::<storage::Metrics>(replies),
        ListQueues => new("List queues").texts(&["name"]).numbered().result::<Vec<queue::ShownQueue>>(replies),
        CreateQueue => new("Make a queue").body::<queue::NewQueue>(requests).result::<queue::ShownQueue>(replies),
        GetQueue => new("Show a queue").result::<queue::ShownQueue>(replies),
        DeleteQueue => new("Delete a queue that is not used").result::<Nothing>(replies),
        ListBuckets => list_buckets().result::<bucket::Buckets>(replies),
        CreateBucket => of_bucket("Create a bucket").body::<bucket::CreateBucket>(requests).result::<bucket::Bucket>(replies),
        PutBucket => of_bucket("Create a bucket of that name").with(storage_class(false)).result::<bucket::Bucket>(replies),
        GetBucket => of_bucket("Show a bucket").result::<bucket::Bucket>(replies),
        PatchBucket => of_bucket("Change a bucket's storage class").with(storage_class(true)).result::<bucket::Bucket>(replies),
        DeleteBucket => of_bucket("Delete an empty bucket").result::<Nothing>(replies),
        ListObjects => of_bucket("List objects").texts(&["prefix", "delimiter", "cursor", "start_after"]).paged().result::<Vec<object::Object>>(replies),
        DeleteObjects => delete_objects(replies),
        GetObject => Description { reply: json!({ "*/*": { "schema": {} } }), ..of_bucket("Read an object") },
        PutObject => put_object().result::<object::Stored>(replies),
        DeleteObject => of_bucket("Delete an object").result::<object::Deleted>(replies),
        CreateJob => of_bucket("Ask for a job").body::<job::NewJob>(requests).result::<job::Descriptor>(replies),
        ListJobs => list_jobs(requests).result::<job::Jobs>(replies),
        GetJob => of_bucket("Show a job").result::<job::Descriptor>(replies),
        GetCors => of_bucket("Show the CORS policy").result::<cors::Cors>(replies),
        PutCors => of_bucket("Replace the CORS policy").body::<cors::Cors>(requests).result::<Nothing>(replies),
        DeleteCors => of_bucket("Remove the CORS policy").result::<Nothing>(replies),
        GetLifecycle => of_bucket("Show the lifecycle policy").result::<lifecycle::Lifecycle>(replies),
        PutLifecycle => of_bucket("Replace the lifecycle policy").body::<lifecycle::Lifecycle>(requests).result::<Nothing>(replies),
        GetLocks => of_bucket("Show the locks").result::<lock::Locks>(replies),
        PutLocks => of_bucket("Replace the locks").body::<lock::Locks>(requests).result::<Nothing>(replies),
        GetLimits => of_bucket("Show the limits").result::<limits::Limits>(replies),
        PutLimits => of_bucket("Replace the limits").body::<limits::Limits>(requests).result::<limits::Limits>(replies),
        DeleteLimits => of_bucket("Remove the limits").result::<limits::Limits>(replies),
        ListCustomDomains => of_bucket("List custom domains").result::<domains::Domains>(replies),
        AddCustomDomain => of_bucket("Add a custom domain").body::<domains::NewDomain>(requests).result::<domains::Domain>(replies),
        GetCustomDomain => of_bucket("Show a custom domain").result::<domains::Domain>(replies),
        PutCustomDomain => of_bucket("Change a custom domain").body::<domains::ChangedDomain>(requests).result::<domains::Domain>(replies),
        DeleteCustomDomain => of_bucket("Remove a custom domain").result::<domains::RemovedDomain>(replies),
        GetManagedDomain => of_bucket("Show the managed domain").result::<domains::ManagedDomain>(replies),
        PutManagedDomain => of_bucket("Switch the managed domain").body::<Enabled>(requests).result::<domains::ManagedDomain>(replies),
        GetSippy => of_bucket("Show the incremental migration").result::<sippy::ShownSippy>(replies),
        PutSippy => of_bucket("Replace the incremental migration").body::<sippy::NewSippy>(requests).result::<sippy::ShownSippy>(replies),
        DeleteSippy => of_bucket("End the incremental migration").result::<sippy::ShownSippy>(replies),
        GetLocalUploads => of_bucket("Whether local uploads are enabled").result::<Enabled>(replies),
        PutLocalUploads => of_bucket("Switch local uploads").body::<Enabled>(requests).result::<Enabled>(replies),
        GetNotifications => of_bucket("Show event notifications").result::<notification::Notifications>(replies),
        GetQueueNotifications => of_bucket("Show event notifications to a queue").result::<notification::QueueRules>(replies),
        PutQueueNotifications => of_bucket("Add event notifications to a queue").body::<notification::NewRules>(requests).result::<()>(replies),
        DeleteQueueNotifications => of_bucket("Delete event notifications to a queue").body_or_none::<notification::DeleteRules>(requests).result::<()>(replies),
    }
}

/// A text that is empty is as good as none.
fn list_audit_logs(replies: &mut SchemaGenerator) -> Description {
    let choice = |names: &[&str]| json!({ "enum": ([names, &[""]].concat()) });
    let count = |min: u32, max: u32| {
        let count = json!({ "type": "integer", "minimum": min, "maximum": max });
        json!({ "anyOf": [count, { "const": "" }] })
    };
    let mut description = Description::new("Read the audit log")
        .texts(&["since", "before", "cursor", "action_type", "actor_id", "actor_token_id"])
        .texts(&["actor_ip_address", "resource_id"])
        .with(query("limit", &count(1, 1000)))
        .with(query("direction", &choice(&["asc", "desc"])))
        .with(query("action_result", &choice(&["success", "failure"])))
        .with(query("raw_status_code", &count(0, u32::from(u16::MAX))))
        .with(query("format", &json!({ "enum": ["json", "jsonl"] })))
        .result::<Vec<audit::AuditLog>>(replies);
    description.reply["application/x-ndjson"] = json!({ "schema": { "type": "string" } });
    description
}

/// GraphQL refuses in its own way.
fn query_storage(requests: &mut SchemaGenerator, replies: &mut SchemaGenerator) -> Description {
    let description = Description::new("How much a bucket holds").body::<storage::Question>(requests);
    let refused_as = Some(schema::<storage::Answer>(replies));
    Description { refused_as, ..description.plain::<storage::Answer>(replies) }
}

fn zone_name() -> Value {
    let mut name = query("name", &json!({ "type": "string", "minLength": 1 }));
    name["required"] = json!(true);
    name
}

fn list_buckets() -> Description {
    let description = Description::new("List buckets").of_bucket().paged();
    description
        .texts(&["name_contains", "start_after", "cursor"])
        .with(query("order", &json!({ "enum": ["name"] })))
        .with(query("direction", &json!({ "enum": ["asc", "desc"] })))
}

fn delete_objects(replies: &mut SchemaGenerator) -> Description {
    let key = json!({ "type": "string", "minLength": 1, "maxLength": KEY_MAX_BYTES });
    let keys = json!({ "type": "array", "items": key, "minItems": 1, "maxItems": DELETE_MAX_KEYS });
    let description = Description::new("Delete objects, or begin a job for those with a prefix").of_bucket();
    let either =
        [schema::<Envelope<Vec<object::Deleted>>>(replies), schema::<Envelope<job::Descriptor>>(replies)];
    let reply = json!({ "application/json": { "schema": { "anyOf": either } } });
    Description { reply, ..description.texts(&["prefix"]).json(false, &keys) }
}

fn put_object() -> Description {
    let content = json!({ "application/octet-stream": { "schema": {} } });
    let body = Some(json!({ "required": false, "content": content }));
    Description { body, ..Description::new("Store an object").of_bucket().with(storage_class(false)) }
}

fn list_jobs(requests: &mut SchemaGenerator) -> Description {
    let count = json!({ "type": "integer", "minimum": 1, "maximum": 1000 });
    let description = Description::new("List jobs, the newest first").of_bucket();
    description
        .texts(&["continuationToken"])
        .with(query("jobType", &schema::<job::JobType>(requests)))
        .with(query("status", &schema::<job::Status>(requests)))
        .with(query("maxKeys", &count))
}
