//! The port over a simulated estate: it moves by itself, and actions have their real consequences.
//! It needs neither AWS nor config nor network.

mod clock;
mod days;
mod estate;
mod insights;
mod logs;
mod memory;
mod metrics;
mod prelude;
mod reads;
mod scenario;
mod sessions;
mod simulated_kind;
mod trail;
mod world;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use parking_lot::Mutex;

use crate::domain::api_usage::{ApiUsage, Books, Lately};
use crate::domain::cache::Secret;
use crate::domain::debrief::Debrief;
use crate::domain::environment::Profile;
use crate::domain::ops::Family;
use crate::domain::prelude::*;
use crate::domain::ssm::Program;
use crate::kinds;
use crate::port::{CallCounter, Cloud, may_change};
use clock::Clock;
pub use days::incidents;
use estate::Estate;
use scenario::Scenario;
pub use scenario::{UnknownScenario, scenarios};
use simulated_kind::{Change, Moment, Refusal, SimulatedKind, View};
use world::World;

/// Declares the module of each kind and lists what it has. What happens by chance to a kind depends on its place:
/// a new one comes last.
macro_rules! simulated {
    ($($kind:ident),+ $(,)?) => {
        $(mod $kind;)+

        /// Everything that an estate has, by kind.
        const KINDS: &[&dyn SimulatedKind] = &[$(&$kind::Simulated),+];
    };
}

simulated! { services, databases, caches, distributions, alarms, queues }

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

/// The simulated cloud.
pub struct Demo {
    shared: Arc<Shared>,
}

struct Shared {
    scenario: Scenario,
    clock: Clock,
    world: Mutex<World>,
    /// Delays and faults.
    chance: Mutex<Rng>,
    calls: AtomicU64,
    throttled: AtomicU64,
    /// By environment, and by the place of the kind; what is of no kind is [`OTHERS`].
    books: Mutex<HashMap<String, Books<usize>>>,
    sessions: sessions::Sessions,
}

/// The place in the books of what is of no kind.
const OTHERS: usize = KINDS.len();

