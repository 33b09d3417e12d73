//! What a person types to name a source, and what the pane knows of each: where it has gaps.

use super::LogView;
use super::parts::Gap;
use crate::domain::Timestamp;
use crate::domain::fault::Fault;
use crate::domain::log::LogSource;
use crate::domain::text::Text;

/// A gap of fewer milliseconds is filled without a word.
const WORTH_A_WORD: i64 = 5_000;

impl LogView {
    /// Takes one more source into the tail, whose lines and filters stay: what is read again is
    /// known by its ids. `false`: it is in the tail already.
    pub(super) fn join(&mut self, source: LogSource, name: &str) -> bool {
        if self.sources.contains(&source) {
            return false;
        }
        self.sources.push(source);
        self.sources.sort();
        self.title = format!("{} + {name}", self.title).into();
        self.caught_up = false;
        self.forget_past();
        true
    }

    pub(super) fn broken(&mut self, source: LogSource, since: i64, fault: Fault) {
        // The first fault says since when; the newest says why.
        let since = self.gaps.get(&source).map_or(since, |gap| gap.since.min(since));
        self.gaps.insert(source, Gap { since, fault });
    }

    /// Everything until then was told: a gap is filled.
    pub(super) fn whole_until(&mut self, source: LogSource, at: i64, now: Timestamp) {
        if let Some(gap) = self.gaps.remove(&source) {
            let length = now.as_millisecond() - gap.since;
            if length >= WORTH_A_WORD {
                let span = crate::domain::format::span(length / 1000);
                self.remark(format!("{}: the gap of {span} is filled", source_words(&source)));
            }
        }
        self.untils.insert(source, at);
    }
}

/// The source that a person names: a group, `GROUP:STREAM-PREFIX`, or groups by a pattern with `*`.
///
/// # Errors
/// It is none; says what to write.
pub fn source_of(text: &str) -> Result<LogSource, String> {
    let text = text.trim();
    let (group, streams) = match text.split_once(':') {
        Some((group, streams)) => (group, Some(streams)),
        None => (text, None),
    };
    // CloudWatch Logs API reference, CreateLogGroup: the characters that a name may have.
    let odd = group.chars().find(|c| !(c.is_ascii_alphanumeric() || "_-/.#*".contains(*c)));
    match (odd, streams) {
        _ if group.is_empty() => Err("name a log group: /ecs/web, /ecs/*, /ecs/web:app/".to_string()),
        _ if text.chars().count() > 512 => Err("a log group's name has 512 characters at most".to_string()),
        (Some(c), _) => Err(format!("{c:?} is in no log group's name: write /ecs/web, /ecs/* or /ecs/web:app/")),
        (None, Some(_)) if group.contains('*') => {
            Err("streams can be chosen of one group, not of a pattern".to_string())
        }
        (None, Some(streams)) if streams.contains([':', '*']) => Err("a stream's name has no : and no *".to_string()),
        (None, Some("")) | (None, None) if !group.contains('*') => Ok(LogSource::Group(Text::new(group))),
        (None, Some(streams)) => Ok(LogSource::Streams { group: Text::new(group), prefix: Text::new(streams) }),
        (None, None) => Ok(LogSource::Matching(Text::new(group))),
    }
}

/// A source as the pane names it.
pub fn source_words(source: &LogSource) -> String {
    match source {
        LogSource::Group(group) | LogSource::Matching(group) => group.to_string(),
        LogSource::Streams { group, prefix } => format!("{group}:{prefix}"),
        LogSource::Resource(_, id) => id.0.rsplit([':', '/']).next().unwrap_or(&id.0).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_as_they_are_told() {
        for text in ["/ecs/web", "/ecs/*", "/ecs/web:app/app/1"] {
            assert_eq!(source_words(&source_of(text).unwrap()), text);
        }
        assert_eq!(source_of(" /ecs/web: ").unwrap(), LogSource::Group("/ecs/web".into()));
        for text in ["", "  ", "/ecs/web é", "/ecs/*:app", "/ecs/web:a*", "a b", &"x".repeat(513)] {
            assert!(source_of(text).is_err(), "{text}");
        }
    }
}
