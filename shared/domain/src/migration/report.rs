//! What was read and what could not be.

use std::fmt;

use serde::Serialize;

/// Something that a file says and that is not taken as it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// Where in it: a path in its JSON, such as `$.123.reg_time`, or line and column of a text; empty
    /// for the whole.
    pub at: String,
    /// What is the matter. It never repeats a value of a contact.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() {
            return write!(f, "{}: {}", self.file, self.message);
        }
        write!(f, "{}: {}: {}", self.file, self.at, self.message)
    }
}

/// What an import found in the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The files that were read, in order, as seen from `data/`.
    pub read: Vec<String>,
    /// The files that were given and that nothing was read from, in order, as they lie in the directory.
    pub unread: Vec<String>,
    /// What refuses the import.
    pub errors: Vec<Finding>,
    /// What was left out or understood in another way.
    pub warnings: Vec<Finding>,
}

impl Report {
    pub(super) fn error(&mut self, file: &str, at: &str, message: impl Into<String>) {
        push(&mut self.errors, file, at, message.into());
    }

    pub(super) fn warning(&mut self, file: &str, at: &str, message: impl Into<String>) {
        push(&mut self.warnings, file, at, message.into());
    }
}

fn push(findings: &mut Vec<Finding>, file: &str, at: &str, message: String) {
    let finding = Finding { file: file.to_owned(), at: at.to_owned(), message };
    // A set of buttons or a text that several messages share is told of once.
    if !findings.iter().rev().take(200).any(|it| *it == finding) {
        findings.push(finding);
    }
}
