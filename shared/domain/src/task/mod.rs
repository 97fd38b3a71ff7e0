//! Scheduled tasks: what a company has Hoopoe do on a schedule, and what became of each run.
//!
//! A task owns one timer, whose job's id stands in it: a timer of another id is one of before a
//! change, and does nothing. The run of a timer writes the next one, the first after *now*, in the
//! transaction that starts what is to be done; an outage is followed by one run.

mod act;
mod decide;
mod kwarg;

use serde::{Deserialize, Serialize};

use crate::ids::{BotId, CompanyId, JobId, TaskId, TaskRunId};
use crate::schedule::Schedule;
use crate::slug::Slug;
use crate::time::Timestamp;

pub use act::{Act, Cast, Report, Say, TaskKind, Tell};
pub use decide::{
    Deed, Ended, Started, TaskChange, TaskIds, decide_change, decide_create, decide_due,
    decide_end, decide_remove, decide_run_now, decide_switch,
};
pub use kwarg::MAX_TEXT;

/// A company has at most this many tasks.
pub const TASKS_PER_COMPANY: usize = 100;
/// How many of the next runs are told.
pub const UPCOMING: usize = 5;

/// Something that a company has done on a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledTask {
    /// Its id, under which its runs stand.
    pub id: TaskId,
    /// Whose it is.
    pub company_id: CompanyId,
    /// What it is called in addresses: unique in its company.
    pub slug: Slug,
    /// What people call it.
    pub name: String,
    /// What is done.
    pub act: Act,
    /// When.
    pub schedule: Schedule,
    /// Whether it runs by itself.
    pub enabled: bool,
    /// What an interval is counted from: when the schedule was made or switched on.
    pub begun: Timestamp,
    /// The timer of its next run, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextRun>,
    /// The last run that the schedule started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<TaskRunId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

/// The timer of a task's next run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextRun {
    /// When it is due.
    pub at: Timestamp,
    /// The job: a timer of another one is void.
    pub job: JobId,
}

impl ScheduledTask {
    /// The same task with the chat's new id; `None` when it does not write to that chat.
    pub fn moved(&self, from: i64, to: i64) -> Option<Self> {
        let Act::SendTelegramMessage(say) = &self.act else { return None };
        if say.chat_id != Some(from) {
            return None;
        }
        let act = Act::SendTelegramMessage(Say { chat_id: Some(to), ..say.clone() });
        Some(Self { act, ..self.clone() })
    }

    /// The next runs after `now`, at most [`UPCOMING`]; none while it is switched off.
    pub fn upcoming(&self, now: Timestamp) -> Vec<Timestamp> {
        let timetable = self.schedule.check("").ok().filter(|_| self.enabled);
        timetable.map(|it| it.upcoming(self.begun, now, UPCOMING)).unwrap_or_default()
    }
}

/// Why a run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Its time had come.
    Schedule,
    /// Someone asked for it.
    Manual,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// What it does is under way.
    Running,
    /// It was done: the message was taken, or the alert or the broadcast is on its way.
    Sent,
    /// It could not be done.
    Failed,
    /// It was not to be done: the run before is still under way.
    Skipped,
    /// Nobody can tell whether the message was taken.
    Unknown,
}

/// One run of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRun {
    /// Its id.
    pub id: TaskRunId,
    /// The task.
    pub task_id: TaskId,
    /// Whose it is.
    pub company_id: CompanyId,
    /// Why it began.
    pub trigger: Trigger,
    /// When it was due.
    pub due: Timestamp,
    /// When it began.
    pub started_at: Timestamp,
    /// The message that is sent, if it sends one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<RunMessage>,
    /// The broadcast that it made and sends, if it sends one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast: Option<Slug>,
    /// Where it stands.
    pub status: RunStatus,
    /// Why it did not end well. Never personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// The message of a run: as the task said it when the run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunMessage {
    /// The bot that sends.
    pub bot: BotId,
    /// The chat that receives.
    pub chat_id: i64,
    /// What is said.
    pub text: String,
}

/// Runs are listed this long.
pub const RUNS_KEPT: std::time::Duration = std::time::Duration::from_hours(24 * 90);

#[cfg(test)]
mod tests;
