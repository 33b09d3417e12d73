//! What can be picked, and what matches what is typed.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Choice, Picker};
use crate::app::command::Command;
use crate::app::panes::deck;
use crate::app::state::{Pane, State};
use crate::app::views::debrief::DEBRIEF;
use crate::app::views::insights::saved;
use crate::app::views::quit::view::QUIT;
use crate::app::{commands, environment_overview, hint, incident, report};
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::resource::{KindId, ResourceId};
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::kind::Kind;
use crate::theme;

/// What picking an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Picked {
    Command(Command),
    Resource(KindId, ResourceId),
    /// The name of a built-in one.
    Theme(&'static str),
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
    /// Other words by which it is found.
    synonyms: &'static str,
    /// What it does.
    help: &'static str,
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
        if self.choice == Choice::Commands {
            entries.extend(themes().chain(resources(state)));
        }
        let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let lower = typed.to_lowercase();
        let mut scored: Vec<(Rank, Entry)> = (entries.drain(..))
            .filter_map(|mut entry| {
                let label = Utf32Str::new(&entry.label, &mut buffer);
                let score = pattern.indices(label, &mut matcher, &mut entry.matched);
                entry.matched.sort_unstable();
                entry.matched.dedup();
                Some((rank(&entry, score, &lower)?, entry))
            })
            .collect();
        scored.sort_by_key(|(rank, _)| *rank);
        scored.into_iter().map(|(_, entry)| entry).collect()
    }
}

/// How well an entry fits, the best first: whether it leaves the program, how it was found, and how well.
type Rank = (bool, u8, Reverse<u32>);

/// `None` where an entry does not fit what is typed. Leaving is never what a letter too few means.
fn rank(entry: &Entry, score: Option<u32>, typed: &str) -> Option<Rank> {
    let leaves = entry.picked == Picked::Command(QUIT);
    let has = |words: &str, word: &str| words.split_whitespace().any(|known| known == word);
    let help = entry.help.to_lowercase();
    let found = match score {
        _ if entry.label == typed || has(entry.synonyms, typed) => 0,
        Some(_) if matches!(entry.picked, Picked::Resource(..)) => 2,
        Some(_) => 1,
        None if typed.split_whitespace().all(|word| help.contains(word) || has(entry.synonyms, word)) => 3,
        None => return None,
    };
    Some((leaves, found, Reverse(score.unwrap_or(0))))
}

fn entry(label: impl Into<String>, note: impl Into<String>, picked: Picked) -> Entry {
    Entry { label: label.into(), note: note.into(), off: None, matched: vec![], picked, synonyms: "", help: "" }
}

fn themes() -> impl Iterator<Item = Entry> {
    theme::names().into_iter().map(|name| Entry {
        synonyms: "theme color colors dark light",
        ..entry(format!("theme {name}"), "for this session; set theme in the config to keep it", Picked::Theme(name))
    })
}

/// Every resource that is known of the open environment.
fn resources(state: &State) -> Vec<Entry> {
    let Some(store) = state.store() else { return vec![] };
    let of_kind = |kind: &'static dyn Kind| {
        let rows = store.listing(kind.id()).rows();
        rows.map(|row| {
            let picked = Picked::Resource(kind.id(), row.object.id().clone());
            entry(row.object.name().as_str(), kind.noun(), picked)
        })
    };
    kinds::registry().flat_map(of_kind).collect()
}

fn of_commands(state: &State) -> Vec<Entry> {
    // Incidents to practise on are the demo's alone.
    let is_there = |command: Command| command != DEBRIEF || state.settings.demo;
    (commands::declared().iter())
        .filter(|declared| commands::is_for_palette(declared) && is_there(declared.command))
        .map(|declared| {
            let keys = state.keymap.keys(declared.command).join(" ");
            // A pane is called by what is in it.
            let pane = deck::pane_of(declared.command).flatten();
            let label = pane.map_or_else(|| declared.label.to_string(), |pane| pane.title().to_lowercase());
            let synonyms = pane.and_then(Pane::kind).map_or(commands::spec(declared.command).synonyms, Kind::synonyms);
            Entry {
                off: hint::why_not(state, declared.command),
                synonyms,
                help: declared.help,
                ..entry(label, keys, Picked::Command(declared.command))
            }
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
