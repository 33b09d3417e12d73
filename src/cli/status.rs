//! `midwatch status`: one look without a screen, for people and for scripts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use futures_util::StreamExt;
use serde_json::{Map, Value, json};

use crate::domain::environment::Identity;
use crate::domain::format;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::prelude::*;
use crate::kinds;
use crate::kinds::kind::{Kind, RelatedResource, RenderContext};
use crate::port::Cloud;

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
}

/// Looks once at everything of an environment. A part that fails is a fault of the report and
/// hides nothing that answered.
pub async fn look(cloud: &dyn Cloud, env: &Environment) -> StatusReport {
    let mut faults = Vec::new();
    let mut identity = None;
    let mut answers = cloud.read(env, Query::Identity);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(Answer::Identity(found)) => identity = Some(found),
            Ok(_) => {}
            Err(fault) => faults.push(("identity".into(), fault)),
        }
    }
    if let (Some(pin), Some(found)) = (&env.account, &identity)
        && *pin != found.account
    {
        let fault = Fault::refused("account", format!("it is {}, not the pinned {pin}", found.account));
        faults.push(("identity".into(), fault.with_remedy("check the profile, or the pin in the config")));
    }
    let mut resources = Vec::new();
    for kind in kinds::registry() {
        let mut found: BTreeMap<ResourceId, Object> = BTreeMap::new();
        let mut answers = cloud.read(env, Query::List(kind.id()));
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(Answer::Listing(ListingPiece::Items(items))) => {
                    found.extend(items.into_iter().map(|item| (item.id().clone(), item)))
                }
                Ok(Answer::Gone(ids)) => ids.iter().for_each(|id| {
                    found.remove(id);
                }),
                Ok(Answer::Listing(ListingPiece::PartFailed { part, fault })) => {
                    faults.push((format!("{} of {part}", kind.id().0).into(), fault))
                }
                Ok(_) => {}
                Err(fault) => faults.push((kind.id().0.into(), fault)),
            }
        }
        let now = cloud.now();
        let judged = |object: Object| (object.clone(), kind.diagnose(&*object, now));
        let mut found: Vec<(Object, Diagnosis)> = found.into_values().map(judged).collect();
        found.sort_by_cached_key(|(object, diagnosis)| (diagnosis.health, object.name().clone()));
        resources.push((kind, found));
    }
    StatusReport { environment: env.clone(), at: cloud.now(), identity, resources, faults }
}

impl StatusReport {
    /// 0: all is well or moves as asked. 1: something is degraded or down. 2: something could not
    /// be read or judged, and nothing that could is wrong.
    pub fn exit_code(&self) -> u8 {
        let healths: Vec<Health> = self.healths().collect();
        if healths.iter().any(|health| health.is_wrong()) {
            1
        } else if !self.faults.is_empty() || healths.contains(&Health::Unknown) {
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
        json.insert("at".into(), self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into());
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
