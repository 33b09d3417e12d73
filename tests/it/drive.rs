//! Drives the console as a person does, without a terminal: keys go through the real `update`,
//! reads through the real port, the screen is the real view on a test backend.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use midwatch::app::msg::{Effect, Msg, ReadKey};
use midwatch::app::subs::Subscription;
use midwatch::app::{State, activate, commands, subs, update};
use midwatch::demo::{self, Demo};
use midwatch::domain::Timestamp;
use midwatch::domain::cache::Secret;
use midwatch::domain::call::Call;
use midwatch::domain::environment::{Environment, Tier};
use midwatch::domain::fault::Fault;
use midwatch::domain::intent::{Intent, JournalEntry, Outcome, Verdict};
use midwatch::domain::query::{Answer, Query};
use midwatch::domain::record::Record;
use midwatch::domain::resource::ResourceId;
use midwatch::domain::ssm::Program;
use midwatch::domain::text::Text;
use midwatch::keymap::{Key, Keymap};
use midwatch::port::Cloud;
use midwatch::settings::Settings;
use midwatch::theme::Theme;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::Value;
use tokio::runtime::Runtime;

/// The sizes at which screens are held.
pub const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// Holds the screen at each of the sizes, of data that was just read. A macro, so that the pictures are named by the test's file.
#[macro_export]
macro_rules! hold {
    ($name:expr, $console:expr) => {
        $console.read();
        for (width, height) in $crate::drive::SIZES {
            $console.tell(midwatch::app::msg::Msg::Resize(width, height));
            insta::assert_snapshot!(format!("{}-{width}x{height}", $name), $console.screen());
        }
    };
}

/// The time between two keys of a hand.
const BETWEEN_KEYS: Duration = Duration::from_millis(300);

/// When every scenario begins.
pub const START: &str = "2026-11-21T02:14:07Z";

/// A tail that was begun, and what it has to tell.
struct Tail {
    asked: ReadKey,
    round: u64,
    answers: BoxStream<'static, Result<Answer, Fault>>,
}

pub struct Console {
    pub state: State,
    pub demo: Arc<Demo>,
    pub sent: Vec<Intent>,
    /// Every call that went out.
    pub calls: Vec<Call>,
    /// What the calls of this place (from 0) are answered instead of by the demo.
    pub trouble: Option<(usize, Outcome)>,
    /// Passwords that were handed on.
    pub unlocked: Vec<(ResourceId, Secret)>,
    /// Sessions for which the console stepped aside.
    pub aside: Vec<(Text, Program)>,
    /// What was written into the journal.
    pub recorded: Vec<JournalEntry>,
    /// What was seen and written, of all estates; what a start finds when it is there before.
    pub kept: Vec<Record>,
    /// Nothing can be recorded.
    pub full_disk: bool,
    pub copied: Vec<String>,
    /// The theme that was chosen last.
    pub theme_asked: Option<&'static str>,
    /// The files that were written.
    pub saved: BTreeMap<String, String>,
    pub has_quit: bool,
    pub theme: Theme,
    runtime: Runtime,
    /// The tail that runs.
    tail: Option<Tail>,
    /// The reads that were done, with their round and when.
    done: Vec<(ReadKey, u64, Timestamp)>,
}

/// What is read less often keeps its own pace even where all is read again.
const CALM: Duration = Duration::from_secs(30);

impl Console {
    /// The demo's production environment on a screen of this size, read once.
    pub fn start(size: (u16, u16), scenario: &str) -> Self {
        Self::with(size, scenario, |_| {})
    }

    /// With the first environment as staging, where a plan asks for `y` only.
    pub fn staging(size: (u16, u16), scenario: &str) -> Self {
        Self::with(size, scenario, |environments| {
            environments[0].tier = Tier::Staging;
            environments[0].tier_guessed = false;
        })
    }

