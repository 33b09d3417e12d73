//! The alarms of Harbour Lines as they are at the start.

use super::super::services::{BALANCER, target_group};
use super::{Fleet, of_tracking};
use crate::demo::prelude::*;
use crate::domain::alarm::{Alarm, AlarmState, Condition, List, Watched};

const GIB: f64 = 1_073_741_824.0;

impl Fleet {
    /// The alarms of a stage.
    pub fn new(place: &Place, now: Timestamp) -> Self {
        let mut fleet = Self { rows: vec![], history: vec![], turned: true };
        match place.stage {
            "production" => fleet.production(place, now),
            "staging" => fleet.errors(place, now, "booking-api"),
            _ => {}
        }
        fleet
    }

    fn production(&mut self, place: &Place, now: Timestamp) {
        self.errors(place, now, "booking-api");
        self.errors(place, now, "web");
        for (service, cluster) in
            [("booking-api", "harbour-core"), ("worker", "harbour-jobs"), ("backfill", "harbour-jobs")]
        {
            let name = place.name(service);
            let mut row =
                row(place, &format!("{name}-cpu"), of_service("CPUUtilization", cluster, &name), over(80.0), now);
            if service == "backfill" {
                row.state = AlarmState::InsufficientData;
                row.since = Some(later(now, -33 * DAY));
                row.reason = "Insufficient Data: 3 datapoints were unknown.".into();
            }
            self.add(row);
        }
        self.scaling(place, now, "web", 5 * 3600);
        self.scaling(place, now, "booking-api", 7 * 3600);
        let payments = place.name("payments");
        let of_database = |name: &str| Metric::new("AWS/RDS", name, "Average", &[("DBInstanceIdentifier", &payments)]);
        let connections =
            row(place, &format!("{payments}-connections"), of_database("DatabaseConnections"), over(400.0), now);
        self.add(connections);
        let below = Condition { comparison: "LessThanThreshold".into(), ..over(20.0 * GIB) };
        let mut storage = row(place, &format!("{payments}-storage"), of_database("FreeStorageSpace"), below, now);
        storage.description = "Grow it before it is full: https://wiki.harbour-lines.example/runbooks/storage".into();
        self.add(storage);
        let cache = place.name("web");
        let node = format!("{cache}-001");
        let evictions = Metric::new("AWS/ElastiCache", "Evictions", "Sum", &[("CacheClusterId", &node)]);
        self.add(row(place, &format!("{cache}-evictions"), evictions, over(1000.0), now));
        let mut reports = row(
            place,
            &format!("{}-memory", place.name("reports")),
            of_service("MemoryUtilization", "harbour-jobs", &place.name("reports")),
            over(90.0),
            now,
        );
        reports.actions_enabled = false;
        self.add(reports);
        let edge = [("DistributionId", "E2HARBOURWEB01"), ("Region", "Global")];
        let edge = Metric::new("AWS/CloudFront", "5xxErrorRate", "Average", &edge);
        let mut edge = row(place, "harbour-cdn-5xx", edge, over(5.0), now);
        edge.id = ResourceId(format!("arn:aws:cloudwatch:us-east-1:{}:alarm:{}", place.account, edge.name).into());
        edge.part = List::Global.part().into();
        self.add(edge);
        self.journey(place, now);
    }

    /// Errors that the targets of a service answer with.
    fn errors(&mut self, place: &Place, now: Timestamp, what: &str) {
        let name = place.name(what);
        let groups = [("LoadBalancer", BALANCER), ("TargetGroup", &target_group(&name))];
        let errors = Metric::new("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", &groups);
        let mut row = row(
            place,
            &format!("{name}-5xx"),
            errors,
            Condition { datapoints: (1, 1), missing: "notBreaching".into(), ..over(25.0) },
            now,
        );
        row.description = "Passengers see errors: https://wiki.harbour-lines.example/runbooks/5xx".into();
        self.add(row);
    }

    /// The two alarms of a target tracking policy: the low one rings, so many seconds since, as at any time
    /// with little to do.
    fn scaling(&mut self, place: &Place, now: Timestamp, what: &str, ago: i64) {
        let service = place.name(what);
        for (side, threshold, comparison) in
            [("High", 60.0, "GreaterThanThreshold"), ("Low", 54.0, "LessThanThreshold")]
        {
            let name = of_tracking(&format!("service/harbour-core/{service}"), side);
            let condition = Condition { comparison: comparison.into(), ..over(threshold) };
            let mut row = row(place, &name, of_service("CPUUtilization", "harbour-core", &service), condition, now);
            let policy = format!("scalingPolicy:5d2f0a9c:resource/ecs/service/harbour-core/{service}:policyName/cpu");
            row.actions = vec![place.arn("autoscaling", &policy).0];
            if side == "Low" {
                (row.state, row.since) = (AlarmState::Alarm, Some(later(now, -ago)));
            }
            self.add(row);
        }
    }

    /// What passengers notice, whatever part of it fails.
    fn journey(&mut self, place: &Place, now: Timestamp) {
        let children: Vec<Text> =
            ["booking-api-production-5xx", "web-production-5xx", "payments-production-connections"]
                .map(|name| format!("harbour-{name}").into())
                .to_vec();
        let terms: Vec<String> = children.iter().map(|name| format!("ALARM(\"{name}\")")).collect();
        let mut row = row(place, "harbour-booking-journey", Metric::new("", "", "", &[]), over(0.0), now);
        row.watched = Watched::Rule(terms.join(" OR ").into());
        row.part = List::Composite.part().into();
        row.reason = "The rule became false.".into();
        row.suppressor = "harbour-maintenance".into();
        self.add(row);
    }

    fn add(&mut self, row: Alarm) {
        if let (true, Some(since)) = (row.state != AlarmState::Ok, row.since) {
            self.record_event(
                &row.name,
                since,
                "StateUpdate",
                format!("Alarm updated from OK to {}", row.state.word()),
            );
        }
        if let Some(since) = row.since {
            self.record_event(
                &row.name,
                later(since, -40 * DAY),
                "ConfigurationUpdate",
                "Alarm \"".to_string() + &row.name + "\" created",
            );
        }
        self.history.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.at));
        self.rows.push(row);
    }
}

fn of_service(name: &str, cluster: &str, service: &str) -> Metric {
    Metric::new("AWS/ECS", name, "Average", &[("ClusterName", cluster), ("ServiceName", service)])
}

fn over(threshold: f64) -> Condition {
    Condition {
        comparison: "GreaterThanThreshold".into(),
        threshold: Some(threshold),
        period: 60,
        datapoints: (3, 3),
        missing: "missing".into(),
    }
}

/// One that is well, and has been for some days.
fn row(place: &Place, name: &str, metric: Metric, condition: Condition, now: Timestamp) -> Alarm {
    let threshold = condition.threshold.unwrap_or_default();
    Alarm {
        id: place.arn("cloudwatch", &format!("alarm:{name}")),
        name: name.into(),
        part: List::Metric.part().into(),
        state: AlarmState::Ok,
        since: Some(later(now, -9 * DAY)),
        reason: format!("Threshold Crossed: no datapoints were beyond the threshold ({threshold:.1}).").into(),
        description: Text::default(),
        watched: Watched::Metric(metric, condition),
        evaluation: Text::default(),
        actions_enabled: true,
        actions: vec![place.arn("sns", "harbour-on-call").0],
        suppressor: Text::default(),
        suppressed: Text::default(),
    }
}
