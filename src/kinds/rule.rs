//! The declaration of a rule over the resources of a kind, what it may look at, and what it says. How
//! findings are ordered and which explains which is no matter of a rule's (`diagnosis`).

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::kind::{Kind, Role, Watch};
use super::trend::Unseen;
use crate::domain::Timestamp;
use crate::domain::api_usage::ApiUsage;
use crate::domain::event::Event;
use crate::domain::fault::Fault;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::metric::{Metric, Readings};
use crate::domain::record::Record;
use crate::domain::resource::{Facts, KindId, Object, Resource, ResourceId, cast, cast_facts};
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

/// A resource, when it was read and how it is judged.
#[derive(Clone, Copy, Debug)]
pub struct JudgedRow<'a> {
    pub object: &'a Object,
    pub at: Timestamp,
    pub diagnosis: &'a Diagnosis,
}

/// All that rules may look at. What nobody has read is told as not looked at; what they look for is
/// told by [`Rule::metrics`].
pub trait RuleContext {
    fn now(&self) -> Timestamp;

    /// The resources of a kind.
    fn rows(&self, kind: KindId) -> Vec<JudgedRow<'_>>;

    /// One of them.
    fn row(&self, kind: KindId, id: &ResourceId) -> Option<JudgedRow<'_>>;

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

impl dyn RuleContext + '_ {
    /// All that watch others, with what each says.
    pub fn watches(&self) -> impl Iterator<Item = (&'static dyn Kind, &Object, Watch<'_>)> {
        let rows = super::of_role(Role::Watcher).flat_map(|kind| {
            let rows = self.rows(kind.id()).into_iter();
            rows.map(move |row| (kind, row.object))
        });
        rows.filter_map(|(kind, object)| Some((kind, object, kind.watch(&**object)?)))
    }
}

/// What a rule is given beside the resource.
#[derive(Clone, Copy)]
pub struct RuleInput<'a> {
    /// When the resource was read.
    pub at: Timestamp,
    pub diagnosis: &'a Diagnosis,
    pub now: Timestamp,
    /// The rule's threshold as it is set here; 0 where it has none.
    pub limit: f64,
    pub context: &'a dyn RuleContext,
    /// The metrics that it looks for are noted here, where somebody wants to know them.
    pub(super) asked: Option<&'a RefCell<BTreeSet<Metric>>>,
}

impl<'a> RuleInput<'a> {
    /// The detail of a resource, where one was open, as the type that its kind has, and when it was read.
    pub fn detail<D: 'static>(&self, id: &ResourceId) -> Option<(&'a D, Timestamp)> {
        let (facts, at) = self.context.facts(id)?;
        Some((cast_facts(&**facts)?, at))
    }
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

    /// What AWS said happened.
    pub fn of_event(event: &Event) -> Self {
        Self::new("event", event.message.as_str(), event.at)
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

/// What sort of trouble a finding is: a cause names it by that without knowing whose rule found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symptom {
    /// Requests behind which something does not answer, or not in time.
    Requests,
    /// Tasks that do not get what they ask for.
    Tasks,
    /// A database that is asked for more than it can do.
    DatabaseLoad,
    /// The credits of a database that is busy run out.
    DatabaseCredits,
}

type ErasedTest = Box<dyn Fn(&dyn Resource, &RuleInput) -> Verdict + Send + Sync>;

/// What a rule looks at. It is given the resource and all that is known besides.
pub struct Test {
    run: ErasedTest,
    is_measured: bool,
}

impl Test {
    /// What a row says, which is always known.
    pub fn row<T: Resource>(test: impl Fn(&T, &RuleInput) -> Option<Found> + Send + Sync + 'static) -> Self {
        Self::over(move |resource, input| Ok(test(resource, input)), false)
    }

    /// What is read beside the row, which may not be known.
    pub fn read<T: Resource>(test: impl Fn(&T, &RuleInput) -> Verdict + Send + Sync + 'static) -> Self {
        Self::over(test, false)
    }

    /// Metrics, which may not be known.
    pub fn metrics<T: Resource>(test: impl Fn(&T, &RuleInput) -> Verdict + Send + Sync + 'static) -> Self {
        Self::over(test, true)
    }

