//! A sorted list of keys that grows cheaply at both ends and takes a key in the middle without
//! moving all others.

use std::collections::VecDeque;

use super::buffer::EventKey;
use super::view::Direction;

/// Tests have small blocks, so that small examples fill many.
const BLOCK: usize = if cfg!(test) { 16 } else { 1024 };

/// Keys in ascending order, none twice.
#[derive(Debug, Default, Clone)]
pub struct Keys {
    /// None is empty; the keys of each are before those of the next.
    blocks: VecDeque<VecDeque<EventKey>>,
    len: usize,
}

impl Keys {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub fn insert(&mut self, key: EventKey) {
        // Nearly all come at one of the ends.
        if self.last().is_none_or(|last| last < key) {
            self.len += 1;
            match self.blocks.back_mut() {
                Some(block) if block.len() < BLOCK => block.push_back(key),
                _ => self.blocks.push_back(VecDeque::from([key])),
            }
            return;
        }
        if self.first().is_some_and(|first| key < first) {
            self.len += 1;
            match self.blocks.front_mut() {
                Some(block) if block.len() < BLOCK => block.push_front(key),
                _ => self.blocks.push_front(VecDeque::from([key])),
            }
            return;
        }
        let index = self.blocks.partition_point(|block| block[0] < key);
        // The block before may hold the key within.
        let index = if index > 0 && self.ends_after(index - 1, key) { index - 1 } else { index };
        let Some(block) = self.blocks.get_mut(index) else { return };
        let at = block.partition_point(|k| *k < key);
        if block.get(at) == Some(&key) {
            return;
        }
        self.len += 1;
        if block.len() < BLOCK {
            block.insert(at, key);
        } else if at == block.len() {
            self.blocks.insert(index + 1, VecDeque::from([key]));
        } else if at == 0 {
            self.blocks.insert(index, VecDeque::from([key]));
        } else {
            let mut rest = block.split_off(BLOCK / 2);
            let half = if at > BLOCK / 2 { &mut rest } else { block };
            let at = half.partition_point(|k| *k < key);
            half.insert(at, key);
            self.blocks.insert(index + 1, rest);
        }
    }

    fn ends_after(&self, block: usize, key: EventKey) -> bool {
        self.blocks[block].back().is_some_and(|last| *last >= key)
    }

    /// Drops the keys before `key`.
    pub fn drop_before(&mut self, key: EventKey) {
        while let Some(block) = self.blocks.front_mut() {
            let dead = block.partition_point(|k| *k < key);
            self.len -= dead;
            if dead < block.len() {
                block.drain(..dead);
                return;
            }
            self.blocks.pop_front();
        }
    }

    pub fn contains(&self, key: EventKey) -> bool {
        self.forward(key).next() == Some(key)
    }

    pub fn first(&self) -> Option<EventKey> {
        self.blocks.front().and_then(|block| block.front()).copied()
    }

    pub fn last(&self) -> Option<EventKey> {
        self.blocks.back().and_then(|block| block.back()).copied()
    }

    /// How many keys are before this one.
    pub fn rank(&self, key: EventKey) -> usize {
        let (block, at) = self.place(key);
        self.blocks.iter().take(block).map(VecDeque::len).sum::<usize>() + at
    }

    /// The keys from this one on, it included.
    pub fn forward(&self, key: EventKey) -> impl Iterator<Item = EventKey> + '_ {
        let (block, at) = self.place(key);
        let head = self.blocks.get(block).into_iter().flat_map(move |block| block.range(at..));
        head.chain(self.blocks.iter().skip(block + 1).flatten()).copied()
    }

    /// The keys before this one, it excluded, greatest first.
    pub fn backward(&self, key: EventKey) -> impl Iterator<Item = EventKey> + '_ {
        let (block, at) = self.place(key);
        let head = self.blocks.get(block).into_iter().flat_map(move |block| block.range(..at).rev());
        head.chain(self.blocks.range(..block).rev().flat_map(|block| block.iter().rev())).copied()
    }

    /// From a place on, or back from before it.
    pub fn walk(&self, key: EventKey, direction: Direction) -> Box<dyn Iterator<Item = EventKey> + '_> {
        match direction {
            Direction::Forth => Box::new(self.forward(key)),
            Direction::Back => Box::new(self.backward(key)),
        }
    }

    /// Block and index of the first key that is not before this one.
    fn place(&self, key: EventKey) -> (usize, usize) {
        let block = self.blocks.partition_point(|block| block[0] <= key).saturating_sub(1);
        (block, self.blocks.get(block).map_or(0, |block| block.partition_point(|k| *k < key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn keys_are_a_sorted_set(seed in any::<u32>(), n in 0usize..400, spread in 1u32..500, cut in 0i64..500, descending: bool) {
            let (mut keys, mut model) = (Keys::default(), BTreeSet::new());
            let mut x = seed;
            for i in 0..n {
                x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = i64::from((x >> 8) % spread) + if descending { (n - i) as i64 } else { i as i64 };
                let key = EventKey { at, seq: u64::from(x >> 30) };
                keys.insert(key);
                model.insert(key);
            }
            keys.drop_before(EventKey::from_time(cut / 4));
            model = model.split_off(&EventKey::from_time(cut / 4));
            prop_assert_eq!(keys.len(), model.len());
            prop_assert!(keys.blocks.iter().all(|block| !block.is_empty() && block.len() <= BLOCK));
            let cut = EventKey::from_time(cut);
            prop_assert!(keys.forward(EventKey::MIN).eq(model.iter().copied()));
            prop_assert!(keys.forward(cut).eq(model.range(cut..).copied()));
            prop_assert!(keys.backward(cut).eq(model.range(..cut).rev().copied()));
            prop_assert_eq!(keys.rank(cut), model.range(..cut).count());
            prop_assert_eq!(keys.forward(EventKey::MIN).nth(keys.rank(cut)), model.range(cut..).next().copied());
            prop_assert_eq!((keys.first(), keys.last()), (model.first().copied(), model.last().copied()));
            prop_assert!(model.iter().take(50).all(|key| keys.contains(*key)));
        }
    }
}
