//! A broadcast on its way: a page of contacts at a time, until there are no more or an admin says stop.

use serde::{Deserialize, Serialize};

use super::{Broadcast, BroadcastMove, InvalidMove};
use crate::contact::Contact;
use crate::engine::job::Job;
use crate::engine::{DeliveryStatus, NewJob};
use crate::ids::{JobId, TaskRunId};
use crate::time::Timestamp;

use super::{ContactFacts, ContactOutcome, Reach};

/// What became of a broadcast's messages; a contact's messages count as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BroadcastCounts {
    /// Contacts who have it.
    pub sent: u32,
    /// Contacts whose chat refused it.
    pub failed: u32,
    /// Contacts who have blocked the bot, or whose chat is gone: they are sent nothing more.
    #[serde(default)]
    pub blocked: u32,
    /// Contacts of whom nobody knows whether they have it: it is not sent again.
    pub unknown: u32,
}

impl BroadcastCounts {
    /// With one more contact, whose messages have all ended.
    #[must_use]
    pub const fn with(mut self, outcome: ContactOutcome) -> Self {
        match outcome {
            ContactOutcome::Sent => self.sent += 1,
            ContactOutcome::Failed => self.failed += 1,
            ContactOutcome::Blocked => self.blocked += 1,
            ContactOutcome::Unknown | ContactOutcome::Waiting => self.unknown += 1,
        }
        self
    }

    const fn is_zero(&self) -> bool {
        self.all() == 0
    }

    const fn plus(self, more: Self) -> Self {
        Self {
            sent: self.sent + more.sent,
            failed: self.failed + more.failed,
            blocked: self.blocked + more.blocked,
            unknown: self.unknown + more.unknown,
        }
    }

    /// Contacts that it went to, whatever became of it.
    pub const fn all(self) -> u32 {
        self.sent + self.failed + self.blocked + self.unknown
    }
}

/// How far a broadcast has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// The job of the page under way; none while it is paused or has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// In which partition of the bot's contacts the page begins.
    pub shard: u8,
    /// After which contact of it; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// What became of the pages before.
    #[serde(default)]
    pub counts: BroadcastCounts,
    /// What became of the page that was stopped, as far as it came. It counts once the page is not run again.
    #[serde(default, skip_serializing_if = "BroadcastCounts::is_zero")]
    pub halted: BroadcastCounts,
    /// Whether the page was given up: nobody has counted yet whom it reached.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub died: bool,
    /// The contacts for whom its conditions held when it began, if they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<u32>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The task's run whose copy it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_run: Option<TaskRunId>,
}

/// The end of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageEnd {
    /// It was stopped on its way: it is run again when the broadcast goes on.
    Stopped {
        /// What became of it as far as it came: of those who have the message, or may have it.
        counts: BroadcastCounts,
    },
    /// It is done.
    Done {
        /// What became of it.
        counts: BroadcastCounts,
        /// Where the next page begins, if there is one.
        next: Option<(u8, Option<String>)>,
    },
}

/// What a page that is run again owes a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageOwes {
    /// The message, or what is left of it; the contact is counted.
    Message,
    /// That what was to be sent again goes no more: the contact is not counted.
    TakingBack,
    /// Nothing: the contact is not counted.
    Nothing,
}

/// What a page owes a contact for whom the conditions hold now, or not, and whose first message was left so by
/// an earlier run, if it was begun. Who has it, or may have it, keeps it whatever they have done since.
pub const fn page_owes(matches: bool, begun: Option<DeliveryStatus>) -> PageOwes {
    match begun {
        Some(DeliveryStatus::Skipped) => PageOwes::Nothing,
        Some(DeliveryStatus::Waiting) if !matches => PageOwes::TakingBack,
        None if !matches => PageOwes::Nothing,
        Some(
            DeliveryStatus::Waiting
            | DeliveryStatus::Claimed
            | DeliveryStatus::Sent
            | DeliveryStatus::Failed
            | DeliveryStatus::Unknown,
        )
        | None => PageOwes::Message,
    }
}

/// What is known of a contact, as conditions ask for it.
pub fn facts(contact: &Contact) -> ContactFacts<'_> {
    ContactFacts {
        active_scenario: contact.active.as_ref(),
        has_paid: contact.has_paid(),
        joined_group: contact.joined_group(),
        registered_at: contact.registered_at,
        reach: match contact {
            Contact { blocked: Some(_), .. } => Reach::Blocked,
            Contact { unsubscribed: true, .. } => Reach::Unsubscribed,
            _ => Reach::Open,
        },
    }
}

