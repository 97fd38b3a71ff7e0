//! Forms as PHP reads them: names in brackets, the last of equal names.

use url::form_urlencoded;

use super::fields::{BodyError, Fields, MAX_DEPTH, MAX_FIELDS};

/// Reads `application/x-www-form-urlencoded`.
///
/// What is not UTF-8 is read as replacement characters: PHP could not have signed it, and the
/// signature of what is read here is another.
pub(super) fn read(body: &[u8]) -> Result<Fields, BodyError> {
    let mut fields = Fields::default();
    for (count, (name, value)) in form_urlencoded::parse(body).enumerate() {
        if count >= MAX_FIELDS {
            return Err(BodyError::TooMany);
        }
        fields.put(&name, value)?;
    }
    Ok(fields)
}

/// Where the field of this name lies; `None` in it is the next number of its array. An empty path
/// lies nowhere.
///
/// Names are cut at a NUL and freed of blanks before them; blanks and points before the first bracket
/// become underscores, and so does a first bracket that is never closed. What follows the last closed
/// bracket is not read.
pub(super) fn path_of(name: &str) -> Result<Vec<Option<String>>, BodyError> {
    let name = name.split('\0').next().unwrap_or_default().trim_start_matches(' ');
    let (first, mut rest) = name.find('[').map_or((name, ""), |at| name.split_at(at));
    if first.is_empty() {
        return Ok(Vec::new());
    }
    let mut path = vec![Some(plain(first))];
    while let Some(inside) = rest.strip_prefix('[') {
        if path.len() >= MAX_DEPTH {
            return Err(BodyError::TooDeep);
        }
        let blank = |c: char| c.is_ascii_whitespace() || c == '\u{b}';
        if let Some(after) = inside.strip_prefix(blank).unwrap_or(inside).strip_prefix(']') {
            path.push(None);
            rest = after;
            continue;
        }
        let Some((index, after)) = inside.split_once(']') else {
            if path.len() == 1 {
                path = vec![Some(plain(name))];
            }
            break;
        };
        path.push(Some(index.to_owned()));
        rest = after;
    }
    Ok(path)
}

fn plain(name: &str) -> String {
    name.replace([' ', '.', '['], "_")
}
