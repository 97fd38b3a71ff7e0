//! What can be wrong at a place of a template, as data: each language has words of its own for it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What is wrong. Shown, it is in English, for the author.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// The whole text is too long.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The most characters.
        max: usize,
    },
    /// Braces are closed that were not opened.
    #[error("`}}}}` without `{{{{` before it")]
    NotOpened,
    /// Braces are opened and not closed.
    #[error("`{{{{` without `}}}}` behind it")]
    NotClosed,
    /// A statement or a comment.
    #[error("only `{{{{ scope.variable }}}}` is possible: no statements, no comments")]
    Statement,
    /// There is nothing between the braces.
    #[error("a variable must stand between the braces, as in `{{{{ user.user_name }}}}`")]
    NoVariable,
    /// A variable without its scope.
    #[error("`{name}` needs its scope before it: `bot.`, `scenario.` or `user.`")]
    NoScope {
        /// The variable.
        name: String,
    },
    /// More than a scope and a variable.
    #[error("`{found}` has too many parts: only a scope and a variable")]
    TooManyParts {
        /// What stands between the braces.
        found: String,
    },
    /// There is no such scope.
    #[error("there is no scope `{scope}`; there are bot, scenario, user")]
    UnknownScope {
        /// What stands for it.
        scope: String,
    },
    /// The scope has no such variable.
    #[error("there is no variable `{variable}`; there are {known}")]
    UnknownVariable {
        /// The variable, with its scope.
        variable: String,
        /// Those that there are.
        known: String,
    },
    /// A variable of a scenario, in a text that belongs to none.
    #[error("`{variable}` is of a scenario, and a broadcast belongs to none")]
    OfScenario {
        /// The variable, with its scope.
        variable: String,
    },
    /// More than a variable.
    #[error("only a variable is possible, as in `{{{{ user.user_name }}}}`")]
    OnlyVariable,
    /// Nothing that could be read.
    #[error("is no variable: {why}")]
    Unreadable {
        /// Why, in the English words of who reads it.
        why: String,
    },
}
