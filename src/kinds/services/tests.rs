//! What is said of a service, and what its two actions plan and conclude, by example.

use std::collections::BTreeMap;

use serde_json::json;

use super::build::*;
use super::health::{self, State};
use super::{evidence, kind};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::health::Health;
use crate::domain::intent::{Intent, Receipt, Verdict};
use crate::domain::resource::Facts;
use crate::domain::service::*;
use crate::domain::task::Task;
use crate::kinds::action::{ActionSpec, Applied, Confirm, Inputs, Plan, Progress};
use crate::kinds::cell::{Block, Tone};
use crate::kinds::kind::{Kind, Look};

fn state(service: &Service) -> State {
    health::state(service, now())
}

/// Health, word, and that `why` has these parts.
fn assert_state(service: &Service, health: Health, word: &str, why: &[&str]) -> State {
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
    assert_eq!((state.why.as_str(), state.moves), ("", false));
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
    assert!(!state.moves);
    s.pending = 3;
    assert!(assert_state(&s, Health::Changing, "3 starting", &["2 of 5 run, 3 starting"]).moves);
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
    assert!(state.moves && state.part.unwrap() > 0.7);
    assert_state(&rollout(3, 3, 1, 60), Health::Changing, "settling", &["1 old task"]);
}

#[test]
fn a_failing_rollout_is_degraded_and_still_watched_closely() {
    let mut s = rollout(5, 0, 5, 120);
    s.deployments[0].failed = 3;
    assert!(assert_state(&s, Health::Degraded, "3 failed", &["3 tasks failed in a row on api:43"]).moves);

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
    assert!(!state.moves, "what stands still is read calmly");
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
    assert!(state.moves);
    // A fix that a person deploys after the failure is a rollout, not the rollback.
    s.deployments[0].rollout_reason = "ECS deployment ecs-svc/three in progress.".into();
    assert_eq!(state_of(&s), Health::Changing);
}

#[test]
fn running_equal_to_desired_proves_nothing() {
    let mut s = service(1);
    s.events = (0..5).map(|i| event(60 * i + 10, "(service api) has started 1 tasks: (task a).")).collect();
    assert!(assert_state(&s, Health::Degraded, "restarting", &["5 tasks started in 4m for 1 wanted"]).moves);
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

fn the_kind() -> Kind {
    kind()
}

#[test]
fn columns_fit_the_three_widths() {
    let kind = the_kind();
    // Two columns between cells and two for the cue.
    let fits = |width: u16| {
        let mut columns: Vec<_> = kind.columns.iter().collect();
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
    assert_eq!(fits(200).len(), kind.columns.len());
}

fn cells(service: &Service) -> BTreeMap<&'static str, crate::kinds::cell::Cell> {
    the_kind().columns.iter().map(|c| (c.id, c.cell(service, Look::at(now())))).collect()
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
    let row = the_kind().json(&rollout(4, 1, 3, 60), now());
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
        the_kind().console_url(&service(1), "eu-west-1").unwrap(),
        "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/marine/services/api?region=eu-west-1"
    );
}

fn said(blocks: &[Block]) -> String {
    let spans = |spans: &[crate::kinds::cell::Span]| spans.iter().map(|s| s.text.as_str()).collect::<String>();
    let line = |block: &Block| match block {
        Block::Fields(fields) => fields.iter().map(|(label, v)| format!("{label}: {}\n", spans(v))).collect(),
        Block::Table { rows, .. } => {
            rows.iter().map(|r| r.iter().map(|c| c.text.clone()).collect::<Vec<_>>().join(" | ") + "\n").collect()
        }
        Block::Heading(text) => format!("{text}\n"),
        Block::Line(line) => format!("{}\n", spans(line)),
        Block::Gap => String::new(),
    };
    blocks.iter().map(line).collect()
}

