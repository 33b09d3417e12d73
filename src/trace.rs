//! A log of the program itself, to a file and nowhere else.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

/// What is logged: our own steps, and of the SDK only what is wrong; its finer levels hold request
/// bodies.
const LEVELS: &str = "info,midwatch=debug,aws_=warn,aws_config=warn,aws_smithy_runtime=warn,hyper=warn,rustls=warn";

/// Starts logging to `file`; without one nothing is logged at all.
///
/// # Errors
/// The file cannot be written.
pub fn init(file: Option<&Path>) -> anyhow::Result<()> {
    let Some(file) = file else { return Ok(()) };
    let log = OpenOptions::new().create(true).append(true).mode(0o600).open(file);
    let log = log.with_context(|| format!("--log-file {}", file.display()))?;
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(LEVELS))
        .with_ansi(false)
        .with_writer(Mutex::new(log))
        .init();
    Ok(())
}
