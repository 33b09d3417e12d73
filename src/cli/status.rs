//! `midwatch status`: one look without a screen, for people and for scripts.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::future::ready;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use serde_json::{Map, Value, json};

use super::findings;
use crate::app::msg::Msg;
use crate::app::subs::{Subscription, subscriptions};
use crate::app::triage::{Triage, look::look as judge};
use crate::app::{State, activate, commands, update};
use crate::domain::environment::Identity;
use crate::domain::format;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::prelude::*;
use crate::keymap::Keymap;
use crate::kinds;
use crate::kinds::kind::{Kind, RelatedResource, RenderContext};
use crate::port::Cloud;
use crate::settings::Settings;

/// A resource and how it is judged.
type JudgedObject = (Object, Diagnosis);

/// What one look found.
pub struct StatusReport {
    environment: Environment,
    at: Timestamp,
    identity: Option<Identity>,
    /// Per kind, wrong first.
    resources: Vec<(&'static dyn Kind, Vec<JudgedObject>)>,
    /// What could not be read: what, and why.
    faults: Vec<(Text, Fault)>,
    triage: Triage,
}

/// What is told leads to more that rules ask for, but not further than this.
const ROUNDS: usize = 6;

/// Looks once at everything of an environment, and at what its rules need. A part that fails is a fault of the
/// report and hides nothing that answered.
pub async fn look(cloud: &dyn Cloud, env: &Environment) -> StatusReport {
    let keymap = Arc::new(Keymap::standard(commands::declared()));
    let settings = Settings { watch: false, ..Settings::default() };
    // No pane is in view: what is read is for the rules alone.
    let mut state = State::new(vec![env.clone()], keymap, settings, (1, 1), cloud.now());
    state.is_whole = true;
    activate(&mut state, &env.name);
    let (mut asked, mut measured) = (HashSet::new(), HashSet::new());
    for _ in 0..ROUNDS {
        let fresh = |mut wanted: Subscription| {
            let is_new = match &mut wanted.asked.query {
                Query::Metrics(metrics, window) => {
                    metrics.retain(|metric| measured.insert((metric.clone(), *window)));
                    !metrics.is_empty()
                }
                Query::Identity | Query::List(_) | Query::Endings(..) => asked.insert(wanted.asked.clone()),
                Query::Balancers(_) | Query::Targets(_) | Query::Activities(_) => asked.insert(wanted.asked.clone()),
                _ => false,
            };
            is_new.then_some(wanted)
        };
        let wanted: Vec<Subscription> = subscriptions(&state).into_iter().filter_map(fresh).collect();
        if wanted.is_empty() {
            break;
        }
        let mut answers = stream::select_all(wanted.iter().map(|wanted| read(cloud, wanted)));
        while let Some(msg) = answers.next().await {
            update(&mut state, msg, cloud.now());
        }
        update(&mut state, Msg::ApiUsage(cloud.api_usage(env)), cloud.now());
        judge(&mut state);
    }
    let store = state.stores.remove(&env.name).unwrap_or_default();
    let (identity, fault) = (store.identity.value().cloned(), store.identity.fault().cloned());
    let mut faults: Vec<(Text, Fault)> = fault.map(|fault| ("identity".into(), fault)).into_iter().collect();
    if let (Some(pin), Some(found)) = (&env.account, &identity)
        && *pin != found.account
    {
        let fault = Fault::refused("account", format!("it is {}, not the pinned {pin}", found.account));
        faults.push(("identity".into(), fault.with_remedy("check the profile, or the pin in the config")));
    }
    let mut resources = Vec::new();
    for kind in kinds::registry() {
        let listing = store.listing(kind.id());
        let mut found: Vec<JudgedObject> =
            listing.rows().map(|row| (row.object.clone(), row.diagnosis.clone())).collect();
        found.sort_by_cached_key(|(object, diagnosis)| (diagnosis.health, object.name().clone()));
        resources.push((kind, found));
        faults.extend(listing.faults().into_iter().map(|(part, fault)| {
            let what = part.map_or(kind.id().0.into(), |part| format!("{} of {part}", kind.id().0).into());
            (what, fault.clone())
        }));
    }
    StatusReport { environment: env.clone(), at: cloud.now(), identity, resources, faults, triage: store.triage }
}

/// A read from its first answer to its end.
fn read(cloud: &dyn Cloud, wanted: &Subscription) -> impl Stream<Item = Msg> + use<> {
    let (asked, round) = (wanted.asked.clone(), wanted.round);
    let end = Msg::Answered(asked.clone());
    let answers = cloud.read(&wanted.env, asked.query.clone());
    answers.map(move |result| Msg::Answer { asked: asked.clone(), round, result }).chain(stream::once(ready(end)))
}

impl StatusReport {
    /// 0: all is well or moves as asked. 1: something critical or a warning is found. 2: something could not be
    /// read or judged, and nothing that could is wrong.
    pub fn exit_code(&self) -> u8 {
        if self.triage.findings.iter().any(|finding| finding.found.health.is_wrong()) {
            1
        } else if !self.faults.is_empty() || self.healths().any(|health| health == Health::Unknown) {
            2
        } else {
            0
        }
    }

