//! What is wrong, worst first: the rules of all kinds over all that is known of an environment. A
//! finding shows its evidence and names the next step; it never takes one.

#[cfg(test)]
pub mod fixtures;
mod links;
mod order;
mod own;
pub mod reference;
mod release;
#[cfg(test)]
mod tests;
pub mod trend;

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::cell::Tone;
use super::kind::Kind;
use crate::domain::Timestamp;
use crate::domain::api_usage::ApiUsage;
use crate::domain::fault::Fault;
use crate::domain::format;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::metric::{Metric, Readings};
use crate::domain::record::Record;
use crate::domain::resource::{Facts, KindId, Object, Resource, ResourceId, cast};
use crate::domain::rules::{Declared, Limit, RuleSettings, Setting};
use crate::domain::text::Text;
pub use links::last_cause;
pub use own::MIDWATCH;
use trend::Unseen;

/// Who leads a resource, before and now: the writer of a cluster, the zone of an instance, the primary
/// of a cache. Seen from one reading to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderChanged {
    pub from: Text,
    pub to: Text,
    pub at: Timestamp,
}

/// All that rules may look at. What nobody has read is told as not looked at; what they look for is
/// told by [`asks`].
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
    asked: Option<&'a RefCell<BTreeSet<Metric>>>,
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
    is_measured: bool,
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
    fn words(&self) -> (&'static str, &'static str, u8) {
        (self.id, self.title, self.rank)
    }

    /// What it says of a resource; nothing where it is off.
    pub fn judge(&self, resource: &dyn Resource, at: Timestamp, context: &dyn RuleContext) -> Verdict {
        self.look(resource, at, context, None)
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
    fn limit_of(&self, context: &dyn RuleContext) -> Option<f64> {
        context.settings().limit(self.id, self.limit)
    }

    /// Whether it would find something, were it not off or its threshold another: what somebody does not
    /// want to be told is told by no other rule either.
    fn is_muted(&self, resource: &dyn Resource, at: Timestamp, context: &dyn RuleContext) -> bool {
        let limit = self.limit.map_or(0.0, |limit| limit.default);
        let is_set = context.settings().of(self.id) != Setting::On && !self.is_measured;
        is_set
            && matches!(
                (self.test)(resource, &RuleInput { at, now: context.now(), limit, context, asked: None }),
                Ok(Some(_))
            )
    }
}

/// The rule that every kind has: what its health says, where no other rule says more.
pub const UNWELL: &str = "unwell";

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

/// The last rank: [`UNWELL`].
const LAST: u8 = 99;

/// Why a finding is taken for the effect of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// Both are at one resource.
    Same,
    /// The evidence of the cause shows it.
    Shown,
    /// The effect is told by what watches the cause's resource, or by what stands before it.
    Watched,
    /// The effect's resource is a part or a copy of the cause's.
    Part,
    /// Their names are of one system.
    Named,
    /// One began shortly before the other, on the way of the same requests.
    Timed,
}

impl Tie {
    fn words(self) -> &'static str {
        match self {
            Self::Same | Self::Shown | Self::Watched | Self::Part => "explained by",
            Self::Named => "likely, by their names, explained by",
            Self::Timed => "likely, by the time, explained by",
        }
    }
}

/// What was changed before something went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// The name of what was changed.
    pub of: Text,
    /// `api:43 deployed`.
    pub what: String,
    pub at: Timestamp,
}

/// What a finding is the same by, from one look to the next: rule and resource.
pub type Key = (&'static str, ResourceId);

/// A finding: which rule found what, where.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub rule: &'static str,
    pub title: &'static str,
    pub rank: u8,
    pub kind: KindId,
    pub of: ResourceId,
    pub name: Text,
    pub found: Found,
    /// The finding that explains this one, by its place in the list, and why it is thought to.
    pub because: Option<(usize, Tie)>,
    /// What hangs on the resource, in words; empty where nothing is known to.
    pub blast: String,
    /// What was changed shortly before it began.
    pub before: Option<Before>,
    /// What it was found by cannot be looked at any more, since then.
    pub hidden: Option<Timestamp>,
}

impl Finding {
    pub fn key(&self) -> Key {
        (self.rule, self.of.clone())
    }

    pub fn tone(&self) -> Tone {
        self.found.health.into()
    }

    /// Why it stands where it does.
    pub fn why_here(&self, all: &[Self]) -> String {
        let is_own = |other: &&Self| other.because.is_some_and(|(i, _)| all[i].key() == self.key());
        let explained = all.iter().filter(is_own).count();
        let mut why = vec![self.found.health.word().to_string()];
        if explained > 0 {
            why.push(format!("explains {}", format::count(explained, "other finding")));
        }
        if let Some((i, tie)) = self.because {
            why.push(format!("{} {} of {}", tie.words(), all[i].title, all[i].name));
        }
        why.push(match self.rank {
            LAST => "no rule knows more than its health".into(),
            rank => format!("{} is number {rank} of the rules", self.title),
        });
        why.join("; ")
    }
}

