//! The end of a job that only changes state: its timer goes in the transaction that writes it.

use std::time::Duration;

use domain::engine::retry::JobError;
use domain::engine::{NewJob, Timer, Write};
use table::TableError;

use crate::App;
use crate::handover::hand_over;

/// So often it is decided again when what was read has changed meanwhile.
const AT_MOST: u32 = 8;
/// How long to wait before that.
const PAUSE: Duration = Duration::from_millis(20);

/// What a job writes, and the jobs that follow from it.
pub(crate) type Outcome = (Vec<Write>, Vec<NewJob>);

/// Decides and commits, again from the start while what was read has changed; `None` is a timer
/// that just goes. `false` when another run of the timer was first.
pub(crate) async fn settle<F>(
    app: &App,
    timer: &Timer,
    mut decide: impl FnMut() -> F,
) -> Result<bool, JobError>
where
    F: Future<Output = Result<Option<Outcome>, JobError>>,
{
    let failed = |error: TableError| JobError::Retry(error.to_string());
    for _ in 0..AT_MOST {
        let Some((writes, jobs)) = decide().await? else {
            return app.table.delete_timer(&timer.key).await.map_err(failed);
        };
        let done = app.table.finish_timer_with(&timer.key, &writes, jobs).await;
        if let Some(done) = done.map_err(failed)? {
            hand_over(app, &done.timers).await;
            return Ok(true);
        }
        // Either the timer is someone else's now, or what was read has changed.
        let stands = app.table.timers(&[timer.key]).await.map_err(failed)?;
        if stands.into_iter().flatten().next().is_none() {
            return Ok(false);
        }
        app.env.clock.sleep(PAUSE.mul_f64(0.5 + app.env.fraction())).await;
    }
    Err(JobError::Retry("what it is about changes all the time".to_owned()))
}

/// [`settle`] for a job that may write nothing: its timer goes alone then. `left` is one more job that follows.
pub(crate) async fn settle_with<F>(
    app: &App,
    timer: &Timer,
    left: Option<NewJob>,
    mut decide: impl FnMut() -> F,
) -> Result<bool, JobError>
where
    F: Future<Output = Result<Outcome, TableError>>,
{
    settle(app, timer, || {
        let (decided, left) = (decide(), left.clone());
        async move {
            let decided = decided.await.map_err(|error| JobError::Retry(error.to_string()));
            let (writes, mut jobs) = decided?;
            jobs.extend(left);
            let nothing = writes.is_empty() && jobs.is_empty();
            Ok((!nothing).then_some((writes, jobs)))
        }
    })
    .await
}
