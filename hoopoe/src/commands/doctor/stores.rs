//! The table and the queues.

use std::time::Duration;

use domain::engine::Lane;
use queue::{SqsQueue, describe};
use table::{Description, Table};

use super::Check;
use crate::cli::Place;
use crate::commands::{CommandError, System};

/// SQS must not give a message to a second worker while the first may still work on it: six times
/// the deliver function's time limit of 28 s (FACTS: AWS, SQS).
const VISIBILITY: Duration = Duration::from_secs(6 * 28);
const TEMPLATE: &str = "deploy the template again: it sets this";

/// Those on AWS; the table, if it answers.
pub(super) async fn on_aws(checks: &mut Vec<Check>) -> Option<Table> {
    let (table, queue) = match app::aws::stores_of_environment().await {
        Ok(stores) => stores,
        Err(error) => {
            let todo = "set HOOPOE_TABLE, HOOPOE_QUEUE_PEOPLE and HOOPOE_QUEUE_BULK";
            checks.push(Check::fail("environment", error.to_string(), todo));
            return None;
        }
    };
    let answers = match table.describe().await {
        Ok(table) => {
            checks.push(answering(table));
            settings(table, checks);
            true
        }
        Err(error) => {
            let todo = "check HOOPOE_TABLE, the region, and your right to dynamodb:DescribeTable";
            checks.push(Check::fail("table", error.to_string(), todo));
            false
        }
    };
    for lane in Lane::ALL {
        checks.push(lane_check(&queue, lane).await);
    }
    answers.then_some(table)
}

/// The local one.
pub(super) async fn local(place: &Place, checks: &mut Vec<Check>) -> Result<Table, CommandError> {
    let table = System::open(place).await?.app.table;
    let described = table.describe().await?;
    checks.push(answering(described));
    checks.push(expiry(described));
    Ok(table)
}

fn answering(table: Description) -> Check {
    const NAME: &str = "table";
    match table {
        Description { active: false, .. } => {
            Check::fail(NAME, "it is not active", "wait until it is, or look at it in the console")
        }
        Description { keys_fit: false, .. } => {
            Check::fail(NAME, "it has other keys", "name the table that the template made")
        }
        _ => Check::ok(NAME, "it answers, with the right keys"),
    }
}

fn expiry(table: Description) -> Check {
    match table.expiry {
        Some(true) => Check::ok("table expiry", "what has expired is deleted"),
        Some(false) => Check::fail("table expiry", "nothing is ever deleted", TEMPLATE),
        None => unknown("table expiry", "dynamodb:DescribeTimeToLive"),
    }
}

fn settings(table: Description, checks: &mut Vec<Check>) {
    checks.push(expiry(table));
    checks.push(match table.recovery {
        Some(true) => Check::ok("table recovery", "it can be restored to any second"),
        Some(false) => Check::warn("table recovery", "it cannot be restored", TEMPLATE),
        None => unknown("table recovery", "dynamodb:DescribeContinuousBackups"),
    });
    checks.push(match table.deletion_protection {
        Some(true) => Check::ok("table protection", "it cannot be deleted by mistake"),
        Some(false) => {
            Check::warn("table protection", "anyone with the right can delete it", TEMPLATE)
        }
        None => unknown("table protection", "dynamodb:DescribeTable"),
    });
}

fn unknown(name: &'static str, right: &str) -> Check {
    Check::warn(name, "unknown", format!("ask with the right to {right}"))
}

async fn lane_check(queue: &SqsQueue, lane: Lane) -> Check {
    let (name, variable) = match lane {
        Lane::People => ("queue people", "HOOPOE_QUEUE_PEOPLE"),
        Lane::Bulk => ("queue bulk", "HOOPOE_QUEUE_BULK"),
    };
    match queue.describe(lane).await {
        Ok(described) => judge_queue(name, &described),
        Err(error) => Check::fail(
            name,
            error.to_string(),
            format!("check {variable}, and your right to sqs:GetQueueAttributes"),
        ),
    }
}

fn judge_queue(name: &'static str, queue: &describe::Description) -> Check {
    let visibility = queue.visibility.as_secs();
    let Some(dead) = &queue.dead_letters else {
        return Check::fail(name, "a message that kills its worker returns for ever", TEMPLATE);
    };
    if queue.visibility < VISIBILITY {
        let says = format!("a message is given out again after {visibility} s");
        return Check::fail(name, says, format!("set {} s at least", VISIBILITY.as_secs()));
    }
    if let Some(count @ 1..) = dead.waiting {
        let todo =
            "their timers are in the table: the clock brings them back; read the logs of deliver";
        return Check::warn(name, format!("{count} messages on its dead-letter queue"), todo);
    }
    let (waiting, after) = (queue.waiting, dead.after);
    Check::ok(
        name,
        format!("{waiting} waiting; unseen for {visibility} s, dead after {after} receives"),
    )
}

#[cfg(test)]
mod tests {
    use queue::describe::DeadLetters;

    use super::super::Verdict;
    use super::*;

    fn judged(visibility: u64, dead_letters: Option<DeadLetters>) -> Verdict {
        let visibility = Duration::from_secs(visibility);
        let queue = describe::Description { visibility, waiting: 3, dead_letters };
        judge_queue("queue bulk", &queue).verdict
    }

    #[test]
    fn a_queue_needs_a_long_visibility_and_a_dead_letter_queue_that_is_empty() {
        let dead = |waiting| Some(DeadLetters { after: 5, waiting });
        assert_eq!(judged(168, dead(Some(0))), Verdict::Ok);
        assert_eq!(judged(168, dead(None)), Verdict::Ok);
        assert_eq!(judged(168, dead(Some(1))), Verdict::Warn);
        assert_eq!(judged(167, dead(Some(0))), Verdict::Fail);
        assert_eq!(judged(168, None), Verdict::Fail);
    }

    #[test]
    fn what_the_table_does_not_say_is_a_warning_and_not_a_failure() {
        let well = Description {
            active: true,
            keys_fit: true,
            expiry: Some(true),
            recovery: Some(true),
            deletion_protection: Some(true),
        };
        let verdicts = |table: Description| {
            let mut checks = vec![answering(table)];
            settings(table, &mut checks);
            checks.iter().map(|check| check.verdict).collect::<Vec<_>>()
        };
        assert_eq!(verdicts(well), [Verdict::Ok; 4]);
        let unknown =
            Description { expiry: None, recovery: None, deletion_protection: None, ..well };
        assert_eq!(verdicts(unknown)[1..], [Verdict::Warn; 3]);
        let off = Description {
            keys_fit: false,
            expiry: Some(false),
            recovery: Some(false),
            deletion_protection: Some(false),
            ..well
        };
        let expected = [Verdict::Fail, Verdict::Fail, Verdict::Warn, Verdict::Warn];
        assert_eq!(verdicts(off), expected);
    }
}
