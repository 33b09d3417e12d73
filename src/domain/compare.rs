//! What differs between two revisions of a task definition, field by field.

use std::collections::BTreeSet;

use super::revision::{Aspect, Fields, MASK, Revision, Value};
use super::text::Text;

/// How a field, or a container, of the later revision stands to the earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldChange {
    Same,
    Changed,
    Added,
    Removed,
}

impl FieldChange {
    /// Its cue besides the colour.
    pub fn cue(self) -> &'static str {
        match self {
            Self::Same => " ",
            Self::Changed => "~",
            Self::Added => "+",
            Self::Removed => "-",
        }
    }

    fn between<T: PartialEq>(before: Option<&T>, after: Option<&T>) -> Self {
        match (before, after) {
            (before, after) if before == after => Self::Same,
            (None, _) => Self::Added,
            (_, None) => Self::Removed,
            _ => Self::Changed,
        }
    }
}

/// One field of both revisions; at least one of them has it.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedField {
    pub aspect: Aspect,
    /// Which one, where there are several; else empty.
    pub item: Text,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl ComparedField {
    pub fn change(&self) -> FieldChange {
        FieldChange::between(self.before.as_ref(), self.after.as_ref())
    }

    /// `environment LOG_LEVEL`.
    pub fn label(&self) -> String {
        format!("{} {}", self.aspect.label(), self.item).trim_end().to_string()
    }

    /// The values in words. Where only what is not told differs, the later one says so.
    pub fn words(&self) -> (Option<String>, Option<String>) {
        let words = |value: &Value| value.text().to_string();
        let (before, mut after) = (self.before.as_ref().map(words), self.after.as_ref().map(words));
        if self.change() == FieldChange::Changed && before == after {
            after = after.map(|text| {
                let said = if text == MASK { "another value" } else { "differs where it is not told" };
                format!("{text} ({said})")
            });
        }
        (before, after)
    }
}

/// The fields of the task, or of one container.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// `None`: the task.
    pub container: Option<Text>,
    /// Whether the container is in both revisions. Never [`FieldChange::Changed`]: its rows say that.
    pub change: FieldChange,
    pub rows: Vec<ComparedField>,
}

impl Section {
    fn of(container: Option<Text>, before: Option<&Fields>, after: Option<&Fields>) -> Self {
        let fields = || before.into_iter().chain(after);
        let names: BTreeSet<&(Aspect, Text)> = fields().flat_map(Fields::keys).collect();
        let rows = names.into_iter().map(|name| ComparedField {
            aspect: name.0,
            item: name.1.clone(),
            before: before.and_then(|fields| fields.get(name)).cloned(),
            after: after.and_then(|fields| fields.get(name)).cloned(),
        });
        Self { container, change: FieldChange::between(before.map(|_| &()), after.map(|_| &())), rows: rows.collect() }
    }

    /// `task`, `container api`, `container api, added`.
    pub fn title(&self) -> String {
        let word = match self.change {
            FieldChange::Added => ", added",
            FieldChange::Removed => ", removed",
            FieldChange::Same | FieldChange::Changed => "",
        };
        self.container.as_ref().map_or("task".to_string(), |name| format!("container {name}{word}"))
    }
}

/// How many fields there are of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub same: usize,
    pub changed: usize,
    pub added: usize,
    pub removed: usize,
}

impl Counts {
    pub fn differing(self) -> usize {
        self.changed + self.added + self.removed
    }
}

/// Two revisions beside each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// The containers in the order of the later revision, then those that only the earlier one has,
    /// then the task: what breaks a deployment is nearly always in a container.
    pub sections: Vec<Section>,
}

