//! The groups and streams of the estate: who writes to which, and how often.

use globset::Glob;

use super::super::days;
use super::super::memory::{Memory, Strain};
use super::super::model::{Behaviour, Estate, OneOff, Service, Task, family};
use super::lines::Ill;
use super::{DELAY, hash, lines};
use crate::domain::Timestamp;
use crate::domain::cache::{self, Cache};
use crate::domain::database::{Database, Form, Role};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::log::{LogEvent, LogSource, RawLine};
use crate::domain::resource::ResourceId;
use crate::domain::text::Text;
use crate::kinds::caches::CACHES;
use crate::kinds::databases::DATABASES;
use crate::kinds::distributions::DISTRIBUTIONS;
use crate::kinds::services::SERVICES;

/// The service that writes the flood.
const FLOODED: &str = "harbour-booking-api-production";

/// A stream of a group.
pub struct Stream<'a> {
    group: Text,
    name: Text,
    writer: Writer<'a>,
}

/// Who writes to a stream.
enum Writer<'a> {
    Task(&'a Estate, &'a Service, &'a Task),
    OneOff(&'a OneOff),
    /// One of the tasks that write the flood together: which, and of how many; since when.
    Flood {
        place: i64,
        of: i64,
        since: i64,
    },
    Database {
        /// Since when there is no room on its disk, in milliseconds.
        full_since: Option<i64>,
        memory: &'a Memory,
        row: &'a Database,
    },
    Cache {
        node: Text,
    },
}

/// All streams of an estate.
pub fn streams(estate: &Estate) -> impl Iterator<Item = Stream<'_>> {
    let services = estate.services.values().flat_map(|service| of_service(estate, service));
    let databases = estate.databases.rows.iter().flat_map(|row| of_database(estate, row));
    let caches = estate.caches.rows().filter_map(of_cache);
    services.chain(databases).chain(caches)
}

fn of_service<'a>(estate: &'a Estate, service: &'a Service) -> impl Iterator<Item = Stream<'a>> {
    let name = family(&service.name);
    let group: Text = group_of(service).into();
    let floods = estate.scenario == "flood" && service.name == FLOODED;
    let of = i64::try_from(service.tasks.len()).unwrap_or(1);
    let writer = move |place, task| match floods {
        true => Writer::Flood { place, of, since: estate.begun.as_millisecond() },
        false => Writer::Task(estate, service, task),
    };
    let tasks = (0..).zip(&service.tasks).map(move |(place, task)| (task, writer(place, task)));
    let one_off = service.one_off.iter().map(|one_off| (&one_off.task, Writer::OneOff(one_off)));
    tasks.chain(one_off).map(move |(task, writer)| Stream {
        group: group.clone(),
        name: format!("{name}/{name}/{}", task.id).into(),
        writer,
    })
}

/// Instances write; those of a cluster to the cluster's group.
fn of_database<'a>(estate: &'a Estate, row: &'a Database) -> Vec<Stream<'a>> {
    let names: Vec<Text> = match &row.role {
        Role::Member { .. } => vec![],
        Role::Cluster { members } => members.iter().map(|member| member.name.clone()).collect(),
        Role::Alone | Role::Replica { .. } => vec![row.name.clone()],
    };
    // Where a game day takes the storage it says how much.
    let full_since = estate.databases.full_since(&row.name).filter(|_| !estate.memory.knows(Strain::Taken, &row.name));
    let full_since = full_since.map(Timestamp::as_millisecond);
    let groups = groups_of(row);
    let stream = |(group, name): (&Text, Text)| Stream {
        group: group.clone(),
        name: format!("{name}.0").into(),
        writer: Writer::Database { full_since, memory: &estate.memory, row },
    };
    groups.iter().flat_map(|group| names.iter().map(move |name| (group, name.clone()))).map(stream).collect()
}

fn of_cache(row: &Cache) -> Option<Stream<'_>> {
    let group = slow_log_of(row)?;
    let node = row.nodes.first().map_or(row.name.clone(), |node| node.name.clone());
    let name = format!("elasticache/{}/{node}/0001/slow-log", row.engine).into();
    Some(Stream { group, name, writer: Writer::Cache { node } })
}

fn group_of(service: &Service) -> String {
    format!("/ecs/{}", service.name)
}

/// A group for each log that it exports (RDS user guide, "Publishing database logs to CloudWatch
/// Logs").
fn groups_of(row: &Database) -> Vec<Text> {
    let form = if row.form == Form::Cluster { "cluster" } else { "instance" };
    row.log_exports.iter().map(|kind| format!("/aws/rds/{form}/{}/{kind}", row.name).into()).collect()
}

