//! The command line: parser, help, completions and man page come from these declarations.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

use crate::kinds::policy::PolicyRole;

/// A full-screen terminal console for AWS operations, for the engineer on call.
#[derive(Debug, Parser)]
#[command(name = "midwatch", version, max_term_width = 100, after_help = AFTER)]
pub struct Cli {
    /// Environment to open: a name of the config or a profile of AWS. Default: the last used, else
    /// AWS_PROFILE, else a list to pick from
    #[arg(value_name = "ENV")]
    pub env: Option<String>,

    #[command(flatten)]
    pub options: Options,

    #[command(subcommand)]
    pub command: Option<Command>,
}

const AFTER: &str = "First look, without AWS or config:  midwatch --demo";

/// Options that every command understands.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Make an environment of this AWS profile, without any config
    #[arg(long, global = true, value_name = "P")]
    pub profile: Option<String>,

    /// AWS Region for --profile, instead of the profile's own
    #[arg(long, global = true, value_name = "R", requires = "profile")]
    pub region: Option<String>,

    /// The embedded estate: needs neither AWS nor config nor network. To practise: bad-deploy,
    /// cache-stampede, db-storage, az-loss, secret-rotation
    #[arg(long, global = true, value_name = "SCENARIO", num_args = 0..=1, default_missing_value = "")]
    pub demo: Option<String>,

    /// Nothing that changes AWS can be called, whatever the config says
    #[arg(long, global = true)]
    pub read_only: bool,

    /// Config file, instead of the user's
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// default, vim, emacs, or a file
    #[arg(long, global = true, value_name = "NAME|FILE")]
    pub keymap: Option<String>,

    /// midnight, daylight, contrast, mono, or a file
    #[arg(long, global = true, value_name = "NAME|FILE")]
    pub theme: Option<String>,

    /// Write a log of the program itself to this file
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}

/// What to do instead of the console.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One look, no screen: exit 0 healthy, 1 something is wrong, 2 could not look
    Status {
        #[arg(value_name = "ENV")]
        env: Option<String>,
        /// The stable form for scripts
        #[arg(long)]
        json: bool,
    },
    /// Config, keymap, theme, profiles: every error with its place and remedy; exit 0 or 1
    Check,
    /// The keys in force
    Keys,
    /// The least IAM policy that midwatch needs, as JSON
    Policy {
        #[arg(value_parser = role())]
        role: PolicyRole,
    },
    /// The actions taken, newest last
    Journal {
        /// One JSON object a line, as it is on disk
        #[arg(long)]
        json: bool,
    },
    /// Completions for a shell
    Completions { shell: clap_complete::Shell },
    /// The man page, in roff
    Man,
}

/// The roles by their words.
fn role() -> impl TypedValueParser<Value = PolicyRole> {
    // The parser lets only words of the list through, and each of them is a role.
    PossibleValuesParser::new(PolicyRole::ALL.iter().map(|role| role.word()))
        .map(|word| PolicyRole::parse(&word).unwrap_or(PolicyRole::ReadOnly))
}
