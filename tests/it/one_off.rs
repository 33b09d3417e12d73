//! Single tasks: one is stopped and replaced, a command runs beside a service to its exit code.

use midwatch::domain::intent::Verdict;
use serde_json::json;

use crate::drive::Console;

const DECK: (u16, u16) = (120, 40);
const SERVICE: &str = "harbour-search-production";

/// The plan of a command over the service, confirmed by its name.
fn run<'a>(console: &'a mut Console, service: &str, command: &str) -> &'a mut Console {
    console.select(service).keys("! enter").type_in(command).keys("enter").type_in(service).keys("enter")
}

#[test]
fn a_stopped_task_is_replaced_and_followed_until_the_count_is_back() {
    let mut console = Console::staging(DECK, "calm");
    console.select(SERVICE).keys("K");
    console.shows("Stop task harbour-search-production");
    console.shows("the service starts another one");
    console.keys("down");
    let chosen = console.screen().lines().find(|line| line.contains("▸ ")).unwrap().to_string();
    console.keys("enter y");
    let (operation, members) = console.last();
    let id = members["task"].as_str().unwrap().to_string();
    assert!(chosen.contains(&id[..8]), "{chosen}");
    assert_eq!(
        (operation.as_str(), &members),
        ("StopTask", &json!({ "cluster": "harbour-core", "task": id, "reason": "stopped with midwatch" }))
    );
    console.pass(3);
    assert!(console.verdicts().is_empty(), "the other one is not there yet");
    console.pass(40);
    assert_eq!((console.verdicts(), console.calls.len()), (vec![Verdict::Done], 1));
    console.keys("J");
    console.shows("stopped (search exited 143)");
    console.keys("esc enter right");
    console.shows("stopped by a person");
    console.shows("stopped with midwatch");
}

#[test]
fn production_asks_for_the_name_and_nothing_else_stops_a_task() {
    let mut console = Console::start(DECK, "calm");
    console.select(SERVICE).keys("K enter y");
    console.shows("service: type ");
    assert!(console.calls.is_empty());
    console.keys("ctrl-u").type_in(SERVICE).keys("enter");
    assert_eq!(console.last().0, "StopTask");
}

#[test]
fn a_task_is_named_by_its_beginning_and_no_other_is_taken() {
    let mut console = Console::staging(DECK, "calm");
    console.select(SERVICE).keys("K ctrl-u").type_in("zz");
    console.shows("no task that runs begins with zz");
    console.keys("ctrl-u");
    console.shows("the id of a task, or its beginning");
    console.keys("enter y");
    assert!(console.calls.is_empty());
}

#[test]
fn a_command_runs_beside_the_service_with_its_log_to_its_exit_code() {
    let mut console = Console::staging(DECK, "calm");
    console.select(SERVICE).keys("! enter").type_in("python manage.py 'migrate all' --no-input");
    console.shows(r#"["python","manage.py","migrate all","--no-input"]"#);
    console.shows("3 subnets");
    console.shows("a migration that it makes is not undone");
    console.shows("iam:PassRole");
    console.keys("enter y");
    assert!(console.calls.is_empty(), "the name is asked for everywhere");
    console.keys("ctrl-u").type_in(SERVICE).keys("enter");
    let (operation, members) = console.last();
    assert_eq!(operation, "RunTask");
    assert_eq!(
        members["overrides"],
        json!({ "containerOverrides": [
            { "name": "search", "command": ["python", "manage.py", "migrate all", "--no-input"] }
        ] })
    );
    assert_eq!((&members["launchType"], &members["count"]), (&json!("FARGATE"), &json!(1)));
    assert_eq!(members["networkConfiguration"]["awsvpcConfiguration"]["subnets"].as_array().unwrap().len(), 3);
    let mark = members["startedBy"].as_str().unwrap().strip_prefix("midwatch/").unwrap();
    assert!(mark.len() >= 14 && members["clientToken"] == format!("midwatch-{mark}"), "{mark}");
    console.keys("J");
    console.shows("provisioning");
    console.keys("esc").pass(14);
    console.shows("INFO  begins: python manage.py migrate all --no-input");
    assert!(console.screen().contains("step 1 of 5 done") && !console.screen().contains("GET /"), "its log alone");
    console.pass(10);
    assert_eq!((console.verdicts(), console.calls.len()), (vec![Verdict::Done], 1));
    console.shows("INFO  all done");
    console.keys("J");
    console.shows("search exited 0 after 6s");
    console.keys("esc 2").select(SERVICE).keys("enter");
    console.shows("3 of 3 run");
}

#[test]
fn an_exit_code_is_the_verdict() {
    let mut console = Console::staging(DECK, "calm");
    run(&mut console, SERVICE, "sh -c 'exit 3'").pass(30);
    assert_eq!(console.verdicts(), [Verdict::Failed]);
    console.keys("J");
    console.shows("search exited 3 after 6s");
    // Its log is found again when another one was read meanwhile.
    console.keys("esc 2").select("harbour-web-production").keys("l").pass(1);
    console.shows_not("ERROR gives up with 3");
    console.keys("J enter").pass(2);
    console.shows("ERROR gives up with 3");
}

#[test]
fn a_running_command_is_stopped_and_none_comes_in_its_place() {
    let mut console = Console::staging(DECK, "calm");
    run(&mut console, SERVICE, "migrate");
    console.keys("2").select(SERVICE).keys("! enter x");
    console.shows("a one-off task runs beside this service already");
    console.keys("esc K down down down");
    console.shows("one-off");
    console.shows("no other is started: no service keeps it");
    console.keys("enter y");
    console.pass(8);
    let ends = console.verdicts();
    assert!(ends.len() == 2 && ends.contains(&Verdict::Done), "the stop is done: {ends:?}");
    assert!(ends.contains(&Verdict::Failed), "and the command has not finished: {ends:?}");
    console.keys("J down");
    console.shows("stopped by a person");
}

#[test]
fn what_a_shell_would_do_and_secrets_are_not_sent() {
    let mut console = Console::staging(DECK, "calm");
    console.select(SERVICE).keys("! enter").type_in("migrate && seed");
    console.shows("& is for a shell");
    console.keys("enter y ctrl-u").type_in("migrate --password=hunter2hunter2");
    console.shows("it holds a secret");
    console.keys("enter y ctrl-u").type_in("say 'no end");
    console.shows("a ' is not closed");
    console.keys("enter y");
    assert!(console.calls.is_empty());
}

#[test]
fn a_token_that_comes_again_starts_no_second_task() {
    let mut console = Console::staging(DECK, "calm");
    run(&mut console, SERVICE, "migrate");
    let call = console.calls[0].clone();
    console.change_from_outside(call);
    console.pass(1);
    console.keys("2").select(SERVICE).keys("! enter x");
    console.shows("a one-off task runs beside this service already");
}

#[test]
fn the_palette_knows_both_by_name() {
    let mut console = Console::staging(DECK, "calm");
    console.select(SERVICE).keys(":").type_in("run").keys("enter");
    console.shows("Run harbour-search-production");
    console.keys("esc :").type_in("stop task").keys("enter");
    console.shows("Stop task harbour-search-production");
}
