//! What people do: ask for links, pay, fail to, give up, and get their money back.

use serde::{Deserialize, Serialize};

use super::Prodamus;
use super::encode::Encoding;
use super::php::Array;
use super::state::{Item, Link, State, Word};

/// Someone asked for what is not there, or cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// There is no such link.
    #[error("there is no such link")]
    NoLink,
    /// Nobody can pay there any more.
    #[error("nobody can pay there any more")]
    Closed,
    /// There is no such payment, or its money went back.
    #[error("there is no such payment whose money could go back")]
    NoPayment,
    /// There is no such word.
    #[error("there is no such word")]
    NoWord,
}

/// What someone does on a pay page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// They pay.
    Pay,
    /// Their card is refused.
    Fail,
    /// They give up.
    Cancel,
}

/// What someone writes on a pay page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Payer {
    /// Their telephone number.
    pub phone: String,
    /// Their e-mail address.
    pub email: String,
}

impl Prodamus {
    /// A form is asked for something: the link, or words that say why there is none.
    pub(super) fn ask(&self, form: &str, asked: &Array) -> Result<String, &'static str> {
        let sign = asked.text("signature").unwrap_or_default();
        if asked.sign(self.key()) != sign.to_ascii_lowercase() {
            return Err("Ошибка подписи передаваемых данных");
        }
        if asked.text("do") != Some("link") {
            return Err("Неизвестное действие");
        }
        let items: Option<Vec<Item>> = asked.arrays("products").into_iter().map(item).collect();
        let items = items.filter(|it| !it.is_empty()).ok_or("Не указаны товары")?;
        let text = |name| asked.text(name).map(str::to_owned);
        let id = self.change(|state| {
            let id = state.id();
            let link = Link {
                id: id.clone(),
                form: form.to_owned(),
                order_num: text("order_id").unwrap_or_default(),
                items,
                extra: text("customer_extra").unwrap_or_default(),
                url_success: text("urlSuccess"),
                url_return: text("urlReturn"),
                // Without the code of a system the address is not heeded.
                webhook: text("sys").and_then(|_| text("urlNotification")),
                json: asked.text("callbackType") == Some("json"),
                demo: asked.text("demo_mode") == Some("1"),
                expires: text("link_expired"),
                limit: asked.text("payments_limit").and_then(|it| it.parse().ok()),
                payments: std::collections::BTreeMap::default(),
            };
            state.links.insert(id.clone(), link);
            id
        });
        Ok(format!("{}/simulator/prodamus/pay/{id}", self.0.options.base_url))
    }

    /// Someone does something on a page; answers the number of the payment.
    ///
    /// # Errors
    /// [`Impossible::NoLink`], [`Impossible::Closed`].
    pub fn act(&self, link: &str, deed: Deed, payer: &Payer) -> Result<u64, Impossible> {
        let now_ms = self.now_ms();
        let webhook = self.0.options.webhook.clone();
        self.change(|state| {
            let link = state.links.get(link).cloned().ok_or(Impossible::NoLink)?;
            if is_closed(&link, now_ms) {
                return Err(Impossible::Closed);
            }
            let number = state.number();
            let (status, description) = match deed {
                Deed::Pay => ("success", "Успешная оплата"),
                Deed::Fail => ("order_denied", "Отказ в оплате"),
                Deed::Cancel => ("order_canceled", "Оплата отменена"),
            };
            let told = Told { number, status, description, payer, now_ms };
            tell(state, &link, webhook.as_deref(), &told);
            if let (Deed::Pay, Some(link)) = (deed, state.links.get_mut(&link.id)) {
                link.payments.insert(number, false);
            }
            Ok(number)
        })
    }

    /// The money of a payment goes back.
    ///
    /// # Errors
    /// [`Impossible::NoPayment`].
    pub fn refund(&self, payment: u64) -> Result<(), Impossible> {
        let now_ms = self.now_ms();
        let webhook = self.0.options.webhook.clone();
        self.change(|state| {
            let mut links = state.links.values_mut();
            let link = links.find(|it| it.payments.get(&payment) == Some(&false));
            let link = link.ok_or(Impossible::NoPayment)?;
            link.payments.insert(payment, true);
            let link = link.clone();
            let (status, description) = ("refund", "Возврат средств");
            let payer = Payer::default();
            let told = Told { number: payment, status, description, payer: &payer, now_ms };
            tell(state, &link, webhook.as_deref(), &told);
            Ok(())
        })
    }

    /// Any other word of a form, signed as its own.
    pub fn say(&self, form: &str, pairs: Vec<(String, String)>, demo: bool) {
        let now_ms = self.now_ms();
        let webhook = self.0.options.webhook.as_ref().map(|it| it.replace("{form}", form));
        self.change(|state| {
            let url = webhook.unwrap_or_default();
            record(
                state,
                Word { id: String::new(), url, pairs, json: false, demo, attempts: Vec::new() },
                now_ms,
            );
        });
    }

    /// Keeps words back from now on, or no more. Those kept back stay so until they are released.
    pub fn hold(&self, hold: bool) {
        self.change(|state| state.holding = hold);
    }

    /// Posts each word so many times from now on.
    pub fn copies(&self, copies: u32) {
        self.change(|state| state.copies = copies);
    }

    /// Writes words so from now on; `products_as_text` puts products into one text of JSON.
    pub fn write_as(&self, encoding: Encoding, products_as_text: bool) {
        self.change(|state| {
            state.encoding = encoding;
            state.products_as_text = products_as_text;
        });
    }

    /// Posts these words in this order, whether they were posted before or not.
    ///
    /// # Errors
    /// [`Impossible::NoWord`], and then none is posted.
    pub fn release(&self, words: &[String]) -> Result<(), Impossible> {
        let now_ms = self.now_ms();
        self.change(|state| {
            if words.iter().any(|id| !state.words.iter().any(|it| it.id == *id)) {
                return Err(Impossible::NoWord);
            }
            for id in words {
                state.post(id, 1, now_ms, 0);
            }
            Ok(())
        })
    }

    /// Answers the next requests to forms with this status.
    pub fn inject(&self, status: u16, times: u32) {
        self.change(|state| state.faults.push_back((status, times)));
    }

    /// All words, the oldest first.
    pub fn words(&self) -> Vec<Word> {
        self.look(|state| state.words.clone())
    }

    /// All links, the oldest first.
    pub fn links(&self) -> Vec<Link> {
        self.look(|state| state.links.values().cloned().collect())
    }

    /// Whether no word is on its way.
    pub fn idle(&self) -> bool {
        self.look(|state| state.pending.is_empty() && state.under_way == 0)
    }
}

