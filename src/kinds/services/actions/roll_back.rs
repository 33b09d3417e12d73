//! Roll back: the service goes to another revision, by the road that its state asks for. What is
//! under way is stopped, a hook that waits is answered, what is finished is deployed over.

use super::watch::Watched;
use super::{IMAGES_AND_REVISIONS, deployment};
use crate::domain::call::Call;
use crate::domain::history::{Candidate, DeploymentStatus, Pause, RollbackFacts, ServiceDeployment};
use crate::domain::ops::ecs;
use crate::domain::requests::Reference;
use crate::domain::requests::ecs::{Back, ContinueServiceDeployment, StopServiceDeployment, UpdateService};
use crate::domain::service::{Controller, Service, TaskDefinitionRef};
use crate::domain::text::Text;
use crate::kinds::action::prelude::*;
use crate::kinds::services::candidates::{self, Pulled};
use crate::kinds::services::{ROLLBACK_FACTS, active};

/// How long AWS may take to show that it goes back, in seconds.
const SHOWS_WITHIN: i64 = 60;

pub struct RollBack;

impl ActionSpec for RollBack {
    type Resource = Service;
    type Facts = RollbackFacts;

    const ID: &str = "rollback";
    const VERB: &str = "roll-back";
    const KEY: &str = "b";
    const LABEL: &str = "roll back";
    const HELP: &str =
        "Takes the service back to the revision before, or to any other, and follows it until its tasks run.";
    const FACTS: FactsId = ROLLBACK_FACTS;
    const READS: &[Op] = IMAGES_AND_REVISIONS;
    const CHANGES: &[Op] = &[ecs::UPDATE_SERVICE, ecs::STOP_SERVICE_DEPLOYMENT, ecs::CONTINUE_SERVICE_DEPLOYMENT];

    /// The revision that was in force.
    fn inverse(&self, intent: &Intent) -> Option<(&'static str, Inputs)> {
        let before = TaskDefinitionRef::new(intent.before.get("task_definition")?.as_str()?);
        Some((Self::ID, [("revision".to_string(), before.revision().to_string())].into()))
    }

    fn guard(&self, service: &Service) -> Result<(), String> {
        match service.controller {
            Controller::Ecs => active(service),
            Controller::CodeDeploy => Err("CodeDeploy deploys this service: a deployment is rolled back there".into()),
            Controller::External => {
                Err("an external controller deploys this service: it goes back by its task sets".into())
            }
        }
    }

    /// It starts empty: which revision is the one before is known only with the history.
    fn fields(&self, _: &Service, _: Timestamp) -> Vec<Field> {
        vec![Field::new("revision", "to revision")]
    }

    fn choices(&self, _: &str, facts: &RollbackFacts, _: &Inputs, now: Timestamp) -> Vec<Choice> {
        candidates::choices(facts, now)
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        parse(inputs).map(drop).map_err(|why| ("revision", why))
    }

    fn plan(&self, facts: &RollbackFacts, inputs: &Inputs, now: Timestamp) -> Result<Plan, String> {
        let service = &facts.facts.service;
        self.guard(service)?;
        let candidate = candidates::chosen(facts, parse(inputs)?)?;
        let (from, to) = (&service.task_definition, &candidate.definition);
        let road = road(facts, to)?;
        let mut warnings = Warnings::default();
        let mut rows = vec![
            row("revision", becomes(from.short(), to.short())),
            row("how", [how(&road, now)]),
            row("last deployed", [last_deployed(facts, to, now)]),
        ];
        let pulled = match road {
            Road::Deploy => candidates::pulled(facts, &candidate),
            _ => candidates::back(facts).map(|back| candidates::kept(Some(&candidate), back)).unwrap_or_default(),
        };
        let lost = images(pulled, &mut rows, &mut warnings);
        if let Road::Deploy = road {
            deployment::rollout(service, &mut rows, &mut warnings);
        }
        rows.push(deployment::desired(service, &facts.facts.scaling));
        rows.push(deployment::breaker(service));
        gather_warnings(facts, &road, &candidate, &mut warnings);

        let under_way = facts.history.as_ref().ok().and_then(|history| history.under_way());
        Ok(Plan {
            rows,
            warnings: warnings.worst_first(),
            calls: vec![call(service, &road, to)],
            undo: format!("deploy {} again (b {})", from.short(), from.revision()),
            then: match road {
                Road::Deploy => "its deployment is followed until all tasks run the chosen revision".into(),
                _ => "followed until AWS has gone back and all tasks run".into(),
            },
            confirm: if lost { Confirm::TypeName } else { Confirm::Ask },
            before: json!({
                "deployment": service.primary().map(|primary| &primary.id),
                "task_definition": from.arn,
                "under_way": under_way.map(|deployment| &deployment.arn),
            }),
            summary: format!("roll back {} {} → {}", service.name, from.short(), to.short()),
        })
    }

