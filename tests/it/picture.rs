//! The picture in the README: the deck of the demo during its bad deployment, drawn from the real
//! screen, so that it cannot grow old.

use std::fmt::Write as _;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use crate::drive::Console;

const CELL: (u16, u16) = (9, 19);

fn hex(colour: Color, fallback: &str) -> String {
    match colour {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => fallback.to_string(),
    }
}

fn svg(console: &Console) -> String {
    let (width, height) = console.state.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| midwatch::ui::view(&console.state, &console.theme, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let (w, h) = (width * CELL.0, height * CELL.1);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"15\">\n<rect width=\"{w}\" height=\"{h}\" fill=\"#0d1117\"/>\n"
    );
    for y in 0..height {
        let mut x = 0;
        while x < width {
            // A run of cells of one style.
            let style = buffer[(x, y)].style();
            let start = x;
            let mut text = String::new();
            while x < width && buffer[(x, y)].style() == style {
                text.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            let (left, top, run) = (start * CELL.0, y * CELL.1, (x - start) * CELL.0);
            let ground = hex(style.bg.unwrap_or(Color::Reset), "#0d1117");
            if ground != "#0d1117" {
                writeln!(
                    out,
                    "<rect x=\"{left}\" y=\"{top}\" width=\"{run}\" height=\"{}\" fill=\"{ground}\"/>",
                    CELL.1
                )
                .unwrap();
            }
            if text.trim().is_empty() {
                continue;
            }
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let bold = if style.add_modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
            writeln!(
                out,
                "<text x=\"{left}\" y=\"{}\" textLength=\"{run}\" lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\" fill=\"{}\"{bold}>{escaped}</text>",
                top + 14,
                hex(style.fg.unwrap_or(Color::Reset), "#c9d1d9"),
            )
            .unwrap();
        }
    }
    out + "</svg>\n"
}

#[test]
fn the_readme_shows_the_screen_as_it_is() {
    let mut console = Console::start((110, 32), "bad-deploy");
    console.pass(45);
    console.keys("g g");
    let drawn = svg(&console);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/screen.svg");
    if std::env::var_os("MIDWATCH_BLESS").is_some() {
        std::fs::write(path, &drawn).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        drawn,
        "run the test once with MIDWATCH_BLESS=1, and look at it"
    );
}
