//! Contacts of a bot pay through its form: with Prodamus's simulator on the other side.

use app::payment::{NewOrder, payment_link};
use domain::bot::Bot;
use domain::engine::{Decision, Write};
use domain::ids::BotId;
use domain::payment::{ContactOrder, Order, OrderStatus};
use domain::seal::Sealed;
use domain::slug::Slug;
use futures::future::join;
use hoopoe::dev::SIMULATED_BOT;
use http::Method;
use serde_json::{Value, json};
use simulators::prodamus::{Deed, Encoding, Payer};
use table::keys;
use tests::{Browser, TestSystem, journey};

use crate::bots::{add_bot, received};

const BOTS: &str = "/api/telegram/bots";
const LINKS: &str = "/api/telegram-links";

/// A company whose bot takes payments, and a contact of it.
pub(crate) struct Shop {
    admin: Browser,
    bot: BotId,
    pub(crate) username: String,
    pub(crate) chat: i64,
}

pub(crate) async fn shop(system: &TestSystem) -> Shop {
    let mut admin = system.sign_up("ada").await;
    let (bot, username) = add_bot(system, &mut admin, "shop").await;
    assert_eq!(bot["takes_payments"], false);
    let form = json!({ "form_url": system.prodamus().form_url("shop"), "secret": system.prodamus().key() });
    let changed = json!({ "prodamus": form });
    let changed = admin.json(Method::PATCH, &format!("{BOTS}/shop"), &changed).await.must_be(200);
    assert_eq!(changed["takes_payments"], true);
    assert!(!changed.to_string().contains(system.prodamus().key()), "{changed}");
    let chat = system.phone("Ben");
    system.telegram().start(&username, chat, None).expect("it starts");
    system.settle().await;
    let id = bot["id"].as_str().expect("an id").to_owned();
    Shop { admin, bot: BotId(id), username, chat }
}

impl Shop {
    pub(crate) async fn link(&self, system: &TestSystem, price: u32) -> String {
        let new = NewOrder {
            bot: self.bot.clone(),
            chat_id: self.chat,
            scenario: Slug::parse("premium").expect("a slug"),
            product: "Premium / доступ".to_owned(),
            price: price.into(),
        };
        let link = payment_link(&system.app_of(deliver::FUNCTION), &new).await.expect("a link");
        link.rsplit('/').next().expect("an id").to_owned()
    }

    async fn order(&self, system: &TestSystem, link: &str) -> Order {
        let made = system.prodamus().links().into_iter().find(|it| it.id == link);
        let number = made.expect("a link").order_num;
        let number = domain::payment::OrderNumber::parse(&number).expect("a number");
        let key = keys::order(&self.bot, &number);
        system.system.app.table.get(&key).await.expect("readable").expect("an order")
    }

    fn thanks(&self, system: &TestSystem) -> usize {
        let all = received(system, &self.username, self.chat);
        all.iter().filter(|text| text.contains("Your payment for “Premium / доступ”")).count()
    }
}

pub(crate) fn payer() -> Payer {
    Payer { phone: "+79990000001".to_owned(), email: "ben@example.com".to_owned() }
}

#[test]
fn a_contact_pays_on_the_page_and_is_thanked_once_in_each_encoding() {
    for encoding in [Encoding::Multipart, Encoding::Urlencoded, Encoding::Json] {
        journey(async |system| {
            let shop = shop(system).await;
            system.prodamus().write_as(encoding, false);
            let link = shop.link(system, 1_500).await;
            assert_eq!(shop.link(system, 1_500).await, link, "made once");
            system.prodamus().act(&link, Deed::Fail, &payer()).expect("it is open");
            system.settle().await;
            assert_eq!(shop.order(system, &link).await.status, OrderStatus::Open);
            system.prodamus().copies(3);
            let payment = system.prodamus().act(&link, Deed::Pay, &payer()).expect("it is open");
            system.settle().await;
            let order = shop.order(system, &link).await;
            assert_eq!((order.status, order.heard.len()), (OrderStatus::Paid, 2));
            assert_eq!(shop.thanks(system), 1);
            system.prodamus().refund(payment).expect("it is paid");
            system.settle().await;
            assert_eq!(shop.order(system, &link).await.status, OrderStatus::Refunded);
            assert_ne!(shop.link(system, 1_500).await, link, "what went back is paid anew");
            let table: String = system.items.records().into_values().collect();
            for hidden in ["79990000001", "ben@example.com", system.prodamus().key()] {
                assert!(!table.contains(hidden), "{hidden}");
            }
        });
    }
}

