//! What is signed: the data sorted by keys, level by level, as the JSON that PHP writes.

use std::cmp::Ordering;
use std::fmt::Write;

use super::fields::{Fields, Key, Node};

/// The field in which a signature may travel; it does not sign itself.
const SIGNATURE: &str = "signature";

/// The text that is signed.
pub(super) fn canonical(fields: &Fields) -> String {
    let mut json = String::new();
    let signed =
        fields.0.iter().filter(|(key, _)| !matches!(key, Key::Name(it) if it == SIGNATURE));
    write_fields(signed, &mut json);
    json
}

fn write_fields<'a>(fields: impl Iterator<Item = &'a (Key, Node)>, json: &mut String) {
    let sorted = sorted(fields);
    let is_list = (0_i64..).zip(&sorted).all(|(at, (key, _))| *key == Key::Number(at));
    json.push(if is_list { '[' } else { '{' });
    for (at, (key, node)) in sorted.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        if !is_list {
            write_text(&key.to_string(), json);
            json.push(':');
        }
        match node {
            Node::Text(text) => write_text(text, json),
            Node::Fields(fields) => write_fields(fields.0.iter(), json),
        }
    }
    json.push(if is_list { ']' } else { '}' });
}

/// In the order of PHP's `ksort`. That is no order in the strict sense (10 is before "1a", that before
/// 2, and that before 10), which sorting in the library may panic at; inserting one by one takes any.
fn sorted<'a>(fields: impl Iterator<Item = &'a (Key, Node)>) -> Vec<&'a (Key, Node)> {
    let mut sorted: Vec<&(Key, Node)> = Vec::new();
    for field in fields {
        let mut at = sorted.len();
        while at > 0 && compare(&sorted[at - 1].0, &field.0) == Ordering::Greater {
            at -= 1;
        }
        sorted.insert(at, field);
    }
    sorted
}

/// Numbers, and names that read like numbers, by their worth; everything else as text.
fn compare(a: &Key, b: &Key) -> Ordering {
    match (a, b) {
        (Key::Number(a), Key::Number(b)) => a.cmp(b),
        (a, b) => {
            let (a, b) = (a.to_string(), b.to_string());
            match (worth(&a), worth(&b)) {
                (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
                _ => a.as_bytes().cmp(b.as_bytes()),
            }
        }
    }
}

/// What a text is worth that PHP takes for a number.
fn worth(text: &str) -> Option<f64> {
    let blank = |c: char| c.is_ascii_whitespace() || c == '\u{b}';
    let text = text.trim_matches(blank);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    // Rust would also read `inf` and `nan`.
    let begins = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if begins { text.parse().ok() } else { None }
}

/// As `json_encode` with `JSON_UNESCAPED_UNICODE`: the slash is escaped, and so are the two line ends
/// that JavaScript once choked on.
fn write_text(text: &str, json: &mut String) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '/' => json.push_str("\\/"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            c if c < ' ' || c == '\u{2028}' || c == '\u{2029}' => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
}
