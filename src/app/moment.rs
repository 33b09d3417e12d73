//! The moments that people type: so long ago, a time of day, or in full.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use crate::domain::Timestamp;

/// The moment that a person means: so long ago, a time of this day (or of
/// yesterday, if it is still to come), or in full; in that zone where it names none.
pub fn moment(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(unit) = text.chars().last().filter(|c| "smhd".contains(*c))
        && let Ok(n) = text[..text.len() - 1].parse::<i64>()
    {
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => 86_400,
        };
        let ms = now.as_millisecond().checked_sub(n.checked_mul(seconds)?.checked_mul(1000)?)?;
        return Timestamp::from_millisecond(ms).ok();
    }
    let here = |at: DateTime| Some(at.to_zoned(zone.clone()).ok()?.timestamp());
    if text.contains('T') {
        return text.parse().ok().or_else(|| here(text.parse().ok()?));
    }
    let time: Time = text.parse().ok()?;
    let day = now.to_zoned(zone.clone()).date();
    let today = here(day.to_datetime(time))?;
    if today > now { here(day.yesterday().ok()?.to_datetime(time)) } else { Some(today) }
}

/// A moment in UTC that is typed behind a command.
///
/// # Errors
/// It is none.
pub fn typed(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    moment(text, now, &TimeZone::UTC).ok_or_else(|| format!("{text} is not a time: 5m, 02:10, 2026-11-21T02:10"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_many_ways() {
        let now: Timestamp = "2026-11-21T02:10:00Z".parse().unwrap();
        let told = |text: &str| moment(text, now, &TimeZone::UTC).map(|at| at.to_string());
        for (text, at) in [
            ("5m", "2026-11-21T02:05:00Z"),
            (" 2h ", "2026-11-21T00:10:00Z"),
            ("1d", "2026-11-20T02:10:00Z"),
            ("02:10", "2026-11-21T02:10:00Z"),
            ("02:10:30", "2026-11-20T02:10:30Z"),
            ("23:59", "2026-11-20T23:59:00Z"),
            ("2026-11-20T23:00", "2026-11-20T23:00:00Z"),
            ("2026-11-20T23:00:01Z", "2026-11-20T23:00:01Z"),
            ("2026-11-20T23:00:00+01:00", "2026-11-20T22:00:00Z"),
        ] {
            assert_eq!(told(text).as_deref(), Some(at), "{text}");
        }
        for text in ["", "soon", "99999999999999999d", "25:00", "é", "2026-13-01T00:00", "m", "-", "5é"] {
            assert_eq!(told(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_is_of_the_zone_that_times_are_shown_in() {
        let now: Timestamp = "2026-11-21T23:30:00Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        for (text, at) in [
            ("01:10", "2026-11-21T23:10:00Z"),
            ("23:50", "2026-11-21T21:50:00Z"),
            ("02:00", "2026-11-21T00:00:00Z"),
            ("2026-11-21T12:00", "2026-11-21T10:00:00Z"),
            ("2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z"),
        ] {
            let told = moment(text, now, &zone).map(|at| at.to_string());
            assert_eq!(told.as_deref(), Some(at), "{text}");
        }
    }
}
