//! Calls of Stripe's API.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use domain::subscription::Fetched;
use domain::time::Timestamp;
use http::{Method, Request, StatusCode, header};
use runtime::http::{Transport, TransportError};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use thiserror::Error;

use super::form::Form;
use super::read;

/// Why Stripe did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StripeError {
    /// It does not answer, or asks to come later: the same again may do.
    #[error("Stripe does not answer: {0}")]
    Unavailable(String),
    /// It does not know what was asked for.
    #[error("Stripe does not know it")]
    Missing,
    /// It refuses; the reason is its code, never its words, which may quote the request.
    #[error("Stripe refuses: {0}")]
    Refused(String),
}

impl From<TransportError> for StripeError {
    fn from(error: TransportError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Stripe's API at one address: Stripe's own, or a simulator's.
#[derive(Clone)]
pub struct StripeApi {
    transport: Arc<dyn Transport>,
    base_url: String,
    key: SecretString,
}

impl fmt::Debug for StripeApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripeApi").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// A page to be opened on which a customer subscribes.
#[derive(Clone, Copy, Debug)]
pub struct NewCheckout<'a> {
    /// The customer.
    pub customer: &'a str,
    /// Our user: it comes back with what the customer does.
    pub user: &'a str,
    /// What is subscribed to.
    pub price: &'a str,
    /// Where the customer goes who has paid.
    pub success_url: &'a str,
    /// Where the customer goes who has not.
    pub cancel_url: &'a str,
}

/// Such a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutSession {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// After this nobody can pay there.
    pub expires_at: Timestamp,
}

/// Where such a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkout {
    /// It can be paid.
    Open,
    /// It was paid, or is being paid.
    Complete,
    /// Nobody can pay there any more.
    Expired,
}

impl StripeApi {
    /// Calls go through `transport` to `base_url`, which is `https://api.stripe.com` or where a
    /// simulator listens, with the secret key.
    pub fn new(
        transport: Arc<dyn Transport>,
        base_url: impl Into<String>,
        key: SecretString,
    ) -> Self {
        let base_url = base_url.into().trim_end_matches('/').to_owned();
        Self { transport, base_url, key }
    }

    /// Makes a customer for our user, and gives its id. The same user asked for twice within a day is
    /// one customer; where one was deleted meanwhile, `gone` names it, and another is made.
    pub async fn create_customer(
        &self,
        user: &str,
        email: Option<&str>,
        gone: Option<&str>,
    ) -> Result<String, StripeError> {
        let mut form = Form::default().with("metadata[user_id]", user);
        if let Some(email) = email {
            form = form.with("email", email);
        }
        let key = match gone {
            None => format!("customer-{user}"),
            Some(gone) => format!("customer-{user}-{gone}"),
        };
        let customer = self.post("/v1/customers", &form, Some(&key)).await?;
        text(&customer, "id")
    }

