//! Another image: a revision that differs in nothing else is registered, deployed, each by one request.

use midwatch::aws::Aws;
use midwatch::domain::fault::FaultKind;
use midwatch::domain::image::{DeployImageFacts, Scan, Severity};
use midwatch::domain::intent::{Intent, Outcome, Receipt, Verdict};
use midwatch::domain::query::Query;
use midwatch::domain::resource::{Facts, Resource, cast_facts};
use midwatch::domain::service::Service;
use midwatch::kinds;
use midwatch::kinds::action::{Action, Applied, Confirm, Inputs, Plan, Progress};
use midwatch::kinds::services::DEPLOY_IMAGE_FACTS;
use midwatch::port::Cloud;
use serde_json::{Value, json};

use crate::harness::{Room, good, list, short};
use crate::read_result;

const SERVICE: &str = "main/main-svc-0000";

/// A service on `main-0:1` with `team/app:40`; ECR has a newer one without fault, one with holes and
/// one that nobody scanned.
fn room(name: &str) -> Room {
    let room = Room::new(name);
    room.seed(&json!({
        "clusters": { "main": 1 }, "image": "team/app",
        "repositories": [{ "name": "team/app", "mutability": "IMMUTABLE" }],
    }));
    for (tag, age, told) in [
        (
            "39",
            9000,
            json!({ "imageScanFindingsSummary": { "findingSeverityCounts": { "LOW": 3, "CRITICAL": 1, "HIGH": 2 } } }),
        ),
        ("40", 5000, json!({ "imageScanStatus": { "status": "FAILED" } })),
        ("41", 4000, json!({})),
        ("42", 60, json!({ "imageScanFindingsSummary": { "findingSeverityCounts": {} } })),
    ] {
        room.push("team/app", tag, tag);
        room.image("team/app", tag, age, told);
    }
    room.deployment(SERVICE, json!({ "do": "adopt" }));
    room
}

fn spec() -> &'static dyn Action {
    kinds::action("deploy-image").unwrap()
}

async fn service(aws: &Aws) -> Service {
    list(aws, &good()).await.services["main-svc-0000"].clone()
}

async fn facts(aws: &Aws, service: &Service) -> Facts {
    read_result::facts(aws, &good(), Query::Facts(DEPLOY_IMAGE_FACTS, service.id().clone())).await
}

async fn plan(aws: &Aws, service: &Service, inputs: &[(&str, &str)]) -> (Plan, Intent) {
    read_result::plan(aws, &good(), "deploy-image", service, inputs).await
}

/// Sends both calls as the runtime does.
async fn send(aws: &Aws, plan: &Plan) -> Receipt {
    let register = sent(aws.change(&good(), plan.calls[0].clone()).await);
    let update = plan.calls[1].after(register.started.as_ref()).unwrap();
    register.then(sent(aws.change(&good(), update).await))
}

#[track_caller]
fn sent(outcome: Outcome) -> Receipt {
    let Outcome::Sent(receipt) = outcome else { panic!("{outcome:?}") };
    receipt
}

async fn progress(aws: &Aws, service: &Service, intent: &Intent, receipt: &Receipt) -> Progress {
    spec().progress(intent, receipt, &*facts(aws, service).await, aws.now())
}

fn changes(room: &Room) -> [u64; 2] {
    ["RegisterTaskDefinition", "UpdateService"].map(|op| room.count(&format!("ecs:{op}")))
}

fn warns(plan: &Plan, text: &str) -> bool {
    plan.warnings.iter().any(|(_, said)| said.contains(text))
}

