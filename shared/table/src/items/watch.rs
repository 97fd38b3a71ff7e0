//! Targets, pages and watchers.

use domain::watch::{Page, PageScrapes, Target, Watcher};

use crate::items::plain_item;
use crate::keys;

plain_item!(Target, "target", |it| keys::target(it.user_id, it.id), version: it.version);
plain_item!(Page, "page", |it| keys::page(&it.id));
plain_item!(Watcher, "watcher", |it| keys::watcher(&it.page_id, it.user_id, it.target_id));
plain_item!(PageScrapes, "page_scrapes", |it| keys::page_scrapes(&it.page_id), version: it.version);
