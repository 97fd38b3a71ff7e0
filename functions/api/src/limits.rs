//! How often one caller may do what costs something elsewhere, or could harm others. The numbers stand in
//! [`runtime::config::Attempts`], each with its reason.

use std::time::Duration;

use app::{App, AppError};
use domain::account::fold;
use web::CallerIp;
use web::limit::{Counted, Limit, attempt_all, give_back};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const TEN_MINUTES: Duration = Duration::from_mins(10);

/// What one user or one company may do only so often.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limited {
    /// Test messages of one user: they go to chats that a user only says are theirs.
    TestMessages,
    /// Links that connect a chat, of one user.
    Registrations,
    /// People that one company invites through Telegram.
    Invites,
    /// API keys that one company makes.
    ApiKeys,
    /// Tokens of bots that one company shows.
    BotTokens,
    /// Pages at the payment service that one user opens.
    PaymentPages,
}

impl Limited {
    /// Counts one attempt of `who`.
    ///
    /// # Errors
    /// [`AppError::TooMany`] when it is one too many.
    pub(crate) async fn count(self, app: &App, who: &str) -> Result<(), AppError> {
        let most = app.site.attempts;
        let (name, attempts, window) = match self {
            Self::TestMessages => ("test-message", most.test_messages_per_user, TEN_MINUTES),
            Self::Registrations => ("registration-user", most.registrations_per_user, TEN_MINUTES),
            Self::Invites => ("invite-company", most.invites_per_company, DAY),
            Self::ApiKeys => ("api-key-company", most.api_keys_per_company, DAY),
            Self::BotTokens => ("bot-token-company", most.bot_tokens_per_company, HOUR),
            Self::PaymentPages => ("payment-page-user", most.payment_pages_per_user, HOUR),
        };
        Limit { name, attempts, window }.attempt(app, who).await
    }
}

/// Counts the mail that invites a colleague: of the company, of where its admin calls from, and of the address
/// that it goes to. What one of them refuses is not counted by the others, as nothing is mailed for it; only what the
/// last one refuses stays counted for the company, so that it does not ask for ever. What comes back is to be given
/// back when no mail goes after all.
pub(crate) async fn count_invitation(
    app: &App,
    company: &str,
    caller: CallerIp,
    address: &str,
) -> Result<Vec<Counted>, AppError> {
    let limits = app.site.attempts;
    let limit = |name, attempts| Limit { name, attempts, window: DAY };
    let caller = caller.scope();
    let per_company = limit("invitation-company", limits.invitations_per_company);
    let per_address = limit("invitation-address", limits.invitations_per_address);
    // Last: whoever may send no more must not use up what others may send to somebody.
    let per_email = limit("invitation-email", limits.invitations_per_email);
    let mut counted =
        attempt_all(app, &[(per_company, company), (per_address, caller.as_str())]).await?;
    match per_email.counted(app, &fold(address)).await {
        Ok(last) => counted.push(last),
        Err(refused) => {
            give_back(app, counted.get(1..).unwrap_or_default()).await?;
            return Err(refused);
        }
    }
    Ok(counted)
}

/// Counts a confirmation mail that a user asks for: of the user, of where they call from, and of the
/// address that it goes to.
pub(crate) async fn count_confirmation(
    app: &App,
    user: &str,
    caller: CallerIp,
    address: &str,
) -> Result<(), AppError> {
    let limits = app.site.attempts;
    let limit = |name, attempts| Limit { name, attempts, window: HOUR };
    limit("confirmation-user", limits.confirmations_per_user).attempt(app, user).await?;
    let per_address = limit("confirmation-address", limits.confirmations_per_address);
    per_address.attempt(app, &caller.scope()).await?;
    count_confirmation_to(app, address).await
}

/// Counts a confirmation mail to an address, which gets no more of them whoever asks.
pub(crate) async fn count_confirmation_to(app: &App, address: &str) -> Result<(), AppError> {
    let attempts = app.site.attempts.confirmations_per_email;
    let per_email = Limit { name: "confirmation-email", attempts, window: HOUR };
    per_email.attempt(app, &fold(address)).await
}