#[tokio::test]
async fn the_images_are_told_newest_first_with_their_scans() {
    let room = room("image-list");
    let aws = room.aws();
    let service = service(&aws).await;
    let read = facts(&aws, &service).await;
    let scope = &cast_facts::<DeployImageFacts>(&*read).unwrap().containers[0];
    let stored = scope.images.as_ref().unwrap().as_ref().unwrap();
    let scans: Vec<(&str, &Scan)> = stored.iter().map(|image| (image.name().as_str(), &image.scan)).collect();
    let holes = Scan::Found(vec![(Severity::Critical, 1), (Severity::High, 2), (Severity::Low, 3)]);
    let failed = Scan::Status("FAILED".into());
    let expected = [("42", &Scan::Found(vec![])), ("41", &Scan::Not), ("40", &failed), ("39", &holes)];
    assert_eq!(scans, expected);
    assert!(stored.iter().all(|image| image.digest.starts_with("sha256:") && !image.tags[0].mutable));
    let choices = spec().choices("image", &*read, &Inputs::new(), aws.now());
    let last = |n: usize| choices[n].columns.last().unwrap().text.clone();
    assert_eq!((choices[0].suggested, &*last(0), &*last(2)), (true, "", "runs now"));
    let (plan, _) = plan(&aws, &service, &[("image", "39")]).await;
    assert!(warns(&plan, "app:39 has 1 CRITICAL and 2 HIGH vulnerabilities"), "{plan:?}");
    assert!(warns(&plan, "older than what runs"));
    assert_eq!(changes(&room), [0, 0], "a plan sends nothing");
    assert_eq!(room.count("ecr:DescribeRepositories"), 2, "one look each time the facts are read");
}

#[tokio::test]
async fn a_revision_with_that_image_is_registered_deployed_and_followed() {
    let room = room("image-deploy");
    let aws = room.aws();
    let service = service(&aws).await;
    let (plan, intent) = plan(&aws, &service, &[("image", "42")]).await;
    assert_eq!(plan.confirm, Confirm::Ask);
    let receipt = send(&aws, &plan).await;
    let arn = format!("arn:aws:ecs:us-east-1:{}:task-definition/main-0:2", room.account);
    let body = json!({ "cluster": "main", "service": "main-svc-0000", "taskDefinition": arn });
    assert_eq!((room.bodies("ecs:UpdateService"), changes(&room)), (vec![body], [1, 1]));
    assert!(receipt.started.as_ref().is_some_and(|id| id.starts_with("ecs-svc/")), "the deployment is followed");
    assert_eq!(progress(&aws, &service, &intent, &receipt).await.verdict, None);
    room.deployment(SERVICE, json!({ "do": "settle" }));
    let done = progress(&aws, &service, &intent, &receipt).await;
    assert_eq!((done.verdict, &*done.line), (Some(Verdict::Done), "completed: 2 of 2 run on main-0:2"));
    let image = format!("{}.dkr.ecr.us-east-1.amazonaws.com/team/app:42", room.account);
    assert_eq!(room.definition("main-0:2")["taskDefinition"]["containerDefinitions"][0]["image"], image);
}

