//! Snapshot: of an instance or a cluster, under an id of our own, followed in percent until it is
//! available.

use crate::domain::call::Call;
use crate::domain::database::{Database, DatabaseFacts, DatabaseRole, Form};
use crate::domain::event;
use crate::domain::ops::rds;
use crate::domain::requests::rds::{CreateDbClusterSnapshot, CreateDbSnapshot};
use crate::kinds::action::prelude::*;
use crate::kinds::databases::tabs::state;
use crate::kinds::databases::{AVAILABLE, FACTS, columns};
use crate::kinds::detail_view::fault_span;
use crate::kinds::snapshots::{self, generated, valid};

/// The longest ids (RDS API reference, CreateDBSnapshot and CreateDBClusterSnapshot).
fn longest(form: Form) -> usize {
    match form {
        Form::Instance => 255,
        Form::Cluster => 63,
    }
}

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
    const HELP: &str = snapshots::HELP;
    const FACTS: FactsId = FACTS;
    const CHANGES: &[Op] = &[rds::CREATE_DB_SNAPSHOT, rds::CREATE_DB_CLUSTER_SNAPSHOT];

    fn guard(&self, database: &Database) -> Result<(), String> {
        match &database.role {
            DatabaseRole::Member { cluster, .. } => Err(format!("its snapshots are the cluster's: select {cluster}")),
            _ => Ok(()),
        }
    }

    fn fields(&self, database: &Database, now: Timestamp) -> Vec<Field> {
        let initial = generated(&database.name, now, longest(database.form));
        vec![Field::new("id", "snapshot id").starting(initial)]
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        valid(input(inputs, "id"), longest(Form::Instance)).map_err(|why| ("id", why))
    }

    fn plan(&self, facts: &DatabaseFacts, inputs: &Inputs, _: Timestamp) -> Result<Plan, String> {
        let database = &facts.database;
        self.guard(database)?;
        let id = input(inputs, "id");
        valid(id, longest(database.form))?;
        let is_ready = matches!(database.status.as_str(), AVAILABLE | "storage-optimization");
        snapshots::guard(is_ready, &database.status, &facts.snapshots, id)?;
        let mut warnings = Warnings::default();
        if let Some(other) = facts.snapshots.iter().flatten().find(|snapshot| snapshot.status == "creating") {
            warnings.add(Tone::Degraded, format!("{} is being taken now: AWS may refuse another one", other.id));
        }
        warnings.add_unknown("the snapshots there are not known", &facts.snapshots);
        if !matches!(database.role, DatabaseRole::Cluster { .. }) {
            let text = "Single-AZ: reads and writes pause for seconds to minutes while it begins";
            warnings.add_if(!database.multi_az, Tone::Degraded, text);
            let is_taken_there = database.multi_az && database.engine.starts_with("sqlserver");
            let text = "SQL Server: it is taken from the primary, so I/O may pause";
            warnings.add_if(is_taken_there, Tone::Degraded, text);
        }
        let (name, id) = (database.name.to_string(), id.to_string());
        let (call, delete) = match database.form {
            Form::Instance => (
                CreateDbSnapshot { db_instance_identifier: name, db_snapshot_identifier: id.clone() }.call(),
                format!("aws rds delete-db-snapshot --db-snapshot-identifier {id}"),
            ),
            Form::Cluster => (
                CreateDbClusterSnapshot { db_cluster_identifier: name, db_cluster_snapshot_identifier: id.clone() }
                    .call(),
                format!("aws rds delete-db-cluster-snapshot --db-cluster-snapshot-identifier {id}"),
            ),
        };
        Ok(Plan {
            rows: rows(facts),
            warnings: warnings.worst_first(),
            calls: vec![call],
            undo: format!("nothing changes but the bill; to delete it: {delete}"),
            then: "followed in percent until it is available; c in the jobs then copies the restore line".to_string(),
            confirm: Confirm::Ask,
            before: json!({ "form": database.form.part(), "engine": database.engine }),
            summary: format!("snapshot {} as {id}", database.name),
        })
    }

    fn progress(&self, intent: &Intent, _: &Receipt, facts: &DatabaseFacts, now: Timestamp) -> Progress {
        let events = event::since(&facts.events, intent.at).take(3);
        let evidence = events.map(|event| format!("{}: {}", event.source, event.message)).collect();
        snapshots::progress((intent, requested(intent)), &facts.snapshots, evidence, now, |snapshot, since| {
            let fraction = snapshot.percent.map(|percent| f32::from(percent) / 100.0);
            let is_slow = i64::from(snapshot.percent.unwrap_or(0)) * STALLED < since * 100;
            Progress { stalled: since > PACED && is_slow, ..Progress::moving(fraction, state(snapshot).0) }
        })
    }

    fn applied(&self, intent: &Intent, facts: &DatabaseFacts, _: Timestamp) -> Applied {
        snapshots::applied(requested(intent), &facts.snapshots)
    }

    /// The line that restores it. A restore always makes a new database with the default security
    /// group and parameters, Single-AZ; of a cluster one without instances (RDS User Guide).
    fn follow_up(&self, intent: &Intent) -> Option<String> {
        let (id, restored) = (requested(intent)?, format!("{}-restored", intent.name));
        let before = |key: &str| intent.before.get(key).and_then(Value::as_str).unwrap_or_default();
        let line = |call: Call| call.cli(intent.profile.as_deref(), Some(&intent.region));
        if before("form") != Form::Cluster.part() {
            return Some(line(Call::new(
                rds::RESTORE_DB_INSTANCE_FROM_DB_SNAPSHOT,
                [("DBSnapshotIdentifier", json!(id)), ("DBInstanceIdentifier", json!(restored))],
            )));
        }
        let engine = before("engine");
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

fn rows(facts: &DatabaseFacts) -> Rows {
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
        row("source", [source.into(), Span::new(size, Tone::Dim)]),
        row("status", [database.status.as_str()]),
        row("last manual one", [last]),
    ]
}

/// The id that was asked for.
fn requested(intent: &Intent) -> Option<String> {
    let of_instance = || Some(intent.request::<CreateDbSnapshot>()?.db_snapshot_identifier);
    of_instance().or_else(|| Some(intent.request::<CreateDbClusterSnapshot>()?.db_cluster_snapshot_identifier))
}
