//! Game days: incidents to practise on. Each is a script with symptoms that come within minutes, a right
//! action that mends it, and wrong ones that do not; at the end the debrief tells how it went.

mod az_loss;
mod bad_deploy;
mod cache_stampede;
mod db_storage;
mod debrief;
mod secret_rotation;
mod tried;

pub use debrief::debrief;

use super::memory::{Memory, Strain};
use super::model::{Estate, Service, Task, count, family};
use super::seed::later;
use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::query::Query;
use crate::domain::resource::ResourceId;
use crate::domain::text::Text;
use crate::domain::words;
use crate::kinds::services::SERVICES;
use tried::Tried;

/// All there are.
pub const DAYS: [&Day; 5] =
    [&bad_deploy::DAY, &cache_stampede::DAY, &db_storage::DAY, &az_loss::DAY, &secret_rotation::DAY];

/// A service whose errors fell below this part of what it can have is well.
const WELL: f64 = 0.05;

/// What an attempt did is judged so many seconds after it.
const JUDGED: i64 = 60;

/// The detail of a service that is asked for again within so many seconds is open; that of the row on which
/// the cursor rests from the start, at which nobody may look, is asked for less often.
const OPEN: i64 = 12;

/// One incident. It plays in the production environment.
pub struct Day {
    /// As `--demo` takes it.
    pub name: &'static str,
    /// What happens, in the list of scenarios: a symptom, not the cause.
    pub says: &'static str,
    pub title: &'static str,
    /// Seconds after the start.
    pub begins: i64,
    /// The ends of the ARNs of what it is about: to look at one of them is to see it, to change one is to act.
    pub culprits: &'static [&'static str],
    /// The families of the services whose users suffer.
    pub suffer: &'static [&'static str],
    /// What happens at its beginning.
    pub begin: fn(&mut Scene),
    /// A second of it, from the beginning on, as long as somebody plays: whether the cause is still there.
    pub step: fn(&mut Scene) -> bool,
    /// A change was taken.
    pub called: fn(&mut Course, &Call),
    /// What the tasks of suffering services write, each with the family that writes it. `{ms}`: a time.
    pub lines: &'static [(&'static str, &'static str)],
    /// Whether a task is one of those that write them.
    pub is_ill: fn(&Course, &Task) -> bool,
    /// What is to be said of an attempt: the operation, a part of the name of what it is for, the words.
    /// The first that fits counts.
    pub effects: &'static [(&'static str, &'static str, &'static str)],
    pub happened: &'static [&'static str],
    /// Where it could be seen first.
    pub look: &'static str,
    /// The shortest way to mend it.
    pub best: &'static str,
}

/// A game day under way.
#[derive(Clone)]
pub struct Course {
    pub day: &'static Day,
    pub begun: Option<Timestamp>,
    /// What the script counts, 0 to 1: storage that is taken, entries that a cache misses.
    pub gauge: f64,
    /// How many steps of its story were told.
    pub told: u8,
    /// The service whose detail was asked for last, and when.
    detail: Option<(ResourceId, Timestamp)>,
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
        self.course.begun.map_or(0, |begun| words::seconds_since(begun, self.now))
    }

    /// Whether the story has come to this step only now: the moment to tell it.
    pub fn is_first(&mut self, step: u8) -> bool {
        let first = self.course.told < step;
        self.course.told = self.course.told.max(step);
        first
    }

    pub fn service(&mut self, what: &str) -> Option<&mut Service> {
        self.estate.services.values_mut().find(|service| family(&service.name) == what)
    }

    /// Tasks of a service that run now.
    pub fn running(&self, what: &str) -> u32 {
        let service = self.estate.services.values().find(|service| family(&service.name) == what);
        service.map_or(0, |service| count(service.tasks.iter().filter(|task| task.is_running(self.now))))
    }

    /// These services fail so much, from now on.
    pub fn press(&mut self, pressed: &[(&'static str, f64)]) {
        self.estate.memory.press(pressed.to_vec());
    }

    pub fn strain(&mut self, strain: Strain, of: &str, level: f64) {
        self.estate.memory.set(strain, of, level, self.now.as_second());
    }
}

/// The name at the end of an ARN.
fn name_of(tail: &'static str) -> &'static str {
    tail.rsplit(['/', ':']).next().unwrap_or(tail)
}

/// The game day of this name.
pub fn named(name: &str) -> Option<&'static Day> {
    DAYS.into_iter().find(|day| day.name == name)
}

impl Course {
    pub fn new(day: &'static Day) -> Self {
        Self {
            day,
            begun: None,
            gauge: 0.0,
            told: 0,
            detail: None,
            seen: None,
            acted: None,
            tried: vec![],
            mended: None,
        }
    }

    /// How much the users suffer (0 to 1).
    fn pain(&self, memory: &Memory, now: Timestamp) -> f64 {
        self.day.suffer.iter().map(|family| memory.unserved(family, now.as_second())).fold(0.0, f64::max)
    }

    fn culprit(&self, id: &ResourceId) -> Option<&'static str> {
        self.day.culprits.iter().find(|tail| id.0.ends_with(**tail)).map(|tail| name_of(tail))
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
            if over || words::seconds_since(tried.at, now) >= JUDGED {
                tried.after = Some(pain);
            }
        }
    }
    estate.day = Some(course);
}

