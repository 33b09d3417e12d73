//! What was seen of a service and ECS soon forgets: tasks that stopped (it tells them for an hour),
//! events (the last 100), deployments (until they are replaced). Kept, it outlives them there.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::domain::prelude::*;

use super::service::{Deployment, ServiceEvent};
use super::task::Task;

/// So many of each sort are kept of a resource; the oldest go first.
pub const MOST: usize = 300;

/// So many that are alike are kept of an hour, the first ones: a crash loop ends hundreds of tasks in
/// an hour, and would push out what was before it.
pub const ALIKE: usize = 30;

/// Something that was seen. Members may come to these types later: those that are missing in what
/// was written before read as empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It stopped, so it does not change any more.
    Task(Box<Task>),
    Event(ServiceEvent),
    /// As it was then.
    Deployment(Box<Deployment>),
}

impl What {
    /// When it happened, which is not when it was seen.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Task(task) => task.stopped,
            Self::Event(event) => event.at,
            Self::Deployment(deployment) => deployment.created,
        }
    }

    /// Whether both are the same thing, at whatever time it was seen: AWS's id says so, and of an
    /// event its time and words.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Task(one), Self::Task(other)) => one.arn == other.arn,
            (Self::Event(one), Self::Event(other)) => one == other,
            (Self::Deployment(one), Self::Deployment(other)) => one.id == other.id,
            _ => false,
        }
    }

    /// One number for the hour it happened in and what it is like: of tasks the revision, of events the
    /// words without names and numbers. A deployment is like no other.
    fn likeness(&self) -> Option<u64> {
        let mut like = DefaultHasher::new();
        (self.at()?.as_second() / 3600).hash(&mut like);
        match self {
            Self::Task(task) => task.task_definition.hash(&mut like),
            Self::Event(event) => {
                let mut depth = 0;
                let plain = |c: &char| {
                    depth += i32::from(*c == '(') - i32::from(*c == ')');
                    depth == 0 && !c.is_ascii_digit()
                };
                event.message.chars().filter(plain).for_each(|c| c.hash(&mut like));
            }
            Self::Deployment(_) => return None,
        }
        Some(like.finish())
    }

    /// Whether it is worth being kept in the place of what was known: a deployment came further. Its
    /// counts alone are not; they change with every look.
    fn says_more_than(&self, known: &Self) -> bool {
        match (self, known) {
            (Self::Deployment(new), Self::Deployment(old)) => {
                (&new.status, new.rollout, &new.rollout_reason) != (&old.status, old.rollout, &old.rollout_reason)
            }
            _ => false,
        }
    }
}

/// Something that was seen, of whom and when: one line of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub of: ResourceId,
    pub seen: Timestamp,
    pub what: What,
}

/// What was seen of one resource, what happened last first.
#[derive(Clone, Debug, Default)]
struct Past {
    records: Vec<Record>,
    /// The likeness of each, at its place: it is asked for far more often than it changes.
    likes: Vec<Option<u64>>,
}

impl Past {
    fn take(&mut self, record: Record) -> bool {
        if let Some(known) = self.records.iter_mut().find(|known| known.what.is(&record.what)) {
            let is_later = record.seen > known.seen;
            let is_news = is_later && record.what.says_more_than(&known.what);
            // What does not change was first seen then; what does is as it was seen last.
            if is_later == matches!(record.what, What::Deployment(_)) {
                *known = record;
            }
            return is_news;
        }
        let at = record.what.at();
        let like = record.what.likeness();
        let sort = std::mem::discriminant(&record.what);
        let alike = |other: &Option<u64>| like.is_some() && *other == like;
        let same = |known: &Record| std::mem::discriminant(&known.what) == sort;
        if self.likes.iter().filter(|other| alike(other)).count() >= ALIKE {
            let newest = self.likes.iter().position(alike);
            match newest {
                Some(newest) if self.records[newest].what.at() > at => self.remove(newest),
                _ => return false,
            }
        } else if self.records.iter().filter(|known| same(known)).count() >= MOST {
            let oldest = self.records.iter().rposition(same);
            match oldest {
                Some(oldest) if self.records[oldest].what.at() <= at => self.remove(oldest),
                // All that is kept of this sort happened later.
                _ => return false,
            }
        }
        let place = self.records.partition_point(|known| known.what.at() > at);
        self.records.insert(place, record);
        self.likes.insert(place, like);
        true
    }

