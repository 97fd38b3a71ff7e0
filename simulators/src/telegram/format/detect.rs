//! What Telegram finds in a text by itself: commands, mentions, hashtags,
//! addresses. Clients rely on `bot_command` above all.

use super::{Entity, EntityKind, Formatted, links, sort, utf16_len};

/// Adds what is not inside code, a link or another entity of its kind.
pub(crate) fn detect(formatted: Formatted) -> Formatted {
    let Formatted { text, mut entities } = formatted;
    let mut found = Vec::new();
    let (mut bytes, mut offset) = (0, 0);
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        if let Some((kind, skip, length)) = classify(bare) {
            let begin = offset + utf16_len(&bare[..skip]);
            found.push(Entity::new(kind, begin, utf16_len(&bare[skip..skip + length])));
        }
        bytes += word.len();
        offset += utf16_len(word);
    }
    debug_assert_eq!(bytes, text.len());
    let taken = |new: &Entity| entities.iter().any(|old| hides(old) && overlaps(old, new));
    found.retain(|new| !taken(new));
    entities.extend(found);
    sort(&mut entities);
    Formatted { text, entities }
}

fn hides(entity: &Entity) -> bool {
    use EntityKind::{BotCommand, Code, Email, Hashtag, Mention, Pre, TextLink, TextMention, Url};
    matches!(
        entity.kind,
        Code | Pre | TextLink | TextMention | Url | Email | Mention | Hashtag | BotCommand
    )
}

fn overlaps(a: &Entity, b: &Entity) -> bool {
    a.offset < b.offset + b.length && b.offset < a.offset + a.length
}

/// What a word is, and which bytes of it.
fn classify(word: &str) -> Option<(EntityKind, usize, usize)> {
    let skip = word.len() - word.trim_start_matches(['(', '"', '\'', '«', '[']).len();
    let core = &word[skip..];
    let name = |text: &str| {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum()
    };
    if let Some(rest) = core.strip_prefix('/') {
        let mut length: usize =
            rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        if length == 0 || length > 64 {
            return None;
        }
        if let Some(bot) = rest[length..].strip_prefix('@') {
            length +=
                1 + bot.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        }
        let ends = rest[length..].chars().next().is_none_or(|c| c != '/');
        return ends.then_some((EntityKind::BotCommand, skip, length + 1));
    }
    if let Some(rest) = core.strip_prefix('@') {
        let length: usize = name(rest);
        return (3..=32).contains(&length).then_some((EntityKind::Mention, skip, length + 1));
    }
    if let Some(rest) = core.strip_prefix('#') {
        let length: usize = name(rest);
        let has_letter = rest[..length].chars().any(char::is_alphabetic);
        return has_letter.then_some((EntityKind::Hashtag, skip, length + 1));
    }
    let core = core.trim_end_matches(['.', ',', '!', '?', ':', ';', ')', '"', '\'', '»', ']']);
    if core.starts_with("http://") || core.starts_with("https://") || core.starts_with("www.") {
        return links::checked_link(core).ok().map(|_| (EntityKind::Url, skip, core.len()));
    }
    let (local, domain) = core.split_once('@')?;
    let plain = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    let is_email =
        plain(local, "._%+-") && plain(domain, ".-") && domain.trim_matches('.').contains('.');
    is_email.then_some((EntityKind::Email, skip, core.len()))
}
