//! A value that came from outside: it always has its age, and an error never erases it.

use crate::domain::prelude::*;

use super::format;

/// The last good answer with its time, and the fault that came after it, if any.
#[derive(Clone, Debug)]
pub struct Fetched<T> {
    value: Option<(T, Timestamp)>,
    fault: Option<(Fault, Timestamp)>,
}

impl<T> Default for Fetched<T> {
    fn default() -> Self {
        Self { value: None, fault: None }
    }
}

impl<T> Fetched<T> {
    /// A good answer: it replaces the value and ends the fault.
    pub fn accept(&mut self, value: T, at: Timestamp) {
        self.value = Some((value, at));
        self.fault = None;
    }

    /// A failed request: the last good answer stays, and grows old.
    pub fn fail(&mut self, fault: Fault, at: Timestamp) {
        self.fault = Some((fault, at));
    }

    /// What was told: a good answer or a failed request.
    pub fn file(&mut self, told: Result<T, Fault>, at: Timestamp) {
        match told {
            Ok(value) => self.accept(value, at),
            Err(fault) => self.fail(fault, at),
        }
    }

    pub fn value(&self) -> Option<&T> {
        self.value.as_ref().map(|(value, _)| value)
    }

    /// When the value was good.
    pub fn at(&self) -> Option<Timestamp> {
        self.value.as_ref().map(|(_, at)| *at)
    }

    /// Seconds since the value was good.
    pub fn age(&self, now: Timestamp) -> Option<i64> {
        self.at().map(|at| format::seconds_since(at, now))
    }

    /// The fault of the newest request, when that one failed.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref().map(|(fault, _)| fault)
    }

    /// When the newest request failed, if it did.
    pub fn failed_at(&self) -> Option<Timestamp> {
        self.fault.as_ref().map(|(_, at)| *at)
    }

    /// Neither value nor fault yet: the first request is still under way.
    pub fn is_loading(&self) -> bool {
        self.value.is_none() && self.fault.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::FaultKind;

    #[test]
    fn a_fault_keeps_the_value_and_a_value_ends_the_fault() {
        let at = |s| Timestamp::from_second(s).unwrap();
        let mut fetched = Fetched::default();
        assert!(fetched.is_loading());
        fetched.accept(1, at(10));
        fetched.fail(Fault::new(FaultKind::TimedOut, "x", ""), at(20));
        assert_eq!((fetched.value(), fetched.age(at(30))), (Some(&1), Some(20)));
        assert!(fetched.fault().is_some());
        fetched.accept(2, at(40));
        assert!(fetched.fault().is_none());
    }
}