    fn progress(&self, intent: &Intent, receipt: &Receipt, facts: &RollbackFacts, now: Timestamp) -> Progress {
        let Some(arn) = stopped(intent) else { return deployment::progress(intent, receipt, &facts.facts, now) };
        let service = &facts.facts.service;
        if service.status != "ACTIVE" {
            return Progress::ended(Verdict::Superseded, format!("the service is {}", service.status));
        }
        let progress = match &facts.history {
            Err(fault) => Progress::moving(None, format!("how far it is cannot be read: {fault}")),
            Ok(history) => match history.deployment(&arn) {
                None => Progress::ended(Verdict::Lost, "ECS does not show the deployment any more"),
                Some(deployment) => going_back(intent, facts, deployment, now),
            },
        };
        // Tasks of what is taken back go on to fail, which is no stand-still of the way back.
        let back = facts.history.as_ref().ok().and_then(|history| history.back(history.deployment(&arn)?));
        let back = back.map(|revision| {
            let its = service.deployments.iter().filter(|d| d.task_definition == revision.task_definition);
            its.max_by_key(|d| d.created).map_or("", |d| d.id.as_str())
        });
        Watched::of(&facts.facts, intent.at, back).explain(progress, now)
    }

    fn applied(&self, intent: &Intent, facts: &RollbackFacts, _: Timestamp) -> Applied {
        let Some(arn) = stopped(intent) else { return deployment::applied(intent, &facts.facts) };
        let deployment = facts.history.as_ref().ok().and_then(|history| history.deployment(&arn));
        match deployment.map(|deployment| &deployment.status) {
            None | Some(DeploymentStatus::Other(_)) => Applied::CannotTell,
            Some(DeploymentStatus::Pending | DeploymentStatus::InProgress | DeploymentStatus::Successful) => {
                Applied::No
            }
            // Whoever made it go back, it does what was asked.
            Some(_) => Applied::yes(Text::from(arn)),
        }
    }
}

fn parse(inputs: &Inputs) -> Result<u64, String> {
    match input(inputs, "revision") {
        "" => Err("a revision of the family is needed".into()),
        text => text.parse().ok().filter(|n| *n > 0).ok_or_else(|| format!("not the number of a revision: {text}")),
    }
}

/// How a service gets there (ECS guide, "Stop an Amazon ECS service deployment").
enum Road<'a> {
    /// Stop what is under way, and let AWS go back.
    Stop(&'a ServiceDeployment),
    /// Answer the hook at which it waits.
    Answer(&'a ServiceDeployment, &'a Pause),
    /// Deploy the revision anew.
    Deploy,
}

fn road<'a>(facts: &'a RollbackFacts, to: &TaskDefinitionRef) -> Result<Road<'a>, String> {
    let service = &facts.facts.service;
    let history = facts.history.as_ref().ok();
    let under_way = history.and_then(|history| history.under_way());
    let goes_there = candidates::back(facts).is_some_and(|back| back.task_definition == *to);
    match under_way {
        Some(deployment) if goes_there && deployment.status.is_going_back() => {
            Err(format!("AWS goes back to {} already{}", to.short(), because(deployment)))
        }
        Some(deployment) if goes_there && deployment.status.can_be_stopped() => Ok(match &deployment.pause {
            Some(pause) => Road::Answer(deployment, pause),
            None => Road::Stop(deployment),
        }),
        _ if *to == service.task_definition => Err(format!("{} is in force: d deploys it anew", to.short())),
        _ => Ok(Road::Deploy),
    }
}

fn because(deployment: &ServiceDeployment) -> String {
    if deployment.reason.is_empty() { String::new() } else { format!(": {}", deployment.reason) }
}

fn call(service: &Service, road: &Road, to: &TaskDefinitionRef) -> Call {
    match road {
        Road::Stop(deployment) => {
            let service_deployment_arn = deployment.arn.to_string();
            StopServiceDeployment { service_deployment_arn, stop_type: Back::Rollback }.call()
        }
        Road::Answer(deployment, pause) => ContinueServiceDeployment {
            service_deployment_arn: deployment.arn.to_string(),
            hook_id: pause.hook.to_string(),
            action: Back::Rollback,
        }
        .call(),
        Road::Deploy => {
            let task_definition = Some(Reference::Known(to.short().to_string()));
            UpdateService { task_definition, ..UpdateService::of(&service.cluster, &service.name) }.call()
        }
    }
}

fn how(road: &Road, now: Timestamp) -> String {
    match road {
        Road::Deploy => "a new deployment of the chosen revision".into(),
        Road::Stop(deployment) => {
            let age = deployment.created.map(|at| format!(", begun {} ago,", format::age(at, now))).unwrap_or_default();
            format!("the deployment under way{age} is stopped, and AWS goes back")
        }
        Road::Answer(_, pause) => {
            let by_itself = pause.expires.map_or(String::new(), |at| {
                format!("; by itself it would {} at {}", pause.then.to_lowercase(), format::clock(at))
            });
            format!("the deployment waits at a hook, which is answered ROLLBACK{by_itself}")
        }
    }
}

