//! Two revisions of what a resource runs, beside each other: which they are, what was read of them,
//! and where one is in the rows.

pub mod view;

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::cursor::Cursor;
use crate::domain::compare::{ComparedField, Comparison, FieldChange, Section};
use crate::domain::environment::Environment;
use crate::domain::fault::Fault;
use crate::domain::query::Answer;
use crate::domain::resource::{KindId, ResourceId};
use crate::domain::revision::Revision;
use crate::domain::service::TaskDefinitionRef;
use crate::domain::text::Text;
use crate::keymap::Command;

pub const COMPARE: Command = Command::new("compare");

/// The open view.
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
    /// Among the rows that are shown.
    pub cursor: Cursor,
    /// Another revision was chosen: the next may follow at once.
    pub moved: bool,
}

impl CompareView {
    /// What was read of one of the two.
    pub fn revision(&self, reference: &TaskDefinitionRef) -> Option<&Result<Arc<Revision>, Fault>> {
        self.read.get(reference)
    }

    /// The revisions that are still to be read. What AWS refuses is not asked again.
    fn missing(&self) -> impl Iterator<Item = &TaskDefinitionRef> {
        [&self.before, &self.after].into_iter().filter(|reference| match self.revision(reference) {
            None => true,
            Some(Ok(_)) => false,
            Some(Err(fault)) => fault.is_passing(),
        })
    }

    /// A revision, or why it could not be read.
    fn take(&mut self, reference: &TaskDefinitionRef, result: Result<Answer, Fault>) {
        let told = match result {
            Ok(Answer::Revision(revision)) => Ok(revision),
            Ok(_) => return,
            Err(fault) => Err(fault),
        };
        self.read.insert(reference.clone(), told);
        self.compare();
    }

    fn compare(&mut self) {
        self.comparison = match (self.revision(&self.before), self.revision(&self.after)) {
            (Some(Ok(before)), Some(Ok(after))) => Some(Comparison::of(before, after)),
            _ => None,
        };
        self.cursor.limit(self.rows().count());
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

    /// Shows all fields, or those that differ; the cursor stays on its field.
    fn toggle_all(&mut self) {
        let name =
            |(section, row): (&Section, &ComparedField)| (section.container.clone(), row.aspect, row.item.clone());
        let at = self.rows().nth(self.cursor.place()).map(name);
        self.all = !self.all;
        let stays = self.rows().position(|row| Some(name(row)) == at);
        self.cursor = Cursor::at(stays.unwrap_or(0));
    }

    /// What is shown, to be copied.
    fn as_text(&self) -> Option<String> {
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
