//! What rules look at, made up for tests: resources, metrics, details, and what was not read.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Finding, Outlook, triage};
use crate::domain::Timestamp;
use crate::domain::api_usage::ApiUsage;
use crate::domain::fault::Fault;
use crate::domain::health::Diagnosis;
use crate::domain::metric::{Range, Reading, Readings, Series, Window};
use crate::domain::record::{Record, What};
use crate::domain::resource::{Facts, KindId, Object, Resource, ResourceId};
use crate::domain::rules::RuleSettings;
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::metric::{SparklineMetric, Unit};
use crate::kinds::rule::{JudgedRow, LeaderChanged, Rule, RuleContext};

/// What is known of an environment at a moment.
#[derive(Clone)]
pub struct Scene {
    now: Timestamp,
    rows: Vec<(KindId, Object, Diagnosis)>,
    recorded: HashMap<ResourceId, Vec<Record>>,
    facts: HashMap<ResourceId, Facts>,
    leader_changed: HashMap<ResourceId, LeaderChanged>,
    faults: Vec<(KindId, Fault)>,
    pub readings: Readings,
    pub settings: RuleSettings,
    pub api_usage: Vec<ApiUsage>,
}

impl Scene {
    pub fn at(now: Timestamp) -> Self {
        let (readings, settings) = (Readings::default(), RuleSettings::default());
        let (recorded, facts, leader_changed) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self {
            now,
            rows: vec![],
            recorded,
            facts,
            leader_changed,
            faults: vec![],
            readings,
            settings,
            api_usage: vec![],
        }
    }

    pub fn with(mut self, kind: KindId, resource: impl Resource) -> Self {
        let diagnosis = kinds::kind(kind).expect("a kind").diagnose(&resource, self.now);
        self.rows.push((kind, Arc::new(resource), diagnosis));
        self
    }

    /// So a number went: values as drawn, the newest last, one a minute.
    pub fn told(self, glance: Option<SparklineMetric>, values: &[f64]) -> Self {
        self.told_ago(glance, values, 0)
    }

    /// As [`Scene::told`], read so many seconds ago.
    pub fn told_ago(mut self, glance: Option<SparklineMetric>, values: &[f64], ago: i64) -> Self {
        let read = Timestamp::from_second(self.now.as_second() - ago).unwrap();
        let glance = glance.expect("a metric");
        let window = Window::newest(Range::H1);
        let end = window.bounds(read).1;
        let sums = if matches!(glance.unit, Unit::PerSecond | Unit::BytesPerSecond) { 60.0 } else { 1.0 };
        let point = |(back, value): (usize, &f64)| {
            (Timestamp::from_second(end - 60 * (back as i64 + 1)).unwrap(), value * sums)
        };
        let mut points: Vec<(Timestamp, f64)> = values.iter().rev().enumerate().map(point).collect();
        points.reverse();
        let told = glance.metrics.into_iter();
        let told =
            told.map(|metric| Reading { metric, window, series: Ok(Series { points: points.clone(), period: 60 }) });
        self.readings.accept(told.collect(), read);
        self
    }

    /// This was seen of a resource.
    pub fn recorded(mut self, id: &ResourceId, what: impl IntoIterator<Item = What>) -> Self {
        let record = |what| Record { of: id.clone(), seen: self.now, what };
        let records: Vec<Record> = what.into_iter().map(record).collect();
        self.recorded.insert(id.clone(), records);
        self
    }

    /// The detail of a resource was open.
    pub fn detail(mut self, id: &ResourceId, facts: Facts) -> Self {
        self.facts.insert(id.clone(), facts);
        self
    }

    /// Another leads a resource since so many seconds.
    pub fn leader_changed(mut self, id: &ResourceId, (from, to): (&str, &str), seconds: i64) -> Self {
        let at = Timestamp::from_second(self.now.as_second() - seconds).unwrap();
        self.leader_changed.insert(id.clone(), LeaderChanged { from: from.into(), to: to.into(), at });
        self
    }

    /// A list could not be read.
    pub fn failed(mut self, kind: KindId, fault: Fault) -> Self {
        self.faults.push((kind, fault));
        self
    }

