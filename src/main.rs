//! midwatch: arguments, the choice of the adapter, and off.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use midwatch::cli::{self, Cli, Options};
use midwatch::demo::{self, Demo};
use midwatch::port::Cloud;

fn main() -> ExitCode {
    let cli = Cli::parse_from(cli::arguments(std::env::args_os()));
    match cli::run(cli, cloud) {
        Ok(code) => ExitCode::from(code),
        Err(why) => {
            // One line: the causes after the colon, never a backtrace.
            eprintln!("midwatch: {why:#}");
            ExitCode::from(2)
        }
    }
}

/// The cloud that the options ask for.
fn cloud(options: &Options) -> anyhow::Result<Arc<dyn Cloud>> {
    if let Some(scenario) = &options.demo {
        let scenario = Some(scenario.as_str()).filter(|name| !name.is_empty());
        return Ok(Arc::new(Demo::new(demo::Options::live(scenario))?));
    }
    aws(options)
}

#[cfg(feature = "aws")]
fn aws(_: &Options) -> anyhow::Result<Arc<dyn Cloud>> {
    Ok(Arc::new(midwatch::aws::Aws::new(midwatch::aws::Options::default())))
}

#[cfg(not(feature = "aws"))]
fn aws(_: &Options) -> anyhow::Result<Arc<dyn Cloud>> {
    anyhow::bail!("this midwatch was built without AWS: use --demo, or install it with the feature `aws`")
}