#[test]
fn every_tab_speaks_before_and_after_the_detail_and_of_its_faults() {
    let s = rollout(5, 2, 3, 60);
    let look = Look::at(now());
    let tabs = the_kind().tabs;
    let tab = |title: &str, detail: Option<&Facts>| {
        said(&tabs.iter().find(|t| t.title == title).unwrap().view(&s, detail, look))
    };
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

fn action(id: &str) -> ActionSpec {
    the_kind().actions.into_iter().find(|a| a.id.0 == id).unwrap()
}

fn inputs(desired: &str) -> Inputs {
    Inputs::from([("desired".to_string(), desired.to_string())])
}

fn scale(facts: &ServiceFacts, desired: &str) -> Result<Plan, String> {
    action("scale").plan(facts, &inputs(desired), now())
}

fn row<'a>(plan: &'a Plan, label: &str) -> String {
    let spans: &'a [_] = &plan.rows.iter().find(|(l, _)| l == label).unwrap_or_else(|| panic!("{label}: {plan:?}")).1;
    spans.iter().map(|s| s.text.as_str()).collect()
}

#[test]
fn a_number_of_tasks_is_checked() {
    let check = |text| action("scale").check(&inputs(text)).map_err(|(field, why)| format!("{field}: {why}"));
    assert_eq!(check(" 5 "), Ok(()));
    for (text, why) in [
        ("", "is needed"),
        ("-1", "not a whole"),
        ("2.5", "not a whole"),
        ("5001", "quota"),
        ("99999999999999999999999", "quota"),
    ] {
        assert!(check(text).unwrap_err().contains(why), "{text}");
    }
    let presets: Vec<_> =
        action("scale").fields(&service(2), now()).remove(0).presets.into_iter().map(|(_, v)| v).collect();
    assert_eq!(presets, ["1", "3", "0"]);
}

#[test]
fn what_cannot_be_scaled_or_deployed_says_why() {
    let daemon = Service { scheduling: "DAEMON".into(), ..service(2) };
    assert!(action("scale").guard(&daemon).unwrap_err().contains("daemon"));
    assert!(action("deploy").guard(&daemon).is_ok());
    let draining = Service { status: "DRAINING".into(), ..service(2) };
    let external = Service { controller: Controller::CodeDeploy, ..service(2) };
    assert!(action("deploy").guard(&external).unwrap_err().contains("CodeDeploy"));
    for id in ["scale", "deploy"] {
        assert!(action(id).guard(&draining).unwrap_err().contains("DRAINING"));
        assert!(action(id).guard(&service(2)).is_ok());
        // Fresh facts are guarded again.
        assert!(action(id).plan(&facts(draining.clone()), &inputs("5"), now()).is_err());
    }
}

#[test]
fn a_scale_plan_says_exactly_what_is_sent() {
    let plan = scale(&facts(service(2)), "4").unwrap();
    assert_eq!(row(&plan, "desired"), "2 → 4");
    assert_eq!(
        plan.calls[0].cli(None, None),
        "aws ecs update-service --cluster marine --service api --desired-count 4"
    );
    assert_eq!((plan.confirm, plan.summary.as_str()), (Confirm::Ask, "scale api 2 → 4"));
    assert_eq!(plan.before, json!({"desired": 2, "deployment": "ecs-svc/one"}));
    assert_eq!(plan.undo, "scale back to 2 (s 2)");
    assert_eq!(scale(&facts(service(5)), "5").unwrap_err(), "desired is already 5");
}

#[test]
fn great_steps_need_the_name() {
    for (before, after, confirm) in [
        (2, "0", Confirm::TypeName),
        (2, "5", Confirm::TypeName),
        (2, "4", Confirm::Ask),
        (0, "1", Confirm::Ask),
        (0, "10", Confirm::TypeName),
        (10, "1", Confirm::Ask),
    ] {
        assert_eq!(scale(&facts(service(before)), after).unwrap().confirm, confirm, "{before} → {after}");
    }
}

