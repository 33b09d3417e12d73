//! Order and causes over all kinds, and what is said of what was not looked at.

use std::collections::HashSet;
use std::time::Duration;

use super::fixtures::{Scene, steady_then};
use super::{Tie, Verdicts, declared, rule, triage, triage_again};
use crate::domain::alarm::Alarm;
use crate::domain::api_usage::{ApiUsage, Lately};
use crate::domain::database::{Database, DatabaseRole};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::health::Health;
use crate::domain::metric::Metric;
use crate::domain::resource::ResourceId;
use crate::domain::rules::Setting;
use crate::domain::service::{Deployment, Rollout, Service};
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::alarms::ALARMS;
use crate::kinds::alarms::tests::{of_service, ringing, watching};
use crate::kinds::caches::tests::group;
use crate::kinds::caches::{self, CACHES};
use crate::kinds::databases::tests::instance;
use crate::kinds::databases::{self, DATABASES};
use crate::kinds::rule::Symptom;
use crate::kinds::services::SERVICES;
use crate::kinds::services::fixtures::{ago, now, rollout, service};

/// A service of another name.
fn named(name: &str, service: Service) -> Service {
    let id = ResourceId(format!("arn:aws:ecs:us-east-1:123456789012:service/marine/{name}").into());
    Service { id, name: name.into(), ..service }
}

/// A deployment of so many seconds ago that fails.
fn failing(name: &str, since: i64) -> Service {
    let mut service = named(name, rollout(4, 0, 4, since));
    service.deployments[0].failed = 3;
    service
}

fn full(name: &str) -> Database {
    Database { status: "storage-full".into(), ..instance(name) }
}

fn busy(name: &str) -> Scene {
    let cpu = databases::cpu(&instance(name));
    Scene::at(now()).with(DATABASES, instance(name)).told(cpu, &steady_then(30.0, &[97.0; 3]))
}

fn alarm(name: &str, of: &str, seconds: i64) -> Alarm {
    Alarm { since: Some(ago(seconds)), ..ringing(of_service(name, "marine", of), 0) }
}

#[test]
fn every_rule_has_a_word_a_rank_and_causes_that_there_are() {
    let ids: Vec<&str> = declared().iter().map(|rule| rule.id).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "{ids:?}");
    let rules: Vec<_> = kinds::registry().flat_map(|kind| kind.rules()).collect();
    let ranks: HashSet<u8> = rules.iter().map(|rule| rule.rank).collect();
    assert_eq!(ranks.len(), rules.len(), "two rules have one rank");
    for rule in &rules {
        let is_declared = |symptom: &Symptom| rules.iter().any(|other| other.symptom == Some(*symptom));
        assert!(rule.explains.iter().all(is_declared), "{} explains {:?}", rule.id, rule.explains);
        assert!(
            rule.explains_rules.iter().all(|id| ids.contains(id)),
            "{} explains {:?}",
            rule.id,
            rule.explains_rules
        );
        assert!(!rule.means.is_empty());
        if let Some(limit) = rule.limit {
            assert!(limit.range.0 <= limit.default && limit.default <= limit.range.1, "{}", rule.id);
        }
    }
    assert!(rule("bad-deploy").is_some() && rule("bad").is_none());
}

#[test]
fn a_bad_deployment_explains_the_alarm_that_rings_after_it() {
    let scene = Scene::at(now()).with(SERVICES, failing("api", 300));
    let told = scene.clone().with(ALARMS, alarm("api-5xx", "api", 60)).told_in_order();
    assert_eq!(told, ["bad-deploy api", "- alarm api-5xx"]);
    let before = scene.clone().with(ALARMS, alarm("api-5xx", "api", 3_000)).told_in_order();
    assert_eq!(before, ["bad-deploy api", "alarm api-5xx"], "what rang long before has another cause");
    let other = scene.with(ALARMS, alarm("web-5xx", "web", 60)).told_in_order();
    assert_eq!(other, ["bad-deploy api", "alarm web-5xx"]);
}

