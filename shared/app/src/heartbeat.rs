//! The heartbeat: started once, then it keeps itself going.

use domain::engine::{Decision, Job, NewJob, Timer, Write};
use domain::heartbeat::Heartbeat;
use table::{CommitError, TableError, keys};

use crate::App;
use crate::handover::hand_over;

/// Starts the heartbeat where there is none.
pub async fn start(app: &App, every_seconds: u32) -> Result<(), CommitError> {
    let now = app.env.now();
    let heartbeat = Heartbeat::new(every_seconds, now);
    let job = NewJob {
        id: app.env.id(),
        job: Job::Heartbeat,
        due: heartbeat.next(now, now),
        owner: None,
    };
    let decision =
        Decision::new(app.env.id(), now, ()).write(Write::Create(heartbeat.into())).job(job);
    match app.commit(decision).await {
        // It beats already.
        Ok(()) | Err(CommitError::Changed(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// How it goes, if it was ever started.
pub async fn read(app: &App) -> Result<Option<Heartbeat>, TableError> {
    app.table.get(&keys::heartbeat()).await
}

/// One run, `false` when another run of the same beat was first: its record and its next timer are written in the transaction that ends it. Without a
/// record it was stopped, and ends here.
pub(crate) async fn beat(app: &App, timer: &Timer) -> Result<bool, TableError> {
    let Some(heartbeat) = read(app).await? else {
        return app.table.delete_timer(&timer.key).await;
    };
    let now = app.env.now();
    let next = NewJob {
        id: app.env.id(),
        job: Job::Heartbeat,
        due: heartbeat.next(timer.due, now),
        owner: None,
    };
    let record = Write::Replace(heartbeat.after_run(timer.due, now).into());
    let committed = app.table.finish_timer_with(&timer.key, &[record], vec![next]).await?;
    let Some(committed) = committed else { return Ok(false) };
    hand_over(app, &committed.timers).await;
    Ok(true)
}