/// Whether nobody can pay there any more: its time is over, or it has taken its payments.
pub(super) fn is_closed(link: &Link, now_ms: i64) -> bool {
    let over = link.expires.as_deref().is_some_and(|it| moscow(now_ms).as_str() > it);
    let taken = u64::try_from(link.payments.len()).unwrap_or(u64::MAX);
    over || link.limit.is_some_and(|limit| taken >= limit)
}

fn item(array: &Array) -> Option<Item> {
    let quantity = array.text("quantity").map_or(Some(1), |it| it.parse().ok())?;
    Some(Item {
        name: array.text("name")?.to_owned(),
        cents: cents(array.text("price")?)?,
        quantity,
    })
}

/// `1500`, `1500.5` and `1500.50`, in hundredths.
fn cents(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 2 {
        return None;
    }
    let fraction: u64 = format!("{fraction:0<2}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(fraction)
}

pub(super) fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// What happened to a payment.
struct Told<'a> {
    number: u64,
    status: &'a str,
    description: &'a str,
    payer: &'a Payer,
    now_ms: i64,
}

fn tell(state: &mut State, link: &Link, webhook: Option<&str>, told: &Told<'_>) {
    let own = |text: &str| text.to_owned();
    let cents = link.cents();
    let mut pairs = vec![
        (own("date"), format!("{}:00+03:00", moscow(told.now_ms).replace(' ', "T"))),
        (own("order_id"), told.number.to_string()),
        (own("order_num"), link.order_num.clone()),
        (own("domain"), format!("{}.payform.ru", link.form)),
        (own("sum"), money(cents)),
        (own("currency"), own("rub")),
        (own("customer_phone"), told.payer.phone.clone()),
        (own("customer_email"), told.payer.email.clone()),
        (own("customer_extra"), link.extra.clone()),
        (own("payment_type"), own("Оплата картой Visa/MC/МИР")),
        (own("commission"), own("3.5")),
        (own("commission_sum"), money(cents.saturating_mul(35) / 1_000)),
    ];
    let of = |name: &str, it: &Item| match name {
        "name" => it.name.clone(),
        "price" => money(it.cents),
        "quantity" => it.quantity.to_string(),
        _ => money(it.cents.saturating_mul(it.quantity)),
    };
    let products = link.items.iter().enumerate().flat_map(|(at, it)| {
        ["name", "price", "quantity", "sum"].map(|name| (format!("[{at}][{name}]"), of(name, it)))
    });
    if state.products_as_text {
        let products: Vec<(String, String)> =
            products.map(|(name, value)| (format!("products{name}"), value)).collect();
        let borrowed = products.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let list = Array::of(borrowed).json_of("products");
        pairs.push((own("products"), list));
    } else {
        pairs.extend(products.map(|(name, value)| (format!("products{name}"), value)));
    }
    pairs.push((own("payment_status"), own(told.status)));
    pairs.push((own("payment_status_description"), own(told.description)));
    let url = link.webhook.clone().or_else(|| webhook.map(|it| it.replace("{form}", &link.form)));
    let url = url.unwrap_or_default();
    let (json, demo) = (link.json, link.demo);
    record(
        state,
        Word { id: String::new(), url, pairs, json, demo, attempts: Vec::new() },
        told.now_ms,
    );
}

fn record(state: &mut State, word: Word, now_ms: i64) {
    let id = state.id();
    let goes = !state.holding && !word.url.is_empty();
    state.words.push(Word { id: id.clone(), ..word });
    if goes {
        state.post(&id, state.copies, now_ms, 0);
    }
}

/// The minute in Moscow: `2026-05-15 00:00`.
pub(super) fn moscow(now_ms: i64) -> String {
    let minutes = now_ms.div_euclid(60_000) + 3 * 60;
    let (days, minute) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
    // Days to a date of the Gregorian calendar, counted from a March in a year divisible by 400.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{date:02} {:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_moscows() {
        assert_eq!(moscow(1_778_792_400_000), "2026-05-15 00:00");
        assert_eq!(moscow(1_709_164_800_000), "2024-02-29 03:00");
        assert_eq!(moscow(1_735_678_740_000), "2024-12-31 23:59");
        assert_eq!(moscow(1_735_678_800_000), "2025-01-01 00:00");
    }

    #[test]
    fn prices_are_read_to_the_hundredth() {
        for (text, read) in [
            ("1500", Some(150_000)),
            ("1500.5", Some(150_050)),
            ("0.05", Some(5)),
            ("1.005", None),
            ("-1", None),
            ("x", None),
        ] {
            assert_eq!(cents(text), read, "{text}");
        }
        assert_eq!(money(150_005), "1500.05");
    }
}
