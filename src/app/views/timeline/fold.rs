//! What happens again and again is one line on the clock, where it began: a crash loop must not bury the
//! deployment that it came with.

use std::collections::HashMap;

use crate::domain::Timestamp;
use crate::domain::timeline::{TimelineEntry, TimelineKind};

/// What comes again after more than so many seconds begins a line of its own.
const PAUSE: i64 = 600;

/// A line of the clock: an entry, and how often such a thing happened from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// The place of the first of them.
    pub place: usize,
    pub times: usize,
    /// When it happened last.
    pub last: Timestamp,
}

/// Folds entries, newest first, by their places; the lines come newest first too. Only what happens by
/// itself is folded: every deployment, request, action and turn of an alarm counts.
pub fn fold(entries: &[TimelineEntry], places: impl DoubleEndedIterator<Item = usize>) -> Vec<Fold> {
    let mut folds: Vec<Fold> = Vec::new();
    let mut open: HashMap<(&str, String), usize> = HashMap::new();
    for place in places.rev() {
        let entry = &entries[place];
        let alone = Fold { place, times: 1, last: entry.at() };
        if !matches!(entry.first().sort, TimelineKind::Event | TimelineKind::Task) || entry.told().len() > 1 {
            folds.push(alone);
            continue;
        }
        let first = entry.first();
        let like = (first.about.names.first().map_or("", |name| name.as_str()), likeness(&first.what));
        match open.get(&like).map(|at| &mut folds[*at]) {
            Some(fold) if entry.at().as_second() - fold.last.as_second() <= PAUSE => {
                fold.times += 1;
                fold.last = entry.at();
            }
            _ => {
                open.insert(like, folds.len());
                folds.push(alone);
            }
        }
    }
    folds.reverse();
    folds
}

/// The words without numbers and without what stands in brackets: names of tasks and deployments.
fn likeness(what: &str) -> String {
    let mut depth = 0;
    let plain = |c: &char| {
        depth += i32::from(*c == '(') - i32::from(*c == ')');
        depth == 0 && !c.is_ascii_digit()
    };
    what.chars().filter(plain).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::text::Text;
    use crate::domain::timeline::{About, TimelineEvent, TimelineSource, Turn, merge};

    fn clock(all: &[(i64, TimelineKind, String)]) -> Vec<TimelineEntry> {
        merge(all.iter().enumerate().map(|(i, (at, sort, what))| TimelineEvent {
            at: Timestamp::from_second(*at).unwrap(),
            source: TimelineSource::JOURNAL,
            key: i.to_string().into(),
            same: vec![],
            sort: *sort,
            turn: Turn::Neither,
            about: About::default(),
            what: what.as_str().into(),
            actor: Text::default(),
            more: vec![],
        }))
    }

    #[test]
    fn a_crash_loop_is_two_lines_where_it_began() {
        let mut all = vec![(1000, TimelineKind::Deployment, "api:42 began".to_string())];
        for n in 0..30 {
            all.push((1010 + 10 * n, TimelineKind::Event, format!("has started {} tasks: (task {n:x})", 1 + n % 2)));
            all.push((1015 + 10 * n, TimelineKind::Event, "deployment failed".into()));
        }
        all.push((5000, TimelineKind::Event, "deployment failed".into()));
        let entries = clock(&all);
        let told: Vec<(i64, usize, i64)> = fold(&entries, 0..entries.len())
            .iter()
            .map(|fold| (entries[fold.place].at().as_second(), fold.times, fold.last.as_second()))
            .collect();
        assert_eq!(told, [(5000, 1, 5000), (1015, 30, 1305), (1010, 30, 1300), (1000, 1, 1000)]);
    }

    proptest! {
        #[test]
        fn every_entry_is_counted_once(
            all in prop::collection::vec((0i64..5000, 0usize..3, 0u8..4), 0..60)
        ) {
            let sorts = [TimelineKind::Event, TimelineKind::Task, TimelineKind::Change];
            let all: Vec<_> = all.into_iter().map(|(at, sort, what)| (at, sorts[sort], format!("{what} thing"))).collect();
            let entries = clock(&all);
            let folds = fold(&entries, 0..entries.len());
            prop_assert_eq!(folds.iter().map(|fold| fold.times).sum::<usize>(), entries.len());
            prop_assert!(folds.is_sorted_by(|a, b| entries[a.place].at() >= entries[b.place].at()));
            let changes = entries.iter().filter(|entry| entry.first().sort == TimelineKind::Change).count();
            prop_assert_eq!(folds.iter().filter(|fold| entries[fold.place].first().sort == TimelineKind::Change).count(), changes);
        }
    }
}