#[test]
fn the_autoscaling_verdict_is_told() {
    let verdict = |edit: &dyn Fn(&mut ScalingBounds), before, after: &str| {
        let mut bounds = ScalingBounds { policies: Ok(vec!["target tracking: CPU 70 %".into()]), ..bounds(2, 8) };
        edit(&mut bounds);
        let plan = scale(&ServiceFacts { scaling: Ok(Some(bounds)), ..facts(service(before)) }, after).unwrap();
        (row(&plan, "autoscaling"), plan.confirm)
    };
    for (before, after, words) in [
        (6, "10", "autoscaling 2..8: 10 is above its max; the next scale-in alarm brings it back to 8"),
        (3, "1", "autoscaling 2..8: 1 is below its min; the next scale-out alarm lifts it to 2"),
        (3, "5", "autoscaling 2..8: 5 is inside; target tracking will undo it when load is low"),
    ] {
        assert_eq!(verdict(&|_| (), before, after).0, words);
    }
    assert_eq!(verdict(&|_| (), 6, "10").1, Confirm::TypeName);
    let suspended = |b: &mut ScalingBounds| (b.suspended_in, b.suspended_out) = (true, true);
    assert_eq!(verdict(&suspended, 3, "5").0, "autoscaling 2..8, suspended: 5 stays");
    assert!(verdict(&|b| b.policies = Ok(vec![]), 3, "5").0.contains("without a policy"));

    let fault = Fault::new(FaultKind::Throttled, "application-autoscaling", "slow down");
    let plan = scale(&ServiceFacts { scaling: Err(fault), ..facts(service(3)) }, "4").unwrap();
    assert!(row(&plan, "autoscaling").contains("not known") && plan.warnings[0].0 == Tone::Unknown);
    assert!(row(&scale(&facts(service(3)), "4").unwrap(), "autoscaling").starts_with("none"));
}

/// The intent of a plan, sent that many seconds ago.
fn intent(plan: &Plan, sent: i64) -> Intent {
    Intent {
        id: "i".into(),
        at: ago(sent),
        environment: "e".into(),
        profile: None,
        account: "123456789012".into(),
        region: "us-east-1".into(),
        identity: "".into(),
        action: "".into(),
        kind: "services".into(),
        resource: service(1).id,
        name: "api".into(),
        calls: plan.calls.clone(),
        inputs: BTreeMap::new(),
        before: plan.before.clone(),
        summary: "".into(),
    }
}

fn scaled(before: u32, after: u32, sent: i64, seen: Service) -> (Progress, Applied) {
    let intent = intent(&scale(&facts(service(before)), &after.to_string()).unwrap(), sent);
    let facts = facts(seen);
    let progress = action("scale").progress(&intent, &Receipt::of("", None), &facts, now()).unwrap();
    (progress, action("scale").applied(&intent, &facts, now()))
}

#[test]
fn a_scale_is_followed_to_its_verdict() {
    let (progress, applied) = scaled(2, 5, 20, Service { running: 3, pending: 2, ..service(5) });
    assert_eq!((progress.verdict, progress.line.as_str()), (None, "3 of 5 run, 2 starting"));
    assert!(!progress.stalled && progress.fraction == Some(1.0 / 3.0) && matches!(applied, Applied::Yes(_)));
    assert_eq!(scaled(2, 5, 90, service(5)).0.verdict, Some(Verdict::Done));
    assert_eq!(scaled(2, 5, 90, Service { running: 3, ..service(3) }).0.verdict, Some(Verdict::Superseded));
    assert_eq!(scaled(2, 5, 90, service(3)).1, Applied::CannotTell);
    // A read may be older than the change that it follows.
    let (progress, applied) = scaled(2, 5, 5, service(2));
    assert_eq!((progress.verdict, applied), (None, Applied::No));
    assert_eq!(scaled(2, 5, 60, service(2)).0.verdict, Some(Verdict::Superseded));
}

