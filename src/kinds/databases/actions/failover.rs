//! Failover: another member of a cluster becomes the writer.

use crate::domain::database::{Database, DatabaseFacts, Form, Member};
use crate::domain::event;
use crate::domain::ops::rds;
use crate::domain::requests::rds::FailoverDbCluster;
use crate::kinds::action::prelude::*;
use crate::kinds::databases::{AVAILABLE, FACTS};

/// The value that leaves the choice to AWS, by promotion tier.
const ANY: &str = "any";
/// Longer than any ordinary failover, in seconds.
const STALLED: i64 = 300;
/// A cluster that AWS took the call for and that did nothing by then made a no-op of it, in
/// seconds: a recent failover can do that.
const NO_OP: i64 = 120;

pub struct Failover;

impl ActionSpec for Failover {
    type Resource = Database;
    type Facts = DatabaseFacts;

    const ID: &str = "failover";
    const KEY: &str = "O";
    const HELP: &str = "Makes another member of the database cluster the writer, and follows it until it is.";
    const FACTS: FactsId = FACTS;
    const CHANGES: &[Op] = &[rds::FAILOVER_DB_CLUSTER];
    const WATCH_EVERY: Duration = Duration::from_secs(3);

    fn guard(&self, database: &Database) -> Result<(), String> {
        if database.form == Form::Instance {
            return Err(match database.cluster() {
                Some(cluster) => format!("the cluster fails over: select {cluster}"),
                None if database.multi_az => "an instance fails over by a reboot with failover (B)".to_string(),
                None => "there is nothing to fail over to".to_string(),
            });
        }
        if readers(database).is_empty() {
            return Err("no reader to fail over to".into());
        }
        Ok(())
    }

    fn fields(&self, database: &Database, _: Timestamp) -> Vec<Field> {
        let readers = readers(database);
        let mut presets: Vec<(String, String)> =
            readers.iter().map(|r| (r.name.to_string(), r.name.to_string())).collect();
        presets.push(("AWS chooses".into(), ANY.into()));
        let initial = readers.first().map_or(ANY, |reader| reader.name.as_str()).to_string();
        vec![Field::new("target", "new writer").starting(initial).offering(presets)]
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        if input(inputs, "target").is_empty() {
            Err(("target", format!("name a reader, or write {ANY}")))
        } else {
            Ok(())
        }
    }

    fn plan(&self, facts: &DatabaseFacts, inputs: &Inputs, _: Timestamp) -> Result<Plan, String> {
        let database = &facts.database;
        self.guard(database)?;
        if database.status != AVAILABLE {
            return Err(format!("it is {}: AWS fails over only what is available", database.status));
        }
        let target = input(inputs, "target");
        let names: Vec<&str> = readers(database).iter().map(|reader| reader.name.as_str()).collect();
        if target != ANY && !names.contains(&target) {
            return Err(format!("{target} is not one of its readers: {}", names.join(", ")));
        }
        let old = writer(database).unwrap_or(NOBODY);
        let request = FailoverDbCluster {
            db_cluster_identifier: database.name.to_string(),
            target_db_instance_identifier: (target != ANY).then(|| target.to_string()),
        };
        let to = if target == ANY { "the reader of the first tier" } else { target };
        Ok(Plan {
            rows: vec![row("writer", becomes(old, to)), row("status", [database.status.as_str()])],
            // Aurora User Guide, "Failing over an Aurora DB cluster"; RDS guide, Multi-AZ DB clusters.
            warnings: vec![(
                Tone::Down,
                "connections to the writer drop; usually under 35 seconds until the other one writes; clients that \
                 keep the old address wait longer"
                    .to_string(),
            )],
            calls: vec![request.call()],
            undo: match old {
                NOBODY => "cannot be undone: the cluster has no writer now".to_string(),
                old => format!("fail over back to {old}"),
            },
            then: format!("followed until {to} is the writer"),
            confirm: Confirm::TypeName,
            before: json!({ "writer": old }),
            summary: format!("failover {} from {old} to {to}", database.name),
        })
    }

    fn progress(&self, intent: &Intent, _: &Receipt, facts: &DatabaseFacts, now: Timestamp) -> Progress {
        let since = seconds_since(intent.at, now);
        let database = &facts.database;
        let old = intent.before.get("writer").and_then(Value::as_str).unwrap_or_default();
        let wanted = intent.request::<FailoverDbCluster>().and_then(|request| request.target_db_instance_identifier);
        let is = writer(database);
        let events = event::since(&facts.events, intent.at).take(3);
        let evidence: Vec<String> = events.map(|event| event.message.to_string()).collect();
        if let Some(is) = is.filter(|is| *is != old && database.status == AVAILABLE) {
            let (verdict, line) = match wanted.filter(|wanted| is != wanted) {
                None => (Verdict::Done, format!("{is} is the writer after {since}s")),
                Some(wanted) => (Verdict::Superseded, format!("{is} is the writer, not {wanted}")),
            };
            return Progress { evidence, ..Progress::ended(verdict, line) };
        }
        if is == Some(old) && database.status == AVAILABLE && since > NO_OP {
            let line =
                format!("{old} is still the writer: AWS made nothing of it (a failover may have been too recent)");
            return Progress { evidence, ..Progress::ended(Verdict::NotDone, line) };
        }
        let line = format!("{}, {since}s; {} is the writer", database.status, is.unwrap_or(NOBODY));
        Progress { evidence, stalled: since > STALLED, ..Progress::moving(None, line) }
    }

    fn applied(&self, intent: &Intent, facts: &DatabaseFacts, _: Timestamp) -> Applied {
        let old = intent.before.get("writer").and_then(Value::as_str);
        match (facts.database.status.as_str(), writer(&facts.database)) {
            ("failing-over", _) => Applied::yes(None),
            (_, Some(is)) if Some(is) != old => Applied::yes(None),
            (AVAILABLE, _) => Applied::No,
            _ => Applied::CannotTell,
        }
    }
}

fn readers(database: &Database) -> Vec<&Member> {
    let mut readers: Vec<&Member> = database.members().iter().filter(|member| !member.writer).collect();
    readers.sort_by_key(|member| (member.promotion_tier.unwrap_or(i32::MAX), member.name.clone()));
    readers
}

/// The name of the writer where there is none.
const NOBODY: &str = "nobody";

fn writer(database: &Database) -> Option<&str> {
    database.members().iter().find(|member| member.writer).map(|member| member.name.as_str())
}
