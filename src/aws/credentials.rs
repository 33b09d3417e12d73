//! Whose credentials sign the requests: those of the chosen profile, whatever the environment
//! variables say, and how they are renewed when they have expired.

use std::time::{Duration, SystemTime};

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result as Provided, SharedCredentialsProvider, future};
use serde::Deserialize;

use super::process;
use super::profiles::{Files, has_keys, lineage};
use crate::domain::debug_as;

/// How the person gets fresh credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// IAM Identity Center, by the profile that holds its settings.
    Sso { profile: String },
    /// An external program, of that profile.
    Process { profile: String },
    /// Keys in the files, or roles from them.
    Keys { profile: String },
    /// The SDK's own chain: environment variables, container, instance.
    Chain,
}

impl Login {
    /// By the profile at the end of the chain, which is where a login happens.
    pub fn of(set: &ProfileSet, profile: &str) -> Self {
        let chain = lineage(set, profile);
        let Some(last) = chain.last() else { return Self::Keys { profile: profile.into() } };
        let name = last.name().to_string();
        if chain.len() > 1 && has_keys(last) {
            Self::Keys { profile: name }
        } else if last.get("sso_session").is_some() || last.get("sso_start_url").is_some() {
            Self::Sso { profile: name }
        } else if process_of(set, profile).is_some() {
            Self::Process { profile: name }
        } else {
            Self::Keys { profile: name }
        }
    }

    /// What to do when the credentials are refused.
    pub fn remedy(&self) -> String {
        match self {
            // Over SSH there is no browser that the default flow could call back.
            Self::Sso { profile } => format!("run: aws sso login --profile {profile} --use-device-code, then press R"),
            Self::Process { profile } => {
                format!("run credential_process of profile {profile} by hand to see why, then press R")
            }
            Self::Keys { profile } => format!("renew the credentials of profile {profile}, then press R"),
            Self::Chain => {
                "choose a profile, or start midwatch again with fresh credentials in its environment".to_string()
            }
        }
    }
}

/// The provider of a chosen profile. An explicit one, because the SDK's default chain would let
/// access keys of the environment win over it.
pub fn of_profile(
    set: &ProfileSet,
    files: &Files,
    profile: &str,
    conf: &ProviderConfig,
    patience: Duration,
) -> SharedCredentialsProvider {
    let mut provider = ProfileFileCredentialsProvider::builder().configure(conf).profile_name(profile);
    let overlay = process_of(set, profile).map(|(overlay, command)| {
        provider = std::mem::take(&mut provider).with_custom_provider(SOURCE, Process { command, patience });
        overlay
    });
    SharedCredentialsProvider::new(provider.profile_files(files.with_overlay(overlay)).build())
}

/// The provider where no profile was chosen. `None` leaves it to the SDK's default chain, which
/// would do the same except for one thing: a credential_process in the selected profile.
pub fn of_chain(
    set: &ProfileSet,
    files: &Files,
    conf: &ProviderConfig,
    patience: Duration,
) -> Option<SharedCredentialsProvider> {
    let selected = set.selected_profile();
    process_of(set, selected)?;
    let chain = CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
        .or_else("Profile", of_profile(set, files, selected, conf, patience));
    Some(SharedCredentialsProvider::new(chain))
}

/// The name under which our own runner of `credential_process` is known to the SDK's chain.
const SOURCE: &str = "MidwatchProcess";

/// When the chain of a profile ends in a `credential_process`: lines to lay over the AWS files,
/// which put our runner in the place of the SDK's, and the command. The SDK's would let the
/// program read our standard input (the person's keys), and does not stop it.
fn process_of(set: &ProfileSet, profile: &str) -> Option<(String, String)> {
    let chain = lineage(set, profile);
    let last = *chain.last()?;
    let command = last.get("credential_process")?.to_string();
    // What the SDK prefers within one profile (aws-config, profile/credentials/repr.rs).
    let first = ["credential_source", "web_identity_token_file", "sso_session", "sso_start_url", "login_session"];
    if first.iter().any(|key| last.get(key).is_some()) || (chain.len() > 1 && has_keys(last)) {
        return None;
    }
    let name = last.name();
    let overlay = match (last.get("role_arn"), last.get("source_profile")) {
        (None, _) => format!("\n[profile {name}]\ncredential_source = {SOURCE}\n"),
        // A profile that names itself as its source: the role and what it is assumed with in one.
        (Some(_), Some(source)) if source == name => {
            format!("\n[profile {name}]\nsource_profile = {SOURCE}\n[profile {SOURCE}]\ncredential_source = {SOURCE}\n")
        }
        _ => return None,
    };
    Some((overlay, command))
}

/// Runs `credential_process` as the AWS CLI does, with nothing to read, in a process group of its
/// own that ends with it: a prompt of that program can neither take keys nor outlive us.
struct Process {
    command: String,
    patience: Duration,
}

// Without the command, whose arguments may be secret.
debug_as!(Process, |_it| "Process");

/// What the program prints (AWS SDKs and Tools Reference Guide, "Process credential provider").
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<jiff::Timestamp>,
    account_id: Option<String>,
}

