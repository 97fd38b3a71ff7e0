//! The files of a bot of one scenario.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::Value;

use super::content::Dirs;
use super::json::Node;
use super::link::link;
use super::multiple::GLOBALS;
use super::{Migration, Reader};
use crate::button::{Button, ButtonSet, Buttons, Does, Row, Rows};
use crate::scenario::{
    ContentRules, OnPayment, Outline, Product, Scenario, Spot, Step, accepts, check_group_id,
    check_scenario,
};
use crate::slug::Slug;
use crate::template::Scope;

pub(super) const MESSAGES: &str = "messages.json";
/// What the only scenario is called.
const DEFAULT: &str = "default";
/// The options are told of as a file.
const SETTINGS: &str = ".env";
/// The answer to `/start`.
const START: &str = "start";
/// What is said after the payment.
const INVITE: &str = "group_invite";
/// What is said to whoever has left the group and gets a fresh link.
const LEFT: &str = "group_leave_new_link";
/// The set of buttons that each bot of many scenarios begins with.
const PAY: &str = "payment_button";
/// Files that hold what has no place here.
const UNREAD: [(&str, &str); 1] =
    [("commands.json", "the words of commands are the bot's own here")];

pub(super) fn read(reader: &mut Reader<'_>, migration: &mut Migration) {
    let Ok(slug) = Slug::parse(DEFAULT) else { return };
    let Some(value) = reader.json(MESSAGES) else { return };
    let root = Node::root(MESSAGES, &value);
    root.only(&["messages_list", "messages"], &mut reader.report);
    let dirs = Dirs {
        texts: vec!["messages/".to_owned(), "assets/messages/".to_owned()],
        photos: vec!["assets/images/".to_owned(), "images/".to_owned()],
    };
    set_defaults(reader, migration);
    let (outline, steps) = reader.steps(&slug, &root, &dirs);
    let product = reader.setup.product.clone();
    let mut scenario = Scenario {
        name: product.name.clone().unwrap_or_else(|| DEFAULT.to_owned()),
        on_payment: OnPayment::Complete,
        outline,
        ..Scenario::new(reader.setup.bot.clone(), slug.clone(), reader.setup.now)
    };
    let mut steps = steps;
    let said = roles(reader, &root, &dirs, (&mut scenario, &mut steps));
    set_product(reader, &mut scenario, said.as_deref());
    check(reader, SETTINGS, &scenario);
    migration.default_scenario = Some(slug.clone());
    reader.old_contacts(&scenario, migration);
    for (file, why) in UNREAD {
        if reader.files.contains_key(file) {
            reader.report.warning(file, "", format!("is not read: {why}"));
        }
    }
    migration.scenarios.insert(slug, (scenario, steps));
}

/// What each bot of many scenarios begins with, and this one did not have: the set with the button to pay, and the
/// bot's own variables, which have no values yet.
fn set_defaults(reader: &mut Reader<'_>, migration: &mut Migration) {
    let does = Does::Url { url: "{{user.payment_link}}".to_owned() };
    let button = Button { text: "Оплатить {{scenario.product_name}}".to_owned(), does };
    let rows = Rows { rows: vec![Row { buttons: vec![button] }] };
    if let Ok(slug) = Slug::parse(PAY) {
        reader.button_sets.insert(PAY.to_owned(), (slug.clone(), rows.clone()));
        let (bot_id, created_at) = (reader.setup.bot.clone(), reader.setup.now);
        let set = ButtonSet { bot_id, slug: slug.clone(), rows, created_at, version: 0 };
        migration.button_sets.insert(slug, set);
    }
    let names = Scope::Bot.known().iter().map(|(name, _)| *name);
    migration.variables.extend(names.clone().map(|name| (name.to_owned(), String::new())));
    let names = names.collect::<Vec<_>>().join(", ");
    let message = format!("the bot had none: {names} are empty until an admin gives them values");
    reader.report.warning(GLOBALS, "", message);
}

/// The messages beside the list, each by what it is for. What is said after a payment is returned.
fn roles(
    reader: &mut Reader<'_>,
    root: &Node<'_>,
    dirs: &Dirs,
    (scenario, steps): (&mut Scenario, &mut Vec<Step>),
) -> Option<String> {
    let messages = root.get("messages")?;
    let listed: Vec<_> = root
        .get("messages_list")
        .and_then(|it| it.value.as_array())
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut said = None;
    for (name, entry) in messages.fields(&mut reader.report) {
        if listed.contains(&name) {
            continue;
        }
        match name {
            START => start(reader, &entry, dirs, (scenario, steps)),
            INVITE => said = Some(invite(reader, &entry, dirs)),
            LEFT => {
                let message = "is left out: whoever has left the group gets their fresh link in the bot's own words";
                entry.warning(&mut reader.report, message);
            }
            _ => {
                entry.warning(&mut reader.report, "is not in messages_list and is left out");
            }
        }
    }
    said
}

