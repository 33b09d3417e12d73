//! What leaves the table: a row to the clipboard, all that is shown to a file.

use std::borrow::Cow;

use serde_json::{Map, json};

use super::rows::Table;
use crate::domain::insights::{Rows, Value};
use crate::logs::redact::Redactor;

/// Bytes after which a piece of a file ends: the screen must not wait for more.
const PIECE: usize = 1 << 20;

/// A file that is being written, piece by piece, of the rows as they were when it was begun.
#[derive(Clone, Debug)]
pub struct Saving {
    pub file: String,
    rows: Rows,
    /// The rows that are written, in the order of the screen.
    order: Vec<usize>,
    numeric: Vec<bool>,
    /// Takes the secrets out.
    redactor: Option<Redactor>,
    done: usize,
    /// Pieces that were handed out.
    pub pieces: usize,
}

impl Saving {
    pub fn of(table: &Table, file: String, redactor: Option<&Redactor>) -> Self {
        let rows = table.rows().clone();
        let numeric = (0..rows.columns.len()).map(|column| table.is_numeric(column)).collect();
        Self { file, rows, order: table.order().to_vec(), numeric, redactor: redactor.cloned(), done: 0, pieces: 0 }
    }

    /// Rows that are written, and all of them.
    pub fn progress(&self) -> (usize, usize) {
        (self.done, self.order.len())
    }

    /// The next piece: JSON objects by the line where the file's name says so, else comma-separated
    /// values (RFC 4180).
    pub fn next_piece(&mut self) -> String {
        let is_json = self.file.ends_with(".jsonl");
        let mut text = String::new();
        if self.pieces == 0 && !is_json {
            text += &csv(self.rows.columns.iter().map(|name| quoted(name)));
        }
        while text.len() < PIECE
            && let Some(row) = self.order.get(self.done)
        {
            let row = &self.rows.rows[*row];
            text += &if is_json { self.json(row) } else { self.csv(row) };
            self.done += 1;
        }
        self.pieces += 1;
        text
    }

    /// A value of a column as it may be told.
    fn redacted<'a>(&self, name: &str, value: &'a Value) -> Cow<'a, str> {
        redacted(self.redactor.as_ref(), name, value.as_str())
    }

    fn csv(&self, row: &[Option<Value>]) -> String {
        let cells = self.rows.columns.iter().zip(row);
        csv(cells
            .map(|(name, value)| value.as_ref().map_or(String::new(), |value| quoted(&self.redacted(name, value)))))
    }

    fn json(&self, row: &[Option<Value>]) -> String {
        let mut object = Map::new();
        for (column, (name, value)) in self.rows.columns.iter().zip(row).enumerate() {
            let Some(value) = value else { continue };
            let number = value.number().filter(|_| self.numeric[column]);
            let value = number.map_or_else(|| json!(self.redacted(name, value)), |number| json!(number));
            object.insert(name.to_string(), value);
        }
        format!("{}\n", serde_json::Value::Object(object))
    }
}

impl Table {
    /// The selected row, to be copied, the secrets taken out.
    pub fn line_to_copy(&self, redactor: Option<&Redactor>) -> Option<String> {
        let row = self.selected_row();
        match &row[..] {
            [] => None,
            [(name, value)] => Some(redacted(redactor, name, value).into_owned()),
            row => {
                let cells = row.iter().map(|(name, value)| format!("{name}={}", redacted(redactor, name, value)));
                Some(cells.collect::<Vec<_>>().join("  "))
            }
        }
    }
}

fn csv(cells: impl Iterator<Item = String>) -> String {
    cells.collect::<Vec<_>>().join(",") + "\r\n"
}

fn redacted<'a>(redactor: Option<&Redactor>, name: &str, value: &'a str) -> Cow<'a, str> {
    redactor.map_or(Cow::Borrowed(value), |redactor| redactor.redact_value(name, value))
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::field::Written;

    fn table() -> Table {
        let mut table = Table::default();
        table.set(Rows::of([
            vec![("stream", "b"), ("n", "9"), ("said", "x, \"y\"\nz")],
            vec![("stream", "a"), ("n", "10"), ("said", "password=hunter2"), ("token", "abc")],
            vec![("stream", "c"), ("said", "plain")],
        ]));
        table
    }

    fn file(table: &Table, name: &str) -> String {
        Saving::of(table, name.to_string(), Some(&Redactor::default())).next_piece()
    }

    #[test]
    fn files_and_the_clipboard_have_no_secrets() {
        let mut table = table();
        let csv = "stream,n,said,token\r\nb,9,\"x, \"\"y\"\"\nz\",\r\n\
                   a,10,password=<redacted>,<redacted>\r\nc,,plain,\r\n";
        assert_eq!(file(&table, "x.csv"), csv);
        let told = file(&table, "x.jsonl");
        let lines: Vec<serde_json::Value> = told.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines[1], json!({ "stream": "a", "n": 10.0, "said": "password=<redacted>", "token": "<redacted>" }));
        assert_eq!(lines[2], json!({ "stream": "c", "said": "plain" }));
        assert_eq!(table.line_to_copy(None).unwrap(), "stream=b  n=9  said=x, \"y\"\nz");
        table.step(1);
        assert_eq!(
            table.line_to_copy(Some(&Redactor::default())).unwrap(),
            "stream=a  n=10  said=password=<redacted>  token=<redacted>"
        );
    }

    #[test]
    fn a_file_is_what_was_shown_when_it_was_begun_in_pieces() {
        let long = "x".repeat(PIECE / 4);
        let mut table = Table::default();
        table.set(Rows::of((0..9).map(|n| [("n", n.to_string()), ("long", long.clone())])));
        table.write_filter(Written::Pasted("n:[1-8]"));
        let mut saving = Saving::of(&table, "x.csv".to_string(), None);
        let first = saving.next_piece();
        table.clear_filter();
        table.set(Rows::default());
        assert!(first.starts_with("n,long\r\n1,x") && saving.progress() == (4, 8));
        let second = saving.next_piece();
        assert!(second.starts_with("5,x") && second.ends_with("x\r\n") && saving.progress() == (8, 8));
    }
}
