//! What every adapter promises (`port`), checked on any cloud with something of every kind in it:
//! the demo here, AWS through the SDK in the emulator's tests.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;
use midwatch::domain::call::Call;
use midwatch::domain::environment::Environment;
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::intent::{Intent, Outcome};
use midwatch::domain::log::{LogEvent, LogPiece, LogSource};
use midwatch::domain::ops::{Op, ecs};
use midwatch::domain::query::{Answer, ListingPiece, Query};
use midwatch::domain::resource::{Facts, FactsId, Object, ResourceId};
use midwatch::kinds;
use midwatch::kinds::action::Applied;
use midwatch::kinds::kind::Kind;
use midwatch::port::Cloud;

/// Everything that both adapters promise. `env` has at least one resource of each of `kinds`.
pub async fn holds(cloud: &dyn Cloud, env: &Environment, kinds: &[&str]) {
    identity(cloud, env).await;
    for kind in kinds::registry().filter(|kind| kinds.contains(&kind.id().0)) {
        let objects = list(cloud, env, kind).await;
        assert!(!objects.is_empty(), "{:?}: nothing to check with", kind.id());
        some(cloud, env, kind, &objects).await;
        one(cloud, env, kind, &objects).await;
    }
    refusals(cloud, env).await;
}

async fn ask(cloud: &dyn Cloud, env: &Environment, query: Query) -> Vec<Result<Answer, Fault>> {
    cloud.read(env, query).collect().await
}

async fn identity(cloud: &dyn Cloud, env: &Environment) {
    let before = cloud.meter().calls;
    let answers = ask(cloud, env, Query::Identity).await;
    let [Ok(Answer::Identity(identity))] = &answers[..] else { panic!("{answers:?}") };
    assert!(identity.account.len() == 12 && identity.account.bytes().all(|b| b.is_ascii_digit()), "{identity:?}");
    assert!(identity.arn.contains(&*identity.account), "{identity:?}");
    assert!(cloud.meter().calls > before, "what is asked is counted");
}

/// A list names its parts before anything else, then each part's roster; what it tells is on it.
async fn list(cloud: &dyn Cloud, env: &Environment, kind: &dyn Kind) -> Vec<Object> {
    let mut parts: Option<BTreeSet<String>> = None;
    let mut rosters: BTreeMap<String, BTreeSet<ResourceId>> = BTreeMap::new();
    let mut objects: BTreeMap<ResourceId, Object> = BTreeMap::new();
    for piece in ask(cloud, env, Query::List(kind.id())).await {
        match piece.unwrap_or_else(|fault| panic!("{:?}: {fault}", kind.id())) {
            Answer::Listing(ListingPiece::Parts(told)) => {
                assert!(parts.is_none() && rosters.is_empty() && objects.is_empty(), "parts come first and once");
                parts = Some(told.iter().map(ToString::to_string).collect());
            }
            Answer::Listing(ListingPiece::Roster { part, ids }) => {
                assert!(parts.as_ref().is_some_and(|parts| parts.contains(&*part)), "{part} is a part");
                let unique: BTreeSet<ResourceId> = ids.iter().cloned().collect();
                assert_eq!(unique.len(), ids.len(), "{part}: every id once");
                assert!(rosters.insert(part.to_string(), unique).is_none(), "{part}: one roster");
            }
            Answer::Listing(ListingPiece::Items(items)) => {
                for item in items {
                    let roster = rosters.get(&**item.part());
                    assert!(roster.is_some_and(|ids| ids.contains(item.id())), "{}: not on its roster", item.id());
                    assert!(!item.name().is_empty());
                    objects.insert(item.id().clone(), item);
                }
            }
            other => panic!("{:?}: unexpected {other:?}", kind.id()),
        }
    }
    assert_eq!(parts.unwrap_or_default(), rosters.keys().cloned().collect(), "every part has its roster");
    assert_eq!(
        rosters.into_values().flatten().collect::<BTreeSet<_>>(),
        objects.keys().cloned().collect(),
        "everything on a roster is told"
    );
    objects.into_values().collect()
}

/// An id of the same form that nothing has.
fn nothing(like: &ResourceId) -> ResourceId {
    ResourceId(format!("{like}-nothing").into())
}

