//! The last known data of an environment. It stays when the environment is left, and when a
//! request fails; everything in it has its time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::recorder::Recorder;
use super::triage::Triage;
use crate::app::views::timeline::feeds::SourceFeeds;
use crate::domain::environment::Identity;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::fetched::Fetched;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::metric::Readings;
use crate::domain::query::{Answer, Query};
use crate::domain::record::Record;
use crate::domain::resource::{Facts, FactsId, KindId, Object, ResourceId};
use crate::domain::text::Text;
use crate::domain::{Timestamp, format};
use crate::kinds;
use crate::kinds::kind::{Kind, RelatedResource};
use crate::kinds::rule::LeaderChanged;

/// So deep do rules over alarms stand upon each other that is looked through.
const RULES_DEEP: usize = 8;

/// One row of a list, with the time it was read and how it is judged.
#[derive(Clone, Debug)]
pub struct Row {
    pub object: Object,
    pub at: Timestamp,
    pub diagnosis: Diagnosis,
}

/// One part of a list (an ECS cluster): it fails and ages on its own.
#[derive(Clone, Debug, Default)]
struct Part {
    ids: HashSet<ResourceId>,
    /// It stays until a sweep has gone through without one: a roster alone is no good news.
    fault: Option<Fault>,
    /// A fault was met in the sweep under way.
    failed: bool,
}

/// The resources of one kind.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    parts: BTreeMap<Text, Part>,
    /// In the order of their ids, so that what is told of them comes in the same order each time.
    rows: BTreeMap<ResourceId, Row>,
    /// The last full sweep: when it ended well, and what failed of the newest one.
    sweep: Fetched<()>,
    /// A fault met in the sweep under way.
    sweep_fault: Option<Fault>,
    /// The last question after what is wrong, where the kind has one; and whether the one under way
    /// met a fault.
    wrong_asked: Fetched<()>,
    wrong_failed: bool,
    /// The parts that the last such question could not look at, and those that the one under way could not.
    passed_over: BTreeMap<Text, Fault>,
    passing_over: BTreeMap<Text, Fault>,
    /// The rows by every name that others call them.
    names: HashMap<Text, ResourceId>,
    /// The last change of who leads a row.
    leader_changed: HashMap<ResourceId, LeaderChanged>,
    /// Grows with every change, so that an order made of it knows when it is old.
    pub revision: u64,
}