#[test]
fn a_finding_says_what_hangs_on_it_and_why_it_stands_there() {
    let group = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/api/73e2";
    let service = Service { target_groups: vec![group.into()], ..failing("api", 300) };
    let look = Scene::at(now()).with(SERVICES, service).with(ALARMS, alarm("api-5xx", "api", 60)).look();
    assert_eq!(look.findings[0].blast, "target group api; alarm api-5xx");
    assert_eq!(look.findings[0].why_here(&look.findings), "degraded; explains 1 other finding; rule priority 1");
    assert_eq!(look.findings[1].because, Some((0, Tie::Watched)));
    assert_eq!(look.findings[1].why_here(&look.findings), "degraded; caused by bad deploy of api; rule priority 40");
}

#[test]
fn the_worst_comes_first_then_the_rank_then_what_began_last() {
    let scene = busy("quiet").with(SERVICES, failing("api", 600)).with(SERVICES, failing("web", 60));
    assert_eq!(scene.clone().told_in_order(), ["bad-deploy web", "bad-deploy api", "db-cpu quiet"]);
    let told = scene.with(DATABASES, full("orders")).told_in_order();
    assert_eq!(told[0], "storage-full orders", "what does not serve at all is worse");
}

#[test]
fn a_cause_is_as_bad_as_the_worst_that_comes_of_it() {
    // A service that is down for a deployment that left some tasks, beside one that is worse by itself.
    let mut down = failing("api", 300);
    down.running = 0;
    let degraded = failing("web", 30);
    let told = Scene::at(now()).with(SERVICES, degraded).with(SERVICES, down).told_in_order();
    assert_eq!(told[0], "bad-deploy api");
}

#[test]
fn a_full_database_explains_the_services_of_its_system() {
    let short = |name: &str| {
        let group = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/x/1";
        named(name, Service { running: 0, target_groups: vec![group.into()], ..service(2) })
    };
    let scene = Scene::at(now())
        .with(DATABASES, full("shop-orders-production"))
        .with(SERVICES, short("shop-orders-api-production"))
        .with(SERVICES, short("shop-search-production"))
        .with(SERVICES, named("shop-web-production", service(2)))
        .with(SERVICES, named("shop-mail-production", service(2)));
    // Nobody tells since when it is full: then nothing is put to it by its name alone.
    assert!(scene.look().findings.iter().all(|finding| finding.because.is_none()));
    let id = full("shop-orders-production").id;
    let detail =
        databases::tests::detail_with("shop-orders-production", 7_200, "The free storage capacity is exhausted");
    let look = scene.detail(&id, detail).look();
    let ties: Vec<(&str, Option<Tie>)> =
        look.findings.iter().map(|f| (f.name.as_str(), f.because.map(|(_, tie)| tie))).collect();
    assert_eq!(
        ties,
        [
            ("shop-orders-production", None),
            ("shop-orders-api-production", Some(Tie::Named)),
            ("shop-search-production", None)
        ]
    );
    assert!(look.findings[0].blast.contains("shop-orders-api-production"), "{}", look.findings[0].blast);
    assert!(!look.findings[0].blast.contains("shop-web"), "the house's own word makes no system");
}

#[test]
fn what_was_changed_shortly_before_is_told_its_own_first() {
    let steady = |name: &str, seconds: i64| {
        let mut service = named(name, service(2));
        service.deployments[0].created = Some(ago(seconds));
        service
    };
    let scene = Scene::at(now())
        .with(SERVICES, steady("orders-api", 1_500))
        .with(SERVICES, steady("search", 400))
        .with(ALARMS, alarm("search-5xx", "search", 120))
        .with(ALARMS, alarm("orders-5xx", "orders-api", 240))
        .with(ALARMS, alarm("mail", "mail", 50_000));
    let before = |name: &str| {
        let finding = scene.look().findings.into_iter().find(|finding| finding.name == *name).unwrap();
        finding.before.map(|change| (change.of.to_string(), change.at))
    };
    assert_eq!(before("search-5xx"), Some(("search".into(), ago(400))));
    assert_eq!(before("orders-5xx"), Some(("orders-api".into(), ago(1_500))), "its own, though another is newer");
    assert_eq!(before("mail"), None, "what came after it is no cause");
}

