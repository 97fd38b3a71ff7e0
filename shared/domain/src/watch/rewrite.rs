//! What the table needs when a target goes from one state to the next.

use std::collections::BTreeSet;

use crate::engine::{Record, Write};
use crate::ids::ChannelId;
use crate::url::PageId;
use crate::watch::{Target, TargetStatus};

/// The writes that take a target from `before` to `after`; `None` stands for its absence.
///
/// A watcher exists exactly while its target is active and has its page, and a page counts
/// exactly those. Nothing is written when nothing changes.
pub fn rewrite(before: Option<&Target>, after: Option<&Target>) -> Vec<Write> {
    if before == after {
        return Vec::new();
    }
    let mut writes: Vec<Write> = match (before, after) {
        (None, Some(after)) => vec![Write::Create(after.clone().into())],
        (Some(_), Some(after)) => vec![Write::Replace(after.clone().into())],
        (Some(before), None) => vec![Write::Remove(before.clone().into())],
        (None, None) => Vec::new(),
    };
    let (left, joined) = (watched(before), watched(after));
    if let Some(before) = before {
        for page in before.pages.iter().filter(|page| left.contains(&page.id)) {
            if !joined.contains(&page.id) {
                writes.push(count(page, false));
                writes.push(Write::Remove(Record::Watcher(before.watcher(&page.id))));
            }
        }
    }
    if let Some(after) = after {
        for page in after.pages.iter().filter(|page| joined.contains(&page.id)) {
            let watcher = after.watcher(&page.id);
            if !left.contains(&page.id) {
                writes.push(count(page, true));
                writes.push(Write::Put(watcher.into()));
            } else if before.map(|before| before.watcher(&page.id)).as_ref() != Some(&watcher) {
                writes.push(Write::Put(watcher.into()));
            }
        }
    }
    writes
}

/// The pages that the target has watchers on.
fn watched(target: Option<&Target>) -> BTreeSet<&PageId> {
    target
        .filter(|target| target.status == TargetStatus::Active)
        .map(|target| target.pages.iter().map(|page| &page.id).collect())
        .unwrap_or_default()
}

fn count(page: &crate::watch::TargetPage, joined: bool) -> Write {
    Write::CountTarget { page_id: page.id.clone(), url: page.url.clone(), joined }
}

/// Takes the channel `from` out of the targets that have it, with `to` in its place if there is one.
///
/// At most `budget` writes: the second part says whether all targets were done. A caller whose
/// targets do not fit commits these and asks again with what is left.
pub fn rewire(
    targets: &[Target],
    from: ChannelId,
    to: Option<ChannelId>,
    budget: usize,
) -> (Vec<Write>, bool) {
    let mut writes = Vec::new();
    for target in targets.iter().filter(|target| target.channels.contains(&from)) {
        let step = rewrite(Some(target), Some(&target.rewired(from, to)));
        if writes.len() + step.len() > budget {
            return (writes, false);
        }
        writes.extend(step);
    }
    (writes, true)
}

impl Target {
    /// The target with `to` in place of the channel `from`, or without it.
    #[must_use]
    pub fn rewired(&self, from: ChannelId, to: Option<ChannelId>) -> Self {
        let mut channels = Vec::with_capacity(self.channels.len());
        for &channel in &self.channels {
            let channel = if channel == from { to } else { Some(channel) };
            channels.extend(channel.filter(|channel| !channels.contains(channel)));
        }
        Self { channels, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::ids::{TargetId, UserId};
    use crate::time::Timestamp;
    use crate::url::CanonicalUrl;
    use crate::watch::{TargetPage, Watcher};

    fn channel(n: u128) -> ChannelId {
        ChannelId(Uuid::from_u128(n))
    }

    fn target(pages: &[u8], channels: &[u128], active: bool) -> Target {
        Target {
            id: TargetId(Uuid::nil()),
            user_id: UserId(Uuid::nil()),
            name: "Shoes".to_owned(),
            pages: pages
                .iter()
                .filter_map(|n| CanonicalUrl::parse(&format!("https://e.com/{n}")).ok())
                .map(|url| TargetPage { id: PageId::of(&url), url })
                .collect(),
            channels: channels.iter().copied().map(channel).collect(),
            guests: Vec::new(),
            rules: crate::watch::Rules::default(),
            status: if active { TargetStatus::Active } else { TargetStatus::Disabled },
            created_at: Timestamp::default(),
            version: 0,
        }
    }

    /// The table after the writes: watchers and pages' counts.
    #[derive(Debug, Default, PartialEq)]
    struct State {
        watchers: BTreeMap<PageId, Watcher>,
        counts: BTreeMap<PageId, i32>,
    }

    impl State {
        fn apply(&mut self, writes: Vec<Write>) {
            for write in writes {
                match write {
                    Write::Put(Record::Watcher(it)) => {
                        self.watchers.insert(it.page_id.clone(), it);
                    }
                    Write::Remove(Record::Watcher(it)) => {
                        assert!(self.watchers.remove(&it.page_id).is_some(), "it must be there");
                    }
                    Write::CountTarget { page_id, joined, .. } => {
                        *self.counts.entry(page_id).or_default() += if joined { 1 } else { -1 };
                    }
                    other => assert!(matches!(other.record(), Some(Record::Target(_)))),
                }
            }
            self.counts.retain(|_, count| *count != 0);
        }

        fn of(target: &Target) -> Self {
            let mut state = Self::default();
            if target.status == TargetStatus::Active {
                for page in &target.pages {
                    state.watchers.insert(page.id.clone(), target.watcher(&page.id));
                    state.counts.insert(page.id.clone(), 1);
                }
            }
            state
        }
    }

    fn any_target() -> impl Strategy<Value = Option<Target>> {
        let pages = prop::collection::btree_set(0_u8..6, 0..5);
        let channels = prop::collection::btree_set(0_u128..4, 0..3);
        prop::option::of((pages, channels, any::<bool>()).prop_map(|(pages, channels, active)| {
            target(&Vec::from_iter(pages), &Vec::from_iter(channels), active)
        }))
    }

    proptest! {
        #[test]
        fn watchers_and_counts_follow_every_change(
            states in prop::collection::vec(any_target(), 1..8),
        ) {
            let (mut table, mut before) = (State::default(), None::<Target>);
            for after in states {
                table.apply(rewrite(before.as_ref(), after.as_ref()));
                prop_assert_eq!(&table, &after.as_ref().map(State::of).unwrap_or_default());
                before = after;
            }
        }
    }

    #[test]
    fn nothing_is_written_when_nothing_changes() {
        let same = target(&[1], &[1], true);
        assert_eq!(rewrite(Some(&same), Some(&same)), []);
    }

    #[test]
    fn a_channel_is_taken_out_in_steps_that_fit() {
        let mut targets = vec![target(&[1, 2], &[7], true), target(&[3], &[8], true)];
        targets.push(target(&[4], &[7, 9], false));
        let (writes, all) = rewire(&targets, channel(7), None, 3);
        assert_eq!((writes.len(), all), (3, false), "the first target and its two watchers");
        let (writes, all) = rewire(&targets, channel(7), None, 4);
        assert_eq!((writes.len(), all), (4, true), "the disabled one has no watchers");
    }

    #[test]
    fn a_channel_in_place_of_another_is_not_doubled() {
        let both = target(&[1], &[7, 8], true);
        assert_eq!(both.rewired(channel(7), Some(channel(8))).channels, [channel(8)]);
        assert_eq!(both.rewired(channel(7), None).channels, [channel(8)]);
    }
}
