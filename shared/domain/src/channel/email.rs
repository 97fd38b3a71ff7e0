//! E-mail channels: an address waits until whoever reads it confirms it.

use crate::account::{SecretHash, fold};
use crate::channel::{
    Channel, ChannelDetails, ChannelStatus, Confirmed, MAILED_TOKEN_LIFE, RegistrationToken,
};
use crate::engine::{Decision, Write};
use crate::ids::{ChannelId, DecisionId, JobId, UserId};
use crate::mail::Mail;
use crate::mutation::{Rule, broken};
use crate::time::Timestamp;

/// A pending channel of this address, which is its name.
pub fn new_email(id: ChannelId, user_id: UserId, address: &str, now: Timestamp) -> Channel {
    Channel {
        id,
        user_id,
        name: address.to_owned(),
        details: ChannelDetails::Email { address: address.to_owned() },
        status: ChannelStatus::Pending,
        reason: None,
        target_id: None,
        created_at: now,
        generation: 0,
        version: 0,
    }
}

impl Channel {
    /// The address of an e-mail channel.
    pub fn email(&self) -> Option<&str> {
        match &self.details {
            ChannelDetails::Email { address } => Some(address),
            ChannelDetails::Telegram { .. } | ChannelDetails::Hook(_) => None,
        }
    }

    /// Whether it is this address, regardless of case.
    pub fn is_email(&self, address: &str) -> bool {
        self.email().is_some_and(|own| fold(own) == fold(address))
    }

    /// The token that confirms it, made when its mail is sent. A newer generation makes it void.
    pub fn mailed_token(&self, now: Timestamp, hash: SecretHash) -> RegistrationToken {
        RegistrationToken {
            hash,
            user_id: self.user_id,
            channel_id: self.id,
            target_id: None,
            bot: None,
            created_at: now,
            expires_at: now + MAILED_TOKEN_LIFE,
            generation: self.generation,
        }
    }
}

/// A pending channel and the mail that asks for its confirmation.
pub fn decide_add_email(
    (id, job_id): (DecisionId, JobId),
    now: Timestamp,
    channel: Channel,
) -> Decision<Channel> {
    let job = confirmation(&channel, job_id, now);
    let create = Write::Create(channel.clone().into());
    Decision::new(id, now, channel).write(create).job(job)
}

/// Asks for the confirmation of a pending channel again, or of a blocked one whose mail arrives
/// again: mails from before no longer confirm. `None` when the channel receives already.
pub fn decide_resend(
    (id, job_id): (DecisionId, JobId),
    now: Timestamp,
    channel: &Channel,
) -> Option<Decision<Channel>> {
    if !matches!(channel.status, ChannelStatus::Pending | ChannelStatus::Blocked) {
        return None;
    }
    let channel = Channel {
        status: ChannelStatus::Pending,
        reason: None,
        generation: channel.generation + 1,
        ..channel.clone()
    };
    let job = confirmation(&channel, job_id, now);
    let replace = Write::Replace(channel.clone().into());
    Some(Decision::new(id, now, channel).write(replace).job(job))
}

fn confirmation(channel: &Channel, id: JobId, now: Timestamp) -> crate::engine::NewJob {
    let mail = Mail::ConfirmChannel { user_id: channel.user_id, channel_id: channel.id };
    mail.job(id, now, Some(channel.owner()))
}

/// What the confirmation of an address depends on, as it was read.
#[derive(Clone, Debug)]
pub struct EmailConfirmation {
    /// The token's record.
    pub token: RegistrationToken,
    /// The channel that waits for it.
    pub pending: Channel,
}

impl EmailConfirmation {
    fn usable(&self, now: Timestamp) -> bool {
        self.token.bot.is_none()
            && self.token.expires_at > now
            && self.pending.email().is_some()
            && (self.pending.status == ChannelStatus::Pending || broken(Rule::TokenSpent))
            && self.pending.generation == self.token.generation
    }
}

