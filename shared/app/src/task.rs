//! Scheduled tasks: what a company has done on a schedule.

mod change_task;
mod create_task;
mod deed;
mod read;
mod remove_task;
mod run_due;
mod run_now;
mod wish;

pub use change_task::{ChangeTask, change_task, switch_task};
pub use create_task::{CreateTask, create_task};
pub use read::{find_task, list_runs, list_tasks};
pub use remove_task::remove_task;
pub(crate) use run_due::run_due;
pub use run_now::run_now;
pub use wish::Wish;

use domain::task::TaskIds;

use crate::App;

fn ids(app: &App) -> TaskIds {
    TaskIds { decision: app.env.id(), next: app.env.id() }
}