impl Demo {
    /// # Errors
    /// There is no scenario of this name.
    pub fn new(options: Options) -> Result<Self, UnknownScenario> {
        let Options { scenario, clock, seed } = options;
        let scenario = Scenario::by_name(&scenario)?;
        let world = Mutex::new(World::new(scenario, clock.start(), seed));
        let shared = Shared {
            scenario,
            clock,
            world,
            chance: Mutex::new(Rng::with_seed(seed)),
            calls: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            books: Mutex::default(),
            sessions: sessions::Sessions::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
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
        act: impl FnOnce(&mut Estate, &mut [Rng], Timestamp) -> T,
    ) -> Result<T, Fault> {
        let mut world = self.world.lock();
        world.live(self.clock.elapsed().as_secs());
        let profile = env.profile.as_deref().unwrap_or(&env.name);
        let Some((estate, rngs)) = world.of(profile) else {
            return Err(Fault::new(FaultKind::Invalid, "profile", format!("the demo has no profile {profile}")));
        };
        Ok(act(estate, rngs, self.clock.now()))
    }

    /// What chance says.
    fn chance<T>(&self, draw: impl FnOnce(&mut Rng) -> T) -> T {
        draw(&mut self.chance.lock())
    }

    /// Lets some of so many milliseconds pass; by a manual clock answers come at once.
    async fn delay(&self, millis: std::ops::Range<u64>) {
        if !self.clock.is_manual() {
            tokio::time::sleep(Duration::from_millis(self.chance(|rng| rng.u64(millis)))).await;
        }
    }

    /// Why the credentials of an environment are good for nothing.
    fn expired(&self, env: &Environment) -> Option<Fault> {
        let production = env.profile.as_deref().unwrap_or(&env.name) == "harbour-production";
        (production && self.scenario.name == "expired").then(|| {
            Fault::new(FaultKind::Expired, "credentials", "the SSO session has expired")
                .with_remedy("aws sso login --profile harbour-production --use-device-code, then R")
        })
    }

    /// What the scenario does to a read.
    async fn inject_faults(&self, env: &Environment, asked: Op) -> Result<(), Fault> {
        self.delay(if self.scenario.name == "slow" { 2000..8000 } else { 20..120 }).await;
        if let Some(fault) = self.expired(env) {
            return Err(fault);
        }
        match self.scenario.name {
            "throttled" if self.chance(Rng::bool) => {
                self.throttled.fetch_add(1, Ordering::Relaxed);
                Err(Fault::new(FaultKind::Throttled, asked.to_string(), "Rate exceeded")
                    .with_remedy("midwatch asks less often until it is over"))
            }
            _ => Ok(()),
        }
    }

    /// Writes into an environment's books.
    fn note(&self, env: &Environment, place: usize, what: Lately) {
        let mut books = self.books.lock();
        books.entry(env.name.to_string()).or_default().write(place, self.clock.elapsed().as_secs(), what);
    }

    async fn answer(self: Arc<Self>, env: Environment, query: Query) -> Vec<Result<Answer, Fault>> {
        let Some((place, read)) = reads::read(&query) else {
            return vec![Err(Fault::new(FaultKind::Invalid, "query", "the demo has no such kind"))];
        };
        if let Err(fault) = self.inject_faults(&env, read.request).await {
            if fault.kind == FaultKind::Throttled {
                self.note(&env, place, Lately::throttled());
            }
            return vec![Err(fault)];
        }
        let told = self.with(&env, |estate, _, now| {
            let (answers, calls) = (read.answer)(View { estate, env: &env, now })?;
            self.calls.fetch_add(calls, Ordering::Relaxed);
            self.note(&env, place, Lately::sent(calls));
            Ok(answers)
        });
        match told.flatten() {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(fault) => vec![Err(fault)],
        }
    }

    async fn perform(self: Arc<Self>, env: Environment, call: Call) -> Outcome {
        self.delay(80..300).await;
        let what = format!("{}:{}", call.service, call.operation);
        if !kinds::changes().iter().any(|op| call.is(*op)) {
            return Outcome::Refused { fault: Fault::refused(what, "no action declares this operation") };
        }
        let done = self.with(&env, |estate, rngs, now| {
            self.calls.fetch_add(1, Ordering::Relaxed);
            self.note(&env, change_of(&call).map_or(OTHERS, |(place, _)| place), Lately::sent(1));
            may_change(&env, &estate.identity(), &call)?;
            let told = perform(estate, rngs, &call, now)
                .ok_or_else(|| Fault::new(FaultKind::Invalid, what.clone(), "the demo does not know this operation"))?;
            told.map_err(|Refusal(kind, said)| Fault::new(kind, what, said))
        });
        match done.flatten() {
            Ok(receipt) => {
                if let Some(started) = &receipt.started {
                    self.sessions.register(&call, started);
                }
                Outcome::Sent(receipt)
            }
            Err(fault) => Outcome::Refused { fault },
        }
    }
}

/// The change that a call asks for, and the place of the kind that performs it.
fn change_of(call: &Call) -> Option<(usize, &'static Change)> {
    let of = |(place, simulated): (usize, &&'static dyn SimulatedKind)| {
        Some((place, simulated.changes().iter().find(|change| change.ops.iter().any(|op| call.is(*op)))?))
    };
    KINDS.iter().enumerate().find_map(of)
}

/// Does what a call asks for, and lets the game day and CloudTrail know; `None`: no kind performs it.
fn perform(estate: &mut Estate, rngs: &mut [Rng], call: &Call, now: Timestamp) -> Option<Result<Receipt, Refusal>> {
    let (place, change) = change_of(call)?;
    let words = days::words(estate, KINDS[place], call);
    let told = (change.perform)(&mut Moment { estate, now, rng: &mut rngs[place] }, call);
    let refused = told.as_ref().err().map(|Refusal(_, said)| said.as_str());
    days::on_call(estate, call, ((change.attempt_label)(call), &words), refused, now);
    if let Ok(receipt) = &told {
        estate.trail.note(&estate.place, call, receipt, now);
    }
    Some(told)
}

impl Cloud for Demo {
    fn profiles(&self) -> BoxFuture<'_, Result<Vec<Profile>, Fault>> {
        let world = self.shared.world.lock();
        let profile = |estate: &Estate| Profile {
            name: estate.place.profile.into(),
            region: Some(estate.place.region.into()),
            ..Profile::default()
        };
        let profiles = world.estates.iter().map(profile).collect();
        Box::pin(std::future::ready(Ok(profiles)))
    }

    fn read(&self, env: &Environment, query: Query) -> BoxStream<'static, Result<Answer, Fault>> {
        match query {
            Query::Tail { sources, live } => logs::tail(self.shared.clone(), env.clone(), sources, live),
            Query::Forward(session) => self.shared.sessions.open_port(&session),
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
        let books = self.shared.books.lock();
        let Some(books) = books.get(env.name.as_str()) else { return vec![] };
        books.read(self.shared.clock.elapsed().as_secs(), |place| {
            let family = KINDS.get(place).and_then(|simulated| simulated.reads().family);
            let quota = family.and_then(|family| Some(family.quota().of(env.region.as_deref()?)?.1));
            (family.map_or("STS and logs", Family::word), quota, quota.map_or(1.0, |quota| quota / 4.0))
        })
    }

    fn debrief(&self, env: &Environment, looked_at: &[&ResourceId]) -> Option<Debrief> {
        days::by_name(self.shared.scenario.name)?;
        let told = self.shared.with(env, |estate, _, now| {
            days::on_look(estate, looked_at, now);
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
