//! What is wrong with a database: its status, its storage, a failover, and what it runs out of.

use super::metrics::GIB;
use super::{health, metrics};
use crate::domain::Timestamp;
use crate::domain::database::{Database, DatabaseDetail, DatabaseRole, Form};
use crate::domain::event::{self, Event};
use crate::domain::health::Health;
use crate::domain::rules::Limit;
use crate::domain::text::Text;
use crate::kinds::failover::Failover;
use crate::kinds::metric::SparklineMetric;
use crate::kinds::rule::{Evidence, Found, Rule, RuleInput, Symptom, Test, Verdict};
use crate::kinds::trend::{Unseen, Why, crossing, trend};

/// The rules, in the order of their ranks.
pub fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "storage-full",
            title: "storage full",
            rank: 2,
            means: "the status storage-full",
            explains: &[Symptom::Requests, Symptom::Tasks],
            explains_rules: &["storage-low", "connections", "db-cpu", "replica-lag"],
            next: &[
                ("console-url", "grow it there: by a tenth at least, and for six hours not again"),
                ("logs", "what fills it: WAL of a slot that nobody reads, temporary files"),
            ],
            ..Rule::of(Test::row(storage_full))
        },
        Rule {
            id: "db-unavailable",
            title: "database unavailable",
            rank: 3,
            means: "a status in which it does not serve: failed, stopped, incompatible-…, inaccessible-encryption-credentials, …",
            explains: &[Symptom::Requests, Symptom::Tasks],
            explains_rules: &["replica-lag"],
            next: &[("open", "its events say what led to it"), ("console-url", "to mend it")],
            ..Rule::of(Test::row(unavailable))
        },
        Rule {
            id: "db-failover",
            title: "database failed over",
            rank: 4,
            means: "the status failing-over, another writer or Availability Zone than before, or an event that says so",
            limit: Some(Limit { default: 15.0, unit: "min", range: (1.0, 1_440.0) }),
            explains: &[Symptom::Requests, Symptom::Tasks],
            explains_rules: &["connections", "db-cpu", "replica-lag"],
            next: &[
                ("open", "its events: why"),
                ("logs", "whether clients connect again; else restart them (force deploy)"),
            ],
            ..Rule::of(Test::row(failover))
        },
        Rule {
            id: "connections",
            title: "connections run out",
            rank: 14,
            means: "DatabaseConnections against the engine's own maximum for the class, else against the threshold of an alarm",
            limit: Some(Limit { default: 90.0, unit: "%", range: (10.0, 100.0) }),
            symptom: Some(Symptom::DatabaseLoad),
            explains: &[Symptom::Requests, Symptom::Tasks],
            next: &[
                ("logs", "who connects; more tasks make it worse: scale in, or give pools a limit"),
                ("golden", "which service asks more than before"),
            ],
            ..Rule::of(Test::metrics(connections))
        },
        Rule {
            id: "storage-low",
            title: "storage low",
            rank: 20,
            means: "FreeStorageSpace of AllocatedStorage",
            limit: Some(Limit { default: 10.0, unit: "% free", range: (1.0, 90.0) }),
            next: &[
                ("console-url", "grow it there: by a tenth at least, and for six hours not again"),
                ("open", "how fast it falls: its charts"),
            ],
            ..Rule::of(Test::metrics(storage_low))
        },
        Rule {
            id: "disk-credits",
            title: "disk credits run out",
            rank: 21,
            means: "BurstBalance of a gp2 volume",
            limit: Some(Limit { default: 20.0, unit: "%", range: (1.0, 99.0) }),
            symptom: Some(Symptom::DatabaseCredits),
            explains: &[Symptom::Requests, Symptom::Tasks],
            next: &[("open", "what reads and writes so much: its charts")],
            ..Rule::of(Test::metrics(disk_credits))
        },
        Rule {
            id: "cpu-credits",
            title: "CPU credits run out",
            rank: 22,
            means: "CPUCreditBalance of a `db.t2` class (later ones burst on for a charge)",
            limit: Some(Limit { default: 10.0, unit: "credits", range: (1.0, 10_000.0) }),
            symptom: Some(Symptom::DatabaseCredits),
            explains: &[Symptom::Requests, Symptom::Tasks],
            explains_rules: &["db-cpu"],
            next: &[("open", "since when it is busier: its charts")],
            ..Rule::of(Test::metrics(cpu_credits))
        },
        Rule {
            id: "db-cpu",
            title: "database busy",
            rank: 23,
            means: "CPUUtilization",
            limit: Some(Limit { default: 90.0, unit: "%", range: (10.0, 100.0) }),
            symptom: Some(Symptom::DatabaseLoad),
            explains: &[Symptom::Requests, Symptom::Tasks],
            explains_rules: &["connections", "replica-lag"],
            next: &[("logs", "the slow statements"), ("golden", "which service asks more than before")],
            ..Rule::of(Test::metrics(busy))
        },
        Rule {
            id: "replica-lag",
            title: "replica behind",
            rank: 24,
            means: "ReplicaLag (-1: it does not replicate; 5 min of a PostgreSQL are idleness), AuroraReplicaLag",
            limit: Some(Limit { default: 30.0, unit: "s", range: (0.1, 86_400.0) }),
            next: &[("open", "its load, and that of the writer: charts")],
            ..Rule::of(Test::metrics(behind))
        },
    ]
}

