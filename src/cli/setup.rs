//! From arguments, config and profiles to what a start needs.

use std::path::{Path, PathBuf};

use super::Options;
use crate::app::commands;
use crate::config::Config;
use crate::diagnosis;
use crate::domain::environment::{Environment, Profile};
use crate::domain::schema::complaint::{Complaint, suggest};
use crate::domain::text::Text;
use crate::keymap::{self, Keymap};
use crate::paths::Paths;
use crate::port::Cloud;
use crate::settings::Settings;
use crate::theme::{self, ChartGlyphs, Depth, Theme};

/// The environment of whatever credentials the SDK finds by itself.
const SURROUNDINGS: &str = "surroundings";

/// What a start needs.
pub struct Setup {
    pub environments: Vec<Environment>,
    pub keymap: Keymap,
    pub theme: Theme,
    pub settings: Settings,
    pub paths: Paths,
    pub complaints: Vec<Complaint>,
    /// How many of the complaints, from the first, say that the config itself cannot be trusted.
    fatal: usize,
    /// The name of the environment that `--profile` or `--region` made.
    made: Option<Text>,
    file: PathBuf,
}

impl Setup {
    /// For a start: a config that cannot be trusted ends it, as it may say what is production.
    ///
    /// # Errors
    /// The complaints about the config; a refused keymap or theme is only noticed.
    pub fn read(options: &Options, _: &dyn Cloud, profiles: Vec<Profile>) -> anyhow::Result<Self> {
        let setup = Self::gather(options, profiles)?;
        setup.trusted()?;
        Ok(setup)
    }

    fn trusted(&self) -> anyhow::Result<()> {
        let fatal: Vec<String> = self.complaints[..self.fatal].iter().map(ToString::to_string).collect();
        anyhow::ensure!(fatal.is_empty(), "{}", fatal.join("\n"));
        Ok(())
    }