/// The console asks for something.
pub fn looked(estate: &mut Estate, query: &Query, now: Timestamp) {
    match query {
        Query::Detail(SERVICES, id) => {
            let Some(course) = &mut estate.day else { return };
            let before = course.detail.replace((id.clone(), now));
            let open = before.filter(|(of, at)| of == id && words::seconds_since(*at, now) < OPEN);
            if let Some((id, at)) = open {
                looked_at(estate, &id, at);
            }
        }
        Query::Facts(_, id) | Query::Detail(_, id) => looked_at(estate, id, now),
        _ => {}
    }
}

/// Somebody looks at a resource.
pub fn looked_at(estate: &mut Estate, id: &ResourceId, at: Timestamp) {
    let Some(course) = estate.day.as_mut().filter(|course| course.is_open() && course.seen.is_none()) else { return };
    let at = course.begun.map_or(at, |begun| at.max(begun));
    course.seen = course.culprit(id).map(|name| (at, name.into()));
}

/// A change was asked for, and taken or refused.
pub fn called(estate: &mut Estate, call: &Call, refused: Option<&str>, now: Timestamp) {
    let Some(mut course) = estate.day.take() else { return };
    if course.is_open()
        && let Some(tried) = tried::of(course.day, call, refused, course.pain(&estate.memory, now), now)
    {
        let of = tried::is_about(course.day, call);
        if refused.is_none() && of && course.acted.is_none() {
            course.acted = Some((now, tried.what.clone()));
            // Who changes it has seen it.
            course.seen.get_or_insert((now, tried.what.clone()));
        }
        course.tried.push(tried);
    }
    if refused.is_none() && course.begun.is_some() {
        (course.day.called)(&mut course, call);
    }
    estate.day = Some(course);
}

/// What a task writes of a game day, in place of what it would write otherwise.
pub fn line(estate: &Estate, service: &Service, task: &Task, millisecond: i64, random: u64) -> Option<String> {
    let course = estate.day.as_ref()?;
    let what = family(&service.name);
    let felt = estate.memory.level(Strain::Errors, what, millisecond.div_euclid(1000));
    // Not every line is about it, however bad it is.
    if (random / 19 % 100) as f64 >= felt * 70.0 || !(course.day.is_ill)(course, task) {
        return None;
    }
    let own: Vec<&str> = course.day.lines.iter().filter(|(of, _)| *of == what).map(|(_, line)| *line).collect();
    let line = own.get((random / 23) as usize % own.len().max(1))?;
    let time = Timestamp::from_millisecond(millisecond).ok()?.strftime("%H:%M:%S%.3f").to_string();
    Some(format!("{time} {}", line.replace("{ms}", &(random / 29 % 9_000 + 1_000).to_string())))
}

/// Any task.
fn all(_: &Course, _: &Task) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::super::{HOLDINGS, holding, scenarios, seed};
    use super::*;
    use crate::domain::environment::Environment;
    use crate::kinds;

    fn estate(day: &'static str) -> (Estate, Timestamp) {
        let now = "2026-03-04T02:40:00Z".parse().unwrap();
        (seed::estates(now, &mut Rng::with_seed(7), day).swap_remove(0), now)
    }

    #[test]
    fn a_script_names_what_there_is() {
        let mut names: Vec<&str> = scenarios().map(|(name, _)| name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all, "a name is one scenario");
        for day in DAYS {
            let (estate, now) = estate(day.name);
            let env = Environment::of_profile(estate.profile, None, None);
            let view = holding::View { estate: &estate, env: &env, now };
            let rows: Vec<_> = HOLDINGS.iter().flat_map(|holding| holding.rows(view, &|_| true)).collect();
            for tail in day.culprits {
                assert_eq!(rows.iter().filter(|row| row.id().0.ends_with(tail)).count(), 1, "{tail}");
            }
            let is_service = |what: &str| estate.services.values().any(|service| family(&service.name) == what);
            assert!(day.suffer.iter().chain(day.lines.iter().map(|(of, _)| of)).all(|what| is_service(what)));
            for (operation, ..) in day.effects {
                assert!(
                    kinds::changes().iter().any(|op| op.name.starts_with(operation)),
                    "{operation} of {}",
                    day.name
                );
            }
        }
    }

    #[test]
    fn a_night_without_hands_is_not_mended_by_itself() {
        for day in DAYS {
            let ((mut estate, start), mut rng) = (estate(day.name), Rng::with_seed(7));
            for second in 1..=900 {
                let now = later(start, second);
                HOLDINGS.iter().for_each(|holding| holding.step(&mut estate, now, &mut rng));
            }
            let course = estate.day.as_ref().unwrap();
            assert_eq!(course.mended, None, "{}", day.name);
            assert!(course.pain(&estate.memory, later(start, 900)) > 0.3, "{}", day.name);
        }
    }
}
