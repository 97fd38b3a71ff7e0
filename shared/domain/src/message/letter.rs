//! A message as a row of blocks, for channels that show more than a chat does.

use crate::wizard::Language;

/// What a message says, block by block, before a channel gives it a form.
///
/// Texts stand as people wrote them; whoever renders escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What it is about, in one line.
    pub subject: String,
    /// What it says, in order.
    pub blocks: Vec<Block>,
    /// What its fixed words are in.
    pub language: Language,
}

/// A part of a [`Letter`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading of one line.
    Heading(String),
    /// Paragraphs, set apart by empty lines.
    Text(String),
    /// A line of prices, or the like, that is to be seen first.
    Strong(String),
    /// A picture.
    Image {
        /// Its address, `http` or `https`.
        url: String,
        /// What is to be read in its place.
        alt: String,
    },
    /// The one thing that the reader is to do.
    Button {
        /// Its words.
        label: String,
        /// Where it leads.
        url: String,
    },
    /// Fine print.
    Small(String),
}
