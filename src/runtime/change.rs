//! Sending a change: the intent is on disk before the call, the outcome after it, and the call is
//! made once.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::app::action::Change;
use crate::app::msg::Msg;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::intent::{JournalEntry, Outcome};
use crate::journal::Journal;
use crate::port::Cloud;

/// The changes on the wire. No switch of the environment cancels them.
pub struct Sender {
    cloud: Arc<dyn Cloud>,
    journal: Arc<Journal>,
    results: mpsc::Sender<Msg>,
    tasks: JoinSet<()>,
}

impl Sender {
    pub fn new(cloud: Arc<dyn Cloud>, journal: Arc<Journal>, results: mpsc::Sender<Msg>) -> Self {
        Self { cloud, journal, results, tasks: JoinSet::new() }
    }

    /// Journals, sends once, journals again.
    pub fn send(&mut self, change: Change) {
        while self.tasks.try_join_next().is_some() {}
        let (cloud, journal, results) = (self.cloud.clone(), self.journal.clone(), self.results.clone());
        self.tasks.spawn(async move {
            let intent = change.intent();
            let mut written = write(&journal, JournalEntry::Intent(Box::new(intent.clone()))).await;
            let mut made = None;
            for (step, call) in intent.calls.iter().enumerate() {
                let outcome = match written.map(|()| call.after(made.as_ref())) {
                    // Without its intent, or what became of the call before, on disk nothing is sent.
                    Err(why) => {
                        let said = format!("the journal could not be written: {why}");
                        Outcome::Refused { fault: Fault::new(FaultKind::Refused, "journal", said) }
                    }
                    Ok(Err(fault)) => Outcome::Refused { fault },
                    Ok(Ok(call)) => cloud.change(change.environment(), call).await,
                };
                let id = intent.id.clone();
                tracing::info!(%id, step, ?outcome, "change sent");
                let entry = JournalEntry::Outcome { id: id.clone(), at: cloud.now(), step, outcome: outcome.clone() };
                written = write(&journal, entry).await;
                if let Err(why) = &written {
                    let _ = results.send(Msg::JournalFault(format!("the outcome could not be written: {why}"))).await;
                }
                let taken = match &outcome {
                    Outcome::Sent(receipt) => Some(receipt.started.clone()),
                    _ => None,
                };
                let _ = results.send(Msg::Sent { id, step, outcome }).await;
                // What follows a call that failed, or that nobody knows of, is not sent.
                let Some(started) = taken else { break };
                made = started;
            }
        });
    }

    /// Writes an entry, and says so when that fails.
    pub fn record(&mut self, entry: JournalEntry) {
        let (journal, results) = (self.journal.clone(), self.results.clone());
        self.tasks.spawn(async move {
            if let Err(why) = write(&journal, entry).await {
                let _ = results.send(Msg::JournalFault(format!("the journal could not be written: {why}"))).await;
            }
        });
    }

    /// Writes a new file that only its owner can read, and says where it is.
    pub fn save(&mut self, file: String, text: String, more: bool) {
        let results = self.results.clone();
        self.tasks.spawn(async move {
            let name = file.clone();
            let written = tokio::task::spawn_blocking(move || {
                let path = std::env::current_dir()?.join(name);
                let mut options = std::fs::OpenOptions::new();
                options.append(true).create_new(!more).mode(0o600);
                options.open(&path)?.write_all(text.as_bytes())?;
                std::io::Result::Ok(path.display().to_string())
            });
            let result = written.await.map_err(std::io::Error::other).flatten().map_err(|why| why.to_string());
            let _ = results.send(Msg::Saved { file, result }).await;
        });
    }

    /// Reads what is there, off the way of the first frame.
    pub fn recall(&mut self) {
        let (journal, results) = (self.journal.clone(), self.results.clone());
        self.tasks.spawn(async move {
            let read = tokio::task::spawn_blocking(move || journal.read()).await;
            let msg = match read.map_err(std::io::Error::other).flatten() {
                Ok(journal) => Msg::Journal(journal.entries),
                Err(why) => Msg::JournalFault(format!("the journal could not be read: {why}")),
            };
            let _ = results.send(msg).await;
        });
    }

    /// Waits for what is on the wire, but no longer than this.
    pub async fn finish(mut self, patience: Duration) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(patience, all).await;
    }
}

async fn write(journal: &Arc<Journal>, entry: JournalEntry) -> Result<(), String> {
    let journal = journal.clone();
    let written = tokio::task::spawn_blocking(move || journal.append(&entry)).await;
    written.map_err(std::io::Error::other).flatten().map_err(|why| why.to_string())
}
