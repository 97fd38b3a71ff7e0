//! `docs/table.md` says what `keys.rs` does.

use std::collections::{BTreeMap, BTreeSet};

use domain::account::ClaimKind;
use domain::engine::TimerKey;
use domain::engine::delivery::{DeliveryKey, Recipient};
use domain::ids::{JobId, LinkId};
use runtime::virtual_time::START;
use table::keys::{self, Key};

use crate::fixtures::{
    alert_count, bot, companys_bot_id, delivery_key, fanout, id, offer_id, page_id, records,
    scenario,
};

const CHART: &str = include_str!("../../../../docs/table.md");
const KEYS: [&str; 3] = [
    include_str!("../../src/keys.rs"),
    include_str!("../../src/keys/chats.rs"),
    include_str!("../../src/keys/scenarios.rs"),
];

/// The rows of the Markdown table under a heading, as cells without their back-ticks.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let section = CHART.split("\n## ").find(|section| section.starts_with(heading));
    let lines = section.expect("the heading").lines().filter(|line| line.starts_with('|'));
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim_matches('|');
        line.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    };
    lines.skip(2).map(cells).collect()
}

/// An example as the real key: the chart shortens ids and digests.
fn spelt_out(example: &str) -> String {
    let mut text = example
        .replace("{page}", page_id().as_str())
        .replace("{offer}", offer_id().as_str())
        .replace("PAGES#{shard}", &keys::page(&page_id()).pk)
        .replace('…', "00000000-0000-0000-0000-00000000");
    for c in ["a", "b", "c", "d"] {
        let shortened = format!("{}00000000-0000-0000-0000-00000000", c.repeat(4));
        text = text.replace(&shortened, &c.repeat(64));
    }
    text
}

fn timer() -> TimerKey {
    TimerKey::new(fanout(9, START).id, START, START, None)
}

/// What each function of `keys.rs` that makes a key makes of the fixed ids.
fn made() -> BTreeMap<&'static str, Key> {
    let mut made: BTreeMap<&str, Key> =
        records().into_iter().map(|(name, _, key)| (name, key)).collect();
    made.insert("send_slots", keys::send_slots(&bot()));
    made.insert("delivery", keys::delivery(&delivery_key(6)));
    made.insert("timer", keys::timer(&timer()));
    made.insert("dead", keys::dead(&timer()));
    made.insert("parked", keys::parked(&bot(), &timer()));
    made.insert("cursor", keys::cursor());
    made.insert("heartbeat", keys::heartbeat());
    made.insert("alert_count", keys::alert_count(&alert_count().key));
    made.insert("attempts", keys::attempts("login#a", START.as_seconds() / 60));
    made
}

/// What each function and constant that names a part of a key is.
fn parts() -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("company", keys::company(id(1)).pk),
        ("MEMBERS", keys::MEMBERS.to_owned()),
        ("FORMER_GUESTS", keys::FORMER_GUESTS.to_owned()),
        ("COMPANY_API_KEYS", keys::COMPANY_API_KEYS.to_owned()),
        ("user", keys::user(id(2)).pk),
        ("NETWORKS", keys::NETWORKS.to_owned()),
        ("SESSIONS", keys::SESSIONS.to_owned()),
        ("TARGETS", keys::TARGETS.to_owned()),
        ("CHANNELS", keys::CHANNELS.to_owned()),
        ("COMPANY_BOTS", keys::COMPANY_BOTS.to_owned()),
        ("COMPANY_LINKS", keys::COMPANY_LINKS.to_owned()),
        ("COMPANY_TEMPLATES", keys::COMPANY_TEMPLATES.to_owned()),
        ("COMPANY_COUNTS", keys::COMPANY_COUNTS.to_owned()),
        ("CHAT_COMPANIES", keys::CHAT_COMPANIES.to_owned()),
        ("INVITATIONS", keys::INVITATIONS.to_owned()),
        ("INVITES", keys::INVITES.to_owned()),
        ("GUEST_TARGETS", keys::GUEST_TARGETS.to_owned()),
        ("page_shard", keys::page_shard(9)),
        ("watchers", keys::watchers(&page_id())),
        ("WATCHERS", keys::WATCHERS.to_owned()),
        ("digest", keys::digest(id(6), START)),
        ("PAGE_OFFERS", keys::PAGE_OFFERS.to_owned()),
        ("offers", keys::offers(&offer_id())),
        ("chat", keys::chat(&bot(), 42)),
        ("CHAT_LINKS", keys::CHAT_LINKS.to_owned()),
        ("KEPT_UPDATES", keys::KEPT_UPDATES.to_owned()),
        ("timer_bucket", keys::timer_bucket(START.minute(), 9)),
        ("DEAD", keys::DEAD.to_owned()),
        ("TASKS", keys::TASKS.to_owned()),
        ("task_runs", keys::task_runs(id(10))),
        ("RUNS", keys::RUNS.to_owned()),
        ("SCENARIOS", keys::SCENARIOS.to_owned()),
        ("steps", keys::steps(&bot(), &scenario().slug)),
        ("STEPS", keys::STEPS.to_owned()),
        ("BUTTON_SETS", keys::BUTTON_SETS.to_owned()),
        ("BROADCASTS", keys::BROADCASTS.to_owned()),
        ("PHOTOS", keys::PHOTOS.to_owned()),
        ("contact_shard", keys::contact_shard(&bot(), 2)),
        ("CONTACTS", keys::CONTACTS.to_owned()),
        ("orders", keys::orders(&companys_bot_id())),
        ("ORDERS", keys::ORDERS.to_owned()),
        ("KEPT_WORDS", keys::KEPT_WORDS.to_owned()),
        ("parked_timers", keys::parked_timers(&bot())),
    ])
}

