//! The profiles of the AWS files, and what is known of each before anything is asked: where its
//! credentials come from, and what stands in the way.

use std::path::PathBuf;

use aws_config::profile::{Profile as Section, ProfileSet};
use aws_runtime::env_config::file::{EnvConfigFileKind as FileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};

use crate::aws::prelude::*;
use crate::domain::environment::Profile;

/// Where the AWS files are. `None` means the usual places, with AWS_CONFIG_FILE and
/// AWS_SHARED_CREDENTIALS_FILE honoured.
#[derive(Clone, Debug, Default)]
pub struct Files {
    pub config: Option<PathBuf>,
    pub credentials: Option<PathBuf>,
}

impl Files {
    /// The same for the SDK, with more contents laid over the files.
    pub fn with_overlay(&self, overlay: Option<String>) -> EnvConfigFiles {
        let mut files = EnvConfigFiles::builder();
        files = match &self.config {
            Some(path) => files.with_file(FileKind::Config, path),
            None => files.include_default_config_file(true),
        };
        files = match &self.credentials {
            Some(path) => files.with_file(FileKind::Credentials, path),
            None => files.include_default_credentials_file(true),
        };
        if let Some(contents) = overlay {
            files = files.with_contents(FileKind::Config, contents);
        }
        files.build()
    }

    /// # Errors
    /// A file that cannot be read or parsed, with its place.
    pub async fn load(&self) -> Result<ProfileSet, Fault> {
        aws_config::profile::load(&Fs::real(), &Env::real(), &self.with_overlay(None), None).await.map_err(|e| {
            let words: Vec<String> = std::iter::successors(Some(&e as &dyn std::error::Error), |e| e.source())
                .map(|e| e.to_string())
                .collect();
            Fault::new(FaultKind::Invalid, "AWS config files", words.join(": "))
                .with_remedy("mend the file, then press R")
        })
    }
}

/// How deep role chains are followed; more is a loop.
const DEEPEST: usize = 16;

/// The profiles whose credentials a profile is made of: itself, its source profile, that one's,
/// and so on. Ends where a profile does not build on another, or names one that is missing.
pub fn lineage<'a>(set: &'a ProfileSet, name: &str) -> Vec<&'a Section> {
    let mut chain: Vec<&Section> = Vec::new();
    let mut next = set.get_profile(name);
    while let Some(profile) = next {
        if chain.len() == DEEPEST || chain.iter().any(|seen| seen.name() == profile.name()) {
            break;
        }
        chain.push(profile);
        // A web identity is not built on another profile, and keys end a chain that has begun.
        let ends = profile.get("web_identity_token_file").is_some()
            || profile.get("role_arn").is_none()
            || (chain.len() > 1 && has_keys(profile));
        next = if ends { None } else { profile.get("source_profile").and_then(|source| set.get_profile(source)) };
    }
    chain
}

/// Whether a profile has access keys of its own.
pub fn has_keys(profile: &Section) -> bool {
    ["aws_access_key_id", "aws_secret_access_key"].iter().any(|key| profile.get(key).is_some())
}

/// What stands in the way of using it, as far as the files tell. The SDK would send the request
/// without the code, and AWS would answer with a bare denial.
fn obstacle(set: &ProfileSet, name: &str) -> Option<Text> {
    let chain = lineage(set, name);
    let roles = chain.iter().filter(|p| p.get("role_arn").is_some() && p.get("web_identity_token_file").is_none());
    if let Some(serial) = roles.filter_map(|p| p.get("mfa_serial")).next() {
        return Some(Text::new(format!(
            "needs an MFA code ({serial}), which midwatch will ask for in a later version; until then use an SSO \
             profile, or put the session of `aws sts assume-role --serial-number … --token-code …` into a profile"
        )));
    }
    let last = chain.last()?;
    last.get("login_session").filter(|_| !has_keys(last)).map(|_| {
        Text::from(
            "uses an `aws login` session, which midwatch cannot read yet; until then use an SSO profile, or \
             `credential_process = aws configure export-credentials --profile … --format process` in another profile",
        )
    })
}

/// All profiles, by name.
pub fn list(set: &ProfileSet) -> Vec<Profile> {
    let mut names: Vec<&str> = set.profiles().collect();
    names.sort_unstable();
    names
        .into_iter()
        .map(|name| Profile {
            name: name.into(),
            region: set.get_profile(name).and_then(|p| p.get("region")).filter(|r| !r.is_empty()).map(Text::from),
            obstacle: obstacle(set, name),
            program: lineage(set, name).last().is_some_and(|last| last.get("credential_process").is_some()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn set(config: &str) -> ProfileSet {
        let files = EnvConfigFiles::builder().with_contents(FileKind::Config, config).build();
        aws_config::profile::load(&Fs::real(), &Env::from_slice(&[]), &files, None).await.unwrap()
    }

    #[tokio::test]
    async fn obstacles_are_known_without_asking() {
        let set = set("[profile base]\naws_access_key_id=a\naws_secret_access_key=b\nregion=eu-west-1\nmfa_serial=arn:x\n\
             [profile mfa]\nrole_arn=arn:r\nsource_profile=base\nmfa_serial=arn:aws:iam::1:mfa/dana\n\
             [profile over]\nrole_arn=arn:r\nsource_profile=mfa\n\
             [profile login]\nlogin_session=arn:aws:iam::1:user/dana\n\
             [profile loop]\nrole_arn=arn:r\nsource_profile=loop2\n[profile loop2]\nrole_arn=arn:r\nsource_profile=loop\n")
        .await;
        let all = list(&set);
        let names: Vec<&str> = all.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["base", "login", "loop", "loop2", "mfa", "over"]);
        let of = |name: &str| all.iter().find(|p| p.name == name).unwrap().clone();
        assert_eq!(of("base").obstacle, None, "mfa_serial without a role asks for nothing");
        assert_eq!(of("base").region, Some("eu-west-1".into()));
        for name in ["mfa", "over"] {
            assert!(of(name).obstacle.unwrap().starts_with("needs an MFA code (arn:aws:iam::1:mfa/dana)"), "{name}");
        }
        assert!(of("login").obstacle.unwrap().starts_with("uses an `aws login` session"));
        assert_eq!(of("loop").obstacle, None, "the SDK tells of the loop");
        assert!(all.iter().all(|profile| !profile.program));
    }

    #[tokio::test]
    async fn a_program_at_the_end_of_a_chain_is_known_without_running_it() {
        let set = set("[profile proc]\ncredential_process=false\n\
             [profile over]\nrole_arn=arn:r\nsource_profile=proc\n\
             [profile self]\nrole_arn=arn:r\nsource_profile=self\ncredential_process=get\n\
             [profile sso]\nsso_session=s\nsso_account_id=1\nsso_role_name=r\n\
             [profile keys]\naws_access_key_id=a\naws_secret_access_key=b\n")
        .await;
        let programs: Vec<(String, bool)> = list(&set).into_iter().map(|p| (p.name.to_string(), p.program)).collect();
        let told = [("keys", false), ("over", true), ("proc", true), ("self", true), ("sso", false)];
        assert_eq!(programs, told.map(|(name, program)| (name.to_string(), program)));
    }
}