/// Only what speaks Redis has a slow log, and a serverless cache delivers none (ElastiCache user
/// guide, "Log delivery").
fn slow_log_of(row: &Cache) -> Option<Text> {
    let delivers = row.form != cache::Form::Serverless && !row.is_memcached();
    delivers.then(|| format!("/aws/elasticache/{}/slow-log", row.name).into())
}

fn invalid(message: impl Into<Text>) -> Fault {
    Fault::new(FaultKind::Invalid, "logs", message)
}

fn missing(message: impl Into<Text>) -> Fault {
    Fault::new(FaultKind::NotFound, "logs", message)
}

/// What a source turns out to be: whole groups, or streams of one.
///
/// # Errors
/// There is no such thing, or it writes nothing to CloudWatch Logs.
pub fn resolve(estate: &Estate, source: &LogSource) -> Result<Vec<LogSource>, Fault> {
    match source {
        LogSource::Group(group) | LogSource::Streams { group, .. } => {
            let exists = streams(estate).any(|stream| stream.group == *group);
            // CloudWatch's own words.
            exists.then(|| vec![source.clone()]).ok_or_else(|| missing("The specified log group does not exist."))
        }
        LogSource::Matching(pattern) => matching(estate, pattern),
        LogSource::Resource(SERVICES, id) => {
            let service = estate.services.values().find(|service| *estate.service_arn(service) == *id.0);
            let service = service.ok_or_else(|| missing("the service does not exist any more"))?;
            let prefix = format!("{0}/{0}/", family(&service.name)).into();
            Ok(vec![LogSource::Streams { group: group_of(service).into(), prefix }])
        }
        LogSource::Resource(DATABASES, id) => database(estate, id),
        LogSource::Resource(CACHES, id) => {
            let row = estate.caches.rows().find(|row| row.id == *id);
            let row = row.ok_or_else(|| missing("the cache does not exist any more"))?;
            let group = slow_log_of(row).ok_or_else(|| invalid("the cache delivers no log to CloudWatch Logs"))?;
            Ok(vec![LogSource::Group(group)])
        }
        LogSource::Resource(DISTRIBUTIONS, _) => Err(invalid("CloudFront tells no log group of a distribution")
            .with_remedy("where its standard logs go to CloudWatch Logs, name the group, in us-east-1")),
        LogSource::Resource(..) => Err(invalid("nothing is known of its logs")),
    }
}

fn matching(estate: &Estate, pattern: &Text) -> Result<Vec<LogSource>, Fault> {
    let glob = Glob::new(pattern).map_err(|why| invalid(format!("{pattern}: {}", why.kind())))?.compile_matcher();
    let mut groups: Vec<Text> = streams(estate).map(|stream| stream.group).collect();
    groups.retain(|group| glob.is_match(group.as_str()));
    groups.sort();
    groups.dedup();
    if groups.is_empty() {
        return Err(missing(format!("no log group of {} matches {pattern}", estate.region)));
    }
    Ok(groups.into_iter().map(LogSource::Group).collect())
}

fn database(estate: &Estate, id: &ResourceId) -> Result<Vec<LogSource>, Fault> {
    let rows = &estate.databases.rows;
    let gone = || missing("the database does not exist any more");
    let row = rows.iter().find(|row| row.id == *id).ok_or_else(gone)?;
    let (of, member) = match &row.role {
        Role::Member { cluster, .. } => {
            let of = rows.iter().find(|row| row.form == Form::Cluster && row.name == *cluster).ok_or_else(gone)?;
            (of, Some(row.name.clone()))
        }
        _ => (row, None),
    };
    let groups = groups_of(of);
    if groups.is_empty() {
        return Err(invalid(format!("{} exports no log to CloudWatch Logs", of.name)).with_remedy(format!(
            "aws rds modify-db-instance --db-instance-identifier {} --cloudwatch-logs-export-configuration \
             '{{\"EnableLogTypes\":[\"error\"]}}'",
            of.name
        )));
    }
    let source = |group| match &member {
        Some(member) => LogSource::Streams { group, prefix: member.clone() },
        None => LogSource::Group(group),
    };
    Ok(groups.into_iter().map(source).collect())
}