/// The status as evidence.
fn status(database: &Database, at: Timestamp) -> Evidence {
    Evidence::new("DBInstanceStatus", database.status.as_str(), Some(at))
}

/// Events of the open detail that have one of these words, no older than so many seconds.
fn events<'a>(database: &Database, input: &RuleInput<'a>, words: &[&str], within: i64) -> Vec<&'a Event> {
    let detail = input.detail::<DatabaseDetail>(&database.id);
    let told = detail.and_then(|(detail, _)| detail.events.as_ref().ok());
    let from = Timestamp::from_second(input.now.as_second() - within).unwrap_or(input.now);
    told.map_or(vec![], |events| event::saying(events, words, from).collect())
}

/// What led to a status that lasts was said within this time, in seconds.
const DAY: i64 = 86_400;

/// A status in which it does not serve. The first event of a day that has one of these words says since when it is
/// so, as far as the detail was open: the status has no time of its own.
fn down(database: &Database, input: &RuleInput, what: String, more: Vec<Evidence>, words: &[&str]) -> Found {
    let event = events(database, input, words, DAY).into_iter().min_by_key(|event| event.at);
    Found::new(Health::Down, what, event.and_then(|event| event.at))
        .evidence([status(database, input.at)])
        .evidence(more)
        .evidence(event.map(Evidence::of_event))
}

fn storage_full(database: &Database, input: &RuleInput) -> Option<Found> {
    if database.status != "storage-full" {
        return None;
    }
    let limit = database.storage_limit.map_or("off".to_string(), |gib| format!("up to {gib} GiB"));
    let size = database.storage.map(|gib| Evidence::new("AllocatedStorage", format!("{gib} GiB"), Some(input.at)));
    let more = size.into_iter().chain([Evidence::new("storage autoscaling", limit, Some(input.at))]).collect();
    let what = "its storage is full: writes fail until it is grown".to_string();
    Some(down(database, input, what, more, &["storage full", "storage-full", "exhausted"]))
}

fn unavailable(database: &Database, input: &RuleInput) -> Option<Found> {
    let (health, why) = health::of_status(&database.status);
    if health != Health::Down || database.status == "storage-full" {
        return None;
    }
    let what = if why.is_empty() { database.status.to_string() } else { format!("{}: {why}", database.status) };
    let words = ["stopped", "shutdown", "shut down", "fail", "incompatible", "inaccessible"];
    Some(down(database, input, what, vec![], &words))
}

/// What leads it: the writer of a cluster, the zone of an instance with a standby.
pub fn leader(database: &Database) -> Option<Text> {
    match &database.role {
        DatabaseRole::Cluster { members } => {
            members.iter().find(|member| member.writer).map(|member| member.name.clone())
        }
        DatabaseRole::Alone if database.multi_az && !database.zone.is_empty() => Some(database.zone.clone()),
        _ => None,
    }
}

