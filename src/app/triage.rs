//! What is wrong in an environment, from one look to the next: since when it was seen, and what has
//! ended of late.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::command::Command;
use super::motion;
use super::msg::Effect;
use super::state::{NoticeTone, Overlay, State};
use super::store::{Row, Store};
use super::subs::block;
use super::target_health;
use crate::app::action::jobs::{Job, Phase};
use crate::diagnosis::{self, Finding, Key, MIDWATCH, Outlook, Unread};
use crate::domain::api_usage::ApiUsage;
use crate::domain::fault::Fault;
use crate::domain::intent::Verdict;
use crate::domain::metric::{Metric, Readings};
use crate::domain::record::Record;
use crate::domain::resource::{Facts, KindId, Object, ResourceId};
use crate::domain::rules::RuleSettings;
use crate::domain::text::Text;
use crate::domain::{Timestamp, format};
use crate::kinds::rule::{JudgedRow, LeaderChanged, RuleContext};
use crate::kinds::{self, kind::Kind};

/// What cannot be looked at any more is shown as it was for so long, in seconds.
const HIDDEN: i64 = 30 * 60;

/// The findings of one environment.
#[derive(Clone, Debug, Default)]
pub struct Triage {
    /// Worst first, effects behind their cause; then what cannot be looked at any more.
    pub findings: Vec<Finding>,
    /// What was not looked at, so that no finding says nothing of it.
    pub unread: Vec<Unread>,
    /// What ended, newest first, and when it was not found any more.
    pub ended: Vec<(Finding, Timestamp)>,
    /// The metrics that the rules look for at the rows that are watched.
    pub asks: BTreeSet<Metric>,
    /// The services whose targets are read for the rules' sake.
    pub suspects: Vec<ResourceId>,
    /// When it was looked last.
    looked: Option<Timestamp>,
    /// When each was seen first; of what ended too, as long as it stays.
    seen: HashMap<Key, Timestamp>,
}

struct StoreContext<'a> {
    store: &'a Store,
    now: Timestamp,
    settings: &'a RuleSettings,
    api_usage: &'a [ApiUsage],
}

fn judged(row: &Row) -> JudgedRow<'_> {
    JudgedRow { object: &row.object, at: row.at, diagnosis: &row.diagnosis }
}

impl RuleContext for StoreContext<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn rows(&self, kind: KindId) -> Vec<JudgedRow<'_>> {
        self.store.listing(kind).rows().map(judged).collect()
    }

    fn row(&self, kind: KindId, id: &ResourceId) -> Option<JudgedRow<'_>> {
        self.store.listing(kind).row(id).map(judged)
    }

    fn named(&self, kind: KindId, name: &Text) -> Option<&Object> {
        self.store.listing(kind).named(name).map(|row| &row.object)
    }

    fn recorded(&self, id: &ResourceId) -> &[Record] {
        self.store.recorded(id)
    }

    fn facts(&self, id: &ResourceId) -> Option<(&Facts, Timestamp)> {
        let fetched = self.store.facts(id)?;
        fetched.value().zip(fetched.at())
    }

    fn leader_changed(&self, id: &ResourceId) -> Option<&LeaderChanged> {
        kinds::registry().iter().find_map(|kind| self.store.listing(kind.id).leader_changed(id))
    }

    fn readings(&self) -> &Readings {
        &self.store.readings
    }

    fn settings(&self) -> &RuleSettings {
        self.settings
    }

    fn api_usage(&self) -> &[ApiUsage] {
        self.api_usage
    }

    fn faults(&self, kind: KindId) -> Vec<&Fault> {
        self.store.listing(kind).faults().into_iter().map(|(_, fault)| fault).collect()
    }

    fn is_awaited(&self, kind: KindId) -> bool {
        self.store.listing(kind).is_partial()
    }
}

