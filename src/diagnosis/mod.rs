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

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::health::Health;
use crate::domain::metric::Metric;
use crate::domain::resource::{KindId, ResourceId};
use crate::domain::rules::{DeclaredRule, Setting};
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::cell::Tone;
use crate::kinds::kind::{Kind, Role};
use crate::kinds::rule::{Evidence, Found, JudgedRow, Place, Rule, RuleContext};
use crate::kinds::trend::Unseen;
pub use links::last_cause;
pub use own::MIDWATCH;

/// The rule that every kind has: what its health says, where no other rule says more.
pub const UNWELL: &str = "unwell";

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
            Self::Same | Self::Shown | Self::Watched | Self::Part => "caused by",
            Self::Named => "likely caused (similar names) by",
            Self::Timed => "likely caused (close in time) by",
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

    fn role(&self) -> Role {
        kinds::kind(self.kind).map_or(Role::Other, |kind| kind.role())
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
            LAST => "by its health alone".into(),
            rank => format!("rule priority {rank}"),
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
    pub kind: KindId,
    /// The rules that wanted it; none where it is a whole list, which all rules of the kind want.
    pub rules: BTreeSet<&'static str>,
    /// The permission that is missing, as IAM spells it.
    pub permission: Option<Text>,
}

/// What one look saw, and what it did not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outlook {
    /// Worst first; what one finding explains stands behind it.
    pub findings: Vec<Finding>,
    /// What failed first.
    pub unread: Vec<Unread>,
}

/// What the rules said of each row at the last look that asked them.
#[derive(Clone, Debug, Default)]
pub struct Verdicts {
    rows: HashMap<KindId, HashMap<ResourceId, RowVerdict>>,
    /// What was not looked at is mostly the same at thousands of rows.
    unseen: Vec<UnseenList>,
    asked: u64,
}

