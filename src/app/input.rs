//! The keys of a text field or a fuzzy list, whichever view has it.

use super::command::{Context, declare_commands};

declare_commands! {
    pub ACCEPT = "accept": Context::INPUT, ["enter"], "accept", "Take what is typed or selected.";
    pub NEXT = "next": Context::INPUT, ["down", "ctrl-n"], "next", "The next entry, or one more.";
    pub PREVIOUS = "previous": Context::INPUT, ["up", "ctrl-p"], "previous", "The previous entry, or one less.";
    pub COMPLETE = "complete": Context::INPUT, ["tab"], "next", "The next field or suggestion.";
    pub PREVIOUS_FIELD = "previous-field": Context::INPUT, ["backtab"], "previous", "The previous field or suggestion.";
}
