//! Reads: single items, batches, and pages of a partition.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnConsumedCapacity};

use crate::error::{Fault, TableError};
use crate::items::{Attributes, Item, KIND, expired, key_item, key_of};
use crate::keys::{self, Key};
use crate::meter::Unit;
use crate::store::{FIRST_WAIT, Failure, GIVE_UP, Table};

/// DynamoDB reads at most this many items in one batch.
const BATCH: usize = 100;

/// One page of a partition.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The records, in key order.
    pub items: Vec<T>,
    /// The sort key to continue after, when there is more.
    pub next: Option<String>,
}

/// Which part of a partition to read.
#[derive(Clone, Debug, Default)]
pub struct Range<'a> {
    /// The partition.
    pub pk: &'a str,
    /// Only sort keys that begin so.
    pub prefix: &'a str,
    /// Only after this sort key.
    pub after: Option<&'a str>,
    /// At most this many items are read.
    pub limit: usize,
    /// Newest (largest sort key) first.
    pub backward: bool,
}

/// Raw items of a batch read, to be taken by key.
#[derive(Debug, Default)]
pub struct Found(HashMap<Key, Attributes>);

impl Found {
    /// The record at this key, if it was found.
    pub fn take<T: Item>(&mut self, key: &Key) -> Result<Option<T>, TableError> {
        self.0.remove(key).map(T::decode).transpose()
    }

    /// The record at this key, if it was found, for more than one asker.
    pub fn peek<T: Item>(&self, key: &Key) -> Result<Option<T>, TableError> {
        self.0.get(key).cloned().map(T::decode).transpose()
    }
}

impl Table {
    /// The record at this key, read strongly consistent; expired ones are absent.
    pub async fn get<T: Item>(&self, key: &Key) -> Result<Option<T>, TableError> {
        self.raw(key, true).await?.map(T::decode).transpose()
    }

    /// The record at this key, which may be a moment old: half the price.
    pub async fn glance<T: Item>(&self, key: &Key) -> Result<Option<T>, TableError> {
        self.raw(key, false).await?.map(T::decode).transpose()
    }

