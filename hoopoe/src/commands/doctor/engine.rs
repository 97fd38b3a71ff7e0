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
    let bot = BotId::default_bot();
    let (dead, parked) = (dead_letters(table).await, parked(table, &bot).await);
    checks.push(judge_dead(&dead));
    checks.push(judge_parked(&parked, &bot));
    checks.push(judge_unread([&dead, &parked]));
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

async fn dead_letters(table: &Table) -> Result<Aside, TableError> {
    count(async |after| {
        let page = table.dead_timers(after).await?;
        Ok((Aside { known: page.items.len(), unread: page.unread.len() }, page.next))
    })
    .await
}

async fn parked(table: &Table, bot: &BotId) -> Result<Aside, TableError> {
    count(async |after| {
        let page = table.parked_timers(bot, after).await?;
        Ok((Aside { known: page.items.len(), unread: page.unread.len() }, page.next))
    })
    .await
}

/// How many jobs were set aside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Aside {
    /// Those that this version can bring back.
    known: usize,
    /// Those that another version wrote and this one cannot read.
    unread: usize,
}

async fn count(
    page: impl AsyncFn(Option<&str>) -> Result<(Aside, Option<String>), TableError>,
) -> Result<Aside, TableError> {
    let (mut count, mut after) = (Aside::default(), None::<String>);
    loop {
        let (found, next) = page(after.as_deref()).await?;
        count.known += found.known;
        count.unread += found.unread;
        match next {
            Some(next) => after = Some(next),
            None => return Ok(count),
        }
    }
}

fn judge_dead(dead: &Result<Aside, TableError>) -> Check {
    const NAME: &str = "dead letters";
    match dead {
        Ok(Aside { known: 0, .. }) => Check::ok(NAME, "none"),
        Ok(Aside { known, .. }) => Check::warn(
            NAME,
            format!("{known} jobs could not be done"),
            "`hoopoe queue dead` says why, `hoopoe queue redrive` brings them back",
        ),
        Err(error) => unreadable(NAME, error),
    }
}

fn judge_parked(parked: &Result<Aside, TableError>, bot: &BotId) -> Check {
    const NAME: &str = "parked jobs";
    match parked {
        Ok(Aside { known: 0, .. }) => Check::ok(NAME, "none"),
        Ok(Aside { known, .. }) => Check::warn(
            NAME,
            format!("{known} jobs wait for the stopped bot {bot}"),
            format!("mend its token, then `hoopoe queue redrive --bot {bot}`"),
        ),
        Err(error) => unreadable(NAME, error),
    }
}

/// Of what was set aside and cannot be read. Where that cannot even be counted, the two above say so.
fn judge_unread(aside: [&Result<Aside, TableError>; 2]) -> Check {
    const NAME: &str = "jobs of another version";
    let counted = aside.into_iter().filter_map(|it| it.as_ref().ok());
    let unread: usize = counted.map(|it| it.unread).sum();
    if unread == 0 {
        return Check::ok(NAME, "none");
    }
    Check::warn(
        NAME,
        format!("{unread} jobs were set aside by another version, and this one cannot read them"),
        "`redrive` leaves them: deploy the version that wrote them, and run its `hoopoe queue redrive`",
    )
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

    #[test]
    fn jobs_that_cannot_be_read_have_an_advice_of_their_own() {
        let none = Ok(Aside::default());
        let aside = Ok(Aside { known: 1, unread: 2 });
        let theirs = Ok(Aside { known: 0, unread: 2 });
        assert_eq!(judge_dead(&theirs).verdict, Verdict::Ok, "nothing comes back by `redrive`");
        assert_eq!(judge_parked(&theirs, &BotId::default_bot()).verdict, Verdict::Ok);
        assert!(judge_dead(&aside).says.starts_with("1 jobs"));
        assert_eq!(judge_unread([&none, &none]).verdict, Verdict::Ok);
        let unread = judge_unread([&aside, &theirs]);
        assert_eq!(unread.verdict, Verdict::Warn);
        assert!(unread.says.starts_with("4 jobs"), "{}", unread.says);
        let unknown = Err(TableError::Unavailable("gone".to_owned()));
        assert_eq!(judge_unread([&unknown, &unknown]).verdict, Verdict::Ok);
        assert_eq!(judge_dead(&unknown).verdict, Verdict::Fail);
    }
}
