//! A JSON or logfmt line as a list of fields, and the fields that have a meaning of their own.

use std::borrow::Cow;

use super::scan::{members, pairs, unquote};
use crate::domain::text::clean_block;

/// The most levels of nesting that are opened; what lies deeper stays as written.
pub const MAX_DEPTH: usize = 8;
/// The most fields of one line.
pub const MAX_FIELDS: usize = 512;

/// One field of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogField {
    /// Its name, as `a.b[0].c`.
    pub path: String,
    pub value: String,
    /// How deep it lies: 0 for the fields of the line itself.
    pub depth: usize,
    /// It has fields within, which follow; its own value is empty.
    pub is_branch: bool,
}

/// The fields of a line, in the order of the line, each branch before what is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    pub list: Vec<LogField>,
    /// There were more than [`MAX_FIELDS`].
    pub cut: bool,
}

impl Fields {
    /// Reads a line. JSON may have other text before it.
    pub fn of(text: &str) -> Self {
        let mut fields = Self::default();
        if let Some(value) = object_in(text) {
            fields.add_object("", &value, 0);
        } else {
            let found: Vec<_> = pairs(text).take(MAX_FIELDS + 1).collect();
            // One `a=b` in a sentence is not logfmt.
            if found.len() >= 2 {
                for (key, value) in found {
                    fields.add(key.to_string(), unquote(value).into_owned(), 0, false);
                }
            }
        }
        fields
    }

    fn add(&mut self, path: String, value: String, depth: usize, is_branch: bool) -> bool {
        self.cut |= self.list.len() == MAX_FIELDS;
        if !self.cut {
            self.list.push(LogField { path, value, depth, is_branch });
        }
        !self.cut
    }

    fn add_object(&mut self, path: &str, value: &serde_json::Value, depth: usize) {
        match value {
            serde_json::Value::Object(map) => {
                for (name, value) in map {
                    let name = clean_block(name, 256);
                    let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                    self.add_value(path, value, depth);
                }
            }
            serde_json::Value::Array(list) => {
                for (i, value) in list.iter().enumerate() {
                    self.add_value(format!("{path}[{i}]"), value, depth);
                }
            }
            _ => {}
        }
    }

    fn add_value(&mut self, path: String, value: &serde_json::Value, depth: usize) {
        let is_full = match value {
            serde_json::Value::Object(map) => !map.is_empty(),
            serde_json::Value::Array(list) => !list.is_empty(),
            _ => false,
        };
        if is_full && depth + 1 < MAX_DEPTH {
            if self.add(path.clone(), String::new(), depth, true) {
                self.add_object(&path, value, depth + 1);
            }
            return;
        }
        let shown = match value {
            // An escape may stand for a control.
            serde_json::Value::String(text) => clean_block(text, super::event::MAX_TEXT),
            other => clean_block(&other.to_string(), super::event::MAX_TEXT),
        };
        self.add(path, shown, depth, false);
    }
}

/// The JSON object at the end of a text.
fn object_in(text: &str) -> Option<serde_json::Value> {
    let start = text.find('{').filter(|_| text.trim_end().ends_with('}'))?;
    serde_json::from_str(&text[start..]).ok().filter(serde_json::Value::is_object)
}

/// What a field is for, by its usual names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldRole {
    Message,
    Level,
    Time,
}

impl FieldRole {
    /// The usual names, the more telling first.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Message => &["message", "msg", "@m", "@mt", "event", "short_message", "text", "log"],
            Self::Level => &["level", "lvl", "severity", "levelname", "log.level", "loglevel", "@l", "severityText"],
            Self::Time => &["timestamp", "@timestamp", "time", "ts", "@t", "asctime", "datetime", "date"],
        }
    }
}

/// The value of the first field with one of a role's usual names, as it says.
pub fn role(text: &str, role: FieldRole) -> Option<Cow<'_, str>> {
    role.names().iter().find_map(|name| value(text, name)).filter(|value| !value.is_empty())
}

