//! Variables of the environment, where `dev` does not know better.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use runtime::config::{Environment, Source};

/// Variables of our own before those behind them.
#[derive(Clone)]
pub struct Settings {
    own: BTreeMap<&'static str, String>,
    behind: Arc<dyn Source + Send + Sync>,
}

impl fmt::Debug for Settings {
    /// Values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("own", &self.own.keys()).finish_non_exhaustive()
    }
}

impl Settings {
    /// The process's environment.
    pub fn environment() -> Self {
        Self { own: BTreeMap::new(), behind: Arc::new(Environment) }
    }

    /// Nothing at all: each limit has its default.
    pub fn none() -> Self {
        #[derive(Debug)]
        struct Nothing;
        impl Source for Nothing {
            fn get(&self, _: &str) -> Option<String> {
                None
            }
        }
        Self { own: BTreeMap::new(), behind: Arc::new(Nothing) }
    }

    /// With one variable set.
    #[must_use]
    pub fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.own.insert(name, value.into());
        self
    }

    /// With one variable set, unless it is already.
    #[must_use]
    pub fn default_to(self, name: &'static str, value: impl Into<String>) -> Self {
        if self.get(name).is_some() { self } else { self.set(name, value) }
    }
}

impl Source for Settings {
    fn get(&self, name: &str) -> Option<String> {
        self.own.get(name).cloned().or_else(|| self.behind.get(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_come_before_those_behind() {
        let settings = Settings::none().set("A", "1").default_to("A", "2").default_to("B", "3");
        assert_eq!(settings.get("A").as_deref(), Some("1"));
        assert_eq!(settings.get("B").as_deref(), Some("3"));
        assert_eq!(settings.get("C"), None);
    }
}