impl Stream<'_> {
    /// Whether a source, as [`resolve`] tells it, holds this stream.
    pub fn is_of(&self, source: &LogSource) -> bool {
        match source {
            LogSource::Group(group) => *group == self.group,
            LogSource::Streams { group, prefix } => *group == self.group && self.name.starts_with(prefix.as_str()),
            LogSource::Matching(_) | LogSource::Resource(..) => false,
        }
    }

    /// What it writes is ingested so much later at most, in milliseconds.
    pub fn delay(&self) -> i64 {
        if let Writer::Flood { .. } = self.writer { 0 } else { DELAY }
    }

    /// What it wrote from one moment (inclusive) to another (exclusive), in milliseconds.
    pub fn write(&self, from: i64, to: i64, events: &mut Vec<LogEvent>) {
        match &self.writer {
            Writer::Task(estate, service, task) => self.of_task(estate, (service, task), (from, to), events),
            Writer::OneOff(one_off) => {
                for (key, (at, line)) in
                    (0..).zip(lines::command(one_off)).filter(|(_, (at, _))| (from..to).contains(at))
                {
                    events.push(self.event(key, at, line));
                }
            }
            Writer::Flood { place, of, since } => {
                for at in from.max(*since)..to {
                    for n in lines::flood(at - since).filter(|n| n.rem_euclid(*of) == *place) {
                        events.push(self.flooded(n, at));
                    }
                }
            }
            Writer::Database { full_since, memory, row } => {
                let name = row.name.as_str();
                self.seconds((from, to), 3, events, |at, random| {
                    let level = |strain, of| memory.level(strain, of, at.div_euclid(1000));
                    let taken = level(Strain::Taken, name);
                    let ill = if full_since.is_some_and(|since| since <= at) || taken >= 1.0 {
                        Ill::Full
                    } else if taken > 0.0 {
                        Ill::Spills
                    } else if level(Strain::Denied, name) > 0.0 {
                        Ill::Denies
                    } else if level(Strain::Load, name) >= 0.9 {
                        Ill::Crowded
                    } else {
                        Ill::Not
                    };
                    lines::postgres(at, random, ill)
                });
            }
            Writer::Cache { node } => {
                self.seconds((from, to), 2, events, |at, random| lines::slow_log(node, at, random));
            }
        }
    }

    /// Fewer than so many lines in each second.
    fn seconds(
        &self,
        (from, to): (i64, i64),
        fewer_than: u64,
        events: &mut Vec<LogEvent>,
        line: impl Fn(i64, u64) -> String,
    ) {
        for second in from.div_euclid(1000)..=to.div_euclid(1000) {
            for n in 0..hash(&[&self.name], second) % fewer_than {
                let key = second * 16 + i64::try_from(n).unwrap_or(0);
                let random = hash(&[&self.name, "line"], key);
                let at = second * 1000 + i64::try_from(random % 1000).unwrap_or(0);
                if !(from..to).contains(&at) {
                    continue;
                }
                // A client that tries again at once says the same again.
                let copies = if (random / 5).is_multiple_of(97) { 3 } else { 1 };
                let text = line(at, random);
                for copy in 0..copies {
                    events.push(self.event(key * 4 + copy, at, text.clone()));
                }
            }
        }
    }

    fn of_task(
        &self,
        estate: &Estate,
        (service, task): (&Service, &Task),
        (from, to): (i64, i64),
        events: &mut Vec<LogEvent>,
    ) {
        let Some(runs) = task.runs_at.map(Timestamp::as_millisecond) else { return };
        let end = task.stopped.as_ref().map(|stop| stop.at.as_millisecond());
        let bad = service.revision(task.revision).is_some_and(|revision| revision.behaviour == Behaviour::Crashes);
        let span = (from.max(runs), to.min(end.unwrap_or(to)));
        self.seconds(span, if bad { 9 } else { 4 }, events, |at, random| {
            let of_day = days::line(estate, service, task, at, random);
            of_day.unwrap_or_else(|| lines::service(service, at, random, bad))
        });
        // How it ended is the last that it says.
        if let (Some(end), Some(1)) = (end, task.stopped.as_ref().and_then(|stop| stop.exit))
            && (from..to).contains(&(end - 1))
        {
            events.push(self.event(i64::MAX, end - 1, lines::LAST.to_string()));
        }
    }

    /// A line of the flood. CloudWatch has it at once: what is counted must not wait for stragglers.
    fn flooded(&self, n: i64, at: i64) -> LogEvent {
        LogEvent {
            id: format!("{at:020}{n:016x}").into(),
            at,
            ingested: at,
            group: self.group.clone(),
            stream: self.name.clone(),
            line: RawLine::new(lines::flooded(n, at)),
        }
    }

    fn event(&self, key: i64, at: i64, message: String) -> LogEvent {
        let id = hash(&[&self.name, "id"], key);
        // Equal for all lines of a millisecond: a stream is told in its order.
        let lag = i64::try_from(hash(&[&self.name], at) / 7 % DELAY.unsigned_abs()).unwrap_or(0);
        LogEvent {
            id: format!("{at:020}{id:016x}").into(),
            at,
            ingested: at + lag,
            group: self.group.clone(),
            stream: self.name.clone(),
            line: RawLine::new(message),
        }
    }
}
