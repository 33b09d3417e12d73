//! Reads the members of a JSON object and the pairs of a logfmt line where they lie, without a
//! tree: what must be done for every line cannot afford one. Faulty text ends the reading early.

use memchr::memchr2;

/// The members of the object that `json` begins with: each name, without quotes, and its value as
/// it is written.
pub fn members(json: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut at = json.starts_with('{').then_some(1);
    std::iter::from_fn(move || {
        let (name, value, end) = member(json, at.take()?)?;
        at = Some(end);
        Some((name, value))
    })
}

/// Name, value and end of the member at a place.
fn member(text: &str, at: usize) -> Option<(&str, &str, usize)> {
    let bytes = text.as_bytes();
    let mut at = skip_blank(bytes, at);
    if bytes.get(at) == Some(&b',') {
        at = skip_blank(bytes, at + 1);
    }
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let name_end = string_end(bytes, at)?;
    let colon = skip_blank(bytes, name_end);
    if bytes.get(colon) != Some(&b':') {
        return None;
    }
    let start = skip_blank(bytes, colon + 1);
    let end = value_end(bytes, start)?;
    Some((&text[at + 1..name_end - 1], &text[start..end], end))
}

/// A byte of a word: what is no ASCII is a letter.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn skip_blank(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Behind the closing quote of the string that opens at `at`.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut i = at + 1;
    loop {
        i += memchr2(b'"', b'\\', bytes.get(i..)?)?;
        if bytes[i] == b'"' {
            return Some(i + 1);
        }
        i += 2;
    }
}

fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    match bytes.get(start)? {
        b'"' => string_end(bytes, start),
        b'{' | b'[' => {
            let mut depth = 0usize;
            let mut i = start;
            while let Some(byte) = bytes.get(i) {
                match byte {
                    b'"' => {
                        i = string_end(bytes, i)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                i += 1;
                if depth == 0 {
                    return Some(i);
                }
            }
            None
        }
        _ => {
            let rest = &bytes[start..];
            let len = rest.iter().position(|b| matches!(b, b',' | b'}' | b']') || b.is_ascii_whitespace())?;
            (len > 0).then_some(start + len)
        }
    }
}

/// The `key=value` pairs of a line, each value as it is written. Words without `=` are passed over.
pub fn pairs(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let bytes = line.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = skip_blank(bytes, at);
            let is_end = |b: &u8| matches!(b, b'=' | b'"') || b.is_ascii_whitespace();
            let key_end = start + bytes.get(start..)?.iter().position(is_end)?;
            let value = key_end + 1;
            if bytes[key_end] != b'=' || key_end == start {
                at = if bytes[key_end] == b'"' { string_end(bytes, key_end)? } else { value };
                continue;
            }
            at = match bytes.get(value) {
                Some(b'"') => string_end(bytes, value)?,
                _ => {
                    let rest = bytes.get(value..)?;
                    value + rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len())
                }
            };
            return Some((&line[start..key_end], &line[value..at]));
        }
    })
}

/// What a value as written says: a quoted one without its quotes and escapes.
pub fn unquote(written: &str) -> std::borrow::Cow<'_, str> {
    let Some(inner) = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return written.into();
    };
    if !inner.contains('\\') {
        return inner.into();
    }
    // An escape may stand for a control, which must not come back in.
    match serde_json::from_str::<String>(written) {
        Ok(text) => crate::domain::text::clean_block(&text, super::event::MAX_TEXT).into(),
        Err(_) => inner.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_are_read_as_written() {
        let json = r#" {"a": "x\"y", "b":{"c":[1,"]}"]}, "d" : -1.5 ,"e":null}"#.trim();
        let found: Vec<_> = members(json).collect();
        assert_eq!(found, [("a", r#""x\"y""#), ("b", r#"{"c":[1,"]}"]}"#), ("d", "-1.5"), ("e", "null")]);
        assert_eq!(unquote(found[0].1), "x\"y");
        assert_eq!(unquote(r#""\u001b[31m\tred""#), "        red");
    }

    #[test]
    fn pairs_are_read_as_written() {
        let line = r#"ts=1 msg="two words" bare "quoted=no" n= url=http://x?a=b"#;
        let found: Vec<_> = pairs(line).collect();
        assert_eq!(found, [("ts", "1"), ("msg", "\"two words\""), ("n", ""), ("url", "http://x?a=b")]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in any::<String>(), json in "[{}\\[\\]\",:\\\\ a1=é]{0,60}") {
            for text in [text, format!("{{{json}"), json] {
                prop_assert!(members(&text).count() <= text.len());
                prop_assert!(pairs(&text).count() <= text.len());
                members(&text).for_each(|(_, value)| drop(unquote(value).into_owned()));
            }
        }

        #[test]
        fn members_are_what_a_parser_finds(map in prop::collection::hash_map("[a-z]{1,5}", "[ -~é]{0,8}", 0..6)) {
            let written = serde_json::to_string(&map).unwrap();
            let found: std::collections::HashMap<String, String> =
                members(&written).map(|(name, value)| (name.to_string(), unquote(value).into_owned())).collect();
            prop_assert_eq!(found, map);
        }
    }
}