/// A move that an admin makes. `job` is the id of a page's job, if one begins: also where a broadcast is cancelled
/// whose page was given up. That page sends nothing, and counts whom it has reached.
///
/// # Errors
/// Where its status does not allow it.
pub fn decide_move(
    broadcast: &Broadcast,
    wanted: BroadcastMove,
    now: Timestamp,
    job: JobId,
) -> Result<(Broadcast, Option<NewJob>), InvalidMove> {
    let mut moved = broadcast.clone();
    moved.status = broadcast.status.after(wanted)?;
    match wanted {
        BroadcastMove::Send => {
            moved.sending = Some(Sending { started_at: now, ..Sending::default() });
            Ok(page(moved, false, now, job))
        }
        // A page that is still under way goes on by itself.
        BroadcastMove::Resume if moved.sending.as_ref().is_some_and(|it| it.job.is_some()) => {
            Ok((moved, None))
        }
        BroadcastMove::Resume => {
            if let Some(sending) = &mut moved.sending {
                sending.died = false;
            }
            Ok(page(moved, true, now, job))
        }
        BroadcastMove::Cancel | BroadcastMove::Finish => {
            if let Some(sending) = &mut moved.sending {
                sending.counts = sending.counts.plus(std::mem::take(&mut sending.halted));
                sending.ended_at = Some(now);
            }
            let is_counted = moved.sending.as_ref().is_none_or(|it| !it.died);
            Ok(if is_counted { (moved, None) } else { page(moved, true, now, job) })
        }
        BroadcastMove::Pause => Ok((moved, None)),
    }
}

/// A page of the job `fired` has its end. `None` when another page is under way: the job is void.
pub fn decide_page_end(
    broadcast: &Broadcast,
    (end, fired): (PageEnd, JobId),
    now: Timestamp,
    job: JobId,
) -> Option<(Broadcast, Option<NewJob>)> {
    let mut ended = broadcast.clone();
    let sending = ended.sending.as_mut().filter(|it| it.job == Some(fired))?;
    sending.job = None;
    let goes_on = broadcast.status == super::BroadcastStatus::Sending;
    match end {
        // It was resumed before its page noticed that it was paused.
        PageEnd::Stopped { .. } if goes_on => Some(page(ended, true, now, job)),
        PageEnd::Stopped { counts } => {
            if broadcast.status.is_under_way() {
                sending.halted = counts;
            } else {
                sending.counts = sending.counts.plus(counts);
            }
            Some((ended, None))
        }
        PageEnd::Done { counts, next } => {
            sending.counts = sending.counts.plus(counts);
            let Some((shard, after)) = next else {
                sending.ended_at = Some(now);
                if let Ok(done) = ended.status.after(BroadcastMove::Finish) {
                    ended.status = done;
                }
                return Some((ended, None));
            };
            (sending.shard, sending.after) = (shard, after);
            Some(if goes_on { page(ended, false, now, job) } else { (ended, None) })
        }
    }
}

/// The page of the job `fired` is given up: the broadcast waits for an admin, who sends it on with that page. Where
/// an admin has given it up before, the page is run once more, for no more than to count whom it has reached.
/// `None` when another page is under way.
pub fn decide_page_died(
    broadcast: &Broadcast,
    fired: JobId,
    now: Timestamp,
    job: JobId,
) -> Option<(Broadcast, Option<NewJob>)> {
    let mut left = broadcast.clone();
    let sending = left.sending.as_mut().filter(|it| it.job == Some(fired))?;
    sending.job = None;
    let is_first = !std::mem::replace(&mut sending.died, true);
    if let Ok(paused) = left.status.after(BroadcastMove::Pause) {
        left.status = paused;
    }
    // One that dies while it only counts would die again.
    let is_counted_now = is_first && !left.status.is_under_way();
    Some(if is_counted_now { page(left, true, now, job) } else { (left, None) })
}

