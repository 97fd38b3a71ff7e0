//! Forms with names in brackets: `metadata[user_id]=…`.

use std::collections::BTreeMap;

use super::refusal::Refusal;

/// The fields of a request.
#[derive(Debug, Default)]
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads a body or a query.
    pub(super) fn read(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// Refuses every field that is none of these. A name that ends in `[]` stands for all in its
    /// brackets.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        let fits = |name: &str| {
            known.iter().any(|known| match known.strip_suffix("[]") {
                Some(prefix) => name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('[')),
                None => name == *known,
            })
        };
        match self.0.keys().find(|name| !fits(name)) {
            Some(name) => Err(Refusal::parameter("parameter_unknown", name)),
            None => Ok(()),
        }
    }

    /// A field, if it is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A field that must be there.
    pub(super) fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::parameter("parameter_missing", name))
    }

    /// An address that must be there.
    pub(super) fn need_url(&self, name: &str) -> Result<String, Refusal> {
        let text = self.need(name)?;
        let url = url::Url::parse(text).ok().filter(url::Url::has_host);
        url.map(|_| text.to_owned()).ok_or_else(|| Refusal::parameter("url_invalid", name))
    }

    /// All fields in the brackets of this name.
    pub(super) fn map(&self, name: &str) -> BTreeMap<String, String> {
        let inside = |field: &str| {
            let rest = field.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
            (!rest.contains('[')).then(|| rest.to_owned())
        };
        self.0.iter().filter_map(|(field, value)| Some((inside(field)?, value.clone()))).collect()
    }

    /// One text for all fields, to compare requests by.
    pub(super) fn fingerprint(&self) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(&self.0);
        form.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_names_are_read_and_unknown_ones_refused() {
        let form = Form::read(b"a=1&metadata%5Bx%5D=2&list[0][price]=p");
        assert_eq!(form.get("list[0][price]"), Some("p"));
        assert_eq!(form.map("metadata"), BTreeMap::from([("x".to_owned(), "2".to_owned())]));
        assert!(form.only(&["a", "metadata[]", "list[]"]).is_ok());
        assert!(form.only(&["a", "metadata[]"]).is_err());
        assert!(form.need_url("a").is_err());
    }
}
