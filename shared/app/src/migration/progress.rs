//! How far an import or an export is.

/// What an import or an export is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Pictures.
    Photos,
    /// Messages of scenarios.
    Messages,
    /// Contacts.
    Contacts,
    /// Timers of the contacts' next messages; each goes with its contact.
    Timers,
    /// What payment services had said of contacts.
    Payments,
}

impl Stage {
    /// What is counted.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Photos => "pictures",
            Self::Messages => "messages",
            Self::Contacts => "contacts",
            Self::Timers => "next messages",
            Self::Payments => "payments",
        }
    }
}

/// How far it is with a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The stage.
    pub stage: Stage,
    /// So many are done.
    pub done: usize,
    /// Of so many; while they are being counted, of about so many.
    pub total: usize,
}
