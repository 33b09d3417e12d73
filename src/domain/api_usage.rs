//! What was asked of a cloud lately, against what may be asked.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Over so long a time the figures of [`ApiUsage`] are counted, in seconds.
pub const LATELY: u64 = 60;

/// What one environment asked of operations that share a quota.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiUsage {
    /// `ECS services`.
    pub family: &'static str,
    /// Requests since the start, attempts one by one.
    pub total: u64,
    /// What happened in the last [`LATELY`] seconds.
    pub lately: Lately,
    /// What AWS documents for the account and Region, a second; `None` where it publishes nothing.
    pub quota: Option<f64>,
    /// What midwatch allows itself, a second.
    pub share: f64,
}

impl ApiUsage {
    /// Requests a second, over the last [`LATELY`] seconds.
    pub fn rate(&self) -> f64 {
        self.lately.calls as f64 / LATELY as f64
    }

    /// The part of the quota that this is; 0 where none is published.
    pub fn used(&self) -> f64 {
        self.quota.map_or(0.0, |quota| self.rate() / quota)
    }
}

/// Requests of some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lately {
    pub calls: u64,
    /// Those that AWS refused for coming too fast.
    pub throttled: u64,
    /// Those that midwatch held back for the sake of the budget.
    pub held: u64,
    /// The longest that one of them was held.
    pub longest: Duration,
}

impl Lately {
    /// Requests that were sent.
    pub fn sent(calls: u64) -> Self {
        Self { calls, ..Self::default() }
    }

    /// One request that was refused for coming too fast.
    pub fn throttled() -> Self {
        Self { throttled: 1, ..Self::default() }
    }

    /// One that waited for the budget.
    pub fn held(longest: Duration) -> Self {
        Self { held: 1, longest, ..Self::default() }
    }

    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.throttled += other.throttled;
        self.held += other.held;
        self.longest = self.longest.max(other.longest);
    }
}

#[derive(Debug, Default)]
struct Account {
    total: u64,
    /// Oldest first; seconds in which nothing happened are not there.
    seconds: VecDeque<(u64, Lately)>,
}

/// The books of one environment, by family. Time is told as seconds since they were opened.
#[derive(Debug)]
pub struct Books<F>(BTreeMap<F, Account>);

impl<F> Default for Books<F> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<F: Ord + Copy> Books<F> {
    /// Writes down what happened at a second.
    pub fn write(&mut self, family: F, at: u64, what: Lately) {
        let account = self.0.entry(family).or_default();
        account.total += what.calls;
        while account.seconds.front().is_some_and(|(second, _)| second + LATELY <= at) {
            account.seconds.pop_front();
        }
        match account.seconds.back_mut() {
            Some((second, sum)) if *second >= at => sum.add(&what),
            _ => account.seconds.push_back((at, what)),
        }
    }

    /// `may` tells a family's word, its quota and our share of it.
    pub fn read(&self, at: u64, may: impl Fn(F) -> (&'static str, Option<f64>, f64)) -> Vec<ApiUsage> {
        let of = |(family, account): (&F, &Account)| {
            let (family, quota, share) = may(*family);
            let mut lately = Lately::default();
            let recent = account.seconds.iter().filter(|(second, _)| second + LATELY > at);
            recent.for_each(|(_, what)| lately.add(what));
            ApiUsage { family, total: account.total, lately, quota, share }
        };
        self.0.iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_ago_counts_in_the_total_only() {
        let mut books = Books::default();
        let second = Duration::from_secs(1);
        books.write((), 0, Lately::sent(30));
        books.write((), 1, Lately::held(2 * second));
        books.write((), 1, Lately::throttled());
        books.write((), 30, Lately::sent(1));
        books.write((), 30, Lately::held(second));
        let read = |at| books.read(at, |()| ("RDS", Some(12.0), 3.0)).remove(0);
        let then = read(30);
        assert_eq!(then.lately, Lately { calls: 31, throttled: 1, held: 2, longest: 2 * second });
        let later = read(61);
        assert_eq!(later.lately, Lately { calls: 1, throttled: 0, held: 1, longest: second });
        assert_eq!((then.total, later.total), (31, 31));
        assert_eq!(read(1000).lately, Lately::default());
    }
}
