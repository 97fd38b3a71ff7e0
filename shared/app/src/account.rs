//! Accounts: signing up, logging in and out, and who a cookie belongs to.

mod authenticate;
mod create_admin;
mod log_in;
mod log_out;
mod password;
mod sign_up;

pub use authenticate::{Authenticated, authenticate};
pub use create_admin::create_admin;
pub use domain::account::SignUpInput;
pub use log_in::{LogIn, log_in};
pub use log_out::log_out;
pub use sign_up::sign_up;

use domain::account::User;

/// A session that began: its user and its cookie, which is known only here and to the browser.
#[derive(Clone)]
pub struct Began {
    /// Who is logged in.
    pub user: User,
    /// The cookie's value.
    pub cookie: String,
}
