//! Changes: sent once, only where they may be, and never called failed when nobody knows.

use midwatch::aws::{Aws, Timeouts};
use midwatch::domain::call::Call;
use midwatch::domain::environment::Environment;
use midwatch::domain::fault::FaultKind;
use midwatch::domain::intent::Outcome;
use midwatch::domain::ops::{Op, ecs};
use midwatch::domain::query::Query;
use midwatch::port::Cloud;
use serde_json::{Value, json};

use crate::harness::{Room, ask, good, list, long, short};

const UPDATE: Op = ecs::UPDATE_SERVICE;

fn call<const N: usize>(members: [(&str, Value); N]) -> Call {
    let mut call = Call::new(UPDATE, [("cluster", "main".into()), ("service", "main-svc-0000".into())]);
    call.input.extend(members.map(|(k, v)| (k.to_string(), v)));
    call
}

fn scale() -> Call {
    call([("desiredCount", 5.into())])
}

async fn send(aws: &Aws, env: &Environment, call: Call) -> Outcome {
    aws.change(env, call).await
}

fn refusal(outcome: &Outcome) -> &FaultKind {
    let Outcome::Refused { fault } = outcome else { panic!("{outcome:?}") };
    &fault.kind
}

#[tokio::test]
async fn a_change_is_one_request_with_the_members_given() {
    let room = Room::with("change", &[("main", 1)]);
    let aws = room.aws();
    let Outcome::Sent(receipt) = send(&aws, &good(), scale()).await else { panic!() };
    assert!(!receipt.request_id.is_empty());
    assert!(receipt.started.as_ref().is_some_and(|id| id.starts_with("ecs-svc/")), "{receipt:?}");
    assert_eq!(room.count("ecs:UpdateService"), 1);
    let body = json!({ "cluster": "main", "service": "main-svc-0000", "desiredCount": 5 });
    assert_eq!(room.bodies("ecs:UpdateService"), [body]);
    assert_eq!(list(&aws, &good()).await.services["main-svc-0000"].desired, 5);

    let deploy = call([("forceNewDeployment", true.into())]);
    let Outcome::Sent(second) = send(&aws, &good(), deploy).await else { panic!() };
    assert_eq!(room.count("ecs:UpdateService"), 2);
    assert!(second.started.is_some());
}

#[tokio::test]
async fn where_it_may_not_be_nothing_is_sent() {
    let room = Room::with("forbidden", &[("main", 1)]);
    let aws = room.aws();
    let mut read_only = good();
    read_only.read_only = true;
    let mut pinned = good();
    pinned.account = Some("999999999999".into());
    let unknown =
        Call::new(Op { name: "DeleteService", ..UPDATE }, [("cluster", "main".into()), ("service", "x".into())]);
    for (env, call) in [
        (&read_only, scale()),
        (&pinned, scale()),
        (&good(), unknown),
        (&good(), call([("propagateTags", "SERVICE".into()), ("desiredCount", 1.into())])),
    ] {
        let outcome = send(&aws, env, call.clone()).await;
        assert_eq!(refusal(&outcome), &FaultKind::Refused, "{call:?}");
    }
    assert_eq!(room.count("ecs:UpdateService") + room.count("ecs:DeleteService"), 0);
}

#[tokio::test]
async fn a_pin_is_checked_against_who_we_are_now() {
    let room = Room::with("pin", &[("main", 1)]);
    let aws = room.aws();
    let mut env = good();
    env.account = Some(room.account.as_str().into());
    ask(&aws, &env, Query::Identity).await;
    assert!(matches!(send(&aws, &env, scale()).await, Outcome::Sent(_)));
    assert_eq!(room.count("sts:GetCallerIdentity"), 2, "asked again before the change");
    room.fault(json!({ "operation": "sts:GetCallerIdentity", "kind": "expired" }));
    assert_eq!(refusal(&send(&aws, &env, scale()).await), &FaultKind::Expired);
    assert_eq!(room.count("ecs:UpdateService"), 1, "unverified, so not sent");
}

#[tokio::test]
async fn what_aws_refuses_was_not_done() {
    let room = Room::with("refused", &[("main", 1)]);
    let aws = room.aws();
    for (kind, fault) in [("throttle", FaultKind::Throttled), ("expired", FaultKind::Expired)] {
        let before = room.count("ecs:UpdateService");
        room.fault(json!({ "operation": "ecs:UpdateService", "kind": kind }));
        assert_eq!(refusal(&send(&aws, &good(), scale()).await), &fault);
        assert_eq!(room.count("ecs:UpdateService") - before, 1, "{kind} is not tried again");
    }
    room.fault(json!({ "operation": "ecs:UpdateService", "kind": "deny" }));
    assert!(matches!(refusal(&send(&aws, &good(), scale()).await), FaultKind::Denied { .. }));
    room.no_fault();
    let mut missing = scale();
    missing.input.insert("service".into(), "nothing".into());
    assert_eq!(refusal(&send(&aws, &good(), missing).await), &FaultKind::NotFound);
}

#[tokio::test]
async fn what_nobody_knows_is_unknown_and_was_sent_once() {
    let room = Room::with("unknown", &[("main", 1)]);
    for kind in ["drop", "hang", "error500", "html", "truncate"] {
        let before = room.count("ecs:UpdateService");
        room.fault(json!({ "operation": "ecs:UpdateService", "kind": kind }));
        // Even with attempts to spare.
        let aws = Aws::new(room.options(Timeouts { attempts: 3, ..short() }));
        let outcome = send(&aws, &good(), scale()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{kind}: {outcome:?}");
        assert_eq!(room.count("ecs:UpdateService") - before, 1, "{kind}");
    }
}

#[tokio::test]
async fn a_timeout_of_the_whole_operation_is_unknown() {
    let room = Room::with("unknown-operation", &[("main", 1)]);
    room.fault(json!({ "operation": "ecs:UpdateService", "kind": "hang" }));
    let patience = Timeouts { operation: std::time::Duration::from_secs(4), ..long() };
    let outcome = send(&Aws::new(room.options(patience)), &good(), scale()).await;
    let Outcome::Unknown { fault } = outcome else { panic!("{outcome:?}") };
    assert_eq!(fault.kind, FaultKind::TimedOut);
    assert_eq!(room.count("ecs:UpdateService"), 1);
}

#[tokio::test]
async fn what_never_left_was_refused() {
    let room = Room::with("never-left", &[("main", 1)]);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut options = room.options(long());
    let aws = {
        // STS answers, ECS does not: the identity is known before the line is cut.
        options.endpoint_url = None;
        room.write(
            "config",
            &format!(
                "[profile good]\nregion = us-east-1\nservices = split\n[services split]\nsts =\n  endpoint_url = {}\necs =\n  endpoint_url = http://127.0.0.1:{port}\n",
                room.url()
            ),
        );
        Aws::new(options)
    };
    let outcome = send(&aws, &good(), scale()).await;
    assert_eq!(refusal(&outcome), &FaultKind::Unreachable, "{outcome:?}");
    assert_eq!((room.count("sts:GetCallerIdentity"), room.count("ecs:UpdateService")), (1, 0));
}
