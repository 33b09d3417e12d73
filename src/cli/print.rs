//! What is printed and not drawn: keys, journal, checks.

use std::io::Write;

use super::setup::{self, Setup};
use super::{MakeCloud, Options};
use crate::app::commands;
use crate::domain::format;
use crate::domain::intent::{JournalEntry, Outcome};
use crate::journal::Journal;
use crate::paths::Paths;
use crate::runtime;

/// Prints, and takes a reader that stops listening (`| head`) for an end and no error.
pub fn out(text: &str) -> anyhow::Result<u8> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(why) if why.kind() != std::io::ErrorKind::BrokenPipe => Err(why.into()),
        _ => Ok(0),
    }
}

/// The keys in force, a table.
pub fn keys(options: &Options) -> anyhow::Result<u8> {
    let (keymap, complaints) = setup::keymap(options)?;
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    let mut text = String::new();
    let mut context = None;
    for declared in commands::declared() {
        let keys = keymap.keys(declared.command);
        if context != Some(declared.context) {
            context = Some(declared.context);
            text += &format!("{}{}\n", if text.is_empty() { "" } else { "\n" }, declared.context.name);
        }
        text += &format!("  {:<16} {:<16} {}\n", keys.join("  "), declared.command.id(), declared.help);
    }
    out(&text)
}

/// The actions taken, newest last.
pub fn journal(json: bool) -> anyhow::Result<u8> {
    let journal = Journal::new(Paths::of_user()?.journal);
    let recalled = journal.read()?;
    let mut text = String::new();
    for entry in &recalled.entries {
        if json {
            text += &format!("{}\n", serde_json::to_string(entry)?);
            continue;
        }
        text += &match entry {
            JournalEntry::Intent(i) => {
                format!("{}  {}  {}  account {}  {}\n", format::moment(i.at), i.environment, i.summary, i.account, i.id)
            }
            JournalEntry::Outcome { id, at, outcome, .. } => {
                let said = match outcome {
                    Outcome::Sent(receipt) => format!("taken by AWS, request {}", receipt.request_id),
                    Outcome::Refused { fault } => format!("refused, nothing was changed: {fault}"),
                    Outcome::Unknown { fault } => format!("unknown whether it was done: {fault}"),
                };
                format!("{}    {said}  ({id})\n", format::moment(*at))
            }
            JournalEntry::Verdict { id, at, verdict, why } => {
                format!("{}    {}: {why}  ({id})\n", format::moment(*at), verdict.word())
            }
        };
    }
    if recalled.skipped > 0 {
        eprintln!("{}: {} of no meaning skipped", journal.path().display(), format::count(recalled.skipped, "line"));
    }
    out(&text)
}

/// Every error of config, keymap, theme and profiles. 0 when there is none.
pub fn check(options: &Options, cloud: MakeCloud) -> anyhow::Result<u8> {
    let mut complaints = Vec::new();
    let profiles = match cloud(options) {
        Ok(cloud) => match runtime::block_on(cloud.profiles())? {
            Ok(profiles) => profiles,
            Err(fault) => {
                complaints.push(format!("profiles: {fault}; {}", fault.remedy));
                vec![]
            }
        },
        // Without the AWS adapter there are no profiles to check.
        Err(_) => vec![],
    };
    let setup = Setup::gather(options, profiles)?;
    complaints.extend(setup.complaints.iter().map(ToString::to_string));
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    if complaints.is_empty() {
        out(&format!(
            "{} and keymap, theme, {}: all well\n",
            setup.config_file(),
            format::count(setup.environments.len(), "environment")
        ))?;
    }
    Ok(u8::from(!complaints.is_empty()))
}
