//! How often one caller may try what is tempting to try often: all numbers, and why they are as they are.

use super::{ConfigError, Source, number};

/// How often one caller may try what is tempting to try often. Whole numbers; windows are fixed.
///
/// `HOOPOE_SIGN_UPS_PER_ADDRESS` (100 an hour), `HOOPOE_LOGINS_PER_ADDRESS` (300 in 15 minutes),
/// `HOOPOE_LOGINS_PER_ACCOUNT` (20 in 15 minutes), `HOOPOE_TEST_MESSAGES_PER_USER` (20 in 10 minutes),
/// `HOOPOE_RESETS_PER_ADDRESS` (30 an hour), `HOOPOE_RESETS_PER_EMAIL` (5 an hour),
/// `HOOPOE_INVITATIONS_PER_COMPANY` (50 a day), `HOOPOE_CONFIRMATIONS_PER_USER` (10 an hour),
/// `HOOPOE_CONFIRMATIONS_PER_ADDRESS` (30 an hour), `HOOPOE_CONFIRMATIONS_PER_EMAIL` (5 an hour),
/// `HOOPOE_REGISTRATIONS_PER_USER` (60 in 10 minutes), `HOOPOE_BOT_TOKENS_PER_COMPANY` (30 an hour),
/// `HOOPOE_PAYMENT_PAGES_PER_USER` (30 an hour), `HOOPOE_INVITES_PER_COMPANY` (200 a day),
/// `HOOPOE_API_KEYS_PER_COMPANY` (100 a day).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// Sign-ups from one address of the network in an hour: an office or a school shares one.
    pub sign_ups_per_address: usize,
    /// Logins from one address in 15 minutes, for the same reason.
    pub logins_per_address: usize,
    /// Logins to one account in 15 minutes: more are guesses, from wherever they come.
    pub logins_per_account: usize,
    /// Test messages of one user in 10 minutes: they go to chats that a user only says are theirs.
    pub test_messages_per_user: usize,
    /// Password resets that one address of the network asks for in an hour: each may be a mail to a
    /// stranger.
    pub resets_per_address: usize,
    /// Password resets that are asked for one e-mail address in an hour: nobody's mailbox is flooded.
    pub resets_per_email: usize,
    /// Colleagues that one company invites in a day: each is a mail to someone who has not asked for it.
    pub invitations_per_company: usize,
    /// Confirmation mails that one user asks for in an hour: the addresses are only said to be theirs.
    pub confirmations_per_user: usize,
    /// Confirmation mails that one address of the network asks for in an hour: accounts are cheap, so they
    /// alone would not hold anyone back.
    pub confirmations_per_address: usize,
    /// Confirmation mails to one e-mail address in an hour, whoever asks for them.
    pub confirmations_per_email: usize,
    /// Links that connect a chat that one user makes in 10 minutes: each is a channel that waits, and a
    /// token.
    pub registrations_per_user: usize,
    /// Tokens of bots that one company shows in an hour: Telegram is asked whose each is, so that this would
    /// serve to guess them, and Telegram would hold it against the deployment.
    pub bot_tokens_per_company: usize,
    /// Pages at Stripe that one user opens in an hour: each is several calls to an API that is limited for
    /// all users together.
    pub payment_pages_per_user: usize,
    /// People that one company invites through Telegram in a day: each invite stays for a month.
    pub invites_per_company: usize,
    /// API keys that one company makes in a day: twice as many as it can have, so that all can be changed.
    pub api_keys_per_company: usize,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            sign_ups_per_address: 100,
            logins_per_address: 300,
            logins_per_account: 20,
            test_messages_per_user: 20,
            resets_per_address: 30,
            resets_per_email: 5,
            invitations_per_company: 50,
            confirmations_per_user: 10,
            confirmations_per_address: 30,
            confirmations_per_email: 5,
            registrations_per_user: 60,
            bot_tokens_per_company: 30,
            payment_pages_per_user: 30,
            invites_per_company: 200,
            api_keys_per_company: 100,
        }
    }
}

impl Attempts {
    /// Reads them.
    pub fn read(source: &impl Source) -> Result<Self, ConfigError> {
        let default = Self::default();
        let read = |name, default| number(source, name, default);
        Ok(Self {
            sign_ups_per_address: read(
                "HOOPOE_SIGN_UPS_PER_ADDRESS",
                default.sign_ups_per_address,
            )?,
            logins_per_address: read("HOOPOE_LOGINS_PER_ADDRESS", default.logins_per_address)?,
            logins_per_account: read("HOOPOE_LOGINS_PER_ACCOUNT", default.logins_per_account)?,
            test_messages_per_user: read(
                "HOOPOE_TEST_MESSAGES_PER_USER",
                default.test_messages_per_user,
            )?,
            resets_per_address: read("HOOPOE_RESETS_PER_ADDRESS", default.resets_per_address)?,
            resets_per_email: read("HOOPOE_RESETS_PER_EMAIL", default.resets_per_email)?,
            invitations_per_company: read(
                "HOOPOE_INVITATIONS_PER_COMPANY",
                default.invitations_per_company,
            )?,
            confirmations_per_user: read(
                "HOOPOE_CONFIRMATIONS_PER_USER",
                default.confirmations_per_user,
            )?,
            confirmations_per_address: read(
                "HOOPOE_CONFIRMATIONS_PER_ADDRESS",
                default.confirmations_per_address,
            )?,
            confirmations_per_email: read(
                "HOOPOE_CONFIRMATIONS_PER_EMAIL",
                default.confirmations_per_email,
            )?,
            registrations_per_user: read(
                "HOOPOE_REGISTRATIONS_PER_USER",
                default.registrations_per_user,
            )?,
            bot_tokens_per_company: read(
                "HOOPOE_BOT_TOKENS_PER_COMPANY",
                default.bot_tokens_per_company,
            )?,
            payment_pages_per_user: read(
                "HOOPOE_PAYMENT_PAGES_PER_USER",
                default.payment_pages_per_user,
            )?,
            invites_per_company: read("HOOPOE_INVITES_PER_COMPANY", default.invites_per_company)?,
            api_keys_per_company: read(
                "HOOPOE_API_KEYS_PER_COMPANY",
                default.api_keys_per_company,
            )?,
        })
    }
}
