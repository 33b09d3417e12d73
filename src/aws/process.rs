//! Programs that print secrets: their input is empty, so that they take no key from the console,
//! they are ended with all they started, and no error repeats what they printed.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;

/// Ends the program and what it started.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // It may be gone already, which is what is wanted.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

/// What a program prints.
///
/// # Errors
/// It cannot be started, takes too long, or fails: with the last line of its standard error.
pub async fn printed(mut command: Command, patience: Duration) -> Result<Vec<u8>, String> {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| format!("cannot be started: {e}"))?;
    let mut group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
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
