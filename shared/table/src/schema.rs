//! The table itself, as `hoopoe dev` and the tests make it. On AWS the template does.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification,
};

use crate::error::TableError;
use crate::keys::{PK, SK, TTL};
use crate::store::Table;

impl Table {
    /// Makes the table with its TTL where it does not exist yet.
    pub async fn create_if_absent(&self) -> Result<(), TableError> {
        if self.client.describe_table().table_name(&self.name).send().await.is_ok() {
            return Ok(());
        }
        self.create().await.map_err(TableError::Refused)
    }

    async fn create(&self) -> Result<(), String> {
        let attribute = |name: &str| {
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .map_err(|error| error.to_string())
        };
        let key = |name: &str, kind| {
            KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(kind)
                .build()
                .map_err(|error| error.to_string())
        };
        self.client
            .create_table()
            .table_name(&self.name)
            .attribute_definitions(attribute(PK)?)
            .attribute_definitions(attribute(SK)?)
            .key_schema(key(PK, KeyType::Hash)?)
            .key_schema(key(SK, KeyType::Range)?)
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await
            .map_err(|error| error.into_service_error().to_string())?;
        let ttl = TimeToLiveSpecification::builder()
            .attribute_name(TTL)
            .enabled(true)
            .build()
            .map_err(|error| error.to_string())?;
        self.client
            .update_time_to_live()
            .table_name(&self.name)
            .time_to_live_specification(ttl)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| error.into_service_error().to_string())
    }
}
