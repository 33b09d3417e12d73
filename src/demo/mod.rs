//! The port over a simulated estate: it moves by itself, and actions have their real consequences.
//! It needs neither AWS nor config nor network.

mod clock;
mod life;
mod model;
mod seed;
mod show;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};

use crate::domain::Timestamp;
use crate::domain::cache::Secret;
use crate::domain::call::{Call, Op};
use crate::domain::environment::{Environment, Identity, Profile};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::intent::{Outcome, Receipt};
use crate::domain::query::{Answer, Query};
use crate::domain::resource::{Object, ResourceId};
use crate::domain::service::{ServiceDetail, ServiceFacts};
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::services::SERVICES;
use crate::port::{Cloud, Meter, may_change};
use clock::Clock;
use model::Estate;

/// Name and what happens, for `--demo SCENARIO`.
pub const SCENARIOS: &[(&str, &str)] = &[
    ("default", "an ordinary night, until somebody ships a bad revision"),
    ("calm", "nothing bad happens by itself"),
    ("bad-deploy", "the bad revision is shipped after eight seconds"),
    ("throttled", "half of all reads are throttled"),
    ("expired", "the credentials of production have expired"),
    ("denied", "one cluster may not be read"),
    ("slow", "every read takes seconds"),
    ("crowd", "a thousand services"),
];

/// How the demo begins.
#[derive(Debug)]
pub struct Options {
    scenario: String,
    clock: Clock,
    seed: u64,
}

impl Options {
    /// A demo that runs by itself from now on.
    pub fn live(scenario: Option<&str>) -> Self {
        Self { scenario: scenario.unwrap_or("default").to_string(), clock: Clock::live(), seed: 7 }
    }

    /// A demo whose time passes only by [`Demo::advance`], and whose answers come at once.
    pub fn manual(scenario: Option<&str>, start: Timestamp) -> Self {
        Self { scenario: scenario.unwrap_or("default").to_string(), clock: Clock::manual(start), seed: 7 }
    }
}

/// The scenario does not exist.
#[derive(Debug, thiserror::Error)]
#[error("--demo {0}: there is no such scenario; there are {names}", names = names())]
pub struct UnknownScenario(String);

fn names() -> String {
    SCENARIOS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The simulated cloud.
pub struct Demo {
    shared: Arc<Shared>,
}

struct Shared {
    scenario: String,
    clock: Clock,
    world: Mutex<World>,
    calls: AtomicU64,
    throttled: AtomicU64,
}

struct World {
    estates: Vec<Estate>,
    rng: Rng,
    /// Seconds that were lived so far.
    lived: u64,
}

impl Demo {
    /// # Errors
    /// There is no scenario of this name.
    pub fn new(options: Options) -> Result<Self, UnknownScenario> {
        let Options { scenario, clock, seed } = options;
        if !SCENARIOS.iter().any(|(name, _)| *name == scenario) {
            return Err(UnknownScenario(scenario));
        }
        let mut rng = Rng::with_seed(seed);
        let estates = seed::estates(clock.start(), &mut rng, &scenario);
        let world = Mutex::new(World { estates, rng, lived: 0 });
        let (calls, throttled) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self { shared: Arc::new(Shared { scenario, clock, world, calls, throttled }) })
    }

    /// Moves a manual clock.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }
}

impl Shared {
    /// Does something to an estate as it is now.
    fn with<T>(
        &self,
        env: &Environment,
        calls: u64,
        act: impl FnOnce(&mut Estate, &mut Rng, Timestamp) -> T,
    ) -> Result<T, Fault> {
        self.calls.fetch_add(calls, Ordering::Relaxed);
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = self.clock.elapsed().as_secs();
        let World { estates, rng, lived } = &mut *world;
        let calm = self.scenario == "calm";
        while *lived < elapsed {
            *lived += 1;
            let now = seed::later(self.clock.start(), i64::try_from(*lived).unwrap_or(i64::MAX));
            estates.iter_mut().for_each(|estate| life::step(estate, now, rng, calm));
        }
        let profile = env.profile.as_deref().unwrap_or(&env.name);
        let estate = estates.iter_mut().find(|estate| estate.profile == profile);
        let Some(estate) = estate else {
            return Err(Fault::new(FaultKind::Invalid, "profile", format!("the demo has no profile {profile}")));
        };
        Ok(act(estate, rng, self.clock.now()))
    }

