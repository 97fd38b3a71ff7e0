//! The `data/` layout of a bot of many scenarios.

use super::content::Dirs;
use super::json::Node;
use super::single::{check, price};
use super::{Migration, Reader};
use crate::account::check_timezone;
use crate::broadcast::{Broadcast, BroadcastStatus, Targeting};
use crate::button::ButtonSet;
use crate::fault::ContentFault;
use crate::scenario::{
    ACCEPT, ContentRules, Product, Scenario, Step, StepContent, accepts, check_group_id,
};
use crate::slug::Slug;
use crate::template::{Globals, Names, check_globals};

pub(super) const REGISTRY: &str = "scenarios/registry.json";
pub(super) const BROADCASTS: &str = "broadcasts/registry.json";
pub(super) const BUTTONS: &str = "buttons/registry.json";
pub(super) const GLOBALS: &str = "templates/bot_globals.json";

pub(super) fn read(reader: &mut Reader<'_>, migration: &mut Migration) {
    globals(reader, migration);
    reader.names = Names::of(&migration.variables);
    button_sets(reader, migration);
    let named = scenarios(reader, migration);
    broadcasts(reader, migration);
    reader.contacts(migration, &named);
    if reader.files.keys().any(|it| it.starts_with("wizards/")) {
        let message = "is not read: a dialogue that is under way is begun again";
        reader.report.warning("wizards/", "", message);
    }
}

/// The bot's own variables, and what stands beside them in files of ours.
fn globals(reader: &mut Reader<'_>, migration: &mut Migration) {
    let Some(value) = reader.json(GLOBALS) else { return };
    let root = Node::root(GLOBALS, &value);
    let given = root.get("variables");
    if given.is_some() {
        root.only(&["variables", "timezone", "forward_replies"], &mut reader.report);
        migration.forward_replies = root.flag("forward_replies", &mut reader.report);
        match root.text("timezone", &mut reader.report).map(check_timezone) {
            Some(Ok(zone)) => migration.timezone = Some(zone),
            Some(Err(message)) => reader.report.error(GLOBALS, "$.timezone", message),
            None => {}
        }
    }
    let variables = given.unwrap_or(root);
    let mut globals = Globals::new();
    for (name, node) in variables.fields(&mut reader.report) {
        let Some(value) = node.str(&mut reader.report) else { continue };
        let name = name.strip_prefix("bot.").unwrap_or(name);
        globals.insert(name.to_owned(), value.to_owned());
    }
    for fault in check_globals("$.variables", &globals) {
        reader.report.error(GLOBALS, &fault.field, fault.message);
    }
    migration.variables = globals;
}

fn button_sets(reader: &mut Reader<'_>, migration: &mut Migration) {
    let Some(value) = reader.json(BUTTONS) else { return };
    let root = Node::root(BUTTONS, &value);
    let Some(sets) = root.get("button_sets") else { return };
    for (name, node) in sets.fields(&mut reader.report) {
        let slug = reader.slug(node.at(), name, "buttons");
        node.only(&["rows", "created_at"], &mut reader.report);
        let rows = reader.rows(&node);
        for fault in rows.check(&node.path, &reader.names) {
            reader.report.error(BUTTONS, &fault.field, fault.message);
        }
        reader.button_sets.insert(name.to_owned(), (slug.clone(), rows.clone()));
        let created_at = node.time("created_at", &mut reader.report).unwrap_or(reader.setup.now);
        let bot_id = reader.setup.bot.clone();
        let set = ButtonSet { bot_id, slug: slug.clone(), rows, created_at, version: 0 };
        if migration.button_sets.insert(slug, set).is_some() {
            node.error(&mut reader.report, "another set has this name here");
        }
    }
}

