//! The timestamp of SigV4, `20260102T030405Z`, to and from Unix seconds. It knows the calendar but no clock,
//! and no other spelling of a date.

const DAY_S: i64 = 86_400;

/// Writes Unix seconds as `yyyymmddThhmmssZ`, for years 0 to 9999 (others come out longer).
pub fn amz_date(unix_s: i64) -> String {
    let (year, month, day) = civil(unix_s.div_euclid(DAY_S));
    let second = unix_s.rem_euclid(DAY_S);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// Reads `yyyymmddThhmmssZ` into Unix seconds. Another form, or a day that the calendar does not have,
/// is `None`.
pub fn parse_amz_date(text: &str) -> Option<i64> {
    let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
    if bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    let year = number(bytes.get(..4)?)?;
    let month = number(bytes.get(4..6)?)?;
    let day = number(bytes.get(6..8)?)?;
    let hour = number(bytes.get(9..11)?)?;
    let minute = number(bytes.get(11..13)?)?;
    let second = number(bytes.get(13..15)?)?;
    let days = days_since_epoch(year, month, day);
    // A day that does not exist comes back from the calendar as another one.
    if civil(days) != (year, month, day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(days * DAY_S + hour * 3600 + minute * 60 + second)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| {
        if digit.is_ascii_digit() { Some(sum * 10 + i64::from(digit - b'0')) } else { None }
    })
}

/// Days from 1970-01-01 to a proleptic Gregorian date. Years begin in March here, so that the leap day
/// is the last of its year; an era is the 400 years (146,097 days) after which the calendar repeats.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    year.div_euclid(400) * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_since_epoch`]: year, month and day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (days.div_euclid(146_097) * 400 + year_of_era + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_known_instants() {
        let table = [
            (0, "19700101T000000Z"),
            (1_369_353_600, "20130524T000000Z"),
            (1_767_323_045, "20260102T030405Z"),
            (951_782_400, "20000229T000000Z"),
            (4_107_542_399, "21000228T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
            (-1, "19691231T235959Z"),
            (253_402_300_799, "99991231T235959Z"),
        ];
        for (unix_s, text) in table {
            assert_eq!(amz_date(unix_s), text);
            assert_eq!(parse_amz_date(text), Some(unix_s), "{text}");
        }
    }

    #[test]
    fn every_day_of_five_centuries_comes_back() {
        let mut previous = String::new();
        for day in -80_000..105_000 {
            let text = amz_date(day * DAY_S + 45_296);
            assert_eq!(parse_amz_date(&text), Some(day * DAY_S + 45_296));
            assert!(previous < text);
            previous = text;
        }
    }

    #[test]
    fn refuses_other_forms_and_days_that_do_not_exist() {
        for text in [
            "",
            "20260102T030405",
            "20260102T030405z",
            "20260102 030405Z",
            "2026-01-02T03:04:05Z",
            "Fri, 24 May 2013 00:00:00 GMT",
            "20260002T030405Z",
            "20261302T030405Z",
            "20260100T030405Z",
            "20260230T030405Z",
            "20250229T030405Z",
            "20260102T240405Z",
            "20260102T036005Z",
            "20260102T030460Z",
            "+0260102T030405Z",
            "20260102T0304०Z",
        ] {
            assert_eq!(parse_amz_date(text), None, "{text}");
        }
    }

    #[test]
    fn survives_any_instant() {
        for unix_s in [i64::MIN, i64::MAX] {
            assert!(amz_date(unix_s).ends_with('Z'));
        }
    }
}