impl Process {
    async fn run(&self) -> Provided {
        let failed = |why: String| CredentialsError::provider_error(format!("credential_process {why}"));
        let mut shell = tokio::process::Command::new("sh");
        shell.args(["-c", &self.command]);
        let printed = process::printed(shell, self.patience).await.map_err(failed)?;
        credentials(&printed).map_err(failed)
    }
}

/// Reads what was printed. No error repeats any of it: there are secrets in it.
fn credentials(printed: &[u8]) -> Result<Credentials, String> {
    let printed: Printed = serde_json::from_slice(printed)
        .map_err(|e| format!("printed no credentials that can be read (line {}, column {})", e.line(), e.column()))?;
    if printed.version != 1 {
        return Err(format!("printed version {}, which is not known", printed.version));
    }
    let mut credentials = Credentials::builder()
        .access_key_id(printed.access_key_id)
        .secret_access_key(printed.secret_access_key)
        .provider_name("CredentialProcess");
    credentials.set_session_token(printed.session_token);
    credentials.set_expiry(printed.expiration.map(SystemTime::from));
    credentials.set_account_id(printed.account_id.map(Into::into));
    Ok(credentials.build())
}

impl ProvideCredentials for Process {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.run())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
    use aws_types::os_shim_internal::{Env, Fs};

    async fn set(config: &str) -> ProfileSet {
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, config).build();
        aws_config::profile::load(&Fs::real(), &Env::from_slice(&[]), &files, None).await.unwrap()
    }

    fn process(command: &str, patience: Duration) -> Process {
        Process { command: command.into(), patience }
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn version_one_is_read_with_its_expiration() {
        let printed = br#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T","Expiration":"2030-01-02T03:04:05+01:00"}"#;
        let read = credentials(printed).unwrap();
        assert_eq!((read.access_key_id(), read.session_token()), ("A", Some("T")));
        let expiry = jiff::Timestamp::try_from(read.expiry().unwrap()).unwrap();
        assert_eq!(expiry.to_string(), "2030-01-02T02:04:05Z");
    }

    #[test]
    fn no_error_repeats_a_secret() {
        for printed in [
            br#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":5555}"#.as_slice(),
            br#"{"Version":2,"AccessKeyId":"A","SecretAccessKey":"5555"}"#,
            b"5555",
        ] {
            let error = credentials(printed).unwrap_err();
            assert!(!error.contains("5555"), "{error}");
        }
    }

    #[tokio::test]
    async fn the_program_finds_its_input_empty() {
        let command = r#"printf '{"Version":1,"AccessKeyId":"read:%s","SecretAccessKey":"S"}' "$(cat)""#;
        assert_eq!(process(command, LONG).run().await.unwrap().access_key_id(), "read:");
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_ended_with_all_it_started() {
        let dir = std::env::temp_dir().join(format!("midwatch-process-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let pid = dir.join("pid");
        let command = format!("sleep 600 & echo $! > {}; wait", pid.display());
        let error = process(&command, Duration::from_secs(2)).run().await.unwrap_err();
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("gave no answer in 2 s"));
        let started: i32 = std::fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
        let lives = || {
            // A killed process that nobody has waited for yet is a zombie, and ended all the same.
            let stat = std::fs::read_to_string(format!("/proc/{started}/stat")).unwrap_or_default();
            !stat.is_empty() && !stat.contains(") Z ")
        };
        for _ in 0..100 {
            if !lives() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(!lives(), "{started} lives on");
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[tokio::test]
    async fn a_failing_program_says_why() {
        let error = process("echo one >&2; echo no ticket >&2; exit 3", LONG).run().await.unwrap_err();
        let said = std::error::Error::source(&error).unwrap().to_string();
        assert!(said.contains("no ticket") && said.contains("exit status: 3"), "{said}");
    }

    #[tokio::test]
    async fn the_login_is_that_of_the_last_profile() {
        let set = set("[profile sso]\nsso_session=s\nsso_account_id=1\nsso_role_name=r\n\
             [sso-session s]\nsso_region=us-east-1\nsso_start_url=https://x\n\
             [profile role]\nrole_arn=arn:r\nsource_profile=sso\n\
             [profile proc]\ncredential_process=get\n\
             [profile over]\nrole_arn=arn:r\nsource_profile=proc\n\
             [profile self]\nrole_arn=arn:r\nsource_profile=self\ncredential_process=get\n\
             [profile keys]\naws_access_key_id=a\naws_secret_access_key=b\n")
        .await;
        for (profile, login) in [
            ("role", Login::Sso { profile: "sso".into() }),
            ("over", Login::Process { profile: "proc".into() }),
            ("self", Login::Process { profile: "self".into() }),
            ("keys", Login::Keys { profile: "keys".into() }),
        ] {
            assert_eq!(Login::of(&set, profile), login, "{profile}");
        }
        assert_eq!(
            Login::of(&set, "role").remedy(),
            "run: aws sso login --profile sso --use-device-code, then press R"
        );
    }
}