impl Triage {
    /// Takes over what is seen now. What is not found any more has ended, unless `is_hidden` says that
    /// it cannot be looked at.
    fn renew(&mut self, seen: Outlook, now: Timestamp, stays: i64, is_hidden: impl Fn(&Finding) -> bool) {
        let Outlook { mut findings, unread } = seen;
        let found: HashSet<_> = findings.iter().map(Finding::key).collect();
        let mut over = Vec::new();
        let known = std::mem::take(&mut self.findings);
        let mut hidden: Vec<bool> = known.iter().map(|old| !found.contains(&old.key()) && is_hidden(old)).collect();
        // A cause that is known by what came of it cannot be looked at without that.
        for (effect, _) in known.iter().zip(hidden.clone()).filter(|(_, is_hidden)| *is_hidden) {
            effect.because.into_iter().for_each(|(cause, _)| hidden[cause] = true);
        }
        for (old, is_hidden) in known.into_iter().zip(hidden).filter(|(old, _)| !found.contains(&old.key())) {
            let since = old.hidden.unwrap_or(now);
            match is_hidden {
                true if format::seconds_since(since, now) < HIDDEN => {
                    findings.push(Finding { because: None, hidden: Some(since), ..old });
                }
                true => {}
                false => over.push((Finding { because: None, hidden: None, ..old }, now)),
            }
        }
        self.ended.retain(|(old, at)| format::seconds_since(*at, now) < stays && !found.contains(&old.key()));
        self.ended.splice(0..0, over);
        let kept: HashSet<_> = findings.iter().chain(self.ended.iter().map(|(old, _)| old)).map(Finding::key).collect();
        self.seen.retain(|known, _| kept.contains(known));
        for finding in &findings {
            self.seen.entry(finding.key()).or_insert(now);
        }
        self.findings = findings;
        self.unread = unread;
        self.looked = Some(now);
    }

    /// Since when it is so: as AWS tells, else since midwatch saw it.
    pub fn since(&self, finding: &Finding) -> Option<Timestamp> {
        finding.found.since.or_else(|| self.seen.get(&finding.key()).copied())
    }

    /// Everything in the order of the screen: what is wrong, then what ended and when.
    pub fn all(&self) -> impl Iterator<Item = (&Finding, Option<Timestamp>)> {
        let ended = self.ended.iter().map(|(finding, at)| (finding, Some(*at)));
        self.findings.iter().map(|finding| (finding, None)).chain(ended)
    }
}

/// Answers come in swarms: what one of them changed is looked at with the others, so many milliseconds
/// after the last look, and one more for each row, so that thousands of them take no more of the time.
const REST: i64 = 500;

/// Looks at what is known of the active environment, unless that was just done.
pub fn look_soon(state: &mut State) {
    let Some(store) = state.store() else { return };
    let rows: usize = kinds::registry().iter().map(|kind| store.listing(kind.id).len()).sum();
    let rest = REST + i64::try_from(rows).unwrap_or(i64::MAX / 2);
    let rested = |at: Timestamp| state.now.as_millisecond() - at.as_millisecond() >= rest;
    if store.triage.looked.is_none_or(rested) {
        look(state);
    }
}

fn look(state: &mut State) {
    let now = state.now;
    let Some(environment) = state.environment().cloned() else { return };
    // It is renewed by what the rest of the store says.
    let Some(mut triage) = state.stores.get_mut(&environment.name).map(|store| std::mem::take(&mut store.triage))
    else {
        return;
    };
    if let Some(store) = state.stores.get(&environment.name) {
        let context = StoreContext { store, now, settings: &environment.rules, api_usage: &state.api_usage };
        let stays = i64::try_from(environment.rules.ended().as_secs()).unwrap_or(i64::MAX);
        triage.renew(diagnosis::triage(&context), now, stays, |finding| diagnosis::is_hidden(finding, &context));
        triage.asks = asks(state, &context);
        triage.suspects = target_health::suspects(store, now);
    }
    if let Some(store) = state.stores.get_mut(&environment.name) {
        store.triage = triage;
    }
}

/// Metrics that are asked for the rules' sake each minute: as many as AWS takes in one request, since
/// CloudWatch bills them one by one.
const MOST_ASKED: usize = 500;

