//! What a view must answer, written down once. The panes of the deck answer the same.

use crate::app::command::{Command, Context, declare_commands};
use crate::app::cursor::Motion;
use crate::app::field::Written;
use crate::app::panes::LIST;
use crate::app::state::State;
use crate::app::subscription::Subscriptions;
use crate::domain::Timestamp;
use crate::domain::fault::Fault;
use crate::domain::query::{Answer, Query};
use crate::domain::resource::{KindId, ResourceId};

// Away from here: out of what is open, else of what is laid over it. It has no place of its own: every view and
// every pane makes something else of it.
declare_commands! {
    pub BACK = "back": Context::GLOBAL, ["esc"], "back", "Close what is open, clear the filter." => .essential();
}

/// What lies over the deck or is a pane of it, while it has the keys.
///
/// It is the owner of what it remembers and is handed the state beside itself: while one of the methods that
/// change something runs, the view is not among [`State::overlays`]. What must outlive the view is in the state.
pub trait View {
    /// What the key bar tells, the most useful first; [`BACK`] among it where Escape does something. Nothing, where
    /// the view shows its keys itself.
    fn key_bar(&self, state: &State) -> Vec<Command>;

    /// Where keys are looked up, the nearest first. Where that is [`Context::INPUT`], letters are text.
    fn contexts(&self, _state: &State) -> &'static [Context] {
        &[LIST, Context::GLOBAL]
    }

    /// Whether a command applies here; one that does not is dimmed, with the reason.
    fn applies(&self, _state: &State, _command: Command) -> Applies {
        Applies::AsOnDeck
    }

    /// Does a command, where it means something here that it does not mean everywhere.
    fn handle_command(&mut self, _state: &mut State, _command: Command) -> Next {
        Next::Pass
    }

    /// A key or a paste into the field that is typed into.
    fn write(&mut self, _state: &mut State, _written: Written) {}

    /// So many rows or lines on (or back).
    fn scroll(&mut self, _state: &mut State, _by: isize) {}

    /// The rows of a page.
    fn page(&self, state: &State) -> usize {
        state.page()
    }

    /// By a key that moves; by rows, unless pages are of something else.
    fn go(&mut self, state: &mut State, motion: Motion) {
        let by = motion.rows(self.page(state));
        self.scroll(state, by);
    }

    /// What is copied of it.
    fn to_copy(&self, _state: &State) -> Option<String> {
        None
    }

    /// The resources that it is about, for a debrief: not the row under a cursor, which rests somewhere from the
    /// start.
    fn resources<'a>(&'a self, _state: &'a State) -> Vec<&'a ResourceId> {
        vec![]
    }

    /// The reads that it wants while it is open. What goes on when it closes is wanted by the state.
    fn subscribe(&self, _state: &State, _to: &mut Subscriptions) {}

    /// Whether it takes the answers to a question.
    fn asks(&self, _query: &Query) -> bool {
        false
    }

    /// Takes one piece of such an answer. `round` is that of the subscription.
    fn accept(&mut self, _state: &mut State, _query: &Query, _round: u64, _result: Result<Answer, Fault>) -> Next {
        Next::Stay
    }

    /// What is known is another, or time went on.
    fn renew(&mut self, _state: &State) {}

    /// It was drawn as it is now.
    fn painted(&mut self, _now: Timestamp) {}

    /// It fills the screen between header and footer, and stays in sight behind a list or the help over it.
    fn covers_screen(&self) -> bool {
        false
    }

    /// Nothing is lost when it closes, so the number of a pane leads out of it.
    fn is_disposable(&self) -> bool {
        true
    }

    /// It wants an answer before anything else opens.
    fn is_modal(&self) -> bool {
        false
    }
}

/// Whether a command applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applies {
    Yes,
    /// Why not.
    No(String),
    /// The view has no word of its own on it: as if it were not there.
    AsOnDeck,
}

impl From<Option<String>> for Applies {
    fn from(why_not: Option<String>) -> Self {
        why_not.map_or(Self::Yes, Self::No)
    }
}

/// How it goes on after a command.
#[derive(Debug)]
pub enum Next {
    /// It is no command of this view: it is done as everywhere.
    Pass,
    /// It is done, and the view stays.
    Stay,
    /// It is done, and the view closes.
    Close,
    /// The view closes, and the command is done where that leads.
    Run(Command),
    /// To a tab of a resource, from where Escape leads back to the view.
    Open(KindId, ResourceId, usize),
    /// To the row of a resource, where the command is done.
    RunAt(KindId, ResourceId, Command),
}

impl Next {
    /// Whether the view is still there before it goes on.
    pub fn stays(&self) -> bool {
        !matches!(self, Self::Close | Self::Run(_))
    }
}
