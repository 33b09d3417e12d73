//! What goes wrong, how it is told, and that the rest goes on.

use midwatch::aws::Aws;
use midwatch::domain::environment::Environment;
use midwatch::domain::fault::FaultKind;
use midwatch::domain::query::Query;
use midwatch::port::Cloud;
use serde_json::json;

use crate::harness::{Room, ask, good, hurry, list, long, short};

#[tokio::test]
async fn a_wrong_key_needs_a_login() {
    let room = Room::with("wrong-key", &[("main", 1)]);
    room.write("credentials", "[good]\naws_access_key_id = AKIABAD\naws_secret_access_key = x\n");
    let aws = room.aws();
    let seen = list(&aws, &good()).await;
    let fault = &seen.faults[0];
    assert_eq!((&fault.kind, fault.what.as_str()), (&FaultKind::Expired, "ecs:ListClusters"));
    assert_eq!(fault.remedy, "renew the credentials of profile good, then press R");
    assert_eq!(room.count("ecs:ListClusters"), 1, "not tried again");
    assert!(seen.parts.is_none(), "a failed list names no parts");

    // After a login elsewhere, R makes the next request read the files anew.
    room.write("credentials", "[good]\naws_access_key_id = AKIAGOOD\naws_secret_access_key = x\n");
    aws.forget_credentials(&good());
    assert_eq!(list(&aws, &good()).await.services.len(), 1);
}

#[tokio::test]
async fn an_expired_token_needs_a_login() {
    let room = Room::with("expired", &[("main", 1)]);
    room.fault(json!({ "operation": "*", "kind": "expired" }));
    let aws = room.aws();
    assert_eq!(list(&aws, &good()).await.faults[0].kind, FaultKind::Expired);
    let identity = ask(&aws, &good(), Query::Identity).await;
    assert_eq!(identity[0].as_ref().unwrap_err().kind, FaultKind::Expired);
}

#[tokio::test]
async fn a_denied_call_says_which_permission() {
    let room = Room::with("denied", &[("main", 3), ("other", 2)]);
    room.fault(json!({ "operation": "ecs:ListServices", "kind": "deny", "match": "other" }));
    let seen = list(&room.aws(), &good()).await;
    assert_eq!(seen.services.len(), 3, "the other cluster goes on");
    let FaultKind::Denied { action, principal } = &seen.failed["other"].kind else { panic!("{seen:?}") };
    assert_eq!(action, "ecs:ListServices");
    assert!(principal.ends_with(":assumed-role/ops/dana"));
    assert!(!seen.rosters.contains_key("other"), "what was known of it stays");
}

#[tokio::test]
async fn denied_images_leave_the_rows() {
    let room = Room::with("denied-images", &[("main", 3)]);
    room.fault(json!({ "operation": "ecs:DescribeTaskDefinition", "kind": "deny" }));
    let seen = list(&room.aws(), &good()).await;
    assert_eq!(seen.services.len(), 3);
    assert!(seen.faults[0].to_string().contains("needs ecs:DescribeTaskDefinition"), "{seen:?}");
}

#[tokio::test]
async fn a_hung_call_does_not_hold_up_the_others() {
    let room = Room::with("hang", &[("main", 3), ("slow", 2)]);
    room.fault(json!({ "operation": "ecs:ListServices", "kind": "hang", "match": "slow" }));
    let seen = list(&Aws::new(room.options(short())), &good()).await;
    assert_eq!(seen.services.len(), 3);
    assert_eq!(seen.failed["slow"].kind, FaultKind::TimedOut);
}

#[tokio::test]
async fn a_throttled_read_is_tried_again() {
    let room = Room::with("throttled-once", &[("main", 1)]);
    room.fault(json!({ "operation": "ecs:DescribeServices", "kind": "throttle", "times": 2 }));
    let aws = room.aws();
    assert_eq!(list(&aws, &good()).await.services.len(), 1);
    assert_eq!(room.count("ecs:DescribeServices"), 3);
    assert_eq!(aws.meter().throttled, 2);
}