/// What was not looked at, each with the rule that wanted it.
type UnseenList = Arc<[(&'static str, Unseen)]>;

/// So many lists of what was not looked at are shared among rows.
const SHARED: usize = 64;

#[derive(Clone, Debug)]
struct RowVerdict {
    /// Each, and whether it is about another resource.
    findings: Vec<(Finding, bool)>,
    unseen: UnseenList,
}

impl Verdicts {
    /// Of how many rows the rules were asked so far, for tests.
    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// One list for all rows of which the same is not known.
    fn shared(&mut self, unseen: Vec<(&'static str, Unseen)>) -> UnseenList {
        if let Some(known) = self.unseen.iter().find(|known| ***known == *unseen) {
            return known.clone();
        }
        if self.unseen.len() >= SHARED {
            self.unseen.retain(|known| Arc::strong_count(known) > 1);
        }
        let shared: UnseenList = unseen.into();
        if self.unseen.len() < SHARED {
            self.unseen.push(shared.clone());
        }
        shared
    }
}

/// Everything that is wrong, worst first: by health, then by rule, then what began last; what one
/// finding explains stands behind it, and a cause is as bad as the worst that it explains.
pub fn triage(context: &dyn RuleContext) -> Outlook {
    triage_again(context, &mut Verdicts::default(), |_, _, _| true)
}

/// As [`triage`], where of the rows at which nothing was found only those are asked again that are due: by their
/// kind, their place in its list and their id. The others are as they were at the last look.
pub fn triage_again(
    context: &dyn RuleContext,
    verdicts: &mut Verdicts,
    is_due: impl Fn(KindId, usize, &ResourceId) -> bool,
) -> Outlook {
    let (mut all, mut unread) = (own::findings(context), Vec::new());
    for kind in kinds::registry() {
        unread.extend(own::unread(kind, context));
        let rows = context.rows(kind.id());
        let mut known = verdicts.rows.remove(&kind.id()).unwrap_or_default();
        let mut told: HashMap<ResourceId, RowVerdict> = HashMap::with_capacity(rows.len());
        // Lists of what was not looked at, each once and with the number of its rows, in the order of the rows.
        let mut unseen: Vec<(UnseenList, usize)> = Vec::new();
        for (place, row) in rows.into_iter().enumerate() {
            let id = row.object.id();
            let is_settled = |last: &RowVerdict| last.findings.is_empty() && !is_due(kind.id(), place, id);
            let last = known.remove(id).filter(is_settled);
            let verdict = last.unwrap_or_else(|| {
                verdicts.asked += 1;
                let (findings, unseen) = judge(kind, row, context);
                RowVerdict { findings, unseen: verdicts.shared(unseen) }
            });
            for (finding, is_elsewhere) in &verdict.findings {
                if *is_elsewhere { add(&mut all, finding.clone()) } else { all.push(finding.clone()) }
            }
            match unseen.iter_mut().find(|(list, _)| Arc::ptr_eq(list, &verdict.unseen)) {
                Some((_, count)) => *count += 1,
                None => unseen.push((verdict.unseen.clone(), 1)),
            }
            told.insert(id.clone(), verdict);
        }
        verdicts.rows.insert(kind.id(), told);
        for (list, count) in unseen {
            list.iter().for_each(|one| own::add(&mut unread, kind.id(), one, count));
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

/// What each rule could not look at, by its id.
type UncheckedRules = Vec<(&'static str, Unseen)>;

/// What the rules find at a resource, and what they cannot look at.
fn judge(kind: &dyn Kind, row: JudgedRow, context: &dyn RuleContext) -> (Vec<(Finding, bool)>, UncheckedRules) {
    let (mut findings, mut unseen) = (Vec::new(), Vec::new());
    let (resource, diagnosis) = (&**row.object, row.diagnosis);
    let mut is_told = false;
    for rule in kind.rules() {
        match rule.judge(row, context) {
            Ok(Some(found)) => {
                is_told |= !rule.is_measured();
                let is_elsewhere = found.place.is_some();
                findings.push((finding(rule.words(), Place::of(kind.id(), resource), found), is_elsewhere));
            }
            Ok(None) => is_told |= rule.is_muted(row, context),
            Err(missing) => unseen.push((rule.id, missing)),
        }
    }
    let is_unwell = diagnosis.health.is_wrong() || diagnosis.health == Health::Unknown;
    if !is_told && is_unwell && context.settings().of(UNWELL) != Setting::Off {
        let since = kind.deployed_at(resource);
        let found = Found::new(diagnosis.health, diagnosis.why.to_string(), since)
            .evidence([Evidence::new("health", diagnosis.health.word(), Some(row.at))])
            .next("open", "its details");
        findings.push((finding((UNWELL, "unwell", LAST), Place::of(kind.id(), resource), found), false));
    }
    (findings, unseen)
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
pub fn asks(kind: &dyn Kind, row: JudgedRow, context: &dyn RuleContext) -> BTreeSet<Metric> {
    let measured = kind.rules().iter().filter(|rule| rule.is_measured());
    measured.flat_map(|rule| rule.metrics(row, context)).collect()
}

/// Whether what was found before cannot be looked at now: that is no end of it.
pub fn is_hidden(finding: &Finding, context: &dyn RuleContext) -> bool {
    let Some(row) = context.row(finding.kind, &finding.of) else { return false };
    rule(finding.rule).is_some_and(|rule| rule.judge(row, context).is_err())
}

/// What the config may say of rules: all of them.
pub fn declared() -> Vec<DeclaredRule> {
    let rules = kinds::registry().flat_map(|kind| kind.rules());
    let declared = rules.map(|rule| DeclaredRule { id: rule.id, limit: rule.limit });
    declared.chain([own::THROTTLED, DeclaredRule { id: UNWELL, limit: None }]).collect()
}

/// The rule of a finding.
fn rule(id: &str) -> Option<&'static Rule> {
    kinds::registry().flat_map(|kind| kind.rules()).find(|rule| rule.id == id)
}
