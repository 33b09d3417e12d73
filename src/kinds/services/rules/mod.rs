//! What is wrong with a service: of deployments and tasks, then of what stands beside them.

mod deployments;
mod responses;
mod scaling;
mod targets;
mod tasks;

pub use targets::is_suspect;

use crate::kinds::rule::Rule;

/// Every rule of the kind.
pub fn rules() -> Vec<Rule> {
    [deployments::rules(), tasks::rules(), targets::rules(), scaling::rules(), responses::rules()]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::fixtures::{Scene, prove, steady_then};
    use crate::domain::record::What;
    use crate::domain::service::Service;
    use crate::domain::task::Task;
    use crate::domain::text::Text;
    use crate::kinds::services::fixtures::{ago, event, now, rollout, service, stopped as ended};
    use crate::kinds::services::{SERVICES, metrics};

    const GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/api/73e2";

    fn scene(service: Service) -> Scene {
        Scene::at(now()).with(SERVICES, service)
    }

    /// One task less than wanted runs, and these ended lately.
    fn after(ends: Vec<Task>) -> Scene {
        let service = Service { running: 1, ..service(2) };
        let id = service.id.clone();
        scene(service).recorded(&id, ends.into_iter().map(|task| What::Task(Box::new(task))))
    }

    /// Three ends of one way within ten minutes.
    fn looped(end: impl Fn(&mut Task)) -> Scene {
        let task = |seconds| {
            let mut task = Task { task_definition: service(1).task_definition, ..ended(seconds) };
            end(&mut task);
            task
        };
        after([30, 90, 150].map(task).into())
    }

    fn never_started(reason: &'static str) -> Scene {
        looped(move |task| {
            (task.stop_code, task.stopped_reason, task.started) = ("TaskFailedToStart".into(), reason.into(), None);
            task.containers[0].exit_code = None;
        })
    }

    fn unhealthy() -> Scene {
        looped(|task| {
            task.stop_code = "ServiceSchedulerInitiated".into();
            task.stopped_reason = "Task failed ELB health checks in (target-group x)".into();
            task.containers[0].exit_code = Some(143);
        })
    }

    fn balanced() -> Scene {
        let service = Service { target_groups: vec![GROUP.into()], ..service(2) };
        let mut scene = scene(service);
        scene.readings.accept_balancers(&[], Ok(vec![(GROUP.into(), vec![Text::from("app/web/50dc")])]), now());
        scene
    }

    fn errors(share: f64) -> Scene {
        let scene = balanced();
        let service = Service { target_groups: vec![GROUP.into()], ..service(2) };
        let (_, errors, requests) = metrics::answers(&service, &scene.readings).remove(0);
        scene.told(errors, &steady_then(0.0, &[100.0 * share; 3])).told(requests, &steady_then(100.0, &[100.0; 3]))
    }

    fn of_balancer(value: f64) -> Scene {
        let scene = balanced();
        let service = Service { target_groups: vec![GROUP.into()], ..service(2) };
        let (_, glance) = metrics::balancer_errors(&service, &scene.readings).remove(0);
        scene.told(glance, &steady_then(0.0, &[value; 3]))
    }

    fn slow(seconds: f64) -> Scene {
        let scene = balanced();
        let service = Service { target_groups: vec![GROUP.into()], ..service(2) };
        let glance = metrics::latency(&service, &scene.readings);
        scene.told(glance, &steady_then(0.2, &[seconds; 3]))
    }

    #[test]
    fn every_rule_finds_what_is_there_and_nothing_else() {
        let mut failing = rollout(4, 0, 4, 120);
        failing.deployments[0].failed = 3;
        let mut old = rollout(4, 0, 4, 7_200);
        old.deployments[0].failed = 3;
        let short = |message: &str| {
            let service = Service { running: 1, ..service(2) };
            scene(Service { events: vec![event(60, message)], ..service })
        };
        let placed =
            "(service api) was unable to place a task because no container instance met all of its requirements.";
        let wanted = |task: &mut Task| {
            task.stop_code = "ServiceSchedulerInitiated".into();
            task.stopped_reason = "Scaling activity initiated by (deployment ecs-svc/two)".into();
        };
        let mut cases = targets::tests::scenes();
        cases.extend(scaling::tests::scenes());
        cases.extend([
            ("bad-deploy", scene(failing), scene(old)),
            ("out-of-memory", looped(|t| t.containers[0].reason = "OutOfMemoryError: x".into()), looped(|_| {})),
            (
                "image-pull",
                never_started("CannotPullContainerError: pull image manifest: not found"),
                never_started("ResourceInitializationError: unable to pull secrets"),
            ),
            (
                "secrets",
                never_started("ResourceInitializationError: unable to pull secrets"),
                never_started("CannotPullContainerError: pull image manifest: not found"),
            ),
            ("no-capacity", short(placed), short("(service api) has started 1 tasks: (task x).")),
            ("crash-loop", looped(|_| {}), looped(wanted)),
            ("health-flapping", unhealthy(), looped(wanted)),
            ("tasks-missing", scene(Service { running: 0, ..service(2) }), scene(service(2))),
            ("target-5xx", errors(0.3), errors(0.01)),
            ("balancer-5xx", of_balancer(3.0), of_balancer(0.01)),
            ("latency", slow(4.0), slow(1.0)),
        ]);
        prove(SERVICES, cases);
    }

    #[test]
    fn what_was_mended_is_no_loop_any_more() {
        let ends = |seconds: [i64; 3], n: u64, running: u32| {
            let service = Service { running, ..service(2) };
            let id = service.id.clone();
            let revision = service.task_definition.at(n);
            let tasks = seconds.map(|seconds| Task { task_definition: revision.clone(), ..ended(seconds) });
            scene(service).recorded(&id, tasks.map(|task| What::Task(Box::new(task)))).found("crash-loop")
        };
        assert!(ends([30, 90, 150], 42, 2).is_some(), "it may look steady between two ends");
        assert_eq!(ends([200, 260, 320], 42, 2), None);
        assert!(ends([200, 260, 320], 42, 1).is_some(), "one is missing still");
        assert_eq!(ends([30, 90, 150], 43, 2), None, "nobody runs that revision any more");
    }

    #[test]
    fn how_long_a_deployment_counts_is_set() {
        let mut failing = rollout(4, 0, 4, 7_200);
        failing.deployments[0].failed = 3;
        let mut scene = scene(failing);
        assert_eq!(scene.found("bad-deploy"), None);
        scene.settings.set("bad-deploy", crate::domain::rules::Setting::At(180.0));
        assert_eq!(scene.found("bad-deploy").unwrap().found.since, Some(ago(7_200)));
        scene.settings.set("bad-deploy", crate::domain::rules::Setting::Off);
        assert_eq!(scene.found("bad-deploy"), None);
    }

    #[test]
    fn one_error_in_silence_is_no_share_of_anything() {
        let scene = balanced();
        let service = Service { target_groups: vec![GROUP.into()], ..service(2) };
        let (_, errors, requests) = metrics::answers(&service, &scene.readings).remove(0);
        let scene = scene.told(errors, &steady_then(0.0, &[0.02; 3])).told(requests, &steady_then(0.1, &[0.1; 3]));
        assert_eq!(scene.found("target-5xx"), None);
    }

    #[test]
    fn a_service_without_a_balancer_has_nothing_of_one_that_is_unread() {
        let look = scene(service(2)).look();
        assert_eq!((look.findings, look.unread), (vec![], vec![]));
        let look = scene(Service { target_groups: vec![GROUP.into()], ..service(2) }).look();
        let told: Vec<&str> = look.unread.iter().map(|unread| unread.what.as_str()).collect();
        assert_eq!(told, ["5xx of services", "balancer 5xx of services", "response time of services"]);
    }
}
