//! The databases of the estate: how they live, and what snapshots, reboots and failovers do to them.

mod calls;
mod logs;
mod metrics;
mod seed;
#[cfg(test)]
mod tests;
mod trouble;

use super::services;
use crate::demo::prelude::*;
use crate::domain::database::{Database, DatabaseDetail, DatabaseFacts, DatabaseRole, Form, Maintenance, Snapshot};
use crate::domain::event::Event;
use crate::domain::ops::rds;
use crate::domain::requests::rds::{CreateDbClusterSnapshot, CreateDbSnapshot, FailoverDbCluster, RebootDbInstance};
use crate::kinds::databases::{DATABASES, EVENTS};
use crate::kinds::ssm::{forward, session_facts};
use crate::kinds::timeline;
pub use metrics::free_storage;

/// The way of a database cluster from its usual load to the most that it can bear.
pub const LOAD: Strain = Strain("load");
/// What of a database's free storage is taken besides its data.
pub const TAKEN: Strain = Strain("taken");
/// Nobody reaches a database: nothing is written of it.
pub const GONE: Strain = Strain("gone");
/// A database cluster refuses the passwords that it is given.
pub const DENIED: Strain = Strain("denied");

/// What an estate has of databases. They are kept as AWS tells them.
#[derive(Clone, Debug)]
pub struct Fleet {
    pub rows: Vec<Database>,
    /// Newest first.
    snapshots: Vec<Kept>,
    /// By the database that they are about, newest first.
    events: Vec<(Text, Event)>,
    maintenance: Vec<(Text, Maintenance)>,
    coming: Vec<(Timestamp, Coming)>,
}

/// A snapshot and its source.
#[derive(Clone, Debug)]
struct Kept {
    of: Text,
    form: Form,
    snapshot: Snapshot,
}

/// What will happen to a database at its time.
#[derive(Clone, Debug)]
enum Coming {
    /// The storage runs low.
    Low(Text),
    /// The storage is full.
    Full(Text),
    Restarted {
        name: Text,
        failover: bool,
    },
    Promoted {
        cluster: Text,
        writer: Text,
    },
}

/// RDS's words for a full disk.
const EXHAUSTED: &str = "Allocated storage has been exhausted";

