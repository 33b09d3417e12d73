//! What a read that should be running is, and what those share who want one.

use std::sync::Arc;
use std::time::Duration;

use super::session::{ReadKey, Session};
use super::state::{Pane, State};
use crate::domain::environment::Environment;
use crate::domain::query::Query;
use crate::domain::resource::ResourceId;
use crate::kinds::kind::Kind;

/// Visible rows are read in blocks of so many, so that scrolling by a line asks nothing new.
const BLOCK: usize = 25;

/// While rows still come, or one scrolls, nothing is asked.
pub const REST: Duration = Duration::from_millis(400);

/// For what is read once, and again only when a round asks for it.
pub const ONCE: Duration = Duration::from_secs(24 * 3600);

/// One read that should be repeated while it is wanted. Equal [`ReadKey`] are one subscription.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub env: Arc<Environment>,
    pub asked: ReadKey,
    /// Time from the end of one read to the start of the next.
    pub every: Duration,
    /// Time before the first read.
    pub delay: Duration,
    /// When this grows, a read under way is dropped and a new one starts at once; answers carry it.
    pub round: u64,
}

/// The reads that are wanted, in the order in which they were asked for.
#[derive(Default)]
pub struct Subscriptions(Vec<Subscription>);

impl Subscriptions {
    /// Two wishes for the same read are one, at the quicker pace and the later round.
    pub fn add(
        &mut self,
        env: &Arc<Environment>,
        session: Session,
        query: Query,
        every: Duration,
        delay: Duration,
        round: u64,
    ) {
        let asked = ReadKey { environment: env.name.clone(), session, query };
        match self.0.iter_mut().find(|old| old.asked == asked) {
            Some(old) => {
                old.every = old.every.min(every);
                old.delay = old.delay.min(delay);
                old.round = old.round.max(round);
            }
            None => self.0.push(Subscription { env: env.clone(), asked, every, delay, round }),
        }
    }

    /// As a list, each read once.
    pub fn into_list(self) -> Vec<Subscription> {
        self.0
    }
}

/// The block of rows around what is on the screen.
pub fn block(state: &State, kind: &dyn Kind) -> Vec<ResourceId> {
    let Some(view) = state.list(Pane::Kind(kind.id())) else { return vec![] };
    let first = view.offset / BLOCK * BLOCK;
    view.order().iter().skip(first).take(2 * BLOCK).cloned().collect()
}
