//! S3 as a store of objects: signed requests of the process's own HTTP client. The three calls need no
//! client of the SDK's, which would be larger than all the rest of a function.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningInstructions,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use domain::photo::PhotoFormat;
use domain::time::Timestamp;
use futures::future::BoxFuture;
use http::{Method, Request, Response, StatusCode, header};
use runtime::Env;
use runtime::http::Transport;
use runtime::objects::{ObjectError, Objects};

use crate::calls::Recorder;

/// Of an error's body so many characters are told.
const SHOWN: usize = 200;

/// A bucket.
#[derive(Clone, Debug)]
pub struct S3 {
    transport: Arc<dyn Transport>,
    sdk: SdkConfig,
    env: Env,
    bucket: String,
    record: Option<Recorder>,
}

impl S3 {
    pub(super) fn new(
        transport: Arc<dyn Transport>,
        (sdk, env): (SdkConfig, Env),
        bucket: String,
        record: Option<Recorder>,
    ) -> Self {
        Self { transport, sdk, env, bucket, record }
    }

    /// Where an object is. Its key needs no escaping: letters, digits, `-`, `_` and `.`.
    fn address(&self, key: &str) -> String {
        let bucket = &self.bucket;
        if let Some(endpoint) = self.sdk.endpoint_url() {
            return format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/'));
        }
        let region = self.region();
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://{bucket}.s3.{region}.{suffix}/{key}")
    }

    fn region(&self) -> &str {
        self.sdk.region().map_or("us-east-1", |region| region.as_ref())
    }

    /// Calls S3 about an object.
    async fn call(
        &self,
        (method, action): (Method, &str),
        key: &str,
        body: Bytes,
    ) -> Result<Response<Bytes>, ObjectError> {
        let failed = |message: String| ObjectError { key: key.to_owned(), message };
        if !domain::photo::is_key(key) {
            return Err(failed("is no name of an object".to_owned()));
        }
        if let Some(record) = &self.record {
            record.saw(action, &format!("{}/*", self.bucket));
            // Only who may list is told that an object is not there (S3: GetObject, Permissions).
            if method == Method::GET {
                record.saw("s3:ListBucket", &self.bucket);
            }
        }
        let mut request = Request::builder().method(method).uri(self.address(key));
        if !body.is_empty() {
            let kind = PhotoFormat::of(&body).map(PhotoFormat::media_type);
            request =
                request.header(header::CONTENT_TYPE, kind.unwrap_or("application/octet-stream"));
        }
        let mut request = request.body(body).map_err(|error| failed(error.to_string()))?;
        let credentials = self.credentials().await.map_err(failed)?;
        signed(&request, credentials, (self.region(), self.env.now()))
            .map_err(failed)?
            .apply_to_request_http1x(&mut request);
        let sent = self.transport.send(request).await;
        sent.map_err(|error| failed(error.to_string()))
    }

    async fn credentials(&self) -> Result<Credentials, String> {
        let provider = self.sdk.credentials_provider().ok_or("there are no credentials")?;
        provider.provide_credentials().await.map_err(|error| error.to_string())
    }
}

/// What is added to a request for S3 to know whose it is.
fn signed(
    request: &Request<Bytes>,
    credentials: Credentials,
    (region, now): (&str, Timestamp),
) -> Result<SigningInstructions, String> {
    let mut settings = SigningSettings::default();
    // As S3 wants it: unlike other services it takes a path as it is.
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let identity = Identity::from(credentials);
    let millis = u64::try_from(now.as_millis()).unwrap_or_default();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("s3")
        .time(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
        .settings(settings)
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let headers = request.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let body = SignableBody::Bytes(request.body());
    let signable =
        SignableRequest::new(request.method().as_str(), request.uri().to_string(), headers, body);
    let signed = sign(signable.map_err(|error| error.to_string())?, &params);
    let (instructions, _) = signed.map_err(|error| error.to_string())?.into_parts();
    Ok(instructions)
}

/// An answer that is none of those that are waited for.
fn refused(key: &str, answer: &Response<Bytes>) -> ObjectError {
    let text = String::from_utf8_lossy(answer.body());
    let text = domain::text::first_chars(&text, SHOWN);
    ObjectError { key: key.to_owned(), message: format!("S3 answers {}: {text}", answer.status()) }
}

impl Objects for S3 {
    fn put<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, Result<(), ObjectError>> {
        Box::pin(async move {
            let body = Bytes::copy_from_slice(bytes);
            let answer = self.call((Method::PUT, "s3:PutObject"), key, body).await?;
            if answer.status().is_success() { Ok(()) } else { Err(refused(key, &answer)) }
        })
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, ObjectError>> {
        Box::pin(async move {
            let answer = self.call((Method::GET, "s3:GetObject"), key, Bytes::new()).await?;
            match answer.status() {
                StatusCode::OK => Ok(Some(answer.into_body().into())),
                StatusCode::NOT_FOUND => Ok(None),
                _ => Err(refused(key, &answer)),
            }
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), ObjectError>> {
        Box::pin(async move {
            let answer = self.call((Method::DELETE, "s3:DeleteObject"), key, Bytes::new()).await?;
            match answer.status() {
                StatusCode::NOT_FOUND => Ok(()),
                status if status.is_success() => Ok(()),
                _ => Err(refused(key, &answer)),
            }
        })
    }
}

#[cfg(test)]
mod tests;
