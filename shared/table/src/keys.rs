//! Every key of the single table, and nothing else knows `pk` and `sk`.
//!
//! `docs/table.md` draws the chart of entities and access patterns from these functions.

mod chats;
mod scenarios;

use std::fmt;

use domain::account::{ClaimKind, SecretHash};
use domain::alert::AlertCountKey;
use domain::engine::TimerKey;
use domain::engine::delivery::{DeliveryKey, Recipient};
use domain::ids::{
    AlertId, ApiKeyId, BotId, ChannelId, CompanyId, InvitationId, InviteId, LinkId, SessionId,
    TargetId, TaskId, TaskRunId, UserId,
};
use domain::payment::{OrderNumber, WordKind};
use domain::slug::Slug;
use domain::time::Timestamp;
use domain::url::{OfferId, PageId};

pub use chats::{
    CHAT_LINKS, KEPT_UPDATES, chat, chat_link, chat_person, kept_update, stopped_chat,
};
pub use scenarios::{
    BROADCASTS, BUTTON_SETS, CONTACT_SHARDS, CONTACTS, PHOTOS, SCENARIOS, STEPS, bot_scenarios,
    broadcast, button_set, chat_wizard, contact, contact_shard, forwarded_reply, scenario, step,
    steps, stored_photo,
};

/// The partition key's attribute.
pub const PK: &str = "pk";
/// The sort key's attribute.
pub const SK: &str = "sk";
/// When the table may delete the item, in seconds since the Unix epoch.
pub const TTL: &str = "ttl";

/// Condition: nothing stands at the key.
pub const ABSENT: &str = "attribute_not_exists(pk)";
/// Condition: something stands at the key.
pub const PRESENT: &str = "attribute_exists(pk)";
/// The value of a partition key in the key conditions below.
pub const PARTITION_VALUE: &str = ":pk";
/// The value of a sort-key prefix in the key condition below.
pub const PREFIX_VALUE: &str = ":prefix";
/// Key condition: a whole partition, `:pk`.
pub const PARTITION: &str = "pk = :pk";
/// Key condition: the part of a partition whose sort keys begin with `:prefix`.
pub const PARTITION_PREFIX: &str = "pk = :pk AND begins_with(sk, :prefix)";
/// PartiQL condition: one item, its two keys as parameters.
pub const PLACE: &str = "pk = ? AND sk = ?";
/// A sort key has at most this many bytes in DynamoDB.
pub const LONGEST_SK: usize = 1_024;

/// The pages that are scraped are spread over this many partitions.
pub const PAGE_SHARDS: u8 = 16;

/// An item's place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.pk, self.sk)
    }
}

fn key(pk: impl Into<String>, sk: impl Into<String>) -> Key {
    Key { pk: pk.into(), sk: sk.into() }
}

/// A company; the partition also holds its members and API keys.
pub fn company(id: CompanyId) -> Key {
    key(format!("COMPANY#{id}"), "COMPANY")
}

/// The sort-key prefix of a company's members.
pub const MEMBERS: &str = "MEMBER#";
/// The sort-key prefix of the guests who were taken out of a company.
pub const FORMER_GUESTS: &str = "FORMER_GUEST#";
/// The sort-key prefix of a company's API keys.
pub const COMPANY_API_KEYS: &str = "APIKEY#";

/// A member, in their company's partition.
pub fn member(company_id: CompanyId, user_id: UserId) -> Key {
    key(company(company_id).pk, format!("{MEMBERS}{user_id}"))
}

/// A guest who was taken out of a company, in the company's partition.
pub fn former_guest(company_id: CompanyId, user_id: UserId) -> Key {
    key(company(company_id).pk, format!("{FORMER_GUESTS}{user_id}"))
}

/// A company's API key in its list, in the company's partition.
pub fn company_api_key(company_id: CompanyId, id: ApiKeyId) -> Key {
    key(company(company_id).pk, format!("{COMPANY_API_KEYS}{id}"))
}

/// A user; the partition also holds their targets and channels.
pub fn user(id: UserId) -> Key {
    key(format!("USER#{id}"), "USER")
}

/// A unique username or e-mail address, folded.
pub fn name_claim(kind: ClaimKind, folded: &str) -> Key {
    let kind = match kind {
        ClaimKind::Username => "USERNAME",
        ClaimKind::Email => "EMAIL",
    };
    key(format!("{kind}#{folded}"), "CLAIM")
}

/// A user's session.
pub fn session(user_id: UserId, id: SessionId) -> Key {
    key(user(user_id).pk, format!("{SESSIONS}{id}"))
}

/// A network that a user is known in, in their partition, by its hash.
pub fn known_network(user_id: UserId, network: &SecretHash) -> Key {
    key(user(user_id).pk, format!("{NETWORKS}{}", network.0))
}

