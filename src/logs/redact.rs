//! Takes secrets out of what is copied or saved. It knows the usual forms and no more: what leaves
//! the screen must still be looked at, and a screen that uses this should say so.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::filter::{BadPattern, plain};

/// What stands where a secret was.
pub const MARK: &str = "<redacted>";

/// The forms of secrets. In each, the group `secret` is what goes.
const FORMS: &[&str] = &[
    // A private key, also one whose end was cut off or whose breaks are escaped.
    r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----(?<secret>.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    // Access key ids of AWS, long-lived and temporary.
    r"\b(?<secret>(?:AKIA|ASIA)[A-Z2-7]{16})\b",
    // JSON web tokens: header, claims, signature.
    r"\b(?<secret>eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)",
    r"(?i)\b(?:bearer|basic)[ +](?<secret>[A-Za-z0-9._~+/=-]{8,})",
    // Tokens of services that mark their own.
    r"\b(?<secret>gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|[sr]k_live_[A-Za-z0-9]{10,}|glpat-[\w-]{16,})",
    // The password of a URL.
    r"[A-Za-z][A-Za-z0-9+.-]*://[^\s:/@]*:(?<secret>[^\s/@]+)@",
    // Cookies, all of them: any may hold a session.
    r#"(?i)\bcookie\\?["']?[ ]*[:=][ ]*\\?["']?(?<secret>[^"'\\\n]+)"#,
    // A value whose name says that it is secret, with or without quotes, those escaped or not.
    r#"(?ix)
      (?: password | passwd | \bpwd | passphrase | secret (?:[_-]?(?:access[_-]?)?key)? | token | api[_-]?key
        | private[_-]?key | credentials? | signature | authorization )
      \\?["']? \s* [=:] \s*
      (?: \\"(?<escaped>(?:[^"\\]|\\[^"])+) | "(?<quoted>(?:[^"\\]|\\.)+) | '(?<single>[^']+) | (?<secret>[^\s"',;&\\)}\]{\[<]+) )"#,
];

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    // The forms are constant, and a test compiles them.
    FORMS.iter().map(|form| Regex::new(form).expect("a constant pattern")).collect()
});

/// Values that say that there is no secret, or only how the next word is to be read.
const EMPTY: &[&str] = &["null", "none", "nil", "true", "false", "undefined", "bearer", "basic", MARK];

/// Takes out secrets: the usual forms, and those that the person named.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    own: Vec<Regex>,
}

impl Redactor {
    /// Takes out what this regular expression finds as well: its group `secret` where it has one,
    /// else all of it.
    ///
    /// # Errors
    /// It is none, or finds nothing at every place.
    pub fn add(&mut self, pattern: &str) -> Result<(), BadPattern> {
        let pattern = plain(pattern)?;
        if pattern.is_match("") {
            return Err(BadPattern::new("it is found in every text"));
        }
        self.own.push(pattern);
        Ok(())
    }

    /// The text with secrets replaced by [`MARK`]; the text itself if there are none.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for pattern in PATTERNS.iter() {
            if let Cow::Owned(changed) = pattern.replace_all(&text, replacement) {
                text = Cow::Owned(changed);
            }
        }
        for pattern in &self.own {
            if let Cow::Owned(changed) = pattern.replace_all(&text, own_replacement) {
                text = Cow::Owned(changed);
            }
        }
        text
    }

    /// The value of a field, whose name alone may say that it is secret.
    pub fn redact_value<'a>(&self, name: &str, value: &'a str) -> Cow<'a, str> {
        // Any word will do to ask what the name says.
        let asks = format!("{name}=word");
        if !is_empty(value) && self.redact(&asks) != asks {
            return Cow::Borrowed(MARK);
        }
        let line = format!("{name}={value}");
        match self.redact(&line) {
            Cow::Borrowed(_) => Cow::Borrowed(value),
            Cow::Owned(line) => match line.strip_prefix(&format!("{name}=")) {
                Some(rest) => Cow::Owned(rest.to_string()),
                None => Cow::Borrowed(MARK),
            },
        }
    }
}

fn own_replacement(found: &Captures<'_>) -> String {
    match found.name("secret") {
        Some(_) => replacement(found),
        None => MARK.to_string(),
    }
}

fn replacement(found: &Captures<'_>) -> String {
    let whole = &found[0];
    let start = found.get(0).map_or(0, |whole| whole.start());
    let secret = ["secret", "quoted", "escaped", "single"].iter().find_map(|name| found.name(name));
    match secret {
        Some(secret) if !is_empty(secret.as_str()) => {
            let (from, to) = (secret.start() - start, secret.end() - start);
            format!("{}{MARK}{}", &whole[..from], &whole[to..])
        }
        _ => whole.to_string(),
    }
}

