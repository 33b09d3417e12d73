//! From tones to styles, from blocks to lines: what every part of the screen shares.

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block as Border, BorderType, Borders, Clear};

use crate::app::State;
use crate::app::cursor::Cursor;
use crate::app::panes::names::Names;
use crate::app::state::Pane;
use crate::domain::resource::KindId;
use crate::kinds::cell::{self, Block, Cell, Tone};
use crate::theme::{Role, Theme};
use crate::ui::widgets::text;

/// What every part of the view looks at.
#[derive(Clone, Copy)]
pub struct Paint<'a> {
    pub state: &'a State,
    pub theme: &'a Theme,
}

/// The widest label of a field; values stand in one column behind it.
const LABEL: usize = 18;

impl Paint<'_> {
    pub fn style(self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// The look of a text; its ground is that of the place it stands in.
    pub fn tone(self, tone: Tone) -> Style {
        let style = self.style(match tone {
            Tone::Plain => Role::Text,
            Tone::Strong => Role::Strong,
            Tone::Dim => Role::Dim,
            Tone::Accent => Role::Accent,
            Tone::Ok => Role::Ok,
            Tone::Changing => Role::Changing,
            Tone::Degraded => Role::Degraded,
            Tone::Down => Role::Down,
            Tone::Unknown => Role::Unknown,
        });
        Style { bg: if tone == Tone::Plain { None } else { style.bg }, ..style }
    }

    /// A text as its role looks.
    pub fn styled(self, said: impl Into<Cow<'static, str>>, role: Role) -> Span<'static> {
        Span::styled(said, self.style(role))
    }

    /// A text that can wait.
    pub fn dim(self, said: impl Into<Cow<'static, str>>) -> Span<'static> {
        self.styled(said, Role::Dim)
    }

    /// A text in a tone.
    pub fn toned(self, said: impl Into<Cow<'static, str>>, tone: Tone) -> Span<'static> {
        Span::styled(said, self.tone(tone))
    }

    pub fn span(self, span: &cell::Span) -> Span<'static> {
        self.toned(span.text.clone(), span.tone)
    }

    /// The title of a pane: its number and its name.
    pub fn title(self, pane: Pane, name: &str, focused: bool) -> Vec<Span<'static>> {
        let role = if focused { Role::TitleFocused } else { Role::Title };
        vec![self.dim(format!(" {} ", pane.number())), self.styled(format!("{name} "), role)]
    }

    /// Notes beside each other, with dots between them.
    pub fn notes(self, notes: impl IntoIterator<Item = (String, Role)>) -> Line<'static> {
        let told = |(i, (said, role)): (usize, (String, Role))| {
            [self.dim(if i == 0 { " " } else { "· " }), self.styled(format!("{said} "), role)]
        };
        Line::from_iter(notes.into_iter().enumerate().flat_map(told))
    }

    /// The keys of commands with what they do, where a view shows them itself.
    pub fn keys(self, keys: impl IntoIterator<Item = (String, &'static str)>) -> Vec<Span<'static>> {
        let told = |(key, label)| [self.styled(key, Role::Key), self.styled(format!(" {label}    "), Role::KeyLabel)];
        keys.into_iter().flat_map(told).collect()
    }

    /// A bar of `room` columns, filled to a part.
    pub fn gauge(self, part: f32, room: usize, tone: Tone) -> Vec<Span<'static>> {
        // A bar that is not full never looks full, and one that has begun never looks empty.
        let cells = (part * room as f32).round() as usize;
        let least = usize::from(part > 0.0);
        let most = if part < 1.0 { room.saturating_sub(1) } else { room };
        let full = cells.clamp(least.min(most), most);
        vec![self.toned("▰".repeat(full), tone), self.styled("▱".repeat(room - full), Role::GaugeTrack)]
    }

    /// Blocks as lines of at most `room` columns.
    pub fn blocks(self, blocks: &[Block], room: usize) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for block in blocks {
            match block {
                Block::Fields(fields) => fields.iter().for_each(|(label, spans)| {
                    lines.extend(self.field(label, spans, room));
                }),
                Block::Table { titles, rows } => lines.extend(self.small_table(titles, rows, room)),
                Block::Heading(title) => {
                    lines.push(Line::from(self.styled(text::cut(title, room), Role::Header)));
                }
                Block::Line(spans) => {
                    let spans: Vec<_> = spans.iter().map(|span| self.span(span)).collect();
                    lines.extend(text::wrap(&spans, room, 2));
                }
                Block::Gap => lines.push(Line::default()),
            }
        }
        lines
    }

    /// A label and its value, wrapped under itself.
    pub fn field(self, label: &str, spans: &[cell::Span], room: usize) -> Vec<Line<'static>> {
        let label_room = LABEL.min(room / 3);
        // It is padded with blanks, which must not be a place to break.
        let label = self.dim(text::fit(label, label_room) + " ");
        let value: Vec<_> = spans.iter().map(|span| self.span(span)).collect();
        let value = text::wrap(&value, room.saturating_sub(label_room + 1), 0);
        text::beside(vec![label], label_room + 1, value)
    }

    /// What the names of a kind have in common.
    pub fn names(self, kind: KindId) -> Names {
        let index = self.state.store().and_then(|store| store.index(kind));
        index.map(|index| index.names.clone()).unwrap_or_default()
    }

    fn small_table(self, titles: &[String], rows: &[Vec<Cell>], room: usize) -> Vec<Line<'static>> {
        let Some(last) = titles.len().checked_sub(1) else { return vec![] };
        let widest = |i: usize| {
            let cells = rows.iter().filter_map(|row| row.get(i)).map(|cell| text::width(&cell.text));
            cells.chain([text::width(&titles[i])]).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..titles.len()).map(widest).collect();
        // The last column takes what is left; the widest of the others gives way when it is narrow.
        let least = widths[last].min(12);
        text::shrink(&mut widths[..last], 6, room.saturating_sub(least));
        let fixed = widths[..last].iter().map(|width| width + 2).sum::<usize>();
        widths[last] = room.saturating_sub(fixed);
        let cell = |((said, style), width): ((&String, Style), &usize)| {
            Span::styled(text::fit_cell(said, *width) + "  ", style)
        };
        let head = titles.iter().map(|title| (title, self.style(Role::Header)));
        let mut lines = vec![Line::from_iter(head.zip(&widths).map(cell))];
        for row in rows {
            let cells = row.iter().map(|cell| (&cell.text, self.tone(cell.tone))).zip(&widths);
            let mut spans: Vec<Span<'static>> = cells.map(cell).collect();
            // A long last cell (a reason) goes on below itself.
            if let Some(long) = row.last().filter(|long| text::width(&long.text) > widths[last] && widths[last] >= 16) {
                spans.pop();
                let reason = self.toned(long.text.clone(), long.tone);
                lines.extend(text::beside(spans, fixed, text::wrap(&[reason], widths[last], 0)));
            } else {
                lines.push(Line::from(spans));
            }
        }
        lines
    }

    /// A framed pane with a title on the left and a note on the right; returns the inside.
    pub fn pane(self, frame: &mut Frame, rect: Rect, focused: bool, title: Line<'static>, note: Line<'static>) -> Rect {
        let border = self.style(if focused { Role::BorderFocused } else { Role::Border });
        let block = Border::default()
            .borders(Borders::ALL)
            .border_type(BorderType::Rounded)
            .border_style(border)
            .title_top(title)
            .title_top(note.right_aligned());
        let inner = block.inner(rect);
        frame.render_widget(block, rect);
        inner
    }

    /// A list with one of its items selected, which is kept in view.
    pub fn list<T>(
        self,
        frame: &mut Frame,
        rect: Rect,
        items: &[T],
        selected: usize,
        role: Role,
        line: impl Fn(&T) -> Line<'static>,
    ) {
        let top = Cursor::at(selected).top(usize::from(rect.height).max(1));
        for ((place, item), row) in items.iter().enumerate().skip(top).zip(rect.rows()) {
            frame.render_widget(line(item), row);
            if place == selected {
                frame.buffer_mut().set_style(row, self.style(role));
            }
        }
    }

    /// As [`Self::list`], in the upper part of a dialog; returns the place below it, for all of the selected item.
    pub fn list_above<T>(
        self,
        frame: &mut Frame,
        rect: Rect,
        items: &[T],
        selected: usize,
        most: u16,
        line: impl Fn(&T) -> Line<'static>,
    ) -> Rect {
        let height = (items.len() as u16).min(most).max(1);
        self.list(frame, Rect { height, ..rect }, items, selected, Role::Selection, line);
        Rect { y: rect.y + height + 1, height: rect.height.saturating_sub(height + 1), ..rect }
    }

    /// A line with something at either end; that on the right stays whole.
    pub fn ends(self, frame: &mut Frame, rect: Rect, left: Line<'static>, right: Line<'static>) {
        let width = (right.width() as u16).min(rect.width);
        frame.render_widget(left, Rect { width: rect.width - width, ..rect });
        frame.render_widget(right, Rect { x: rect.x + rect.width - width, width, ..rect });
    }

    /// Words where there is nothing else to show.
    pub fn message(self, frame: &mut Frame, rect: Rect, said: impl Into<Cow<'static, str>>) {
        self.lines(frame, rect, &text::wrap(&[self.dim(said)], rect.width.into(), 0), 0);
    }

    /// An empty page over everything in `body`.
    pub fn page(self, frame: &mut Frame, body: Rect) {
        frame.render_widget(Clear, body);
        frame.buffer_mut().set_style(body, self.style(Role::Text));
    }

    /// An empty dialog in the middle of `body`; returns the inside with a margin.
    pub fn dialog(
        self,
        frame: &mut Frame,
        body: Rect,
        (width, height): (u16, u16),
        title: &str,
        note: Span<'static>,
    ) -> Rect {
        frame.buffer_mut().set_style(body, self.style(Role::Backdrop));
        let width = width.min(body.width);
        let height = height.min(body.height);
        let rect = Rect::new(body.x + (body.width - width) / 2, body.y + (body.height - height) / 3, width, height);
        frame.render_widget(Clear, rect);
        let block =
            Border::default()
                .borders(Borders::ALL)
                .border_type(BorderType::Rounded)
                .style(self.style(Role::Overlay))
                .border_style(self.style(Role::OverlayBorder))
                .title_top(Line::from(self.styled(
                    format!(" {} ", text::cut(title, usize::from(width).saturating_sub(20))),
                    Role::TitleFocused,
                )))
                .title_top(Line::from(note).right_aligned());
        let inner = block.inner(rect);
        frame.render_widget(block, rect);
        Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
    }

    /// A whole line in the style of a selection, whatever its parts have of their own.
    pub fn selected(self, mut line: Line<'static>, role: Role) -> Line<'static> {
        let style = self.style(role);
        for span in &mut line.spans {
            span.style = span.style.patch(style);
        }
        line.patch_style(style)
    }

    /// Lines into a place, from a line on; the last row tells how much is below.
    pub fn lines(self, frame: &mut Frame, rect: Rect, lines: &[Line<'static>], scroll: usize) {
        let height = usize::from(rect.height);
        let scroll = scroll.min(lines.len().saturating_sub(height));
        for (row, line) in lines.iter().skip(scroll).take(height).enumerate() {
            let place = Rect { y: rect.y + row as u16, height: 1, ..rect };
            let below = lines.len() - scroll - row - 1;
            if row + 1 == height && below > 0 {
                let more = format!("⋯ {} more", below + 1);
                frame.render_widget(Line::from(self.dim(text::cut(&more, rect.width.into()))), place);
            } else {
                frame.render_widget(line, place);
            }
        }
    }
}
