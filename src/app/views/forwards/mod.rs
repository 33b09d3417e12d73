//! The local ports that lead into the VPC: opened by an action, held by a read, listed here with what
//! became of each.

use std::sync::Arc;

use crate::app::msg::Effect;
use crate::app::state::{NoticeTone, Overlay, State};
use crate::domain::Timestamp;
use crate::domain::environment::Environment;
use crate::domain::fault::Fault;
use crate::domain::intent::{Intent, Verdict};
use crate::domain::query::{Answer, Query};
use crate::domain::ssm::{ForwardPiece, PORT};
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::action::Opens;

/// Where a forward is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stand {
    /// Its program has been started.
    Opening,
    /// This local port is open.
    Up(u16),
    /// It is over, and why.
    Ended(Text),
}

/// One local port and where it leads.
#[derive(Clone, Debug)]
pub struct Forward {
    pub env: Arc<Environment>,
    pub intent: Intent,
    /// The session's id.
    pub session: Text,
    pub stand: Stand,
    /// Since when it stands like this.
    pub since: Timestamp,
}

impl Forward {
    pub fn is_live(&self) -> bool {
        !matches!(self.stand, Stand::Ended(_))
    }

    /// What holds it.
    pub fn query(&self) -> Query {
        Query::Forward(self.session.clone())
    }

    /// What connects through it: the client's line, else the address.
    pub fn line_to_copy(&self) -> Option<String> {
        let Stand::Up(port) = self.stand else { return None };
        let spec = kinds::actions().find(|spec| *spec.id.0 == *self.intent.action);
        let line = spec.and_then(|spec| spec.later(&self.intent));
        Some(line.map_or_else(|| format!("127.0.0.1:{port}"), |line| line.replace(PORT, &port.to_string())))
    }
}

/// All of them, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Forwards(Vec<Forward>);

impl Forwards {
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Forward> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn live(&self) -> impl Iterator<Item = &Forward> {
        self.0.iter().filter(|forward| forward.is_live())
    }

    /// The newest are read first.
    fn nth(&mut self, place: usize) -> Option<&mut Forward> {
        self.0.iter_mut().rev().nth(place)
    }
}

/// A change was sent. If it opened a session, the terminal or a port is for it now.
pub fn sent(state: &mut State, id: &str) -> Vec<Effect> {
    let Some((job, session)) = state.jobs.opened(id) else { return vec![] };
    let (env, intent) = (job.env.clone(), job.intent.clone());
    match job.spec().and_then(|spec| spec.opens) {
        Some(Opens::Terminal) => vec![Effect::StepAside { session, what: intent.summary }],
        Some(Opens::Port) => {
            let since = state.now;
            state.forwards.0.push(Forward { env, intent, session, stand: Stand::Opening, since });
            vec![]
        }
        None => vec![],
    }
}

/// The terminal is ours again.
pub fn returned(state: &mut State, session: &str, ended: &Result<String, String>) -> Vec<Effect> {
    let (verdict, line) = match ended {
        Ok(line) => (Verdict::Done, line),
        Err(line) => (Verdict::Failed, line),
    };
    close(state, session, verdict, line)
}

/// What a forward tells.
pub fn accept(state: &mut State, session: &Text, result: Result<Answer, Fault>) -> Vec<Effect> {
    let now = state.now;
    let forward = state.forwards.0.iter_mut().find(|forward| forward.session == *session && forward.is_live());
    let Some(forward) = forward else { return vec![] };
    let was_up = matches!(forward.stand, Stand::Up(_));
    let stand = match result {
        Ok(Answer::Forward(ForwardPiece::Up(port))) => Stand::Up(port),
        Ok(Answer::Forward(ForwardPiece::Ended(why))) => Stand::Ended(why),
        Ok(_) => return vec![],
        Err(fault) => Stand::Ended(fault.to_string().into()),
    };
    forward.since = now;
    forward.stand = stand.clone();
    match stand {
        Stand::Up(port) => {
            let line = format!("127.0.0.1:{port} leads there; P lists and closes it");
            close(state, session, Verdict::Done, &line)
        }
        Stand::Ended(why) if was_up => {
            let text = format!("{}: it ended: {why}", forward.intent.summary);
            state.say(NoticeTone::Error, text);
            vec![]
        }
        Stand::Ended(why) => close(state, session, Verdict::Failed, &why),
        Stand::Opening => vec![],
    }
}

/// Closes the selected forward: nobody wants its read any more.
pub fn stop(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Forwards { selected }) = state.overlays.last() else { return vec![] };
    let (selected, now) = (*selected, state.now);
    let Some(forward) = state.forwards.nth(selected).filter(|forward| forward.is_live()) else { return vec![] };
    forward.stand = Stand::Ended("closed".into());
    forward.since = now;
    let session = forward.session.clone();
    // Its job is settled already, if it ever was up.
    close(state, &session, Verdict::NotDone, "closed before it was open")
}

fn close(state: &mut State, session: &str, verdict: Verdict, line: &str) -> Vec<Effect> {
    let (effects, told) = state.jobs.close(session, verdict, line, state.now);
    if let Some(told) = told {
        let tone = if verdict == Verdict::Done { NoticeTone::Info } else { NoticeTone::Error };
        state.say(tone, told);
    }
    effects
}
