//! `larder lifecycle`: when objects expire, move to another storage class, and unfinished uploads are aborted; through the REST
//! API.

#[cfg(test)]
mod tests;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::bucket::{Named, text};
use crate::document;
use crate::failure::Failure;
use crate::quantity::duration_s;
use crate::terminal::{say_json, say_table};

const DAY_S: u64 = 86_400;

/// What is done to a bucket's lifecycle policy.
#[derive(Debug, Subcommand)]
pub(crate) enum Lifecycle {
    /// Show a bucket's rules.
    #[command(after_help = "Example:\n  larder lifecycle get user-uploads")]
    Get(Named),
    /// Replace all rules of a bucket by those of a file.
    #[command(after_help = "\
The file has R2's REST form: {\"rules\":[{\"id\":…,\"enabled\":true,\"conditions\":{\"prefix\":…},\"deleteObjectsTransition\":…}]}

Example:
  larder lifecycle get user-uploads --json | larder lifecycle set photos --file -")]
    Set {
        #[command(flatten)]
        bucket: Named,
        /// The policy as JSON; - for standard input.
        #[arg(long, value_name = "FILE")]
        file: String,
    },
    /// Add a rule, or replace the one that is called so.
    Add(Add),
    /// Remove a rule.
    #[command(after_help = "Example:\n  larder lifecycle remove user-uploads --id thumbnails")]
    Remove {
        #[command(flatten)]
        bucket: Named,
        /// The rule's name.
        #[arg(long, value_name = "NAME")]
        id: String,
    },
}

/// A new rule.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder lifecycle add user-uploads --id thumbnails --prefix thumbs/ --expire-after 30d
  larder lifecycle add user-uploads --id archive --infrequent-access-after 60d
  larder lifecycle add user-uploads --id uploads --abort-uploads-after 1d")]
pub(crate) struct Add {
    #[command(flatten)]
    bucket: Named,
    /// The rule's name.
    #[arg(long, value_name = "NAME")]
    id: String,
    /// Only keys that begin with this; all without it.
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// Delete objects that are so old, in whole days.
    #[arg(long, value_name = "DURATION", value_parser = days_s)]
    expire_after: Option<u64>,
    /// Move objects that are so old to the class InfrequentAccess.
    #[arg(long, value_name = "DURATION", value_parser = days_s)]
    infrequent_access_after: Option<u64>,
    /// Abort uploads in parts that were begun so long ago.
    #[arg(long, value_name = "DURATION", value_parser = days_s)]
    abort_uploads_after: Option<u64>,
    /// Keep the rule without following it.
    #[arg(long)]
    disabled: bool,
}

pub(crate) async fn run(command: Lifecycle) -> Result<()> {
    match command {
        Lifecycle::Get(bucket) => {
            let policy = get(&bucket).await?;
            if bucket.json {
                say_json(&policy);
            } else {
                print(&policy);
            }
            Ok(())
        }
        Lifecycle::Set { bucket, file } => put(&bucket, &document::read(&file)?).await,
        Lifecycle::Add(add) => {
            let rule = add.rule()?;
            let rules = with_rule(rules(get(&add.bucket).await?), &add.id, Some(rule));
            put(&add.bucket, &json!({ "rules": rules })).await
        }
        Lifecycle::Remove { bucket, id } => {
            let rules = rules(get(&bucket).await?);
            if !rules.iter().any(|rule| is_called(rule, &id)) {
                let names: Vec<String> = rules.iter().filter_map(|rule| rule.get("id")).map(text).collect();
                let what = format!("remove a rule of {}", bucket.name);
                let failure = Failure::refused(what, format!("it has none that is called {id:?}"));
                return Err(failure.fix(format!("its rules are {}", names.join(", "))).into());
            }
            put(&bucket, &json!({ "rules": with_rule(rules, &id, None) })).await
        }
    }
}

async fn get(bucket: &Named) -> Result<Value, Failure> {
    bucket.call("show the lifecycle rules of", "GET", "/lifecycle", &[], None).await
}