    /// As [`Console::start`], with the environments changed before.
    pub fn with(size: (u16, u16), scenario: &str, change: impl Fn(&mut Vec<Environment>)) -> Self {
        Self::after(size, scenario, vec![], change)
    }

    /// As [`Console::with`], where this was recorded before.
    pub fn after(size: (u16, u16), scenario: &str, kept: Vec<Record>, change: impl Fn(&mut Vec<Environment>)) -> Self {
        let start: Timestamp = START.parse().unwrap();
        let demo = Arc::new(Demo::new(demo::Options::manual(Some(scenario), start)).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let profiles = runtime.block_on(demo.profiles()).unwrap();
        let mut environments: Vec<Environment> =
            (profiles.iter()).map(|p| Environment::of_profile(&p.name, Some(&p.name), p.region.as_deref())).collect();
        change(&mut environments);
        let keymap = Arc::new(Keymap::standard(commands::declared()));
        let settings = Settings { demo: true, watch: false, ..Settings::default() };
        let first = environments[0].name.clone();
        let mut state = State::new(environments, keymap, settings, size, start);
        activate(&mut state, &first);
        let theme = midwatch::theme::Theme::builtin("midnight", midwatch::theme::Depth::True);
        let mut console = Self {
            state,
            demo,
            sent: vec![],
            calls: vec![],
            trouble: None,
            unlocked: vec![],
            aside: vec![],
            recorded: vec![],
            kept,
            full_disk: false,
            copied: vec![],
            saved: BTreeMap::new(),
            has_quit: false,
            theme_asked: None,
            theme,
            runtime,
            tail: None,
            done: vec![],
        };
        console.read();
        console
    }

    /// How the actions ended that have.
    pub fn verdicts(&self) -> Vec<Verdict> {
        let verdict = |entry: &JournalEntry| match entry {
            JournalEntry::Verdict { verdict, .. } => Some(*verdict),
            _ => None,
        };
        self.recorded.iter().filter_map(verdict).collect()
    }

    /// The newest call that went out, as operation and members.
    pub fn last(&self) -> (String, Value) {
        let call = self.calls.last().expect("something was sent");
        (call.operation.clone(), Value::Object(call.input.clone()))
    }

    /// All of them.
    pub fn operations(&self) -> Vec<(&str, Value)> {
        self.calls.iter().map(|call| (call.operation.as_str(), Value::Object(call.input.clone()))).collect()
    }

    pub fn now(&self) -> Timestamp {
        self.demo.now()
    }

    pub fn tell(&mut self, msg: Msg) {
        let now = self.now();
        let effects = update(&mut self.state, msg, now);
        for effect in effects {
            match effect {
                Effect::Change(change) => {
                    self.sent.push(change.intent().clone());
                    let mut made = None;
                    for (step, call) in change.intent().calls.iter().enumerate() {
                        let call = call.after(made.as_ref()).unwrap();
                        self.calls.push(call.clone());
                        let outcome = match &self.trouble {
                            Some((place, outcome)) if *place == step => outcome.clone(),
                            _ => self.runtime.block_on(self.demo.change(change.environment(), call.clone())),
                        };
                        // As the runtime does it: what follows a call that was not taken is not sent.
                        let taken = match &outcome {
                            Outcome::Sent(receipt) => Some(receipt.started.clone()),
                            _ => None,
                        };
                        self.tell(Msg::Sent { id: change.intent().id.clone(), step, outcome });
                        let Some(started) = taken else { break };
                        made = started;
                    }
                }
                Effect::Record(entry) => self.recorded.push(entry),
                Effect::Recall(scope) => {
                    let result = Ok(self.kept.clone());
                    self.tell(Msg::Recalled { environment: scope.environment, result });
                }
                Effect::Keep(scope, records) if self.full_disk => {
                    let why = "No space left on device".to_string();
                    self.tell(Msg::NotKept { environment: scope.environment, records, why });
                }
                Effect::Keep(_, records) => self.kept.extend(records),
                Effect::Copy(text) => self.copied.push(text),
                Effect::Quit => self.has_quit = true,
                Effect::Theme(name) => self.theme_asked = Some(name),
                Effect::Save { file, text, more } => {
                    assert_eq!(self.saved.contains_key(&file), more, "{file}");
                    self.saved.entry(file.clone()).or_default().push_str(&text);
                    self.tell(Msg::Saved { file: file.clone(), result: Ok(format!("/tmp/{file}")) });
                }
                Effect::Unlock { env, id, secret } => {
                    self.unlocked.push((id.clone(), secret.clone()));
                    self.demo.unlock(&env, &id, secret);
                }
                Effect::StepAside { session, .. } => {
                    let program = self.demo.take_session(&session).expect("a session that was started");
                    assert!(self.demo.take_session(&session).is_none(), "a session is given away once");
                    self.aside.push((session, program));
                }
                Effect::Remember(_) | Effect::ForgetCredentials(_) | Effect::Suspend | Effect::Redraw => {}
            }
        }
    }

    /// Somebody else changes the estate.
    pub fn change_from_outside(&mut self, call: Call) {
        let env = self.state.environment().unwrap().clone();
        let outcome = self.runtime.block_on(self.demo.change(&env, call));
        assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
    }

    /// What the estate tells of one question.
    pub fn asked_of_the_demo(&self, env: &Environment, query: Query) -> Vec<Result<Answer, Fault>> {
        self.runtime.block_on(self.demo.read(env, query).collect())
    }

    /// Whether a read waits for its time. What is not wanted any more is forgotten, as the runtime does it.
    fn is_resting(&self, wanted: &Subscription) -> bool {
        let is_same = |(asked, round, _): &&(ReadKey, u64, Timestamp)| *asked == wanted.asked && *round == wanted.round;
        let last = self.done.iter().find(is_same).map(|(.., at)| *at);
        last.is_some_and(|at| self.now().duration_since(at) < wanted.every.try_into().unwrap())
    }

    /// Runs every wanted read once, but for calm ones whose time has not come, and shows the result.
    pub fn read(&mut self) {
        self.read_but_resting(CALM);
    }

    /// Runs the reads that the runtime would start by now: new ones, those of a later round, and those
    /// whose interval is over.
    pub fn read_due(&mut self) {
        self.read_but_resting(Duration::ZERO);
    }

    /// Runs every wanted read but those that wait for their time, of those with this interval or a longer one.
    fn read_but_resting(&mut self, paced_from: Duration) {
        let all = subs::subscriptions(&self.state);
        self.done.retain(|(asked, ..)| all.iter().any(|wanted| wanted.asked == *asked));
        for wanted in all {
            if wanted.every >= paced_from && self.is_resting(&wanted) {
                continue;
            }
            // A tail has no end: what it has to tell by now.
            if let Query::Tail { .. } = wanted.asked.query {
                let ReadKey { query, .. } = &wanted.asked;
                let begun = self.tail.take().filter(|tail| tail.asked == wanted.asked && tail.round == wanted.round);
                let tail = self.tail.insert(begun.unwrap_or_else(|| Tail {
                    asked: wanted.asked.clone(),
                    round: wanted.round,
                    answers: self.demo.read(&wanted.env, query.clone()),
                }));
                let told: Vec<_> = std::iter::from_fn(|| tail.answers.next().now_or_never().flatten()).collect();
                for result in told {
                    self.tell(Msg::Answer { asked: wanted.asked.clone(), round: wanted.round, result });
                }
                continue;
            }
            let mut answers = self.demo.read(&wanted.env, wanted.asked.query.clone());
            // A port is held without an end, too; what it says first is all there is.
            if let Query::Forward(_) = wanted.asked.query {
                while let Some(Some(result)) = answers.next().now_or_never() {
                    self.tell(Msg::Answer { asked: wanted.asked.clone(), round: wanted.round, result });
                }
                continue;
            }
            while let Some(result) = self.runtime.block_on(answers.next()) {
                self.tell(Msg::Answer { asked: wanted.asked.clone(), round: wanted.round, result });
            }
            self.done.retain(|(asked, ..)| *asked != wanted.asked);
            self.done.push((wanted.asked.clone(), wanted.round, self.now()));
            self.tell(Msg::Answered(wanted.asked));
        }
        self.tell(Msg::Tick);
        self.tell(Msg::Painted);
    }

    /// Lets so many seconds pass in the estate, with the reads that fall due, and reads all at their end.
    pub fn pass(&mut self, seconds: u64) {
        for left in (0..seconds).rev() {
            self.demo.advance(Duration::from_secs(1));
            if left > 0 { self.read_due() } else { self.read() }
        }
    }

    /// The same, all read again every second: what happens is seen in its own second.
    pub fn watch(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.pass(1);
        }
    }

