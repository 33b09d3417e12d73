//! How moments, spans and counts are written everywhere: short, stable in width, no surprise.

use jiff::Timestamp;

/// Seconds from `then` to `now`, never negative (clocks differ between here and AWS).
pub fn seconds_since(then: Timestamp, now: Timestamp) -> i64 {
    (now.as_second() - then.as_second()).max(0)
}

/// Seconds by which a young age grows on the screen: one that grew each second would be written each second.
const AGE_STEP: i64 = 5;

/// The number of the step in which a moment is: in one step no age needs to be written anew.
pub fn age_step(at: Timestamp) -> i64 {
    at.as_second().div_euclid(AGE_STEP)
}

/// An age in one unit, the way a row shows it, at most four characters wide: `0s`, `5s` … `55s`, then as
/// [`span`].
pub fn age(then: Timestamp, now: Timestamp) -> String {
    age_of(seconds_since(then, now))
}

/// As [`age`], of so many seconds.
pub fn age_of(seconds: i64) -> String {
    span(if seconds < 60 { seconds - seconds.rem_euclid(AGE_STEP) } else { seconds })
}

/// A span of seconds in one unit: `0s … 59s`, `1m … 59m`, `1h … 47h`, `2d …`.
pub fn span(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{}s", seconds.max(0)),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// Time of day in UTC to the minute, `02:14Z`.
pub fn minute(at: Timestamp) -> String {
    at.strftime("%H:%MZ").to_string()
}

/// Time of day in UTC, `02:14:07Z`.
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}

/// Date and time in UTC to the second, `2026-11-21 02:14:07Z`.
pub fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// `1 task`, `3 tasks`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `1st`, `2nd`, `11th`.
pub fn ordinal(n: usize) -> String {
    let end = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_end_as_they_are_spoken() {
        for (n, said) in [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th")] {
            assert_eq!(ordinal(n), said);
            assert!(ordinal(n + 100).ends_with(&said[said.len() - 2..]), "{n}");
        }
        assert_eq!((ordinal(0), ordinal(21), ordinal(111)), ("0th".into(), "21st".into(), "111th".into()));
    }

    #[test]
    fn spans_use_one_unit() {
        for (seconds, shown) in [
            (-5, "0s"),
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3599, "59m"),
            (3600, "1h"),
            (172_799, "47h"),
            (172_800, "2d"),
        ] {
            assert_eq!(span(seconds), shown);
        }
        for (seconds, shown) in [(-5, "0s"), (4, "0s"), (5, "5s"), (59, "55s"), (60, "1m"), (119, "1m")] {
            assert_eq!(age_of(seconds), shown);
        }
    }
}
