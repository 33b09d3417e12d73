//! What the sources of the timeline told of one environment: how far back each is known whole, when it
//! was read last, and what it failed with.

use std::collections::BTreeMap;

use crate::domain::Timestamp;
use crate::domain::fault::Fault;
use crate::domain::fetched::Fetched;
use crate::domain::query::Answer;
use crate::domain::text::Text;
use crate::domain::timeline::{TimeRange, TimelineEvent, TimelineSource};

/// Happenings of one source that are kept; the oldest go first.
const KEPT: usize = 4_000;

/// Questions begin at a multiple of so many seconds, so that the same one is asked for a while.
const GRID: i64 = 600;

/// The newest question reaches back so far behind the last answer, in seconds: what AWS was late with.
const OVERLAP: i64 = 300;

/// How far back the first question reaches, in seconds.
pub const FIRST: i64 = 3 * 3600;

/// So many seconds before a moment.
pub fn before(moment: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(moment.as_second().saturating_sub(seconds)).unwrap_or(Timestamp::MIN)
}

/// What one source told.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    happenings: BTreeMap<(Timestamp, Text), TimelineEvent>,
    /// When it was read up to then last, and what the newest question failed with.
    pub read: Fetched<()>,
    /// Nothing is missing from here on, up to the last reading.
    pub from: Option<Timestamp>,
    /// More is not kept: what is older is not asked for.
    is_full: bool,
}

impl Feed {
    pub fn happenings(&self) -> impl Iterator<Item = &TimelineEvent> {
        self.happenings.values()
    }

    /// What is asked for the newest: from a little before the last answer on.
    pub fn newest(&self, source: TimelineSource, now: Timestamp) -> TimeRange {
        let first = before(now, FIRST);
        let overlap = source.lateness().unwrap_or(0) + OVERLAP;
        let from = self.read.at().map_or(first, |at| before(at, overlap).max(first));
        let on_grid = from.as_second().div_euclid(GRID) * GRID;
        TimeRange { from: Timestamp::from_second(on_grid).unwrap_or(from), to: None }
    }

    /// What is asked for to be whole back to a moment; `None` where it is, or where nothing was read yet.
    pub fn older(&self, back_to: Timestamp) -> Option<TimeRange> {
        let from = self.from.filter(|from| *from > back_to && !self.is_full)?;
        Some(TimeRange { from: back_to, to: Some(from) })
    }

    /// It was asked since a moment, and reaches back to another as far as it ever will.
    pub fn has_answered(&self, since: Timestamp, back_to: Timestamp) -> bool {
        let failed = self.read.failed_at().is_some_and(|at| at >= since);
        let read = self.read.at().is_some_and(|at| at >= since);
        failed || (read && self.older(back_to).is_none())
    }

    fn accept(&mut self, asked: TimeRange, told: Vec<TimelineEvent>, from: Timestamp, now: Timestamp) {
        let from = from.max(asked.from);
        match (asked.to, self.from) {
            // It follows on what is known, or stands alone behind a hole.
            (None, known) => {
                let joins = self.read.at().is_some_and(|at| from <= at);
                self.from = Some(known.filter(|known| joins && *known < from).unwrap_or(from));
                self.read.accept((), now);
            }
            (Some(to), Some(known)) if to >= known => self.from = Some(known.min(from)),
            (Some(_), _) => {}
        }
        self.happenings.extend(told.into_iter().map(|told| ((told.at, told.key.clone()), told)));
        while self.happenings.len() > KEPT {
            if let Some(((at, _), _)) = self.happenings.pop_first() {
                self.from = self.from.map(|from| from.max(at));
                self.is_full = true;
            }
        }
    }
}

/// What all sources told.
#[derive(Clone, Debug, Default)]
pub struct SourceFeeds(BTreeMap<TimelineSource, Feed>);

impl SourceFeeds {
    /// What a source told; nothing of one that was never asked.
    pub fn of(&self, source: TimelineSource) -> &Feed {
        static NOTHING: std::sync::LazyLock<Feed> = std::sync::LazyLock::new(Feed::default);
        self.0.get(&source).unwrap_or(&NOTHING)
    }

    pub fn iter(&self) -> impl Iterator<Item = (TimelineSource, &Feed)> {
        self.0.iter().map(|(source, feed)| (*source, feed))
    }

