//! What a session asked lately, by family: the books that guard and budget write.

use parking_lot::{Mutex, MutexGuard};

use tokio::time::Instant;

use super::budget::Budget;
use crate::domain::api_usage::{ApiUsage, Books, Lately};
use crate::domain::ops::Family;

/// The books of one session.
#[derive(Debug)]
pub struct Tally {
    opened: Instant,
    books: Mutex<Books<Family>>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { opened: Instant::now(), books: Mutex::default() }
    }
}

impl Tally {
    fn open(&self) -> (MutexGuard<'_, Books<Family>>, u64) {
        // Numbers cannot be left half changed, so a panic elsewhere does not spoil them.
        (self.books.lock(), self.opened.elapsed().as_secs())
    }

    pub fn write(&self, family: Family, what: Lately) {
        let (mut books, at) = self.open();
        books.write(family, at, what);
    }

    pub fn read(&self, budget: &Budget) -> Vec<ApiUsage> {
        let (books, at) = self.open();
        books.read(at, |family| {
            let (quota, share) = budget.limits(family);
            (family.word(), quota, share)
        })
    }
}
