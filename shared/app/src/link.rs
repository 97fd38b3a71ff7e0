//! Company links: chats that receive what a company has to say, and how they come to be.

mod bind_link;
mod change_link;
mod create_link;
mod read;

pub use bind_link::{BindLink, bind_link};
pub(crate) use change_link::leave_link;
pub use change_link::{change_link, remove_link};
pub use create_link::{CreateLink, LinkMade, create_link, link_owner, renew_link};
pub use domain::link::{Bound, Category, OptIns, TelegramLink};
pub use read::{find_link, list_links};