/// What is said after a payment is a text here: the addresses of its buttons become links, and what else it has is
/// told of.
fn invite(reader: &mut Reader<'_>, entry: &Node<'_>, dirs: &Dirs) -> String {
    let kept: BTreeSet<String> = reader.photos.keys().cloned().collect();
    let read = reader.report.read.len();
    let content = reader.content(entry, INVITE, dirs);
    // What nothing shows is not stored.
    reader.photos.retain(|key, _| kept.contains(key));
    if !content.photos.is_empty() {
        let is_picture =
            |file: &&String| dirs.photos.iter().any(|dir| file.starts_with(dir.as_str()));
        let mut pictures: Vec<String> =
            reader.report.read.iter().skip(read).filter(is_picture).cloned().collect();
        if pictures.is_empty() {
            pictures.push("its picture".to_owned());
        }
        for picture in pictures {
            let message = format!("{picture} is left out: it is a text here");
            entry.warning(&mut reader.report, message);
        }
    }
    let mut text = content.text;
    let rows = rows_of(reader, content.buttons);
    for button in rows.rows.iter().flat_map(|it| &it.buttons) {
        match &button.does {
            Does::Url { url } => {
                text.push_str("\n\n");
                text.push_str(&link(&button.text, url));
            }
            Does::Callback { .. } => {
                let message =
                    format!("its button `{}` is left out: it is a text here", button.text);
                entry.warning(&mut reader.report, message);
            }
        }
    }
    text
}

/// The rows of a message's buttons, also of those of a set.
fn rows_of(reader: &Reader<'_>, buttons: Option<Buttons>) -> Rows {
    match buttons {
        Some(Buttons::Inline(rows)) => rows,
        Some(Buttons::Set { button_set_ref }) => {
            let set = reader.button_sets.values().find(|(slug, _)| *slug == button_set_ref);
            set.map(|(_, rows)| rows.clone()).unwrap_or_default()
        }
        None => Rows::default(),
    }
}

/// The answer to `/start`: the consent where a button of it accepts, the first message otherwise.
fn start(
    reader: &mut Reader<'_>,
    entry: &Node<'_>,
    dirs: &Dirs,
    (scenario, steps): (&mut Scenario, &mut Vec<Step>),
) {
    let content = reader.content(entry, START, dirs);
    let sets = reader.button_sets.values().cloned().collect();
    if accepts(&content, ContentRules { names: &reader.names, button_sets: &sets }) {
        scenario.consent = Some(content);
        return;
    }
    entry.warning(&mut reader.report, "has no button `accept`: it becomes the first message");
    let Ok(slug) = Slug::parse(START) else { return };
    let mut outline = Outline::default();
    let others: Vec<_> = scenario.outline.steps().map(|(it, delay)| (it.clone(), delay)).collect();
    for (step, delay) in std::iter::once((slug.clone(), 0)).chain(others) {
        if let Err(error) = outline.insert(step, delay, &Spot::End) {
            entry.error(&mut reader.report, error.to_string());
        }
    }
    scenario.outline = outline;
    let (bot_id, created_at) = (scenario.bot_id.clone(), scenario.created_at);
    let scenario = scenario.slug.clone();
    steps.insert(0, Step { bot_id, scenario, slug, content, created_at, version: 0 });
}

fn set_product(reader: &mut Reader<'_>, scenario: &mut Scenario, said: Option<&str>) {
    let settings = reader.setup.product;
    let paid = settings.paid_content.as_deref().map(|it| reader.scoped(it));
    let paid_content: Vec<_> = paid.as_deref().into_iter().chain(said).collect();
    let price = settings.price.as_deref().map(price);
    match (&settings.name, price) {
        (Some(name), Some(Ok(price))) => {
            let paid_content = paid_content.join("\n\n");
            scenario.product = Some(Product { name: name.clone(), price, paid_content });
        }
        (_, Some(Err(message))) => {
            reader.report.error(SETTINGS, "PRODAMUS_PRODUCT_PRICE", message);
        }
        (None, None) => {
            let message = "no product is named: nothing is sold until an admin adds it";
            reader.report.warning(SETTINGS, "PRODAMUS_PRODUCT_NAME", message);
        }
        (None, Some(Ok(_))) => {
            reader.report.error(SETTINGS, "PRODAMUS_PRODUCT_NAME", "is missing");
        }
        (Some(_), None) => {
            reader.report.error(SETTINGS, "PRODAMUS_PRODUCT_PRICE", "is missing");
        }
    }
    match settings.private_group_id.as_deref().map(check_group_id) {
        Some(Ok(id)) => scenario.private_group_id = Some(id),
        Some(Err(message)) => reader.report.error(SETTINGS, "PRIVATE_GROUP_ID", message),
        None => {}
    }
}

/// A price as files have it.
pub(super) fn price(text: &str) -> Result<Decimal, &'static str> {
    let text: String = text.trim().replace(',', ".").split_whitespace().collect();
    text.parse().map_err(|_| "must be a number, such as 1500")
}

/// Reports what is wrong with a scenario itself; its texts were checked where they stand.
pub(super) fn check(reader: &mut Reader<'_>, file: &str, scenario: &Scenario) {
    let sets = reader.button_sets.values().cloned().collect();
    let rules = ContentRules { names: &reader.names, button_sets: &sets };
    let bare = Scenario { summary: None, consent: None, ..scenario.clone() };
    for fault in check_scenario(&bare, rules) {
        let at = match (fault.field.as_str(), file) {
            ("product.price", SETTINGS) => "PRODAMUS_PRODUCT_PRICE".to_owned(),
            ("product.paid_content", SETTINGS) => "PRODAMUS_PRODUCT_PAID_CONTENT".to_owned(),
            ("name" | "product.name", SETTINGS) => "PRODAMUS_PRODUCT_NAME".to_owned(),
            ("product.price", _) => "$.prodamus.product_price".to_owned(),
            ("product.paid_content", _) => "$.prodamus.paid_content".to_owned(),
            ("product.name", _) => "$.prodamus.product_name".to_owned(),
            (field, _) => format!("$.{field}"),
        };
        reader.report.error(file, &at, fault.message);
    }
}