/// The scenarios by their names in the files.
fn scenarios(reader: &mut Reader<'_>, migration: &mut Migration) -> Vec<(String, Slug)> {
    let mut named = Vec::new();
    let Some(value) = reader.json(REGISTRY) else { return named };
    let root = Node::root(REGISTRY, &value);
    root.only(&["scenarios", "default_scenario_id"], &mut reader.report);
    let Some(list) = root.get("scenarios") else {
        root.error(&mut reader.report, "has no scenarios");
        return named;
    };
    // A list, or an object by id.
    let entries: Vec<(String, Node<'_>)> = if list.value.is_object() {
        let fields = list.fields(&mut reader.report).into_iter();
        fields.map(|(id, node)| (id.to_owned(), node)).collect()
    } else {
        let items = list.items(&mut reader.report).into_iter();
        items
            .map(|it| (it.text("id", &mut reader.report).unwrap_or_default().to_owned(), it))
            .collect()
    };
    for (id, entry) in entries {
        if id.is_empty() {
            entry.error(&mut reader.report, "must have an id");
            continue;
        }
        let slug = reader.slug(entry.at(), &id, "scenario");
        let read = scenario(reader, &id, &slug, &entry);
        if migration.scenarios.insert(slug.clone(), read).is_some() {
            entry.error(&mut reader.report, "another scenario has this name here");
        }
        named.push((id, slug));
    }
    let default = root.text("default_scenario_id", &mut reader.report);
    let found = default.and_then(|id| named.iter().find(|it| it.0 == id));
    if let (Some(id), None) = (default, found) {
        root.error(&mut reader.report, format!("there is no scenario {id} to be the default one"));
    }
    migration.default_scenario = found.map(|it| it.1.clone());
    unregistered(reader, migration, &mut named);
    named
}

/// Scenarios that the registry does not name: their configurations say what it would. The bot before started
/// none of them, so nobody can start them here until an admin says so.
fn unregistered(
    reader: &mut Reader<'_>,
    migration: &mut Migration,
    named: &mut Vec<(String, Slug)>,
) {
    let inactive = serde_json::json!({ "is_active": false });
    let files = reader.files;
    for file in files.keys() {
        let id = file.strip_prefix("scenarios/").and_then(|it| it.strip_suffix("/config.json"));
        let Some(id) = id.filter(|it| !it.contains('/')) else { continue };
        if named.iter().any(|it| it.0 == id) {
            continue;
        }
        let entry = Node::root(file, &inactive);
        let message =
            format!("{REGISTRY} does not name it: nobody starts it until an admin says so");
        entry.warning(&mut reader.report, message);
        let slug = reader.slug(entry.at(), id, "scenario");
        if migration.scenarios.contains_key(&slug) {
            entry.error(&mut reader.report, "another scenario has this name here");
            continue;
        }
        let read = scenario(reader, id, &slug, &entry);
        migration.scenarios.insert(slug.clone(), read);
        named.push((id.to_owned(), slug));
    }
}

fn scenario(
    reader: &mut Reader<'_>,
    id: &str,
    slug: &Slug,
    entry: &Node<'_>,
) -> (Scenario, Vec<Step>) {
    const REGISTERED: [&str; 7] =
        ["id", "name", "created_at", "is_active", "config", "messages", "summary"];
    entry.only(&REGISTERED, &mut reader.report);
    let dir = format!("scenarios/{id}/");
    let dirs = Dirs {
        texts: vec![format!("{dir}messages/"), dir.clone()],
        photos: ["photos/", "images/", "assets/images/", "messages/"]
            .map(|it| format!("{dir}{it}"))
            .into_iter()
            .chain([format!("assets/images/{id}/"), "assets/images/".to_owned()])
            .collect(),
    };
    let made = entry.time("created_at", &mut reader.report).unwrap_or(reader.setup.now);
    let mut scenario = Scenario {
        name: entry.text("name", &mut reader.report).unwrap_or(id).to_owned(),
        is_active: entry.flag("is_active", &mut reader.report).unwrap_or(true),
        ..Scenario::new(reader.setup.bot.clone(), slug.clone(), made)
    };
    let file = configure(reader, (id, entry), &dirs, &mut scenario);
    check(reader, &file, &scenario);
    let mut steps = Vec::new();
    let file = format!("{dir}messages.json");
    match within(reader, entry, "messages", &file) {
        Some(it) => (scenario.outline, steps) = reader.steps(slug, &it.node(), &dirs),
        None if reader.files.contains_key(&file) => {}
        None => {
            let message =
                format!("is missing; {} names the scenario at {}", entry.file, entry.path);
            reader.report.error(&file, "", message);
        }
    }
    if let Some(it) = within(reader, entry, "summary", &format!("{dir}summary.json")) {
        let has = it.value.as_object().is_some_and(|it| !it.is_empty());
        scenario.summary = has.then(|| reader.content(&it.node(), "summary", &dirs));
    }
    (scenario, steps)
}

