//! The services of the estate: what is asked of them and what changes them.

mod fleet;
mod images;
mod life;
mod lines;
mod logs;
mod metrics;
mod model;
mod one_off;
mod releases;
mod revisions;
mod seed;
mod sessions;
mod show;
mod strain;
mod target_health;
mod update;

use std::cmp::Ordering;

use crate::demo::prelude::*;
use crate::domain::history::History;
use crate::domain::ops::{autoscaling, ecs, elb};
use crate::domain::query::GroupPiece;
use crate::domain::record::What;
use crate::domain::requests::ecs::{
    ContinueServiceDeployment, ExecuteCommand, RegisterTaskDefinition, RunTask, StopServiceDeployment, StopTask,
    UpdateService,
};
use crate::domain::requests::ssm::StartSession;
use crate::domain::service::{Controller, ServiceDetail, ServiceFacts};
use crate::domain::task::TaskFacts;
use crate::kinds::services::{DEPLOY_IMAGE_FACTS, EVENTS, ROLLBACK_FACTS, RUN_FACTS, SERVICES, TASK_FACTS};
use crate::kinds::ssm::session_facts;
use crate::kinds::timeline;
use fleet::Fleet;
pub use fleet::{BALANCER, target_group};
pub use life::ship;
pub use metrics::IDLE_TRAFFIC;
pub use model::{Behaviour, Service, Stop, Task, count};
pub use sessions::through;
pub use strain::STARTS;

/// The service in front of the booking database, whose trouble others feel.
pub const BOOKING: &str = "booking-api";

/// ECS services; their parts are the clusters.
pub struct Simulated;

impl SimulatedKind for Simulated {
    fn kind(&self) -> KindId {
        SERVICES
    }

    fn reads(&self) -> Op {
        ecs::DESCRIBE_SERVICES
    }

    fn seed(&self, Moment { estate, now, rng }: &mut Moment) {
        let fleet = Fleet::new(&estate.place, estate.scenario, *now, rng);
        for service in fleet.services.values().filter(|service| service.desired == 0) {
            estate.memory.set(Strain::IDLE, family(&service.name), 1.0, i64::MIN);
        }
        estate.insert_state(fleet);
    }

    fn live(&self, Moment { estate, now, rng }: &mut Moment) {
        let calm = estate.place.calm;
        estate.ecs_mut().live(*now, rng, calm);
    }

    fn step(&self, moment: &mut Moment) {
        strain::step(moment.estate, moment.now);
    }

    fn parts(&self, view: View) -> Vec<Text> {
        let admitted = view.estate.ecs().clusters.iter().filter(|cluster| view.env.scope.admits_cluster(cluster));
        admitted.map(Text::from).collect()
    }

    fn fault(&self, view: View, part: usize) -> Option<Fault> {
        (view.estate.scenario.name == "denied" && part == 1).then(|| {
            let action = Text::new("ecs:ListServices");
            let kind = FaultKind::Denied { action: action.clone(), principal: view.estate.identity().arn };
            Fault::new(kind, action, "not authorized")
                .with_remedy("allow ecs:ListServices to ops-role (midwatch policy read-only)")
        })
    }

    fn rows(&self, view: View, wanted: &dyn Fn(&ResourceId) -> bool) -> Vec<Object> {
        let View { estate, now, .. } = view;
        let services = estate.services().filter(|service| wanted(&service.id));
        services.map(|service| Arc::new(show::service(estate, service, false, now)) as Object).collect()
    }

    fn detail(&self, view: View, id: &ResourceId) -> Option<Facts> {
        let View { estate, now, .. } = view;
        let service = find(estate, id)?;
        Some(Arc::new(ServiceDetail {
            service: show::service(estate, service, true, now),
            tasks: Ok(show::tasks(estate, service, false, now)),
            stopped: Ok(show::tasks(estate, service, true, now)),
            task_definition: Ok(show::task_definition(estate, service)),
            scaling: Ok(show::scaling(service)),
            history: Ok(match service.controller {
                Controller::Ecs => releases::history(estate, service),
                _ => History::default(),
            }),
        }))
    }

    fn facts(&self, view: View, set: FactsId, id: &ResourceId) -> Option<Facts> {
        let View { estate, now, .. } = view;
        let service = find(estate, id)?;
        if set == session_facts(SERVICES) {
            return Some(Arc::new(sessions::of_service(view, service)));
        }
        let facts = ServiceFacts {
            service: show::service(estate, service, true, now),
            scaling: Ok(show::scaling(service)),
            task_definition: Ok(show::task_definition(estate, service)),
            images: show::image_facts(estate, service),
            stopped: Ok(show::tasks(estate, service, true, now)),
        };
        Some(match set {
            ROLLBACK_FACTS => Arc::new(releases::facts(estate, service, facts)),
            DEPLOY_IMAGE_FACTS => Arc::new(images::facts(estate, service, facts, now)),
            TASK_FACTS | RUN_FACTS => Arc::new(TaskFacts {
                facts,
                tasks: Ok(show::tasks(estate, service, false, now)),
                one_off: Ok(show::one_off(estate, service, now)),
                placement: show::placement(service),
            }),
            _ => Arc::new(facts),
        })
    }

