//! The port over a simulated estate: it moves by itself, and actions have their real consequences.
//! It needs neither AWS nor config nor network.

mod alarms;
mod caches;
mod cdn;
mod clock;
mod databases;
mod days;
mod images;
mod insights;
mod life;
mod logs;
mod memory;
mod metrics;
mod model;
mod one_off;
mod releases;
mod revisions;
mod seed;
mod services;
mod sessions;
mod show;
mod simulated_kind;
mod target_health;
mod trail;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};

use crate::domain::Timestamp;
use crate::domain::api_usage::{ApiUsage, Books};
use crate::domain::cache::Secret;
use crate::domain::call::Call;
use crate::domain::debrief::Debrief;
use crate::domain::environment::{Environment, Identity, Profile};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::intent::Outcome;
use crate::domain::query::{Answer, Query};
use crate::domain::resource::ResourceId;
use crate::domain::ssm::Program;
use crate::kinds;
use crate::port::{CallCounter, Cloud, may_change};
use clock::Clock;
use model::Estate;
use simulated_kind::{Refusal, SimulatedKind, View};

/// Everything that an estate has, by kind.
const SIMULATED_KINDS: [&dyn SimulatedKind; 5] =
    [&services::Services, &databases::Databases, &caches::Caches, &cdn::Distributions, &alarms::Alarms];

/// Name and what happens, for `--demo SCENARIO`; the game days come besides.
const SCENARIOS: &[(&str, &str)] = &[
    ("default", "an ordinary night, until somebody ships a bad revision"),
    ("calm", "nothing bad happens by itself"),
    ("throttled", "half of all reads are throttled"),
    ("expired", "the credentials of production have expired"),
    ("denied", "one cluster may not be read"),
    ("slow", "every read takes seconds"),
    ("crowd", "a thousand services; crowd:N has N"),
    ("flood", "booking-api writes 50,000 lines a second"),
];

/// Services of the scenario `crowd`, where it does not say how many.
const CROWD: u32 = 1000;

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

/// Name and what happens, for `--demo SCENARIO`: the game days, then the others.
pub fn scenarios() -> impl Iterator<Item = (&'static str, &'static str)> {
    days::DAYS.into_iter().map(|day| (day.name, day.says)).chain(SCENARIOS.iter().copied())
}

fn names() -> String {
    scenarios().map(|(name, _)| name).collect::<Vec<_>>().join(", ")
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
    /// By profile; what belongs to no holding is [`OTHERS`].
    books: Mutex<HashMap<String, Books<usize>>>,
    sessions: sessions::Sessions,
}

/// The place in the books of what belongs to no holding.
const OTHERS: usize = SIMULATED_KINDS.len();

struct World {
    estates: Vec<Estate>,
    /// One for each holding: what chance does to one of them never changes another.
    rngs: [Rng; SIMULATED_KINDS.len()],
    /// Seconds that were lived so far.
    lived: u64,
}