fn failover(database: &Database, input: &RuleInput) -> Option<Found> {
    // Its members say the same once more.
    if matches!(database.role, DatabaseRole::Member { .. }) {
        return None;
    }
    let said = |within| events(database, input, &["failover", "failing over", "failed over"], within);
    let failover = Failover::of(input, &database.id, &database.status, said)?;
    let what = failover.what("it fails over: connections are dropped");
    let leads = if database.form == Form::Cluster { "writer" } else { "AvailabilityZone" };
    let what = format!("{what}; pools may hold connections to where it was");
    Some(failover.found(what, status(database, input.at), leads))
}

/// Bytes of memory of a class: what each family has in its `large`, doubled with each size (RDS User
/// Guide, "DB instance classes", hardware specifications). `None` of families that are not listed.
fn memory(class: &str) -> Option<f64> {
    let mut parts = class.strip_prefix("db.")?.split('.');
    let (family, size) = (parts.next()?, parts.next()?);
    let large = match family {
        "t2" | "t3" | "t4g" | "m4" | "m5" | "m5d" | "m6g" | "m6gd" | "m6i" | "m7g" | "m7i" | "m8g" => 8.0,
        "r4" | "r5" | "r5b" | "r5d" | "r6g" | "r6gd" | "r6i" | "r7g" | "r7i" | "r8g" => 16.0,
        "x2g" => 32.0,
        _ => return None,
    };
    let of_large = match size {
        "micro" => 0.125,
        "small" => 0.25,
        "medium" => 0.5,
        "large" => 1.0,
        "xlarge" => 2.0,
        size => 2.0 * size.strip_suffix("xlarge")?.parse::<f64>().ok()?,
    };
    // r4 is a little less than its family.
    Some(large * of_large * GIB)
}

/// What of the memory of a class is not the engine's, so that it is no part of the formulas: AWS does not
/// publish it, and people report 81 connections of a `db.t3.micro`, 1,680 of 16 GiB.
const KEPT: f64 = 0.25 * GIB;

/// The most connections by the engine's default formula, where its parameters are the default ones (RDS
/// User Guide, "Quotas and constraints": maximum number of database connections; Aurora User Guide,
/// "Maximum connections").
///
/// # Errors
/// Why it is not known.
fn maximum(database: &Database) -> Result<f64, &'static str> {
    let is_default = !database.parameter_groups.is_empty()
        && database.parameter_groups.iter().all(|(name, _)| name.starts_with("default."));
    if !is_default {
        return Err("parameters are not the engine's default, and no alarm has a threshold");
    }
    let memory = memory(&database.class).ok_or("the memory of the class is not known, and no alarm has a threshold")?;
    match database.engine.as_str() {
        "postgres" | "aurora-postgresql" => Ok(((memory - KEPT) / 9_531_392.0).min(5_000.0)),
        "mysql" => Ok((memory - KEPT) / 12_582_880.0),
        _ => Err("the default of the engine is not known, and no alarm has a threshold"),
    }
}

/// The threshold of an alarm over its connections, for those whose maximum is not known.
fn threshold(database: &Database, input: &RuleInput) -> Option<(f64, Text)> {
    let is_its = |(name, value): &(Text, Text)| *name == "DBInstanceIdentifier" && *value == database.name;
    input.context.watches().find_map(|(_, alarm, watch)| {
        let line = watch.line.filter(|line| line.is_upper && line.metric.name == "DatabaseConnections")?;
        line.metric.dimensions.iter().any(is_its).then(|| (line.value, alarm.name().clone()))
    })
}

fn connections(database: &Database, input: &RuleInput) -> Verdict {
    // The members of a cluster have the connections.
    if database.form == Form::Cluster {
        return Ok(None);
    }
    let open = trend(metrics::connections(database), input, "connections of databases")?;
    let (most, from, share) = match maximum(database) {
        Ok(most) => (most, format!("about {most:.0} by the engine's default for {}", database.class), input.limit),
        Err(why) => match threshold(database, input) {
            Some((most, alarm)) => (most, format!("{most} by the alarm {alarm}"), 100.0),
            None => return Err(Unseen { what: "connection limits of databases", why: Why::Untold(why) }),
        },
    };
    Ok(open.crossed(|value| value >= most * share / 100.0).map(|crossed| {
        let what = format!("{:.0} connections of {from}", crossed.value);
        let most = Evidence::new("maximum", from, Some(input.at));
        open.found("DatabaseConnections", crossed, what).evidence([most])
    }))
}

