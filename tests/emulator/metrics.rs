//! Metrics: what is asked of CloudWatch, in how many requests, and what is made of the answers.

use std::collections::BTreeMap;

use midwatch::aws::Aws;
use midwatch::domain::Timestamp;
use midwatch::domain::cache::Cache;
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::metric::{Metric, Range, Reading, Readings, Window};
use midwatch::domain::query::{Answer, GroupPiece, ListingPiece, Query};
use midwatch::domain::resource::Resource;
use midwatch::domain::text::Text;
use midwatch::kinds;
use midwatch::kinds::caches::CACHES;
use midwatch::kinds::databases::DATABASES;
use midwatch::kinds::services::SERVICES;
use serde_json::{Value, json};

use crate::harness::{Room, ask, good, short};

const GET: &str = "cloudwatch:GetMetricData";

fn cpu(service: &str) -> Metric {
    Metric::new("AWS/ECS", "CPUUtilization", "Average", &[("ClusterName", "main"), ("ServiceName", service)])
}

fn series(service: &str, value: f64) -> Value {
    let dimensions = json!({ "ClusterName": "main", "ServiceName": service });
    json!({ "namespace": "AWS/ECS", "name": "CPUUtilization", "dimensions": dimensions, "every": 60, "value": value })
}

/// What was told, and the faults of whole requests.
async fn read(aws: &Aws, metrics: Vec<Metric>, window: Window) -> (Vec<Reading>, Vec<Fault>) {
    let (mut told, mut faults) = (vec![], vec![]);
    for answer in ask(aws, &good(), Query::Metrics(metrics, window)).await {
        match answer {
            Ok(Answer::Metrics(readings)) => told.extend(readings),
            Ok(other) => panic!("unexpected {other:?}"),
            Err(fault) => faults.push(fault),
        }
    }
    (told, faults)
}

fn filed(told: Vec<Reading>) -> Readings {
    let mut readings = Readings::default();
    readings.accept(told, Timestamp::now());
    readings
}

#[tokio::test]
async fn a_request_is_aligned_without_a_unit_and_a_gap_stays_a_gap() {
    let room = Room::new("metrics-one");
    let (window, now) = (Window::newest(Range::H1), Timestamp::now());
    let (from, to) = window.bounds(now);
    let mut api = series("api", 41.5);
    api["gap"] = json!([from + 600, from + 900]);
    api["unit"] = json!("Percent");
    room.points(&json!({ "points": [api] }));
    let (told, faults) = read(&room.aws(), vec![cpu("api"), cpu("other")], window).await;
    assert!(faults.is_empty(), "{faults:?}");
    let readings = filed(told);
    let points = &readings.series(&cpu("api"), window).unwrap().points;
    // A minute may have passed since.
    assert!((54..=55).contains(&points.len()), "{}", points.len());
    assert!(points.iter().all(|(at, value)| at.as_second() % 60 == 0 && *value == 41.5));
    let steps: Vec<i64> = points.windows(2).map(|pair| pair[1].0.as_second() - pair[0].0.as_second()).collect();
    assert_eq!(steps.iter().filter(|step| **step == 360).count(), 1, "{steps:?}");
    assert!(readings.series(&cpu("other"), window).unwrap().points.is_empty(), "nobody writes it");

    let asked = room.bodies(GET);
    assert_eq!(asked.len(), 1, "one request for both");
    let (start, end) = (asked[0]["StartTime"].as_f64().unwrap(), asked[0]["EndTime"].as_f64().unwrap());
    assert_eq!((start % 60.0, end % 60.0, end - start), (0.0, 0.0, 3600.0));
    assert!((to as f64 - end).abs() <= 60.0);
    assert_eq!(asked[0]["ScanBy"], "TimestampAscending");
    for query in asked[0]["MetricDataQueries"].as_array().unwrap() {
        assert!(query["Id"].as_str().unwrap().starts_with(|c: char| c.is_ascii_lowercase()), "{query}");
        assert_eq!((&query["MetricStat"]["Period"], query["MetricStat"].get("Unit")), (&json!(60), None));
    }
}