    fn healths(&self) -> impl Iterator<Item = Health> {
        self.resources.iter().flat_map(|(kind, found)| {
            let known = found
                .iter()
                .filter(|(object, diagnosis)| diagnosis.health != Health::Unknown || !self.has_subject(*kind, object));
            known.map(|(_, diagnosis)| diagnosis.health)
        })
    }

    /// Whether it is about another that was found, which is judged by itself: an alarm without data.
    fn has_subject(&self, kind: &dyn Kind, object: &Object) -> bool {
        let is_found = |(id, name): &RelatedResource| {
            let mut of_kind = self.resources.iter().filter(|(kind, _)| kind.id() == *id);
            of_kind.any(|(kind, found)| found.iter().any(|(object, _)| kind.names(&**object).contains(name)))
        };
        kind.related_resources(&**object).iter().any(is_found)
    }

    /// The stable form; README documents it.
    pub fn json(&self) -> Value {
        let mut json = Map::new();
        let text = |text: Option<&Text>| text.map_or(Value::Null, |text| text.as_str().into());
        json.insert("environment".into(), self.environment.name.as_str().into());
        json.insert("profile".into(), text(self.environment.profile.as_ref()));
        json.insert("account".into(), text(self.identity.as_ref().map(|identity| &identity.account)));
        json.insert("identity".into(), text(self.identity.as_ref().map(|identity| &identity.arn)));
        json.insert("region".into(), text(self.environment.region.as_ref()));
        json.insert("at".into(), findings::rfc3339(self.at).into());
        json.insert("findings".into(), findings::findings(&self.triage));
        json.insert("not_checked".into(), findings::not_checked(&self.triage));
        for (kind, found) in &self.resources {
            let rows: Vec<Value> =
                found.iter().map(|(object, diagnosis)| kind.entry(&**object, diagnosis, self.at)).collect();
            json.insert(kind.id().0.into(), rows.into());
        }
        let faults = self.faults.iter().map(|(what, fault)| {
            json!({ "what": what, "fault": format!("{}: {fault}", fault.word()), "remedy": fault.remedy })
        });
        json.insert("faults".into(), faults.collect::<Vec<_>>().into());
        Value::Object(json)
    }

    /// The same for people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let env = &self.environment;
        let who =
            self.identity.as_ref().map_or("identity unknown".to_string(), |i| format!("{} {}", i.account, i.who()));
        let region = env.region.as_deref().unwrap_or("no region");
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{} {}  {who}  {region}  {}",
            env.tier.word().to_uppercase(),
            env.name,
            format::moment(self.at)
        );
        out.push_str(&findings::text(&self.triage));
        let look = RenderContext::at(self.at);
        for (kind, found) in &self.resources {
            let wrong = found.iter().filter(|(_, diagnosis)| diagnosis.health.is_wrong()).count();
            let _ = writeln!(out, "\n{}: {}, {wrong} wrong", kind.title(), found.len());
            let part_width = found.iter().map(|(object, _)| object.part().chars().count()).max().unwrap_or(0);
            let name_width = found.iter().map(|(object, _)| object.name().chars().count()).max().unwrap_or(0);
            for (object, diagnosis) in found {
                let look = look.of(diagnosis);
                let second = kind.columns().get(1).map(|column| column.cell(&**object, look).text).unwrap_or_default();
                let line = format!(
                    "{} {:<8}  {:part_width$}  {:name_width$}  {second:<8}  {}",
                    diagnosis.health.cue(),
                    diagnosis.health.word(),
                    object.part(),
                    object.name(),
                    diagnosis.why
                );
                let _ = writeln!(out, "{}", line.trim_end());
            }
        }
        for (what, fault) in &self.faults {
            let remedy = if fault.remedy.is_empty() { String::new() } else { format!("; {}", fault.remedy) };
            let _ = writeln!(out, "\n{what} could not be read: {fault}{remedy}");
        }
        out
    }
}