    fn over<T: Resource>(test: impl Fn(&T, &RuleInput) -> Verdict + Send + Sync + 'static, is_measured: bool) -> Self {
        let run: ErasedTest = Box::new(move |r, input| cast::<T>(r).map_or(Ok(None), |r| test(r, input)));
        Self { run, is_measured }
    }
}

/// One rule over the resources of a kind. Its declaration is all there is to a rule: order, config,
/// README, the metrics that are read for it and the search for causes follow from it.
pub struct Rule {
    /// Its word in the config and in scripts: `crash-loop`. No two rules have the same.
    pub id: &'static str,
    /// For people: `crash loop`.
    pub title: &'static str,
    /// Among findings of one health: what explains others, and what is acted on, comes first. No two
    /// rules have the same.
    pub rank: u8,
    /// What AWS says when it is so, for the README.
    pub means: &'static str,
    /// The number that it compares with, which the config may set.
    pub limit: Option<Limit>,
    /// By which causes elsewhere name its findings.
    pub symptom: Option<Symptom>,
    /// Of which symptoms its findings may be the cause, at the same resource or at one that depends on it. Alarms
    /// about the resource go without saying.
    pub explains: &'static [Symptom],
    /// And of the findings of which rules, by their ids.
    pub explains_rules: &'static [&'static str],
    /// What is always to be done next: commands, and what each is good for. A test may say more, before it.
    pub next: &'static [(&'static str, &'static str)],
    pub test: Test,
}

impl Rule {
    /// One without words yet, with no threshold, that is no symptom and explains nothing: what a declaration
    /// begins with.
    pub fn of(test: Test) -> Self {
        Self {
            id: "",
            title: "",
            rank: 0,
            means: "",
            limit: None,
            symptom: None,
            explains: &[],
            explains_rules: &[],
            next: &[],
            test,
        }
    }

    /// Id, title and rank, as a finding has them.
    pub fn words(&self) -> (&'static str, &'static str, u8) {
        (self.id, self.title, self.rank)
    }

    /// It looks at numbers over time, beside what the row says.
    pub fn is_measured(&self) -> bool {
        self.test.is_measured
    }

    /// Whether its findings may be the cause of those of another rule.
    pub fn explains(&self, other: &Self) -> bool {
        other.symptom.is_some_and(|symptom| self.explains.contains(&symptom)) || self.explains_rules.contains(&other.id)
    }

    /// What it says of a resource; nothing where it is off.
    pub fn judge(&self, row: JudgedRow, context: &dyn RuleContext) -> Verdict {
        self.limit_of(context).map_or(Ok(None), |limit| self.run(row, limit, context, None))
    }

    /// The metrics that it looks for at a resource, as far as what is known by now tells them.
    pub fn metrics(&self, row: JudgedRow, context: &dyn RuleContext) -> BTreeSet<Metric> {
        let asked = RefCell::default();
        if let Some(limit) = self.limit_of(context) {
            // Not what it says, only what it looked for.
            let _ = self.run(row, limit, context, Some(&asked));
        }
        asked.into_inner()
    }

    fn run<'a>(
        &self,
        JudgedRow { object, at, diagnosis }: JudgedRow<'a>,
        limit: f64,
        context: &'a dyn RuleContext,
        asked: Option<&'a RefCell<BTreeSet<Metric>>>,
    ) -> Verdict {
        let found =
            (self.test.run)(&**object, &RuleInput { at, diagnosis, now: context.now(), limit, context, asked })?;
        Ok(found.map(|found| self.next.iter().fold(found, |found, (command, say)| found.next(command, *say))))
    }

    /// Its threshold as it is set; 0 where it has none, nothing where it is off.
    pub fn limit_of(&self, context: &dyn RuleContext) -> Option<f64> {
        context.settings().limit(self.id, self.limit)
    }

    /// Whether it would find something, were it not off or its threshold another: what somebody does not
    /// want to be told is told by no other rule either.
    pub fn is_muted(&self, row: JudgedRow, context: &dyn RuleContext) -> bool {
        let limit = self.limit.map_or(0.0, |limit| limit.default);
        let is_set = context.settings().of(self.id) != Setting::On && !self.test.is_measured;
        is_set && matches!(self.run(row, limit, context, None), Ok(Some(_)))
    }
}
