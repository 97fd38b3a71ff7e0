//! Links to pay pages: what is asked of a form, and what it answers.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use domain::time::Timestamp;
use http::{Request, StatusCode};
use runtime::http::{Transport, TransportError};
use rust_decimal::Decimal;
use secrecy::SecretString;
use thiserror::Error;
use url::Url;

use super::fields::Fields;
use super::signature::sign;

/// The longest address that is taken for a link, in bytes.
const MAX_LINK: usize = 1_000;

/// Why a text is no address of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be the address of a form, such as https://name.payform.ru")]
pub struct FormUrlError;

/// Where a form is: an address of https, or of the simulator, without anything behind its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormUrl(Url);

impl FormUrl {
    /// Reads an address. `simulator` is where a simulator may be reached without TLS.
    pub fn parse(text: &str, simulator: Option<&str>) -> Result<Self, FormUrlError> {
        let mut url = Url::parse(text.trim()).map_err(|_| FormUrlError)?;
        let known = is_trusted(&url, simulator) && url.username().is_empty();
        if !known || url.password().is_some() {
            return Err(FormUrlError);
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Whether an address is of https, or below the simulator's.
fn is_trusted(url: &Url, simulator: Option<&str>) -> bool {
    let inside = simulator.and_then(|it| Url::parse(it).ok());
    let inside = inside.is_some_and(|it| it.origin() == url.origin());
    url.host_str().is_some_and(|it| !it.is_empty()) && (url.scheme() == "https" || inside)
}

/// Why there is no link.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LinkError {
    /// The form does not answer, or asks to come later.
    #[error("the form does not answer: {0}")]
    Unavailable(String),
    /// The form refuses. Its words may quote the request, so only the status is kept.
    #[error("the form refuses: {0}")]
    Refused(u16),
    /// The form's address cannot be asked.
    #[error("the form's address cannot be asked")]
    Address,
    /// The answer is no link: most often words about a field or a signature that is wrong.
    #[error("the form's answer is no link")]
    NoLink,
}

impl LinkError {
    /// Whether the same again may do. A link that was made and not received costs nothing: the order
    /// is ours, and what is paid on either page is paid for it.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<TransportError> for LinkError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Forbidden(_) => Self::Address,
            error => Self::Unavailable(error.to_string()),
        }
    }
}

/// Where words about the payment go, in place of where the form sends them by itself.
#[derive(Clone, Copy, Debug)]
pub struct Notify<'a> {
    /// The code that Prodamus gave to the system: without it the address is ignored.
    pub sys: &'a str,
    /// The address.
    pub url: &'a str,
}

/// A link to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewLink<'a> {
    /// Our number of the order.
    pub order: &'a str,
    /// What is paid for.
    pub product: &'a str,
    /// Its price.
    pub price: Decimal,
    /// The currency in lower case, unless it is the form's own.
    pub currency: Option<&'a str>,
    /// What the customer's field for remarks is filled with.
    pub extra: Option<&'a str>,
    /// Where the customer goes who has not paid.
    pub return_url: Option<&'a str>,
    /// Where the customer goes who has paid. That they come there proves nothing.
    pub success_url: Option<&'a str>,
    /// Where words about the payment go.
    pub notify: Option<Notify<'a>>,
    /// After this nobody can pay there.
    pub expires_at: Option<Timestamp>,
    /// Whether the page moves no money.
    pub demo: bool,
}

impl NewLink<'_> {
    /// The fields that are asked for, without their signature.
    fn fields(&self) -> Fields {
        let mut fields = Fields::default()
            .with("do", "link")
            .with("order_id", self.order)
            .with("products[0][name]", self.product)
            .with("products[0][price]", self.price.to_string())
            .with("products[0][quantity]", "1");
        let optional = [
            ("currency", self.currency),
            ("customer_extra", self.extra),
            ("urlReturn", self.return_url),
            ("urlSuccess", self.success_url),
            ("sys", self.notify.map(|it| it.sys)),
            ("urlNotification", self.notify.map(|it| it.url)),
            ("demo_mode", self.demo.then_some("1")),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                fields = fields.with(name, value);
            }
        }
        match self.expires_at {
            Some(at) => fields.with("link_expired", super::date::write(at)),
            None => fields,
        }
    }
}

