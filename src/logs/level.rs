//! Tells the level of a line from the ways in which common loggers and servers write it. It runs
//! once for every event, so it looks at the head of a line only and uses no pattern.

use memchr::memmem;
use strum::{IntoStaticStr, VariantArray};

use super::scan::{is_word, members, unquote};

/// How grave an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

use Level::{Error, Fatal, Info, Trace, Warn};

impl Level {
    pub const ALL: &[Self] = Self::VARIANTS;

    pub fn name(self) -> &'static str {
        self.into()
    }

    /// From a logger's word for it, in any case.
    pub fn named(word: &str) -> Option<Self> {
        let mut lower = [0; 9];
        let lower = lower.get_mut(..word.len())?;
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"trace" | b"trce" | b"verbose" | b"finest" | b"finer" => Trace,
            b"debug" | b"dbug" | b"dbg" | b"fine" => Self::Debug,
            b"info" | b"notice" | b"inf" | b"log" => Info,
            b"warn" | b"warning" | b"wrn" => Warn,
            b"error" | b"err" | b"fail" | b"severe" | b"eror" => Error,
            b"fatal" | b"critical" | b"crit" | b"panic" | b"dpanic" | b"alert" | b"emerg" | b"emergency" | b"ftl" => {
                Fatal
            }
            _ => return None,
        })
    }

    /// From a number: the tens of bunyan and pino, or the severities of syslog, as in GELF.
    fn numbered(written: &str) -> Option<Self> {
        Some(match written.parse::<u32>().ok()? {
            0..=2 => Fatal,
            3 => Error,
            4 => Warn,
            5 | 6 => Info,
            7 => Self::Debug,
            10..20 => Trace,
            20..30 => Self::Debug,
            30..40 => Info,
            40..50 => Warn,
            50..60 => Error,
            60..100 => Fatal,
            _ => return None,
        })
    }

    /// From an HTTP status of three digits. A line that tells of a failed request is worth finding
    /// even if its writer calls it information.
    fn of_status(status: &[u8]) -> Option<Self> {
        match status {
            [b'5', b'0'..=b'9', b'0'..=b'9', ..] => Some(Error),
            [b'4', b'0'..=b'9', b'0'..=b'9', ..] => Some(Warn),
            [b'1'..=b'3', b'0'..=b'9', b'0'..=b'9', ..] => Some(Info),
            _ => None,
        }
    }
}

/// How many bytes of a line are searched for a word.
const HEAD: usize = 256;

/// The level of an event, if its text tells.
pub fn of(text: &str) -> Option<Level> {
    let text = text.trim_start();
    if text.starts_with('{') {
        return of_json(text);
    }
    let head = head(text, HEAD);
    let found = of_klog(head).or_else(|| of_words(head)).max(of_access(head));
    if found.is_none() && text.contains('\n') { of_trace(text) } else { found }
}