/// The metrics that rules look for: of what is wrong, then of the rows in each list around those in view;
/// a row of each kind in turn, so that no kind leaves nothing to another.
fn asks(state: &State, context: &StoreContext) -> BTreeSet<Metric> {
    let rows_of = |kind: &'static Kind| {
        let listing = context.store.listing(kind.id);
        let mut ids = listing.wrong_ids();
        ids.extend(block(state, kind).into_iter().filter(|id| !ids.contains(id)).collect::<Vec<_>>());
        ids.into_iter().filter_map(|id| listing.row(&id)).map(move |row| (kind, row)).collect::<Vec<_>>()
    };
    let all: Vec<_> = kinds::registry().iter().map(rows_of).collect();
    let most = all.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..most).flat_map(|turn| all.iter().filter_map(move |rows| rows.get(turn)));
    let mut asked = BTreeSet::new();
    for (kind, row) in turns {
        let more = diagnosis::asks(kind, judged(row), context);
        if asked.len() + more.len() > MOST_ASKED {
            break;
        }
        asked.extend(more);
    }
    asked
}

/// What is selected in the list of what is wrong.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// It stays the same finding, wherever it goes in the list; `None` is the first.
    selected: Option<Key>,
    /// The first line of what is told of it.
    pub scroll: usize,
}

impl View {
    /// The place of the selected finding; the first where it is there no more.
    pub fn position(&self, triage: &Triage) -> usize {
        let is_it = |(finding, _): (&Finding, _)| self.selected.as_ref().is_some_and(|known| *known == finding.key());
        triage.all().position(is_it).unwrap_or(0)
    }
}

/// Moves the selection by so many findings.
pub fn step(state: &mut State, by: isize) {
    let Some(Overlay::Wrong(view)) = state.overlays.last() else { return };
    let Some(triage) = state.store().map(|store| &store.triage) else { return };
    let place = view.position(triage).saturating_add_signed(by).min(triage.all().count().saturating_sub(1));
    let selected = triage.all().nth(place).map(|(finding, _)| finding.key());
    if let Some(Overlay::Wrong(view)) = state.overlays.last_mut() {
        *view = View { selected, scroll: 0 };
    }
}

/// The selected finding, where the list is on top.
pub fn selected(state: &State) -> Option<&Finding> {
    let (Some(Overlay::Wrong(view)), Some(store)) = (state.overlays.last(), state.store()) else { return None };
    store.triage.all().nth(view.position(&store.triage)).map(|(finding, _)| finding)
}

/// Where a command would mend what is wrong first, while it is to be done to a resource of which nothing is
/// found: on the deck a key acts on the selected row.
pub fn elsewhere(state: &State, command: Command, of: &ResourceId) -> Option<String> {
    let findings = &state.store()?.triage.findings;
    let first = findings.first()?;
    let mends = first.found.next.iter().any(|next| Command::of(next.command) == Some(command));
    let is_well = findings.iter().all(|finding| finding.of != *of);
    (mends && is_well).then(|| format!("nothing is found wrong with this one: {} is at {}", first.title, first.name))
}

/// What was done from here at the resource of a finding since it began, the newest: numbers follow what mends
/// them by minutes.
pub fn done<'a>(state: &'a State, triage: &Triage, finding: &Finding) -> Option<&'a Job> {
    let since = triage.since(finding)?;
    let is_done = |job: &&Job| job.is_live() || matches!(job.phase, Phase::Ended(Verdict::Done));
    let here = |job: &&Job| job.intent.resource == finding.of && job.intent.at >= since;
    state.jobs.iter().filter(here).filter(is_done).max_by_key(|job| job.intent.at)
}

/// What a command does in the list; `None` where it is done as elsewhere. What is done about a finding is
/// done to its resource.
pub fn handle_command(state: &mut State, command: Command) -> Option<Vec<Effect>> {
    let to_resource = [Command::Open, Command::Logs, Command::Compare, Command::Subject, Command::ConsoleUrl];
    if matches!(command, Command::Act(_)) || to_resource.contains(&command) {
        let (kind, of) = selected(state).map(|finding| (finding.kind, finding.of.clone()))?;
        // There is nothing to be done to midwatch itself but to look.
        if kind == MIDWATCH {
            state.overlays.pop();
            state.overlays.push(Overlay::Api);
            return Some(vec![]);
        }
        if state.store()?.listing(kind).row(&of).is_none() {
            state.say(NoticeTone::Error, "it does not exist any more");
            return Some(vec![]);
        }
        if command == Command::Open {
            motion::show(state, kind, of, Some(0));
            return Some(vec![]);
        }
        motion::show(state, kind, of, None);
    } else if command == Command::Golden && selected(state).is_some() {
        state.overlays.pop();
    }
    None
}

