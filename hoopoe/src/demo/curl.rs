//! Each step is a request that is shown as the `curl` command for it, and then made.

use http::{Method, StatusCode, header};
use runtime::http::{HttpClient, TransportError};
use serde_json::Value;

use crate::http_client::{self, Answer};

/// How a request says who it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Nobody yet; the session that is answered goes into the cookie jar.
    Newcomer,
    /// The session in the jar.
    Session,
    /// The scraper, by its key.
    Scraper,
    /// Someone at a phone, in the simulator.
    Phone,
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Step<'a> {
    pub(super) by: By,
    pub(super) method: Method,
    pub(super) url: &'a str,
    pub(super) body: Option<&'a Value>,
}

/// Where cookie and key are: as files for the commands that are shown, as values for ours.
#[derive(Clone, Debug)]
pub(super) struct Purse {
    pub(super) jar: String,
    pub(super) key_file: String,
    pub(super) key: String,
    pub(super) cookie: Option<String>,
}

impl Step<'_> {
    /// The command that a person could type.
    pub(super) fn command(&self, purse: &Purse) -> String {
        let mut parts = vec!["curl -sS".to_owned()];
        match self.by {
            By::Newcomer => parts.push(format!("-c {}", quote(&purse.jar))),
            By::Session => parts.push(format!("-b {}", quote(&purse.jar))),
            By::Scraper => {
                parts.push(format!(
                    "-H \"Authorization: Bearer $(cat {})\"",
                    quote(&purse.key_file)
                ));
            }
            By::Phone => {}
        }
        if let Some(body) = self.body {
            parts.push("-H 'Content-Type: application/json'".to_owned());
            parts.push(format!("-d {}", quote(&body.to_string())));
        } else if self.method != Method::GET {
            parts.push(format!("-X {}", self.method));
        }
        parts.push(quote(self.url));
        parts.join(" ")
    }

    /// Makes the request; keeps the cookie that it sets.
    pub(super) async fn send(
        &self,
        client: &HttpClient,
        purse: &mut Purse,
    ) -> Result<Answer, TransportError> {
        let mut headers = Vec::new();
        match (self.by, &purse.cookie) {
            (By::Session, Some(cookie)) => headers.push((header::COOKIE, cookie.clone())),
            (By::Scraper, _) => {
                headers.push((header::AUTHORIZATION, format!("Bearer {}", purse.key)));
            }
            _ => {}
        }
        let answer =
            http_client::call(client, self.method.clone(), self.url, &headers, self.body).await?;
        if self.by == By::Newcomer {
            purse.cookie.clone_from(&answer.cookie);
        }
        Ok(answer)
    }
}

/// What a problem document says, in a line.
pub(super) fn problem(status: StatusCode, body: &Value) -> String {
    let field = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{status}: {} {} {}", field("code"), field("detail"), field("error")).trim().to_owned()
}

/// For a POSIX shell.
pub(super) fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn purse() -> Purse {
        Purse {
            jar: ".hoopoe/demo/cookies".to_owned(),
            key_file: ".hoopoe/scraper-key".to_owned(),
            key: "secret".to_owned(),
            cookie: None,
        }
    }

    #[test]
    fn commands_can_be_typed_and_hold_no_secret() {
        let body = json!({ "title": "it's $5" });
        let step = Step {
            by: By::Scraper,
            method: Method::POST,
            url: "http://127.0.0.1:8080/api/internal/offers",
            body: Some(&body),
        };
        assert_eq!(
            step.command(&purse()),
            "curl -sS -H \"Authorization: Bearer $(cat .hoopoe/scraper-key)\" \
             -H 'Content-Type: application/json' -d '{\"title\":\"it'\\''s $5\"}' \
             http://127.0.0.1:8080/api/internal/offers"
        );
        let step = Step { by: By::Session, body: None, url: "http://h/?a=1&b=2", ..step };
        assert_eq!(
            step.command(&purse()),
            "curl -sS -b .hoopoe/demo/cookies -X POST 'http://h/?a=1&b=2'"
        );
    }
}
