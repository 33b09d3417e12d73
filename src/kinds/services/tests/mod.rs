//! What is said of a service, by example.

mod deploy;
mod scale;

use std::collections::BTreeMap;

use serde_json::json;

use super::fixtures::*;
use super::health;
use super::{SERVICES, evidence};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::health::{Diagnosis, Health};
use crate::domain::resource::Facts;
use crate::domain::service::*;
use crate::domain::task::Task;
use crate::kinds;
use crate::kinds::cell::Tone;
use crate::kinds::kind::Kind;
use crate::kinds::kind::RenderContext;
use crate::kinds::testing;

fn kind() -> &'static dyn Kind {
    kinds::kind(SERVICES).unwrap()
}

fn state(service: &Service) -> Diagnosis {
    health::diagnose(service, now())
}

/// Health, word, and that `why` has these parts.
fn assert_state(service: &Service, health: Health, word: &str, why: &[&str]) -> Diagnosis {
    let state = state(service);
    assert_eq!((state.health, state.word.as_str()), (health, word), "{}", state.why);
    for part in why {
        assert!(state.why.contains(part), "{part:?} in {:?}", state.why);
    }
    state
}

#[test]
fn a_steady_service_needs_no_words() {
    let state = assert_state(&service(3), Health::Ok, "steady", &[]);
    assert_eq!((state.why.as_str(), state.is_moving), ("", false));
    assert_state(&service(0), Health::Ok, "scaled to zero", &[]);
}

#[test]
fn a_status_that_is_not_active_is_never_ok() {
    let with = |status: &str| Service { status: status.into(), ..service(2) };
    assert_state(&with("DRAINING"), Health::Changing, "being deleted", &["2 tasks left"]);
    assert_state(&with("INACTIVE"), Health::Down, "deleted", &[]);
    assert_state(&with("SOMETHING"), Health::Unknown, "unknown", &["SOMETHING"]);
    let daemon = Service { scheduling: "DAEMON".into(), ..service(0) };
    assert_state(&daemon, Health::Unknown, "no instance", &[]);
}

#[test]
fn missing_tasks_are_wrong_when_nothing_moves() {
    let mut s = Service { running: 2, ..service(5) };
    let state = assert_state(&s, Health::Degraded, "3 missing", &["2 of 5 run, none starting"]);
    assert!(!state.is_moving);
    s.pending = 3;
    assert!(assert_state(&s, Health::Changing, "3 starting", &["2 of 5 run, 3 starting"]).is_moving);
    (s.running, s.pending) = (0, 0);
    assert_state(&s, Health::Down, "no tasks", &["0 of 5 run"]);
    s.events.insert(0, event(20, "(service api) has started 5 tasks: (task a)."));
    assert_state(&s, Health::Changing, "5 starting", &[]);
}

#[test]
fn an_old_unable_to_place_may_still_hold() {
    let mut s = Service { running: 2, ..service(3) };
    s.events = vec![event(
        3 * 3600,
        "(service api) was unable to place a task because no container instance met all of its requirements. For more information, see the guide.",
    )];
    let state =
        assert_state(&s, Health::Degraded, "cannot place", &["no container instance met", "3h ago", "2 of 3 run"]);
    assert!(!state.why.contains("For more"), "{}", state.why);
    s.events.insert(0, event(2 * 3600, "(service api) has reached a steady state."));
    assert_state(&s, Health::Degraded, "1 missing", &[]);
}

#[test]
fn a_rollout_says_how_far_it_is() {
    let state = assert_state(&rollout(7, 5, 2, 60), Health::Changing, "rolling 71%", &["5 of 7 new tasks run"]);
    assert!(state.is_moving && state.progress.unwrap() > 0.7);
    assert_state(&rollout(3, 3, 1, 60), Health::Changing, "settling", &["1 old task"]);
}

