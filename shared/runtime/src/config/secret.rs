//! The one secret that `HOOPOE_SECRET` names: a JSON object whose fields stand for variables.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{ConfigError, Source};

/// The secret's fields. Each stands for the variable of its name in upper case: `seal_key` for
/// `SEAL_KEY`.
#[derive(Default)]
pub struct Secret(BTreeMap<String, SecretString>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secret {
    /// The name or the ARN of the secret, if there is one.
    pub fn name(source: &impl Source) -> Option<String> {
        source.get("HOOPOE_SECRET")
    }

    /// Reads the fields; those that are no text, or an empty one, are not there.
    pub fn parse(json: &str) -> Result<Self, ConfigError> {
        let Ok(Value::Object(fields)) = serde_json::from_str(json) else {
            return Err(ConfigError::Secret("is no JSON object"));
        };
        let text = |(name, value): (String, Value)| match value {
            Value::String(text) if !text.is_empty() => {
                Some((name.to_ascii_uppercase(), SecretString::from(text)))
            }
            _ => None,
        };
        Ok(Self(fields.into_iter().filter_map(text).collect()))
    }

    /// The field that stands for this variable.
    pub fn get(&self, variable: &str) -> Option<String> {
        self.0.get(variable).map(|field| field.expose_secret().to_owned())
    }

    /// The fields before the variables behind them.
    pub const fn before<'a, S: Source>(&'a self, behind: &'a S) -> WithSecret<'a, S> {
        WithSecret { secret: self, behind }
    }
}

/// Variables, and before them the fields of a secret.
#[derive(Debug)]
pub struct WithSecret<'a, S> {
    secret: &'a Secret,
    behind: &'a S,
}

impl<S: Source> Source for WithSecret<'_, S> {
    fn get(&self, name: &str) -> Option<String> {
        self.secret.get(name).or_else(|| self.behind.get(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each variable is its own name.
    struct Names;

    impl Source for Names {
        fn get(&self, name: &str) -> Option<String> {
            Some(name.to_lowercase())
        }
    }

    #[test]
    fn a_field_comes_before_the_variable_of_its_name() {
        let secret = r#"{ "seal_key": "k", "courier_api_key": "", "port": 7 }"#;
        let secret = Secret::parse(secret).expect("an object");
        let source = secret.before(&Names);
        assert_eq!(source.get("SEAL_KEY").as_deref(), Some("k"));
        for name in ["COURIER_API_KEY", "PORT", "SITE_URL"] {
            assert_eq!(source.get(name), Some(name.to_lowercase()));
        }
        assert_eq!(format!("{secret:?}"), r#"{"SEAL_KEY"}"#);
    }
}
