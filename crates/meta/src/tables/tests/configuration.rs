//! The bytes of what is configured beside objects, and of jobs.

use domain::{
    CustomDomain, DomainName, Job, JobId, JobKind, JobStatus, MinTls, NotificationAction, NotificationRule,
    Queue, QueueName, Sippy, SippyProvider, StorageClass, Timestamp,
};

use proptest::prelude::*;

use super::super::bucket::BucketId;
use super::super::configuration::{self, SippyRow};
use super::super::job::{self, ActiveJob, JobRow};
use super::super::queue;
use super::name;

proptest! {
    /// Damaged rows are told, and never a panic.
    #[test]
    fn any_bytes_are_a_row_or_damaged(bytes in prop::collection::vec(any::<u8>(), 0..80), version in 0..3_u8) {
        let value = [&[version], &bytes[..]].concat();
        let _ = configuration::decode_public_name(&value);
        let _ = configuration::decode_domains(&value);
        let _ = configuration::decode_notifications(&value);
        let _ = SippyRow::decode(&value);
        let _ = queue::decode(&value);
        let _ = JobRow::decode(JobId([0; 16]), &value);
        let _ = job::decode_active(&value);
        let _ = job::id_of(&value);
    }
}

const ID: BucketId = BucketId(0x0102_0304_0506_0708);

#[test]
fn public_names() {
    assert_eq!(configuration::public_name_key("files.example.com"), b"hfiles.example.com");
    let value = configuration::encode_public_name(ID, &name());
    assert_eq!(&value[..], b"\x01\x08\x07\x06\x05\x04\x03\x02\x01\x01\x03\0\0\0abc");
    assert_eq!(configuration::decode_public_name(&value), Ok((ID, name())));
    assert!(configuration::decode_public_name(&value[..9]).is_err());
    assert_eq!(&configuration::encode_local_uploads()[..], b"\x01");
}

#[test]
fn custom_domains() {
    let domain = |name: &str, enabled, min_tls, ciphers: &[&str]| CustomDomain {
        name: DomainName::parse(name).expect("valid"),
        enabled,
        zone_id: "z".into(),
        min_tls,
        ciphers: ciphers.iter().map(|cipher| (*cipher).to_owned()).collect(),
    };
    let one = configuration::encode_domains(&[domain("a.b", false, MinTls::V1_2, &["C"])]);
    let expected =
        b"\x01\x01\x1f\0\0\0\x01\x03\0\0\0a.b\x02\0\0\0\0\x03\x01\0\0\0z\x04\x01\0\0\0\x02\x05\x01\0\0\0C";
    assert_eq!(&one[..], expected);
    let all = [MinTls::V1_0, MinTls::V1_1, MinTls::V1_2, MinTls::V1_3];
    let domains: Vec<_> = all.into_iter().map(|tls| domain("a.b", true, tls, &["C", "D"])).collect();
    assert_eq!(configuration::decode_domains(&configuration::encode_domains(&domains)), Ok(domains));
}

#[test]
fn migrations() {
    for provider in [SippyProvider::Aws, SippyProvider::Gcs, SippyProvider::S3, SippyProvider::Azure] {
        let sippy = Sippy {
            provider,
            region: Some("r".into()),
            bucket: Some("b".into()),
            bucket_url: Some("u".into()),
            container: Some("c".into()),
            identity: "i".into(),
            access_key_id: "k".into(),
        };
        let row = SippyRow { sippy, wrapped_key: b"w"[..].into(), sealed_secrets: b"s"[..].into() };
        assert_eq!(SippyRow::decode(&row.encode()), Ok(row));
    }
}

#[test]
fn notifications_and_queues() {
    let rule = NotificationRule {
        id: "1".into(),
        queue_id: "2".into(),
        created: Timestamp::from_millis(3),
        prefix: "p".into(),
        suffix: "s".into(),
        actions: vec![
            NotificationAction::PutObject,
            NotificationAction::CopyObject,
            NotificationAction::CompleteMultipartUpload,
            NotificationAction::DeleteObject,
            NotificationAction::LifecycleDeletion,
        ],
        description: "d".into(),
    };
    let rules = vec![rule.clone(), NotificationRule { prefix: String::new(), ..rule }];
    assert_eq!(configuration::decode_notifications(&configuration::encode_notifications(&rules)), Ok(rules));
    let queue = Queue {
        id: "ab".into(),
        name: QueueName::parse("q").expect("valid"),
        created: Timestamp::from_millis(5),
    };
    let value = queue::encode(std::slice::from_ref(&queue));
    let expected = b"\x01\x01\x1a\0\0\0\x01\x02\0\0\0ab\x02\x01\0\0\0q\x03\x08\0\0\0\x05\0\0\0\0\0\0\0";
    assert_eq!(&value[..], expected);
    assert_eq!(queue::decode(&value), Ok(vec![queue]));
    assert_eq!(queue::sender_key("ab", ID), b"mab\x01\x02\x03\x04\x05\x06\x07\x08");
    assert!(queue::senders("ab").contains(&queue::sender_key("ab", ID)) && queue::key() == b"m");
}

#[test]
fn jobs() {
    let id = JobId([9; 16]);
    let key = job::key(ID, id);
    assert_eq!(key, [&b"i\x01\x02\x03\x04\x05\x06\x07\x08"[..], &[9; 16]].concat());
    assert_eq!(job::id_of(&key), Ok(id));
    assert!(job::id_of(&job::active_key()).is_err());
    let row = JobRow {
        job: Job {
            id,
            kind: JobKind::PrefixDelete { prefix: "a/".into() },
            status: JobStatus::Running,
            created: Timestamp::from_millis(1),
            finished: None,
            done: 3,
            locked: 4,
            damaged: 5,
        },
        asked: 2,
        next: b"o".to_vec(),
    };
    let numbers: Vec<u8> = (1..=5_u64).flat_map(u64::to_le_bytes).collect();
    let expected = [&[1, 2][..], &numbers, b"\x01\x02\0\0\0a/\x05\x01\0\0\0o"].concat();
    assert_eq!(&row.encode()[..], expected);
    assert_eq!(JobRow::decode(id, &row.encode()), Ok(row.clone()));
    let (from, to) = (StorageClass::StandardIa, StorageClass::Standard);
    for status in [JobStatus::Enqueued, JobStatus::Completed, JobStatus::Failed] {
        let kind = JobKind::StorageClassMigration { from, to };
        let finished = Some(Timestamp::from_millis(9));
        let row = JobRow { job: Job { kind, status, finished, ..row.job.clone() }, ..row.clone() };
        assert_eq!(JobRow::decode(id, &row.encode()), Ok(row));
    }
    let active = vec![ActiveJob { bucket_id: ID, bucket: name(), id }];
    let value = job::encode_active(&active);
    assert_eq!(
        &value[..],
        [&b"\x01\x01\x1b\0\0\0\x01\x02\x03\x04\x05\x06\x07\x08"[..], &[9; 16], b"abc"].concat()
    );
    assert_eq!(job::decode_active(&value), Ok(active));
}