#[test]
fn a_scale_that_stalls_brings_evidence() {
    let mut s = Service { running: 2, ..service(5) };
    s.events.insert(0, event(3 * 3600, "(service api) was unable to place a task because no capacity."));
    assert!(!scaled(2, 5, 100, s.clone()).0.stalled);
    s.events.remove(1);
    let (progress, _) = scaled(2, 5, 400, s);
    assert!(progress.stalled && progress.verdict.is_none());
    assert!(
        progress.evidence[0].contains("no capacity") && progress.evidence[0].contains("repeats it only"),
        "{progress:?}"
    );
}

fn deploy(facts: &ServiceFacts) -> Plan {
    action("deploy").plan(facts, &Inputs::new(), now()).unwrap()
}

#[test]
fn a_deploy_plan_tells_what_will_run() {
    let plan = deploy(&facts(service(2)));
    assert_eq!(
        plan.calls[0].cli(None, None),
        "aws ecs update-service --cluster marine --service api --force-new-deployment"
    );
    assert_eq!(
        row(&plan, "image app"),
        "api:42 is mutable: what it points to now, sha256:ab12cd34…, pushed 2h ago, will run"
    );
    assert_eq!(row(&plan, "task definition"), "api:42 stays");
    assert_eq!(row(&plan, "rollout"), "100/200 % of 2: min 2, max 4: new tasks start before old ones stop");
    assert_eq!((plan.confirm, plan.warnings.len()), (Confirm::Ask, 0));
    assert_eq!(plan.before["deployment"], "ecs-svc/one");
}

#[test]
fn an_image_that_is_gone_or_no_room_to_roll_needs_the_name() {
    let mut gone = facts(service(2));
    gone.images[0].registry = Ok(Some(RegistryImage { mutable: false, digest: None, pushed: None }));
    let plan = deploy(&gone);
    assert_eq!(plan.confirm, Confirm::TypeName);
    assert!(plan.warnings[0].0 == Tone::Down && plan.warnings[0].1.contains("no task will start"));

    let stuck = Service { minimum_healthy: Some(75), maximum: Some(125), ..service(2) };
    let plan = deploy(&facts(stuck));
    assert_eq!(plan.confirm, Confirm::TypeName);
    assert!(row(&plan, "rollout").ends_with("min 2, max 2: no room to roll: raise maximum to 150"));

    let mut unknown = facts(service(2));
    unknown.images[0].registry = Err(Fault::new(FaultKind::TimedOut, "ecr", ""));
    assert_eq!(deploy(&unknown).confirm, Confirm::Ask);
    let plan = deploy(&facts(rollout(5, 1, 5, 60)));
    assert!(plan.warnings.iter().any(|(_, w)| w.contains("under way")), "{plan:?}");
}

/// Deployment `two` was started from `one` that many seconds ago.
fn deployed(sent: i64, seen: &ServiceFacts, started: Option<&str>) -> (Progress, Applied) {
    let mut plan = deploy(&facts(service(3)));
    plan.before = json!({"deployment": "ecs-svc/one"});
    let intent = intent(&plan, sent);
    let receipt = Receipt::of("", started.map(Into::into));
    let progress = action("deploy").progress(&intent, &receipt, seen, now()).unwrap();
    (progress, action("deploy").applied(&intent, seen, now()))
}

fn verdict(sent: i64, seen: Service) -> Option<Verdict> {
    deployed(sent, &facts(seen), Some("ecs-svc/two")).0.verdict
}

#[test]
fn a_deployment_is_followed_by_its_id() {
    let (progress, applied) = deployed(60, &facts(rollout(3, 1, 3, 60)), Some("ecs-svc/two"));
    assert_eq!((progress.verdict, progress.fraction), (None, Some(1.0 / 3.0)));
    assert_eq!(applied, Applied::Yes(Receipt::of("", Some("ecs-svc/two".into()))));
    let mut s = rollout(3, 3, 0, 60);
    s.deployments[0].rollout = Some(Rollout::Completed);
    assert_eq!(verdict(60, s), Some(Verdict::Done));
}

