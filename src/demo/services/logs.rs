//! The streams that tasks write to, and how often.

use super::super::logs::{DELAY, Head, clock};
use super::lines;
use super::model::{Behaviour, OneOff, Service, Task};
use crate::demo::prelude::*;
use crate::domain::log::LogEvent;

/// The service that writes the flood.
const FLOODED: &str = "harbour-booking-api-production";

/// Of a hundred lines of a service so many are about a game day, at its worst.
const TELLING: f64 = 70.0;

/// The streams of all tasks.
pub fn streams(estate: &Estate) -> Vec<Stream<'_>> {
    estate.services().flat_map(|service| of_service(estate, service)).collect()
}

/// The streams of a service's own tasks.
pub fn source(service: &Service) -> LogSource {
    let prefix = format!("{0}/{0}/", family(&service.name)).into();
    LogSource::Streams { group: group(service).into(), prefix }
}

fn group(service: &Service) -> String {
    format!("/ecs/{}", service.name)
}

fn of_service<'a>(estate: &'a Estate, service: &'a Service) -> impl Iterator<Item = Stream<'a>> {
    let name = family(&service.name);
    let group = crate::domain::text::Text::from(group(service));
    let floods = estate.scenario.name == "flood" && service.name == FLOODED;
    let of = i64::try_from(service.tasks.len()).unwrap_or(1);
    let since = estate.begun.as_millisecond();
    let stream_of = move |task: &Task| Head { group: group.clone(), name: format!("{name}/{name}/{}", task.id).into() };
    let one_off_of = stream_of.clone();
    let tasks = (0..).zip(&service.tasks).map(move |(place, task)| match floods {
        // CloudWatch has it at once: what is counted must not wait for stragglers.
        true => {
            Stream::new(stream_of(task), 0, move |head, span, events| flood(head, (place, of), since, span, events))
        }
        false => Stream::new(stream_of(task), DELAY, move |head, span, events| {
            of_task(head, estate, (service, task), span, events);
        }),
    });
    let one_off = service.one_off.iter().map(move |one_off| {
        Stream::new(one_off_of(&one_off.task), DELAY, |head, span, events| of_command(head, one_off, span, events))
    });
    tasks.chain(one_off)
}

/// One of the tasks that write the flood together: which, and of how many; since when.
fn flood(head: &Head, (place, of): (i64, i64), since: i64, (from, to): (i64, i64), events: &mut Vec<LogEvent>) {
    for at in from.max(since)..to {
        for n in lines::flood(at - since).filter(|n| n.rem_euclid(of) == place) {
            events.push(head.event_with_id(format!("{at:020}{n:016x}"), (at, at), lines::flooded(n, at)));
        }
    }
}

fn of_command(head: &Head, one_off: &OneOff, (from, to): (i64, i64), events: &mut Vec<LogEvent>) {
    let lines = (0..).zip(lines::command(one_off));
    let within = lines.filter(|(_, (at, _))| (from..to).contains(at));
    events.extend(within.map(|(key, (at, line))| head.event(key, at, line)));
}

fn of_task(
    head: &Head,
    estate: &Estate,
    (service, task): (&Service, &Task),
    (from, to): (i64, i64),
    events: &mut Vec<LogEvent>,
) {
    let Some(runs) = task.runs_at.map(Timestamp::as_millisecond) else { return };
    let end = task.stopped.as_ref().map(|stop| stop.at.as_millisecond());
    let bad = service.revision(task.revision).is_some_and(|revision| revision.behaviour == Behaviour::Crashes);
    let span = (from.max(runs), to.min(end.unwrap_or(to)));
    head.seconds(span, if bad { 9 } else { 4 }, events, |at, random| {
        let of_day = line_of_day(estate, service, task, at, random);
        of_day.unwrap_or_else(|| lines::service(service, at, random, bad))
    });
    // How it ended is the last that it says.
    if let (Some(end), Some(1)) = (end, task.stopped.as_ref().and_then(|stop| stop.exit))
        && (from..to).contains(&(end - 1))
    {
        events.push(head.event(i64::MAX, end - 1, lines::LAST.to_string()));
    }
}

/// What a task writes of a game day, in place of what it would write otherwise.
fn line_of_day(estate: &Estate, service: &Service, task: &Task, at: i64, random: u64) -> Option<String> {
    let course = estate.day.as_ref()?;
    let what = family(&service.name);
    let felt = estate.memory.level(Strain::ERRORS, what, at.div_euclid(1000));
    if (random / 19 % 100) as f64 >= felt * TELLING || !(course.day.is_ill)(course, task.created) {
        return None;
    }
    let own: Vec<&str> = course.day.lines.iter().filter(|(of, _)| *of == what).map(|(_, line)| *line).collect();
    let line = own.get((random / 23) as usize % own.len().max(1))?;
    Some(format!("{} {}", clock(at, "%H:%M:%S%.3f"), line.replace("{ms}", &(random / 29 % 9_000 + 1_000).to_string())))
}
