//! Leases: several scrapers share the list of pages without doing a page twice.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use domain::ids::JobId;
use domain::url::PageId;
use domain::watch::PageLease;

use crate::error::{Fault, TableError};
use crate::items::{attributes, key_item};
use crate::keys;
use crate::meter::Unit;
use crate::store::{Failure, Table};

/// The page is scraped and nobody else has it. Our own lease counts as free, so that an attempt
/// of unknown fate can be sent again.
const FREE: &str = "active_targets > :none AND (attribute_not_exists(#lease) \
    OR #lease.#until <= :now OR #lease.#job = :job)";

impl Table {
    /// Leases a page that is scraped and not under a live lease. One write unit.
    /// `false` when someone else has it, or nobody watches it any more.
    pub async fn lease_page(
        &self,
        page_id: &PageId,
        lease: &PageLease,
    ) -> Result<bool, TableError> {
        let now = self.env.now().as_millis().to_string();
        let values = HashMap::from([
            (":lease".to_owned(), AttributeValue::M(attributes(lease)?)),
            (":job".to_owned(), AttributeValue::S(lease.job_id.to_string())),
            (":now".to_owned(), AttributeValue::N(now)),
            (":none".to_owned(), AttributeValue::N("0".to_owned())),
        ]);
        let names = [("#lease", "lease"), ("#until", "until"), ("#job", "job_id")];
        self.update_lease(page_id, "SET #lease = :lease", FREE, &names, values).await
    }

    /// Gives a page back before its lease ends. `false` when this job does not have it.
    pub async fn release_page(&self, page_id: &PageId, job_id: JobId) -> Result<bool, TableError> {
        let values = HashMap::from([(":job".to_owned(), AttributeValue::S(job_id.to_string()))]);
        let names = [("#lease", "lease"), ("#job", "job_id")];
        self.update_lease(page_id, "REMOVE #lease", "#lease.#job = :job", &names, values).await
    }

    async fn update_lease(
        &self,
        page_id: &PageId,
        update: &str,
        condition: &str,
        names: &[(&str, &str)],
        values: HashMap<String, AttributeValue>,
    ) -> Result<bool, TableError> {
        let names = names.iter().map(|(name, of)| ((*name).to_owned(), (*of).to_owned()));
        let names: HashMap<String, String> = names.collect();
        let updated = self.persist(|_| async {
            let output = self
                .client
                .update_item()
                .table_name(&self.name)
                .set_key(Some(key_item(&keys::page(page_id))))
                .update_expression(update)
                .condition_expression(condition)
                .set_expression_attribute_names(Some(names.clone()))
                .set_expression_attribute_values(Some(values.clone()))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| Fault::of(&error))?;
            self.meter.count("UpdateItem", Unit::Write, output.consumed_capacity());
            Ok(())
        });
        match updated.await {
            Ok(()) => Ok(true),
            Err(Failure::Condition { .. }) => Ok(false),
            Err(Failure::Table(error)) => Err(error),
        }
    }
}
