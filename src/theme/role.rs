//! What a piece of the screen means.

use strum::{IntoStaticStr, VariantArray};

/// What a piece of the screen means; a theme says how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
    /// Ordinary text; its background is the screen's.
    Text,
    /// The name of the thing.
    Strong,
    /// What can wait.
    Dim,
    /// What the eye should find.
    Accent,
    Ok,
    Changing,
    Degraded,
    Down,
    Unknown,
    Border,
    BorderFocused,
    Title,
    TitleFocused,
    BandProduction,
    BandStaging,
    BandDevelopment,
    /// Less important text on a band.
    BandNote,
    /// The word DEMO on a band.
    Demo,
    /// The selected row of the focused pane.
    Selection,
    /// The selected row of another pane.
    SelectionDim,
    /// Column headings.
    Header,
    /// A key in the key bar.
    Key,
    KeyLabel,
    /// A key that does not apply.
    KeyOff,
    /// A text field.
    Input,
    Cursor,
    /// The ground of a dialog.
    Overlay,
    OverlayBorder,
    /// What lies behind a dialog.
    Backdrop,
    /// The empty part of a bar.
    GaugeTrack,
    /// Letters that a fuzzy search found.
    Match,
    NoticeInfo,
    NoticeError,
    /// Data that is old.
    Stale,
    /// Things of a series that must be told apart, as the sources of log lines.
    #[strum(serialize = "series-1")]
    Series1,
    #[strum(serialize = "series-2")]
    Series2,
    #[strum(serialize = "series-3")]
    Series3,
    #[strum(serialize = "series-4")]
    Series4,
    #[strum(serialize = "series-5")]
    Series5,
    #[strum(serialize = "series-6")]
    Series6,
}

impl Role {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name in theme files.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
