//! Bars on standard error of how far an import or an export is, one for each stage.

use std::collections::BTreeMap;

use app::migration::{Progress, Stage};
use indicatif::{MultiProgress, ProgressBar};

use crate::show;

/// The bars of the stages that were begun. They go with it.
#[derive(Debug)]
pub(super) struct Bars {
    quiet: bool,
    all: MultiProgress,
    begun: BTreeMap<Stage, ProgressBar>,
}

impl Bars {
    /// None so far; `quiet` ones never show.
    pub(super) fn new(quiet: bool) -> Self {
        Self { quiet, all: MultiProgress::new(), begun: BTreeMap::new() }
    }

    /// Shows how far it is.
    pub(super) fn show(&mut self, at: Progress) {
        let (quiet, all) = (self.quiet, &self.all);
        let new = || {
            let bar = show::bar(quiet, at.total, at.stage.as_str());
            if quiet { bar } else { all.add(bar) }
        };
        let bar = self.begun.entry(at.stage).or_insert_with(new);
        bar.set_length(u64::try_from(at.total).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(at.done).unwrap_or(u64::MAX));
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        for bar in self.begun.values() {
            bar.finish_and_clear();
        }
    }
}
