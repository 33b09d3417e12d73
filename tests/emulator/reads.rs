//! What is read, and with how many requests.

use std::collections::BTreeMap;

use midwatch::domain::environment::{Environment, Scope};
use midwatch::domain::fault::FaultKind;
use midwatch::domain::query::{Answer, Query};
use midwatch::domain::resource::{ResourceId, cast_facts};
use midwatch::domain::service::{ServiceDetail, ServiceFacts};
use midwatch::kinds::services::{FACTS, FACTS_WITH_IMAGES, SERVICES};
use midwatch::port::Cloud;
use serde_json::json;

use crate::contract;
use crate::harness::{Room, ask, good, hurry, list, see};

#[tokio::test]
async fn one_service() {
    let room = Room::with("one", &[("main", 1)]);
    let aws = room.aws();
    let seen = list(&aws, &good()).await;
    assert_eq!(seen.parts, Some(vec!["main".to_string()]));
    assert_eq!(seen.services.len(), 1);
    let service = &seen.services["main-svc-0000"];
    assert_eq!((service.desired, service.cluster.as_str(), service.scheduling.as_str()), (2, "main", "REPLICA"));
    assert_eq!(service.images[0].tag(), "40", "{service:?}");
    assert_eq!(room.total(), 4, "ListClusters, ListServices, DescribeServices, DescribeTaskDefinition");
    assert_eq!(aws.meter().calls, 4);
}

#[tokio::test]
async fn every_page_and_batch_of_several_clusters() {
    hurry(10);
    for (name, clusters, described) in [
        ("eleven", &[("main", 11)][..], 2),
        ("hundred-and-one", &[("a", 101)], 11),
        ("two-hundred-fifty", &[("a", 120), ("b", 89), ("c", 41), ("empty", 0)], 12 + 9 + 5),
    ] {
        let room = Room::with(name, clusters);
        let seen = list(&room.aws(), &good()).await;
        assert!(seen.failed.is_empty() && seen.faults.is_empty(), "{seen:?}");
        let expected: usize = clusters.iter().map(|(_, n)| n).sum();
        assert_eq!(seen.services.len(), expected, "{name}");
        for (cluster, n) in clusters {
            assert_eq!(seen.rosters[*cluster].len(), *n, "{name}");
        }
        assert_eq!(room.count("ecs:DescribeServices"), described, "{name}");
    }
}

#[tokio::test]
async fn many_clusters_are_paged() {
    hurry(10);
    let names: Vec<String> = (0..101).map(|n| format!("c{n:03}")).collect();
    let clusters: Vec<(&str, usize)> = names.iter().map(|name| (name.as_str(), 0)).collect();
    let room = Room::with("clusters", &clusters);
    let mut env = good();
    let seen = list(&room.aws(), &env).await;
    assert_eq!(seen.parts.as_ref().map(Vec::len), Some(101));
    assert_eq!(room.count("ecs:ListClusters"), 2);
    env.scope = Scope::new(&[], &[], &["c007".to_string()], &BTreeMap::new()).unwrap();
    let seen = list(&room.aws(), &env).await;
    assert_eq!(seen.parts, Some(vec!["c007".to_string()]));
    assert_eq!(room.count("ecs:ListClusters"), 2, "named clusters are not listed");
}

#[tokio::test]
async fn a_task_definition_is_read_once() {
    let room = Room::with("definitions", &[("main", 25)]);
    let aws = room.aws();
    let first = list(&aws, &good()).await;
    assert_eq!(room.count("ecs:DescribeTaskDefinition"), 3, "three families over 25 services");
    assert!(first.tellings > 25, "rows come before their images");
    let second = list(&aws, &good()).await;
    assert_eq!(room.count("ecs:DescribeTaskDefinition"), 3);
    assert_eq!(second.tellings, 25, "images are there at once");
    aws.forget_credentials(&good());
    list(&aws, &good()).await;
    assert_eq!(room.count("ecs:DescribeTaskDefinition"), 3, "a login does not change them");
}