    fn endings(&self, view: View, part: &Text) -> Vec<(ResourceId, What)> {
        let View { estate, now, .. } = view;
        let services = estate.services().filter(|service| service.cluster == part.as_str());
        let ended = services.flat_map(|service| {
            let tasks = show::tasks(estate, service, true, now).into_iter();
            tasks.map(move |task| (service.id.clone(), What::Task(Box::new(task))))
        });
        ended.collect()
    }

    fn other<'q>(&self, query: &'q Query) -> Option<Read<'q>> {
        Some(match query {
            Query::Revision(reference) => Read::one(ecs::DESCRIBE_TASK_DEFINITION, |view| {
                Ok(Answer::Revision(Arc::new(revisions::read(view.estate, reference)?)))
            }),
            Query::Balancers(groups) => Read::many(elb::DESCRIBE_TARGET_GROUPS, |view| {
                let balancers = target_health::balancers(view.estate, groups);
                let settings = target_health::settings(view.estate, groups);
                Ok((
                    vec![
                        Answer::Groups(GroupPiece::Balancers(balancers)),
                        Answer::Groups(GroupPiece::Settings(settings)),
                    ],
                    1,
                ))
            }),
            Query::Targets(groups) => Read::many(elb::DESCRIBE_TARGET_HEALTH, |view| {
                Ok((target_health::targets(view.estate, groups, view.now), groups.len() as u64))
            }),
            Query::Activities(of) => Read::one(autoscaling::DESCRIBE_SCALING_ACTIVITIES, |view| {
                Ok(Answer::Activities(target_health::activities(view.estate, of.as_ref())))
            }),
            _ => return None,
        })
    }

    fn metric<'a>(&self, estate: &'a Estate, metric: &'a Metric, by: &[(&'a str, &'a str)]) -> Option<Curve<'a>> {
        metrics::curve(estate, metric, by)
    }

    fn sources(&self) -> &'static [(TimelineSource, Op)] {
        &[(EVENTS, ecs::DESCRIBE_SERVICES), (TimelineSource::AUTOSCALING, ecs::DESCRIBE_SERVICES)]
    }

    fn events(&self, view: View, source: TimelineSource) -> Vec<TimelineEvent> {
        if source != TimelineSource::CLOUD_TRAIL {
            // What the others tell comes with the rows.
            return Vec::new();
        }
        releases::requests(view.estate).iter().filter_map(timeline::request).collect()
    }

    fn streams<'a>(&self, estate: &'a Estate) -> Vec<Stream<'a>> {
        logs::streams(estate)
    }

    fn logs(&self, estate: &Estate, id: &ResourceId) -> Result<Vec<LogSource>, Fault> {
        let service = find(estate, id).ok_or_else(|| super::logs::missing("the service does not exist any more"))?;
        Ok(vec![logs::source(service)])
    }

    fn changes(&self) -> &'static [Change] {
        const {
            &[
                Change::of::<RegisterTaskDefinition>(),
                Change::of::<UpdateService>(),
                Change::of::<StopServiceDeployment>(),
                Change::of::<ContinueServiceDeployment>(),
                Change::of::<StopTask>(),
                Change::of::<RunTask>(),
                Change::of::<ExecuteCommand>(),
                Change::of::<StartSession>(),
            ]
        }
    }

    /// A task is named by its id alone, and a scale by its direction: `up` or `down`.
    fn words(&self, estate: &Estate, call: &Call) -> Vec<String> {
        let id = call.str("task");
        let of_task = estate.services().find(|service| service.tasks.iter().any(|task| task.id == id));
        let mut words: Vec<String> = of_task.iter().map(|service| service.name.clone()).collect();
        let scaled = call.meant::<UpdateService>().and_then(|update| {
            let service = estate.ecs().services.get(&(update.cluster, update.service))?;
            Some(update.desired_count?.cmp(&service.desired))
        });
        words.extend(match scaled {
            Some(Ordering::Greater) => Some("up".to_string()),
            Some(Ordering::Less) => Some("down".to_string()),
            Some(Ordering::Equal) | None => None,
        });
        words
    }
}

/// What follows the last slash of an ARN.
fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

fn find<'a>(estate: &'a Estate, id: &ResourceId) -> Option<&'a Service> {
    estate.services().find(|service| service.id == *id)
}
