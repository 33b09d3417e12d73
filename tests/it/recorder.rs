//! What ECS forgets stays on the screen, is written once, and is there at the next start.

use std::time::Duration;

use midwatch::app::msg::Msg;
use midwatch::domain::Timestamp;
use midwatch::domain::record::{Record, What};
use midwatch::domain::resource::ResourceId;
use midwatch::domain::service::{Deployment, Rollout, ServiceEvent, TaskDefinitionRef};
use midwatch::domain::task::{Container, Task};
use midwatch::domain::text::Text;

use crate::drive::{Console, START};

const WIDE: (u16, u16) = (120, 60);

fn before(seconds: i64) -> Timestamp {
    let start: Timestamp = START.parse().unwrap();
    Timestamp::from_second(start.as_second() - seconds).unwrap()
}

/// The bad deployment with its service selected.
fn incident(kept: Vec<Record>, size: (u16, u16)) -> Console {
    let mut console = Console::after(size, "bad-deploy", kept, |_| {});
    console.select("harbour-booking-api-production");
    console
}

fn selected(console: &Console) -> ResourceId {
    let kind = console.state.focus.kind().unwrap();
    console.state.selected(kind.id()).unwrap().object.id().clone()
}

/// A task, an event and a deployment of three hours ago, seen a minute later.
fn of_before(of: &ResourceId) -> Vec<Record> {
    let revision = |n: u32| TaskDefinitionRef::new(format!("arn:aws:ecs:eu-west-1:1:task-definition/booking-api:{n}"));
    let container = Container {
        name: "booking-api".into(),
        status: "STOPPED".into(),
        exit_code: Some(137),
        reason: "OutOfMemoryError: Container killed due to memory usage".into(),
        ..Container::default()
    };
    let task = |n: i64| {
        What::Task(Box::new(Task {
            arn: format!("arn:aws:ecs:eu-west-1:1:task/main/{n}0ld7a5c0ffee").into(),
            status: "STOPPED".into(),
            task_definition: revision(40),
            started: Some(before(10_900 + 60 * n)),
            stopped: Some(before(10_860 + 60 * n)),
            stop_code: "EssentialContainerExited".into(),
            stopped_reason: "Essential container in task exited".into(),
            containers: vec![container.clone()],
            ..Task::default()
        }))
    };
    let message = "(service booking-api) was unable to place a task because no zone has capacity.";
    let event = What::Event(ServiceEvent { at: Some(before(10_860)), message: message.into() });
    let deployment = What::Deployment(Box::new(Deployment {
        id: "ecs-svc/0040".into(),
        status: "ACTIVE".into(),
        task_definition: revision(40),
        desired: 5,
        failed: 3,
        rollout: Some(Rollout::Failed),
        rollout_reason: "ECS deployment circuit breaker: tasks failed to start.".into(),
        created: Some(before(11_000)),
        ..Deployment::default()
    }));
    let seen = before(10_800);
    [task(1), task(2), event, deployment].map(|what| Record { of: of.clone(), seen, what }).to_vec()
}

fn tasks(console: &Console) -> Vec<Text> {
    let arn = |record: &Record| if let What::Task(task) = &record.what { Some(task.arn.clone()) } else { None };
    console.kept.iter().filter_map(arn).collect()
}

fn assert_once(kept: &[Record]) {
    for (i, one) in kept.iter().enumerate() {
        let again = kept[..i].iter().find(|other| other.of == one.of && other.what.is(&one.what));
        // A deployment is written anew when it came further.
        assert!(!matches!(one.what, What::Task(_) | What::Event(_)) || again.is_none(), "{one:?} twice");
    }
}

