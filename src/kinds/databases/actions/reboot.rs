//! Reboot: of an instance, with a failover to the standby where there is one.

use crate::domain::database::{Database, DatabaseFacts, DatabaseRole, Form};
use crate::domain::event::{self, Event};
use crate::domain::ops::rds;
use crate::domain::requests::rds::RebootDbInstance;
use crate::kinds::action::prelude::*;
use crate::kinds::databases::{AVAILABLE, FACTS};

/// An instance that is available again and of which no event came by then has been rebooted, in
/// seconds: events are a minute or two late.
const SETTLED: i64 = 90;
/// Of a reboot there are events by then, in seconds.
const SHOWS_WITHIN: i64 = 180;
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
        let ways = [("in place", "no"), ("to the standby", "yes")];
        vec![Field::new("failover", "with failover").starting("no").offering(ways)]
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
        let mut warnings = Warnings::default();
        warnings.add(
            Tone::Down,
            match failover {
                true => {
                    "connections drop; 60 to 120 seconds until the standby answers; clients that keep the old address \
                     wait longer"
                }
                false => {
                    "connections drop and are refused until it is back: about a minute, longer after a crash or with \
                     many tables"
                }
            },
        );
        match &database.role {
            DatabaseRole::Member { cluster, writer: Some(true) | None } => warnings.add(
                Tone::Degraded,
                format!("if it is the writer of {cluster}, nothing can be written meanwhile; a failover is shorter"),
            ),
            DatabaseRole::Member { .. } => {
                warnings.add(Tone::Unknown, "it is a reader: its connections go to nobody else");
            }
            _ => {}
        }
        if let Some((group, _)) = database.parameter_groups.iter().find(|(_, status)| status == "pending-reboot") {
            warnings.add(Tone::Plain, format!("the waiting parameters of {group} come into force"));
        }
        let request =
            RebootDbInstance { db_instance_identifier: name.to_string(), force_failover: failover.then_some(true) };
        let way = if failover { "by failover to the standby" } else { "in place" };
        Ok(Plan {
            rows: vec![
                row("reboot", [Span::new(way, Tone::Strong)]),
                row("status", [database.status.as_str()]),
                row("zone", [database.zone.as_str()]),
            ],
            warnings: warnings.worst_first(),
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
        let evidence: Vec<String> = events(intent, facts).take(3).map(|event| event.message.to_string()).collect();
        if status == AVAILABLE && (events(intent, facts).any(is_back) || since > SETTLED) {
            let line = format!("available again after {since}s in {}", facts.database.zone);
            return Progress { evidence, ..Progress::ended(Verdict::Done, line) };
        }
        if matches!(status, "failed" | "storage-full" | "incompatible-parameters" | "incompatible-network") {
            return Progress { evidence, ..Progress::ended(Verdict::Failed, format!("it is {status} now")) };
        }
        Progress { evidence, stalled: since > STALLED, ..Progress::moving(None, format!("{status}, {since}s")) }
    }

    fn applied(&self, intent: &Intent, facts: &DatabaseFacts, now: Timestamp) -> Applied {
        if facts.database.status == "rebooting" || events(intent, facts).next().is_some() {
            Applied::yes(None)
        } else if facts.events.is_ok() && seconds_since(intent.at, now) > SHOWS_WITHIN {
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
fn events<'a>(intent: &Intent, facts: &'a DatabaseFacts) -> impl Iterator<Item = &'a Event> {
    let words = &["restart", "shutdown", "failover", "reboot"];
    event::saying(facts.events.as_deref().unwrap_or_default(), words, intent.at)
}

fn is_back(event: &Event) -> bool {
    let message = event.message.to_ascii_lowercase();
    message.contains("restarted") || message.contains("failover completed")
}
