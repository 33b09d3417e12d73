//! From the config and the profiles of AWS to the environments there are.

use super::Config;
use super::complaint::{Complaint, suggest};
use super::entry::Entry;
use super::queries::merged;
use crate::domain::environment::{Environment, Profile, Tier};

impl Config {
    /// The environments: those of the config in its order, then the profiles that none of them
    /// uses. One with an unknown profile stays in the list with its obstacle, so that a file shared
    /// by a team serves everybody in it.
    pub fn environments(&self, profiles: &[Profile]) -> (Vec<Environment>, Vec<Complaint>) {
        let mut complaints = Vec::new();
        let mut environments: Vec<Environment> = Vec::new();
        for entry in &self.environments {
            let environment = self.environment(entry, profiles, &mut complaints);
            let twin = environments.iter().find(|other| {
                other.profile == environment.profile
                    && other.region == environment.region
                    && format!("{:?}", other.scope) == format!("{:?}", environment.scope)
            });
            if let Some(twin) = twin {
                let message = format!("`{}` is the same as `{}`", environment.name, twin.name);
                let remedy = "give it another region, clusters, include or tags, or leave it out";
                complaints.push(Complaint::at(&self.file, entry.place, message, remedy));
            }
            environments.push(environment);
        }
        if self.profiles {
            for profile in profiles {
                let used =
                    environments.iter().any(|e| e.profile.as_ref() == Some(&profile.name) || e.name == profile.name);
                if !used {
                    let entry = Entry { name: profile.name.to_string(), ..Entry::default() };
                    environments.push(self.environment(&entry, profiles, &mut complaints));
                }
            }
        }
        (environments, complaints)
    }

    /// An environment of a profile alone, as `--profile` asks for one. It is guarded as well as the
    /// best guarded environment of this profile: asking for the profile is no way round a pin.
    pub fn of_profile(&self, name: &str, profiles: &[Profile]) -> Environment {
        let entry = Entry { name: name.to_string(), ..Entry::default() };
        let mut environment = self.environment(&entry, profiles, &mut Vec::new());
        let same = |entry: &&Entry| match &entry.profile {
            Some(profile) => profile.as_deref() == Some(name),
            None => entry.name == name,
        };
        for entry in self.environments.iter().filter(same) {
            let other = self.environment(entry, profiles, &mut Vec::new());
            environment.read_only |= other.read_only;
            environment.account = environment.account.or(other.account);
            environment.caches.extend(other.caches);
            environment.queries = merged(&environment.queries, &other.queries);
            environment.rules = environment.rules.over(&other.rules);
            if other.tier < environment.tier {
                (environment.tier, environment.tier_guessed) = (other.tier, other.tier_guessed);
            }
        }
        environment
    }

    fn environment(&self, entry: &Entry, profiles: &[Profile], complaints: &mut Vec<Complaint>) -> Environment {
        let wanted = match &entry.profile {
            None => Some(entry.name.clone()),
            Some(profile) => profile.clone(),
        };
        let profile = wanted.as_ref().and_then(|name| profiles.iter().find(|profile| *profile.name == **name));
        let mut obstacle = profile.and_then(|profile| profile.obstacle.clone());
        if let (Some(name), None) = (&wanted, profile) {
            let names: Vec<&str> = profiles.iter().map(|profile| &*profile.name).collect();
            let place = if entry.profile.is_some() { entry.profile_place } else { entry.place };
            let message = format!("there is no profile `{name}`");
            complaints.push(Complaint::at(&self.file, place, message.clone(), suggest(name, &names)));
            obstacle = Some(format!("{message} in the AWS files").into());
        }
        let region = (entry.region.as_deref())
            .or_else(|| profile.and_then(|profile| profile.region.as_deref()))
            .or(self.defaults.region.as_deref());
        // A default never lowers what the name says.
        let guess = Tier::guess(&entry.name);
        let said = entry.tier.or(if guess.is_none() { self.defaults.tier } else { None });
        Environment {
            account: entry.account.as_deref().map(Into::into),
            tier: said.or(guess).unwrap_or(Tier::Production),
            tier_guessed: said.is_none(),
            read_only: entry.read_only.or(self.defaults.read_only).unwrap_or(false),
            scope: entry.scope.clone(),
            caches: entry.caches.clone(),
            queries: merged(&entry.queries, &self.queries),
            rules: entry.rules.settings().over(&self.rules.settings()),
            refresh: entry.refresh.or(self.defaults.refresh),
            obstacle,
            program: profile.is_some_and(|profile| profile.program),
            ..Environment::of_profile(&entry.name, wanted.as_deref(), region)
        }
    }
}