/// An API key, by its hash.
pub fn api_key(hash: &SecretHash) -> Key {
    key(format!("APIKEY#{}", hash.0), "APIKEY")
}

/// The sort-key prefix of the networks that a user is known in.
pub const NETWORKS: &str = "NETWORK#";
/// The sort-key prefix of a user's sessions.
pub const SESSIONS: &str = "SESSION#";
/// The sort-key prefix of a user's targets.
pub const TARGETS: &str = "TARGET#";
/// The sort-key prefix of a user's channels.
pub const CHANNELS: &str = "CHANNEL#";

/// A target, in its user's partition.
pub fn target(user_id: UserId, id: TargetId) -> Key {
    key(user(user_id).pk, format!("{TARGETS}{id}"))
}

/// A channel, in its user's partition.
pub fn channel(user_id: UserId, id: ChannelId) -> Key {
    key(user(user_id).pk, format!("{CHANNELS}{id}"))
}

/// A page that is scraped, in one of [`PAGE_SHARDS`] partitions.
pub fn page(id: &PageId) -> Key {
    key(page_shard(shard_of(id)), format!("PAGE#{id}"))
}

/// The partition key of one shard of the pages.
pub fn page_shard(shard: u8) -> String {
    format!("PAGES#{shard:02}")
}

fn shard_of(id: &PageId) -> u8 {
    let digit = id.as_str().bytes().next().unwrap_or(b'0');
    u8::try_from(char::from(digit).to_digit(16).unwrap_or(0)).unwrap_or(0) % PAGE_SHARDS
}

/// The partition of a page's watchers.
pub fn watchers(page_id: &PageId) -> String {
    format!("PAGE#{page_id}")
}

/// The sort-key prefix of watchers.
pub const WATCHERS: &str = "WATCHER#";

/// A watcher: a user's active target on a page. A user's targets stand together, so that a
/// channel they share is met once.
pub fn watcher(page_id: &PageId, user_id: UserId, target_id: TargetId) -> Key {
    key(watchers(page_id), format!("{WATCHERS}{user_id}#{target_id}"))
}

/// How the scraping of a page goes.
pub fn page_scrapes(page_id: &PageId) -> Key {
    key(watchers(page_id), "SCRAPES")
}

/// What was gathered for a channel's digest that is due then.
pub fn digest(channel_id: ChannelId, due: Timestamp) -> String {
    format!("DIGEST#{channel_id}#{}", due.as_millis())
}

/// One offer of a digest.
pub fn digest_entry(
    channel_id: ChannelId,
    due: Timestamp,
    (offer_id, revision): (&OfferId, u32),
    target_id: TargetId,
) -> Key {
    key(digest(channel_id, due), format!("OFFER#{offer_id}#{revision}#{target_id}"))
}

/// A page's offers have sort keys that begin so; they stand in the order in which they were seen first.
pub const PAGE_OFFERS: &str = "OFFER#";

/// That an offer stands on a page, since `seen_at`.
pub fn page_offer(page_id: &PageId, seen_at: Timestamp, offer_id: &OfferId) -> Key {
    let seen_at = seen_at.as_millis();
    key(watchers(page_id), format!("{PAGE_OFFERS}{seen_at:013}#{offer_id}"))
}

/// A sighting of an offer on a page; all sightings of an offer share a partition.
pub fn offer(offer_id: &OfferId, page_id: &PageId) -> Key {
    key(offers(offer_id), format!("PAGE#{page_id}"))
}

/// The partition of an offer's sightings.
pub fn offers(offer_id: &OfferId) -> String {
    format!("OFFER#{offer_id}")
}

/// A mail that Courier took, by what Courier calls it.
pub fn receipt(reference: &str) -> Key {
    key(format!("COURIER#{reference}"), "RECEIPT")
}

/// The sort-key prefix of a company's invitations of colleagues.
pub const INVITATIONS: &str = "INVITATION#";

/// What the token of a password reset leads to, by its hash.
pub fn password_reset(hash: &SecretHash) -> Key {
    key(format!("RESET#{}", hash.0), "RESET")
}

/// An invitation of a colleague, in the company's partition.
pub fn invitation(company_id: CompanyId, id: InvitationId) -> Key {
    key(company(company_id).pk, format!("{INVITATIONS}{id}"))
}

/// What an invitation's token leads to, by its hash.
pub fn invitation_token(hash: &SecretHash) -> Key {
    key(format!("INVITATION#{}", hash.0), "INVITATION")
}

/// The sort-key prefix of a company's onboarding invites.
pub const INVITES: &str = "INVITE#";
/// The sort-key prefix of the targets that a user was invited to.
pub const GUEST_TARGETS: &str = "GUEST#";

