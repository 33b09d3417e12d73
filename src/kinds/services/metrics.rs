//! The metrics of a service: of ECS, and of the load balancers that send to it.

use crate::domain::metric::{Metric, Readings};
use crate::domain::service::Service;
use crate::domain::text::Text;
use crate::kinds::metric::{Graph, Layer, Signal, SparklineMetric, Strand, Unit, Worst};

/// ECS writes by cluster and service together: by the name of the service alone there is nothing
/// (ECS guide, "CloudWatch metrics").
fn ecs(service: &Service, name: &str, stat: &str) -> Metric {
    let dimensions = [("ClusterName", service.cluster.as_str()), ("ServiceName", service.name.as_str())];
    Metric::new("AWS/ECS", name, stat, &dimensions)
}

pub fn cpu(service: &Service) -> Option<SparklineMetric> {
    SparklineMetric::of(Unit::Percent, Worst::Highest, vec![ecs(service, "CPUUtilization", "Average")])
}

pub fn memory(service: &Service) -> Option<SparklineMetric> {
    SparklineMetric::of(Unit::Percent, Worst::Highest, vec![ecs(service, "MemoryUtilization", "Average")])
}

/// A target group under one of its balancers.
struct Target<'a> {
    /// `targetgroup/web/73e2d6bc24d8a067`.
    group: &'a str,
    /// `app/web/50dc6c495c0c9188`.
    balancer: &'a str,
}

/// The target groups of Application Load Balancers; the others measure other things.
fn targets<'a>(service: &'a Service, readings: &'a Readings) -> Vec<Target<'a>> {
    let pairs = service.target_groups.iter().flat_map(|arn| {
        let group = arn.rsplit(':').next().unwrap_or_default();
        readings.balancers(arn).iter().map(move |balancer| Target { group, balancer })
    });
    pairs.filter(|target| target.balancer.starts_with("app/")).collect()
}

impl Target<'_> {
    fn metric(&self, name: &str, stat: &str) -> Metric {
        let dimensions = [("LoadBalancer", self.balancer), ("TargetGroup", self.group)];
        Metric::new("AWS/ApplicationELB", name, stat, &dimensions)
    }

    /// What the balancer answers by itself belongs to no target group.
    fn of_balancer(&self, name: &str, stat: &str) -> Metric {
        Metric::new("AWS/ApplicationELB", name, stat, &[("LoadBalancer", self.balancer)])
    }

    /// The group's name, where there are several.
    fn name(&self) -> &str {
        self.group.split('/').nth(1).unwrap_or(self.group)
    }
}

/// How many targets the balancers take for unhealthy, the most of each group.
pub fn unhealthy_hosts(service: &Service, readings: &Readings) -> Vec<Metric> {
    targets(service, readings).iter().map(|target| target.metric("UnHealthyHostCount", "Maximum")).collect()
}

pub fn graphs(service: &Service, readings: &Readings) -> Vec<Graph> {
    let both = |name: &str| {
        vec![
            Strand::new("average", ecs(service, name, "Average")),
            Strand::new("maximum", ecs(service, name, "Maximum")),
        ]
    };
    let unseen = "ECS writes nothing while no task runs";
    let mut graphs = vec![
        Graph::new("CPU", Unit::Percent, both("CPUUtilization")).note(unseen),
        Graph::new("Memory", Unit::Percent, both("MemoryUtilization")).note(unseen),
    ];
    let targets = targets(service, readings);
    if targets.is_empty() {
        return graphs;
    }
    let several = targets.len() > 1;
    let of_each = |names: &[(&str, &str, &str)]| -> Vec<Strand> {
        let strands = targets.iter().flat_map(|target| {
            names.iter().map(move |(label, name, stat)| {
                let label = match (several, *label) {
                    (false, label) => label.to_string(),
                    (true, "") => target.name().to_string(),
                    (true, label) => format!("{} {label}", target.name()),
                };
                Strand::new(label, target.metric(name, stat))
            })
        });
        strands.collect()
    };
    let mut errors = of_each(&[("of targets", "HTTPCode_Target_5XX_Count", "Sum")]);
    let mut refused = of_each(&[("connection errors", "TargetConnectionErrorCount", "Sum")]);
    let mut balancers: Vec<&Target> = targets.iter().collect();
    balancers.dedup_by_key(|target| target.balancer);
    for balancer in balancers {
        errors.push(Strand::new("of the balancer", balancer.of_balancer("HTTPCode_ELB_5XX_Count", "Sum")));
        refused.push(Strand::new("rejected", balancer.of_balancer("RejectedConnectionCount", "Sum")));
    }
    graphs.extend([
        Graph::new("Requests", Unit::PerSecond, of_each(&[("", "RequestCount", "Sum")])).zero_where_absent(),
        Graph::new("5xx", Unit::PerSecond, errors).zero_where_absent(),
        // Without a request there is no time of one.
        Graph::new(
            "Response time",
            Unit::Seconds,
            of_each(&[("p50", "TargetResponseTime", "p50"), ("p99", "TargetResponseTime", "p99")]),
        ),
        Graph::new("Unhealthy targets", Unit::Count, of_each(&[("", "UnHealthyHostCount", "Maximum")])),
        Graph::new("Connections refused", Unit::PerSecond, refused).zero_where_absent(),
    ]);
    graphs
}

/// A glance over all target groups of a service.
fn balanced(service: &Service, readings: &Readings, unit: Unit, (name, stat): (&str, &str)) -> Option<SparklineMetric> {
    let metrics = targets(service, readings).iter().map(|target| target.metric(name, stat)).collect();
    SparklineMetric::of(unit, Worst::Highest, metrics)
}

