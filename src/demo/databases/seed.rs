//! The databases of Harbour Lines as they are at the start.

use super::super::clock::night;
use super::{Coming, Fleet, Kept};
use crate::demo::prelude::*;
use crate::domain::database::{Database, DatabaseRole, Form, Maintenance, Member, Snapshot};
use crate::domain::event::Event;

/// Seconds after midnight at which the nightly backup begins.
const BACKUP: i64 = 2 * 3600 + 11 * 60;

/// The account's own part of the endpoints' names.
const DOMAIN: &str = "c4h7lines2qx";

impl Fleet {
    /// The databases of a stage.
    pub fn new(place: &Place, now: Timestamp) -> Self {
        let mut fleet = Self { rows: vec![], snapshots: vec![], events: vec![], maintenance: vec![], coming: vec![] };
        match place.stage {
            "production" => fleet.production(place, now),
            "staging" => {
                let mut booking = instance(place, now, "booking", ("postgres", "16.4"), "db.t4g.medium");
                booking.backup_retention = 3;
                booking.pending = vec![("DBInstanceClass".into(), "db.t4g.large".into())];
                fleet.rows.push(booking);
            }
            _ => {
                let mut booking = instance(place, now, "booking", ("postgres", "16.4"), "db.t4g.micro");
                booking.backup_retention = 1;
                booking.deletion_protection = false;
                booking.performance_insights = false;
                fleet.rows.push(booking);
            }
        }
        fleet.nights(now);
        fleet
    }

    fn production(&mut self, place: &Place, now: Timestamp) {
        self.aurora(place, now);

        let mut payments = instance(place, now, "payments", ("postgres", "16.4"), "db.r6g.large");
        payments.multi_az = true;
        (payments.storage, payments.storage_limit) = (Some(200), Some(500));
        payments.backup_retention = 14;
        let manual = Kept {
            of: payments.name.clone(),
            form: Form::Instance,
            snapshot: Snapshot {
                id: "payments-before-16-4".into(),
                kind: "manual".into(),
                status: "available".into(),
                percent: Some(100),
                created: Some(later(now, -41 * DAY)),
                size: Some(200),
                encrypted: true,
            },
        };
        self.snapshots.push(manual);

        let mut reporting = instance(place, now, "reporting", ("postgres", "16.4"), "db.r6g.large");
        reporting.role = DatabaseRole::Replica { of: payments.name.clone() };
        // A replica's storage does not grow with its source's: this one's does not grow at all.
        (reporting.storage, reporting.storage_limit) = (Some(200), None);
        (reporting.backup_retention, reporting.latest_restorable) = (0, None);
        reporting.zone = place.zone("b");
        if !place.calm {
            self.coming.push((later(now, 45), Coming::Low(reporting.name.clone())));
            self.coming.push((later(now, 90), Coming::Full(reporting.name.clone())));
        }

        let mut legacy = instance(place, now, "legacy", ("mysql", "8.0.35"), "db.t3.medium");
        legacy.storage_type = "gp2".into();
        (legacy.storage, legacy.storage_limit) = (Some(20), None);
        legacy.encrypted = false;
        legacy.deletion_protection = false;
        legacy.performance_insights = false;
        legacy.parameter_groups = vec![("harbour-legacy-mysql8".into(), "pending-reboot".into())];
        legacy.certificate = Some(("rds-ca-2019".into(), Some(later(now, 40 * DAY))));
        legacy.log_exports = vec![];
        legacy.created = Some(later(now, -2200 * DAY));
        let update = Maintenance {
            action: "system-update".into(),
            description: "New Operating System update is available".into(),
            auto_applied_after: Some(later(now, 12 * DAY)),
            forced_after: None,
            opt_in: "next-maintenance".into(),
        };
        self.maintenance.push((legacy.name.clone(), update));
        self.rows.extend([payments, reporting, legacy]);
    }

