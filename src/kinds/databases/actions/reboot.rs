//! Reboot: of an instance, with a failover to the standby where there is one.

use serde_json::json;

use crate::domain::Timestamp;
use crate::domain::database::{Database, DatabaseFacts, DatabaseRole, Form};
use crate::domain::event::Event;
use crate::domain::format::seconds_since;
use crate::domain::intent::{Intent, Receipt, Verdict};
use crate::domain::ops::Op;
use crate::domain::ops::rds;
use crate::domain::requests::Request;
use crate::domain::requests::rds::RebootDbInstance;
use crate::domain::resource::FactsId;
use crate::kinds::action::{ActionSpec, Applied, Confirm, Field, Inputs, Plan, Progress, worst_first};
use crate::kinds::cell::{Span, Tone};
use crate::kinds::databases::{AVAILABLE, FACTS};

/// An instance that is available again and of which no event came by then has been rebooted, in
/// seconds: events are a minute or two late.
const SETTLED: i64 = 90;
/// Of a reboot there are events by then, in seconds.
const TOLD_WITHIN: i64 = 180;
/// Longer than any ordinary reboot, in seconds.
const STALLED: i64 = 600;

pub struct Reboot;

impl ActionSpec for Reboot {
    type Resource = Database;
    type Facts = DatabaseFacts;

    const ID: &str = "reboot";
    const KEY: &str = "B";
    const HELP: &str =
        "Reboots the database instance, by failover where it has a standby, and follows it until it is back.";
    const FACTS: FactsId = FACTS;
    const CHANGES: &[Op] = &[rds::REBOOT_DB_INSTANCE];

    fn guard(&self, database: &Database) -> Result<(), String> {
        match database.form {
            Form::Instance => Ok(()),
            Form::Cluster => Err("a cluster is not rebooted: select a member, or fail over".into()),
        }
    }

    fn fields(&self, database: &Database, _: Timestamp) -> Vec<Field> {
        if !has_standby(database) {
            return Vec::new();
        }
        vec![Field {
            name: "failover",
            label: "with failover",
            initial: "no".into(),
            presets: vec![("in place".into(), "no".into()), ("to the standby".into(), "yes".into())],
            many: false,
        }]
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        failover(inputs).map(drop).map_err(|why| ("failover", why))
    }

    fn plan(&self, facts: &DatabaseFacts, inputs: &Inputs, _: Timestamp) -> Result<Plan, String> {
        let database = &facts.database;
        self.guard(database)?;
        let failover = failover(inputs)?;
        if database.status != AVAILABLE {
            return Err(format!("it is {}: AWS reboots only what is available", database.status));
        }
        if failover && !has_standby(database) {
            return Err("it has no standby to fail over to".into());
        }
        let name = &database.name;
        // What to expect: RDS User Guide, "Rebooting a DB instance" and "Failing over a Multi-AZ DB instance".
        let outage = if failover {
            "connections drop; 60 to 120 seconds until the standby answers; clients that keep the old address wait longer"
        } else {
            "connections drop and are refused until it is back: about a minute, longer after a crash or with many tables"
        };
        let mut warnings = vec![(Tone::Down, outage.to_string())];
        match &database.role {
            DatabaseRole::Member { cluster, writer: Some(true) | None } => warnings.push((
                Tone::Degraded,
                format!("if it is the writer of {cluster}, nothing can be written meanwhile; a failover is shorter"),
            )),
            DatabaseRole::Member { .. } => {
                warnings.push((Tone::Unknown, "it is a reader: its connections go to nobody else".into()))
            }
            _ => {}
        }
        if let Some((group, _)) = database.parameter_groups.iter().find(|(_, status)| status == "pending-reboot") {
            warnings.push((Tone::Plain, format!("the waiting parameters of {group} come into force")));
        }
        worst_first(&mut warnings);
        let request =
            RebootDbInstance { db_instance_identifier: name.to_string(), force_failover: failover.then_some(true) };
        let way = if failover { "by failover to the standby" } else { "in place" };
        Ok(Plan {
            rows: vec![
                ("reboot".to_string(), vec![Span::new(way, Tone::Strong)]),
                ("status".to_string(), vec![database.status.as_str().into()]),
                ("zone".to_string(), vec![database.zone.as_str().into()]),
            ],
            warnings,
            calls: vec![request.call()],
            undo: "cannot be undone".to_string(),
            then: "followed until it is available again".to_string(),
            confirm: Confirm::TypeName,
            before: json!({ "zone": database.zone }),
            summary: format!("reboot {name} {way}"),
        })
    }

    fn progress(&self, intent: &Intent, _: &Receipt, facts: &DatabaseFacts, now: Timestamp) -> Progress {
        let since = seconds_since(intent.at, now);
        let status = facts.database.status.as_str();
        let told: Vec<String> = events(intent, facts).take(3).map(|event| event.message.to_string()).collect();
        if status == AVAILABLE && (events(intent, facts).any(is_back) || since > SETTLED) {
            let line = format!("available again after {since}s in {}", facts.database.zone);
            return Progress { fraction: Some(1.0), evidence: told, ..Progress::ended(Verdict::Done, line) };
        }
        if matches!(status, "failed" | "storage-full" | "incompatible-parameters" | "incompatible-network") {
            return Progress { evidence: told, ..Progress::ended(Verdict::Failed, format!("it is {status} now")) };
        }
        Progress { evidence: told, stalled: since > STALLED, ..Progress::moving(None, format!("{status}, {since}s")) }
    }

    fn applied(&self, intent: &Intent, facts: &DatabaseFacts, now: Timestamp) -> Applied {
        if facts.database.status == "rebooting" || events(intent, facts).next().is_some() {
            Applied::Yes(Receipt::of("", None))
        } else if facts.events.is_ok() && seconds_since(intent.at, now) > TOLD_WITHIN {
            Applied::No
        } else {
            // It may be over already, and its events not there yet.
            Applied::CannotTell
        }
    }
}

/// A standby that a reboot can fail over to; members of clusters fail over as a cluster.
fn has_standby(database: &Database) -> bool {
    database.multi_az && !matches!(database.role, DatabaseRole::Member { .. })
}

fn failover(inputs: &Inputs) -> Result<bool, String> {
    match inputs.get("failover").map(String::as_str) {
        Some("yes") => Ok(true),
        None | Some("no") => Ok(false),
        Some(other) => Err(format!("yes or no, not {other:?}")),
    }
}

/// Events since it was sent that tell of a reboot.
fn events<'a>(intent: &'a Intent, facts: &'a DatabaseFacts) -> impl Iterator<Item = &'a Event> {
    let since = facts.events.iter().flatten().filter(|event| event.at.is_some_and(|at| at >= intent.at));
    since.filter(|event| {
        let message = event.message.to_ascii_lowercase();
        ["restart", "shutdown", "failover", "reboot"].iter().any(|word| message.contains(word))
    })
}

fn is_back(event: &Event) -> bool {
    let message = event.message.to_ascii_lowercase();
    message.contains("restarted") || message.contains("failover completed")
}