#[test]
fn effects_of_effects_stand_below_the_first_cause() {
    let (memory, evictions, hits) = caches::numbers(&group());
    let scene = Scene::at(now())
        .with(CACHES, group())
        .told(memory, &steady_then(60.0, &[97.0; 3]))
        .told(evictions, &steady_then(0.0, &[240.0; 3]));
    assert_eq!(scene.told_in_order(), ["cache-memory web", "- evictions web"]);
    let told = scene.told(hits, &steady_then(97.0, &[50.0; 3])).told_in_order();
    assert_eq!(told, ["cache-memory web", "- evictions web", "- hit-rate web"]);
}

#[test]
fn thresholds_are_those_of_the_environment_and_a_rule_can_be_off() {
    let mut scene = busy("db");
    assert!(scene.found("db-cpu").is_some());
    scene.settings.set("db-cpu", Setting::At(98.0));
    assert_eq!(scene.found("db-cpu"), None);
    scene.settings.set("db-cpu", Setting::At(50.0));
    assert!(scene.found("db-cpu").is_some());
    scene.settings.set("db-cpu", Setting::Off);
    assert_eq!(scene.found("db-cpu"), None);
}

#[test]
fn numbers_that_are_old_or_gone_are_unknown_and_not_well() {
    let unread = |scene: &Scene| -> Vec<String> {
        let told = scene.look().unread.into_iter();
        told.filter(|unread| unread.what.starts_with("CPU")).map(|unread| unread.why).collect()
    };
    assert_eq!(unread(&busy("db")), Vec::<String>::new());
    assert_eq!(unread(&Scene::at(now()).with(DATABASES, instance("db"))), ["not read"]);
    // CloudWatch has nothing of it any more.
    let cpu = databases::cpu(&instance("db"));
    assert_eq!(unread(&Scene::at(now()).with(DATABASES, instance("db")).told(cpu, &[])), ["CloudWatch has no points"]);
    let mut denied = Scene::at(now()).with(DATABASES, instance("db"));
    let metrics: Vec<Metric> = databases::cpu(&instance("db")).unwrap().metrics;
    let window = crate::kinds::metric::ROW;
    denied.readings.fail(&metrics, window, &fault("cloudwatch:GetMetricData"), now());
    let look = denied.look();
    let first = &look.unread[0];
    assert_eq!((first.what.as_str(), first.failed), ("CPU of databases", true), "what failed comes first");
    assert_eq!(first.why, "access denied: needs cloudwatch:GetMetricData");
}

fn fault(action: &str) -> Fault {
    Fault::new(FaultKind::Denied { action: action.into(), principal: "".into() }, action, "")
}

#[test]
fn a_list_that_is_denied_is_not_looked_at() {
    let look = Scene::at(now()).failed(ALARMS, fault("cloudwatch:DescribeAlarms")).look();
    assert!(look.findings.is_empty());
    assert_eq!((look.unread[0].what.as_str(), look.unread[0].failed), ("alarms", true));
}

#[test]
fn our_own_requests_that_aws_refuses_are_a_finding() {
    let spending = |throttled| ApiUsage {
        family: "ECS services",
        total: 900,
        lately: Lately { calls: 240, throttled, held: 0, longest: Duration::ZERO },
        quota: Some(20.0),
        share: 4.0,
    };
    let mut scene = Scene::at(now());
    scene.api_usage = vec![spending(0)];
    assert_eq!(scene.look().findings, []);
    scene.api_usage = vec![spending(12)];
    let found = scene.found("api-throttled").unwrap();
    assert_eq!((found.name.as_str(), found.found.health), ("ECS services", Health::Unknown));
    assert!(found.found.what.starts_with("12 of 240 requests were refused"));
    assert_eq!(found.found.next[0].command, "api");
    scene.settings.set("api-throttled", Setting::At(20.0));
    assert_eq!(scene.found("api-throttled"), None);
}

