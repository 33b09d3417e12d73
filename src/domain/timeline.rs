//! What changed: things that happened to an environment, told by several sources and brought onto one
//! clock, each of them once.

use crate::domain::prelude::*;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use strum::IntoStaticStr;

/// Two tellings of one thing are no further apart than that, in seconds: the request, and what it
/// started.
const TOGETHER: i64 = 120;

/// Who tells it: the console, what AWS keeps of all, or what tells of the resources of a kind, which declares it.
/// Sources are in the order in which they speak for a thing that several tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimelineSource {
    /// No two have the same.
    rank: u8,
    word: &'static str,
    short: &'static str,
    /// Seconds from one question of its own to the next.
    every: Option<u16>,
}

impl TimelineSource {
    /// The journal: actions of midwatch and how they ended.
    pub const JOURNAL: Self = Self::known(0, "midwatch", "own");
    /// DescribeScalingActivities, the newest of all services; kept for six weeks.
    pub const AUTOSCALING: Self = Self::known(20, "autoscaling", "scale");
    /// LookupEvents, those that wrote; kept for 90 days. Its two requests a second are for all who use the account,
    /// and what is told elsewhere comes minutes late anyway.
    pub const CLOUD_TRAIL: Self = Self::asked(90, 60, "CloudTrail", "trail");

    /// One whose happenings are there anyway: its rank, its word, and a short one.
    pub const fn known(rank: u8, word: &'static str, short: &'static str) -> Self {
        Self { rank, word, short, every: None }
    }

    /// One that is asked by a question of its own, every so many seconds.
    pub const fn asked(rank: u8, every: u16, word: &'static str, short: &'static str) -> Self {
        Self { rank, word, short, every: Some(every) }
    }

    /// For people, and in filters.
    pub fn word(self) -> &'static str {
        self.word
    }

    /// Where there is little room.
    pub fn short(self) -> &'static str {
        self.short
    }

    /// How often it is asked by a question of its own; nothing where what it tells is there anyway.
    pub fn every(self) -> Option<Duration> {
        self.every.map(|every| Duration::from_secs(every.into()))
    }

    /// By how many seconds what it tells may be late, where that is much: CloudTrail delivers in about
    /// five minutes on average and promises nothing (CloudTrail guide, "How CloudTrail works").
    pub fn lateness(self) -> Option<i64> {
        (self == Self::CLOUD_TRAIL).then_some(15 * 60)
    }
}

/// A stretch of time that a source is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeRange {
    pub from: Timestamp,
    /// `None`: until now.
    pub to: Option<Timestamp>,
}

/// What sort of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum TimelineKind {
    /// An action of this console.
    Action,
    Deployment,
    /// What AWS says happened by itself.
    Event,
    /// A task that stopped.
    Task,
    Alarm,
    /// A request that changed something.
    Change,
}

words!(TimelineKind);

/// Whether it was for the better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    #[default]
    Neither,
    Worse,
    Better,
}

/// Whom it happened to: the kind where it is one of ours, and the ids and names that the source calls
/// it by, the surest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub kind: Option<KindId>,
    pub names: Vec<Text>,
}

impl About {
    pub fn new(kind: KindId, names: impl IntoIterator<Item = Text>) -> Self {
        Self { kind: Some(kind), names: names.into_iter().collect() }
    }

    /// Whether it is this resource, by its id or by a name that it goes by.
    pub fn is(&self, kind: KindId, id: &ResourceId, names: &[Text]) -> bool {
        self.kind == Some(kind) && self.names.iter().any(|name| *name == id.0 || names.contains(name))
    }

    /// For people: the last of its names, which is the plainest.
    pub fn name(&self) -> &str {
        self.names.last().map_or("", Text::as_str)
    }
}

/// One thing that happened, as one source tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEvent {
    pub at: Timestamp,
    pub source: TimelineSource,
    /// Unique among what the source tells; a later telling of it takes its place.
    pub key: Text,
    /// By which other sources know the same thing: the id of AWS's request, of the deployment that it
    /// started.
    pub same: Vec<Text>,
    pub sort: TimelineKind,
    pub turn: Turn,
    pub about: About,
    /// A sentence.
    pub what: Text,
    /// Who did it; empty where that is not known, or nobody did.
    pub actor: Text,
    /// What else is told of it, by name.
    pub more: Vec<(&'static str, Text)>,
}

/// What a happening is found again by.
pub type TimelineKey = (TimelineSource, Text);

