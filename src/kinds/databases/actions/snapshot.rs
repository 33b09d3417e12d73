//! Snapshot: of an instance or a cluster, under an id of our own, followed in percent until it is
//! available.

use serde_json::{Value, json};

use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::database::{Database, DatabaseFacts, DatabaseRole, Form, Snapshot};
use crate::domain::format;
use crate::domain::intent::{Intent, Receipt, Verdict};
use crate::domain::ops::Op;
use crate::domain::ops::rds;
use crate::domain::requests::Request;
use crate::domain::requests::rds::{CreateDbClusterSnapshot, CreateDbSnapshot};
use crate::domain::resource::FactsId;
use crate::kinds::action::{ActionSpec, Applied, Confirm, Field, Inputs, Plan, Progress, worst_first};
use crate::kinds::cell::{Span, Tone};
use crate::kinds::databases::tabs::state;
use crate::kinds::databases::{AVAILABLE, FACTS, columns};
use crate::kinds::detail_view::fault_span;

/// The longest ids (RDS API reference, CreateDBSnapshot and CreateDBClusterSnapshot).
fn longest(form: Form) -> usize {
    match form {
        Form::Instance => 255,
        Form::Cluster => 63,
    }
}

/// A snapshot that is not in the list so long after it was taken has been deleted, in seconds.
const SHOWS_WITHIN: i64 = 120;
/// From so long on its pace is looked at, in seconds. Large ones are slow.
const PACED: i64 = 3600;
/// One that would take longer at its pace counts as stalled, in seconds.
const STALLED: i64 = 86_400;

pub struct TakeSnapshot;

impl ActionSpec for TakeSnapshot {
    type Resource = Database;
    type Facts = DatabaseFacts;

    const ID: &str = "snapshot";
    const KEY: &str = "S";
    const HELP: &str = "Takes a snapshot (database or cache), and follows it until it is available.";
    const FACTS: FactsId = FACTS;
    const CHANGES: &[Op] = &[rds::CREATE_DB_SNAPSHOT, rds::CREATE_DB_CLUSTER_SNAPSHOT];

    fn guard(&self, database: &Database) -> Result<(), String> {
        match &database.role {
            DatabaseRole::Member { cluster, .. } => Err(format!("its snapshots are the cluster's: select {cluster}")),
            _ => Ok(()),
        }
    }

    fn fields(&self, database: &Database, now: Timestamp) -> Vec<Field> {
        vec![Field {
            name: "id",
            label: "snapshot id",
            initial: generated(&database.name, now, longest(database.form)),
            presets: Vec::new(),
            many: false,
        }]
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        valid(id(inputs), longest(Form::Instance)).map_err(|why| ("id", why))
    }

    fn plan(&self, facts: &DatabaseFacts, inputs: &Inputs, _: Timestamp) -> Result<Plan, String> {
        let database = &facts.database;
        self.guard(database)?;
        let id = id(inputs);
        valid(id, longest(database.form))?;
        if !matches!(database.status.as_str(), AVAILABLE | "storage-optimization") {
            return Err(format!("it is {}: AWS takes a snapshot only of what is available", database.status));
        }
        let known = facts.snapshots.as_ref().ok();
        // Ids of clusters are stored in lower case.
        if known.is_some_and(|known| known.iter().any(|snapshot| snapshot.id.eq_ignore_ascii_case(id))) {
            return Err(format!("there is a snapshot {id} already"));
        }
        let mut warnings = Vec::new();
        if let Some(other) = known.into_iter().flatten().find(|snapshot| snapshot.status == "creating") {
            warnings.push((Tone::Degraded, format!("{} is being taken now: AWS may refuse another one", other.id)));
        }
        if let Err(fault) = &facts.snapshots {
            warnings.push((Tone::Unknown, format!("the snapshots there are not known: {fault}")));
        }
        match (&database.role, database.multi_az, database.engine.starts_with("sqlserver")) {
            (DatabaseRole::Cluster { .. }, ..) => {}
            (_, false, _) => {
                let text = "Single-AZ: reads and writes pause for seconds to minutes while it begins".to_string();
                warnings.push((Tone::Degraded, text));
            }
            (_, true, true) => {
                warnings
                    .push((Tone::Degraded, "SQL Server: it is taken from the primary, so I/O may pause".to_string()));
            }
            (_, true, false) => {}
        }
        worst_first(&mut warnings);
        let (name, id) = (database.name.to_string(), id.to_string());
        let call = match database.form {
            Form::Instance => {
                CreateDbSnapshot { db_instance_identifier: name, db_snapshot_identifier: id.clone() }.call()
            }
            Form::Cluster => {
                CreateDbClusterSnapshot { db_cluster_identifier: name, db_cluster_snapshot_identifier: id.clone() }
                    .call()
            }
        };
        let delete = match database.form {
            Form::Instance => format!("aws rds delete-db-snapshot --db-snapshot-identifier {id}"),
            Form::Cluster => format!("aws rds delete-db-cluster-snapshot --db-cluster-snapshot-identifier {id}"),
        };
        Ok(Plan {
            rows: rows(facts),
            warnings,
            calls: vec![call],
            undo: format!("nothing changes but the bill; to delete it: {delete}"),
            then: "followed in percent until it is available; c in the jobs then copies the restore line".to_string(),
            confirm: Confirm::Ask,
            before: json!({ "form": database.form.part(), "engine": database.engine }),
            summary: format!("snapshot {} as {id}", database.name),
        })
    }

