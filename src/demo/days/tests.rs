//! The scripts name what there is, hear what is tried, and are not mended by themselves.

use fastrand::Rng;
use serde_json::{Value, json};

use super::super::{SIMULATED_KINDS, metrics, scenarios, seed, simulated_kind};
use super::*;
use crate::domain::environment::Environment;
use crate::domain::ops::{ecs, rds, redis};

fn estate(day: &'static str) -> (Estate, Timestamp) {
    let now = "2026-03-04T02:40:00Z".parse().unwrap();
    (seed::estates(now, &mut Rng::with_seed(7), day).swap_remove(0), now)
}

#[test]
fn a_script_names_what_there_is() {
    let mut names: Vec<&str> = scenarios().map(|(name, _)| name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "a name is one scenario");
    for day in DAYS {
        let (estate, now) = estate(day.name);
        let env = Environment::of_profile(estate.profile, None, None);
        let view = simulated_kind::View { estate: &estate, env: &env, now };
        let rows: Vec<_> = SIMULATED_KINDS.iter().flat_map(|simulated| simulated.rows(view, &|_| true)).collect();
        assert!([day.name, day.says, day.title, day.look, day.best].iter().all(|said| !said.is_empty()));
        for (kind, name) in day.culprits {
            let tail = format!("{kind}{name}");
            assert_eq!(rows.iter().filter(|row| row.id().0.ends_with(&tail)).count(), 1, "{tail}");
        }
        let is_service = |what: &str| estate.services.values().any(|service| family(&service.name) == what);
        assert!(day.suffer.iter().chain(day.lines.iter().map(|(of, _)| of)).all(|what| is_service(what)));
    }
}

fn live(estate: &mut Estate, start: Timestamp, seconds: i64) -> Timestamp {
    let mut rng = Rng::with_seed(7);
    for second in 1..=seconds {
        SIMULATED_KINDS.iter().for_each(|simulated| simulated.step(estate, later(start, second), &mut rng));
    }
    later(start, seconds)
}

/// Asks for a change as the console does. The words for it; `None` where it is refused.
fn ask(estate: &mut Estate, call: &Call, now: Timestamp) -> Option<(String, Text)> {
    let simulated = SIMULATED_KINDS.iter().find(|simulated| simulated.changes().iter().any(|op| call.is(*op)))?;
    let words = words(estate, call);
    let told = simulated.perform(estate, call, now, &mut Rng::with_seed(7));
    called(estate, (call, &words), told.as_ref().err().map(|_| "no"), now);
    let tried = estate.day.as_ref()?.tried.last()?;
    told.ok().map(|_| (call.operation.clone(), tried.effect.clone()))
}

