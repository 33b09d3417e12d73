//! What is known of all rows of a list together: kept up to date row by row, so that nobody goes through all
//! of them to know it.

use std::collections::{BTreeMap, BTreeSet};

use super::listing::Row;
use crate::domain::Timestamp;
use crate::domain::health::Health;
use crate::domain::resource::ResourceId;

/// Sets of the rows of one list.
#[derive(Clone, Debug, Default)]
pub struct RowIndex {
    by_health: BTreeMap<Health, usize>,
    /// Degraded or down.
    wrong: BTreeSet<ResourceId>,
    unknown: BTreeSet<ResourceId>,
    moving: BTreeSet<ResourceId>,
    restless: BTreeSet<ResourceId>,
    /// How many rows were read at a moment.
    read: BTreeMap<Timestamp, usize>,
    /// The rows by the revision at which each changed last.
    changes: BTreeMap<u64, ResourceId>,
}

impl RowIndex {
    pub fn enter(&mut self, row: &Row) {
        let (id, health) = (row.object.id(), row.diagnosis.health);
        *self.by_health.entry(health).or_default() += 1;
        *self.read.entry(row.at).or_default() += 1;
        self.changes.insert(row.changed, id.clone());
        for (set, is_in) in self.sets(row) {
            if is_in {
                set.insert(id.clone());
            }
        }
    }

    /// A row goes, or is entered anew after this.
    pub fn leave(&mut self, row: &Row) {
        fn one_less<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
            if let Some(count) = counts.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(key);
                }
            }
        }
        one_less(&mut self.by_health, &row.diagnosis.health);
        one_less(&mut self.read, &row.at);
        self.changes.remove(&row.changed);
        for (set, is_in) in self.sets(row) {
            if is_in {
                set.remove(row.object.id());
            }
        }
    }

    /// Each set, and whether the row is in it.
    fn sets(&mut self, row: &Row) -> [(&mut BTreeSet<ResourceId>, bool); 4] {
        let health = row.diagnosis.health;
        [
            (&mut self.wrong, health.is_wrong()),
            (&mut self.unknown, health == Health::Unknown),
            (&mut self.moving, row.diagnosis.is_moving),
            (&mut self.restless, row.diagnosis.is_restless),
        ]
    }

    pub fn wrong(&self) -> &BTreeSet<ResourceId> {
        &self.wrong
    }

    pub fn unknown(&self) -> &BTreeSet<ResourceId> {
        &self.unknown
    }

    pub fn moving(&self) -> &BTreeSet<ResourceId> {
        &self.moving
    }

    pub fn restless(&self) -> &BTreeSet<ResourceId> {
        &self.restless
    }

    /// Those whose judgement may change at any moment; some come twice.
    pub fn unsettled(&self) -> impl Iterator<Item = &ResourceId> {
        self.wrong.iter().chain(&self.moving).chain(&self.unknown).chain(&self.restless)
    }

    pub fn count(&self, health: Health) -> usize {
        self.by_health.get(&health).copied().unwrap_or(0)
    }

    pub fn worst(&self) -> Option<Health> {
        self.by_health.keys().next().copied()
    }

    /// When the row was read that was read longest ago.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.read.keys().next().copied()
    }

    pub fn changed_since(&self, revision: u64) -> impl Iterator<Item = &ResourceId> {
        self.changes.range(revision + 1..).map(|(_, id)| id)
    }
}
