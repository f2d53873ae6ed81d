use proptest::prelude::*;

use super::*;
use crate::engine::VALUE_HEAD_BYTES;

fn refusal() -> AuditEntry {
    let peer = "10.0.0.1".parse().ok();
    let origin = Origin { interface: Interface::S3, peer, request_id: "r1".into(), user_agent: None };
    AuditEntry {
        at: Timestamp::from_millis(0x0a0b),
        action: "GetObject".into(),
        verb: Verb::View,
        outcome: Outcome::Refused { status: 403, code: "AccessDenied".into() },
        actor: Actor::Known { access_key_id: "k1".into(), temporary: true },
        resource: Resource::Bucket(BucketName::parse("photos").unwrap()),
        key: Some("a".into()),
        origin: Some(Arc::new(origin)),
        before: None,
        after: None,
        repeated: 2,
    }
}

#[test]
fn the_bytes_of_a_row() {
    let value = encode(&refusal());
    let expected = b"\x01\x4f\0\0\0\0\0\0\0\x0b\x0a\0\0\0\0\0\0\x03\x01\x93\x01\x03\x01\x04\x0a\0\0\x01\x09GetObject\
                     \x0cAccessDenied\x02k1\x01\x06photos\x01\x01\0\0\0a\x02\x02\0\0\0r1\x06\x08\0\0\0\x02\0\0\0\0\0\0\0";
    assert_eq!(value.escape_ascii().to_string(), expected.escape_ascii().to_string());
    assert_eq!(decode(&value), Ok(refusal()));
    assert_eq!(row_bytes(&value), Ok(value.len() as u64 + 10));
    let key = key(Class::Refusals, 0x0102);
    assert_eq!(&key[..], b"l\x02\xff\xff\xff\xff\xff\xff\xfe\xfd");
    assert_eq!((number_of(&key), number_of(b"l\x02")), (Some(0x0102), None));
}

#[test]
fn the_newest_comes_first_and_a_range_has_both_its_ends() {
    let numbers = [7, 8, 1 << 20, u64::MAX];
    let keys = numbers.map(|number| key(Class::Changes, number));
    assert!(keys.windows(2).all(|pair| pair[0] > pair[1]));
    let range = range(Class::Changes, 8, 1 << 20);
    assert_eq!(keys.map(|key| range.contains(&key)), [false, true, true, false]);
    assert!(!range.contains(&key(Class::Refusals, 8)));
    assert_eq!(number_at(Timestamp::from_millis(3)), 3 << 20);
    assert_eq!(number_at(Timestamp::from_millis(-3)), 0);
    assert_eq!(number_at(Timestamp::from_millis(i64::MAX)) >> 63, 1);
}

fn any_entry() -> impl Strategy<Value = AuditEntry> {
    let text = || proptest::option::of("\\PC{0,300}");
    let peer = proptest::option::of(any::<[u8; 16]>().prop_map(|octets| match octets {
        [0..128, ..] => IpAddr::from([octets[0], octets[1], octets[2], octets[3]]),
        _ => IpAddr::from(octets),
    }));
    let actor = prop_oneof![
        Just(Actor::Server),
        Just(Actor::Unknown { claimed: None }),
        "[0-9a-f]{1,40}".prop_map(|id| Actor::Unknown { claimed: Some(id) }),
        ("[0-9a-f]{1,40}", any::<bool>())
            .prop_map(|(access_key_id, temporary)| Actor::Known { access_key_id, temporary }),
    ];
    let resource = prop_oneof![
        Just(Resource::Account),
        "[a-z]{3,63}".prop_map(|name| Resource::Bucket(BucketName::parse(&name).unwrap())),
        "[0-9a-f]{32}".prop_map(Resource::Token),
    ];
    let outcome = prop_oneof![
        Just(Outcome::Done),
        Just(Outcome::Dropped),
        (any::<u16>(), "[A-Za-z]{0,48}").prop_map(|(status, code)| Outcome::Refused { status, code }),
    ];
    let origin =
        (any::<bool>(), peer, "[0-9a-f]{32}", text()).prop_map(|(s3, peer, request_id, user_agent)| {
            let interface = if s3 { Interface::S3 } else { Interface::Api };
            Arc::new(Origin { interface, peer, request_id, user_agent })
        });
    let fixed = (any::<i64>(), "[A-Za-z]{1,48}", 0..4_usize, outcome, actor, resource);
    (fixed, proptest::option::of(origin), [text(), text(), text()], any::<u64>()).prop_map(
        |((at, action, verb, outcome, actor, resource), origin, [key, before, after], repeated)| AuditEntry {
            at: Timestamp::from_millis(at),
            action,
            verb: Verb::ALL[verb],
            outcome,
            actor,
            resource,
            key,
            origin,
            before,
            after,
            repeated,
        },
    )
}

proptest! {
    #[test]
    fn rows_come_back_and_their_heads_are_enough_to_choose_by(entry in any_entry()) {
        let value = encode(&entry);
        prop_assert_eq!(decode(&value), Ok(entry.clone()));
        let listed = decode_listed(&value[..value.len().min(VALUE_HEAD_BYTES)]);
        let origin = entry.origin.as_ref().map(|origin| {
            let Origin { interface, peer, .. } = **origin;
            Arc::new(Origin { interface, peer, request_id: String::new(), user_agent: None })
        });
        let expected = AuditEntry { key: None, before: None, after: None, repeated: 0, origin, ..entry };
        prop_assert_eq!(listed, Ok(expected));
    }

    #[test]
    fn any_bytes_are_read_or_refused(value in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = (decode(&value), decode_listed(&value), row_bytes(&value), number_of(&value));
    }
}
