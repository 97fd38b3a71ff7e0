//! Which events go together in one call.

use std::ops::Range;

use domain::event::{Event, SOURCE};

/// `PutEvents` takes at most so many entries (EventBridge, quotas).
pub const ENTRIES: usize = 10;
/// `PutEvents` takes at most so many bytes of entries in one call (EventBridge, quotas).
pub const BYTES: usize = 256 * 1024;
/// A timestamp counts for so many bytes (EventBridge, size of an event entry).
const TIME: usize = 14;

/// What an event counts for in a call, in bytes of UTF-8.
pub fn size(event: &Event, detail: &str) -> usize {
    TIME + SOURCE.len() + event.kind().detail_type().len() + detail.len()
}

/// Cuts entries of these sizes into calls, in their order.
pub fn calls(sizes: &[usize]) -> Vec<Range<usize>> {
    let mut calls = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (index, size) in sizes.iter().enumerate() {
        if index > from && (index - from == ENTRIES || bytes + size > BYTES) {
            calls.push(from..index);
            (from, bytes) = (index, 0);
        }
        bytes += size;
    }
    if from < sizes.len() {
        calls.push(from..sizes.len());
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_at_most_ten_entries_and_256_kilobytes() {
        // One that is too large alone is for the bus to refuse.
        for (sizes, expected) in [
            (vec![], vec![]),
            (vec![100; 10], vec![(0, 10)]),
            (vec![100; 21], vec![(0, 10), (10, 20), (20, 21)]),
            (vec![BYTES / 2; 3], vec![(0, 2), (2, 3)]),
            (vec![BYTES / 2, BYTES / 2 + 1, 1], vec![(0, 1), (1, 3)]),
            (vec![1, BYTES + 1, 1], vec![(0, 1), (1, 2), (2, 3)]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(from, to)| from..to).collect();
            assert_eq!(calls(&sizes), expected, "{sizes:?}");
        }
    }
}
