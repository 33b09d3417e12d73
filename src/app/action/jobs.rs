//! Changes that were sent, followed until they are done. Jobs outlive the environment they were
//! started in, and a crash: the journal brings them back.

use std::sync::Arc;
use std::time::Duration;

use crate::app::msg::Effect;
use crate::domain::call::Call;
use crate::domain::environment::Environment;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::intent::{Intent, JournalEntry, Outcome, Receipt, Verdict};
use crate::domain::log::LogSource;
use crate::domain::query::Query;
use crate::domain::resource::{Facts, FactsId, ResourceId};
use crate::domain::text::Text;
use crate::domain::{Timestamp, format};
use crate::kinds;
use crate::kinds::action::{Action, Applied, Progress, Remainder};

/// How long reading may contradict an unknown outcome before the word is "not done". Longer than
/// any attempt timeout, so that a request still under way has arrived by then.
const DOUBT_SECONDS: i64 = 30;

/// How long reading is asked that cannot tell.
const GIVE_UP_SECONDS: i64 = 600;

/// A job found in the journal is taken up again only when it is younger than this.
const ADOPT_SECONDS: i64 = 6 * 3600;

/// Where a job is.
#[derive(Clone, Debug)]
pub enum Phase {
    /// On the wire.
    Sending,
    /// AWS took it; what it started is followed.
    Watching(Receipt),
    /// Nobody knows whether AWS took it; reading tells.
    Unsure(Fault),
    /// AWS or midwatch refused it: nothing was changed.
    Refused(Fault),
    Ended(Verdict),
}

/// One change and its way.
#[derive(Clone, Debug)]
pub struct Job {
    pub env: Arc<Environment>,
    pub intent: Intent,
    pub phase: Phase,
    pub progress: Option<Progress>,
    /// The last read of it failed.
    pub fault: Option<Fault>,
    pub ended: Option<Timestamp>,
    /// Found in the journal at the start; another console may follow it too.
    pub adopted: bool,
    /// Reads of an earlier round began before this was sent, and prove nothing about it.
    pub round: u64,
    /// What AWS said of the calls accepted so far.
    accepted: Option<Receipt>,
    /// Since when the outcome is in doubt.
    unsure_since: Timestamp,
}