async fn put(bucket: &Named, policy: &Value) -> Result<()> {
    let answer = bucket.call("set the lifecycle rules of", "PUT", "/lifecycle", &[], Some(policy)).await?;
    bucket.done(&answer, "has the rules now");
    Ok(())
}

fn rules(mut policy: Value) -> Vec<Value> {
    match policy.get_mut("rules").map(Value::take) {
        Some(Value::Array(rules)) => rules,
        _ => Vec::new(),
    }
}

fn is_called(rule: &Value, id: &str) -> bool {
    rule.get("id").and_then(Value::as_str) == Some(id)
}

/// The rules with the one of a name replaced in its place, added at the end, or gone.
fn with_rule(mut rules: Vec<Value>, id: &str, rule: Option<Value>) -> Vec<Value> {
    let at = rules.iter().position(|rule| is_called(rule, id));
    match (at, rule) {
        (Some(at), Some(rule)) => {
            rules.insert(at, rule);
            rules.remove(at + 1);
        }
        (None, Some(rule)) => rules.push(rule),
        (_, None) => rules.retain(|rule| !is_called(rule, id)),
    }
    rules
}

/// Whole days, in seconds: lifecycle knows nothing shorter.
fn days_s(text: &str) -> Result<u64, String> {
    let seconds = duration_s(text)?;
    if seconds == 0 || seconds % DAY_S != 0 {
        return Err(format!("{text:?} is not in whole days; write 1d or more"));
    }
    Ok(seconds)
}

impl Add {
    fn rule(&self) -> Result<Value, Failure> {
        let after = |age_s: u64| json!({ "type": "Age", "maxAge": age_s });
        let mut rule = json!({ "id": self.id, "enabled": !self.disabled, "conditions": {} });
        if let Some(prefix) = &self.prefix {
            rule["conditions"] = json!({ "prefix": prefix });
        }
        if let Some(age_s) = self.expire_after {
            rule["deleteObjectsTransition"] = json!({ "condition": after(age_s) });
        }
        if let Some(age_s) = self.infrequent_access_after {
            let transition = json!({ "condition": after(age_s), "storageClass": "InfrequentAccess" });
            rule["storageClassTransitions"] = json!([transition]);
        }
        if let Some(age_s) = self.abort_uploads_after {
            rule["abortMultipartUploadsTransition"] = json!({ "condition": after(age_s) });
        }
        let acts = [self.expire_after, self.infrequent_access_after, self.abort_uploads_after];
        if acts.iter().all(Option::is_none) {
            let why =
                "it does nothing; give --expire-after, --infrequent-access-after or --abort-uploads-after";
            return Err(Failure::usage("the rule", why));
        }
        Ok(rule)
    }
}

fn print(policy: &Value) {
    let rules = policy.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let when = |transition: Option<&Value>| {
        let condition = transition.and_then(|transition| transition.get("condition"));
        let age = condition.and_then(|condition| condition.get("maxAge")).and_then(Value::as_u64);
        let date = condition.and_then(|condition| condition.get("date")).map(text);
        age.map(|age_s| format!("{} days", age_s / DAY_S)).or(date).unwrap_or_else(|| "-".to_owned())
    };
    let row = |rule: &Value| {
        let of = |pointer| rule.pointer(pointer).map_or_else(|| "-".to_owned(), text);
        vec![
            of("/id"),
            of("/enabled"),
            of("/conditions/prefix"),
            when(rule.get("deleteObjectsTransition")),
            when(rule.pointer("/storageClassTransitions/0")),
            when(rule.get("abortMultipartUploadsTransition")),
        ]
    };
    let heading = ["ID", "ENABLED", "PREFIX", "EXPIRES", "INFREQUENT ACCESS", "ABORTS UPLOADS"];
    say_table(&[vec![heading.map(str::to_owned).to_vec()], rules.iter().map(row).collect()].concat());
}