/// Something that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// `alarms`, `free storage`.
    pub what: String,
    pub why: String,
    /// Resources of which it is so; 0 where it is a whole list.
    pub of: usize,
    /// It failed; else nobody asked for it.
    pub failed: bool,
}

/// What one look saw, and what it did not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outlook {
    /// Worst first; what one finding explains stands behind it.
    pub findings: Vec<Finding>,
    /// What failed first.
    pub unread: Vec<Unread>,
}

/// Everything that is wrong, worst first: by health, then by rule, then what began last; what one
/// finding explains stands behind it, and a cause is as bad as the worst that it explains.
pub fn triage(context: &dyn RuleContext) -> Outlook {
    let (mut all, mut unread) = (own::findings(context), Vec::new());
    for kind in super::registry() {
        unread.extend(own::unread(kind, context));
        for (object, at) in context.rows(kind.id) {
            let resource = &**object;
            let mut is_told = false;
            for rule in &kind.rules {
                match rule.judge(resource, at, context) {
                    Ok(Some(found)) => {
                        is_told |= !rule.is_measured;
                        let is_elsewhere = found.place.is_some();
                        let found = finding(rule.words(), Place::of(kind.id, resource), found);
                        if is_elsewhere { add(&mut all, found) } else { all.push(found) }
                    }
                    Ok(None) => is_told |= rule.is_muted(resource, at, context),
                    Err(unseen) => own::add(&mut unread, &unseen),
                }
            }
            let diagnosis = context.diagnosis(kind, resource);
            let is_unwell = diagnosis.health.is_wrong() || diagnosis.health == Health::Unknown;
            if !is_told && is_unwell && context.settings().of(UNWELL) != Setting::Off {
                let since = kind.deployed_at(resource, context.now());
                let found = Found::new(diagnosis.health, diagnosis.why.to_string(), since)
                    .evidence([Evidence::new("health", diagnosis.health.word(), Some(at))])
                    .next("open", "its details");
                all.push(finding((UNWELL, "unwell", LAST), Place::of(kind.id, resource), found));
            }
        }
    }
    unread.sort_by_key(|unread| !unread.failed);
    if all.is_empty() {
        return Outlook { findings: all, unread };
    }
    let web = links::Web::of(context);
    all.extend(release::suspects(&all, &web, context));
    Outlook { findings: order::grouped(all, &web), unread }
}

/// One more finding of another resource than the one that tells it: several alarms may tell one thing of one
/// service. That is one finding, as bad and as old as the worst and the oldest of them.
fn add(all: &mut Vec<Finding>, one: Finding) {
    let known = all.iter_mut().find(|known| known.key() == one.key());
    let Some(known) = known else { return all.push(one) };
    known.found.health = known.found.health.min(one.found.health);
    known.found.since = known.found.since.into_iter().chain(one.found.since).min();
    known.found.evidence.extend(one.found.evidence);
    known.found.touches.extend(one.found.touches);
}

fn finding((rule, title, rank): (&'static str, &'static str, u8), place: Place, mut found: Found) -> Finding {
    let Place { kind, id: of, name } = found.place.take().unwrap_or(place);
    Finding {
        rule,
        title,
        rank,
        kind,
        of,
        name,
        found,
        because: None,
        blast: String::new(),
        before: None,
        hidden: None,
    }
}

/// The metrics that the rules look for at a resource, as far as what is known by now tells them.
pub fn asks(kind: &Kind, resource: &dyn Resource, at: Timestamp, context: &dyn RuleContext) -> BTreeSet<Metric> {
    let asked = RefCell::default();
    for rule in kind.rules.iter().filter(|rule| rule.is_measured) {
        // Not what it says, only what it looked for.
        let _ = rule.look(resource, at, context, Some(&asked));
    }
    asked.into_inner()
}

/// Whether what was found before cannot be looked at now: that is no end of it.
pub fn is_hidden(finding: &Finding, context: &dyn RuleContext) -> bool {
    let Some((object, at)) = context.row(finding.kind, &finding.of) else { return false };
    rule(finding.rule).is_some_and(|rule| rule.judge(&**object, at, context).is_err())
}

/// What the config may say of rules: all of them.
pub fn declared() -> Vec<Declared> {
    let rules = super::registry().iter().flat_map(|kind| &kind.rules);
    let declared = rules.map(|rule| Declared { id: rule.id, limit: rule.limit });
    declared.chain([own::THROTTLED, Declared { id: UNWELL, limit: None }]).collect()
}

/// The rule of a finding.
fn rule(id: &str) -> Option<&'static Rule> {
    super::registry().iter().flat_map(|kind| &kind.rules).find(|rule| rule.id == id)
}
