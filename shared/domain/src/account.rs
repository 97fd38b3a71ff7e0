//! Companies, users, sessions and API keys.

mod api_key;
mod erase;
mod invitation;
mod member;
mod move_in;
mod network;
mod profile;
mod reset;
mod session;
mod sign_up;

use serde::{Deserialize, Serialize};

use crate::ids::{CompanyId, UserId};
use crate::time::Timestamp;
use crate::wizard::Language;

pub use api_key::{
    ApiKey, COMPANY_KEYS, CompanyApiKey, Scope, check_company_scopes, decide_create_key,
    decide_renew_key, decide_revoke_key,
};
pub use erase::{Account, ERASE_AGAIN, Erasure, decide_delete_account};
pub use invitation::{
    COMPANY_INVITATIONS, INVITATION_LIFE, Invitation, InvitationToken, Joining,
    decide_invite_colleague, decide_join, has_room_to_invite,
};
pub use member::{
    FormerGuest, Member, MemberError, decide_change_role, decide_remove_member,
    decide_rename_company,
};
pub use move_in::decide_move_in;
pub use network::KnownNetwork;
pub use profile::{LOCALES, ProfileChange};
pub use reset::{PasswordReset, RESET_LIFE, decide_reset};
pub use session::{MAX_DEVICE, SESSION_LIFE, SESSION_SLIDE, Session, SessionCookie};
pub use sign_up::{
    MAX_PASSWORD, MAX_USERNAME, MIN_PASSWORD, MIN_USERNAME, SignUp, SignUpIds, SignUpInput,
    check_email, check_password, check_timezone, check_username, decide_sign_up, taken,
};

/// The tenant: owns users, bots and API keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Its id.
    pub id: CompanyId,
    /// Its name; the first user's name until it is changed.
    pub name: String,
    /// When it signed up.
    pub created_at: Timestamp,
    /// How many of its members are admins: never none.
    #[serde(default = "one")]
    pub admins: u32,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

const fn one() -> u32 {
    1
}

/// What a user may do inside their company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Their own targets and channels.
    Member,
}

/// What a user has paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The small limits.
    Free,
    /// The large ones.
    Pro,
}

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Whose user it is.
    pub company_id: CompanyId,
    /// As the person wrote it; unique regardless of case.
    pub username: String,
    /// As the person wrote it; unique regardless of case.
    pub email: Option<String>,
    /// Argon2id in PHC string format; absent for people onboarded through a chat.
    pub password_hash: Option<String>,
    /// What the user may do.
    pub role: Role,
    /// What the user has paid for.
    pub tier: Tier,
    /// IANA name, `UTC` unless chosen.
    pub timezone: String,
    /// The language they are spoken to in: one of [`LOCALES`].
    #[serde(default = "english")]
    pub locale: String,
    /// When they signed up.
    pub created_at: Timestamp,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

impl User {
    /// Whether they are known by a chat alone: nobody can log in as them, nor ask for anything as them.
    pub const fn is_guest(&self) -> bool {
        self.password_hash.is_none()
    }

    /// The language that they are written to in.
    pub fn language(&self) -> Language {
        Language::of_code(Some(&self.locale))
    }
}

fn english() -> String {
    LOCALES[0].to_owned()
}

/// Which of a user's names a claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// The username.
    Username,
    /// The e-mail address.
    Email,
}

/// A unique name taken by a user. Written in the transaction that makes the user, so
/// that of two racing sign-ups exactly one wins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameClaim {
    /// Which name.
    pub kind: ClaimKind,
    /// The name, folded to lower case ([`fold`]).
    pub name: String,
    /// Who has it.
    pub user_id: UserId,
}

/// Folds a username or an e-mail address for comparison.
pub fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

/// A SHA-256 in lower-case hexadecimal: what is kept of a cookie, a key or a token.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretHash(pub String);

impl SecretHash {
    /// The hash of a secret of 128 random bits or more, which needs no slow hash.
    pub fn of(secret: &str) -> Self {
        use sha2::{Digest, Sha256};
        use std::fmt::Write;
        let mut hex = String::with_capacity(64);
        for byte in Sha256::digest(secret.as_bytes()) {
            let _ = write!(hex, "{byte:02x}");
        }
        Self(hex)
    }
}
