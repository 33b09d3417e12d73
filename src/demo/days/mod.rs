//! Game days: incidents to practise on. Each is a script with symptoms that come within minutes, a right
//! action that mends it, and wrong ones that do not; at the end the debrief tells how it went.

mod az_loss;
mod bad_deploy;
mod cache_stampede;
mod db_storage;
mod debrief;
pub mod routine;
mod secret_rotation;
#[cfg(test)]
mod tests;
mod tried;

pub use debrief::debrief;
pub use tried::words;

use super::memory::Memory;
use crate::demo::prelude::*;
use crate::domain::format;
use tried::Tried;

/// All there are.
pub const DAYS: [&Day; 5] =
    [&bad_deploy::DAY, &cache_stampede::DAY, &db_storage::DAY, &az_loss::DAY, &secret_rotation::DAY];

/// The cluster of databases behind the bookings.
const BOOKING: &str = "harbour-booking-production";

/// The service that takes bookings.
const BOOKING_API: &str = "harbour-booking-api-production";

/// A service whose errors fell below this part of what it can have is well.
const WELL: f64 = 0.05;

/// What an attempt did is judged so many seconds after it.
const JUDGED: i64 = 60;

/// The words for an attempt: the operation (as it begins, so that `FLUSH` is any flush), the words by which a
/// call is known, and what is to be said of it.
pub type Effect = (&'static str, &'static [&'static str], &'static str);

/// One incident. It plays in the production environment.
pub struct Day {
    /// As `--demo` takes it.
    pub name: &'static str,
    /// What happens, in the list of scenarios: a symptom, not the cause.
    pub says: &'static str,
    pub title: &'static str,
    /// Seconds after the start.
    pub begins: i64,
    /// What it is about, by the end of its ARN before the name, and its name: to look at one of them is to see
    /// it, to change one is to act.
    pub culprits: &'static [(&'static str, &'static str)],
    /// The families of the services whose users suffer.
    pub suffer: &'static [&'static str],
    /// What happens at its beginning.
    pub begin: fn(&mut Scene),
    /// A second of it, from the beginning on, as long as somebody plays: whether the cause is still there.
    pub step: fn(&mut Scene) -> bool,
    /// A change was taken.
    pub on_call: fn(&mut Course, &Call),
    /// What the tasks of suffering services write, each with the family that writes it. `{ms}`: a time.
    pub lines: &'static [(&'static str, &'static str)],
    /// Whether one of them that was created then writes them.
    pub is_ill: fn(&Course, Timestamp) -> bool,
    /// The first that fits counts; what none fits has nothing to do with it.
    pub effects: &'static [Effect],
    pub happened: &'static [&'static str],
    /// Where it could be seen first.
    pub look: &'static str,
    /// The shortest way to mend it.
    pub best: &'static str,
}

/// What a day has where its script says nothing else.
const PLAIN: Day = Day {
    name: "",
    says: "",
    title: "",
    begins: 15,
    culprits: &[],
    suffer: &[],
    begin: |_| {},
    step: |_| false,
    on_call: |_, _| {},
    lines: &[],
    is_ill: |_, _| true,
    effects: &[],
    happened: &[],
    look: "",
    best: "",
};

/// A game day under way.
#[derive(Clone)]
pub struct Course {
    pub day: &'static Day,
    pub begun: Option<Timestamp>,
    /// What the script counts, 0 to 1: storage that is taken, entries that a cache misses, connections that
    /// were made anew.
    pub gauge: f64,
    seen: Option<(Timestamp, Text)>,
    acted: Option<(Timestamp, Text)>,
    tried: Vec<Tried>,
    mended: Option<Timestamp>,
}

impl std::fmt::Debug for Course {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Course").field("day", &self.day.name).field("gauge", &self.gauge).finish_non_exhaustive()
    }
}

/// A moment of a game day: the estate, and what the script keeps of it.
pub struct Scene<'a> {
    pub estate: &'a mut Estate,
    pub course: &'a mut Course,
    pub now: Timestamp,
}