impl Fleet {
    /// All that happened.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().map(|(_, event)| event)
    }

    /// Since when a database has no room on its disk.
    pub fn full_since(&self, name: &Text) -> Option<Timestamp> {
        self.events
            .iter()
            .find(|(of, event)| of == name && &*event.message == EXHAUSTED)
            .and_then(|(_, event)| event.at)
    }

    /// When the disk of a database is full, or will be.
    fn full_at(&self, name: &Text) -> Option<Timestamp> {
        let comes = self.coming.iter().find(|(_, coming)| matches!(coming, Coming::Full(of) if of == name));
        self.full_since(name).or(comes.map(|(at, _)| *at))
    }

    /// The part of the storage that is free at a second, of a database whose disk fills from the start: a tenth
    /// of it is left an hour and a half before the end.
    pub fn free_until_full(&self, name: &Text, at: i64) -> Option<f64> {
        let full = self.full_at(name)?;
        Some(((full.as_second() - at) as f64 / 54_000.0).clamp(0.0, 0.55))
    }

    fn step(&mut self, now: Timestamp, rng: &mut Rng) {
        self.copy(now, rng);
        let (due, coming) = std::mem::take(&mut self.coming).into_iter().partition(|(at, _)| *at <= now);
        self.coming = coming;
        for (_, coming) in due {
            self.come(coming, now);
        }
        if now.as_second() % 60 == 0 {
            // A database that cannot write any more cannot be restored to a later moment either.
            let kept = self.rows.iter_mut().filter(|row| row.backup_retention > 0 && &*row.status != "storage-full");
            kept.for_each(|row| row.latest_restorable = Some(later(now, -180)));
        }
    }

    /// Snapshots that are being made come on.
    fn copy(&mut self, now: Timestamp, rng: &mut Rng) {
        let mut done = Vec::new();
        for kept in self.snapshots.iter_mut().filter(|kept| &*kept.snapshot.status == "creating") {
            let percent = kept.snapshot.percent.unwrap_or(0).saturating_add(rng.u8(4..=6)).min(100);
            kept.snapshot.percent = Some(percent);
            if percent == 100 {
                kept.snapshot.status = "available".into();
                done.push((kept.of.clone(), kept.form, kept.snapshot.id.clone()));
            }
        }
        for (of, form, id) in done {
            if form == Form::Instance {
                self.set_status(&of, "available");
            }
            let what = if form == Form::Instance { "Manual snapshot" } else { "Manual cluster snapshot" };
            self.record_event((&of, &id), now, format!("{what} created"), "backup");
        }
    }

    fn come(&mut self, coming: Coming, now: Timestamp) {
        match coming {
            Coming::Low(name) => {
                let free = self.free_until_full(&name, now.as_second()).unwrap_or_default();
                self.runs_low(&name, free, now);
            }
            Coming::Full(name) => {
                // What is on its way ends first.
                if self.get(Form::Instance, &name).is_some_and(|row| &*row.status != "available") {
                    self.coming.push((later(now, 5), Coming::Full(name)));
                    return;
                }
                self.set_status(&name, "storage-full");
                self.record_event((&name, &name), now, EXHAUSTED.to_string(), "low storage");
            }
            Coming::Restarted { name, failover } => self.restarted(&name, failover, now),
            Coming::Promoted { cluster, writer } => self.promoted(&cluster, &writer, now),
        }
    }

    fn restarted(&mut self, name: &Text, failover: bool, now: Timestamp) {
        for row in &mut self.rows {
            if row.name == *name {
                row.status = "available".into();
                row.parameter_groups.iter_mut().for_each(|(_, status)| *status = "in-sync".into());
                if failover {
                    // The standby in the other zone is the primary now.
                    let (region, letter) = row.zone.split_at(row.zone.len().saturating_sub(1));
                    row.zone = format!("{region}{}", if letter == "a" { "b" } else { "a" }).into();
                }
            }
            if let DatabaseRole::Cluster { members } = &mut row.role {
                let member = members.iter_mut().filter(|member| member.name == *name);
                member.for_each(|member| member.parameters = "in-sync".into());
            }
        }
        self.record_event((name, name), now, "DB instance restarted".to_string(), "availability");
        if failover {
            self.record_event((name, name), now, "Multi-AZ instance failover completed".to_string(), "failover");
        }
    }

    fn promoted(&mut self, cluster: &Text, to: &Text, now: Timestamp) {
        for row in &mut self.rows {
            match &mut row.role {
                DatabaseRole::Cluster { members } if row.name == *cluster => {
                    row.status = "available".into();
                    members.iter_mut().for_each(|member| member.writer = member.name == *to);
                }
                DatabaseRole::Member { cluster: of, writer } if of == cluster => *writer = Some(row.name == *to),
                _ => {}
            }
        }
        self.record_event((to, to), now, "DB instance restarted".to_string(), "availability");
        let message = format!("Completed failover to DB instance: {to}");
        self.record_event((cluster, cluster), now, message, "failover");
    }

    fn get(&self, form: Form, name: &str) -> Option<&Database> {
        self.rows.iter().find(|row| row.form == form && *row.name == *name)
    }

    fn find(&self, id: &ResourceId) -> Option<&Database> {
        self.rows.iter().find(|row| row.id == *id)
    }

    /// # Errors
    /// There is none, in AWS's words.
    fn named(&self, form: Form, name: &str) -> Result<&Database, Refusal> {
        self.get(form, name).ok_or_else(|| {
            Refusal::missing(match form {
                Form::Instance => format!("DBInstanceNotFound: DBInstance {name} not found."),
                Form::Cluster => format!("DBClusterNotFoundFault: DBCluster {name} not found."),
            })
        })
    }

    fn set_status(&mut self, name: &Text, status: &str) {
        self.rows.iter_mut().filter(|row| row.name == *name).for_each(|row| row.status = status.into());
    }

    /// Keeps an event: what it is about, and what it happened to.
    fn record_event(&mut self, (of, source): (&Text, &Text), at: Timestamp, message: String, category: &str) {
        let (at, source, categories) = (Some(at), source.clone(), vec![category.into()]);
        self.events.insert(0, (of.clone(), Event { at, source, message: message.into(), categories }));
    }

    fn snapshots_of(&self, row: &Database, manual: bool) -> Vec<Snapshot> {
        let own = self.snapshots.iter().filter(|kept| kept.of == row.name && kept.form == row.form);
        own.map(|kept| kept.snapshot.clone()).filter(|s| !manual || &*s.kind == "manual").collect()
    }
}

