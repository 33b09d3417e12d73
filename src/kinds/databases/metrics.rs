//! The metrics of a database: of RDS and of what RDS lists beside it.

use crate::domain::database::{Database, DatabaseRole, Form};
use crate::domain::metric::{Metric, Readings};
use crate::kinds::metric::{Graph, Layer, Signal, SparklineMetric, Strand, Unit, Worst};

/// Bytes.
pub const GIB: f64 = 1_073_741_824.0;

/// DocumentDB and Neptune write into namespaces of their own, with RDS's dimensions.
fn namespace(database: &Database) -> &'static str {
    match database.engine.as_str() {
        "docdb" => "AWS/DocDB",
        "neptune" => "AWS/Neptune",
        _ => "AWS/RDS",
    }
}

fn is_aurora(database: &Database) -> bool {
    database.engine.starts_with("aurora") || matches!(database.engine.as_str(), "docdb" | "neptune")
}

fn of_instance(database: &Database, instance: &str, name: &str, stat: &str) -> Metric {
    Metric::new(namespace(database), name, stat, &[("DBInstanceIdentifier", instance)])
}

fn of_cluster(database: &Database, name: &str, stat: &str) -> Metric {
    Metric::new(namespace(database), name, stat, &[("DBClusterIdentifier", database.name.as_str())])
}

/// The instances behind it, the writer of a cluster first: an instance alone has no cluster's metrics,
/// and those of a cluster tell nothing of a single one.
fn instances(database: &Database) -> Vec<&str> {
    match database.form {
        Form::Instance => vec![database.name.as_str()],
        Form::Cluster => {
            let mut members: Vec<_> = database.members().iter().collect();
            members.sort_by_key(|member| !member.writer);
            members.into_iter().map(|member| member.name.as_str()).collect()
        }
    }
}

pub fn cpu(database: &Database) -> Option<SparklineMetric> {
    glance(database, Unit::Percent, Worst::Highest, "CPUUtilization", "Average")
}

pub fn connections(database: &Database) -> Option<SparklineMetric> {
    glance(database, Unit::Count, Worst::Highest, "DatabaseConnections", "Maximum")
}

fn glance(database: &Database, unit: Unit, worst: Worst, name: &str, stat: &str) -> Option<SparklineMetric> {
    let metrics = instances(database).into_iter().map(|instance| of_instance(database, instance, name, stat));
    SparklineMetric::of(unit, worst, metrics.collect())
}

pub fn free_storage(database: &Database) -> Option<SparklineMetric> {
    let name = if is_aurora(database) { "FreeLocalStorage" } else { "FreeStorageSpace" };
    glance(database, Unit::Bytes, Worst::Lowest, name, "Minimum")
}

/// How far a replica is behind, with how many of its units are a second: Aurora counts in
/// milliseconds, RDS in seconds, each under a name of its own. `None` of one that is no replica.
pub fn lag(database: &Database) -> Option<(SparklineMetric, f64)> {
    let (unit, name, second) = match &database.role {
        DatabaseRole::Member { writer: Some(true), .. } | DatabaseRole::Alone | DatabaseRole::Cluster { .. } => {
            return None;
        }
        DatabaseRole::Member { .. } if is_aurora(database) => (Unit::Milliseconds, "AuroraReplicaLag", 1000.0),
        DatabaseRole::Replica { .. } | DatabaseRole::Member { .. } => (Unit::Seconds, "ReplicaLag", 1.0),
    };
    Some((glance(database, unit, Worst::Highest, name, "Maximum")?, second))
}

/// What is left of the disk's credits; gp2 alone has such.
pub fn disk_credits(database: &Database) -> Option<SparklineMetric> {
    let has = database.storage_type == "gp2" && database.form == Form::Instance;
    has.then(|| glance(database, Unit::Percent, Worst::Lowest, "BurstBalance", "Minimum")).flatten()
}

/// What is left of the processor's credits where it falls to its base speed without: later classes that
/// burst do so for a charge (RDS User Guide, "DB instance class types": Unlimited mode of T3 and T4g).
pub fn cpu_credits(database: &Database) -> Option<SparklineMetric> {
    let has = database.class.starts_with("db.t2.");
    has.then(|| glance(database, Unit::Count, Worst::Lowest, "CPUCreditBalance", "Minimum")).flatten()
}