impl Comparison {
    pub fn of(before: &Revision, after: &Revision) -> Self {
        let find = |revision: &Revision, name: &Text| revision.containers.iter().position(|(n, _)| n == name);
        let fields =
            |revision: &'_ Revision, name: &Text| find(revision, name).map(|at| revision.containers[at].1.clone());
        let gone = before.containers.iter().filter(|(name, _)| find(after, name).is_none());
        let names = after.containers.iter().chain(gone).map(|(name, _)| name);
        let containers = names
            .map(|name| Section::of(Some(name.clone()), fields(before, name).as_ref(), fields(after, name).as_ref()));
        let task = Section::of(None, Some(&before.task), Some(&after.task));
        Self { sections: containers.chain([task]).collect() }
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in self.sections.iter().flat_map(|section| &section.rows) {
            *match row.change() {
                FieldChange::Same => &mut counts.same,
                FieldChange::Changed => &mut counts.changed,
                FieldChange::Added => &mut counts.added,
                FieldChange::Removed => &mut counts.removed,
            } += 1;
        }
        counts
    }

    /// The images that both revisions name by the same tag. A tag that was pushed again runs other
    /// code without any field that differs; a digest cannot.
    pub fn same_tags(&self) -> impl Iterator<Item = &Value> {
        let rows = self.sections.iter().flat_map(|section| &section.rows);
        let images = rows.filter(|row| row.aspect == Aspect::Image && row.change() == FieldChange::Same);
        images.filter_map(|row| row.after.as_ref()).filter(|image| !image.text().contains('@'))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::revision::Mark;
    use crate::domain::service::TaskDefinitionRef;

    fn revision(task: Fields, containers: Vec<(Text, Fields)>) -> Revision {
        Revision {
            reference: TaskDefinitionRef::new("api:1"),
            status: "ACTIVE".into(),
            registered: None,
            registered_by: Text::default(),
            task,
            containers,
        }
    }

    fn fields(of: &[(Aspect, &str, Value)]) -> Fields {
        of.iter().map(|(aspect, item, value)| ((*aspect, Text::from(*item)), value.clone())).collect()
    }

    #[test]
    fn every_kind_of_change_is_told_in_order() {
        let (told, masked) = (|text: &str| Value::visible(text), |mark| Value::masked(Mark(mark)));
        let before = revision(
            fields(&[(Aspect::Cpu, "", told("256"))]),
            vec![
                ("old".into(), fields(&[(Aspect::Image, "", told("r/old:1"))])),
                (
                    "app".into(),
                    fields(&[
                        (Aspect::Image, "", told("r/app:1")),
                        (Aspect::Environment, "A", masked(1)),
                        (Aspect::Environment, "B", masked(1)),
                        (Aspect::Environment, "C", masked(1)),
                        (Aspect::Command, "", Value::partly("run <redacted>", Mark(1))),
                    ]),
                ),
            ],
        );
        let after = revision(
            fields(&[(Aspect::Cpu, "", told("256"))]),
            vec![
                (
                    "app".into(),
                    fields(&[
                        (Aspect::Image, "", told("r/app:2")),
                        (Aspect::Environment, "A", masked(1)),
                        (Aspect::Environment, "B", masked(2)),
                        (Aspect::Environment, "D", masked(1)),
                        (Aspect::Command, "", Value::partly("run <redacted>", Mark(2))),
                    ]),
                ),
                ("new".into(), Fields::new()),
            ],
        );
        let comparison = Comparison::of(&before, &after);
        let mut told = Vec::new();
        for section in &comparison.sections {
            told.push(section.title());
            for row in &section.rows {
                let (before, after) = row.words();
                told.push(format!("{} {}: {before:?} {after:?}", row.change().cue(), row.label()));
            }
        }
        assert_eq!(
            told,
            [
                "container app",
                "~ image: Some(\"r/app:1\") Some(\"r/app:2\")",
                "  environment A: Some(\"••••••\") Some(\"••••••\")",
                "~ environment B: Some(\"••••••\") Some(\"•••••• (another value)\")",
                "- environment C: Some(\"••••••\") None",
                "+ environment D: None Some(\"••••••\")",
                "~ command: Some(\"run <redacted>\") Some(\"run <redacted> (differs where it is not told)\")",
                "container new, added",
                "container old, removed",
                "- image: Some(\"r/old:1\") None",
                "task",
                "  CPU: Some(\"256\") Some(\"256\")",
            ]
        );
        assert_eq!(comparison.counts(), Counts { same: 2, changed: 3, added: 1, removed: 2 });
    }

    #[test]
    fn a_tag_that_stays_is_told_and_a_digest_is_not() {
        for (image, is_told) in [("r/app:latest", true), ("r/app", true), ("r/app@sha256:ab", false)] {
            let container = |more: &[_]| {
                vec![("app".into(), fields(&[&[(Aspect::Image, "", Value::visible(image))], more].concat()))]
            };
            let more = [(Aspect::User, "", Value::visible("root"))];
            let comparison =
                Comparison::of(&revision(Fields::new(), container(&[])), &revision(Fields::new(), container(&more)));
            assert_eq!(comparison.same_tags().count() == 1, is_told, "{image}");
        }
    }

    fn any_fields() -> impl Strategy<Value = Fields> {
        let value = prop_oneof![
            "[ab]{0,2}".prop_map(Value::visible),
            (0..3u64).prop_map(|mark| Value::masked(Mark(mark))),
            ("[ab]", 0..3u64).prop_map(|(text, mark)| Value::partly(text, Mark(mark))),
        ];
        let name = (prop::sample::select(Aspect::ALL), "[XY]?".prop_map(Text::from));
        prop::collection::btree_map(name, value, 0..8)
    }

    fn any_revision() -> impl Strategy<Value = Revision> {
        let names = prop::sample::subsequence(vec!["a", "b", "c", "d"], 0..=4).prop_shuffle();
        let containers = names.prop_flat_map(|names| {
            let fields = prop::collection::vec(any_fields(), names.len());
            fields.prop_map(move |fields| names.iter().map(|name| Text::from(*name)).zip(fields).collect::<Vec<_>>())
        });
        (any_fields(), containers).prop_map(|(task, containers)| revision(task, containers))
    }

    /// One side of a comparison as a revision again, its containers by name.
    fn side(
        comparison: &Comparison,
        absent: FieldChange,
        of: fn(&ComparedField) -> &Option<Value>,
    ) -> (Fields, Vec<(Text, Fields)>) {
        let (mut task, mut containers) = (Fields::new(), Vec::new());
        for section in comparison.sections.iter().filter(|section| section.change != absent) {
            let rows = section.rows.iter();
            let fields: Fields =
                rows.filter_map(|row| Some(((row.aspect, row.item.clone()), of(row).clone()?))).collect();
            match &section.container {
                None => task = fields,
                Some(name) => containers.push((name.clone(), fields)),
            }
        }
        containers.sort_by(|a, b| a.0.cmp(&b.0));
        (task, containers)
    }

    fn whole(revision: &Revision) -> (Fields, Vec<(Text, Fields)>) {
        let mut containers = revision.containers.clone();
        containers.sort_by(|a, b| a.0.cmp(&b.0));
        (revision.task.clone(), containers)
    }

    proptest! {
        #[test]
        fn nothing_differs_from_itself(revision in any_revision()) {
            let comparison = Comparison::of(&revision, &revision);
            prop_assert_eq!(comparison.counts().differing(), 0);
            prop_assert!(comparison.sections.iter().all(|section| section.change == FieldChange::Same));
        }

        #[test]
        fn both_revisions_can_be_read_back_and_every_field_counts_once(a in any_revision(), b in any_revision()) {
            let comparison = Comparison::of(&a, &b);
            prop_assert_eq!(side(&comparison, FieldChange::Added, |row| &row.before), whole(&a));
            prop_assert_eq!(side(&comparison, FieldChange::Removed, |row| &row.after), whole(&b));
            let counts = comparison.counts();
            let rows: usize = comparison.sections.iter().map(|section| section.rows.len()).sum();
            prop_assert_eq!(counts.same + counts.differing(), rows);
            prop_assert_eq!(counts.differing() == 0, comparison.sections.iter().flat_map(|s| &s.rows).all(|row| row.before == row.after));
        }

        #[test]
        fn the_way_back_is_the_way_there_turned_round(a in any_revision(), b in any_revision()) {
            let (there, back) = (Comparison::of(&a, &b).counts(), Comparison::of(&b, &a).counts());
            prop_assert_eq!(there, Counts { added: back.removed, removed: back.added, ..back });
        }
    }
}
