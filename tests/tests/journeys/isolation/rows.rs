//! One row per route: who gets which answer.

use serde_json::{Value, json};

use super::access::{
    ADMINS, ALERTS, ANYONE, Access, COMPANYS, Expected, LOGGED_IN, Need, OWN, Row, SCRAPERS,
    SIGNED, WEBHOOK, everyone, row,
};
use super::people::{MARK, PAID, PNG, Things, buttons, signed_up, task};

/// All rows.
pub(super) fn all() -> Vec<Row> {
    let parts: [fn() -> Vec<Row>; 17] = [
        health,
        accounts,
        company,
        targets,
        channels,
        invites,
        tasks,
        scraping,
        webhooks,
        pages,
        bots,
        scenarios,
        broadcasts,
        contacts,
        links,
        alerts,
        subscriptions,
    ];
    parts.into_iter().flat_map(|part| part()).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "a row's body may be none")]
fn some(body: Value) -> Option<Value> {
    Some(body)
}

fn health() -> Vec<Row> {
    vec![
        row("GET /healthz", ANYONE),
        row("GET /readyz", ANYONE),
        row("GET /openapi.json", ANYONE),
        row("GET /docs", ANYONE),
    ]
}

/// Each caller signs an account up: the rows after it, and those of the pages, are about that account.
fn accounts() -> Vec<Row> {
    vec![
        row("POST /api/public/auth/signup", ANYONE).logs_in().with(|things| {
            let (username, email) =
                (format!("new-{}", things.caller()), signed_up(things.caller()));
            some(json!({ "username": username, "email": email, "password": "correct horse" }))
        }),
        row("POST /api/public/auth/login", ANYONE).logs_in().with(|things| {
            let username = format!("new-{}", things.caller());
            some(json!({ "username": username, "password": "correct horse" }))
        }),
        row("POST /api/public/auth/logout", ANYONE).alone(),
        row("GET /api/public/auth/me", LOGGED_IN),
        row("PATCH /api/public/auth/me", LOGGED_IN)
            .with(|_| some(json!({ "timezone": "Europe/Berlin" }))),
        // Whoever goes before their company's last admin leaves it to them.
        row("DELETE /api/public/auth/me", LOGGED_IN)
            .alone()
            .with(|_| some(json!({ "password": "correct horse" }))),
        row("POST /api/public/auth/password", LOGGED_IN).alone().with(|_| {
            some(json!({ "current_password": "correct horse", "new_password": "battery staple" }))
        }),
        row("POST /api/public/auth/password-reset", ANYONE)
            .with(|things| some(json!({ "email": signed_up(things.caller()) }))),
        // Whoever has the mail.
        row("POST /api/public/auth/password-reset/confirm", ANYONE).needs(Need::Reset).with(
            |things| some(json!({ "token": things.id("token"), "new_password": "battery staple" })),
        ),
        row("POST /api/public/auth/accept-invitation", ANYONE)
            .needs(Need::Invitation)
            .logs_in()
            .with(|things| {
                let username = format!("joined-{}", things.caller());
                let token = things.id("token");
                some(json!({ "token": token, "username": username, "password": "correct horse" }))
            }),
        row("GET /api/public/auth/sessions", LOGGED_IN),
        row("DELETE /api/public/auth/sessions", LOGGED_IN),
        row("DELETE /api/public/auth/sessions/{session_id}", OWN),
    ]
}

fn company() -> Vec<Row> {
    vec![
        row("GET /api/public/company", LOGGED_IN),
        row("PATCH /api/public/company", ADMINS).with(|things| {
            some(json!({ "name": if things.caller() == "owner" { MARK } else { "theirs" } }))
        }),
        row("GET /api/public/company/members", ADMINS),
        row("PATCH /api/public/company/members/{user_id}", COMPANYS)
            .with(|_| some(json!({ "role": "admin" }))),
        row("DELETE /api/public/company/members/{user_id}", COMPANYS),
        row("GET /api/public/company/guests", ADMINS),
        row("DELETE /api/public/company/guests/{user_id}", COMPANYS),
        row("GET /api/public/company/invitations", ADMINS),
        row("POST /api/public/company/invitations", ADMINS)
            .with(|_| some(json!({ "email": "somebody@example.com" }))),
        row("DELETE /api/public/company/invitations/{invitation_id}", COMPANYS),
        row("GET /api/public/company/api-keys", ADMINS),
        row("POST /api/public/company/api-keys", ADMINS)
            .with(|_| some(json!({ "name": "a key", "scopes": ["events"] }))),
        row("DELETE /api/public/company/api-keys/{key_id}", COMPANYS),
    ]
}