/// An onboarding invite, in its company's partition.
pub fn invite(company_id: CompanyId, id: InviteId) -> Key {
    key(company(company_id).pk, format!("{INVITES}{id}"))
}

/// What an invite's token leads to, by its hash.
pub fn invite_token(hash: &SecretHash) -> Key {
    key(format!("INVITE#{}", hash.0), "INVITE")
}

/// A target that a user was invited to, in the user's partition.
pub fn guest_target(user_id: UserId, target_id: TargetId) -> Key {
    key(user(user_id).pk, format!("{GUEST_TARGETS}{target_id}"))
}

/// A registration token, by its hash.
pub fn registration_token(hash: &SecretHash) -> Key {
    key(format!("TOKEN#{}", hash.0), "TOKEN")
}

/// An update that was handled.
pub fn seen_update(bot: &BotId, update_id: i64) -> Key {
    key(format!("UPDATE#{bot}#{update_id}"), "SEEN")
}

/// A company's bot, beside its state and its send slots.
pub fn bot(id: &BotId) -> Key {
    key(format!("BOT#{id}"), "BOT")
}

/// The sort-key prefix of a company's bots, in the company's partition.
pub const COMPANY_BOTS: &str = "BOT#";

/// Which bot a slug is in a company.
pub fn bot_slug(company_id: CompanyId, slug: &Slug) -> Key {
    key(company(company_id).pk, format!("{COMPANY_BOTS}{slug}"))
}

/// Which bot a slug is in a webhook's path.
pub fn bot_name(slug: &Slug) -> Key {
    key(format!("BOTNAME#{slug}"), "CLAIM")
}

/// Which bot a bot of Telegram's is.
pub fn telegram_bot(telegram_id: u64) -> Key {
    key(format!("TELEGRAMBOT#{telegram_id}"), "CLAIM")
}

/// The bot that a company speaks through where none is named.
pub fn default_bot(company_id: CompanyId) -> Key {
    key(company(company_id).pk, "DEFAULTBOT")
}

/// The sort-key prefix of a company's links.
pub const COMPANY_LINKS: &str = "LINK#";

/// A company's link.
pub fn telegram_link(company_id: CompanyId, id: LinkId) -> Key {
    key(company(company_id).pk, format!("{COMPANY_LINKS}{id}"))
}

/// Which link a chat is in a company: one, whichever bot it speaks with.
pub fn company_chat(company_id: CompanyId, chat_id: i64) -> Key {
    key(company(company_id).pk, format!("LINKCHAT#{chat_id}"))
}

/// The sort-key prefix of the companies that a chat is a link of.
pub const CHAT_COMPANIES: &str = "COMPANY#";

/// Which link a chat is for a company, beside the chat's channels.
pub fn chat_company(bot: &BotId, chat_id: i64, company_id: CompanyId) -> Key {
    key(chat(bot, chat_id), format!("{CHAT_COMPANIES}{company_id}"))
}

/// A token that links a chat, by its hash.
pub fn link_token(hash: &SecretHash) -> Key {
    key(format!("TOKEN#{}", hash.0), "LINK")
}

/// A company's alert.
pub fn alert(company_id: CompanyId, id: AlertId) -> Key {
    key(company(company_id).pk, format!("ALERT#{id}"))
}

/// The sort-key prefix of a company's templates of alerts.
pub const COMPANY_TEMPLATES: &str = "TEMPLATE#";

/// A company's template of alerts.
pub fn alert_template(company_id: CompanyId, name: &Slug) -> Key {
    key(company(company_id).pk, format!("{COMPANY_TEMPLATES}{name}"))
}

/// The window of a throttle key; each in a partition of its own, since a flood meets there.
pub fn throttle(company_id: CompanyId, hash: &SecretHash) -> Key {
    key(format!("THROTTLE#{company_id}#{}", hash.0), "WINDOW")
}

/// The sort-key prefix of the counts of a company's alerts, by day.
pub const COMPANY_COUNTS: &str = "COUNT#";

/// The counts of a company's alerts of a day, category and bot.
pub fn alert_count(of: &AlertCountKey) -> Key {
    let AlertCountKey { company_id, day, category, bot } = of;
    let category = category.as_str();
    key(company(*company_id).pk, format!("{COMPANY_COUNTS}{day}#{category}#{bot}"))
}

/// A bot's state.
pub fn bot_state(bot: &BotId) -> Key {
    key(format!("BOT#{bot}"), "STATE")
}

/// A bot's send slots.
pub fn send_slots(bot: &BotId) -> Key {
    key(format!("BOT#{bot}"), "SLOTS")
}

