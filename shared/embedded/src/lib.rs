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

/// What a call has the engine do, once its JSON is read.
type Work = Box<dyn FnOnce(&Database) -> Output + Send>;
/// What the engine has found, to be written as JSON.
type Output = Box<dyn FnOnce() -> Answer + Send>;

/// One call on its way to the engine's own thread.
struct Call {
    work: Work,
    output: oneshot::Sender<Output>,
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
    /// nobody who has something else to do, and shows apart from theirs. Who calls reads and writes the JSON, since
    /// all calls wait for this one thread. It ends with the last clone.
    pub fn on_own_thread(&self) -> io::Result<Self> {
        let (calls, queue) = mpsc::channel::<Call>();
        let database = self.database.clone();
        std::thread::Builder::new().name("table".to_owned()).spawn(move || {
            for Call { work, output } in queue {
                // Who no longer waits for the answer has lost it as on any wire.
                let _ = output.send(work(&database));
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
        read(operation, body)(&self.database)()
    }

    async fn carry(&self, operation: String, body: String) -> Result<Answer, String> {
        self.wire.look(&operation, &body);
        let Some(thread) = &self.thread else {
            let run = Box::new(|| self.call(&operation, &body));
            return self.wire.carry(&operation, run).await;
        };
        let (output, found) = oneshot::channel();
        let gone = || "the table's thread has ended".to_owned();
        thread.send(Call { work: read(&operation, &body), output }).map_err(|_| gone())?;
        found.await.map(|output| output()).map_err(|_| gone())
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

fn read(operation: &str, body: &str) -> Work {
    match operation {
        "BatchExecuteStatement" => work(body, Database::batch_execute_statement),
        "BatchGetItem" => work(body, Database::batch_get_item),
        "BatchWriteItem" => work(body, Database::batch_write_item),
        "CreateTable" => work(body, Database::create_table),
        "DeleteItem" => work(body, Database::delete_item),
        "DescribeTable" => work(body, Database::describe_table),
        "DescribeTimeToLive" => work(body, Database::describe_time_to_live),
        "GetItem" => work(body, Database::get_item),
        "PutItem" => work(body, Database::put_item),
        "Query" => work(body, Database::query),
        "Scan" => work(body, Database::scan),
        "TransactGetItems" => work(body, Database::transact_get_items),
        "TransactWriteItems" => work(body, Database::transact_write_items),
        "UpdateItem" => work(body, Database::update_item),
        "UpdateTimeToLive" => work(body, Database::update_time_to_live),
        other => refuse(DynoxideError::ValidationException(format!("{other} is not joined"))),
    }
}

fn work<I, O>(body: &str, run: fn(&Database, I) -> dynoxide::Result<O>) -> Work
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize + Send + 'static,
{
    match serde_json::from_str(body) {
        Ok(input) => Box::new(move |database| {
            let output = run(database, input);
            Box::new(move || written(output))
        }),
        Err(error) => refuse(invalid(&error)),
    }
}

fn refuse(error: DynoxideError) -> Work {
    Box::new(|_| Box::new(move || refused(&error)))
}

fn written(output: dynoxide::Result<impl Serialize>) -> Answer {
    let body = output.and_then(|it| serde_json::to_string(&it).map_err(|error| invalid(&error)));
    match body {
        Ok(body) => Answer { status: 200, body },
        Err(error) => refused(&error),
    }
}

fn refused(error: &DynoxideError) -> Answer {
    Answer { status: error.status_code(), body: error.to_json() }
}

fn invalid(error: &serde_json::Error) -> DynoxideError {
    DynoxideError::ValidationException(error.to_string())
}
