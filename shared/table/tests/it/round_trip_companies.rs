//! What companies have, their bots, links and alerts, is read as it was written, whatever it holds.

use domain::alert::{Alert, AlertMessage, AlertTemplate, Section, Throttle};
use domain::bot::{Bot, BotName, BotSlug, BotStatus, DefaultBot, TelegramBot};
use domain::channel::ChannelStatus;
use domain::link::{Category, ChatCompany, CompanyChat, LinkToken, OptIns, TelegramLink};
use domain::payment::{
    ContactOrder, Fit, Heard, KeptWord, Order, OrderNumber, OrderSource, OrderStatus, Outcome,
    WordKind,
};
use domain::photo::StoredPhoto;
use domain::seal::Sealed;
use domain::slug::Slug;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::strategies::{at, bot, hash, id, price, survives, text};

fn slug() -> impl Strategy<Value = Slug> {
    "[a-z0-9_-]{1,20}".prop_filter_map("reserved", |text| Slug::parse(&text).ok())
}

prop_compose! {
    fn companys_bot()(
        id in bot(), company_id in id(), slug in slug(), telegram_id in any::<u64>(),
        texts in (text(), text()), forms in (option::of(text()), vec(text(), 0..3), any::<u32>()),
        webhook_secret in hash(), active in any::<bool>(),
        default_chat in option::of(any::<i64>()), created_at in at(), version in any::<u32>(),
    ) -> Bot {
        Bot {
            id, company_id, slug, telegram_id, username: texts.0, secrets: Sealed::new(texts.1),
            webhook_secret, form: forms.0.map(Sealed::new),
            earlier_forms: forms.1.into_iter().map(Sealed::new).collect(), form_revision: forms.2,
            status: if active { BotStatus::Active } else { BotStatus::Inactive },
            default_chat, created_at, version: version.into(),
        }
    }
}

#[test]
fn companies_bots() {
    survives(companys_bot());
    survives((id(), slug(), bot()).prop_map(|(company_id, slug, bot)| BotSlug {
        company_id,
        slug,
        bot,
    }));
    survives((slug(), bot()).prop_map(|(slug, bot)| BotName { slug, bot }));
    survives((any::<u64>(), bot()).prop_map(|(telegram_id, bot)| TelegramBot { telegram_id, bot }));
    survives((id(), bot()).prop_map(|(company_id, bot)| DefaultBot { company_id, bot }));
}

prop_compose! {
    fn link()(
        ids in (id(), id(), option::of(id())), user_id in option::of(id()), bot in bot(),
        chat_id in option::of(any::<i64>()), blocked in any::<bool>(), reason in option::of(text()),
        wants in any::<(bool, bool, bool)>(), token in option::of(hash()),
        times in (option::of(at()), option::of(at()), at()), version in any::<u32>(),
    ) -> TelegramLink {
        TelegramLink {
            id: ids.0, company_id: ids.1, created_by: ids.2, user_id, bot, chat_id,
            status: if blocked { ChannelStatus::Blocked } else { ChannelStatus::Active }, reason,
            opt_ins: OptIns { alerts: wants.0, reports: wants.1, device_events: wants.2 }, token,
            token_expires_at: times.0, linked_at: times.1, created_at: times.2,
            version: version.into(),
        }
    }
}

fn sections() -> impl Strategy<Value = Vec<Section>> {
    vec((text(), text()).prop_map(|(title, body)| Section { title, body }), 0..5)
}

fn category() -> impl Strategy<Value = Category> {
    (0_usize..3).prop_map(|n| Category::ALL[n])
}

#[test]
fn company_links() {
    survives(link());
    survives((id(), any::<i64>(), id()).prop_map(|(company_id, chat_id, link_id)| CompanyChat {
        company_id,
        chat_id,
        link_id,
    }));
    survives((bot(), any::<i64>(), id(), id()).prop_map(|(bot, chat_id, company_id, link_id)| {
        ChatCompany { bot, chat_id, company_id, link_id }
    }));
    survives((hash(), id(), id(), at()).prop_map(|(hash, company_id, link_id, expires_at)| {
        LinkToken { hash, company_id, link_id, expires_at }
    }));
}

