//! What a decision is: writes, the jobs that follow from them, and a reply.

use serde::{Deserialize, Serialize};

use crate::account::{
    ApiKey, Company, CompanyApiKey, FormerGuest, Invitation, InvitationToken, KnownNetwork, Member,
    NameClaim, PasswordReset, SecretHash, Session, User,
};
use crate::alert::{Alert, AlertCountKey, AlertCounts, AlertTemplate, Throttle};
use crate::bot::{Bot, BotName, BotSlug, DefaultBot, TelegramBot};
use crate::broadcast::Broadcast;
use crate::button::ButtonSet;
use crate::channel::{Channel, ChatLink, RegistrationToken, StoppedChat};
use crate::contact::{Contact, ForwardedReply};
use crate::digest::DigestEntry;
use crate::engine::timer::{NewJob, TimerKey};
use crate::heartbeat::Heartbeat;
use crate::ids::{BotId, DecisionId};
use crate::invite::{ChatPerson, GuestTarget, InviteToken, OnboardingInvite};
use crate::link::{ChatCompany, CompanyChat, LinkToken, TelegramLink};
use crate::mail::Receipt;
use crate::offer::{Offer, PageOffer};
use crate::payment::{ContactOrder, KeptWord, Order};
use crate::photo::StoredPhoto;
use crate::scenario::{BotScenarios, Scenario, Step};
use crate::subscription::{Billing, Customer, SeenEvent};
use crate::task::{ScheduledTask, TaskRun};
use crate::time::Timestamp;
use crate::url::{CanonicalUrl, PageId};
use crate::watch::{Page, PageScrapes, Target, Watcher};
use crate::wizard::ChatWizard;

/// A decision older than this is decided again rather than committed.
pub const DECISION_LIFE: std::time::Duration = std::time::Duration::from_secs(30);

/// State and the jobs that follow from it: committed as one transaction, or not at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<R = ()> {
    /// One commit, however often it is sent; the table's idempotency token.
    pub id: DecisionId,
    /// When it was decided; a commit refuses one that is too old.
    pub decided_at: Timestamp,
    /// The state.
    pub writes: Vec<Write>,
    /// What must happen later.
    pub jobs: Vec<NewJob>,
    /// What the asker is told once it is committed.
    pub reply: R,
}

impl<R> Decision<R> {
    /// A decision that writes nothing yet.
    pub const fn new(id: DecisionId, decided_at: Timestamp, reply: R) -> Self {
        Self { id, decided_at, writes: Vec::new(), jobs: Vec::new(), reply }
    }

    /// The same with another reply.
    pub fn map<T>(self, reply: impl FnOnce(R) -> T) -> Decision<T> {
        let Self { id, decided_at, writes, jobs, reply: asked } = self;
        Decision { id, decided_at, writes, jobs, reply: reply(asked) }
    }

    /// With one more write.
    #[must_use]
    pub fn write(mut self, write: Write) -> Self {
        self.writes.push(write);
        self
    }

    /// With one more job.
    #[must_use]
    pub fn job(mut self, job: NewJob) -> Self {
        self.jobs.push(job);
        self
    }
}

/// One conditional write.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// A record that must not exist yet (an expired one counts as absent).
    Create(Record),
    /// A record in place of the version that was read; the commit raises its version.
    Replace(Record),
    /// A record whose state does not depend on what was read.
    Put(Record),
    /// A record that must still be as it was read (by version, or just existing where it has none).
    Remove(Record),
    /// One more (or fewer) active target on a page; makes the page when it is new.
    CountTarget {
        /// The page.
        page_id: PageId,
        /// Its URL.
        url: CanonicalUrl,
        /// Whether a target came or went.
        joined: bool,
    },
    /// The record must be as it was read.
    Expect(Record),
    /// A timer that no longer counts goes, if it stands there. Whoever runs it asks its owner all
    /// the same: the clock may have moved it.
    Cancel(TimerKey),
    /// More of what became of a company's alerts on a day.
    CountAlerts {
        /// Of what.
        key: AlertCountKey,
        /// How many more.
        counts: AlertCounts,
    },
}

impl Write {
    /// The record it is about, if it is about one.
    pub const fn record(&self) -> Option<&Record> {
        match self {
            Self::Create(record)
            | Self::Replace(record)
            | Self::Put(record)
            | Self::Remove(record)
            | Self::Expect(record) => Some(record),
            Self::CountTarget { .. } | Self::CountAlerts { .. } | Self::Cancel(_) => None,
        }
    }
}

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident($inner:ty)),* $(,)?) => {
        /// Everything that a decision may write.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Record {
            $($(#[$doc])* $name($inner)),*
        }

        $(impl From<$inner> for Record {
            fn from(inner: $inner) -> Self {
                Self::$name(inner)
            }
        })*
    };
}

