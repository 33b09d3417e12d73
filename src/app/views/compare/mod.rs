//! Two revisions of what a resource runs, beside each other: which they are, what was read of them,
//! and where one is in the rows.

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::clipboard::copied;
use crate::app::command::Command;
use crate::app::msg::Effect;
use crate::app::state::{NoticeTone, Overlay, Pane, State};
use crate::domain::compare::{ComparedField, Comparison, FieldChange, Section};
use crate::domain::environment::Environment;
use crate::domain::fault::Fault;
use crate::domain::query::Answer;
use crate::domain::resource::{KindId, ResourceId};
use crate::domain::revision::Revision;
use crate::domain::service::TaskDefinitionRef;
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::kind::Revisions;

/// Lines of the overlay that are no rows, at least.
const HEAD: u16 = 5;

/// The open overlay.
#[derive(Clone, Debug)]
pub struct CompareView {
    pub env: Arc<Environment>,
    kind: KindId,
    pub id: ResourceId,
    /// Whose revisions they are.
    pub name: Text,
    pub before: TaskDefinitionRef,
    pub after: TaskDefinitionRef,
    /// Every revision that was read since it opened: a revision never changes.
    read: HashMap<TaskDefinitionRef, Result<Arc<Revision>, Fault>>,
    /// As far as both are there.
    pub comparison: Option<Comparison>,
    /// Fields that are the same are shown too.
    pub all: bool,
    /// The row with the cursor, among those that are shown.
    pub selected: usize,
    /// Another revision was chosen: the next may follow at once.
    pub moved: bool,
}

impl CompareView {
    /// What was read of one of the two.
    pub fn told(&self, reference: &TaskDefinitionRef) -> Option<&Result<Arc<Revision>, Fault>> {
        self.read.get(reference)
    }

    /// The revisions that are still to be read. What AWS refuses is not asked again.
    pub fn wants(&self) -> impl Iterator<Item = &TaskDefinitionRef> {
        [&self.before, &self.after].into_iter().filter(|reference| match self.told(reference) {
            None => true,
            Some(Ok(_)) => false,
            Some(Err(fault)) => fault.is_passing(),
        })
    }

    /// A revision, or why it could not be read.
    pub fn accept(&mut self, reference: &TaskDefinitionRef, result: Result<Answer, Fault>) {
        let told = match result {
            Ok(Answer::Revision(revision)) => Ok(revision),
            Ok(_) => return,
            Err(fault) => Err(fault),
        };
        self.read.insert(reference.clone(), told);
        self.compare();
    }

    fn compare(&mut self) {
        self.comparison = match (self.told(&self.before), self.told(&self.after)) {
            (Some(Ok(before)), Some(Ok(after))) => Some(Comparison::of(before, after)),
            _ => None,
        };
        self.selected = self.selected.min(self.rows().count().saturating_sub(1));
    }

    /// The revisions so many on, on each side, or why there are none.
    fn stepped(&self, (before, after): (i32, i32)) -> Result<(TaskDefinitionRef, TaskDefinitionRef), String> {
        let next = |reference: &TaskDefinitionRef, by: i32| {
            reference.after(by).ok_or_else(|| format!("{} is the first of its family", reference.short()))
        };
        Ok((next(&self.before, before)?, next(&self.after, after)?))
    }

    /// The sections that have something to show, with those rows.
    pub fn sections(&self) -> impl Iterator<Item = (&Section, Vec<&ComparedField>)> {
        let sections = self.comparison.iter().flat_map(|comparison| &comparison.sections);
        let shown = |section: &'_ Section| section.change != FieldChange::Same;
        sections
            .map(|section| {
                let rows = section.rows.iter().filter(|row| self.all || row.change() != FieldChange::Same);
                (section, rows.collect::<Vec<_>>())
            })
            .filter(move |(section, rows)| shown(section) || !rows.is_empty())
    }

    fn rows(&self) -> impl Iterator<Item = (&Section, &ComparedField)> {
        self.sections().flat_map(|(section, rows)| rows.into_iter().map(move |row| (section, row)))
    }

    /// So many rows on.
    pub fn scroll(&mut self, by: isize) {
        let last = self.rows().count().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }

    /// Shows all fields, or those that differ; the cursor stays on its field.
    fn turn(&mut self) {
        let name =
            |(section, row): (&Section, &ComparedField)| (section.container.clone(), row.aspect, row.item.clone());
        let at = self.rows().nth(self.selected).map(name);
        self.all = !self.all;
        let stays = self.rows().position(|row| Some(name(row)) == at);
        self.selected = stays.unwrap_or(0);
    }