/// Spends a mailed token: its channel is active. Used, expired and unknown tokens are one answer.
///
/// Both writes hold what was read, so that of two clicks exactly one spends it.
pub fn decide_confirm_email(
    id: DecisionId,
    now: Timestamp,
    found: Option<&EmailConfirmation>,
) -> Decision<Confirmed> {
    let Some(found) = found.filter(|found| found.usable(now)) else {
        return Decision::new(id, now, Confirmed::Unusable);
    };
    let channel = Channel { status: ChannelStatus::Active, ..found.pending.clone() };
    let mut decision = Decision::new(id, now, Confirmed::Connected(channel.id));
    if !broken(Rule::TokenSpent) {
        decision = decision.write(Write::Remove(found.token.clone().into()));
    }
    decision.write(Write::Replace(channel.into()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::engine::{Job, Record};

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn pending() -> Channel {
        new_email(Uuid::max().into(), Uuid::nil().into(), "Ada@example.com", NOW)
    }

    fn ids() -> (DecisionId, JobId) {
        (Uuid::nil().into(), Uuid::nil().into())
    }

    fn found(channel: Channel) -> EmailConfirmation {
        let token = channel.mailed_token(NOW, SecretHash::of("token"));
        EmailConfirmation { token, pending: channel }
    }

    fn confirmed(found: &EmailConfirmation, now: Timestamp) -> Confirmed {
        decide_confirm_email(ids().0, now, Some(found)).reply
    }

    #[test]
    fn a_new_address_waits_and_its_mail_belongs_to_its_generation() {
        let decision = decide_add_email(ids(), NOW, pending());
        assert_eq!(decision.reply.status, ChannelStatus::Pending);
        let job = &decision.jobs[0];
        assert!(matches!(job.job, Job::SendMail { .. }));
        assert_eq!(job.owner, Some(pending().owner()));
    }

    #[test]
    fn a_token_makes_its_channel_active_and_goes() {
        let decision = decide_confirm_email(ids().0, NOW, Some(&found(pending())));
        assert_eq!(decision.reply, Confirmed::Connected(pending().id));
        assert!(matches!(decision.writes[0], Write::Remove(Record::RegistrationToken(_))));
        assert!(matches!(&decision.writes[1], Write::Replace(Record::Channel(it))
            if it.status == ChannelStatus::Active));
    }

    #[test]
    fn used_expired_outdated_foreign_and_unknown_tokens_change_nothing() {
        let usable = found(pending());
        assert_eq!(confirmed(&usable, NOW), Confirmed::Connected(pending().id));
        let late = NOW + MAILED_TOKEN_LIFE;
        assert_eq!(confirmed(&usable, late), Confirmed::Unusable);
        assert_ne!(confirmed(&usable, late - Duration::from_millis(1)), Confirmed::Unusable);
        let active = Channel { status: ChannelStatus::Active, ..pending() };
        let renewed = Channel { generation: 1, ..pending() };
        for channel in [active, renewed] {
            let found = EmailConfirmation { pending: channel, ..usable.clone() };
            assert_eq!(confirmed(&found, NOW), Confirmed::Unusable);
        }
        let mut chat = usable;
        chat.token.bot = Some(crate::ids::BotId::default_bot());
        assert_eq!(confirmed(&chat, NOW), Confirmed::Unusable);
        assert_eq!(decide_confirm_email(ids().0, NOW, None).reply, Confirmed::Unusable);
    }

    #[test]
    fn a_resend_voids_what_was_mailed_before_and_reopens_a_blocked_address() {
        let blocked = Channel {
            status: ChannelStatus::Blocked,
            reason: Some("bounced".to_owned()),
            ..pending()
        };
        for channel in [pending(), blocked] {
            let decision = decide_resend(ids(), NOW, &channel).expect("it waits");
            let (after, before) = (decision.reply, found(channel).token);
            assert_eq!((after.status, after.reason.clone()), (ChannelStatus::Pending, None));
            let outdated = EmailConfirmation { token: before, pending: after };
            assert_eq!(confirmed(&outdated, NOW), Confirmed::Unusable);
        }
        let active = Channel { status: ChannelStatus::Active, ..pending() };
        assert!(decide_resend(ids(), NOW, &active).is_none());
    }
}
