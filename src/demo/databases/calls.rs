//! What changes databases: snapshots, reboots and failovers, each with what RDS refuses, in its words.

use super::{Coming, Fleet, Kept};
use crate::demo::prelude::*;
use crate::domain::database::{DatabaseRole, Form, Snapshot};
use crate::domain::requests::rds::{CreateDbClusterSnapshot, CreateDbSnapshot, FailoverDbCluster, RebootDbInstance};

impl Fleet {
    fn snapshot(&mut self, form: Form, name: &str, id: &str, now: Timestamp) -> Result<Text, Refusal> {
        // RDS keeps identifiers in small letters.
        let id = id.to_ascii_lowercase();
        let source = self.named(form, name)?;
        let (word, state) = match form {
            Form::Instance => ("DBSnapshot", "InvalidDBInstanceState"),
            Form::Cluster => ("DBClusterSnapshot", "InvalidDBClusterStateFault"),
        };
        if !is_identifier(&id) {
            return Err(Refusal::invalid(format!(
                "InvalidParameterValue: The parameter {word}Identifier is not a valid identifier. Identifiers must \
                 begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a \
                 hyphen or contain two consecutive hyphens."
            )));
        }
        if let DatabaseRole::Member { cluster, .. } = &source.role {
            return Err(Refusal::invalid(format!(
                "InvalidParameterValue: The DB instance {name} is a member of the cluster {cluster} and a snapshot \
                 cannot be created directly. Please use the CreateDBClusterSnapshot API instead."
            )));
        }
        if self.snapshots.iter().any(|kept| kept.form == form && *kept.snapshot.id == *id) {
            let fault = if form == Form::Instance { "" } else { "Fault" };
            return Err(Refusal::invalid(format!(
                "{word}AlreadyExists{fault}: Cannot create the snapshot because a snapshot with the identifier {id} \
                 already exists."
            )));
        }
        if !["available", "storage-optimization"].contains(&&*source.status) {
            return Err(Refusal::invalid(format!(
                "{state}: Cannot create a snapshot because the database {} {name} is not currently in the available \
                 state.",
                if form == Form::Instance { "instance" } else { "cluster" }
            )));
        }
        let snapshot = Snapshot {
            id: Text::new(&id),
            kind: "manual".into(),
            status: "creating".into(),
            percent: Some(0),
            created: Some(now),
            size: source.storage,
            encrypted: source.encrypted,
        };
        let of = source.name.clone();
        self.snapshots.insert(0, Kept { of: of.clone(), form, snapshot });
        if form == Form::Instance {
            self.set_status(&of, "backing-up");
        }
        let what = if form == Form::Instance { "manual snapshot" } else { "manual cluster snapshot" };
        self.record_event((&of, &Text::new(&id)), now, format!("Creating {what}"), "backup");
        Ok(id.into())
    }

    fn reboot(&mut self, name: &str, failover: bool, now: Timestamp, rng: &mut Rng) -> Result<(), Refusal> {
        let row = self.named(Form::Instance, name)?;
        if &*row.status != "available" {
            return Err(Refusal::invalid(format!(
                "InvalidDBInstanceState: Instance {name} is not in available state."
            )));
        }
        if failover && !row.multi_az {
            return Err(Refusal::invalid(
                "InvalidParameterCombination: ForceFailover cannot be specified since the instance is not configured \
                 for Multi-AZ.",
            ));
        }
        let name = row.name.clone();
        self.set_status(&name, "rebooting");
        if failover {
            self.record_event((&name, &name), now, "Multi-AZ instance failover started.".to_string(), "failover");
        }
        self.record_event((&name, &name), now, "DB instance shutdown".to_string(), "availability");
        self.coming.push((later(now, rng.i64(18..=22)), Coming::Restarted { name, failover }));
        Ok(())
    }