#[tokio::test]
async fn five_hundred_are_one_request_and_one_more_are_two() {
    let room = Room::new("metrics-batch");
    room.points(&json!({ "points": [series("s0500", 7.0)] }));
    let metrics: Vec<Metric> = (0..=500).map(|n| cpu(&format!("s{n:04}"))).collect();
    let window = Window::newest(Range::M15);
    let (told, _) = read(&room.aws(), metrics[..500].to_vec(), window).await;
    assert_eq!((told.len(), room.count(GET)), (500, 1));
    let (told, _) = read(&room.aws(), metrics, window).await;
    assert_eq!((told.len(), room.count(GET)), (501, 3));
    assert_eq!(filed(told).series(&cpu("s0500"), window).unwrap().points.len(), 15);
}

#[tokio::test]
async fn pages_are_put_together() {
    let room = Room::new("metrics-pages");
    room.points(&json!({ "points": [series("a", 1.0), series("b", 2.0)], "page": 50 }));
    let window = Window::newest(Range::H1);
    let (told, _) = read(&room.aws(), vec![cpu("a"), cpu("b")], window).await;
    assert_eq!(room.count(GET), 3, "120 points by 50");
    let readings = filed(told);
    for service in ["a", "b"] {
        let fetched = readings.of(&cpu(service), window).unwrap();
        assert!(fetched.fault().is_none(), "{fetched:?}");
        assert!(fetched.value().unwrap().points.len() >= 59 && fetched.value().unwrap().points.is_sorted());
    }
}

#[tokio::test]
async fn each_metric_has_its_own_fault() {
    let room = Room::new("metrics-status");
    let memory = Metric::new("AWS/ECS", "MemoryUtilization", "Average", &cpu_dimensions("api"));
    let dimensions = json!({ "ClusterName": "main", "ServiceName": "api" });
    let half = json!({ "namespace": "AWS/ECS", "name": "MemoryUtilization", "dimensions": dimensions, "every": 60, "value": 3.0 });
    let lost = Metric::new("AWS/ECS", "Lost", "Average", &cpu_dimensions("api"));
    room.points(&json!({
        "points": [series("api", 1.0), half],
        "status": { "MemoryUtilization": "PartialData", "Lost": "InternalError" },
        "messages": [{ "Code": "ArithmeticError", "Value": "of the emulator" }],
    }));
    let window = Window::newest(Range::M15);
    let (told, faults) = read(&room.aws(), vec![cpu("api"), memory.clone(), lost.clone()], window).await;
    assert!(faults.is_empty());
    let readings = filed(told);
    let of = |metric: &Metric| readings.of(metric, window).unwrap();
    assert!(of(&cpu("api")).fault().is_none() && of(&cpu("api")).value().is_some());
    assert!(of(&memory).value().is_some(), "a part is better than none");
    assert!(of(&memory).fault().unwrap().message.starts_with("only a part of the points was told"));
    assert!(of(&lost).value().is_none());
    assert!(of(&lost).fault().unwrap().message.contains("ArithmeticError: of the emulator"));
}

