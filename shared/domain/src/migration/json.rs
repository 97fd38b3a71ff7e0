//! Values of a JSON file that know where they stand.

use chrono::DateTime;
use serde_json::Value;

use super::Report;
use crate::time::Timestamp;

/// A value with its file and path.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) file: &'a str,
    pub(super) path: String,
    pub(super) value: &'a Value,
}

impl<'a> Node<'a> {
    /// The whole of a file.
    pub(super) fn root(file: &'a str, value: &'a Value) -> Self {
        Self { file, path: "$".to_owned(), value }
    }

    /// A field; `None` where it is absent or null.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|it| !it.is_null())?;
        Some(Self { file: self.file, path: format!("{}.{name}", self.path), value })
    }

    /// The elements of a list; an error for what is none.
    pub(super) fn items(&self, report: &mut Report) -> Vec<Self> {
        let Some(list) = self.value.as_array() else {
            self.error(report, "must be a list");
            return Vec::new();
        };
        let item = |(n, value)| Self { path: format!("{}[{n}]", self.path), value, ..self.clone() };
        list.iter().enumerate().map(item).collect()
    }

    /// The fields of an object with their names; an error for what is none.
    pub(super) fn fields(&self, report: &mut Report) -> Vec<(&'a str, Self)> {
        let Some(object) = self.value.as_object() else {
            self.error(report, "must be an object");
            return Vec::new();
        };
        let field = |(name, value): (&'a String, &'a Value)| {
            (name.as_str(), Self { path: format!("{}.{name}", self.path), value, ..self.clone() })
        };
        object.iter().map(field).collect()
    }

    /// The text of a field that is absent or one; what is empty counts as absent.
    pub(super) fn text(&self, name: &str, report: &mut Report) -> Option<&'a str> {
        let field = self.get(name)?;
        let text = field.str(report)?;
        (!text.trim().is_empty()).then_some(text)
    }

    /// The text that this is.
    pub(super) fn str(&self, report: &mut Report) -> Option<&'a str> {
        let text = self.value.as_str();
        if text.is_none() {
            self.error(report, "must be a text");
        }
        text
    }

    /// The truth of a field; false where it is absent.
    pub(super) fn flag(&self, name: &str, report: &mut Report) -> Option<bool> {
        let field = self.get(name)?;
        let flag = field.value.as_bool();
        if flag.is_none() {
            field.error(report, "must be true or false");
        }
        flag
    }

    /// The number of a field that is absent or a whole one.
    pub(super) fn number(&self, name: &str, report: &mut Report) -> Option<u64> {
        let field = self.get(name)?;
        let number = field.value.as_u64();
        if number.is_none() {
            field.error(report, "must be a whole number, 0 or more");
        }
        number
    }

    /// The instant of a field; Go's zero of time counts as absent.
    pub(super) fn time(&self, name: &str, report: &mut Report) -> Option<Timestamp> {
        let field = self.get(name)?;
        if field.value.as_str().is_some_and(|it| it.is_empty() || it.starts_with("0001-01-01")) {
            return None;
        }
        field.instant(report)
    }

    /// The instant that this is.
    pub(super) fn instant(&self, report: &mut Report) -> Option<Timestamp> {
        let time = self.value.as_str().and_then(|it| DateTime::parse_from_rfc3339(it).ok());
        if time.is_none() {
            self.error(report, "must be an instant such as 2024-01-15T10:00:00Z");
        }
        time.map(|it| Timestamp::from_millis(it.timestamp_millis()))
    }

    /// Fields beside these are told of.
    pub(super) fn only(&self, known: &[&str], report: &mut Report) {
        let Some(object) = self.value.as_object() else { return };
        for (name, value) in object {
            if !known.contains(&name.as_str()) && !value.is_null() {
                let at = format!("{}.{name}", self.path);
                report.warning(self.file, &at, "has no place here and is left out");
            }
        }
    }

    pub(super) fn error(&self, report: &mut Report, message: impl Into<String>) {
        report.error(self.file, &self.path, message);
    }

    pub(super) fn warning(&self, report: &mut Report, message: impl Into<String>) {
        report.warning(self.file, &self.path, message);
    }

    pub(super) fn at(&self) -> (&'a str, &str) {
        (self.file, &self.path)
    }
}
