//! The command line: what is asked, and what needs no screen.

mod args;
pub mod findings;
mod print;
mod setup;
pub mod status;

use std::ffi::OsString;
use std::sync::Arc;

use clap::CommandFactory;

use args::Command;
pub use args::{Cli, Options};
use setup::Setup;

use crate::app::state::NoticeTone;
use crate::app::{State, activate, environment};
use crate::journal::Journal;
use crate::kinds::policy;
use crate::port::Cloud;
use crate::recorder::Recorder;
use crate::{runtime, trace};

/// The arguments as they were meant: in `--demo status` a command follows the option, not a scenario.
pub fn arguments(typed: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = typed.collect();
    let cli = Cli::command();
    let is_command = |word: &OsString| word.to_str().is_some_and(|word| cli.find_subcommand(word).is_some());
    for place in 1..arguments.len() {
        if arguments[place] == "--demo" && arguments.get(place + 1).is_some_and(is_command) {
            arguments[place] = "--demo=".into();
        }
    }
    arguments
}

/// Makes the adapter that the options ask for.
pub type MakeCloud = fn(&Options) -> anyhow::Result<Arc<dyn Cloud>>;

/// Does what the arguments ask and returns the exit code.
///
/// # Errors
/// What went wrong, for one or two lines on stderr.
pub fn run(cli: Cli, cloud: MakeCloud) -> anyhow::Result<u8> {
    let Cli { env, options, command } = cli;
    trace::init(options.log_file.as_deref())?;
    match command {
        None => console(env.as_deref(), &options, cloud(&options)?),
        Some(Command::Status { env, json }) => look(env.as_deref(), &options, &*cloud(&options)?, json),
        Some(Command::Check) => print::check(&options, cloud),
        Some(Command::Keys) => print::keys(&options),
        Some(Command::Policy { role }) => print::out(&format!("{:#}\n", policy::policy(role))),
        Some(Command::Journal { json }) => print::journal(json),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "midwatch", &mut script);
            print::out(&String::from_utf8_lossy(&script))
        }
        Some(Command::Man) => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            print::out(&String::from_utf8_lossy(&page))
        }
    }
}

fn console(name: Option<&str>, options: &Options, cloud: Arc<dyn Cloud>) -> anyhow::Result<u8> {
    let setup = Setup::read(options, &*cloud, runtime::block_on(cloud.profiles())??)?;
    let first = setup.first(name)?;
    let complaints = setup.notices();
    let Setup { environments, keymap, theme, paths, settings, .. } = setup;
    let demo = settings.demo;
    let mut state = State::new(environments, Arc::new(keymap), settings, (80, 24), cloud.now());
    state.zone = runtime::zone();
    if !complaints.is_empty() {
        state.say(NoticeTone::Error, complaints.join(" · "));
    }
    match first {
        Some(name) => activate(&mut state, &name),
        None => environment::choose(&mut state),
    }
    runtime::run(runtime::Console {
        state,
        journal: Journal::new(if demo { paths.demo_journal } else { paths.journal }),
        // What is remembered of the demo would name nothing in the real world.
        recorder: (!demo).then(|| Recorder::new(paths.recorded)),
        last_used: (!demo).then_some(paths.last_used),
        cloud,
        theme,
    })
}

fn look(name: Option<&str>, options: &Options, cloud: &dyn Cloud, json: bool) -> anyhow::Result<u8> {
    let setup = Setup::read(options, cloud, runtime::block_on(cloud.profiles())??)?;
    let names = || setup.environments.iter().map(|env| env.name.as_str()).collect::<Vec<_>>().join(", ");
    let Some(name) = setup.first(name)? else {
        anyhow::bail!("which environment? name one of: {}", names());
    };
    // `first` only returns names of the list.
    let Some(env) = setup.environments.iter().find(|env| env.name == name) else { return Ok(2) };
    if let Some(obstacle) = &env.obstacle {
        anyhow::bail!("{name}: {obstacle}");
    }
    if env.region.is_none() {
        anyhow::bail!("{name} has no region: give it one in the profile or the config, or add --region");
    }
    let report = runtime::block_on(status::look(cloud, env))?;
    let said = if json { format!("{:#}\n", report.json()) } else { report.text() };
    print::out(&said)?;
    Ok(report.exit_code())
}
