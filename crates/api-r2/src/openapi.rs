//! The API's own description, OpenAPI 3.1: paths from the table of routes, documents from their types. What an operation takes
//! beside them is in `openapi/operations.rs`, whose match has every operation.
//!
//! It has no secret and is read without a token.

mod operations;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use self::operations::{Description, describe};
use crate::envelope::Envelope;
use crate::route::{BASE, Operation, ROUTES};

/// Where schemas lie in the document.
const SCHEMAS: &str = "/components/schemas";

/// Makes the document.
pub(crate) fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.meta_schema = None);
    let of_replies = settings.clone().with(|settings| settings.definitions_path = SCHEMAS.into());
    let mut replies = of_replies.for_serialize().into_generator();
    // what may be left out is another matter in requests, so their types are written out on the spot
    let of_requests = settings.with(|settings| settings.inline_subschemas = true);
    let mut requests = of_requests.for_deserialize().into_generator();
    let refusal = json!(replies.subschema_for::<Envelope<()>>());
    let mut paths: Map<String, Value> = Map::new();
    let mut described: Vec<Operation> = Vec::new();
    for (operation, method, template) in ROUTES {
        let description = describe(*operation, &mut requests, &mut replies);
        // an id is one path's only; some operations have two
        let place = described.iter().filter(|known| *known == operation).count();
        described.push(*operation);
        let id = match place {
            0 => operation.name().to_owned(),
            more => format!("{}{}", operation.name(), more + 1),
        };
        let item = path_item(&id, template, description, &refusal);
        let path = paths.entry(format!("/{template}")).or_insert_with(|| json!({}));
        path[method.to_ascii_lowercase()] = item;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Larder's REST API for R2",
            "description": "Cloudflare's REST API v4, as far as it is about R2 and this server has it.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": BASE.trim_end_matches('/') }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": replies.take_definitions(true),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "description": "An API token." } },
        },
    })
}

fn path_item(id: &str, template: &str, description: Description, refusal: &Value) -> Value {
    let Description { summary, parameters, body, reply, refused_as, needs_token } = description;
    let in_path = template.split('/').filter(|part| part.starts_with('{')).map(path_parameter);
    let mut refused = vec![refusal.clone()];
    refused.extend(refused_as);
    let mut item = json!({
        "operationId": id,
        "summary": summary,
        "parameters": in_path.chain(parameters).collect::<Vec<_>>(),
        "responses": {
            "200": { "description": "It is done.", "content": reply },
            "default": {
                "description": "It is refused: success is false, and the first error says why.",
                "content": { "application/json": { "schema": { "anyOf": refused } } },
            },
        },
    });
    if let Some(body) = body {
        item["requestBody"] = body;
    }
    if !needs_token {
        item["security"] = json!([]);
    }
    item
}

fn path_parameter(part: &str) -> Value {
    let name = part.trim_matches(['{', '}']);
    let (schema, description) = match name {
        "account" => (json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" }), "The account's id."),
        "bucket" => (
            json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$" }),
            "The bucket's name.",
        ),
        "key" => (
            json!({ "type": "string", "minLength": 1, "maxLength": domain::limits::KEY_MAX_BYTES }),
            "The object's key. Slashes may stand as they are.",
        ),
        "domain" => (
            json!({ "type": "string", "pattern": r"^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$" }),
            "The domain's name.",
        ),
        _ => (json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" }), "Its id."),
    };
    json!({ "name": name, "in": "path", "required": true, "schema": schema, "description": description })
}

/// The schema of a request's document.
fn schema<T: schemars::JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    json!(generator.subschema_for::<T>())
}

#[cfg(test)]
mod tests;