    fn progress(&self, intent: &Intent, _: &Receipt, facts: &DatabaseFacts, now: Timestamp) -> Progress {
        let since = format::seconds_since(intent.at, now);
        let Some(snapshot) = found(intent, facts) else {
            return match &facts.snapshots {
                Err(fault) => Progress::waiting(format!("its progress is not known: {fault}")),
                Ok(_) if since < SHOWS_WITHIN => Progress::waiting("AWS does not list it yet"),
                Ok(_) => Progress::ended(Verdict::Lost, "it is not in the list: somebody deleted it"),
            };
        };
        let (words, _) = state(snapshot);
        match snapshot.status.as_str() {
            AVAILABLE => {
                let size = snapshot.size.map_or(String::new(), |size| format!(", {size} GiB"));
                Progress {
                    fraction: Some(1.0),
                    ..Progress::ended(Verdict::Done, format!("{} is available{size}", snapshot.id))
                }
            }
            "failed" => {
                Progress { evidence: told(intent, facts), ..Progress::ended(Verdict::Failed, why(intent, facts)) }
            }
            "deleting" => Progress::ended(Verdict::Superseded, "it is being deleted"),
            _ => {
                let fraction = snapshot.percent.map(|percent| f32::from(percent) / 100.0);
                let is_slow = i64::from(snapshot.percent.unwrap_or(0)) * STALLED < since * 100;
                Progress { stalled: since > PACED && is_slow, ..Progress::moving(fraction, words) }
            }
        }
    }

    fn applied(&self, intent: &Intent, facts: &DatabaseFacts, _: Timestamp) -> Applied {
        match (found(intent, facts), &facts.snapshots) {
            (Some(snapshot), _) => Applied::Yes(Receipt::of("", Some(snapshot.id.clone()))),
            (None, Ok(_)) => Applied::No,
            (None, Err(_)) => Applied::CannotTell,
        }
    }

    /// The line that restores it. A restore always makes a new database with the default security
    /// group and parameters, Single-AZ; of a cluster one without instances (RDS User Guide).
    fn later(&self, intent: &Intent) -> Option<String> {
        let (id, restored) = (asked(intent)?, format!("{}-restored", intent.name));
        let said = |key: &str| intent.before.get(key).and_then(Value::as_str).unwrap_or_default();
        let line = |call: Call| call.cli(intent.profile.as_deref(), Some(&intent.region));
        if said("form") != Form::Cluster.part() {
            return Some(line(Call::new(
                rds::RESTORE_DB_INSTANCE_FROM_DB_SNAPSHOT,
                [("DBSnapshotIdentifier", json!(id)), ("DBInstanceIdentifier", json!(restored))],
            )));
        }
        let engine = said("engine");
        let cluster = Call::new(
            rds::RESTORE_DB_CLUSTER_FROM_SNAPSHOT,
            [("SnapshotIdentifier", json!(id)), ("Engine", json!(engine)), ("DBClusterIdentifier", json!(restored))],
        );
        let instance = Call::new(
            rds::CREATE_DB_INSTANCE,
            [
                ("DBClusterIdentifier", json!(restored)),
                ("DBInstanceIdentifier", json!(format!("{restored}-1"))),
                ("Engine", json!(engine)),
                // Which one the person chooses: a line with this in it is refused as it stands.
                ("DBInstanceClass", json!("CLASS")),
            ],
        );
        Some(format!("{} && {}", line(cluster), line(instance)))
    }
}

