//! Targets: what a user watches.

mod change_target;
mod create_target;
mod gathered;
mod guests;
mod history;
mod link_channel;
mod read;
mod remove_target;
mod set_status;

pub use change_target::{ChangeTarget, change_target};
pub use create_target::{CreateTarget, create_target};
pub(crate) use guests::{depart, farewells, leaving};
pub use history::{
    FoundOffer, OfferDeliveries, OfferDelivery, list_channel_deliveries, list_target_deliveries,
    list_target_offers,
};
pub use link_channel::{link_channel, unlink_channel};
pub use read::{find_target, list_targets};
pub use remove_target::remove_target;
pub use set_status::set_status;

use domain::account::{Tier, User};
use domain::ids::UserId;
use domain::watch::{Amount, Target};
use table::keys;

use crate::{App, AppError};

/// The user as they are now, with what they have and may have. The user is read first: who makes a
/// target meanwhile changes the user, and the decision that follows is not committed.
pub(crate) async fn account(
    app: &App,
    user_id: UserId,
) -> Result<(User, (Amount, Amount)), AppError> {
    let user = app.table.get::<User>(&keys::user(user_id)).await?;
    let user = user.ok_or(AppError::Unauthenticated)?;
    let targets: Vec<Target> = app.table.query_all(&keys::user(user_id).pk, keys::TARGETS).await?;
    let allowed = match user.tier {
        Tier::Free => app.site.free,
        Tier::Pro => app.site.pro,
    };
    let quota = Amount { targets: allowed.targets, pages: allowed.pages };
    Ok((user, (Amount::of(&targets), quota)))
}