    fn remove(&mut self, place: usize) {
        self.records.remove(place);
        self.likes.remove(place);
    }
}

/// All that was seen, each thing once.
#[derive(Clone, Debug, Default)]
pub struct Records(HashMap<ResourceId, Past>);

impl Records {
    /// What was seen of a resource, what happened last first.
    pub fn of(&self, id: &ResourceId) -> &[Record] {
        self.0.get(id).map_or(&[], |past| &past.records)
    }

    /// All that was seen, of all resources.
    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        self.0.values().flat_map(|past| &past.records)
    }

    /// Takes something in. `false`: it was known, or enough of its like is kept, so it need not be
    /// written. Give the oldest first: then nothing is taken in that what comes behind pushes out.
    pub fn take(&mut self, record: Record) -> bool {
        self.0.entry(record.of.clone()).or_default().take(record)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::service::Rollout;

    fn second(n: i64) -> Timestamp {
        Timestamp::from_second(n).unwrap()
    }

    fn record(seen: i64, what: What) -> Record {
        Record { of: ResourceId("api".into()), seen: second(seen), what }
    }

    fn task(id: i64, stopped: i64) -> What {
        let arn = format!("task/{id}").into();
        What::Task(Box::new(Task { arn, stopped: Some(second(stopped)), ..Task::default() }))
    }

    fn event(at: i64, message: &str) -> What {
        What::Event(ServiceEvent { at: Some(second(at)), message: message.into() })
    }

    fn deployment(id: i64, rollout: Rollout, running: u32) -> What {
        What::Deployment(Box::new(Deployment {
            id: format!("ecs-svc/{id}").into(),
            rollout: Some(rollout),
            running,
            created: Some(second(id)),
            ..Deployment::default()
        }))
    }

    fn all(records: &Records) -> &[Record] {
        records.of(&ResourceId("api".into()))
    }

    #[test]
    fn a_thing_is_kept_once_and_a_deployment_as_it_was_last() {
        let mut records = Records::default();
        assert!(records.take(record(10, task(1, 5))));
        assert!(!records.take(record(20, task(1, 5))), "known");
        assert!(records.take(record(10, event(5, "started"))));
        assert!(!records.take(record(20, event(5, "started"))));
        assert!(records.take(record(20, event(5, "stopped"))), "two things in one second");
        assert!(records.take(record(10, deployment(3, Rollout::InProgress, 0))));
        assert!(!records.take(record(20, deployment(3, Rollout::InProgress, 1))), "only its counts changed");
        assert!(records.take(record(30, deployment(3, Rollout::Failed, 1))));
        assert!(!records.take(record(10, deployment(3, Rollout::InProgress, 0))), "older than what is known");
        let kept = all(&records);
        assert_eq!(kept.len(), 4);
        assert_eq!(kept.last().unwrap(), &record(30, deployment(3, Rollout::Failed, 1)));
        assert!(kept.contains(&record(10, task(1, 5))), "as it was seen first");
        assert!(records.of(&ResourceId("web".into())).is_empty());
    }

    #[test]
    fn many_of_one_sort_push_out_the_oldest_of_it_and_no_other() {
        let mut records = Records::default();
        assert!(records.take(record(0, task(-1, 1))));
        let hourly = |n: usize| event(3600 * n as i64, "has reached a steady state.");
        for n in 1..=MOST {
            assert!(records.take(record(0, hourly(n))));
        }
        assert!(!records.take(record(0, hourly(0))), "older than all of them");
        assert!(records.take(record(0, hourly(MOST + 1))));
        let kept = all(&records);
        assert_eq!((kept.len(), &kept[0].what), (MOST + 1, &hourly(MOST + 1)));
        assert!(kept.iter().any(|record| record.what == task(-1, 1)));
        assert!(!kept.iter().any(|record| record.what == hourly(1)));
    }

    #[test]
    fn of_a_crash_loop_the_first_of_each_hour_are_kept() {
        let mut records = Records::default();
        let mut taken = 0;
        for n in 0..600 {
            taken += usize::from(records.take(record(n, task(n, 12 * n))));
            let started = format!("(service api) has started {} tasks: (task {n}) (task x{n}).", n % 3);
            taken += usize::from(records.take(record(n, event(12 * n, &started))));
        }
        assert!(records.take(record(0, event(30, "(service api) was unable to place a task."))), "another thing");
        assert_eq!((taken, all(&records).len()), (4 * ALIKE, 4 * ALIKE + 1), "of two hours and two sorts");
        assert!(all(&records).iter().any(|record| record.what == task(300, 3600)));
        // One that was seen late, and happened before the others.
        assert!(records.take(record(900, task(-7, 1))));
        assert_eq!(all(&records).len(), 4 * ALIKE + 1);
    }

    #[test]
    fn what_was_written_by_an_older_midwatch_is_read() {
        let line = r#"{"of":"api","seen":"1970-01-01T00:00:10Z","what":{"task":{"arn":"task/1","new":1}}}"#;
        let read: Record = serde_json::from_str(line).unwrap();
        let What::Task(task) = &read.what else { panic!("{read:?}") };
        assert_eq!((task.arn.as_str(), task.stopped), ("task/1", None));
        let written = serde_json::to_string(&record(10, deployment(3, Rollout::InProgress, 2))).unwrap();
        assert_eq!(
            serde_json::from_str::<Record>(&written).unwrap(),
            record(10, deployment(3, Rollout::InProgress, 2))
        );
    }

    fn any_what() -> impl Strategy<Value = What> {
        let rollouts = [Rollout::InProgress, Rollout::Failed, Rollout::Completed];
        prop_oneof![
            (0i64..20).prop_map(|id| task(id, id % 7)),
            (0i64..9, 0usize..3).prop_map(|(at, word)| event(at, ["started", "stopped", "steady"][word])),
            (0i64..5, 0usize..3).prop_map(move |(id, rollout)| deployment(id, rollouts[rollout], 0)),
        ]
    }

    proptest! {
        /// Two consoles write side by side, and a file is read in any order of its pieces.
        #[test]
        fn whatever_the_order_nothing_is_kept_twice(
            (inward, shuffled) in prop::collection::vec(any_what(), 0..60)
                .prop_map(|whats| (0..).zip(whats).map(|(seen, what)| record(seen, what)).collect::<Vec<_>>())
                .prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle()))
        ) {
            let kept = |order: &[Record]| {
                let mut records = Records::default();
                for record in order.iter().chain(order) {
                    records.take(record.clone());
                }
                all(&records).to_vec()
            };
            let kept_so = kept(&inward);
            for (i, one) in kept_so.iter().enumerate() {
                prop_assert!(!kept_so[..i].iter().any(|other| other.what.is(&one.what)), "{one:?} twice");
            }
            prop_assert!(kept_so.is_sorted_by(|a, b| a.what.at() >= b.what.at()));
            for seen in &inward {
                prop_assert!(kept_so.iter().any(|one| one.what.is(&seen.what)), "{seen:?} is lost");
            }
            // Of what happened in the same second the order is that of arrival.
            let as_set = |kept: &[Record]| {
                let mut set: Vec<_> = kept.iter().map(|record| format!("{record:?}")).collect();
                set.sort();
                set
            };
            prop_assert_eq!(as_set(&kept_so), as_set(&kept(&shuffled)));
        }
    }
}