/// `<name>-mw-<UTC to the second>`: unique, valid whatever the name is, and ours.
pub fn generated(name: &str, now: Timestamp, longest: usize) -> String {
    let tail = now.strftime("mw-%Y%m%d%H%M%S").to_string();
    let room = longest.saturating_sub(tail.len() + 1);
    let mut head = String::new();
    for c in name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-') {
        let fits = match head.chars().last() {
            None => c.is_ascii_alphabetic(),
            Some(last) => head.len() < room && !(c == '-' && last == '-'),
        };
        if fits {
            head.push(c);
        }
    }
    match head.trim_end_matches('-') {
        "" => tail,
        head => format!("{head}-{tail}"),
    }
}

/// The rules that both forms share (RDS API reference).
///
/// # Errors
/// Which one is broken.
pub fn valid(id: &str, longest: usize) -> Result<(), String> {
    if let Some(c) = id.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
        return Err(format!("only letters, digits and hyphens: {c:?} is none"));
    }
    if !id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err("it must begin with a letter".into());
    }
    if id.ends_with('-') || id.contains("--") {
        return Err("no hyphen at the end and no two in a row".into());
    }
    if id.len() > longest {
        return Err(format!("at most {longest} characters: it has {}", id.len()));
    }
    Ok(())
}

fn id(inputs: &Inputs) -> &str {
    inputs.get("id").map_or("", String::as_str)
}

fn rows(facts: &DatabaseFacts) -> Vec<(String, Vec<Span>)> {
    let database = &facts.database;
    let size = columns::storage_words(database).map_or(String::new(), |words| format!("  {words}"));
    let source = format!("{} {} {}", columns::role_words(database), database.engine, database.version);
    let last = match &facts.snapshots {
        Err(fault) => fault_span(fault),
        Ok(known) => match known.first() {
            Some(last) => {
                let at = last.created.map_or("not told when".to_string(), format::moment);
                Span::from(format!("{} ({}, {at})", last.id, state(last).0))
            }
            None => Span::new("none", Tone::Dim),
        },
    };
    vec![
        ("source".to_string(), vec![source.into(), Span::new(size, Tone::Dim)]),
        ("status".to_string(), vec![database.status.as_str().into()]),
        ("last manual one".to_string(), vec![last]),
    ]
}

/// The id that was asked for.
fn asked(intent: &Intent) -> Option<String> {
    let of_instance = || Some(intent.request::<CreateDbSnapshot>()?.db_snapshot_identifier);
    of_instance().or_else(|| Some(intent.request::<CreateDbClusterSnapshot>()?.db_cluster_snapshot_identifier))
}

fn found<'a>(intent: &Intent, facts: &'a DatabaseFacts) -> Option<&'a Snapshot> {
    let id = asked(intent)?;
    facts.snapshots.as_ref().ok()?.iter().find(|snapshot| snapshot.id.eq_ignore_ascii_case(&id))
}

/// Events since it was sent that speak of it or of its source.
fn told(intent: &Intent, facts: &DatabaseFacts) -> Vec<String> {
    let events = facts.events.iter().flatten();
    let since = events.filter(|event| event.at.is_some_and(|at| at >= intent.at));
    since.take(3).map(|event| format!("{}: {}", event.source, event.message)).collect()
}

fn why(intent: &Intent, facts: &DatabaseFacts) -> String {
    told(intent, facts).into_iter().next().unwrap_or_else(|| "AWS says only that it failed".to_string())
}
