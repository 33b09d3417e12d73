//! Databases: instances and clusters of RDS, their snapshots, and the actions snapshot, reboot and
//! failover.

mod columns;
mod failover;
mod health;
mod metrics;
mod reboot;
mod rules;
mod snapshot;
mod tabs;

pub use self::snapshot::{generated, valid};
#[cfg(test)]
pub mod tests;

use std::time::Duration;

use super::kind::{Align, Cadence, Kind};
use super::ssm::forward;
use crate::domain::database::{Database, DatabaseDetail};
use crate::domain::ops::Op;
use crate::domain::ops::rds;
use crate::domain::resource::{ActionId, FactsId, KindId};

pub const DATABASES: KindId = KindId("databases");
pub const SNAPSHOT: ActionId = ActionId("snapshot");
pub const REBOOT: ActionId = ActionId("reboot");
pub const FAILOVER: ActionId = ActionId("failover");

/// What a plan over a database needs: [`crate::domain::database::DatabaseFacts`].
pub const FACTS: FactsId = FactsId::new(DATABASES, "facts");

/// RDS gives all its operations one quota, so a list of two calls is read every 15 seconds.
const READS: &[Op] = &[
    rds::DESCRIBE_DB_INSTANCES,
    rds::DESCRIBE_DB_CLUSTERS,
    rds::DESCRIBE_DB_SNAPSHOTS,
    rds::DESCRIBE_DB_CLUSTER_SNAPSHOTS,
    rds::DESCRIBE_EVENTS,
    rds::DESCRIBE_PENDING_MAINTENANCE_ACTIONS,
];

/// What AWS calls ready.
const AVAILABLE: &str = "available";

#[cfg(test)]
pub use metrics::{connections, cpu};
pub use rules::risen;

/// The declaration of the kind.
pub fn kind() -> Kind {
    Kind::of::<Database>(
        DATABASES,
        ("Databases", "DB", "database"),
        Cadence {
            moving: Duration::from_secs(5),
            visible: Duration::from_secs(15),
            hidden: Duration::from_secs(60),
            detail: Duration::from_secs(15),
            endings: None,
        },
        READS,
        health::diagnose,
        columns::json,
    )
    .share(9)
    .with_logs()
    .console::<Database>(columns::console_url)
    .column::<Database>(("name", "DATABASE"), (16, 60), Align::Left, 0, columns::name)
    .column::<Database>(("state", "STATE"), (9, 30), Align::Left, 1, columns::state)
    .column::<Database>(("engine", "ENGINE"), (9, 26), Align::Left, 4, columns::engine)
    .glance::<Database>(("conn", "CONN"), 5, 2, metrics::connections)
    .glance::<Database>(("cpu", "CPU"), 4, 3, metrics::cpu)
    .column::<Database>(("class", "CLASS"), (10, 18), Align::Left, 5, columns::class)
    .column::<Database>(("az", "AZ"), (5, 16), Align::Left, 6, columns::zone)
    .glance::<Database>(("free", "FREE"), 5, 7, metrics::free_storage)
    .column::<Database>(("storage", "STORAGE"), (8, 16), Align::Right, 7, columns::storage)
    .column::<Database>(("backup", "BACKUP"), (7, 10), Align::Left, 8, columns::backup)
    .column::<Database>(("status", "STATUS"), (9, 30), Align::Left, 10, columns::status)
    .why((30, 120), 9)
    .tab::<Database, DatabaseDetail>("Overview", tabs::overview)
    .tab::<Database, DatabaseDetail>("Snapshots", tabs::snapshots)
    .tab::<Database, DatabaseDetail>("Events", tabs::events)
    .tab::<Database, DatabaseDetail>("Configuration", tabs::configuration)
    .led_by::<Database>(rules::leader)
    .rules(rules::rules())
    .graphs::<Database>(metrics::graphs)
    .layers([metrics::layer()])
    .action(snapshot::action())
    .action(reboot::action())
    .action(failover::action())
    .action(forward::of_database())
}
