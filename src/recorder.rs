//! The recorder on disk: what was seen of services and ECS forgets, a file for each account and
//! region, so that environments of the same estate share it. It is capped: a full file takes the
//! place of the one before it, and what is older than a month is not read.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::record::Record;
use crate::jsonl;

/// Bytes of a file at most; with the one before it an estate takes twice as much.
const FULL: u64 = 2 * 1024 * 1024;

/// Seconds for which records are kept.
const KEPT: i64 = 30 * 86_400;

/// The folder of what was seen.
#[derive(Clone, Debug)]
pub struct Recorder {
    folder: PathBuf,
    full: u64,
}

impl Recorder {
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), full: FULL }
    }

    /// The file of an account and region, and the one before it.
    fn files(&self, account: &str, region: &str) -> [PathBuf; 2] {
        // Both come from outside: they must not lead out of the folder.
        let word = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_");
        let name = format!("{}-{}", word(account), word(region));
        [format!("{name}.jsonl"), format!("{name}.old.jsonl")].map(|name| self.folder.join(name))
    }

    /// Appends records. They are not waited for until they are on the disk: they are evidence, and
    /// the kernel keeps them when midwatch is killed.
    ///
    /// # Errors
    /// They cannot be written whole: no permission, no room.
    pub fn append(&self, account: &str, region: &str, records: &[Record]) -> io::Result<()> {
        let [path, old] = self.files(account, region);
        let mut file = jsonl::open(&path)?;
        if file.metadata()?.len() >= self.full {
            // One step: killed before or after it, nothing is torn. Others that wait for the lock see
            // that the file is another one now.
            fs::rename(&path, &old)?;
            file = jsonl::open(&path)?;
        }
        jsonl::append(&mut file, records)
    }

    /// What is kept of an account and region, in the order in which it was written. What was seen more
    /// than a month before `now` is left out, and a file that holds nothing else is removed.
    ///
    /// # Errors
    /// A file is there and cannot be read.
    pub fn read(&self, account: &str, region: &str, now: Timestamp) -> io::Result<Vec<Record>> {
        let [path, old] = self.files(account, region);
        let mut kept = Vec::new();
        for path in [old, path] {
            let records = jsonl::read::<Record>(&path)?.entries.into_iter();
            kept.extend(records.filter(|record| format::seconds_since(record.seen, now) <= KEPT));
            // Nothing in it is younger than its last line.
            let age = fs::metadata(&path).and_then(|of| of.modified()).ok().and_then(|at| at.elapsed().ok());
            if age.is_some_and(|age| age > Duration::from_secs(KEPT.unsigned_abs())) {
                fs::remove_file(&path)?;
            }
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::domain::record::What;
    use crate::domain::resource::ResourceId;
    use crate::domain::service::ServiceEvent;

    const ESTATE: (&str, &str) = ("123456789012", "eu-west-1");

    fn now() -> Timestamp {
        Timestamp::from_second(1_790_000_000).unwrap()
    }

    fn record(n: i64) -> Record {
        let seen = Timestamp::from_second(now().as_second() - n).unwrap();
        let event = ServiceEvent { at: Some(seen), message: "has started 1 tasks".into() };
        Record { of: ResourceId("api".into()), seen, what: What::Event(event) }
    }

    fn recorder(name: &str) -> Recorder {
        let folder = std::env::temp_dir().join(format!("midwatch-recorder-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Recorder::new(folder)
    }

    fn append(recorder: &Recorder, records: &[Record]) -> io::Result<()> {
        recorder.append(ESTATE.0, ESTATE.1, records)
    }

    fn read(recorder: &Recorder) -> Vec<Record> {
        recorder.read(ESTATE.0, ESTATE.1, now()).unwrap()
    }

    #[test]
    fn each_account_and_region_has_a_private_file() {
        let recorder = recorder("private");
        assert!(read(&recorder).is_empty());
        append(&recorder, &[record(2), record(1)]).unwrap();
        append(&recorder, &[record(0)]).unwrap();
        recorder.append("999999999999", ESTATE.1, &[record(5)]).unwrap();
        assert_eq!(read(&recorder), [record(2), record(1), record(0)]);
        let path = recorder.folder.join("123456789012-eu-west-1.jsonl");
        let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&recorder.folder)), (0o600, 0o700));
        let [outside, _] = recorder.files("../../x", "a/b");
        assert_eq!(outside, recorder.folder.join("______x-a_b.jsonl"));
    }

    #[test]
    fn a_full_file_takes_the_place_of_the_one_before() {
        let recorder = Recorder { full: 1000, ..recorder("full-file") };
        (0..100).for_each(|n| append(&recorder, &[record(n)]).unwrap());
        let kept = read(&recorder);
        assert!((5..30).contains(&kept.len()), "{}", kept.len());
        assert_eq!(kept.last(), Some(&record(99)), "the newest stay, in their order");
        assert!(kept.windows(2).all(|two| two[0].seen > two[1].seen));
        let bytes: u64 = recorder.files(ESTATE.0, ESTATE.1).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
        assert!(bytes < 2 * 1300, "{bytes}");
    }

    #[test]
    fn what_is_older_than_a_month_goes() {
        let recorder = recorder("old");
        append(&recorder, &[record(KEPT + 1), record(KEPT - 1)]).unwrap();
        assert_eq!(read(&recorder), [record(KEPT - 1)]);
        let [path, _] = recorder.files(ESTATE.0, ESTATE.1);
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(KEPT.unsigned_abs() + 60);
        fs::File::options().append(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        read(&recorder);
        assert!(!path.exists());
    }

    #[test]
    fn killed_at_any_byte_it_loses_no_more_than_the_line_under_way() {
        let recorder = recorder("torn");
        append(&recorder, &[record(3), record(2)]).unwrap();
        let [path, _] = recorder.files(ESTATE.0, ESTATE.1);
        let whole = fs::read(&path).unwrap();
        let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            append(&recorder, &[record(1)]).unwrap();
            // A line is whole when all but its end is there.
            let kept = [(first - 1, record(3)), (whole.len() - 1, record(2))];
            let kept = kept.into_iter().filter(|(end, _)| cut >= *end).map(|(_, record)| record);
            assert_eq!(read(&recorder), kept.chain([record(1)]).collect::<Vec<_>>(), "cut at {cut}");
        }
        fs::write(&path, [&whole[..], b"\xff\0{\"of\":1}\n[]\n"].concat()).unwrap();
        append(&recorder, &[record(1)]).unwrap();
        assert_eq!(read(&recorder), [record(3), record(2), record(1)], "rubbish is skipped");
    }

    #[test]
    fn writers_side_by_side_lose_nothing_when_the_file_is_full() {
        let one = 120;
        let recorder = Recorder { full: 50 * one, ..recorder("many") };
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let recorder = &recorder;
                scope.spawn(move || (0..20).for_each(|n| append(recorder, &[record(writer * 100 + n)]).unwrap()));
            }
        });
        assert!(recorder.files(ESTATE.0, ESTATE.1)[1].exists(), "it was full once");
        let mut seen: Vec<_> = read(&recorder).into_iter().map(|record| record.seen).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 80);
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let recorder = recorder("full-disk");
        let [path, _] = recorder.files(ESTATE.0, ESTATE.1);
        fs::create_dir_all(&recorder.folder).unwrap();
        std::os::unix::fs::symlink("/dev/full", path).unwrap();
        assert!(append(&recorder, &[record(1)]).is_err());
    }
}
