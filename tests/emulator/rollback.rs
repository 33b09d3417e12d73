//! Roll back: by the road that the service's deployments ask for, sent once, followed to its end.

use midwatch::aws::Aws;
use midwatch::domain::fault::FaultKind;
use midwatch::domain::history::{DeploymentStatus, RollbackFacts};
use midwatch::domain::intent::{Intent, Outcome, Receipt, Verdict};
use midwatch::domain::ops::ecs;
use midwatch::domain::query::Query;
use midwatch::domain::resource::{Facts, Resource, cast_facts};
use midwatch::domain::service::{Service, ServiceDetail};
use midwatch::kinds;
use midwatch::kinds::action::{Action, Applied, Confirm, Inputs, Plan, Progress};
use midwatch::kinds::services::{ROLLBACK_FACTS, SERVICES};
use midwatch::port::Cloud;
use serde_json::{Value, json};

use crate::harness::{Room, good, list, short};
use crate::read_result;

const SERVICE: &str = "main/main-svc-0000";

/// A service on `main-0:1`, whose image is `team/app:40`; `team/app:41` is there too.
fn room(name: &str) -> Room {
    let room = Room::new(name);
    room.seed(&json!({
        "clusters": { "main": 1 }, "image": "team/app",
        "repositories": [{ "name": "team/app", "mutability": "IMMUTABLE" }],
    }));
    room.push("team/app", "40", "good");
    room.push("team/app", "41", "bad");
    room.deployment(SERVICE, json!({ "do": "adopt" }));
    room
}

/// The same with `main-0:2` of another image being deployed.
fn bad(name: &str) -> Room {
    let room = room(name);
    room.register("main-0", "team/app:41");
    room.deployment(SERVICE, json!({ "do": "deploy", "definition": "main-0:2" }));
    room
}

fn settle(room: &Room) {
    room.deployment(SERVICE, json!({ "do": "settle" }));
}

fn spec() -> &'static dyn Action {
    kinds::action("rollback").unwrap()
}

async fn service(aws: &Aws) -> Service {
    list(aws, &good()).await.services["main-svc-0000"].clone()
}

async fn facts(aws: &Aws, service: &Service) -> Facts {
    read_result::facts(aws, &good(), Query::Facts(ROLLBACK_FACTS, service.id().clone())).await
}

/// The plan for the revision that the dialog starts with.
async fn plan(aws: &Aws, service: &Service) -> (Plan, Intent) {
    let choices = spec().choices("revision", &*facts(aws, service).await, &Inputs::new(), aws.now());
    let suggested = choices.into_iter().find(|choice| choice.suggested).expect("one is suggested").value;
    read_result::plan(aws, &good(), "rollback", service, &[("revision", &suggested)]).await
}

async fn refusal(aws: &Aws, service: &Service, revision: &str) -> String {
    let inputs = [("revision".to_string(), revision.to_string())].into();
    spec().plan(&*facts(aws, service).await, &inputs, aws.now()).unwrap_err()
}

async fn send(aws: &Aws, plan: &Plan) -> Receipt {
    assert_eq!(plan.calls.len(), 1);
    match aws.change(&good(), plan.calls[0].clone()).await {
        Outcome::Sent(receipt) => receipt,
        other => panic!("{other:?}"),
    }
}

async fn progress(aws: &Aws, service: &Service, intent: &Intent, receipt: &Receipt) -> Progress {
    spec().progress(intent, receipt, &*facts(aws, service).await, aws.now())
}

fn changes(room: &Room) -> [u64; 3] {
    ["UpdateService", "StopServiceDeployment", "ContinueServiceDeployment"].map(|op| room.count(&format!("ecs:{op}")))
}

fn warns(plan: &Plan, text: &str) -> bool {
    plan.warnings.iter().any(|(_, said)| said.contains(text))
}

#[track_caller]
fn row<'a>(plan: &'a Plan, label: &str) -> &'a str {
    &plan.rows.iter().find(|(known, _)| known == label).unwrap_or_else(|| panic!("{:?}", plan.rows)).1[0].text
}

