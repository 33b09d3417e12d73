//! What is wrong, worst first: the rules of all kinds over all that is known of an environment. A
//! finding shows its evidence and names the next step; it never takes one.

use std::cmp::Reverse;

use super::cell::Tone;
use crate::domain::Timestamp;
use crate::domain::health::Health;
use crate::domain::metric::Readings;
use crate::domain::record::Record;
use crate::domain::resource::{KindId, Object, Resource, ResourceId, cast};
use crate::domain::text::Text;
use crate::domain::words;

/// All that rules may look at.
pub trait Sight {
    fn now(&self) -> Timestamp;

    /// The resources of a kind, with the time each was read.
    fn rows(&self, kind: KindId) -> Vec<(&Object, Timestamp)>;

    /// What was recorded of a resource, what happened last first.
    fn recorded(&self, id: &ResourceId) -> &[Record];

    /// What was read besides the resources.
    fn readings(&self) -> &Readings;
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

/// What a rule found at a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub health: Health,
    /// A sentence without the resource's name.
    pub what: String,
    pub since: Option<Timestamp>,
    pub evidence: Vec<Evidence>,
    pub next: Vec<Next>,
}

impl Found {
    pub fn new(health: Health, what: impl Into<String>, since: Option<Timestamp>) -> Self {
        Self { health, what: what.into(), since, evidence: vec![], next: vec![] }
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

type Test = Box<dyn Fn(&dyn Resource, Timestamp, &dyn Sight) -> Option<Found> + Send + Sync>;

/// One rule, declared with its kind.
pub struct Rule {
    /// Its word in the config and in scripts: `crash-loop`.
    pub id: &'static str,
    /// For people: `crash loop`.
    pub title: &'static str,
    /// Among findings of one health: what explains others, and what is acted on, comes first.
    pub rank: u8,
    /// Rules whose findings at the same resource, or at what watches it, this one is the cause of.
    pub explains: &'static [&'static str],
    test: Test,
}

impl Rule {
    /// `test` is given the resource, when it was read, and all that is known besides.
    pub fn of<T: Resource>(
        (id, title): (&'static str, &'static str),
        rank: u8,
        explains: &'static [&'static str],
        test: fn(&T, Timestamp, &dyn Sight) -> Option<Found>,
    ) -> Self {
        let test: Test = Box::new(move |resource, at, sight| test(cast::<T>(resource)?, at, sight));
        Self { id, title, rank, explains, test }
    }
}

/// The rule that every kind has: what its health says, where no other rule says more.
pub const UNWELL: &str = "unwell";

/// The last rank: [`UNWELL`].
const LAST: u8 = 99;

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
    /// The finding that explains this one, by its place in the list.
    pub because: Option<usize>,
}

impl Finding {
    /// What it is the same by, from one look to the next.
    pub fn key(&self) -> (&'static str, &ResourceId) {
        (self.rule, &self.of)
    }

    pub fn tone(&self) -> Tone {
        self.found.health.into()
    }

    /// Why it stands where it does.
    pub fn why_here(&self, all: &[Self]) -> String {
        let explained = all.iter().filter(|other| other.because.is_some_and(|i| all[i].key() == self.key())).count();
        let mut why = vec![self.found.health.word().to_string()];
        if explained > 0 {
            why.push(format!("explains {}", words::count(explained, "other finding")));
        }
        if let Some(i) = self.because {
            why.push(format!("explained by the {} above", all[i].title));
        }
        why.push(match self.rank {
            LAST => "no rule knows more than its health".into(),
            _ => format!("{} is number {} of the rules", self.title, self.rank),
        });
        why.join("; ")
    }
}

/// Everything that is wrong, worst first: by health, then by rule, then what began last; what one
/// finding explains stands behind it.
pub fn triage(sight: &dyn Sight) -> Vec<Finding> {
    let mut all = Vec::new();
    for kind in super::registry() {
        for (object, at) in sight.rows(kind.id) {
            let resource = &**object;
            let finding = |rule: &'static str, title, rank, found| Finding {
                rule,
                title,
                rank,
                kind: kind.id,
                of: resource.id().clone(),
                name: resource.name().clone(),
                found,
                because: None,
            };
            let told = kind
                .rules
                .iter()
                .filter_map(|rule| Some(finding(rule.id, rule.title, rule.rank, (rule.test)(resource, at, sight)?)));
            let before = all.len();
            all.extend(told);
            let diagnosis = kind.diagnose(resource, sight.now());
            if all.len() == before && (diagnosis.health.is_wrong() || diagnosis.health == Health::Unknown) {
                let since = kind.deployed_at(resource, sight.now());
                let evidence = vec![Evidence::new("health", diagnosis.health.word(), Some(at))];
                let next = vec![Next::new("open", "its details")];
                let found = Found { health: diagnosis.health, what: diagnosis.why.to_string(), since, evidence, next };
                all.push(finding(UNWELL, "unwell", LAST, found));
            }
        }
    }
    all.sort_by_key(order);
    explain(all)
}

fn order(finding: &Finding) -> impl Ord + use<> {
    (finding.found.health, finding.rank, Reverse(finding.found.since), finding.name.clone(), finding.rule)
}

/// The rules that the findings' causes are declared with.
fn explains(cause: &Finding, effect: &Finding) -> bool {
    let rule = super::kind(cause.kind).and_then(|kind| kind.rules.iter().find(|rule| rule.id == cause.rule));
    let declared = rule.is_some_and(|rule| rule.explains.contains(&effect.rule));
    // What began well before its cause has another one.
    let in_time = match (cause.found.since, effect.found.since) {
        (Some(cause), Some(effect)) => words::seconds_since(cause, effect) >= -SLACK,
        _ => true,
    };
    declared && in_time && cause.of == effect.of
}

/// Clocks and periods differ: an effect may seem to begin so many seconds before its cause.
const SLACK: i64 = 120;

/// Puts effects behind their causes, in the order in which both were.
fn explain(sorted: Vec<Finding>) -> Vec<Finding> {
    let cause_of = |i: usize| {
        let causes = (0..sorted.len()).filter(|c| *c != i && explains(&sorted[*c], &sorted[i]));
        causes.min_by_key(|c| sorted[*c].rank)
    };
    // The root of the chain; a chain of rules that explain each other ends.
    let root_of = |i: usize| {
        let mut root = i;
        for _ in 0..sorted.len() {
            match cause_of(root) {
                Some(cause) if cause != i => root = cause,
                _ => break,
            }
        }
        (root != i).then_some(root)
    };
    let roots: Vec<Option<usize>> = (0..sorted.len()).map(root_of).collect();
    let mut places: Vec<usize> = Vec::with_capacity(sorted.len());
    for i in (0..sorted.len()).filter(|i| roots[*i].is_none()) {
        places.push(i);
        places.extend((0..sorted.len()).filter(|e| roots[*e] == Some(i)));
    }
    let place = |old: usize| places.iter().position(|p| *p == old);
    let mut told: Vec<Option<Finding>> = sorted.into_iter().map(Some).collect();
    places
        .iter()
        .filter_map(|old| {
            let because = roots[*old].and_then(place);
            told[*old].take().map(|finding| Finding { because, ..finding })
        })
        .collect()
}
