//! What a game day was about, and how it went.

use super::Course;
use super::tried::Tried;
use crate::demo::prelude::*;
use crate::domain::debrief::{Attempt, Debrief};
use crate::domain::format;

/// To see it, or to act, within so many seconds is as well as it can be done.
const SOON: i64 = 60;

/// The debrief of the day that is played; `None` where none is, or it has not begun.
pub fn debrief(estate: &Estate, now: Timestamp) -> Option<Debrief> {
    let course = estate.day.as_ref()?;
    let began = course.begun?;
    let tried: Vec<Attempt> = course.tried.iter().map(attempt).collect();
    Some(Debrief {
        title: course.day.title.into(),
        happened: course.day.happened.iter().map(|said| (*said).into()).collect(),
        began,
        seen: course.seen.clone(),
        acted: course.acted.clone(),
        mended: course.mended,
        shorter: shorter(course, &tried, began, now).into_iter().map(Into::into).collect(),
        tried,
    })
}

fn attempt(tried: &Tried) -> Attempt {
    let percent = |part: f64| (part * 100.0).round() as u8;
    Attempt {
        at: tried.at,
        what: tried.what.clone(),
        before: percent(tried.before),
        after: tried.after.map(percent),
        effect: tried.effect.clone(),
    }
}

/// What would have been shorter: where the time went first, then the best way.
fn shorter(course: &Course, tried: &[Attempt], began: Timestamp, now: Timestamp) -> Vec<String> {
    let at = |moment: &Option<(Timestamp, _)>| moment.as_ref().map_or(now, |(at, _)| *at);
    let (seen, acted) = (at(&course.seen), at(&course.acted).max(at(&course.seen)));
    let (to_see, to_act) = (format::seconds_since(began, seen), format::seconds_since(seen, acted));
    let mut told = Vec::new();
    if to_see > SOON && to_see >= to_act {
        told.push(format!("{} passed until it was looked at. {}", format::span(to_see), course.day.look));
    } else if to_act > SOON {
        told.push(format!("It was seen {} before anything was done about it.", format::span(to_act)));
    } else {
        told.push(course.day.look.to_string());
    }
    told.push(course.day.best.to_string());
    let wrong = tried.iter().filter(|attempt| attempt.helped() == Some(false)).count();
    if wrong > 0 {
        told.push(format!("{} did not help: each costs its own minutes.", format::count(wrong, "attempt")));
    }
    told
}
