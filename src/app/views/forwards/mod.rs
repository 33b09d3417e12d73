//! The local ports that lead into the VPC: opened by an action, held by a read, listed here with what
//! became of each.

pub mod view;

use std::sync::Arc;

use crate::app::cursor::Cursor;
use crate::domain::Timestamp;
use crate::domain::environment::Environment;
use crate::domain::intent::Intent;
use crate::domain::query::Query;
use crate::domain::ssm::PORT;
use crate::domain::text::Text;
use crate::kinds;

/// Where a forward is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardState {
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
    pub state: ForwardState,
    /// Since when it stands like this.
    pub since: Timestamp,
}

impl Forward {
    pub fn is_live(&self) -> bool {
        !matches!(self.state, ForwardState::Ended(_))
    }

    /// What holds it.
    pub fn query(&self) -> Query {
        Query::Forward(self.session.clone())
    }

    /// What connects through it: the client's line, else the address.
    pub fn line_to_copy(&self) -> Option<String> {
        let ForwardState::Up(port) = self.state else { return None };
        let spec = kinds::action(&self.intent.action);
        let line = spec.and_then(|spec| spec.follow_up(&self.intent));
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

    pub fn live(&self) -> impl Iterator<Item = &Forward> {
        self.0.iter().filter(|forward| forward.is_live())
    }

    /// The newest are read first.
    fn nth_mut(&mut self, place: usize) -> Option<&mut Forward> {
        self.0.iter_mut().rev().nth(place)
    }
}

/// The selected one, newest first.
#[derive(Default)]
pub struct ForwardsView {
    pub cursor: Cursor,
}