impl Demo {
    /// # Errors
    /// There is no scenario of this name.
    pub fn new(options: Options) -> Result<Self, UnknownScenario> {
        let Options { scenario, clock, seed } = options;
        let (word, crowd) = match scenario.strip_prefix("crowd:").map(str::parse) {
            Some(Ok(services)) => ("crowd", services),
            _ => (scenario.as_str(), CROWD),
        };
        let Some((name, _)) = scenarios().find(|(name, _)| *name == word) else {
            return Err(UnknownScenario(scenario));
        };
        let mut rngs = std::array::from_fn(|i| Rng::with_seed(seed + i as u64));
        let mut estates = seed::estates(clock.start(), &mut rngs[0], name);
        if name == "crowd" {
            seed::crowd(&mut estates[0], crowd, clock.start(), &mut rngs[0]);
        }
        let world = Mutex::new(World { estates, rngs, lived: 0 });
        let (calls, throttled, books) = (AtomicU64::new(0), AtomicU64::new(0), Mutex::default());
        let sessions = sessions::Sessions::default();
        Ok(Self { shared: Arc::new(Shared { scenario, clock, world, calls, throttled, books, sessions }) })
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
        act: impl FnOnce(&mut Estate, &mut [Rng; SIMULATED_KINDS.len()], Timestamp) -> T,
    ) -> Result<T, Fault> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = self.clock.elapsed().as_secs();
        let World { estates, rngs, lived } = &mut *world;
        while *lived < elapsed {
            *lived += 1;
            let now = seed::later(self.clock.start(), i64::try_from(*lived).unwrap_or(i64::MAX));
            for (simulated, rng) in SIMULATED_KINDS.iter().zip(rngs.iter_mut()) {
                estates.iter_mut().for_each(|estate| simulated.step(estate, now, rng));
            }
        }
        let profile = env.profile.as_deref().unwrap_or(&env.name);
        let estate = estates.iter_mut().find(|estate| estate.profile == profile);
        let Some(estate) = estate else {
            return Err(Fault::new(FaultKind::Invalid, "profile", format!("the demo has no profile {profile}")));
        };
        Ok(act(estate, rngs, self.clock.now()))
    }

    /// Why the credentials of an environment are good for nothing.
    fn expired(&self, env: &Environment) -> Option<Fault> {
        let production = env.profile.as_deref().unwrap_or(&env.name) == "harbour-production";
        (production && self.scenario == "expired").then(|| {
            Fault::new(FaultKind::Expired, "credentials", "the SSO session has expired")
                .with_remedy("aws sso login --profile harbour-production --use-device-code, then R")
        })
    }

    /// What the scenario does to a read.
    async fn inject_faults(&self, env: &Environment, asked: &'static str) -> Result<(), Fault> {
        if self.clock.is_manual() {
            // Answers come at once; faults come all the same.
        } else {
            let millis = if self.scenario == "slow" { fastrand::u64(2000..8000) } else { fastrand::u64(20..120) };
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
        if let Some(fault) = self.expired(env) {
            return Err(fault);
        }
        match self.scenario.as_str() {
            "throttled" if fastrand::bool() => {
                self.throttled.fetch_add(1, Ordering::Relaxed);
                Err(Fault::new(FaultKind::Throttled, asked, "Rate exceeded")
                    .with_remedy("midwatch asks less often until it is over"))
            }
            _ => Ok(()),
        }
    }

    /// Writes into an environment's books.
    fn note(
        &self,
        env: &Environment,
        simulated: Option<&'static dyn SimulatedKind>,
        write: impl FnOnce(&mut Books<usize>, usize, u64),
    ) {
        let kind = simulated.map(SimulatedKind::kind);
        let place = SIMULATED_KINDS.iter().position(|simulated| Some(simulated.kind()) == kind).unwrap_or(OTHERS);
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        write(books.entry(env.name.to_string()).or_default(), place, self.clock.elapsed().as_secs());
    }

    async fn answer(self: Arc<Self>, env: Environment, query: Query) -> Vec<Result<Answer, Fault>> {
        let simulated = simulated_kind_of(&query);
        let asked = match &query {
            Query::Revision(_) => "ecs:DescribeTaskDefinition",
            Query::Metrics(..) => "cloudwatch:GetMetricData",
            Query::Balancers(_) => "elasticloadbalancing:DescribeTargetGroups",
            Query::Targets(_) => "elasticloadbalancing:DescribeTargetHealth",
            Query::Activities(_) => "application-autoscaling:DescribeScalingActivities",
            Query::Events(source, _) => trail::reads(*source),
            _ => simulated.map_or("sts:GetCallerIdentity", SimulatedKind::reads),
        };
        if let Err(fault) = self.inject_faults(&env, asked).await {
            if fault.kind == FaultKind::Throttled {
                self.note(&env, simulated, |books, place, at| books.throttled(place, at));
            }
            return vec![Err(fault)];
        }
        let told = self.with(&env, |estate, _, now| {
            let view = View { estate, env: &env, now };
            let (answers, calls) = match (&query, simulated) {
                (Query::Identity, _) => (vec![Answer::Identity(identity(estate))], 1),
                (Query::List(_), Some(simulated)) => simulated_kind::list(simulated, view),
                (Query::Some(_, ids), Some(simulated)) => simulated_kind::some(simulated, view, ids),
                (Query::Wrong(_, ids), Some(simulated)) => simulated_kind::wrong(simulated, view, ids),
                (Query::Detail(set, id) | Query::Facts(set, id), Some(simulated)) => {
                    simulated_kind::one(simulated, view, *set, id)
                }
                (Query::Endings(_, part), Some(simulated)) => (vec![Answer::Seen(simulated.endings(view, part))], 1),
                (Query::Revision(reference), _) => {
                    (vec![Answer::Revision(Arc::new(revisions::read(estate, reference)?))], 1)
                }
                (Query::History(sources, moment), _) => (logs::history(estate, sources, *moment), 1),
                (Query::Metrics(metrics, window), _) => {
                    let told = metrics::readings(estate, metrics.clone(), *window, now);
                    (vec![Answer::Metrics(told)], 1)
                }
                (Query::Balancers(groups), _) => {
                    let settings = target_health::settings(estate, groups);
                    let balancers = metrics::balancers(estate, groups);
                    (vec![Answer::Balancers(balancers), Answer::GroupSettings(settings)], 1)
                }
                (Query::Targets(groups), _) => (target_health::targets(estate, groups, now), groups.len() as u64),
                (Query::Activities(of), _) => {
                    (vec![Answer::Activities(target_health::activities(estate, of.as_ref()))], 1)
                }
                (Query::Events(source, stretch), _) => (vec![trail::events(estate, &env, *source, *stretch, now)], 1),
                (_, _) => return Err(Fault::new(FaultKind::Invalid, "query", "the demo has no such kind")),
            };
            self.calls.fetch_add(calls, Ordering::Relaxed);
            self.note(&env, simulated, |books, place, at| books.sent(place, at, calls));
            Ok(answers)
        });
        match told {
            Ok(Ok(answers)) => answers.into_iter().map(Ok).collect(),
            Ok(Err(fault)) | Err(fault) => vec![Err(fault)],
        }
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
        let done = self.with(&env, |estate, rngs, now| {
            self.calls.fetch_add(1, Ordering::Relaxed);
            let able = |simulated: &&dyn SimulatedKind| simulated.changes().iter().any(|op| call.is(*op));
            self.note(&env, SIMULATED_KINDS.into_iter().find(able), |books, place, at| books.sent(place, at, 1));
            may_change(&env, &identity(estate), &call)?;
            let Some((simulated, rng)) = SIMULATED_KINDS.into_iter().zip(rngs).find(|(simulated, _)| able(simulated))
            else {
                return Err(Fault::new(FaultKind::Invalid, what.clone(), "the demo does not know this operation"));
            };
            let words = days::words(estate, &call);
            let told = simulated.perform(estate, &call, now, rng);
            let refused = told.as_ref().err().map(|Refusal(_, said)| said.as_str());
            days::called(estate, (&call, &words), refused, now);
            if let Ok(receipt) = &told {
                estate.trail.note((estate.account, estate.region, estate.role), &call, receipt, now);
            }
            told.map_err(|Refusal(kind, said)| Fault::new(kind, what.clone(), said))
        });
        match done {
            Ok(Ok(receipt)) => {
                if let Some(started) = &receipt.started {
                    self.sessions.keep(&call, started);
                }
                Outcome::Sent(receipt)
            }
            Ok(Err(fault)) | Err(fault) => refused(fault),
        }
    }
}

