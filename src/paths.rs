//! Where the person's files are.

use std::path::{Path, PathBuf};

use anyhow::Context;
use directories::ProjectDirs;

/// The files of this person on this machine (XDG).
#[derive(Clone, Debug)]
pub struct Paths {
    pub config: PathBuf,
    pub journal: PathBuf,
    /// What is done to the demo is no history of the real world.
    pub demo_journal: PathBuf,
    /// The folder of what was seen of services, a file for each account and region.
    pub recorded: PathBuf,
    /// The name of the last environment.
    pub last_used: PathBuf,
}

impl Paths {
    /// Where the system's folders have them.
    ///
    /// # Errors
    /// The person has no home.
    pub fn of_user() -> anyhow::Result<Self> {
        let dirs = ProjectDirs::from("", "", "midwatch").context("no home folder: set HOME")?;
        // Where a system has no folder for state (macOS), the one for data holds it.
        let state = dirs.state_dir().unwrap_or_else(|| dirs.data_dir());
        Ok(Self {
            config: dirs.config_dir().join("config.toml"),
            journal: state.join("journal.jsonl"),
            demo_journal: state.join(format!("demo/{}.jsonl", std::process::id())),
            recorded: state.join("recorded"),
            last_used: state.join("last-environment"),
        })
    }

    /// A path that a config file names: relative to that file.
    pub fn beside(file: &Path, name: &str) -> PathBuf {
        file.parent().unwrap_or(Path::new("")).join(name)
    }
}
