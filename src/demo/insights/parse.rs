//! A query of Logs Insights as commands one after the other: as much of the language as saved queries need.
//! What else there is of it is refused by its name.

use regex::Regex;

use super::Wrong;

/// What is done to the rows, in this order.
pub enum Command {
    Fields(Vec<String>),
    /// Any of them all of whose tests are passed.
    Filter(Vec<Vec<Test>>),
    Stats {
        figures: Vec<(Figure, String)>,
        by: Vec<(Key, String)>,
    },
    /// Name, and whether the greatest comes first.
    Sort(Vec<(String, bool)>),
    Limit(usize),
    /// What is looked into, for what; each group has the name of what it finds.
    Parse(String, Regex),
}

pub enum Test {
    Present(String),
    Like(String, Regex),
    Compare(String, &'static str, Operand),
}

pub enum Operand {
    Field(String),
    Literal(String),
}

/// What rows are grouped by: a field, or the time cut to so many milliseconds.
pub enum Key {
    Field(String),
    Bin(i64),
}

/// One number of many rows.
pub enum Figure {
    /// Rows, or those that have a field.
    Count(Option<String>),
    Of(String, fn(&[f64]) -> f64),
}

/// A function of numbers, by its name.
type Function = (&'static str, fn(&[f64]) -> f64);

const FUNCTIONS: [Function; 4] = [
    ("sum", |numbers| numbers.iter().sum()),
    ("avg", |numbers| numbers.iter().sum::<f64>() / numbers.len() as f64),
    ("min", |numbers| numbers.iter().copied().fold(f64::INFINITY, f64::min)),
    ("max", |numbers| numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
];

const COMPARISONS: [&str; 6] = ["=", "!=", "<", "<=", ">", ">="];

/// Patterns, texts, names in backticks, words and numbers, comparisons, and marks of one character.
const TOKEN: &str = r#"/(?:\\.|[^/\\])*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|-?[\w@.%]+|[<>!]=|\S"#;

/// A word of the query, with its place in characters.
#[derive(Clone)]
struct Token {
    text: String,
    at: (usize, usize),
}

impl Token {
    fn wrong<T>(&self, said: impl Into<String>) -> Result<T, Wrong> {
        Err(Wrong { said: said.into(), at: self.at })
    }

    /// What stands between two of this mark.
    fn within(&self, mark: char) -> Option<&str> {
        self.text.strip_prefix(mark)?.strip_suffix(mark)
    }

    fn is_number(&self) -> bool {
        self.text.parse::<f64>().is_ok_and(f64::is_finite)
    }

    fn name(&self) -> Option<String> {
        let is_word = self.text.starts_with(|c: char| c.is_alphabetic() || "_@".contains(c));
        self.within('`').or(is_word.then_some(&self.text)).map(str::to_string)
    }

    fn literal(&self) -> Option<String> {
        let quoted = self.within('"').or(self.within('\'')).map(|text| text.replace('\\', ""));
        quoted.or_else(|| self.is_number().then(|| self.text.clone()))
    }

    fn pattern(&self) -> Result<Option<Regex>, Wrong> {
        let Some(text) = self.within('/') else { return Ok(None) };
        let built = regex::RegexBuilder::new(&text.replace(r"\/", "/")).size_limit(1 << 20).build();
        built.map(Some).or_else(|_| self.wrong("this pattern cannot be read"))
    }
}

struct Reader {
    tokens: std::vec::IntoIter<Token>,
    end: Token,
}

/// Reads a query.
///
/// # Errors
/// What cannot be read, or what the demo does not know, and where.
pub fn pipeline(text: &str) -> Result<Vec<Command>, Wrong> {
    let place = |byte: usize| text[..byte].chars().count();
    // The pattern is constant; every test of this file reads with it.
    let tokens = Regex::new(TOKEN).expect("it is a pattern");
    let token = |found: regex::Match<'_>| {
        let token = Token { text: found.as_str().to_string(), at: (place(found.start()), place(found.end())) };
        if ["\"", "'", "`", "/"].contains(&&*token.text) {
            return token.wrong(format!("there is no closing {}", token.text));
        }
        Ok(token)
    };
    let tokens: Vec<Token> = tokens.find_iter(text).map(token).collect::<Result<_, _>>()?;
    let end = Token { text: String::new(), at: (place(text.len()), place(text.len()) + 1) };
    let mut reader = Reader { tokens: tokens.into_iter(), end };
    let mut commands = vec![reader.command()?];
    loop {
        let token = reader.take();
        match &*token.text {
            "" => return Ok(commands),
            "|" => commands.push(reader.command()?),
            other => return token.wrong(format!("unexpected `{other}`")),
        }
    }
}

impl Reader {
    fn peek(&self) -> &Token {
        self.tokens.as_slice().first().unwrap_or(&self.end)
    }

    fn take(&mut self) -> Token {
        self.tokens.next().unwrap_or_else(|| self.end.clone())
    }

    /// Takes this word or mark, if it is next.
    fn took(&mut self, text: &str) -> bool {
        let is_it = self.peek().text.eq_ignore_ascii_case(text);
        if is_it {
            self.take();
        }
        is_it
    }

    fn demand(&mut self, text: &str) -> Result<(), Wrong> {
        if self.took(text) { Ok(()) } else { self.peek().wrong(format!("expected `{text}`")) }
    }

    fn name(&mut self) -> Result<String, Wrong> {
        let token = self.take();
        token.name().map_or_else(|| token.wrong("expected a field"), Ok)
    }

    /// One or more, with this word or mark between them.
    fn list<T>(&mut self, between: &str, one: impl Fn(&mut Self) -> Result<T, Wrong>) -> Result<Vec<T>, Wrong> {
        let mut list = vec![one(self)?];
        while self.took(between) {
            list.push(one(self)?);
        }
        Ok(list)
    }

    fn command(&mut self) -> Result<Command, Wrong> {
        let token = self.take();
        Ok(match token.text.to_ascii_lowercase().as_str() {
            "fields" => Command::Fields(self.list(",", Self::name)?),
            "filter" => Command::Filter(self.list("or", |reader| reader.list("and", Self::test))?),
            "stats" => {
                let figures = self.list(",", |reader| reader.called(Self::figure))?;
                let by = if self.took("by") { self.list(",", |reader| reader.called(Self::key))? } else { vec![] };
                Command::Stats { figures, by }
            }
            "sort" => Command::Sort(self.list(",", |reader| {
                let name = reader.name()?;
                Ok((
                    name,
                    reader.took("desc") || {
                        reader.took("asc");
                        false
                    },
                ))
            })?),
            "limit" => {
                let token = self.take();
                Command::Limit(token.text.parse().or_else(|_| token.wrong("expected a number"))?)
            }
            "parse" => {
                let field = if self.peek().text.starts_with('/') { "@message".into() } else { self.name()? };
                let token = self.take();
                let Some(pattern) = token.pattern()? else { return token.wrong("expected a /pattern/") };
                if pattern.captures_len() < 2 || pattern.capture_names().skip(1).any(|name| name.is_none()) {
                    return token.wrong("every group of the pattern needs a name: (?<name>…)");
                }
                Command::Parse(field, pattern)
            }
            "" => return token.wrong("expected a command"),
            _ => {
                let known = "fields, filter, stats, sort, limit, parse";
                return token.wrong(format!("the demo does not know the command `{}`; it knows {known}", token.text));
            }
        })
    }

    /// Something, and what it is called on the screen: as it is written, where nothing else is said.
    fn called<T>(&mut self, one: impl Fn(&mut Self) -> Result<T, Wrong>) -> Result<(T, String), Wrong> {
        let before = self.tokens.as_slice().to_vec();
        let one = one(self)?;
        let written = &before[..before.len() - self.tokens.len()];
        let name = if self.took("as") { self.name()? } else { written.iter().map(|token| &*token.text).collect() };
        Ok((one, name))
    }

    fn figure(&mut self) -> Result<Figure, Wrong> {
        let token = self.take();
        self.demand("(")?;
        let figure = if token.text.eq_ignore_ascii_case("count") {
            Figure::Count(if self.took("*") { None } else { Some(self.name()?) })
        } else {
            let known = FUNCTIONS.iter().find(|(name, _)| token.text.eq_ignore_ascii_case(name));
            let Some((_, function)) = known else {
                return token.wrong(format!(
                    "the demo does not know the function `{}`; it knows count, sum, avg, min, max",
                    token.text
                ));
            };
            Figure::Of(self.name()?, *function)
        };
        self.demand(")")?;
        Ok(figure)
    }

    fn key(&mut self) -> Result<Key, Wrong> {
        let name = self.name()?;
        if name != "bin" || !self.took("(") {
            return Ok(Key::Field(name));
        }
        let span = self.take();
        self.demand(")")?;
        milliseconds(&span.text)
            .map_or_else(|| span.wrong("expected a span of time: 30s, 5m, 1h"), |ms| Ok(Key::Bin(ms)))
    }

    fn test(&mut self) -> Result<Test, Wrong> {
        if self.took("ispresent") {
            self.demand("(")?;
            let field = self.name()?;
            self.demand(")")?;
            return Ok(Test::Present(field));
        }
        let field = self.name()?;
        let token = self.take();
        if token.text.eq_ignore_ascii_case("like") {
            let token = self.take();
            let text = token.literal().and_then(|text| Regex::new(&regex::escape(&text)).ok());
            return match token.pattern()?.or(text) {
                Some(pattern) => Ok(Test::Like(field, pattern)),
                None => token.wrong("expected \"text\" or /pattern/"),
            };
        }
        let Some(comparison) = COMPARISONS.into_iter().find(|known| *known == token.text) else {
            return token.wrong("expected =, !=, <, > or like");
        };
        let token = self.take();
        match (token.literal(), token.name()) {
            (Some(text), _) => Ok(Test::Compare(field, comparison, Operand::Literal(text))),
            (None, Some(other)) => Ok(Test::Compare(field, comparison, Operand::Field(other))),
            (None, None) => token.wrong("expected a field or a value"),
        }
    }
}

/// `30s`, `5m`, `1h`, `1d`.
fn milliseconds(span: &str) -> Option<i64> {
    let (number, unit) = span.split_at_checked(span.len().checked_sub(1)?)?;
    let seconds = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)].into_iter().find(|(of, _)| *of == unit)?.1;
    number.parse::<i64>().ok()?.checked_mul(seconds * 1000).filter(|ms| *ms > 0)
}
