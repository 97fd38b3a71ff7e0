//! Accounts: signing up, logging in and out, and who a cookie belongs to.

mod accept_invitation;
mod authenticate;
mod change_password;
mod change_profile;
mod create_admin;
mod delete_account;
mod erase;
mod erase_guest;
mod log_in;
mod log_out;
mod move_in;
mod networks;
mod password;
mod reset_password;
mod sessions;
mod sign_up;

pub use accept_invitation::{AcceptInvitation, accept_invitation};
pub use authenticate::{Authenticated, authenticate};
pub use change_password::{ChangePassword, change_password};
pub use change_profile::change_profile;
pub use create_admin::create_admin;
pub use delete_account::delete_account;
pub use domain::account::{ProfileChange, SignUpInput};
pub(crate) use erase::erase;
pub use erase_guest::erase_guest;
pub use log_in::{LogIn, log_in, user_named};
pub use log_out::log_out;
pub use reset_password::{request_reset, reset_password};
pub use sessions::{end_other_sessions, end_session, list_sessions};
pub use sign_up::{must_be_free, sign_up};

use domain::account::User;

/// A session that began: its user and its cookie, which is known only here and to the browser.
#[derive(Clone)]
pub struct Began {
    /// Who is logged in.
    pub user: User,
    /// The cookie's value.
    pub cookie: String,
}
