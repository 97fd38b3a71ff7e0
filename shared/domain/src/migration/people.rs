//! Contacts and where they are.

use super::json::Node;
use super::queue::run_with_left;
use super::schedules::{Scheduled, Schedules};
use super::{Migration, PaymentInfo, Reader};
use crate::contact::{Contact, Language, MAX_USER_NAME};
use crate::payment::GroupAccess;
use crate::scenario::{Outline, Scenario, ScenarioState, ScenarioStatus};
use crate::slug::Slug;
use crate::text::first_chars;

const USERS: &str = "users.json";
/// Users as they were before the bot of one scenario became one of many.
const BACKUP: &str = "migration_backup/users.json";

/// Fields of a contact of the bot of one scenario.
const OLD: [&str; 10] = [
    "user_name",
    "reg_time",
    "is_messaging",
    "messages_list",
    "payment_date",
    "payment_link",
    "invite_link",
    "joined_group",
    "joined_at",
    "payment_info",
];
/// Fields of a contact of the bot of many; the last four are ours.
const NEW: [&str; 8] = [
    "user_name",
    "reg_time",
    "scenarios",
    "active_scenario_id",
    "language",
    "blocked",
    "unsubscribed",
    "asked",
];
/// Fields of a run; the last four are ours.
const RUN: [&str; 13] = [
    "status",
    "current_message_index",
    "last_sent_at",
    "completed_at",
    "payment_date",
    "payment_link",
    "invite_link",
    "joined_group",
    "joined_at",
    "messages_left",
    "waited_ms",
    "started_at",
    "removed_from_group",
];

/// The step that a name of a file means.
pub(super) fn step_named(name: &str) -> Slug {
    Slug::parse(name).unwrap_or_else(|_| Slug::of_name(name, "message"))
}

/// What was to be sent, and what is said of it elsewhere.
struct Queue<'a, 'b> {
    scheduled: Option<&'a Scheduled>,
    /// The user as the bot of one scenario had it.
    before: Option<Node<'b>>,
}

