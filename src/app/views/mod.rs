//! What can lie over the deck. Each view has a folder: `mod.rs` says what it remembers while it is open, and
//! `view.rs` what it answers ([`view::View`]) and which commands are there because of it (`COMMANDS`). Its line in the list below is all
//! that it needs elsewhere; how it looks is in `ui/views`, in a file of the same name.

pub mod dispatch;
pub mod overlay;
pub mod prelude;
pub mod view;

/// All views, as `module: Name(Model);`, in the order in which `midwatch keys` tells their commands. Between them
/// stand, behind a `+`, the modules beside the views that declare commands too.
macro_rules! for_each_view {
    ($then:ident) => {
        $then! {
            quit: Quit(QuitView);
            help: Help(HelpView);
            + back;
            picker: Picker(Picker);
            + refresh;
            jobs: Jobs(JobsView);
            findings: Findings(FindingsView);
            timeline: Timeline(TimelineView);
            + incident;
            + report;
            api: Api(ApiView);
            debrief: Debrief(DebriefView);
            + undo;
            forwards: Forwards(ForwardsView);
            + deck;
            + resources;
            + detail;
            + related_resource;
            + logs;
            insights: Insights(InsightsView);
            compare: Compare(CompareView);
            golden: Golden(GoldenView);
            + chart_keys;
            action: Action(Dialog);
            + input;
        }
    };
}
pub(crate) use for_each_view;

macro_rules! declare {
    ($($($module:ident: $View:ident($Model:ident))? $(+ $other:ident)?;)*) => {
        $($(pub mod $module;)?)*

        /// What lies over the deck; the last one has the keys.
        pub enum Overlay {
            $($($View(Box<$module::$Model>),)?)*
        }

        $($(
            impl From<$module::$Model> for Overlay {
                fn from(view: $module::$Model) -> Self {
                    Self::$View(Box::new(view))
                }
            }
        )?)*
    };
}
for_each_view!(declare);