fn targets() -> Vec<Row> {
    vec![
        row("GET /api/public/targets", LOGGED_IN),
        row("POST /api/public/targets", LOGGED_IN).with(|_| {
            some(json!({ "name": "theirs", "page_urls": ["https://shop.example/theirs"] }))
        }),
        row("GET /api/public/targets/{target_id}", OWN),
        row("PATCH /api/public/targets/{target_id}", OWN)
            .with(|things| some(json!({ "name": format!("{MARK} {}", things.id("target_id")) }))),
        row("DELETE /api/public/targets/{target_id}", OWN),
        row("GET /api/public/targets/{target_id}/offers", OWN),
        row("GET /api/public/targets/{target_id}/deliveries", OWN),
        row("GET /api/public/targets/{target_id}/pages", OWN),
        row("POST /api/public/targets/{target_id}/disable", OWN),
        row("POST /api/public/targets/{target_id}/enable", OWN),
        row("PUT /api/public/targets/{target_id}/channels/{channel_id}", OWN),
        row("DELETE /api/public/targets/{target_id}/channels/{channel_id}", OWN),
        row("POST /api/public/targets/{target_id}/telegram-link", OWN).with(|_| some(json!({}))),
    ]
}

fn channels() -> Vec<Row> {
    vec![
        row("GET /api/notifications/channels", LOGGED_IN),
        row("POST /api/notifications/channels", LOGGED_IN)
            .with(|_| some(json!({ "channel_type": "TELEGRAM" }))),
        row("GET /api/notifications/channels/{channel_id}", OWN),
        row("PATCH /api/notifications/channels/{channel_id}", OWN)
            .with(|_| some(json!({ "name": format!("{MARK} still") }))),
        row("DELETE /api/notifications/channels/{channel_id}", OWN),
        row("GET /api/notifications/channels/{channel_id}/deliveries", OWN),
        row("POST /api/notifications/channels/{channel_id}/test", OWN),
        // The owner's channel is confirmed, and so needs no other link.
        row(
            "POST /api/notifications/channels/{channel_id}/resend",
            Access { owner: Expected::Is(409), ..OWN },
        ),
    ]
}

fn tasks() -> Vec<Row> {
    vec![
        row("GET /api/available-tasks", ADMINS),
        row("GET /api/scheduled-tasks", ADMINS),
        // The owner's chat is none of the other company's.
        row("POST /api/scheduled-tasks", Access { other_admin: Expected::Is(422), ..ADMINS })
            .with(|things| some(task(things.id("chat").parse().unwrap_or_default()))),
        row("GET /api/scheduled-tasks/{slug}", COMPANYS),
        row("PATCH /api/scheduled-tasks/{slug}", COMPANYS)
            .with(|_| some(json!({ "name": format!("{MARK} still") }))),
        row("DELETE /api/scheduled-tasks/{slug}", COMPANYS),
        row("POST /api/scheduled-tasks/{slug}/run", COMPANYS).with(|_| some(json!({}))),
        row("POST /api/scheduled-tasks/{slug}/toggle", COMPANYS)
            .with(|_| some(json!({ "enabled": false }))),
        row("GET /api/scheduled-tasks/{slug}/runs", COMPANYS),
    ]
}

fn invites() -> Vec<Row> {
    vec![
        row("GET /api/telegram/invites", ADMINS),
        row("POST /api/telegram/invites", ADMINS)
            .with(|_| some(json!({ "target_name": "a watch" }))),
        row("DELETE /api/telegram/invites/{invite_id}", COMPANYS),
    ]
}