pub fn graphs(database: &Database, _: &Readings) -> Vec<Graph> {
    let instances = instances(database);
    let several = instances.len() > 1;
    let of_each = |names: &[(&str, &str, &str)]| -> Vec<Strand> {
        let strands = instances.iter().flat_map(|instance| {
            names.iter().map(move |(label, name, stat)| {
                let label = match (several, *label) {
                    (false, label) => label.to_string(),
                    (true, "") => (*instance).to_string(),
                    (true, label) => format!("{instance} {label}"),
                };
                Strand::new(label, of_instance(database, instance, name, stat))
            })
        });
        strands.collect()
    };
    let mut graphs = vec![
        Graph::new("CPU", Unit::Percent, of_each(&[("", "CPUUtilization", "Average")])),
        Graph::new("Connections", Unit::Count, of_each(&[("", "DatabaseConnections", "Maximum")])),
        Graph::new("Free memory", Unit::Bytes, of_each(&[("", "FreeableMemory", "Minimum")])),
    ];
    if is_aurora(database) {
        // The volume grows by itself; what can run out is the disk for temporary files.
        graphs.push(Graph::new("Free local storage", Unit::Bytes, of_each(&[("", "FreeLocalStorage", "Minimum")])));
        if database.form == Form::Cluster {
            let used = vec![Strand::new("", of_cluster(database, "VolumeBytesUsed", "Average"))];
            graphs.push(Graph::new("Volume used", Unit::Bytes, used));
        }
    } else {
        let whole = database.storage.map(|storage| f64::from(storage) * GIB);
        let free = of_each(&[("", "FreeStorageSpace", "Minimum")]);
        graphs.push(Graph::new("Free storage", Unit::Bytes, free).ceiling(whole));
    }
    let latency = of_each(&[("read", "ReadLatency", "Average"), ("write", "WriteLatency", "Average")]);
    graphs.push(Graph::new("Latency", Unit::Seconds, latency));
    graphs.push(Graph::new("Disk queue", Unit::Count, of_each(&[("", "DiskQueueDepth", "Average")])));
    let replica = "ReplicaLag is written by replicas alone";
    match &database.role {
        // Aurora counts its lag in milliseconds, RDS in seconds, and each under a name of its own.
        DatabaseRole::Member { writer: Some(true), .. } => {}
        DatabaseRole::Member { .. } | DatabaseRole::Cluster { .. } if is_aurora(database) => {
            let lag = of_each(&[("", "AuroraReplicaLag", "Maximum")]);
            graphs.push(Graph::new("Replica lag", Unit::Milliseconds, lag).note("readers alone write it"));
        }
        DatabaseRole::Replica { .. } | DatabaseRole::Member { .. } => {
            let lag = of_each(&[("", "ReplicaLag", "Maximum")]);
            graphs.push(Graph::new("Replica lag", Unit::Seconds, lag).note(replica));
        }
        DatabaseRole::Alone | DatabaseRole::Cluster { .. } => {}
    }
    if database.storage_type == "gp2" {
        graphs.push(Graph::new("Burst balance", Unit::Percent, of_each(&[("", "BurstBalance", "Minimum")])));
    }
    if database.class.starts_with("db.t") {
        graphs.push(Graph::new("CPU credits", Unit::Count, of_each(&[("", "CPUCreditBalance", "Minimum")])));
    }
    graphs
}

pub fn layer() -> Layer {
    Layer::of::<Database>(
        3,
        "Databases",
        // The members stand for their cluster: both would be the same twice.
        |database| database.form == Form::Instance || database.members().is_empty(),
        vec![
            Signal::of("connections", |database: &Database, _: &Readings| connections(database)),
            Signal::of("CPU", |database: &Database, _: &Readings| cpu(database)),
            Signal::of("free disk", |database: &Database, _: &Readings| free_storage(database)),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cluster, instance};
    use super::*;

    fn spelled(database: &Database) -> Vec<String> {
        graphs(database, &Readings::default()).iter().flat_map(Graph::spelled).collect()
    }

    #[test]
    fn an_instance_is_measured_by_its_name_alone() {
        let told = spelled(&instance("orders"));
        for metric in [
            "AWS/RDS CPUUtilization Average DBInstanceIdentifier=orders",
            "AWS/RDS DatabaseConnections Maximum DBInstanceIdentifier=orders",
            "AWS/RDS FreeStorageSpace Minimum DBInstanceIdentifier=orders",
            "AWS/RDS ReadLatency Average DBInstanceIdentifier=orders",
        ] {
            assert!(told.iter().any(|line| line == metric), "{metric}: {told:#?}");
        }
        assert!(!told.iter().any(|line| line.contains("Lag") || line.contains("Local") || line.contains("Burst")));
        let storage = graphs(&instance("orders"), &Readings::default());
        let storage = storage.iter().find(|graph| graph.title == "Free storage").unwrap();
        assert_eq!(storage.ceiling, Some(200.0 * GIB), "the whole disk is the scale");
    }

    #[test]
    fn a_cluster_is_measured_by_its_members_and_only_its_volume_by_itself() {
        let told = spelled(&cluster());
        assert_eq!(told[0], "AWS/RDS CPUUtilization Average DBInstanceIdentifier=c-1", "the writer is first");
        let of_cluster: Vec<&String> = told.iter().filter(|line| line.contains("DBClusterIdentifier")).collect();
        assert_eq!(of_cluster.len(), 1);
        assert!(of_cluster[0].starts_with("AWS/RDS VolumeBytesUsed Average DBClusterIdentifier="));
        assert!(told.iter().any(|line| line == "AWS/RDS AuroraReplicaLag Maximum DBInstanceIdentifier=c-3"));
        assert!(told.iter().any(|line| line.contains(" FreeLocalStorage ")));
        assert!(!told.iter().any(|line| line.contains(" FreeStorageSpace ") || line.contains(" ReplicaLag ")));
    }

    #[test]
    fn what_one_class_or_disk_has_the_others_have_not() {
        let small = Database { class: "db.t3.medium".into(), storage_type: "gp2".into(), ..instance("x") };
        let told = spelled(&small);
        assert!(told.iter().any(|line| line.contains(" BurstBalance Minimum ")));
        assert!(told.iter().any(|line| line.contains(" CPUCreditBalance Minimum ")));
        let replica = Database { role: DatabaseRole::Replica { of: "orders".into() }, ..instance("x") };
        assert!(spelled(&replica).iter().any(|line| line == "AWS/RDS ReplicaLag Maximum DBInstanceIdentifier=x"));
        let document = Database { engine: "docdb".into(), ..instance("x") };
        assert!(spelled(&document).iter().all(|line| line.starts_with("AWS/DocDB ")));
    }
}