    /// A cluster of Aurora with a writer and two readers.
    fn aurora(&mut self, place: &Place, now: Timestamp) {
        const ENGINE: (&str, &str) = ("aurora-postgresql", "16.4");
        let mut cluster = instance(place, now, "booking", ENGINE, "");
        let name = cluster.name.clone();
        let member = |number: i32| Member {
            name: format!("{name}-{number}").into(),
            writer: number == 1,
            parameters: "in-sync".into(),
            promotion_tier: Some(number.min(2) - 1),
        };
        let members: Vec<Member> = (1..=3).map(member).collect();
        for (member, letter) in members.iter().zip(["a", "b", "c"]) {
            let mut row = instance(place, now, "booking", ENGINE, "db.r6g.xlarge");
            row.name = member.name.clone();
            row.id = place.arn("rds", &format!("db:{}", member.name));
            row.role = DatabaseRole::Member { cluster: name.clone(), writer: Some(member.writer) };
            row.zone = place.zone(letter);
            (row.storage, row.storage_limit, row.storage_type) = (None, None, "aurora".into());
            row.endpoint = Some(endpoint(place, &member.name, "", 5432));
            row.parameter_groups = vec![("harbour-aurora-postgresql16".into(), "in-sync".into())];
            // Backups are the cluster's.
            row.latest_restorable = None;
            self.rows.push(row);
        }
        cluster.id = place.arn("rds", &format!("cluster:{name}"));
        (cluster.form, cluster.part) = (Form::Cluster, Form::Cluster.part().into());
        cluster.role = DatabaseRole::Cluster { members };
        cluster.multi_az = true;
        cluster.zone = Text::default();
        (cluster.storage, cluster.storage_limit, cluster.storage_type) = (None, None, "aurora".into());
        cluster.endpoint = Some(endpoint(place, &name, "cluster-", 5432));
        cluster.reader_endpoint = Some(endpoint(place, &name, "cluster-ro-", 5432));
        cluster.backup_retention = 14;
        cluster.parameter_groups = vec![("harbour-aurora-postgresql16".into(), "in-sync".into())];
        cluster.certificate = None;
        self.rows.push(cluster);
        let message = format!("Completed failover to DB instance: {name}-1");
        self.record_event((&name, &name), later(now, -9 * DAY), message, "failover");
    }

    /// The automated snapshots of the last nights with their events.
    fn nights(&mut self, now: Timestamp) {
        for row in &self.rows {
            // A member's are its cluster's.
            if matches!(row.role, DatabaseRole::Member { .. }) {
                continue;
            }
            for nights in 1..=i64::from(row.backup_retention.min(7)) {
                let at = night(now, nights, BACKUP);
                let snapshot = Snapshot {
                    id: format!("rds:{}-{}", row.name, at.strftime("%Y-%m-%d-%H-%M")).into(),
                    kind: "automated".into(),
                    status: "available".into(),
                    percent: Some(100),
                    created: Some(at),
                    size: row.storage,
                    encrypted: row.encrypted,
                };
                self.snapshots.push(Kept { of: row.name.clone(), form: row.form, snapshot });
                if row.form == Form::Instance {
                    let tell = |at, message: &str| Event {
                        at: Some(at),
                        source: row.name.clone(),
                        message: message.into(),
                        categories: vec!["backup".into()],
                    };
                    self.events.push((row.name.clone(), tell(at, "Backing up DB instance")));
                    self.events.push((row.name.clone(), tell(later(at, 154), "Finished DB Instance backup")));
                }
            }
        }
        self.snapshots.sort_by_key(|kept| std::cmp::Reverse(kept.snapshot.created));
        self.events.sort_by_key(|(_, event)| std::cmp::Reverse(event.at));
    }
}

fn endpoint(place: &Place, name: &str, form: &str, port: u16) -> Text {
    format!("{name}.{form}{DOMAIN}.{}.rds.amazonaws.com:{port}", place.region).into()
}

/// An ordinary instance of a stage.
fn instance(place: &Place, now: Timestamp, what: &str, (engine, version): (&str, &str), class: &str) -> Database {
    let name = place.name(what);
    let mysql = engine == "mysql";
    Database {
        id: place.arn("rds", &format!("db:{name}")),
        part: Form::Instance.part().into(),
        engine: engine.into(),
        version: version.into(),
        class: class.into(),
        status: "available".into(),
        zone: place.zone("a"),
        storage: Some(50),
        storage_limit: Some(200),
        storage_type: "gp3".into(),
        encrypted: true,
        endpoint: Some(endpoint(place, &name, "", if mysql { 3306 } else { 5432 })),
        backup_retention: 7,
        backup_window: "02:00-02:30".into(),
        latest_restorable: Some(later(now, -200)),
        maintenance_window: "sun:03:30-sun:04:00".into(),
        deletion_protection: true,
        performance_insights: true,
        parameter_groups: vec![(
            format!("default.{engine}{}", if mysql { "8.0" } else { "16" }).into(),
            "in-sync".into(),
        )],
        certificate: Some(("rds-ca-rsa2048-g1".into(), Some(later(now, 290 * DAY)))),
        log_exports: vec![if mysql { "error" } else { "postgresql" }.into()],
        created: Some(later(now, -600 * DAY)),
        name,
        ..Database::default()
    }
}
