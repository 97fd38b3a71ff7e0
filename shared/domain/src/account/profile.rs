//! What a user says of themselves, and changes.

use crate::account::{User, check_timezone};
use crate::field_error::FieldError;

/// The languages that people are spoken to in.
pub const LOCALES: [&str; 2] = ["en", "ru"];

/// A change of a profile: what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// IANA name.
    pub timezone: Option<String>,
    /// One of [`LOCALES`].
    pub locale: Option<String>,
}

impl ProfileChange {
    /// The user with the change, or all faulty fields.
    pub fn apply(&self, user: &User) -> Result<User, Vec<FieldError>> {
        let mut changed = user.clone();
        let mut errors = Vec::new();
        match self.timezone.as_deref().map(check_timezone) {
            None => {}
            Some(Ok(zone)) => changed.timezone = zone,
            Some(Err(message)) => errors.push(FieldError::new("timezone", message)),
        }
        match self.locale.as_deref() {
            None => {}
            Some(locale) if LOCALES.contains(&locale) => locale.clone_into(&mut changed.locale),
            Some(_) => errors.push(FieldError::new("locale", "must be en or ru")),
        }
        if errors.is_empty() { Ok(changed) } else { Err(errors) }
    }
}