/// Asks forms for links.
#[derive(Clone)]
pub struct ProdamusApi {
    transport: Arc<dyn Transport>,
    simulator: Option<String>,
}

impl fmt::Debug for ProdamusApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProdamusApi").field("simulator", &self.simulator).finish_non_exhaustive()
    }
}

impl ProdamusApi {
    /// Calls go through `transport`, which should guard addresses, as people choose them. `simulator`
    /// is where a simulator may be reached without TLS.
    pub fn new(transport: Arc<dyn Transport>, simulator: Option<String>) -> Self {
        Self { transport, simulator }
    }

    /// Reads the address of a form, as far as this API may ask there.
    pub fn form(&self, text: &str) -> Result<FormUrl, FormUrlError> {
        FormUrl::parse(text, self.simulator.as_deref())
    }

    /// Asks `form` for a link, signed with its key.
    pub async fn link(
        &self,
        form: &FormUrl,
        key: &SecretString,
        new: &NewLink<'_>,
    ) -> Result<Url, LinkError> {
        let fields = new.fields();
        let signature = sign(&fields, key);
        let mut url = form.0.clone();
        url.query_pairs_mut().extend_pairs(fields.with("signature", signature).pairs());
        let request = Request::get(url.as_str()).body(Bytes::new());
        let answer = self.transport.send(request.map_err(|_| LinkError::Address)?).await?;
        let status = answer.status();
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Err(LinkError::Unavailable(status.as_u16().to_string()));
        }
        if !status.is_success() {
            return Err(LinkError::Refused(status.as_u16()));
        }
        self.read(answer.body()).ok_or(LinkError::NoLink)
    }

    /// The link of an answer: nothing but an address, of https or of the simulator.
    fn read(&self, answer: &[u8]) -> Option<Url> {
        let text = std::str::from_utf8(answer).ok()?.trim();
        let plain =
            text.len() <= MAX_LINK && !text.contains(|c: char| c.is_whitespace() || c == '<');
        let url = Url::parse(text).ok().filter(|_| plain)?;
        is_trusted(&url, self.simulator.as_deref()).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::executor::block_on;
    use futures::future::{BoxFuture, FutureExt, ready};
    use http::Response;

    use super::super::signature::{Mode, check};
    use super::*;

    /// Answers everything so, and remembers what it was asked.
    #[derive(Debug)]
    struct Answering(Result<(u16, &'static str), TransportError>, Mutex<Vec<String>>);

    impl Transport for Answering {
        fn send(
            &self,
            request: Request<Bytes>,
        ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
            self.1.lock().expect("no panic").push(request.uri().to_string());
            let answer = self.0.clone().map(|(status, text)| {
                let mut response = Response::new(Bytes::from(text));
                *response.status_mut() = StatusCode::from_u16(status).expect("a status");
                response
            });
            ready(answer).boxed()
        }
    }

    fn asked(
        answer: Result<(u16, &'static str), TransportError>,
    ) -> (Result<String, LinkError>, String) {
        let transport = Arc::new(Answering(answer, Mutex::default()));
        let api = ProdamusApi::new(transport.clone(), Some("http://127.0.0.1:8080".to_owned()));
        let form = api.form("https://demo.payform.ru/").expect("a form");
        let new = NewLink {
            order: "ours",
            product: "Курс / А",
            price: Decimal::new(150_000, 2),
            currency: None,
            extra: None,
            return_url: None,
            success_url: Some("https://t.me/bot"),
            notify: Some(Notify { sys: "code", url: "https://h.example/hook?a=b&c" }),
            expires_at: Some(Timestamp::from_millis(1_778_792_400_000)),
            demo: true,
        };
        let link = block_on(api.link(&form, &"key".into(), &new)).map(|url| url.to_string());
        let asked = transport.1.lock().expect("no panic").remove(0);
        (link, asked)
    }

    #[test]
    fn a_link_is_asked_for_as_documented_and_signed() {
        let (link, asked) = asked(Ok((200, " https://payform.ru/abcde/\n")));
        assert_eq!(link.as_deref(), Ok("https://payform.ru/abcde/"));
        let query = asked.strip_prefix("https://demo.payform.ru/?").expect("the form");
        let fields = Fields::read("application/x-www-form-urlencoded", query.as_bytes());
        let fields = fields.expect("a form");
        for (name, value) in [
            ("do", "link"),
            ("order_id", "ours"),
            ("urlSuccess", "https://t.me/bot"),
            ("urlNotification", "https://h.example/hook?a=b&c"),
            ("sys", "code"),
            ("demo_mode", "1"),
            ("link_expired", "2026-05-15 00:00"),
        ] {
            assert_eq!(fields.text(name), Some(value), "{name}");
        }
        let pairs = fields.pairs();
        assert!(pairs.contains(&("products[0][price]".to_owned(), "1500.00".to_owned())));
        let shown = fields.text("signature").expect("a signature");
        assert_eq!(check(&fields, shown, &"key".into()), Ok(Mode::Live));
    }

    #[test]
    fn an_answer_that_is_no_link_is_none() {
        for (answer, error, again) in [
            (Ok((200, "Ошибка подписи")), LinkError::NoLink, false),
            (Ok((200, "http://payform.ru/abcde/")), LinkError::NoLink, false),
            (Ok((200, "<a href=\"https://payform.ru/x\">")), LinkError::NoLink, false),
            (Ok((200, "https://a/ https://b/")), LinkError::NoLink, false),
            (Ok((200, "javascript:alert(1)")), LinkError::NoLink, false),
            (Ok((200, "")), LinkError::NoLink, false),
            (Ok((302, "https://payform.ru/x")), LinkError::Refused(302), false),
            (Ok((403, "no")), LinkError::Refused(403), false),
            (Ok((429, "")), LinkError::Unavailable("429".to_owned()), true),
            (Ok((502, "")), LinkError::Unavailable("502".to_owned()), true),
            (Err(TransportError::Forbidden("x".to_owned())), LinkError::Address, false),
            (
                Err(TransportError::Unknown("gone".to_owned())),
                LinkError::Unavailable("unknown: gone".to_owned()),
                true,
            ),
        ] {
            let (link, _) = asked(answer);
            let found = link.expect_err("no link");
            assert_eq!((found.is_retryable(), found), (again, error));
        }
        let (link, _) = asked(Ok((200, "http://127.0.0.1:8080/simulator/prodamus/pay/1")));
        assert!(link.is_ok(), "the simulator's own");
    }

    #[test]
    fn a_form_is_an_address_of_https_or_of_the_simulator() {
        let simulator = Some("http://127.0.0.1:8080/simulator/prodamus");
        for (text, taken) in [
            ("https://demo.payform.ru", Some("https://demo.payform.ru/")),
            (" https://demo.payform.ru/?a=b#c ", Some("https://demo.payform.ru/")),
            ("http://127.0.0.1:8080/form/x", Some("http://127.0.0.1:8080/form/x")),
            ("http://127.0.0.1:8081/form/x", None),
            ("http://demo.payform.ru", None),
            ("https://user:pw@demo.payform.ru", None),
            ("ftp://demo.payform.ru", None),
            ("demo.payform.ru", None),
            ("", None),
        ] {
            let read = FormUrl::parse(text, simulator);
            assert_eq!(read.as_ref().map(FormUrl::as_str).ok(), taken, "{text}");
        }
    }
}