/// A definition with something in every member that there is.
const EVERYTHING: &str = r#"{
    "taskRoleArn": "arn:aws:iam::1:role/task", "executionRoleArn": "arn:aws:iam::1:role/execution",
    "networkMode": "awsvpc", "requiresCompatibilities": ["EC2", "FARGATE"], "cpu": "512", "memory": "1024",
    "pidMode": "task", "ipcMode": "task", "ephemeralStorage": { "sizeInGiB": 30 },
    "runtimePlatform": { "cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX" },
    "placementConstraints": [{ "type": "memberOf", "expression": "attribute:a == b" }],
    "inferenceAccelerators": [{ "deviceName": "d", "deviceType": "eia1.medium" }],
    "proxyConfiguration": { "type": "APPMESH", "containerName": "proxy", "properties": [{ "name": "AppPorts", "value": "8080" }] },
    "volumes": [
        { "name": "data", "efsVolumeConfiguration": { "fileSystemId": "fs-1", "rootDirectory": "/x", "transitEncryption": "ENABLED" } },
        { "name": "late", "configuredAtLaunch": true }
    ],
    "tags": [{ "key": "team", "value": "harbour" }],
    "containerDefinitions": [
        {
            "name": "app", "image": "REGISTRY/team/app:40", "cpu": 64, "memory": 128, "memoryReservation": 64,
            "essential": true, "entryPoint": ["/bin/sh"], "command": ["-c", "run \"it\" 'é'"], "workingDirectory": "/srv",
            "environment": [{ "name": "PASSWORD", "value": "hunter2" }, { "name": "EMPTY", "value": "" }],
            "environmentFiles": [{ "type": "s3", "value": "arn:aws:s3:::b/x.env" }],
            "secrets": [{ "name": "TOKEN", "valueFrom": "arn:aws:secretsmanager:us-east-1:1:secret:x" }],
            "portMappings": [{ "name": "http", "containerPort": 8080, "hostPort": 8080, "protocol": "tcp", "appProtocol": "http" }],
            "mountPoints": [{ "sourceVolume": "data", "containerPath": "/d", "readOnly": true }],
            "volumesFrom": [{ "sourceContainer": "proxy", "readOnly": false }],
            "linuxParameters": { "initProcessEnabled": true, "capabilities": { "drop": ["ALL"] }, "tmpfs": [{ "containerPath": "/t", "size": 64, "mountOptions": ["rw"] }] },
            "dependsOn": [{ "containerName": "proxy", "condition": "HEALTHY" }],
            "startTimeout": 30, "stopTimeout": 40, "versionConsistency": "enabled", "user": "1000:1000",
            "privileged": false, "readonlyRootFilesystem": true, "interactive": true, "pseudoTerminal": true,
            "dnsServers": ["10.0.0.2"], "dnsSearchDomains": ["x"], "extraHosts": [{ "hostname": "h", "ipAddress": "10.0.0.3" }],
            "dockerSecurityOptions": ["no-new-privileges"], "dockerLabels": { "a": "b" },
            "ulimits": [{ "name": "nofile", "softLimit": 1024, "hardLimit": 4096 }],
            "systemControls": [{ "namespace": "net.core.somaxconn", "value": "1024" }],
            "resourceRequirements": [{ "type": "GPU", "value": "1" }],
            "healthCheck": { "command": ["CMD", "true"], "interval": 5, "timeout": 2, "retries": 3, "startPeriod": 1 },
            "restartPolicy": { "enabled": true, "ignoredExitCodes": [0], "restartAttemptPeriod": 60 },
            "repositoryCredentials": { "credentialsParameter": "arn:aws:secretsmanager:us-east-1:1:secret:y" },
            "firelensConfiguration": { "type": "fluentbit", "options": { "enable-ecs-log-metadata": "true" } },
            "logConfiguration": {
                "logDriver": "awslogs", "options": { "awslogs-group": "/ecs/main" },
                "secretOptions": [{ "name": "key", "valueFrom": "arn:aws:ssm:us-east-1:1:parameter/z" }]
            },
            "credentialSpecs": ["credentialspec:arn:aws:s3:::b/c.json"], "hostname": "host", "disableNetworking": false,
            "links": ["proxy"]
        },
        { "name": "proxy", "image": "public.ecr.aws/envoy:1", "memory": 64, "essential": true }
    ]
}"#;

fn everything(registry: &str) -> Value {
    serde_json::from_str(&EVERYTHING.replace("REGISTRY", registry)).unwrap()
}

/// A room whose service runs `main-0:2`, which has everything.
fn full(name: &str) -> Room {
    let room = room(name);
    let registry = format!("{}.dkr.ecr.us-east-1.amazonaws.com", room.account);
    room.register_whole("main-0", &everything(&registry));
    room.deployment(SERVICE, json!({ "do": "deploy", "definition": "main-0:2" }));
    room.deployment(SERVICE, json!({ "do": "settle" }));
    room
}