#[tokio::test]
async fn the_scope_decides_what_belongs() {
    let room = Room::with("scope", &[("main", 12), ("other", 2)]);
    let mut env = good();
    env.scope = Scope::new(&["*-000?".into()], &["*-0003".into()], &["main".into()], &BTreeMap::new()).unwrap();
    let seen = list(&room.aws(), &env).await;
    assert_eq!(seen.services.len(), 9);
    assert_eq!(seen.rosters["main"].len(), 9);
    assert!(room.bodies("ecs:DescribeServices").iter().all(|b| b.get("include").is_none()), "tags are not asked for");
    let tags = BTreeMap::from([("parity".to_string(), "odd".to_string())]);
    env.scope = Scope::new(&[], &[], &[], &tags).unwrap();
    let seen = list(&room.aws(), &env).await;
    assert_eq!(seen.services.len(), 7, "{:?}", seen.services.keys());
    assert_eq!((seen.rosters["main"].len(), seen.rosters["other"].len()), (6, 1));
}

#[tokio::test]
async fn other_regions_are_other_estates() {
    let room = Room::with("regions", &[("here", 1)]);
    room.seed(&json!({ "region": "eu-west-1", "clusters": { "there": 2 } }));
    let aws = room.aws();
    let there = Environment::of_profile("there", Some("good"), Some("eu-west-1"));
    let (here, there) = (list(&aws, &good()).await, list(&aws, &there).await);
    assert_eq!(here.parts, Some(vec!["here".to_string()]));
    assert_eq!(there.services.len(), 2);
    assert!(there.services.values().all(|s| s.id.0.contains(":eu-west-1:")));
}

#[tokio::test]
async fn some_are_read_again_and_the_missing_are_gone() {
    let room = Room::with("some", &[("a", 12), ("b", 1)]);
    let aws = room.aws();
    let all = list(&aws, &good()).await;
    let before = room.count("ecs:DescribeServices");
    let mut ids: Vec<ResourceId> = all.services.values().map(|s| s.id.clone()).collect();
    let missing = ResourceId(format!("arn:aws:ecs:us-east-1:{}:service/b/nothing", room.account).into());
    let nowhere = ResourceId(format!("arn:aws:ecs:us-east-1:{}:service/nowhere/x", room.account).into());
    ids.extend([missing.clone(), nowhere.clone()]);
    let seen = see(&aws, &good(), Query::Some(SERVICES, ids)).await;
    assert_eq!(seen.services.len(), 13);
    assert_eq!(seen.tellings, 13, "with the images at once");
    let mut gone = seen.gone;
    gone.sort();
    assert_eq!(gone, [missing, nowhere]);
    assert!(seen.failed.is_empty() && seen.parts.is_none() && seen.rosters.is_empty());
    assert_eq!(room.count("ecs:DescribeServices") - before, 4, "two for a, one for b, one for nowhere");
}

fn first(room: &Room, cluster: &str) -> ResourceId {
    ResourceId(format!("arn:aws:ecs:us-east-1:{}:service/{cluster}/{cluster}-svc-0000", room.account).into())
}

#[tokio::test]
async fn the_detail_has_bounds_and_definition_without_secrets() {
    let room = Room::new("detail");
    room.seed(&json!({ "clusters": { "main": 1 }, "scaling": [1, 4] }));
    let answers = ask(&room.aws(), &good(), Query::Detail(SERVICES.detail(), first(&room, "main"))).await;
    let [Ok(Answer::Facts(facts))] = &answers[..] else { panic!("{answers:?}") };
    let detail = cast_facts::<ServiceDetail>(&**facts).unwrap();
    let bounds = detail.scaling.as_ref().unwrap().as_ref().unwrap();
    assert_eq!((bounds.min, bounds.max, bounds.suspended_in), (1, 4, false));
    assert_eq!(bounds.policies.as_ref().unwrap()[0], "target tracking: CPU 70 %");
    let definition = detail.task_definition.as_ref().unwrap();
    assert_eq!(definition.containers[0].log_group, Some("/ecs/main".into()));
    assert!(detail.tasks.is_ok() && detail.stopped.is_ok());
    assert!(!format!("{detail:?}").contains("hunter2"));
    let asked = room.bodies("ecs:ListTasks");
    assert!(asked.iter().any(|b| b["desiredStatus"] == "STOPPED"), "{asked:?}");
}

