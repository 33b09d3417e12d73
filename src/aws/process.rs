//! Programs that print secrets: their input is empty, so that they take no key from the console,
//! they are ended with all they started, and no error repeats what they printed.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

/// Starts a program that has nothing to read, in a group of its own: a Ctrl-C for a shell on the terminal is not
/// for it.
pub fn spawn(command: &mut Command) -> std::io::Result<Child> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// `None` when it was waited for.
pub fn pid(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()?).ok()?)
}

/// To a program and all that it started.
pub fn signal_group(pid: Option<Pid>, signal: Signal) {
    if let Some(pid) = pid {
        // It may be gone already, which is what is wanted.
        let _ = kill_process_group(pid, signal);
    }
}

/// Ends the program and what it started.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        signal_group(self.0, Signal::KILL);
    }
}

/// What a program prints.
///
/// # Errors
/// It cannot be started, takes too long, or fails: with the last line of its standard error.
pub async fn printed(mut command: Command, patience: Duration) -> Result<Vec<u8>, String> {
    let child = spawn(&mut command).map_err(|e| format!("cannot be started: {e}"))?;
    let mut group = Group(pid(&child));
    let output = tokio::time::timeout(patience, child.wait_with_output())
        .await
        .map_err(|_| format!("gave no answer in {} s", patience.as_secs()))?
        .map_err(|e| format!("cannot be read: {e}"))?;
    // It was waited for: its number may belong to somebody else from here on.
    group.0 = None;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim();
        return Err(format!("failed ({}): {said}", output.status));
    }
    Ok(output.stdout)
}
