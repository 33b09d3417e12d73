//! Where the person's files are.

use std::path::{Path, PathBuf};

use anyhow::Context;
use directories::ProjectDirs;

/// The folders of this person on this machine (XDG).
#[derive(Clone, Debug)]
pub struct Paths {
    config: PathBuf,
    state: PathBuf,
}

impl Paths {
    /// The folders that the system names.
    ///
    /// # Errors
    /// The person has no home.
    pub fn of_user() -> anyhow::Result<Self> {
        let dirs = ProjectDirs::from("", "", "midwatch").context("no home folder: set HOME")?;
        // Where a system has no folder for state (macOS), the one for data holds it.
        let state = dirs.state_dir().unwrap_or_else(|| dirs.data_dir());
        Ok(Self { config: dirs.config_dir().to_path_buf(), state: state.to_path_buf() })
    }

    pub fn config(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    pub fn journal(&self) -> PathBuf {
        self.state.join("journal.jsonl")
    }

    /// What is done to the demo is no history of the real world.
    pub fn demo_journal(&self) -> PathBuf {
        self.state.join(format!("demo/{}.jsonl", std::process::id()))
    }

    /// The folder of what was seen of services, a file for each account and region.
    pub fn recorded(&self) -> PathBuf {
        self.state.join("recorded")
    }

    /// The name of the last environment.
    pub fn last_used(&self) -> PathBuf {
        self.state.join("last-environment")
    }

    /// A path that a config file names: relative to that file.
    pub fn beside(file: &Path, name: &str) -> PathBuf {
        file.parent().unwrap_or(Path::new("")).join(name)
    }
}
