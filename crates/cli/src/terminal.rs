//! Standard output: whoever reads it may stop reading, and the server goes on. Everything else goes to standard error.

use std::io::{IsTerminal as _, Write as _, stderr, stdout};

use serde_json::Value;

/// Prints a text as it is. A reader that went away (`larder dev | head`) is no reason to end.
pub(crate) fn say(text: &str) {
    let mut out = stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints a document for programs.
pub(crate) fn say_json(document: &Value) {
    say(&format!("{document:#}\n"));
}

/// Prints rows in columns, each as wide as its longest text; the first row is the heading.
pub(crate) fn say_table(rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let texts = rows.iter().filter_map(|row| row.get(column));
        texts.map(|text| text.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut lines = String::new();
    for row in rows {
        let padded = row.iter().zip(&widths).map(|(text, width)| format!("{text:width$}"));
        lines.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        lines.push('\n');
    }
    say(&lines);
}

/// Says a line beside the result, for a person only: nothing when standard error is not a terminal.
pub(crate) fn note(text: &str) {
    if stderr().is_terminal() {
        eprintln!("{text}");
    }
}

/// A server's or a URL's text on one line, without control characters, which a terminal would obey.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// A text as one word of a POSIX shell.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