/// Only what was asked for is told, and what does not exist is gone.
async fn some(cloud: &dyn Cloud, env: &Environment, kind: &dyn Kind, objects: &[Object]) {
    let mut wanted: BTreeSet<ResourceId> = objects.iter().step_by(2).map(|object| object.id().clone()).collect();
    let missing = nothing(objects[0].id());
    let asked = wanted.iter().cloned().chain([missing.clone()]).collect();
    let mut gone = Vec::new();
    for piece in ask(cloud, env, Query::Some(kind.id(), asked)).await {
        match piece.unwrap_or_else(|fault| panic!("{:?}: {fault}", kind.id())) {
            Answer::Listing(ListingPiece::Items(items)) => {
                for item in items {
                    assert!(wanted.remove(item.id()), "{}: told once, and asked for", item.id());
                }
            }
            Answer::Gone(ids) => gone.extend(ids),
            other => panic!("{:?}: unexpected {other:?}", kind.id()),
        }
    }
    assert!(wanted.is_empty(), "not told: {wanted:?}");
    assert_eq!(gone, [missing]);
}

/// Detail and facts are one answer each, of the kind's own type, or the news that it is gone.
async fn one(cloud: &dyn Cloud, env: &Environment, kind: &dyn Kind, objects: &[Object]) {
    let object = &objects[0];
    let mut sets: Vec<FactsId> = kind.tabs().iter().map(|tab| tab.facts(kind.id())).collect();
    sets.extend(kind.actions().iter().map(|action| action.facts()));
    sets.sort();
    sets.dedup();
    let asked_by = [Query::Detail as fn(FactsId, ResourceId) -> Query, Query::Facts];
    for (set, by) in sets.into_iter().flat_map(|set| asked_by.map(|by| (set, by))) {
        let query = by(set, object.id().clone());
        let facts = facts(cloud, env, query.clone()).await;
        for action in kind.actions().iter().filter(|action| action.facts() == set) {
            let inputs =
                action.fields(&**object, cloud.now()).into_iter().map(|f| (f.name.to_string(), f.initial)).collect();
            let plan = action.plan(&*facts, &inputs, cloud.now());
            assert_ne!(plan.err().as_deref(), Some("the facts are of another kind"), "{query:?}");
        }
        let missing = nothing(object.id());
        let query = by(set, missing.clone());
        let answers = ask(cloud, env, query.clone()).await;
        assert!(matches!(&answers[..], [Ok(Answer::Gone(ids))] if *ids == [missing]), "{query:?}: {answers:?}");
    }
}

async fn facts(cloud: &dyn Cloud, env: &Environment, query: Query) -> Facts {
    let answers = ask(cloud, env, query.clone()).await;
    let [Ok(Answer::Facts(facts))] = &answers[..] else { panic!("{query:?}: {answers:?}") };
    facts.clone()
}