fn cpu_dimensions(service: &str) -> [(&'static str, &str); 2] {
    [("ClusterName", "main"), ("ServiceName", service)]
}

#[tokio::test]
async fn cloudfront_is_asked_in_its_home_region() {
    let room = Room::new("metrics-cdn");
    room.write("config", "[profile good]\nregion = eu-west-1\n");
    let dimensions = json!({ "DistributionId": "E1", "Region": "Global" });
    let here = json!({ "ClusterName": "main", "ServiceName": "api" });
    room.points(&json!({ "points": [
        { "namespace": "AWS/CloudFront", "name": "5xxErrorRate", "dimensions": dimensions, "every": 60, "value": 0.5 },
        { "namespace": "AWS/ECS", "name": "CPUUtilization", "region": "eu-west-1", "dimensions": here, "every": 60, "value": 8.0 },
    ] }));
    let errors =
        Metric::new("AWS/CloudFront", "5xxErrorRate", "Average", &[("DistributionId", "E1"), ("Region", "Global")]);
    let window = Window::newest(Range::M15);
    let env = midwatch::domain::environment::Environment::of_profile("good", Some("good"), Some("eu-west-1"));
    let query = Query::Metrics(vec![errors.clone(), cpu("api")], window);
    let mut readings = Readings::default();
    for answer in ask(&room.aws(), &env, query).await {
        let Ok(Answer::Metrics(told)) = answer else { panic!("{answer:?}") };
        readings.accept(told, Timestamp::now());
    }
    assert_eq!(readings.series(&errors, window).unwrap().points.len(), 15);
    assert_eq!(readings.series(&cpu("api"), window).unwrap().points.len(), 15);
    assert_eq!(room.scopes(GET), ["eu-west-1/monitoring", "us-east-1/monitoring"]);
}

#[tokio::test]
async fn a_refused_request_is_the_fault_of_its_metrics() {
    let room = Room::new("metrics-denied");
    room.fault(json!({ "operation": GET, "kind": "deny" }));
    let window = Window::newest(Range::M15);
    let (told, faults) = read(&room.aws(), vec![cpu("a"), cpu("b")], window).await;
    assert!(faults.is_empty(), "the others may be read well");
    let readings = filed(told);
    for service in ["a", "b"] {
        let fault = readings.of(&cpu(service), window).unwrap().fault().unwrap();
        assert!(matches!(&fault.kind, FaultKind::Denied { action, .. } if action == GET), "{fault:?}");
    }
    room.fault(json!({ "operation": GET, "kind": "expired" }));
    let (_, faults) = read(&room.aws(), vec![cpu("a")], window).await;
    assert_eq!(faults[0].kind, FaultKind::Expired, "everything else would fail too");
    room.fault(json!({ "operation": GET, "kind": "drop" }));
    let aws = Aws::new(room.options(short()));
    let (told, _) = read(&aws, vec![cpu("a")], window).await;
    assert!(told[0].series.is_err());
}

#[tokio::test]
async fn the_balancers_of_target_groups_are_known_by_the_ends_of_their_names() {
    let room = Room::new("metrics-balancers");
    let made = room.balancers(&json!({ "groups": ["api", "web"] }));
    let group = |name: &str| Text::new(made["groups"][name].as_str().unwrap());
    let end = made["balancer"].as_str().unwrap().split_once(":loadbalancer/").unwrap().1;
    let told = async |groups: Vec<Text>| {
        let answers = ask(&room.aws(), &good(), Query::Balancers(groups)).await;
        let mut all: BTreeMap<Text, Vec<Text>> = BTreeMap::new();
        for answer in answers {
            match answer {
                Ok(Answer::Groups(GroupPiece::Balancers(told))) => all.extend(told),
                Ok(Answer::Groups(GroupPiece::Settings(_)) | Answer::Groups(GroupPiece::Failed { .. })) => {}
                other => panic!("{other:?}"),
            }
        }
        all
    };
    let all = told(vec![group("api"), group("web")]).await;
    assert_eq!(all, BTreeMap::from([(group("api"), vec![end.into()]), (group("web"), vec![end.into()])]));
    assert!(end.starts_with("app/front/"));
    assert_eq!(room.count("elasticloadbalancing:DescribeTargetGroups"), 1);
    // One that is gone hides nothing of the other.
    let gone = Text::new(format!("{}0", group("api")));
    assert_eq!(told(vec![gone, group("web")]).await.len(), 1);
}

/// What every chart of a resource asks for, as `NAMESPACE NAME STAT DIMENSION=VALUE,…`.
fn declared(kind: midwatch::domain::resource::KindId, object: &dyn Resource, readings: &Readings) -> Vec<String> {
    let graphs = kinds::kind(kind).unwrap().graphs(object, readings);
    let told = |metric: &Metric| {
        let dimensions: Vec<String> = metric.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} {} {} {}", metric.namespace, metric.name, metric.stat, dimensions.join(","))
    };
    graphs.iter().flat_map(|graph| &graph.strands).map(|strand| told(&strand.metric)).collect()
}

