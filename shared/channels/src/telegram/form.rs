//! Forms with files (`multipart/form-data`, RFC 7578), which is how the Bot API takes them.

use bytes::{BufMut, Bytes, BytesMut};

/// A form that is being written.
#[derive(Debug)]
pub(super) struct Form<'a> {
    boundary: &'a str,
    body: BytesMut,
}

impl<'a> Form<'a> {
    /// An empty one. The boundary is random, so that no file has it: 1–70 letters, digits, `-` and `_`.
    pub(super) fn new(boundary: &'a str) -> Self {
        Self { boundary, body: BytesMut::new() }
    }

    /// Makes room for so many bytes, so that a large form is not copied while it grows.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.body.reserve(bytes);
    }

    /// Adds a field. Names are ours: letters, digits and `_`.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.head(&format!("name=\"{name}\""));
        self.body.put_slice(b"\r\n");
        self.body.put_slice(value.as_bytes());
        self.body.put_slice(b"\r\n");
    }

    /// Adds a file.
    pub(super) fn file(&mut self, name: &str, bytes: &[u8]) {
        // The name of the file means nothing to the Bot API, but makes it one.
        self.head(&format!("name=\"{name}\"; filename=\"{name}\""));
        self.body.put_slice(b"Content-Type: application/octet-stream\r\n\r\n");
        self.body.put_slice(bytes);
        self.body.put_slice(b"\r\n");
    }

    /// The media type and the body.
    pub(super) fn finish(mut self) -> (String, Bytes) {
        self.body.put_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        (format!("multipart/form-data; boundary={}", self.boundary), self.body.freeze())
    }

    fn head(&mut self, disposition: &str) {
        let boundary = self.boundary;
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n");
        self.body.put_slice(head.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_as_the_specification_has_it() {
        let mut form = Form::new("x-1");
        form.text("chat_id", "42");
        form.file("photo", b"\0\r\n");
        let (media_type, body) = form.finish();
        assert_eq!(media_type, "multipart/form-data; boundary=x-1");
        assert_eq!(
            body,
            "--x-1\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n42\r\n\
             --x-1\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"photo\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n\0\r\n\r\n--x-1--\r\n"
        );
    }
}