fn head(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

fn of_json(text: &str) -> Option<Level> {
    let mut other = None;
    for (name, value) in members(text).take(64) {
        let level = match name {
            "level" | "lvl" | "severity" | "levelname" | "log.level" | "loglevel" | "logLevel" | "log_level"
            | "Level" | "@l" | "@level" | "LogLevel" | "severity_text" | "severityText" | "levelName" => {
                of_value(value)
            }
            "log" => members(value).find(|(name, _)| *name == "level").and_then(|(_, value)| of_value(value)),
            "status" | "statusCode" | "status_code" if value.trim_matches('"').len() == 3 => {
                other = other.max(Level::of_status(value.trim_matches('"').as_bytes()));
                continue;
            }
            "error" | "exception" | "err" if !matches!(value, "null" | "false" | "\"\"" | "{}" | "[]" | "0") => {
                other = other.max(Some(Error));
                continue;
            }
            _ => continue,
        };
        if level.is_some() {
            return level;
        }
    }
    other
}

fn of_value(written: &str) -> Option<Level> {
    if written.starts_with('"') { Level::named(&unquote(written)) } else { Level::numbered(written) }
}

/// `E1121 10:00:00.000000 1 file.go:12] …`, as Kubernetes and its kin write.
fn of_klog(head: &str) -> Option<Level> {
    let [letter, a, b, c, d, b' ', ..] = head.as_bytes() else { return None };
    if ![a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match letter {
        b'I' => Some(Info),
        b'W' => Some(Warn),
        b'E' => Some(Error),
        b'F' => Some(Fatal),
        _ => None,
    }
}

/// Looks for a word that names a level where a logger would put one.
///
/// In capitals it counts anywhere in the head. In small letters it is an ordinary word as well, so
/// it must stand in brackets, after `level=`, or be the first word that is not part of a time.
fn of_words(head: &str) -> Option<Level> {
    let bytes = head.as_bytes();
    let mut first = true;
    let mut i = 0;
    while i < bytes.len() {
        if !is_word(bytes[i]) {
            i += 1;
            continue;
        }
        let start = i;
        let (mut digits, mut small) = (false, false);
        while i < bytes.len() && is_word(bytes[i]) {
            digits |= bytes[i].is_ascii_digit();
            small |= bytes[i].is_ascii_lowercase();
            i += 1;
        }
        if digits || !head.is_char_boundary(start) || !head.is_char_boundary(i) {
            continue;
        }
        let word = &head[start..i];
        let before = start.checked_sub(1).map(|at| bytes[at]);
        let after = bytes.get(i).copied();
        if let Some(level) = of_word(word, small, first, before, after, &head[i..]) {
            return level;
        }
        first &= matches!(word, "Z" | "T" | "UTC" | "GMT" | "PHP");
    }
    None
}

/// The level that a word tells, if it tells one: the inner `None` says that the line has none.
fn of_word(
    word: &str,
    small: bool,
    first: bool,
    before: Option<u8>,
    after: Option<u8>,
    rest: &str,
) -> Option<Option<Level>> {
    if !small {
        return match word {
            // What Postgres writes after a message quotes the statement, and means nothing by it.
            "STATEMENT" | "DETAIL" | "HINT" | "CONTEXT" | "QUERY" if rest.starts_with(": ") => Some(None),
            "LOG" if after != Some(b':') => None,
            "ERR" | "INF" | "WRN" | "DBG" | "FTL" | "FINE" | "FAIL" | "LOG" | "ALERT" | "VERBOSE"
                if after.is_some_and(|b| !matches!(b, b' ' | b']' | b':' | b'|')) =>
            {
                None
            }
            _ if after == Some(b'=') => None,
            _ => Level::named(word).map(Some),
        };
    }
    if word.len() > "Error".len() {
        let thrown = word.ends_with("Exception") || word.ends_with("Error");
        if thrown && first_part(first, before) && matches!(after, None | Some(b':' | b' ' | b'\n')) {
            return Some(Some(Error));
        }
    }
    match word {
        "level" | "lvl" | "severity" | "loglevel" | "log_level" => {
            let value = rest.strip_prefix('=')?.trim_start_matches('"');
            let end = value.bytes().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(value.len());
            let value = &value[..end];
            return Level::named(value).or_else(|| Level::numbered(value)).map(Some);
        }
        "Task" if rest.starts_with(" timed out after ") => return Some(Some(Error)),
        "Traceback" if rest.starts_with(" (most recent call") => return Some(Some(Error)),
        "panicked" if rest.starts_with(" at ") => return Some(Some(Fatal)),
        "Caused" if first && rest.starts_with(" by:") => return Some(Some(Error)),
        "Exception" | "Uncaught" | "Unhandled" if first => return Some(Some(Error)),
        _ => {}
    }
    let level = Level::named(word)?;
    let in_brackets = matches!(
        (before, after),
        (Some(b'['), Some(b']')) | (Some(b'<'), Some(b'>')) | (Some(b'('), Some(b')')) | (Some(b'|'), Some(b'|'))
    );
    let spelled_out = matches!(level, Error | Warn) || matches!(word, "fatal" | "Fatal");
    // `core:error` of Apache, in brackets as a whole.
    let after_module = before == Some(b':') && after == Some(b']');
    let leads = first && before != Some(b'=') && (after == Some(b':') || (spelled_out && after == Some(b' ')));
    let told =
        in_brackets || after_module || leads || (first_part(first, before) && after == Some(b':') && word == "Error");
    told.then_some(Some(level))
}

/// The dotted name at the head of a line, as of an exception's class: all its parts are first.
fn first_part(first: bool, before: Option<u8>) -> bool {
    first || before == Some(b'.')
}

/// The status that an access log tells: after `HTTP/1.1"`, or between gin's bars.
fn of_access(head: &str) -> Option<Level> {
    if let Some(rest) = head.strip_prefix("[GIN]") {
        let (_, status) = rest.split_once('|')?;
        return Level::of_status(status.trim_start().as_bytes());
    }
    let at = memmem::find(head.as_bytes(), b" HTTP/")?;
    let rest = &head.as_bytes()[at + 6..];
    let version = rest.iter().position(|b| !b.is_ascii_digit() && *b != b'.')?;
    let rest = rest[version..].strip_prefix(b"\"")?.strip_prefix(b" ")?;
    Level::of_status(rest)
}

/// An event of several lines that no word gives away may still hold a stack trace.
fn of_trace(text: &str) -> Option<Level> {
    let text = head(text, 4096).as_bytes();
    let signs: [&[u8]; 3] = [b"\nTraceback (most recent call", b"\n        at ", b"\n    at "];
    signs.iter().any(|sign| memmem::find(text, sign).is_some()).then_some(Error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn levels_are_told_from_common_formats() {
        let mut wrong = Vec::new();
        for (line, level) in [
            // Python, uvicorn, gunicorn, Django.
            ("INFO:     10.0.1.7:51234 - \"GET /health HTTP/1.1\" 200 OK", Some(Info)),
            ("INFO:     10.0.1.7:51234 - \"POST /orders HTTP/1.1\" 500 Internal Server Error", Some(Error)),
            ("ERROR:    Exception in ASGI application", Some(Error)),
            ("WARNING:root:disk almost full", Some(Warn)),
            ("2026-11-21 10:00:00,123 - shop.orders - CRITICAL - out of stock", Some(Fatal)),
            ("[2026-11-21 10:00:00 +0000] [7] [INFO] Booting worker with pid: 7", Some(Info)),
            ("Traceback (most recent call last):\n  File \"a.py\"\nValueError: bad", Some(Error)),
            ("ValueError: invalid literal for int()", Some(Error)),
            ("botocore.exceptions.ClientError: An error occurred", Some(Error)),
            // JSON: pino, bunyan, zap, structlog, ECS, OpenTelemetry, GELF.
            (r#"{"level":30,"time":1,"msg":"listening"}"#, Some(Info)),
            (r#"{"level":50,"time":1,"msg":"boom"}"#, Some(Error)),
            (r#"{"time":1,"level":"60","msg":"x"}"#, None),
            (r#"{"level":"warn","ts":1.5,"caller":"a.go:1","msg":"slow"}"#, Some(Warn)),
            (r#"{"event":"x","level":"debug"}"#, Some(Level::Debug)),
            (r#"{"@timestamp":"t","log.level":"ERROR","message":"x"}"#, Some(Error)),
            (r#"{"log":{"level":"error","logger":"x"},"message":"x"}"#, Some(Error)),
            (r#"{"severity":"CRITICAL","message":"x"}"#, Some(Fatal)),
            (r#"{"version":"1.1","level":3,"short_message":"x"}"#, Some(Error)),
            (r#"{"method":"GET","status":503,"path":"/"}"#, Some(Error)),
            (r#"{"method":"GET","status":"404"}"#, Some(Warn)),
            (r#"{"msg":"x","error":null}"#, None),
            (r#"{"msg":"x","error":"refused"}"#, Some(Error)),
            (r#"{"msg":"level is error"}"#, None),
            // logfmt.
            ("time=2026-11-21T10:00:00Z level=error msg=\"refused\"", Some(Error)),
            ("ts=1 caller=a.go lvl=dbug msg=x", Some(Level::Debug)),
            ("msg=\"no level=here\" level=warn", Some(Warn)),
            // Go: zap's console, klog, gin, panics.
            ("2026-11-21T10:00:00.000Z        INFO    server/main.go:12      started", Some(Info)),
            ("E1121 10:00:00.000000       1 reflector.go:12] failed", Some(Error)),
            ("I1121 10:00:00.000000       1 leader.go:12] became leader", Some(Info)),
            ("[GIN] 2026/11/21 - 10:00:00 | 500 |     1.2ms |  10.0.0.1 | POST \"/orders\"", Some(Error)),
            ("[GIN] 2026/11/21 - 10:00:00 | 200 |     1.2ms |  10.0.0.1 | GET \"/\"", Some(Info)),
            ("[GIN-debug] [WARNING] Running in \"debug\" mode", Some(Warn)),
            ("panic: runtime error: invalid memory address", Some(Fatal)),
            // Java: log4j, logback, exceptions; java.util.logging.
            ("10:00:00.123 [main] DEBUG o.h.SQL - select 1", Some(Level::Debug)),
            ("2026-11-21 10:00:00 ERROR OrderService:12 - failed", Some(Error)),
            ("2026-11-21T10:00:00.000Z  WARN 1 --- [nio-8080-exec-1] o.s.w.s.Dispatcher : No mapping", Some(Warn)),
            ("SEVERE: Servlet.service() threw exception", Some(Error)),
            ("java.lang.NullPointerException: Cannot invoke", Some(Error)),
            ("Exception in thread \"main\" java.lang.Error", Some(Error)),
            ("something odd\n        at com.shop.Order.pay(Order.java:1)", Some(Error)),
            // .NET, Node, Rust, Ruby, PHP.
            ("fail: Microsoft.AspNetCore.Server.Kestrel[13]", Some(Error)),
            ("info: Microsoft.Hosting.Lifetime[14]", Some(Info)),
            ("dbug: Microsoft.Extensions.Http[1]", Some(Level::Debug)),
            ("TypeError: Cannot read properties of undefined", Some(Error)),
            ("Error: connect ECONNREFUSED 10.0.0.1:5432", Some(Error)),
            ("2026-11-21T10:00:00.000000Z TRACE shop::db: query", Some(Trace)),
            ("thread 'main' panicked at src/main.rs:1:1:", Some(Fatal)),
            ("E, [2026-11-21T10:00:00.000000 #1] ERROR -- : failed", Some(Error)),
            ("PHP Fatal error:  Uncaught Error: Call to undefined", Some(Fatal)),
            ("PHP Warning:  Undefined variable $x", Some(Warn)),
            // Servers: Postgres, nginx, Apache, access logs.
            ("2026-11-21 10:00:00 UTC:10.0.0.1(5000):app@shop:[77]:ERROR:  deadlock detected", Some(Error)),
            ("2026-11-21 10:00:00 UTC::@:[1]:FATAL:  too many connections", Some(Fatal)),
            ("2026-11-21 10:00:00 UTC::@:[1]:LOG:  checkpoint complete", Some(Info)),
            ("2026-11-21 10:00:00 UTC:10.0.0.1(5000):app@shop:[77]:STATEMENT:  select 'ERROR'", None),
            ("2026/11/21 10:00:00 [error] 12#12: *1 connect() failed", Some(Error)),
            ("2026/11/21 10:00:00 [crit] 12#12: *1 SSL_do_handshake() failed", Some(Fatal)),
            ("[Sat Nov 21 10:00:00 2026] [core:error] [pid 1] AH00126", Some(Error)),
            ("10.0.0.1 - - [21/Nov/2026:10:00:00 +0000] \"GET /x HTTP/1.1\" 404 12 \"-\" \"curl\"", Some(Warn)),
            ("10.0.0.1 - - [21/Nov/2026:10:00:00 +0000] \"GET /x HTTP/2.0\" 502 12", Some(Error)),
            ("10.0.0.1 - - [21/Nov/2026:10:00:00 +0000] \"GET /x HTTP/1.1\" 200 12", Some(Info)),
            // Lambda.
            ("[ERROR] 2026-11-21T10:00:00.000Z 7f3c Runtime.ImportModuleError", Some(Error)),
            ("2026-11-21T10:00:00.000Z        7f3c-1    INFO    hello", Some(Info)),
            (
                "2026-11-21T10:00:00.000Z 7f3c4e10-0000-4000-8000-000000000000 Task timed out after 3.00 seconds",
                Some(Error),
            ),
            ("START RequestId: 7f3c4e10 Version: $LATEST", None),
            // Ordinary sentences.
            ("there was no error in the file", None),
            ("retry after error: reset by peer", None),
            ("information about warnings", None),
            ("ERROR_RATE is 0", None),
            ("DEBUG=false", None),
            ("Logged in as admin", None),
            ("", None),
        ] {
            if of(line) != level {
                wrong.push((line, of(line)));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    proptest! {
        #[test]
        fn any_text_may_be_asked(text in any::<String>(), line in "[ -~é\\n]{0,300}") {
            of(&text);
            of(&line);
            of(&format!("{{{line}"));
        }
    }
}
