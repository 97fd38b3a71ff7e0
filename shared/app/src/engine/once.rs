//! What a bot's admins are told once in a while, however often there is reason to.

use std::time::Duration;

use domain::alert::{Throttle, throttle_hash};
use domain::bot::Bot;
use domain::engine::Write;
use domain::ids::BotId;
use domain::time::Timestamp;
use table::{TableError, keys};

use crate::App;
use crate::alert::window_of;

/// The write that opens the window in which the admins are not told of `what` again; `None` while it is open, and
/// where the bot is gone. It belongs into the transaction that has them told: where that fails, nothing is open.
/// Windows follow one another, each `length` long: one of a day is a day in UTC.
pub(super) async fn window(
    app: &App,
    bot: &BotId,
    what: &str,
    length: Duration,
) -> Result<Option<Write>, TableError> {
    let Some(record) = app.table.get::<Bot>(&keys::bot(bot)).await? else { return Ok(None) };
    let (company_id, key) = (record.company_id, throttle_hash(&format!("{what}/{bot}")));
    let found = window_of(app, company_id, &key).await?;
    let now = app.env.now();
    if found.as_ref().is_some_and(|it| it.is_open(now)) {
        return Ok(None);
    }
    Ok(Some(Throttle::opened(found.as_ref(), (company_id, key), end(now, length))))
}

/// When the window ends that this instant falls into.
fn end(now: Timestamp, length: Duration) -> Timestamp {
    let seconds = i64::try_from(length.as_secs()).unwrap_or(i64::MAX).max(1);
    let began = now.as_seconds().div_euclid(seconds) * seconds;
    Timestamp::from_millis(began * 1_000) + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_one_another() {
        let (length, at) =
            (Duration::from_mins(10), |seconds: i64| Timestamp::from_millis(seconds * 1_000));
        assert_eq!(end(at(1_200), length), at(1_800));
        assert_eq!(end(at(1_799), length), at(1_800));
        assert_eq!(end(at(1_800), length), at(2_400));
    }
}
