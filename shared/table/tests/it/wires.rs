//! Wires on which things happen to a call.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use embedded::{Answer, Wire};
use futures::future::BoxFuture;
use serde_json::{Value, json};

/// What happens to one call.
#[derive(Debug)]
pub(crate) enum Mishap {
    /// Carried out; the answer is lost.
    AnswerLost,
    /// Never carried out.
    RequestLost,
    /// Never carried out; answered with this.
    Refused(Value),
    /// Carried out; the answer is another.
    Rewritten(fn(&mut Value)),
    /// Others go first.
    Overtaken,
}

/// A wire on which the first calls of one operation meet these mishaps.
#[derive(Debug)]
pub(crate) struct Mishaps {
    operation: &'static str,
    left: Mutex<VecDeque<Mishap>>,
}

impl Mishaps {
    pub(crate) fn of(operation: &'static str, mishaps: Vec<Mishap>) -> Arc<Self> {
        Arc::new(Self { operation, left: Mutex::new(mishaps.into()) })
    }

    /// How many have not happened yet.
    pub(crate) fn left(&self) -> usize {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Wire for Mishaps {
    fn carry<'a>(
        &'a self,
        operation: &'a str,
        run: Box<dyn FnOnce() -> Answer + Send + 'a>,
    ) -> BoxFuture<'a, Result<Answer, String>> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let mishap = if operation == self.operation { left.pop_front() } else { None };
        drop(left);
        Box::pin(async move {
            match mishap {
                None => Ok(run()),
                Some(Mishap::AnswerLost) => {
                    run();
                    Err("connection reset".to_owned())
                }
                Some(Mishap::RequestLost) => Err("connection refused".to_owned()),
                Some(Mishap::Refused(body)) => Ok(Answer { status: 400, body: body.to_string() }),
                Some(Mishap::Rewritten(rewrite)) => {
                    let answer = run();
                    let mut body = serde_json::from_str(&answer.body).expect("JSON");
                    rewrite(&mut body);
                    Ok(Answer { body: body.to_string(), ..answer })
                }
                Some(Mishap::Overtaken) => {
                    yield_once().await;
                    Ok(run())
                }
            }
        })
    }
}

async fn yield_once() {
    let mut yielded = false;
    futures::future::poll_fn(|context| {
        if yielded {
            return std::task::Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// DynamoDB asks to slow down.
pub(crate) fn throttled() -> Mishap {
    Mishap::Refused(json!({
        "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException",
        "message": "Rate exceeded",
    }))
}

/// A transaction met another one on the same item.
pub(crate) fn conflicted() -> Mishap {
    Mishap::Refused(json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled",
        "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "met"}],
    }))
}
