//! How often one caller may try what is tempting to try often: all numbers, and why they are as they are.

use super::{ConfigError, Source, number};

/// How often one caller may try what is tempting to try often. Whole numbers; windows are fixed.
///
/// `HOOPOE_SIGN_UPS_PER_ADDRESS` (100 an hour), `HOOPOE_LOGINS_PER_ADDRESS` (300 in 15 minutes),
/// `HOOPOE_LOGINS_PER_ACCOUNT` (20 in 15 minutes), `HOOPOE_LOGINS_PER_ACCOUNT_IN_ALL` (100 in 15 minutes),
/// `HOOPOE_TEST_MESSAGES_PER_USER` (20 in 10 minutes),
/// `HOOPOE_RESETS_PER_ADDRESS` (30 an hour), `HOOPOE_RESETS_PER_EMAIL` (5 an hour),
/// `HOOPOE_INVITATIONS_PER_COMPANY` (50 a day), `HOOPOE_INVITATIONS_PER_ADDRESS` (100 a day),
/// `HOOPOE_INVITATIONS_PER_EMAIL` (10 a day), `HOOPOE_CONFIRMATIONS_PER_USER` (10 an hour),
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
    /// Logins to one account from one address in 15 minutes: more are guesses, and hold up nobody elsewhere.
    pub logins_per_account: usize,
    /// Logins to one account in 15 minutes from all addresses together: so that guessers gain little by having
    /// many. Who comes from where they are known is not held up.
    pub logins_per_account_in_all: usize,
    /// Test messages of one user in 10 minutes: they go to chats that a user only says are theirs.
    pub test_messages_per_user: usize,
    /// Password resets that one address of the network asks for in an hour: each may be a mail to a
    /// stranger.
    pub resets_per_address: usize,
    /// Password resets that are asked for one e-mail address in an hour: nobody's mailbox is flooded.
    pub resets_per_email: usize,
    /// Colleagues that one company invites in a day: each is a mail to someone who has not asked for it.
    pub invitations_per_company: usize,
    /// Colleagues that are invited from one address of the network in a day: companies are as cheap as accounts.
    pub invitations_per_address: usize,
    /// Invitations that are mailed to one e-mail address in a day, whoever sends them.
    pub invitations_per_email: usize,
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
            logins_per_account_in_all: 100,
            test_messages_per_user: 20,
            resets_per_address: 30,
            resets_per_email: 5,
            invitations_per_company: 50,
            invitations_per_address: 100,
            invitations_per_email: 10,
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
        let mut attempts = Self::default();
        for (name, most) in attempts.variables() {
            *most = number(source, name, *most)?;
        }
        Ok(attempts)
    }

    fn variables(&mut self) -> [(&'static str, &mut usize); 18] {
        [
            ("HOOPOE_SIGN_UPS_PER_ADDRESS", &mut self.sign_ups_per_address),
            ("HOOPOE_LOGINS_PER_ADDRESS", &mut self.logins_per_address),
            ("HOOPOE_LOGINS_PER_ACCOUNT", &mut self.logins_per_account),
            ("HOOPOE_LOGINS_PER_ACCOUNT_IN_ALL", &mut self.logins_per_account_in_all),
            ("HOOPOE_TEST_MESSAGES_PER_USER", &mut self.test_messages_per_user),
            ("HOOPOE_RESETS_PER_ADDRESS", &mut self.resets_per_address),
            ("HOOPOE_RESETS_PER_EMAIL", &mut self.resets_per_email),
            ("HOOPOE_INVITATIONS_PER_COMPANY", &mut self.invitations_per_company),
            ("HOOPOE_INVITATIONS_PER_ADDRESS", &mut self.invitations_per_address),
            ("HOOPOE_INVITATIONS_PER_EMAIL", &mut self.invitations_per_email),
            ("HOOPOE_CONFIRMATIONS_PER_USER", &mut self.confirmations_per_user),
            ("HOOPOE_CONFIRMATIONS_PER_ADDRESS", &mut self.confirmations_per_address),
            ("HOOPOE_CONFIRMATIONS_PER_EMAIL", &mut self.confirmations_per_email),
            ("HOOPOE_REGISTRATIONS_PER_USER", &mut self.registrations_per_user),
            ("HOOPOE_BOT_TOKENS_PER_COMPANY", &mut self.bot_tokens_per_company),
            ("HOOPOE_PAYMENT_PAGES_PER_USER", &mut self.payment_pages_per_user),
            ("HOOPOE_INVITES_PER_COMPANY", &mut self.invites_per_company),
            ("HOOPOE_API_KEYS_PER_COMPANY", &mut self.api_keys_per_company),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One variable is set, to seven.
    struct One(&'static str);

    impl Source for One {
        fn get(&self, name: &str) -> Option<String> {
            (self.0 == name).then(|| "7".to_owned())
        }
    }

    #[test]
    fn each_variable_changes_one_number() {
        let mut usual = Attempts::default();
        let names = usual.variables().map(|(name, _)| name);
        for name in names {
            let mut read = Attempts::read(&One(name)).expect("a number");
            let seven = read.variables().into_iter().filter(|(_, most)| **most == 7);
            assert_eq!(seven.map(|(name, _)| name).collect::<Vec<_>>(), [name]);
        }
    }
}