#[test]
fn a_failing_rollout_is_degraded_and_still_watched_closely() {
    let mut s = rollout(5, 0, 5, 120);
    s.deployments[0].failed = 3;
    assert!(assert_state(&s, Health::Degraded, "3 failed", &["3 tasks failed in a row on api:43"]).is_moving);

    let mut s = rollout(5, 1, 5, 120);
    s.events.insert(0, event(30, "(service api) (task 1f3a) failed container health checks."));
    assert_state(&s, Health::Degraded, "unhealthy", &["failed container health checks"]);
    // What was said before the rollout began does not count against it.
    s.events[0].at = Some(ago(600));
    assert_state(&s, Health::Changing, "rolling 20%", &[]);

    assert_state(&rollout(5, 1, 2, 60), Health::Degraded, "below minimum", &["3 run, fewer than the 5"]);
    assert_state(&Service { running: 0, ..rollout(5, 0, 0, 60) }, Health::Down, "below minimum", &[]);
}

#[test]
fn a_rollout_that_cannot_move_says_for_how_long_and_why() {
    let mut s = rollout(2, 0, 2, 18 * 60);
    (s.minimum_healthy, s.maximum) = (Some(75), Some(125));
    let state = assert_state(&s, Health::Degraded, "stuck 18m", &["no progress for 18m", "raise maximum to 150"]);
    assert!(!state.is_moving, "what stands still is read calmly");
    // The bake time of a blue/green deployment is a wait by design.
    let baking = Service { strategy: "BLUE_GREEN".into(), ..rollout(2, 2, 2, 18 * 60) };
    assert_eq!(state_of(&baking), Health::Changing);
}

fn state_of(service: &Service) -> Health {
    state(service).health
}

#[test]
fn a_failed_rollout_and_its_rollback_are_told_apart() {
    let mut s = rollout(3, 0, 3, 300);
    s.deployments[0].rollout = Some(Rollout::Failed);
    s.deployments[0].rollout_reason = "ECS deployment circuit breaker: tasks failed to start.".into();
    assert_state(&s, Health::Degraded, "failed", &["deployment of api:43 failed", "tasks failed to start"]);

    s.deployments[0].status = "ACTIVE".into();
    let mut back = deployment("three", 42, 3, 1, 20);
    back.rollout_reason = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/one.".into();
    s.deployments.insert(0, back);
    let state =
        assert_state(&s, Health::Degraded, "rolling back", &["AWS rolls back to api:42", "tasks failed to start"]);
    assert!(state.is_moving);
    // A fix that a person deploys after the failure is a rollout, not the rollback.
    s.deployments[0].rollout_reason = "ECS deployment ecs-svc/three in progress.".into();
    assert_eq!(state_of(&s), Health::Changing);
}

#[test]
fn running_equal_to_desired_proves_nothing() {
    let mut s = service(1);
    s.events = (0..5).map(|i| event(60 * i + 10, "(service api) has started 1 tasks: (task a).")).collect();
    assert!(assert_state(&s, Health::Degraded, "restarting", &["5 tasks started in 4m for 1 wanted"]).is_moving);
    let mut s = service(2);
    s.deployments[0].failed = 2;
    assert_state(&s, Health::Degraded, "2 failed", &["2 tasks failed in a row"]);
    // A deployment, or a growth, starts every task once.
    let mut s = service(6);
    s.events = (0..3).map(|i| event(60 * i + 10, "(service api) has started 2 tasks: (task a).")).collect();
    assert_state(&s, Health::Ok, "steady", &[]);
}

#[test]
fn without_a_rollout_state_the_counts_decide() {
    let mut s = service(2);
    s.controller = Controller::CodeDeploy;
    s.deployments.clear();
    assert_eq!(state_of(&s), Health::Ok);
    s.running = 1;
    assert_eq!(state_of(&s), Health::Degraded);
    let mut s = rollout(4, 1, 3, 60);
    s.deployments.iter_mut().for_each(|d| d.rollout = None);
    assert_state(&s, Health::Changing, "rolling 25%", &[]);
}

