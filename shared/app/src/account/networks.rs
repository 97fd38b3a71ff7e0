//! The networks that a user is known in, and that they are known there no more.

use domain::account::{KnownNetwork, Session};
use domain::engine::{Decision, Write};
use domain::ids::UserId;
use table::{CommitError, keys};

use crate::{App, AppError};

/// So many networks are forgotten in one transaction.
const AT_ONCE: usize = 100;

/// Whoever has logged in elsewhere with the user's password is a stranger there from now on: the user stays known
/// only where this session of theirs began.
pub(super) async fn forget_other_networks(app: &App, kept: &Session) -> Result<(), AppError> {
    forget_networks(app, kept.user_id, |known| kept.network.as_ref() != Some(&known.network)).await
}

/// Makes the user a stranger in those networks that are to be forgotten.
pub(super) async fn forget_networks(
    app: &App,
    user_id: UserId,
    forgotten: impl Fn(&KnownNetwork) -> bool,
) -> Result<(), AppError> {
    loop {
        let pk = keys::user(user_id).pk;
        let known = app.table.query_all::<KnownNetwork>(&pk, keys::NETWORKS).await?;
        let mut decision = Decision::new(app.env.id(), app.env.now(), ());
        let some = known.into_iter().filter(&forgotten).take(AT_ONCE);
        decision.writes.extend(some.map(|known| Write::Remove(known.into())));
        if decision.writes.is_empty() {
            return Ok(());
        }
        match app.commit(decision).await {
            // Another request was faster.
            Ok(()) | Err(CommitError::Changed(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