/// An offer of this number.
fn scraped(number: u32) -> Value {
    crate::offer("https://shop.example/scraped", number)
}

fn scraping() -> Vec<Row> {
    vec![
        row("GET /api/internal/scraping-jobs", SCRAPERS),
        // A job that has no lease of the page.
        row(
            "POST /api/internal/scraping-jobs/{job_id}/release",
            Access { scraper: Expected::Is(404), ..SCRAPERS },
        )
        .with(|_| some(json!({ "page_url": "https://shop.example/scraped" }))),
        row("POST /api/internal/scraping-jobs/{job_id}/report", SCRAPERS).with(|_| {
            some(json!({ "page_url": "https://shop.example/scraped", "outcome": "done" }))
        }),
        row("POST /api/internal/offers", SCRAPERS).with(|_| some(scraped(1))),
        row("POST /api/internal/offers/batch", SCRAPERS)
            .with(|_| some(json!({ "offers": [scraped(1), scraped(2)] }))),
        row("GET /api/internal/offers", SCRAPERS).asking("?url=https://shop.example/1"),
    ]
}

fn webhooks() -> Vec<Row> {
    vec![
        row("POST /api/telegram/webhook/{bot_id}", WEBHOOK)
            .refused_with("WRONG_SECRET")
            .with(|_| some(json!({ "update_id": 1 }))),
        row("POST /api/webhooks/telegram", WEBHOOK)
            .refused_with("WRONG_SECRET")
            .with(|_| some(json!({ "update_id": 1 }))),
        row("POST /api/webhooks/courier", WEBHOOK)
            .refused_with("WRONG_SIGNATURE")
            .with(|_| some(json!({ "type": "message:updated", "data": {} }))),
        row("POST /api/webhooks/prodamus/{bot}", SIGNED).refused_with("WRONG_SIGNATURE").with(
            |_| some(json!({ "order_num": "1", "sum": "1.00", "payment_status": "success" })),
        ),
        row("POST /api/webhooks/stripe", SIGNED)
            .refused_with("WRONG_SIGNATURE")
            .with(|_| some(json!({ "id": "evt_1", "type": "invoice.paid" }))),
    ]
}

/// Pages that links in mails lead to: whoever has the mail has the token, which is what counts.
fn pages() -> Vec<Row> {
    vec![
        row("GET /confirm-email", ANYONE),
        row("GET /reset-password", ANYONE),
        row("POST /reset-password", ANYONE)
            .needs(Need::Reset)
            .form(|things| format!("token={}&new_password=battery+staple", things.id("token"))),
        row("GET /accept-invitation", ANYONE),
        row("POST /accept-invitation", ANYONE).needs(Need::Invitation).logs_in().form(|things| {
            let (token, caller) = (things.id("token"), things.caller());
            format!("token={token}&username=came-{caller}&password=correct+horse")
        }),
        row("POST /confirm-email", everyone(Expected::Is(303)))
            .needs(Need::Confirmation)
            .form(|things| format!("token={}", things.id("token"))),
        row("GET /confirm-email/done", ANYONE),
        row("GET /confirm-email/failed", ANYONE),
    ]
}

fn bots() -> Vec<Row> {
    vec![
        row("GET /api/telegram/bots", ADMINS),
        row("POST /api/telegram/bots", ADMINS)
            .needs(Need::Bot)
            .with(|things| some(json!({ "token": things.id("token") }))),
        row("GET /api/telegram/bots/{bot}", COMPANYS),
        row("PATCH /api/telegram/bots/{bot}", COMPANYS)
            .with(|_| some(json!({ "default_chat_id": 42 }))),
        row("POST /api/telegram/bots/{bot}/activate", COMPANYS),
        row("POST /api/telegram/bots/{bot}/deactivate", COMPANYS),
        row("GET /api/telegram/bots/{bot}/webhook", COMPANYS),
        row("POST /api/telegram/bots/{bot}/webhook", COMPANYS),
    ]
}

