//! What a broadcast is to its contacts: how many messages, under which keys, and made from which one.

use super::{Broadcast, BroadcastStatus, Targeting};
use crate::engine::delivery::{DeliveryKey, Recipient};
use crate::ids::{BotId, TaskRunId};
use crate::markup::{MAX_CAPTION, to_telegram};
use crate::scenario::StepContent;
use crate::slug::{MAX_SLUG, Slug};
use crate::task::RUNS_KEPT;
use crate::template::{Fill, Template, Values};
use crate::time::Timestamp;

/// A bot sends about so many messages a second.
const PER_SECOND: u32 = 29;
/// So many hexadecimal digits of a run's id stand in the name of what it sends.
const OF_RUN: usize = 12;
/// The digits of a day and a minute: `202611210900`.
const OF_MINUTE: usize = 12;

impl Broadcast {
    /// A draft that says nothing yet.
    pub fn new(bot_id: BotId, slug: Slug, name: String, now: Timestamp) -> Self {
        Self {
            bot_id,
            slug,
            name,
            content: StepContent::default(),
            targeting: Targeting::default(),
            status: BroadcastStatus::Draft,
            sending: None,
            created_at: now,
            version: 0,
        }
    }

    /// A draft that says the same to the same.
    #[must_use]
    pub fn copy(&self, slug: Slug, now: Timestamp) -> Self {
        let copy = Self::new(self.bot_id.clone(), slug, self.name.clone(), now);
        Self { content: self.content.clone(), targeting: self.targeting.clone(), ..copy }
    }

    /// What the copy is called that this run of a task sends: the same however often the run is tried. Cut
    /// so that it fits; the day and the minute are of `due`, in UTC.
    pub fn slug_of_run(&self, run: TaskRunId, due: Timestamp) -> Slug {
        let digits = due.rfc3339();
        let minute: String = digits.chars().filter(char::is_ascii_digit).take(OF_MINUTE).collect();
        let id = run.0.simple().to_string();
        let stamp = format!("-{minute}-{}", &id[id.len().saturating_sub(OF_RUN)..]);
        let room = MAX_SLUG.saturating_sub(stamp.len());
        let kept: String = self.slug.as_str().chars().take(room).collect();
        Slug::of_name(&format!("{kept}{stamp}"), "broadcast")
    }

    /// Until when it is kept: what a task's run has sent for as long as runs are, all else for good.
    pub fn kept_until(&self) -> Option<Timestamp> {
        let sending = self.sending.as_ref().filter(|it| it.of_run.is_some())?;
        sending.ended_at.map(|at| at + RUNS_KEPT)
    }

    /// How many messages it is for a contact, at most.
    pub fn messages(&self) -> u32 {
        match self.content.photos.len() {
            0 => 1,
            1 => {
                let text = Template::parse_lenient(&self.content.text);
                let apart = to_telegram(&text, &Fill::Longest).units > MAX_CAPTION;
                1 + u32::from(apart)
            }
            _ => 2,
        }
    }

    /// Whether a text follows for a contact who has the photos on their own. Where only the contact's values tell
    /// whether there is one, it may. Nothing follows once it goes on no more and its last page has ended.
    pub fn owes_text(&self) -> bool {
        let has_page = self.sending.as_ref().is_some_and(|it| it.job.is_some());
        if !self.status.is_under_way() && !has_page {
            return false;
        }
        let text = Template::parse_lenient(&self.content.text);
        let units = |fill: &Fill<'_>| to_telegram(&text, fill).units;
        if units(&Fill::Values(&Values::default())) > 0 {
            return true;
        }
        // A short one would stand below its only photo.
        let longest = units(&Fill::Longest);
        longest > MAX_CAPTION || (longest > 0 && self.content.photos.len() > 1)
    }

    /// How long so many contacts take at the bot's rate, in seconds.
    pub fn seconds_for(&self, contacts: u32) -> u32 {
        contacts.saturating_mul(self.messages()).div_ceil(PER_SECOND)
    }

    /// How long it still takes, in seconds, while it is under way and its audience is known: contacts come and
    /// go meanwhile.
    pub fn seconds_left(&self) -> Option<u32> {
        let sending = self.sending.as_ref().filter(|_| self.status.is_under_way())?;
        Some(self.seconds_for(sending.audience?.saturating_sub(sending.counts.all())))
    }