impl Job {
    pub fn spec(&self) -> Option<&'static dyn Action> {
        kinds::action(&self.intent.action)
    }

    /// What it starts is on this machine and not in AWS.
    fn opens(&self) -> bool {
        self.spec().is_some_and(|spec| spec.opens().is_some())
    }

    /// It is not over: it is sent or followed.
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Sending | Phase::Watching(_) | Phase::Unsure(_))
    }

    /// What must be read to follow it, and how often.
    pub fn watch(&self) -> Option<(Query, Duration)> {
        let spec = self.spec()?;
        let followed = match self.phase {
            Phase::Watching(_) => spec.opens().is_none(),
            Phase::Unsure(_) => true,
            _ => false,
        };
        followed.then(|| (Query::Facts(spec.facts(), self.intent.resource.clone()), spec.watch_every()))
    }

    /// The command for later, where the action has one and it came that far; else what was sent.
    pub fn line_to_copy(&self) -> String {
        let done = matches!(self.phase, Phase::Watching(_) | Phase::Ended(Verdict::Done));
        let next = self.spec().filter(|_| done).and_then(|spec| spec.follow_up(&self.intent));
        next.unwrap_or_else(|| {
            let line = |call: &Call| call.cli(self.env.profile.as_deref(), self.env.region.as_deref());
            // What was accepted is not copied to be done twice.
            let rest = if done { &self.intent.calls[..] } else { self.unsent() };
            let lines = if rest.is_empty() { &self.intent.calls[..] } else { rest };
            lines.iter().map(line).collect::<Vec<_>>().join(" && ")
        })
    }

    /// What AWS said of the calls that it took so far.
    pub fn accepted(&self) -> Option<&Receipt> {
        self.accepted.as_ref()
    }

    /// Where that writes its log which it started.
    pub fn logs(&self) -> Option<LogSource> {
        self.spec()?.logs(&self.intent, self.accepted.as_ref()?)
    }

    /// AWS took one more of its calls. Returns what it said of all of them.
    fn accept(&mut self, receipt: Receipt) -> Receipt {
        let all = match self.accepted.take() {
            Some(before) => before.then(receipt),
            None => receipt,
        };
        self.accepted.insert(all).clone()
    }

    /// The calls that nobody took, as far as is known.
    fn unsent(&self) -> &[Call] {
        let accepted = self.accepted.as_ref().map_or(0, |accepted| accepted.calls);
        self.intent.calls.get(accepted..).unwrap_or_default()
    }

    /// What happened to a change of several calls that broke off, and how the rest is done.
    fn interrupted(&self, what: &str, is_certain: bool) -> String {
        let (all, done) = (self.intent.calls.len(), self.intent.calls.len() - self.unsent().len());
        let after = if self.unsent().len() > 1 { "; the rest was not sent" } else { "" };
        let left = Remainder { calls: self.unsent(), accepted: self.accepted.as_ref(), is_certain };
        let rest = self.spec().and_then(|spec| spec.remainder(left)).map_or(String::new(), |rest| format!("; {rest}"));
        format!("{done} of {all} calls done, then {what}{after}{rest}")
    }

    /// What is said of it when something happened to it.
    fn notice(&self) -> String {
        format!("{}: {}", self.intent.summary, self.line())
    }

    /// One line for the pane, the row and the notice.
    pub fn line(&self) -> String {
        match (&self.phase, &self.progress) {
            (Phase::Sending, _) => match (&self.accepted, self.intent.calls.len()) {
                (Some(accepted), all) => format!("{} of {all} sent", accepted.calls),
                (None, _) => "being sent".to_string(),
            },
            (Phase::Unsure(fault), _) if self.intent.calls.len() > 1 => {
                self.interrupted(&format!("one of which nobody knows: {fault}"), false)
            }
            (Phase::Unsure(fault), _) => format!("unknown whether it was done: {fault}; reading tells"),
            (Phase::Refused(fault), _) => format!("refused, nothing was changed: {fault}"),
            (Phase::Ended(verdict), Some(progress)) if !progress.line.is_empty() => {
                format!("{}: {}", verdict.word(), progress.line)
            }
            (Phase::Ended(verdict), _) => verdict.word().to_string(),
            (Phase::Watching(_), Some(progress)) => progress.line.clone(),
            (Phase::Watching(_), None) if self.opens() => "taken by AWS; it is being opened".to_string(),
            (Phase::Watching(_), None) => "taken by AWS; reading how far it is".to_string(),
        }
    }
}

/// All jobs, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Jobs(Vec<Job>);

impl Jobs {
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Job> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn live(&self) -> impl Iterator<Item = &Job> {
        self.0.iter().filter(|job| job.is_live())
    }

    /// The newest live job over a resource.
    pub fn over(&self, environment: &str, id: &ResourceId) -> Option<&Job> {
        self.0
            .iter()
            .rev()
            .find(|job| job.is_live() && *job.intent.environment == *environment && job.intent.resource == *id)
    }

    /// A change leaves the dialog.
    pub fn start(&mut self, env: Arc<Environment>, intent: Intent) {
        let at = intent.at;
        self.push(env, intent, Phase::Sending, false, at);
    }

    fn push(&mut self, env: Arc<Environment>, intent: Intent, phase: Phase, adopted: bool, unsure_since: Timestamp) {
        let round = 1 + self.0.len() as u64;
        self.0.push(Job {
            env,
            intent,
            phase,
            progress: None,
            fault: None,
            ended: None,
            adopted,
            round,
            accepted: None,
            unsure_since,
        });
    }