#[test]
fn tasks_that_ecs_forgets_stay_with_their_origin() {
    let mut console = incident(vec![], WIDE);
    console.pass(45);
    console.keys("enter right");
    console.shows("exited 1");
    console.shows_not("Recorded");
    let seen = tasks(&console);
    assert!(seen.len() >= 3, "{seen:?}");
    // For more than the hour for which ECS tells them.
    console.demo.advance(Duration::from_secs(2 * 3600));
    console.tell(Msg::Resize(WIDE.0, 1200));
    console.read();
    console.shows("Recorded");
    console.shows("tasks that ECS does not tell any more");
    console.shows(&seen[0].rsplit('/').next().unwrap()[..8]);
    console.shows("2h ago");
    assert_once(&console.kept);
}

#[test]
fn what_was_recorded_is_there_at_the_next_start_and_written_no_second_time() {
    let first = {
        let mut console = incident(vec![], WIDE);
        console.pass(45);
        console.keys("enter").pass(2);
        console.kept
    };
    assert!(first.iter().any(|r| matches!(r.what, What::Event(_))), "events of a service that goes wrong");
    assert!(first.iter().any(|r| matches!(r.what, What::Deployment(_))));
    assert_once(&first);
    // The same night once more: all that is seen is known.
    let mut again = incident(first.clone(), WIDE);
    again.pass(45);
    again.keys("enter").pass(2);
    let new: Vec<_> = again.kept[first.len()..].iter().filter(|r| !matches!(r.what, What::Deployment(_))).collect();
    assert!(new.is_empty(), "{new:?}");
}

#[test]
fn a_service_that_nobody_opens_is_recorded_too() {
    let mut console = Console::after(WIDE, "bad-deploy", vec![], |_| {});
    console.select("harbour-backfill-production").pass(45);
    let opened = selected(&console);
    let of = |record: &&Record| record.of != opened && matches!(record.what, What::Task(_));
    let ended = console.kept.iter().filter(of).count();
    assert!(ended >= 3, "{ended}");
    console.select("harbour-booking-api-production").keys("enter right");
    assert_once(&console.kept);
}

/// The tab of this number of a service that was recorded before.
pub fn tab_of_recorded(tab: usize, size: (u16, u16)) -> Console {
    let service = selected(&incident(vec![], size));
    let mut console = incident(of_before(&service), size);
    console.pass(45);
    console.keys("enter").keys(&"right ".repeat(tab));
    console
}

#[test]
fn a_calm_estate_writes_nothing_of_its_rows() {
    let mut console = Console::start(WIDE, "calm");
    console.pass(30);
    let events = console.kept.iter().filter(|record| matches!(record.what, What::Event(_))).count();
    let selected = selected(&console);
    let others: Vec<_> = console.kept.iter().filter(|record| record.of != selected).collect();
    assert!(others.iter().all(|r| !matches!(r.what, What::Event(_))), "{events}: {others:?}");
}

#[test]
fn a_full_disk_is_said_once_and_what_was_seen_waits() {
    let mut console = incident(vec![], WIDE);
    let before = console.kept.len();
    console.full_disk = true;
    console.keys("enter right");
    let mut said = 0;
    for _ in 0..45 {
        console.state.notice = None;
        console.pass(1);
        said += usize::from(console.screen().contains("not recorded"));
    }
    assert_eq!((said, console.kept.len()), (1, before));
    console.shows("exited 1");
    console.full_disk = false;
    console.pass(35);
    let ended = tasks(&console);
    assert!(ended.len() >= 3, "{ended:?}");
    assert_once(&console.kept);
}

#[test]
fn each_tab_shows_what_was_recorded_apart_from_what_ecs_tells() {
    let mut console = tab_of_recorded(1, WIDE);
    console.shows("booking-api killed: out of memory (exit 137, OutOfMemoryError) after 40s,");
    console.shows("2nd in 10m                                 ");
    console.shows("3h ago");
    console.keys("right");
    console.shows("deployments that ECS does not tell any more, as they were seen last");
    console.shows("circuit breaker: tasks failed to start");
    console.keys("right G");
    console.shows("unable to place a task because no zone has capacity");
}
