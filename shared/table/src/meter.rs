//! What the table cost: counted from DynamoDB's own answers, for the whole process here and for the
//! unit of work in [`runtime::unit`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// Calls and units since the meter was made or taken last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Read units.
    pub read: f64,
    /// Write units.
    pub write: f64,
    /// Calls by operation.
    pub calls: BTreeMap<&'static str, u64>,
}

impl Usage {
    /// Calls in all.
    pub fn total_calls(&self) -> u64 {
        self.calls.values().sum()
    }
}

/// Counts what a table costs. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Usage>>);

/// Which units an operation uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Read,
    Write,
}

impl Meter {
    /// What was used since the last call of this.
    pub fn take(&self) -> Usage {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was used so far.
    pub fn read(&self) -> Usage {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn count<'a>(
        &self,
        operation: &'static str,
        unit: Unit,
        consumed: impl IntoIterator<Item = &'a ConsumedCapacity>,
    ) {
        let units: f64 = consumed.into_iter().filter_map(ConsumedCapacity::capacity_units).sum();
        match unit {
            Unit::Read => runtime::unit::count_call(units, 0.0),
            Unit::Write => runtime::unit::count_call(0.0, units),
        }
        let mut usage = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *usage.calls.entry(operation).or_default() += 1;
        match unit {
            Unit::Read => usage.read += units,
            Unit::Write => usage.write += units,
        }
    }
}
