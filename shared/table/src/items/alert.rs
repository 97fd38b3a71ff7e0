//! Company links, alerts, their templates and counts.

use std::time::Duration;

use domain::alert::{ALERT_KEPT, Alert, AlertCount, AlertTemplate, Throttle};
use domain::link::{ChatCompany, CompanyChat, LinkToken, TelegramLink};

use crate::items::plain_item;
use crate::keys;

/// A link that no chat was linked to goes so long after its token expired.
const PENDING_KEPT: Duration = Duration::from_hours(24 * 7);
/// A token stays this long after it expired, so that a late click is answered like any other.
const TOKEN_KEPT: Duration = Duration::from_hours(24);

plain_item!(TelegramLink, "telegram_link", |it| keys::telegram_link(it.company_id, it.id),
    expires: it.chat_id.map_or_else(|| it.token_expires_at.map(|at| at + PENDING_KEPT), |_| None),
    version: it.version);
plain_item!(CompanyChat, "company_chat", |it| keys::company_chat(it.company_id, it.chat_id));
plain_item!(ChatCompany, "chat_company", |it| keys::chat_company(
    &it.bot,
    it.chat_id,
    it.company_id
));
plain_item!(LinkToken, "link_token", |it| keys::link_token(&it.hash),
    expires: Some(it.expires_at + TOKEN_KEPT));
plain_item!(Alert, "alert", |it| keys::alert(it.company_id, it.id),
    expires: Some(it.created_at + ALERT_KEPT));
plain_item!(AlertTemplate, "alert_template", |it| keys::alert_template(it.company_id, &it.key),
    version: it.version);
plain_item!(Throttle, "throttle", |it| keys::throttle(it.company_id, &it.key),
    expires: Some(it.until + TOKEN_KEPT), version: it.version);
plain_item!(AlertCount, "alert_count", |it| keys::alert_count(&it.key));