records! {
    /// A company.
    Company(Company),
    /// A user.
    User(User),
    /// A unique name.
    NameClaim(NameClaim),
    /// A session.
    Session(Session),
    /// A network that a user is known in.
    KnownNetwork(KnownNetwork),
    /// An API key.
    ApiKey(ApiKey),
    /// What the token of a password reset leads to.
    PasswordReset(PasswordReset),
    /// An invitation of a colleague.
    Invitation(Invitation),
    /// What an invitation's token leads to.
    InvitationToken(InvitationToken),
    /// A company's API key in its list.
    CompanyApiKey(CompanyApiKey),
    /// Who belongs to a company.
    Member(Member),
    /// A guest who was taken out of a company.
    FormerGuest(FormerGuest),
    /// A target.
    Target(Target),
    /// A watcher.
    Watcher(Watcher),
    /// A page.
    Page(Page),
    /// How the scraping of a page goes.
    PageScrapes(PageScrapes),
    /// A channel.
    Channel(Channel),
    /// An onboarding invite.
    OnboardingInvite(OnboardingInvite),
    /// What an invite's token leads to.
    InviteToken(InviteToken),
    /// The user that a chat was onboarded as.
    ChatPerson(ChatPerson),
    /// A target that a user was invited to.
    GuestTarget(GuestTarget),
    /// Which channel a chat is.
    ChatLink(ChatLink),
    /// That a chat has said stop.
    StoppedChat(StoppedChat),
    /// A registration token.
    RegistrationToken(RegistrationToken),
    /// A sighting of an offer on a page.
    Offer(Offer),
    /// That an offer stands on a page.
    PageOffer(PageOffer),
    /// An offer of a digest.
    DigestEntry(DigestEntry),
    /// An update that was handled.
    SeenUpdate(SeenUpdate),
    /// An update that waits to be handled.
    KeptUpdate(KeptUpdate),
    /// Whether a bot sends.
    BotState(BotState),
    /// An answer kept for an `Idempotency-Key`.
    SavedAnswer(SavedAnswer),
    /// How the heartbeat goes.
    Heartbeat(Heartbeat),
    /// What a mail service calls a mail that it took.
    Receipt(Receipt),
    /// A scheduled task.
    ScheduledTask(ScheduledTask),
    /// A run of a scheduled task.
    TaskRun(TaskRun),
    /// A company's bot.
    Bot(Bot),
    /// Which bot a slug is in a company.
    BotSlug(BotSlug),
    /// Which bot a slug is in a webhook's path.
    BotName(BotName),
    /// Which bot a bot of Telegram's is.
    TelegramBot(TelegramBot),
    /// The bot that a company speaks through.
    DefaultBot(DefaultBot),
    /// A chat that receives what a company says.
    TelegramLink(TelegramLink),
    /// Which link a chat is in a company.
    CompanyChat(CompanyChat),
    /// Which companies' link a chat is.
    ChatCompany(ChatCompany),
    /// A token that links a chat.
    LinkToken(LinkToken),
    /// An alert of a company.
    Alert(Alert),
    /// A template of alerts.
    AlertTemplate(AlertTemplate),
    /// A window in which alerts of a key are dropped.
    Throttle(Throttle),
    /// A scenario.
    Scenario(Scenario),
    /// A step of a scenario.
    Step(Step),
    /// What a bot's scenarios share.
    BotScenarios(BotScenarios),
    /// Buttons that messages share.
    ButtonSet(ButtonSet),
    /// A broadcast.
    Broadcast(Broadcast),
    /// A wizard that is under way in a chat.
    ChatWizard(ChatWizard),
    /// A private chat that talks to a bot with scenarios.
    Contact(Contact),
    /// Whose message a forwarded one is.
    ForwardedReply(ForwardedReply),
    /// What a user has to do with the payment service.
    Billing(Billing),
    /// Whose a customer of the payment service is.
    Customer(Customer),
    /// An event of the payment service that was taken.
    SeenEvent(SeenEvent),
    /// An order of a contact.
    Order(Order),
    /// Which order is a contact's.
    ContactOrder(ContactOrder),
    /// A word about a payment, in full.
    KeptWord(KeptWord),
    /// A photo of the object store, as a bot knows it.
    StoredPhoto(StoredPhoto),
}

/// An update that was handled: a repeated `update_id` does nothing twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenUpdate {
    /// The bot.
    pub bot: BotId,
    /// Telegram's number of the update.
    pub update_id: i64,
    /// When it was handled.
    pub seen_at: Timestamp,
}

/// How long a handled update is remembered: longer than Telegram repeats it (24 h).
pub const SEEN_UPDATE_LIFE: std::time::Duration = std::time::Duration::from_hours(48);

/// An update that could not be handled when it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptUpdate {
    /// The bot.
    pub bot: BotId,
    /// The chat whose later updates wait behind it.
    pub chat_id: i64,
    /// Telegram's number of the update.
    pub update_id: i64,
    /// The update as it came.
    pub body: String,
    /// When it was kept.
    pub kept_at: Timestamp,
    /// Whether it failed for so long that others of its chat no longer wait behind it.
    #[serde(default)]
    pub set_aside: bool,
}

/// Whether a bot sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotState {
    /// The bot.
    pub bot: BotId,
    /// Why it was stopped, if it is: its jobs are parked until it returns.
    pub stopped: Option<String>,
    /// When that changed.
    pub changed_at: Timestamp,
}

/// An answer kept for an `Idempotency-Key`: the same key and body gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedAnswer {
    /// Hash of who asked and their key.
    pub key: SecretHash,
    /// Hash of the request: method, path and body.
    pub request: SecretHash,
    /// The answer's status.
    pub status: u16,
    /// The answer's body.
    pub body: String,
    /// When the key is forgotten.
    pub expires_at: Timestamp,
}
