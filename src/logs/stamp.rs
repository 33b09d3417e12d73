//! The time that many loggers write before each line. Beside the event's own time it says nothing,
//! so a screen may leave it out, but only if both agree: a line that waited in a buffer tells so.

/// How far the two may be apart, in milliseconds.
const AGREE: i64 = 1_500;
const HOUR: i64 = 3_600_000;

/// The line without its time, if it begins with one that agrees with `at`, the event's time in
/// milliseconds; else the whole line. Hours are not compared: the writer's zone is unknown.
pub fn without(line: &str, at: i64) -> &str {
    read(line.as_bytes())
        .filter(|(_, past_hour)| {
            let apart = (past_hour - at).rem_euclid(HOUR);
            apart.min(HOUR - apart) <= AGREE
        })
        .and_then(|(end, _)| line.get(end..))
        // A line of nothing but its time is shown.
        .filter(|rest| !rest.is_empty())
        .unwrap_or(line)
}

/// Where the time at the head of a line ends, with the blanks after it, and how many milliseconds
/// past the hour it says.
fn read(line: &[u8]) -> Option<(usize, i64)> {
    let mut at = usize::from(line.first() == Some(&b'['));
    let in_brackets = at == 1;
    if digits(line, at, 4).is_some() && matches!(line.get(at + 4), Some(b'-' | b'/')) {
        digits(line, at + 5, 2)?;
        digits(line, at + 8, 2)?;
        at += 10;
        matches!(line.get(at), Some(b'T' | b' ')).then_some(())?;
        at += 1;
    }
    digits(line, at, 2)?;
    let minutes = digits(line, at + 3, 2)?;
    let seconds = digits(line, at + 6, 2)?;
    (line.get(at + 2) == Some(&b':') && line.get(at + 5) == Some(&b':')).then_some(())?;
    at += 8;
    let mut millis = 0;
    if matches!(line.get(at), Some(b'.' | b',')) {
        let fraction = line[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        millis = (1..=3).rev().find_map(|n| digits(line, at + 1, n).map(|value| value * 10_i64.pow(3 - n as u32)))?;
        at += 1 + fraction;
    }
    at += zone(&line[at..]);
    if in_brackets {
        (line.get(at) == Some(&b']')).then_some(())?;
        at += 1;
    }
    let blanks = line[at..].iter().take_while(|byte| **byte == b' ').count();
    (blanks > 0).then_some((at + blanks, (minutes * 60 + seconds) * 1000 + millis))
}

/// The length of the zone that a time ends with.
fn zone(rest: &[u8]) -> usize {
    match rest {
        [b'Z', ..] => 1,
        [b' ', b'U', b'T', b'C', b' ' | b']' | b':', ..] => 4,
        [b'+' | b'-', ..] => {
            1 + rest[1..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b':').count().min(5)
        }
        _ => 0,
    }
}

fn digits(line: &[u8], at: usize, count: usize) -> Option<i64> {
    let digits = line.get(at..at + count)?;
    digits.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 02:10:03.250
    const AT: i64 = ((2 * 60 + 10) * 60 + 3) * 1000 + 250;

    #[test]
    fn times_that_agree_are_left_out() {
        for head in [
            "02:10:03.250 ",
            "02:10:03 ",
            "2026-11-21T02:10:03.250Z ",
            "2026-11-21T02:10:03,25Z  ",
            "2026-11-21T04:10:03.250123456+02:00 ",
            "2026-11-21 02:10:03 UTC ",
            "2026/11/21 02:10:04 ",
            "[2026-11-21T02:10:02.900Z] ",
            "[02:10:03] ",
        ] {
            assert_eq!(without(&format!("{head}WARN slow"), AT), "WARN slow", "{head}");
        }
        assert_eq!(without("01:59:59.900 x", 2 * HOUR), "x");
    }

    #[test]
    fn times_that_say_more_stay() {
        for line in [
            "02:10:13 WARN it waited in a buffer",
            "2026-11-21 02:10:03 UTC:10.0.1.7(4711):app: x",
            "02:10:03",
            "02:10:03.250 ",
            "[02:10:03 x",
            "02:10:0x x",
            "02:10",
            "2026-11-21 x",
            "ERROR",
            "",
        ] {
            assert_eq!(without(line, AT), line);
        }
    }

    proptest! {
        #[test]
        fn a_line_ends_as_it_did(line in "[\\[0-9:TZ., é+-]{0,40}", at in 0i64..10_000_000) {
            prop_assert!(line.ends_with(without(&line, at)));
        }
    }
}
