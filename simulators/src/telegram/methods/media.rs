//! `sendPhoto` and `sendMediaGroup`.

use serde_json::Value;
use url::{Host, Url};

use super::send::{caption, deliver, draft};
use super::{Call, Done};
use crate::telegram::files;
use crate::telegram::format::Formatted;
use crate::telegram::model::{Message, Photo};
use crate::telegram::refusal::Refusal;
use crate::telegram::{markup, schema};

const MAX_ALBUM: usize = 10;
const MAX_UPLOAD_BYTES: usize = 10 << 20;

/// `sendPhoto`
pub(super) fn send_photo(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let args = call.args;
    let photo = photo(call, "photo", args.text("photo"))?;
    let entities = call.args.json("caption_entities").and_then(Result::ok);
    let caption =
        caption(call.args.text("caption"), call.args.text("parse_mode"), entities.as_ref())?;
    let reply_markup = markup::reply_markup(call.args)?;
    let chat = call.writable_chat()?;
    let mut message = draft(call, &chat)?;
    message.set_text(caption);
    message.reply_markup = reply_markup;
    message.photo = Some(photo);
    deliver(call, &chat, vec![message])
}

/// `sendMediaGroup`; an album counts as one send.
pub(super) fn send_media_group(call: &mut Call<'_>) -> Result<Done, Refusal> {
    let media = call
        .args
        .json("media")
        .ok_or_else(|| Refusal::bad_request("Parameter \"media\" is required"))?;
    let media = media.map_err(|_| Refusal::bad_request("Can't parse media JSON object"))?;
    let media =
        media.as_array().ok_or_else(|| Refusal::bad_request("Expected an Array of InputMedia"))?;
    match media.len() {
        0 => return Err(Refusal::bad_request("There are no messages to send")),
        // The description says 2-10, though the real server has been seen to let one through.
        1 => return Err(Refusal::bad_request("Too few messages to send as an album")),
        2..=MAX_ALBUM => {}
        _ => {
            return Err(Refusal::bad_request("Too many messages to send as an album"));
        }
    }
    let mut items = Vec::with_capacity(media.len());
    for item in media {
        items.push(input_media(call, item)?);
    }
    let chat = call.writable_chat()?;
    let first = draft(call, &chat)?;
    let album = format!("{}{:06}", 13_000_000_000_i64 + call.bot_id % 1_000_000, first.message_id);
    let mut messages: Vec<Message> = Vec::with_capacity(items.len());
    for (message_id, (photo, caption)) in (first.message_id..).zip(items) {
        let mut message =
            Message { message_id, media_group_id: Some(album.clone()), ..first.clone() };
        message.set_text(caption);
        message.photo = Some(photo);
        messages.push(message);
    }
    deliver(call, &chat, messages)
}

fn input_media(call: &mut Call<'_>, item: &Value) -> Result<(Photo, Formatted), Refusal> {
    let complain =
        |reason: String| Refusal::bad_request(format!("Can't parse InputMedia: {reason}"));
    if !item.is_object() {
        return Err(complain("expected an Object".into()));
    }
    match item["type"].as_str() {
        Some("photo") => {}
        Some("audio" | "document" | "video" | "live_photo") => {
            return Err(Refusal::bad_request("the simulator knows albums of photos only"));
        }
        _ => {
            return Err(complain(format!(
                "type \"{}\" is unsupported",
                item["type"].as_str().unwrap_or_default()
            )));
        }
    }
    schema::check_object("InputMediaPhoto", item).map_err(complain)?;
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    let photo = photo(call, "", text("media"))?;
    let caption = caption(text("caption"), text("parse_mode"), item.get("caption_entities"))?;
    Ok((photo, caption))
}

/// A picture: uploaded under `field`, or under the name in `attach://<name>`, or
/// `source` is its address or file id.
fn photo(call: &mut Call<'_>, field: &str, source: &str) -> Result<Photo, Refusal> {
    let field = source.strip_prefix("attach://").unwrap_or(field);
    if let Some(upload) = call.args.file(field) {
        let (size, bytes) = (upload.bytes.len(), upload.bytes.clone());
        if size == 0 {
            return Err(Refusal::bad_request("file must be non-empty"));
        }
        if size > MAX_UPLOAD_BYTES {
            return Err(Refusal::bad_request(format!("file is too big: {size} bytes")));
        }
        let file_id = files::name(call.bot_id, &bytes);
        call.state.files.keep(&file_id, bytes);
        return Ok(Photo { file_id, url: None });
    }
    if source.is_empty() {
        return Err(Refusal::bad_request("There is no photo in the request"));
    }
    if !source.contains("://") && !source.contains('.') {
        if files::is_name(source) {
            let file_id = files::without_size(source).to_owned();
            if call.state.files.knows(call.bot_id, &file_id) {
                return Ok(Photo { file_id, url: None });
            }
            return Err(Refusal::bad_request("wrong file identifier/HTTP URL specified"));
        }
        return Err(Refusal::bad_request(
            "wrong remote file identifier specified: Wrong string length",
        ));
    }
    let wrong = || Refusal::bad_request("Wrong HTTP URL specified");
    let url = Url::parse(source).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong());
    }
    if !can_be_fetched(call, &url) {
        return Err(Refusal::bad_request("Failed to get HTTP URL content"));
    }
    Ok(Photo { file_id: files::name(call.bot_id, source.as_bytes()), url: Some(source.to_owned()) })
}

/// Telegram fetches pictures from the open internet only.
fn can_be_fetched(call: &Call<'_>, url: &Url) -> bool {
    match url.host() {
        None => false,
        Some(Host::Ipv4(ip)) => !(ip.is_loopback() || ip.is_private() || ip.is_unspecified()),
        Some(Host::Ipv6(ip)) => !(ip.is_loopback() || ip.is_unspecified()),
        Some(Host::Domain(name)) => {
            let is_fictive = name.ends_with(".invalid") || name == "localhost";
            !is_fictive
                && !call.options.failing_hosts.iter().any(|host| host.eq_ignore_ascii_case(name))
        }
    }
}