#[test]
fn a_stopped_task_is_explained_in_one_sentence() {
    let end = |edit: &dyn Fn(&mut crate::domain::task::Task)| {
        let mut task = stopped(60);
        edit(&mut task);
        evidence::end(&task)
    };
    assert_eq!(end(&|_| ()).why, "app exited 1 after 41s");
    let oom = end(&|t| {
        t.containers[0].exit_code = Some(137);
        t.containers[0].reason = "OutOfMemoryError: Container killed due to memory usage".into();
    });
    assert_eq!(oom.why, "app killed: out of memory (exit 137, OutOfMemoryError) after 41s");
    let killed = end(&|t| t.containers[0].exit_code = Some(137));
    assert!(killed.why.contains("by memory, or after the stop timeout"), "{}", killed.why);
    let pull = end(&|t| {
        t.stop_code = "TaskFailedToStart".into();
        t.stopped_reason = "Task failed to start".into();
        t.started = None;
        t.containers[0].exit_code = None;
        t.containers[0].reason = "CannotPullContainerError: not found".into();
    });
    assert_eq!(pull.why, "never started: CannotPullContainerError: not found");
    let unhealthy = end(&|t| {
        t.stop_code = "ServiceSchedulerInitiated".into();
        t.stopped_reason = "Task failed ELB health checks in (target-group x)".into();
    });
    assert!(unhealthy.failed && unhealthy.why.contains("failed ELB health checks"));
    let scaled = end(&|t| {
        t.stop_code = "ServiceSchedulerInitiated".into();
        t.stopped_reason = "Scaling activity initiated by (deployment ecs-svc/two)".into();
    });
    assert!(!scaled.failed && scaled.why.starts_with("not wanted any more"));
    assert_eq!(evidence::failures([stopped(60), stopped(120)].iter()), ["2 tasks: app exited 1"]);
}

#[test]
fn columns_fit_the_three_widths() {
    let kind = kind();
    // Two columns between cells and two for the cue.
    let fits = |width: u16| {
        let mut columns: Vec<_> = kind.columns().iter().collect();
        columns.sort_by_key(|c| c.rank);
        let mut used = 0;
        columns
            .into_iter()
            .map(|c| (c.id, c.width.min))
            .take_while(|(_, min)| {
                used += min + 2;
                used <= width
            })
            .map(|(id, _)| id)
            .collect::<Vec<_>>()
    };
    assert_eq!(fits(76), ["name", "tasks", "rollout", "since", "cpu", "image"]);
    assert_eq!(fits(118), ["name", "tasks", "rollout", "since", "cpu", "image", "mem", "taskdef", "cluster"]);
    assert_eq!(fits(200).len(), kind.columns().len());
}

fn cells(service: &Service) -> BTreeMap<&'static str, crate::kinds::cell::Cell> {
    let diagnosis = state(service);
    let look = RenderContext::at(now()).of(&diagnosis);
    kind().columns().iter().map(|c| (c.id, c.cell(service, look))).collect()
}

#[test]
fn a_row_reads_as_it_should() {
    let mut s = rollout(7, 5, 2, 180);
    s.pending = 1;
    s.images = vec![
        Image { container: "app".into(), reference: format!("r/team/api:sha-{}", "9be01d4a".repeat(5)).into() },
        image("proxy:1"),
    ];
    let row = cells(&s);
    let text = |id: &str| row[id].text.as_str();
    assert_eq!((text("tasks"), text("rollout"), text("since")), ("7/7 +1", "rolling 71%", "3m"));
    assert_eq!((text("image"), text("taskdef"), text("cluster")), ("api:sha-9be01d4a… +1", "api:43", "marine"));
    assert_eq!(row["rollout"].gauge, Some(5.0 / 7.0));
    assert_eq!(cells(&service(2))["rollout"].tone, Tone::Dim);
    let pinned = Image { container: "a".into(), reference: format!("r/api@sha256:{}", "ab12cd34".repeat(8)).into() };
    assert_eq!(super::columns::short_image(&pinned), "api@ab12cd34…");
}

#[test]
fn columns_sort_by_numbers() {
    let order = |id: &str, a: &Service, b: &Service| cells(a)[id].sort.order(&cells(b)[id].sort);
    let revision = |n| Service { task_definition: revision(n), ..service(1) };
    assert!(order("taskdef", &revision(9), &revision(42)).is_lt());
    assert!(order("tasks", &Service { running: 2, ..service(10) }, &Service { running: 1, ..service(2) }).is_lt());
    assert!(order("since", &rollout(1, 1, 0, 90), &service(1)).is_lt());
}

