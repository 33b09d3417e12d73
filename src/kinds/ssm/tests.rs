use serde_json::json;

use super::*;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::service::{Image, TaskDefinitionRef};
use crate::domain::ssm::{Plugin, Remote};
use crate::kinds;
use crate::kinds::action::{Confirm, Plan};
use crate::kinds::testing::now;

fn container(name: &str) -> Container {
    Container {
        name: name.into(),
        status: RUNNING.into(),
        health: "HEALTHY".into(),
        exit_code: None,
        reason: "".into(),
        image: Image { container: name.into(), reference: "api:42".into() },
        digest: None,
        runtime_id: format!("{name}-77").into(),
        exec_agent: RUNNING.into(),
    }
}

fn task(id: &str) -> Task {
    Task {
        arn: format!("arn:aws:ecs:eu-west-1:1:task/main/{id}").into(),
        status: RUNNING.into(),
        desired_status: RUNNING.into(),
        health: "HEALTHY".into(),
        task_definition: TaskDefinitionRef::new("arn:aws:ecs:eu-west-1:1:task-definition/api:42"),
        started_by: "".into(),
        zone: "eu-west-1a".into(),
        address: Some("10.0.0.7".into()),
        cpu: "256".into(),
        memory: "512".into(),
        launch: "FARGATE".into(),
        created: Some(now()),
        started: Some(now()),
        stopped: None,
        stop_code: "".into(),
        stopped_reason: "".into(),
        containers: vec![container("app"), container("proxy")],
        exec_enabled: true,
    }
}

fn facts() -> SessionFacts {
    SessionFacts {
        name: "api".into(),
        remote: None,
        enabled: Some(true),
        tasks: Ok(vec![task("1f3a9c0177e2"), task("2b4c")]),
        ports: vec![("proxy".into(), 9000), ("app".into(), 8080)],
        plugin: Ok(Plugin { version: "1.2.707.0".into() }),
    }
}

fn remote() -> SessionFacts {
    let endpoint = crate::domain::cache::Endpoint::new("db.internal", 5432);
    SessionFacts { remote: Some(Remote { endpoint, client: None }), enabled: None, ..facts() }
}

fn plan(action: &str, facts: &SessionFacts, inputs: &[(&str, &str)]) -> Result<Plan, String> {
    let spec = kinds::action(action).unwrap();
    let all = [("shell", "/bin/sh")].iter().chain(inputs);
    let inputs: Inputs = all.map(|(name, value)| (name.to_string(), value.to_string())).collect();
    spec.check(&inputs).map_err(|(_, why)| why)?;
    spec.plan(facts, &inputs, now())
}

/// Why there can be no plan, when the first task is like this.
#[track_caller]
fn refused(change: impl Fn(&mut SessionFacts, &mut Task), says: &[&str]) {
    let mut facts = facts();
    let mut first = task("1f3a9c0177e2");
    change(&mut facts, &mut first);
    facts.tasks = facts.tasks.map(|_| vec![first]);
    let why = plan("exec", &facts, &[]).unwrap_err();
    for said in says {
        assert!(why.contains(said), "{said:?} is not in {why:?}");
    }
}

#[test]
fn every_missing_precondition_is_named_with_its_remedy() {
    refused(|_, task| task.exec_enabled = false, &["started before", "force a deployment"]);
    refused(
        |facts, task| {
            facts.enabled = Some(false);
            task.exec_enabled = false;
        },
        &["--cluster main --service api --enable-execute-command --force-new-deployment"],
    );
    refused(|_, task| task.status = "PENDING".into(), &["is PENDING"]);
    let stop = |task: &mut Task, word: &str| task.containers.iter_mut().for_each(|c| c.exec_agent = word.into());
    refused(|_, task| stop(task, "STOPPED"), &["ExecuteCommandAgent of app is STOPPED", "ssmmessages", "writable"]);
    refused(|_, task| stop(task, ""), &["is not there"]);
    let missing = Fault::new(FaultKind::Invalid, "p", "session-manager-plugin is not on the PATH");
    let missing = missing.with_remedy("install it: https://x");
    // All at once: nobody mends them one by one at three in the morning.
    refused(
        |facts, task| {
            facts.plugin = Err(missing.clone());
            task.status = "PROVISIONING".into();
            task.exec_enabled = false;
        },
        &["is not on the PATH: install it: https://x", "is PROVISIONING", "force a deployment"],
    );
    refused(|facts, _| facts.tasks = Err(missing.clone()), &["the tasks could not be read"]);
}