#[tokio::test]
async fn a_deployment_under_way_is_stopped_and_followed_back() {
    let room = bad("back-during");
    let aws = room.aws();
    let service = service(&aws).await;
    let (plan, intent) = plan(&aws, &service).await;
    assert!(row(&plan, "how").contains("is stopped, and AWS goes back"), "{plan:?}");
    assert!(row(&plan, "image app").ends_with("as it ran then"), "{plan:?}");
    assert!(warns(&plan, "migrations stay"));
    assert_eq!(changes(&room), [0, 0, 0], "a plan sends nothing");
    let receipt = send(&aws, &plan).await;
    assert_eq!(changes(&room), [0, 1, 0]);
    let body = &room.bodies("ecs:StopServiceDeployment")[0];
    assert_eq!(*body, json!({ "serviceDeploymentArn": receipt.started, "stopType": "ROLLBACK" }));

    let moving = progress(&aws, &service, &intent, &receipt).await;
    assert_eq!(
        (moving.verdict, &*moving.line),
        (None, "2 of 2 tasks run on main-0:1"),
        "those that were never stopped"
    );
    settle(&room);
    let done = progress(&aws, &service, &intent, &receipt).await;
    assert_eq!(done.verdict, Some(Verdict::Done), "{done:?}");
    assert!(done.line.starts_with("back on main-0:1: 2 of 2 tasks run on main-0:1"), "{done:?}");

    // What has ended cannot be stopped again, and AWS says so.
    let again = aws.change(&good(), plan.calls[0].clone()).await;
    assert!(read_result::refused(&again).message.starts_with("The service deployment cannot be stopped"), "{again:?}");
}

#[tokio::test]
async fn a_finished_deployment_is_deployed_over_with_nothing_else_changed() {
    let room = bad("back-after");
    settle(&room);
    let aws = room.aws();
    let service = service(&aws).await;
    let (plan, intent) = plan(&aws, &service).await;
    assert_eq!(row(&plan, "how"), "a new deployment of the chosen revision");
    let receipt = send(&aws, &plan).await;
    let body = json!({ "cluster": "main", "service": "main-svc-0000", "taskDefinition": "main-0:1" });
    assert_eq!((room.bodies("ecs:UpdateService"), changes(&room)), (vec![body], [1, 0, 0]));
    assert_eq!(progress(&aws, &service, &intent, &receipt).await.verdict, None);
    settle(&room);
    let done = progress(&aws, &service, &intent, &receipt).await;
    assert_eq!((done.verdict, &*done.line), (Some(Verdict::Done), "completed: 2 of 2 run on main-0:1"));
}

#[tokio::test]
async fn what_aws_takes_back_by_itself_is_seen_as_that() {
    let room = bad("back-by-itself");
    let aws = room.aws();
    let service = service(&aws).await;
    let (stop, intent) = plan(&aws, &service).await;
    // Between the plan and the key the circuit breaker acts.
    room.deployment(SERVICE, json!({ "do": "break" }));
    let outcome = aws.change(&good(), stop.calls[0].clone()).await;
    assert!(read_result::refused(&outcome).message.contains("cannot be stopped in its current state"), "{outcome:?}");
    let why = refusal(&aws, &service, "1").await;
    assert!(why.starts_with("AWS goes back to main-0:1 already: Service deployment rolled back"), "{why}");
    // Had nobody known whether it was sent: it goes back as was asked, so it counts as done.
    let Applied::Yes(receipt) = spec().applied(&intent, &*facts(&aws, &service).await, aws.now()) else { panic!() };
    settle(&room);
    assert_eq!(progress(&aws, &service, &intent, &receipt).await.verdict, Some(Verdict::Done));

    // A roll back that fails is taken back too, and is not called done.
    let (deploy, intent_of_deploy) = read_result::plan(&aws, &good(), "rollback", &service, &[("revision", "2")]).await;
    let receipt = send(&aws, &deploy).await;
    room.deployment(SERVICE, json!({ "do": "break" }));
    let rolled_back = progress(&aws, &service, &intent_of_deploy, &receipt).await;
    assert_eq!(rolled_back.verdict, Some(Verdict::RolledBack), "{rolled_back:?}");
    assert_eq!(changes(&room), [1, 1, 0]);
}

