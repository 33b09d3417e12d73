//! A server that takes writes: its keys come back after a flush, and the fuller it is the more of
//! what is asked for is there.

use crate::demo::prelude::*;
use crate::domain::cache::Endpoint;

/// Bytes of a server without keys.
const EMPTY: u64 = 14 << 20;

/// Seconds after which two thirds of the missing keys are there again.
pub const RETURN: u64 = 240;

/// The primary of a shard, or a Memcached node.
#[derive(Clone, Debug)]
pub struct Primary {
    /// Empty where there is one primary.
    pub shard: Text,
    /// Where it is reached.
    pub node: Endpoint,
    pub databases: Vec<Keys>,
    /// Bytes a key.
    pub weight: u64,
    /// Keys that have room; what is more is evicted.
    pub room: u64,
    /// Connections.
    pub clients: u64,
    /// Reads a second.
    pub reads: u64,
    /// Reads since the server's start that found a key.
    pub hits: u64,
    /// Reads since the server's start that found none.
    pub misses: u64,
}

/// The keys of one database.
#[derive(Clone, Debug)]
pub struct Keys {
    /// As SELECT takes it.
    pub number: u32,
    pub keys: u64,
    /// How many there would be if all had room.
    pub usual: u64,
    /// Keys a second by which the usual grows.
    pub growth: u64,
}

impl Primary {
    /// One second.
    pub fn step(&mut self, rng: &mut Rng) {
        for database in &mut self.databases {
            if database.usual < self.room * 7 / 5 {
                database.usual += database.growth;
            }
            let missing = database.usual.saturating_sub(database.keys);
            // A few always expire while others come.
            let come = if missing > 0 { (missing / RETURN).max(1 + database.growth).min(missing) } else { 0 };
            database.keys = (database.keys + come).saturating_sub(rng.u64(0..=database.keys / 20_000));
        }
        let over = self.keys().saturating_sub(self.room);
        if over > 0
            && let Some(largest) = self.databases.iter_mut().max_by_key(|database| database.keys)
        {
            largest.keys -= over.min(largest.keys);
        }
        let usual: u64 = self.databases.iter().map(|database| database.usual).sum();
        let reads = self.reads + rng.u64(0..=self.reads / 10);
        let hits = reads * 97 * self.keys().min(usual) / (100 * usual.max(1));
        self.hits += hits;
        self.misses += reads - hits;
    }

    /// How much (0 to 1) of its room what grows has taken so many seconds after the start.
    pub fn fullness(&self, seconds: i64) -> f64 {
        let growth: u64 = self.databases.iter().map(|database| database.growth).sum();
        if growth == 0 {
            return 0.0;
        }
        (seconds as f64 * growth as f64 / (self.room as f64 / 9.0)).clamp(0.0, 1.0)
    }

    /// Removes all keys, or those of one database.
    pub fn flush(&mut self, database: Option<u64>) {
        let chosen = self.databases.iter_mut();
        let chosen = chosen.filter(|keys| database.is_none_or(|number| number == u64::from(keys.number)));
        chosen.for_each(|keys| keys.keys = 0);
    }

    /// Of all databases.
    pub fn keys(&self) -> u64 {
        self.databases.iter().map(|database| database.keys).sum()
    }

    /// Bytes in use.
    pub fn memory(&self) -> u64 {
        EMPTY + self.keys() * self.weight
    }

    /// Keys by database as the server tells them: Redis does not name empty ones.
    pub fn key_counts(&self, memcached: bool) -> Vec<(u32, u64)> {
        let told = self.databases.iter().filter(|database| memcached || database.keys > 0);
        told.map(|database| (database.number, database.keys)).collect()
    }
}
