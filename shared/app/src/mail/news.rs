//! What Courier's webhooks tell of a mail: written to its receipt, its delivery and its channel.

use domain::channel::Channel;
use domain::engine::retry::JobError;
use domain::engine::{Decision, Job, NewJob, Write};
use domain::mail::{MailNews, Receipt, decide_news, failed};
use std::time::Duration;
use table::{CommitError, DeliveryWrite, TableError, keys};

use crate::events::channels_job;
use crate::{App, AppError};

/// News that come before their mail's receipt are looked at again after this time.
const AGAIN: Duration = Duration::from_secs(30);
/// News of a mail that is still unknown after so many looks are someone else's.
const LOOKS: u32 = 4;

/// What became of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// They are written.
    Written,
    /// They were known.
    Known,
    /// No such mail is known yet: they are looked at again.
    Kept,
}

impl Noted {
    /// The name in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Known => "known",
            Self::Kept => "kept",
        }
    }
}

/// Takes news from a webhook: they are written, or kept for when their mail is known.
///
/// # Errors
/// The table does not answer; then the webhook is to be sent again.
pub async fn take_news(app: &App, news: MailNews) -> Result<Noted, AppError> {
    if let Some(noted) = note(app, &news).await? {
        return Ok(noted);
    }
    let (id, now) = (app.env.id(), app.env.now());
    let job =
        NewJob { id: app.env.id(), job: Job::MailNews { news }, due: now + AGAIN, owner: None };
    app.commit(Decision::new(id, now, ()).job(job)).await?;
    Ok(Noted::Kept)
}

/// Looks at kept news again.
pub(crate) async fn run_kept(app: &App, news: &MailNews, looks: u32) -> Result<(), JobError> {
    match note(app, news).await {
        Ok(None) if looks < LOOKS => {
            Err(JobError::RetryAfter { after: AGAIN, reason: "no such mail is known".to_owned() })
        }
        Ok(_) => Ok(()),
        Err(error) => Err(JobError::Retry(error.to_string())),
    }
}

async fn note(app: &App, news: &MailNews) -> Result<Option<Noted>, TableError> {
    let key = keys::receipt(&news.reference);
    // What changed meanwhile is read again; three collisions in a row are not met.
    for _ in 0..3 {
        let Some(receipt) = app.table.get::<Receipt>(&key).await? else { return Ok(None) };
        fail_delivery(app, &receipt, news).await?;
        let channel = match receipt.channel {
            Some((user, channel)) => app.table.get(&keys::channel(user, channel)).await?,
            None => None,
        };
        let (id, now) = (app.env.id(), app.env.now());
        let channel: Option<Channel> = channel;
        let Some(mut decision) = decide_news(id, now, &receipt, channel.as_ref(), news) else {
            return Ok(Some(Noted::Known));
        };
        let before: Vec<Channel> = channel.into_iter().collect();
        decision.jobs.extend(channels_job(app, &before, &decision.writes));
        match app.commit(decision).await {
            Ok(()) => return Ok(Some(Noted::Written)),
            Err(CommitError::Changed(_) | CommitError::Stale) => {}
            Err(CommitError::Table(error)) => return Err(error),
        }
    }
    Err(TableError::Unavailable("the mail's receipt changes all the time".to_owned()))
}

/// The delivery of a mail that came back has failed. Written before the receipt, so that a crash
/// between repeats it.
async fn fail_delivery(app: &App, receipt: &Receipt, news: &MailNews) -> Result<(), TableError> {
    if !news.status.is_failure() {
        return Ok(());
    }
    let key = receipt.delivery.clone();
    let found = app.table.deliveries(std::slice::from_ref(&key)).await?.pop().flatten();
    let Some(read) = found else { return Ok(()) };
    let Some(next) = failed(&read, news, app.env.now()) else { return Ok(()) };
    app.table.write_deliveries(&[DeliveryWrite { key, read: Some(read), next }]).await.map(drop)
}

/// Writes the receipts of mails that Courier took, so that its webhooks find them. Without one they
/// would find nothing: that is worth a warning, not a second mail.
pub(crate) async fn keep_receipts(app: &App, receipts: Vec<Receipt>) {
    if receipts.is_empty() {
        return;
    }
    let mut decision = Decision::new(app.env.id(), app.env.now(), ());
    decision.writes = receipts.into_iter().map(|it| Write::Put(it.into())).collect();
    if let Err(error) = app.commit(decision).await {
        tracing::warn!(%error, "receipts of mails could not be written");
    }
}
