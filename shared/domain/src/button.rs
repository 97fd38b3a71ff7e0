//! Buttons below the messages of scenarios and broadcasts: rows of a message's own, or a set that
//! several messages share.

mod draft;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::fault::ContentFault;
use crate::field_error::FieldError;
use crate::ids::BotId;
use crate::slug::Slug;
use crate::template::{Fill, Names, Template};
use crate::text::is_visible;
use crate::time::Timestamp;

pub use draft::{ButtonDraft, ButtonsDraft, RowDraft, read_rows};

/// The most rows.
pub const MAX_ROWS: usize = 20;
/// The most buttons of a row: Telegram shows no more beside one another.
pub const MAX_IN_ROW: usize = 8;
/// The longest words of a button, in UTF-16 units, with the longest plausible values.
pub const MAX_TEXT: usize = 256;
/// The longest address, in bytes.
pub const MAX_URL: usize = 2048;
/// The longest data of a button, in bytes (FACTS: Telegram, Limits).
pub const MAX_DATA: usize = 64;
/// A bot has at most this many sets.
pub const SETS_PER_BOT: usize = 200;

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// Its words: a template.
    pub text: String,
    /// What it does.
    #[serde(flatten)]
    pub does: Does,
}

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Does {
    /// Opens an address.
    Url {
        /// The address: a template.
        url: String,
    },
    /// Says something to the bot.
    Callback {
        /// What: as it is, no template.
        callback_data: String,
    },
}

/// Buttons beside one another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The buttons.
    pub buttons: Vec<Button>,
}

/// Rows of buttons, one below the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// The rows.
    pub rows: Vec<Row>,
}

/// A message's buttons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Buttons {
    /// A set of the bot's.
    Set {
        /// What the set is called.
        button_set_ref: Slug,
    },
    /// Its own.
    Inline(Rows),
}

/// Buttons that several messages share: a change shows in all that are sent after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ButtonSet {
    /// Whose it is.
    pub bot_id: BotId,
    /// What it is called: unique in its bot.
    pub slug: Slug,
    /// The buttons.
    #[serde(flatten)]
    pub rows: Rows,
    /// When it was made.
    pub created_at: Timestamp,
    /// Raised by each change.
    #[serde(default)]
    pub version: u64,
}

/// Buttons as a person gets them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// The rows, none of them empty.
    pub rows: Vec<Vec<RenderedButton>>,
}

/// A button as a person gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedButton {
    /// Its words, in plain text.
    pub text: String,
    /// What it does.
    pub does: RenderedDoes,
}

/// What a button does, with its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenderedDoes {
    /// Opens this address.
    Url(String),
    /// Says this to the bot.
    Callback(String),
    /// Nothing: a button of a demonstration whose address has a variable.
    Nothing,
}

impl Rows {
    /// All that is wrong with them, under the field's name.
    pub fn check(&self, field: &str, names: &Names) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.rows.len() > MAX_ROWS {
            let fault = ContentFault::TooMany { max: MAX_ROWS };
            errors.push(FieldError::of(format!("{field}.rows"), fault));
        }
        for (n, row) in self.rows.iter().enumerate() {
            let at = format!("{field}.rows[{n}].buttons");
            if !(1..=MAX_IN_ROW).contains(&row.buttons.len()) {
                let fault = ContentFault::NoneOrTooMany { max: MAX_IN_ROW };
                errors.push(FieldError::of(&*at, fault));
            }
            for (n, button) in row.buttons.iter().enumerate() {
                errors.extend(button.check(&format!("{at}[{n}]"), names));
            }
        }
        errors
    }

    /// The buttons with their values. One that leads nowhere, because a value is missing, is left out:
    /// the whole message would be refused for it.
    pub fn render(&self, fill: &Fill<'_>) -> Rendered {
        let row = |row: &Row| row.buttons.iter().filter_map(|it| it.render(fill)).collect();
        let rows = self.rows.iter().map(row).filter(|row: &Vec<_>| !row.is_empty());
        Rendered { rows: rows.collect() }
    }
}

