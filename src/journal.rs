//! The journal on disk: one JSON object a line, append-only, private, synced. It is written before
//! and after every change, read at the start, and never rewritten.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::domain::intent::Entry;

/// The journal of this person on this machine.
#[derive(Clone, Debug)]
pub struct Journal {
    path: PathBuf,
}

/// What was read of it.
#[derive(Clone, Debug, Default)]
pub struct Recalled {
    pub entries: Vec<Entry>,
    /// Lines that are no entries: torn by a crash, or of another version.
    pub skipped: usize,
}

impl Journal {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one entry and waits until it is on the disk. Consoles that run beside each other
    /// take turns; a line torn by a crash is closed first, so that it spoils no other.
    ///
    /// # Errors
    /// It cannot be written whole: no permission, no room. Nobody may act on an intent then.
    pub fn append(&self, entry: &Entry) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(&self.path)?;
        flock(&file, FlockOperation::LockExclusive)?;
        let mut line = Vec::new();
        if is_torn(&mut file)? {
            line.push(b'\n');
        }
        serde_json::to_writer(&mut line, entry)?;
        line.push(b'\n');
        // The lock goes with the file.
        file.write_all(&line)?;
        file.sync_data()
    }

    /// Everything that can be read. No file is an empty journal.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn read(&self) -> io::Result<Recalled> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Recalled::default()),
            Err(why) => return Err(why),
        };
        let mut recalled = Recalled::default();
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            match serde_json::from_slice(&line) {
                Ok(entry) => recalled.entries.push(entry),
                Err(_) if line.iter().all(u8::is_ascii_whitespace) => {}
                Err(_) => recalled.skipped += 1,
            }
            line.clear();
        }
        Ok(recalled)
    }
}

/// Whether the last line has no end.
fn is_torn(file: &mut File) -> io::Result<bool> {
    // A device such as /dev/full has no end to look at.
    if !file.metadata()?.is_file() || file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last[0] != b'\n')
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::domain::Timestamp;
    use crate::domain::intent::Verdict;

    fn entry(id: usize) -> Entry {
        let at = Timestamp::UNIX_EPOCH;
        Entry::Verdict { id: format!("{id}").into(), at, verdict: Verdict::Done, why: "it ran".into() }
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
