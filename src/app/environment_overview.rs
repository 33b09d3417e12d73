//! The environments that are not open, seen from afar: who we are there and what rings, each minute. What
//! cannot be asked without a person is not asked, and is told as unknown.

use std::time::Duration;

use super::session::{ReadKey, Session};
use super::state::State;
use super::store::{Standing, Store};
use super::subscription::Subscription;
use crate::domain::environment::Environment;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::format::{self, count};
use crate::domain::health::Health;
use crate::domain::query::Query;
use crate::domain::text::Text;
use crate::domain::{Timestamp, fetched::Fetched};
use crate::kinds;
use crate::kinds::cell::Tone;
use crate::kinds::kind::{Kind, Role};

/// How often each is asked (DOMAIN: "Other environments").
const EVERY: Duration = Duration::from_secs(60);

/// One whose credentials are good for nothing is asked who we are, to see when a login has mended it.
const LOCKED_EVERY: Duration = Duration::from_secs(300);

/// Between the first questions to one and to the next: a start is no burst.
const APART: Duration = Duration::from_millis(200);

/// What was told longer ago is not known any more, in seconds: three rounds.
const OLD: i64 = 180;

/// One environment as the wall tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvironmentSummary {
    /// The first answers are under way.
    Waiting,
    /// So many alarms ring; since when the newest does, and how old this is, in seconds.
    Ringing { count: usize, since: Option<Timestamp>, age: i64 },
    /// No alarm rings, as of so many seconds ago. That is all that was asked.
    Quiet { age: i64 },
    /// When it was left so many resources were wrong, so many seconds ago, and no alarm is known to ring.
    Left { wrong: usize, age: i64 },
    /// Nothing is known now, and why.
    Unknown(String),
}

/// The kind whose resources watch all others: which of them ring is told for one request.
fn watcher() -> Option<&'static dyn Kind> {
    kinds::of_role(Role::Watcher).next()
}

/// Why an environment is not asked by itself: what is known without a request.
fn closed(env: &Environment) -> Option<&'static str> {
    if env.obstacle.is_some() {
        Some("not usable yet")
    } else if env.region.is_none() {
        Some("no region")
    } else if env.program {
        // It may ask for a code, open a browser, or take a lock of a password store.
        Some("credential process")
    } else {
        None
    }
}

/// The reads that the state wants.
pub fn subscriptions(state: &State) -> Vec<Subscription> {
    let others =
        state.environments.iter().filter(|env| state.settings.watch && state.current.as_ref() != Some(&env.name));
    let mut all = Vec::new();
    for (place, env) in others.filter(|env| closed(env).is_none()).enumerate() {
        let store = state.stores.get(&env.name);
        let stagger = APART * u32::try_from(place).unwrap_or(u32::MAX);
        let mut add = |query, every, delay| {
            let asked = ReadKey { environment: env.name.clone(), session: Session::OTHERS, query };
            all.push(Subscription { env: env.clone(), asked, every, delay, round: 0 });
        };
        if store.is_some_and(|store| store.locked_out.is_some()) {
            add(Query::Identity, LOCKED_EVERY, LOCKED_EVERY);
            continue;
        }
        add(Query::Identity, EVERY, stagger);
        // Those that ring are part of the question, so that another is asked when one comes or goes: not
        // before its time.
        let Some(watcher) = watcher() else { continue };
        let listing = store.map(|store| store.listing(watcher.id()));
        let ringing = listing.map(|listing| listing.wrong_ids()).unwrap_or_default();
        let told = listing.is_some_and(|listing| !listing.wrong_asked().is_loading());
        add(Query::Wrong(watcher.id(), ringing), EVERY, if told { EVERY } else { stagger });
    }
    all
}

/// What is told of an environment that is not open; `None` of the open one, and where the wall is off.
pub fn seen(state: &State, env: &Environment) -> Option<EnvironmentSummary> {
    if !state.settings.watch || state.current.as_ref() == Some(&env.name) {
        return None;
    }
    if let Some(why) = closed(env) {
        return Some(EnvironmentSummary::Unknown(why.into()));
    }
    let Some(store) = state.stores.get(&env.name) else { return Some(EnvironmentSummary::Waiting) };
    Some(of(env, store, state.now))
}

