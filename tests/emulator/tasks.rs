//! The tasks of a service as ECS tells them, and those that stopped in a cluster.

use midwatch::aws::Aws;
use midwatch::domain::environment::{Environment, Scope};
use midwatch::domain::query::{Answer, Query};
use midwatch::domain::record::What;
use midwatch::domain::resource::{ResourceId, cast_facts};
use midwatch::domain::service::ServiceDetail;
use midwatch::domain::task::Task;
use midwatch::kinds::services::SERVICES;
use serde_json::{Value, json};

use crate::harness::{Room, ask, good};

/// A task of the first service that its container ended; members in `more` are added or replaced.
pub fn ended(id: &str, more: &Value) -> Value {
    let mut task = json!({
        "cluster": "main", "service": "main-svc-0000", "id": id,
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/main-0:1",
        "lastStatus": "STOPPED", "desiredStatus": "STOPPED",
        "createdAt": 130, "startedAt": 100, "stoppedAt": 60,
        "stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited",
        "containers": [{ "name": "app", "lastStatus": "STOPPED", "exitCode": 1 }],
    });
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    task
}

fn service(room: &Room, name: &str) -> ResourceId {
    ResourceId(format!("arn:aws:ecs:us-east-1:{}:service/main/{name}", room.account).into())
}

async fn detail(room: &Room) -> ServiceDetail {
    let answers = ask(&room.aws(), &good(), Query::Detail(SERVICES.detail(), service(room, "main-svc-0000"))).await;
    let [Ok(Answer::Facts(facts))] = &answers[..] else { panic!("{answers:?}") };
    cast_facts::<ServiceDetail>(&**facts).unwrap().clone()
}

#[tokio::test]
async fn a_task_is_read_with_all_that_it_tells() {
    let room = Room::with("task-fields", &[("main", 2)]);
    let definition = "arn:aws:ecs:us-east-1:1:task-definition/main-0:7";
    room.tasks(&json!([
        {
            "cluster": "main", "service": "main-svc-0000", "id": "awsvpc", "taskDefinitionArn": definition,
            "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "healthStatus": "UNHEALTHY",
            "startedBy": "ecs-svc/1", "availabilityZone": "us-east-1b", "cpu": "512", "memory": "1024",
            "capacityProviderName": "FARGATE_SPOT", "createdAt": 130, "startedAt": 100,
            "attachments": [{ "type": "ElasticNetworkInterface", "details": [
                { "name": "subnetId", "value": "subnet-1" }, { "name": "privateIPv4Address", "value": "10.0.3.7" },
            ] }],
            "containers": [
                { "name": "app", "lastStatus": "RUNNING", "healthStatus": "UNHEALTHY", "image": "app:40",
                  "imageDigest": "sha256:ab" },
                { "name": "proxy", "lastStatus": "STOPPED", "exitCode": 139, "reason": "CannotStop\u{1b}[31m" },
            ],
            "overrides": { "containerOverrides": [{ "environment": [{ "name": "TOKEN", "value": "hunter2" }] }] },
        },
        {
            "cluster": "main", "service": "main-svc-0000", "id": "bridge", "taskDefinitionArn": definition,
            "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "launchType": "EC2", "startedAt": 50,
            "containers": [{ "name": "app", "networkInterfaces": [{ "privateIpv4Address": "10.0.4.8" }] }],
        },
        ended("oom", &json!({ "containers": [{ "name": "app", "lastStatus": "STOPPED", "exitCode": 137,
            "reason": "OutOfMemoryError: Container killed due to memory usage" }] })),
        ended("pull", &json!({ "stopCode": "TaskFailedToStart", "stoppedReason": "Task failed to start",
            "stoppedAt": 30, "containers": [{ "name": "app", "reason": "CannotPullContainerError: not found" }] })),
        ended("other", &json!({ "service": "main-svc-0001" })),
    ]));
    let detail = detail(&room).await;
    let running = detail.tasks.unwrap();
    let [bridge, awsvpc] = &running[..] else { panic!("{running:?}") };
    let said = |task: &Task| (task.id().to_string(), task.address.as_ref().map(ToString::to_string));
    assert_eq!(said(bridge), ("bridge".into(), Some("10.0.4.8".into())), "the newest first");
    assert_eq!(said(awsvpc), ("awsvpc".into(), Some("10.0.3.7".into())));
    assert_eq!(
        (awsvpc.health.as_str(), awsvpc.zone.as_str(), awsvpc.launch.as_str()),
        ("UNHEALTHY", "us-east-1b", "FARGATE_SPOT")
    );
    assert_eq!(
        (awsvpc.cpu.as_str(), awsvpc.memory.as_str(), awsvpc.task_definition.short()),
        ("512", "1024", "main-0:7")
    );
    assert!(awsvpc.started.is_some() && awsvpc.stopped.is_none() && !format!("{running:?}").contains("hunter2"));
    let [app, proxy] = &awsvpc.containers[..] else { panic!("{awsvpc:?}") };
    assert_eq!((app.digest.as_deref(), app.exit_code), (Some("sha256:ab"), None));
    assert_eq!((proxy.exit_code, proxy.reason.as_str()), (Some(139), "CannotStop"));

    let stopped = detail.stopped.unwrap();
    let [pull, oom] = &stopped[..] else { panic!("only those of the service: {stopped:?}") };
    assert_eq!((oom.lived(), oom.containers[0].exit_code), (Some(40), Some(137)));
    assert_eq!((pull.stop_code.as_str(), pull.containers[0].exit_code), ("TaskFailedToStart", None));
    assert!(oom.has_ended() && pull.has_ended());
}

