//! How well a database is: its status in words, and what will not wait (certificates, reboots).

use crate::domain::Timestamp;
use crate::domain::database::{Database, DatabaseRole};
use crate::domain::format;
use crate::domain::health::{Diagnosis, Health};

/// A certificate that runs out in fewer days breaks verified connections soon.
const CERTIFICATE_DAYS: i64 = 30;

/// What a status means (RDS User Guide, "Viewing DB instance status"; Aurora guide for clusters).
pub fn of_status(status: &str) -> (Health, &'static str) {
    match status {
        "available" => (Health::Ok, ""),
        "storage-full" => (Health::Down, "its storage is full: writes fail until it is grown"),
        "failed" => (Health::Down, "RDS could not recover it: restore from a snapshot"),
        "stopped" => (Health::Down, "RDS starts it again after seven days"),
        "incompatible-network" => (Health::Down, "its network (VPC, subnets) does not fit: recovery failed"),
        "incompatible-parameters" => (Health::Down, "its parameters do not fit: it cannot start"),
        "incompatible-option-group" => (Health::Down, "its option group does not fit"),
        "incompatible-restore" => (Health::Down, "it could not be restored to that point"),
        "incompatible-create" => (Health::Down, "it could not be made"),
        "inaccessible-encryption-credentials" => {
            (Health::Down, "its KMS key cannot be used: data is lost unless the key comes back")
        }
        "inaccessible-encryption-credentials-recoverable" => {
            (Health::Down, "its KMS key cannot be used: enable the key, then start it")
        }
        "insufficient-capacity" => (Health::Down, "AWS has no capacity for its class here now"),
        "restore-error" => (Health::Down, "restoring it failed"),
        "migration-failed" => (Health::Down, "its migration failed"),
        "delete-precheck" | "deleting" => (Health::Changing, "it is being deleted"),
        "failing-over" => (Health::Changing, "it fails over: connections are dropped"),
        "rebooting" => (Health::Changing, "it reboots: connections are refused"),
        "starting" => (Health::Changing, "it starts"),
        "stopping" => (Health::Changing, "it stops"),
        "backing-up" => (Health::Changing, "a backup is being taken"),
        "storage-optimization" => (Health::Changing, "its storage is being rebuilt: it may be slower"),
        "storage-config-upgrade" | "storage-initialization" => (Health::Changing, "its storage is being set up"),
        "maintenance" => (Health::Changing, "maintenance is applied"),
        "upgrading" => (Health::Changing, "its engine is upgraded"),
        "modifying" | "moving-to-vpc" | "renaming" | "converting-to-vpc" => (Health::Changing, "it is modified"),
        "creating" | "backtracking" | "migrating" | "cloning" | "promoting" => (Health::Changing, ""),
        status if status.starts_with("configuring-") || status.starts_with("resetting-") => {
            (Health::Changing, "it is configured")
        }
        "" => (Health::Unknown, "AWS tells no status"),
        _ => (Health::Unknown, ""),
    }
}

pub fn diagnose(database: &Database, now: Timestamp) -> Diagnosis {
    let status = database.status.as_str();
    let (health, why) = of_status(status);
    if health != Health::Ok {
        let why = match (status, why) {
            ("", why) => why.to_string(),
            (status, "") => status.to_string(),
            (status, why) => format!("{status}: {why}"),
        };
        return Diagnosis::new(health, why);
    }
    if let DatabaseRole::Cluster { members } = &database.role {
        // A cluster is available without anybody to ask.
        if members.is_empty() {
            return Diagnosis::new(Health::Down, "the cluster has no instance: nothing answers");
        }
        if !members.iter().any(|member| member.writer) {
            return Diagnosis::new(Health::Degraded, "no member is the writer: nothing can be written");
        }
    }
    if let Some((authority, Some(until))) = &database.certificate {
        let days = format::seconds_since(now, *until) / 86_400;
        if *until <= now {
            return Diagnosis::new(Health::Degraded, format!("its certificate ({authority}) has run out"));
        }
        if days < CERTIFICATE_DAYS {
            let left = format::count(days as usize, "day");
            return Diagnosis::new(Health::Degraded, format!("its certificate ({authority}) runs out in {left}"));
        }
    }
    let waits = notes(database);
    Diagnosis::new(Health::Ok, waits.join("; "))
}

/// What is worth knowing of a healthy one.
fn notes(database: &Database) -> Vec<String> {
    let mut notes = Vec::new();
    let unsynced = database.parameter_groups.iter().find(|(_, status)| status == "pending-reboot");
    if let Some((group, _)) = unsynced {
        notes.push(format!("parameters of {group} wait for a reboot"));
    }
    let waiting: Vec<&str> =
        database.members().iter().filter(|m| m.parameters == "pending-reboot").map(|m| m.name.as_str()).collect();
    if !waiting.is_empty() {
        notes.push(format!("parameters wait for a reboot of {}", waiting.join(", ")));
    }
    if !database.pending.is_empty() {
        let changes = format::count(database.pending.len(), "modification");
        notes.push(format!("{changes} pending for the maintenance window"));
    }
    notes
}
