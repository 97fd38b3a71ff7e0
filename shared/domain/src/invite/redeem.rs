//! An invite is opened in a chat: everything that follows is one transaction.

use serde::{Deserialize, Serialize};

use crate::account::{ClaimKind, Company, Member, NameClaim, Role, Tier, User, fold};
use crate::channel::{Channel, ChannelDetails, ChannelStatus, ChatLink};
use crate::engine::{Decision, Job, NewJob, Write};
use crate::ids::{BotId, ChannelId, DecisionId, JobId, TargetId, UserId};
use crate::invite::{GuestTarget, InviteStatus, InviteToken, InviteUse, OnboardingInvite};
use crate::message::Notice;
use crate::mutation::{Rule, broken};
use crate::time::Timestamp;
use crate::watch::{Amount, Guest, Hears, NewTarget, Rules, TargetError, decide_create_for};

/// The user that a chat was onboarded as: of two invites that one chat opens at once, the second finds
/// the first one's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatPerson {
    /// The bot.
    pub bot: BotId,
    /// The chat.
    pub chat_id: i64,
    /// The user.
    pub user_id: UserId,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

/// Whom the chat belongs to.
#[derive(Clone, Debug)]
pub enum Person {
    /// Somebody who is known: user and channel are used again.
    Known(Channel),
    /// Nobody yet. A user that the chat was onboarded as before may be gone.
    New(Option<ChatPerson>),
}

/// Everything that opening an invite depends on, as it was read.
#[derive(Clone, Debug)]
pub struct Redemption {
    /// The invite.
    pub invite: OnboardingInvite,
    /// Its token's record.
    pub token: InviteToken,
    /// Whose target it makes.
    pub admin: User,
    /// The company.
    pub company: Company,
    /// What the admin has, and may have.
    pub amounts: (Amount, Amount),
    /// Whom the chat belongs to.
    pub person: Person,
}

/// The ids of what an invite makes.
#[derive(Clone, Copy, Debug)]
pub struct RedeemIds {
    /// The decision's.
    pub decision: DecisionId,
    /// The job's that answers in the chat.
    pub job: JobId,
    /// The target's.
    pub target: TargetId,
    /// The user's, if there is none yet.
    pub user: UserId,
    /// The channel's, if there is none yet.
    pub channel: ChannelId,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The person hears of the target from now on.
    Onboarded(InviteUse),
    /// The admin's plan has no room; the invite stays open.
    NoRoom,
    /// The token is used, revoked, expired or unknown.
    Unusable,
}

/// What a person is told who opened an invite.
pub type Invited = Decision<Redeemed>;

/// Opens an invite: target, user, channel and the links between them are made, the invite is spent, and the
/// chat is told. A chat that is known keeps its user and channel. An unusable invite is answered
/// as [`decide_refuse`] does.
pub fn decide_redeem(
    ids: RedeemIds,
    now: Timestamp,
    (bot, chat_id): (&BotId, i64),
    found: &Redemption,
) -> Invited {
    let (invite, admin) = (&found.invite, &found.admin);
    let usable = (invite.status(now) == InviteStatus::Open || broken(Rule::InviteSpent))
        && invite.hash == found.token.hash
        && invite.bot == *bot
        && admin.company_id == invite.company_id
        && admin.role == Role::Admin;
    if !usable {
        return decide_refuse((ids.decision, ids.job), now, (bot, chat_id));
    }
    let (channel, mut writes) = person(ids, now, (bot, chat_id), found);
    let own = channel.user_id == admin.id;
    let guest = Guest { user_id: channel.user_id, channel_id: channel.id };
    let hears = if own {
        Hears { channels: vec![channel.id], guests: Vec::new() }
    } else {
        Hears { channels: Vec::new(), guests: vec![guest] }
    };
    let (name, pages) = (invite.target_name.clone(), invite.pages.clone());
    let what = NewTarget { name, pages, rules: Rules::default() };
    let made =
        decide_create_for((ids.decision, ids.target), now, admin, found.amounts, what, hears);
    let target = match made {
        Ok(target) => target,
        Err(error) => return no_room(ids, now, (bot, chat_id), error),
    };
    let used = InviteUse {
        at: now,
        user_id: channel.user_id,
        channel_id: channel.id,
        target_id: ids.target,
    };
    let spent = OnboardingInvite { used: Some(used), ..invite.clone() };
    writes.extend(target.writes);
    writes.push(Write::Replace(spent.into()));
    if !broken(Rule::InviteSpent) {
        writes.push(Write::Remove(found.token.clone().into()));
    }
    if !own {
        let (user_id, target_id) = (channel.user_id, ids.target);
        writes.push(Write::Create(GuestTarget { user_id, target_id, owner_id: admin.id }.into()));
    }
    let notice = Notice::Invited {
        target_id: ids.target,
        target_name: invite.target_name.clone(),
        pages: u32::try_from(invite.pages.len()).unwrap_or(u32::MAX),
    };
    let mut decision = Decision::new(ids.decision, now, Redeemed::Onboarded(used));
    decision.writes = writes;
    decision.job(answer(ids.job, now, (bot, chat_id), notice))
}

