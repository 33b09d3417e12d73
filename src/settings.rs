//! What the person chose of the console itself, a row for each key of the config. Who uses a value reads it
//! here; what is said of an environment is in [`Environment`](crate::domain::environment::Environment).

use crate::domain::schema::document::{Document, Value};
use crate::domain::schema::{nested, table};
use crate::logs::settings::LogSettings;

table! {
    /// The settings of the console.
    #[derive(Clone, Debug)]
    pub struct Settings {
        /// The estate is the embedded one; an argument asks for it.
        demo: bool = false;
        theme: String = "midnight".to_string(), Document::filled,
            "string; \"midnight\"", "midnight, daylight, contrast, mono, or a file beside this one";
        keymap: String = "default".to_string(), Document::filled,
            "string; \"default\"", "default, vim, emacs, or a file beside this one";
        mouse: bool = true, Document::boolean,
            "boolean; true", "click to focus and select, wheel to scroll";
        colour: &'static str = "auto", |document, key, value| {
            one_of(document, key, value, "colour", &["auto", "truecolor", "256", "16", "none"])
        }, "string; \"auto\"", "auto, truecolor, 256, 16, none";
        charts: &'static str = "auto", |document, key, value| {
            one_of(document, key, value, "charts", &["auto", "braille", "blocks", "ascii"])
        }, "string; \"auto\"", "auto, braille, blocks, ascii: what charts are drawn with";
        clock: &'static str = "utc", |document, key, value| {
            one_of(document, key, value, "clock", &["utc", "local"])
        }, "string; \"utc\"", "utc, local: the time of day in the first line";
        profiles: bool = true, Document::boolean,
            "boolean; true", "profiles that no environment uses are environments too";
        watch: bool = true, Document::boolean,
            "boolean; true", "the environments that are not open are asked each minute who we are there and which alarms ring";
        logs: LogSettings = LogSettings::default(), nested::<LogSettings>,
            "table", "how logs are held and shown";
        exec: ExecSettings = ExecSettings::default(), nested::<ExecSettings>,
            "table", "shells in containers";
    }
}

table! {
    /// Of shells in containers: `[exec]`.
    #[derive(Clone, Debug)]
    pub struct ExecSettings {
        /// In every image that has a shell at all.
        shell: String = "/bin/sh".to_string(), Document::filled,
            "string; \"/bin/sh\"", "what exec starts in a container, with its arguments";
    }
}

fn one_of(
    document: &mut Document,
    key: &str,
    value: &Value,
    what: &str,
    words: &[&'static str],
) -> Option<&'static str> {
    document.choice(key, value, what, words, |word| word)
}