#[test]
fn alerts() {
    let message = (text(), text(), sections());
    let message =
        message.prop_map(|(title, body, sections)| AlertMessage { title, body, sections }).boxed();
    let said = (message.clone(), option::of(message));
    survives((id(), id(), category(), said, option::of(bot()), at()).prop_map(
        |(id, company_id, category, (message, russian), bot, created_at)| Alert {
            id,
            company_id,
            category,
            message,
            russian,
            bot,
            created_at,
        },
    ));
    survives((id(), slug(), text(), text(), sections(), at(), at(), any::<u32>()).prop_map(
        |(company_id, key, title, body, sections, created_at, changed_at, version)| AlertTemplate {
            company_id,
            key,
            title,
            body,
            sections,
            created_at,
            changed_at,
            version: version.into(),
        },
    ));
    survives((id(), hash(), at(), any::<u32>()).prop_map(|(company_id, key, until, version)| {
        Throttle { company_id, key, until, version: version.into() }
    }));
}

fn number() -> impl Strategy<Value = OrderNumber> {
    any::<[u8; 16]>().prop_map(OrderNumber::from_random)
}

fn kind() -> impl Strategy<Value = WordKind> {
    use WordKind::{Canceled, Denied, Other, Paid, Refunded};
    prop::sample::select(vec![Paid, Refunded, Denied, Canceled, Other])
}

prop_compose! {
    fn heard()(
        payment in "[0-9a-z]{1,20}", kind in kind(), sum in price(), at in at(),
        fit in prop::sample::select(vec![
            Fit::Right, Fit::WrongAmount, Fit::WrongProduct, Fit::Demo, Fit::Part,
        ]),
    ) -> Heard {
        Heard { payment, kind, fit, sum, at }
    }
}

prop_compose! {
    fn order()(
        number in number(), bot in bot(), chat_id in any::<i64>(), scenario in slug(), product in text(),
        price in price(), link in (option::of(text()), any::<u32>()), times in (at(), option::of(at())),
        status in prop::sample::select(vec![OrderStatus::Open, OrderStatus::Paid, OrderStatus::Refunded]),
        heard in vec(heard(), 0..4), version in any::<u32>(),
        source in (0..3_u8, id()).prop_map(|(kind, by)| match kind {
            0 => OrderSource::Form,
            1 => OrderSource::Grant { by },
            _ => OrderSource::Test { by },
        }),
    ) -> Order {
        Order {
            number, bot, chat_id, scenario, product, price, currency: "rub".to_owned(), link: link.0,
            form_revision: link.1,
            created_at: times.0, source, status, paid_at: times.1, heard, version: version.into(),
        }
    }
}

#[test]
fn stored_photos() {
    survives((bot(), "[0-9a-f]{32}", option::of(text()), at()).prop_map(
        |(bot_id, object, file_id, changed_at)| StoredPhoto { bot_id, object, file_id, changed_at },
    ));
}

#[test]
fn orders_and_words() {
    survives(order());
    survives((bot(), any::<i64>(), slug(), number(), vec(number(), 0..3), any::<u32>()).prop_map(
        |(bot, chat_id, scenario, number, earlier, version)| ContactOrder {
            bot,
            chat_id,
            scenario,
            number,
            earlier,
            version: version.into(),
        },
    ));
    let kind = (kind(), option::of(at()));
    let of = (bot(), "[0-9a-z]{1,20}", kind, option::of(number()), price(), text(), at());
    survives(of.prop_map(|(bot, payment, (kind, said_at), order, sum, raw, heard_at)| KeptWord {
        bot,
        payment,
        kind,
        said_at,
        order,
        sum,
        outcome: Outcome::PaidTwice,
        raw: Sealed::new(raw),
        heard_at,
    }));
}
