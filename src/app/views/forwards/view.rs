//! Forwarded ports, from the session that holds one to its end; in their list one closes them.

use super::{Forward, ForwardState, ForwardsView};
use crate::app::panes::resources::{COPY, DOWN};
use crate::app::views::overlay::toggle;
use crate::app::views::prelude::*;
use crate::domain::fault::Fault;
use crate::domain::intent::Verdict;
use crate::domain::query::Answer;
use crate::domain::ssm::ForwardPiece;
use crate::domain::text::Text;
use crate::kinds::action::Opens;

/// In the list of forwarded ports.
const FORWARDS: Context = Context::new(6, "forwards", "in the list of forwards");

declare_commands! {
    LIST_FORWARDS = "forwards": Context::GLOBAL, ["P"], "forwards",
        "The local ports that lead into the VPC; there one closes them."
        => .runs_everywhere(|state, _| toggle(state, ForwardsView::default()));
    STOP_FORWARD = "stop-forward": FORWARDS, ["x"], "close", "Close the selected port.";
}

impl View for ForwardsView {
    fn key_bar(&self, _: &State) -> Vec<Command> {
        vec![BACK, DOWN, COPY, STOP_FORWARD]
    }

    fn contexts(&self, _: &State) -> &'static [Context] {
        &[FORWARDS, LIST, Context::GLOBAL]
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        if command != STOP_FORWARD {
            return Next::Pass;
        }
        stop(state, self.cursor.place());
        Next::Stay
    }

    fn scroll(&mut self, state: &mut State, by: isize) {
        self.cursor.step(by, state.forwards.iter().count());
    }

    fn to_copy(&self, state: &State) -> Option<String> {
        state.forwards.iter().rev().nth(self.cursor.place()).and_then(Forward::line_to_copy)
    }
}

/// Closes a forward: nobody wants its read any more.
fn stop(state: &mut State, place: usize) {
    let now = state.now;
    let Some(forward) = state.forwards.nth_mut(place).filter(|forward| forward.is_live()) else { return };
    forward.state = ForwardState::Ended("closed".into());
    forward.since = now;
    let session = forward.session.clone();
    // Its job is settled already, if it ever was up.
    close(state, &session, Verdict::NotDone, "closed before it was open");
}

/// A change was sent. If it opened a session, the terminal or a port is for it now.
pub fn sent(state: &mut State, id: &str) {
    let Some((job, session)) = state.jobs.opened(id) else { return };
    let (env, intent) = (job.env.clone(), job.intent.clone());
    match job.spec().and_then(|spec| spec.opens()) {
        Some(Opens::Terminal) => state.effects.push(Effect::StepAside { session, what: intent.summary }),
        Some(Opens::Port) => {
            let since = state.now;
            state.forwards.0.push(Forward { env, intent, session, state: ForwardState::Opening, since });
        }
        None => {}
    }
}

/// The terminal is ours again.
pub fn returned(state: &mut State, session: &str, ended: &Result<String, String>) {
    let (verdict, line) = match ended {
        Ok(line) => (Verdict::Done, line),
        Err(line) => (Verdict::Failed, line),
    };
    close(state, session, verdict, line);
}

/// What a forward tells.
pub fn accept(state: &mut State, session: &Text, result: Result<Answer, Fault>) {
    let now = state.now;
    let forward = state.forwards.0.iter_mut().find(|forward| forward.session == *session && forward.is_live());
    let Some(forward) = forward else { return };
    let was_up = matches!(forward.state, ForwardState::Up(_));
    let next = match result {
        Ok(Answer::Forward(ForwardPiece::Up(port))) => ForwardState::Up(port),
        Ok(Answer::Forward(ForwardPiece::Ended(why))) => ForwardState::Ended(why),
        Ok(_) => return,
        Err(fault) => ForwardState::Ended(fault.to_string().into()),
    };
    forward.since = now;
    forward.state = next.clone();
    match next {
        ForwardState::Up(port) => {
            let line = format!("127.0.0.1:{port} leads there; P lists and closes it");
            close(state, session, Verdict::Done, &line);
        }
        ForwardState::Ended(why) if was_up => {
            let text = format!("{}: it ended: {why}", forward.intent.summary);
            state.say(NoticeTone::Error, text);
        }
        ForwardState::Ended(why) => close(state, session, Verdict::Failed, &why),
        ForwardState::Opening => {}
    }
}

fn close(state: &mut State, session: &str, verdict: Verdict, line: &str) {
    let (effects, told) = state.jobs.close(session, verdict, line, state.now);
    state.effects.extend(effects);
    if let Some(told) = told {
        let tone = if verdict == Verdict::Done { NoticeTone::Info } else { NoticeTone::Error };
        state.say(tone, told);
    }
}
