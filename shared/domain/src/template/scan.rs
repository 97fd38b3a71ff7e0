//! Reads a template's text, and finds all that is wrong with it.

use minijinja::machinery::parse_expr;

use super::{Fault, Flaw, Names, Piece, Scope, Variable};

/// The pieces of a text, and its faults. What is faulty is no piece; without `names` a variable that
/// nobody knows is one, and has no value.
pub(super) fn scan(text: &str, names: Option<&Names>) -> (Vec<Piece>, Vec<Fault>) {
    let mut scanner = Scanner { text, at: 0, names, pieces: Vec::new(), faults: Vec::new() };
    while scanner.step() {}
    (scanner.pieces, scanner.faults)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    names: Option<&'a Names>,
    pieces: Vec<Piece>,
    faults: Vec<Fault>,
}

impl Scanner<'_> {
    /// Reads up to the next braces, and what is in them. Whether there is more.
    fn step(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let found =
            ["{{", "{%", "{#", "}}"].into_iter().filter_map(|it| Some((rest.find(it)?, it)));
        let Some((until, braces)) = found.min_by_key(|(at, _)| *at) else {
            self.push_text(rest.len());
            return false;
        };
        self.push_text(until);
        match braces {
            "{{" => self.expression(),
            "}}" => self.fault_and_skip(Flaw::NotOpened, 2),
            _ => {
                let close = if braces == "{%" { "%}" } else { "#}" };
                let end = self.text[self.at..].find(close).map_or(2, |end| end + 2);
                self.fault_and_skip(Flaw::Statement, end);
            }
        }
        true
    }

    /// Takes so many bytes for text.
    fn push_text(&mut self, bytes: usize) {
        let text = &self.text[self.at..self.at + bytes];
        if !text.is_empty() {
            self.pieces.push(Piece::Text(text.to_owned()));
        }
        self.at += bytes;
    }

    fn fault_and_skip(&mut self, flaw: Flaw, bytes: usize) {
        self.fault(flaw);
        self.at += bytes;
    }

    fn fault(&mut self, flaw: Flaw) {
        let before = &self.text[..self.at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self.faults.push(Fault { line, column, flaw });
    }

    /// Reads `{{ … }}`.
    fn expression(&mut self) {
        let rest = &self.text[self.at + 2..];
        // Another opening before the end: this one was left open.
        let end = rest.find("}}").filter(|end| rest.find("{{").is_none_or(|open| open > *end));
        let Some(end) = end else {
            return self.fault_and_skip(Flaw::NotClosed, 2);
        };
        let inner = &rest[..end];
        match read(inner, self.names) {
            Ok(variable) => self.pieces.push(Piece::Variable(variable)),
            Err(flaw) => self.fault(flaw),
        }
        // `{{{ a.b }}}` closes with its last two.
        let more = rest[end + 2..].bytes().take_while(|it| *it == b'}').count();
        self.at += 2 + end + 2 + if inner.starts_with('{') { more } else { 0 };
    }
}

/// The variable that stands between braces.
fn read(inner: &str, names: Option<&Names>) -> Result<Variable, Flaw> {
    let inner = inner.trim();
    if inner.is_empty() {
        return Err(Flaw::NoVariable);
    }
    let parts: Vec<&str> = inner.split('.').map(str::trim).collect();
    let is_name = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    if !parts.iter().all(is_name) {
        return Err(why_not(inner));
    }
    let [scope, name] = parts[..] else {
        return Err(match parts[..] {
            [name] => Flaw::NoScope { name: name.to_owned() },
            _ => Flaw::TooManyParts { found: inner.to_owned() },
        });
    };
    let known = Scope::ALL.into_iter().find(|it| it.as_str() == scope);
    let Some(scope) = known else {
        return Err(Flaw::UnknownScope { scope: scope.to_owned() });
    };
    let variable = Variable { scope, name: name.to_owned() };
    match names.and_then(|names| names.why_not(&variable)) {
        Some(flaw) => Err(flaw),
        None => Ok(variable),
    }
}

/// The longest expression that is read to say what is wrong with it, in bytes: reading goes as deep as it
/// is long.
const MAX_READ: usize = 200;

/// What is wrong with an expression that is no variable: a fault of the language, or too much of it. It is
/// read, not compiled: compiling works out `"x" * 100000000`.
fn why_not(inner: &str) -> Flaw {
    if inner.len() > MAX_READ {
        return Flaw::OnlyVariable;
    }
    match parse_expr(inner) {
        Ok(_) => Flaw::OnlyVariable,
        Err(error) => {
            let why = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
            Flaw::Unreadable { why }
        }
    }
}