#[test]
fn an_older_link_is_paid_at_its_price_and_a_wrong_amount_is_not_honoured() {
    journey(async |system| {
        let mut shop = shop(system).await;
        let old = shop.link(system, 1_000).await;
        let new = shop.link(system, 1_500).await;
        assert_ne!(old, new);
        system.prodamus().act(&old, Deed::Pay, &payer()).expect("it is open");
        system.settle().await;
        assert_eq!(shop.order(system, &old).await.status, OrderStatus::Paid);
        assert_eq!(shop.thanks(system), 1);
        let number = shop.order(system, &new).await.number;
        let said = |payment: &str, number: &str| {
            let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            vec![
                field("order_id", payment),
                field("order_num", number),
                field("sum", "1.00"),
                field("payment_status", "success"),
            ]
        };
        let link = shop.admin.post(LINKS, &json!({ "bot": "default" })).await.must_be(201);
        let token = link["link_token"].as_str().expect("a token").to_owned();
        let chat = system.phone("Ada");
        let payload = format!("link_{token}");
        system.telegram().start(SIMULATED_BOT, chat, Some(&payload)).expect("it starts");
        system.settle().await;
        for _ in 0..2 {
            system.prodamus().say("shop", said("1", number.as_str()), false);
            system.prodamus().say("shop", said("2", "of another shop"), false);
            system.settle().await;
        }
        assert_eq!(shop.order(system, &new).await.status, OrderStatus::Open);
        let alerts = received(system, SIMULATED_BOT, chat);
        let about = |payment: &str| {
            alerts.iter().filter(|text| text.contains(&format!("Payment {payment} "))).count()
        };
        assert_eq!((about("1"), about("2")), (1, 1), "{alerts:?}");
    });
}

#[test]
fn another_form_takes_new_orders_and_links_that_are_out_are_paid_all_the_same() {
    journey(async |system| {
        let mut shop = shop(system).await;
        let path = format!("{BOTS}/shop");
        let form = |name: &str| {
            let prodamus = system.prodamus();
            json!({ "prodamus": { "form_url": prodamus.form_url(name), "secret": prodamus.key() } })
        };
        let first = shop.link(system, 1_500).await;
        shop.admin.json(Method::PATCH, &path, &form("shop")).await.must_be(200);
        assert_eq!(shop.link(system, 1_500).await, first, "told again, it is no other");
        shop.admin.json(Method::PATCH, &path, &form("another")).await.must_be(200);
        let second = shop.link(system, 1_500).await;
        assert_ne!(second, first, "the first form may be closed");
        shop.admin.json(Method::PATCH, &path, &form("shop")).await.must_be(200);
        let third = shop.link(system, 1_500).await;
        system.prodamus().act(&first, Deed::Pay, &payer()).expect("it is open");
        system.settle().await;
        assert_eq!(shop.order(system, &first).await.status, OrderStatus::Paid);
        let none = json!({ "prodamus": null });
        let none = shop.admin.json(Method::PATCH, &path, &none).await.must_be(200);
        assert_eq!(none["takes_payments"], false);
        system.prodamus().act(&third, Deed::Pay, &payer()).expect("it is open");
        system.settle().await;
        assert_eq!(shop.order(system, &third).await.status, OrderStatus::Paid);
    });
}

