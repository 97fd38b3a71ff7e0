//! Reads what people write in a chat for lengths of time and buttons.

use super::Refusal;
use crate::button::{Button, Buttons, Does, Row, Rows};
use crate::scenario::MAX_DELAY;
use crate::slug::Slug;

/// What a button's data is written behind.
const CALLBACK: &str = "callback:";

/// A length of time in seconds: `0`, `2:30` (hours and minutes), `1:00:05`, `1d 2h 30m 5s`, and the same
/// with Russian units.
///
/// A bare number other than 0 is refused: nobody could tell hours from minutes.
pub fn read_delay(text: &str) -> Result<u32, Refusal> {
    let text = text.trim().to_lowercase();
    let seconds = if text == "0" {
        Some(0)
    } else if text.contains(':') {
        clock(&text)
    } else {
        units(&text)
    };
    seconds.filter(|it| *it <= MAX_DELAY).ok_or(Refusal::NotADelay)
}

/// `hours:minutes` or `hours:minutes:seconds`.
fn clock(text: &str) -> Option<u32> {
    let parts: Vec<u32> = text.split(':').map(number).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes] => (hours, minutes, 0),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    if minutes >= 60 || seconds >= 60 {
        return None;
    }
    hours.checked_mul(3_600)?.checked_add(minutes * 60 + seconds)
}

/// Numbers, each with its unit, the larger before the smaller.
fn units(text: &str) -> Option<u32> {
    let (mut rest, mut total, mut last) = (text.trim(), 0_u32, u32::MAX);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let count = number(&rest[..digits])?;
        rest = rest[digits..].trim_start();
        let ends = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let unit = unit(&rest[..ends]).filter(|it| *it < last)?;
        total = total.checked_add(count.checked_mul(unit)?)?;
        last = unit;
        rest = rest[ends..].trim_start_matches(['.', ',']).trim_start();
    }
    Some(total)
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|it| it.is_ascii_digit()).then(|| text.parse().ok())?
}

/// A unit in seconds.
fn unit(name: &str) -> Option<u32> {
    Some(match name {
        "d" | "day" | "days" | "д" | "дн" | "день" | "дня" | "дней" => 86_400,
        "h" | "hr" | "hour" | "hours" | "ч" | "час" | "часа" | "часов" => 3_600,
        "m" | "min" | "minute" | "minutes" | "м" | "мин" | "минута" | "минуту" | "минуты"
        | "минут" => 60,
        "s" | "sec" | "second" | "seconds" | "с" | "сек" | "секунда" | "секунду" | "секунды"
        | "секунд" => 1,
        _ => return None,
    })
}

/// Buttons: a line is a row, ` ; ` stands between the buttons of a row, `words | address` is a button;
/// `words | callback:data` is one that says something to the bot. `@name` alone is a set of the bot's.
///
/// # Errors
/// Each line that is no button.
pub fn read_buttons(text: &str) -> Result<Buttons, Vec<Refusal>> {
    if let Some(name) = text.trim().strip_prefix('@') {
        let set = Slug::parse(name).map_err(|_| vec![Refusal::NotAButton { line: 1 }])?;
        return Ok(Buttons::Set { button_set_ref: set });
    }
    let (mut rows, mut refusals) = (Vec::new(), Vec::new());
    for (n, line) in text.lines().enumerate().filter(|(_, it)| !it.trim().is_empty()) {
        match line.split(" ; ").map(button).collect::<Option<Vec<_>>>() {
            Some(buttons) => rows.push(Row { buttons }),
            None => refusals.push(Refusal::NotAButton { line: n + 1 }),
        }
    }
    if refusals.is_empty() { Ok(Buttons::Inline(Rows { rows })) } else { Err(refusals) }
}

fn button(text: &str) -> Option<Button> {
    let (words, does) = text.rsplit_once('|')?;
    let (words, does) = (words.trim(), does.trim());
    if words.is_empty() || does.is_empty() {
        return None;
    }
    let does = match does.strip_prefix(CALLBACK) {
        Some(data) => Does::Callback { callback_data: data.trim().to_owned() },
        None => Does::Url { url: does.to_owned() },
    };
    Some(Button { text: words.to_owned(), does })
}