/// What is written for a bot: the bot is the company's, and so is all of that.
fn scenarios() -> Vec<Row> {
    vec![
        row("GET /api/telegram/bots/{bot}/scenarios", COMPANYS),
        row("POST /api/telegram/bots/{bot}/scenarios", COMPANYS)
            .with(|_| some(json!({ "name": MARK }))),
        row("GET /api/telegram/bots/{bot}/scenarios/{scenario}", COMPANYS),
        row("PATCH /api/telegram/bots/{bot}/scenarios/{scenario}", COMPANYS)
            .with(|_| some(json!({ "name": format!("{MARK} still") }))),
        row("DELETE /api/telegram/bots/{bot}/scenarios/{scenario}", COMPANYS),
        row("GET /api/telegram/bots/{bot}/scenarios/{scenario}/steps", COMPANYS),
        row("POST /api/telegram/bots/{bot}/scenarios/{scenario}/steps", COMPANYS)
            .with(|_| some(json!({ "text": MARK, "timing": { "hours": 1 } }))),
        row("GET /api/telegram/bots/{bot}/scenarios/{scenario}/steps/{step}", COMPANYS),
        row("PATCH /api/telegram/bots/{bot}/scenarios/{scenario}/steps/{step}", COMPANYS)
            .with(|_| some(json!({ "text": MARK }))),
        row("POST /api/telegram/bots/{bot}/scenarios/{scenario}/steps/{step}/move", COMPANYS)
            .with(|_| some(json!({}))),
        row("DELETE /api/telegram/bots/{bot}/scenarios/{scenario}/steps/{step}", COMPANYS),
        row("GET /api/telegram/bots/{bot}/button-sets", COMPANYS),
        row("GET /api/telegram/bots/{bot}/button-sets/{button_set}", COMPANYS),
        row("PUT /api/telegram/bots/{bot}/button-sets/{button_set}", COMPANYS)
            .with(|_| some(buttons())),
        row("DELETE /api/telegram/bots/{bot}/button-sets/{button_set}", COMPANYS),
        row("GET /api/telegram/bots/{bot}/scenario-settings", COMPANYS),
        row("PATCH /api/telegram/bots/{bot}/scenario-settings", COMPANYS)
            .with(|_| some(json!({ "variables": { "word": MARK } }))),
        row("POST /api/telegram/bots/{bot}/preview", COMPANYS)
            .with(|_| some(json!({ "content": { "text": MARK } }))),
        row("POST /api/telegram/bots/{bot}/photos", COMPANYS).raw("image/png", PNG),
        row("GET /api/telegram/bots/{bot}/photos/{photo}", COMPANYS),
    ]
}

/// Broadcasts of the company's bot. The owner's are drafts: they may be sent and cancelled, and are not on
/// their way.
fn broadcasts() -> Vec<Row> {
    let not_yet = Access { owner: Expected::Is(409), ..COMPANYS };
    vec![
        row("GET /api/telegram/bots/{bot}/broadcasts", COMPANYS),
        row("POST /api/telegram/bots/{bot}/broadcasts", COMPANYS)
            .with(|_| some(json!({ "name": MARK, "text": MARK }))),
        row("GET /api/telegram/bots/{bot}/broadcasts/{broadcast}", COMPANYS),
        row("PATCH /api/telegram/bots/{bot}/broadcasts/{broadcast}", COMPANYS)
            .with(|_| some(json!({ "name": format!("{MARK} still") }))),
        row("DELETE /api/telegram/bots/{bot}/broadcasts/{broadcast}", COMPANYS),
        row("GET /api/telegram/bots/{bot}/broadcasts/{broadcast}/audience", COMPANYS),
        row("POST /api/telegram/bots/{bot}/broadcasts/{broadcast}/dry-run", COMPANYS),
        row("POST /api/telegram/bots/{bot}/broadcasts/{broadcast}/send", COMPANYS),
        row("POST /api/telegram/bots/{bot}/broadcasts/{broadcast}/pause", not_yet),
        row("POST /api/telegram/bots/{bot}/broadcasts/{broadcast}/resume", not_yet),
        row("POST /api/telegram/bots/{bot}/broadcasts/{broadcast}/cancel", COMPANYS),
        row("GET /api/telegram/bots/{bot}/broadcasts/{broadcast}/deliveries", COMPANYS),
        row("POST /api/telegram/bots/{bot}/broadcasts/{broadcast}/copy", COMPANYS)
            .with(|_| some(json!({}))),
    ]
}