    /// Its message of this number to a contact, among deliveries.
    pub fn delivery_key(&self, chat_id: i64, part: u16) -> DeliveryKey {
        // Another broadcast may bear the name one day.
        let made = self.created_at.as_millis();
        DeliveryKey {
            to: Recipient::Chat { bot: self.bot_id.clone(), chat_id },
            thing: format!("broadcast.{}.{made}", self.slug),
            revision: 0,
            part,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::broadcast::{BroadcastCounts, Sending};
    use crate::ids::JobId;
    use crate::scenario::Photo;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn draft(slug: &str) -> Broadcast {
        let slug = Slug::parse(slug).expect("a slug");
        Broadcast::new(BotId::default_bot(), slug, "News".to_owned(), NOW)
    }

    fn with(photos: usize, text: &str) -> Broadcast {
        let photos = (0..photos).map(|n| Photo::FileId(n.to_string())).collect();
        let content = StepContent { text: text.to_owned(), photos, ..StepContent::default() };
        Broadcast { content, ..draft("news") }
    }

    #[test]
    fn its_messages_are_counted_with_the_longest_values() {
        let long = "x".repeat(MAX_CAPTION - 128);
        let longest = format!("{long} {{{{ user.user_name }}}}");
        for (photos, text, expected) in
            [(0, "x", 1), (1, "x", 1), (1, &*long, 1), (1, &*longest, 2), (2, "x", 2)]
        {
            assert_eq!(with(photos, text).messages(), expected, "{photos} photos");
        }
        assert_eq!((with(1, "x").seconds_for(290), with(2, "x").seconds_for(290)), (10, 20));
        assert_eq!((with(1, "x").seconds_for(0), with(1, "x").seconds_for(1)), (0, 1));
    }

    #[test]
    fn photos_on_their_own_are_all_of_it_only_where_no_text_follows() {
        let sending = |photos, text: &str| {
            let status = BroadcastStatus::Sending;
            Broadcast { status, ..with(photos, text) }
        };
        let values = "{{ user.user_name }}".repeat(60);
        for (photos, text, expected) in [
            (1, "", false),
            (1, &*"x".repeat(MAX_CAPTION + 1), true),
            (2, "x", true),
            (1, "{{ user.user_name }}", false),
            (1, &*values, true),
            (2, "{{ user.user_name }}", true),
        ] {
            assert_eq!(sending(photos, text).owes_text(), expected, "{photos} photos: {text}");
        }
    }

    #[test]
    fn no_text_is_owed_any_more_once_a_broadcast_goes_on_no_more_and_its_last_page_has_ended() {
        let long = "x".repeat(MAX_CAPTION + 1);
        let values = "{{ user.user_name }}".repeat(60);
        for (status, has_page, expected) in [
            (BroadcastStatus::Sending, true, true),
            (BroadcastStatus::Paused, false, true),
            (BroadcastStatus::Cancelled, true, true),
            (BroadcastStatus::Cancelled, false, false),
            (BroadcastStatus::Done, false, false),
        ] {
            let job = has_page.then(|| JobId(Uuid::from_u128(1)));
            for text in [&long, &values] {
                let sending = Some(Sending { job, ..Sending::default() });
                let broadcast = Broadcast { status, sending, ..with(1, text) };
                assert_eq!(broadcast.owes_text(), expected, "{status:?}, a page: {has_page}");
            }
        }
    }

    #[test]
    fn what_is_left_is_known_while_it_is_under_way_and_its_audience_is() {
        let counts = BroadcastCounts { sent: 9, blocked: 1, ..BroadcastCounts::default() };
        let sending = Sending { audience: Some(39), counts, ..Sending::default() };
        let mut broadcast = Broadcast { sending: Some(sending), ..draft("news") };
        broadcast.status = BroadcastStatus::Paused;
        assert_eq!(broadcast.seconds_left(), Some(1));
        broadcast.status = BroadcastStatus::Done;
        assert_eq!(broadcast.seconds_left(), None);
        let sending = broadcast.sending.take().map(|it| Sending { audience: None, ..it });
        let unknown = Broadcast { sending, status: BroadcastStatus::Sending, ..broadcast };
        assert_eq!(unknown.seconds_left(), None);
    }

    #[test]
    fn what_a_run_sends_is_kept_for_good_only_while_it_is_under_way() {
        let of_run = Some(TaskRunId(Uuid::from_u128(1)));
        for (of_run, ended_at, expected) in [
            (of_run, None, None),
            (None, Some(NOW), None),
            (of_run, Some(NOW), Some(NOW + RUNS_KEPT)),
        ] {
            let sending = Some(Sending { ended_at, of_run, ..Sending::default() });
            assert_eq!(Broadcast { sending, ..draft("news") }.kept_until(), expected);
        }
        assert_eq!(draft("news").kept_until(), None);
    }

    #[test]
    fn a_copy_says_the_same_and_has_not_been_sent() {
        let sent = Broadcast {
            status: BroadcastStatus::Done,
            sending: Some(Sending::default()),
            version: 7,
            ..with(1, "Read this")
        };
        let later = Timestamp::from_millis(NOW.as_millis() + 1);
        let copy = sent.copy(Slug::parse("news-2").expect("a slug"), later);
        assert_eq!((copy.status, &copy.sending, copy.version), (BroadcastStatus::Draft, &None, 0));
        assert_eq!((&copy.content, copy.created_at), (&sent.content, later));
        assert_ne!(copy.delivery_key(42, 0), sent.delivery_key(42, 0));
    }

    #[test]
    fn the_name_of_what_a_run_sends_is_the_runs_own_and_fits() {
        let run = |n| TaskRunId(Uuid::from_u128(n));
        let name = draft("news").slug_of_run(run(0xabc), NOW);
        assert_eq!(name.as_str(), "news-202311142213-000000000abc");
        assert_eq!(draft("news").slug_of_run(run(0xabc), NOW), name);
        assert_ne!(draft("news").slug_of_run(run(0xabd), NOW), name);
        let long = draft(&"n".repeat(MAX_SLUG)).slug_of_run(run(0xabc), NOW);
        assert!(long.as_str().ends_with("n-202311142213-000000000abc"), "{long}");
        assert_eq!(long.as_str().len(), MAX_SLUG);
    }
}
