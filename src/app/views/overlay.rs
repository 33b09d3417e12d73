//! A view as one of the closed list, whichever it is: what it answers, and how it comes to lie on top.

use super::view::View;
use super::{Overlay, for_each_view};
use crate::app::state::State;

macro_rules! as_view {
    ($($($module:ident: $View:ident($Model:ident))? $(+ $other:ident)?;)*) => {
        impl Overlay {
            pub fn view(&self) -> &dyn View {
                match self { $($(Self::$View(view) => &**view,)?)* }
            }

            pub fn view_mut(&mut self) -> &mut dyn View {
                match self { $($(Self::$View(view) => &mut **view,)?)* }
            }
        }
    };
}
for_each_view!(as_view);

/// Lays a view on top; one that is there already closes instead.
pub fn toggle(state: &mut State, view: impl Into<Overlay>) {
    let view = view.into();
    match state.overlays.last() {
        Some(top) if std::mem::discriminant(top) == std::mem::discriminant(&view) => {
            state.overlays.pop();
        }
        Some(top) if top.view().is_modal() => {}
        _ => state.overlays.push(view),
    }
}
