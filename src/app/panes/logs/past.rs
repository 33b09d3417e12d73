//! What was before: from when on all lines were read, what is still to be read, and why.

use super::LogView;
use crate::domain::fault::Fault;

/// How far the history was read.
#[derive(Debug, Default)]
pub struct Past {
    /// From then on all lines were read, but for those of the hole; milliseconds, as all times here.
    back: Option<i64>,
    /// Older ones are wanted.
    asks: bool,
    /// A moment that one wants to see, and that must be read back to.
    goal: Option<i64>,
    hole: Option<Hole>,
    /// The tail that tells: by Live Tail or not, and its round.
    tail: Option<(bool, u64)>,
    /// Until when the tail before it had told everything.
    until: Option<i64>,
}

/// A tail that takes the place of another begins with its newest lines. What came after the end of the
/// one before and is older than those is missing.
#[derive(Debug)]
struct Hole {
    from: i64,
    /// From when on all lines before the hole were read.
    back: Option<i64>,
}

impl LogView {
    /// The lines before this moment are wanted.
    pub fn wants_before(&self) -> Option<i64> {
        let first = self.buffer.first().map(|key| key.at);
        (self.past.asks || self.hole().is_some()).then(|| self.past.back.or(first)).flatten()
    }

    /// How long the time is of which lines are missing, though there are older ones; milliseconds.
    pub fn hole(&self) -> Option<i64> {
        let (hole, back) = (self.past.hole.as_ref()?, self.past.back?);
        // A full buffer has no room for what is older than all in it.
        let is_lost = self.buffer.evicted() > 0 && self.buffer.first().is_some_and(|first| back <= first.at);
        (!is_lost).then_some(back - hole.from)
    }

    /// A piece of this tail is about to come. Another one than before does not know what that told.
    pub fn begin_tail(&mut self, live: bool, round: u64) {
        if self.past.tail != Some((live, round)) {
            self.past.tail = Some((live, round));
            self.past.until = self.untils.values().min().copied();
        }
    }

    /// The sources are others: what was read back holds for those of before.
    pub(super) fn forget_past(&mut self) {
        self.past = Past { hole: self.past.hole.take(), ..Past::default() };
        if let Some(hole) = &mut self.past.hole {
            hole.back = None;
        }
    }

    /// The tail begins with all lines from that moment on.
    pub(super) fn begins_at(&mut self, moment: i64) {
        let past = &mut self.past;
        match past.until.take() {
            Some(until) if until < moment => {
                let old = past.hole.take();
                let from = old.as_ref().map_or(until, |hole| hole.from.min(until));
                past.hole = Some(Hole { from, back: old.map_or(past.back, |hole| hole.back) });
                past.back = Some(moment);
            }
            _ => past.back = Some(past.back.map_or(moment, |back| back.min(moment))),
        }
    }

    /// The history was read back to that moment.
    pub fn read_back_to(&mut self, moment: i64) {
        let is_further = self.wants_before().is_none_or(|before| moment < before);
        let past = &mut self.past;
        past.back = Some(past.back.map_or(moment, |back| back.min(moment)));
        if let Some(hole) = past.hole.take_if(|hole| moment <= hole.from) {
            past.back = past.back.into_iter().chain(hole.back).min();
            return;
        }
        // The hole comes first. An answer that did not get further back would be asked for ever.
        if past.hole.is_none() && (!is_further || past.goal.is_none_or(|goal| moment <= goal)) {
            past.asks = false;
        }
    }

    /// Older lines could not be read. A hole is tried again by itself; else to scroll up tries again.
    pub fn history_failed(&mut self, fault: &Fault) {
        self.stop_reading_back();
        self.remark(format!("older lines: {fault}"));
    }

    /// Prompt for what is older than all that was read.
    pub(super) fn read_back(&mut self) {
        if self.buffer.evicted() > 0 {
            return self.remark("the buffer is full: older lines would push out newer ones ([logs] in the config)");
        }
        self.past.asks = true;
    }

    /// Reads back to that moment, if it is before all that was read, and goes there.
    pub(super) fn read_back_for(&mut self, at: i64) {
        let is_held = self.buffer.first().is_none_or(|first| first.at <= at);
        if !is_held && self.past.back.is_none_or(|back| at < back) {
            self.read_back();
            self.past.goal = self.past.asks.then_some(at);
        }
    }

    /// Goes to the moment that was wanted, once all lines from it on have their places.
    pub(super) fn arrive(&mut self) {
        if let Some(goal) = self.past.goal.filter(|_| !self.past.asks && !self.holds_due) {
            self.jump(goal);
        }
    }

    /// `false`: nothing older was wanted.
    pub(super) fn stop_reading_back(&mut self) -> bool {
        std::mem::take(&mut self.past.asks) | self.past.goal.take().is_some()
    }
}