    fn failover(&mut self, cluster: &str, target: Option<&str>, now: Timestamp, rng: &mut Rng) -> Result<(), Refusal> {
        let row = self.named(Form::Cluster, cluster)?;
        if &*row.status != "available" {
            return Err(Refusal::invalid(format!(
                "InvalidDBClusterStateFault: Cannot failover cluster {cluster}, which is not in available state."
            )));
        }
        let ready = |name: &str| self.get(Form::Instance, name).is_some_and(|row| &*row.status == "available");
        let readers = row.members().iter().filter(|member| !member.writer && ready(&member.name));
        let chosen = match target {
            None => readers.min_by_key(|member| (member.promotion_tier, member.name.clone())),
            Some(name) => {
                if row.members().iter().all(|member| *member.name != *name) {
                    return Err(Refusal::invalid(format!(
                        "InvalidDBInstanceState: DBInstance {name} is not a member of the cluster {cluster}."
                    )));
                }
                readers.into_iter().find(|member| *member.name == *name)
            }
        };
        let Some(writer) = chosen.map(|member| member.name.clone()) else {
            return Err(Refusal::invalid(match target {
                None => format!(
                    "InvalidDBClusterStateFault: Cannot failover cluster {cluster} because there are no healthy \
                     readers to promote."
                ),
                Some(name) => format!(
                    "InvalidDBInstanceState: Cannot failover cluster {cluster} to {name}: it is the writer or not in \
                     available state."
                ),
            }));
        };
        let zone = |name: &str| self.get(Form::Instance, name).map(|row| row.zone.clone());
        let old = row.members().iter().find(|member| member.writer).and_then(|member| zone(&member.name));
        let how = if old == zone(&writer) { "same" } else { "cross" };
        let cluster = row.name.clone();
        self.set_status(&cluster, "failing-over");
        let message = format!("Started {how} AZ failover to DB instance: {writer}");
        self.record_event((&cluster, &cluster), now, message, "failover");
        self.coming.push((later(now, rng.i64(11..=13)), Coming::Promoted { cluster, writer }));
        Ok(())
    }
}

fn snapshot(moment: &mut Moment, form: Form, name: &str, id: &str) -> Result<Receipt, Refusal> {
    let started = moment.estate.databases_mut().snapshot(form, name, id, moment.now)?;
    Ok(receipt(moment.rng, Some(started)))
}

impl Perform for CreateDbSnapshot {
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        snapshot(moment, Form::Instance, &self.db_instance_identifier, &self.db_snapshot_identifier)
    }

    fn attempt_label(&self) -> Option<String> {
        Some(format!("snapshot of {}", self.db_instance_identifier))
    }
}

impl Perform for CreateDbClusterSnapshot {
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        snapshot(moment, Form::Cluster, &self.db_cluster_identifier, &self.db_cluster_snapshot_identifier)
    }

    fn attempt_label(&self) -> Option<String> {
        Some(format!("snapshot of {}", self.db_cluster_identifier))
    }
}

impl Perform for RebootDbInstance {
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        let (fleet, failover) = (moment.estate.databases_mut(), self.force_failover == Some(true));
        fleet.reboot(&self.db_instance_identifier, failover, moment.now, moment.rng)?;
        Ok(receipt(moment.rng, None))
    }

    fn attempt_label(&self) -> Option<String> {
        Some(format!("{} rebooted", self.db_instance_identifier))
    }
}

impl Perform for FailoverDbCluster {
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        let target = self.target_db_instance_identifier.as_deref();
        moment.estate.databases_mut().failover(&self.db_cluster_identifier, target, moment.now, moment.rng)?;
        Ok(receipt(moment.rng, None))
    }

    fn attempt_label(&self) -> Option<String> {
        Some(format!("{} failed over", self.db_cluster_identifier))
    }
}

/// Whether RDS takes it for the name of a snapshot.
fn is_identifier(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_alphabetic())
        && id.len() <= 255
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !id.ends_with('-')
        && !id.contains("--")
}