/// The value at a path, such as `user.id`, without reading the rest into a tree. A name that has a
/// point in it is found as well. Lists are not entered.
pub fn value<'a>(text: &'a str, path: &str) -> Option<Cow<'a, str>> {
    if text.trim_end().ends_with('}')
        && let Some(start) = text.find('{')
        && let found = within(&text[start..], path, MAX_DEPTH)
        && (found.is_some() || start == 0)
    {
        return found;
    }
    pairs(text).find(|(key, _)| *key == path).map(|(_, value)| unquote(value))
}

fn within<'a>(json: &'a str, path: &str, depth: usize) -> Option<Cow<'a, str>> {
    let depth = depth.checked_sub(1)?;
    for (name, value) in members(json).take(MAX_FIELDS) {
        let Some(rest) = path.strip_prefix(name) else { continue };
        if rest.is_empty() {
            return Some(unquote(value));
        }
        if let Some(rest) = rest.strip_prefix('.')
            && let Some(found) = within(value, rest, depth)
        {
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn json_is_a_tree() {
        let line = r#"2026-11-21T10:00:00Z {"msg":"a\tb","user":{"id":7,"tags":["x",{"y":null}]},"e":{}}"#;
        let fields = Fields::of(line);
        let list: Vec<_> = fields.list.iter().map(|f| (f.path.as_str(), f.value.as_str(), f.depth)).collect();
        assert_eq!(
            list,
            [
                ("msg", "a       b", 0),
                ("user", "", 0),
                ("user.id", "7", 1),
                ("user.tags", "", 1),
                ("user.tags[0]", "x", 2),
                ("user.tags[1]", "", 2),
                ("user.tags[1].y", "null", 3),
                ("e", "{}", 0)
            ]
        );
        assert_eq!(value(line, "user.id").as_deref(), Some("7"));
        assert_eq!(value(r#"{"log.level":"warn","log":{"x":"1"}}"#, "log.level").as_deref(), Some("warn"));
        assert_eq!(value(line, "user.name"), None);
    }

    #[test]
    fn logfmt_is_a_list() {
        let fields = Fields::of("level=info msg=\"two words\" user=7");
        assert_eq!(
            (fields.list.len(), fields.list[1].path.as_str(), fields.list[1].value.as_str()),
            (3, "msg", "two words")
        );
        assert_eq!(Fields::of("a sentence with x=1 in it").list, []);
        assert_eq!(Fields::of("{not json}").list, []);
    }

    #[test]
    fn roles_go_by_their_usual_names() {
        for (line, of, found) in [
            (r#"{"msg":"hi","message":"ho"}"#, FieldRole::Message, Some("ho")),
            (r#"{"log":{"level":"w1"}}"#, FieldRole::Level, Some("w1")),
            (r#"{"level":"t","lvl":""}"#, FieldRole::Level, Some("t")),
            ("time=1 level=warn msg=x", FieldRole::Level, Some("warn")),
            ("time=1 level=warn msg=x", FieldRole::Message, Some("x")),
        ] {
            assert_eq!(role(line, of).as_deref(), found, "{line}");
        }
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(100), "}".repeat(100));
        assert!(Fields::of(&deep).list.iter().all(|field| field.depth < MAX_DEPTH));
        let wide: Vec<String> = (0..2000).map(|i| format!("\"k{i}\":{i}")).collect();
        let fields = Fields::of(&format!("{{{}}}", wide.join(",")));
        assert_eq!((fields.list.len(), fields.cut), (MAX_FIELDS, true));
        let abyss = "{\"a\":".repeat(200_000) + &"}".repeat(200_000);
        assert_eq!(Fields::of(&abyss).list, []);
        assert_eq!(value(&abyss, "a.a.a.a.a.a.a.a.a.a"), None);
    }

    proptest! {
        #[test]
        fn no_control_comes_back_out_of_an_escape(raw in any::<String>()) {
            let line = serde_json::json!({ raw.clone(): raw.clone(), "v": [raw.clone()], "msg": raw }).to_string();
            let fields = Fields::of(&line);
            let clean = |s: &str| !s.chars().any(|c| c != '\n' && c.is_control());
            prop_assert!(fields.list.iter().all(|f| clean(&f.path) && clean(&f.value)));
            prop_assert!(role(&line, FieldRole::Message).is_none_or(|m| clean(&m)));
        }
    }
}