/// The one answer to an invite that is used, revoked, expired or unknown.
pub fn decide_refuse(
    (id, job): (DecisionId, JobId),
    now: Timestamp,
    chat: (&BotId, i64),
) -> Invited {
    let answer = answer(job, now, chat, Notice::TokenUnusable);
    Decision::new(id, now, Redeemed::Unusable).job(answer)
}

fn no_room(ids: RedeemIds, now: Timestamp, chat: (&BotId, i64), error: TargetError) -> Invited {
    debug_assert!(!matches!(error, TargetError::TooManyChannels), "a new target has one");
    let answer = answer(ids.job, now, chat, Notice::InviteWaits);
    Decision::new(ids.decision, now, Redeemed::NoRoom).job(answer)
}

/// The person's channel, and what makes it.
fn person(
    ids: RedeemIds,
    now: Timestamp,
    (bot, chat_id): (&BotId, i64),
    found: &Redemption,
) -> (Channel, Vec<Write>) {
    let before = match &found.person {
        // Written even when it is active: its removal meanwhile must not go unnoticed.
        Person::Known(channel) => {
            let channel = channel.unblocked().unwrap_or_else(|| channel.clone());
            return (channel.clone(), vec![Write::Replace(channel.into())]);
        }
        Person::New(before) => before,
    };
    let user = User {
        id: ids.user,
        company_id: found.company.id,
        username: username(ids.user),
        email: None,
        password_hash: None,
        role: Role::Member,
        tier: Tier::Free,
        timezone: found.admin.timezone.clone(),
        locale: found.admin.locale.clone(),
        created_at: now,
        version: 0,
    };
    let channel = Channel {
        id: ids.channel,
        user_id: user.id,
        name: "Telegram".to_owned(),
        details: ChannelDetails::Telegram { bot: bot.clone(), chat_id: Some(chat_id) },
        status: ChannelStatus::Active,
        reason: None,
        target_id: None,
        created_at: now,
        generation: 0,
        version: 0,
    };
    let kind = ClaimKind::Username;
    let claim = NameClaim { kind, name: fold(&user.username), user_id: user.id };
    let link = ChatLink {
        bot: bot.clone(),
        chat_id,
        channel_id: channel.id,
        user_id: user.id,
        claimed: false,
    };
    let person = ChatPerson {
        bot: bot.clone(),
        chat_id,
        user_id: user.id,
        version: before.as_ref().map_or(0, |before| before.version),
    };
    let person = match before {
        Some(_) => Write::Replace(person.into()),
        None => Write::Create(person.into()),
    };
    let writes = vec![
        // Whoever joins changes the company: it is not removed meanwhile as an empty one.
        Write::Replace(found.company.clone().into()),
        Write::Create(Member::of(&user, now).into()),
        Write::Create(user.into()),
        Write::Create(claim.into()),
        Write::Create(link.into()),
        Write::Create(channel.clone().into()),
        person,
    ];
    (channel, writes)
}

/// A name for somebody who never chose one. Its digits are random bits of the id.
fn username(id: UserId) -> String {
    let hex = id.0.simple().to_string();
    format!("guest-{}", &hex[hex.len() - 16..])
}

/// A notice to the chat, now.
fn answer(id: JobId, now: Timestamp, (bot, chat_id): (&BotId, i64), notice: Notice) -> NewJob {
    let job = Job::Messages { bot: bot.clone(), chat_id, notices: vec![notice], callback: None };
    NewJob { id, job, due: now, owner: None }
}

#[cfg(test)]
mod tests;
