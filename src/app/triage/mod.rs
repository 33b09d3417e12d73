//! What is wrong in an environment, from one look to the next: since when it was seen, and what has
//! ended of late.

pub mod look;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::diagnosis::{Before, Finding, Key, MIDWATCH, Outlook, Unread, Verdicts, last_cause};
use crate::domain::health::Health;
use crate::domain::metric::Metric;
use crate::domain::resource::{KindId, ResourceId};
use crate::domain::{Timestamp, format};

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
    /// Those whose targets are read for the rules' sake.
    pub suspects: Vec<(KindId, ResourceId)>,
    /// Those whose targets seem to fail, all of them.
    failing: BTreeSet<(KindId, ResourceId)>,
    /// Grows with every other outcome of a look.
    pub revision: u64,
    /// When it was looked last.
    looked: Option<Timestamp>,
    /// What the rules said of each row when they were asked last.
    verdicts: Verdicts,
    /// The revisions of the lists at the last look.
    revisions: HashMap<KindId, u64>,
    /// How many looks there were.
    looks: u64,
    /// When each was seen first; of what ended too, as long as it stays.
    seen: HashMap<Key, Timestamp>,
}

impl Triage {
    /// Takes over what is seen now. What is not found any more has ended, unless `is_hidden` says that
    /// it cannot be looked at.
    fn renew(&mut self, seen: Outlook, now: Timestamp, stays: i64, is_hidden: impl Fn(&Finding) -> bool) {
        let Outlook { mut findings, unread } = seen;
        let found: HashSet<_> = findings.iter().map(Finding::key).collect();
        let mut over = Vec::new();
        let (known, all_ended) = (&self.findings, self.ended.len());
        let mut hidden: Vec<bool> = known.iter().map(|old| !found.contains(&old.key()) && is_hidden(old)).collect();
        // A cause that is known by what came of it cannot be looked at without that.
        for (effect, _) in known.iter().zip(hidden.clone()).filter(|(_, is_hidden)| *is_hidden) {
            effect.because.into_iter().for_each(|(cause, _)| hidden[cause] = true);
        }
        for (old, is_hidden) in known.iter().zip(hidden).filter(|(old, _)| !found.contains(&old.key())) {
            let since = old.hidden.unwrap_or(now);
            match is_hidden {
                true if format::seconds_since(since, now) < HIDDEN => {
                    findings.push(Finding { because: None, hidden: Some(since), ..old.clone() });
                }
                true => {}
                false => over.push((Finding { because: None, hidden: None, ..old.clone() }, now)),
            }
        }
        self.ended.retain(|(old, at)| format::seconds_since(*at, now) < stays && !found.contains(&old.key()));
        self.ended.splice(0..0, over);
        let kept: HashSet<_> = findings.iter().chain(self.ended.iter().map(|(old, _)| old)).map(Finding::key).collect();
        self.seen.retain(|known, _| kept.contains(known));
        for finding in &findings {
            self.seen.entry(finding.key()).or_insert(now);
        }
        let is_same = self.findings == findings && self.unread == unread && self.ended.len() == all_ended;
        self.revision += u64::from(!is_same);
        self.findings = findings;
        self.unread = unread;
        self.looked = Some(now);
    }

    /// What stands in the headline. What is not known is no alarm, unless AWS refuses to tell anything more.
    pub fn headline(&self) -> Option<&Finding> {
        let is_alarm = |finding: &&Finding| finding.found.health != Health::Unknown || finding.kind == MIDWATCH;
        self.findings.iter().find(is_alarm)
    }

    /// Since when it is so: as AWS tells, else since midwatch saw it.
    pub fn since(&self, finding: &Finding) -> Option<Timestamp> {
        finding.found.since.or_else(|| self.seen.get(&finding.key()).copied())
    }

    /// What was changed shortly before it began.
    pub fn change_before<'a>(&self, finding: &'a Finding) -> Option<&'a Before> {
        let since = self.since(finding)?;
        finding.before.as_ref().filter(|change| change.at <= last_cause(since))
    }

    /// Everything in the order of the screen: what is wrong, then what ended and when.
    pub fn all(&self) -> impl Iterator<Item = (&Finding, Option<Timestamp>)> {
        let ended = self.ended.iter().map(|(finding, at)| (finding, Some(*at)));
        self.findings.iter().map(|finding| (finding, None)).chain(ended)
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