    /// So many seconds later, everything read again, and what the first answers lead to.
    pub fn later(&mut self, seconds: u64) {
        self.demo.advance(Duration::from_secs(seconds));
        self.read();
        self.read();
    }

    /// The rules that find something, in their order.
    pub fn rules(&self) -> Vec<&'static str> {
        self.state.store().unwrap().triage.findings.iter().map(|finding| finding.rule).collect()
    }

    /// Types a string of keys, separated by blanks (`s 5 enter y`), as a hand does.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ').filter(|key| !key.is_empty()) {
            self.demo.advance(BETWEEN_KEYS);
            self.press(key);
            self.read_due();
        }
        self
    }

    /// The same all at once, before any answer and any frame.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ').filter(|key| !key.is_empty()) {
            self.tell(Msg::Key(Key::parse(key).unwrap_or_else(|| panic!("{key} is no key"))));
        }
        self
    }

    /// Types a text letter by letter.
    pub fn type_in(&mut self, text: &str) -> &mut Self {
        let keys: Vec<String> = text.chars().map(|c| if c == ' ' { "space".into() } else { c.to_string() }).collect();
        self.keys(&keys.join(" "))
    }

    pub fn screen(&self) -> String {
        screen_of(&self.state, &self.theme)
    }

    /// The first line below the header and what is wrong that has the text.
    #[track_caller]
    pub fn row(&self, text: &str) -> String {
        let screen = self.screen();
        screen.lines().skip(3).find(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text}:\n{screen}")).into()
    }

    /// # Panics
    /// The screen does not show the text.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        let screen = self.screen();
        assert!(screen.contains(text), "{text:?} is not on the screen:\n{screen}");
    }

    #[track_caller]
    pub fn shows_not(&self, text: &str) {
        let screen = self.screen();
        assert!(!screen.contains(text), "{text:?} is on the screen:\n{screen}");
    }

    /// Moves the selection of the focused pane to the resource of this name. What is passed by is not read.
    pub fn select(&mut self, name: &str) -> &mut Self {
        self.keys("g g");
        for _ in 0..self.state.lists.values().map(|list| list.order().len()).max().unwrap_or(0) {
            let kind = self.state.focus.kind().unwrap();
            if self.state.selected(kind.id()).is_some_and(|row| *row.object.name() == *name) {
                self.read_due();
                return self;
            }
            self.demo.advance(BETWEEN_KEYS);
            self.press("j");
        }
        panic!("no row {name}");
    }
}

/// The screen as text.
pub fn screen_of(state: &State, theme: &Theme) -> String {
    let (width, height) = state.size;
    let mut terminal = Terminal::new(TestBackend::new(width.max(1), height.max(1))).unwrap();
    terminal.draw(|frame| midwatch::ui::view(state, theme, frame)).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        let mut line = String::new();
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += (unicode_width::UnicodeWidthStr::width(symbol) as u16).max(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
