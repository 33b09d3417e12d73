//! The scripts name what there is, hear what is tried, and are not mended by themselves.

use serde_json::{Value, json};

use super::super::estate::family;
use super::super::world::tests::Production;
use super::super::{KINDS, databases, scenarios};
use super::*;
use crate::domain::ops::{ecs, rds, redis};
use crate::domain::requests::Request;
use crate::domain::requests::ecs::{ExecuteCommand, StopTask};

#[test]
fn a_script_names_what_there_is() {
    let mut names: Vec<&str> = scenarios().map(|(name, _)| name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "a name is one scenario");
    for day in DAYS {
        let world = Production::new(day.name);
        let rows: Vec<_> = KINDS.iter().flat_map(|simulated| simulated.rows(world.view(), &|_| true)).collect();
        assert!([day.name, day.says, day.title, day.look, day.best].iter().all(|said| !said.is_empty()));
        for (kind, name) in day.culprits {
            let tail = format!("{kind}{name}");
            assert_eq!(rows.iter().filter(|row| row.id().0.ends_with(&tail)).count(), 1, "{tail}");
        }
        let is_service = |what: &str| world.estate().of_family(what).is_some();
        assert!(day.suffer.iter().chain(day.lines.iter().map(|(of, _)| of)).all(|what| is_service(what)));
    }
}

/// The script of a day, so many seconds after the start.
fn lived(day: &'static str, seconds: u64) -> Production {
    let mut world = Production::new(day);
    world.pass(seconds);
    world
}

fn course(world: &Production) -> &Course {
    world.estate().day.as_ref().unwrap()
}

/// Asks for a change as the console does: the operation and the words for it; `None` where it is refused.
fn ask(world: &mut Production, call: &Call) -> Option<(String, Text)> {
    world.ask(call).ok()?;
    Some((call.operation.clone(), course(world).tried.last()?.effect.clone()))
}

/// What the actions of the console can ask for.
fn calls(estate: &Estate) -> Vec<Call> {
    let mut calls = Vec::new();
    for service in estate.services() {
        let named = |op, more: [(&str, Value); 1]| {
            let [more] = more;
            Call::new(op, [("cluster", json!(service.cluster)), ("service", json!(service.name)), more])
        };
        let revision = service.revisions[service.revisions.len() - 2].number;
        let definition = format!("{}:{revision}", family(&service.name));
        calls.extend([
            named(ecs::UPDATE_SERVICE, [("desiredCount", json!(service.desired + 1))]),
            named(ecs::UPDATE_SERVICE, [("desiredCount", json!(service.desired.saturating_sub(1)))]),
            named(ecs::UPDATE_SERVICE, [("forceNewDeployment", json!(true))]),
            named(ecs::UPDATE_SERVICE, [("taskDefinition", json!(definition))]),
        ]);
        let tasks = service.tasks.iter().filter(|task| task.stopped.is_none());
        calls.extend(tasks.map(|task| {
            StopTask { cluster: service.cluster.clone(), task: task.id.clone(), reason: "a test".into() }.call()
        }));
        let containers = json!({ "containerOverrides": [{ "name": family(&service.name), "command": ["true"] }] });
        calls.push(Call::new(
            ecs::RUN_TASK,
            [
                ("cluster", json!(service.cluster)),
                ("taskDefinition", json!(definition)),
                ("count", json!(1)),
                ("overrides", containers),
                ("startedBy", json!("midwatch/1")),
                ("clientToken", json!("midwatch-1")),
            ],
        ));
        let newest = estate.place.deployment_arn(service, "service-deployment", &service.releases[0].deployment);
        let members = [("serviceDeploymentArn", json!(newest)), ("stopType", json!("ROLLBACK"))];
        calls.push(Call::new(ecs::STOP_SERVICE_DEPLOYMENT, members));
    }
    for database in &estate.databases().rows {
        let name = || json!(database.name);
        calls.extend([
            Call::new(rds::REBOOT_DB_INSTANCE, [("DBInstanceIdentifier", name())]),
            Call::new(rds::FAILOVER_DB_CLUSTER, [("DBClusterIdentifier", name())]),
            Call::new(
                rds::CREATE_DB_SNAPSHOT,
                [("DBInstanceIdentifier", name()), ("DBSnapshotIdentifier", json!("before"))],
            ),
        ]);
    }
    for cache in estate.caches().rows() {
        let node = cache.endpoint.as_ref().map(ToString::to_string);
        calls.push(Call::new(redis::FLUSHALL, [("cache", json!(cache.name)), ("node", json!(node))]));
    }
    calls
}