#[test]
fn the_entity_chart_has_the_keys_that_the_code_makes() {
    let charted: BTreeMap<String, (String, String)> = rows("Entities")
        .into_iter()
        .map(|cells| (cells[1].clone(), (spelt_out(&cells[2]), spelt_out(&cells[3]))))
        .collect();
    let made: BTreeMap<String, (String, String)> =
        made().into_iter().map(|(name, key)| (name.to_owned(), (key.pk, key.sk))).collect();
    assert_eq!(charted, made);
}

#[test]
fn the_chart_of_prefixes_has_the_values_of_the_code() {
    let charted: BTreeMap<String, String> = rows("Partitions and prefixes")
        .into_iter()
        .map(|cells| (cells[0].clone(), spelt_out(&cells[1])))
        .collect();
    let parts: BTreeMap<String, String> =
        parts().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(charted, parts);
}

#[test]
fn every_function_and_prefix_of_the_keys_is_in_the_charts() {
    let in_code: BTreeSet<String> = KEYS
        .iter()
        .flat_map(|file| file.lines())
        .filter_map(|line| {
            let function = line.strip_prefix("pub fn ").and_then(|rest| rest.split('(').next());
            let prefix = line
                .strip_prefix("pub const ")
                .filter(|rest| rest.contains("#\"") || rest.starts_with("DEAD"))
                .and_then(|rest| rest.split(':').next());
            function.or(prefix).map(str::to_owned)
        })
        .collect();
    let mut charted: BTreeSet<String> =
        rows("Entities").into_iter().map(|cells| cells[1].clone()).collect();
    charted.extend(rows("Partitions and prefixes").into_iter().map(|cells| cells[0].clone()));
    assert_eq!(charted, in_code);
}

#[test]
fn the_entity_chart_names_the_attributes_that_the_records_have() {
    let charted: BTreeMap<String, BTreeSet<String>> = rows("Entities")
        .into_iter()
        .map(|cells| (cells[1].clone(), cells[4].split(", ").map(str::to_owned).collect()))
        .collect();
    for (name, attributes) in crate::fixtures::attributes() {
        let unknown: Vec<_> = attributes.difference(&charted[name]).collect();
        assert!(unknown.is_empty(), "{name}: the chart does not have {unknown:?}");
    }
}

#[test]
fn other_kinds_of_a_key_stand_under_the_prefixes_that_the_chart_names() {
    assert_eq!(keys::name_claim(ClaimKind::Email, "a@x.example").pk, "EMAIL#a@x.example");
    let chat = Recipient::Chat { bot: bot(), chat_id: 42 };
    let key = DeliveryKey { to: chat, ..delivery_key(6) };
    assert_eq!(keys::delivery(&key).pk, keys::chat(&bot(), 42));
    let link = DeliveryKey { to: Recipient::Link { link_id: id(8) }, ..delivery_key(6) };
    assert_eq!(keys::delivery(&link).pk, format!("LINK#{}", id::<LinkId>(8)));
    let mail = DeliveryKey { to: Recipient::Mail { job_id: id(9) }, ..delivery_key(6) };
    assert_eq!(keys::delivery(&mail).pk, format!("MAIL#{}", id::<JobId>(9)));
}

#[test]
fn a_page_stands_in_the_shard_of_its_first_digit() {
    let digit = page_id().as_str().chars().next().and_then(|digit| digit.to_digit(16));
    let shard = u8::try_from(digit.expect("a digit")).expect("small");
    assert_eq!(keys::page(&page_id()).pk, keys::page_shard(shard));
}
