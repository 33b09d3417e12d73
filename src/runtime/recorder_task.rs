//! Reading and writing what was seen, off the loop. Where nothing is recorded (the demo), what was seen
//! lives as long as the console.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::app::msg::{Msg, RecordScope};
use crate::domain::Timestamp;
use crate::domain::record::Record;
use crate::recorder::Recorder;

/// The reads and writes of the recorder that are under way.
pub struct RecorderTask {
    recorder: Option<Arc<Recorder>>,
    results: mpsc::Sender<Msg>,
    tasks: JoinSet<()>,
}

impl RecorderTask {
    pub fn new(recorder: Option<Recorder>, results: mpsc::Sender<Msg>) -> Self {
        Self { recorder: recorder.map(Arc::new), results, tasks: JoinSet::new() }
    }

    /// Reads what was recorded there.
    pub fn recall(&mut self, scope: RecordScope, now: Timestamp) {
        let (recorder, results) = (self.recorder.clone(), self.results.clone());
        self.tasks.spawn(async move {
            let RecordScope { environment, account, region } = scope;
            let read = move || recorder.map_or(Ok(Vec::new()), |recorder| recorder.read(&account, &region, now));
            let read = tokio::task::spawn_blocking(read).await;
            let result = read.map_err(std::io::Error::other).flatten().map_err(|why| why.to_string());
            let _ = results.send(Msg::Recalled { environment, result }).await;
        });
    }

    /// Writes records; those that cannot be written come back.
    pub fn keep(&mut self, scope: RecordScope, records: Vec<Record>) {
        while self.tasks.try_join_next().is_some() {}
        let Some(recorder) = self.recorder.clone() else { return };
        let results = self.results.clone();
        self.tasks.spawn(async move {
            let RecordScope { environment, account, region } = scope;
            let records = Arc::new(records);
            let own = records.clone();
            let written = tokio::task::spawn_blocking(move || recorder.append(&account, &region, &own)).await;
            if let Err(why) = written.map_err(std::io::Error::other).flatten() {
                let records = Arc::unwrap_or_clone(records);
                let _ = results.send(Msg::NotKept { environment, records, why: why.to_string() }).await;
            }
        });
    }

    /// Waits for what is being written, but no longer than this.
    pub async fn finish(mut self, patience: Duration) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(patience, all).await;
    }
}
