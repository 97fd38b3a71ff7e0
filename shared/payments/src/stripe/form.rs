//! Bodies as Stripe takes them: `application/x-www-form-urlencoded`, nested names in brackets.

use url::form_urlencoded::Serializer;

/// A body that is put together field by field.
#[derive(Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// With one more field; nested names are written `a[b][0]`.
    pub(super) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// The body, or a query.
    pub(super) fn encode(&self) -> String {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(&self.0);
        form.finish()
    }
}
