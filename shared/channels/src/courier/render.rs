//! A letter as HTML and as plain text.
//!
//! The HTML is one column of tables' worth of inline styles, as mail programs want it, and well
//! formed by construction. Courier reads `{{name}}` as a variable of its own, so that no two braces
//! of ours may stand together.

use std::fmt::Write;

use domain::message::{Block, Letter};
use domain::text;

use crate::letter::plain;

/// The longest subject, in characters: more is cut by most mail programs.
const MAX_SUBJECT: usize = 200;

const PAGE: &str = "margin:0;padding:24px 12px;background:#f2f4f7;color:#17212b;font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const CARD: &str =
    "max-width:560px;margin:0 auto;padding:28px;background:#ffffff;border-radius:12px";
const BUTTON: &str = "display:inline-block;padding:12px 22px;border-radius:8px;background:#1f6fb2;color:#ffffff;font-weight:600;text-decoration:none";
const SMALL: &str = "margin:20px 0 0;color:#5b6876;font-size:13px";

/// The subject as one line.
pub(super) fn subject(letter: &Letter) -> String {
    let line = text::one_line(&letter.subject);
    apart(text::first_chars(&line, MAX_SUBJECT).trim_end())
}

/// The letter as an HTML document; `mark` is a line at its head.
pub fn html(letter: &Letter, mark: Option<&str>) -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{}</title></head><body style=\"{PAGE}\"><div style=\"{CARD}\">",
        letter.language.code(),
        escape(&letter.subject),
    );
    if let Some(mark) = mark {
        let _ = write!(html, "<p style=\"margin:0 0 16px\"><em>{}</em></p>", escape(mark));
    }
    for block in &letter.blocks {
        write_html(&mut html, block);
    }
    html.push_str("</div></body></html>");
    html
}

fn write_html(html: &mut String, block: &Block) {
    // Writing to a string does not fail.
    let _ = match block {
        Block::Heading(text) => {
            write!(
                html,
                "<h1 style=\"margin:0 0 12px;font-size:21px;line-height:1.3\">{}</h1>",
                escape(text)
            )
        }
        Block::Text(text) => {
            for paragraph in text.split("\n\n") {
                let lines = escape(paragraph).replace('\n', "<br>");
                let _ = write!(html, "<p style=\"margin:0 0 14px\">{lines}</p>");
            }
            Ok(())
        }
        Block::Strong(text) => {
            write!(
                html,
                "<p style=\"margin:0 0 14px;font-size:18px\"><strong>{}</strong></p>",
                escape(text)
            )
        }
        Block::Image { url, alt } => write!(
            html,
            "<p style=\"margin:0 0 14px\"><img src=\"{}\" alt=\"{}\" width=\"504\" style=\"max-width:100%;height:auto;border-radius:8px\"></p>",
            escape(url),
            escape(alt),
        ),
        Block::Button { label, url } => write!(
            html,
            "<p style=\"margin:20px 0\"><a href=\"{}\" style=\"{BUTTON}\">{}</a></p>",
            escape(url),
            escape(label),
        ),
        Block::Small(text) => write!(html, "<p style=\"{SMALL}\">{}</p>", escape(text)),
    };
}

/// The letter as plain text; `mark` is a line at its head.
pub fn text(letter: &Letter, mark: Option<&str>) -> String {
    apart(&plain(letter, mark))
}

/// Escapes for text and for attributes in double quotes; braces, too, so that none is Courier's.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '{' => escaped.push_str("&#123;"),
            '}' => escaped.push_str("&#125;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The text with a blank between braces that stand together.
fn apart(text: &str) -> String {
    let mut apart = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '{' | '}') && apart.ends_with(c) {
            apart.push(' ');
        }
        apart.push(c);
    }
    apart
}

#[cfg(test)]
mod tests {
    use domain::contact::Language;
    use proptest::prelude::*;

    use super::*;

    fn letter(text: &str, url: &str) -> Letter {
        Letter {
            subject: text.to_owned(),
            blocks: vec![
                Block::Heading(text.to_owned()),
                Block::Text(text.to_owned()),
                Block::Image { url: url.to_owned(), alt: text.to_owned() },
                Block::Button { label: text.to_owned(), url: url.to_owned() },
                Block::Small(text.to_owned()),
            ],
            language: Language::Ru,
        }
    }

    #[test]
    fn a_letter_says_the_same_in_both_forms() {
        let letter = domain::mail::confirm_channel(
            Language::En,
            "Ada & Co",
            "https://e.com/confirm-email?a=1&b=2",
        );
        insta::assert_snapshot!("html", html(&letter, None).replace("><", ">\n<"));
        insta::assert_snapshot!("text", text(&letter, Some("(Again.)")));
    }

    proptest! {
        #[test]
        fn nothing_that_people_wrote_becomes_markup_or_a_variable(words in "[a-z<>\"'&{} \n]{0,60}") {
            let letter = letter(&words, "https://e.com/?a=\"><script>");
            let plain = html(&self::letter("x", "https://e.com/"), None);
            let written = html(&letter, None);
            // Paragraphs and breaks apart, there are as many tags as for the letter x.
            let tags = |html: &str| {
                html.matches('<').count() - html.matches("<br>").count() - html.matches("<p").count()
                    - html.matches("</p>").count()
            };
            prop_assert_eq!(tags(&written), tags(&plain));
            for text in [&written, &text(&letter, None), &subject(&letter)] {
                prop_assert!(!text.contains("{{") && !text.contains("}}"));
            }
            prop_assert!(!subject(&letter).contains('\n'));
        }
    }
}