fn of(env: &Environment, store: &Store, now: Timestamp) -> EnvironmentSummary {
    let Some(alarms) = watcher().map(|watcher| store.listing(watcher.id())) else {
        return EnvironmentSummary::Waiting;
    };
    let asked = alarms.wrong_asked();
    if let Some(fault) = store.locked_out.as_ref().or(store.identity.fault()).or(asked.fault()) {
        return EnvironmentSummary::Unknown(short(fault));
    }
    let other = |account: &&Text| store.identity.value().is_some_and(|identity| identity.account != **account);
    if env.account.as_ref().filter(other).is_some() {
        return EnvironmentSummary::Unknown("another account".into());
    }
    let (Some(_), Some(age)) = (store.identity.value(), age(asked, alarms.swept(), now)) else {
        return EnvironmentSummary::Waiting;
    };
    if age > OLD {
        return EnvironmentSummary::Unknown(format!("no answer for {}", format::age_of(age)));
    }
    let ringing: Vec<_> = alarms.rows().filter(|row| row.diagnosis.health.is_wrong()).collect();
    if !ringing.is_empty() {
        let since = ringing.iter().filter_map(|row| row.diagnosis.since).max();
        return EnvironmentSummary::Ringing { count: ringing.len(), since, age };
    }
    match store.standing() {
        Standing::Wrong(wrong) => EnvironmentSummary::Left { wrong, age: store.age(now).unwrap_or(age) },
        // Somewhere an alarm may ring that we are not told of.
        _ => match alarms.blind() {
            Some(fault) => EnvironmentSummary::Unknown(format!("partly {}", short(fault))),
            None => EnvironmentSummary::Quiet { age },
        },
    }
}

/// The state of an environment in a word or two.
pub fn standing_words(state: &State, name: &Text) -> String {
    let env = state.environments.iter().find(|env| env.name == *name);
    if env.is_some_and(|env| env.obstacle.is_some()) {
        return "not yet".to_string();
    }
    if let Some(seen) = env.and_then(|env| seen(state, env)) {
        return seen.words(true, state.now);
    }
    match state.stores.get(name).map_or(Standing::NotVisited, Store::standing) {
        Standing::NotVisited => "not visited".to_string(),
        Standing::Loading => "loading".to_string(),
        Standing::Healthy => "healthy".to_string(),
        Standing::Changing(n) => format!("{n} changing"),
        Standing::Wrong(n) => format!("{n} wrong"),
        Standing::LoginNeeded => "login needed".to_string(),
        Standing::Denied => "denied".to_string(),
        Standing::Unreachable => "unreachable".to_string(),
        Standing::Unknown => "unknown".to_string(),
    }
}

/// Seconds since what rings was told last: by the wall, or by the list while it was open.
fn age(asked: &Fetched<()>, swept: Option<Timestamp>, now: Timestamp) -> Option<i64> {
    asked.at().max(swept).map(|at| format::seconds_since(at, now))
}

/// A fault in two words.
fn short(fault: &Fault) -> String {
    match fault.kind {
        FaultKind::Expired => "no login".into(),
        _ => fault.word().into(),
    }
}

impl EnvironmentSummary {
    /// `2 alarms 3m ago`, `quiet 40s`, `unknown: no login`. Where there is no room, the cue alone says that
    /// something is not known.
    pub fn words(&self, long: bool, now: Timestamp) -> String {
        let unknown = |why: &str| if long { format!("unknown: {why}") } else { why.to_string() };
        match self {
            Self::Waiting => unknown("asking"),
            Self::Unknown(why) => unknown(why),
            Self::Quiet { age } => format!("quiet {}", format::age_of(*age)),
            Self::Left { wrong, age } if long => format!("{wrong} wrong when left {} ago", format::age_of(*age)),
            Self::Left { wrong, age } => format!("{wrong} wrong {}", format::age_of(*age)),
            Self::Ringing { count: n, since, age } => {
                let since = since.map(|since| format!(" {}", format::age(since, now))).unwrap_or_default();
                let (ago, read) =
                    if long { (" ago", format!(", read {} ago", format::age_of(*age))) } else { ("", String::new()) };
                format!("{}{since}{ago}{read}", count(*n, watcher().map_or("finding", |watcher| watcher.noun())))
            }
        }
    }

    /// The cue before it and how it is meant. An environment of which only the alarms are known is never
    /// told as healthy.
    pub fn cue(&self) -> (&'static str, Tone) {
        match self {
            Self::Ringing { .. } | Self::Left { .. } => (Health::Degraded.cue(), Tone::Degraded),
            Self::Quiet { .. } => ("○", Tone::Plain),
            Self::Waiting | Self::Unknown(_) => (Health::Unknown.cue(), Tone::Unknown),
        }
    }
}
