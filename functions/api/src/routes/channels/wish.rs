//! What is asked for when a channel is to be added.

use app::AppError;
use domain::channel::{ChannelDetails, HookKind};
use domain::field_error::FieldError;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::KindName;

/// How someone wants to be reached.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = NewChannel)]
pub(crate) struct CreateRequest {
    /// Which way.
    #[schema(required, nullable = false, value_type = KindName)]
    channel_type: Option<String>,
    /// What the user calls it, at most 100 characters; `Telegram` or the address when absent.
    #[schema(min_length = 1, max_length = 100)]
    pub(super) name: Option<String>,
    /// Of its kind.
    pub(super) details: Option<DetailsRequest>,
}

/// Where it leads, by its kind.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[schema(as = NewChannelDetails)]
pub(crate) struct DetailsRequest {
    /// Of `TELEGRAM`: the chat's number, also as a string. It gets a test message at once; without it
    /// the answer has a link that connects whoever opens it.
    #[schema(value_type = Option<ChatId>)]
    chat_id: Option<Value>,
    /// Of `TELEGRAM`: the bot's slug or id. Your company's default bot when absent, or else the
    /// platform's.
    pub(super) bot: Option<String>,
    /// Of `EMAIL`: the address. It gets a mail with a link that confirms it.
    #[schema(format = Email, max_length = 254)]
    address: Option<String>,
    /// Of `DISCORD`, `SLACK` and `WEBHOOK`: the address, which gets a test message at once. A webhook's
    /// must begin with `https://` and be on the public internet.
    #[schema(max_length = 2048)]
    url: Option<String>,
}

/// What is asked for, checked as far as it can be without looking anything up.
pub(super) enum Wish {
    /// A chat that opens a link.
    AnyChat,
    /// This chat.
    Chat(i64),
    /// This address.
    Email(String),
    /// This address of a service.
    Hook(HookKind, String),
}

/// A chat's number, also as a string.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the derived description is used")]
enum ChatId {
    Number(i64),
    Text(String),
}

impl CreateRequest {
    /// What is asked for, or all that is faulty.
    pub(super) fn check(&self) -> Result<Wish, AppError> {
        let mut errors = Vec::new();
        let details = self.details.clone().unwrap_or_default();
        let wish = match self.channel_type.as_deref() {
            Some(ChannelDetails::TELEGRAM) => {
                not_here(details.address.is_some(), "details.address", &mut errors);
                not_here(details.url.is_some(), "details.url", &mut errors);
                chat(details.chat_id.as_ref(), &mut errors)
            }
            Some(ChannelDetails::EMAIL) => {
                not_here(details.chat_id.is_some(), "details.chat_id", &mut errors);
                not_here(details.bot.is_some(), "details.bot", &mut errors);
                not_here(details.url.is_some(), "details.url", &mut errors);
                needed(details.address, "details.address", &mut errors).map(Wish::Email)
            }
            Some(name) => {
                if let Some(kind) = HookKind::ALL.iter().find(|kind| kind.as_str() == name) {
                    not_here(details.chat_id.is_some(), "details.chat_id", &mut errors);
                    not_here(details.bot.is_some(), "details.bot", &mut errors);
                    not_here(details.address.is_some(), "details.address", &mut errors);
                    let url = needed(details.url, "details.url", &mut errors);
                    url.map(|url| Wish::Hook(*kind, url))
                } else {
                    let known = format!("must be {}", ChannelDetails::kinds().join(", "));
                    errors.push(FieldError::new("channel_type", known));
                    None
                }
            }
            None => {
                errors.push(FieldError::new("channel_type", "is required"));
                None
            }
        };
        wish.filter(|_| errors.is_empty()).ok_or(AppError::Invalid(errors))
    }
}

/// A field that its kind cannot be without.
fn needed(
    given: Option<String>,
    field: &'static str,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    if given.is_none() {
        errors.push(FieldError::new(field, "is required"));
    }
    given
}

/// A field that is another kind's.
fn not_here(given: bool, field: &'static str, errors: &mut Vec<FieldError>) {
    if given {
        errors.push(FieldError::new(field, "belongs to another kind of channel"));
    }
}

fn chat(given: Option<&Value>, errors: &mut Vec<FieldError>) -> Option<Wish> {
    let Some(given) = given else { return Some(Wish::AnyChat) };
    let number = match given {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    // Zero is nobody's number.
    let number = number.filter(|number| *number != 0);
    if number.is_none() {
        errors.push(FieldError::new("details.chat_id", "must be the number of a chat"));
    }
    number.map(Wish::Chat)
}