#[tokio::test]
async fn the_facts_of_a_deploy_know_the_registry() {
    let room = Room::new("facts");
    room.seed(&json!({
        "clusters": { "main": 1 }, "image": "team/app",
        "repositories": [{ "name": "team/app", "mutability": "MUTABLE", "tags": ["40"] }],
    }));
    let aws = room.aws();
    let read = async |set| {
        let answers = ask(&aws, &good(), Query::Facts(set, first(&room, "main"))).await;
        let [Ok(Answer::Facts(facts))] = &answers[..] else { panic!("{answers:?}") };
        cast_facts::<ServiceFacts>(&**facts).unwrap().clone()
    };
    let deploy = read(FACTS_WITH_IMAGES).await;
    let image = deploy.images[0].registry.as_ref().unwrap().as_ref().unwrap();
    assert!(image.mutable && image.digest.as_ref().unwrap().starts_with("sha256:") && image.pushed.is_some());
    assert_eq!(deploy.scaling, Ok(None));
    let asked = room.count("ecr:DescribeImages");
    let scale = read(FACTS).await;
    assert!(scale.images.is_empty() && scale.task_definition.is_ok() && scale.stopped.is_ok());
    assert_eq!(room.count("ecr:DescribeImages"), asked, "a scale runs no other image");

    room.fault(json!({ "operation": "ecr:DescribeRepositories", "kind": "deny" }));
    let denied = read(FACTS_WITH_IMAGES).await;
    assert!(matches!(denied.images[0].registry.as_ref().unwrap_err().kind, FaultKind::Denied { .. }));
    assert!(denied.task_definition.is_ok() && denied.scaling.is_ok(), "each piece fails on its own");
}

#[tokio::test]
async fn an_image_that_is_not_there_has_no_digest() {
    let room = Room::new("no-image");
    room.seed(&json!({
        "clusters": { "main": 1 }, "image": "team/app",
        "repositories": [{ "name": "team/app", "mutability": "IMMUTABLE", "tags": ["other"] }],
    }));
    let answers = ask(&room.aws(), &good(), Query::Facts(FACTS_WITH_IMAGES, first(&room, "main"))).await;
    let [Ok(Answer::Facts(facts))] = &answers[..] else { panic!("{answers:?}") };
    let facts = cast_facts::<ServiceFacts>(&**facts).unwrap();
    let image = facts.images[0].registry.as_ref().unwrap().as_ref().unwrap();
    assert_eq!((image.mutable, &image.digest), (false, &None));
}

#[tokio::test]
async fn a_service_that_is_gone_is_told_as_gone() {
    let room = Room::with("gone", &[("main", 1)]);
    let id = ResourceId(format!("arn:aws:ecs:us-east-1:{}:service/main/nothing", room.account).into());
    for query in [Query::Detail(SERVICES.detail(), id.clone()), Query::Facts(FACTS, id.clone())] {
        let answers = ask(&room.aws(), &good(), query).await;
        assert!(matches!(&answers[..], [Ok(Answer::Gone(ids))] if *ids == [id.clone()]), "{answers:?}");
    }
}

#[tokio::test]
async fn the_identity_is_that_of_sts() {
    let room = Room::new("identity");
    let answers = ask(&room.aws(), &good(), Query::Identity).await;
    let [Ok(Answer::Identity(identity))] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!(identity.account, room.account.as_str());
    assert!(identity.arn.starts_with("arn:aws:sts::"));
}

#[tokio::test]
async fn aws_keeps_the_contract() {
    let room = Room::with("contract", &[("a", 12), ("b", 3)]);
    let aws = room.aws();
    contract::holds(&aws, &good(), &["services"]).await;
    contract::scale_is_read_back(&aws, &good()).await;
}
