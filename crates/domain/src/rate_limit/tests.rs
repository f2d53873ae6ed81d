use proptest::prelude::*;

use super::*;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

#[test]
fn limits_are_read_as_they_are_written() {
    let limit = |per_second, burst| RateLimit::new(per_second, burst);
    for (text, expected) in [
        ("100/s", limit(100, 100)),
        (" 5/s  burst 20 ", limit(5, 20)),
        ("1000000/s", limit(1_000_000, 1_000_000)),
        ("1000001/s", None),
        ("0/s", None),
        ("5/s burst 0", None),
        ("5", None),
        ("5/m", None),
        ("+5/s", None),
        ("5/s burst", None),
        ("5/s burst 5 6", None),
        ("5/s of 5", None),
        ("", None),
    ] {
        assert_eq!(RateLimit::parse(text), expected, "{text}");
    }
}

#[test]
fn a_burst_and_then_the_rate() {
    let limit = RateLimit::new(10, 3).unwrap();
    let mut state = Refilled::default();
    let mut take = |ms| limit.take(state, at(ms)).map(|next| state = next);
    for _ in 0..3 {
        assert_eq!(take(1_000), Ok(()));
    }
    assert_eq!((take(1_000), take(1_001)), (Err(100), Err(99)), "and what is refused costs nothing");
    assert_eq!((take(1_100), take(1_100)), (Ok(()), Err(100)));
    // after a pause all of the burst is there, and no more
    for _ in 0..3 {
        assert_eq!(take(9_000), Ok(()));
    }
    assert_eq!(take(9_000), Err(100));
    // the clock was put back by hours
    assert_eq!((take(50), take(150)), (Err(100), Err(100)));
}

proptest! {
    #[test]
    fn no_pattern_gets_more_than_burst_and_rate(
        per_second in 1..2_000_u32,
        burst in 1..200_u32,
        pauses in proptest::collection::vec(0..50_i64, 1..400),
    ) {
        let limit = RateLimit::new(per_second, burst).unwrap();
        prop_assert_eq!(RateLimit::parse(&limit.to_string()), Some(limit));
        let (mut state, mut now, mut taken) = (Refilled::default(), 0, 0_u64);
        for pause in pauses {
            now += pause;
            match limit.take(state, at(now)) {
                Ok(next) => {
                    state = next;
                    taken += 1;
                }
                Err(wait) => {
                    let wait = i64::try_from(wait).unwrap();
                    prop_assert!(limit.take(state, at(now + wait)).is_ok(), "after the wait it is taken");
                    prop_assert!(limit.take(state, at(now + wait - 1)).is_err(), "and no sooner");
                }
            }
        }
        let may = f64::from(burst) + f64::from(per_second) * now as f64 / 1_000.0;
        // an interval is cut to whole nanoseconds
        prop_assert!(taken as f64 <= may * 1.00001 + 1.0, "{taken} of {may}");
    }

    #[test]
    fn any_state_and_moment_is_answered(
        text in "[0-9a-z/ ]{0,20}", refilled in any::<i64>(), now in any::<i64>(), per in 1..=RATE_MAX, burst in 1..=RATE_MAX,
    ) {
        let _ = RateLimit::parse(&text);
        let limit = RateLimit::new(per, burst).unwrap();
        if let Err(wait) = limit.take(Refilled(refilled), at(now)) {
            prop_assert!((1..=1_000).contains(&wait), "{wait}");
        }
    }
}