/// What is told of the tasks that stopped in the cluster: service and id of each, sorted.
async fn endings(aws: &Aws, env: &Environment) -> Vec<String> {
    let mut told = Vec::new();
    for answer in ask(aws, env, Query::Endings(SERVICES, "main".into())).await {
        let Ok(Answer::Seen(seen)) = answer else { panic!("{answer:?}") };
        told.extend(seen.iter().map(|(of, what)| {
            let What::Task(task) = what else { panic!("{what:?}") };
            format!("{} {}", of.0.rsplit_once(":service/").unwrap().1, task.id())
        }));
    }
    told.sort();
    told
}

#[tokio::test]
async fn each_task_that_stopped_in_a_cluster_is_described_once() {
    let room = Room::with("endings", &[("main", 2)]);
    let leaving = json!({ "lastStatus": "DEPROVISIONING" });
    let once = json!({ "service": null });
    room.tasks(&json!([
        ended("a", &json!({})),
        ended("b", &json!({ "service": "main-svc-0001" })),
        ended("leaving", &leaving),
        ended("once", &once),
        ended("elsewhere", &json!({ "cluster": "other" })),
    ]));
    let aws = room.aws();
    assert_eq!(endings(&aws, &good()).await, ["main/main-svc-0000 a", "main/main-svc-0001 b"]);
    assert_eq!((room.count("ecs:ListTasks"), room.count("ecs:DescribeTasks")), (1, 1));
    assert!(endings(&aws, &good()).await.is_empty(), "told already");
    let asked = &room.bodies("ecs:DescribeTasks")[1]["tasks"];
    assert_eq!(asked.as_array().unwrap().len(), 1, "the one that is still on its way to its end: {asked}");
    room.tasks(&json!([ended("a", &json!({})), ended("leaving", &json!({}))]));
    assert_eq!(endings(&aws, &good()).await, ["main/main-svc-0000 leaving"]);
    assert!(endings(&aws, &good()).await.is_empty());
    assert_eq!(room.count("ecs:DescribeTasks"), 3, "with nothing new nothing is described");

    let mut narrow = good();
    narrow.name = "narrow".into();
    narrow.scope = Scope::new(&[], &["*-0000".into()], &[], &Default::default()).unwrap();
    assert!(endings(&aws, &narrow).await.is_empty(), "of what does not belong nothing is recorded");
}

#[tokio::test]
async fn many_are_read_in_pages_of_a_hundred() {
    let room = Room::with("many-endings", &[("main", 1)]);
    let tasks: Vec<Value> = (0..250).map(|n| ended(&format!("t{n}"), &json!({}))).collect();
    room.tasks(&json!(tasks));
    assert_eq!(endings(&room.aws(), &good()).await.len(), 250);
    assert_eq!((room.count("ecs:ListTasks"), room.count("ecs:DescribeTasks")), (3, 3));
    room.fault(json!({ "operation": "ecs:ListTasks", "kind": "deny" }));
    let answers = ask(&room.aws(), &good(), Query::Endings(SERVICES, "main".into())).await;
    assert!(matches!(&answers[..], [Err(_)]), "{answers:?}");
}
