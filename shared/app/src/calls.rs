//! A record of the calls that a function makes to AWS, as the rights that they need.
//!
//! Switched on by `HOOPOE_RECORD_CALLS`, the path of a file that gets a line of JSON for each right
//! that is needed: `{"function", "action", "resource", "index"}`. `.ci/policies` compares it with the
//! template's policies.

mod rights;

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use runtime::config::Source;
use serde::Serialize;

/// A right that a call needs, on one thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Right {
    /// As policies name it: `dynamodb:PutItem`.
    pub action: String,
    /// The name of the table, queue, secret, bus or key.
    pub resource: String,
    /// The table's index, if one is asked.
    pub index: Option<String>,
}

/// A line of the record.
#[derive(Serialize)]
struct Line<'a> {
    function: &'a str,
    #[serde(flatten)]
    right: &'a Right,
}

/// Where calls are recorded. Clones write to the same file.
#[derive(Clone, Debug)]
pub struct Record(Arc<Mutex<Pages>>);

#[derive(Debug)]
struct Pages {
    file: File,
    /// What stands there already: once is enough.
    written: HashSet<(&'static str, Right)>,
}

impl Record {
    /// The record that `HOOPOE_RECORD_CALLS` names, if it names one that can be written.
    pub fn named_by(source: &impl Source) -> Option<Self> {
        let path = source.get("HOOPOE_RECORD_CALLS")?;
        match Self::open(Path::new(&path)) {
            Ok(record) => Some(record),
            Err(error) => {
                tracing::error!(%error, path, "calls cannot be recorded");
                None
            }
        }
    }

    /// A record that goes on at the end of a file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self(Arc::new(Mutex::new(Pages { file, written: HashSet::new() }))))
    }

    /// Records what a function calls.
    pub fn of(&self, function: &'static str) -> Recorder {
        Recorder { record: self.clone(), function }
    }

    fn write(&self, function: &'static str, right: Right) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = serde_json::to_string(&Line { function, right: &right }).unwrap_or_default();
        if pages.written.insert((function, right))
            // One write for a line: other processes write to the same file.
            && let Err(error) = pages.file.write_all(format!("{line}\n").as_bytes())
        {
            tracing::error!(%error, "a call was not recorded");
        }
    }
}

/// Sees the calls of one function's clients.
#[derive(Clone, Debug)]
pub struct Recorder {
    record: Record,
    function: &'static str,
}

impl Recorder {
    /// Records a right that a call without a client of the SDK's needs.
    pub(crate) fn saw(&self, action: &str, resource: &str) {
        let (action, resource) = (action.to_owned(), resource.to_owned());
        self.record.write(self.function, Right { action, resource, index: None });
    }
}

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "Recorder"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        for right in rights::needed(target, body) {
            self.record.write(self.function, right);
        }
        Ok(())
    }
}
