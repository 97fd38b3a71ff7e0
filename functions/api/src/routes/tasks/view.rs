//! How tasks, their schedules and their runs are written.

use domain::schedule::Schedule;
use domain::task::{RunStatus, ScheduledTask, TaskRun, Trigger};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// When a task runs: one of the two.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = Schedule)]
pub(super) enum ScheduleBody {
    /// Every so often, counted from when the schedule is made or switched on: a minute at least.
    Interval(IntervalBody),
    /// At the times of a cron pattern, on the clocks of a time zone.
    Crontab(CrontabBody),
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = Interval)]
pub(super) struct IntervalBody {
    /// So many periods.
    #[schema(minimum = 1)]
    every: u32,
    /// Of this length; a day has 24 hours.
    period: PeriodName,
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = Period)]
enum PeriodName {
    Seconds,
    Minutes,
    Hours,
    Days,
}

/// A cron pattern. Where both days are restricted, either makes the day. A local time that clocks
/// skip runs at the next valid instant; one that comes twice runs once.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = Crontab)]
pub(super) struct CrontabBody {
    /// 0 to 59, such as `0,30` or `*/5`; `*` when absent.
    #[schema(nullable = false)]
    minute: Option<String>,
    /// 0 to 23; `*` when absent.
    #[schema(nullable = false)]
    hour: Option<String>,
    /// 0 to 7 or `sun` to `sat`; `*` when absent.
    #[schema(nullable = false)]
    day_of_week: Option<String>,
    /// 1 to 31; `*` when absent.
    #[schema(nullable = false)]
    day_of_month: Option<String>,
    /// 1 to 12 or `jan` to `dec`; `*` when absent.
    #[schema(nullable = false)]
    month_of_year: Option<String>,
    /// A name such as `Europe/Berlin`; `UTC` when absent.
    #[schema(nullable = false)]
    timezone: Option<String>,
}

/// What a task is to be.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewTask)]
pub(super) struct CreateRequest {
    /// What people call it: at most 100 characters.
    #[schema(required, nullable = false, min_length = 1, max_length = 100)]
    pub(super) name: Option<String>,
    /// What it is called in addresses; made from the name when absent. It never changes.
    #[schema(pattern = "^[a-z0-9_-]{1,48}$")]
    pub(super) slug: Option<String>,
    /// The name of an available task, or an alias of it.
    #[schema(required, nullable = false)]
    pub(super) task: Option<String>,
    /// The task's arguments, as its schema says.
    #[schema(value_type = Option<Object>)]
    pub(super) kwargs: Option<Map<String, Value>>,
    /// When it runs.
    #[schema(value_type = ScheduleBody, required, nullable = false)]
    pub(super) schedule: Option<Schedule>,
    /// Whether it runs by itself: yes when absent.
    pub(super) enabled: Option<bool>,
}

/// What is to be different. What is absent stays.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = TaskChange)]
pub(super) struct ChangeRequest {
    /// What people call it: at most 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    pub(super) name: Option<String>,
    /// The name of an available task, or an alias of it.
    pub(super) task: Option<String>,
    /// All of the task's arguments.
    #[schema(value_type = Option<Object>)]
    pub(super) kwargs: Option<Map<String, Value>>,
    /// When it runs.
    #[schema(value_type = Option<ScheduleBody>)]
    pub(super) schedule: Option<Schedule>,
    /// Whether it runs by itself.
    pub(super) enabled: Option<bool>,
}

/// A scheduled task.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ScheduledTask)]
pub(super) struct TaskView {
    /// What it is called in addresses.
    slug: String,
    /// What people call it.
    name: String,
    /// What it does.
    task: String,
    /// The task's arguments.
    #[schema(value_type = Object)]
    kwargs: Value,
    /// When it runs.
    #[schema(value_type = ScheduleBody)]
    schedule: Schedule,
    /// Whether it runs by itself.
    enabled: bool,
    /// The next five runs, RFC 3339, UTC; none while it is switched off.
    #[schema(value_type = Vec<String>)]
    next_runs: Vec<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl TaskView {
    pub(super) fn new(task: &ScheduledTask, now: Timestamp) -> Self {
        Self {
            slug: task.slug.to_string(),
            name: task.name.clone(),
            task: task.act.kind().name().to_owned(),
            kwargs: task.act.kwargs(),
            schedule: task.schedule.clone(),
            enabled: task.enabled,
            next_runs: task.upcoming(now).into_iter().map(Timestamp::rfc3339).collect(),
            created_at: task.created_at.rfc3339(),
        }
    }
}

/// The names of [`Trigger`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = Trigger)]
enum TriggerName {
    Schedule,
    Manual,
}

/// The names of [`RunStatus`], for the description.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the derived description is used")]
#[schema(as = RunStatus)]
enum RunStatusName {
    Running,
    Sent,
    Failed,
    Skipped,
    Unknown,
}

/// One run of a task.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = TaskRun)]
pub(super) struct RunView {
    /// Its id.
    id: Uuid,
    /// Why it began.
    #[schema(value_type = TriggerName)]
    trigger: Trigger,
    /// When it was due, RFC 3339, UTC.
    #[schema(format = DateTime)]
    due_at: String,
    /// When it began.
    #[schema(format = DateTime)]
    started_at: String,
    /// When it ended; `null` while it is under way.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// Where it stands.
    #[schema(value_type = RunStatusName)]
    status: RunStatus,
    /// The slug of the broadcast that it made and sends, if it sends one.
    broadcast: Option<String>,
    /// Why it did not end well.
    reason: Option<String>,
}

impl From<&TaskRun> for RunView {
    fn from(run: &TaskRun) -> Self {
        Self {
            id: run.id.0,
            trigger: run.trigger,
            due_at: run.due.rfc3339(),
            started_at: run.started_at.rfc3339(),
            ended_at: run.ended_at.map(Timestamp::rfc3339),
            status: run.status,
            broadcast: run.broadcast.as_ref().map(ToString::to_string),
            reason: run.reason.clone(),
        }
    }
}