    /// What the scenario does to a read.
    async fn weather(&self, env: &Environment) -> Result<(), Fault> {
        if self.clock.is_manual() {
            // Answers come at once; faults come all the same.
        } else {
            let millis = if self.scenario == "slow" { fastrand::u64(2000..8000) } else { fastrand::u64(20..120) };
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
        let production = env.profile.as_deref().unwrap_or(&env.name) == "harbour-production";
        match self.scenario.as_str() {
            "expired" if production => {
                Err(Fault::new(FaultKind::Expired, "credentials", "the SSO session has expired")
                    .with_remedy("aws sso login --profile harbour-production --use-device-code, then R"))
            }
            "throttled" if fastrand::bool() => {
                self.throttled.fetch_add(1, Ordering::Relaxed);
                Err(Fault::new(FaultKind::Throttled, "ecs:DescribeServices", "Rate exceeded")
                    .with_remedy("midwatch asks less often until it is over"))
            }
            _ => Ok(()),
        }
    }

    async fn answer(self: Arc<Self>, env: Environment, query: Query) -> Vec<Result<Answer, Fault>> {
        if let Err(fault) = self.weather(&env).await {
            return vec![Err(fault)];
        }
        let answers = match &query {
            Query::Identity => self.with(&env, 1, |estate, _, _| vec![Ok(Answer::Identity(identity(estate)))]),
            Query::List(kind) | Query::Some(kind, _) | Query::Detail(kind, _) if *kind != SERVICES => {
                Err(Fault::new(FaultKind::Invalid, kind.0, "the demo has no such kind"))
            }
            Query::List(_) => self.list(&env),
            Query::Some(_, ids) => self.some(&env, ids),
            Query::Detail(_, id) => self.of(&env, id, |estate, service, now| {
                let detail = ServiceDetail {
                    service: show::service(estate, service, true, now),
                    tasks: Ok(show::tasks(estate, service, false, now)),
                    stopped: Ok(show::tasks(estate, service, true, now)),
                    task_definition: Ok(show::task_definition(estate, service)),
                    scaling: Ok(show::scaling(service)),
                };
                Answer::Facts(Arc::new(detail))
            }),
            Query::Facts(_, id) => self.of(&env, id, |estate, service, now| {
                let facts = ServiceFacts {
                    service: show::service(estate, service, true, now),
                    scaling: Ok(show::scaling(service)),
                    task_definition: Ok(show::task_definition(estate, service)),
                    images: show::image_facts(estate, service),
                    stopped: Ok(show::tasks(estate, service, true, now)),
                };
                Answer::Facts(Arc::new(facts))
            }),
        };
        answers.unwrap_or_else(|fault| vec![Err(fault)])
    }

    fn list(&self, env: &Environment) -> Result<Vec<Result<Answer, Fault>>, Fault> {
        let denied = self.scenario == "denied";
        self.with(env, 2, |estate, _, now| {
            let clusters: Vec<String> =
                estate.clusters.iter().filter(|c| env.scope.admits_cluster(c)).cloned().collect();
            let mut answers = vec![Ok(Answer::Parts(clusters.iter().map(Text::from).collect()))];
            for (i, cluster) in clusters.iter().enumerate() {
                if denied && i == 1 {
                    let part = Text::new(cluster);
                    answers.push(Ok(Answer::PartFailed { part, fault: denied_fault(estate) }));
                    continue;
                }
                let services: Vec<&model::Service> = (estate.services.values())
                    .filter(|service| service.cluster == *cluster && env.scope.admits_name(&service.name))
                    .collect();
                let ids = services.iter().map(|service| show::id(estate, service)).collect();
                answers.push(Ok(Answer::Roster { part: Text::new(cluster), ids }));
                self.calls.fetch_add(1 + services.len().div_ceil(10) as u64, Ordering::Relaxed);
                answers.extend(services.chunks(10).map(|chunk| {
                    let items = chunk.iter().map(|s| Arc::new(show::service(estate, s, false, now)) as Object);
                    Ok(Answer::Items(items.collect()))
                }));
            }
            answers
        })
    }

    fn some(&self, env: &Environment, ids: &[ResourceId]) -> Result<Vec<Result<Answer, Fault>>, Fault> {
        self.with(env, ids.len().div_ceil(10) as u64, |estate, _, now| {
            let wanted: BTreeSet<&ResourceId> = ids.iter().collect();
            let mut found: BTreeMap<ResourceId, Object> = BTreeMap::new();
            for service in estate.services.values() {
                let id = show::id(estate, service);
                if wanted.contains(&id) {
                    found.insert(id, Arc::new(show::service(estate, service, false, now)));
                }
            }
            let gone: Vec<ResourceId> = ids.iter().filter(|id| !found.contains_key(id)).cloned().collect();
            let mut answers = vec![Ok(Answer::Items(found.into_values().collect()))];
            if !gone.is_empty() {
                answers.push(Ok(Answer::Gone(gone)));
            }
            answers
        })
    }

    fn of(
        &self,
        env: &Environment,
        id: &ResourceId,
        tell: impl FnOnce(&Estate, &model::Service, Timestamp) -> Answer,
    ) -> Result<Vec<Result<Answer, Fault>>, Fault> {
        self.with(env, 5, |estate, _, now| {
            match estate.services.values().find(|service| show::id(estate, service) == *id) {
                Some(service) => vec![Ok(tell(estate, service, now))],
                None => vec![Ok(Answer::Gone(vec![id.clone()]))],
            }
        })
    }

    async fn perform(self: Arc<Self>, env: Environment, call: Call) -> Outcome {
        if !self.clock.is_manual() {
            tokio::time::sleep(Duration::from_millis(fastrand::u64(80..300))).await;
        }
        let refused = |fault| Outcome::Refused { fault };
        let what = format!("{}:{}", call.service, call.operation);
        if !kinds::changes().iter().any(|op| call.is(*op)) {
            return refused(Fault::refused(what, "no action declares this operation"));
        }
        let done = self.with(&env, 1, |estate, rng, now| {
            may_change(&env, &identity(estate), &call)?;
            if !call.is(Op::new("ecs", "UpdateService")) {
                return Err(Fault::new(FaultKind::Invalid, what.clone(), "the demo does not know this operation"));
            }
            let key = (call.str("cluster").to_string(), call.str("service").to_string());
            let Some(service) = estate.services.get_mut(&key) else {
                return Err(Fault::new(
                    FaultKind::NotFound,
                    what.clone(),
                    "ServiceNotFoundException: Service not found.",
                ));
            };
            update_service(service, &call, now, rng)
                .map_err(|said| Fault::new(FaultKind::Invalid, what.clone(), said))?;
            let request_id = format!("{}-{}", life::hex(rng, 8), life::hex(rng, 12));
            Ok(Receipt::of(request_id, service.deployments.first().map(|deployment| Text::new(&deployment.id))))
        });
        match done {
            Ok(Ok(receipt)) => Outcome::Sent(receipt),
            Ok(Err(fault)) | Err(fault) => refused(fault),
        }
    }
}

/// UpdateService. The error is what AWS would say.
fn update_service(service: &mut model::Service, call: &Call, now: Timestamp, rng: &mut Rng) -> Result<(), String> {
    let force = call.input.get("forceNewDeployment").and_then(serde_json::Value::as_bool).unwrap_or(false);
    if force && let Some(said) = life::refuses_deployment(service) {
        return Err(said);
    }
    if let Some(desired) = call.input.get("desiredCount").and_then(serde_json::Value::as_u64) {
        let desired = u32::try_from(desired).map_err(|_| "InvalidParameterException: desiredCount".to_string())?;
        service.desired = desired;
    }
    if force && let Some(revision) = service.deployments.first().map(|deployment| deployment.revision) {
        life::deploy(service, revision, now, rng);
    }
    Ok(())
}

fn identity(estate: &Estate) -> Identity {
    Identity {
        account: estate.account.into(),
        arn: format!("arn:aws:sts::{}:assumed-role/{}/dana", estate.account, estate.role).into(),
    }
}

fn denied_fault(estate: &Estate) -> Fault {
    let action = Text::new("ecs:ListServices");
    let kind = FaultKind::Denied { action: action.clone(), principal: identity(estate).arn };
    Fault::new(kind, action, "not authorized")
        .with_remedy("allow ecs:ListServices to ops-role (midwatch policy read-only)")
}

impl Cloud for Demo {
    fn profiles(&self) -> BoxFuture<'_, Result<Vec<Profile>, Fault>> {
        let world = self.shared.world.lock().unwrap_or_else(PoisonError::into_inner);
        let profile = |estate: &Estate| Profile {
            name: estate.profile.into(),
            region: Some(estate.region.into()),
            obstacle: None,
        };
        let profiles = world.estates.iter().map(profile).collect();
        Box::pin(std::future::ready(Ok(profiles)))
    }

    fn read(&self, env: &Environment, query: Query) -> BoxStream<'static, Result<Answer, Fault>> {
        stream::once(self.shared.clone().answer(env.clone(), query)).flat_map(stream::iter).boxed()
    }

    fn change(&self, env: &Environment, call: Call) -> BoxFuture<'static, Outcome> {
        Box::pin(self.shared.clone().perform(env.clone(), call))
    }

    fn meter(&self) -> Meter {
        Meter {
            calls: self.shared.calls.load(Ordering::Relaxed),
            throttled: self.shared.throttled.load(Ordering::Relaxed),
        }
    }

    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    fn unlock(&self, _: &Environment, _: &ResourceId, _: Secret) {}

    fn forget_credentials(&self, _: &Environment) {}
}