#[tokio::test]
async fn a_read_that_stays_throttled_says_so() {
    let room = Room::with("throttled", &[("main", 1)]);
    room.fault(json!({ "operation": "ecs:ListServices", "kind": "throttle" }));
    let seen = list(&room.aws(), &good()).await;
    assert_eq!(seen.failed["main"].kind, FaultKind::Throttled);
    assert_eq!(room.count("ecs:ListServices"), 3);
}

#[tokio::test]
async fn a_failing_batch_and_a_failure_in_a_success_keep_what_is_known() {
    let room = Room::with("batch", &[("main", 11)]);
    room.fault(json!({ "operation": "ecs:DescribeServices", "kind": "deny", "match": "svc-0010" }));
    let seen = list(&room.aws(), &good()).await;
    assert_eq!((seen.services.len(), seen.rosters["main"].len()), (10, 11));
    assert!(matches!(seen.failed["main"].kind, FaultKind::Denied { .. }));

    room.fault(json!({ "operation": "ecs:DescribeServices", "kind": "failure", "match": "svc-0010" }));
    let seen = list(&room.aws(), &good()).await;
    assert_eq!((seen.services.len(), seen.gone.len()), (10, 0), "only MISSING means gone");
    assert!(seen.failed["main"].message.contains("BUSY"), "{seen:?}");
}

#[tokio::test]
async fn answers_that_cannot_be_read_are_told_on_one_line() {
    let room = Room::with("garbage", &[("main", 1)]);
    for kind in ["html", "error500", "truncate", "drop"] {
        room.fault(json!({ "operation": "ecs:ListClusters", "kind": kind }));
        let seen = list(&room.aws(), &good()).await;
        let fault = &seen.faults[0];
        assert!(matches!(fault.kind, FaultKind::Other | FaultKind::Unreachable), "{kind}: {fault:?}");
        assert!(!fault.message.is_empty() && fault.message.len() < 200, "{kind}: {fault:?}");
        assert!(!fault.message.contains("Some(") && !fault.message.contains(" { "), "{kind}: {fault:?}");
    }
}

#[tokio::test]
async fn nobody_listens() {
    let room = Room::new("closed");
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut options = room.options(long());
    options.endpoint_url = Some(format!("http://127.0.0.1:{port}"));
    let seen = list(&Aws::new(options), &good()).await;
    let fault = &seen.faults[0];
    assert_eq!(fault.kind, FaultKind::Unreachable);
    assert!(fault.message.contains("Connection refused"), "{fault:?}");
}

#[tokio::test]
async fn settings_that_cannot_work_are_told_before_anything_is_sent() {
    let room = Room::new("settings");
    room.write(
        "config",
        "[profile good]\nregion = us-east-1\n[profile nowhere]\naws_access_key_id=a\naws_secret_access_key=b\n",
    );
    let aws = room.aws();
    for (profile, message) in [("nowhere", "no region"), ("absent", "there is no profile \"absent\" in the AWS files")]
    {
        let env = Environment::of_profile(profile, Some(profile), None);
        let answers = ask(&aws, &env, Query::Identity).await;
        let fault = answers[0].as_ref().unwrap_err();
        assert_eq!((&fault.kind, fault.message.as_str()), (&FaultKind::Invalid, message));
        assert!(!fault.remedy.is_empty());
    }
    assert_eq!(room.total(), 0);
}

#[tokio::test]
async fn one_environment_does_not_use_up_the_retries_of_another() {
    hurry(10);
    let room = Room::with("partitions", &[("main", 1)]);
    room.seed(&json!({ "region": "eu-west-1", "clusters": { "main": 1 } }));
    let aws = room.aws();
    room.fault(json!({ "operation": "ecs:ListClusters", "kind": "error500" }));
    let other = Environment::of_profile("other", Some("good"), None);
    let mut retried = 0;
    // Each failed read takes from the retry quota of 500; it is empty after some fifty.
    for _ in 0..60 {
        let before = room.count("ecs:ListClusters");
        list(&aws, &good()).await;
        retried = room.count("ecs:ListClusters") - before;
        if retried == 1 {
            break;
        }
    }
    assert_eq!(retried, 1, "the quota of the failing environment ends");
    let before = room.count("ecs:ListClusters");
    list(&aws, &other).await;
    assert_eq!(room.count("ecs:ListClusters") - before, 3, "the other still has its own");
}
