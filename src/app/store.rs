//! The last known data of an environment. It stays when the environment is left, and when a
//! request fails; everything in it has its time.

use std::collections::{BTreeMap, HashSet};

use super::listing::NOTHING;
pub use super::listing::{Listing, Row};
use super::panes::list::ListView;
use super::panes::list_index::ListIndex;
use super::recorder::Recorder;
use super::triage::Triage;
use crate::app::views::timeline::feeds::SourceFeeds;
use crate::domain::Timestamp;
use crate::domain::environment::Identity;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::fetched::Fetched;
use crate::domain::health::Health;
use crate::domain::metric::Readings;
use crate::domain::query::{Answer, GroupPiece, ListingPiece, Query};
use crate::domain::record::Record;
use crate::domain::resource::{Facts, FactsId, KindId, ResourceId};
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::kind::{Kind, RelatedResource};

/// So deep do rules over alarms stand upon each other that is looked through.
const RULES_DEEP: usize = 8;

/// What the Environments pane says of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    NotVisited,
    Loading,
    Healthy,
    Changing(usize),
    Wrong(usize),
    LoginNeeded,
    Denied,
    Unreachable,
    /// It answers, but not enough to judge.
    Unknown,
}

/// The sets of facts that were read of one resource.
#[derive(Clone, Debug)]
struct Opened {
    kind: KindId,
    id: ResourceId,
    sets: BTreeMap<FactsId, Fetched<Facts>>,
}

/// All that is known of one environment.
#[derive(Clone, Debug, Default)]
pub struct Store {
    pub identity: Fetched<Identity>,
    kinds: BTreeMap<KindId, Listing>,
    /// How the rows of each kind look and are sorted in its list.
    indexes: BTreeMap<KindId, ListIndex>,
    /// The counts over all kinds, as of a revision.
    totals: Totals,
    /// What was read of the resource that is or was open: of one, for a way back without a wait.
    opened: Option<Opened>,
    /// What was read of metrics.
    pub readings: Readings,
    /// It was activated at least once.
    pub visited: bool,
    /// Polling stands still until a login: the fault that says so.
    pub locked_out: Option<Fault>,
    pub recorder: Recorder,
    pub triage: Triage,
    /// What the sources of the timeline told.
    pub feeds: SourceFeeds,
}

/// Counts over all kinds.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    /// The sum of the revisions of all lists.
    revision: u64,
    wrong: usize,
    worst: Option<Health>,
}

impl Store {
    pub fn listing(&self, kind: KindId) -> &Listing {
        self.kinds.get(&kind).unwrap_or(&NOTHING)
    }

    /// A set of facts about a resource, while that is open or was open last.
    pub fn detail(&self, set: FactsId, id: &ResourceId) -> Option<&Fetched<Facts>> {
        self.opened.as_ref().filter(|opened| opened.kind == set.kind && opened.id == *id)?.sets.get(&set)
    }

    /// The detail of a resource of any kind, as far as it was read.
    pub fn facts(&self, id: &ResourceId) -> Option<&Fetched<Facts>> {
        let opened = self.opened.as_ref().filter(|opened| opened.id == *id)?;
        opened.sets.get(&opened.kind.detail())
    }

    /// What was read of the resource that is or was open last, and its kind.
    pub fn opened(&self) -> Option<(KindId, impl Iterator<Item = &Facts>)> {
        let opened = self.opened.as_ref()?;
        Some((opened.kind, opened.sets.values().filter_map(Fetched::value)))
    }

    /// What was recorded of a resource, what happened last first.
    pub fn recorded(&self, id: &ResourceId) -> &[Record] {
        self.recorder.records.of(id)
    }

