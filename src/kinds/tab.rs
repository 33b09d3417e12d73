//! One tab of the detail view of a kind.

use super::cell::Block;
use super::kind::RenderContext;
use crate::domain::resource::{AnyFacts, Facts, FactsId, KindId, Resource, cast, cast_facts};

type ErasedView = Box<dyn Fn(&dyn Resource, Option<&dyn AnyFacts>, RenderContext) -> Vec<Block> + Send + Sync>;

/// One tab of the detail view.
pub struct Tab {
    pub title: &'static str,
    /// Facts of its own that are read while it is shown; else it is over the kind's detail.
    own_facts: Option<FactsId>,
    /// `None`: the kind's charts.
    view: Option<ErasedView>,
}

/// What a tab shows of a resource and of its facts `D`, as far as they are read.
pub type View<T, D> = fn(&T, Option<&D>, RenderContext) -> Vec<Block>;

impl Tab {
    /// A tab over the kind's detail, whose type is `D`.
    pub fn new<T: Resource, D: 'static>(title: &'static str, view: View<T, D>) -> Self {
        let view: ErasedView = Box::new(move |r, facts, context| {
            cast::<T>(r).map_or_else(Vec::new, |own| view(own, facts.and_then(cast_facts::<D>), context))
        });
        Self { title, own_facts: None, view: Some(view) }
    }

    /// A tab over facts `D` of its own, which are read while it is shown.
    pub fn over<T: Resource, D: 'static>(facts: FactsId, title: &'static str, view: View<T, D>) -> Self {
        Self { own_facts: Some(facts), ..Self::new(title, view) }
    }

    /// The tab of the charts of a resource.
    pub fn charts() -> Self {
        Self { title: "Metrics", own_facts: None, view: None }
    }

    /// What is read for it while it is shown.
    pub fn facts(&self, kind: KindId) -> FactsId {
        self.own_facts.unwrap_or(kind.detail())
    }

    /// What the tab shows: of the row alone while its facts are not read yet.
    pub fn view(&self, resource: &dyn Resource, facts: Option<&Facts>, context: RenderContext) -> Vec<Block> {
        self.view.as_ref().map_or_else(Vec::new, |view| view(resource, facts.map(|facts| &**facts), context))
    }

    /// Whether it shows the charts of the kind instead of text.
    pub fn is_charts(&self) -> bool {
        self.view.is_none()
    }
}
