//! Queries at hand: those that were run before, those of the config, and some that everybody has.

use std::collections::HashMap;

use crate::domain::text::Text;

/// The query of an environment that had none yet.
pub(super) const DEFAULT: &str = "fields @timestamp, @message | sort @timestamp desc | limit 100";
/// Queries of an environment that are remembered.
const REMEMBERED: usize = 50;

/// Queries that everybody has, by their names. Those of the config come before them.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("newest lines", DEFAULT),
    (
        "errors by stream",
        "filter @message like /(?i)(error|fatal|exception)/ | stats count(*) as errors by @logStream | sort errors desc",
    ),
    (
        "errors every 5 minutes",
        "filter @message like /(?i)(error|fatal|exception)/ | stats count(*) as errors by bin(5m) as time | sort time desc",
    ),
    ("lines every 5 minutes", "stats count(*) as lines by bin(5m) as time | sort time desc"),
    ("most frequent messages", "stats count(*) as times by @message | sort times desc | limit 50"),
    (
        "slowest",
        "fields @timestamp, @message | parse @message /(?<took>[0-9]+) ?ms/ | filter ispresent(took) | sort took desc | limit 50",
    ),
];

/// The queries that were run, in memory until the end: they may hold what one looked for, and a
/// file of them would outlive the night.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// By environment, the newest last.
    texts: HashMap<Text, Vec<String>>,
    /// Queries started since the start.
    pub(super) runs: u64,
}

impl History {
    /// The queries of an environment, the newest last.
    pub(super) fn of(&self, env: &Text) -> &[String] {
        self.texts.get(env).map_or(&[], Vec::as_slice)
    }

    pub(super) fn add(&mut self, env: &Text, text: &str) {
        let texts = self.texts.entry(env.clone()).or_default();
        texts.retain(|old| old != text);
        texts.push(text.to_string());
        if texts.len() > REMEMBERED {
            texts.remove(0);
        }
    }
}

/// The saved queries of the environment, then those that everybody has.
pub fn saved(own: &[(Text, Text)]) -> Vec<(Text, Text)> {
    let all = BUILT_IN.iter().map(|(name, text)| (Text::from(*name), Text::from(*text)));
    let mut saved = own.to_vec();
    // One of the same name takes the place of ours.
    for (name, text) in all {
        if saved.iter().all(|(other, _)| *other != name) {
            saved.push((name, text));
        }
    }
    saved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_is_bounded_and_has_a_query_once() {
        let mut history = History::default();
        let env = Text::from("x");
        for n in 0..60 {
            history.add(&env, &format!("q{n}"));
        }
        history.add(&env, "q30");
        assert_eq!(history.of(&env).len(), REMEMBERED);
        assert_eq!(history.of(&env).last().map(String::as_str), Some("q30"));
        assert!(history.of(&"y".into()).is_empty());
    }
}