#[tokio::test]
async fn a_request_that_nobody_answered_is_settled_by_reading() {
    let room = bad("back-unknown");
    let service = service(&room.aws()).await;
    let aws = Aws::new(room.options(short()));
    let (stop, intent) = plan(&aws, &service).await;
    room.fault(json!({ "operation": "ecs:StopServiceDeployment", "kind": "drop" }));
    let outcome = aws.change(&good(), stop.calls[0].clone()).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(changes(&room), [0, 1, 0], "and it is not sent again");
    assert_eq!(spec().applied(&intent, &*facts(&aws, &service).await, aws.now()), Applied::No);
    room.no_fault();
    send(&aws, &stop).await;
    assert!(matches!(spec().applied(&intent, &*facts(&aws, &service).await, aws.now()), Applied::Yes(_)));
}

#[tokio::test]
async fn a_hook_that_waits_is_answered_with_its_word() {
    let room = bad("back-hook");
    room.deployment(SERVICE, json!({ "do": "pause", "hook": "hook-1" }));
    let aws = room.aws();
    let service = service(&aws).await;
    let (plan, intent) = plan(&aws, &service).await;
    assert!(
        row(&plan, "how")
            .starts_with("the deployment waits at a hook, which is answered ROLLBACK; by itself it would continue at")
    );
    let receipt = send(&aws, &plan).await;
    let body = &room.bodies("ecs:ContinueServiceDeployment")[0];
    assert_eq!((&body["action"], &body["hookId"]), (&json!("ROLLBACK"), &json!("hook-1")));
    assert_eq!(changes(&room), [0, 0, 1]);
    settle(&room);
    assert_eq!(progress(&aws, &service, &intent, &receipt).await.verdict, Some(Verdict::Done));
}

#[tokio::test]
async fn one_tag_for_both_revisions_would_bring_the_bad_image_back() {
    let room = Room::new("back-tag");
    room.seed(&json!({ "clusters": { "main": 1 }, "repositories": [{ "name": "app", "mutability": "MUTABLE" }] }));
    room.push("app", "40", "good");
    room.deployment(SERVICE, json!({ "do": "adopt" }));
    room.register("main-0", "app:40");
    room.push("app", "40", "bad");
    room.deployment(SERVICE, json!({ "do": "deploy", "definition": "main-0:2" }));
    let aws = room.aws();
    let service = service(&aws).await;
    // As long as it is under way, AWS goes back to the digest of then, if ECR still had it.
    let (during, _) = plan(&aws, &service).await;
    assert!(warns(&during, "what ran then is gone from ECR"), "{during:?}");
    settle(&room);
    let (after, _) = plan(&aws, &service).await;
    assert!(warns(&after, "both revisions name app:40, a mutable tag"), "{after:?}");
    assert_eq!(after.confirm, Confirm::TypeName);
    assert_eq!(changes(&room), [0, 0, 0]);
}

#[tokio::test]
async fn an_image_that_ecr_dropped_is_told_before_the_key() {
    let room = bad("back-expired");
    room.expire("team/app", "40");
    let aws = room.aws();
    let service = service(&aws).await;
    let (during, _) = plan(&aws, &service).await;
    assert!(warns(&during, "what ran then is gone from ECR: no new task will start"), "{during:?}");
    settle(&room);
    let before = room.count("ecr:DescribeImages");
    let (after, _) = plan(&aws, &service).await;
    assert!(warns(&after, "the image is gone from ECR: no task will start"), "{after:?}");
    assert_eq!(after.confirm, Confirm::TypeName);
    // The facts are read twice here; one missing image costs one more look over the repository.
    assert_eq!(room.count("ecr:DescribeImages") - before, 4);
    let read = facts(&aws, &service).await;
    let candidates = &cast_facts::<RollbackFacts>(&*read).unwrap().candidates;
    let still: Vec<bool> = (candidates.iter())
        .map(|c| c.images.as_ref().unwrap().as_ref().unwrap()[0].registry.clone().unwrap().unwrap().digest.is_some())
        .collect();
    assert_eq!(still, [true, false], "the other one is still found");
}

