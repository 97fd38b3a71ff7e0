//! DynamoDB in this process: the AWS SDK joined to an embedded engine without a socket.
//!
//! The SDK signs and encodes a request as always; instead of a connection there is a
//! function call that reads `x-amz-target` and answers in DynamoDB's own JSON. So `hoopoe dev` and the
//! tests run the table code that runs on AWS, and there is no second store to drift.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use futures::channel::oneshot;
use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// The database file cannot be used.
#[derive(Debug, Error)]
#[error("the table's file cannot be opened: {0}")]
pub struct OpenError(String);

/// An answer as the engine gives it: HTTP status and JSON.
#[derive(Clone, Debug)]
pub struct Answer {
    /// 200, or the status of DynamoDB's error.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// What may happen to a call on its way: the simulation's faults. By default nothing.
pub trait Wire: Send + Sync + fmt::Debug {
    /// Looks at a call before it is carried.
    fn look(&self, operation: &str, body: &str) {
        let _ = (operation, body);
    }

    /// Carries one call. `run` executes it; not calling it loses the request, ignoring its
    /// result loses the answer. `Err` is a broken connection.
    fn carry<'a>(
        &'a self,
        operation: &'a str,
        run: Box<dyn FnOnce() -> Answer + Send + 'a>,
    ) -> BoxFuture<'a, Result<Answer, String>>;
}

/// Nothing happens on the way.
#[derive(Clone, Copy, Debug, Default)]
struct Direct;

impl Wire for Direct {
    fn carry<'a>(
        &'a self,
        _: &'a str,
        run: Box<dyn FnOnce() -> Answer + Send + 'a>,
    ) -> BoxFuture<'a, Result<Answer, String>> {
        Box::pin(async move { Ok(run()) })
    }
}

/// An embedded database. Clones share it.
#[derive(Clone)]
pub struct Embedded {
    database: Database,
    wire: Arc<dyn Wire>,
    thread: Option<mpsc::Sender<Call>>,
}

/// One call on its way to the engine's own thread.
struct Call {
    operation: String,
    body: String,
    answer: oneshot::Sender<Answer>,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").finish_non_exhaustive()
    }
}

impl Embedded {
    /// A database that lives as long as this process.
    pub fn memory() -> Result<Self, OpenError> {
        Ok(Self { database: open(Database::memory())?, wire: Arc::new(Direct), thread: None })
    }

    /// A database in a file, made when it is absent.
    ///
    /// What is committed outlives the process, however that ends. The file is synced at checkpoints,
    /// not at each commit, of which a batch of 25 statements makes 25: a loss of power may
    /// lose the last moments, never the file's consistency.
    pub fn file(path: &Path) -> Result<Self, OpenError> {
        let database = open(Database::new(&path.to_string_lossy()))?;
        // The engine's only way to `synchronous = NORMAL`; the other settings of it are defaults.
        database.disable_bulk_loading().map_err(|error| OpenError(error.to_string()))?;
        Ok(Self { database, wire: Arc::new(Direct), thread: None })
    }

    /// The same database reached over another wire, on the caller's thread.
    #[must_use]
    pub fn over(&self, wire: Arc<dyn Wire>) -> Self {
        Self { database: self.database.clone(), wire, thread: None }
    }

    /// The same database with a thread of its own, `table`: its work, which takes milliseconds, holds up
    /// nobody who has something else to do, and shows apart from theirs. The thread ends with the
    /// last clone.
    pub fn on_own_thread(&self) -> io::Result<Self> {
        let (calls, queue) = mpsc::channel::<Call>();
        let database = self.database.clone();
        std::thread::Builder::new().name("table".to_owned()).spawn(move || {
            for Call { operation, body, answer } in queue {
                // Who no longer waits for the answer has lost it as on any wire.
                let _ = answer.send(run(&database, &operation, &body));
            }
        })?;
        Ok(Self { thread: Some(calls), ..self.clone() })
    }

    /// Deletes what has expired, as DynamoDB does in its own time. Returns how many items went.
    pub fn sweep_expired(&self) -> usize {
        self.database.sweep_ttl().unwrap_or(0)
    }

    /// One call in DynamoDB's own JSON, for whoever looks at the table as it lies there.
    pub fn call(&self, operation: &str, body: &str) -> Answer {
        run(&self.database, operation, body)
    }

    async fn carry(&self, operation: String, body: String) -> Result<Answer, String> {
        self.wire.look(&operation, &body);
        let Some(thread) = &self.thread else {
            let run = Box::new(|| self.call(&operation, &body));
            return self.wire.carry(&operation, run).await;
        };
        let (answer, answered) = oneshot::channel();
        let gone = || "the table's thread has ended".to_owned();
        thread.send(Call { operation, body, answer }).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())
    }
}

fn run(database: &Database, operation: &str, body: &str) -> Answer {
    match dispatch(database, operation, body) {
        Ok(body) => Answer { status: 200, body },
        Err(error) => Answer { status: error.status_code(), body: error.to_json() },
    }
}

fn open(database: dynoxide::Result<Database>) -> Result<Database, OpenError> {
    database.map_err(|error| OpenError(error.to_string()))
}

impl HttpClient for Embedded {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Embedded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let operation = request
                .headers()
                .get("x-amz-target")
                .and_then(|target| target.rsplit('.').next())
                .unwrap_or_default()
                .to_owned();
            let body = request
                .body()
                .bytes()
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
                .ok_or_else(|| ConnectorError::user("a streaming body".into()))?;
            let answer = this
                .carry(operation, body)
                .await
                .map_err(|reason| ConnectorError::io(reason.into()))?;
            let response = http::Response::builder()
                .status(answer.status)
                .header("content-type", "application/x-amz-json-1.0")
                .body(SdkBody::from(answer.body))
                .map_err(|error| ConnectorError::other(error.into(), None))?;
            HttpResponse::try_from(response)
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn dispatch(db: &Database, operation: &str, body: &str) -> dynoxide::Result<String> {
    match operation {
        "BatchExecuteStatement" => answer(body, |input| db.batch_execute_statement(input)),
        "BatchGetItem" => answer(body, |input| db.batch_get_item(input)),
        "BatchWriteItem" => answer(body, |input| db.batch_write_item(input)),
        "CreateTable" => answer(body, |input| db.create_table(input)),
        "DeleteItem" => answer(body, |input| db.delete_item(input)),
        "DescribeTable" => answer(body, |input| db.describe_table(input)),
        "DescribeTimeToLive" => answer(body, |input| db.describe_time_to_live(input)),
        "GetItem" => answer(body, |input| db.get_item(input)),
        "PutItem" => answer(body, |input| db.put_item(input)),
        "Query" => answer(body, |input| db.query(input)),
        "Scan" => answer(body, |input| db.scan(input)),
        "TransactGetItems" => answer(body, |input| db.transact_get_items(input)),
        "TransactWriteItems" => answer(body, |input| db.transact_write_items(input)),
        "UpdateItem" => answer(body, |input| db.update_item(input)),
        "UpdateTimeToLive" => answer(body, |input| db.update_time_to_live(input)),
        other => Err(DynoxideError::ValidationException(format!("{other} is not joined"))),
    }
}

fn answer<I: DeserializeOwned, O: Serialize>(
    body: &str,
    run: impl FnOnce(I) -> dynoxide::Result<O>,
) -> dynoxide::Result<String> {
    let invalid = |error: serde_json::Error| DynoxideError::ValidationException(error.to_string());
    let output = run(serde_json::from_str(body).map_err(invalid)?)?;
    serde_json::to_string(&output).map_err(invalid)
}
