use std::sync::Mutex;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::SharedCredentialsProvider;
use futures::executor::block_on;
use futures::future::ready;
use runtime::http::TransportError;
use runtime::virtual_time;

use super::*;

/// A transport that gives one answer and remembers what was asked.
#[derive(Debug)]
struct Wire {
    status: u16,
    body: &'static str,
    asked: Mutex<Vec<Request<Bytes>>>,
}

impl Transport for Wire {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        self.asked.lock().expect("no panic").push(request);
        let answer = Response::builder().status(self.status).body(Bytes::from(self.body));
        Box::pin(ready(Ok(answer.expect("an answer"))))
    }
}

fn store(wire: &Arc<Wire>, endpoint: Option<&str>) -> S3 {
    // The key of Amazon's own examples of signatures.
    let credentials = Credentials::new(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        None,
        None,
        "test",
    );
    let mut sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    sdk.set_endpoint_url(endpoint.map(str::to_owned));
    let env = Env { clock: Arc::new(virtual_time::TestClock::default()), ..Env::system() };
    S3::new(wire.clone(), (sdk.build(), env), "examplebucket".to_owned(), None)
}

fn wire(status: u16, body: &'static str) -> Arc<Wire> {
    Arc::new(Wire { status, body, asked: Mutex::default() })
}

#[test]
fn a_request_is_signed_as_amazons_own_example_is() {
    // Amazon S3, "Signature calculations: GET object", without its Range header.
    let request = Request::get("https://examplebucket.s3.amazonaws.com/test.txt");
    let request = request.body(Bytes::new()).expect("a request");
    let at = Timestamp::from_millis(1_369_353_600_000);
    let credentials = Credentials::new(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        None,
        None,
        "test",
    );
    let (headers, query) =
        signed(&request, credentials, ("us-east-1", at)).expect("signed").into_parts();
    assert!(query.is_empty());
    let value = |name: &str| {
        let found = headers.iter().find(|it| it.name() == name);
        found.map(|it| it.value().to_owned()).unwrap_or_default()
    };
    assert_eq!(value("x-amz-date"), "20130524T000000Z");
    assert_eq!(
        value("x-amz-content-sha256"),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    let authorization = value("authorization");
    let expected = reference::signature("/test.txt", "examplebucket.s3.amazonaws.com");
    assert!(authorization.ends_with(&format!("Signature={expected}")), "{authorization}");
    assert!(
        authorization.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders=host;x-amz-content-sha256;x-amz-date"
        ),
        "{authorization}"
    );
}

#[test]
fn objects_are_put_read_and_taken_away_at_the_buckets_own_address() {
    let found = wire(200, "bytes");
    let s3 = store(&found, None);
    block_on(s3.put("default.a.png", b"\x89PNG")).expect("it is put");
    assert_eq!(block_on(s3.get("default.a.png")), Ok(Some(b"bytes".to_vec())));
    block_on(s3.remove("default.a.png")).expect("it is removed");
    let asked = found.asked.lock().expect("no panic");
    let lines: Vec<String> =
        asked.iter().map(|it| format!("{} {}", it.method(), it.uri())).collect();
    let address = "https://examplebucket.s3.us-east-1.amazonaws.com/default.a.png";
    assert_eq!(lines, ["PUT", "GET", "DELETE"].map(|method| format!("{method} {address}")));
    assert_eq!(asked[0].headers()["content-type"], "image/png");
    assert_eq!(asked[0].body(), &b"\x89PNG"[..]);
    assert!(asked.iter().all(|it| it.headers().contains_key("authorization")));
}

#[test]
fn an_emulator_has_the_bucket_in_the_path() {
    let found = wire(200, "");
    let s3 = store(&found, Some("http://127.0.0.1:4566/"));
    block_on(s3.get("a.png")).expect("read");
    let asked = found.asked.lock().expect("no panic");
    assert_eq!(asked[0].uri(), "http://127.0.0.1:4566/examplebucket/a.png");
}

#[test]
fn what_is_not_there_is_absent_and_what_is_refused_is_an_error() {
    let s3 = store(&wire(404, ""), None);
    assert_eq!(block_on(s3.get("a.png")), Ok(None));
    assert_eq!(block_on(s3.remove("a.png")), Ok(()));
    let s3 = store(&wire(403, "<Code>AccessDenied</Code>"), None);
    let error = block_on(s3.get("a.png")).expect_err("refused");
    assert_eq!(error.message, "S3 answers 403 Forbidden: <Code>AccessDenied</Code>");
    assert!(block_on(s3.put("a.png", b"x")).is_err());
    assert!(block_on(s3.get("a/b")).is_err(), "no name of an object");
}

/// The signature once more, from the specification alone.
mod reference {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::{Digest, Sha256};

    const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    }

    fn mac(key: &[u8], text: &str) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    pub(super) fn signature(path: &str, host: &str) -> String {
        let canonical = format!(
            "GET\n{path}\n\nhost:{host}\nx-amz-content-sha256:{NOTHING}\nx-amz-date:20130524T000000Z\n\n\
             host;x-amz-content-sha256;x-amz-date\n{NOTHING}"
        );
        let digest = hex(&Sha256::digest(canonical.as_bytes()));
        let text = format!(
            "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n{digest}"
        );
        let secret = b"AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let key = ["20130524", "us-east-1", "s3", "aws4_request"]
            .iter()
            .fold(secret.to_vec(), |key, part| mac(&key, part));
        hex(&mac(&key, &text))
    }
}
