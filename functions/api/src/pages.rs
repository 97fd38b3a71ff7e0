//! Pages for people who come from a mail: a title, a sentence, perhaps a button. They need neither
//! script nor session.

use std::fmt::Write;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

const PAGE: &str = include_str!("page.html");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// A page. `form` is markup of ours, in which everything from outside is escaped.
pub(crate) fn page(title: &str, text: &str, form: &str) -> Response {
    let page = PAGE
        .replace("{title}", &escape(title))
        .replace("{text}", &escape(text))
        .replace("{form}", form);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // Addresses of these pages hold tokens.
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (headers.map(|(name, value)| (name, HeaderValue::from_static(value))), page).into_response()
}

/// A button that posts one hidden field to `action`.
pub(crate) fn button(action: &str, field: &str, value: &str, label: &str) -> String {
    format!(
        r#"<form method="post" action="{}"><input type="hidden" name="{}" value="{}"><button>{}</button></form>"#,
        escape(action),
        escape(field),
        escape(value),
        escape(label),
    )
}

/// A form of fields that a person fills in, each with its type and words, and one hidden field.
pub(crate) fn form(
    action: &str,
    (field, value): (&str, &str),
    inputs: &[(&str, &str, &str)],
    label: &str,
) -> String {
    let mut rows = String::new();
    for (name, kind, words) in inputs {
        let (words, kind, name) = (escape(words), escape(kind), escape(name));
        let _ = write!(
            rows,
            r#"<p><label>{words}<br><input type="{kind}" name="{name}" required></label></p>"#
        );
    }
    format!(
        r#"<form method="post" action="{}"><input type="hidden" name="{}" value="{}">{rows}<button>{}</button></form>"#,
        escape(action),
        escape(field),
        escape(value),
        escape(label),
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // Braces of a text are no place to fill in.
            '{' => escaped.push_str("&#123;"),
            c => escaped.push(c),
        }
    }
    escaped
}