fn is_empty(value: &str) -> bool {
    EMPTY.iter().any(|word| value.eq_ignore_ascii_case(word))
        || value.starts_with(MARK)
        || value.bytes().all(|b| b == b'*' || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redact(text: &str) -> Cow<'_, str> {
        static USUAL: LazyLock<Redactor> = LazyLock::new(Redactor::default);
        USUAL.redact(text)
    }

    #[test]
    fn forms_of_ones_own_go_as_well() {
        let mut redactor = Redactor::default();
        redactor.add(r"\bcard=\d+").unwrap();
        redactor.add(r"pin (?<secret>\d{4})\b").unwrap();
        assert_eq!(redactor.redact("card=4111 pin 1234 ok"), "<redacted> pin <redacted> ok");
        assert_eq!(redactor.redact("token=a pin 12345"), "token=<redacted> pin 12345");
        assert_eq!(redactor.add("a|").unwrap_err().to_string(), "it is found in every text (at character 1)");
        assert_eq!(redactor.add("ab(").unwrap_err().to_string(), "unclosed group (at character 3)");
    }

    #[test]
    fn a_name_alone_says_that_its_value_is_secret() {
        let redactor = Redactor::default();
        for (name, value, left) in [
            ("db.password", "a b, c", MARK),
            ("headers.authorization", "Bearer abcdef123456", MARK),
            ("headers.cookie", "sid=1; b=2", MARK),
            ("token", "null", "null"),
            ("tokens", "512", "512"),
            ("url", "postgres://app:s3cret@db/x", "postgres://app:<redacted>@db/x"),
            ("message", "user logged in", "user logged in"),
        ] {
            assert_eq!(redactor.redact_value(name, value), left, "{name}");
        }
    }

    #[test]
    fn secrets_go() {
        for (text, left) in [
            ("key AKIAIOSFODNN7EXAMPLE used", "key <redacted> used"),
            ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = <redacted>"),
            (r#"{"SecretAccessKey":"wJalrXUtnFEMI/K7","x":1}"#, r#"{"SecretAccessKey":"<redacted>","x":1}"#),
            (r#"{"body":"{\"password\":\"hunter2\"}"}"#, r#"{"body":"{\"password\":\"<redacted>\"}"}"#),
            (r#"{"password":"hun\"ter","x":1}"#, r#"{"password":"<redacted>","x":1}"#),
            ("Authorization: Bearer abcdef123456", "Authorization: Bearer <redacted>"),
            ("jwt eyJhbGciOi.eyJzdWIi.SflKxw x", "jwt <redacted> x"),
            ("postgres://app:s3cret@db:5432/shop", "postgres://app:<redacted>@db:5432/shop"),
            ("redis://:s3cret@cache:6379", "redis://:<redacted>@cache:6379"),
            ("DB_PASSWORD=hunter2 next", "DB_PASSWORD=<redacted> next"),
            ("client_secret='a b' ok", "client_secret='<redacted>' ok"),
            ("GET /x?token=abc123&page=2", "GET /x?token=<redacted>&page=2"),
            ("?X-Amz-Signature=deadbeef&X-Amz-Expires=60", "?X-Amz-Signature=<redacted>&X-Amz-Expires=60"),
            ("Set-Cookie: sid=1; HttpOnly", "Set-Cookie: <redacted>"),
            (r#"{"cookie":"sid=1; b=2","x":1}"#, r#"{"cookie":"<redacted>","x":1}"#),
            ("x-api-key: 12345", "x-api-key: <redacted>"),
            ("ghp_0123456789abcdefghijABCDEF", "<redacted>"),
            (
                "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nb",
                "a\n-----BEGIN RSA PRIVATE KEY-----<redacted>-----END RSA PRIVATE KEY-----\nb",
            ),
            ("-----BEGIN PRIVATE KEY-----\nMIIE cut", "-----BEGIN PRIVATE KEY-----<redacted>"),
        ] {
            assert_eq!(redact(text), left);
            assert_eq!(redact(left), left, "a second time changes nothing");
        }
    }

    #[test]
    fn text_without_secrets_is_unchanged() {
        for text in [
            "user logged in with password",
            "tokens=512 max_tokens: 100",
            r#"{"token":null,"password":"***","secret":false}"#,
            "https://example.com:8080/a?b=c",
            "2026-11-21T10:00:00Z level=info msg=\"bearer of news\"",
            "AKIA is a prefix",
        ] {
            assert!(matches!(redact(text), Cow::Borrowed(_)) || redact(text) == text, "{text}");
            assert_eq!(redact(text), text);
        }
    }

    proptest! {
        #[test]
        fn words_and_numbers_are_unchanged(text in "([a-df-z0-9]{1,9}[ .,/()-]){0,30}") {
            prop_assert_eq!(redact(&text), text.as_str());
        }

        #[test]
        fn a_password_never_stays(before in "[ a-z]{0,10}", secret in "[A-Z0-9]{8,20}", after in "[ a-z]{0,10}") {
            for line in [
                format!("{before} password={secret} {after}"),
                format!("{{\"{before}\":1,\"db_password\": \"{secret}\"}}"),
                format!("{before} https://me:{secret}@host/{after}"),
                format!("{before} Authorization: Basic {secret}"),
            ] {
                prop_assert!(!redact(&line).contains(&secret), "{}", line);
            }
        }

        #[test]
        fn any_text_may_be_given(text in any::<String>()) {
            let once = redact(&text).into_owned();
            prop_assert_eq!(redact(&once), once.clone());
        }
    }
}