#[test]
fn a_form_that_does_not_open_stands_in_the_way_of_no_other() {
    journey(async |system| {
        let shop = shop(system).await;
        let link = shop.link(system, 1_500).await;
        let app = &system.system.app;
        let bot: Option<Bot> = app.table.get(&keys::bot(&shop.bot)).await.expect("readable");
        let damaged = bot.expect("a bot").with_form(Some(Sealed::new("damaged")));
        let decision = Decision::new(app.env.id(), app.env.now(), ());
        let decision = decision.write(Write::Replace(damaged.into()));
        app.table.commit(&decision).await.expect("committed");
        system.prodamus().act(&link, Deed::Pay, &payer()).expect("it is open");
        system.settle().await;
        assert_eq!(shop.order(system, &link).await.status, OrderStatus::Paid);
    });
}

#[test]
fn who_pays_at_two_links_is_thanked_once_and_both_payments_count() {
    journey(async |system| {
        let shop = shop(system).await;
        let links = [shop.link(system, 1_000).await, shop.link(system, 1_500).await];
        for link in &links {
            system.prodamus().act(link, Deed::Pay, &payer()).expect("it is open");
            system.settle().await;
            assert_eq!(shop.order(system, link).await.status, OrderStatus::Paid);
            assert_eq!(shop.thanks(system), 1);
        }
    });
}

#[test]
fn links_at_two_prices_that_are_made_at_once_are_two_orders() {
    journey(async |system| {
        let shop = shop(system).await;
        let (old, new) = Box::pin(join(shop.link(system, 1_000), shop.link(system, 1_500))).await;
        let prices = [shop.order(system, &old).await.price, shop.order(system, &new).await.price];
        assert_eq!(prices.map(|it| it.normalize().to_string()), ["1000", "1500"]);
        let key =
            keys::contact_order(&shop.bot, shop.chat, &shop.order(system, &old).await.scenario);
        let points: Option<ContactOrder> =
            system.system.app.table.get(&key).await.expect("readable");
        assert_eq!(points.expect("orders").numbers().count(), 2, "none is forgotten");
    });
}

#[test]
fn money_that_goes_back_in_two_halves_is_a_refund_with_the_second() {
    journey(async |system| {
        let shop = shop(system).await;
        let link = shop.link(system, 1_500).await;
        let payment = system.prodamus().act(&link, Deed::Pay, &payer()).expect("it is open");
        system.settle().await;
        let number = shop.order(system, &link).await.number;
        let half = |date: &str| {
            let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            vec![
                field("date", date),
                field("order_id", &payment.to_string()),
                field("order_num", number.as_str()),
                field("sum", "750.00"),
                field("payment_status", "refund"),
            ]
        };
        for (date, status, revenue) in [
            ("2030-05-15T00:00:00+03:00", OrderStatus::Paid, "750"),
            ("2030-05-15T00:00:00+03:00", OrderStatus::Paid, "750"),
            ("2030-05-16T00:00:00+03:00", OrderStatus::Refunded, "0"),
        ] {
            system.prodamus().say("shop", half(date), false);
            system.settle().await;
            let order = shop.order(system, &link).await;
            assert_eq!(
                (order.status, order.revenue().normalize().to_string().as_str()),
                (status, revenue)
            );
        }
    });
}

#[test]
fn a_form_that_is_none_is_refused_field_by_field_and_can_be_taken_away() {
    journey(async |system| {
        let mut shop = shop(system).await;
        let path = format!("{BOTS}/shop");
        let wrong = json!({ "prodamus": { "form_url": "http://demo.payform.ru", "secret": " " } });
        let problem = shop.admin.json(Method::PATCH, &path, &wrong).await.must_be(422);
        let fields: Vec<&Value> =
            problem["errors"].as_array().expect("errors").iter().map(|it| &it["field"]).collect();
        assert_eq!(fields, [&json!("prodamus.form_url"), &json!("prodamus.secret")]);
        let same =
            shop.admin.json(Method::PATCH, &path, &json!({ "default": true })).await.must_be(200);
        assert_eq!(same["takes_payments"], true);
        let none =
            shop.admin.json(Method::PATCH, &path, &json!({ "prodamus": null })).await.must_be(200);
        assert_eq!(none["takes_payments"], false);
    });
}
