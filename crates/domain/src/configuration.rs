//! What stands against a change of what is configured beside objects: public names, queues, notifications, jobs.

use crate::limits::{CUSTOM_DOMAINS_MAX, JOBS_ACTIVE_MAX, NOTIFICATION_RULES_MAX, QUEUES_MAX};
use crate::name::BucketName;
use crate::public_domain::DomainName;

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// The bucket has no such domain.
    #[error("The bucket has no custom domain {0}.")]
    NoSuchDomain(DomainName),
    /// The domain is a bucket's already.
    #[error("The domain {domain} belongs to the bucket {bucket}; a domain belongs to one.")]
    DomainInUse {
        /// The domain.
        domain: DomainName,
        /// Whose it is.
        bucket: BucketName,
    },
    /// The bucket has all the domains it may have.
    #[error("A bucket has at most {CUSTOM_DOMAINS_MAX} custom domains; remove one.")]
    TooManyDomains,
    /// No such queue.
    #[error("There is no such queue. POST to /queues makes one.")]
    NoSuchQueue,
    /// A queue has that name.
    #[error("There is a queue of that name.")]
    QueueExists,
    /// The account has all the queues it may have.
    #[error("An account has at most {QUEUES_MAX} queues; delete one.")]
    TooManyQueues,
    /// Notifications go to the queue.
    #[error("Buckets send notifications to this queue. Delete those rules first.")]
    QueueInUse,
    /// Two rules would tell one change twice.
    #[error(
        "Two rules with an action in common are for the same keys: prefix {:?} suffix {:?}, and prefix {:?} suffix {:?}.",
        .0.0, .0.1, .1.0, .1.1
    )]
    NotificationsOverlap((String, String), (String, String)),
    /// The bucket has all the rules it may have.
    #[error("A bucket has at most {NOTIFICATION_RULES_MAX} notification rules; delete one.")]
    TooManyNotificationRules,
    /// The bucket has no such rule for that queue.
    #[error("The bucket has no such notification rule for that queue.")]
    NoSuchNotificationRule,
    /// A bucket that tells what happens in it is not emptied by a job.
    #[error(
        "Event notifications are configured, and a job that empties the bucket tells nobody. Delete those rules first."
    )]
    NotificationsConfigured,
    /// No such job.
    #[error("The bucket has no such job.")]
    NoSuchJob,
    /// Enough jobs are under way.
    #[error("{JOBS_ACTIVE_MAX} jobs are under way, which are the most. Wait until one has ended.")]
    TooManyJobs,
}