#[test]
fn everything_that_is_said_of_an_attempt_can_be_heard() {
    for day in DAYS {
        let world = lived(day.name, 60);
        let mut heard = Vec::new();
        for call in calls(world.estate()) {
            let mut world = world.clone();
            heard.extend(ask(&mut world, &call));
            // What was just begun can be stopped.
            let begun = calls(world.estate()).into_iter().filter(|call| call.is(ecs::STOP_SERVICE_DEPLOYMENT));
            if call.is(ecs::UPDATE_SERVICE) {
                heard.extend(begun.filter_map(|call| ask(&mut world, &call)).collect::<Vec<_>>());
            }
        }
        for (operation, words, says) in day.effects {
            let is_it = |(asked, said): &(String, Text)| asked.starts_with(operation) && **said == **says;
            assert!(heard.iter().any(is_it), "{}: {operation} {words:?}", day.name);
        }
    }
}

#[test]
fn a_scale_is_judged_by_its_direction() {
    let mut world = lived("cache-stampede", 60);
    let web = world.estate().of_family("web").unwrap();
    assert_eq!((web.desired, web.scaling.as_ref().unwrap().done[0].1), (6, 6), "autoscaling was there");
    let scale = |count: u32| {
        let service = [("cluster", json!("harbour-core")), ("service", json!("harbour-web-production"))];
        let [cluster, service] = service;
        Call::new(ecs::UPDATE_SERVICE, [cluster, service, ("desiredCount", json!(count))])
    };
    let mut told = |count| ask(&mut world, &scale(count)).unwrap().1;
    assert!(told(8).starts_with("More tasks of the site"));
    assert!(told(8).starts_with("The same number"));
    assert!(told(2).starts_with("Fewer tasks of the site"));
}

#[test]
fn who_stops_a_task_acts_on_its_service() {
    let mut world = lived("secret-rotation", 60);
    let stop = |world: &Production, of: &str| {
        let service = world.estate().of_family(of).unwrap();
        let (cluster, task) = (service.cluster.clone(), service.tasks[0].id.clone());
        StopTask { cluster, task, reason: "a test".into() }.call()
    };
    let other = stop(&world, "web");
    ask(&mut world, &other).unwrap();
    assert_eq!(course(&world).acted, None);
    let own = stop(&world, "booking-api");
    ask(&mut world, &own).unwrap();
    assert!(course(&world).acted.is_some());
}

#[test]
fn to_look_around_in_a_container_is_no_attempt() {
    let mut world = lived("db-storage", 60);
    let task = &world.estate().of_family("worker").unwrap().tasks[0];
    let inside = ExecuteCommand {
        cluster: "harbour-jobs".into(),
        task: task.id.clone(),
        container: "worker".into(),
        command: "/bin/sh".into(),
        interactive: true,
    };
    world.ask(&inside.call()).unwrap();
    assert_eq!(course(&world).tried.len(), 0);
}

#[test]
fn a_night_without_hands_is_not_mended_by_itself() {
    for day in DAYS {
        let world = lived(day.name, 900);
        assert_eq!(course(&world).mended, None, "{}", day.name);
        assert!(course(&world).pain(&world.estate().memory, world.now()) > 0.3, "{}", day.name);
    }
}

#[test]
fn storage_is_low_in_the_event_as_in_the_chart() {
    let mut world = Production::new("db-storage");
    let low = |world: &Production| {
        let told = world.estate().databases().events().find(|event| event.message.as_str().contains("is low at"));
        told.map(|event| (event.at, event.message.clone()))
    };
    while low(&world).is_none() {
        world.pass(1);
    }
    let (at, message) = low(&world).unwrap();
    let now = world.now();
    let free = databases::free_storage(world.estate(), &"harbour-payments-production".into(), now.as_second());
    assert_eq!(at, Some(now));
    let said = format!(
        "is low at 9% of the provisioned storage [Provisioned Storage: 200 GB, Free Storage: {:.1} GB]",
        200.0 * free
    );
    assert!((0.09..0.1).contains(&free) && message.as_str().contains(&said), "{free} {message}");
}
