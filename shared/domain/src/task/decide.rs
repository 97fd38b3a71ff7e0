//! Making, changing and running tasks.

use std::time::Duration;

use super::{Act, NextRun, RunMessage, RunStatus, ScheduledTask, TaskRun, Trigger};
use crate::alert::{AlertIds, NewAlert, decide_alert};
use crate::broadcast::{Broadcast, BroadcastMove, decide_move};
use crate::engine::job::Job;
use crate::engine::timer::{NewJob, TimerKey};
use crate::engine::{Decision, Write};
use crate::ids::{AlertId, CompanyId, DecisionId, JobId, TaskId, TaskRunId};
use crate::mutation::{Rule, broken};
use crate::schedule::Schedule;
use crate::slug::Slug;
use crate::time::Timestamp;

/// A run is waited for this long: what takes longer waits for its bot, or is a dead letter.
const WAITED_FOR: Duration = Duration::from_hours(24);
/// Why a run is skipped.
const STILL_RUNNING: &str = "the run before has not ended";

/// Ids for a decision about a task.
#[derive(Clone, Copy, Debug)]
pub struct TaskIds {
    /// The decision.
    pub decision: DecisionId,
    /// The job of the next run.
    pub next: JobId,
}

/// What is to be different. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskChange {
    /// What people call it.
    pub name: Option<String>,
    /// What is done.
    pub act: Option<Act>,
    /// When. It must have been checked.
    pub schedule: Option<Schedule>,
    /// Whether it runs by itself.
    pub enabled: Option<bool>,
}

/// A new task.
pub fn decide_create(
    ids: TaskIds,
    id: TaskId,
    now: Timestamp,
    (company_id, slug): (CompanyId, Slug),
    (name, act, schedule, enabled): (String, Act, Schedule, bool),
) -> Decision<ScheduledTask> {
    let (begun, created_at) = (now, now);
    let (next, last_run, version) = (None, None, 0);
    let task = ScheduledTask {
        id,
        company_id,
        slug,
        name,
        act,
        schedule,
        enabled,
        begun,
        next,
        last_run,
        created_at,
        version,
    };
    let (task, job) = timed(task, ids.next, now);
    let mut decision = Decision::new(ids.decision, now, task.clone());
    decision.jobs.extend(job);
    decision.write(Write::Create(task.into()))
}

/// A changed task. Its timer stays unless its schedule changes, or whether it runs.
pub fn decide_change(
    ids: TaskIds,
    now: Timestamp,
    task: &ScheduledTask,
    change: TaskChange,
) -> Decision<ScheduledTask> {
    let mut changed = task.clone();
    changed.name = change.name.unwrap_or(changed.name);
    changed.act = change.act.unwrap_or(changed.act);
    changed.schedule = change.schedule.unwrap_or(changed.schedule);
    changed.enabled = change.enabled.unwrap_or(changed.enabled);
    if changed.schedule == task.schedule && changed.enabled == task.enabled {
        let decision = Decision::new(ids.decision, now, changed.clone());
        return decision.write(Write::Replace(changed.into()));
    }
    changed.begun = now;
    let (changed, job) = timed(changed, ids.next, now);
    let mut decision = Decision::new(ids.decision, now, changed.clone());
    decision.writes.extend(cancel(task));
    decision.jobs.extend(job);
    decision.write(Write::Replace(changed.into()))
}

/// A task switched on or off: `None` turns it round.
pub fn decide_switch(
    ids: TaskIds,
    now: Timestamp,
    task: &ScheduledTask,
    enabled: Option<bool>,
) -> Decision<ScheduledTask> {
    let enabled = Some(enabled.unwrap_or(!task.enabled));
    decide_change(ids, now, task, TaskChange { enabled, ..TaskChange::default() })
}

/// A task that is given up, with its timer. Its runs stay until they are forgotten.
pub fn decide_remove(id: DecisionId, now: Timestamp, task: &ScheduledTask) -> Decision {
    let mut decision = Decision::new(id, now, ());
    decision.writes.extend(cancel(task));
    decision.write(Write::Remove(task.clone().into()))
}

/// What a run does, as things are when it begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Sends this.
    Message(RunMessage),
    /// Sends this to the company's links; the run has ended as soon as it is on its way.
    Alert(AlertId, Box<NewAlert>),
    /// Sends a copy of this broadcast; the run has ended as soon as it is on its way.
    Broadcast(Box<Broadcast>),
}

/// What a run begins with: the ids of the run and of the job that carries it out, and what it does,
/// or why it can do nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    /// The run.
    pub run: TaskRunId,
    /// The job that does it.
    pub job: JobId,
    /// What it does, or why it can do nothing.
    pub deed: Result<Deed, String>,
}

/// A run that someone asks for, whatever the schedule.
pub fn decide_run_now(
    id: DecisionId,
    now: Timestamp,
    task: &ScheduledTask,
    started: Started,
) -> Decision<TaskRun> {
    let (run, begun) = start(task, Trigger::Manual, now, now, started);
    let mut decision = Decision::new(id, now, run.clone());
    decision.writes.extend(begun.writes);
    decision.jobs.extend(begun.jobs);
    // A run of a task that is gone has nobody to ask after it.
    decision.write(Write::Expect(task.clone().into())).write(Write::Create(run.into()))
}

