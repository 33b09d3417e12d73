//! From arguments, config and profiles to what a start needs.

use std::path::{Path, PathBuf};

use super::Options;
use crate::app::command;
use crate::config::Config;
use crate::config::complaint::{Complaint, suggest};
use crate::domain::environment::{Environment, Profile};
use crate::domain::text::Text;
use crate::keymap::{self, Keymap};
use crate::paths::Paths;
use crate::port::Cloud;
use crate::theme::{self, Depth, Theme};

/// What a start needs.
pub struct Setup {
    pub environments: Vec<Environment>,
    pub keymap: Keymap,
    pub theme: Theme,
    pub config: Config,
    pub paths: Paths,
    pub complaints: Vec<Complaint>,
    /// The name of the environment that `--profile` or `--region` made.
    made: Option<Text>,
    file: PathBuf,
    demo: bool,
}

impl Setup {
    /// For a start: a config that cannot be trusted ends it, as it may say what is production.
    ///
    /// # Errors
    /// The complaints about the config; a refused keymap or theme is only noticed.
    pub fn read(options: &Options, _: &dyn Cloud, profiles: Vec<Profile>) -> anyhow::Result<Self> {
        let setup = Self::gather(options, profiles)?;
        let config = setup.file.to_string_lossy();
        let fatal: Vec<String> =
            setup.complaints.iter().filter(|c| *c.file == *config).map(ToString::to_string).collect();
        anyhow::ensure!(fatal.is_empty(), "{}", fatal.join("\n"));
        Ok(setup)
    }

    /// Everything, with every complaint.
    ///
    /// # Errors
    /// The person has no home.
    pub fn gather(options: &Options, profiles: Vec<Profile>) -> anyhow::Result<Self> {
        let paths = Paths::of_user()?;
        let file = options.config.clone().unwrap_or_else(|| paths.config());
        let demo = options.demo.is_some();
        // The demo has its own environments; the real ones would all be unknown to it.
        let (mut config, mut complaints) = if demo && options.config.is_none() {
            (Config::default(), vec![])
        } else {
            Config::load(&file, options.config.is_some())
        };
        let (mut environments, more) = config.environments(&profiles);
        complaints.extend(more);
        let made = made(options, &profiles, &mut environments);
        for environment in &mut environments {
            environment.read_only |= options.read_only;
            if let (Some(region), None) = (&options.region, &made) {
                environment.region = Some(region.into());
            }
        }
        if let Some(keymap) = &options.keymap {
            config.keymap.clone_from(keymap);
        } else {
            config.keymap = beside(&file, &config.keymap, &keymap::names());
        }
        if let Some(theme) = &options.theme {
            config.theme.clone_from(theme);
        } else {
            config.theme = beside(&file, &config.theme, &theme::names());
        }
        // A broken file is refused whole; the default stands in, and the screen says so.
        let keymap = keymap::load(&config.keymap, command::declared()).unwrap_or_else(|found| {
            complaints.extend(found);
            Keymap::standard(command::declared())
        });
        let depth = Depth::detect(&config.colour, |name| std::env::var(name).ok());
        let theme = theme::load(&config.theme, depth).unwrap_or_else(|found| {
            complaints.extend(found);
            Theme::builtin(theme::DEFAULT, depth)
        });
        Ok(Self { environments, keymap, theme, config, paths, complaints, made, file, demo })
    }

    pub fn config_file(&self) -> String {
        if self.file.exists() { self.file.display().to_string() } else { "no config file".to_string() }
    }

    /// What the first screen says of refused files.
    pub fn notices(&self) -> Vec<String> {
        self.complaints.iter().map(|complaint| format!("{complaint} (refused; the default is used)")).collect()
    }

    /// The environment to begin with: the one asked for, else the last used, else `AWS_PROFILE`,
    /// else the only one.
    ///
    /// # Errors
    /// There is none of the name asked for.
    pub fn first(&self, name: Option<&str>) -> anyhow::Result<Option<Text>> {
        let find = |name: &str| self.environments.iter().find(|env| *env.name == *name).map(|env| env.name.clone());
        if let Some(name) = name {
            let names: Vec<&str> = self.environments.iter().map(|env| &*env.name).collect();
            return find(name).map(Some).ok_or_else(|| {
                anyhow::anyhow!("there is no environment or profile `{name}`; {}", suggest(name, &names))
            });
        }
        if let Some(made) = &self.made {
            return Ok(Some(made.clone()));
        }
        if self.demo {
            return Ok(self.environments.first().map(|env| env.name.clone()));
        }
        let last = std::fs::read_to_string(self.paths.last_used()).ok();
        let profile = std::env::var("AWS_PROFILE").ok();
        let of_profile = |profile: String| {
            let env = self.environments.iter().find(|env| env.profile.as_deref() == Some(profile.as_str()));
            env.map(|env| env.name.clone())
        };
        let only = || if let [only] = &self.environments[..] { Some(only.name.clone()) } else { None };
        Ok(last.and_then(|name| find(name.trim())).or_else(|| profile.and_then(of_profile)).or_else(only))
    }
}

/// The environment of `--profile` and `--region`, put first.
fn made(options: &Options, profiles: &[Profile], environments: &mut Vec<Environment>) -> Option<Text> {
    let name = options.profile.as_ref()?;
    let profile = profiles.iter().find(|profile| *profile.name == **name);
    let region = options.region.as_deref().or_else(|| profile.and_then(|profile| profile.region.as_deref()));
    let mut environment = Environment::of_profile(name, Some(name), region);
    environment.obstacle = match profile {
        Some(profile) => profile.obstacle.clone(),
        None => Some(format!("there is no profile `{name}` in the AWS files").into()),
    };
    // What the config says of an environment of this name (a pin, read-only) stays in force.
    if let Some(known) = environments.iter_mut().find(|env| *env.name == **name) {
        known.region = region.map(Text::from).or(known.region.take());
        return Some(known.name.clone());
    }
    let name = environment.name.clone();
    environments.insert(0, environment);
    Some(name)
}

/// The keymap in force for `midwatch keys`, with what was refused.
///
/// # Errors
/// The person has no home.
pub fn keymap(options: &Options) -> anyhow::Result<(Keymap, Vec<Complaint>)> {
    let setup = Setup::gather(options, vec![])?;
    let complaints = setup.complaints.into_iter().filter(|c| *c.file == *setup.config.keymap).collect();
    Ok((setup.keymap, complaints))
}

/// A name of a built-in as it is, any other as a file beside the config.
fn beside(config: &Path, name: &str, builtin: &[&str]) -> String {
    if builtin.contains(&name) || !name.contains(['.', '/']) {
        return name.to_string();
    }
    Paths::beside(config, name).to_string_lossy().into_owned()
}
