//! JSON bodies, decoded into arrays, with every value as the text that PHP makes of it.

use serde_json::{Number, Value};

use super::fields::{BodyError, Fields, Key, MAX_DEPTH, MAX_FIELDS, Node};

/// Reads `application/json`: an object or a list.
pub(super) fn read(body: &[u8]) -> Result<Fields, BodyError> {
    let value = serde_json::from_slice(body).map_err(|_| BodyError::Malformed("it is no JSON"))?;
    let mut left = MAX_FIELDS;
    match node(value, MAX_DEPTH, &mut left)? {
        Node::Fields(fields) => Ok(fields),
        Node::Text(_) => Err(BodyError::Malformed("it is no object")),
    }
}

fn node(value: Value, depth: usize, left: &mut usize) -> Result<Node, BodyError> {
    let text = match value {
        Value::Array(list) => {
            let keyed = (0_i64..).zip(list).map(|(at, value)| (Key::Number(at), value));
            return fields(keyed, depth, left);
        }
        Value::Object(map) => {
            let keyed = map.into_iter().map(|(name, value)| (Key::of(&name), value));
            return fields(keyed, depth, left);
        }
        Value::Null | Value::Bool(false) => String::new(),
        Value::Bool(true) => "1".to_owned(),
        Value::Number(number) => number_text(&number),
        Value::String(text) => text,
    };
    Ok(Node::Text(text))
}

fn fields(
    keyed: impl Iterator<Item = (Key, Value)>,
    depth: usize,
    left: &mut usize,
) -> Result<Node, BodyError> {
    let depth = depth.checked_sub(1).ok_or(BodyError::TooDeep)?;
    let mut fields = Fields::default();
    for (key, value) in keyed {
        *left = left.checked_sub(1).ok_or(BodyError::TooMany)?;
        // Keys of a list or an object differ, so each is new.
        fields.0.push((key, node(value, depth, left)?));
    }
    Ok(Node::Fields(fields))
}

/// A number as PHP writes it: whole ones as they are, others to fourteen digits (its `precision`).
fn number_text(number: &Number) -> String {
    if let Some(whole) = number.as_i64() {
        return whole.to_string();
    }
    let float = number.as_f64().unwrap_or_default();
    let scientific = format!("{float:.13e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..14).contains(&exponent) {
        let places = usize::try_from(13 - exponent).unwrap_or_default();
        let plain = format!("{float:.places$}");
        if !plain.contains('.') {
            return plain;
        }
        return plain.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let mantissa = mantissa.trim_end_matches('0');
    let mantissa =
        if mantissa.ends_with('.') { format!("{mantissa}0") } else { mantissa.to_owned() };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}E{sign}{}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_the_texts_that_php_makes_of_them() {
        let body = br#"{"i":7,"n":-3,"f":1000.50,"d":0.1,"w":10.0,"big":1e25,"small":0.00001,
            "p":0.0001,"t":100000000000000.0,"u":18446744073709551615,"r":0.30000000000000004,
            "yes":true,"no":false,"null":null,"s":"x","e":[],"z":-0.0,"x":1.5e300}"#;
        let fields = read(body).expect("an object");
        for (name, text) in [
            ("i", "7"),
            ("n", "-3"),
            ("f", "1000.5"),
            ("d", "0.1"),
            ("w", "10"),
            ("big", "1.0E+25"),
            ("small", "1.0E-5"),
            ("p", "0.0001"),
            ("t", "1.0E+14"),
            ("u", "1.844674407371E+19"),
            ("r", "0.3"),
            ("yes", "1"),
            ("no", ""),
            ("null", ""),
            ("s", "x"),
            ("z", "-0"),
            ("x", "1.5E+300"),
        ] {
            assert_eq!(fields.text(name), Some(text), "{name}");
        }
        assert_eq!(fields.get("e"), Some(&Node::Fields(Fields::default())));
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let many = format!("[{}1]", "1,".repeat(MAX_FIELDS));
        assert_eq!(read(many.as_bytes()), Err(BodyError::TooMany));
        let deep = format!("{}{}", "[".repeat(MAX_DEPTH + 1), "]".repeat(MAX_DEPTH + 1));
        assert_eq!(read(deep.as_bytes()), Err(BodyError::TooDeep));
        for body in ["", "7", "\"x\"", "{", "null"] {
            assert!(matches!(read(body.as_bytes()), Err(BodyError::Malformed(_))), "{body}");
        }
    }
}
