//! Single tasks: stopped once, run once, and known again by their token.

use midwatch::aws::Aws;
use midwatch::domain::intent::{Intent, Outcome, Receipt, Verdict};
use midwatch::domain::query::Query;
use midwatch::domain::resource::Resource;
use midwatch::domain::service::Service;
use midwatch::kinds;
use midwatch::kinds::action::{Applied, Confirm, Plan, Progress};
use midwatch::kinds::services::RUN_FACTS;
use midwatch::port::Cloud;
use serde_json::json;

use crate::harness::{Room, good, list};
use crate::read_result;

async fn service(aws: &Aws) -> Service {
    list(aws, &good()).await.services["main-svc-0000"].clone()
}

async fn migrate(aws: &Aws, service: &Service) -> (Plan, Intent) {
    let inputs = [("container", "app"), ("command", "sh -c 'migrate --all'"), ("opened", "2026-11-21T02:14:07.5Z")];
    read_result::plan(aws, &good(), "run", service, &inputs).await
}

async fn sent(aws: &Aws, plan: &Plan) -> Receipt {
    assert_eq!(plan.calls.len(), 1);
    match aws.change(&good(), plan.calls[0].clone()).await {
        Outcome::Sent(receipt) => receipt,
        other => panic!("{other:?}"),
    }
}

async fn progress(aws: &Aws, action: &str, service: &Service, intent: &Intent, receipt: &Receipt) -> Progress {
    let spec = kinds::action(action).unwrap();
    let facts = read_result::facts(aws, &good(), Query::Facts(spec.facts(), service.id().clone())).await;
    spec.progress(intent, receipt, &*facts, aws.now())
}

#[tokio::test]
async fn a_command_is_run_once_and_its_exit_code_is_the_verdict() {
    for (end, verdict, line) in [
        (json!({ "do": "end", "exit": 0 }), Verdict::Done, "app exited 0 after 12s"),
        (json!({ "do": "end", "exit": 3 }), Verdict::Failed, "app exited 3 after 12s"),
        (
            json!({ "do": "end", "startedAt": null, "stopCode": "TaskFailedToStart",
                    "stoppedReason": "CannotPullContainerError: not found" }),
            Verdict::Failed,
            "never started: CannotPullContainerError: not found",
        ),
    ] {
        let room = Room::with(&format!("run-{}", line.bytes().map(u32::from).sum::<u32>()), &[("main", 1)]);
        let aws = room.aws();
        let service = service(&aws).await;
        let (plan, intent) = migrate(&aws, &service).await;
        assert_eq!(plan.confirm, Confirm::TypeName);
        let receipt = sent(&aws, &plan).await;
        assert!(receipt.started.as_ref().is_some_and(|arn| arn.contains(":task/main/")), "{receipt:?}");
        let body = room.bodies("ecs:RunTask").remove(0);
        let command = json!({ "containerOverrides": [{ "name": "app", "command": ["sh", "-c", "migrate --all"] }] });
        assert_eq!((&body["overrides"], &body["count"]), (&command, &json!(1)));
        assert_eq!(
            (&body["startedBy"], &body["clientToken"]),
            (&json!("midwatch/202611210214075"), &json!("midwatch-202611210214075"))
        );
        let moving = progress(&aws, "run", &service, &intent, &receipt).await;
        assert_eq!((moving.verdict, moving.line.as_str()), (None, "provisioning"));
        room.task(&end);
        let ended = progress(&aws, "run", &service, &intent, &receipt).await;
        assert_eq!((ended.verdict, ended.line.as_str()), (Some(verdict), line));
        assert_eq!(room.count("ecs:RunTask"), 1);
    }
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_is_known_by_its_mark_and_starts_no_second_task() {
    let room = Room::with("run-lost", &[("main", 1)]);
    let aws = room.aws();
    let service = service(&aws).await;
    let (plan, intent) = migrate(&aws, &service).await;
    let spec = kinds::action("run").unwrap();
    let env = good();
    let read = || read_result::facts(&aws, &env, Query::Facts(RUN_FACTS, service.id().clone()));
    assert!(matches!(spec.applied(&intent, &*read().await, aws.now()), Applied::No));
    let first = sent(&aws, &plan).await;
    let Applied::Yes(found) = spec.applied(&intent, &*read().await, aws.now()) else { panic!() };
    assert_eq!(found.started, first.started);
    assert_eq!(sent(&aws, &plan).await.started, first.started, "the same token, the same task");
}

#[tokio::test]
async fn failures_in_an_answer_of_200_are_a_refusal() {
    let room = Room::with("run-refused", &[("main", 1)]);
    let aws = room.aws();
    let service = service(&aws).await;
    let (plan, _) = migrate(&aws, &service).await;
    room.task(&json!({ "do": "fail", "reason": "RESOURCE:MEMORY" }));
    let outcome = aws.change(&good(), plan.calls[0].clone()).await;
    assert!(read_result::refused(&outcome).message.contains("RESOURCE:MEMORY"), "{outcome:?}");
    assert_eq!(room.count("ecs:RunTask"), 1);
}

#[tokio::test]
async fn a_task_is_stopped_once_with_a_reason() {
    let room = Room::with("stop-task", &[("main", 1)]);
    room.tasks(&json!([{
        "cluster": "main", "service": "main-svc-0000", "id": "one", "startedBy": "ecs-svc/1",
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/main-0:1",
        "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "createdAt": 130, "startedAt": 100,
        "containers": [{ "name": "app", "lastStatus": "RUNNING" }],
    }]));
    let aws = room.aws();
    let service = service(&aws).await;
    let (plan, intent) = read_result::plan(&aws, &good(), "stop-task", &service, &[("task", "one")]).await;
    let receipt = sent(&aws, &plan).await;
    let body = json!({ "cluster": "main", "task": "one", "reason": "stopped with midwatch" });
    assert_eq!(room.bodies("ecs:StopTask"), [body]);
    let after = progress(&aws, "stop-task", &service, &intent, &receipt).await;
    assert!(after.verdict.is_none() && after.line.starts_with("stopped; 0 of 2 run"), "moto starts none: {after:?}");
    let again = aws.change(&good(), plan.calls[0].clone()).await;
    assert!(matches!(again, Outcome::Sent(_)), "{again:?}");
}
