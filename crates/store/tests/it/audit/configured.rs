//! Steps of the random history in `changes.rs` that are about what is configured beside objects.

use domain::{
    BucketName, CustomDomain, DomainName, Error, JobKind, MinTls, NotificationAction, QueueName, StorageClass,
};
use store::{DomainChange, NewNotification, Store};

use super::changes::Step;
use crate::configuration::{domain, sippy};

/// How many there are.
pub(super) const KINDS: u64 = 12;

/// What a step came to, and what the log is to say of it.
type Taken = Option<(Result<(), Error>, String)>;

impl Step {
    /// Takes one of them: `what` says which.
    pub(super) async fn configure(&mut self, store: &Store, what: u64, bucket: &BucketName, n: u64) -> Taken {
        let enabled = n == 0;
        let switched = if enabled { "enabled" } else { "-" };
        match what {
            0 => {
                let (mut sippy, secrets) = sippy();
                sippy.region = Some(format!("region-{n}"));
                sippy.bucket_url =
                    Some(format!("https://user:password@host-{n}.example.com/path?signature=1"));
                let result = store.put_sippy(&self.caller, bucket, &sippy, &secrets).await;
                let after = format!(
                    "from Aws, host \"host-{n}.example.com\", region \"region-{n}\", bucket \"elsewhere\", \
                     as \"AKIA\", stored by \"key-id\""
                );
                self.set(bucket, "sippy", "PutSippy update", result, &after)
            }
            1 => {
                let result = store.delete_sippy(&self.caller, bucket).await;
                self.set(bucket, "sippy", "DeleteSippy update", result, "-")
            }
            2 => {
                let result = store.put_local_uploads(&self.caller, bucket, enabled).await;
                self.set(bucket, "local uploads", "PutLocalUploads update", result, switched)
            }
            3 => {
                let result = store.put_managed_domain(&self.caller, bucket, enabled).await.map(drop);
                self.set(bucket, "managed domain", "PutManagedDomain update", result, switched)
            }
            4..=6 => self.configure_domain(store, what, bucket, n).await,
            7 => {
                let (from, to) = (StorageClass::Standard, StorageClass::StandardIa);
                let (kind, text) = if enabled {
                    (JobKind::PrefixDelete { prefix: "a/".into() }, "delete objects with prefix \"a/\"")
                } else {
                    let move_them = JobKind::StorageClassMigration { from, to };
                    (move_them, "move objects from STANDARD to STANDARD_IA")
                };
                let result = store.start_job(&self.caller, bucket, &kind).await.map(drop);
                Some((result, format!("CreateJob create bucket {bucket}: - -> {text}")))
            }
            _ => self.configure_queue(store, what, bucket, n).await,
        }
    }

    async fn configure_domain(&mut self, store: &Store, what: u64, bucket: &BucketName, n: u64) -> Taken {
        let name = DomainName::parse(&format!("{bucket}.example.com")).expect("valid");
        match what {
            4 => {
                let new = CustomDomain { enabled: n == 0, ..domain(name.as_str()) };
                let result = store.add_custom_domain(&self.caller, bucket, &new).await;
                let after = format!("1: {name}{} TLS 1.0", if n == 0 { "" } else { " (disabled)" });
                self.set(bucket, "domains", "AddCustomDomain create", result, &after)
            }
            5 => {
                let change = DomainChange {
                    enabled: Some(true),
                    min_tls: Some(MinTls::V1_3),
                    ciphers: Some(vec![format!("cipher-{n}")]),
                };
                let result = store.update_custom_domain(&self.caller, bucket, &name, &change).await;
                let after = format!("1: {name} TLS 1.3 ciphers cipher-{n}");
                self.set(bucket, "domains", "PutCustomDomain update", result.map(drop), &after)
            }
            _ => {
                let result = store.remove_custom_domain(&self.caller, bucket, &name).await;
                self.set(bucket, "domains", "DeleteCustomDomain delete", result, "-")
            }
        }
    }

    async fn configure_queue(&mut self, store: &Store, what: u64, bucket: &BucketName, n: u64) -> Taken {
        if what == 8 {
            let name = QueueName::parse(&format!("queue-{n}")).expect("valid");
            let result = store.create_queue(&self.caller, &name).await;
            let shown = result.as_ref().map(|queue| format!("{} {name}", queue.id)).unwrap_or_default();
            self.queues.extend(result.as_ref().map(|queue| (queue.id.clone(), shown.clone())));
            return Some((result.map(drop), format!("CreateQueue create account -: - -> {shown}")));
        }
        let (id, shown) = self.queues.last().cloned()?;
        match what {
            9 => {
                let result = store.delete_queue(&self.caller, &id).await;
                if result.is_ok() {
                    self.queues.pop();
                }
                Some((result, format!("DeleteQueue delete account -: {shown} -> -")))
            }
            10 => {
                let new = NewNotification {
                    actions: vec![NotificationAction::PutObject],
                    prefix: format!("{n}/"),
                    suffix: String::new(),
                    description: "not told".into(),
                };
                let was = self.model.get(&(bucket.to_string(), "notifications")).cloned();
                let rule = format!("PutObject to queue {id} prefix \"{n}/\" suffix \"\"");
                let result = store.add_notifications(&self.caller, bucket, &id, &[new]).await;
                let after = match was.as_deref().and_then(|was| was.split_once(": ")) {
                    Some((count, rules)) => {
                        format!("{}: {rules} | {rule}", count.parse::<u32>().expect("a number") + 1)
                    }
                    None => format!("1: {rule}"),
                };
                self.set(bucket, "notifications", "PutQueueNotifications update", result, &after)
            }
            _ => {
                let was = self.model.get(&(bucket.to_string(), "notifications")).cloned().unwrap_or_default();
                let rules = was.split_once(": ").map_or("", |(_, rules)| rules);
                let left: Vec<_> = rules.split(" | ").filter(|rule| !rule.contains(&id)).collect();
                let result = store.delete_notifications(&self.caller, bucket, &id, None).await;
                let after = if left.is_empty() {
                    "-".into()
                } else {
                    format!("{}: {}", left.len(), left.join(" | "))
                };
                self.set(bucket, "notifications", "DeleteQueueNotifications update", result, &after)
            }
        }
    }

    /// What is to be told of a setting that is now `after`, or gone, which the model takes over.
    fn set(
        &mut self,
        bucket: &BucketName,
        slot: &'static str,
        action: &str,
        result: Result<(), Error>,
        after: &str,
    ) -> Taken {
        let slot = (bucket.to_string(), slot);
        let before = self.model.get(&slot).cloned().unwrap_or_else(|| "-".to_owned());
        if result.is_ok() {
            match after {
                "-" => self.model.remove(&slot),
                after => self.model.insert(slot, after.to_owned()),
            };
        }
        Some((result, format!("{action} bucket {bucket}: {before} -> {after}")))
    }
}
