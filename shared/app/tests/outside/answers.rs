//! What admins answer to contacts.

use std::time::Duration;

use domain::contact::Language;
use domain::engine::{Decision, Job, NewJob, Timer};
use domain::ids::BotId;
use domain::message::{DeskNotice, Notice};

use crate::updates::{CHAT, told};
use crate::world::World;

#[test]
fn an_admin_is_told_of_an_answer_whose_job_dies() {
    let world = World::silent();
    let now = world.app.env.now();
    let job = Job::AnswerReply {
        bot: BotId::default_bot(),
        chat_id: 7,
        from_chat: CHAT,
        message_id: 1,
        language: Language::Ru,
    };
    let job = NewJob { id: world.app.env.id(), job, due: now, owner: None };
    let answered = Decision::new(world.app.env.id(), now, ()).job(job);
    assert_eq!(world.fixture.run(world.app.commit(answered)), Ok(()));
    // It has killed each worker that ran it.
    let timer = world.fixture.timers().remove(0);
    let due = now + Duration::from_secs(1);
    let tired = Timer { receives: 20, ..timer.moved(due, now, None) };
    assert_eq!(world.fixture.run(world.app.table.move_timer(&timer.key, &tired)), Ok(true));
    world.fixture.clock.pass(Duration::from_secs(1));
    world.hint(&world.app, 2);
    assert!(world.phones.received().is_empty(), "it is dead");
    let told = told(&world.fixture);
    let lost = Notice::Desk { said: DeskNotice::AnswerLost, language: Language::Ru };
    assert_eq!(told, [lost]);
    world.settle();
    assert_eq!(world.phones.received(), [CHAT]);
}
