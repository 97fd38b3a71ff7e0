//! How often one caller may do what costs something elsewhere, or could harm others. The numbers stand in
//! [`runtime::config::Attempts`], each with its reason.

use std::time::Duration;

use app::{App, AppError};
use domain::account::fold;
use web::CallerIp;
use web::limit::Limit;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const TEN_MINUTES: Duration = Duration::from_mins(10);

/// Test messages go to chats that a user only says are theirs.
pub(crate) fn test_messages(app: &App) -> Limit {
    let attempts = app.site.attempts.test_messages_per_user;
    Limit { name: "test-message", attempts, window: TEN_MINUTES }
}

/// Links that connect a chat, of one user.
pub(crate) fn registrations(app: &App) -> Limit {
    let attempts = app.site.attempts.registrations_per_user;
    Limit { name: "registration-user", attempts, window: TEN_MINUTES }
}

/// People that one company invites through Telegram.
pub(crate) fn invites(app: &App) -> Limit {
    let attempts = app.site.attempts.invites_per_company;
    Limit { name: "invite-company", attempts, window: DAY }
}

/// API keys that one company makes.
pub(crate) fn api_keys(app: &App) -> Limit {
    let attempts = app.site.attempts.api_keys_per_company;
    Limit { name: "api-key-company", attempts, window: DAY }
}

/// Tokens of bots that one company shows.
pub(crate) fn bot_tokens(app: &App) -> Limit {
    let attempts = app.site.attempts.bot_tokens_per_company;
    Limit { name: "bot-token-company", attempts, window: HOUR }
}

/// Pages at the payment service that one user opens.
pub(crate) fn payment_pages(app: &App) -> Limit {
    let attempts = app.site.attempts.payment_pages_per_user;
    Limit { name: "payment-page-user", attempts, window: HOUR }
}

/// Counts the mail that invites a colleague: of the company, of where its admin calls from, and of the address
/// that it goes to.
pub(crate) async fn count_invitation(
    app: &App,
    company: &str,
    caller: CallerIp,
    address: &str,
) -> Result<(), AppError> {
    let limits = app.site.attempts;
    let limit = |name, attempts| Limit { name, attempts, window: DAY };
    limit("invitation-company", limits.invitations_per_company).attempt(app, company).await?;
    let per_address = limit("invitation-address", limits.invitations_per_address);
    per_address.attempt(app, &caller.scope()).await?;
    limit("invitation-email", limits.invitations_per_email).attempt(app, &fold(address)).await
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