impl Listing {
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    pub fn row(&self, id: &ResourceId) -> Option<&Row> {
        self.rows.get(id)
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Neither an answer nor a fault so far.
    pub fn is_loading(&self) -> bool {
        self.sweep.is_loading() && self.rows.is_empty()
    }

    /// Rows known to exist, whether they were described yet or not.
    pub fn expected(&self) -> usize {
        self.parts.values().map(|part| part.ids.len()).sum()
    }

    /// The last question after what is wrong.
    pub fn wrong_asked(&self) -> &Fetched<()> {
        &self.wrong_asked
    }

    /// Why nothing is known of what is wrong in some part, as of when that was told last: by the question
    /// after it, or by a full sweep.
    pub fn blind(&self) -> Option<&Fault> {
        if self.sweep.at() > self.wrong_asked.at() {
            self.parts.values().find_map(|part| part.fault.as_ref())
        } else {
            self.passed_over.values().next()
        }
    }

    /// When the last full sweep ended well.
    pub fn swept(&self) -> Option<Timestamp> {
        self.sweep.at()
    }

    /// The first full sweep has not ended yet.
    pub fn is_partial(&self) -> bool {
        self.sweep.at().is_none()
    }

    /// How many rows are degraded or down.
    pub fn wrong(&self) -> usize {
        self.rows.values().filter(|row| row.diagnosis.health.is_wrong()).count()
    }

    /// Their ids, in order.
    pub fn wrong_ids(&self) -> Vec<ResourceId> {
        let wrong = self.rows.iter().filter(|(_, row)| row.diagnosis.health.is_wrong());
        wrong.map(|(id, _)| id.clone()).collect()
    }

    /// The row that others call by this name.
    pub fn named(&self, name: &Text) -> Option<&Row> {
        self.rows.get(self.names.get(name)?)
    }

    /// The last change of who leads a row, as it was seen from one reading to the next.
    pub fn leader_changed(&self, id: &ResourceId) -> Option<&LeaderChanged> {
        self.leader_changed.get(id)
    }

    pub fn worst(&self) -> Option<Health> {
        self.rows.values().map(|row| row.diagnosis.health).min()
    }

    /// Seconds since the oldest of the data was good: the age that the pane admits. Without any
    /// data a list that was read well is as old as its reading.
    pub fn age(&self, now: Timestamp) -> Option<i64> {
        let empty_since = || self.sweep.at().filter(|_| self.expected() == 0 && self.faults().is_empty());
        let oldest = self.rows.values().map(|row| row.at).min().or_else(empty_since)?;
        Some(format::seconds_since(oldest, now))
    }

    /// What failed at the newest request: of the whole list, else of its parts, with how many.
    pub fn faults(&self) -> Vec<(Option<&Text>, &Fault)> {
        let whole = self.sweep_fault.as_ref().or(self.sweep.fault()).or(self.wrong_asked.fault());
        let whole = whole.map(|fault| (None, fault));
        let parts = self.parts.iter().filter_map(|(name, part)| Some((name, part.fault.as_ref()?)));
        let mut failed: BTreeMap<&Text, &Fault> = self.passed_over.iter().collect();
        failed.extend(parts);
        whole.into_iter().chain(failed.into_iter().map(|(name, fault)| (Some(name), fault))).collect()
    }

    /// Ids of the rows that move, in order.
    pub fn moving(&self) -> Vec<ResourceId> {
        let moving = self.rows.iter().filter(|(_, row)| row.diagnosis.is_moving);
        moving.map(|(id, _)| id.clone()).collect()
    }

    /// The parts in which something may just have ended.
    pub fn restless(&self) -> BTreeSet<Text> {
        let rows = self.rows.values().filter(|row| row.diagnosis.is_restless);
        rows.map(|row| row.object.part().clone()).collect()
    }

    fn accept(&mut self, kind: &Kind, answer: Answer, now: Timestamp) {
        self.revision += 1;
        match answer {
            Answer::Parts(names) => {
                let names: HashSet<Text> = names.into_iter().collect();
                self.parts.retain(|name, _| names.contains(name));
                self.rows.retain(|_, row| names.contains(row.object.part()));
                for name in names {
                    self.parts.entry(name).or_default();
                }
            }
            Answer::Roster { part, ids } => {
                let ids: HashSet<ResourceId> = ids.into_iter().collect();
                self.rows.retain(|id, row| *row.object.part() != part || ids.contains(id));
                self.parts.entry(part).or_default().ids = ids;
            }
            Answer::Items(items) => {
                for object in items {
                    let diagnosis = kind.diagnose(&*object, now);
                    let before = self.rows.get(object.id()).and_then(|row| kind.leader_of(&*row.object));
                    if let (Some(from), Some(to)) = (before, kind.leader_of(&*object))
                        && from != to
                    {
                        self.leader_changed.insert(object.id().clone(), LeaderChanged { from, to, at: now });
                    }
                    self.names.extend(kind.names_of(&*object).into_iter().map(|name| (name, object.id().clone())));
                    self.rows.insert(object.id().clone(), Row { object, at: now, diagnosis });
                }
            }
            Answer::Gone(ids) => ids.iter().for_each(|id| {
                self.rows.remove(id);
                self.parts.values_mut().for_each(|part| {
                    part.ids.remove(id);
                });
            }),
            Answer::PartFailed { part, fault } => {
                let part = self.parts.entry(part).or_default();
                part.fault = Some(fault);
                part.failed = true;
            }
            Answer::Identity(_)
            | Answer::Facts(_)
            | Answer::Metrics(_)
            | Answer::Events { .. }
            | Answer::Balancers(_)
            | Answer::GroupSettings(_)
            | Answer::GroupsFailed { .. }
            | Answer::Targets(..)
            | Answer::Activities(_)
            | Answer::Revision(_)
            | Answer::Seen(_)
            | Answer::Logs(_)
            | Answer::Insights(_)
            | Answer::Forward(_) => {}
        }
    }

    /// A full sweep has come to its end.
    fn complete(&mut self, now: Timestamp) {
        self.revision += 1;
        if let Some(fault) = self.sweep_fault.take() {
            return self.sweep.fail(fault, now);
        }
        self.sweep.accept((), now);
        let Self { names, rows, leader_changed, .. } = self;
        names.retain(|_, id| rows.contains_key(id));
        leader_changed.retain(|id, _| rows.contains_key(id));
        for part in self.parts.values_mut() {
            if !std::mem::take(&mut part.failed) {
                part.fault = None;
            }
        }
    }

    /// The question after what is wrong has come to its end.
    fn complete_wrong(&mut self, now: Timestamp) {
        self.passed_over = std::mem::take(&mut self.passing_over);
        if !std::mem::take(&mut self.wrong_failed) {
            self.wrong_asked.accept((), now);
            self.revision += 1;
        }
    }

    /// Judges every row again: some rules look at the time.
    fn judge(&mut self, kind: &Kind, now: Timestamp) {
        for row in self.rows.values_mut() {
            let diagnosis = kind.diagnose(&*row.object, now);
            if diagnosis != row.diagnosis {
                row.diagnosis = diagnosis;
                self.revision += 1;
            }
        }
    }
}

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
    pub told: SourceFeeds,
}

