//! `larder cors`: which sites may use a bucket from a page, through the REST API.

#[cfg(test)]
mod tests;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::bucket::{Named, text};
use crate::document;
use crate::failure::Failure;
use crate::terminal::{say_json, say_table};

/// What is done to a bucket's CORS policy.
#[derive(Debug, Subcommand)]
pub(crate) enum Cors {
    /// Show a bucket's policy.
    #[command(after_help = "Example:\n  larder cors get user-uploads --json > cors.json")]
    Get(Named),
    /// Replace a bucket's policy, by a file or by one rule from options.
    Set(Set),
    /// Delete a bucket's policy: no site may use it then.
    #[command(after_help = "Example:\n  larder cors delete user-uploads")]
    Delete(Named),
}

/// A new policy.
#[derive(Debug, Args)]
#[command(after_help = "\
A file has R2's REST form ({\"rules\":[{\"allowed\":{…}}]}), aws-cli's ({\"CORSRules\":[…]}) or that of R2's dashboard ([{\"AllowedOrigins\":…}]).

Examples:
  larder cors set user-uploads --origin https://app.example.com --method PUT --header Content-Type --expose ETag
  larder cors set user-uploads --file cors.json
  larder cors get user-uploads --json | larder cors set photos --file -")]
pub(crate) struct Set {
    #[command(flatten)]
    bucket: Named,
    /// The policy as JSON; - for standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["origins", "methods", "headers", "exposed", "max_age"])]
    file: Option<String>,
    /// A site that may use the bucket, such as `https://app.example.com`. Repeatable.
    #[arg(long = "origin", value_name = "ORIGIN", required_unless_present = "file")]
    origins: Vec<String>,
    /// A method that it may use: GET, PUT, POST, DELETE or HEAD. Repeatable [default: GET and PUT].
    #[arg(long = "method", value_name = "METHOD")]
    methods: Vec<String>,
    /// A header that it may send, or *. Repeatable [default: Content-Type].
    #[arg(long = "header", value_name = "NAME")]
    headers: Vec<String>,
    /// A header of replies that it may read. Repeatable [default: ETag].
    #[arg(long = "expose", value_name = "NAME")]
    exposed: Vec<String>,
    /// For how long browsers may remember it, such as 1h; a day at most.
    #[arg(long, default_value = "1h", value_name = "DURATION", value_parser = crate::quantity::duration_s)]
    max_age: u64,
}

pub(crate) async fn run(command: Cors) -> Result<()> {
    match command {
        Cors::Get(bucket) => {
            let policy = bucket.call("show the CORS policy of", "GET", "/cors", &[], None).await?;
            if bucket.json {
                say_json(&policy);
            } else {
                print(&policy);
            }
        }
        Cors::Set(set) => {
            let policy = set.policy()?;
            let what = "set the CORS policy of";
            let answer = set.bucket.call(what, "PUT", "/cors", &[], Some(&policy)).await?;
            set.bucket.done(&answer, "has the policy now");
        }
        Cors::Delete(bucket) => {
            let answer = bucket.call("delete the CORS policy of", "DELETE", "/cors", &[], None).await?;
            bucket.done(&answer, "has no CORS policy now");
        }
    }
    Ok(())
}

impl Set {
    fn policy(&self) -> Result<Value, Failure> {
        if let Some(file) = &self.file {
            return rest_form(document::read(file)?).map_err(|why| Failure::usage("the CORS policy", why));
        }
        let or = |given: &[String], default: &[&str]| -> Vec<String> {
            if given.is_empty() {
                default.iter().map(|text| (*text).to_owned()).collect()
            } else {
                given.to_vec()
            }
        };
        let methods: Vec<String> =
            or(&self.methods, &["GET", "PUT"]).iter().map(|method| method.to_ascii_uppercase()).collect();
        Ok(json!({ "rules": [{
            "allowed": { "origins": self.origins, "methods": methods, "headers": or(&self.headers, &["Content-Type"]) },
            "exposeHeaders": or(&self.exposed, &["ETag"]),
            "maxAgeSeconds": self.max_age,
        }] }))
    }
}

/// Any of the three forms as that of the REST API. What stands in a rule and is not known is left to the server to refuse.
fn rest_form(document: Value) -> Result<Value, String> {
    let rules = match document {
        Value::Array(rules) => rules,
        Value::Object(members) if members.contains_key("rules") => return Ok(Value::Object(members)),
        Value::Object(mut members) => match members.remove("CORSRules") {
            Some(Value::Array(rules)) => rules,
            _ => return Err("it has neither rules nor CORSRules".to_owned()),
        },
        _ => return Err("it is neither an object nor an array of rules".to_owned()),
    };
    let rules: Result<Vec<Value>, String> = rules.into_iter().map(rest_rule).collect();
    Ok(json!({ "rules": rules? }))
}

fn rest_rule(rule: Value) -> Result<Value, String> {
    let Value::Object(members) = rule else { return Err("a rule is an object".to_owned()) };
    let (mut allowed, mut rest) = (Map::new(), Map::new());
    for (name, value) in members {
        let (target, name) = match name.as_str() {
            "AllowedOrigins" => (&mut allowed, "origins"),
            "AllowedMethods" => (&mut allowed, "methods"),
            "AllowedHeaders" => (&mut allowed, "headers"),
            "ExposeHeaders" => (&mut rest, "exposeHeaders"),
            "MaxAgeSeconds" => (&mut rest, "maxAgeSeconds"),
            "ID" => (&mut rest, "id"),
            other => return Err(format!("a rule has no member {other:?}")),
        };
        target.insert(name.to_owned(), value);
    }
    rest.insert("allowed".to_owned(), Value::Object(allowed));
    Ok(Value::Object(rest))
}

fn print(policy: &Value) {
    let list = |rule: &Value, pointer: &str| {
        let items = rule.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if items.is_empty() { "-".to_owned() } else { items.iter().map(text).collect::<Vec<_>>().join(" ") }
    };
    let rules = policy.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let row = |rule: &Value| {
        let mut row = ["/allowed/origins", "/allowed/methods", "/allowed/headers", "/exposeHeaders"]
            .map(|pointer| list(rule, pointer))
            .to_vec();
        row.push(rule.get("maxAgeSeconds").map_or_else(|| "-".to_owned(), text));
        row
    };
    let heading = ["ORIGINS", "METHODS", "HEADERS", "EXPOSED", "MAX AGE"].map(str::to_owned).to_vec();
    say_table(&[vec![heading], rules.iter().map(row).collect()].concat());
}
