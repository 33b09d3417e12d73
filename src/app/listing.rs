//! The resources of one kind as they were read last, each with its time and how it is judged.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound;

use super::row_index::RowIndex;
use crate::domain::fault::Fault;
use crate::domain::fetched::Fetched;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::query::ListingPiece;
use crate::domain::resource::{Object, ResourceId};
use crate::domain::text::Text;
use crate::domain::{Timestamp, format};
use crate::kinds::kind::Kind;
use crate::kinds::rule::LeaderChanged;

/// Every row is judged again within so many seconds: some judgements change with the time alone.
const ROUND: usize = 30;

/// So many rows are judged every second however few there are.
const EACH_SECOND: usize = 64;

/// So many rows at most that are not well, or that move, are judged every second.
const UNSETTLED: usize = 200;

/// One row of a list, with the time it was read and how it is judged.
#[derive(Clone, Debug)]
pub struct Row {
    pub object: Object,
    pub at: Timestamp,
    pub diagnosis: Diagnosis,
    /// The list's revision when the row changed last.
    pub changed: u64,
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
    /// What is known of all rows together.
    index: RowIndex,
    /// How many rows went.
    removals: u64,
    /// The row that was judged last in its turn.
    judged: Option<ResourceId>,
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

/// The listing of what was never read.
pub static NOTHING: std::sync::LazyLock<Listing> = std::sync::LazyLock::new(Listing::default);

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
        self.index.wrong().len()
    }

    /// Those rows, in the order of their ids.
    pub fn wrong_rows(&self) -> impl Iterator<Item = &Row> {
        self.index.wrong().iter().filter_map(|id| self.rows.get(id))
    }

    /// The ids of all rows, in order.
    pub fn ids(&self) -> Vec<ResourceId> {
        self.rows.keys().cloned().collect()
    }

    /// Their ids, in order.
    pub fn wrong_ids(&self) -> Vec<ResourceId> {
        self.index.wrong().iter().cloned().collect()
    }

    /// The rows of which nothing is known that tells how they are.
    pub fn unknown_rows(&self) -> impl Iterator<Item = &Row> {
        self.index.unknown().iter().filter_map(|id| self.rows.get(id))
    }

    /// How many rows are of a health.
    pub fn count(&self, health: Health) -> usize {
        self.index.count(health)
    }

    /// The rows that changed after a revision, in the order of their changes.
    pub fn changed_since(&self, revision: u64) -> impl Iterator<Item = &Row> {
        self.index.changed_since(revision).filter_map(|id| self.rows.get(id))
    }

    /// Grows when rows go.
    pub fn removals(&self) -> u64 {
        self.removals
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
        self.index.worst()
    }

    /// Seconds since the oldest of the data was good: the age that the pane admits. Without any
    /// data a list that was read well is as old as its reading.
    pub fn age(&self, now: Timestamp) -> Option<i64> {
        let empty_since = || self.sweep.at().filter(|_| self.expected() == 0 && self.faults().is_empty());
        let oldest = self.index.oldest().or_else(empty_since)?;
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
    pub fn moving(&self) -> &BTreeSet<ResourceId> {
        self.index.moving()
    }

    /// The parts in which something may just have ended.
    pub fn restless(&self) -> BTreeSet<Text> {
        let rows = self.index.restless().iter().filter_map(|id| self.rows.get(id));
        rows.map(|row| row.object.part().clone()).collect()
    }

    /// Takes a row in, new or read again.
    fn put(&mut self, kind: &dyn Kind, object: Object, now: Timestamp) {
        let id = object.id().clone();
        let before = self.rows.get(&id).and_then(|row| kind.leader(&*row.object));
        if let (Some(from), Some(to)) = (before, kind.leader(&*object))
            && from != to
        {
            self.leader_changed.insert(id.clone(), LeaderChanged { from, to, at: now });
        }
        let diagnosis = kind.diagnose(&*object, now);
        if let Some(row) = self.rows.get_mut(&id)
            && row.diagnosis == diagnosis
            && row.object.is_same(&*object)
        {
            self.index.leave(row);
            row.at = now;
            return self.index.enter(row);
        }
        self.names.extend(kind.names(&*object).into_iter().map(|name| (name, id.clone())));
        self.revision += 1;
        let row = Row { object, at: now, diagnosis, changed: self.revision };
        if let Some(old) = self.rows.get(&id) {
            self.index.leave(old);
        }
        self.index.enter(&row);
        self.rows.insert(id, row);
    }

    /// Drops the rows that are not there any more.
    fn retain(&mut self, stays: impl Fn(&ResourceId, &Row) -> bool) {
        let Self { rows, index, removals, .. } = self;
        rows.retain(|id, row| {
            let stays = stays(id, row);
            if !stays {
                index.leave(row);
                *removals += 1;
            }
            stays
        });
    }

    /// Takes a piece of an answer in. Rows that are as they were are younger now, and that is no change.
    pub fn accept(&mut self, kind: &dyn Kind, piece: ListingPiece, now: Timestamp) {
        match piece {
            ListingPiece::Parts(names) => {
                let names: HashSet<Text> = names.into_iter().collect();
                self.revision += u64::from(!self.parts.keys().eq(names.iter().collect::<BTreeSet<_>>()));
                self.parts.retain(|name, _| names.contains(name));
                self.retain(|_, row| names.contains(row.object.part()));
                for name in names {
                    self.parts.entry(name).or_default();
                }
            }
            ListingPiece::Roster { part, ids } => {
                let ids: HashSet<ResourceId> = ids.into_iter().collect();
                self.retain(|id, row| *row.object.part() != part || ids.contains(id));
                let part = self.parts.entry(part).or_default();
                self.revision += u64::from(part.ids != ids);
                part.ids = ids;
            }
            ListingPiece::Items(items) => items.into_iter().for_each(|object| self.put(kind, object, now)),
            ListingPiece::PartFailed { part, fault } => {
                self.revision += 1;
                let part = self.parts.entry(part).or_default();
                part.fault = Some(fault);
                part.failed = true;
            }
        }
    }

    /// These do not exist any more.
    pub fn forget(&mut self, gone: &[ResourceId]) {
        self.revision += 1;
        for id in gone {
            if let Some(row) = self.rows.remove(id) {
                self.index.leave(&row);
                self.removals += 1;
            }
            self.parts.values_mut().for_each(|part| {
                part.ids.remove(id);
            });
        }
    }

    /// A full sweep has come to its end.
    pub fn complete(&mut self, now: Timestamp) {
        self.revision += u64::from(self.is_partial() || !self.faults().is_empty());
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
    pub fn complete_wrong(&mut self, now: Timestamp) {
        let was_whole = self.wrong_asked.at().is_some() && self.faults().is_empty();
        self.passed_over = std::mem::take(&mut self.passing_over);
        if !std::mem::take(&mut self.wrong_failed) {
            self.wrong_asked.accept((), now);
        }
        self.revision += u64::from(!was_whole || !self.faults().is_empty());
    }

    /// Judges rows again: some rules look at the time. Those that are not well, or move, each second; the
    /// others in turn. Returns how many.
    pub fn judge(&mut self, kind: &dyn Kind, now: Timestamp) -> usize {
        let turn = self.rows.len().div_ceil(ROUND).max(EACH_SECOND);
        let after = self.judged.take().map_or(Bound::Unbounded, Bound::Excluded);
        let mut due: Vec<ResourceId> =
            self.rows.range((after, Bound::Unbounded)).take(turn).map(|(id, _)| id.clone()).collect();
        self.judged = due.last().filter(|_| due.len() == turn).cloned();
        due.extend(self.index.unsettled().take(UNSETTLED).cloned());
        due.sort_unstable();
        due.dedup();
        let judged = due.len();
        for id in due {
            let Some(row) = self.rows.get_mut(&id) else { continue };
            let diagnosis = kind.diagnose(&*row.object, now);
            if diagnosis != row.diagnosis {
                self.revision += 1;
                self.index.leave(row);
                (row.diagnosis, row.changed) = (diagnosis, self.revision);
                self.index.enter(row);
            }
        }
        judged
    }

    /// Files what failed of a full sweep.
    pub fn sweep_failed(&mut self, fault: Fault) {
        self.revision += 1;
        self.sweep_fault = Some(fault);
    }

    /// Files what failed of the question after what is wrong.
    pub fn wrong_failed(&mut self, fault: Fault, now: Timestamp) {
        self.revision += 1;
        self.wrong_failed = true;
        self.wrong_asked.fail(fault, now);
    }

    /// Files a part that the question after what is wrong could not look at.
    pub fn pass_over(&mut self, part: Text, fault: Fault) {
        self.passing_over.insert(part, fault);
    }
}

#[cfg(test)]
pub mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::service::Service;
    use crate::kinds;
    use crate::kinds::services::SERVICES;
    use crate::kinds::services::fixtures::{self, NOW};

    pub fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(NOW + seconds).unwrap()
    }

    pub fn services() -> &'static dyn Kind {
        kinds::kind(SERVICES).unwrap()
    }

    /// A service of this number, of whose two tasks so many run.
    pub fn service(number: usize, running: u32) -> Object {
        let name = format!("route-{number:04}");
        let id = ResourceId(format!("arn:aws:ecs:us-east-1:123456789012:service/marine/{name}").into());
        let events = if running < 2 { vec![] } else { fixtures::service(2).events };
        Arc::new(Service { id, name: name.into(), running, events, ..fixtures::service(2) })
    }

    /// So many services, all well.
    pub fn listing(services_: usize) -> Listing {
        let mut listing = Listing::default();
        let items: Vec<Object> = (0..services_).map(|number| service(number, 2)).collect();
        let ids = items.iter().map(|item| item.id().clone()).collect();
        listing.accept(services(), ListingPiece::Roster { part: "marine".into(), ids }, at(0));
        listing.accept(services(), ListingPiece::Items(items), at(0));
        listing.complete(at(0));
        listing
    }

    #[test]
    fn a_second_judges_what_is_unsettled_and_a_part_of_the_others() {
        let mut listing = listing(5_000);
        listing.accept(services(), ListingPiece::Items((0..10).map(|number| service(number, 1)).collect()), at(1));
        assert_eq!(listing.wrong(), 10);
        let judged: Vec<usize> = (0..ROUND as i64).map(|second| listing.judge(services(), at(second))).collect();
        assert!(judged.iter().all(|judged| (150..=180).contains(judged)), "{judged:?}");
        assert!(judged.iter().sum::<usize>() >= 5_000, "all of them in a round");
    }

    #[test]
    fn what_is_read_again_as_it_was_is_younger_and_nothing_else() {
        let mut listing = listing(40);
        let before = listing.revision;
        let items: Vec<Object> = (0..40).map(|number| service(number, 2)).collect();
        let ids = items.iter().map(|item| item.id().clone()).collect();
        listing.accept(services(), ListingPiece::Parts(vec!["marine".into()]), at(5));
        listing.accept(services(), ListingPiece::Roster { part: "marine".into(), ids }, at(5));
        listing.accept(services(), ListingPiece::Items(items), at(5));
        listing.complete(at(5));
        assert_eq!((listing.revision - before, listing.age(at(6))), (0, Some(1)));
    }

    #[test]
    fn a_short_list_is_judged_whole_each_second() {
        let mut listing = listing(40);
        assert_eq!(listing.judge(services(), at(1)), 40);
        assert_eq!(listing.judge(services(), at(2)), 40);
    }

    proptest! {
        /// Whatever comes and goes, what is known of all rows is what the rows say.
        #[test]
        fn the_index_is_what_the_rows_say(steps in prop::collection::vec((0usize..12, 0u32..4), 1..60)) {
            let mut listing = Listing::default();
            for (second, (number, running)) in steps.into_iter().enumerate() {
                let object = service(number, running.min(2));
                let before = listing.revision;
                let known = listing.row(object.id()).cloned();
                let id = object.id().clone();
                match running {
                    3 => listing.forget(&[object.id().clone()]),
                    _ => listing.accept(services(), ListingPiece::Items(vec![object]), at(second as i64)),
                }
                let healths = || listing.rows().map(|row| row.diagnosis.health);
                prop_assert_eq!(listing.wrong(), healths().filter(|health| health.is_wrong()).count());
                prop_assert_eq!(listing.count(Health::Ok), healths().filter(|health| *health == Health::Ok).count());
                prop_assert_eq!(listing.worst(), healths().min());
                let oldest = listing.rows().map(|row| row.at).min();
                prop_assert_eq!(listing.age(at(100)), oldest.map(|oldest| format::seconds_since(oldest, at(100))));
                let moving: Vec<_> = listing.rows().filter(|row| row.diagnosis.is_moving).map(|row| row.object.id()).collect();
                prop_assert_eq!(listing.moving().iter().collect::<Vec<_>>(), moving);
                let is_other = |row: &Row| known.as_ref().is_none_or(|known| {
                    !known.object.is_same(&*row.object) || known.diagnosis != row.diagnosis
                });
                let others = listing.row(&id).filter(|row| is_other(row)).into_iter();
                let changed: Vec<_> = listing.changed_since(before).map(|row| row.object.id()).collect();
                prop_assert_eq!(changed, others.map(|row| row.object.id()).collect::<Vec<_>>());
                let known: BTreeSet<_> = listing.changed_since(0).map(|row| row.object.id().clone()).collect();
                prop_assert_eq!(known.len(), listing.len());
            }
        }
    }
}
