//! Which addresses Telegram accepts behind a button or a word.

use url::Url;

/// What stands at the end of a `tg://user?id=…` link.
pub(super) fn mentioned_user(link: &str) -> Option<i64> {
    let rest = link.strip_prefix("tg://user?").or_else(|| link.strip_prefix("tg:user?"))?;
    let id = url::form_urlencoded::parse(rest.as_bytes())
        .find(|(name, _)| name == "id")?
        .1
        .parse()
        .ok()?;
    (id > 0).then_some(id)
}

/// What stands at the end of a `tg://emoji?id=…` link.
pub(super) fn custom_emoji(link: &str) -> Option<String> {
    let rest = link.strip_prefix("tg://emoji?").or_else(|| link.strip_prefix("tg:emoji?"))?;
    let id =
        url::form_urlencoded::parse(rest.as_bytes()).find(|(name, _)| name == "id")?.1.into_owned();
    id.parse::<i64>().is_ok_and(|number| number != 0).then_some(id)
}

/// The link made whole (`example.org` becomes `http://example.org/`), or why it
/// is none. A bad link in a text loses its entity silently; one on a button is
/// an error.
pub(crate) fn checked_link(link: &str) -> Result<String, &'static str> {
    let lower = link.to_ascii_lowercase();
    for scheme in ["tg:", "ton:", "tonsite:"] {
        if let Some(rest) = lower.strip_prefix(scheme) {
            return if rest.trim_start_matches('/').is_empty() {
                Err("URL host is empty")
            } else {
                Ok(link.into())
            };
        }
    }
    let with_scheme = match lower.split_once("://") {
        Some(("http" | "https", _)) => link.to_owned(),
        Some((scheme, _)) if scheme.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            return Err("Unsupported URL protocol");
        }
        _ => format!("http://{link}"),
    };
    let parsed = Url::parse(&with_scheme).map_err(|error| match error {
        url::ParseError::EmptyHost => "URL host is empty",
        url::ParseError::InvalidPort => "Wrong port number specified in the URL",
        _ => "Wrong HTTP URL",
    })?;
    match parsed.host() {
        None => Err("URL host is empty"),
        // `localhost` and its like: Telegram wants a dot in the name.
        Some(url::Host::Domain(name)) if !name.contains('.') => Err("Wrong HTTP URL"),
        Some(_) => Ok(parsed.into()),
    }
}

/// The same for a button, with the sentence that the API answers.
pub(crate) fn check_button_url(kind: &str, link: &str) -> Result<(), String> {
    checked_link(link)
        .map(drop)
        .map_err(|why| format!("{kind} button URL '{link}' is invalid: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_accepted_and_refused_as_telegram_does() {
        let table = [
            ("https://example.org/a?b=c", Ok("https://example.org/a?b=c")),
            ("example.org", Ok("http://example.org/")),
            ("http://127.0.0.1:8080/x", Ok("http://127.0.0.1:8080/x")),
            ("tg://resolve?domain=x", Ok("tg://resolve?domain=x")),
            ("http://localhost:3000/", Err("Wrong HTTP URL")),
            ("nonsense", Err("Wrong HTTP URL")),
            ("ftp://example.org", Err("Unsupported URL protocol")),
            ("http://example.org:99999/", Err("Wrong port number specified in the URL")),
            ("http://", Err("URL host is empty")),
        ];
        for (link, expected) in table {
            assert_eq!(checked_link(link), expected.map(str::to_owned), "{link}");
        }
    }
}
