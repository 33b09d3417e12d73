//! How an incident of the demo went, told when it is over.

use super::text::Text;
use super::{Timestamp, format};

/// An incident to practise on: what happened, how long it took, what was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Debrief {
    pub title: Text,
    /// The story, a paragraph each.
    pub happened: Vec<Text>,
    pub began: Timestamp,
    /// When what it was about was first looked at, and its name.
    pub seen: Option<(Timestamp, Text)>,
    /// When it was first changed, and how.
    pub acted: Option<(Timestamp, Text)>,
    /// When the cause was gone and nobody felt it any more.
    pub mended: Option<Timestamp>,
    /// Oldest first.
    pub tried: Vec<Attempt>,
    /// What would have been shorter.
    pub shorter: Vec<Text>,
}

/// A change that somebody made.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    pub at: Timestamp,
    pub what: Text,
    /// How badly the users fared then, in percent of the worst.
    pub before: u8,
    /// And a minute later; `None` before that.
    pub after: Option<u8>,
    pub effect: Text,
}

impl Attempt {
    /// `errors 80 % → 0 %`
    pub fn course(&self) -> String {
        match self.after {
            Some(after) => format!("errors {} % → {after} %", self.before),
            None => format!("errors {} % then", self.before),
        }
    }

    /// Whether the users fared much better after it; `None` before that is known, and where they were well
    /// before and after.
    pub fn helped(&self) -> Option<bool> {
        match self.after? {
            0 if self.before == 0 => None,
            after => Some(after <= self.before / 2),
        }
    }
}

impl Debrief {
    /// How long from the beginning to a moment: `1m 20s`.
    pub fn after(&self, at: Timestamp) -> String {
        let seconds = format::seconds_since(self.began, at);
        if seconds < 60 { format!("{seconds}s") } else { format!("{}m {:02}s", seconds / 60, seconds % 60) }
    }

    /// Time to see, to act and to mend, each with what it was.
    pub fn times(&self) -> [(&'static str, Option<(String, Text)>); 3] {
        let told =
            |moment: &Option<(Timestamp, Text)>| moment.as_ref().map(|(at, what)| (self.after(*at), what.clone()));
        let mended = self.mended.map(|at| (self.after(at), Text::new(format::clock(at))));
        [("seen", told(&self.seen)), ("acted", told(&self.acted)), ("mended", mended)]
    }

    /// All of it as text, for the shell that one comes back to.
    pub fn text(&self) -> String {
        let mut lines = vec![format!("Debrief: {}", self.title), String::new()];
        lines.extend(self.happened.iter().map(|said| format!("  {said}")));
        lines.push(String::new());
        lines.push(format!("  began   {}", format::clock(self.began)));
        for (word, time) in self.times() {
            lines.push(match time {
                Some((after, what)) => format!("  {word:<7} after {after}: {what}"),
                None => format!("  {word:<7} not yet"),
            });
        }
        lines.extend([String::new(), "  Tried:".to_string()]);
        if self.tried.is_empty() {
            lines.push("    nothing".to_string());
        }
        for attempt in &self.tried {
            lines.push(format!("    {}  {}, {}", self.after(attempt.at), attempt.what, attempt.course()));
            lines.push(format!("      {}", attempt.effect));
        }
        lines.extend([String::new(), "  Shorter:".to_string()]);
        lines.extend(self.shorter.iter().map(|said| format!("    {said}")));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_helped_left_half_of_the_errors_at_most() {
        let helped = |before, after| {
            let at = "2026-11-21T02:14:07Z".parse().unwrap();
            Attempt { at, what: "".into(), before, after, effect: "".into() }.helped()
        };
        assert_eq!(helped(100, Some(50)), Some(true));
        assert_eq!(helped(100, Some(51)), Some(false));
        assert_eq!(helped(0, Some(40)), Some(false), "it became worse");
        assert_eq!([helped(0, Some(0)), helped(80, None)], [None; 2], "nothing was felt, or not yet known");
    }
}