    /// Files an answer, or what the question failed with: what was told before stays.
    pub fn accept(&mut self, source: TimelineSource, asked: TimeRange, result: Result<Answer, Fault>, now: Timestamp) {
        let feed = self.0.entry(source).or_default();
        match result {
            Ok(Answer::Events { told, from }) => feed.accept(asked, told, from, now),
            Ok(_) => {}
            Err(fault) => feed.read.fail(fault, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::fault::FaultKind;
    use crate::domain::timeline::{About, TimelineKind, Turn};
    use crate::kinds::databases::EVENTS;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn told(second: i64) -> TimelineEvent {
        TimelineEvent {
            at: at(second),
            source: EVENTS,
            key: second.to_string().into(),
            same: vec![],
            sort: TimelineKind::Event,
            turn: Turn::Neither,
            about: About::default(),
            what: "x".into(),
            actor: Text::default(),
            more: vec![],
        }
    }

    fn stretch(from: i64, to: Option<i64>) -> TimeRange {
        TimeRange { from: at(from), to: to.map(at) }
    }

    /// A source in which something happens every hundred seconds, of which a page tells so many.
    fn answer(asked: TimeRange, now: i64, most: usize) -> Answer {
        let (from, to) = (asked.from.as_second(), asked.to.map_or(now, |to| to.as_second()));
        let all: Vec<i64> = (from..=to).rev().filter(|second| second % 100 == 0).collect();
        let from = if all.len() > most { all[most - 1] } else { from };
        Answer::Events { told: all.into_iter().take(most).map(told).collect(), from: at(from) }
    }

    #[test]
    fn the_newest_question_stays_the_same_for_a_while_and_looks_back() {
        let (mut feed, now) = (Feed::default(), 1_000_000);
        let first = feed.newest(TimelineSource::CLOUD_TRAIL, at(now));
        assert!((0..GRID).contains(&(now - FIRST - first.from.as_second())), "{first:?}");
        feed.accept(first, vec![], first.from, at(now));
        let next = feed.newest(TimelineSource::CLOUD_TRAIL, at(now + 60));
        assert!(now - next.from.as_second() >= 20 * 60, "what comes late is found");
        feed.accept(next, vec![], next.from, at(now + 60));
        assert_eq!(feed.newest(TimelineSource::CLOUD_TRAIL, at(now + 120)), next);
        assert!(feed.newest(EVENTS, at(now)).from > next.from);
        // A day later the hours between are not asked for at once.
        let later = feed.newest(EVENTS, at(now + 86_400));
        assert!((0..GRID).contains(&(now + 86_400 - FIRST - later.from.as_second())));
    }

    #[test]
    fn a_hole_is_known_and_filled() {
        let mut feed = Feed::default();
        feed.accept(stretch(0, None), vec![told(100)], at(0), at(1000));
        assert_eq!((feed.from, feed.older(at(0))), (Some(at(0)), None));
        // Long not looked at: between is nothing known.
        feed.accept(stretch(50_000, None), vec![told(50_100)], at(50_000), at(60_000));
        assert_eq!((feed.from, feed.older(at(0))), (Some(at(50_000)), Some(stretch(0, Some(50_000)))));
        // More than was read at once: only back to there.
        feed.accept(stretch(0, Some(50_000)), vec![told(40_000)], at(40_000), at(60_000));
        assert_eq!(feed.older(at(0)), Some(stretch(0, Some(40_000))));
        assert_eq!(feed.older(at(45_000)), None);
        assert_eq!(feed.happenings().count(), 3);
    }

    #[test]
    fn a_fault_keeps_what_was_told_and_counts_as_an_answer() {
        let mut all = SourceFeeds::default();
        let fault = || Fault::new(FaultKind::Throttled, "rds:DescribeEvents", "slow down");
        all.accept(EVENTS, stretch(0, None), Ok(answer(stretch(0, None), 500, 10)), at(500));
        all.accept(EVENTS, stretch(0, None), Err(fault()), at(600));
        let feed = all.of(EVENTS);
        assert_eq!((feed.happenings().count(), feed.read.at(), feed.from), (6, Some(at(500)), Some(at(0))));
        assert!(feed.read.fault().is_some() && feed.has_answered(at(550), at(0)));
        assert!(!all.of(TimelineSource::JOURNAL).has_answered(at(0), at(0)));
    }

    #[test]
    fn what_is_kept_has_an_end() {
        let mut feed = Feed::default();
        feed.accept(stretch(0, None), (0..KEPT as i64 + 10).map(told).collect(), at(0), at(10_000));
        assert_eq!((feed.happenings().count(), feed.from, feed.older(at(0))), (KEPT, Some(at(9)), None));
    }

    proptest! {
        /// However long the pauses and however little a page holds: what a feed says is whole is whole.
        #[test]
        fn from_there_on_nothing_is_missing(
            steps in prop::collection::vec((0i64..20_000, 1usize..60, any::<bool>()), 1..12)
        ) {
            let (mut feed, mut now) = (Feed::default(), 200_000);
            let begun = before(at(now), 2 * FIRST);
            for (pause, most, newest) in steps {
                now += pause;
                let asked = if newest { Some(feed.newest(EVENTS, at(now))) } else { feed.older(begun) };
                let Some(asked) = asked else { continue };
                if let Answer::Events { told, from } = answer(asked, now, most) {
                    feed.accept(asked, told, from, at(now));
                }
                let (Some(from), Some(read)) = (feed.from, feed.read.at()) else { continue };
                let known: Vec<i64> =
                    feed.happenings().map(|told| told.at.as_second()).filter(|t| *t >= from.as_second()).collect();
                let wanted: Vec<i64> = (from.as_second()..=read.as_second()).filter(|t| t % 100 == 0).collect();
                prop_assert_eq!(known, wanted);
            }
        }
    }
}