fn storage_low(database: &Database, input: &RuleInput) -> Verdict {
    // Aurora's volume grows by itself; the members of another cluster have the storage.
    let whole = database.storage.filter(|_| database.form == Form::Instance).map(|gib| f64::from(gib) * GIB);
    let Some(whole) = whole else { return Ok(None) };
    let names = ("free storage of databases", "FreeStorageSpace");
    let is_low = |free: f64| free < whole * input.limit / 100.0;
    let say = |words: &str, free: f64| format!("{words} of its storage is free, {:.0} %", free / whole * 100.0);
    let found = crossing(metrics::free_storage(database), input, names, is_low, say)?;
    let room = database.storage_limit.filter(|limit| Some(*limit) > database.storage);
    let grows = room.map_or("off".to_string(), |limit| format!("up to {limit} GiB"));
    Ok(found.map(|found| found.evidence([Evidence::new("storage autoscaling", grows, Some(input.at))])))
}

fn disk_credits(database: &Database, input: &RuleInput) -> Verdict {
    let names = ("disk credits of databases", "BurstBalance");
    let say = |left: &str, _| format!("{left} of its disk's credits are left: at none it falls to its base speed");
    crossing(metrics::disk_credits(database), input, names, |left| left < input.limit, say)
}

fn cpu_credits(database: &Database, input: &RuleInput) -> Verdict {
    let credits = metrics::cpu_credits(database).filter(|_| database.form == Form::Instance);
    let say = |left: &str, _| format!("{left} CPU credits are left: at none it falls to its base speed");
    crossing(credits, input, ("CPU credits of databases", "CPUCreditBalance"), |left| left < input.limit, say)
}

fn busy(database: &Database, input: &RuleInput) -> Verdict {
    let cpu = metrics::cpu(database).filter(|_| database.form == Form::Instance);
    let say = |cpu: &str, _| format!("its CPU is at {cpu}");
    crossing(cpu, input, ("CPU of databases", "CPUUtilization"), |cpu| cpu > input.limit, say)
}

/// A PostgreSQL whose source is idle tells a lag of up to five minutes: it counts from the last transaction
/// that it replayed (RDS User Guide, "Monitoring read replication"). In seconds.
const IDLE: f64 = 300.0;

fn behind(database: &Database, input: &RuleInput) -> Verdict {
    let Some((lag, second)) = metrics::lag(database) else { return Ok(None) };
    let field = if second > 1.0 { "AuroraReplicaLag" } else { "ReplicaLag" };
    let least = if database.engine == "postgres" { IDLE } else { 0.0 };
    let is_bad = |lag: f64| lag < 0.0 || lag > input.limit.max(least) * second;
    // -1 is RDS's word for it (RDS User Guide, "Monitoring read replication").
    crossing(Some(lag), input, ("lag of replicas", field), is_bad, |words, lag| match lag < 0.0 {
        true => "it does not replicate: what is read from it grows older and older".to_string(),
        false => format!("it is {words} behind: what is read from it is old"),
    })
}

/// A glance whose newest point is above what was usual in the hour before a moment, for those who look
/// for what suffers.
pub fn risen(database: &Database, input: &RuleInput, since: Timestamp) -> Option<(&'static str, String)> {
    let told = |name, glance: Option<SparklineMetric>| {
        let trend = trend(glance, input, "").ok()?;
        let (usual, (_, now)) = (trend.usual(since)?, trend.newest()?);
        let words = format!("{} → {}", trend.words(usual), trend.words(now));
        (now > usual * RISEN && now > usual + LEAST).then_some((name, words))
    };
    told("CPUUtilization", metrics::cpu(database))
        .or_else(|| told("DatabaseConnections", metrics::connections(database)))
}

