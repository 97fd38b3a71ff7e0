//! Which keyboards a message may carry.

use serde_json::Value;

use super::args::Args;
use super::format::check_button_url;
use super::refusal::Refusal;
use super::schema;

/// Fields of an inline button that are not what it does. Exactly one of all the
/// others must be there.
const LOOKS: [&str; 3] = ["text", "icon_custom_emoji_id", "style"];

const MAX_CALLBACK_DATA_BYTES: usize = 64;
const MAX_BUTTONS: usize = 100;

/// The checked keyboard of a call, if it has one.
pub(crate) fn reply_markup(args: &Args) -> Result<Option<Value>, Refusal> {
    let Some(markup) = args.json("reply_markup") else {
        return Ok(None);
    };
    let markup = markup
        .map_err(|_| Refusal::bad_request("Can't parse reply keyboard markup JSON object"))?;
    check(&markup)?;
    Ok(Some(markup))
}

/// The part of a keyboard that stays attached to the message in its answer.
pub(crate) fn shown_with_message(markup: &Value) -> Option<Value> {
    let rows = markup.get("inline_keyboard")?.as_array()?;
    let rows: Vec<&Value> =
        rows.iter().filter(|row| row.as_array().is_some_and(|row| !row.is_empty())).collect();
    (!rows.is_empty()).then(|| serde_json::json!({ "inline_keyboard": rows }))
}

fn check(markup: &Value) -> Result<(), Refusal> {
    let Some(object) = markup.as_object() else {
        return Err(Refusal::bad_request("Object expected as reply markup"));
    };
    if let Some(rows) = object.get("inline_keyboard") {
        let problem =
            "Field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays";
        return each_button(rows, problem, check_inline_button);
    }
    if let Some(rows) = object.get("keyboard") {
        return each_button(
            rows,
            "Field \"keyboard\" must be an Array of Arrays",
            check_keyboard_button,
        );
    }
    let kind = if object.contains_key("remove_keyboard") {
        "ReplyKeyboardRemove"
    } else if object.contains_key("force_reply") {
        "ForceReply"
    } else {
        // Telegram shrugs at an object that is no keyboard at all.
        return Ok(());
    };
    schema::check_object(kind, markup).map_err(Refusal::bad_request)
}

fn each_button(
    rows: &Value,
    not_rows: &str,
    check: impl Fn(&Value) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let rows = rows.as_array().ok_or_else(|| Refusal::bad_request(not_rows))?;
    let mut buttons = 0;
    for row in rows {
        let row = row.as_array().ok_or_else(|| Refusal::bad_request(not_rows))?;
        row.iter().try_for_each(&check)?;
        buttons += row.len();
    }
    if buttons > MAX_BUTTONS {
        Err(Refusal::bad_request("reply markup is too long"))
    } else {
        Ok(())
    }
}

fn check_keyboard_button(button: &Value) -> Result<(), Refusal> {
    if button.is_string() {
        return Ok(());
    }
    let complain = |reason| Refusal::bad_request(format!("Can't parse keyboard button: {reason}"));
    if !button.is_object() {
        return Err(complain("KeyboardButton must be a String or an Object".into()));
    }
    schema::check_object("KeyboardButton", button).map_err(complain)
}

fn check_inline_button(button: &Value) -> Result<(), Refusal> {
    let complain = |reason: String| {
        Refusal::bad_request(format!("Can't parse inline keyboard button: {reason}"))
    };
    schema::check_object("InlineKeyboardButton", button).map_err(complain)?;
    let text = |name: &str| button.get(name).and_then(Value::as_str);
    let given = |name: &&str| button.get(*name).is_some_and(|value| !value.is_null());
    let actions = schema::field_names("InlineKeyboardButton")
        .filter(|name| !LOOKS.contains(name))
        .filter(given)
        .count();
    if actions == 0 {
        return Err(complain("Text buttons are unallowed in the inline keyboard".into()));
    }
    if actions > 1 {
        return Err(complain("a button must have exactly one action".into()));
    }
    if text("text").is_some_and(|text| text.trim().is_empty()) {
        return Err(complain("Button text must be non-empty".into()));
    }
    if let Some(data) = text("callback_data")
        && !(1..=MAX_CALLBACK_DATA_BYTES).contains(&data.len())
    {
        return Err(Refusal::new(400, "Bad Request: BUTTON_DATA_INVALID"));
    }
    if let Some(url) = text("url") {
        check_button_url("Inline keyboard", url).map_err(Refusal::bad_request)?;
    }
    for (field, kind) in [("web_app", "Web App"), ("login_url", "Login URL")] {
        let Some(url) = button.pointer(&format!("/{field}/url")).and_then(Value::as_str) else {
            continue;
        };
        let problem = format!(
            "Inline keyboard button {kind} URL '{url}' is invalid: Only HTTPS links are allowed"
        );
        if !url.to_ascii_lowercase().starts_with("https://") {
            return Err(Refusal::bad_request(problem));
        }
    }
    Ok(())
}
