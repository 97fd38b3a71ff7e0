//! The clock, and the jobs that do not go on by themselves.

use std::time::Duration;

use domain::engine::timer::{CLOCK_AHEAD, CURSOR_LAG};
use domain::ids::BotId;
use domain::time::Timestamp;
use table::{Cursor, Table, TableError};

use super::Check;
use crate::cli::Place;
use crate::commands::System;
use crate::dev::state;

/// The clock ticks each minute; after this long it is silent.
const SILENT: Duration = Duration::from_mins(3);

/// Looks at them.
pub(super) async fn check(table: &Table, place: &Place, checks: &mut Vec<Check>) {
    checks.push(clock(table, place).await);
    checks.push(dead_letters(table).await);
    checks.push(parked(table, &BotId::default_bot()).await);
}

async fn clock(table: &Table, place: &Place) -> Check {
    const NAME: &str = "clock";
    if !System::is_on_aws() && state::running(&place.state).is_none() {
        let says = format!("no `hoopoe dev` runs on {}", place.state.display());
        return Check::warn(NAME, says, "start `hoopoe dev`: it goes on where it stopped");
    }
    match table.cursor().await {
        Ok(cursor) => judge_clock(cursor, table.env().now()),
        Err(error) => unreadable(NAME, &error),
    }
}

fn judge_clock(cursor: Option<Cursor>, now: Timestamp) -> Check {
    const NAME: &str = "clock";
    const TODO: &str = "check that its schedule is enabled, and read the logs of clock";
    let Some(cursor) = cursor else {
        return Check::fail(NAME, "it has never run", TODO);
    };
    if cursor.forward < cursor.backward {
        // As whoever wrote the first timer began it.
        let begun = Timestamp::from_minute(cursor.backward) + CURSOR_LAG;
        return if now.since(begun) > SILENT {
            Check::fail(NAME, "it has never run", TODO)
        } else {
            Check::warn(NAME, "it has not run yet", "wait a minute")
        };
    }
    // A tick hands over so far ahead; the minute is all that it leaves behind.
    let last = Timestamp::from_minute(cursor.forward) - CLOCK_AHEAD;
    let ago = now.since(last);
    let says = format!("it ran last at {}", last.rfc3339());
    if ago > SILENT { Check::fail(NAME, says, TODO) } else { Check::ok(NAME, says) }
}

async fn dead_letters(table: &Table) -> Check {
    const NAME: &str = "dead letters";
    let counted = count(async |after| {
        let page = table.dead_timers(after).await?;
        Ok((page.items.len() + page.unread.len(), page.next))
    });
    match counted.await {
        Ok(0) => Check::ok(NAME, "none"),
        Ok(count) => Check::warn(
            NAME,
            format!("{count} jobs could not be done"),
            "`hoopoe queue dead` says why, `hoopoe queue redrive` brings them back",
        ),
        Err(error) => unreadable(NAME, &error),
    }
}

async fn parked(table: &Table, bot: &BotId) -> Check {
    const NAME: &str = "parked jobs";
    let counted = count(async |after| {
        let page = table.parked_timers(bot, after).await?;
        Ok((page.items.len() + page.unread.len(), page.next))
    });
    match counted.await {
        Ok(0) => Check::ok(NAME, "none"),
        Ok(count) => Check::warn(
            NAME,
            format!("{count} jobs wait for the stopped bot {bot}"),
            format!("mend its token, then `hoopoe queue redrive --bot {bot}`"),
        ),
        Err(error) => unreadable(NAME, &error),
    }
}

async fn count(
    page: impl AsyncFn(Option<&str>) -> Result<(usize, Option<String>), TableError>,
) -> Result<usize, TableError> {
    let (mut count, mut after) = (0, None::<String>);
    loop {
        let (items, next) = page(after.as_deref()).await?;
        count += items;
        match next {
            Some(next) => after = Some(next),
            None => return Ok(count),
        }
    }
}

fn unreadable(name: &'static str, error: &TableError) -> Check {
    Check::fail(name, error.to_string(), "check your right to read the table")
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_clock_that_missed_three_minutes_is_silent() {
        let ticked = |minute: i64| Some(Cursor { forward: minute + 5, backward: minute - 3 });
        let now = Timestamp::from_minute(1_000);
        let verdict = |cursor| judge_clock(cursor, now).verdict;
        assert_eq!(verdict(ticked(1_000)), Verdict::Ok);
        assert_eq!(verdict(ticked(997)), Verdict::Ok);
        assert_eq!(verdict(ticked(996)), Verdict::Fail);
        assert_eq!(verdict(None), Verdict::Fail);
        let begun = |minute: i64| Some(Cursor { forward: minute - 4, backward: minute - 3 });
        assert_eq!(verdict(begun(1_000)), Verdict::Warn);
        assert_eq!(verdict(begun(996)), Verdict::Fail);
        assert!(judge_clock(ticked(999), now).says.contains("1970-01-01T16:39:00"));
    }
}
