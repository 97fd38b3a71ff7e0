use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::*;
use crate::alert::{AlertMessage, NewAlert};
use crate::broadcast::{Broadcast, BroadcastStatus};
use crate::engine::job::Job;
use crate::engine::{Decision, NewJob, Record, TimerKey, Write};
use crate::field_error::FieldError;
use crate::link::Category;
use crate::schedule::{Crontab, Interval, Period};

fn id<T: From<Uuid>>(n: u128) -> T {
    Uuid::from_u128(n).into()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

fn ids(n: u128) -> TaskIds {
    TaskIds { decision: id(n), next: id(n + 1) }
}

fn act() -> Act {
    let kwargs = json!({ "text": "Good morning", "chat_id": 42 });
    Act::check("send_telegram_message", kwargs.as_object().expect("an object")).expect("no faults")
}

fn minutes(every: u32) -> Schedule {
    Schedule::Interval(Interval { every, period: Period::Minutes })
}

fn made(schedule: Schedule, now: Timestamp) -> Decision<ScheduledTask> {
    let slug = Slug::parse("digest").expect("a slug");
    let what = ("Digest".to_owned(), act(), schedule, true);
    decide_create(ids(100), id(1), now, (id(2), slug), what)
}

fn started(run: u128) -> Started {
    let message =
        RunMessage { bot: BotId::default_bot(), chat_id: 42, text: "Good morning".to_owned() };
    Started { run: id(run), job: id(run + 1), deed: Ok(Deed::Message(message)) }
}

fn written(writes: &[Write]) -> (Option<ScheduledTask>, Option<TaskRun>) {
    let records = || writes.iter().filter_map(Write::record);
    let task = records().find_map(|it| match it {
        Record::ScheduledTask(task) => Some(task.clone()),
        _ => None,
    });
    let run = records().find_map(|it| match it {
        Record::TaskRun(run) => Some(run.clone()),
        _ => None,
    });
    (task, run)
}

/// The run of the task's timer at `now`: the task after it, the run, and the jobs.
fn due(
    task: &ScheduledTask,
    before: Option<&TaskRun>,
    n: u128,
    now: Timestamp,
) -> Option<(ScheduledTask, TaskRun, Vec<NewJob>)> {
    let next = task.next?;
    let (writes, jobs) =
        decide_due(task, (next.job, next.at), before, (id(n), started(n + 1)), now)?;
    let (Some(task), Some(run)) = written(&writes) else { return None };
    Some((task, run, jobs))
}

fn faults(task: &str, kwargs: &Value) -> Vec<(String, String)> {
    let kwargs = kwargs.as_object().cloned().unwrap_or_default();
    let errors = Act::check(task, &kwargs).err().unwrap_or_default();
    errors.into_iter().map(|FieldError { field, message, .. }| (field, message)).collect()
}

#[test]
fn a_task_is_known_by_its_name_and_by_its_alias() {
    for name in ["send_telegram_message", "api.tasks.send_telegram_message_async"] {
        assert_eq!(TaskKind::named(name), Some(TaskKind::SendTelegramMessage), "{name}");
    }
    let fields: Vec<String> =
        faults("send_pigeon", &json!({})).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["task"]);
}

#[test]
fn every_bad_argument_is_named() {
    let bad = json!({ "text": " ", "bot_name": "No Bot", "chat_id": "x", "nonsense": 1 });
    let fields: Vec<String> =
        faults("send_telegram_message", &bad).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["kwargs.text", "kwargs.bot_name", "kwargs.chat_id", "kwargs.nonsense"]);
    assert_eq!(faults("send_telegram_message", &json!({}))[0].0, "kwargs.text");
    for chat in [json!(0), json!(1.5), json!("007"), json!("--1"), json!(i64::MAX), json!(null)] {
        let kwargs = json!({ "text": "x", "chat_id": chat });
        assert_eq!(faults("send_telegram_message", &kwargs).len(), 1, "{kwargs}");
    }
    let long = json!({ "text": "😀".repeat(MAX_TEXT) });
    assert_eq!(faults("send_telegram_message", &long).len(), 1);
}

#[test]
fn days_are_whole_and_few() {
    for (days, taken) in [
        (json!(1), true),
        (json!(31), true),
        (json!(7.0), true),
        (json!(0), false),
        (json!(32), false),
        (json!(1.5), false),
        (json!(-1), false),
        (json!("7"), false),
        (json!(null), false),
    ] {
        let kwargs = json!({ "days": days });
        assert_eq!(faults("send_report", &kwargs).is_empty(), taken, "{kwargs}");
    }
    assert_eq!(faults("send_report", &json!({})), []);
}