/// A definition without what follows from its registration and with an image that is the same.
fn comparable(mut told: Value) -> Value {
    let definition = told["taskDefinition"].as_object_mut().unwrap();
    definition.retain(|member, _| !["taskDefinitionArn", "revision", "registeredAt"].contains(&member.as_str()));
    definition["containerDefinitions"][0]["image"] = json!("");
    told
}

#[tokio::test]
async fn every_field_is_carried_over() {
    let room = full("image-everything");
    let aws = room.aws();
    let service = service(&aws).await;
    let (plan, _) = plan(&aws, &service, &[("container", "app"), ("image", "42")]).await;
    send(&aws, &plan).await;
    let (before, after) = (room.definition("main-0:2"), room.definition("main-0:3"));
    assert_ne!(before, after);
    assert_eq!(comparable(before), comparable(after));
    // And what went over the wire has every member that was registered, unchanged.
    let body = &room.bodies("ecs:RegisterTaskDefinition")[0];
    let mut expected = everything(&format!("{}.dkr.ecr.us-east-1.amazonaws.com", room.account));
    for (member, value) in expected.as_object_mut().unwrap() {
        if member == "containerDefinitions" {
            for (place, container) in value.as_array().unwrap().iter().enumerate() {
                for (name, value) in container.as_object().unwrap() {
                    let sent = &body[member][place][name];
                    let changed = place == 0 && name == "image";
                    assert_eq!(sent == value, !changed, "{member} {place} {name}: {sent}");
                }
            }
        } else {
            assert_eq!(body[member.as_str()], *value, "{member}");
        }
    }
    assert_eq!(changes(&room), [1, 1]);
    let told_only = ["revision", "status", "taskDefinitionArn", "compatibilities", "requiresAttributes"];
    assert!(told_only.iter().all(|member| body.get(member).is_none()), "{body}");
}

#[tokio::test]
async fn what_aws_added_since_goes_along_or_nothing_is_sent() {
    let room = room("image-new");
    let aws = room.aws();
    let service = service(&aws).await;
    let (plan, _) = plan(&aws, &service, &[("image", "42")]).await;
    // In a container, where both shapes are one, it is sent on.
    let container = json!({ "name": "app", "image": "x", "memory": 128, "addedIn2031": { "deep": [1, 2.5, "é"] } });
    let more =
        |more: Value| room.fault(json!({ "operation": "ecs:DescribeTaskDefinition", "kind": "more", "more": more }));
    more(json!({ "containerDefinitions": [container] }));
    sent(aws.change(&good(), plan.calls[0].clone()).await);
    let body = &room.bodies("ecs:RegisterTaskDefinition")[0];
    assert_eq!(body["containerDefinitions"][0]["addedIn2031"], container["addedIn2031"]);
    // Beside them nobody knows whether it belongs into the request.
    more(json!({ "addedIn2031": "hunter2" }));
    let outcome = aws.change(&good(), plan.calls[0].clone()).await;
    let fault = read_result::refused(&outcome);
    assert!(fault.message.contains("it has addedIn2031, which this midwatch does not know"), "{fault:?}");
    assert!(!format!("{outcome:?}").contains("hunter2"));
    assert_eq!(changes(&room), [1, 0]);
}

#[tokio::test]
async fn no_value_of_the_environment_is_anywhere() {
    let room = full("image-values");
    let aws = room.aws();
    let service = service(&aws).await;
    let read = facts(&aws, &service).await;
    let (plan, intent) = plan(&aws, &service, &[("container", "app"), ("image", "42")]).await;
    let receipt = send(&aws, &plan).await;
    let lines: Vec<String> = plan.calls.iter().map(|call| call.cli(Some("good"), None)).collect();
    let told = format!("{read:?} {plan:?} {receipt:?} {lines:?} {}", serde_json::to_string(&intent).unwrap());
    assert!(!told.contains("hunter2"), "{told}");
    // Nor in what is said of an answer that broke off.
    let aws = Aws::new(room.options(short()));
    for operation in ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"] {
        room.fault(json!({ "operation": operation, "kind": "truncate" }));
        let outcome = format!("{:?}", aws.change(&good(), plan.calls[0].clone()).await);
        assert!(!outcome.contains("hunter2"), "{outcome}");
    }
}