/// What a tail promises up to its first whole screen, for sources that can be read and have lines:
/// what they are comes first, every line is of one of them and told within what is whole, the past
/// joins, and what does not exist is a fault. Returns the lines.
pub async fn tail(cloud: &dyn Cloud, env: &Environment, sources: Vec<LogSource>) -> Vec<LogEvent> {
    let mut answers = cloud.read(env, Query::Tail { sources: sources.clone(), live: false });
    let (mut found, mut lines, mut back) = (Vec::new(), Vec::new(), None);
    loop {
        match answers.next().await.expect("a tail has no end before its first screen is whole") {
            Ok(Answer::Logs(LogPiece::Sources(told))) => found = told,
            Ok(Answer::Logs(LogPiece::Events(events))) => {
                assert!(events.len() <= 512, "a piece is small: {}", events.len());
                lines.extend(events);
            }
            Ok(Answer::Logs(LogPiece::Back(moment))) => back = Some(moment),
            Ok(Answer::Logs(LogPiece::Until { source, .. })) => assert!(found.contains(&source), "{source:?}"),
            Ok(Answer::Logs(LogPiece::Live(live))) => assert!(live.is_none(), "nobody asked for what costs"),
            Ok(Answer::Logs(LogPiece::CaughtUp)) => break,
            Ok(Answer::Logs(LogPiece::Paced(_))) => {}
            other => panic!("{sources:?}: unexpected {other:?}"),
        }
    }
    assert!(!found.is_empty() && !lines.is_empty(), "{sources:?}: nothing to check with");
    let of = |line: &LogEvent| {
        found.iter().any(|source| match source {
            LogSource::Group(group) => *group == line.group,
            LogSource::Streams { group, prefix } => *group == line.group && line.stream.starts_with(prefix.as_str()),
            _ => false,
        })
    };
    assert!(lines.iter().all(of), "every line is of what was found");
    let moment = back.expect("how far back it went is told");
    let mut past = Vec::new();
    for answer in ask(cloud, env, Query::History(found.clone(), moment)).await {
        match answer.unwrap_or_else(|fault| panic!("{fault}")) {
            Answer::Logs(LogPiece::Events(events)) => past.extend(events),
            Answer::Logs(LogPiece::Back(to)) => back = Some(to),
            other => panic!("unexpected {other:?}"),
        }
    }
    assert!(back.is_some_and(|back| back < moment), "it went on back");
    assert!(past.iter().all(|line| of(line) && (back <= Some(line.at)) && line.at <= moment));
    let mut answers = cloud.read(env, Query::Tail { sources: vec![LogSource::Group("/nothing".into())], live: false });
    let fault = loop {
        // Of a source that can be tried again, or of the question.
        match answers.next().await.expect("it says what is missing") {
            Err(fault) | Ok(Answer::Logs(LogPiece::Broken { fault, .. })) => break fault,
            Ok(_) => {}
        }
    };
    assert_eq!(fault.kind, FaultKind::NotFound, "{fault}");
    lines
}

/// Where nothing may be changed nothing is, and what no action declares is never sent.
async fn refusals(cloud: &dyn Cloud, env: &Environment) {
    let scale = ecs::UPDATE_SERVICE;
    let undeclared = Op { name: "DeleteService", ..scale };
    let mut read_only = env.clone();
    read_only.read_only = true;
    let mut pinned = env.clone();
    pinned.account = Some("000000000000".into());
    for (env, op) in [(&read_only, scale), (&pinned, scale), (env, undeclared)] {
        let call = Call::new(op, [("cluster", "none".into()), ("service", "none".into()), ("desiredCount", 1.into())]);
        let outcome = cloud.change(env, call).await;
        assert!(
            matches!(&outcome, Outcome::Refused { fault } if fault.kind == FaultKind::Refused),
            "{op} in {}: {outcome:?}",
            env.name
        );
    }
}

/// A change that was sent can be read back: what reconciles an unknown outcome sees it as done.
pub async fn scale_is_read_back(cloud: &dyn Cloud, env: &Environment) {
    let spec = kinds::action("scale").unwrap();
    let service = &list(cloud, env, kinds::kind(spec.kind()).unwrap()).await[0];
    let query = Query::Facts(spec.facts(), service.id().clone());
    let before = facts(cloud, env, query.clone()).await;
    let mut inputs: BTreeMap<String, String> =
        spec.fields(&**service, cloud.now()).into_iter().map(|f| (f.name.to_string(), f.initial)).collect();
    let desired: u32 = inputs["desired"].parse().unwrap();
    inputs.insert("desired".into(), (desired + 1).to_string());
    let plan = spec.plan(&*before, &inputs, cloud.now()).unwrap();
    let outcome = cloud.change(env, plan.calls[0].clone()).await;
    let Outcome::Sent(receipt) = outcome else { panic!("{outcome:?}") };
    assert!(!receipt.request_id.is_empty());
    let after = facts(cloud, env, query).await;
    let intent = Intent {
        id: "contract".into(),
        at: cloud.now(),
        environment: env.name.clone(),
        profile: env.profile.clone(),
        account: "".into(),
        region: "".into(),
        identity: "".into(),
        action: spec.id().into(),
        kind: spec.kind().0.into(),
        resource: service.id().clone(),
        name: service.name().clone(),
        calls: plan.calls,
        inputs,
        before: plan.before,
        summary: plan.summary.into(),
    };
    assert!(matches!(spec.applied(&intent, &*after, cloud.now()), Applied::Yes(_)), "the change is seen by reading");
    assert_eq!(spec.applied(&intent, &*before, cloud.now()), Applied::No, "and was not there before");
}