    /// How sending one of its calls ended. Returns what the journal must know, and a line to tell.
    pub fn sent(&mut self, id: &str, step: usize, outcome: Outcome, now: Timestamp) -> (Vec<Effect>, Option<String>) {
        let Some(job) = self.0.iter_mut().find(|job| *job.intent.id == *id) else { return (vec![], None) };
        let mut effects = Vec::new();
        match outcome {
            Outcome::Sent(receipt) => {
                let all = job.accept(receipt);
                job.phase = if step + 1 < job.intent.calls.len() { Phase::Sending } else { Phase::Watching(all) };
            }
            Outcome::Unknown { fault } => {
                job.phase = Phase::Unsure(fault);
                job.unsure_since = now;
            }
            Outcome::Refused { fault } if step == 0 => {
                job.phase = Phase::Refused(fault);
                job.ended = Some(now);
            }
            // What was accepted before stays done; the rest was never sent.
            Outcome::Refused { fault } => {
                let line = job.interrupted(&format!("one refused: {fault}"), true);
                effects = job.conclude(Verdict::Failed, line, now);
            }
        }
        (effects, Some(job.notice()))
    }

    /// The job that opened something on this machine and is not settled, with the session that it opened.
    pub fn opened(&self, id: &str) -> Option<(&Job, Text)> {
        let job = self.0.iter().find(|job| *job.intent.id == *id && job.opens())?;
        let Phase::Watching(receipt) = &job.phase else { return None };
        Some((job, receipt.started.clone()?))
    }

    /// What a job opened has come to its end. Returns what the journal must know, and a line to tell.
    pub fn close(
        &mut self,
        session: &str,
        verdict: Verdict,
        line: &str,
        now: Timestamp,
    ) -> (Vec<Effect>, Option<String>) {
        let is_it = |job: &&mut Job| match &job.phase {
            Phase::Watching(receipt) => job.opens() && receipt.started.as_deref() == Some(session),
            _ => false,
        };
        let Some(job) = self.0.iter_mut().find(is_it) else { return (vec![], None) };
        let effects = job.conclude(verdict, line.to_string(), now);
        (effects, Some(job.notice()))
    }

    /// Facts for every job that follows this thing. Returns what the journal must know, and lines
    /// to tell of jobs that ended.
    pub fn observe(
        &mut self,
        environment: &str,
        of: FactsId,
        id: &ResourceId,
        result: &Result<Facts, Fault>,
        round: u64,
        now: Timestamp,
    ) -> (Vec<Effect>, Vec<String>) {
        let (mut effects, mut notices) = (Vec::new(), Vec::new());
        for job in &mut self.0 {
            let same = *job.intent.environment == *environment
                && job.spec().is_some_and(|spec| spec.facts() == of)
                && job.intent.resource == *id;
            if !same || !job.is_live() || round < job.round {
                continue;
            }
            match result {
                Ok(facts) => {
                    job.fault = None;
                    effects.extend(job.follow(facts, now));
                    if job.ended.is_some() {
                        notices.push(job.notice());
                    }
                }
                Err(fault) => {
                    job.fault = Some(fault.clone());
                    // What does not exist any more never ends by itself.
                    if fault.kind == FaultKind::NotFound && format::seconds_since(job.intent.at, now) >= GIVE_UP_SECONDS
                    {
                        effects.extend(job.conclude(Verdict::Lost, fault.to_string(), now));
                        notices.push(job.notice());
                    }
                }
            }
        }
        (effects, notices)
    }

    /// Takes up what the journal knows to be unfinished. Intents of environments that are not
    /// there any more stay in the journal only.
    pub fn adopt(&mut self, entries: Vec<JournalEntry>, environments: &[Arc<Environment>], now: Timestamp) {
        for entry in entries {
            match entry {
                JournalEntry::Intent(intent) => {
                    let young = format::seconds_since(intent.at, now) < ADOPT_SECONDS;
                    let known = self.0.iter().any(|job| job.intent.id == intent.id);
                    let env = environments.iter().find(|env| env.name == intent.environment);
                    if let (true, false, Some(env)) = (young, known, env) {
                        self.push(env.clone(), *intent, Phase::Unsure(console_ended()), true, now);
                    }
                }
                JournalEntry::Outcome { id, step, outcome, .. } => {
                    self.sent(&id, step, outcome, now);
                }
                JournalEntry::Verdict { id, verdict, .. } => {
                    if let Some(job) = self.0.iter_mut().find(|job| job.adopted && job.intent.id == id) {
                        job.phase = Phase::Ended(verdict);
                        job.ended = Some(now);
                    }
                }
            }
        }
        for job in self.0.iter_mut().filter(|job| job.adopted && matches!(job.phase, Phase::Sending)) {
            // Between two of its calls; nobody sends the rest.
            job.phase = Phase::Unsure(console_ended());
        }
        // What is over is history: the journal has it. What was opened here ended with its console, or
        // another console has it.
        self.0
            .retain(|job| !job.adopted || (job.is_live() && !(job.opens() && matches!(job.phase, Phase::Watching(_)))));
    }
}