    /// Files one piece of an answer under its question.
    pub fn accept(&mut self, query: &Query, result: Result<Answer, Fault>, now: Timestamp) {
        if let Err(fault) = &result
            && fault.kind == FaultKind::Expired
        {
            self.locked_out = Some(fault.clone());
        }
        match (query, result) {
            // Who is told who he is has a login.
            (Query::Identity, Ok(Answer::Identity(identity))) => {
                self.identity.accept(identity, now);
                self.locked_out = None;
            }
            (Query::Identity, Err(fault)) => self.identity.fail(fault, now),
            // It says nothing of the list, which has its own fault.
            (Query::Wrong(id, _), Ok(Answer::Listing(ListingPiece::PartFailed { part, fault }))) => {
                self.kinds.entry(*id).or_default().pass_over(part, fault);
            }
            (Query::List(id) | Query::Some(id, _) | Query::Wrong(id, _), Ok(Answer::Listing(piece))) => {
                if let Some(kind) = kinds::kind(*id) {
                    self.kinds.entry(*id).or_default().accept(kind, piece, now);
                }
            }
            (Query::List(id) | Query::Some(id, _) | Query::Wrong(id, _), Ok(Answer::Gone(ids))) => {
                self.kinds.entry(*id).or_default().forget(&ids);
            }
            (Query::List(id), Err(fault)) => self.kinds.entry(*id).or_default().sweep_failed(fault),
            // The full sweep may be minutes away.
            (Query::Wrong(id, _), Err(fault)) => self.kinds.entry(*id).or_default().wrong_failed(fault, now),
            // The full sweep will tell, with its own fault.
            (Query::Some(..), Err(_)) => {}
            (Query::Detail(set, id), result) => {
                let fresh = || Opened { kind: set.kind, id: id.clone(), sets: BTreeMap::new() };
                let opened = self.opened.get_or_insert_with(fresh);
                if opened.kind != set.kind || opened.id != *id {
                    *opened = fresh();
                }
                let fetched = opened.sets.entry(*set).or_default();
                match result {
                    Ok(Answer::Facts(facts)) => fetched.accept(facts, now),
                    Ok(_) => {}
                    Err(fault) => fetched.fail(fault, now),
                }
            }
            (Query::Metrics(..), Ok(Answer::Metrics(told))) => self.readings.accept(told, now),
            (Query::Metrics(metrics, window), Err(fault)) => self.readings.fail(metrics, *window, &fault, now),
            (Query::Events(source, stretch), result) => self.feeds.accept(*source, *stretch, result, now),
            (Query::Balancers(asked) | Query::Targets(asked), Ok(Answer::Groups(piece))) => {
                self.accept_groups(asked, piece, now);
            }
            (Query::Balancers(groups), Err(fault)) => self.fail_groups(groups, fault, now),
            (Query::Targets(groups), Err(fault)) => {
                for group in groups {
                    self.readings.groups.accept_targets(group.clone(), Err(fault.clone()), now);
                }
            }
            (Query::Activities(of), Ok(Answer::Activities(told))) => {
                self.readings.scalings.accept(of.as_ref(), Ok(told), now);
            }
            (Query::Activities(of), Err(fault)) => self.readings.scalings.accept(of.as_ref(), Err(fault), now),
            _ => {}
        }
    }

    fn accept_groups(&mut self, asked: &[Text], piece: GroupPiece, now: Timestamp) {
        match piece {
            GroupPiece::Balancers(told) => self.readings.accept_balancers(asked, Ok(told), now),
            GroupPiece::Settings(told) => {
                for (group, settings) in told {
                    self.readings.groups.accept_settings(group, Ok(settings), now);
                }
            }
            GroupPiece::Failed { groups, fault } => self.fail_groups(&groups, fault, now),
            GroupPiece::Targets(group, told) => self.readings.groups.accept_targets(group, told, now),
        }
    }

    /// Files why nothing was told of target groups.
    fn fail_groups(&mut self, groups: &[Text], fault: Fault, now: Timestamp) {
        for group in groups {
            self.readings.groups.accept_settings(group.clone(), Err(fault.clone()), now);
        }
        self.readings.accept_balancers(groups, Err(fault), now);
    }

    /// All of an answer has come.
    pub fn complete(&mut self, query: &Query, now: Timestamp) {
        match query {
            Query::List(id) => self.kinds.entry(*id).or_default().complete(now),
            Query::Wrong(id, _) => self.kinds.entry(*id).or_default().complete_wrong(now),
            _ => {}
        }
    }

    /// Judges again what depends on the time.
    pub fn judge(&mut self, now: Timestamp) {
        for (id, listing) in &mut self.kinds {
            if let Some(kind) = kinds::kind(*id) {
                listing.judge(kind, now);
            }
        }
    }

    /// How many resources of all kinds are degraded or down. What is wrong with one that is about
    /// another (an alarm, a rule over alarms) counts for that one, so a resource in trouble counts
    /// once, however many alarms ring for it; for itself only where that other is not listed.
    pub fn wrong(&self) -> usize {
        if self.totals.revision == self.revision() { self.totals.wrong } else { self.count_wrong() }
    }

