//! Sessions: what a browser shows, and for how long it counts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::network::network_of;
use crate::account::{KnownNetwork, SecretHash};
use crate::engine::Write;
use crate::ids::{SessionId, UserId};
use crate::time::Timestamp;

/// A session lives this long after its last use.
pub const SESSION_LIFE: Duration = Duration::from_hours(30 * 24);
/// A session's expiry is written again only when it has slid by this much: a read stays a read.
pub const SESSION_SLIDE: Duration = Duration::from_hours(24);

/// So many characters are kept of what a browser says of itself.
pub const MAX_DEVICE: usize = 120;

/// A logged-in browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Hash of the cookie's value.
    pub hash: SecretHash,
    /// What lists show.
    pub id: SessionId,
    /// Whose session.
    pub user_id: UserId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends unless it is used before.
    pub expires_at: Timestamp,
    /// What the browser said of itself when the session began, at most [`MAX_DEVICE`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Hash of the user and of the network that the session began in, where that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<SecretHash>,
}

impl Session {
    /// A session that begins now, and its cookie's value: `secret` are 256 random bits as text.
    pub fn begin(
        user_id: UserId,
        id: SessionId,
        secret: &str,
        now: Timestamp,
    ) -> (Self, SessionCookie) {
        let value = format!("{}.{}.{secret}", user_id.0.simple(), id.0.simple());
        let hash = SecretHash::of(&value);
        let expires_at = now + SESSION_LIFE;
        let (device, network) = (None, None);
        let session = Self { hash, id, user_id, created_at: now, expires_at, device, network };
        (session, SessionCookie { user_id, id, value })
    }

    /// The session of a browser that says this of itself: its words in printable ASCII, as far as they are
    /// kept.
    #[must_use]
    pub fn on(self, user_agent: Option<&str>) -> Self {
        Self { device: user_agent.and_then(device), ..self }
    }

    /// The session as one that begins in this network: as a rate limit knows it.
    #[must_use]
    pub fn within(self, network: Option<&str>) -> Self {
        Self { network: network.map(|it| network_of(self.user_id, it)), ..self }
    }

    /// That its user is known where it began, for as long as it lives without being used again.
    pub fn known_network(&self) -> Option<KnownNetwork> {
        let Self { user_id, expires_at, .. } = *self;
        self.network.clone().map(|network| KnownNetwork { user_id, network, expires_at })
    }

    /// What is written when it begins: itself, and that its user is known there.
    pub fn begins(self) -> Vec<Write> {
        let known = self.known_network().map(|known| Write::Put(known.into()));
        [Write::Create(self.into())].into_iter().chain(known).collect()
    }

    /// When it was used last, to within [`SESSION_SLIDE`].
    pub fn last_used_at(&self) -> Timestamp {
        self.expires_at - SESSION_LIFE
    }

    /// The session with its expiry moved on, when it has slid far enough to be worth a write.
    pub fn slide(&self, now: Timestamp) -> Option<Self> {
        let expires_at = now + SESSION_LIFE;
        (expires_at.since(self.expires_at) >= SESSION_SLIDE)
            .then(|| Self { expires_at, ..self.clone() })
    }
}

/// Whatever is no visible ASCII parts words: a list is read by people, and the header may hold anything.
fn device(user_agent: &str) -> Option<String> {
    let words = user_agent.split(|c: char| !c.is_ascii_graphic()).filter(|word| !word.is_empty());
    let mut text = words.collect::<Vec<_>>().join(" ");
    text.truncate(MAX_DEVICE);
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A cookie's value: it says where its session stands, beside its user's other ones, and proves
/// it by the secret at its end.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionCookie {
    /// Whose session it says to be.
    pub user_id: UserId,
    /// Which session it says to be.
    pub id: SessionId,
    /// The whole value.
    pub value: String,
}

impl SessionCookie {
    /// Reads a value as it came; `None` for what is no cookie of ours.
    pub fn parse(value: &str) -> Option<Self> {
        let mut parts = value.splitn(3, '.');
        let user_id = parts.next()?.parse().ok()?;
        let id = parts.next()?.parse().ok()?;
        parts.next()?;
        Some(Self { user_id, id, value: value.to_owned() })
    }

    /// Whether it proves this session at this time.
    pub fn proves(&self, session: &Session, now: Timestamp) -> bool {
        SecretHash::of(&self.value) == session.hash && session.expires_at > now
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn begun() -> (Session, SessionCookie) {
        Session::begin(Uuid::from_u128(1).into(), Uuid::from_u128(2).into(), "secret", NOW)
    }

    #[test]
    fn a_cookie_reads_back_and_proves_its_session_until_it_ends() {
        let (session, cookie) = begun();
        let read = SessionCookie::parse(&cookie.value).expect("a cookie");
        assert_eq!((read.user_id, read.id), (session.user_id, session.id));
        assert!(read.proves(&session, NOW));
        assert!(!read.proves(&session, NOW + SESSION_LIFE));
    }

    #[test]
    fn another_secret_or_session_is_not_proven() {
        let (session, cookie) = begun();
        let (other, _) = Session::begin(session.user_id, session.id, "other", NOW);
        assert!(!cookie.proves(&other, NOW));
        let guess = SessionCookie::parse(&cookie.value.replace("secret", "guess"));
        assert!(!guess.expect("a cookie").proves(&session, NOW));
    }

    #[test]
    fn a_session_tells_its_device_and_its_last_use() {
        let (session, _) = begun();
        let on = |said: Option<&str>| session.clone().on(said).device;
        assert_eq!(on(Some(" Mozilla/5.0\t (X11)\n")).as_deref(), Some("Mozilla/5.0 (X11)"));
        for nothing in [None, Some(""), Some(" \u{202e}\0 ")] {
            assert_eq!(on(nothing), None);
        }
        assert_eq!(session.last_used_at(), NOW);
        let later = NOW + SESSION_SLIDE * 2;
        assert_eq!(session.slide(later).map(|it| it.last_used_at()), Some(later));
    }

    #[test]
    fn a_user_is_known_where_their_session_began_and_nobody_else_is() {
        let (session, _) = begun();
        assert_eq!(session.known_network(), None);
        let session = session.within(Some("1.1.1.1"));
        let known = KnownNetwork::new(session.user_id, "1.1.1.1", NOW);
        assert_eq!(session.known_network().as_ref(), Some(&known));
        assert_ne!(known.network, KnownNetwork::new(session.user_id, "1.1.1.2", NOW).network);
        let other = KnownNetwork::new(Uuid::from_u128(9).into(), "1.1.1.1", NOW);
        assert_ne!(known.network, other.network, "it is theirs alone");
        let later = session.slide(NOW + SESSION_SLIDE).and_then(|it| it.known_network());
        assert_eq!(later.map(|it| it.expires_at), Some(NOW + SESSION_SLIDE + SESSION_LIFE));
        assert_eq!(session.begins().len(), 2);
        assert_eq!(begun().0.begins().len(), 1);
    }

    proptest! {
        #[test]
        fn whatever_a_browser_says_is_kept_short_and_printable(said in "(?s).{0,300}") {
            let device = begun().0.on(Some(&said)).device.unwrap_or_default();
            prop_assert!(device.len() <= MAX_DEVICE, "{}", device);
            prop_assert!(device.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{}", device);
            prop_assert_eq!(device.trim(), &device);
        }

        #[test]
        fn whatever_comes_as_a_cookie_is_read_or_refused(text in ".{0,120}") {
            if let Some(cookie) = SessionCookie::parse(&text) {
                prop_assert_eq!(cookie.value, text);
            }
        }
    }
}