impl Scene<'_> {
    /// Seconds since the beginning.
    pub fn seconds(&self) -> i64 {
        self.course.begun.map_or(0, |begun| format::seconds_since(begun, self.now))
    }

    /// These services fail so much, from now on.
    pub fn press(&mut self, pressed: &[(&'static str, f64)]) {
        self.estate.memory.set_pressure(pressed.to_vec());
    }

    pub fn strain(&mut self, strain: Strain, of: &str, level: f64) {
        self.estate.memory.set(strain, of, level, self.now.as_second());
    }
}

/// The truth about each incident, for a score of what is said of it: its scenario, after how many seconds it begins,
/// and the names of what it comes from.
pub fn incidents() -> impl Iterator<Item = (&'static str, i64, Vec<&'static str>)> {
    let names = |day: &Day| day.culprits.iter().map(|(_, name)| *name).collect();
    DAYS.into_iter().map(move |day| (day.name, day.begins, names(day)))
}

/// The game day of this name.
pub fn by_name(name: &str) -> Option<&'static Day> {
    DAYS.into_iter().find(|day| day.name == name)
}

impl Course {
    pub fn new(day: &'static Day) -> Self {
        Self { day, begun: None, gauge: 0.0, seen: None, acted: None, tried: vec![], mended: None }
    }

    /// How much the users suffer (0 to 1).
    fn pain(&self, memory: &Memory, now: Timestamp) -> f64 {
        self.day.suffer.iter().map(|family| memory.unserved(family, now.as_second())).fold(0.0, f64::max)
    }

    fn culprit(&self, id: &ResourceId) -> Option<&'static str> {
        let is_it = |(kind, name): &&(&str, &str)| id.0.strip_suffix(name).is_some_and(|head| head.ends_with(kind));
        self.day.culprits.iter().find(is_it).map(|(_, name)| *name)
    }

    fn is_open(&self) -> bool {
        self.begun.is_some() && self.mended.is_none()
    }
}

/// One second.
pub fn step(estate: &mut Estate, now: Timestamp) {
    let Some(mut course) = estate.day.take() else { return };
    if course.begun.is_none() && now >= later(estate.begun, course.day.begins) {
        course.begun = Some(now);
        (course.day.begin)(&mut Scene { estate, course: &mut course, now });
    }
    if course.begun.is_some() {
        let lasts = (course.day.step)(&mut Scene { estate, course: &mut course, now });
        let pain = course.pain(&estate.memory, now);
        if course.mended.is_none() && !lasts && pain < WELL {
            course.mended = Some(now);
        }
        let over = course.mended.is_some();
        for tried in course.tried.iter_mut().filter(|tried| tried.after.is_none()) {
            if over || format::seconds_since(tried.at, now) >= JUDGED {
                tried.after = Some(pain);
            }
        }
    }
    estate.day = Some(course);
}

/// Somebody looks at these resources.
pub fn on_look(estate: &mut Estate, ids: &[&ResourceId], now: Timestamp) {
    let Some(course) = estate.day.as_mut().filter(|course| course.is_open() && course.seen.is_none()) else { return };
    course.seen = ids.iter().find_map(|id| course.culprit(id)).map(|name| (now, name.into()));
}

/// A change was asked for and taken, or refused: what it is called, where it is an attempt at all, and by which
/// words it was known before.
pub fn on_call(
    estate: &mut Estate,
    call: &Call,
    (what, words): (Option<String>, &[String]),
    refused: Option<&str>,
    now: Timestamp,
) {
    let Some(mut course) = estate.day.take() else { return };
    if let Some(what) = what.filter(|_| course.is_open()) {
        let pain = course.pain(&estate.memory, now);
        let tried = tried::of(course.day, (call, what, words), refused, pain, now);
        if refused.is_none() && course.acted.is_none() && tried::is_about(course.day, words) {
            course.acted = Some((now, tried.what.clone()));
            // Who changes it has seen it.
            course.seen.get_or_insert((now, tried.what.clone()));
        }
        course.tried.push(tried);
    }
    if refused.is_none() && course.begun.is_some() {
        (course.day.on_call)(&mut course, call);
    }
    estate.day = Some(course);
}
