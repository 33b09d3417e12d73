//! What happens to databases on a game day.

use super::super::seed::later;
use super::{Coming, Fleet};
use crate::domain::Timestamp;
use crate::domain::database::{Form, Role};
use crate::domain::text::Text;

impl Fleet {
    /// The storage of an instance cannot grow by itself.
    pub fn pin_storage(&mut self, name: &Text) {
        self.rows.iter_mut().filter(|row| row.name == *name).for_each(|row| row.storage_limit = None);
    }

    /// Its storage runs low.
    pub fn runs_low(&mut self, name: &Text, now: Timestamp) {
        self.come(Coming::Low(name.clone()), now);
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

    /// Whether one of a cluster's members is not there to be asked: it restarts.
    pub fn is_restarting(&self, cluster: &str) -> bool {
        self.rows.iter().any(|row| {
            matches!(&row.role, Role::Member { cluster: of, .. } if *of == *cluster) && &*row.status == "rebooting"
        })
    }

    /// The writer of a cluster: its name and its zone.
    pub fn writer(&self, cluster: &str) -> Option<(Text, Text)> {
        let is_it = |role: &Role| matches!(role, Role::Member { cluster: of, writer: Some(true) } if *of == *cluster);
        self.rows.iter().find(|row| is_it(&row.role)).map(|row| (row.name.clone(), row.zone.clone()))
    }

    /// Instances in a zone, by its letter.
    pub fn in_zone(&self, letter: &str) -> impl Iterator<Item = &Text> {
        self.rows.iter().filter(move |row| row.zone.ends_with(letter)).map(|row| &row.name)
    }

    /// A zone is lost: instances with a standby in another fail over to it by themselves.
    pub fn lose_zone(&mut self, letter: &str, now: Timestamp) {
        let is_there =
            |row: &&super::Database| row.form == Form::Instance && row.multi_az && row.zone.ends_with(letter);
        let names: Vec<Text> = self.rows.iter().filter(is_there).map(|row| row.name.clone()).collect();
        for name in names {
            self.say((&name, &name), now, "Multi-AZ instance failover started.".to_string(), "failover");
            self.set_status(&name, "rebooting");
            self.coming.push((later(now, 40), Coming::Restarted { name, failover: true }));
        }
    }

    /// Somebody set a new password for the master user.
    pub fn resets_password(&mut self, name: &Text, now: Timestamp) {
        self.say((name, name), now, "Reset master credentials".to_string(), "configuration change");
    }
}