#[test]
fn a_rollback_is_never_done() {
    let mut s = rollout(3, 0, 3, 300);
    s.deployments[0].rollout = Some(Rollout::Failed);
    s.deployments[0].updated = Some(ago(5));
    assert_eq!(verdict(300, s.clone()), None, "its rollback shows in a moment");
    assert_eq!(
        verdict(300, Service { breaker: CircuitBreaker { enabled: true, rollback: false }, ..s.clone() }),
        Some(Verdict::Failed)
    );
    s.deployments[0].status = "ACTIVE".into();
    s.deployments.insert(0, deployment("three", 42, 3, 1, 5));
    assert_eq!(verdict(300, s.clone()), Some(Verdict::RolledBack));

    // Afterwards the service looks steady, and only an event remembers.
    let mut s = service(3);
    s.deployments[0].id = "ecs-svc/three".into();
    s.deployments[0].created = Some(ago(60));
    s.events = vec![
        event(10, "(service api) has reached a steady state."),
        event(60, "(service api) rolling back to deployment ecs-svc/one."),
        event(61, "(service api) (deployment ecs-svc/two) deployment failed: tasks failed to start."),
    ];
    assert_eq!(verdict(300, s), Some(Verdict::RolledBack));
}

#[test]
fn a_newer_deployment_supersedes_and_a_vanished_one_is_not_guessed() {
    let mut s = rollout(3, 1, 3, 60);
    s.deployments[0].status = "ACTIVE".into();
    s.deployments.insert(0, deployment("three", 44, 3, 0, 5));
    assert_eq!(verdict(60, s), Some(Verdict::Superseded));
    let mut s = service(3);
    s.deployments[0].id = "ecs-svc/three".into();
    assert_eq!(verdict(300, s.clone()), Some(Verdict::Lost));
    s.events.insert(0, event(100, "(service api) (deployment ecs-svc/two) deployment completed."));
    assert_eq!(verdict(300, s), Some(Verdict::Done));
    assert_eq!(verdict(5, service(3)), None, "not shown yet");
}

#[test]
fn a_deployment_that_fails_again_and_again_is_stalled_with_the_reasons() {
    let mut seen = facts(rollout(3, 0, 3, 120));
    seen.stopped = Ok(vec![stopped(10), stopped(40), stopped(70)]);
    let (progress, _) = deployed(120, &seen, Some("ecs-svc/two"));
    assert!(progress.stalled && progress.verdict.is_none());
    assert_eq!(progress.evidence[0], "3 tasks: app exited 1");
    assert!(!deployed(120, &facts(rollout(3, 0, 3, 120)), Some("ecs-svc/two")).0.stalled);
    assert!(deployed(400, &facts(rollout(3, 0, 3, 400)), Some("ecs-svc/two")).0.stalled);
}

#[test]
fn a_deployment_without_an_answer_is_found_or_not() {
    assert_eq!(deployed(20, &facts(service(3)), None).1, Applied::No);
    assert_eq!(deployed(300, &facts(service(3)), None).0.verdict, Some(Verdict::NotDone));
    let (progress, applied) = deployed(60, &facts(rollout(3, 1, 3, 58)), None);
    assert!(
        matches!(applied, Applied::Yes(r) if r.started.as_deref() == Some("ecs-svc/two")) && progress.verdict.is_none()
    );
    // Somebody else's, made much later.
    assert_eq!(deployed(4000, &facts(rollout(3, 1, 3, 58)), None).1, Applied::CannotTell);
}

#[test]
fn without_a_rollout_state_a_deployment_ends_by_counts() {
    let mut s = rollout(3, 3, 0, 60);
    s.deployments.iter_mut().for_each(|d| d.rollout = None);
    assert_eq!(verdict(60, s.clone()), None, "an old deployment is still there");
    s.deployments.truncate(1);
    assert_eq!(verdict(60, s), Some(Verdict::Done));
}
