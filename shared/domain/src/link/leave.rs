//! Somebody belongs to a company no more: what becomes of its links with them.

use super::{TelegramLink, decide_unbind};
use crate::engine::{Decision, Write};
use crate::ids::{DecisionId, UserId};
use crate::time::Timestamp;

/// Their own chat goes, and so does a link that waits for it. A group stays the company's, and forgets who
/// linked it; a token for it that they may have kept is void. `None` where they have nothing to do with it.
pub fn decide_leave(
    id: DecisionId,
    now: Timestamp,
    link: &TelegramLink,
    user_id: UserId,
) -> Option<Decision> {
    if link.reader() == Some(user_id) {
        return Some(decide_unbind(id, now, link));
    }
    let other = |it: &UserId| *it != user_id;
    let (of, by) = (link.user_id.filter(other), link.created_by.filter(other));
    if (of, by) == (link.user_id, link.created_by) {
        return None;
    }
    let left = TelegramLink { user_id: of, created_by: by, token: None, ..link.clone() };
    Some(Decision::new(id, now, ()).write(Write::Replace(left.into())))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::account::SecretHash;
    use crate::channel::{ChannelStatus, STOPPED, StoppedChat};
    use crate::engine::Record;
    use crate::ids::BotId;
    use crate::link::OptIns;

    const NOW: Timestamp = Timestamp::from_millis(0);

    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }

    fn link(of: Option<u128>, by: u128, chat_id: Option<i64>) -> TelegramLink {
        TelegramLink {
            id: Uuid::from_u128(1).into(),
            company_id: Uuid::from_u128(2).into(),
            user_id: of.map(user),
            created_by: Some(user(by)),
            bot: BotId::default_bot(),
            chat_id,
            status: ChannelStatus::Active,
            reason: None,
            opt_ins: OptIns::default(),
            token: Some(SecretHash::of("t")),
            token_expires_at: None,
            linked_at: None,
            created_at: NOW,
            version: 0,
        }
    }

    #[test]
    fn who_leaves_takes_their_own_chat_along_and_leaves_the_companys() {
        let left = |link: &TelegramLink| {
            let decision = decide_leave(Uuid::from_u128(9).into(), NOW, link, user(7))?;
            Some(decision.writes)
        };
        for theirs in [link(Some(7), 8, Some(42)), link(Some(7), 7, None)] {
            let writes = left(&theirs).expect("it is theirs");
            assert_eq!(writes[0], Write::Remove(theirs.clone().into()));
            assert_eq!(writes.len(), if theirs.chat_id.is_some() { 3 } else { 1 }, "its places");
        }
        for (kept, of) in [
            (link(Some(7), 7, Some(-42)), None),
            (link(Some(8), 7, Some(43)), Some(user(8))),
            (link(None, 7, None), None),
        ] {
            let writes = left(&kept).expect("they made it");
            let [Write::Replace(Record::TelegramLink(now))] = &writes[..] else {
                panic!("{writes:?}")
            };
            assert_eq!((now.user_id, now.created_by, &now.token), (of, None, &None));
        }
        assert_eq!(left(&link(Some(8), 8, Some(42))), None);
    }

    #[test]
    fn a_stop_of_their_own_chat_is_remembered() {
        let silent = TelegramLink {
            status: ChannelStatus::Blocked,
            reason: Some(STOPPED.to_owned()),
            ..link(Some(7), 8, Some(42))
        };
        let decision = decide_leave(Uuid::from_u128(9).into(), NOW, &silent, user(7));
        let stop = StoppedChat { bot: BotId::default_bot(), chat_id: 42, kept_at: NOW };
        let writes = decision.expect("it is theirs").writes;
        assert_eq!(writes.last(), Some(&Write::Put(stop.into())));
    }
}