/// A part of a scenario: inside the registry, or a file of its own.
struct Part {
    file: String,
    path: String,
    value: serde_json::Value,
}

impl Part {
    fn node(&self) -> Node<'_> {
        Node { file: &self.file, path: self.path.clone(), value: &self.value }
    }
}

fn within(reader: &mut Reader<'_>, entry: &Node<'_>, field: &str, file: &str) -> Option<Part> {
    if let Some(inside) = entry.get(field) {
        let (file, path) = (inside.file.to_owned(), inside.path.clone());
        return Some(Part { file, path, value: inside.value.clone() });
    }
    let value = reader.json(file)?;
    Some(Part { file: file.to_owned(), path: "$".to_owned(), value })
}

/// Takes what a scenario's configuration says. The file that says it is returned.
fn configure(
    reader: &mut Reader<'_>,
    (id, entry): (&str, &Node<'_>),
    dirs: &Dirs,
    scenario: &mut Scenario,
) -> String {
    let file = format!("scenarios/{id}/config.json");
    let Some(config) = within(reader, entry, "config", &file) else {
        if !reader.files.contains_key(&file) {
            let named = format!("{} names the scenario at {}", entry.file, entry.path);
            let message = format!("is missing; {named}: nothing is sold until an admin adds it");
            reader.report.warning(&file, "", message);
        }
        return entry.file.to_owned();
    };
    let node = config.node();
    if node.text("id", &mut reader.report).is_some_and(|it| it != id) {
        let at = format!("{}.id", node.path);
        reader.report.warning(node.file, &at, format!("is another: the scenario is {id}"));
    }
    if entry.get("is_active").is_none() {
        scenario.is_active = node.flag("is_active", &mut reader.report).unwrap_or(true);
    }
    set_config(reader, &node, dirs, scenario);
    config.file.clone()
}

fn set_config(reader: &mut Reader<'_>, node: &Node<'_>, dirs: &Dirs, scenario: &mut Scenario) {
    const KNOWN: [&str; 8] =
        ["id", "name", "created_at", "is_active", "prodamus", "on_payment", "on_refund", "consent"];
    node.only(&KNOWN, &mut reader.report);
    if let Some(name) = node.text("name", &mut reader.report) {
        name.clone_into(&mut scenario.name);
    }
    if let Some(at) = node.time("created_at", &mut reader.report) {
        scenario.created_at = at;
    }
    scenario.on_payment = one_of(reader, node, "on_payment");
    scenario.on_refund = one_of(reader, node, "on_refund");
    if let Some(consent) = node.get("consent") {
        let content = reader.content(&consent, "consent", dirs);
        let sets = reader.button_sets.values().cloned().collect();
        if !accepts(&content, ContentRules { names: &reader.names, button_sets: &sets }) {
            let message = format!("must have a button whose callback_data is {ACCEPT}");
            consent.error(&mut reader.report, message);
        }
        scenario.consent = Some(content);
    }
    if let Some(prodamus) = node.get("prodamus") {
        set_product(reader, &prodamus, scenario);
    }
}

/// A field that is one of a few words; its default where it is absent.
fn one_of<T: serde::de::DeserializeOwned + Default>(
    reader: &mut Reader<'_>,
    node: &Node<'_>,
    name: &str,
) -> T {
    let Some(field) = node.get(name) else { return T::default() };
    serde_json::from_value(field.value.clone()).unwrap_or_else(|error| {
        field.error(&mut reader.report, error.to_string());
        T::default()
    })
}

fn set_product(reader: &mut Reader<'_>, node: &Node<'_>, scenario: &mut Scenario) {
    node.only(
        &["product_name", "product_price", "paid_content", "private_group_id"],
        &mut reader.report,
    );
    let name = node.text("product_name", &mut reader.report);
    let paid =
        node.get("paid_content").and_then(|it| it.str(&mut reader.report)).unwrap_or_default();
    // Numbers stand as texts or as numbers.
    let number = |name: &str| {
        let field = node.get(name)?;
        let text = field.value.as_str().map_or_else(|| field.value.to_string(), str::to_owned);
        (!text.trim().is_empty()).then_some((field, text))
    };
    let mut amount = None;
    if let Some((field, text)) = number("product_price") {
        match price(&text) {
            Ok(price) => amount = Some(price),
            Err(message) => field.error(&mut reader.report, message),
        }
    }
    match (name, amount) {
        (Some(name), Some(price)) => {
            let paid_content = reader.scoped(paid);
            scenario.product = Some(Product { name: name.to_owned(), price, paid_content });
        }
        (Some(_), None) if node.get("product_price").is_none() => {
            node.error(&mut reader.report, "product_price is missing");
        }
        (None, Some(_)) => node.error(&mut reader.report, "product_name is missing"),
        _ => {}
    }
    if let Some((field, text)) = number("private_group_id") {
        match check_group_id(&text) {
            Ok(id) => scenario.private_group_id = Some(id),
            Err(message) => field.error(&mut reader.report, message),
        }
    }
}

fn broadcasts(reader: &mut Reader<'_>, migration: &mut Migration) {
    let Some(value) = reader.json(BROADCASTS) else { return };
    let root = Node::root(BROADCASTS, &value);
    let Some(list) = root.get("broadcasts") else { return };
    let photos =
        ["broadcasts/photos/", "broadcasts/images/", "broadcasts/messages/", "assets/images/"];
    let dirs = Dirs {
        texts: vec!["broadcasts/messages/".to_owned(), "broadcasts/".to_owned()],
        photos: photos.map(str::to_owned).to_vec(),
    };
    for node in list.items(&mut reader.report) {
        let Some(id) = node.text("id", &mut reader.report) else {
            node.error(&mut reader.report, "must have an id");
            continue;
        };
        let slug = reader.slug(node.at(), id, "broadcast");
        let before = reader.report.errors.len();
        let content = reader.content(&node, id, &dirs);
        let broadcast = broadcast(reader, &node, (slug.clone(), id), content, migration);
        // What it named may have been deleted since it was sent. Nobody gets it any more.
        if matches!(broadcast.status, BroadcastStatus::Done | BroadcastStatus::Cancelled) {
            let faults = reader.report.errors.split_off(before);
            reader.report.warnings.extend(faults);
        }
        if migration.broadcasts.insert(slug, broadcast).is_some() {
            node.error(&mut reader.report, "another broadcast has this name here");
        }
    }
}

fn broadcast(
    reader: &mut Reader<'_>,
    node: &Node<'_>,
    (slug, id): (Slug, &str),
    content: StepContent,
    migration: &Migration,
) -> Broadcast {
    let targeting: Targeting = one_of(reader, node, "targeting");
    let at = format!("{}.targeting", node.path);
    for fault in targeting.check(&at, |it| migration.scenarios.contains_key(it)) {
        // A scenario may be deleted that a broadcast names: it is checked again before it is sent.
        if let Some(ContentFault::NoSuchScenario { .. }) = fault.fault.as_deref() {
            reader.report.warning(node.file, &fault.field, fault.message);
        } else {
            reader.report.error(node.file, &fault.field, fault.message);
        }
    }
    let status = match one_of(reader, node, "status") {
        // Nothing would send it on: an admin does.
        BroadcastStatus::Sending => BroadcastStatus::Paused,
        other => other,
    };
    Broadcast {
        bot_id: reader.setup.bot.clone(),
        slug,
        name: node.text("name", &mut reader.report).unwrap_or(id).to_owned(),
        content,
        targeting,
        status,
        sending: one_of(reader, node, "sending"),
        created_at: node.time("created_at", &mut reader.report).unwrap_or(reader.setup.now),
        version: 0,
    }
}
