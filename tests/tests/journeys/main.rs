//! Journeys through the whole system, over HTTP, in virtual time.

mod accounts;
mod alert_counts;
mod alerts;
mod bots;
mod broadcasting;
mod channels;
mod company_alerts;
mod emails;
mod events;
mod flows;
mod garbage;
mod hooks;
mod invites;
mod isolation;
mod leaving;
mod logs;
mod menus;
mod migration;
mod oddities;
mod operations;
mod owners_view;
mod paid_groups;
mod payments;
mod photos;
mod scenario_authoring;
mod scenarios;
mod start;
mod subscriptions;
mod targets;
mod tasks;
mod trouble;
mod two_scenarios;
mod wizard;
mod wizard_editing;

use serde_json::{Value, json};

/// An offer of this number on a page.
fn offer(page: &str, number: u32) -> Value {
    json!({
        "page_url": page, "url": format!("https://shop.example/{number}"),
        "title": format!("Bike {number}"), "price": "240", "currency": "EUR",
    })
}

/// How many of these texts speak of the offer of this number.
fn about(received: &[String], number: u32) -> usize {
    let title = format!("Bike {number}\n");
    received.iter().filter(|text| text.contains(&title)).count()
}
