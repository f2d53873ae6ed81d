use super::*;

const DAY: u64 = DAY_SECONDS;
const T0: i64 = 1_767_323_045_678; // 2026-01-02T03:04:05.678Z

fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

fn days(days: u64) -> Option<LifecycleTime> {
    Some(LifecycleTime::Age { seconds: days * DAY })
}

fn rule(id: &str, prefix: &str) -> LifecycleRule {
    LifecycleRule { id: id.into(), enabled: true, prefix: prefix.into(), ..LifecycleRule::default() }
}

fn expire(id: &str, prefix: &str, after_days: u64) -> LifecycleRule {
    LifecycleRule { expiration: days(after_days), ..rule(id, prefix) }
}

fn policy(rules: Vec<LifecycleRule>) -> LifecyclePolicy {
    LifecyclePolicy::new(rules).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso(text).unwrap()
}

#[test]
fn an_age_ends_at_the_next_midnight() {
    let policy = policy(vec![expire("a", "", 3)]);
    let table = [
        ("2026-01-15T10:30:00Z", "2026-01-19"),
        ("2026-01-15T00:00:00Z", "2026-01-18"),
        ("2026-01-15T00:00:00.001Z", "2026-01-19"),
        ("2026-01-15T23:59:59.999Z", "2026-01-19"),
    ];
    for (stored, expected) in table {
        assert_eq!(policy.expiry_of(&key("k"), at(stored)), Some((at(expected), "a")), "{stored}");
    }
}

#[test]
fn the_earliest_rule_that_applies() {
    let disabled = LifecycleRule { enabled: false, ..expire("off", "logs/", 1) };
    let date =
        LifecycleRule { expiration: Some(LifecycleTime::Date(at("2026-06-01"))), ..rule("date", "old/") };
    let policy = policy(vec![expire("all", "", 30), expire("logs", "logs/", 7), disabled, date]);
    let stored = at("2026-01-01");
    let table = [
        ("a", "2026-01-31", "all"),
        ("logs", "2026-01-31", "all"),
        ("logs/a", "2026-01-08", "logs"),
        ("LOGS/a", "2026-01-31", "all"),
        ("old/a", "2026-01-31", "all"),
    ];
    for (name, when, rule) in table {
        assert_eq!(policy.expiry_of(&key(name), stored), Some((at(when), rule)), "{name}");
    }
    assert_eq!(policy.expiry_of(&key("old/a"), at("2026-05-20")), Some((at("2026-06-01"), "date")));
    assert_eq!(
        policy.expiry_of(&key("old/a"), at("2026-07-20")),
        Some((at("2026-06-01"), "date")),
        "also later"
    );
    assert_eq!(LifecyclePolicy::default().expiry_of(&key("a"), stored), None);
}

#[test]
fn what_is_due() {
    let moved = |after| LifecycleRule { transition: days(after), ..rule("move", "") };
    let both = policy(vec![expire("expire", "", 10), moved(5)]);
    let stored = at("2026-01-01");
    let (standard, rare) = (StorageClass::Standard, StorageClass::StandardIa);
    let (expire_now, move_now) =
        (Some(Due::Expire { rule: "expire" }), Some(Due::Transition { rule: "move" }));
    let table = [
        ("2026-01-05T23:59:59Z", standard, None),
        ("2026-01-06", standard, move_now),
        ("2026-01-06", rare, None),
        ("2026-01-09T23:59:59Z", standard, move_now),
        // deletion is at most a day away: moving it first would be for nothing
        ("2026-01-10", standard, None),
        ("2026-01-10T23:59:59Z", rare, None),
        ("2026-01-11", standard, expire_now),
        ("2026-01-11", rare, expire_now),
        ("2030-01-01", standard, expire_now),
    ];
    for (now, class, expected) in table {
        assert_eq!(both.due(&key("k"), stored, class, at(now)), expected, "{now} {class:?}");
    }
    let at_once = policy(vec![moved(0)]);
    assert_eq!(at_once.due(&key("k"), stored, standard, stored), move_now);
    let now = at("2099-01-01");
    assert_eq!(LifecyclePolicy::of_new_bucket().due(&key("k"), stored, standard, now), None);
}

#[test]
fn uploads_of_a_new_bucket_are_aborted_after_a_week() {
    let policy = LifecyclePolicy::of_new_bucket();
    assert_eq!(
        policy.abort_of(&key("k"), at("2026-01-01T12:00:00Z")),
        Some((at("2026-01-09"), "Default Multipart Abort Rule"))
    );
    assert_eq!(LifecyclePolicy::new(policy.rules().to_vec()), Ok(policy), "it is a policy like any other");
    assert_eq!(LifecyclePolicy::default().abort_of(&key("k"), at("2026-01-01")), None);
}

#[test]
fn rules_get_names() {
    let ids = |given: &[&str]| {
        let rules = given.iter().map(|id| expire(id, "", 1)).collect();
        policy(rules).rules().iter().map(|rule| rule.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["", "", ""]), ["rule-1", "rule-2", "rule-3"]);
    assert_eq!(ids(&["a", "", "b"]), ["a", "rule-2", "b"]);
    assert_eq!(ids(&["", "rule-1", "rule-2"]), ["rule-3", "rule-1", "rule-2"]);
}

#[test]
fn policies_that_cannot_be_kept() {
    let long_id = "ü".repeat(256);
    let table = [
        (vec![expire(&long_id, "", 1)], LifecycleFault::LongId),
        (vec![expire("a", "", 1), expire("a", "b", 1)], LifecycleFault::DuplicateId { id: "a".into() }),
        (vec![expire("a", &"p".repeat(1_025), 1)], LifecycleFault::LongPrefix),
        (vec![rule("a", "")], LifecycleFault::NoAction { id: "a".into() }),
        (vec![expire("a", "", 0)], LifecycleFault::NoAge),
        (
            vec![LifecycleRule { abort_uploads_seconds: Some(0), ..rule("a", "") }],
            LifecycleFault::NoUploadAge,
        ),
        (vec![expire("", "", 1); 1_001], LifecycleFault::TooManyRules { given: 1_001 }),
    ];
    for (rules, fault) in table {
        assert_eq!(LifecyclePolicy::new(rules), Err(fault));
    }
    for count in [1, 999, 1_000] {
        assert_eq!(policy(vec![expire("", "", 1); count]).rules().len(), count);
    }
    for (id, prefix) in [(254, 1_023), (255, 1_024)] {
        let kept = LifecyclePolicy::new(vec![expire(&"ü".repeat(id), &"p".repeat(prefix), 1)]);
        assert!(kept.is_ok(), "{id} {prefix}");
    }
}

#[test]
fn times_beyond_all_calendars_are_never_due() {
    let never = policy(vec![LifecycleRule {
        expiration: Some(LifecycleTime::Age { seconds: u64::MAX }),
        ..rule("never", "")
    }]);
    let stored = Timestamp::from_millis(T0);
    assert_eq!(never.due(&key("k"), stored, StorageClass::Standard, at("9999-01-01")), None);
}
