//! Logging out.

use domain::account::Session;
use domain::engine::{Decision, Write};
use table::CommitError;

use crate::{App, AppError};

/// Ends the session. One that has ended already stays so.
pub async fn log_out(app: &App, session: Session) -> Result<(), AppError> {
    let decision = Decision::new(app.env.id(), app.env.now(), ());
    match app.commit(decision.write(Write::Remove(session.into()))).await {
        Ok(()) | Err(CommitError::Changed(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