    /// Everything, with every complaint.
    ///
    /// # Errors
    /// The person has no home.
    pub fn gather(options: &Options, profiles: Vec<Profile>) -> anyhow::Result<Self> {
        let paths = Paths::of_user()?;
        let file = options.config.clone().unwrap_or_else(|| paths.config.clone());
        let demo = options.demo.is_some();
        // The demo has its own environments; the real ones would all be unknown to it.
        let (mut config, mut complaints) = if demo && options.config.is_none() {
            (Config::default(), vec![])
        } else {
            Config::load(&file, options.config.is_some())
        };
        complaints.extend(config.check_rules(&diagnosis::declared()));
        let fatal = complaints.len();
        let (mut environments, more) = config.environments(&profiles);
        complaints.extend(more);
        let made = made(options, &config, &profiles, &mut environments);
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| std::env::var(name).ok());
        if environments.is_empty() && !demo {
            // No profile and no config: a container or an instance has credentials all the same.
            environments.push(Environment::of_profile(SURROUNDINGS, None, None));
        }
        for environment in &mut environments {
            environment.read_only |= options.read_only;
            // It stands in for what says no Region; it does not move every environment to one.
            environment.region = environment.region.take().or(region.as_deref().map(Text::from));
        }
        let settings = &mut config.settings;
        settings.demo = demo;
        let asked = |name: &Option<String>, said: &str, builtin: &[&str]| {
            name.clone().unwrap_or_else(|| beside(&file, said, builtin))
        };
        settings.keymap = asked(&options.keymap, &settings.keymap, &keymap::names());
        settings.theme = asked(&options.theme, &settings.theme, &theme::names());
        // A broken file is refused whole; the default stands in, and the screen says so.
        let keymap = keymap::load(&settings.keymap, commands::declared()).unwrap_or_else(|found| {
            complaints.extend(found);
            Keymap::standard(commands::declared())
        });
        let depth = Depth::detect(settings.colour, |name| std::env::var(name).ok());
        let mut theme = theme::load(&settings.theme, depth).unwrap_or_else(|found| {
            complaints.extend(found);
            Theme::builtin(theme::DEFAULT, depth)
        });
        theme.ink = ChartGlyphs::detect(settings.charts, |name| std::env::var(name).ok());
        let settings = config.settings;
        Ok(Self { environments, keymap, theme, settings, paths, complaints, fatal, made, file })
    }

    pub fn config_file(&self) -> String {
        if self.file.exists() { self.file.display().to_string() } else { "no config file".to_string() }
    }

    /// What the first screen says of refused files.
    pub fn notices(&self) -> Vec<String> {
        let of_config = self.file.to_string_lossy();
        let say = |complaint: &Complaint| match *complaint.file == *of_config {
            true => complaint.to_string(),
            false => format!("{complaint} (refused; the default is used)"),
        };
        self.complaints.iter().map(say).collect()
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
        if self.settings.demo {
            return Ok(self.environments.first().map(|env| env.name.clone()));
        }
        let last = std::fs::read_to_string(&self.paths.last_used).ok();
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
fn made(options: &Options, config: &Config, profiles: &[Profile], environments: &mut Vec<Environment>) -> Option<Text> {
    let name = options.profile.as_ref()?;
    let mut environment = config.of_profile(name, profiles);
    environment.region = options.region.as_deref().map(Text::from).or(environment.region);
    // What the config says of an environment of this name (a pin, read-only) stays in force.
    if let Some(known) = environments.iter_mut().find(|env| *env.name == **name) {
        if known.profile.as_deref() == Some(name) {
            known.region = options.region.as_deref().map(Text::from).or(known.region.take());
            return Some(known.name.clone());
        }
        // The config has this name for another profile: nobody is to be sent there instead.
        environment.name = format!("{name} (profile)").into();
    }
    let name = environment.name.clone();
    environments.insert(0, environment);
    Some(name)
}

/// The keymap in force for `midwatch keys`, with what was refused.
///
/// # Errors
/// The complaints about a config that would not let the console start.
pub fn keymap(options: &Options) -> anyhow::Result<(Keymap, Vec<Complaint>)> {
    // The keys do not depend on the profiles.
    let setup = Setup::gather(options, vec![])?;
    setup.trusted()?;
    let complaints = setup.complaints.into_iter().filter(|c| *c.file == *setup.settings.keymap).collect();
    Ok((setup.keymap, complaints))
}

/// A name of a built-in as it is, any other as a file beside the config.
fn beside(config: &Path, name: &str, builtin: &[&str]) -> String {
    if builtin.contains(&name) || !name.contains(['.', '/']) {
        return name.to_string();
    }
    Paths::beside(config, name).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str) -> Profile {
        Profile { name: name.into(), region: Some("eu-west-1".into()), ..Profile::default() }
    }

    #[test]
    fn a_profile_asked_for_is_the_profile_used() {
        let profiles = [profile("staging"), profile("production")];
        let (config, _) = Config::parse("[environment.staging]\nprofile = \"production\"\n", "config.toml");
        let mut environments = config.environments(&profiles).0;
        let options = Options { profile: Some("staging".to_string()), ..Options::default() };
        let name = made(&options, &config, &profiles, &mut environments).unwrap();
        let found: Vec<_> = environments.iter().filter(|env| env.name == name).collect();
        assert_eq!(found.len(), 1, "a name is unique");
        assert_eq!(found[0].profile.as_deref(), Some("staging"));
    }

    #[test]
    fn what_the_config_says_of_the_profile_asked_for_stays_in_force() {
        let profiles = [profile("production")];
        let (config, _) = Config::parse("[environment.production]\nread_only = true\n", "config.toml");
        let mut environments = config.environments(&profiles).0;
        let region = Some("us-east-1".to_string());
        let options = Options { profile: Some("production".to_string()), region, ..Options::default() };
        assert_eq!(made(&options, &config, &profiles, &mut environments).as_deref(), Some("production"));
        assert!(environments[0].read_only && environments[0].region.as_deref() == Some("us-east-1"));
    }

    #[test]
    fn a_profile_asked_for_is_no_way_round_the_guards() {
        let profiles = [profile("company")];
        let text = "[defaults]\nread_only = true\n[environment.shop-staging]\nprofile = \"company\"\nread_only = false\n\
                    [environment.shop-production]\nprofile = \"company\"\naccount = \"123456789012\"\nregion = \"us-east-1\"\n";
        let (config, complaints) = Config::parse(text, "config.toml");
        assert_eq!(complaints, []);
        let mut environments = config.environments(&profiles).0;
        let options = Options { profile: Some("company".to_string()), ..Options::default() };
        made(&options, &config, &profiles, &mut environments).unwrap();
        let made = &environments[0];
        assert!(made.read_only && made.account.as_deref() == Some("123456789012"));
        assert_eq!(made.tier, crate::domain::environment::Tier::Production);
    }

    #[test]
    fn an_unknown_profile_does_not_keep_the_others_from_starting() {
        let file = std::env::temp_dir().join(format!("midwatch-setup-{}.toml", std::process::id()));
        let start = |text: &str| {
            std::fs::write(&file, text).unwrap();
            let options = Options { config: Some(file.clone()), ..Options::default() };
            let setup = Setup::gather(&options, vec![profile("mine")]).unwrap();
            (setup.fatal, setup.complaints.len(), setup.environments.len())
        };
        assert_eq!(start("[environment.theirs]\n[environment.mine]\n"), (0, 1, 2));
        assert_eq!(start("[environment.mine]\nread-only = true\n"), (1, 1, 1), "a typo in a guard still ends it");
        std::fs::remove_file(&file).unwrap();
    }
}