/// Lines of evidence that half a page goes on by, and the most there are.
const EVIDENCE: isize = 4;
const MOST_EVIDENCE: usize = 60;

impl View {
    /// Half pages of evidence down (or up): the list itself is short.
    pub fn turn(&mut self, halves: isize) {
        self.scroll = self.scroll.saturating_add_signed(halves * EVIDENCE).min(MOST_EVIDENCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::fixtures::{Scene, steady_then};
    use crate::diagnosis::is_hidden;
    use crate::kinds::databases::tests::instance;
    use crate::kinds::databases::{self, DATABASES};
    use crate::kinds::services::fixtures::{NOW, now};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(NOW + seconds).unwrap()
    }

    fn scene(values: &[f64]) -> Scene {
        let cpu = databases::cpu(&instance("db"));
        Scene::at(now()).with(DATABASES, instance("db")).told(cpu, values)
    }

    fn busy() -> Scene {
        scene(&steady_then(30.0, &[97.0; 3]))
    }

    fn renew(triage: &mut Triage, scene: &Scene, seconds: i64) {
        triage.renew(scene.look(), at(seconds), 300, |finding| is_hidden(finding, scene));
    }

    fn rules(triage: &Triage) -> (Vec<&str>, Vec<&str>) {
        let found = triage.findings.iter().map(|finding| finding.rule).collect();
        (found, triage.ended.iter().map(|(finding, _)| finding.rule).collect())
    }

    #[test]
    fn what_ended_stays_marked_for_a_while() {
        let mut triage = Triage::default();
        renew(&mut triage, &busy(), 0);
        assert_eq!(rules(&triage), (vec!["db-cpu"], vec![]));
        let calm = scene(&steady_then(30.0, &[97.0, 97.0, 20.0, 21.0]));
        renew(&mut triage, &calm, 60);
        assert_eq!(rules(&triage), (vec![], vec!["db-cpu"]));
        assert_eq!(triage.ended[0].1, at(60));
        renew(&mut triage, &calm, 359);
        assert_eq!(rules(&triage).1, ["db-cpu"]);
        renew(&mut triage, &busy(), 359);
        assert_eq!(rules(&triage), (vec!["db-cpu"], vec![]), "it is there again, and only once");
        renew(&mut triage, &calm, 360);
        renew(&mut triage, &calm, 660);
        assert_eq!(rules(&triage), (vec![], vec![]));
    }

    #[test]
    fn what_hovers_does_not_flicker() {
        let mut triage = Triage::default();
        let mut values = steady_then(30.0, &[97.0, 97.0]);
        for (n, value) in [89.0, 92.0, 88.0, 91.0, 89.9].into_iter().enumerate() {
            values.push(value);
            renew(&mut triage, &scene(&values), 60 * n as i64);
            assert_eq!(rules(&triage), (vec!["db-cpu"], vec![]), "at {value}");
        }
        values.push(85.0);
        renew(&mut triage, &scene(&values), 600);
        assert_eq!(rules(&triage), (vec![], vec!["db-cpu"]));
    }

    #[test]
    fn what_cannot_be_looked_at_any_more_has_not_ended() {
        let mut triage = Triage::default();
        renew(&mut triage, &busy(), 0);
        let unread = Scene::at(now()).with(DATABASES, instance("db"));
        renew(&mut triage, &unread, 60);
        assert_eq!(rules(&triage), (vec!["db-cpu"], vec![]), "unknown is not well");
        assert_eq!(triage.findings[0].hidden, Some(at(60)));
        assert!(triage.unread.iter().any(|unread| unread.what == "CPU of databases"));
        renew(&mut triage, &busy(), 90);
        assert_eq!(triage.findings[0].hidden, None);
        renew(&mut triage, &unread, 100);
        renew(&mut triage, &unread, 100 + HIDDEN);
        assert_eq!(rules(&triage), (vec![], vec![]), "what is so old is no finding, and no end of one");
        // One that is gone altogether has ended.
        renew(&mut triage, &busy(), 4_000);
        renew(&mut triage, &Scene::at(now()), 4_010);
        assert_eq!(rules(&triage), (vec![], vec!["db-cpu"]));
    }
}
