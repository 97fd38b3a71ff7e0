//! The codes of what goes wrong with scenarios, as callers of the API and logs have them.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What went wrong. The code is stable; the words may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ScenarioCode {
    /// The bot has no scenario of this name.
    #[error("there is no such scenario")]
    ScenarioNotFound,
    /// The contact is under way in it already.
    #[error("the scenario is under way already")]
    ScenarioAlreadyActive,
    /// The scenario, or the contact in it, is in a state that does not allow this.
    #[error("the scenario's state does not allow this")]
    InvalidScenarioState,
    /// The scenario has no step of this name.
    #[error("there is no such message")]
    MessageNotFound,
    /// A text could not be made of its template.
    #[error("the text could not be made of its template")]
    TemplateRenderFailed,
    /// The next message could not be scheduled.
    #[error("the next message could not be scheduled")]
    ScheduleFailed,
    /// The bot has no contact of this id.
    #[error("there is no such contact")]
    UserNotFound,
    /// Only for those who have paid.
    #[error("a payment is required")]
    PaymentRequired,
}

impl ScenarioCode {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::ScenarioNotFound,
        Self::ScenarioAlreadyActive,
        Self::InvalidScenarioState,
        Self::MessageNotFound,
        Self::TemplateRenderFailed,
        Self::ScheduleFailed,
        Self::UserNotFound,
        Self::PaymentRequired,
    ];

    /// The code, such as `SCENARIO_NOT_FOUND`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ScenarioNotFound => "SCENARIO_NOT_FOUND",
            Self::ScenarioAlreadyActive => "SCENARIO_ALREADY_ACTIVE",
            Self::InvalidScenarioState => "INVALID_SCENARIO_STATE",
            Self::MessageNotFound => "MESSAGE_NOT_FOUND",
            Self::TemplateRenderFailed => "TEMPLATE_RENDER_FAILED",
            Self::ScheduleFailed => "SCHEDULE_FAILED",
            Self::UserNotFound => "USER_NOT_FOUND",
            Self::PaymentRequired => "PAYMENT_REQUIRED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_in_json_as_everywhere_else() {
        for code in ScenarioCode::ALL {
            let json = serde_json::to_string(&code).expect("JSON");
            assert_eq!(json, format!("\"{}\"", code.as_str()));
        }
    }
}
