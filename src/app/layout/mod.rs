//! Where everything is on the screen: pure geometry, shared by those who draw, page and click.

pub mod place;

use ratatui::layout::Rect;

use super::pane::Pane;

/// The places of one screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// There is no room for anything but a line that says so.
    pub too_small: bool,
    pub header: Rect,
    /// The lines that say what is wrong first.
    pub wrong: Option<Rect>,
    /// The tab bar of a narrow screen.
    pub tabs: Option<Rect>,
    /// Panes on the screen, with their borders.
    pub panes: Vec<(Pane, Rect)>,
    /// The preview of the selected resource.
    pub preview: Option<Rect>,
    /// The live jobs.
    pub jobs: Option<Rect>,
    /// The open detail, instead of panes.
    pub detail: Option<Rect>,
    /// Filter, notice, keys.
    pub footer: Rect,
    /// All between header and footer: where overlays go.
    pub body: Rect,
}

impl Layout {
    /// Rows of a pane that hold data, without border and heading.
    pub fn rows(&self, pane: Pane) -> usize {
        let heading = u16::from(matches!(pane, Pane::Kind(_)));
        (self.panes.iter().find(|(p, _)| *p == pane))
            .map_or(0, |(_, rect)| usize::from(rect.height.saturating_sub(self.frame() + heading)))
    }

    /// Rows that borders take from a pane: narrow screens have none.
    pub fn frame(&self) -> u16 {
        if self.tabs.is_some() { 0 } else { 2 }
    }

    pub fn pane_at(&self, x: u16, y: u16) -> Option<(Pane, Rect)> {
        self.panes.iter().find(|(_, rect)| rect.contains((x, y).into())).copied()
    }
}