#[test]
fn a_chat_may_be_a_number_or_a_text() {
    for chat in [json!(-1_001_234), json!("-1001234")] {
        let kwargs = json!({ "text": "x", "chat_id": chat });
        let act = Act::check("send_telegram_message", kwargs.as_object().expect("an object"));
        let Ok(Act::SendTelegramMessage(say)) = act else { panic!("it is refused") };
        assert_eq!(say.chat_id, Some(-1_001_234));
    }
}

#[test]
fn a_new_task_has_the_timer_of_its_next_run() {
    let decision = made(minutes(5), at(1_000));
    let task = decision.reply.clone();
    assert_eq!(task.next, Some(NextRun { at: at(1_300), job: id(101) }));
    let job = Job::ScheduledTask { company_id: id(2), slug: task.slug.clone() };
    assert_eq!(decision.jobs, [NewJob { id: id(101), job, due: at(1_300), owner: None }]);
    let next: Vec<i64> = task.upcoming(at(1_000)).iter().map(|it| it.as_seconds()).collect();
    assert_eq!(next, [1_300, 1_600, 1_900, 2_200, 2_500]);
}

#[test]
fn a_switch_off_cancels_the_timer_and_a_switch_on_counts_anew() {
    let task = made(minutes(5), at(1_000)).reply;
    let off = decide_switch(ids(200), at(1_100), &task, None);
    let key = TimerKey::new(id(101), at(1_300), at(1_300), None);
    assert!(off.writes.contains(&Write::Cancel(key)), "{:?}", off.writes);
    assert!(off.jobs.is_empty() && !off.reply.enabled && off.reply.next.is_none());
    assert!(off.reply.upcoming(at(1_100)).is_empty());
    let on = decide_switch(ids(300), at(2_000), &off.reply, None).reply;
    assert_eq!(on.next, Some(NextRun { at: at(2_300), job: id(301) }));
    let still = decide_switch(ids(400), at(2_100), &on, Some(true));
    assert_eq!((still.reply.next, still.jobs.len()), (on.next, 0), "twice is once");
}

#[test]
fn other_words_leave_the_timer_and_another_schedule_moves_it() {
    let task = made(minutes(5), at(1_000)).reply;
    let name = Some("Weekly".to_owned());
    let renamed =
        decide_change(ids(200), at(1_100), &task, TaskChange { name, ..TaskChange::default() });
    assert_eq!((renamed.reply.next, renamed.jobs.len()), (task.next, 0));
    let schedule = Some(minutes(7));
    let moved =
        decide_change(ids(300), at(1_100), &task, TaskChange { schedule, ..TaskChange::default() });
    assert_eq!(moved.reply.next, Some(NextRun { at: at(1_520), job: id(301) }));
    assert_eq!(moved.jobs.len(), 1);
}

#[test]
fn a_run_writes_the_next_timer_and_the_job_that_sends() {
    let task = made(minutes(5), at(1_000)).reply;
    let (after, run, jobs) = due(&task, None, 10, at(1_301)).expect("it runs");
    assert_eq!(after.next, Some(NextRun { at: at(1_600), job: id(10) }));
    assert_eq!((run.due, run.started_at, run.trigger), (at(1_300), at(1_301), Trigger::Schedule));
    assert_eq!(after.last_run, Some(run.id));
    let names: Vec<&str> = jobs.iter().map(|it| it.job.name()).collect();
    assert_eq!(names, ["scheduled_task", "task_run"]);
}

#[test]
fn a_timer_that_is_not_the_tasks_does_nothing() {
    let task = made(minutes(5), at(1_000)).reply;
    let stale = decide_due(&task, (id(999), at(1_300)), None, (id(10), started(11)), at(1_300));
    assert_eq!(stale, None);
    let off = decide_switch(ids(200), at(1_100), &task, Some(false)).reply;
    let fired = (id(101), at(1_300));
    assert_eq!(decide_due(&off, fired, None, (id(10), started(11)), at(1_300)), None);
}

#[test]
fn what_cannot_be_said_is_a_failed_run_and_the_schedule_goes_on() {
    let task = made(minutes(5), at(1_000)).reply;
    let no_bot = Started { deed: Err("there is no such bot".to_owned()), ..started(11) };
    let fired = (id(101), at(1_300));
    let (writes, jobs) =
        decide_due(&task, fired, None, (id(10), no_bot), at(1_300)).expect("it runs");
    let (task, run) = written(&writes);
    let run = run.expect("a run");
    assert_eq!((run.status, run.ended_at), (RunStatus::Failed, Some(at(1_300))));
    assert_eq!(run.reason.as_deref(), Some("there is no such bot"));
    assert_eq!(jobs.len(), 1, "the next timer");
    assert!(task.is_some_and(|it| it.last_run.is_none()));
}