fn last_deployed(facts: &RollbackFacts, to: &TaskDefinitionRef, now: Timestamp) -> Span {
    let history = match &facts.history {
        Err(fault) => return Span::new(format!("not known: {fault}"), Tone::Unknown),
        Ok(history) => history,
    };
    let Some(deployment) = history.last_of(to) else {
        return Span::new("not in the last 90 days, which is all that ECS remembers", Tone::Dim);
    };
    let age = deployment.created.map(|at| format!("{} ago, ", format::age(at, now))).unwrap_or_default();
    let tone = if deployment.status == DeploymentStatus::Successful { Tone::Plain } else { Tone::Degraded };
    Span::new(format!("{age}{}{}", deployment.status.word(), because(deployment)), tone)
}

/// A row for each image; whether one of them is not to be had, or is the bad one again.
fn images(pulled: Vec<Pulled>, rows: &mut Rows, warnings: &mut Warnings) -> bool {
    let mut lost = false;
    for Pulled { container, text, tone, warning } in pulled {
        lost |= tone == Tone::Down;
        warnings.extend(warning);
        rows.push((format!("image {container}").trim().to_string(), vec![Span::new(text, tone)]));
    }
    lost
}

/// What a roll back does not mend, and what is not known.
fn gather_warnings(facts: &RollbackFacts, road: &Road, candidate: &Candidate, warnings: &mut Warnings) {
    let service = &facts.facts.service;
    let text = "database migrations stay: the older code must still work with the data as it is now";
    warnings.add(Tone::Plain, text);
    warnings.add_if(service.desired == 0 && !service.is_daemon(), Tone::Degraded, "scaled to zero: no task will start");
    warnings.add_unknown("deployment history unknown, what ran then is not compared", &facts.history);
    if let (None, Some(fault)) = (candidate.active, &facts.family) {
        warnings.add(Tone::Unknown, format!("whether the revision is still registered is not known: {fault}"));
    }
    let under_way = facts.history.as_ref().ok().and_then(|history| history.under_way());
    if let (Road::Deploy, Some(deployment)) = (road, under_way) {
        let text = format!("a deployment is {}, this replaces it{}", deployment.status.word(), because(deployment));
        warnings.add(Tone::Degraded, text);
    }
    let text = "no circuit breaker: if these tasks fail too, ECS goes on starting them for ever";
    warnings.add_if(matches!(road, Road::Deploy) && !service.breaker.enabled, Tone::Degraded, text);
}

/// The service deployment that was stopped or answered; `None` for a deployment of a revision.
fn stopped(intent: &Intent) -> Option<String> {
    let stopped = || Some(intent.request::<StopServiceDeployment>()?.service_deployment_arn);
    stopped().or_else(|| Some(intent.request::<ContinueServiceDeployment>()?.service_deployment_arn))
}

fn going_back(intent: &Intent, facts: &RollbackFacts, deployment: &ServiceDeployment, now: Timestamp) -> Progress {
    let service = &facts.facts.service;
    let history = facts.history.as_ref().ok();
    let newer = history.and_then(|h| h.deployments.first()).filter(|newest| newest.arn != deployment.arn);
    let back = history.and_then(|h| h.back(deployment)).map(|revision| &revision.task_definition);
    let to = back.map_or("the revision before", TaskDefinitionRef::short);
    let running = match back {
        Some(back) => service.deployments.iter().filter(|d| d.task_definition == *back).map(|d| d.running).sum(),
        None => service.running,
    };
    let part = (service.desired > 0).then(|| (running as f32 / service.desired as f32).min(1.0));
    let tasks = format!("{running} of {} tasks run on {to}", service.desired);
    let why = because(deployment);
    match (&deployment.status, newer) {
        (DeploymentStatus::RollbackSuccessful, Some(_)) => Progress::ended(Verdict::Done, format!("back on {to}{why}")),
        // Users are well again only when the tasks run.
        (DeploymentStatus::RollbackSuccessful, None) if service.is_daemon() || running >= service.desired => {
            Progress::ended(Verdict::Done, format!("back on {to}: {tasks}{why}"))
        }
        (DeploymentStatus::RollbackSuccessful, None) => Progress::moving(part, format!("AWS went back: {tasks}")),
        (DeploymentStatus::RollbackFailed, _) => {
            Progress::ended(Verdict::Failed, format!("AWS could not go back to {to}{why}"))
        }
        (DeploymentStatus::Successful, _) => {
            Progress::ended(Verdict::NotDone, "the deployment completed before it was stopped: b rolls it back")
        }
        (_, Some(newer)) => {
            let of = history.and_then(|h| h.target(newer)).map_or("another revision", |r| r.task_definition.short());
            Progress::ended(Verdict::Superseded, format!("a newer deployment of {of} replaced it"))
        }
        (DeploymentStatus::Stopped, None) => {
            Progress::ended(Verdict::Failed, format!("stopped, and not gone back{why}"))
        }
        (DeploymentStatus::RollbackRequested | DeploymentStatus::RollbackInProgress, None) => {
            Progress::moving(part, tasks)
        }
        (status, None) if status.can_be_stopped() => Progress {
            stalled: seconds_since(intent.at, now) > SHOWS_WITHIN,
            ..Progress::waiting("AWS does not show yet that it goes back")
        },
        (status, None) => Progress::moving(part, format!("{}: {tasks}", status.word())),
    }
}