#[tokio::test]
async fn what_another_controller_deploys_is_left_to_it() {
    let room = Room::new("back-codedeploy");
    room.seed(&json!({ "clusters": { "main": 1 }, "controller": "CODE_DEPLOY" }));
    room.register("main-0", "app:41");
    let aws = room.aws();
    let service = service(&aws).await;
    let why = "CodeDeploy deploys this service: a deployment is rolled back there";
    assert_eq!(spec().guard(&service).unwrap_err(), why);
    assert_eq!(refusal(&aws, &service, "2").await, why);
    // The emulator refuses it as AWS does.
    let call = midwatch::domain::call::Call::new(
        ecs::UPDATE_SERVICE,
        [("cluster", "main".into()), ("service", "main-svc-0000".into()), ("taskDefinition", "main-0:2".into())],
    );
    assert_eq!(read_result::refused(&aws.change(&good(), call).await).kind, FaultKind::Invalid);
}

#[tokio::test]
async fn without_the_right_to_the_history_it_still_goes_back() {
    let room = bad("back-denied");
    room.faults(
        &["ListServiceDeployments", "ListTaskDefinitions"]
            .map(|name| json!({ "operation": format!("ecs:{name}"), "kind": "deny" })),
    );
    let aws = room.aws();
    let service = service(&aws).await;
    let (plan, _) = plan(&aws, &service).await;
    assert!(warns(&plan, "deployment history unknown") && warns(&plan, "ecs:ListServiceDeployments"), "{plan:?}");
    assert_eq!(plan.calls[0].input["taskDefinition"], "main-0:1");
}

#[tokio::test]
async fn of_a_long_history_the_newest_are_told() {
    let room = room("back-long");
    for n in 2..=24 {
        room.register("main-0", &format!("team/app:{}", 39 + n % 3));
        room.deployment(SERVICE, json!({ "do": "deploy", "definition": format!("main-0:{n}") }));
    }
    let aws = room.aws();
    let read = facts(&aws, &service(&aws).await).await;
    let facts = cast_facts::<RollbackFacts>(&*read).unwrap();
    let history = facts.history.as_ref().unwrap();
    let brought: Vec<&str> = (history.deployments.iter())
        .map(|deployment| history.target(deployment).unwrap().task_definition.revision())
        .collect();
    assert_eq!(brought.len(), 20);
    assert_eq!((brought[0], brought[19]), ("24", "5"), "newest first");
    // Whatever was begun since, what was completed last is where AWS goes back.
    let back = history.back(history.under_way().unwrap()).unwrap();
    assert_eq!(back.task_definition.short(), "main-0:1");
    let asked = room.bodies("ecs:DescribeServiceRevisions");
    assert!(asked.iter().all(|body| body["serviceRevisionArns"].as_array().map_or(0, Vec::len) <= 20));
    let offered: Vec<&str> = facts.candidates.iter().map(|c| c.definition.revision()).collect();
    assert!(offered.contains(&"1") && offered[..3] == ["24", "23", "22"], "{offered:?}");
    assert_eq!(Value::from(room.count("ecr:DescribeRepositories")), json!(1), "one look at the repository");
}

#[tokio::test]
async fn the_detail_tells_the_history() {
    let room = bad("back-detail");
    room.deployment(SERVICE, json!({ "do": "break" }));
    let aws = room.aws();
    let service = service(&aws).await;
    let read = async || {
        let read = read_result::facts(&aws, &good(), Query::Detail(SERVICES.detail(), service.id.clone())).await;
        cast_facts::<ServiceDetail>(&*read).unwrap().history.clone()
    };
    let history = read().await.unwrap();
    let newest = &history.deployments[0];
    assert_eq!(newest.status, DeploymentStatus::RollbackInProgress);
    assert!(newest.reason.contains("circuit breaker threshold"));
    assert_eq!(history.target(newest).unwrap().task_definition.short(), "main-0:2");
    assert_eq!(history.back(newest).unwrap().task_definition.short(), "main-0:1");
    assert!(history.target(newest).unwrap().images[0].digest.as_ref().unwrap().starts_with("sha256:"));
    room.fault(json!({ "operation": "ecs:DescribeServiceRevisions", "kind": "deny" }));
    assert!(matches!(read().await.unwrap_err().kind, FaultKind::Denied { .. }));
}