fn console_ended() -> Fault {
    Fault::new(FaultKind::Other, "midwatch", "it ended before the answer came")
}

impl Job {
    fn follow(&mut self, facts: &Facts, now: Timestamp) -> Vec<Effect> {
        let Some(spec) = self.spec() else { return vec![] };
        if let Phase::Unsure(_) = self.phase {
            let step = self.accepted.as_ref().map_or(0, |accepted| accepted.calls);
            let made = self.accepted.as_ref().and_then(|accepted| accepted.started.as_ref());
            let in_doubt = Intent {
                calls: self.intent.calls.get(step).and_then(|call| call.after(made).ok()).into_iter().collect(),
                ..self.intent.clone()
            };
            let doubt = format::seconds_since(self.unsure_since, now);
            match spec.applied(&in_doubt, &**facts, now) {
                Applied::Yes(receipt) => {
                    let outcome = Outcome::Sent(receipt.clone());
                    let all = self.accept(receipt);
                    self.phase = Phase::Watching(all);
                    let id = self.intent.id.clone();
                    let mut effects = vec![Effect::Record(JournalEntry::Outcome { id, at: now, step, outcome })];
                    effects.extend(self.follow(facts, now));
                    return effects;
                }
                // A request that is late can still arrive: only time makes a no of it.
                Applied::No if doubt >= DOUBT_SECONDS => {
                    let line = match &self.accepted {
                        None => "reading shows nothing of it".to_string(),
                        Some(_) => self.interrupted("reading shows nothing of the next", true),
                    };
                    return self.conclude(Verdict::NotDone, line, now);
                }
                // Nothing is expected of a longer wait, and what can be done about it is the person's to decide.
                Applied::NeverTells if doubt >= DOUBT_SECONDS => return self.give_up(now),
                Applied::CannotTell if doubt >= GIVE_UP_SECONDS => return self.give_up(now),
                Applied::No | Applied::CannotTell | Applied::NeverTells => return vec![],
            }
        }
        let Phase::Watching(receipt) = &self.phase else { return vec![] };
        let progress = spec.progress(&self.intent, receipt, &**facts, now);
        let verdict = progress.verdict;
        let why: Text = progress.line.as_str().into();
        self.progress = Some(progress);
        verdict.map_or_else(Vec::new, |verdict| self.end(verdict, why, now))
    }

    /// Nobody will know any more.
    fn give_up(&mut self, now: Timestamp) -> Vec<Effect> {
        let line = match self.intent.calls.len() {
            1 => "reading does not tell whether it was done".to_string(),
            _ => self.interrupted("one of which reading does not tell", false),
        };
        self.conclude(Verdict::Lost, line, now)
    }

    /// Ends it with words of the console's own.
    fn conclude(&mut self, verdict: Verdict, line: String, now: Timestamp) -> Vec<Effect> {
        let evidence = self.accepted.iter().flat_map(|accepted| &accepted.told).map(ToString::to_string).collect();
        self.progress = Some(Progress { evidence, ..Progress::ended(verdict, line.clone()) });
        self.end(verdict, line.into(), now)
    }

    fn end(&mut self, verdict: Verdict, why: Text, now: Timestamp) -> Vec<Effect> {
        self.phase = Phase::Ended(verdict);
        self.ended = Some(now);
        vec![Effect::Record(JournalEntry::Verdict { id: self.intent.id.clone(), at: now, verdict, why })]
    }
}
