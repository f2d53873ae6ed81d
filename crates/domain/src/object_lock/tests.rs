use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_000);

fn retention(mode: RetentionMode, until_seconds: i64) -> Option<Retention> {
    Some(Retention { mode, until: Timestamp::from_seconds(until_seconds) })
}

fn governance(until_seconds: i64) -> Option<Retention> {
    retention(RetentionMode::Governance, until_seconds)
}

fn compliance(until_seconds: i64) -> Option<Retention> {
    retention(RetentionMode::Compliance, until_seconds)
}

#[test]
fn removal() {
    let lock = |retention, legal_hold| ObjectLock { retention, legal_hold };
    // the lock, whether it goes without a bypass, and with one
    let table = [
        (lock(None, false), true, true),
        (lock(None, true), false, false),
        (lock(governance(1_001), false), false, true),
        (lock(governance(1_000), false), true, true),
        (lock(governance(1_001), true), false, false),
        (lock(compliance(1_001), false), false, false),
        (lock(compliance(1_000), false), true, true),
        (lock(compliance(999), true), false, false),
    ];
    for (lock, plain, bypassed) in table {
        assert_eq!(lock.check_removal(NOW, false).is_ok(), plain, "{lock:?}");
        assert_eq!(lock.check_removal(NOW, true).is_ok(), bypassed, "{lock:?} with bypass");
    }
    let held = lock(compliance(2_000), true).check_removal(NOW, true);
    assert_eq!(held, Err(Error::ObjectLocked { until: LockEnd::Never }));
    let retained = lock(compliance(2_000), false).check_removal(NOW, true);
    assert_eq!(retained, Err(Error::ObjectLocked { until: LockEnd::At(Timestamp::from_seconds(2_000)) }));
}

#[test]
fn retention_is_replaced() {
    // what is there, what is to be there, whether it may without a bypass, and with one
    let table = [
        (None, governance(1_001), true, true),
        (None, None, true, true),
        (governance(2_000), governance(2_000), true, true),
        (governance(2_000), governance(3_000), true, true),
        (governance(2_000), governance(1_999), false, true),
        (governance(2_000), None, false, true),
        (governance(2_000), compliance(3_000), false, true),
        (governance(1_000), None, true, true),
        (governance(1_000), governance(1_500), true, true),
        (compliance(2_000), compliance(2_000), true, true),
        (compliance(2_000), compliance(3_000), true, true),
        (compliance(2_000), compliance(1_999), false, false),
        (compliance(2_000), governance(3_000), false, false),
        (compliance(2_000), None, false, false),
        (compliance(1_000), None, true, true),
    ];
    for (current, new, plain, bypassed) in table {
        // a hold has no say in it
        let lock = ObjectLock { retention: current, legal_hold: true };
        assert_eq!(lock.check_retention(new, NOW, false).is_ok(), plain, "{current:?} to {new:?}");
        assert_eq!(
            lock.check_retention(new, NOW, true).is_ok(),
            bypassed,
            "{current:?} to {new:?} with bypass"
        );
    }
    let past = Err(Error::RetentionInThePast { until: NOW });
    assert_eq!(ObjectLock::default().check_retention(governance(1_000), NOW, true), past);
}

#[test]
fn periods() {
    use PeriodUnit::{Days, Years};
    let period = |unit, count| RetentionPeriod::new(unit, count);
    for unit in [Days, Years] {
        assert_eq!(period(unit, 0), Err(RetentionPeriodFault::Zero));
        assert!(period(unit, 1).is_ok() && period(unit, 100).is_ok());
    }
    assert!(period(Days, 36_500).is_ok());
    for (unit, count) in [(Days, 36_501), (Years, 101), (Days, u32::MAX)] {
        assert_eq!(period(unit, count), Err(RetentionPeriodFault::TooLong));
    }
    let table = [
        ("2026-01-02T03:04:05.678Z", Days, 1, "2026-01-03T03:04:05.678Z"),
        ("2026-01-02T03:04:05.678Z", Years, 1, "2027-01-02T03:04:05.678Z"),
        ("2028-02-29", Years, 1, "2029-02-28"),
        ("2028-02-29", Years, 4, "2032-02-29"),
    ];
    for (start, unit, count, end) in table {
        let of = |text| Timestamp::parse_iso(text).unwrap();
        assert_eq!(period(unit, count).unwrap().end(of(start)), of(end), "{start} {count} {unit:?}");
    }
    let last = Timestamp::from_millis(i64::MAX);
    assert_eq!(period(Years, 1).unwrap().end(last), last);
    let beyond = Timestamp::parse_iso("9998-01-01").unwrap();
    assert_eq!(period(Years, 100).unwrap().end(beyond), last, "what has no date never ends");
    let default = DefaultRetention { mode: RetentionMode::Compliance, period: period(Days, 1).unwrap() };
    assert_eq!(Some(default.begin(NOW)), compliance(1_000 + 86_400));
}

#[test]
fn modes_in_s3s_spelling() {
    for mode in RetentionMode::ALL {
        assert_eq!(RetentionMode::from_name(mode.name()), Some(mode));
    }
    for other in ["", "governance", "Compliance"] {
        assert_eq!(RetentionMode::from_name(other), None);
    }
}
