//! What CloudWatch would tell of databases.

use super::super::services::{BOOKING, STARTS};
use super::{GONE, LOAD, TAKEN};
use crate::demo::prelude::*;
use crate::domain::database::{Database, DatabaseRole};

/// The most connections that their parameters let them have.
const CONNECTIONS: f64 = 500.0;

/// What a metric of RDS tells; `None` for others.
pub fn curve<'a>(estate: &'a Estate, metric: &'a Metric, by: &[(&'a str, &'a str)]) -> Option<Curve<'a>> {
    let rows = &estate.databases().rows;
    Some(match (metric.namespace.as_str(), by) {
        ("AWS/RDS", [("DBInstanceIdentifier", name)]) => {
            let row = rows.iter().find(|row| row.name == **name)?;
            let chance = Chance::of(name);
            Box::new(move |at| of_database(estate, (row, chance), metric, at))
        }
        // The volume of a cluster.
        ("AWS/RDS", [("DBClusterIdentifier", name)]) if rows.iter().any(|row| row.name == **name) => {
            Box::new(|at| (metric.name == "VolumeBytesUsed").then_some(84e9 + (at as f64 - 1.7e9) * 9.0))
        }
        _ => return None,
    })
}

fn of_database(estate: &Estate, (database, chance): (&Database, Chance), metric: &Metric, at: i64) -> Option<f64> {
    let name = database.name.as_str();
    if estate.memory.level(GONE, name, at) > 0.0 {
        return None;
    }
    // Retries of the crashing service, and what an empty cache lets through.
    let is_booking = name.contains("booking");
    let flushed = estate.caches().miss_rate("web", at).max(estate.caches().miss_rate("sessions", at));
    let retries = estate.memory.level(STARTS, BOOKING, at);
    let load = if is_booking { 0.6 * retries + flushed } else { 0.0 };
    // What it has left, and what it is asked for besides, up to the most.
    let most = match &database.role {
        DatabaseRole::Member { cluster, .. } => estate.memory.level(LOAD, cluster, at),
        _ => 0.0,
    };
    let up_to = |limit: f64, usual: f64| usual + (limit - usual).max(0.0) * most;
    let is_reader =
        matches!(database.role, DatabaseRole::Member { writer: Some(false), .. } | DatabaseRole::Replica { .. });
    let usual = day(at) * if is_reader { 0.6 } else { 1.0 };
    let noise = chance.noise(at);
    let gib = f64::from(1 << 30);
    let whole = f64::from(database.storage.unwrap_or(0)) * gib;
    let busy = (usual * (1.0 + 0.1 * noise) + load).max(0.0);
    Some(match metric.name.as_str() {
        "CPUUtilization" => up_to(97.0, ((14.0 + 16.0 * chance.own) * busy + 4.0 * load).clamp(1.0, 100.0)),
        "DatabaseConnections" => up_to(CONNECTIONS, (60.0 + 50.0 * chance.own).mul_add(busy, 40.0 * load)).round(),
        "FreeableMemory" => (6.1 + 2.0 * chance.own - 0.5 * busy) * gib,
        "FreeLocalStorage" => (28.0 - 1.5 * busy) * gib,
        "FreeStorageSpace" => whole * free_storage(estate, &database.name, at),
        "ReadLatency" => 0.0006 * (1.0 + 2.0 * load + 14.0 * most + 0.2 * noise),
        "WriteLatency" => 0.0017 * (1.0 + 2.5 * load + 9.0 * most + 0.2 * noise),
        "DiskQueueDepth" => 0.4 * busy + 3.0 * load + 11.0 * most,
        "AuroraReplicaLag" if is_reader => 14.0 + 6.0 * noise + 30.0 * load,
        "ReplicaLag" if is_reader => (0.6 + 0.5 * noise).max(0.0),
        "BurstBalance" => 99.0,
        "CPUCreditBalance" => 560.0 + 12.0 * noise,
        _ => return None,
    })
}

/// The part of an instance's storage that is free at a second.
pub fn free_storage(estate: &Estate, name: &Text, at: i64) -> f64 {
    match estate.databases().free_until_full(name, at) {
        // Where a game day takes the storage it says how much.
        Some(free) if !estate.memory.knows(TAKEN, name) => free,
        _ => (0.42 + 0.2 * Chance::of(name).own) * (1.0 - estate.memory.level(TAKEN, name, at)),
    }
}
