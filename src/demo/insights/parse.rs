//! A query of Logs Insights as commands one after the other.

use regex::Regex;

use super::Wrong;

/// The commands of a query.
pub type Pipeline = Vec<Command>;

#[derive(Debug)]
pub enum Command {
    /// `fields` and `display`: name, and what it is called on the screen.
    Fields {
        all: Vec<(Operand, String)>,
        only: bool,
    },
    Filter(Test),
    Stats {
        aggregates: Vec<(Aggregate, String)>,
        by: Vec<(Operand, String)>,
    },
    /// Name, and whether the greatest comes first.
    Sort(Vec<(String, bool)>),
    Limit(usize),
    /// What is looked into, for what, and the names of what is found in the groups.
    Parse {
        field: String,
        pattern: Regex,
        names: Vec<String>,
    },
    Dedup(Vec<String>),
}

/// What has a value in every row.
#[derive(Debug)]
pub enum Operand {
    Field(String),
    Literal(String),
    /// The time, cut to so many milliseconds.
    Bin(i64),
}

#[derive(Debug)]
pub enum Test {
    Any(Vec<Test>),
    All(Vec<Test>),
    Not(Box<Test>),
    Compare(Operand, &'static str, Operand),
    Like(Operand, Regex),
    In(Operand, Vec<String>),
    Present(String),
}

#[derive(Debug)]
pub enum Aggregate {
    Count(Option<String>),
    Distinct(String),
    Sum(String),
    Avg(String),
    Min(String),
    Max(String),
    /// A percentile, from 0 to 100.
    Percentile(String, f64),
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Word,
    Number,
    Text,
    Regex,
    Mark,
    End,
}

/// A word of the query, with its place in characters.
#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    text: String,
    at: (usize, usize),
}

const KNOWN: &str = "fields, display, filter, stats, sort, limit, parse, dedup";
const MARKS: [&str; 6] = ["!=", ">=", "<=", "=~", "||", "&&"];

fn wrong<T>(said: impl Into<String>, at: (usize, usize)) -> Result<T, Wrong> {
    Err(Wrong { said: said.into(), at })
}

fn tokens(text: &str) -> Result<Vec<Token>, Wrong> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let (c, from) = (chars[i], i);
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '.' | '%');
        let (kind, text) = match c {
            c if c.is_whitespace() => {
                i += 1;
                continue;
            }
            '"' | '\'' | '`' | '/' => {
                let mut text = String::new();
                i += 1;
                loop {
                    match chars.get(i) {
                        None => return wrong(format!("there is no closing {c}"), (from, from + 1)),
                        Some(end) if *end == c => break,
                        // In a pattern an escape is the pattern's own, but for the slash.
                        Some('\\') if c == '/' && chars.get(i + 1) != Some(&'/') => {
                            text.push('\\');
                            text.extend(chars.get(i + 1));
                            i += 2;
                        }
                        Some('\\') => {
                            text.extend(chars.get(i + 1));
                            i += 2;
                        }
                        Some(c) => {
                            text.push(*c);
                            i += 1;
                        }
                    }
                }
                i += 1;
                let kind = match c {
                    '/' => Kind::Regex,
                    '`' => Kind::Word,
                    _ => Kind::Text,
                };
                (kind, text)
            }
            c if is_word(c) || (c == '-' && chars.get(i + 1).is_some_and(char::is_ascii_digit)) => {
                i += 1;
                while chars.get(i).is_some_and(|c| is_word(*c)) {
                    i += 1;
                }
                let text: String = chars[from..i].iter().collect();
                (if text.parse::<f64>().is_ok_and(f64::is_finite) { Kind::Number } else { Kind::Word }, text)
            }
            c => {
                let two: String = chars[i..chars.len().min(i + 2)].iter().collect();
                let text = if MARKS.contains(&two.as_str()) { two } else { c.to_string() };
                i += text.chars().count();
                (Kind::Mark, text)
            }
        };
        tokens.push(Token { kind, text, at: (from, i) });
    }
    tokens.push(Token { kind: Kind::End, text: String::new(), at: (chars.len(), chars.len() + 1) });
    Ok(tokens)
}

/// Reads a query.
///
/// # Errors
/// What cannot be read, or what the demo does not know, and where.
pub fn pipeline(text: &str) -> Result<Pipeline, Wrong> {
    let mut reader = Reader { tokens: tokens(text)?, next: 0, depth: 0 };
    let mut commands = Vec::new();
    loop {
        commands.push(reader.command()?);
        match reader.take() {
            token if token.kind == Kind::End => return Ok(commands),
            token if token.text == "|" => {}
            token => return wrong(format!("unexpected `{}`", token.text), token.at),
        }
    }
}

/// Parentheses in parentheses, at most.
const DEPTH: usize = 50;

struct Reader {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> &Token {
        // The last is the end, which is never passed.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    /// Takes this word or mark, if it is next.
    fn took(&mut self, text: &str) -> bool {
        let token = self.peek();
        let is_it = matches!(token.kind, Kind::Word | Kind::Mark) && token.text.eq_ignore_ascii_case(text);
        self.next += usize::from(is_it);
        is_it
    }

