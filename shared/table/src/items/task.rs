//! Scheduled tasks and their runs.

use domain::task::{RUNS_KEPT, ScheduledTask, TaskRun};

use crate::items::plain_item;
use crate::keys;

plain_item!(ScheduledTask, "scheduled_task", |it| keys::scheduled_task(it.company_id, &it.slug),
    version: it.version);
plain_item!(TaskRun, "task_run", |it| keys::task_run(it.task_id, it.id),
    expires: Some(it.started_at + RUNS_KEPT));
