//! A file of JSON objects, one a line: append-only, private to the person, shared by consoles that run
//! beside each other. A line torn by a crash or a full disk is skipped and spoils no other.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What was read of a file.
#[derive(Clone, Debug)]
pub struct Recalled<T> {
    pub entries: Vec<T>,
    /// Lines that are no entries: torn by a crash, or of another version.
    pub skipped: usize,
}

impl<T> Default for Recalled<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), skipped: 0 }
    }
}

/// Opens the file to append to it, made if there is none, and locks it until it is dropped: who else
/// opens it so waits.
///
/// # Errors
/// It cannot be opened or made.
pub fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    loop {
        let file = OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(path)?;
        file.lock()?;
        // While we waited it may have been moved away: what is written then belongs into the new one.
        let inode = |of: &Metadata| (of.dev(), of.ino());
        match std::fs::metadata(path) {
            Ok(there) if inode(&there) == inode(&file.metadata()?) => return Ok(file),
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            _ => {}
        }
    }
}

/// Appends entries to a file that [`open`] gave.
///
/// # Errors
/// They cannot be written whole: no room.
pub fn append<T: Serialize>(file: &mut File, entries: &[T]) -> io::Result<()> {
    let mut lines = Vec::new();
    if is_torn(file)? {
        lines.push(b'\n');
    }
    for entry in entries {
        serde_json::to_writer(&mut lines, entry)?;
        lines.push(b'\n');
    }
    file.write_all(&lines)
}

/// Everything that can be read. No file is one without entries.
///
/// # Errors
/// The file is there and cannot be read.
pub fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Recalled<T>> {
    let mut recalled = Recalled::default();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(recalled),
        Err(why) => return Err(why),
    };
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