#[test]
fn an_alert_is_on_its_way_as_soon_as_its_run_begins() {
    let kwargs = json!({ "text": "Back up\nSince noon", "category": "reports" });
    let kwargs = kwargs.as_object().expect("an object");
    let act = Act::check("api.tasks.send_telegram_alert_async", kwargs).expect("no faults");
    assert_eq!(act.kind(), TaskKind::SendCompanyAlert);
    assert_eq!(act.kwargs(), Value::Object(kwargs.clone()));
    let task = made(minutes(5), at(1_000)).reply;
    let task = ScheduledTask { act, ..task };
    let new = NewAlert {
        company_id: id(2),
        category: Category::Reports,
        message: AlertMessage::plain(Category::Reports, "Back up\nSince noon"),
        russian: None,
        bot: None,
        throttle: None,
    };
    let deed = Ok(Deed::Alert(id(50), Box::new(new)));
    let fired = (id(101), at(1_300));
    let begin = || Started { deed: deed.clone(), ..started(11) };
    let (writes, jobs) =
        decide_due(&task, fired, None, (id(10), begin()), at(1_300)).expect("it runs");
    let (after, run) = written(&writes);
    let run = run.expect("a run");
    assert_eq!((run.status, run.ended_at), (RunStatus::Sent, Some(at(1_300))));
    let alert = writes.iter().filter_map(Write::record).find_map(|it| match it {
        Record::Alert(alert) => Some(alert.clone()),
        _ => None,
    });
    let message = alert.expect("an alert").message;
    assert_eq!((message.title.as_str(), message.body.as_str()), ("Back up", "Since noon"));
    let fanout = Job::AlertFanout { company_id: id(2), alert_id: id(50), after: None };
    assert!(jobs.iter().any(|it| it.job == fanout && it.due == at(1_300)), "{jobs:?}");
    // Behind a run that is under way it is skipped, and nobody is told.
    let (_, before, _) =
        due(&made(minutes(5), at(1_000)).reply, None, 10, at(1_300)).expect("a run");
    let skipped = decide_due(&task, fired, Some(&before), (id(10), begin()), at(1_301));
    let (writes, jobs) = skipped.expect("its timer counts");
    assert_eq!((writes.len(), jobs.len()), (2, 1));
    assert!(after.is_some_and(|it| it.last_run.is_none()), "nobody waits for it");
}

#[test]
fn each_run_sends_a_copy_of_a_broadcast_of_its_own() {
    let kwargs = json!({ "bot": "course", "broadcast": "news" });
    let kwargs = kwargs.as_object().expect("an object");
    let act = Act::check("send_broadcast", kwargs).expect("no faults");
    assert_eq!((act.kind(), act.kwargs()), (TaskKind::SendBroadcast, json!(kwargs)));
    let fields = |kwargs: Value| {
        let faults = faults("send_broadcast", &kwargs);
        faults.into_iter().map(|(field, _)| field).collect::<Vec<_>>()
    };
    assert_eq!(fields(json!({ "text": "x" })), ["kwargs.bot", "kwargs.broadcast", "kwargs.text"]);
    assert_eq!(fields(json!({ "bot": 7, "broadcast": "No" })), ["kwargs.bot", "kwargs.broadcast"]);

    let task = ScheduledTask { act, ..made(minutes(5), at(1_000)).reply };
    let slug = Slug::parse("news").expect("a slug");
    let news = Broadcast::new(BotId::default_bot(), slug, "News".to_owned(), at(900));
    // Whatever became of the one that it is made of.
    let news = Broadcast { status: BroadcastStatus::Cancelled, ..news };
    let mut made = Vec::new();
    for n in [10, 20, 20] {
        let deed = Ok(Deed::Broadcast(Box::new(news.clone())));
        let begin = Started { deed, ..started(n) };
        let fired = (id(101), at(1_300));
        let due = decide_due(&task, fired, None, (id(n + 5), begin), at(1_301)).expect("it runs");
        let (after, run) = written(&due.0);
        let run = run.expect("a run");
        assert_eq!((run.status, run.ended_at), (RunStatus::Sent, Some(at(1_301))));
        assert!(after.is_some_and(|it| it.last_run.is_none()), "nobody waits for it");
        let copy = due.0.iter().find_map(|it| match it {
            Write::Create(Record::Broadcast(copy)) => Some(copy.clone()),
            _ => None,
        });
        let copy = copy.expect("a copy");
        assert_eq!((copy.status, &copy.name), (BroadcastStatus::Sending, &news.name));
        assert_eq!(run.broadcast.as_ref(), Some(&copy.slug));
        let page = due.1.iter().find(|it| it.job.name() == "broadcast_page").expect("a page");
        let sending = copy.sending.expect("it goes out");
        assert_eq!((sending.job, sending.of_run), (Some(page.id), Some(run.id)));
        made.push(copy.slug);
    }
    assert_ne!(made[0], made[1], "another run, another broadcast");
    assert_eq!(made[1], made[2], "the same run makes the same one");
}