impl TimelineEvent {
    pub fn key(&self) -> TimelineKey {
        (self.source, self.key.clone())
    }
}

/// One thing on the clock, by all who tell it: never empty, the one that speaks for it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry(Vec<TimelineEvent>);

impl TimelineEntry {
    /// The telling that says most.
    pub fn first(&self) -> &TimelineEvent {
        &self.0[0]
    }

    pub fn told(&self) -> &[TimelineEvent] {
        &self.0
    }

    /// When it began.
    pub fn at(&self) -> Timestamp {
        self.0.iter().map(|told| told.at).min().unwrap_or_default()
    }

    /// Who did it, by the first that knows.
    pub fn actor(&self) -> &str {
        self.0.iter().map(|told| told.actor.as_str()).find(|actor| !actor.is_empty()).unwrap_or_default()
    }

    pub fn turn(&self) -> Turn {
        let turns = || self.0.iter().map(|told| told.turn);
        turns().find(|turn| *turn == Turn::Worse).or(turns().find(|turn| *turn != Turn::Neither)).unwrap_or_default()
    }

    /// Whom it happened to, by the first that says.
    pub fn about(&self) -> &About {
        self.0.iter().map(|told| &told.about).find(|about| about.kind.is_some()).unwrap_or(&self.first().about)
    }

    /// Whether a telling of it has this key.
    pub fn has(&self, key: &TimelineKey) -> bool {
        self.0.iter().any(|told| told.source == key.0 && told.key == key.1)
    }
}

/// Brings all that was told onto one clock, newest first. Of two tellings with one key the later in
/// `told` counts; tellings that share a name in [`TimelineEvent::same`] at about the same time are one entry.
pub fn merge(told: impl IntoIterator<Item = TimelineEvent>) -> Vec<TimelineEntry> {
    let mut once: HashMap<TimelineKey, TimelineEvent> = HashMap::new();
    for happening in told {
        once.insert(happening.key(), happening);
    }
    let mut told: Vec<TimelineEvent> = once.into_values().collect();
    told.sort_by(|a, b| (a.at, a.source, &a.key).cmp(&(b.at, b.source, &b.key)));
    // Each is in the group of the first that it belongs with.
    let mut group: Vec<usize> = (0..told.len()).collect();
    let mut known: HashMap<&Text, usize> = HashMap::new();
    for (place, happening) in told.iter().enumerate() {
        for name in &happening.same {
            if let Some(before) = known.insert(name, place)
                && happening.at.as_second() - told[before].at.as_second() <= TOGETHER
            {
                let (one, other) = (root(&mut group, before), root(&mut group, place));
                group[one.max(other)] = one.min(other);
            }
        }
    }
    let roots: Vec<usize> = (0..told.len()).map(|place| root(&mut group, place)).collect();
    let mut entries: Vec<Vec<TimelineEvent>> = vec![Vec::new(); told.len()];
    for (happening, root) in told.into_iter().zip(roots) {
        entries[root].push(happening);
    }
    let mut entries: Vec<TimelineEntry> =
        entries.into_iter().filter(|told| !told.is_empty()).map(TimelineEntry).collect();
    for TimelineEntry(told) in &mut entries {
        told.sort_by(|a, b| (a.source, a.at, &a.key).cmp(&(b.source, b.at, &b.key)));
    }
    // What happened in one second stays in the order of the sources, whatever came first.
    entries.sort_by_cached_key(|entry| (Reverse(entry.at()), entry.first().key()));
    entries
}

