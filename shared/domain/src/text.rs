//! Cleaning of text that strangers wrote, before it is stored or shown.

/// Characters that occupy no ink: a text of these alone looks empty, and a
/// channel may refuse it as such.
const INVISIBLE: [char; 14] = [
    '\u{00AD}', // soft hyphen
    '\u{034F}', // combining grapheme joiner
    '\u{115F}', // Hangul fillers
    '\u{1160}', '\u{180E}', // Mongolian vowel separator
    '\u{200B}', // zero width space
    '\u{200C}', // zero width non-joiner
    '\u{200D}', // zero width joiner
    '\u{200E}', // direction marks
    '\u{200F}', '\u{2800}', // blank Braille pattern
    '\u{3164}', // Hangul filler
    '\u{FE0F}', // emoji presentation selector
    '\u{FEFF}', // byte order mark
];

/// Whether a reader would see at least one character of `text`.
pub fn is_visible(text: &str) -> bool {
    text.chars().any(|c| {
        !c.is_whitespace()
            && !c.is_control()
            && !INVISIBLE.contains(&c)
            && !matches!(c, '\u{2060}'..='\u{206F}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
    })
}

/// Whether the character would disturb the text around it: controls, and the
/// direction overrides and isolates that can turn a whole message around.
/// Joiners stay, for emoji and for scripts that need them.
fn is_disturbing(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// `text` as one line: control characters removed, every run of white space
/// one blank, trimmed.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !is_disturbing(c) {
            line.push(c);
        }
    }
    if line.ends_with(' ') {
        line.pop();
    }
    line
}

/// `text` as paragraphs: each line as by [`one_line`], at most one empty line
/// in a row, none at the start or the end.
pub fn paragraphs(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut block = String::with_capacity(text.len());
    let mut gap = false;
    for line in text.split(['\n', '\r', '\u{2028}', '\u{2029}']) {
        let line = one_line(line);
        if line.is_empty() {
            gap = !block.is_empty();
            continue;
        }
        if !block.is_empty() {
            block.push_str(if gap { "\n\n" } else { "\n" });
        }
        gap = false;
        block.push_str(&line);
    }
    block
}

/// At most `max` characters from the start of `text`.
pub fn first_chars(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_keeps_words_and_emoji_and_loses_controls() {
        assert_eq!(one_line("\u{7}  Red\tshoes\r\n👨‍👩‍👧 \u{202E}✌️ "), "Red shoes 👨‍👩‍👧 ✌️");
    }

    #[test]
    fn paragraphs_keep_one_empty_line_at_most() {
        assert_eq!(paragraphs("\n\n a \r\nb\n\n\n\nc\n"), "a\nb\n\nc");
    }

    #[test]
    fn text_without_ink_is_not_visible() {
        for empty in ["", " ", "\u{200B}\u{200D}", "\u{2800}", "\u{FE0F}\n"] {
            assert!(!is_visible(empty), "{empty:?}");
        }
        assert!(is_visible("\u{200B}a"));
        assert!(is_visible("👍🏽"));
    }

    #[test]
    fn first_chars_counts_characters_not_bytes() {
        assert_eq!(first_chars("äöü", 2), "äö");
        assert_eq!(first_chars("ä", 2), "ä");
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(text in any::<String>()) {
            let line = one_line(&text);
            prop_assert_eq!(one_line(&line), line.clone());
            let block = paragraphs(&text);
            prop_assert_eq!(paragraphs(&block), block.clone());
        }
    }
}