/// A kept answer, by the hash of who asked and their key.
pub fn saved_answer(hash: &SecretHash) -> Key {
    key(format!("ANSWER#{}", hash.0), "ANSWER")
}

/// A delivery, in the partition of who receives.
pub fn delivery(delivery: &DeliveryKey) -> Key {
    let pk = match &delivery.to {
        Recipient::Channel { channel_id } => format!("CHANNEL#{channel_id}"),
        Recipient::Chat { bot, chat_id } => chat(bot, *chat_id),
        Recipient::Link { link_id } => format!("LINK#{link_id}"),
        Recipient::Mail { job_id } => format!("MAIL#{job_id}"),
    };
    let DeliveryKey { thing, revision, part, .. } = delivery;
    key(pk, format!("DELIVERY#{thing}#{revision}#{part}"))
}

/// The partition of one shard of a minute's timers.
pub fn timer_bucket(minute: i64, shard: u8) -> String {
    format!("TIMER#{minute}#{shard:02}")
}

/// A timer.
pub fn timer(timer: &TimerKey) -> Key {
    let sk = format!("{:013}#{}", timer.at.as_millis(), timer.id);
    key(timer_bucket(timer.minute(), timer.shard), sk)
}

/// How the heartbeat goes.
pub fn heartbeat() -> Key {
    key("CLOCK", "HEARTBEAT")
}

/// The clock's cursor.
pub fn cursor() -> Key {
    key("CLOCK", "CURSOR")
}

/// The partition of dead timers.
pub const DEAD: &str = "DEAD";

/// A dead timer.
pub fn dead(timer: &TimerKey) -> Key {
    key(DEAD, timer.id.to_string())
}

/// The partition of a stopped bot's timers.
pub fn parked_timers(bot: &BotId) -> String {
    format!("PARKED#{bot}")
}

/// A stopped bot's timer.
pub fn parked(bot: &BotId, timer: &TimerKey) -> Key {
    key(parked_timers(bot), timer.id.to_string())
}

/// The sort-key prefix of a company's scheduled tasks.
pub const TASKS: &str = "TASK#";

/// A scheduled task, in its company's partition.
pub fn scheduled_task(company_id: CompanyId, slug: &Slug) -> Key {
    key(company(company_id).pk, format!("{TASKS}{slug}"))
}

/// The partition of a task's runs.
pub fn task_runs(task_id: TaskId) -> String {
    format!("TASK#{task_id}")
}

/// The sort-key prefix of runs.
pub const RUNS: &str = "RUN#";

/// A run of a scheduled task. Runs stand in the order in which they began.
pub fn task_run(task_id: TaskId, id: TaskRunId) -> Key {
    key(task_runs(task_id), format!("{RUNS}{id}"))
}

/// What a user has to do with the payment service, in their partition.
pub fn billing(user_id: UserId) -> Key {
    key(user(user_id).pk, "BILLING")
}

/// A customer of the payment service.
pub fn customer(customer: &str) -> Key {
    key(format!("CUSTOMER#{customer}"), "CUSTOMER")
}

/// An event of the payment service.
pub fn seen_event(id: &str) -> Key {
    key(format!("EVENT#{id}"), "SEEN")
}

/// What was paid through a bot: its orders, and the words that were heard about payments.
pub fn orders(bot: &BotId) -> String {
    format!("ORDERS#{bot}")
}

/// The sort-key prefix of orders.
pub const ORDERS: &str = "ORDER#";

/// An order. Its bot is part of the place: no bot's form can speak of another's orders.
pub fn order(bot: &BotId, number: &OrderNumber) -> Key {
    key(orders(bot), format!("{ORDERS}{number}"))
}

/// The sort-key prefix of words.
pub const KEPT_WORDS: &str = "WORD#";

/// A word about a payment, which happened `at`, if it is said: money may go back in parts, one after the other.
pub fn kept_word(bot: &BotId, payment: &str, (kind, at): (WordKind, Option<Timestamp>)) -> Key {
    let word = format!("{KEPT_WORDS}{payment}#{}", kind.as_str());
    match at.filter(|_| kind == WordKind::Refunded) {
        Some(at) => key(orders(bot), format!("{word}#{}", at.as_millis())),
        None => key(orders(bot), word),
    }
}

/// Which order is a contact's for a scenario's product, with their chat.
pub fn contact_order(bot: &BotId, chat_id: i64, scenario: &Slug) -> Key {
    key(chat(bot, chat_id), format!("{ORDERS}{scenario}"))
}

/// A counter of attempts inside a window.
pub fn attempts(scope: &str, window: i64) -> Key {
    key(format!("LIMIT#{scope}"), window.to_string())
}
