//! What the bot of one scenario had in its environment.

use std::fmt;

/// The product's settings, as texts: what is wrong with one is told with the import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductSettings {
    /// What is sold.
    pub name: Option<String>,
    /// For how many roubles.
    pub price: Option<String>,
    /// What is said to whoever has paid.
    pub paid_content: Option<String>,
    /// The group that whoever has paid is invited to.
    pub private_group_id: Option<String>,
}

impl ProductSettings {
    /// Those of an `.env` file; its other lines are not kept.
    pub fn of_env(text: &str) -> Self {
        Self {
            name: value(text, "PRODAMUS_PRODUCT_NAME"),
            price: value(text, "PRODAMUS_PRODUCT_PRICE"),
            paid_content: value(text, "PRODAMUS_PRODUCT_PAID_CONTENT"),
            private_group_id: value(text, "PRIVATE_GROUP_ID"),
        }
    }

    /// These, and the others where these say nothing.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            name: self.name.or(others.name),
            price: self.price.or(others.price),
            paid_content: self.paid_content.or(others.paid_content),
            private_group_id: self.private_group_id.or(others.private_group_id),
        }
    }
}

/// The form that the bot of one scenario was paid through. Its key is secret, so it does not show itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FormSettings {
    /// Where it is.
    pub url: Option<String>,
    /// Its secret key.
    pub key: Option<String>,
}

impl FormSettings {
    /// That of an `.env` file.
    pub fn of_env(text: &str) -> Self {
        Self { url: value(text, "PRODAMUS_API_URL"), key: value(text, "PRODAMUS_SECRET_KEY") }
    }
}

impl fmt::Debug for FormSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormSettings").finish_non_exhaustive()
    }
}

/// What an `.env` file says last under this name, unless that is blank.
fn value(text: &str, name: &str) -> Option<String> {
    let (_, value) = text.lines().rev().filter_map(line).find(|(it, _)| *it == name)?;
    Some(value).filter(|it| !it.trim().is_empty())
}

/// Name and value of a line such as `export NAME="value" # why`.
fn line(line: &str) -> Option<(&str, String)> {
    let line = line.trim();
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let name = name.trim();
    if name.starts_with('#') {
        return None;
    }
    let value = value.trim();
    let value = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let quoted = value[1..].split(quote).next().unwrap_or_default();
            if quote == '"' { quoted.replace("\\n", "\n") } else { quoted.to_owned() }
        }
        _ => value.split(" #").next().unwrap_or_default().trim().to_owned(),
    };
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_product_and_form_are_read_and_the_key_is_not_shown() {
        let text = "# the shop\nexport PRODAMUS_PRODUCT_NAME=\"Курс # 1\"\nPRODAMUS_PRODUCT_PRICE = 1500 # roubles\n\
            PRODAMUS_PRODUCT_PAID_CONTENT='Спасибо!'\nPRIVATE_GROUP_ID=-1001\nPRODAMUS_SECRET_KEY=hush\n#PRIVATE_GROUP_ID=5\n\
            PRODAMUS_API_URL=https://shop.payform.ru/";
        let some = |text: &str| Some(text.to_owned());
        let expected = ProductSettings {
            name: some("Курс # 1"),
            price: some("1500"),
            paid_content: some("Спасибо!"),
            private_group_id: some("-1001"),
        };
        assert_eq!(ProductSettings::of_env(text), expected);
        let named = ProductSettings { name: some("Иной"), ..ProductSettings::default() };
        assert_eq!(named.or(expected.clone()), ProductSettings { name: some("Иной"), ..expected });
        let form = FormSettings::of_env(text);
        assert_eq!((&form.url, &form.key), (&some("https://shop.payform.ru/"), &some("hush")));
        assert!(!format!("{form:?}").contains("hush"));
        assert_eq!(FormSettings::of_env("PRODAMUS_SECRET_KEY= "), FormSettings::default());
    }
}
