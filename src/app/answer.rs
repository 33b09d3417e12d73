//! What an answer changes: whoever asked takes it in.

use super::action::facts;
use super::msg::{Asked, Effect, Session};
use super::state::{NoticeTone, State};
use super::views::{dispatch, forwards};
use crate::domain::fault::Fault;
use crate::domain::log::LogPiece;
use crate::domain::query::{Answer, Query};
use crate::domain::resource::{FactsId, ResourceId};
use crate::domain::text::Text;

/// Takes in what was told to a question; nothing where nobody waits for it any more.
pub fn accept(state: &mut State, asked: Asked, round: u64, result: Result<Answer, Fault>) -> Vec<Effect> {
    let now = state.now;
    let Asked { environment, session, query } = asked;
    if let Query::Tail { sources, .. } | Query::History(sources, _) = &query {
        if let Some(logs) = state.logs.as_mut().filter(|logs| logs.sources == *sources) {
            match (&query, result) {
                (Query::History(..), Err(fault)) => logs.history_failed(&fault),
                (Query::History(..), Ok(Answer::Logs(LogPiece::Back(moment)))) => logs.read_back_to(moment),
                (Query::Tail { live, .. }, result) => {
                    logs.tells(*live, round);
                    logs.accept(result, now);
                }
                (_, result) => logs.accept(result, now),
            }
        }
        return vec![];
    }
    if let Query::Insights(query) = &query {
        if let Some(view) = &mut state.insights {
            view.accept(query, result, now);
        }
        return vec![];
    }
    if let Query::Forward(session) = &query {
        return forwards::view::accept(state, session, result);
    }
    match &query {
        Query::Facts(action, id) if session == Session::JOBS => {
            observe(state, &environment, *action, id, round, result)
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
            vec![]
        }
    }
}

/// Facts for the jobs that follow something.
fn observe(
    state: &mut State,
    environment: &Text,
    of: FactsId,
    id: &ResourceId,
    round: u64,
    result: Result<Answer, Fault>,
) -> Vec<Effect> {
    let Some(facts) = facts(id, result) else { return vec![] };
    let (effects, told) = state.jobs.observe(environment, of, id, &facts, round, state.now);
    if let Some(line) = told.into_iter().last() {
        state.say(NoticeTone::Info, line);
    }
    effects
}
