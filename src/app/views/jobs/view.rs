//! The list of jobs: from one to its log, and its line to the clipboard.

use super::{JOBS, JobsView};
use crate::app::action::jobs::Job;
use crate::app::panes::logs::view::open_job;
use crate::app::panes::resources::{COPY, DOWN, OPEN};
use crate::app::views::overlay::toggle;
use crate::app::views::prelude::*;

declare_commands! {
    JOBS: Context::GLOBAL, ["J"], "jobs", "The actions under way and how they ended."
        => .runs_everywhere(|state, _| toggle(state, JobsView::default())).also("actions running progress");
}

impl JobsView {
    fn job<'a>(&self, state: &'a State) -> Option<&'a Job> {
        state.jobs.iter().rev().nth(self.cursor.place())
    }

    /// To the log of what the job started.
    fn open(&self, state: &mut State) -> Next {
        let Some(id) = self.job(state).map(|job| job.intent.id.clone()) else { return Next::Stay };
        if open_job(state, &id) {
            state.focus = Pane::Logs;
            return Next::Close;
        }
        state.say(NoticeTone::Info, "it started nothing here whose log can be followed");
        Next::Stay
    }
}

impl View for JobsView {
    fn key_bar(&self, _: &State) -> Vec<Command> {
        vec![BACK, DOWN, OPEN, COPY]
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        if command == OPEN { self.open(state) } else { Next::Pass }
    }

    fn scroll(&mut self, state: &mut State, by: isize) {
        self.cursor.step(by, state.jobs.iter().count());
    }

    fn to_copy(&self, state: &State) -> Option<String> {
        self.job(state).map(Job::line_to_copy)
    }
}