#[test]
fn while_a_run_is_under_way_the_next_is_skipped_but_not_for_ever() {
    let task = made(minutes(5), at(1_000)).reply;
    let (task, first, _) = due(&task, None, 10, at(1_300)).expect("it runs");
    let (task, second, jobs) = due(&task, Some(&first), 20, at(1_600)).expect("its timer counts");
    assert_eq!((second.status, jobs.len()), (RunStatus::Skipped, 1));
    assert_eq!(task.last_run, Some(first.id));
    let later = at(1_300 + 24 * 3_600);
    let (_, third, _) = due(&task, Some(&first), 30, later).expect("its timer counts");
    assert_eq!(third.status, RunStatus::Running);
    let ended = Ended { status: RunStatus::Sent, reason: None, at: at(1_500) };
    let ended = decide_end(&first, ended.clone()).expect("its first end");
    let (_, next, _) = due(&task, Some(&ended), 40, at(1_600)).expect("its timer counts");
    assert_eq!(next.status, RunStatus::Running);
    let again = Ended { status: RunStatus::Unknown, reason: None, at: at(1_501) };
    assert_eq!(decide_end(&ended, again), None, "the first end stays");
}

#[test]
fn a_run_by_hand_leaves_the_schedule_alone() {
    let task = made(minutes(5), at(1_000)).reply;
    let decision = decide_run_now(id(7), at(1_010), &task, started(50));
    assert_eq!(decision.reply.trigger, Trigger::Manual);
    assert_eq!(decision.jobs.len(), 1);
    assert!(decision.writes.contains(&Write::Expect(task.into())));
}

fn any_schedule() -> impl Strategy<Value = Schedule> {
    let interval = (1_u32..5_000).prop_map(minutes);
    let cron =
        (0_u32..60, 0_u32..24, prop::sample::select(vec!["UTC", "Europe/Berlin", "Asia/Kolkata"]))
            .prop_map(|(minute, hour, timezone)| {
                Schedule::Crontab(Crontab {
                    minute: minute.to_string(),
                    hour: hour.to_string(),
                    day_of_week: "*".to_owned(),
                    day_of_month: "*".to_owned(),
                    month_of_year: "*".to_owned(),
                    timezone: timezone.to_owned(),
                })
            });
    prop_oneof![interval, cron]
}

/// Values as callers send them, right ones among wrong ones.
fn any_kwargs() -> impl Strategy<Value = Map<String, Value>> {
    let name = prop::sample::select(vec!["text", "bot_name", "chat_id", "other"]);
    let value = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "[a-zA-Z0-9_ -]{0,60}".prop_map(Value::from),
        "-?[0-9]{1,17}".prop_map(Value::from),
    ];
    prop::collection::btree_map(name, value, 0..5)
        .prop_map(|kwargs| kwargs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

proptest! {
    #[test]
    fn after_an_outage_of_any_length_a_task_runs_once_and_goes_on(
        schedule in any_schedule(), made_at in 1_700_000_000_i64..1_800_000_000,
        late in 0_i64..40_000_000,
    ) {
        let task = made(schedule, at(made_at)).reply;
        let first = task.next.expect("a next run").at;
        let now = Timestamp::from_millis(first.as_millis() + late * 1_000);
        let (after, _, jobs) = due(&task, None, 10, now).expect("it runs");
        let next = after.next.expect("a next run").at;
        prop_assert!(next > now, "the next run is ahead, whatever was missed");
        prop_assert_eq!(jobs.iter().filter(|it| it.job.name() == "task_run").count(), 1);
        // On the same grid as without the outage.
        let timetable = task.schedule.check("").expect("it was checked");
        prop_assert_eq!(timetable.next(task.begun, now), Some(next));
    }

    #[test]
    fn arguments_are_taken_exactly_when_no_fault_is_named(kwargs in any_kwargs()) {
        let checked = Act::check("send_telegram_message", &kwargs);
        let known = ["text", "bot_name", "chat_id"];
        let unknown = kwargs.keys().filter(|it| !known.contains(&it.as_str())).count();
        match checked {
            Ok(_) => prop_assert_eq!(unknown, 0),
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                let named = |name: &str| errors.iter().filter(|it| it.field == format!("kwargs.{name}")).count();
                prop_assert_eq!(kwargs.keys().filter(|it| !known.contains(&it.as_str())).map(|it| named(it)).sum::<usize>(), unknown);
                prop_assert!(known.iter().all(|name| named(name) <= 1));
            }
        }
    }
}