fn root(group: &mut [usize], mut place: usize) -> usize {
    while group[place] != place {
        group[place] = group[group[place]];
        place = group[place];
    }
    place
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const ECS: TimelineSource = TimelineSource::known(10, "ECS", "ECS");
    const SOURCES: [TimelineSource; 3] = [TimelineSource::JOURNAL, ECS, TimelineSource::CLOUD_TRAIL];

    fn told(source: TimelineSource, key: &str, at: i64, same: &[&str]) -> TimelineEvent {
        TimelineEvent {
            at: Timestamp::from_second(at).unwrap(),
            source,
            key: key.into(),
            same: same.iter().map(|name| Text::from(*name)).collect(),
            sort: TimelineKind::Event,
            turn: Turn::Neither,
            about: About::default(),
            what: format!("{} {key}", source.word()).into(),
            actor: Text::default(),
            more: vec![],
        }
    }

    #[test]
    fn one_deployment_by_four_who_tell_it_is_one_entry() {
        let action = told(TimelineSource::JOURNAL, "1", 1000, &["request:r", "deployment:d"]);
        let request =
            TimelineEvent { actor: "dana".into(), ..told(TimelineSource::CLOUD_TRAIL, "e", 1001, &["request:r"]) };
        let row = told(ECS, "ecs-svc/1", 1002, &["deployment:d"]);
        let other = told(ECS, "ecs-svc/2", 900, &["deployment:x"]);
        let entries = merge([row, other, request, action]);
        assert_eq!(entries.len(), 2);
        let sources: Vec<TimelineSource> = entries[0].told().iter().map(|told| told.source).collect();
        assert_eq!(sources, [TimelineSource::JOURNAL, ECS, TimelineSource::CLOUD_TRAIL]);
        assert_eq!((entries[0].at().as_second(), entries[0].actor()), (1000, "dana"));
        assert!(
            entries[0].has(&(TimelineSource::CLOUD_TRAIL, "e".into()))
                && !entries[1].has(&(TimelineSource::CLOUD_TRAIL, "e".into()))
        );
    }

    #[test]
    fn a_name_that_comes_again_much_later_is_another_thing() {
        // A service is scaled: AWS answers with the deployment that stood for days.
        let deployment = told(ECS, "ecs-svc/1", 0, &["deployment:d"]);
        let scale = told(TimelineSource::JOURNAL, "1", 86_400, &["request:r", "deployment:d"]);
        assert_eq!(merge([deployment, scale]).len(), 2);
    }

    #[test]
    fn a_later_telling_takes_the_place_of_the_one_before() {
        let first = told(ECS, "a", 10, &[]);
        let second = TimelineEvent { what: "it failed".into(), ..first.clone() };
        let entries = merge([first, second]);
        assert_eq!((entries.len(), entries[0].first().what.as_str()), (1, "it failed"));
    }

    fn any_happening() -> impl Strategy<Value = TimelineEvent> {
        let names = prop::collection::vec(0u8..6, 0..3);
        (0..SOURCES.len(), 0u8..30, 0i64..600, names).prop_map(|(source, key, at, names)| {
            let names: Vec<String> = names.into_iter().map(|name| format!("n{name}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            told(SOURCES[source], &key.to_string(), at, &names)
        })
    }

    proptest! {
        /// Whatever is told in whatever order: each thing is there once, nothing else is, and the newest
        /// is first.
        #[test]
        fn nothing_is_lost_or_doubled_and_the_order_holds(
            (inward, shuffled) in prop::collection::vec(any_happening(), 0..40).prop_map(|all| {
                let mut seen = BTreeSet::new();
                all.into_iter().filter(|one| seen.insert(one.key())).collect::<Vec<_>>()
            }).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
        ) {
            let entries = merge(inward.clone());
            let mut keys: Vec<TimelineKey> = entries.iter().flat_map(|entry| entry.told()).map(TimelineEvent::key).collect();
            let count = keys.len();
            keys.sort();
            keys.dedup();
            prop_assert_eq!(keys.len(), count, "nothing twice");
            let wanted: BTreeSet<TimelineKey> = inward.iter().map(TimelineEvent::key).collect();
            prop_assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), wanted);
            prop_assert!(entries.is_sorted_by(|a, b| a.at() >= b.at()));
            for entry in &entries {
                prop_assert!(entry.told().is_sorted_by(|a, b| a.source <= b.source));
            }
            // Told again, and in another order, it is the same.
            prop_assert_eq!(&entries, &merge(shuffled.iter().cloned().chain(inward)));
        }

        /// What is one entry has a name in common with another of it, at about the same time; what shares
        /// such a name is one entry.
        #[test]
        fn tellings_stand_together_for_a_reason(all in prop::collection::vec(any_happening(), 0..30)) {
            let entries = merge(all);
            let joined = |a: &TimelineEvent, b: &TimelineEvent| {
                a.same.iter().any(|name| b.same.contains(name)) && (a.at.as_second() - b.at.as_second()).abs() <= TOGETHER
            };
            for (i, entry) in entries.iter().enumerate() {
                for one in entry.told().iter().filter(|_| entry.told().len() > 1) {
                    prop_assert!(entry.told().iter().any(|other| other != one && joined(one, other)));
                }
                for other in entries.iter().skip(i + 1) {
                    prop_assert!(!entry.told().iter().any(|a| other.told().iter().any(|b| joined(a, b))));
                }
            }
        }
    }
}
