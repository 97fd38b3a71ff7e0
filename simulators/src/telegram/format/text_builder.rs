//! Plain text while it is being parsed, with its length in UTF-16 units at hand.

/// Grows a text and knows the offset that an entity beginning now would have.
#[derive(Debug, Default)]
pub(super) struct TextBuilder {
    text: String,
    utf16: usize,
}

impl TextBuilder {
    pub(super) fn push(&mut self, c: char) {
        self.text.push(c);
        self.utf16 += c.len_utf16();
    }

    /// Where the next character will stand, in UTF-16 units.
    pub(super) fn offset(&self) -> usize {
        self.utf16
    }

    /// Where the next character will stand, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    pub(super) fn since(&self, byte: usize) -> &str {
        &self.text[byte..]
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}
