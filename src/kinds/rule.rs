//! The declaration of a rule over the resources of a kind, what it may look at, and what it says. How
//! findings are ordered and which explains which is no matter of a rule's (`diagnosis`).

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::kind::Kind;
use super::trend::Unseen;
use crate::domain::Timestamp;
use crate::domain::api_usage::ApiUsage;
use crate::domain::fault::Fault;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::metric::{Metric, Readings};
use crate::domain::record::Record;
use crate::domain::resource::{Facts, KindId, Object, Resource, ResourceId, cast};
use crate::domain::rules::{Limit, RuleSettings, Setting};
use crate::domain::text::Text;

/// Who leads a resource, before and now: the writer of a cluster, the zone of an instance, the primary
/// of a cache. Seen from one reading to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderChanged {
    pub from: Text,
    pub to: Text,
    pub at: Timestamp,
}

/// All that rules may look at. What nobody has read is told as not looked at; what they look for is
/// told by [`Rule::metrics`].
pub trait RuleContext {
    fn now(&self) -> Timestamp;

    /// The resources of a kind, with the time each was read.
    fn rows(&self, kind: KindId) -> Vec<(&Object, Timestamp)>;

    /// One of them.
    fn row(&self, kind: KindId, id: &ResourceId) -> Option<(&Object, Timestamp)>;

    /// What its health is said to be.
    fn diagnosis(&self, kind: &Kind, resource: &dyn Resource) -> Diagnosis;

    /// The resource that others call by this name.
    fn named(&self, kind: KindId, name: &Text) -> Option<&Object>;

    /// What was recorded of a resource, what happened last first.
    fn recorded(&self, id: &ResourceId) -> &[Record];

    /// The detail of a resource, where one was open, and when it was read.
    fn facts(&self, id: &ResourceId) -> Option<(&Facts, Timestamp)>;

    /// The last change of who leads a resource.
    fn leader_changed(&self, id: &ResourceId) -> Option<&LeaderChanged>;

    /// What was read of metrics.
    fn readings(&self) -> &Readings;

    fn settings(&self) -> &RuleSettings;

    /// What midwatch asked of the environment lately.
    fn api_usage(&self) -> &[ApiUsage];

    /// What failed at the newest reading of a kind's list.
    fn faults(&self, kind: KindId) -> Vec<&Fault>;

    /// A kind's list was not read to its end so far, and nothing failed either.
    fn is_awaited(&self, kind: KindId) -> bool;
}

/// What a rule is given beside the resource.
#[derive(Clone, Copy)]
pub struct RuleInput<'a> {
    /// When the resource was read.
    pub at: Timestamp,
    pub now: Timestamp,
    /// The rule's threshold as it is set here; 0 where it has none.
    pub limit: f64,
    pub context: &'a dyn RuleContext,
    /// The metrics that it looks for are noted here, where somebody wants to know them.
    pub(super) asked: Option<&'a RefCell<BTreeSet<Metric>>>,
}

/// One thing that speaks for a finding: what AWS calls it, what it says, and since when or of when.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    pub field: String,
    pub value: String,
    pub at: Option<Timestamp>,
}

impl Evidence {
    pub fn new(field: impl Into<String>, value: impl Into<String>, at: Option<Timestamp>) -> Self {
        Self { field: field.into(), value: value.into(), at }
    }
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    /// The command's word, whose key is shown: `roll-back`, `logs`.
    pub command: &'static str,
    /// What it is good for, or what else is to be done.
    pub say: String,
}

impl Next {
    pub fn new(command: &'static str, say: impl Into<String>) -> Self {
        Self { command, say: say.into() }
    }
}

/// A resource as a finding speaks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub kind: KindId,
    pub id: ResourceId,
    pub name: Text,
}

impl Place {
    pub fn of(kind: KindId, resource: &dyn Resource) -> Self {
        Self { kind, id: resource.id().clone(), name: resource.name().clone() }
    }
}

/// What a rule found at a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub health: Health,
    /// A sentence without the resource's name.
    pub what: String,
    pub since: Option<Timestamp>,
    pub evidence: Vec<Evidence>,
    pub next: Vec<Next>,
    /// Where it is, if not at the resource that tells it: an alarm tells of its service.
    pub place: Option<Place>,
    /// Resources that the evidence shows to suffer from it.
    pub touches: Vec<ResourceId>,
}

impl Found {
    pub fn new(health: Health, what: impl Into<String>, since: Option<Timestamp>) -> Self {
        let (evidence, next, touches) = (vec![], vec![], vec![]);
        Self { health, what: what.into(), since, evidence, next, place: None, touches }
    }

