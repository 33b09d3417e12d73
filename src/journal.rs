//! The journal on disk: one JSON object a line, append-only, private, synced. It is written before
//! and after every change, read at the start, and never rewritten.

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::intent::JournalEntry;
use crate::jsonl::{self, Recalled};

/// The journal of this person on this machine.
#[derive(Clone, Debug)]
pub struct Journal {
    path: PathBuf,
}

impl Journal {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one entry and waits until it is on the disk. Consoles that run beside each other
    /// take turns.
    ///
    /// # Errors
    /// It cannot be written whole: no permission, no room. Nobody may act on an intent then.
    pub fn append(&self, entry: &JournalEntry) -> io::Result<()> {
        let mut file = jsonl::open(&self.path)?;
        jsonl::append(&mut file, std::slice::from_ref(entry))?;
        // The lock goes with the file.
        file.sync_data()
    }

    /// Everything that can be read. No file is an empty journal.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn read(&self) -> io::Result<Recalled<JournalEntry>> {
        jsonl::read(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::domain::Timestamp;
    use crate::domain::intent::Verdict;

    fn entry(id: usize) -> JournalEntry {
        let at = Timestamp::UNIX_EPOCH;
        JournalEntry::Verdict { id: format!("{id}").into(), at, verdict: Verdict::Done, why: "it ran".into() }
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("midwatch-journal-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn entries_come_back_in_order_and_nobody_else_may_read_them() {
        let journal = Journal::new(folder("order").join("state/journal.jsonl"));
        assert!(journal.read().unwrap().entries.is_empty());
        (0..3).for_each(|id| journal.append(&entry(id)).unwrap());
        assert_eq!(journal.read().unwrap().entries, (0..3).map(entry).collect::<Vec<_>>());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(journal.path()), mode(journal.path().parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn a_torn_line_is_skipped_and_spoils_no_other() {
        let journal = Journal::new(folder("torn").join("journal.jsonl"));
        journal.append(&entry(1)).unwrap();
        let mut file = OpenOptions::new().append(true).open(journal.path()).unwrap();
        file.write_all(b"{\"entry\":\"intent\",\"id\"").unwrap();
        journal.append(&entry(2)).unwrap();
        let recalled = journal.read().unwrap();
        assert_eq!((recalled.entries, recalled.skipped), (vec![entry(1), entry(2)], 1));
    }

    #[test]
    fn writers_side_by_side_lose_nothing() {
        let journal = Journal::new(folder("many").join("journal.jsonl"));
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let journal = &journal;
                scope.spawn(move || (0..25).for_each(|i| journal.append(&entry(writer * 100 + i)).unwrap()));
            }
        });
        let recalled = journal.read().unwrap();
        assert_eq!((recalled.entries.len(), recalled.skipped), (100, 0));
    }

    #[test]
    fn a_full_disk_is_an_error() {
        assert!(Journal::new("/dev/full").append(&entry(1)).is_err());
    }
}