    /// Grows with every change of any list.
    pub fn revision(&self) -> u64 {
        self.kinds.values().map(|listing| listing.revision).sum()
    }

    /// Brings up to date what is derived of all lists.
    pub fn settle(&mut self) {
        let revision = self.revision();
        if self.totals.revision != revision {
            self.totals = Totals { revision, wrong: self.count_wrong(), worst: self.find_worst() };
        }
    }

    /// Brings the list of a kind up to date.
    pub fn arrange(&mut self, kind: &dyn Kind, view: &mut ListView, now: Timestamp) {
        let listing = self.kinds.get(&kind.id()).unwrap_or(&NOTHING);
        view.arrange(kind, listing, self.indexes.entry(kind.id()).or_default(), &self.readings, now);
    }

    /// How the rows of a kind look in its list; `None` where it was never shown.
    pub fn index(&self, kind: KindId) -> Option<&ListIndex> {
        self.indexes.get(&kind)
    }

    fn count_wrong(&self) -> usize {
        let mut troubled: HashSet<&ResourceId> = HashSet::new();
        for (id, listing) in &self.kinds {
            let Some(kind) = kinds::kind(*id) else { continue };
            troubled.extend(listing.wrong_rows().map(|row| self.in_trouble(kind, row)));
        }
        troubled.len()
    }

    /// What is in trouble when a row is wrong.
    fn in_trouble<'a>(&'a self, kind: &dyn Kind, row: &'a Row) -> &'a ResourceId {
        let (mut kind, mut row) = (kind, row);
        // A rule is over alarms, and they are about resources.
        for _ in 0..RULES_DEEP {
            let Some((of, subject)) = self.related_resource(kind, row) else { break };
            (kind, row) = (of, subject);
        }
        row.object.id()
    }

    /// What a row is about, where that is listed; of several the worst.
    pub fn related_resource(&self, kind: &dyn Kind, row: &Row) -> Option<(&'static dyn Kind, &Row)> {
        let listed = |(id, name): &RelatedResource| Some((kinds::kind(*id)?, self.listing(*id).named(name)?));
        let subjects = kind.related_resources(&*row.object);
        subjects.iter().filter_map(listed).min_by_key(|(_, row)| row.diagnosis.health)
    }

    /// The worst health of any resource. An alarm that tells nothing leaves what it is about as that
    /// is judged by itself.
    pub fn worst(&self) -> Option<Health> {
        if self.totals.revision == self.revision() { self.totals.worst } else { self.find_worst() }
    }

    fn find_worst(&self) -> Option<Health> {
        let of_kind = |(id, listing): (&KindId, &Listing)| {
            let kind = kinds::kind(*id)?;
            let judged = |row: &Row| self.related_resource(kind, row).is_some();
            let healths = [Health::Down, Health::Degraded, Health::Unknown, Health::Changing, Health::Ok];
            healths.into_iter().find(|health| match health {
                Health::Unknown if kind.is_watcher() => listing.unknown_rows().any(|row| !judged(row)),
                health => listing.count(*health) > 0,
            })
        };
        self.kinds.iter().filter_map(of_kind).min()
    }

    /// Seconds since the oldest data of any kind was good.
    pub fn age(&self, now: Timestamp) -> Option<i64> {
        self.kinds.values().filter_map(|listing| listing.age(now)).max()
    }

    pub fn standing(&self) -> Standing {
        let faults = || {
            let lists = self.kinds.values().flat_map(Listing::faults).map(|(_, fault)| fault);
            self.identity.fault().into_iter().chain(lists)
        };
        if !self.visited {
            return Standing::NotVisited;
        }
        if self.locked_out.is_some() {
            return Standing::LoginNeeded;
        }
        if self.wrong() > 0 {
            return Standing::Wrong(self.wrong());
        }
        for fault in faults() {
            match fault.kind {
                FaultKind::Denied { .. } => return Standing::Denied,
                FaultKind::Unreachable | FaultKind::TimedOut => return Standing::Unreachable,
                _ => {}
            }
        }
        if faults().next().is_some() {
            return Standing::Unknown;
        }
        if self.kinds.is_empty() || self.kinds.values().any(Listing::is_partial) {
            return Standing::Loading;
        }
        match self.worst() {
            Some(Health::Unknown) => Standing::Unknown,
            Some(Health::Changing) => {
                Standing::Changing(self.kinds.values().map(|listing| listing.count(Health::Changing)).sum())
            }
            _ => Standing::Healthy,
        }
    }
}