#[test]
fn a_shell_is_one_call_with_what_was_chosen() {
    let made = plan("exec", &facts(), &[("task", "2b"), ("container", "proxy"), ("shell", "bash -l")]).unwrap();
    assert_eq!(
        serde_json::to_value(&made.calls).unwrap(),
        json!([{ "service": "ecs", "operation": "ExecuteCommand", "input": {
            "cluster": "main", "task": "2b4c", "container": "proxy",
            "command": "bash -l", "interactive": true } }])
    );
    assert_eq!(made.confirm.raised(), Confirm::TypeName, "production asks for the name");
    let by_itself = plan("exec", &facts(), &[]).unwrap();
    assert_eq!((by_itself.calls[0].str("task"), by_itself.calls[0].str("container")), ("1f3a9c0177e2", "app"));
    for (inputs, says) in [
        ([("task", "9")], "no task that runs begins with 9"),
        ([("container", "db")], "there are app, proxy"),
        ([("shell", "")], "the program to start there"),
    ] {
        assert!(plan("exec", &facts(), &inputs).unwrap_err().contains(says), "{inputs:?}");
    }
}

#[test]
fn an_old_plugin_is_told_because_others_can_read_the_token() {
    let mut facts = facts();
    assert!(plan("exec", &facts, &[]).unwrap().warnings.iter().all(|(tone, _)| *tone == Tone::Plain));
    facts.plugin = Ok(Plugin { version: "1.2.463.0".into() });
    for action in ["exec", "forward"] {
        let warned = plan(action, &facts, &[]).unwrap().warnings;
        assert!(warned.iter().any(|(tone, text)| *tone == Tone::Degraded && text.contains("token")), "{warned:?}");
    }
}

#[test]
fn a_port_leads_to_the_container_or_beyond_it() {
    let input = |facts: &SessionFacts, inputs: &[(&str, &str)]| {
        let action = if facts.remote.is_some() { "forward-database" } else { "forward" };
        serde_json::to_value(&plan(action, facts, inputs).unwrap().calls[0].input).unwrap()
    };
    assert_eq!(
        input(&facts(), &[("local", "free")]),
        json!({ "Target": "ecs:main_1f3a9c0177e2_app-77", "DocumentName": "AWS-StartPortForwardingSession",
            "Parameters": { "portNumber": ["8080"] } })
    );
    let chosen = input(&facts(), &[("container", "proxy"), ("port", "9001"), ("local", "19001")]);
    assert_eq!(chosen["Parameters"], json!({ "portNumber": ["9001"], "localPortNumber": ["19001"] }));
    assert_eq!(
        input(&remote(), &[("task", "2b4c"), ("local", "15432")]),
        json!({ "Target": "ecs:main_2b4c_app-77", "DocumentName": "AWS-StartPortForwardingSessionToRemoteHost",
            "Parameters": { "portNumber": ["5432"], "localPortNumber": ["15432"], "host": ["db.internal"] } })
    );
    let silent = SessionFacts { ports: vec![], ..facts() };
    assert!(plan("forward", &silent, &[]).unwrap_err().contains("names no port"));
    for wrong in [("port", "0"), ("port", "x"), ("local", "70000")] {
        assert!(plan("forward", &facts(), &[wrong]).is_err(), "{wrong:?}");
    }
    let nobody = SessionFacts { tasks: Ok(vec![]), ..remote() };
    assert!(plan("forward-database", &nobody, &[]).unwrap_err().contains("needs enableExecuteCommand"));
}

#[test]
fn the_ready_container_and_the_newest_task_are_offered_first() {
    let mut facts = facts();
    if let Ok(tasks) = &mut facts.tasks {
        tasks[0].containers[0].exec_agent = "PENDING".into();
    }
    let spec = kinds::action("forward").unwrap();
    let offers: std::collections::BTreeMap<_, _> = spec.offers(&facts, &Inputs::new()).into_iter().collect();
    assert_eq!(offers["task"], ["1f3a9c01", "2b4c"]);
    assert_eq!(offers["container"], ["proxy", "app"]);
    assert_eq!((&offers["port"][..], &offers["local"][..]), (&["9000".to_string()][..], &["free".to_string()][..]));
}