#[test]
fn the_json_row_is_stable() {
    let row = testing::json_of(kind(), &rollout(4, 1, 3, 60));
    for (member, value) in [
        ("name", json!("api")),
        ("cluster", json!("marine")),
        ("desired", json!(4)),
        ("running", json!(4)),
        ("rollout", json!("in_progress")),
        ("rollout_part", json!(0.25)),
        ("task_definition", json!("api:43")),
        ("controller", json!("ecs")),
        ("since", json!(ago(60).to_string())),
        ("health", json!("changing")),
        ("why", json!("1 of 4 new tasks run")),
    ] {
        assert_eq!(row[member], value, "{member}");
    }
    assert_eq!(
        kind().console_url(&service(1), "eu-west-1").unwrap(),
        "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/marine/services/api?region=eu-west-1"
    );
}

#[test]
fn every_tab_speaks_before_and_after_the_detail_and_of_its_faults() {
    let s = rollout(5, 2, 3, 60);
    let tab = |title: &str, detail: Option<&Facts>| testing::tab(kind(), &s, title, detail);
    for title in ["Overview", "Tasks", "Events"] {
        assert!(tab(title, None).contains("reading…"), "{title}");
    }
    assert!(tab("Overview", None).contains("▰▰▱▱▱▱▱ rolling 40%"), "{}", tab("Overview", None));
    assert!(tab("Deployments", None).contains("api:42"));

    let denied = || {
        Fault::new(FaultKind::Denied { action: "ecs:ListTasks".into(), principal: "".into() }, "ecs:ListTasks", "")
            .with_remedy("ask for midwatch policy read-only")
    };
    let detail: Facts = std::sync::Arc::new(ServiceDetail {
        service: s.clone(),
        tasks: Err(denied()),
        stopped: Ok(vec![stopped(30)]),
        scaling: Ok(Some(ScalingBounds { policies: Ok(vec!["target tracking: CPU 70 %".into()]), ..bounds(2, 8) })),
        history: Err(denied()),
        ..detail_of(&s)
    });
    let deployments = tab("Deployments", Some(&detail));
    assert!(deployments.contains("api:42") && deployments.contains("ask for midwatch policy"), "{deployments}");
    let tasks = tab("Tasks", Some(&detail));
    assert!(tasks.contains("needs ecs:ListTasks") && tasks.contains("ask for midwatch policy"), "{tasks}");
    assert!(tasks.contains("app exited 1 after 41s"), "{tasks}");
    let looping: Facts = std::sync::Arc::new(ServiceDetail {
        tasks: Ok(vec![crowded()]),
        stopped: Ok(vec![stopped(30), stopped(60), Task { containers: crowded().containers, ..stopped(90) }]),
        ..detail_of(&s)
    });
    let tasks = tab("Tasks", Some(&looping));
    for part in [
        "crash loop: 3 tasks of api:43 ended within 10m: app exited 1",
        "next: read its last lines (l); roll back",
        "1f3a9c01 | RUNNING | UNHEALTHY | 43 | 0.5/1 | 2m | us-east-1a | 10.0.0.7",
        "  app | RUNNING | UNHEALTHY |  |  |  |  | api:43 sha256:ab12cd34",
        "  proxy | STOPPED | – |  |  |  |  | exited 139 (segmentation fault): CannotStop",
        "after 41s, 3rd in 10m",
        "  proxy exited 139 (segmentation fault): CannotStop",
    ] {
        assert!(tasks.contains(part), "{part}: {tasks}");
    }
    assert!(tab("Overview", Some(&looping)).contains("crash loop: 3 tasks of api:43 ended within 10m"));
    let overview = tab("Overview", Some(&detail));
    for part in ["0.5 vCPU, 1 GiB", "2..8  target tracking: CPU 70 %", "logs /ecs/api", "min 5, max 10"] {
        assert!(overview.contains(part), "{part}: {overview}");
    }
}
