//! What an answer changes: whoever asked takes it in.

use super::action::facts;
use super::msg::{ReadKey, Session};
use super::state::{NoticeTone, State};
use super::views::{dispatch, forwards};
use crate::domain::fault::Fault;
use crate::domain::log::LogPiece;
use crate::domain::query::{Answer, Query};

/// Takes in what was told to a question; nothing where nobody waits for it any more.
pub fn accept(state: &mut State, asked: ReadKey, round: u64, result: Result<Answer, Fault>) {
    let now = state.now;
    let ReadKey { environment, session, query } = asked;
    match &query {
        Query::Tail { sources, .. } | Query::History(sources, _) => {
            let Some(logs) = state.logs.as_mut().filter(|logs| logs.sources == *sources) else { return };
            match (&query, result) {
                (Query::History(..), Err(fault)) => logs.history_failed(&fault),
                (Query::History(..), Ok(Answer::Logs(LogPiece::Back(moment)))) => logs.read_back_to(moment),
                (Query::Tail { live, .. }, result) => {
                    logs.begin_tail(*live, round);
                    logs.accept(result, now);
                }
                (_, result) => logs.accept(result, now),
            }
        }
        Query::Insights(query) => {
            if let Some(view) = &mut state.insights {
                view.accept(query, result, now);
            }
        }
        Query::Forward(session) => forwards::view::accept(state, session, result),
        Query::Facts(of, id) if session == Session::JOBS => {
            let Some(facts) = facts(id, result) else { return };
            let (effects, told) = state.jobs.observe(&environment, *of, id, &facts, round, now);
            state.effects.extend(effects);
            if let Some(line) = told.into_iter().last() {
                state.say(NoticeTone::Info, line);
            }
        }
        Query::Facts(..) | Query::Revision(_) => dispatch::accept(state, &query, round, result),
        _ => {
            if session == Session::OTHERS && state.environments.iter().any(|env| env.name == environment) {
                // It may not have been open so far.
                state.stores.entry(environment.clone()).or_default();
            }
            if let Some(store) = state.stores.get_mut(&environment) {
                store.accept(&query, result, now);
            }
        }
    }
}
