//! What a pane of any kind would know after a read.

use std::collections::{BTreeMap, BTreeSet};

use midwatch::aws::Aws;
use midwatch::domain::environment::Environment;
use midwatch::domain::fault::Fault;
use midwatch::domain::intent::{Intent, Outcome};
use midwatch::domain::query::{Answer, ListingPiece, Query};
use midwatch::domain::resource::{Facts, KindId, Resource, ResourceId, cast};
use midwatch::kinds;
use midwatch::kinds::action::{Inputs, Plan};
use midwatch::port::Cloud;

use crate::harness::ask;

/// The pieces of a read, put together.
#[derive(Debug)]
pub struct ReadResult<T> {
    pub rosters: BTreeMap<String, BTreeSet<ResourceId>>,
    /// The last told of each, by name.
    pub items: BTreeMap<String, T>,
    pub gone: Vec<ResourceId>,
    pub failed: BTreeMap<String, Fault>,
}

pub async fn read<T: Resource + Clone>(aws: &Aws, env: &Environment, query: Query) -> ReadResult<T> {
    let (mut rosters, mut items, mut gone, mut failed) =
        (BTreeMap::new(), BTreeMap::new(), Vec::new(), BTreeMap::new());
    for piece in ask(aws, env, query).await {
        match piece.unwrap() {
            Answer::Listing(ListingPiece::Parts(_)) => {}
            Answer::Listing(ListingPiece::Roster { part, ids }) => {
                drop(rosters.insert(part.to_string(), ids.into_iter().collect()))
            }
            Answer::Listing(ListingPiece::Items(told)) => {
                for item in told {
                    items.insert(item.name().to_string(), cast::<T>(&*item).expect("of the kind").clone());
                }
            }
            Answer::Gone(ids) => gone.extend(ids),
            Answer::Listing(ListingPiece::PartFailed { part, fault }) => drop(failed.insert(part.to_string(), fault)),
            other => panic!("unexpected {other:?}"),
        }
    }
    ReadResult { rosters, items, gone, failed }
}

pub async fn list<T: Resource + Clone>(aws: &Aws, env: &Environment, kind: KindId) -> ReadResult<T> {
    read(aws, env, Query::List(kind)).await
}

/// The one answer to a question for details or facts.
pub async fn facts(aws: &Aws, env: &Environment, query: Query) -> Facts {
    let answers = ask(aws, env, query.clone()).await;
    let [Ok(Answer::Facts(facts))] = &answers[..] else { panic!("{query:?}: {answers:?}") };
    facts.clone()
}

/// The plan of an action over a resource, with these inputs over the initial ones.
pub async fn plan(
    aws: &Aws,
    env: &Environment,
    action: &str,
    resource: &dyn Resource,
    inputs: &[(&str, &str)],
) -> (Plan, Intent) {
    let spec = kinds::action(action).unwrap();
    let facts = facts(aws, env, Query::Facts(spec.facts(), resource.id().clone())).await;
    let fields = spec.fields(resource, aws.now());
    let mut all: Inputs = fields.into_iter().map(|field| (field.name.to_string(), field.initial)).collect();
    all.extend(inputs.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    let plan = spec.plan(&*facts, &all, aws.now()).unwrap();
    let intent = Intent {
        id: "test".into(),
        at: aws.now(),
        environment: env.name.clone(),
        profile: env.profile.clone(),
        account: "".into(),
        region: "".into(),
        identity: "".into(),
        action: action.into(),
        kind: spec.kind().0.into(),
        resource: resource.id().clone(),
        name: resource.name().clone(),
        calls: plan.calls.clone(),
        inputs: all,
        before: plan.before.clone(),
        summary: plan.summary.clone().into(),
    };
    (plan, intent)
}

/// The words of a refusal.
#[track_caller]
pub fn refused(outcome: &Outcome) -> &Fault {
    let Outcome::Refused { fault } = outcome else { panic!("{outcome:?}") };
    fault
}
