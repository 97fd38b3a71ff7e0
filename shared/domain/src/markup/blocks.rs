//! Lists, tables and what stands between blocks.

use super::writer::Writer;

/// Where the reader is among blocks.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// The open lists, each with its next number if it has numbers.
    lists: Vec<Option<u64>>,
    /// The length of the text behind the last bullet: a block that begins there needs no new line.
    bullet: Option<usize>,
    /// The cells of the row so far.
    cells: usize,
    /// The length of the text before each open picture.
    pictures: Vec<usize>,
}

impl Blocks {
    /// What is before a block: a new line, and an empty one where its author left one. Nothing behind
    /// a bullet.
    pub(super) fn gap_before(&self, blank: bool, out: &mut Writer<'_>) {
        if self.bullet != Some(out.units()) {
            out.set_gap(if blank { 2 } else { 1 });
        }
    }

    pub(super) fn begin_list(&mut self, first: Option<u64>) {
        self.lists.push(first);
    }

    pub(super) fn end_list(&mut self, out: &mut Writer<'_>) {
        self.lists.pop();
        out.gap(1);
    }

    pub(super) fn begin_item(&mut self, blank: bool, out: &mut Writer<'_>) {
        let depth = self.lists.len().saturating_sub(1);
        let bullet = match self.lists.last_mut() {
            Some(Some(number)) => {
                let bullet = format!("{number}. ");
                *number = number.saturating_add(1);
                bullet
            }
            _ => "• ".to_owned(),
        };
        self.gap_before(blank, out);
        out.text(&format!("{}{bullet}", "    ".repeat(depth.min(4))));
        self.bullet = Some(out.units());
    }

    pub(super) fn end_item(&mut self, out: &mut Writer<'_>) {
        self.bullet = None;
        out.gap(1);
    }

    pub(super) fn begin_row(&mut self) {
        self.cells = 0;
    }

    pub(super) fn begin_cell(&mut self, out: &mut Writer<'_>) {
        if self.cells > 0 {
            out.text(" | ");
        }
        self.cells += 1;
    }

    pub(super) fn begin_picture(&mut self, units: usize) {
        self.pictures.push(units);
    }

    /// Whether the picture that ends has no words of its own.
    pub(super) fn picture_is_bare(&mut self, units: usize) -> bool {
        self.pictures.pop() == Some(units)
    }
}