static NOTHING: std::sync::LazyLock<Listing> = std::sync::LazyLock::new(Listing::default);

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
            (Query::Wrong(id, _), Ok(Answer::PartFailed { part, fault })) => {
                self.kinds.entry(*id).or_default().passing_over.insert(part, fault);
            }
            (Query::List(id) | Query::Some(id, _) | Query::Wrong(id, _), Ok(answer)) => {
                if let Some(kind) = kinds::kind(*id) {
                    self.kinds.entry(*id).or_default().accept(kind, answer, now);
                }
            }
            (Query::List(id), Err(fault)) => {
                let listing = self.kinds.entry(*id).or_default();
                listing.revision += 1;
                listing.sweep_fault = Some(fault);
            }
            // The full sweep may be minutes away.
            (Query::Wrong(id, _), Err(fault)) => {
                let listing = self.kinds.entry(*id).or_default();
                listing.revision += 1;
                listing.wrong_failed = true;
                listing.wrong_asked.fail(fault, now);
            }
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
            (Query::Events(source, stretch), result) => self.told.accept(*source, *stretch, result, now),
            (Query::Balancers(groups), Ok(Answer::Balancers(told))) => {
                self.readings.accept_balancers(groups, Ok(told), now);
            }
            (Query::Balancers(_), Ok(Answer::GroupSettings(told))) => {
                for (group, settings) in told {
                    self.readings.groups.accept_settings(group, Ok(settings), now);
                }
            }
            (Query::Balancers(_), Ok(Answer::GroupsFailed { groups, fault })) => self.fail_groups(&groups, fault, now),
            (Query::Balancers(groups), Err(fault)) => self.fail_groups(groups, fault, now),
            (Query::Targets(_), Ok(Answer::Targets(group, told))) => {
                self.readings.groups.accept_targets(group, told, now);
            }
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
        let mut troubled: HashSet<&ResourceId> = HashSet::new();
        for (id, listing) in &self.kinds {
            let Some(kind) = kinds::kind(*id) else { continue };
            let wrong = listing.rows.values().filter(|row| row.diagnosis.health.is_wrong());
            troubled.extend(wrong.map(|row| self.in_trouble(kind, row)));
        }
        troubled.len()
    }

    /// What is in trouble when a row is wrong.
    fn in_trouble<'a>(&'a self, kind: &Kind, row: &'a Row) -> &'a ResourceId {
        let (mut kind, mut row) = (kind, row);
        // A rule is over alarms, and they are about resources.
        for _ in 0..RULES_DEEP {
            let Some((of, subject)) = self.related_resource(kind, row) else { break };
            (kind, row) = (of, subject);
        }
        row.object.id()
    }

    /// What a row is about, where that is listed; of several the worst.
    pub fn related_resource(&self, kind: &Kind, row: &Row) -> Option<(&'static Kind, &Row)> {
        let listed = |(id, name): &RelatedResource| Some((kinds::kind(*id)?, self.listing(*id).named(name)?));
        let subjects = kind.related_resources(&*row.object);
        subjects.iter().filter_map(listed).min_by_key(|(_, row)| row.diagnosis.health)
    }

    /// The worst health of any resource. An alarm that tells nothing leaves what it is about as that
    /// is judged by itself.
    pub fn worst(&self) -> Option<Health> {
        let judged = |kind: &'static Kind, row: &Row| {
            row.diagnosis.health == Health::Unknown && self.related_resource(kind, row).is_some()
        };
        let of_kind = |(id, listing): (&KindId, &Listing)| {
            let kind = kinds::kind(*id)?;
            let rows = listing.rows.values().filter(|row| !judged(kind, row));
            rows.map(|row| row.diagnosis.health).min()
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
            Some(Health::Changing) => Standing::Changing(
                (self.kinds.values())
                    .flat_map(Listing::rows)
                    .filter(|row| row.diagnosis.health == Health::Changing)
                    .count(),
            ),
            _ => Standing::Healthy,
        }
    }
}
