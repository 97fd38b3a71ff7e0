//! The parameters of a call, whichever of Telegram's four ways they came:
//! query string, urlencoded form, multipart form, JSON object. Later sources win.
//!
//! The real server flattens all of them to strings and decodes where it needs
//! to, so `"chat_id": 5` and `"chat_id": "5"` are the same thing here too.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::Value;

use super::refusal::Refusal;

/// A file sent along in a multipart form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) file_name: String,
    pub(crate) bytes: Bytes,
}

/// Named parameters and files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Args {
    values: HashMap<String, String>,
    files: HashMap<String, Upload>,
}

impl Args {
    pub(crate) fn parse(
        query: Option<&str>,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Self, Refusal> {
        let mut args = Self::default();
        args.take_form(query.unwrap_or_default().as_bytes());
        let content_type = content_type.unwrap_or_default().trim();
        let essence =
            content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/json" => args.take_json(body)?,
            "application/x-www-form-urlencoded" => args.take_form(body),
            "multipart/form-data" => args.take_multipart(content_type, body)?,
            _ => {}
        }
        Ok(args)
    }

    /// The parameter as sent; empty when absent, as the real server has it.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        !self.text(name).is_empty() || self.files.contains_key(name)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.text(name).to_ascii_lowercase().as_str(), "true" | "yes" | "1")
    }

    /// A whole number; `None` when absent or not one (the schema check has
    /// refused the latter by then).
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.text(name).trim().parse().ok()
    }

    /// A JSON-serialized parameter; `None` when absent.
    pub(crate) fn json(&self, name: &str) -> Option<serde_json::Result<Value>> {
        let text = self.text(name);
        if text.is_empty() { None } else { Some(serde_json::from_str(text)) }
    }

    pub(crate) fn file(&self, name: &str) -> Option<&Upload> {
        self.files.get(name)
    }

    /// How many files came along.
    pub(crate) fn files(&self) -> u32 {
        u32::try_from(self.files.len()).unwrap_or(u32::MAX)
    }

    fn take_form(&mut self, form: &[u8]) {
        for (name, value) in url::form_urlencoded::parse(form) {
            self.values.insert(name.into_owned(), value.into_owned());
        }
    }

    fn take_json(&mut self, body: &[u8]) -> Result<(), Refusal> {
        if body.is_empty() {
            return Ok(());
        }
        let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
            return Err(Refusal::bad_request("Can't parse request JSON object"));
        };
        for (name, value) in object {
            let text = match value {
                Value::String(text) => text,
                // Telegram takes a literal null for the word "null". No client means that.
                Value::Null => continue,
                other => other.to_string(),
            };
            self.values.insert(name, text);
        }
        Ok(())
    }

    fn take_multipart(&mut self, content_type: &str, body: &[u8]) -> Result<(), Refusal> {
        let malformed = || Refusal::bad_request("Can't parse multipart form data");
        let boundary = boundary(content_type).ok_or_else(malformed)?;
        for part in parts(body, &boundary).ok_or_else(malformed)? {
            let Some(name) = part.parameter("name") else {
                return Err(malformed());
            };
            if let Some(file_name) = part.parameter("filename") {
                self.files.insert(
                    name,
                    Upload { file_name, bytes: Bytes::copy_from_slice(part.content) },
                );
            } else {
                let text = std::str::from_utf8(part.content)
                    .map_err(|_| Refusal::bad_request("Strings must be encoded in UTF-8"))?;
                self.values.insert(name, text.to_owned());
            }
        }
        Ok(())
    }
}

fn boundary(content_type: &str) -> Option<String> {
    let (_, after) = content_type.split_once("boundary=")?;
    let value = match after.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => after.split(';').next()?.trim(),
    };
    (!value.is_empty()).then(|| format!("--{value}"))
}

struct Part<'a> {
    headers: &'a str,
    content: &'a [u8],
}

impl Part<'_> {
    /// `name` or `filename` of the content disposition.
    fn parameter(&self, wanted: &str) -> Option<String> {
        let disposition = self
            .headers
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
        disposition.split(';').skip(1).find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == wanted).then(|| value.trim_matches('"').to_owned())
        })
    }
}

fn parts<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<Part<'a>>> {
    let mut found = Vec::new();
    let mut rest = &body[find(body, boundary.as_bytes())? + boundary.len()..];
    while !rest.starts_with(b"--") {
        let rest_of_part = rest.strip_prefix(b"\r\n")?;
        let next = find(rest_of_part, boundary.as_bytes())?;
        let part = rest_of_part[..next].strip_suffix(b"\r\n")?;
        let (headers, content) = match find(part, b"\r\n\r\n") {
            Some(at) => (&part[..at], &part[at + 4..]),
            None => return None,
        };
        found.push(Part { headers: std::str::from_utf8(headers).ok()?, content });
        rest = &rest_of_part[next + boundary.len()..];
    }
    Some(found)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_four_ways_of_passing_parameters_mean_the_same() {
        let json = Args::parse(
            None,
            Some("application/json; charset=utf-8"),
            br#"{"chat_id":5,"text":"a b"}"#,
        );
        let form =
            Args::parse(None, Some("application/x-www-form-urlencoded"), b"chat_id=5&text=a+b");
        let query = Args::parse(Some("chat_id=5&text=a%20b"), None, b"");
        let multipart = Args::parse(
            None,
            Some("multipart/form-data; boundary=xyz"),
            b"--xyz\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n5\r\n\
              --xyz\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na b\r\n--xyz--\r\n",
        );
        assert_eq!(json, form);
        assert_eq!(json, query);
        assert_eq!(json, multipart);
        assert_eq!(json.unwrap().integer("chat_id"), Some(5));
    }

    #[test]
    fn a_file_in_a_multipart_form_keeps_its_name_and_bytes() {
        let body = b"--q\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\
                     Content-Type: image/jpeg\r\n\r\n\x00\x01\x02\r\n--q--";
        let args = Args::parse(None, Some("multipart/form-data; boundary=\"q\""), body).unwrap();
        assert_eq!(
            args.file("photo"),
            Some(&Upload { file_name: "a.jpg".into(), bytes: Bytes::from_static(b"\0\x01\x02") })
        );
    }

    #[test]
    fn what_is_no_json_object_and_no_form_is_refused() {
        for body in [&b"[1]"[..], b"{", b"\xff"] {
            assert!(Args::parse(None, Some("application/json"), body).is_err());
        }
        assert!(Args::parse(None, Some("multipart/form-data"), b"").is_err());
        assert!(Args::parse(None, Some("multipart/form-data; boundary=x"), b"--x\r\nfoo").is_err());
    }
}
