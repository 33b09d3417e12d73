//! What of a filter is about time: `5m`, `02:10`, `from:02:10`, `to:02:20`.

use jiff::tz::TimeZone;

use crate::app::moment::moment;
use crate::domain::Timestamp;

/// From and to, and the words that are left. A time without a word before it says from when on.
pub fn split(text: &str, now: Timestamp) -> ((Option<Timestamp>, Option<Timestamp>), String) {
    let (mut from, mut to, mut left) = (None, None, Vec::new());
    for word in text.split_whitespace() {
        let (place, value) = match (word.strip_prefix("from:"), word.strip_prefix("to:")) {
            (Some(value), _) => (&mut from, value),
            (_, Some(value)) => (&mut to, value),
            _ => (&mut from, word),
        };
        match moment(value, now, &TimeZone::UTC) {
            Some(at) => *place = Some(at),
            // While it is typed it is no time yet.
            None if value.len() < word.len() => {}
            None => left.push(word),
        }
    }
    ((from, to), left.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_taken_out_of_the_words() {
        let now: Timestamp = "2026-11-21T02:14:07Z".parse().unwrap();
        for (text, from, to, left) in [
            ("", "", "", ""),
            ("api 5m !source:ECS", "02:09:07", "", "api !source:ECS"),
            ("from:02:10 to:02:12 web", "02:10:00", "02:12:00", "web"),
            ("02:10", "02:10:00", "", ""),
            ("to:1m", "", "02:13:07", ""),
            ("from:0 api", "", "", "api"),
            ("main:5 5x", "", "", "main:5 5x"),
        ] {
            let ((told_from, told_to), words) = split(text, now);
            let clock = |at: Option<Timestamp>| at.map_or(String::new(), |at| at.strftime("%H:%M:%S").to_string());
            assert_eq!(
                (clock(told_from).as_str(), clock(told_to).as_str(), words.as_str()),
                (from, to, left),
                "{text}"
            );
        }
    }
}
