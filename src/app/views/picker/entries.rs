//! What can be picked, and what matches what is typed.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Choice, Picker};
use crate::app::command::Command;
use crate::app::state::State;
use crate::app::views::debrief::DEBRIEF;
use crate::app::views::insights::saved;
use crate::app::{commands, environment_overview, hint, incident, report};
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::text::Text;

/// What picking an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Picked {
    Command(Command),
    Environment(Text),
    Region {
        environment: Text,
        region: Text,
    },
    /// The text of a query.
    Query(Text),
    /// From and to.
    Report(Timestamp, Timestamp),
    /// When it began.
    Incident(Timestamp),
    /// Nothing, and why.
    Refused(String),
}

/// One entry, with where the typed letters were found in its label.
#[derive(Clone, Debug)]
pub struct Entry {
    pub label: String,
    /// What stands to the right: keys, a state.
    pub note: String,
    /// Why it cannot be picked now.
    pub off: Option<String>,
    pub matched: Vec<u32>,
    pub picked: Picked,
}

/// The Regions that are open by default, as the AWS General Reference names them. Any other can
/// be typed.
const REGIONS: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-north-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
];

impl Picker {
    /// The entries that match what is typed, best first.
    pub fn entries(&self, state: &State) -> Vec<Entry> {
        let typed = self.input.value().trim();
        let mut entries = match &self.choice {
            Choice::Commands => of_commands(state),
            Choice::Environments => environments(state),
            Choice::Queries => queries(state),
            Choice::Region(name) => regions(name, typed),
        };
        if typed.is_empty() {
            return entries;
        }
        if let (Choice::Commands, Some(entry)) = (&self.choice, with_words(state, typed)) {
            return vec![entry];
        }
        let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, Entry)> = (entries.drain(..))
            .filter_map(|mut entry| {
                let label = Utf32Str::new(&entry.label, &mut buffer);
                let score = pattern.indices(label, &mut matcher, &mut entry.matched)?;
                entry.matched.sort_unstable();
                entry.matched.dedup();
                Some((score, entry))
            })
            .collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        scored.into_iter().map(|(_, entry)| entry).collect()
    }
}

fn entry(label: impl Into<String>, note: impl Into<String>, picked: Picked) -> Entry {
    Entry { label: label.into(), note: note.into(), off: None, matched: vec![], picked }
}

fn of_commands(state: &State) -> Vec<Entry> {
    // Incidents to practise on are the demo's alone.
    let is_there = |command: Command| command != DEBRIEF || state.settings.demo;
    (commands::declared().iter())
        .filter(|declared| commands::is_for_palette(declared) && is_there(declared.command))
        .map(|declared| {
            let keys = state.keymap.keys(declared.command).join(" ");
            let mut entry = entry(declared.label, keys, Picked::Command(declared.command));
            entry.off = hint::why_not(state, declared.command);
            entry
        })
        .collect()
}

/// A command that takes words behind it, `report 02:10 02:30`, once there are some.
fn with_words(state: &State, typed: &str) -> Option<Entry> {
    let words: Vec<&str> = typed.split_whitespace().collect();
    let told = match words[..] {
        ["report", _, ..] => report::write::typed(state, &words[1..]).map(|(from, to)| {
            let said = format!("incident report from {} to {}", format::moment(from), format::moment(to));
            (said, Picked::Report(from, to))
        }),
        ["incident", time] => incident::typed(time, state.now)
            .map(|at| (format!("incident's start at {}", format::moment(at)), Picked::Incident(at))),
        _ => return None,
    };
    Some(match told {
        Ok((said, picked)) => entry(said, "", picked),
        Err(why) => Entry { off: Some(why.clone()), ..entry(words[0], "", Picked::Refused(why)) },
    })
}

fn queries(state: &State) -> Vec<Entry> {
    let entry = |(name, text): (Text, Text)| entry(name.as_str(), text.to_string(), Picked::Query(text));
    saved(state.insights.as_ref().map_or(&[][..], |view| &view.env.queries)).into_iter().map(entry).collect()
}

fn environments(state: &State) -> Vec<Entry> {
    (state.environments.iter())
        .map(|env| {
            let standing = environment_overview::standing_words(state, &env.name);
            entry(env.name.as_str(), standing, Picked::Environment(env.name.clone()))
        })
        .collect()
}

fn regions(environment: &Text, typed: &str) -> Vec<Entry> {
    let pick = |region: &str| Picked::Region { environment: environment.clone(), region: region.into() };
    let mut entries: Vec<Entry> = REGIONS.iter().map(|region| entry(*region, "", pick(region))).collect();
    let looks_right = typed.split('-').count() >= 3 && typed.ends_with(|c: char| c.is_ascii_digit());
    if looks_right && !REGIONS.contains(&typed) {
        entries.push(entry(typed, "as typed", pick(typed)));
    }
    entries
}
