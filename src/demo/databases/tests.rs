//! What is done to databases, lived to its end.

use super::super::world::tests::Production;
use super::*;
use crate::domain::call::Call;
use crate::domain::fault::FaultKind;
use crate::domain::intent::Receipt;
use crate::domain::ops::rds::{
    CREATE_DB_CLUSTER_SNAPSHOT, CREATE_DB_SNAPSHOT, FAILOVER_DB_CLUSTER, REBOOT_DB_INSTANCE,
};

const PAYMENTS: &str = "harbour-payments-production";
const BOOKING: &str = "harbour-booking-production";
const REPORTING: &str = "harbour-reporting-production";
const LEGACY: &str = "harbour-legacy-production";

/// Production, and what is done to its databases.
struct World(Production);

impl World {
    fn new(calm: bool) -> Self {
        Self(Production::new(if calm { "calm" } else { "default" }))
    }

    fn fleet(&self) -> &Fleet {
        self.0.estate().databases()
    }

    fn pass(&mut self, seconds: u64) {
        self.0.pass(seconds);
    }

    fn call<const N: usize>(&mut self, op: Op, members: [(&str, serde_json::Value); N]) -> Result<Receipt, Refusal> {
        self.0.ask(&Call::new(op, members))
    }

    fn snapshot(&mut self, of: &str, id: &str) -> Result<Receipt, Refusal> {
        self.call(CREATE_DB_SNAPSHOT, [("DBInstanceIdentifier", of.into()), ("DBSnapshotIdentifier", id.into())])
    }

    fn row(&self, name: &str) -> &Database {
        self.fleet().rows.iter().find(|row| &*row.name == name).unwrap()
    }

    fn newest(&self, name: &str) -> Snapshot {
        self.fleet().snapshots_of(self.row(name), true)[0].clone()
    }

    fn said(&self, name: &str, words: &str) -> bool {
        events_of(&self.fleet().events, name, self.0.now(), 3600).iter().any(|event| event.message.contains(words))
    }
}

fn refused(outcome: Result<Receipt, Refusal>, code: &str) {
    let Refusal(kind, said) = outcome.unwrap_err();
    assert!(said.starts_with(code), "{said}");
    assert_eq!(kind == FaultKind::NotFound, code.contains("NotFound"), "{said}");
}

#[test]
fn a_snapshot_is_made_while_its_source_is_backing_up() {
    let mut world = World::new(true);
    let receipt = world.snapshot(PAYMENTS, "Before-Deploy").unwrap();
    assert_eq!(receipt.started.as_deref(), Some("before-deploy"));
    assert_eq!(&*world.row(PAYMENTS).status, "backing-up");
    refused(world.snapshot(PAYMENTS, "second"), "InvalidDBInstanceState: ");
    refused(world.call(REBOOT_DB_INSTANCE, [("DBInstanceIdentifier", PAYMENTS.into())]), "InvalidDBInstanceState: ");
    let mut percent = 0;
    for _ in 0..10 {
        world.pass(1);
        let snapshot = world.newest(PAYMENTS);
        assert!(&*snapshot.status == "creating" && snapshot.percent > Some(percent), "{snapshot:?}");
        percent = snapshot.percent.unwrap();
    }
    world.pass(16);
    let snapshot = world.newest(PAYMENTS);
    assert_eq!((&*snapshot.status, snapshot.percent, snapshot.size), ("available", Some(100), Some(200)));
    assert_eq!(&*world.row(PAYMENTS).status, "available");
    assert!(world.said(PAYMENTS, "Manual snapshot created"));
    refused(world.snapshot(PAYMENTS, "before-deploy"), "DBSnapshotAlreadyExists: ");
}

#[test]
fn a_cluster_stays_available_during_its_snapshot() {
    let mut world = World::new(true);
    let members = [("DBClusterIdentifier", BOOKING.into()), ("DBClusterSnapshotIdentifier", "tonight".into())];
    world.call(CREATE_DB_CLUSTER_SNAPSHOT, members.clone()).unwrap();
    assert_eq!(&*world.row(BOOKING).status, "available");
    world.pass(26);
    assert_eq!(&*world.newest(BOOKING).status, "available");
    refused(world.call(CREATE_DB_CLUSTER_SNAPSHOT, members), "DBClusterSnapshotAlreadyExistsFault: ");
    // Names of instances' snapshots are others.
    world.snapshot(PAYMENTS, "tonight").unwrap();
}

#[test]
fn snapshots_are_refused_as_rds_does() {
    let mut world = World::new(false);
    refused(world.snapshot("nothing", "one"), "DBInstanceNotFound: ");
    refused(world.snapshot(BOOKING, "one"), "DBInstanceNotFound: ");
    refused(world.snapshot(&format!("{BOOKING}-2"), "one"), "InvalidParameterValue: ");
    for id in ["1st", "a--b", "a-", "a_b"] {
        refused(world.snapshot(PAYMENTS, id), "InvalidParameterValue: ");
    }
    world.pass(91);
    assert_eq!(&*world.row(REPORTING).status, "storage-full");
    refused(world.snapshot(REPORTING, "one"), "InvalidDBInstanceState: ");
}

