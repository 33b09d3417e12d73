//! Databases: instances and clusters of RDS, their snapshots, and the actions snapshot, reboot and
//! failover.

mod actions;
mod columns;
mod health;
mod metrics;
mod rules;
mod tabs;

#[cfg(test)]
pub mod tests;

use serde_json::Value;

use super::action::Action;
use super::column::Column;
use super::kind::{Address, Bond, Cadence, KindSpec, RenderContext, Role, Upstream};
use super::metric::{Graph, Layer};
use super::rule::{Rule, RuleInput};
use super::tab::Tab;
use super::timeline::Trail;
use crate::domain::Timestamp;
use crate::domain::database::{Database, DatabaseRole};
use crate::domain::health::Diagnosis;
use crate::domain::metric::Readings;
use crate::domain::ops::Op;
use crate::domain::ops::rds;
use crate::domain::resource::{FactsId, KindId};
use crate::domain::text::Text;
use crate::domain::timeline::TimelineSource;

pub const DATABASES: KindId = KindId("databases");

/// DescribeEvents, kept for 14 days.
pub const EVENTS: TimelineSource = TimelineSource::asked(30, 60, "RDS", "RDS");

/// What a plan over a database needs: [`crate::domain::database::DatabaseFacts`].
pub const FACTS: FactsId = FactsId::new(DATABASES, "facts");

/// What AWS calls ready.
const AVAILABLE: &str = "available";

#[cfg(test)]
pub use metrics::{connections, cpu};

/// The declaration of the kind.
pub struct Databases;

impl KindSpec for Databases {
    type Resource = Database;

    const ID: KindId = DATABASES;
    const TITLE: &str = "Databases";
    const SHORT_TITLE: &str = "DB";
    const NOUN: &str = "database";
    const SYNONYMS: &str = "db rds aurora postgres mysql";
    const CADENCE: Cadence = Cadence::of_seconds(5, 15, 60, 15);
    /// RDS gives all its operations one quota, so a list of two calls is read every 15 seconds.
    const READS: &[Op] = &[
        rds::DESCRIBE_DB_INSTANCES,
        rds::DESCRIBE_DB_CLUSTERS,
        rds::DESCRIBE_DB_SNAPSHOTS,
        rds::DESCRIBE_DB_CLUSTER_SNAPSHOTS,
        rds::DESCRIBE_EVENTS,
        rds::DESCRIBE_PENDING_MAINTENANCE_ACTIONS,
    ];
    const ACTIONS: &[&dyn Action] = actions::ALL;
    const SHARE: u16 = 9;
    const TRAIL: Option<Trail> = Some(Trail {
        service: "rds.amazonaws.com",
        names: &["dBInstanceIdentifier", "dBClusterIdentifier"],
        told: &[
            "dBInstanceClass",
            "allocatedStorage",
            "dBParameterGroupName",
            "applyImmediately",
            "forceFailover",
            "targetDBInstanceIdentifier",
            "dBSnapshotIdentifier",
            "dBClusterSnapshotIdentifier",
        ],
    });
    const ROLE: Role = Role::Database;
    const DIMENSIONS: &[&str] = &["DBInstanceIdentifier", "DBClusterIdentifier"];
    const HAS_LOGS: bool = true;
    const EVENT_SOURCE: Option<TimelineSource> = Some(EVENTS);

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::left(("name", "DATABASE"), (16, 60), 0, columns::name),
            Column::left(("state", "STATE"), (9, 30), 1, columns::state),
            Column::left(("engine", "ENGINE"), (9, 26), 4, columns::engine),
            Column::metric(("conn", "CONN"), 5, 2, metrics::connections),
            Column::metric(("cpu", "CPU"), 4, 3, metrics::cpu),
            Column::left(("class", "CLASS"), (10, 18), 5, columns::class),
            Column::left(("az", "AZ"), (5, 16), 6, columns::zone),
            Column::metric(("free", "FREE"), 5, 7, metrics::free_storage),
            Column::right(("storage", "STORAGE"), (8, 16), 7, columns::storage),
            Column::left(("backup", "BACKUP"), (7, 10), 8, columns::backup),
            Column::left(("status", "STATUS"), (9, 30), 10, columns::status),
            Column::why((30, 120), 9),
        ]
    }

    fn tabs(&self) -> Vec<Tab> {
        vec![
            Tab::new("Overview", tabs::overview),
            Tab::new("Snapshots", tabs::snapshots),
            Tab::new("Events", tabs::events),
            Tab::new("Configuration", tabs::configuration),
            Tab::charts(),
        ]
    }

    fn diagnose(&self, database: &Database, now: Timestamp) -> Diagnosis {
        health::diagnose(database, now)
    }

    fn json(&self, database: &Database, context: RenderContext) -> Value {
        columns::json(database, context)
    }

    fn rules(&self) -> Vec<Rule> {
        rules::rules()
    }

    fn layers(&self) -> Vec<Layer> {
        vec![metrics::layer()]
    }

    fn graphs(&self, database: &Database, readings: &Readings) -> Vec<Graph> {
        metrics::graphs(database, readings)
    }

    fn upstreams(&self, database: &Database) -> Vec<Upstream> {
        match &database.role {
            DatabaseRole::Member { cluster: whole, .. } | DatabaseRole::Replica { of: whole } => {
                vec![Upstream { at: Address::Resource(DATABASES, whole.clone()), bond: Bond::Part }]
            }
            DatabaseRole::Alone | DatabaseRole::Cluster { .. } => vec![],
        }
    }

    fn risen(&self, database: &Database, input: &RuleInput, since: Timestamp) -> Option<(&'static str, String)> {
        rules::risen(database, input, since)
    }

    fn leader(&self, database: &Database) -> Option<Text> {
        rules::leader(database)
    }

    fn console_url(&self, database: &Database, region: &str) -> Option<String> {
        Some(columns::console_url(database, region))
    }
}