    fn demand(&mut self, text: &str) -> Result<(), Wrong> {
        if self.took(text) {
            return Ok(());
        }
        let token = self.peek();
        wrong(format!("expected `{text}`"), token.at)
    }

    fn word(&mut self, what: &str) -> Result<String, Wrong> {
        let token = self.take();
        if token.kind == Kind::Word { Ok(token.text) } else { wrong(format!("expected {what}"), token.at) }
    }

    fn number(&mut self) -> Result<f64, Wrong> {
        let token = self.take();
        match token.text.parse() {
            Ok(number) if token.kind == Kind::Number => Ok(number),
            _ => wrong("expected a number", token.at),
        }
    }

    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Result<T, Wrong>) -> Result<Vec<T>, Wrong> {
        let mut list = vec![one(self)?];
        while self.took(",") {
            list.push(one(self)?);
        }
        Ok(list)
    }

    fn command(&mut self) -> Result<Command, Wrong> {
        let token = self.take();
        match token.text.to_ascii_lowercase().as_str() {
            name @ ("fields" | "display") => {
                Ok(Command::Fields { all: self.list(Self::named_operand)?, only: name == "display" })
            }
            "filter" => Ok(Command::Filter(self.any()?)),
            "stats" => {
                let aggregates = self.list(Self::aggregate)?;
                let by = if self.took("by") { self.list(Self::named_operand)? } else { vec![] };
                Ok(Command::Stats { aggregates, by })
            }
            "sort" => Ok(Command::Sort(self.list(|reader| {
                let name = reader.column()?;
                let descending = reader.took("desc");
                if !descending {
                    reader.took("asc");
                }
                Ok((name, descending))
            })?)),
            "limit" => Ok(Command::Limit(self.number()? as usize)),
            "parse" => self.parse(),
            "dedup" => Ok(Command::Dedup(self.list(Self::column)?)),
            "" if token.kind == Kind::End => wrong("expected a command", token.at),
            _ => wrong(format!("the demo does not know the command `{}`; it knows {KNOWN}", token.text), token.at),
        }
    }

    /// A column by its name, which may be `count(*)` or `bin(5m)`.
    fn column(&mut self) -> Result<String, Wrong> {
        let mut name = self.word("a field")?;
        if self.took("(") {
            name.push('(');
            while self.peek().text != ")" && self.peek().kind != Kind::End {
                name += &self.take().text;
            }
            self.demand(")")?;
            name.push(')');
        }
        Ok(name)
    }

    fn operand(&mut self) -> Result<(Operand, String), Wrong> {
        let token = self.take();
        match token.kind {
            Kind::Text | Kind::Number => Ok((Operand::Literal(token.text.clone()), token.text)),
            Kind::Word if self.took("(") => {
                if !token.text.eq_ignore_ascii_case("bin") {
                    return wrong(format!("the demo does not know the function `{}` here", token.text), token.at);
                }
                let span = self.take();
                self.demand(")")?;
                match milliseconds(&span.text) {
                    Some(ms) => Ok((Operand::Bin(ms), format!("bin({})", span.text))),
                    None => wrong("expected a span of time: 30s, 5m, 1h", span.at),
                }
            }
            Kind::Word => Ok((Operand::Field(token.text.clone()), token.text)),
            _ => wrong("expected a field or a value", token.at),
        }
    }

    fn named(&mut self, name: String) -> Result<String, Wrong> {
        if self.took("as") { self.word("a name") } else { Ok(name) }
    }

    fn named_operand(&mut self) -> Result<(Operand, String), Wrong> {
        let (operand, name) = self.operand()?;
        let name = self.named(name)?;
        Ok((operand, name))
    }

    fn aggregate(&mut self) -> Result<(Aggregate, String), Wrong> {
        let token = self.take();
        if token.kind != Kind::Word {
            return wrong("expected a function: count, sum, avg, min, max, pct", token.at);
        }
        self.demand("(")?;
        let function = token.text.to_ascii_lowercase();
        let field = if self.took("*") || self.peek().text == ")" { None } else { Some(self.word("a field")?) };
        let need = |field: Option<String>| {
            field.ok_or_else(|| Wrong { said: format!("`{function}` needs a field"), at: token.at })
        };
        let mut name = format!("{function}({}", field.as_deref().unwrap_or("*"));
        let aggregate = match function.as_str() {
            "count" => Aggregate::Count(field),
            "count_distinct" => Aggregate::Distinct(need(field)?),
            "sum" => Aggregate::Sum(need(field)?),
            "avg" => Aggregate::Avg(need(field)?),
            "min" => Aggregate::Min(need(field)?),
            "max" => Aggregate::Max(need(field)?),
            "pct" | "percentile" => {
                let field = need(field)?;
                self.demand(",")?;
                let place = self.peek().at;
                let percent = self.number()?;
                if !(0.0..=100.0).contains(&percent) {
                    return wrong("expected a percentage from 0 to 100", place);
                }
                name += &format!(",{percent}");
                Aggregate::Percentile(field, percent)
            }
            _ => return wrong(format!("the demo does not know the function `{}`", token.text), token.at),
        };
        self.demand(")")?;
        name.push(')');
        let name = self.named(name)?;
        Ok((aggregate, name))
    }