#[test]
fn storage_fills_unless_it_is_calm_and_what_moves_ends_first() {
    let mut world = World::new(false);
    world.pass(50);
    assert!(world.said(
        REPORTING,
        "is low at 0% of the provisioned storage [Provisioned Storage: 200 GB, Free Storage: 0.2 GB]"
    ));
    world.pass(36);
    world.call(REBOOT_DB_INSTANCE, [("DBInstanceIdentifier", REPORTING.into())]).unwrap();
    world.pass(10);
    assert_eq!(&*world.row(REPORTING).status, "rebooting");
    world.pass(25);
    assert_eq!(&*world.row(REPORTING).status, "storage-full");
    assert!(world.said(REPORTING, "Allocated storage has been exhausted"));
    let mut calm = World::new(true);
    calm.pass(600);
    assert!(calm.fleet().rows.iter().all(|row| &*row.status == "available"));
}

#[test]
fn a_reboot_applies_parameters() {
    let mut world = World::new(true);
    assert_eq!(&*world.row(LEGACY).parameter_groups[0].1, "pending-reboot");
    let receipt = world.call(REBOOT_DB_INSTANCE, [("DBInstanceIdentifier", LEGACY.into())]).unwrap();
    assert!(receipt.started.is_none() && !receipt.request_id.is_empty());
    world.pass(17);
    assert_eq!(&*world.row(LEGACY).status, "rebooting");
    world.pass(5);
    let row = world.row(LEGACY);
    assert_eq!((&*row.status, &*row.parameter_groups[0].1), ("available", "in-sync"));
    assert!(world.said(LEGACY, "DB instance restarted"));
    let forced = [("DBInstanceIdentifier", LEGACY.into()), ("ForceFailover", true.into())];
    refused(world.call(REBOOT_DB_INSTANCE, forced), "InvalidParameterCombination: ");
    refused(world.call(REBOOT_DB_INSTANCE, [("DBInstanceIdentifier", "none".into())]), "DBInstanceNotFound: ");
}

#[test]
fn a_forced_failover_goes_to_the_other_zone() {
    let mut world = World::new(true);
    assert_eq!(&*world.row(PAYMENTS).zone, "eu-west-1a");
    let forced = [("DBInstanceIdentifier", PAYMENTS.into()), ("ForceFailover", true.into())];
    world.call(REBOOT_DB_INSTANCE, forced).unwrap();
    assert!(world.said(PAYMENTS, "Multi-AZ instance failover started."));
    world.pass(23);
    assert_eq!(&*world.row(PAYMENTS).zone, "eu-west-1b");
    assert!(world.said(PAYMENTS, "Multi-AZ instance failover completed"));
}

#[test]
fn a_failover_makes_another_member_the_writer() {
    let mut world = World::new(true);
    let (first, second, third) = (format!("{BOOKING}-1"), format!("{BOOKING}-2"), format!("{BOOKING}-3"));
    world.call(FAILOVER_DB_CLUSTER, [("DBClusterIdentifier", BOOKING.into())]).unwrap();
    assert_eq!(&*world.row(BOOKING).status, "failing-over");
    refused(world.call(FAILOVER_DB_CLUSTER, [("DBClusterIdentifier", BOOKING.into())]), "InvalidDBClusterStateFault: ");
    world.pass(14);
    assert_eq!(&*world.row(BOOKING).status, "available");
    assert!(world.said(BOOKING, &format!("Completed failover to DB instance: {second}")));
    let writers = |world: &World| -> Vec<String> {
        let members = world.row(BOOKING).members().iter().filter(|member| member.writer);
        members.map(|member| member.name.to_string()).collect()
    };
    assert_eq!(writers(&world), [&*second]);
    for (name, is) in [(&first, false), (&second, true), (&third, false)] {
        let role = &world.row(name).role;
        assert!(matches!(role, DatabaseRole::Member { writer, .. } if *writer == Some(is)), "{name}: {role:?}");
    }
    let to = |target: &str| {
        [("DBClusterIdentifier", BOOKING.into()), ("TargetDBInstanceIdentifier", serde_json::Value::from(target))]
    };
    refused(world.call(FAILOVER_DB_CLUSTER, to(PAYMENTS)), "InvalidDBInstanceState: ");
    refused(world.call(FAILOVER_DB_CLUSTER, to(&second)), "InvalidDBInstanceState: ");
    refused(world.call(FAILOVER_DB_CLUSTER, [("DBClusterIdentifier", PAYMENTS.into())]), "DBClusterNotFoundFault: ");
    world.call(FAILOVER_DB_CLUSTER, to(&third)).unwrap();
    world.pass(14);
    assert_eq!(writers(&world), [&*third]);
}

#[test]
fn the_nights_left_snapshots_and_events() {
    let world = World::new(true);
    let snapshots = world.fleet().snapshots_of(world.row(PAYMENTS), false);
    assert!(snapshots.iter().filter(|snapshot| &*snapshot.kind == "automated").count() >= 5);
    assert!(snapshots.is_sorted_by_key(|snapshot| std::cmp::Reverse(snapshot.created)));
    assert!(snapshots.iter().all(|snapshot| snapshot.created < Some(world.0.now())));
    let events = events_of(&world.fleet().events, PAYMENTS, world.0.now(), 14 * DAY);
    assert!(events.iter().any(|event| &*event.message == "Finished DB Instance backup"));
    assert!(events.is_sorted_by_key(|event| std::cmp::Reverse(event.at)));
}

#[test]
fn the_same_seed_lives_the_same_life() {
    let live = || {
        let mut world = World::new(false);
        world.snapshot(PAYMENTS, "one").unwrap();
        world.pass(13);
        world.call(FAILOVER_DB_CLUSTER, [("DBClusterIdentifier", BOOKING.into())]).unwrap();
        world.pass(100);
        format!("{:?}", world.fleet())
    };
    assert_eq!(live(), live());
}
