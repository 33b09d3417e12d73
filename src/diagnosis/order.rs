//! The order of findings, and which of them is the effect of which.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::links::Web;
use super::{Finding, Tie, UNWELL, rule};
use crate::domain::health::Health;
use crate::domain::resource::ResourceId;
use crate::kinds::kind::Role;
use crate::kinds::rule::Rule;

/// Clocks and periods differ: an effect may seem to begin so many seconds before its cause.
const SLACK: i64 = 120;

/// So many of the worst are looked at as causes of what is wrong elsewhere, and say what hangs on them.
const FAR: usize = 100;

/// Puts effects behind their causes, the worst first, and says what hangs on each and what was changed
/// before it.
pub fn grouped(mut all: Vec<Finding>, web: &Web) -> Vec<Finding> {
    all.sort_by_key(|finding| order(finding, finding.found.health));
    let roots = roots(&all, web);
    let mut effects: Vec<Vec<usize>> = vec![vec![]; all.len()];
    roots.iter().enumerate().for_each(|(e, root)| root.iter().for_each(|(root, _)| effects[*root].push(e)));
    // A cause is as bad as the worst that comes of it.
    let worst = |i: usize| effects[i].iter().chain([&i]).map(|e| all[*e].found.health).min();
    let mut causes: Vec<usize> = (0..all.len()).filter(|i| roots[*i].is_none()).collect();
    causes.sort_by_cached_key(|i| order(&all[*i], worst(*i).unwrap_or(Health::Ok)));
    let places: Vec<usize> =
        causes.iter().flat_map(|cause| [*cause].into_iter().chain(effects[*cause].clone())).collect();
    let mut place = vec![0; all.len()];
    places.iter().enumerate().for_each(|(new, old)| place[*old] = new);
    let mut told: Vec<Option<Finding>> = all.into_iter().map(Some).collect();
    let in_place = |(i, old): (usize, &usize)| {
        let because = roots[*old].map(|(root, tie)| (place[root], tie));
        let finding = told[*old].take()?;
        let (blast, before) = if i < FAR { (web.blast(&finding), web.before(&finding)) } else { Default::default() };
        Some(Finding { because, blast, before, ..finding })
    };
    places.iter().enumerate().filter_map(in_place).collect()
}

/// By health, then by rule, then what began last.
fn order(finding: &Finding, health: Health) -> impl Ord + use<> {
    (health, finding.rank, Reverse(finding.found.since), finding.name.clone(), finding.rule)
}

/// A finding with its rule.
type Judged<'a> = (&'a Finding, Option<&'a Rule>);

/// Whether one may be the cause of the other, by what their rules declare and by the time.
fn explains(cause: Judged, effect: Judged, web: &Web) -> Option<Tie> {
    let ((cause, rule), (effect, effect_rule)) = (cause, effect);
    // An alarm about a thing is the same trouble, whatever is wrong there.
    let watches = effect.role() == Role::Watcher && cause.of != effect.of;
    let declared = watches || rule.zip(effect_rule).is_some_and(|(rule, other)| rule.explains(other));
    // What began well before its cause has another one.
    let in_time = match (cause.found.since, effect.found.since) {
        (Some(cause), Some(effect)) => effect.as_second() - cause.as_second() >= -SLACK,
        _ => true,
    };
    let is_known = cause.found.health != Health::Unknown || effect.found.health == Health::Unknown;
    (declared && in_time && is_known).then(|| web.tie(cause, effect)).flatten()
}

/// For each finding the cause at the end of its chain, if it has one.
fn roots(sorted: &[Finding], web: &Web) -> Vec<Option<(usize, Tie)>> {
    let rules: Vec<Option<&Rule>> = sorted.iter().map(|finding| rule(finding.rule)).collect();
    let mut at: HashMap<&ResourceId, Vec<usize>> = HashMap::new();
    for (i, finding) in sorted.iter().enumerate() {
        at.entry(&finding.of).or_default().push(i);
    }
    let far: Vec<usize> = (0..sorted.len()).filter(|i| sorted[*i].role() != Role::Watcher).take(FAR).collect();
    let cause_of = |i: usize| {
        let near = web.subjects(&sorted[i].of).into_iter().filter_map(|of| at.get(of)).flatten();
        let candidates = near.chain(&far).filter(|c| **c != i);
        let ties =
            candidates.filter_map(|c| Some((*c, explains((&sorted[*c], rules[*c]), (&sorted[i], rules[i]), web)?)));
        ties.min_by_key(|(c, tie)| (*tie > Tie::Part, sorted[*c].rule == UNWELL, sorted[*c].rank, *c))
    };
    let direct: Vec<Option<(usize, Tie)>> = (0..sorted.len()).map(cause_of).collect();
    // Rules that explain each other make a ring: the first of it is taken for the cause.
    let root_of = |i: usize| {
        let (mut place, mut weakest, mut seen) = (i, Tie::Same, vec![i]);
        while let Some((cause, tie)) = direct[place] {
            if let Some(begin) = seen.iter().position(|old| *old == cause) {
                let first = *seen[begin..].iter().min().unwrap_or(&cause);
                return (first != i).then_some((first, weakest.max(tie)));
            }
            (place, weakest) = (cause, weakest.max(tie));
            seen.push(cause);
        }
        (place != i).then_some((place, weakest))
    };
    (0..sorted.len()).map(root_of).collect()
}