    /// What is shown, to be copied.
    fn to_copy(&self) -> Option<String> {
        self.comparison.as_ref()?;
        let (before, after) = (self.before.short(), self.after.short());
        let mut lines = vec![format!("{} in {}: {before} → {after}", self.name, self.env.name)];
        for (section, rows) in self.sections() {
            lines.push(section.title());
            for row in rows {
                let said = match row.words() {
                    (Some(before), Some(after)) if before != after => format!("{before} → {after}"),
                    (before, after) => after.or(before).unwrap_or_default(),
                };
                lines.push(format!("  {} {}: {said}", row.change().cue(), row.label()));
            }
        }
        if lines.len() == 1 {
            lines.push("  no field differs".to_string());
        }
        Some(lines.join("\n"))
    }
}

/// What would be compared here, or why nothing.
pub fn revisions(state: &State) -> Result<Revisions, String> {
    let Some(kind) = state.acted_on().filter(|kind| kind.has_revisions()) else {
        let kinds = kinds::registry().iter().filter(|kind| kind.has_revisions());
        let places: Vec<String> =
            kinds.map(|kind| format!("a {} (pane {})", kind.noun, Pane::Kind(kind.id).number())).collect();
        return Err(format!("revisions are those of {}", places.join(" or ")));
    };
    let row = state.selected(kind.id).ok_or_else(|| format!("no {} is selected", kind.noun))?;
    kind.revisions_of(&*row.object, state.now).unwrap_or_else(|| Err("it has no revisions".to_string()))
}

/// What a revision does now for the resource of the overlay.
pub fn in_use(state: &State, view: &CompareView, reference: &TaskDefinitionRef) -> Option<String> {
    let row = state.store()?.listing(view.kind).row(&view.id)?;
    let revisions = kinds::kind(view.kind)?.revisions_of(&*row.object, state.now)?.ok()?;
    revisions.in_use.into_iter().find(|(used, _)| used == reference).map(|(_, words)| words)
}

/// Opens the overlay over the selected resource.
pub fn open(state: &mut State) {
    let (Ok(revisions), Some(env)) = (revisions(state), state.environment().cloned()) else { return };
    let Some(row) = state.acted_on().and_then(|kind| state.selected(kind.id).map(|row| (kind.id, row))) else { return };
    let view = CompareView {
        env,
        kind: row.0,
        id: row.1.object.id().clone(),
        name: row.1.object.name().clone(),
        before: revisions.before,
        after: revisions.after,
        read: HashMap::new(),
        comparison: None,
        all: false,
        selected: 0,
        moved: false,
    };
    state.notice = None;
    state.overlays.push(Overlay::Compare(Box::new(view)));
}

/// How far each side moves by a command; `None`: it moves none.
fn steps(command: Command) -> Option<(i32, i32)> {
    match command {
        Command::BeforeOlder => Some((-1, 0)),
        Command::BeforeNewer => Some((1, 0)),
        Command::AfterOlder => Some((0, -1)),
        Command::AfterNewer => Some((0, 1)),
        Command::BothOlder => Some((-1, -1)),
        Command::BothNewer => Some((1, 1)),
        _ => None,
    }
}

/// Why a command cannot be done in the overlay.
pub fn why_not(view: &CompareView, command: Command) -> Option<String> {
    match (command, steps(command)) {
        (_, Some(steps)) => view.stepped(steps).err(),
        (Command::Copy | Command::AllFields, _) if view.comparison.is_none() => {
            Some("the revisions are not read yet".to_string())
        }
        _ => None,
    }
}

/// Does a command where the overlay has the keys; `None` leaves it to the rest of the console.
pub fn handle_command(state: &mut State, command: Command) -> Option<Vec<Effect>> {
    let page = isize::try_from(state.layout.body.height.saturating_sub(HEAD)).unwrap_or(1).max(1);
    let Some(Overlay::Compare(view)) = state.overlays.last_mut() else { return None };
    if let Some(why) = why_not(view, command) {
        state.say(NoticeTone::Error, why);
        return Some(vec![]);
    }
    match command {
        Command::Back | Command::Compare => {
            state.overlays.pop();
        }
        Command::AllFields => view.turn(),
        Command::Up | Command::Previous => view.scroll(-1),
        Command::Down | Command::Next => view.scroll(1),
        Command::HalfUp => view.scroll(-page / 2),
        Command::HalfDown => view.scroll(page / 2),
        Command::PageUp => view.scroll(-page),
        Command::PageDown => view.scroll(page),
        Command::Top => view.scroll(isize::MIN / 2),
        Command::Bottom => view.scroll(isize::MAX / 2),
        Command::Copy => {
            let text = view.to_copy().unwrap_or_default();
            return Some(copied(state, text));
        }
        Command::Refresh => {
            // What was refused may be allowed by now.
            view.read.retain(|_, told| told.is_ok());
            return None;
        }
        _ => {
            (view.before, view.after) = view.stepped(steps(command)?).ok()?;
            (view.selected, view.moved) = (0, true);
            view.compare();
        }
    }
    Some(vec![])
}