impl Estate {
    pub fn databases(&self) -> &Fleet {
        self.state()
    }

    pub fn databases_mut(&mut self) -> &mut Fleet {
        self.state_mut()
    }
}

/// RDS.
pub struct Simulated;

impl SimulatedKind for Simulated {
    fn kind(&self) -> KindId {
        DATABASES
    }

    fn reads(&self) -> Op {
        rds::DESCRIBE_DB_INSTANCES
    }

    fn seed(&self, Moment { estate, now, .. }: &mut Moment) {
        estate.insert_state(Fleet::new(&estate.place, *now));
    }

    fn step(&self, moment: &mut Moment) {
        moment.estate.databases_mut().step(moment.now, moment.rng);
    }

    fn parts(&self, _: View) -> Vec<Text> {
        vec![Form::Instance.part().into(), Form::Cluster.part().into()]
    }

    fn rows(&self, view: View, wanted: &dyn Fn(&ResourceId) -> bool) -> Vec<Object> {
        shown(view.estate.databases().rows.iter(), wanted)
    }

    fn detail(&self, view: View, id: &ResourceId) -> Option<Facts> {
        let fleet = view.estate.databases();
        let row = fleet.find(id)?;
        let maintenance = fleet.maintenance.iter().filter(|(of, _)| *of == row.name);
        Some(Arc::new(DatabaseDetail {
            database: row.clone(),
            snapshots: Ok(fleet.snapshots_of(row, false)),
            events: Ok(events_of(&fleet.events, &row.name, view.now, 14 * DAY)),
            maintenance: Ok(maintenance.map(|(_, maintenance)| maintenance.clone()).collect()),
        }))
    }

    fn facts(&self, view: View, set: FactsId, id: &ResourceId) -> Option<Facts> {
        let fleet = view.estate.databases();
        let row = fleet.find(id)?;
        if set == session_facts(DATABASES) {
            return Some(Arc::new(services::through(view, &row.name, forward::remote_of_database(row))));
        }
        Some(Arc::new(DatabaseFacts {
            database: row.clone(),
            snapshots: Ok(fleet.snapshots_of(row, true)),
            events: Ok(events_of(&fleet.events, &row.name, view.now, 3600)),
        }))
    }

    fn metric<'a>(&self, estate: &'a Estate, metric: &'a Metric, by: &[(&'a str, &'a str)]) -> Option<Curve<'a>> {
        metrics::curve(estate, metric, by)
    }

    fn sources(&self) -> &'static [(TimelineSource, Op)] {
        &[(EVENTS, rds::DESCRIBE_EVENTS)]
    }

    fn events(&self, view: View, source: TimelineSource) -> Vec<TimelineEvent> {
        let own = view.estate.databases().events().filter(|_| source == EVENTS);
        own.filter_map(|event| timeline::event(source, event)).collect()
    }

    fn streams<'a>(&self, estate: &'a Estate) -> Vec<Stream<'a>> {
        estate.databases().rows.iter().flat_map(|row| logs::streams(estate, row)).collect()
    }

    fn logs(&self, estate: &Estate, id: &ResourceId) -> Result<Vec<LogSource>, Fault> {
        logs::sources(&estate.databases().rows, id)
    }

    fn changes(&self) -> &'static [Change] {
        const {
            &[
                Change::of::<CreateDbSnapshot>(),
                Change::of::<CreateDbClusterSnapshot>(),
                Change::of::<RebootDbInstance>(),
                Change::of::<FailoverDbCluster>(),
            ]
        }
    }
}