/// Who talks to a bot, and what they pay: the bot is the company's, and so is all of that.
fn contacts() -> Vec<Row> {
    let paid = |_: &Things| some(json!({ "scenario": PAID }));
    vec![
        row("GET /api/telegram/bots/{bot}/contacts", COMPANYS),
        row("GET /api/telegram/bots/{bot}/contacts.csv", COMPANYS),
        row("GET /api/telegram/bots/{bot}/contacts/{chat_id}", COMPANYS),
        row("POST /api/telegram/bots/{bot}/contacts/{chat_id}/grant", COMPANYS).with(paid),
        row("POST /api/telegram/bots/{bot}/contacts/{chat_id}/refund", COMPANYS).with(paid),
        // A scenario without messages takes nobody.
        row(
            "POST /api/telegram/bots/{bot}/contacts/{chat_id}/start",
            Access { owner: Expected::Is(409), ..COMPANYS },
        )
        .with(paid),
        row("POST /api/telegram/bots/{bot}/contacts/{chat_id}/reset", COMPANYS)
            .with(|_| some(json!({}))),
        row("POST /api/telegram/bots/{bot}/contacts/{chat_id}/stop", COMPANYS)
            .with(|_| some(json!({}))),
        row("GET /api/telegram/bots/{bot}/payments", COMPANYS),
        row("GET /api/telegram/bots/{bot}/orders/{order}", COMPANYS),
        row("GET /api/telegram/bots/{bot}/scenarios/{scenario}/funnel", COMPANYS),
        // A bot that nobody pays through, and a scenario that sells nothing.
        row(
            "POST /api/telegram/bots/{bot}/scenarios/{scenario}/test-payment",
            Access { owner: Expected::Is(409), ..COMPANYS },
        ),
    ]
}

/// Who has opened a checkout is a customer, and has a portal.
fn subscriptions() -> Vec<Row> {
    vec![
        row("POST /api/public/subscriptions/create-checkout-session", LOGGED_IN),
        row("POST /api/public/subscriptions/create-portal-session", LOGGED_IN),
        row("GET /api/public/subscriptions/current", LOGGED_IN),
    ]
}

fn links() -> Vec<Row> {
    // Members see their company's links, and change their own.
    let seen = Access { member: Expected::Done, ..OWN };
    let own = Access { member: Expected::Is(403), ..OWN };
    vec![
        row("GET /api/telegram-links", LOGGED_IN),
        row("POST /api/telegram-links", LOGGED_IN).with(|_| some(json!({}))),
        row("GET /api/telegram-links/{link_id}", seen),
        row("PATCH /api/telegram-links/{link_id}", own)
            .with(|_| some(json!({ "opted_in_reports": true }))),
        row("POST /api/telegram-links/{link_id}/token", own),
        row("DELETE /api/telegram-links/{link_id}", own),
    ]
}

fn alerts() -> Vec<Row> {
    vec![
        row("GET /api/telegram/alert-templates", ADMINS),
        // Each company has keys of its own.
        row("PUT /api/telegram/alert-templates/{key}", ADMINS)
            .with(|_| some(json!({ "title": "a title", "body": "a body" }))),
        row("GET /api/telegram/alert-templates/{key}", COMPANYS),
        row("DELETE /api/telegram/alert-templates/{key}", COMPANYS),
        row("POST /api/telegram/alert-templates/{key}/preview", COMPANYS)
            .with(|_| some(json!({ "context": {} }))),
        row("GET /api/telegram/metrics", ADMINS),
        row("POST /api/internal/alerts", ALERTS).with(|things| {
            some(json!({
                "company_id": things.id("company"), "category": "alerts", "title": MARK,
                "body": MARK,
            }))
        }),
    ]
}
