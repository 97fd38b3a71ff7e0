//! A word of Prodamus about a payment: what its webhook brings.

use domain::offer::read_price;
use domain::payment::{Word, WordKind};
use domain::time::Timestamp;
use rust_decimal::Decimal;
use secrecy::SecretString;
use serde_json::Value;
use thiserror::Error;

use super::canonical::canonical;
use super::fields::{Fields, Node};
use super::signature::Mode;
use super::{date, json};

/// The longest number of a payment, in bytes; Prodamus's have about ten digits.
const MAX_NAME: usize = 64;

/// Why data is no word about a payment. It names the field, never what the field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotificationError {
    /// A field that must be there is not, or is empty.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// A field does not hold what it is for.
    #[error("the field {0} cannot be read")]
    Unreadable(&'static str),
}

/// What a customer wrote on the pay page. None of it shows itself.
#[derive(Clone, Debug, Default)]
pub struct Customer {
    /// Their telephone number.
    pub phone: Option<SecretString>,
    /// Their e-mail address.
    pub email: Option<SecretString>,
    /// Whatever else they wrote.
    pub extra: Option<SecretString>,
}

/// Something that was paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// What it is called.
    pub name: String,
    /// The price of one, if it can be read.
    pub price: Option<Decimal>,
    /// How many, as it came.
    pub quantity: Option<String>,
}

/// A word about a payment.
#[derive(Clone, Debug)]
pub struct Notification {
    /// Prodamus's own number of the payment.
    pub order_id: String,
    /// Our number of the order, as it came.
    pub order_num: Option<String>,
    /// The sum.
    pub sum: Decimal,
    /// Its currency in lower case, if it is said.
    pub currency: Option<String>,
    /// When it happened, if it is said.
    pub date: Option<Timestamp>,
    /// What happened.
    pub status: WordKind,
    /// The status as it came: there are more spellings than are known.
    pub status_text: String,
    /// Whether money was moved.
    pub mode: Mode,
    /// How often this word was posted, with this time.
    pub attempt: Option<u32>,
    /// Who paid.
    pub customer: Customer,
    /// What was paid for.
    pub products: Vec<Product>,
    /// Every field, as JSON: it is kept sealed.
    pub raw: SecretString,
}

impl Notification {
    /// Reads checked data. Fields that are not known are kept in [`Self::raw`] and otherwise left.
    pub fn read(fields: &Fields, mode: Mode) -> Result<Self, NotificationError> {
        let text = |name| fields.text(name).map(str::trim).filter(|it| !it.is_empty());
        let need = |name| text(name).ok_or(NotificationError::Missing(name));
        let secret = |name| text(name).map(SecretString::from);
        let status = need("payment_status")?;
        Ok(Self {
            order_id: name(need("order_id")?).ok_or(NotificationError::Unreadable("order_id"))?,
            order_num: text("order_num").map(str::to_owned),
            sum: money(need("sum")?).ok_or(NotificationError::Unreadable("sum"))?,
            currency: text("currency").map(str::to_lowercase),
            date: text("date").and_then(date::read),
            status: kind(status),
            status_text: status.to_owned(),
            mode,
            attempt: text("attempt").and_then(|it| it.parse().ok()),
            customer: Customer {
                phone: secret("customer_phone"),
                email: secret("customer_email"),
                extra: secret("customer_extra"),
            },
            products: products(fields),
            raw: canonical(fields).into(),
        })
    }

    /// The same without who paid: what is decided on.
    pub fn word(&self) -> Word {
        Word {
            payment: self.order_id.clone(),
            order: self.order_num.clone(),
            kind: self.status,
            sum: self.sum,
            currency: self.currency.clone(),
            products: self.products.iter().map(|it| it.name.clone()).collect(),
            demo: self.mode == Mode::Demo,
            at: self.date,
        }
    }
}

/// A number of a payment: it stands in keys, so it is short and of plain characters.
fn name(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_graphic() && c != '#';
    (text.len() <= MAX_NAME && text.chars().all(plain)).then(|| text.to_owned())
}

fn money(text: &str) -> Option<Decimal> {
    read_price(&Value::String(text.to_owned())).ok()
}

/// What a status means. Refunds come first: theirs may end in the word for success.
fn kind(status: &str) -> WordKind {
    let status = status.trim().to_lowercase().replace(['-', ' '], "_");
    let any = |words: &[&str]| words.iter().any(|word| status.contains(word));
    if any(&["refund", "return", "chargeback"]) {
        // Someone may have asked for a refund, and there is none, or none yet.
        let none = ["denied", "declined", "fail", "cancel", "error", "pending", "request"];
        return if any(&none) { WordKind::Other } else { WordKind::Refunded };
    }
    match status.as_str() {
        "success" | "order_success" | "succeeded" | "paid" | "order_paid" => WordKind::Paid,
        _ if any(&["cancel"]) => WordKind::Canceled,
        _ if any(&["denied", "declined", "fail", "reject"]) => WordKind::Denied,
        _ => WordKind::Other,
    }
}

