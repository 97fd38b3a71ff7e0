//! How a bot wants its updates: pushed to an address, or fetched.

use serde_json::{Value, json};
use url::Url;

use super::{Call, Done};
use crate::telegram::journal::{Record, Webhook};
use crate::telegram::queue::Pending;
use crate::telegram::refusal::Refusal;

const PORTS: [u16; 4] = [443, 80, 88, 8443];
const MAX_SECRET: usize = 256;

/// `setWebhook`
pub(super) fn set_webhook(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let url = call.args.text("url").to_owned();
    if url.is_empty() {
        return Ok(remove(call));
    }
    let secret = call.args.text("secret_token").to_owned();
    if secret.len() > MAX_SECRET {
        return Err(Refusal::bad_request("secret token is too long"));
    }
    if !secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err(Refusal::bad_request("secret token contains unallowed characters"));
    }
    check_url(call, &url)?;
    let connections = call.args.integer("max_connections").unwrap_or(40).clamp(1, 100);
    let webhook = Webhook {
        url,
        secret: (!secret.is_empty()).then_some(secret),
        max_connections: usize::try_from(connections).unwrap_or(1),
    };
    let drop_pending = call.args.flag("drop_pending_updates");
    let is_same = call.bot().webhook.as_ref() == Some(&webhook) && !drop_pending;
    let note = if is_same { "Webhook is already set" } else { "Webhook was set" };
    let mut done = Done { note: Some(note), ..Done::yes() };
    done.records.extend(allowed_updates(call)?);
    if drop_pending {
        done.records.push(drop_all(call));
    }
    if !is_same {
        done.records.push(Record::Webhook { bot_id: call.bot_id, webhook: Some(webhook) });
    }
    Ok(done)
}

/// `deleteWebhook`
pub(super) fn delete_webhook(call: &mut Call<'_>) -> Done {
    remove(call)
}

fn remove(call: &mut Call<'_>) -> Done {
    let had_one = call.bot().webhook.is_some();
    let note = if had_one { "Webhook was deleted" } else { "Webhook is already deleted" };
    let mut done = Done { note: Some(note), ..Done::yes() };
    if call.args.flag("drop_pending_updates") {
        done.records.push(drop_all(call));
    }
    if had_one {
        done.records.push(Record::Webhook { bot_id: call.bot_id, webhook: None });
    }
    done
}

/// `getWebhookInfo`
pub(super) fn get_webhook_info(call: &mut Call<'_>) -> Done {
    let bot = call.bot();
    let url = bot.webhook.as_ref().map_or("", |webhook| webhook.url.as_str());
    let mut info = json!({ "url": url, "has_custom_certificate": false, "pending_update_count": bot.queue.len() });
    if let Some((at_ms, message)) = &bot.last_error {
        info["last_error_date"] = json!(at_ms.div_euclid(1_000));
        info["last_error_message"] = json!(message);
    }
    if let Some(webhook) = &bot.webhook {
        info["max_connections"] = json!(webhook.max_connections);
        info["ip_address"] = json!("127.0.0.1");
    }
    if let Some(kinds) = &bot.allowed {
        info["allowed_updates"] = json!(kinds);
    }
    Done::with(info)
}

/// `getUpdates`; waiting for something to come is up to the caller.
pub(super) fn get_updates(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let (bot_id, now) = (call.bot_id, call.now);
    if call.bot().webhook.is_some() {
        return Err(Refusal::conflict(
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        ));
    }
    let mut done = Done::default();
    done.records.extend(allowed_updates(call)?);
    let offset = call.args.integer("offset").unwrap_or(0);
    let limit =
        usize::try_from(call.args.integer("limit").unwrap_or(100).clamp(1, 100)).unwrap_or(100);
    let bot = call.bot();
    // A negative offset means "the last so many", which forgets all before them too.
    let from = match usize::try_from(offset.saturating_neg()) {
        Ok(last) if offset < 0 => {
            let nth = bot.queue.all().rev().nth(last.saturating_sub(1));
            nth.or_else(|| bot.queue.all().next()).map_or(0, |update| update.update_id)
        }
        _ => offset,
    };
    let mut gone = bot.queue.expired(now);
    gone.extend(
        bot.queue.all().take_while(|update| update.update_id < from).map(|update| update.update_id),
    );
    let waiting = bot.queue.all().filter(|update| !gone.contains(&update.update_id));
    done.result = Value::Array(waiting.take(limit).map(Pending::to_json).collect());
    if !gone.is_empty() {
        done.records.push(Record::Done { bot_id, update_ids: gone });
    }
    Ok(done)
}

fn drop_all(call: &mut Call<'_>) -> Record {
    let update_ids = call.bot().queue.all().map(|update| update.update_id).collect();
    Record::Done { bot_id: call.bot_id, update_ids }
}

/// The kinds of updates wanted: unsaid keeps what was said before, an empty
/// list is the default again.
fn allowed_updates(call: &mut Call<'_>) -> Result<Option<Record>, Refusal> {
    let Some(given) = call.args.json("allowed_updates") else {
        return Ok(None);
    };
    let list = given.as_ref().ok().and_then(Value::as_array);
    let list =
        list.ok_or_else(|| Refusal::bad_request("allowed_updates must be an Array of String"))?;
    let kinds: Option<Vec<String>> =
        list.iter().map(|kind| kind.as_str().map(str::to_ascii_lowercase)).collect();
    let kinds =
        kinds.ok_or_else(|| Refusal::bad_request("allowed_updates must be an Array of String"))?;
    let kinds = (!kinds.is_empty()).then_some(kinds);
    let bot_id = call.bot_id;
    Ok((call.bot().allowed != kinds).then_some(Record::Allowed { bot_id, kinds }))
}

fn check_url(call: &Call<'_>, url: &str) -> Result<(), Refusal> {
    let bad = |why: &str| Refusal::bad_request(format!("bad webhook: {why}"));
    let parsed =
        Url::parse(url).map_err(|_| Refusal::bad_request("invalid webhook URL specified"))?;
    if parsed.host_str().is_none_or(str::is_empty) {
        return Err(Refusal::bad_request("invalid webhook URL specified"));
    }
    let is_http = matches!(parsed.scheme(), "http" | "https");
    if call.options.allow_local_webhooks && is_http {
        return Ok(());
    }
    if parsed.scheme() != "https" {
        return Err(bad("An HTTPS URL must be provided for webhook"));
    }
    if !parsed.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) {
        return Err(bad("Webhook can be set up only on ports 80, 88, 443 or 8443"));
    }
    Ok(())
}