impl Reader<'_> {
    /// Those of the bot of one scenario.
    pub(super) fn old_contacts(&mut self, scenario: &Scenario, migration: &mut Migration) {
        let schedules = self.old_schedules();
        let Some(value) = self.json(USERS) else { return };
        for (name, node) in Node::root(USERS, &value).fields(&mut self.report) {
            let Some(chat) = self.chat(name, &node) else { continue };
            node.only(&OLD, &mut self.report);
            let info = self.payment_info(&node);
            migration.payment_infos.extend(info.map(|it| (chat, it)));
            let mut contact = self.contact(chat, &node);
            let run = self.old_run(&node, &scenario.outline);
            self.add(&mut contact, (scenario, run), schedules.get(&chat), &node);
            migration.contacts.insert(chat, contact);
        }
    }

    /// Those of the bot of many.
    pub(super) fn contacts(&mut self, migration: &mut Migration, named: &[(String, Slug)]) {
        let schedules = self.schedules();
        let before = if self.files.contains_key(BACKUP) { self.json(BACKUP) } else { None };
        let Some(value) = self.json(USERS) else { return };
        for (name, node) in Node::root(USERS, &value).fields(&mut self.report) {
            let Some(chat) = self.chat(name, &node) else { continue };
            let old = before.as_ref().and_then(|it| Node::root(BACKUP, it).get(name));
            let info = self.payment_info(&node);
            let contact = self.new_contact(chat, &node, migration, (named, &schedules, old));
            migration.payment_infos.extend(info.map(|it| (chat, it)));
            migration.contacts.insert(chat, contact);
        }
        for chat in schedules.keys().filter(|it| !migration.contacts.contains_key(it)) {
            let message = format!("{chat} has a schedule and is not there");
            self.report.warning(USERS, "", message);
        }
    }

    fn new_contact(
        &mut self,
        chat: i64,
        node: &Node<'_>,
        migration: &Migration,
        (named, timetable, before): (&[(String, Slug)], &Schedules, Option<Node<'_>>),
    ) -> Contact {
        node.only(&[&NEW[..], &OLD[..]].concat(), &mut self.report);
        let mut contact = self.contact(chat, node);
        let slug_of = |id: &str| named.iter().find(|it| it.0 == id).map(|it| it.1.clone());
        let active = node.text("active_scenario_id", &mut self.report);
        let before = before.or_else(|| node.get("messages_list").map(|_| node.clone()));
        let runs = node.get("scenarios");
        for (id, run) in runs.map(|it| it.fields(&mut self.report)).unwrap_or_default() {
            let Some((scenario, _)) = slug_of(id).and_then(|it| migration.scenarios.get(&it))
            else {
                run.error(&mut self.report, "is of a scenario that is not there");
                continue;
            };
            let is_default = migration.default_scenario.as_ref() == Some(&scenario.slug);
            let scheduled = timetable.get(&chat).filter(|it| match &it.scenario {
                Some(of) => of == id,
                None => is_default,
            });
            let before = before.clone().filter(|_| is_default);
            let mut state = self.run(&run, &scenario.outline, &Queue { scheduled, before });
            if state.is_active() && active.is_some_and(|it| it != id) {
                run.warning(&mut self.report, "is not the active scenario: it is taken as stopped");
                state.status = ScenarioStatus::Stopped;
            }
            self.add(&mut contact, (scenario, state), scheduled, &run);
        }
        let is_active = |id: &str| slug_of(id).is_some_and(|it| contact.is_in(&it));
        if active.is_some_and(|id| !is_active(id)) {
            node.warning(&mut self.report, "its active scenario is not under way: none is active");
        }
        contact.asked = node.text("asked", &mut self.report).and_then(slug_of);
        contact
    }

    /// What is said of a contact whatever it is in.
    fn contact(&mut self, chat: i64, node: &Node<'_>) -> Contact {
        let registered = node.time("reg_time", &mut self.report);
        if registered.is_none() {
            node.warning(&mut self.report, "has no reg_time: it counts as registered now");
        }
        let now = self.setup.now;
        let mut contact = Contact::new(self.setup.bot.clone(), chat, registered.unwrap_or(now));
        let name = node.text("user_name", &mut self.report);
        contact.user_name = name.map(|it| first_chars(it, MAX_USER_NAME).to_owned());
        // What the bot before spoke.
        contact.language = match node.text("language", &mut self.report) {
            Some(tag) => Language::of_code(Some(tag)),
            None => Language::Ru,
        };
        contact.blocked = node.text("blocked", &mut self.report).map(str::to_owned);
        contact.unsubscribed = node.flag("unsubscribed", &mut self.report).unwrap_or_default();
        contact
    }

    /// Adds a run; one that is under way becomes the contact's active one, and due when it was to be.
    fn add(
        &mut self,
        contact: &mut Contact,
        (scenario, run): (&Scenario, ScenarioState),
        scheduled: Option<&Scheduled>,
        node: &Node<'_>,
    ) {
        if run == ScenarioState::default() {
            return;
        }
        let mut run = run;
        // The way that the bot before has given leads there.
        if run.invite_link.is_some() || run.access.joined_group {
            run.group = scenario.private_group_id;
        }
        if run.is_active() {
            if contact.active.is_some() {
                node.warning(
                    &mut self.report,
                    "another scenario is active: it is taken as stopped",
                );
                run.status = ScenarioStatus::Stopped;
            } else {
                contact.active = Some(scenario.slug.clone());
                run = match (scheduled, run.last_sent_at) {
                    (Some(it), _) => run.with_due(&scenario.outline, it.at),
                    (None, Some(sent)) => ScenarioState { counts_from: Some(sent), ..run },
                    (None, None) => {
                        let message =
                            "nothing says when its next message is due: the delay counts from now";
                        node.warning(&mut self.report, message);
                        ScenarioState { counts_from: Some(self.setup.now), ..run }
                    }
                };
            }
        }
        contact.runs.insert(scenario.slug.clone(), run);
    }

    /// The run of a contact of the bot of one scenario.
    fn old_run(&mut self, node: &Node<'_>, outline: &Outline) -> ScenarioState {
        let mut run = self.paid(node);
        let under_way = node.flag("is_messaging", &mut self.report).unwrap_or_default();
        let left = self.queue_of(node, outline);
        let all = outline.steps().count();
        run.status = match (&left, run.payment_date) {
            (None, None) if !under_way => ScenarioStatus::NotStarted,
            (Some(left), None) if !under_way && left.len() == all => ScenarioStatus::NotStarted,
            (Some(left), None) if under_way && !left.is_empty() => ScenarioStatus::Active,
            (Some(left), None) if !left.is_empty() => ScenarioStatus::Stopped,
            _ => ScenarioStatus::Completed,
        };
        run.completed_at = run.payment_date;
        if run.status == ScenarioStatus::NotStarted {
            return run;
        }
        run_with_left(outline, run, &left.unwrap_or_default())
    }

    /// What a queue of the bot of one scenario has left; its last element is the next message.
    fn queue_of(&mut self, node: &Node<'_>, outline: &Outline) -> Option<Vec<Slug>> {
        let list = node.get("messages_list")?;
        let mut left = Vec::new();
        for item in list.items(&mut self.report) {
            let Some(name) = item.str(&mut self.report) else { continue };
            let step = step_named(name);
            if outline.has(&step) {
                left.push(step);
            } else {
                item.warning(
                    &mut self.report,
                    format!("there is no message {name}: it is left out"),
                );
            }
        }
        left.reverse();
        let order = |step: &Slug| outline.steps().position(|(it, _)| it == step);
        if !left.is_sorted_by_key(order) {
            list.warning(&mut self.report, "is in another order: the scenario's order is kept");
        }
        Some(left)
    }

    /// The run of a contact of the bot of many.
    fn run(&mut self, node: &Node<'_>, outline: &Outline, queue: &Queue<'_, '_>) -> ScenarioState {
        node.only(&RUN, &mut self.report);
        let mut run = self.paid(node);
        run.status = self.status(node);
        run.last_sent_at = node.time("last_sent_at", &mut self.report);
        run.completed_at = node.time("completed_at", &mut self.report);
        run.started_at = node.time("started_at", &mut self.report);
        run.waited = node.number("waited_ms", &mut self.report);
        run.access.removed = node.flag("removed_from_group", &mut self.report).unwrap_or_default();
        let left = self.left(node, outline, queue);
        if run.status == ScenarioStatus::NotStarted {
            return run;
        }
        let run = run_with_left(outline, run, &left);
        if run.is_active() && left.is_empty() {
            return ScenarioState { status: ScenarioStatus::Completed, ..run };
        }
        run
    }

    fn status(&mut self, node: &Node<'_>) -> ScenarioStatus {
        let Some(status) = node.get("status") else { return ScenarioStatus::NotStarted };
        serde_json::from_value(status.value.clone()).unwrap_or_else(|_| {
            let message = "must be not_started, active, completed or stopped";
            status.error(&mut self.report, message);
            ScenarioStatus::NotStarted
        })
    }

    /// The messages that a contact has ahead: as our own files list them, as the queue of before has them,
    /// or those from the index on.
    fn left(&mut self, node: &Node<'_>, outline: &Outline, queue: &Queue<'_, '_>) -> Vec<Slug> {
        if let Some(list) = node.get("messages_left") {
            let items = list.items(&mut self.report);
            let names: Vec<_> = items.iter().filter_map(|it| it.str(&mut self.report)).collect();
            return names.into_iter().map(step_named).filter(|it| outline.has(it)).collect();
        }
        let said = node.number("current_message_index", &mut self.report).unwrap_or_default();
        let said = usize::try_from(said).unwrap_or(usize::MAX);
        let before = queue.before.as_ref().filter(|_| said == 0);
        if let Some(left) = before.and_then(|it| self.queue_of(it, outline)) {
            return left;
        }
        let all = outline.steps().count();
        if said > all {
            let message = format!("current_message_index is beyond the {all} messages");
            node.warning(&mut self.report, message);
        }
        // What was to be sent is nearer to the truth than an index that a migration set to 0.
        let index = queue.scheduled.and_then(|it| it.index).map_or(said, |it| it.max(said));
        outline.steps().skip(index).map(|(step, _)| step.clone()).collect()
    }

    /// What a contact has paid, and the way into the group.
    fn paid(&mut self, node: &Node<'_>) -> ScenarioState {
        let report = &mut self.report;
        ScenarioState {
            payment_date: node.time("payment_date", report),
            payment_link: node.text("payment_link", report).map(str::to_owned),
            invite_link: node.text("invite_link", report).map(str::to_owned),
            access: GroupAccess {
                joined_group: node.flag("joined_group", report).unwrap_or_default(),
                joined_at: node.time("joined_at", report),
                removed: false,
            },
            ..ScenarioState::default()
        }
    }

    /// What a payment service has said of a person, if it has said anything.
    fn payment_info(&mut self, node: &Node<'_>) -> Option<PaymentInfo> {
        let info = node.get("payment_info")?;
        let Some(fields) = info.value.as_object() else {
            info.warning(&mut self.report, "must be an object: it is left out");
            return None;
        };
        let at = (info.file, info.path.as_str());
        (!fields.is_empty()).then(|| PaymentInfo::new(info.value.to_string(), at))
    }
}
