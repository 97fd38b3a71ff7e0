//! Targets, the pages they watch, and the watchers that a fan-out reads.

mod decide;
mod input;
mod rewrite;
mod rules;
mod scrapes;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, JobId, TargetId, UserId};
use crate::time::Timestamp;
use crate::url::{CanonicalUrl, PageId};

pub use decide::{
    Amount, Hears, NewTarget, TargetError, WRITES_AT_MOST, decide_change, decide_create,
    decide_create_for, decide_link, decide_remove, decide_remove_channel, decide_status,
    decide_unlink,
};
pub use input::{MAX_NAME_CHARS, RulesWish, TargetWish, check_name};
pub use rewrite::{rewire, rewrite};
pub use rules::{
    Baseline, DAILY_HOUR, Digest, Filter, MAX_KEYWORD_CHARS, MAX_KEYWORDS, News, NotifyOn, Rules,
    Verdict,
};

pub use scrapes::{
    BASELINE_OPEN, MAX_REASON_CHARS, PageScrapes, STALE_AFTER, ScrapeEnd, begin_baseline,
    decide_report, first_scrape,
};

/// A target has at most this many pages: all its watchers change in one transaction.
pub const PAGES_PER_TARGET: usize = 40;
/// A target has at most this many channels, so that one watcher fits a page of a fan-out.
pub const CHANNELS_PER_TARGET: usize = 20;

/// Whether a target is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetStatus {
    /// Its pages are scraped and its channels hear of offers.
    Active,
    /// Neither.
    Disabled,
}

/// A page of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetPage {
    /// The page.
    pub id: PageId,
    /// Its canonical URL.
    pub url: CanonicalUrl,
}

/// Somebody else who hears of a target, on a channel of their own: they were invited to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    /// Who.
    pub user_id: UserId,
    /// Their channel.
    pub channel_id: ChannelId,
}

/// A user's watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its id.
    pub id: TargetId,
    /// Whose it is.
    pub user_id: UserId,
    /// What the user calls it.
    pub name: String,
    /// What it watches.
    pub pages: Vec<TargetPage>,
    /// Which of the user's channels hear of it.
    pub channels: Vec<ChannelId>,
    /// Who else hears of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guests: Vec<Guest>,
    /// What of its pages' news they hear, and when.
    #[serde(default, skip_serializing_if = "Rules::are_default")]
    pub rules: Rules,
    /// Whether it is watched.
    pub status: TargetStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

impl Target {
    /// The watcher of one of its pages.
    pub fn watcher(&self, page_id: &PageId) -> Watcher {
        Watcher {
            page_id: page_id.clone(),
            user_id: self.user_id,
            target_id: self.id,
            target_name: self.name.clone(),
            channels: self.channels.clone(),
            guests: self.guests.clone(),
            rules: self.rules.clone(),
        }
    }

    /// Everyone who hears of it: whose channel, and which.
    pub fn recipients(&self) -> impl Iterator<Item = (UserId, ChannelId)> {
        recipients(self.user_id, &self.channels, &self.guests)
    }
}

fn recipients(
    user_id: UserId,
    channels: &[ChannelId],
    guests: &[Guest],
) -> impl Iterator<Item = (UserId, ChannelId)> {
    let own = channels.iter().map(move |&channel_id| (user_id, channel_id));
    own.chain(guests.iter().map(|guest| (guest.user_id, guest.channel_id)))
}

/// One URL to scrape, shared by the targets of many users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its id: a digest of its canonical URL.
    pub id: PageId,
    /// Its canonical URL.
    pub url: CanonicalUrl,
    /// How many active targets watch it; it is scraped while there is one.
    pub active_targets: u32,
    /// Which scraper has it, until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<PageLease>,
}

/// A scraper's hold on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageLease {
    /// The scraping job.
    pub job_id: JobId,
    /// Until when no other scraper gets the page.
    pub until: Timestamp,
}

/// The longest lease a scraper may ask for.
pub const LONGEST_LEASE: Duration = Duration::from_hours(1);

/// An active target as a page's fan-out sees it. Exists exactly while the target is active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watcher {
    /// The page.
    pub page_id: PageId,
    /// Whose target.
    pub user_id: UserId,
    /// The target.
    pub target_id: TargetId,
    /// What the user calls it.
    pub target_name: String,
    /// Which of the user's channels hear of it.
    pub channels: Vec<ChannelId>,
    /// Who else hears of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guests: Vec<Guest>,
    /// What of the page's news they hear, and when.
    #[serde(default, skip_serializing_if = "Rules::are_default")]
    pub rules: Rules,
}

impl Watcher {
    /// Everyone who hears of it: whose channel, and which.
    pub fn recipients(&self) -> impl Iterator<Item = (UserId, ChannelId)> {
        recipients(self.user_id, &self.channels, &self.guests)
    }
}