impl Button {
    fn check(&self, field: &str, names: &Names) -> Vec<FieldError> {
        let mut errors = Vec::new();
        match Template::parse(&self.text, names) {
            Ok(text) => {
                let longest = text.plain(&Fill::Longest);
                let (field, units) = (format!("{field}.text"), longest.encode_utf16().count());
                if !is_visible(&longest) {
                    errors.push(FieldError::of(field, ContentFault::Nothing));
                } else if units > MAX_TEXT {
                    let fault = ContentFault::WordsTooLong { max: MAX_TEXT, units };
                    errors.push(FieldError::of(field, fault));
                }
            }
            Err(faults) => errors.extend(faults.named(&format!("{field}.text"))),
        }
        match &self.does {
            Does::Url { url } => errors.extend(check_url(url, &format!("{field}.url"), names)),
            Does::Callback { callback_data } => {
                if !(1..=MAX_DATA).contains(&callback_data.len()) {
                    let fault = ContentFault::EmptyOrTooLong { max: MAX_DATA };
                    errors.push(FieldError::of(format!("{field}.callback_data"), fault));
                }
            }
        }
        errors
    }

    fn render(&self, fill: &Fill<'_>) -> Option<RenderedButton> {
        let text = Template::parse_lenient(&self.text).plain(fill);
        let does = match &self.does {
            Does::Callback { callback_data } => RenderedDoes::Callback(callback_data.clone()),
            Does::Url { url } => {
                let url = Template::parse_lenient(url);
                match filled_address(&url, &url.url(fill)) {
                    Some(address) => RenderedDoes::Url(address),
                    None if matches!(fill, Fill::Demo) => RenderedDoes::Nothing,
                    None => return None,
                }
            }
        };
        is_visible(&text).then_some(RenderedButton { text, does })
    }
}

fn check_url(url: &str, field: &str, names: &Names) -> Vec<FieldError> {
    let template = match Template::parse(url, names) {
        Ok(template) => template,
        Err(faults) => return faults.named(field),
    };
    let filled = template.url(&Fill::Longest);
    if filled.len() > MAX_URL {
        return vec![FieldError::of(field, ContentFault::TooManyBytes { max: MAX_URL })];
    }
    if address(&filled).is_none() {
        return vec![FieldError::of(field, ContentFault::NoAddress)];
    }
    Vec::new()
}

/// An address that Telegram opens: `http`, `https` with a host that has a dot, or `tg`. One without a
/// scheme is taken for `https`.
pub fn address(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty()
        || text.len() > MAX_URL
        || text.contains(|c: char| c.is_whitespace() || c.is_control())
    {
        return None;
    }
    if text.starts_with("tg://") {
        return Url::parse(text).ok().map(|_| text.to_owned());
    }
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let whole = if lower.starts_with("http://") || lower.starts_with("https://") {
        text.to_owned()
    } else if text.contains("://") || text.starts_with(['/', '#', '?', '.']) {
        return None;
    } else {
        format!("https://{text}")
    };
    let url = Url::parse(&whole).ok()?;
    let host = match url.host()? {
        url::Host::Domain(name) => {
            let labels = name.split('.').all(|it| !it.is_empty());
            name.contains('.') && labels
        }
        url::Host::Ipv4(ip) => !(ip.is_private() || ip.is_loopback() || ip.is_link_local()),
        url::Host::Ipv6(_) => false,
    };
    (host && url.username().is_empty() && url.password().is_none()).then_some(whole)
}

/// The address that a template has become. One that begins with a link of the system's own making may also
/// lead to this machine, where simulators make such links.
pub(crate) fn filled_address(template: &Template, filled: &str) -> Option<String> {
    let filled = filled.trim();
    let is_local = |it: &Url| {
        it.scheme() == "http" && matches!(it.host(), Some(url::Host::Ipv4(ip)) if ip.is_loopback())
    };
    let local = || Url::parse(filled).ok().filter(is_local).map(|_| filled.to_owned());
    address(filled).or_else(|| template.begins_with_made_link().then(local).flatten())
}

#[cfg(test)]
mod tests;
