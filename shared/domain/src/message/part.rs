//! Parts as messages.

use crate::scenario::Part;

impl Part {
    /// What it says without its form; nothing when it is photos alone.
    pub fn plain(&self) -> &str {
        match self {
            Self::Text { text, .. } => &text.plain,
            Self::Photo { caption, .. } => &caption.plain,
            Self::Album { .. } => "",
        }
    }
}