    pub fn evidence(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    pub fn next(mut self, command: &'static str, say: impl Into<String>) -> Self {
        self.next.push(Next::new(command, say));
        self
    }
}

/// What a rule over numbers says: nothing wrong, something, or that the numbers are not known.
pub type Verdict = Result<Option<Found>, Unseen>;

type Test = Box<dyn Fn(&dyn Resource, &RuleInput) -> Verdict + Send + Sync>;

/// One rule, declared with its kind.
pub struct Rule {
    /// Its word in the config and in scripts: `crash-loop`.
    pub id: &'static str,
    /// For people: `crash loop`.
    pub title: &'static str,
    /// Among findings of one health: what explains others, and what is acted on, comes first. No two
    /// rules have the same.
    pub rank: u8,
    /// What AWS says when it is so, for the README.
    pub means: &'static str,
    pub limit: Option<Limit>,
    /// Rules whose findings this one may be the cause of, at the same resource or at one that hangs on
    /// it. Alarms about the resource go without saying.
    pub explains: Vec<&'static str>,
    /// It looks at numbers over time, beside what the row says.
    pub is_measured: bool,
    test: Test,
}

impl Rule {
    /// A rule over what a row says. `rank` and the words that are shown; `test` is given the resource
    /// and all that is known besides.
    pub fn of<T: Resource>(
        words: (&'static str, &'static str),
        rank: u8,
        means: &'static str,
        test: fn(&T, &RuleInput) -> Option<Found>,
    ) -> Self {
        Self::new(words, rank, means, move |resource: &T, seen: &RuleInput| Ok(test(resource, seen)))
    }

    /// A rule over what is read beside the row, which may not be known.
    pub fn read<T: Resource>(
        words: (&'static str, &'static str),
        rank: u8,
        means: &'static str,
        test: fn(&T, &RuleInput) -> Verdict,
    ) -> Self {
        Self::new(words, rank, means, test)
    }

    /// A rule over metrics, which may not be known.
    pub fn measured<T: Resource>(
        words: (&'static str, &'static str),
        rank: u8,
        means: &'static str,
        test: fn(&T, &RuleInput) -> Verdict,
    ) -> Self {
        Self { is_measured: true, ..Self::new(words, rank, means, test) }
    }

    fn new<T: Resource>(
        (id, title): (&'static str, &'static str),
        rank: u8,
        means: &'static str,
        test: impl Fn(&T, &RuleInput) -> Verdict + Send + Sync + 'static,
    ) -> Self {
        let test: Test = Box::new(move |resource, seen| cast::<T>(resource).map_or(Ok(None), |r| test(r, seen)));
        Self { id, title, rank, means, limit: None, explains: vec![], is_measured: false, test }
    }

    /// Declares its threshold: what it is by default, its unit, and what it may be.
    pub fn limit(mut self, default: f64, unit: &'static str, range: (f64, f64)) -> Self {
        self.limit = Some(Limit { default, unit, range });
        self
    }

    pub fn explains(mut self, rules: &'static [&'static str]) -> Self {
        self.explains.extend(rules);
        self
    }

    /// What it is told as.
    pub fn words(&self) -> (&'static str, &'static str, u8) {
        (self.id, self.title, self.rank)
    }

    /// What it says of a resource; nothing where it is off.
    pub fn judge(&self, resource: &dyn Resource, at: Timestamp, context: &dyn RuleContext) -> Verdict {
        self.look(resource, at, context, None)
    }

    /// The metrics that it looks for at a resource, as far as what is known by now tells them.
    pub fn metrics(&self, resource: &dyn Resource, at: Timestamp, context: &dyn RuleContext) -> BTreeSet<Metric> {
        let asked = RefCell::default();
        // Not what it says, only what it looked for.
        let _ = self.look(resource, at, context, Some(&asked));
        asked.into_inner()
    }

    fn look<'a>(
        &self,
        resource: &dyn Resource,
        at: Timestamp,
        context: &'a dyn RuleContext,
        asked: Option<&'a RefCell<BTreeSet<Metric>>>,
    ) -> Verdict {
        let Some(limit) = self.limit_of(context) else { return Ok(None) };
        (self.test)(resource, &RuleInput { at, now: context.now(), limit, context, asked })
    }

    /// Its threshold as it is set; 0 where it has none, nothing where it is off.
    pub fn limit_of(&self, context: &dyn RuleContext) -> Option<f64> {
        context.settings().limit(self.id, self.limit)
    }

    /// Whether it would find something, were it not off or its threshold another: what somebody does not
    /// want to be told is told by no other rule either.
    pub fn is_muted(&self, resource: &dyn Resource, at: Timestamp, context: &dyn RuleContext) -> bool {
        let limit = self.limit.map_or(0.0, |limit| limit.default);
        let is_set = context.settings().of(self.id) != Setting::On && !self.is_measured;
        is_set
            && matches!(
                (self.test)(resource, &RuleInput { at, now: context.now(), limit, context, asked: None }),
                Ok(Some(_))
            )
    }
}

/// What is felt on the way of requests behind which something does not answer, or not in time.
pub const REQUESTS: &[&str] = &[
    "unhealthy-targets",
    "target-5xx",
    "balancer-5xx",
    "latency",
    "cdn-5xx",
    "origin-slow",
    "scaling-stuck",
    "autoscaling-at-max",
];

/// What tasks do that do not get what they ask for.
pub const TASKS: &[&str] = &["crash-loop", "health-flapping", "tasks-missing"];
