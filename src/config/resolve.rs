//! From the config and the profiles of AWS to the environments there are.

use super::{Config, Listed};
use crate::domain::environment::{Environment, Profile};
use crate::domain::schema::complaint::{Complaint, suggest};
use crate::domain::text::Text;

impl Config {
    /// The environments: those of the config in its order, then the profiles that none of them
    /// uses. One with an unknown profile stays in the list with its obstacle, so that a file shared
    /// by a team serves everybody in it.
    pub fn environments(&self, profiles: &[Profile]) -> (Vec<Environment>, Vec<Complaint>) {
        let mut complaints = Vec::new();
        let mut environments: Vec<Environment> = Vec::new();
        for Listed { environment, place, profile_place } in &self.environments {
            let mut environment = environment.clone();
            if let Some(message) = self.resolve(&mut environment, profiles) {
                let names: Vec<&str> = profiles.iter().map(|profile| &*profile.name).collect();
                let remedy = suggest(environment.profile.as_deref().unwrap_or_default(), &names);
                complaints.push(Complaint::at(&self.file, *profile_place, message, remedy));
            }
            let twin = environments.iter().find(|other| {
                other.profile == environment.profile
                    && other.region == environment.region
                    && format!("{:?}", other.scope) == format!("{:?}", environment.scope)
            });
            if let Some(twin) = twin {
                let message = format!("`{}` is the same as `{}`", environment.name, twin.name);
                let remedy = "give it another region, clusters, include or tags, or leave it out";
                complaints.push(Complaint::at(&self.file, *place, message, remedy));
            }
            environments.push(environment);
        }
        if self.settings.profiles {
            for profile in profiles {
                let used =
                    environments.iter().any(|e| e.profile.as_ref() == Some(&profile.name) || e.name == profile.name);
                if !used {
                    let mut environment = self.begin(&profile.name);
                    self.resolve(&mut environment, profiles);
                    environments.push(environment);
                }
            }
        }
        (environments, complaints)
    }

    /// An environment of a profile alone, as `--profile` asks for one. It is guarded as well as the
    /// best guarded environment of this profile: asking for the profile is no way round a pin.
    pub fn of_profile(&self, name: &str, profiles: &[Profile]) -> Environment {
        let mut environment = self.begin(name);
        self.resolve(&mut environment, profiles);
        for Listed { environment: other, .. } in &self.environments {
            if other.profile.as_deref() != Some(name) {
                continue;
            }
            let mut other = other.clone();
            self.resolve(&mut other, profiles);
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

    /// Adds what its profile and the config for all environments say. Gives what is wrong with its profile.
    fn resolve(&self, environment: &mut Environment, profiles: &[Profile]) -> Option<String> {
        let wanted = environment.profile.as_ref();
        let profile = profiles.iter().find(|profile| Some(&profile.name) == wanted);
        let unknown = wanted.filter(|_| profile.is_none()).map(|name| format!("there is no profile `{name}`"));
        environment.obstacle = match &unknown {
            Some(message) => Some(format!("{message} in the AWS files").into()),
            None => profile.and_then(|profile| profile.obstacle.clone()),
        };
        environment.program = profile.is_some_and(|profile| profile.program);
        environment.region = (environment.region.take())
            .or_else(|| profile.and_then(|profile| profile.region.clone()))
            .or_else(|| self.defaults.region.clone());
        environment.queries = merged(&environment.queries, &self.queries);
        environment.rules = environment.rules.over(&self.rules);
        unknown
    }
}

/// Those of an environment, then those of all that have another name.
fn merged(own: &[(Text, Text)], all: &[(Text, Text)]) -> Vec<(Text, Text)> {
    let others = all.iter().filter(|(name, _)| own.iter().all(|(other, _)| other != name));
    own.iter().chain(others).cloned().collect()
}
