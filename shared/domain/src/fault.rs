//! What can be wrong with what scenarios and broadcasts say, as data.
//!
//! Callers of the API are told in English, which is how a fault is shown. Who writes in a chat is told in
//! their language: the words are in [`crate::wizard`].

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::slug::Slug;
use crate::template::Fault;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentFault {
    /// A template is faulty.
    #[error("{0}")]
    Template(Fault),
    /// There is nothing to see in it.
    #[error("must say something")]
    Nothing,
    /// Without the values of its variables there is nothing to see in it.
    #[error("must say something, whatever its variables stand for")]
    NothingWithoutValues,
    /// It is too long as it is written.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The most characters.
        max: usize,
    },
    /// A text is too long as a person reads it.
    #[error(
        "must have at most {max} characters as a person reads it; with the longest values it has {units}"
    )]
    TextTooLong {
        /// The most characters.
        max: usize,
        /// How many it may come to have.
        units: usize,
    },
    /// The words of a button are too long.
    #[error("must have at most {max} characters; with the longest values it has {units}")]
    WordsTooLong {
        /// The most characters.
        max: usize,
        /// How many they may come to have.
        units: usize,
    },
    /// There are too many of them.
    #[error("must be at most {max}")]
    TooMany {
        /// The most.
        max: usize,
    },
    /// There are none, or too many.
    #[error("must be 1 to {max}")]
    NoneOrTooMany {
        /// The most.
        max: usize,
    },
    /// It is empty, or too long.
    #[error("must have 1 to {max} bytes")]
    EmptyOrTooLong {
        /// The most bytes.
        max: usize,
    },
    /// It has too many bytes.
    #[error("must have at most {max} bytes")]
    TooManyBytes {
        /// The most bytes.
        max: usize,
    },
    /// The whole message has too many bytes.
    #[error("must have at most {max} bytes in all")]
    TooManyBytesInAll {
        /// The most bytes.
        max: usize,
    },
    /// It leads nowhere.
    #[error("must be an address such as https://example.com/")]
    NoAddress,
    /// The bot has no such set of buttons.
    #[error("there is no button set {set}")]
    NoSuchSet {
        /// What the set was to be called.
        set: Slug,
    },
    /// A set of buttons does not suit a broadcast.
    #[error("has a button that a broadcast cannot have: {fault}")]
    SetOfScenarios {
        /// What is wrong with one of its buttons there.
        fault: Box<Self>,
    },
    /// The bot has no such scenario.
    #[error("there is no scenario {scenario}")]
    NoSuchScenario {
        /// What it was to be called.
        scenario: Slug,
    },
    /// What was named is no scenario of the bot.
    #[error("is no scenario of this bot")]
    NoScenario,
    /// Two conditions exclude one another.
    #[error("contradicts another condition: nobody would match")]
    Contradiction,
    /// The step was deleted while a wizard changed it.
    #[error("is deleted; press its number, and what was to become of it goes too")]
    StepGone,
}
