//! Forms and signatures as PHP has them, written from the provider's documentation alone.

use std::collections::BTreeMap;
use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A key: numbers come before names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    Number(u64),
    Text(String),
}

impl Name {
    fn of(text: &str) -> Self {
        let canonical = text == "0" || !text.starts_with('0');
        match text.parse() {
            Ok(number) if canonical && !text.starts_with('+') => Self::Number(number),
            _ => Self::Text(text.to_owned()),
        }
    }
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Array(Array),
}

/// Fields by their names, always in the order in which they are signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Array(pub(super) BTreeMap<Name, Value>);

impl Array {
    /// Puts fields together whose names have brackets.
    pub(super) fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut array = Self::default();
        for (name, value) in pairs {
            let (first, rest) = name.split_once('[').unwrap_or((name, ""));
            let inner = rest.strip_suffix(']').unwrap_or(rest);
            let mut steps = vec![first];
            if !rest.is_empty() {
                steps.extend(inner.split("]["));
            }
            array.put(&steps, value);
        }
        array
    }

    fn put(&mut self, steps: &[&str], value: &str) {
        let Some((first, rest)) = steps.split_first() else { return };
        let name = if first.is_empty() { Name::Number(self.next()) } else { Name::of(first) };
        if rest.is_empty() {
            self.0.insert(name, Value::Text(value.to_owned()));
            return;
        }
        let inner = self.0.entry(name).or_insert_with(|| Value::Array(Self::default()));
        if let Value::Text(_) = inner {
            *inner = Value::Array(Self::default());
        }
        if let Value::Array(inner) = inner {
            inner.put(rest, value);
        }
    }

    fn next(&self) -> u64 {
        let last = self.0.keys().rev().find_map(|name| match name {
            Name::Number(number) => Some(*number),
            Name::Text(_) => None,
        });
        last.map_or(0, |last| last.saturating_add(1))
    }

    /// The text of a field.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(&Name::of(name)) {
            Some(Value::Text(text)) => Some(text).filter(|it| !it.is_empty()).map(String::as_str),
            _ => None,
        }
    }

    /// The arrays in a field.
    pub(super) fn arrays(&self, name: &str) -> Vec<&Self> {
        let Some(Value::Array(all)) = self.0.get(&Name::of(name)) else { return Vec::new() };
        let arrays = all.0.values().filter_map(|value| match value {
            Value::Array(array) => Some(array),
            Value::Text(_) => None,
        });
        arrays.collect()
    }

    /// The JSON of a field.
    pub(super) fn json_of(&self, name: &str) -> String {
        match self.0.get(&Name::of(name)) {
            Some(Value::Array(array)) => array.json(),
            Some(Value::Text(text)) => quoted(text),
            None => String::new(),
        }
    }

    /// JSON as PHP writes it.
    pub(super) fn json(&self) -> String {
        let is_list = (0..).zip(self.0.keys()).all(|(at, name)| *name == Name::Number(at));
        let members = self.0.iter().map(|(name, value)| {
            let value = match value {
                Value::Text(text) => quoted(text),
                Value::Array(array) => array.json(),
            };
            match name {
                _ if is_list => value,
                Name::Number(number) => format!("\"{number}\":{value}"),
                Name::Text(text) => format!("{}:{value}", quoted(text)),
            }
        });
        let members = members.collect::<Vec<_>>().join(",");
        if is_list { format!("[{members}]") } else { format!("{{{members}}}") }
    }

    /// The signature under a key; a field `signature` is left out.
    pub(super) fn sign(&self, key: &str) -> String {
        let mut signed = self.clone();
        signed.0.remove(&Name::Text("signature".to_owned()));
        let mut hex = String::new();
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) {
            mac.update(signed.json().as_bytes());
            for byte in mac.finalize().into_bytes() {
                let _ = write!(hex, "{byte:02x}");
            }
        }
        hex
    }
}

fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.replace('/', "\\/").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "2y2aw4oknnke80bp1a8fniwuuq7tdkwmmuq7vwi4nzbr8z1182ftbn6p8mhw3bhz";

    #[test]
    fn the_documented_signature_is_made() {
        let pairs = [
            ("date", "2026-05-15T00:00:00+03:00"),
            ("order_id", "1"),
            ("order_num", "test"),
            ("domain", "demo.payform.ru"),
            ("sum", "1000.00"),
            ("customer_phone", "+79999999999"),
            ("customer_email", "email@domain.com"),
            ("customer_extra", "тест"),
            ("payment_type", "Пластиковая карта Visa, MasterCard, МИР"),
            ("commission", "3.5"),
            ("commission_sum", "35.00"),
            ("attempt", "1"),
            ("sys", "test"),
            ("products[0][name]", "Доступ к обучающим материалам"),
            ("products[0][price]", "1000.00"),
            ("products[0][quantity]", "1"),
            ("products[0][sum]", "1000.00"),
            ("payment_status", "success"),
            ("payment_status_description", "Успешная оплата"),
            ("signature", "left out"),
        ];
        let array = Array::of(pairs);
        let sign = "ec3d935e7abe95a4929bc3c7029ca9832fe5c20f8041e7c4eba602d9ecd90ca9";
        assert_eq!(array.sign(KEY), sign);
        let demo = "3fd4d266d023f40134c78b2ccffeb767a28f70820c784896453aad9d644efdda";
        assert_eq!(array.sign(&format!("{KEY}demo")), demo);
    }

    #[test]
    fn slashes_are_escaped_and_lists_stay_in_their_order() {
        let array = Array::of([
            ("customer_extra", "😀 <b>&\""),
            ("payment_type", "Visa/MC/МИР"),
            ("sum", "10.00"),
        ]);
        let sign = "b556848d11c89fc15f44c85da8a0892e016ed29a31a2f6e201353cf588ded84f";
        assert_eq!(array.sign(KEY), sign);
        let twelve: Vec<(String, String)> =
            (0..12).rev().map(|n| (format!("products[{n}][name]"), format!("n{n}"))).collect();
        let array = Array::of(twelve.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let sign = "867456c0c6275fbfe3f6683bd0d7247c9b427d111009236ae2669109f020ccfb";
        assert_eq!(array.sign(KEY), sign);
        assert_eq!(
            Array::of([("a[]", "x"), ("a[]", "y"), ("b[2]", "z")]).json(),
            "{\"a\":[\"x\",\"y\"],\"b\":{\"2\":\"z\"}}"
        );
    }
}