#[tokio::test]
async fn where_iam_refuses_nothing_is_done_or_it_is_called_what_it_is() {
    let room = room("image-denied");
    let aws = room.aws();
    let service = service(&aws).await;
    let (plan, _) = plan(&aws, &service, &[("image", "42")]).await;
    room.fault(json!({ "operation": "ecs:RegisterTaskDefinition", "kind": "deny" }));
    let outcome = aws.change(&good(), plan.calls[0].clone()).await;
    assert!(matches!(read_result::refused(&outcome).kind, FaultKind::Denied { .. }));
    assert_eq!(changes(&room), [1, 0], "and it is not tried again");
    // The second call knows its revision only from the first.
    assert_eq!(plan.calls[1].after(None).unwrap_err().kind, FaultKind::Refused);
    assert_eq!(read_result::refused(&aws.change(&good(), plan.calls[1].clone()).await).kind, FaultKind::Refused);
    assert_eq!(changes(&room), [1, 0]);
}

#[tokio::test]
async fn a_registration_that_nobody_answered_is_settled_by_reading() {
    let room = room("image-unknown");
    let service = service(&room.aws()).await;
    let aws = Aws::new(room.options(short()));
    let (plan, intent) = plan(&aws, &service, &[("image", "42")]).await;
    let applied = async || spec().applied(&intent, &*facts(&aws, &service).await, aws.now());
    for (kind, arrives) in [("drop", false), ("truncate", true)] {
        room.fault(json!({ "operation": "ecs:RegisterTaskDefinition", "kind": kind }));
        let outcome = aws.change(&good(), plan.calls[0].clone()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{kind}: {outcome:?}");
        room.no_fault();
        match applied().await {
            Applied::Yes(receipt) => {
                assert!(arrives && receipt.started.as_ref().is_some_and(|arn| arn.ends_with("main-0:2")));
                let left = progress(&aws, &service, &intent, &receipt).await;
                let line = "main-0:2 is registered and nothing runs it: b 2 deploys it";
                assert_eq!((left.verdict, &*left.line), (Some(Verdict::Failed), line));
            }
            other => assert!(!arrives && other == Applied::No, "{kind}: {other:?}"),
        }
    }
    assert_eq!(changes(&room), [2, 0]);
}

#[tokio::test]
async fn an_image_of_another_registry_is_typed() {
    let room = full("image-other");
    let aws = room.aws();
    let service = service(&aws).await;
    let read = facts(&aws, &service).await;
    let proxy: Inputs = [("container".to_string(), "proxy".to_string())].into();
    assert!(spec().choices("image", &*read, &proxy, aws.now()).is_empty());
    let choices = spec().choices("container", &*read, &Inputs::new(), aws.now());
    let suggested: Vec<&str> = choices.iter().filter(|c| c.suggested).map(|c| c.value.as_str()).collect();
    assert_eq!(suggested, ["app"]);
    let (plan, _) = plan(&aws, &service, &[("container", "proxy"), ("image", "2")]).await;
    assert!(warns(&plan, "envoy:2 is not in this account's ECR: whether it is there is not known"), "{plan:?}");
    send(&aws, &plan).await;
    let body = &room.bodies("ecs:RegisterTaskDefinition")[0];
    assert_eq!(body["containerDefinitions"][1]["image"], "public.ecr.aws/envoy:2");
    assert_eq!(
        body["containerDefinitions"][0]["image"],
        everything(&format!("{}.dkr.ecr.us-east-1.amazonaws.com", room.account))["containerDefinitions"][0]["image"]
    );
}