    fn parse(&mut self) -> Result<Command, Wrong> {
        let field = if self.peek().kind == Kind::Word { self.take().text } else { "@message".to_string() };
        let token = self.take();
        if token.kind == Kind::Regex {
            let pattern = regex(&token)?;
            let names: Vec<String> = pattern.capture_names().skip(1).flatten().map(str::to_string).collect();
            if names.is_empty() || names.len() + 1 != pattern.captures_len() {
                return wrong("every group of the pattern needs a name: (?<name>…)", token.at);
            }
            return Ok(Command::Parse { field, pattern, names });
        }
        if token.kind != Kind::Text {
            return wrong("expected a \"glob *\" or a /pattern/", token.at);
        }
        self.demand("as")?;
        let names = self.list(|reader| reader.word("a name"))?;
        let parts: Vec<String> = token.text.split('*').map(regex::escape).collect();
        if parts.len() - 1 != names.len() {
            return wrong(format!("{} of `*`, but {} names", parts.len() - 1, names.len()), token.at);
        }
        // The last one goes to the end where nothing follows it.
        let last = if token.text.ends_with('*') { "(.*)" } else { "(.*?)" };
        let mut pattern = "(?s)".to_string();
        for (i, part) in parts.iter().enumerate() {
            pattern += part;
            if i + 2 == parts.len() {
                pattern += last;
            } else if i + 1 < parts.len() {
                pattern += "(.*?)";
            }
        }
        let pattern = regex(&Token { text: pattern, ..token })?;
        Ok(Command::Parse { field, pattern, names })
    }

    fn any(&mut self) -> Result<Test, Wrong> {
        let mut tests = vec![self.all()?];
        while self.took("or") || self.took("||") {
            tests.push(self.all()?);
        }
        Ok(Test::Any(tests))
    }

    fn all(&mut self) -> Result<Test, Wrong> {
        let mut tests = vec![self.one()?];
        while self.took("and") || self.took("&&") {
            tests.push(self.one()?);
        }
        Ok(Test::All(tests))
    }

    fn one(&mut self) -> Result<Test, Wrong> {
        self.depth += 1;
        let place = self.peek().at;
        let test = if self.depth > DEPTH { wrong("this is nested too deep", place) } else { self.test() };
        self.depth -= 1;
        test
    }

    fn test(&mut self) -> Result<Test, Wrong> {
        if self.took("not") {
            return Ok(Test::Not(Box::new(self.one()?)));
        }
        if self.took("(") {
            let test = self.any()?;
            self.demand(")")?;
            return Ok(test);
        }
        if self.took("ispresent") {
            self.demand("(")?;
            let field = self.word("a field")?;
            self.demand(")")?;
            return Ok(Test::Present(field));
        }
        let (left, _) = self.operand()?;
        let not = self.took("not");
        let token = self.take();
        let test = match token.text.to_ascii_lowercase().as_str() {
            "like" | "=~" => {
                let token = self.take();
                match token.kind {
                    Kind::Regex => Test::Like(left, regex(&token)?),
                    Kind::Text => Test::Like(left, regex(&Token { text: regex::escape(&token.text), ..token })?),
                    _ => return wrong("expected \"text\" or /pattern/", token.at),
                }
            }
            "in" => {
                self.demand("[")?;
                let values = self.list(|reader| {
                    let token = reader.take();
                    match token.kind {
                        Kind::Text | Kind::Number => Ok(token.text),
                        _ => wrong("expected a value", token.at),
                    }
                })?;
                self.demand("]")?;
                Test::In(left, values)
            }
            mark => match ["=", "!=", "<", "<=", ">", ">="].into_iter().find(|known| *known == mark) {
                Some(mark) if !not => Test::Compare(left, mark, self.operand()?.0),
                _ => return wrong("expected =, !=, <, >, like or in", token.at),
            },
        };
        Ok(if not { Test::Not(Box::new(test)) } else { test })
    }
}

fn regex(token: &Token) -> Result<Regex, Wrong> {
    let built = regex::RegexBuilder::new(&token.text).size_limit(1 << 20).build();
    built.or_else(|_| wrong("this pattern cannot be read", token.at))
}

/// `30s`, `5m`, `1h`, `1d`.
fn milliseconds(span: &str) -> Option<i64> {
    let unit = span.find(|c: char| !c.is_ascii_digit())?;
    let seconds = match &span[unit..] {
        "s" | "sec" => 1,
        "m" | "min" => 60,
        "h" | "hr" => 3600,
        "d" | "day" => 86_400,
        _ => return None,
    };
    span[..unit].parse::<i64>().ok()?.checked_mul(seconds * 1000).filter(|ms| *ms > 0)
}