#[tokio::test]
async fn what_is_declared_is_what_is_asked() {
    let room = Room::with("metrics-asked", &[("main", 1)]);
    let made = room.balancers(&json!({ "groups": ["api"] }));
    let aws = room.aws();
    let seen = crate::harness::list(&aws, &good()).await;
    let mut service = seen.services.into_values().next().unwrap();
    service.target_groups = vec![made["groups"]["api"].as_str().unwrap().into()];
    let mut readings = Readings::default();
    for answer in ask(&aws, &good(), Query::Balancers(service.target_groups.clone())).await {
        if let Answer::Groups(GroupPiece::Balancers(told)) = answer.unwrap() {
            readings.accept_balancers(&service.target_groups, Ok(told), Timestamp::now());
        }
    }
    let graphs = kinds::kind(SERVICES).unwrap().graphs(&service, &readings);
    let metrics: Vec<Metric> = graphs.into_iter().flat_map(|graph| graph.strands).map(|strand| strand.metric).collect();
    read(&aws, metrics, Window::newest(Range::D1)).await;
    let body = room.bodies(GET).swap_remove(0);
    let mut asked: Vec<String> = (body["MetricDataQueries"].as_array().unwrap().iter())
        .map(|query| {
            let (stat, metric) = (&query["MetricStat"], &query["MetricStat"]["Metric"]);
            assert_eq!(stat["Period"], 300, "of a day, five minutes");
            let text = |value: &Value| value.as_str().unwrap().to_string();
            let dimensions: Vec<String> = (metric["Dimensions"].as_array().unwrap().iter())
                .map(|dimension| format!("{}={}", text(&dimension["Name"]), text(&dimension["Value"])))
                .collect();
            let name = [text(&metric["Namespace"]), text(&metric["MetricName"]), text(&stat["Stat"])].join(" ");
            format!("{name} {}", dimensions.join(","))
        })
        .collect();
    let mut wanted = declared(SERVICES, &service, &readings);
    asked.sort();
    wanted.sort();
    assert_eq!(asked, wanted);
    let end = |arn: &Value, mark: &str| arn.as_str().unwrap().split_once(mark).unwrap().1.to_string();
    let balancer = format!("LoadBalancer={}", end(&made["balancer"], ":loadbalancer/"));
    let group = format!("TargetGroup=targetgroup/{}", end(&made["groups"]["api"], ":targetgroup/"));
    for line in [
        "AWS/ECS CPUUtilization Average ClusterName=main,ServiceName=main-svc-0000".to_string(),
        "AWS/ECS MemoryUtilization Maximum ClusterName=main,ServiceName=main-svc-0000".to_string(),
        format!("AWS/ApplicationELB HTTPCode_Target_5XX_Count Sum {balancer},{group}"),
        format!("AWS/ApplicationELB HTTPCode_ELB_5XX_Count Sum {balancer}"),
        format!("AWS/ApplicationELB TargetResponseTime p99 {balancer},{group}"),
        format!("AWS/ApplicationELB UnHealthyHostCount Maximum {balancer},{group}"),
    ] {
        assert!(asked.contains(&line), "{line} is not in {asked:#?}");
    }
}

#[tokio::test]
async fn caches_and_databases_are_named_as_cloudwatch_names_them() {
    let room = Room::new("metrics-names");
    room.caches(&json!({
        "groups": [{ "name": "sessions", "shards": [[["127.0.0.1", 7001], ["127.0.0.1", 7002]]], "sharded": true }],
        "clusters": [{ "name": "rates", "engine": "memcached", "nodes": [["127.0.0.1", 7003], ["127.0.0.1", 7004]] }],
        "serverless": [{ "name": "search", "endpoint": ["127.0.0.1", 7005] }],
    }));
    room.seed(&json!({ "databases": { "instances": [{ "name": "payments" }] } }));
    let aws = room.aws();
    let (nothing, mut lines) = (Readings::default(), Vec::new());
    for kind in [CACHES, DATABASES] {
        for answer in ask(&aws, &good(), Query::List(kind)).await {
            if let Ok(Answer::Listing(ListingPiece::Items(items))) = answer {
                items.iter().for_each(|item| lines.extend(declared(kind, &**item, &nothing)));
                assert!(
                    kind != CACHES || items.iter().all(|i| midwatch::domain::resource::cast::<Cache>(&**i).is_some())
                );
            }
        }
    }
    for line in [
        "AWS/ElastiCache CacheHitRate Average CacheClusterId=sessions-0001-001,CacheNodeId=0001",
        "AWS/ElastiCache GetMisses Sum CacheClusterId=rates,CacheNodeId=0002",
        "AWS/ElastiCache ThrottledCmds Sum clusterId=search",
        "AWS/RDS DatabaseConnections Maximum DBInstanceIdentifier=payments",
        "AWS/RDS FreeStorageSpace Minimum DBInstanceIdentifier=payments",
    ] {
        assert!(lines.iter().any(|told| told == line), "{line} is not in {lines:#?}");
    }
}