/// What the actions of the console can ask for.
fn calls(estate: &Estate) -> Vec<Call> {
    let mut calls = Vec::new();
    for service in estate.services.values() {
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
        calls
            .extend(tasks.map(|task| {
                Call::new(ecs::STOP_TASK, [("cluster", json!(service.cluster)), ("task", json!(task.id))])
            }));
        let containers = json!({ "containerOverrides": [{ "name": family(&service.name), "command": ["true"] }] });
        calls.push(Call::new(
            ecs::RUN_TASK,
            [("cluster", json!(service.cluster)), ("taskDefinition", json!(definition)), ("overrides", containers)],
        ));
        let newest = estate.deployment_arn(service, "service-deployment", &service.releases[0].deployment);
        calls.push(Call::new(ecs::STOP_SERVICE_DEPLOYMENT, [("serviceDeploymentArn", json!(newest))]));
    }
    for database in &estate.databases.rows {
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
    for cache in estate.caches.rows() {
        let node = cache.endpoint.as_ref().map(ToString::to_string);
        calls.push(Call::new(redis::FLUSHALL, [("cache", json!(cache.name)), ("node", json!(node))]));
    }
    calls
}

#[test]
fn everything_that_is_said_of_an_attempt_can_be_heard() {
    for day in DAYS {
        let (mut estate, start) = estate(day.name);
        let now = live(&mut estate, start, 60);
        let mut heard = Vec::new();
        for call in calls(&estate) {
            let mut estate = estate.clone();
            heard.extend(ask(&mut estate, &call, now));
            // What was just begun can be stopped.
            let begun = calls(&estate).into_iter().filter(|call| call.is(ecs::STOP_SERVICE_DEPLOYMENT));
            if call.is(ecs::UPDATE_SERVICE) {
                heard.extend(begun.filter_map(|call| ask(&mut estate, &call, now)).collect::<Vec<_>>());
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
    let (mut estate, start) = estate("cache-stampede");
    let now = live(&mut estate, start, 60);
    let web = estate.of_family("web").unwrap();
    assert_eq!((web.desired, web.scaling.as_ref().unwrap().done[0].1), (6, 6), "autoscaling was there");
    let scale = |count: u32| {
        let service = [("cluster", json!("harbour-core")), ("service", json!("harbour-web-production"))];
        let [cluster, service] = service;
        Call::new(ecs::UPDATE_SERVICE, [cluster, service, ("desiredCount", json!(count))])
    };
    let mut told = |count| ask(&mut estate, &scale(count), now).unwrap().1;
    assert!(told(8).starts_with("More tasks of the site"));
    assert!(told(8).starts_with("The same number"));
    assert!(told(2).starts_with("Fewer tasks of the site"));
}

#[test]
fn who_stops_a_task_acts_on_its_service() {
    let (mut estate, start) = estate("secret-rotation");
    let now = live(&mut estate, start, 60);
    let stop = |estate: &Estate, of: &str| {
        let service = estate.of_family(of).unwrap();
        Call::new(ecs::STOP_TASK, [("cluster", json!(service.cluster)), ("task", json!(service.tasks[0].id))])
    };
    let other = stop(&estate, "web");
    ask(&mut estate, &other, now).unwrap();
    assert_eq!(estate.day.as_ref().unwrap().acted, None);
    let own = stop(&estate, "booking-api");
    ask(&mut estate, &own, now).unwrap();
    assert!(estate.day.as_ref().unwrap().acted.is_some());
}

#[test]
fn to_look_around_in_a_container_is_no_attempt() {
    let (mut estate, start) = estate("db-storage");
    let now = live(&mut estate, start, 60);
    let inside = Call::new(ecs::EXECUTE_COMMAND, [("task", json!(estate.of_family("worker").unwrap().tasks[0].id))]);
    called(&mut estate, (&inside, &[]), None, now);
    assert_eq!(estate.day.as_ref().unwrap().tried.len(), 0);
}

#[test]
fn a_night_without_hands_is_not_mended_by_itself() {
    for day in DAYS {
        let (mut estate, start) = estate(day.name);
        let now = live(&mut estate, start, 900);
        let course = estate.day.as_ref().unwrap();
        assert_eq!(course.mended, None, "{}", day.name);
        assert!(course.pain(&estate.memory, now) > 0.3, "{}", day.name);
    }
}

#[test]
fn storage_is_low_in_the_event_as_in_the_chart() {
    let (mut estate, mut now) = estate("db-storage");
    let low = |estate: &Estate| {
        let told = estate.databases.events().find(|event| event.message.as_str().contains("is low at"));
        told.map(|event| (event.at, event.message.clone()))
    };
    while low(&estate).is_none() {
        now = live(&mut estate, now, 1);
    }
    let (at, message) = low(&estate).unwrap();
    let free = metrics::free_storage(&estate, &"harbour-payments-production".into(), now.as_second());
    assert_eq!(at, Some(now));
    let said = format!(
        "is low at 9% of the provisioned storage [Provisioned Storage: 200 GB, Free Storage: {:.1} GB]",
        200.0 * free
    );
    assert!((0.09..0.1).contains(&free) && message.as_str().contains(&said), "{free} {message}");
}
