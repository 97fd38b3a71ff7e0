//! A table of its own for each test, in virtual time.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::config::{Credentials, Region};
use domain::engine::{Decision, NewJob, Write};
use domain::time::Timestamp;
use embedded::{Embedded, Wire};
use runtime::virtual_time::TestClock;
use runtime::{Clock, Entropy, Env};
use table::items::Item;
use table::keys::Key;
use table::{CommitError, Committed, Table, Usage};

/// The same numbers in each run, others in each world of a test (splitmix64).
#[derive(Debug)]
struct Numbers(AtomicU64);

impl Entropy for Numbers {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let mut n = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = n.to_be_bytes()[0];
        }
    }
}

/// What something cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    pub(crate) read: f64,
    pub(crate) write: f64,
    pub(crate) calls: u64,
}

impl Cost {
    pub(crate) const fn reads(read: f64) -> Self {
        Self { read, write: 0.0, calls: 1 }
    }

    pub(crate) const fn writes(write: f64) -> Self {
        Self { read: 0.0, write, calls: 1 }
    }
}

impl From<Usage> for Cost {
    fn from(usage: Usage) -> Self {
        Self { read: usage.read, write: usage.write, calls: usage.total_calls() }
    }
}

pub(crate) struct World {
    pub(crate) clock: TestClock,
    pub(crate) database: Embedded,
    pub(crate) table: Table,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::on(Embedded::memory().expect("memory"), 1)
    }

    /// A table in a file. Another `seed` makes other ids.
    pub(crate) fn in_file(path: &Path, seed: u64) -> Self {
        Self::on(Embedded::file(path).expect("a file"), seed)
    }

    fn on(database: Embedded, seed: u64) -> Self {
        let clock = TestClock::default();
        let env = Env {
            clock: Arc::new(clock.clone()),
            entropy: Arc::new(Numbers(AtomicU64::new(seed << 32))),
        };
        let table = Table::new(config(&database), "hoopoe", env);
        clock.run(table.create_if_absent()).expect("a table");
        // The process knows the cursor, as any process does after its first commit.
        clock.run(table.begin_cursor()).expect("a cursor");
        table.meter().take();
        Self { clock, database, table }
    }

    /// The same table over a wire where things happen.
    pub(crate) fn over(&self, wire: Arc<dyn Wire>) -> Table {
        let config = config(&self.database.over(wire));
        let table = self.table.seen_by(config, self.table.env().clone());
        self.run(table.begin_cursor()).expect("a cursor");
        table.meter().take();
        table
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.clock.run(work)
    }

    /// The result, and what it cost.
    pub(crate) fn cost<T>(&self, work: impl Future<Output = T>) -> (T, Cost) {
        self.table.meter().take();
        let result = self.run(work);
        (result, self.table.meter().take().into())
    }

    /// A decision of now with these writes.
    pub(crate) fn decision(&self, writes: Vec<Write>) -> Decision {
        Decision { writes, ..Decision::new(self.table.env().id(), self.now(), ()) }
    }

    pub(crate) fn commit(&self, writes: Vec<Write>) -> Result<Committed, CommitError> {
        self.run(self.table.commit(&self.decision(writes)))
    }

    pub(crate) fn commit_jobs(&self, jobs: Vec<NewJob>) -> Committed {
        let decision = Decision { jobs, ..self.decision(Vec::new()) };
        self.run(self.table.commit(&decision)).expect("committed")
    }

    pub(crate) fn get<T: Item>(&self, key: &Key) -> Option<T> {
        self.run(self.table.get(key)).expect("readable")
    }
}

fn config(database: &Embedded) -> table::Config {
    table::Config::new()
        .http_client(database.clone())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
}
