//! From tones to styles, from blocks to lines: what every part of the screen shares.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block as Border, BorderType, Borders, Clear};

use crate::app::State;
use crate::app::panes::names::Names;
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

    pub fn span(self, span: &cell::Span) -> Span<'static> {
        Span::styled(span.text.clone(), self.tone(span.tone))
    }

    /// A bar of `room` columns, filled to a part.
    pub fn gauge(self, part: f32, room: usize, tone: Tone) -> Vec<Span<'static>> {
        // A bar that is not full never looks full, and one that has begun never looks empty.
        let cells = (part * room as f32).round() as usize;
        let least = usize::from(part > 0.0);
        let most = if part < 1.0 { room.saturating_sub(1) } else { room };
        let full = cells.clamp(least.min(most), most);
        vec![
            Span::styled("▰".repeat(full), self.tone(tone)),
            Span::styled("▱".repeat(room - full), self.style(Role::GaugeTrack)),
        ]
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
                    lines.push(Line::from(Span::styled(text::cut(title, room), self.style(Role::Header))));
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
        let mut all = vec![Span::styled(text::fit(label, label_room) + " ", self.style(Role::Dim))];
        all.extend(spans.iter().map(|span| self.span(span)));
        // The label is padded with blanks, which must not be a place to break.
        let value = text::wrap(&all[1..], room.saturating_sub(label_room + 1), 0);
        (value.into_iter().enumerate())
            .map(|(i, line)| {
                let head = if i == 0 { all[0].clone() } else { Span::raw(" ".repeat(label_room + 1)) };
                let mut spans = vec![head];
                spans.extend(line.spans);
                Line::from(spans)
            })
            .collect()
    }

    /// What the names of a kind have in common.
    pub fn names(self, kind: KindId) -> Names {
        let index = self.state.store().and_then(|store| store.index(kind));
        index.map(|index| index.names().clone()).unwrap_or_default()
    }

    fn small_table(self, titles: &[String], rows: &[Vec<Cell>], room: usize) -> Vec<Line<'static>> {
        let widest = |i: usize| {
            let cells = rows.iter().filter_map(|row| row.get(i)).map(|cell| text::width(&cell.text));
            cells.chain([text::width(&titles[i])]).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..titles.len()).map(widest).collect();
        // The last column takes what is left; the widest of the others gives way when it is narrow.
        let fixed = |widths: &[usize]| widths.iter().take(widths.len() - 1).map(|w| w + 2).sum::<usize>();
        let least = widths.last().map_or(0, |last| (*last).min(12));
        while !widths.is_empty() && fixed(&widths) + least > room {
            let last = widths.len() - 1;
            let Some(widest) = widths[..last].iter_mut().max().filter(|w| **w > 6) else { break };
            *widest -= 1;
        }
        if let Some(last) = widths.len().checked_sub(1) {
            widths[last] = room.saturating_sub(fixed(&widths));
        }
        let line = |cells: Vec<(String, Style)>| {
            let cells = cells
                .into_iter()
                .zip(&widths)
                .map(|((cell, style), width)| Span::styled(text::fit_cell(&cell, *width) + "  ", style));
            Line::from(cells.collect::<Vec<_>>())
        };
        let head = line(titles.iter().map(|title| (title.clone(), self.style(Role::Header))).collect());
        let rows = rows.iter().flat_map(|row| {
            let texts: Vec<(String, Style)> =
                row.iter().map(|cell| (cell.text.clone(), self.tone(cell.tone))).collect();
            // A long last cell (a reason) goes on below itself.
            let last = widths.last().copied().unwrap_or(0);
            match texts.split_last() {
                Some(((long, style), rest)) if text::width(long) > last && last >= 16 => {
                    let before: usize = fixed(&widths);
                    let mut spans: Vec<Span<'static>> = rest
                        .iter()
                        .zip(&widths)
                        .map(|((cell, style), width)| Span::styled(text::fit_cell(cell, *width) + "  ", *style))
                        .collect();
                    let mut lines = Vec::new();
                    for wrapped in text::wrap(&[Span::styled(long.clone(), *style)], last, 0) {
                        spans.extend(wrapped.spans);
                        lines.push(Line::from(std::mem::take(&mut spans)));
                        spans.push(Span::raw(" ".repeat(before)));
                    }
                    lines
                }
                _ => vec![line(texts)],
            }
        });
        std::iter::once(head).chain(rows).collect()
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

    /// An empty dialog in the middle of `body`; returns the inside with a margin.
    pub fn dialog(
        self,
        frame: &mut Frame,
        body: Rect,
        (width, height): (u16, u16),
        title: &str,
        note: Span<'static>,
    ) -> Rect {
        for y in body.top()..body.bottom() {
            for x in body.left()..body.right() {
                if let Some(cell) = frame.buffer_mut().cell_mut((x, y)) {
                    cell.set_style(self.style(Role::Backdrop));
                }
            }
        }
        let width = width.min(body.width);
        let height = height.min(body.height);
        let rect = Rect::new(body.x + (body.width - width) / 2, body.y + (body.height - height) / 3, width, height);
        frame.render_widget(Clear, rect);
        let block = Border::default()
            .borders(Borders::ALL)
            .border_type(BorderType::Rounded)
            .style(self.style(Role::Overlay))
            .border_style(self.style(Role::OverlayBorder))
            .title_top(Line::from(Span::styled(
                format!(" {} ", text::cut(title, usize::from(width).saturating_sub(20))),
                self.style(Role::TitleFocused),
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
                frame.render_widget(
                    Line::from(Span::styled(text::cut(&more, rect.width.into()), self.style(Role::Dim))),
                    place,
                );
            } else {
                frame.render_widget(line, place);
            }
        }
    }
}
