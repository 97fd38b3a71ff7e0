//! What commands print. Results go to standard output, progress and errors to standard error.

use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

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

/// A bar on standard error of how many `of` these are done; hidden for `quiet` commands, and where nobody
/// looks at a terminal.
pub(crate) fn bar(quiet: bool, length: usize, of: &'static str) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} {msg}");
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX)).with_message(of);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