    /// Whether a customer is there. Who was deleted is still found, and said to be.
    pub async fn has_customer(&self, customer: &str) -> Result<bool, StripeError> {
        match self.get(&format!("/v1/customers/{customer}")).await {
            Ok(found) => Ok(found["deleted"] != true),
            Err(StripeError::Missing) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Opens a page on which a customer subscribes. The same key within a day is the same page.
    pub async fn create_checkout(
        &self,
        new: NewCheckout<'_>,
        key: &str,
    ) -> Result<CheckoutSession, StripeError> {
        let form = Form::default()
            .with("mode", "subscription")
            .with("customer", new.customer)
            .with("client_reference_id", new.user)
            .with("metadata[user_id]", new.user)
            .with("subscription_data[metadata][user_id]", new.user)
            .with("line_items[0][price]", new.price)
            .with("line_items[0][quantity]", "1")
            .with("success_url", new.success_url)
            .with("cancel_url", new.cancel_url);
        let session = self.post("/v1/checkout/sessions", &form, Some(key)).await?;
        let expires_at = session["expires_at"].as_i64().map(read::seconds);
        let expires_at = expires_at.ok_or_else(|| unreadable("expires_at"))?;
        Ok(CheckoutSession { id: text(&session, "id")?, url: text(&session, "url")?, expires_at })
    }

    /// Asks where such a page stands.
    pub async fn checkout(&self, id: &str) -> Result<Checkout, StripeError> {
        let session = self.get(&format!("/v1/checkout/sessions/{id}")).await?;
        Ok(match session["status"].as_str() {
            Some("open") => Checkout::Open,
            Some("complete") => Checkout::Complete,
            _ => Checkout::Expired,
        })
    }

    /// Closes such a page: nobody can pay there from then on. One that is paid or closed stays what it is.
    /// Answers where it stands.
    pub async fn expire_checkout(&self, id: &str) -> Result<Checkout, StripeError> {
        let path = format!("/v1/checkout/sessions/{id}/expire");
        match self.post(&path, &Form::default(), None).await {
            Ok(_) | Err(StripeError::Missing) => Ok(Checkout::Expired),
            // It was not open any more.
            Err(StripeError::Refused(_)) => self.checkout(id).await,
            Err(error) => Err(error),
        }
    }

    /// Opens the page on which a customer manages what they pay for, and gives its address.
    pub async fn create_portal(
        &self,
        customer: &str,
        return_url: &str,
    ) -> Result<String, StripeError> {
        let form = Form::default().with("customer", customer).with("return_url", return_url);
        let session = self.post("/v1/billing_portal/sessions", &form, None).await?;
        text(&session, "url")
    }

    /// A customer's subscriptions as they are now, ended ones too, the latest first. A customer that
    /// is gone has none.
    pub async fn subscriptions(&self, customer: &str) -> Result<Vec<Fetched>, StripeError> {
        let query = Form::default().with("customer", customer).with("status", "all");
        let path = format!("/v1/subscriptions?{}", query.with("limit", "20").encode());
        match self.get(&path).await {
            Ok(list) => Ok(read::subscriptions(&list)),
            Err(StripeError::Missing) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn get(&self, path: &str) -> Result<Value, StripeError> {
        self.call(Method::GET, path, Bytes::new(), None).await
    }

    async fn post(&self, path: &str, form: &Form, key: Option<&str>) -> Result<Value, StripeError> {
        self.call(Method::POST, path, Bytes::from(form.encode()), key).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        key: Option<&str>,
    ) -> Result<Value, StripeError> {
        let bearer = format!("Bearer {}", self.key.expose_secret());
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base_url))
            .header(header::AUTHORIZATION, bearer)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let request = request.body(body).map_err(|_| {
            // The error's own words may quote a header.
            StripeError::Refused("the address or the key is not valid".to_owned())
        })?;
        let response = self.transport.send(request).await?;
        let status = response.status();
        let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        if status.is_success() {
            return Ok(answer);
        }
        Err(refusal(status, &answer))
    }
}

/// What an answer that is no success means.
fn refusal(status: StatusCode, answer: &Value) -> StripeError {
    let code = answer["error"]["code"].as_str().or(answer["error"]["type"].as_str());
    let code = code.unwrap_or("without a code");
    match status {
        _ if code == "resource_missing" => StripeError::Missing,
        // Someone else is at it, under the same key.
        StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS => {
            StripeError::Unavailable(format!("{} {code}", status.as_u16()))
        }
        status if status.is_server_error() => {
            StripeError::Unavailable(format!("{} {code}", status.as_u16()))
        }
        status => StripeError::Refused(format!("{} {code}", status.as_u16())),
    }
}

fn text(object: &Value, field: &'static str) -> Result<String, StripeError> {
    object[field].as_str().map(str::to_owned).ok_or_else(|| unreadable(field))
}

fn unreadable(field: &str) -> StripeError {
    StripeError::Unavailable(format!("its answer has no {field}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::executor::block_on;
    use futures::future::{BoxFuture, FutureExt, ready};
    use http::Response;
    use serde_json::json;

    use super::*;

    /// Answers everything so, and remembers what it was asked.
    #[derive(Debug)]
    struct Answering(u16, Value, Mutex<Vec<String>>);

    impl Transport for Answering {
        fn send(
            &self,
            request: Request<Bytes>,
        ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
            let header = |name: &str| {
                request.headers().get(name).and_then(|it| it.to_str().ok()).unwrap_or("-")
            };
            let line = format!(
                "{} {} {} {} {}",
                request.method(),
                request.uri(),
                header("authorization"),
                header("idempotency-key"),
                String::from_utf8_lossy(request.body())
            );
            self.2.lock().expect("no panic").push(line);
            let mut response = Response::new(Bytes::from(self.1.to_string()));
            *response.status_mut() = StatusCode::from_u16(self.0).expect("a status");
            ready(Ok(response)).boxed()
        }
    }

    fn asked<T>(
        status: u16,
        answer: Value,
        ask: impl AsyncFnOnce(StripeApi) -> T,
    ) -> (T, Vec<String>) {
        let transport = Arc::new(Answering(status, answer, Mutex::default()));
        let api = StripeApi::new(transport.clone(), "http://stripe.test/", "sk_test".into());
        let reply = block_on(ask(api));
        let asked = transport.2.lock().expect("no panic").clone();
        (reply, asked)
    }

    const NEW: NewCheckout<'_> = NewCheckout {
        customer: "cus_1",
        user: "u-1",
        price: "price_1",
        success_url: "https://h.example/?a=b&c",
        cancel_url: "https://h.example/no",
    };

    #[test]
    fn a_checkout_is_asked_for_as_documented() {
        let answer = json!({ "id": "cs_1", "url": "https://pay.example", "expires_at": 7 });
        let (session, asked) =
            asked(200, answer, async |api| api.create_checkout(NEW, "key-1").await);
        let session = session.expect("a session");
        assert_eq!((session.id.as_str(), session.expires_at), ("cs_1", read::seconds(7)));
        assert_eq!(
            asked,
            ["POST http://stripe.test/v1/checkout/sessions Bearer sk_test key-1 \
              mode=subscription&customer=cus_1&client_reference_id=u-1&\
              metadata%5Buser_id%5D=u-1&subscription_data%5Bmetadata%5D%5Buser_id%5D=u-1&\
              line_items%5B0%5D%5Bprice%5D=price_1&line_items%5B0%5D%5Bquantity%5D=1&\
              success_url=https%3A%2F%2Fh.example%2F%3Fa%3Db%26c&cancel_url=https%3A%2F%2Fh.example%2Fno"]
        );
    }

    #[test]
    fn the_other_calls_are_asked_for_as_documented() {
        let answer =
            || json!({ "id": "cus_1", "url": "https://portal", "data": [], "status": "open" });
        let (customer, asked_customer) = asked(200, answer(), async |api| {
            api.create_customer("u-1", Some("a@b.example"), None).await
        });
        assert_eq!(customer, Ok("cus_1".to_owned()));
        let (another, asked_another) =
            asked(200, answer(), async |api| api.create_customer("u-1", None, Some("cus_0")).await);
        assert_eq!(another, Ok("cus_1".to_owned()));
        let (portal, asked_portal) =
            asked(200, answer(), async |api| api.create_portal("cus_1", "https://h").await);
        assert_eq!(portal, Ok("https://portal".to_owned()));
        let (list, asked_list) = asked(200, answer(), async |api| api.subscriptions("cus_1").await);
        assert_eq!(list, Ok(vec![]));
        let (checkout, asked_checkout) =
            asked(200, answer(), async |api| api.checkout("cs_1").await);
        assert_eq!(checkout, Ok(Checkout::Open));
        let (expired, asked_expired) =
            asked(200, answer(), async |api| api.expire_checkout("cs_1").await);
        assert_eq!(expired, Ok(Checkout::Expired));
        assert_eq!(
            [
                asked_customer,
                asked_another,
                asked_portal,
                asked_list,
                asked_checkout,
                asked_expired
            ]
            .concat(),
            [
                "POST http://stripe.test/v1/customers Bearer sk_test customer-u-1 \
                 metadata%5Buser_id%5D=u-1&email=a%40b.example",
                "POST http://stripe.test/v1/customers Bearer sk_test customer-u-1-cus_0 \
                 metadata%5Buser_id%5D=u-1",
                "POST http://stripe.test/v1/billing_portal/sessions Bearer sk_test - \
                 customer=cus_1&return_url=https%3A%2F%2Fh",
                "GET http://stripe.test/v1/subscriptions?customer=cus_1&status=all&limit=20 \
                 Bearer sk_test - ",
                "GET http://stripe.test/v1/checkout/sessions/cs_1 Bearer sk_test - ",
                "POST http://stripe.test/v1/checkout/sessions/cs_1/expire Bearer sk_test - ",
            ]
        );
    }

    #[test]
    fn who_was_deleted_or_never_was_is_no_customer() {
        let missing = json!({ "error": { "code": "resource_missing" } });
        for (status, answer, expected) in [
            (200, json!({ "id": "cus_1", "object": "customer" }), Ok(true)),
            (200, json!({ "id": "cus_1", "object": "customer", "deleted": true }), Ok(false)),
            (404, missing, Ok(false)),
            (500, json!({}), Err(StripeError::Unavailable("500 without a code".to_owned()))),
        ] {
            let (there, asked) = asked(status, answer, async |api| api.has_customer("cus_1").await);
            assert_eq!(there, expected);
            assert_eq!(asked, ["GET http://stripe.test/v1/customers/cus_1 Bearer sk_test - "]);
        }
    }

    #[test]
    fn refusals_say_what_may_be_tried_again() {
        let code = |code: &str| json!({ "error": { "code": code, "message": "secret words" } });
        for (status, answer, expected) in [
            (404, code("resource_missing"), StripeError::Missing),
            (429, code("rate_limit"), StripeError::Unavailable("429 rate_limit".to_owned())),
            (409, code("lock_timeout"), StripeError::Unavailable("409 lock_timeout".to_owned())),
            (503, json!({}), StripeError::Unavailable("503 without a code".to_owned())),
            (401, code("x"), StripeError::Refused("401 x".to_owned())),
        ] {
            let (reply, _) =
                asked(status, answer, async |api| api.create_portal("cus_1", "https://h").await);
            assert_eq!(reply, Err(expected));
        }
        let (none, _) =
            asked(404, code("resource_missing"), async |api| api.subscriptions("cus_1").await);
        assert_eq!(none, Ok(vec![]), "a customer that is gone has none");
        let (odd, _) = asked(200, json!([]), async |api| api.create_portal("cus_1", "h").await);
        assert_eq!(odd, Err(unreadable("url")));
    }

    #[test]
    fn the_key_is_shown_nowhere() {
        let (shown, _) = asked(200, json!({}), async |api| format!("{api:?}"));
        assert!(!shown.contains("sk_test"), "{shown}");
    }
}