/// Whom a query asks.
fn simulated_kind_of(query: &Query) -> Option<&'static dyn SimulatedKind> {
    SIMULATED_KINDS.into_iter().find(|simulated| match query {
        Query::Identity
        | Query::Revision(_)
        | Query::Tail { .. }
        | Query::History(..)
        | Query::Insights(_)
        | Query::Metrics(..)
        | Query::Balancers(_)
        | Query::Targets(_)
        | Query::Activities(_)
        | Query::Events(..)
        | Query::Forward(_) => false,
        Query::List(kind) | Query::Some(kind, _) | Query::Wrong(kind, _) | Query::Endings(kind, _) => {
            simulated.kind() == *kind
        }
        Query::Detail(set, _) | Query::Facts(set, _) => simulated.kind() == set.kind,
    })
}

fn identity(estate: &Estate) -> Identity {
    Identity {
        account: estate.account.into(),
        arn: format!("arn:aws:sts::{}:assumed-role/{}/dana", estate.account, estate.role).into(),
    }
}

impl Cloud for Demo {
    fn profiles(&self) -> BoxFuture<'_, Result<Vec<Profile>, Fault>> {
        let world = self.shared.world.lock().unwrap_or_else(PoisonError::into_inner);
        let profile = |estate: &Estate| Profile {
            name: estate.profile.into(),
            region: Some(estate.region.into()),
            ..Profile::default()
        };
        let profiles = world.estates.iter().map(profile).collect();
        Box::pin(std::future::ready(Ok(profiles)))
    }

    fn read(&self, env: &Environment, query: Query) -> BoxStream<'static, Result<Answer, Fault>> {
        match query {
            Query::Tail { sources, live } => logs::tail(self.shared.clone(), env.clone(), sources, live),
            Query::Forward(session) => self.shared.sessions.hold(&session),
            Query::Insights(query) => insights::search(self.shared.clone(), env.clone(), query),
            query => stream::once(self.shared.clone().answer(env.clone(), query)).flat_map(stream::iter).boxed(),
        }
    }

    fn change(&self, env: &Environment, call: Call) -> BoxFuture<'static, Outcome> {
        Box::pin(self.shared.clone().perform(env.clone(), call))
    }

    fn take_session(&self, started: &str) -> Option<Program> {
        self.shared.sessions.take(started)
    }

    fn meter(&self) -> CallCounter {
        CallCounter {
            calls: self.shared.calls.load(Ordering::Relaxed),
            throttled: self.shared.throttled.load(Ordering::Relaxed),
        }
    }

    fn api_usage(&self, env: &Environment) -> Vec<ApiUsage> {
        let books = self.shared.books.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(books) = books.get(env.name.as_str()) else { return vec![] };
        books.read(self.shared.clock.elapsed().as_secs(), |place| {
            let (word, quota) =
                SIMULATED_KINDS.get(place).map_or(("STS and logs", None), |simulated| simulated.quota());
            (word, quota, quota.map_or(1.0, |quota| quota / 4.0))
        })
    }

    fn debrief(&self, env: &Environment, looked_at: &[&ResourceId]) -> Option<Debrief> {
        let told = self.shared.with(env, |estate, _, now| {
            days::looked_at(estate, looked_at, now);
            days::debrief(estate, now)
        });
        told.ok().flatten()
    }

    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    fn unlock(&self, _: &Environment, _: &ResourceId, _: Secret) {}

    fn forget_credentials(&self, _: &Environment) {}
}
