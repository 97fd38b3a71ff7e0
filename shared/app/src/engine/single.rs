//! The messages of jobs that go to one chat or one address.

use domain::channel::STOPPED;
use domain::engine::Job;
use domain::engine::Timer;
use domain::engine::delivery::{DeliveryKey, Recipient};
use domain::engine::job::Words;
use domain::event::Subject;
use domain::ids::BotId;
use domain::mail::Mail;
use domain::message::{Content, Notice};
use domain::mutation::{Rule, broken};
use domain::slug::Slug;
use domain::task::{RunMessage, TaskRun};

use table::TableError;

use crate::App;
use crate::engine::load::ready;
use crate::engine::tell;
use crate::engine::work::{Send, To, What};
use crate::scenario::Owed;
use crate::update::Chat;

/// The answers of a decision to one chat, in order, after the acknowledgement of a press.
pub(super) fn messages(
    timer: &Timer,
    bot: &BotId,
    chat_id: i64,
    notices: &[Notice],
    callback: Option<&str>,
) -> (Vec<Send>, Option<Job>) {
    let callback = callback.map(|id| What::Callback(id.to_owned()));
    let notices = notices.iter().cloned().map(|notice| What::Message(Content::from(notice)));
    let sends = callback.into_iter().chain(notices).enumerate().map(|(part, what)| {
        let part = u16::try_from(part).unwrap_or(u16::MAX);
        // The acknowledgement of a press is no message.
        let is_message = matches!(what, What::Message(_));
        Send {
            key: DeliveryKey {
                to: Recipient::Chat { bot: bot.clone(), chat_id },
                thing: timer.key.id.to_string(),
                revision: 0,
                part,
            },
            to: To::Chat(bot.clone(), chat_id),
            what,
            target_id: None,
            subject: is_message.then(|| tell::answer(bot, timer.key.id, part)),
            apart: false,
            stopped: None,
            state: ready(timer),
            end: None,
        }
    });
    let mut sends: Vec<Send> = sends.collect();
    if broken(Rule::InOrder) {
        sends.reverse();
    }
    (sends, None)
}

/// The messages of a scenario to one of its contacts.
pub(super) fn parts(timer: &Timer, bot: &BotId, chat_id: i64, owed: Owed) -> Vec<Send> {
    let (thing, revision, step) = (owed.thing, owed.revision, owed.step);
    let sends = owed.says.into_iter().map(|(number, content)| Send {
        key: DeliveryKey {
            to: Recipient::Chat { bot: bot.clone(), chat_id },
            thing: thing.clone(),
            revision,
            part: number,
        },
        to: To::Chat(bot.clone(), chat_id),
        what: What::Message(content),
        target_id: None,
        subject: subject(&timer.job, bot, step.as_ref(), number),
        apart: false,
        stopped: None,
        state: ready(timer),
        end: None,
    });
    sends.collect()
}

/// What others are told that a message of a scenario was.
fn subject(job: &Job, bot: &BotId, step: Option<&Slug>, part: u16) -> Option<Subject> {
    let bot = bot.clone();
    match (job, step) {
        (
            Job::ScenarioStep { scenario, .. }
            | Job::ScenarioWords {
                scenario,
                words: Words::Step { .. } | Words::StepWithLink { .. },
                ..
            },
            Some(step),
        ) => {
            let (scenario, step) = (scenario.clone(), step.clone());
            Some(Subject::Step { bot, scenario, step, part })
        }
        (Job::ScenarioWords { scenario, words, .. }, _) => {
            let (scenario, words) = (scenario.clone(), words.name().to_owned());
            Some(Subject::Words { bot, scenario, words, part })
        }
        _ => None,
    }
}

/// The one message of a task's run. A chat that has said stop hears of no task.
pub(super) async fn task_message(
    app: &App,
    timer: &Timer,
    run: &TaskRun,
) -> Result<Option<Send>, TableError> {
    let Some(RunMessage { bot, chat_id, text }) = run.message.clone() else { return Ok(None) };
    let chat = Chat::read(app, &bot, chat_id).await?;
    let what = if chat.receivers().have_stopped() {
        What::LeftOut(STOPPED)
    } else {
        What::Message(Content::Text { text })
    };
    Ok(Some(Send {
        key: DeliveryKey {
            to: Recipient::Chat { bot: bot.clone(), chat_id },
            thing: run.id.to_string(),
            revision: 0,
            part: 0,
        },
        to: To::Chat(bot, chat_id),
        what,
        target_id: None,
        subject: Some(Subject::Task { task_id: run.task_id, run_id: run.id }),
        apart: false,
        stopped: None,
        state: ready(timer),
        end: None,
    }))
}

/// The one letter of a mail job.
pub(super) fn letter(timer: &Timer, mail: &Mail) -> Send {
    let job_id = timer.key.id;
    Send {
        key: DeliveryKey {
            to: Recipient::Mail { job_id },
            thing: job_id.to_string(),
            revision: 0,
            part: 0,
        },
        to: To::Mail(mail.clone()),
        what: What::Mail,
        target_id: None,
        subject: None,
        apart: false,
        stopped: None,
        state: ready(timer),
        end: None,
    }
}