/// The products: an array of a form, or the same as JSON in a text.
fn products(fields: &Fields) -> Vec<Product> {
    let list = match fields.get("products") {
        Some(Node::Fields(list)) => list.clone(),
        Some(Node::Text(text)) => json::read(text.as_bytes()).unwrap_or_default(),
        None => Fields::default(),
    };
    let product = |node: &Node| {
        let Node::Fields(product) = node else { return None };
        Some(Product {
            name: product.text("name")?.trim().to_owned(),
            price: product.text("price").and_then(|it| money(it.trim())),
            quantity: product.text("quantity").map(|it| it.trim().to_owned()),
        })
    };
    list.nodes().filter_map(product).collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn fields(body: &str) -> Fields {
        Fields::read("application/x-www-form-urlencoded", body.as_bytes()).expect("a form")
    }

    const BODY: &str = "order_id=771&order_num=ours&sum=1000.00&currency=RUB&attempt=2\
        &date=2026-05-15T00:00:00%2B03:00&payment_status=Success&customer_phone=%2B79990000001\
        &customer_email=ada%40example.com&customer_extra=hush&domain=x.payform.ru";

    #[test]
    fn a_word_is_read_and_shows_nothing_of_who_paid() {
        let body = format!("{BODY}&products[0][name]=Course&products[0][price]=1000.00");
        let read = Notification::read(&fields(&body), Mode::Live).expect("a word");
        assert_eq!((read.order_id.as_str(), read.order_num.as_deref()), ("771", Some("ours")));
        assert_eq!((read.sum, read.attempt), (Decimal::from(1000), Some(2)));
        assert_eq!((read.status, read.currency.as_deref()), (WordKind::Paid, Some("rub")));
        assert_eq!(read.products[0].name, "Course");
        let phone = read.customer.phone.as_ref().map(ExposeSecret::expose_secret);
        assert_eq!(phone, Some("+79990000001"));
        assert!(read.raw.expose_secret().contains("\"domain\":\"x.payform.ru\""));
        let shown = format!("{read:?} {:?} {:?}", read.word(), fields(&body));
        for hidden in ["7999", "ada@", "hush", "payform"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
    }

    #[test]
    fn products_may_be_json_in_a_text() {
        let json =
            "%5B%7B%22name%22%3A%22Course%22%2C%22price%22%3A1000.5%2C%22quantity%22%3A1%7D%5D";
        let body = format!("{BODY}&products={json}");
        let read = Notification::read(&fields(&body), Mode::Demo).expect("a word");
        let price = Some(Decimal::new(10_005, 1));
        let quantity = Some("1".to_owned());
        assert_eq!(read.products, [Product { name: "Course".to_owned(), price, quantity }]);
        assert!(read.word().demo);
        let read = Notification::read(&fields(&format!("{BODY}&products=x")), Mode::Live);
        assert_eq!(read.expect("a word").products, []);
    }

    #[test]
    fn statuses_are_known_in_any_spelling() {
        for (status, meant) in [
            ("success", WordKind::Paid),
            (" SUCCESS ", WordKind::Paid),
            ("order_canceled", WordKind::Canceled),
            ("Order Cancelled", WordKind::Canceled),
            ("order_denied", WordKind::Denied),
            ("ORDER_DENIED", WordKind::Denied),
            ("refund", WordKind::Refunded),
            ("order_refunded", WordKind::Refunded),
            ("Order-Refund", WordKind::Refunded),
            ("refund_success", WordKind::Refunded),
            ("refund_denied", WordKind::Other),
            ("order_return", WordKind::Refunded),
            ("unsuccessful", WordKind::Other),
            ("order_approved", WordKind::Other),
        ] {
            assert_eq!(kind(status), meant, "{status}");
        }
    }

    #[test]
    fn what_is_missing_or_unreadable_is_named() {
        for (without, error) in [
            ("order_id=771&", NotificationError::Missing("order_id")),
            ("sum=1000.00&", NotificationError::Missing("sum")),
            ("&payment_status=Success", NotificationError::Missing("payment_status")),
        ] {
            let read = Notification::read(&fields(&BODY.replace(without, "")), Mode::Live);
            assert_eq!(read.map(drop), Err(error));
        }
        for number in ["7 1", "7%231", "%D1%8B", &"7".repeat(65)] {
            let body = BODY.replace("order_id=771", &format!("order_id={number}"));
            let read = Notification::read(&fields(&body), Mode::Live);
            assert_eq!(read.map(drop), Err(NotificationError::Unreadable("order_id")), "{number}");
        }
        for sum in ["1e", "-5", "free", "1%20000,00"] {
            let body = BODY.replace("1000.00", sum);
            let read = Notification::read(&fields(&body), Mode::Live);
            assert_eq!(read.map(drop), Err(NotificationError::Unreadable("sum")), "{sum}");
        }
    }
}