    pub(crate) async fn raw(
        &self,
        key: &Key,
        consistent: bool,
    ) -> Result<Option<Attributes>, TableError> {
        let found = self.persist(|_| async {
            let output = self
                .client
                .get_item()
                .table_name(&self.name)
                .set_key(Some(key_item(key)))
                .consistent_read(consistent)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| Fault::of(&error))?;
            self.meter.count("GetItem", Unit::Read, output.consumed_capacity());
            Ok(output.item)
        });
        let now = self.env.now();
        Ok(found.await.map_err(Failure::table)?.filter(|item| !expired(item, now)))
    }

    /// The items at these keys, read strongly consistent, in as few calls as there can be.
    pub async fn get_all(&self, keys: &[Key]) -> Result<Found, TableError> {
        let mut found = self.raw_all(keys).await?;
        let now = self.env.now();
        found.retain(|_, item| !expired(item, now));
        Ok(Found(found))
    }

    /// The items at these keys, expired ones too.
    pub(crate) async fn raw_all(
        &self,
        keys: &[Key],
    ) -> Result<HashMap<Key, Attributes>, TableError> {
        let mut wanted: Vec<&Key> = keys.iter().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut found = HashMap::with_capacity(wanted.len());
        for chunk in wanted.chunks(BATCH) {
            self.raw_chunk(chunk.iter().copied().map(key_item).collect(), &mut found).await?;
        }
        Ok(found)
    }

    /// At most [`BATCH`] items. DynamoDB may leave keys out of an answer: they are asked for
    /// again, for as long as a call may take.
    async fn raw_chunk(
        &self,
        mut left: Vec<Attributes>,
        found: &mut HashMap<Key, Attributes>,
    ) -> Result<(), TableError> {
        let give_up = self.env.now() + GIVE_UP;
        let mut wait = FIRST_WAIT;
        loop {
            left = self.get_some(left, found).await?;
            if left.is_empty() {
                return Ok(());
            }
            let pause = self.pause(&mut wait);
            if self.env.now() + pause >= give_up {
                return Err(TableError::Unavailable(format!("{} keys unprocessed", left.len())));
            }
            self.env.clock.sleep(pause).await;
        }
    }

    /// Reads what DynamoDB is willing to read at once; returns the keys it left.
    async fn get_some(
        &self,
        keys: Vec<Attributes>,
        found: &mut HashMap<Key, Attributes>,
    ) -> Result<Vec<Attributes>, TableError> {
        let request = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .build()
            .map_err(|error| TableError::Refused(error.to_string()))?;
        let output = self
            .persist(|_| async {
                let output = self
                    .client
                    .batch_get_item()
                    .request_items(&self.name, request.clone())
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .map_err(|error| Fault::of(&error))?;
                self.meter.count("BatchGetItem", Unit::Read, output.consumed_capacity());
                Ok(output)
            })
            .await
            .map_err(Failure::table)?;
        for item in output.responses.unwrap_or_default().into_values().flatten() {
            if let Some(key) = key_of(&item) {
                found.insert(key, item);
            }
        }
        let left = output.unprocessed_keys.unwrap_or_default().remove(&self.name);
        Ok(left.map(|left| left.keys).unwrap_or_default())
    }

    /// One page of a partition, read strongly consistent; expired records are left out.
    pub async fn query<T: Item>(&self, range: &Range<'_>) -> Result<Page<T>, TableError> {
        let Page { items, next } = self.query_stored(range).await?;
        let items = items.into_iter().map(T::decode).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    /// The same, as it is stored.
    pub(crate) async fn query_stored(
        &self,
        range: &Range<'_>,
    ) -> Result<Page<Attributes>, TableError> {
        let start = match range.start() {
            Start::First => None,
            Start::After(key) => Some(key),
            Start::Past => return Ok(Page { items: Vec::new(), next: None }),
        };
        let output = self.query_raw(range, start).await?;
        let next = output.last_evaluated_key.as_ref().and_then(key_of).map(|key| key.sk);
        let now = self.env.now();
        let items = output.items.unwrap_or_default().into_iter();
        let items = items.filter(|item| !expired(item, now)).collect();
        // A partition shared with other kinds ends where the prefix does.
        let next = next.filter(|sk| sk.starts_with(range.prefix));
        Ok(Page { items, next })
    }

    /// One call for a page of a partition, strongly consistent.
    pub(crate) async fn query_raw(
        &self,
        range: &Range<'_>,
        start: Option<Attributes>,
    ) -> Result<QueryOutput, TableError> {
        let (condition, values) = range.condition();
        let limit = i32::try_from(range.limit).unwrap_or(i32::MAX).max(1);
        self.persist(|_| async {
            let output = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression(condition)
                .set_expression_attribute_values(Some(values.clone()))
                .consistent_read(true)
                .set_exclusive_start_key(start.clone())
                .scan_index_forward(!range.backward)
                .limit(limit)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| Fault::of(&error))?;
            self.meter.count("Query", Unit::Read, output.consumed_capacity());
            Ok(output)
        })
        .await
        .map_err(Failure::table)
    }

    /// Every record of one kind, wherever it stands. Reads the whole table: for tests, exports, an
    /// operator's look and a laptop, never for a function.
    pub async fn scan<T: Item>(&self) -> Result<Vec<T>, TableError> {
        let (mut all, mut start) = (Vec::new(), None);
        loop {
            let output = self
                .persist(|_| async {
                    let output = self
                        .client
                        .scan()
                        .table_name(&self.name)
                        .filter_expression(format!("{KIND} = :kind"))
                        .expression_attribute_values(":kind", AttributeValue::S(T::KIND.to_owned()))
                        .consistent_read(true)
                        .set_exclusive_start_key(start.clone())
                        .return_consumed_capacity(ReturnConsumedCapacity::Total)
                        .send()
                        .await
                        .map_err(|error| Fault::of(&error))?;
                    self.meter.count("Scan", Unit::Read, output.consumed_capacity());
                    Ok(output)
                })
                .await
                .map_err(Failure::table)?;
            for item in output.items.unwrap_or_default() {
                all.push(T::decode(item)?);
            }
            match output.last_evaluated_key {
                Some(key) => start = Some(key),
                None => return Ok(all),
            }
        }
    }

    /// All records of a partition whose sort keys begin so. For small, bounded sets only.
    pub async fn query_all<T: Item>(&self, pk: &str, prefix: &str) -> Result<Vec<T>, TableError> {
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let range =
                Range { pk, prefix, after: after.as_deref(), limit: 1_000, backward: false };
            let page = self.query(&range).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }
}

impl Range<'_> {
    fn condition(&self) -> (&'static str, HashMap<String, AttributeValue>) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let mut values = HashMap::from([(keys::PARTITION_VALUE.to_owned(), text(self.pk))]);
        if self.prefix.is_empty() {
            return (keys::PARTITION, values);
        }
        values.insert(keys::PREFIX_VALUE.to_owned(), text(self.prefix));
        (keys::PARTITION_PREFIX, values)
    }

    /// Where to start. `after` need not exist, and it may come from outside: DynamoDB refuses a
    /// start outside the range, or one too long for a key.
    fn start(&self) -> Start {
        let Some(after) = self.after.filter(|after| !after.is_empty()) else {
            return Start::First;
        };
        if after.starts_with(self.prefix) {
            let sk = after[..after.floor_char_boundary(keys::LONGEST_SK)].to_owned();
            return Start::After(key_item(&Key { pk: self.pk.to_owned(), sk }));
        }
        let below = after < self.prefix;
        if below == self.backward { Start::Past } else { Start::First }
    }
}

/// Where a page begins.
enum Start {
    /// At the range's first item.
    First,
    /// After this key.
    After(Attributes),
    /// Nowhere: the whole range lies behind.
    Past,
}
