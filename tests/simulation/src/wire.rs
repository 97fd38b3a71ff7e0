//! The way to the table and back, with everything that happens on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use embedded::{Answer, Wire};
use futures::future::BoxFuture;

use crate::world::World;

/// How often things go wrong between one process and the table.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TableFaults {
    /// Throttled before anything is done.
    pub(crate) throttled: f64,
    /// A transaction that conflicts with another.
    pub(crate) conflict: f64,
    /// The connection breaks before the request arrives.
    pub(crate) lost_before: f64,
    /// The connection breaks after it was carried out.
    pub(crate) lost_after: f64,
    /// An internal error, carried out or not.
    pub(crate) internal: f64,
}

impl TableFaults {
    /// Whether nothing goes wrong.
    pub(crate) fn is_calm(&self) -> bool {
        let Self { throttled, conflict, lost_before, lost_after, internal } = self;
        [throttled, conflict, lost_before, lost_after, internal].iter().all(|it| **it <= 0.0)
    }
}

/// One process's connection.
#[derive(Debug)]
pub(crate) struct FaultyWire {
    pub(crate) world: World,
    pub(crate) faults: TableFaults,
    /// A process that is about to write to this chat dies.
    pub(crate) poison: i64,
    pub(crate) killed: Arc<AtomicBool>,
    /// Set by a transaction that is carried out, whether its answer arrives or not.
    pub(crate) written: Arc<AtomicBool>,
}

fn error(status: u16, code: &str) -> Answer {
    let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":""}}"#);
    Answer { status, body }
}

fn conflict() -> Answer {
    let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message":"Transaction cancelled [TransactionConflict]",
        "CancellationReasons":[{"Code":"TransactionConflict","Message":"conflict"}]}"#;
    Answer { status: 400, body: body.to_owned() }
}

impl Wire for FaultyWire {
    fn look(&self, operation: &str, body: &str) {
        let poisoned = format!("CHAT#default#{}", self.poison);
        if operation == "BatchExecuteStatement" && body.contains(&poisoned) {
            self.world.count("poison");
            self.killed.store(true, Ordering::SeqCst);
        }
    }

    fn carry<'a>(
        &'a self,
        operation: &'a str,
        run: Box<dyn FnOnce() -> Answer + Send + 'a>,
    ) -> BoxFuture<'a, Result<Answer, String>> {
        Box::pin(async move {
            let (world, faults) = (&self.world, self.faults);
            world.pause(1..5).await;
            if world.mishap("table throttled", faults.throttled) {
                return Ok(error(400, "ThrottlingException"));
            }
            let transaction = operation == "TransactWriteItems";
            if transaction && world.mishap("table conflict", faults.conflict) {
                return Ok(conflict());
            }
            if world.mishap("table lost before", faults.lost_before) {
                return Err("reset".to_owned());
            }
            if world.mishap("table error before", faults.internal / 2.0) {
                return Ok(error(500, "InternalServerError"));
            }
            let answer = run();
            if transaction && answer.status == 200 {
                self.written.store(true, Ordering::SeqCst);
            }
            world.trace("table", &format_args!("{operation} {}", answer.status));
            world.pause(1..5).await;
            if world.mishap("table lost after", faults.lost_after) {
                return Err("reset".to_owned());
            }
            if world.mishap("table error after", faults.internal / 2.0) {
                return Ok(error(500, "InternalServerError"));
            }
            Ok(answer)
        })
    }
}
