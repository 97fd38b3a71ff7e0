//! Data keys by KMS.

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use futures::future::BoxFuture;
use runtime::seal::{DataKey, KeyBytes, MasterKey, SealError};

use super::words;

/// What KMS is told each time, so that its log says what the key was used for, and a data key made for
/// this opens for nothing else.
const PURPOSE: (&str, &str) = ("purpose", "hoopoe-seal");

/// A key that KMS holds and never gives away.
#[derive(Clone, Debug)]
pub(super) struct KmsKey {
    client: Client,
    key: String,
}

impl KmsKey {
    /// The key of this id, ARN or alias.
    pub(super) fn new(client: Client, key: impl Into<String>) -> Self {
        Self { client, key: key.into() }
    }

    async fn make_now(&self) -> Result<DataKey, SealError> {
        let made = self
            .client
            .generate_data_key()
            .key_id(&self.key)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context(PURPOSE.0, PURPOSE.1)
            .send()
            .await
            .map_err(|error| SealError::Unavailable(words(&error)))?;
        let wrapped = made.ciphertext_blob.map(Blob::into_inner);
        let wrapped = wrapped.ok_or(SealError::BadKey("comes without its wrapped form"))?;
        Ok(DataKey { plain: bytes(made.plaintext)?, wrapped })
    }

    async fn open_now(&self, wrapped: &[u8]) -> Result<KeyBytes, SealError> {
        let opened = self
            .client
            .decrypt()
            .key_id(&self.key)
            .ciphertext_blob(Blob::new(wrapped))
            .encryption_context(PURPOSE.0, PURPOSE.1)
            .send()
            .await;
        let opened = opened.map_err(|error| {
            let refused = error.as_service_error().is_some_and(|error| {
                error.is_invalid_ciphertext_exception() || error.is_incorrect_key_exception()
            });
            if refused {
                SealError::Closed("its data key belongs to another key of KMS")
            } else {
                SealError::Unavailable(words(&error))
            }
        })?;
        bytes(opened.plaintext)
    }
}

fn bytes(plain: Option<Blob>) -> Result<KeyBytes, SealError> {
    let plain = plain.map(Blob::into_inner).unwrap_or_default();
    let plain = <[u8; 32]>::try_from(plain);
    plain
        .map(|plain| KeyBytes::new(Box::new(plain)))
        .map_err(|_| SealError::BadKey("of KMS does not have 32 bytes"))
}

impl MasterKey for KmsKey {
    fn kind(&self) -> &'static str {
        "kms"
    }

    fn make(&self) -> BoxFuture<'_, Result<DataKey, SealError>> {
        Box::pin(self.make_now())
    }

    fn open<'a>(&'a self, wrapped: &'a [u8]) -> BoxFuture<'a, Result<KeyBytes, SealError>> {
        Box::pin(self.open_now(wrapped))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;
    use std::sync::Mutex;

    use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
    use aws_smithy_runtime_api::client::http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use runtime::Env;
    use runtime::seal::Sealer;
    use secrecy::ExposeSecret;
    use serde_json::{Value, json};

    use super::*;

    /// As much of KMS as is asked for: it hands out keys, and gives back those that it handed out in
    /// the same context.
    #[derive(Clone, Debug, Default)]
    struct Kms(Arc<Mutex<Vec<(String, Value)>>>, Arc<Mutex<HashMap<String, Value>>>);

    impl Kms {
        fn answer(&self, target: &str, asked: &Value) -> (u16, Value) {
            self.0.lock().expect("unpoisoned").push((target.to_owned(), asked.clone()));
            let mut keys = self.1.lock().expect("unpoisoned");
            if target == "TrentService.GenerateDataKey" {
                let n = u8::try_from(keys.len()).expect("few keys");
                let (plain, wrapped) = (STANDARD.encode([n + 7; 32]), STANDARD.encode([n; 5]));
                keys.insert(wrapped.clone(), json!([plain, asked["EncryptionContext"]]));
                let key = json!({ "KeyId": "k", "Plaintext": plain, "CiphertextBlob": wrapped });
                return (200, key);
            }
            let wrapped = asked["CiphertextBlob"].as_str().unwrap_or_default();
            match keys.get(wrapped) {
                Some(key) if key[1] == asked["EncryptionContext"] => {
                    (200, json!({ "KeyId": "k", "Plaintext": key[0] }))
                }
                _ => (400, json!({ "__type": "InvalidCiphertextException" })),
            }
        }

        fn asked(&self, target: &str) -> usize {
            let asked = self.0.lock().expect("unpoisoned");
            asked.iter().filter(|(it, _)| it == target).count()
        }

        fn sealer(&self) -> Sealer {
            let config = aws_sdk_kms::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::from_static("eu-central-1"))
                .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
                .http_client(self.clone())
                .build();
            let key = KmsKey::new(Client::from_conf(config), "alias/hoopoe");
            Sealer::new(Arc::new(key), Env::system())
        }
    }

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(work)
    }

    impl HttpConnector for Kms {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let body = request.body().bytes().unwrap_or_default();
            let asked = serde_json::from_slice(body).unwrap_or_default();
            let (status, answer) = self.answer(target, &asked);
            let status = StatusCode::try_from(status).expect("a status");
            HttpConnectorFuture::ready(Ok(HttpResponse::new(
                status,
                SdkBody::from(answer.to_string()),
            )))
        }
    }

    impl HttpClient for Kms {
        fn http_connector(
            &self,
            _: &HttpConnectorSettings,
            _: &RuntimeComponents,
        ) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    #[test]
    fn what_one_process_seals_by_kms_another_opens_and_kms_is_asked_once_by_each() {
        let kms = Kms::default();
        let (first, second) = (kms.sealer(), kms.sealer());
        for text in ["a", "b"] {
            let sealed = block_on(first.seal("bot/1", text)).expect("it is sealed");
            assert!(sealed.as_str().starts_with("v1.kms."), "{}", sealed.as_str());
            let opened = block_on(second.open("bot/1", &sealed)).expect("it opens");
            assert_eq!(opened.expose_secret(), text);
        }
        assert_eq!(kms.asked("TrentService.GenerateDataKey"), 1);
        assert_eq!(kms.asked("TrentService.Decrypt"), 1);
        for (_, asked) in kms.0.lock().expect("unpoisoned").iter() {
            assert_eq!(asked["KeyId"], "alias/hoopoe");
            assert_eq!(asked["EncryptionContext"], json!({ "purpose": "hoopoe-seal" }));
        }
    }

    #[test]
    fn a_data_key_that_kms_does_not_know_opens_nothing() {
        let sealed = block_on(Kms::default().sealer().seal("bot/1", "a")).expect("it is sealed");
        let opened = block_on(Kms::default().sealer().open("bot/1", &sealed));
        assert!(matches!(opened, Err(SealError::Closed(_))), "{opened:?}");
    }
}