/// The time that the slowest of a hundred requests take.
pub fn latency(service: &Service, readings: &Readings) -> Option<SparklineMetric> {
    balanced(service, readings, Unit::Seconds, ("TargetResponseTime", "p99"))
}

/// Of each target group its name, its errors and its requests.
pub fn answers(
    service: &Service,
    readings: &Readings,
) -> Vec<(String, Option<SparklineMetric>, Option<SparklineMetric>)> {
    let of = |target: &Target| {
        let count = |name| SparklineMetric::of(Unit::PerSecond, Worst::Highest, vec![target.metric(name, "Sum")]);
        let counted = |name| count(name).map(SparklineMetric::zero_where_absent);
        (target.name().to_string(), counted("HTTPCode_Target_5XX_Count"), counted("RequestCount"))
    };
    targets(service, readings).iter().map(of).collect()
}

/// Each balancer with the errors that it answers by itself: none of a target.
pub fn balancer_errors(service: &Service, readings: &Readings) -> Vec<(Text, Option<SparklineMetric>)> {
    let mut all = targets(service, readings);
    all.sort_by_key(|target| target.balancer);
    all.dedup_by_key(|target| target.balancer);
    let of = |target: &Target| {
        let errors = SparklineMetric::of(
            Unit::PerSecond,
            Worst::Highest,
            vec![target.of_balancer("HTTPCode_ELB_5XX_Count", "Sum")],
        );
        (target.balancer.into(), errors.map(SparklineMetric::zero_where_absent))
    };
    all.iter().map(of).collect()
}

pub fn layers() -> Vec<Layer> {
    let requests = |service: &Service, readings: &Readings| {
        Some(balanced(service, readings, Unit::PerSecond, ("RequestCount", "Sum"))?.zero_where_absent())
    };
    let errors = |service: &Service, readings: &Readings| {
        Some(
            balanced(service, readings, Unit::PerSecond, ("HTTPCode_Target_5XX_Count", "Sum"))?
                .zero_where_absent()
                .scaled_to(1.0),
        )
    };
    vec![
        Layer::of::<Service>(
            1,
            "Load balancing",
            |service| !service.target_groups.is_empty(),
            vec![Signal::of("5xx", errors), Signal::of("p99", latency), Signal::of("requests", requests)],
        ),
        Layer::of::<Service>(
            2,
            "Services",
            |_| true,
            vec![
                Signal::of("CPU", |service: &Service, _: &Readings| cpu(service)),
                Signal::of("memory", |service: &Service, _: &Readings| memory(service)),
            ],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::services::fixtures::{now, service as build};

    const GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/api/73e2";

    fn names(graph: &Graph) -> Vec<(String, String, Vec<String>)> {
        let told = |strand: &Strand| {
            let dimensions = strand.metric.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
            (strand.metric.name.to_string(), strand.metric.stat.to_string(), dimensions)
        };
        graph.strands.iter().map(told).collect()
    }

    fn balanced() -> (Service, Readings) {
        let (service, mut readings) = (Service { target_groups: vec![GROUP.into()], ..build(2) }, Readings::default());
        readings.accept_balancers(&[], Ok(vec![(GROUP.into(), vec!["app/web/50dc".into()])]), now());
        (service, readings)
    }

    #[test]
    fn a_service_is_asked_for_by_its_cluster_too() {
        let graphs = graphs(&build(2), &Readings::default());
        assert_eq!(graphs.len(), 2, "without a balancer there is nothing of one");
        for graph in &graphs {
            for strand in &graph.strands {
                assert_eq!(strand.metric.namespace, "AWS/ECS");
                let wanted = [("ClusterName", "marine"), ("ServiceName", "api")];
                assert_eq!(strand.metric.dimensions, wanted.map(|(name, value)| (name.into(), value.into())));
            }
        }
        assert_eq!(graphs[0].strands[1].metric.stat, "Maximum");
        assert_eq!(graphs[0].ceiling, Some(100.0));
    }

    #[test]
    fn errors_of_targets_and_of_the_balancer_are_told_apart() {
        let (service, readings) = balanced();
        let graphs = graphs(&service, &readings);
        let errors = graphs.iter().find(|graph| graph.title == "5xx").unwrap();
        let (balancer, group) =
            ("LoadBalancer=app/web/50dc".to_string(), "TargetGroup=targetgroup/api/73e2".to_string());
        assert_eq!(
            names(errors),
            [
                ("HTTPCode_Target_5XX_Count".into(), "Sum".into(), vec![balancer.clone(), group]),
                ("HTTPCode_ELB_5XX_Count".into(), "Sum".into(), vec![balancer])
            ]
        );
        assert_eq!(errors.absent, crate::kinds::metric::Absent::Zero);
        let time = graphs.iter().find(|graph| graph.title == "Response time").unwrap();
        assert_eq!(time.absent, crate::kinds::metric::Absent::Gap, "no request has no time");
        assert_eq!(names(time).iter().map(|(_, stat, _)| stat.as_str()).collect::<Vec<_>>(), ["p50", "p99"]);
    }

    #[test]
    fn a_network_load_balancer_has_none_of_these() {
        let (service, mut readings) = balanced();
        readings.accept_balancers(&[], Ok(vec![(GROUP.into(), vec!["net/web/50dc".into()])]), now());
        assert_eq!(graphs(&service, &readings).len(), 2);
    }
}
