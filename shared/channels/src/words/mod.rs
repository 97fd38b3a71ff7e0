//! Words that several channels share, and how long they may be.

pub(crate) mod offer;
mod price;

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

/// The length of a text in UTF-16 units.
pub(crate) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// `text`, or its beginning with an ellipsis, in at most `max` UTF-16 units.
/// Cut between words where one ends in the last third, else between
/// graphemes: never inside an emoji.
pub(crate) fn clip(text: &str, max: usize) -> Cow<'_, str> {
    if units(text) <= max {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let end = text
        .grapheme_indices(true)
        .find_map(|(at, grapheme)| {
            used += units(grapheme);
            // One unit is for the ellipsis.
            (used + 1 > max).then_some(at)
        })
        .unwrap_or(text.len());
    let kept = &text[..end];
    let last_word_ends = if text[end..].starts_with(char::is_whitespace) {
        Some(end)
    } else {
        kept.rfind(char::is_whitespace)
    };
    let kept = match last_word_ends {
        Some(word_end) if word_end * 3 >= end * 2 => &kept[..word_end],
        _ => kept,
    };
    let kept = kept.trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | ':' | '-' | '–' | '.')
    });
    Cow::Owned(if max == 0 { String::new() } else { format!("{kept}…") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_cut_at_a_word() {
        assert_eq!(clip("short", 5), "short");
        assert_eq!(clip("one two three four", 15), "one two three…");
        assert_eq!(clip("one two, three", 9), "one two…");
        assert_eq!(clip("Donaudampfschifffahrt", 6), "Donau…");
    }

    #[test]
    fn text_is_never_cut_inside_an_emoji() {
        // 👨‍👩‍👧 is 8 units: three faces of 2 and two joiners.
        assert_eq!(clip("ab👨‍👩‍👧cd", 10), "ab…");
        assert_eq!(clip("ab👨‍👩‍👧cd", 11), "ab👨‍👩‍👧…");
        assert_eq!(clip("🇩🇪🇫🇷", 7), "🇩🇪…");
        assert_eq!(clip("✌🏽✌🏽", 4), "✌🏽…");
    }

    proptest! {
        #[test]
        fn a_clipped_text_fits_and_begins_like_the_whole(text in any::<String>(), max in 0_usize..40) {
            let clipped = clip(&text, max);
            prop_assert!(units(&clipped) <= max);
            let kept = clipped.strip_suffix('…').unwrap_or(&clipped);
            prop_assert!(text.starts_with(kept) || text == clipped);
        }
    }
}