    pub fn look(&self) -> Outlook {
        triage(self)
    }

    /// What a rule finds.
    pub fn found(&self, rule: &str) -> Option<Finding> {
        self.look().findings.into_iter().find(|finding| finding.rule == rule)
    }

    /// Rules and names in the order of the list, effects with a dash before them.
    pub fn told_in_order(&self) -> Vec<String> {
        let told = self.look().findings.into_iter().map(|finding| {
            let branch = if finding.because.is_some() { "- " } else { "" };
            format!("{branch}{} {}", finding.rule, finding.name)
        });
        told.collect()
    }
}

impl RuleContext for Scene {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn rows(&self, kind: KindId) -> Vec<JudgedRow<'_>> {
        let row = |(_, object, diagnosis)| JudgedRow { object, at: self.now, diagnosis };
        self.rows.iter().filter(|(of, ..)| *of == kind).map(|(id, object, told)| row((id, object, told))).collect()
    }

    fn row(&self, kind: KindId, id: &ResourceId) -> Option<JudgedRow<'_>> {
        self.rows(kind).into_iter().find(|row| row.object.id() == id)
    }

    fn named(&self, kind: KindId, name: &Text) -> Option<&Object> {
        let declared = kinds::kind(kind)?;
        let mut rows = self.rows(kind).into_iter().map(|row| row.object);
        rows.find(|object| declared.names(&***object).contains(name))
    }

    fn recorded(&self, id: &ResourceId) -> &[Record] {
        self.recorded.get(id).map_or(&[], Vec::as_slice)
    }

    fn facts(&self, id: &ResourceId) -> Option<(&Facts, Timestamp)> {
        self.facts.get(id).map(|facts| (facts, self.now))
    }

    fn leader_changed(&self, id: &ResourceId) -> Option<&LeaderChanged> {
        self.leader_changed.get(id)
    }

    fn readings(&self) -> &Readings {
        &self.readings
    }

    fn settings(&self) -> &RuleSettings {
        &self.settings
    }

    fn api_usage(&self) -> &[ApiUsage] {
        &self.api_usage
    }

    fn faults(&self, kind: KindId) -> Vec<&Fault> {
        self.faults.iter().filter(|(of, _)| *of == kind).map(|(_, fault)| fault).collect()
    }

    fn is_awaited(&self, _: KindId) -> bool {
        false
    }
}

/// An hour that was steady, and then as told.
pub fn steady_then(steady: f64, then: &[f64]) -> Vec<f64> {
    std::iter::repeat_n(steady, 50).chain(then.iter().copied()).collect()
}

/// Each rule of a kind finds what its first scene has and not what its second has, says since when or by
/// what, and what to do; and one over numbers does not take unread ones for good.
#[track_caller]
pub fn prove(kind: KindId, cases: Vec<(&'static str, Scene, Scene)>) {
    let declared = kinds::kind(kind).unwrap();
    for (rule, wrong, well) in &cases {
        let found = wrong.found(rule).unwrap_or_else(|| panic!("{rule} finds nothing: {:?}", wrong.look()));
        assert!(!found.found.what.is_empty() && !found.found.evidence.is_empty(), "{rule}");
        assert!(!found.found.next.is_empty(), "{rule} does not say what to do");
        assert_eq!(well.found(rule), None, "{rule} finds what is not there");
    }
    for rule in declared.rules() {
        let case = cases.iter().find(|(id, ..)| *id == rule.id);
        let (_, wrong, _) = case.unwrap_or_else(|| panic!("{} has no example", rule.id));
        if rule.is_measured() {
            is_unknown_unread(rule, kind, wrong);
        }
    }
}

/// Without its numbers a rule says that they are not known.
#[track_caller]
fn is_unknown_unread(rule: &Rule, kind: KindId, scene: &Scene) {
    let unread = Scene { readings: scene.readings.without_series(), ..scene.clone() };
    let mut rows = unread.rows(kind).into_iter();
    let is_told = rows.any(|row| rule.judge(row, &unread).is_err());
    assert!(is_told, "{} takes what nobody has read for good", rule.id);
    assert!(!unread.look().unread.is_empty(), "{}: nobody is told", rule.id);
}
