//! What a piece of the screen means.

/// Declares the roles with their names in theme files.
macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident = $name:literal,)*) => {
        /// What a piece of the screen means; a theme says how it looks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role { $($(#[$doc])* $role,)* }

        impl Role {
            pub const ALL: &[Self] = &[$(Self::$role,)*];

            /// The name in theme files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name,)* }
            }
        }
    };
}

roles! {
    /// Ordinary text; its background is the screen's.
    Text = "text",
    /// The name of the thing.
    Strong = "strong",
    /// What can wait.
    Dim = "dim",
    /// What the eye should find.
    Accent = "accent",
    Ok = "ok",
    Changing = "changing",
    Degraded = "degraded",
    Down = "down",
    Unknown = "unknown",
    Border = "border",
    BorderFocused = "border-focused",
    Title = "title",
    TitleFocused = "title-focused",
    BandProduction = "band-production",
    BandStaging = "band-staging",
    BandDevelopment = "band-development",
    /// Less important text on a band.
    BandNote = "band-note",
    /// The word DEMO on a band.
    Demo = "demo",
    /// The selected row of the focused pane.
    Selection = "selection",
    /// The selected row of another pane.
    SelectionDim = "selection-dim",
    /// Column headings.
    Header = "header",
    /// A key in the key bar.
    Key = "key",
    KeyLabel = "key-label",
    /// A key that does not apply.
    KeyOff = "key-off",
    /// A text field.
    Input = "input",
    Cursor = "cursor",
    /// The ground of a dialog.
    Overlay = "overlay",
    OverlayBorder = "overlay-border",
    /// What lies behind a dialog.
    Backdrop = "backdrop",
    /// The empty part of a bar.
    GaugeTrack = "gauge-track",
    /// Letters that a fuzzy search found.
    Match = "match",
    NoticeInfo = "notice-info",
    NoticeError = "notice-error",
    /// Data that is old.
    Stale = "stale",
    /// Things of a series that must be told apart, as the sources of log lines.
    Series1 = "series-1",
    Series2 = "series-2",
    Series3 = "series-3",
    Series4 = "series-4",
    Series5 = "series-5",
    Series6 = "series-6",
}
