//! What happens to databases on a game day.

use super::{Coming, Fleet};
use crate::demo::prelude::*;
use crate::domain::database::{Database, DatabaseRole, Form};

impl Fleet {
    /// The storage of an instance cannot grow by itself.
    pub fn pin_storage(&mut self, name: &Text) {
        self.rows.iter_mut().filter(|row| row.name == *name).for_each(|row| row.storage_limit = None);
    }

    /// Its storage runs low: this part of it is free.
    pub fn runs_low(&mut self, name: &Text, free: f64, now: Timestamp) {
        let storage = self.get(Form::Instance, name).and_then(|row| row.storage).unwrap_or(0);
        let message = format!(
            "The free storage capacity for DB Instance: {name} is low at {:.0}% of the provisioned storage \
             [Provisioned Storage: {storage} GB, Free Storage: {:.1} GB]. You may want to increase the \
             provisioned storage to address this issue.",
            (100.0 * free).floor(),
            f64::from(storage) * free
        );
        self.record_event((name, name), now, message, "low storage");
    }

    /// Its storage is full, as soon as what is on its way has ended.
    pub fn fills(&mut self, name: &Text, now: Timestamp) {
        self.come(Coming::Full(name.clone()), now);
    }

    /// There is room again.
    pub fn empties(&mut self, name: &Text) {
        self.coming.retain(|(_, coming)| !matches!(coming, Coming::Full(of) if of == name));
        if self.status(name) == "storage-full" {
            self.set_status(name, "available");
        }
    }

    /// The status of an instance; empty where there is none.
    pub fn status(&self, name: &str) -> &str {
        self.get(Form::Instance, name).map_or("", |row| row.status.as_str())
    }

    /// The members of a cluster.
    pub fn members(&self, cluster: &str) -> impl Iterator<Item = &Database> {
        self.rows
            .iter()
            .filter(move |row| matches!(&row.role, DatabaseRole::Member { cluster: of, .. } if *of == *cluster))
    }

    /// Whether one of a cluster's members is not there to be asked: it restarts.
    pub fn is_restarting(&self, cluster: &str) -> bool {
        self.members(cluster).any(|row| &*row.status == "rebooting")
    }

    /// A zone is lost: instances with a standby in another fail over to it by themselves.
    pub fn lose_zone(&mut self, letter: &str, now: Timestamp) {
        let is_there = |row: &&Database| row.form == Form::Instance && row.multi_az && row.zone.ends_with(letter);
        let names: Vec<Text> = self.rows.iter().filter(is_there).map(|row| row.name.clone()).collect();
        for name in names {
            self.record_event((&name, &name), now, "Multi-AZ instance failover started.".to_string(), "failover");
            self.set_status(&name, "rebooting");
            self.coming.push((later(now, 40), Coming::Restarted { name, failover: true }));
        }
    }

    /// Somebody set a new password for the master user.
    pub fn resets_password(&mut self, name: &Text, now: Timestamp) {
        self.record_event((name, name), now, "Reset master credentials".to_string(), "configuration change");
    }
}
