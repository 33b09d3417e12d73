//! How well a cache is: its status, and the nodes that do not serve.

use crate::domain::Timestamp;
use crate::domain::cache::Cache;
use crate::domain::format;
use crate::domain::health::{Diagnosis, Health};

/// What a status means (ElastiCache API reference, ReplicationGroup$Status, CacheCluster, ServerlessCache).
fn of_status(status: &str) -> (Health, &'static str) {
    match status {
        "available" => (Health::Ok, ""),
        "create-failed" => (Health::Down, "it could not be made"),
        "incompatible-network" => (Health::Down, "its network (VPC, subnets) does not fit"),
        "restore-failed" => (Health::Down, "it could not be restored from its snapshot"),
        "deleted" => (Health::Down, "it was deleted"),
        "deleting" => (Health::Changing, "it is being deleted"),
        "snapshotting" => (Health::Changing, "a snapshot is being taken"),
        "modifying" => (Health::Changing, "it is modified"),
        "creating" => (Health::Changing, ""),
        "rebooting cluster nodes" | "rebooting" => (Health::Changing, "nodes reboot: what they held is lost"),
        "failing-over" => (Health::Changing, "it fails over"),
        "" => (Health::Unknown, "AWS tells no status"),
        _ => (Health::Unknown, ""),
    }
}

pub fn diagnose(cache: &Cache, _: Timestamp) -> Diagnosis {
    let status = cache.status.as_str();
    let (health, why) = of_status(status);
    if health != Health::Ok {
        let why = match (status, why) {
            ("", why) => why.to_string(),
            (status, "") => status.to_string(),
            (status, why) => format!("{status}: {why}"),
        };
        return Diagnosis::new(health, why);
    }
    let ill: Vec<String> = (cache.nodes.iter())
        .filter(|node| !node.status.is_empty() && node.status != "available")
        .map(|node| format!("{} {}", node.name, node.status))
        .collect();
    if !ill.is_empty() {
        let all = ill.len() == cache.nodes.len();
        return Diagnosis::new(if all { Health::Down } else { Health::Degraded }, ill.join(", "));
    }
    Diagnosis::new(Health::Ok, notes(cache).join("; "))
}

fn notes(cache: &Cache) -> Vec<String> {
    let mut notes = Vec::new();
    if cache.parameter_status == "pending-reboot" {
        notes.push(format!("parameters of {} wait for a reboot", cache.parameter_group));
    }
    if !cache.pending.is_empty() {
        notes.push(format!("{} pending", format::count(cache.pending.len(), "modification")));
    }
    notes
}