fn page(
    mut broadcast: Broadcast,
    again: bool,
    now: Timestamp,
    id: JobId,
) -> (Broadcast, Option<NewJob>) {
    if let Some(sending) = &mut broadcast.sending {
        sending.job = Some(id);
        sending.halted = BroadcastCounts::default();
    }
    let job = Job::BroadcastPage {
        bot: broadcast.bot_id.clone(),
        broadcast: broadcast.slug.clone(),
        again,
    };
    (broadcast, Some(NewJob { id, job, due: now, owner: None }))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::broadcast::{BroadcastStatus, Targeting};
    use crate::ids::BotId;
    use crate::scenario::StepContent;
    use crate::slug::Slug;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn job(n: u128) -> JobId {
        JobId(Uuid::from_u128(n))
    }

    fn draft() -> Broadcast {
        Broadcast {
            bot_id: BotId::default_bot(),
            slug: Slug::parse("news").expect("a slug"),
            name: "News".to_owned(),
            content: StepContent::default(),
            targeting: Targeting::default(),
            status: BroadcastStatus::Draft,
            sending: None,
            created_at: NOW,
            version: 0,
        }
    }

    fn moved(broadcast: &Broadcast, wanted: BroadcastMove, n: u128) -> (Broadcast, Option<JobId>) {
        let (broadcast, new) = decide_move(broadcast, wanted, NOW, job(n)).expect("allowed");
        (broadcast, new.map(|new| new.id))
    }

    fn done(counts: BroadcastCounts, next: Option<(u8, Option<String>)>) -> PageEnd {
        PageEnd::Done { counts, next }
    }

    fn halted(sent: u32) -> PageEnd {
        PageEnd::Stopped { counts: BroadcastCounts { sent, ..BroadcastCounts::default() } }
    }

    #[test]
    fn pages_follow_one_another_and_are_counted_until_there_is_none() {
        let (sending, first) = moved(&draft(), BroadcastMove::Send, 1);
        assert_eq!((sending.status, first), (BroadcastStatus::Sending, Some(job(1))));
        let two = BroadcastCounts { sent: 2, ..BroadcastCounts::default() };
        let next = Some((0, Some("CONTACT#5".to_owned())));
        let end = (done(two, next), job(1));
        let (sending, second) = decide_page_end(&sending, end, NOW, job(2)).expect("its page");
        assert_eq!(second.map(|it| it.id), Some(job(2)));
        assert_eq!(decide_page_end(&sending, (done(two, None), job(1)), NOW, job(3)), None);
        let end = (done(two, None), job(2));
        let (ended, none) = decide_page_end(&sending, end, NOW, job(3)).expect("its page");
        assert_eq!((ended.status, none), (BroadcastStatus::Done, None));
        let sending = ended.sending.expect("it was sent");
        assert_eq!((sending.counts.sent, sending.ended_at), (4, Some(NOW)));
    }

    #[test]
    fn a_page_that_was_stopped_is_run_again_when_the_broadcast_goes_on() {
        let (sending, _) = moved(&draft(), BroadcastMove::Send, 1);
        let (paused, none) = moved(&sending, BroadcastMove::Pause, 2);
        assert_eq!(none, None);
        let end = (halted(0), job(1));
        let (waiting, none) = decide_page_end(&paused, end, NOW, job(2)).expect("its page");
        assert_eq!(none, None);
        let (_, again) = decide_move(&waiting, BroadcastMove::Resume, NOW, job(3)).expect("may");
        let again = again.expect("a job");
        assert_eq!(again.id, job(3));
        assert!(matches!(again.job, Job::BroadcastPage { again: true, .. }));
    }

    #[test]
    fn what_a_stopped_page_had_sent_counts_when_the_broadcast_is_cancelled_and_not_twice() {
        let sent = |broadcast: &Broadcast| broadcast.sending.as_ref().map(|it| it.counts.sent);
        let (sending, _) = moved(&draft(), BroadcastMove::Send, 1);
        // It is cancelled while its page is under way.
        let (cancelled, _) = moved(&sending, BroadcastMove::Cancel, 2);
        let (ended, _) =
            decide_page_end(&cancelled, (halted(7), job(1)), NOW, job(2)).expect("its page");
        assert_eq!(sent(&ended), Some(7));
        // It is paused first.
        let (paused, _) = moved(&sending, BroadcastMove::Pause, 2);
        let (waiting, _) =
            decide_page_end(&paused, (halted(7), job(1)), NOW, job(2)).expect("its page");
        assert_eq!(sent(&waiting), Some(0), "the page may be run again");
        assert_eq!(sent(&moved(&waiting, BroadcastMove::Cancel, 3).0), Some(7));
        // The page that is run again counts them itself.
        let (resumed, _) = moved(&waiting, BroadcastMove::Resume, 3);
        let all = BroadcastCounts { sent: 9, ..BroadcastCounts::default() };
        let (done, _) =
            decide_page_end(&resumed, (done(all, None), job(3)), NOW, job(4)).expect("its page");
        assert_eq!(sent(&done), Some(9));
    }

    #[test]
    fn a_broadcast_that_is_resumed_before_its_page_noticed_goes_on_once() {
        let (sending, _) = moved(&draft(), BroadcastMove::Send, 1);
        let (paused, _) = moved(&sending, BroadcastMove::Pause, 2);
        let (resumed, none) = moved(&paused, BroadcastMove::Resume, 3);
        assert_eq!(none, None, "its page is under way");
        let end = (halted(0), job(1));
        let (_, again) = decide_page_end(&resumed, end, NOW, job(4)).expect("its page");
        assert_eq!(again.map(|it| it.id), Some(job(4)));
    }

    #[test]
    fn a_page_that_ends_while_paused_leaves_its_successors_place() {
        let (sending, _) = moved(&draft(), BroadcastMove::Send, 1);
        let (paused, _) = moved(&sending, BroadcastMove::Pause, 2);
        let end = (done(BroadcastCounts::default(), Some((3, None))), job(1));
        let (waiting, none) = decide_page_end(&paused, end, NOW, job(2)).expect("its page");
        assert_eq!((waiting.sending.as_ref().map(|it| it.shard), none), (Some(3), None));
        let (cancelled, none) = moved(&waiting, BroadcastMove::Cancel, 3);
        assert_eq!((cancelled.status, none), (BroadcastStatus::Cancelled, None));
    }

    #[test]
    fn a_broadcast_whose_page_died_is_paused_and_resumed_with_that_page() {
        let (sending, _) = moved(&draft(), BroadcastMove::Send, 1);
        let died = |broadcast: &Broadcast, fired| decide_page_died(broadcast, fired, NOW, job(9));
        assert_eq!(died(&sending, job(7)), None, "another page is under way");
        let (left, none) = died(&sending, job(1)).expect("its page");
        assert_eq!((left.status, none), (BroadcastStatus::Paused, None));
        let (resumed, again) = decide_move(&left, BroadcastMove::Resume, NOW, job(2)).expect("may");
        let again = again.expect("a job");
        assert!(matches!(again.job, Job::BroadcastPage { again: true, .. }));
        assert_eq!(
            resumed.sending.as_ref().map(|it| it.shard),
            sending.sending.as_ref().map(|it| it.shard)
        );
        let (cancelled, none) = moved(&resumed, BroadcastMove::Cancel, 3);
        assert_eq!(
            (cancelled.status, none),
            (BroadcastStatus::Cancelled, None),
            "it counts itself"
        );
        // One that an admin had paused stays so.
        let (paused, _) = moved(&sending, BroadcastMove::Pause, 2);
        let (left, none) = died(&paused, job(1)).expect("its page");
        assert_eq!((left.status, none), (BroadcastStatus::Paused, None));
    }

    #[test]
    fn a_broadcast_that_is_cancelled_counts_whom_a_page_that_died_has_reached() {
        let (sending, _) = moved(&draft(), BroadcastMove::Send, 1);
        let died = |broadcast: &Broadcast, fired| {
            decide_page_died(broadcast, fired, NOW, job(9)).expect("its page")
        };
        let (left, _) = died(&sending, job(1));
        let died_first = decide_move(&left, BroadcastMove::Cancel, NOW, job(9)).expect("may");
        let (cancelled, _) = moved(&sending, BroadcastMove::Cancel, 2);
        let cancelled_first = died(&cancelled, job(1));
        for (counting, again) in [died_first, cancelled_first] {
            assert_eq!(counting.status, BroadcastStatus::Cancelled);
            let again = again.expect("a job");
            assert!(matches!(again.job, Job::BroadcastPage { again: true, .. }));
            let end = (halted(7), again.id);
            let (ended, none) = decide_page_end(&counting, end, NOW, job(10)).expect("its page");
            assert_eq!((ended.sending.map(|it| it.counts.sent), none), (Some(7), None));
            let (left, none) = died(&counting, again.id);
            assert_eq!((left.sending.and_then(|it| it.job), none), (None, None), "it is left");
        }
    }

    #[test]
    fn what_was_to_be_sent_again_to_someone_who_left_is_taken_back_and_nothing_else() {
        use DeliveryStatus::{Claimed, Failed, Sent, Skipped, Unknown, Waiting};
        for begun in [Claimed, Sent, Failed, Unknown] {
            assert_eq!(page_owes(false, Some(begun)), PageOwes::Message, "{begun:?}");
            assert_eq!(page_owes(true, Some(begun)), PageOwes::Message, "{begun:?}");
        }
        assert_eq!(page_owes(false, Some(Waiting)), PageOwes::TakingBack);
        assert_eq!(page_owes(true, Some(Waiting)), PageOwes::Message);
        assert_eq!(
            (page_owes(true, None), page_owes(false, None)),
            (PageOwes::Message, PageOwes::Nothing)
        );
        for matches in [true, false] {
            assert_eq!(page_owes(matches, Some(Skipped)), PageOwes::Nothing, "it stays taken back");
        }
    }

    #[test]
    fn each_contact_counts_once() {
        use ContactOutcome::{Blocked, Failed, Sent, Unknown};
        let counts = [Sent, Failed, Unknown, Sent, Blocked]
            .into_iter()
            .fold(BroadcastCounts::default(), BroadcastCounts::with);
        assert_eq!(counts, BroadcastCounts { sent: 2, failed: 1, blocked: 1, unknown: 1 });
        assert_eq!(counts.all(), 5);
    }
}
