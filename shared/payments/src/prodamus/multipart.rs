//! `multipart/form-data` (RFC 7578) of a body that is whole, as PHP reads it.

use super::fields::{BodyError, Fields, MAX_FIELDS};

/// The longest boundary (RFC 2046).
const MAX_BOUNDARY: usize = 70;

/// Reads the fields; files among them are passed over.
pub(super) fn read(content_type: &str, body: &[u8]) -> Result<Fields, BodyError> {
    let boundary = parameter(content_type, "boundary")
        .filter(|it| !it.is_empty() && it.len() <= MAX_BOUNDARY)
        .ok_or(BodyError::Malformed("its type names no boundary"))?;
    let delimiter = format!("\n--{boundary}").into_bytes();
    // The first boundary may stand at the very beginning.
    let start = if body.starts_with(&delimiter[1..]) {
        delimiter.len() - 1
    } else {
        find(body, &delimiter).ok_or(CUT_SHORT)? + delimiter.len()
    };
    let mut rest = &body[start..];
    let mut fields = Fields::default();
    for _ in 0..=MAX_FIELDS {
        if rest.starts_with(b"--") {
            return Ok(fields);
        }
        let line = find(rest, b"\n").ok_or(CUT_SHORT)?;
        if !rest[..line].trim_ascii().is_empty() {
            return Err(BodyError::Malformed("something follows a boundary"));
        }
        rest = &rest[line + 1..];
        let end = find(rest, &delimiter).ok_or(CUT_SHORT)?;
        if let Some((name, value)) = part(&rest[..end])? {
            fields.put(&name, value)?;
        }
        rest = &rest[end + delimiter.len()..];
    }
    Err(BodyError::TooMany)
}

const CUT_SHORT: BodyError = BodyError::Malformed("it ends before its last boundary");

/// Name and value of a part; none of a file, or of a part without a name.
fn part(bytes: &[u8]) -> Result<Option<(String, String)>, BodyError> {
    // The line end before a boundary belongs to the boundary.
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let (mut rest, mut name, mut file) = (bytes, None, false);
    loop {
        let end = find(rest, b"\n").ok_or(BodyError::Malformed("a part has no end of its head"))?;
        let line = rest[..end].trim_ascii();
        rest = &rest[end + 1..];
        if line.is_empty() {
            break;
        }
        let line = std::str::from_utf8(line).map_err(|_| NOT_UTF8)?;
        if let Some((head, value)) = line.split_once(':')
            && head.trim().eq_ignore_ascii_case("content-disposition")
        {
            name = parameter(value, "name");
            file = parameter(value, "filename").is_some();
        }
    }
    let Some(name) = name.filter(|_| !file) else { return Ok(None) };
    let value = std::str::from_utf8(rest).map_err(|_| NOT_UTF8)?;
    Ok(Some((name, value.to_owned())))
}

const NOT_UTF8: BodyError = BodyError::Malformed("it is not UTF-8");

/// A parameter behind the first semicolon of a header; in quotes, a backslash makes the next
/// character itself.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    let mut rest = header.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let mut value = String::new();
        let after = after.trim_start();
        let mut chars = after.char_indices();
        let quoted = after.starts_with('"');
        if quoted {
            chars.next();
        }
        let mut end = after.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' if quoted => {
                    end = at + 1;
                    break;
                }
                ';' if !quoted => {
                    end = at;
                    break;
                }
                '\\' if quoted => value.extend(chars.next().map(|(_, c)| c)),
                c => value.push(c),
            }
        }
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(if quoted { value } else { value.trim().to_owned() });
        }
        rest = after[end..].split_once(';')?.1;
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_with_and_without_quotes() {
        for (header, wanted, value) in [
            ("multipart/form-data; boundary=ab-c", "boundary", Some("ab-c")),
            ("multipart/form-data; charset=utf-8 ; Boundary=\"a;b\"", "boundary", Some("a;b")),
            ("form-data; name=\"a\\\"b\\\\c\"; filename=\"x\"", "name", Some("a\"b\\c")),
            ("form-data; name=\"\"", "name", Some("")),
            ("form-data; filename=\"name=x\"", "name", None),
            ("form-data; name=\"open", "name", Some("open")),
            ("form-data", "name", None),
            ("", "name", None),
            ("a;b;name=c", "name", None),
        ] {
            assert_eq!(parameter(header, wanted).as_deref(), value, "{header}");
        }
    }

    #[test]
    fn files_and_parts_without_a_name_are_passed_over() {
        let body = b"to whom it may concern\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; \
            filename=\"f.txt\"\r\nContent-Type: text/plain\r\n\r\nx\r\n--b \r\n\
            content-disposition: form-data; name=a[b]\r\n\r\n\r\nline\r\n--bb is no boundary\r\n\
            \r\n--b\r\nX: y\r\n\r\nz\r\n--b\nContent-Disposition: form-data; name=\"e\"\n\n\n--b--";
        // A line that begins like the boundary and goes on is refused rather than guessed at.
        assert!(read("multipart/form-data; boundary=b", body).is_err());
        let body = String::from_utf8_lossy(body).replace("--bb", "- -bb");
        let fields = read("multipart/form-data; boundary=b", body.as_bytes()).expect("a form");
        let pairs = [
            ("a[b]".to_owned(), "\r\nline\r\n- -bb is no boundary\r\n".to_owned()),
            ("e".to_owned(), String::new()),
        ];
        assert_eq!(fields.pairs(), pairs);
    }

    #[test]
    fn a_body_that_was_cut_is_refused() {
        let whole = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n";
        let kind = "multipart/form-data; boundary=b";
        assert_eq!(read(kind, whole.as_bytes()).map(|it| it.pairs().len()), Ok(1));
        for end in 0..whole.len() - 4 {
            assert!(read(kind, &whole.as_bytes()[..end]).is_err(), "{end}");
        }
    }
}