#[test]
fn an_alarm_over_a_database_stands_below_what_it_rings_for() {
    let metric = Metric::new("AWS/RDS", "CPUUtilization", "Average", &[("DBInstanceIdentifier", "db")]);
    let alarm = Alarm { since: Some(ago(30)), ..ringing(watching("db-cpu", metric), 0) };
    assert_eq!(busy("db").with(ALARMS, alarm).told_in_order(), ["db-cpu db", "- alarm db-cpu"]);
}

/// A release of so many seconds ago that went through: its tasks run.
fn released(name: &str, since: i64) -> Service {
    let mut service = named(name, service(4));
    let new = crate::kinds::services::fixtures::deployment("two", 43, 4, 4, since);
    service.deployments = vec![Deployment { rollout: Some(Rollout::Completed), ..new }];
    service.task_definition = service.deployments[0].task_definition.clone();
    service
}

#[test]
fn a_release_that_went_through_is_blamed_for_what_began_right_after_it() {
    let scene = Scene::at(now()).with(SERVICES, released("api", 300));
    let told = scene.clone().with(ALARMS, alarm("api-5xx", "api", 200));
    assert_eq!(told.told_in_order(), ["bad-deploy api", "- alarm api-5xx"]);
    let found = told.found("bad-deploy").unwrap();
    assert_eq!(found.found.since, Some(ago(300)));
    assert_eq!(found.found.what, "likely (close in time): api:43 deployed, then 1m later alarm api-5xx");
    assert_eq!(found.before.unwrap().what, "api:43 deployed");
    assert!(found.found.next.iter().any(|next| next.command == "roll-back"));
    let before = scene.clone().with(ALARMS, alarm("api-5xx", "api", 400));
    assert_eq!(before.told_in_order(), ["alarm api-5xx"], "it rang before");
    let other = scene.clone().with(ALARMS, alarm("web-5xx", "web", 200));
    assert_eq!(other.told_in_order(), ["alarm web-5xx"], "it is of another");
    assert!(scene.told_in_order().is_empty(), "nothing went wrong");
    let late = Scene::at(now()).with(SERVICES, released("api", 3_000)).with(ALARMS, alarm("api-5xx", "api", 200));
    assert_eq!(late.told_in_order(), ["alarm api-5xx"], "it was well for long");
}

#[test]
fn an_alarm_over_the_whole_balancer_belongs_to_what_was_released_behind_it() {
    let group: Text = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/api/73e2".into();
    let of_balancer = |seconds| {
        let metric =
            Metric::new("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum", &[("LoadBalancer", "app/web/1")]);
        Alarm { since: Some(ago(seconds)), ..ringing(watching("web-5xx", metric), 0) }
    };
    let scene = |seconds| {
        let service = Service { target_groups: vec![group.clone()], ..released("api", 300) };
        let mut scene = Scene::at(now()).with(SERVICES, service).with(ALARMS, of_balancer(seconds));
        scene.readings.accept_balancers(&[], Ok(vec![(group.clone(), vec!["app/web/1".into()])]), now());
        scene
    };
    assert_eq!(scene(200).told_in_order(), ["bad-deploy api", "- alarm web-5xx"]);
    assert_eq!(scene(400).told_in_order(), ["alarm web-5xx"]);
}

