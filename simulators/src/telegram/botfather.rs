//! What people do at `BotFather`: make bots, and give them other tokens.

use super::Telegram;
use super::journal::Record;
use super::model::BotAccount;
use super::people::Impossible;
use super::state::State;

/// The first id of bots that are made here.
const FIRST_BOT: i64 = 7_100_000_001;
/// Telegram's usernames have so many characters.
const USERNAME: std::ops::RangeInclusive<usize> = 5..=32;

impl Telegram {
    /// Makes a bot. Its username must be free and end with `bot`, as at Telegram.
    ///
    /// # Errors
    /// [`Impossible::BadUsername`].
    pub fn make_bot(&self, username: &str) -> Result<BotAccount, Impossible> {
        let username = username.trim_start_matches('@');
        let fits = USERNAME.contains(&username.len())
            && username.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && username.to_ascii_lowercase().ends_with("bot");
        self.with(|state| {
            if !fits || state.bot_named(username).is_some() {
                return Err(Impossible::BadUsername);
            }
            let last = state.bots.keys().next_back().copied().unwrap_or_default();
            let id = FIRST_BOT.max(last + 1);
            Ok(state.give_token(id, username, 1))
        })
    }

    /// Gives a bot another token; the one before is refused from now on.
    ///
    /// # Errors
    /// [`Impossible::UnknownBot`].
    pub fn revoke_token(&self, bot: &str) -> Result<BotAccount, Impossible> {
        self.with(|state| {
            let id = state.bot_named(bot).ok_or(Impossible::UnknownBot)?;
            let account = state.bot(id).account.clone();
            let made = account.token.rsplit('-').next().and_then(|n| n.parse::<u32>().ok());
            Ok(state.give_token(id, &account.username, made.unwrap_or(0) + 1))
        })
    }
}

impl State {
    /// The bot's n-th token.
    fn give_token(&mut self, bot_id: i64, username: &str, n: u32) -> BotAccount {
        let token = format!("{bot_id}:simulated-{n}");
        let username = username.to_owned();
        self.commit(vec![Record::Bot { bot_id, username, token }]);
        self.bot(bot_id).account.clone()
    }
}