/// So many times what it was before is more than the waves of a day.
const RISEN: f64 = 1.4;
/// And so much in its own unit, as small numbers double by chance.
const LEAST: f64 = 5.0;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::tests::{ago, cluster, event, instance, now, status};
    use super::*;
    use crate::diagnosis::fixtures::{Scene, prove, steady_then};
    use crate::domain::alarm::Watched;
    use crate::domain::metric::Metric;
    use crate::kinds::alarms::ALARMS;
    use crate::kinds::alarms::tests::watching;
    use crate::kinds::databases::DATABASES;

    fn scene(database: Database) -> Scene {
        Scene::at(now()).with(DATABASES, database)
    }

    fn replica() -> Database {
        Database { role: DatabaseRole::Replica { of: "orders".into() }, ..instance("orders-2") }
    }

    fn with_events(events: Vec<Event>) -> Scene {
        let database = Database { multi_az: true, ..instance("db") };
        let detail = DatabaseDetail {
            database: database.clone(),
            snapshots: Ok(vec![]),
            events: Ok(events),
            maintenance: Ok(vec![]),
        };
        let id = database.id.clone();
        scene(database).detail(&id, Arc::new(detail))
    }

    #[test]
    fn every_rule_finds_what_is_there_and_nothing_else() {
        let db = instance("db");
        let small = Database { class: "db.t2.medium".into(), storage_type: "gp2".into(), ..instance("db") };
        let writer = cluster();
        let id = writer.id.clone();
        // 16 GiB of memory have room for some 1,774 connections.
        let told = |glance: Option<SparklineMetric>, steady: f64, then: f64| {
            scene(db.clone()).told(glance, &steady_then(steady, &[then; 3]))
        };
        let gib = |gib: f64| gib * GIB;
        prove(
            DATABASES,
            vec![
                ("storage-full", scene(status("storage-full")), scene(status("storage-optimization"))),
                ("db-unavailable", scene(status("incompatible-parameters")), scene(status("rebooting"))),
                (
                    "db-failover",
                    scene(writer.clone()).leader_changed(&id, ("c-1", "c-3"), 240),
                    scene(writer).leader_changed(&id, ("c-1", "c-3"), 16 * 60),
                ),
                (
                    "connections",
                    told(metrics::connections(&db), 300.0, 1_700.0),
                    told(metrics::connections(&db), 300.0, 1_500.0),
                ),
                (
                    "storage-low",
                    told(metrics::free_storage(&db), gib(60.0), gib(12.0)),
                    told(metrics::free_storage(&db), gib(60.0), gib(30.0)),
                ),
                (
                    "disk-credits",
                    scene(small.clone()).told(metrics::disk_credits(&small), &[40.0, 12.0, 10.0]),
                    scene(small.clone()).told(metrics::disk_credits(&small), &[40.0, 40.0, 39.0]),
                ),
                (
                    "cpu-credits",
                    scene(small.clone()).told(metrics::cpu_credits(&small), &[40.0, 4.0, 2.0]),
                    scene(small.clone()).told(metrics::cpu_credits(&small), &[400.0; 3]),
                ),
                ("db-cpu", told(metrics::cpu(&db), 30.0, 97.0), told(metrics::cpu(&db), 30.0, 85.0)),
                (
                    "replica-lag",
                    scene(replica()).told(metrics::lag(&replica()).map(|(glance, _)| glance), &[1.0, 445.0, 490.0]),
                    scene(replica()).told(metrics::lag(&replica()).map(|(glance, _)| glance), &[1.0, 290.0, 290.0]),
                ),
            ],
        );
    }

    #[test]
    fn an_event_of_the_open_detail_tells_of_a_failover_and_when() {
        let scene =
            with_events(vec![event(300, "Multi-AZ instance failover completed"), event(900, "Backing up DB instance")]);
        let found = scene.found("db-failover").unwrap();
        assert_eq!(found.found.since, Some(ago(300)));
        assert!(found.found.evidence.iter().any(|e| e.field == "event" && e.value.contains("failover completed")));
        assert_eq!(with_events(vec![event(300, "Backing up DB instance")]).found("db-failover"), None);
        assert_eq!(with_events(vec![event(3_000, "Multi-AZ instance failover started")]).found("db-failover"), None);
    }

    #[test]
    fn a_standby_that_took_over_is_seen_by_its_zone() {
        assert_eq!(leader(&instance("db")), None, "without a standby another zone is no failover");
        assert_eq!(leader(&Database { multi_az: true, ..instance("db") }).as_deref(), Some("eu-west-1a"));
        assert_eq!(leader(&cluster()).as_deref(), Some("c-1"));
    }

    #[test]
    fn the_most_connections_are_known_by_the_default_formula_or_by_an_alarm() {
        let of = |class: &str, engine: &str| {
            let database = Database { class: class.into(), engine: engine.into(), ..instance("db") };
            maximum(&database).ok().map(|most| most.round())
        };
        // As the User Guide's formula gives for the class's memory, less what is kept of it.
        for (class, engine, most) in [
            ("db.t3.micro", "postgres", Some(84.0)),
            ("db.r6g.large", "postgres", Some(1_774.0)),
            ("db.r6g.large", "aurora-postgresql", Some(1_774.0)),
            ("db.r6g.4xlarge", "postgres", Some(5_000.0)),
            ("db.m6g.large", "mysql", Some(661.0)),
            ("db.m6g.large", "aurora-mysql", None),
            ("db.unheard.large", "postgres", None),
        ] {
            assert_eq!(of(class, engine), most, "{class} {engine}");
        }
        let own = Database { parameter_groups: vec![("own".into(), "in-sync".into())], ..instance("db") };
        let told = |values: &[f64]| scene(own.clone()).told(metrics::connections(&own), values);
        let look = told(&[390.0; 3]).look();
        assert!(look.findings.is_empty());
        assert!(look.unread.iter().any(|unread| unread.what.starts_with("connection limits")), "{:?}", look.unread);
        let mut alarm = watching(
            "db-connections",
            Metric::new("AWS/RDS", "DatabaseConnections", "Average", &[("DBInstanceIdentifier", "db")]),
        );
        if let Watched::Metric(_, condition) = &mut alarm.watched {
            condition.threshold = Some(380.0);
        }
        let found = told(&[390.0; 3]).with(ALARMS, alarm.clone()).found("connections").unwrap();
        assert_eq!(found.found.what, "390 connections of 380 by the alarm db-connections");
        assert_eq!(told(&[370.0; 3]).with(ALARMS, alarm).found("connections"), None);
    }

    #[test]
    fn lag_is_compared_in_seconds_whatever_it_is_counted_in() {
        let reader = Database {
            role: DatabaseRole::Member { cluster: "c".into(), writer: Some(false) },
            engine: "aurora-postgresql".into(),
            storage: None,
            ..instance("c-2")
        };
        let told = |ms: f64| {
            scene(reader.clone()).told(metrics::lag(&reader).map(|(glance, _)| glance), &[ms; 3]).found("replica-lag")
        };
        assert_eq!(told(900.0), None);
        assert!(told(31_000.0).is_some());
        let broken = scene(replica()).told(metrics::lag(&replica()).map(|(glance, _)| glance), &[0.0, -1.0, -1.0]);
        assert!(broken.found("replica-lag").unwrap().found.what.starts_with("it does not replicate"));
    }

    #[test]
    fn a_status_that_lasts_began_with_the_first_event_of_it() {
        let of = |status: &str, events| {
            let database = Database { status: status.into(), ..instance("db") };
            let (snapshots, maintenance) = (Ok(vec![]), Ok(vec![]));
            let detail = DatabaseDetail { database: database.clone(), snapshots, events: Ok(events), maintenance };
            let id = database.id.clone();
            scene(database).detail(&id, Arc::new(detail)).look().findings.remove(0).found.since
        };
        let full = vec![
            event(60, "Applying modification to allocated storage"),
            event(600, "DB instance has exhausted its storage"),
            event(900, "Allocated storage has been exhausted"),
            event(2 * DAY, "Allocated storage has been exhausted"),
        ];
        assert_eq!(of("storage-full", full), Some(ago(900)), "to grow it is no onset");
        assert_eq!(of("stopped", vec![event(300, "DB instance stopped")]), Some(ago(300)));
        assert_eq!(of("stopped", vec![]), None);
    }
}
