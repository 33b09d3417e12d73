//! A resource that another member leads than before, as far as its status, its events and who led it tell.

use super::rule::{Evidence, Found, LeaderChanged, RuleInput};
use crate::domain::Timestamp;
use crate::domain::event::Event;
use crate::domain::format;
use crate::domain::health::Health;
use crate::domain::resource::ResourceId;

/// A failover that is under way, or was of late.
pub struct Failover<'a> {
    is_under_way: bool,
    moved: Option<&'a LeaderChanged>,
    said: Option<&'a Event>,
}

impl<'a> Failover<'a> {
    /// One within the minutes that are the rule's threshold. `said` are the events of so many seconds that speak
    /// of one; both services call the status `failing-over`.
    pub fn of(
        input: &RuleInput<'a>,
        id: &ResourceId,
        status: &str,
        said: impl FnOnce(i64) -> Vec<&'a Event>,
    ) -> Option<Self> {
        let within = (input.limit * 60.0) as i64;
        let moved = input.context.leader_changed(id);
        let moved = moved.filter(|moved| format::seconds_since(moved.at, input.now) <= within);
        let said = said(within).into_iter().max_by_key(|event| event.at);
        let is_under_way = status == "failing-over";
        (is_under_way || moved.is_some() || said.is_some()).then_some(Self { is_under_way, moved, said })
    }

    /// What happened; `going_on` while it still does.
    pub fn what(&self, going_on: &str) -> String {
        match (self.is_under_way, self.moved) {
            (true, _) => going_on.to_string(),
            (false, Some(moved)) => format!("{} took over from {}", moved.to, moved.from),
            (false, None) => "it failed over".to_string(),
        }
    }

    pub fn is_under_way(&self) -> bool {
        self.is_under_way
    }

    /// As a finding, with the status and by AWS's word for what leads.
    pub fn found(&self, what: String, status: Evidence, leads: &str) -> Found {
        let moved_at = self.moved.map(|moved| moved.at);
        let since: Option<Timestamp> = self.said.and_then(|event| event.at).or(moved_at);
        let moved = self.moved.map(|m| Evidence::new(leads, format!("{} → {}", m.from, m.to), Some(m.at)));
        let said = self.said.map(Evidence::of_event);
        Found::new(Health::Degraded, what, since).evidence([status]).evidence(moved).evidence(said)
    }
}