#[test]
fn what_lasts_for_more_than_the_hour_that_is_read_has_not_ended() {
    let hits = caches::numbers(&group()).2;
    let low = |minutes: usize| {
        let story: Vec<f64> = std::iter::repeat_n(97.0, 100).chain(std::iter::repeat_n(30.0, minutes)).collect();
        // It is read each minute, an hour at a time.
        let scene = Scene::at(now()).with(CACHES, group());
        (60..=story.len()).fold(scene, |scene, end| {
            let ago = story.len() - end;
            scene.told_ago(hits.clone(), &story[end - 60..end], 60 * ago as i64)
        })
    };
    let since = |minutes| low(minutes).found("hit-rate").map(|finding| finding.found.since);
    assert_eq!(since(20), Some(Some(ago(20 * 60 + 7))));
    assert_eq!(since(70), Some(Some(ago(70 * 60 + 7))), "and it is known since when");
}

#[test]
fn what_two_alarms_tell_of_one_service_is_one_finding() {
    let asks = |n: u8, minutes| {
        let name = format!("TargetTracking-service/marine/api-AlarmHigh-{n}");
        ringing(of_service(&name, "marine", "api"), minutes)
    };
    let scene = Scene::at(now()).with(SERVICES, service(2)).with(ALARMS, asks(1, 20)).with(ALARMS, asks(2, 40));
    assert_eq!(scene.told_in_order(), ["scaling-stuck api"]);
    let found = scene.found("scaling-stuck").unwrap().found;
    assert_eq!(found.since, Some(ago(25 * 60)), "it rings for 40 minutes, and 15 are borne");
    assert_eq!(found.evidence.iter().filter(|evidence| evidence.field == "StateValue").count(), 2);
}

#[test]
fn a_threshold_that_somebody_raised_is_told_by_no_other_rule() {
    let stuck = ringing(of_service("TargetTracking-service/marine/api-AlarmHigh-1", "marine", "api"), 20);
    let mut scene = Scene::at(now()).with(ALARMS, stuck);
    scene.settings.set("scaling-stuck", Setting::At(60.0));
    assert!(scene.told_in_order().is_empty(), "{:?}", scene.told_in_order());
}

#[test]
fn what_is_wrong_with_a_cluster_explains_its_members_and_copies() {
    let member = |name: &str, role: DatabaseRole| Database { role, ..instance(name) };
    let of = |cluster: &str| DatabaseRole::Member { cluster: cluster.into(), writer: Some(true) };
    let whole = Database { status: "failing-over".into(), ..databases::tests::cluster() };
    let detail = databases::tests::detail_with("c", 200, "Failover started");
    let told = |role: DatabaseRole| {
        let member = member("c-1", role);
        let cpu = databases::cpu(&member);
        let scene = Scene::at(now()).with(DATABASES, whole.clone()).detail(&whole.id, detail.clone());
        scene.with(DATABASES, member).told(cpu, &steady_then(30.0, &[97.0; 3])).told_in_order()
    };
    assert_eq!(told(of("c")), ["db-failover c", "- db-cpu c-1"]);
    assert_eq!(told(DatabaseRole::Replica { of: "c".into() }), ["db-failover c", "- db-cpu c-1"]);
    assert_eq!(told(of("other")), ["db-failover c", "db-cpu c-1"]);
}

#[test]
fn a_look_asks_again_what_is_due_and_where_something_was_found() {
    let services = (0..200).map(|n| named(&format!("s-{n:03}"), service(2)));
    let scene = services.fold(busy("db"), |scene, service| scene.with(SERVICES, service));
    let whole = triage(&scene);
    assert!(!whole.findings.is_empty() && !whole.unread.is_empty());
    let mut verdicts = Verdicts::default();
    assert_eq!(triage_again(&scene, &mut verdicts, |_, _, _| false), whole);
    assert_eq!(verdicts.asked(), 201, "what is new is asked in any case");
    assert_eq!(triage_again(&scene, &mut verdicts, |_, _, _| false), whole);
    assert_eq!(verdicts.asked(), 202, "that at which something was found");
    assert_eq!(triage_again(&scene, &mut verdicts, |kind, place, _| kind == SERVICES && place < 10), whole);
    assert_eq!(verdicts.asked(), 213);
}