/// The run of a timer, due at `due`: the writes and jobs that end it. `None` when the timer is not
/// the task's any more. `before` is the run before, if it is still known.
pub fn decide_due(
    task: &ScheduledTask,
    (fired, due): (JobId, Timestamp),
    before: Option<&TaskRun>,
    (next, started): (JobId, Started),
    now: Timestamp,
) -> Option<(Vec<Write>, Vec<NewJob>)> {
    if !task.enabled || task.next.is_none_or(|it| it.job != fired) {
        return None;
    }
    let (mut run, mut begun) = start(task, Trigger::Schedule, due, now, started);
    let waited_for = |it: &TaskRun| it.started_at + WAITED_FOR > now;
    if before.is_some_and(|it| it.status == RunStatus::Running && waited_for(it)) {
        let (status, reason) = (RunStatus::Skipped, Some(STILL_RUNNING.to_owned()));
        run =
            TaskRun { status, reason, ended_at: Some(now), message: None, broadcast: None, ..run };
        begun = Begun::default();
    }
    let mut changed = task.clone();
    // What is skipped is no run that others wait for.
    if run.status == RunStatus::Running {
        changed.last_run = Some(run.id);
    }
    let from = if broken(Rule::NextAfterNow) { due } else { now };
    let (changed, next) = timed(changed, next, from);
    let mut writes = vec![Write::Replace(changed.into()), Write::Create(run.into())];
    writes.extend(begun.writes);
    Some((writes, next.into_iter().chain(begun.jobs).collect()))
}

/// How the message of a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Where the run stands from now on.
    pub status: RunStatus,
    /// Why it did not end well.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A run with its end; the first end stays.
pub fn decide_end(run: &TaskRun, ended: Ended) -> Option<TaskRun> {
    let Ended { status, reason, at } = ended;
    let running = run.status == RunStatus::Running;
    running.then(|| TaskRun { status, reason, ended_at: Some(at), ..run.clone() })
}

/// What a run sets going.
#[derive(Default)]
struct Begun {
    writes: Vec<Write>,
    jobs: Vec<NewJob>,
}

fn start(
    task: &ScheduledTask,
    trigger: Trigger,
    due: Timestamp,
    now: Timestamp,
    started: Started,
) -> (TaskRun, Begun) {
    let (id, task_id) = (started.run, task.id);
    let mut run = TaskRun {
        id,
        task_id,
        company_id: task.company_id,
        trigger,
        due,
        started_at: now,
        message: None,
        broadcast: None,
        status: RunStatus::Running,
        reason: None,
        ended_at: None,
    };
    match started.deed {
        Ok(Deed::Message(message)) => {
            let job = Job::TaskRun { bot: message.bot.clone(), task_id, run_id: id };
            run.message = Some(message);
            let job = NewJob { id: started.job, job, due: now, owner: None };
            (run, Begun { jobs: vec![job], writes: Vec::new() })
        }
        Ok(Deed::Alert(alert, new)) => {
            let ids = AlertIds { decision: id.0.into(), alert, job: started.job };
            let Decision { writes, jobs, .. } = decide_alert(ids, now, &new, None);
            let status = RunStatus::Sent;
            (TaskRun { status, ended_at: Some(now), ..run }, Begun { writes, jobs })
        }
        Ok(Deed::Broadcast(broadcast)) => cast(run, &broadcast, started.job, now),
        Err(reason) => {
            let (status, reason) = (RunStatus::Failed, Some(reason));
            (TaskRun { status, reason, ended_at: Some(now), ..run }, Begun::default())
        }
    }
}

/// A copy of the broadcast that goes out at once, under a name that is the run's own.
fn cast(run: TaskRun, broadcast: &Broadcast, job: JobId, now: Timestamp) -> (TaskRun, Begun) {
    let copy = broadcast.copy(broadcast.slug_of_run(run.id, run.due), now);
    let (status, ended_at) = (RunStatus::Sent, Some(now));
    let run = TaskRun { status, ended_at, broadcast: Some(copy.slug.clone()), ..run };
    let mut begun = Begun::default();
    // A draft may always be sent.
    if let Ok((mut copy, job)) = decide_move(&copy, BroadcastMove::Send, now, job) {
        if let Some(sending) = &mut copy.sending {
            sending.of_run = Some(run.id);
        }
        begun.writes.push(Write::Create(copy.into()));
        begun.jobs.extend(job);
    }
    (run, begun)
}

/// The task with its next run after `now`, and that run's timer.
fn timed(mut task: ScheduledTask, job: JobId, now: Timestamp) -> (ScheduledTask, Option<NewJob>) {
    let timetable = task.schedule.check("").ok().filter(|_| task.enabled);
    let at = timetable.and_then(|it| it.next(task.begun, now));
    task.next = at.map(|at| NextRun { at, job });
    let due = Job::ScheduledTask { company_id: task.company_id, slug: task.slug.clone() };
    let new = at.map(|at| NewJob { id: job, job: due, due: at, owner: None });
    (task, new)
}

/// Removes the timer of the next run from where it was written. One that the clock has moved since
/// stays, and finds at its time that the task knows it no more.
fn cancel(task: &ScheduledTask) -> Option<Write> {
    let next = task.next?;
    Some(Write::Cancel(TimerKey::new(next.job, next.at, next.at, None)))
}
