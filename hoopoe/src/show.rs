//! What commands print. Results go to standard output, progress and errors to standard error.

use comfy_table::{Table, presets};

/// Prints lines.
pub(crate) fn line(text: impl AsRef<str>) {
    println!("{}", text.as_ref());
}

/// A table of short columns.
pub(crate) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(head.iter().copied());
    table.add_rows(rows);
    line(table.trim_fmt());
}

/// Prints why a command failed.
pub(crate) fn error(text: impl std::fmt::Display) {
    eprintln!("error: {text}");
}
