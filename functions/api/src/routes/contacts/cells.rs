//! Contacts as the rows of a table.

use app::scenario::owner::{ContactPage, SeenContact, SeenRun};
use domain::contact::Language;
use domain::scenario::ScenarioStatus;
use domain::time::Timestamp;

use super::view::next_due;

/// A part has at most so many bytes, the last contact's rows aside: an answer of a function has at most 6 MB.
const MOST: usize = 2 * 1024 * 1024;
/// What says that the file is UTF-8: Excel takes it for the machine's own character set otherwise.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// What stands at the head of the columns.
const COLUMNS: [&str; 19] = [
    "chat_id",
    "user_name",
    "language",
    "registered_at",
    "active_scenario",
    "blocked",
    "unsubscribed",
    "scenario",
    "status",
    "step",
    "received",
    "next_due",
    "started_at",
    "last_sent_at",
    "completed_at",
    "payment_date",
    "joined_group",
    "joined_at",
    "removed_from_group",
];

/// The rows of a page, as far as they fit a part, and the cursor of the next part.
pub(super) fn part(
    page: &ContactPage,
    first: bool,
) -> Result<(Vec<u8>, Option<String>), csv::Error> {
    let head = if first { BYTE_ORDER_MARK.as_bytes().to_vec() } else { Vec::new() };
    // Lines end as RFC 4180 says.
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(head);
    if first {
        writer.write_record(COLUMNS)?;
    }
    let mut bytes = 0;
    for (at, seen) in page.items.iter().enumerate() {
        for cells in rows(seen) {
            bytes += cells.iter().map(|it| it.len() + 3).sum::<usize>();
            writer.write_record(cells.iter().map(|cell| harmless(cell)))?;
        }
        if bytes > MOST && at + 1 < page.items.len() {
            return Ok((finished(writer)?, Some(seen.cursor())));
        }
    }
    Ok((finished(writer)?, page.next.clone()))
}

fn finished(writer: csv::Writer<Vec<u8>>) -> Result<Vec<u8>, csv::Error> {
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// A contact's rows: what it is, and where it is with each scenario.
fn rows(seen: &SeenContact) -> Vec<Vec<String>> {
    let contact = &seen.contact;
    let language = match contact.language {
        Language::En => "en",
        Language::Ru => "ru",
    };
    let whole = [
        contact.chat_id.to_string(),
        contact.user_name.clone().unwrap_or_default(),
        language.to_owned(),
        contact.registered_at.rfc3339(),
        contact.active.as_ref().map(ToString::to_string).unwrap_or_default(),
        contact.blocked.clone().unwrap_or_default(),
        contact.unsubscribed.to_string(),
    ];
    let row = |run: Vec<String>| whole.iter().cloned().chain(run).collect();
    if seen.runs.is_empty() {
        return vec![row(vec![String::new(); COLUMNS.len() - whole.len()])];
    }
    seen.runs.iter().map(|run| row(run_cells(seen, run))).collect()
}

fn run_cells(seen: &SeenContact, SeenRun { scenario, state, step }: &SeenRun) -> Vec<String> {
    let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339).unwrap_or_default();
    let status = match state.status {
        ScenarioStatus::NotStarted => "not_started",
        ScenarioStatus::Active => "active",
        ScenarioStatus::Completed => "completed",
        ScenarioStatus::Stopped => "stopped",
    };
    vec![
        scenario.to_string(),
        status.to_owned(),
        step.as_ref().map(ToString::to_string).unwrap_or_default(),
        state.received.len().to_string(),
        time(next_due(seen, scenario)),
        time(state.started_at),
        time(state.last_sent_at),
        time(state.completed_at),
        time(state.payment_date),
        state.access.joined_group.to_string(),
        time(state.access.joined_at),
        state.access.removed.to_string(),
    ]
}

/// A cell that no spreadsheet takes for a formula, nor what follows a separator in it: where the comma is the
/// decimal mark, Excel reads this file as if semicolons separated its cells. Numbers stay numbers.
fn harmless(cell: &str) -> String {
    if cell.parse::<i64>().is_ok() {
        return cell.to_owned();
    }
    let (mut safe, mut begins) = (String::with_capacity(cell.len() + 1), true);
    for c in cell.chars() {
        if begins && matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r') {
            safe.push('\'');
        }
        safe.push(c);
        begins = matches!(c, ';' | '\t' | '\r' | '\n') || (begins && matches!(c, ' ' | '"'));
    }
    safe
}

#[cfg(test)]
mod tests {
    use domain::contact::Contact;
    use domain::ids::BotId;
    use domain::scenario::ScenarioState;
    use domain::slug::Slug;

    use super::*;

    fn seen(chat_id: i64, name: &str) -> SeenContact {
        let contact = Contact {
            user_name: Some(name.to_owned()),
            ..Contact::new(BotId::default_bot(), chat_id, Timestamp::default())
        };
        SeenContact { contact, runs: Vec::new() }
    }

    fn text(page: &ContactPage, first: bool) -> String {
        let (bytes, _) = part(page, first).expect("written");
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn cells_are_quoted_and_no_formula_gets_through() {
        let scenario = Slug::parse("course").expect("a slug");
        let run = SeenRun { scenario, state: ScenarioState::default(), step: None };
        let ada = SeenContact { runs: vec![run], ..seen(7, "Анна, \"A\"\n") };
        let page = ContactPage { items: vec![ada, seen(-8, "=HYPERLINK(1)")], next: None };
        let file = text(&page, true);
        let mut lines = file.split("\r\n");
        assert_eq!(lines.next().expect("a head").split(',').count(), COLUMNS.len());
        assert!(lines.next().expect("a row").starts_with("7,\"Анна, \"\"A\"\"\n\",en,1970-01-01T"));
        let last = lines.next().expect("a row");
        assert!(last.starts_with("-8,'=HYPERLINK(1),en,"), "{last}");
        assert!(last.ends_with(",,,,"), "no run: {last}");
        for cell in ["=1", "+1a", "-a", "@a", "\ta", "\ra"] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        for cell in ["-8", "7", "a=b", "a; b", "a\nb", ""] {
            assert_eq!(harmless(cell), cell);
        }
        for (cell, safe) in [
            ("x;=HYPERLINK(1)", "x;'=HYPERLINK(1)"),
            ("x;\"=1", "x;\"'=1"),
            ("x; +1", "x; '+1"),
            ("x\n@a", "x\n'@a"),
            ("x\t-1", "x\t'-1"),
            ("=1;=2", "'=1;'=2"),
        ] {
            assert_eq!(harmless(cell), safe);
        }
        assert!(file.starts_with("\u{feff}chat_id,"), "{file}");
        let other = text(&page, false);
        assert!(other.starts_with("7,"), "only the first part has a head: {other}");
    }

    #[test]
    fn a_long_file_comes_in_parts_and_nothing_is_cut() {
        let name = "x".repeat(129);
        let all: Vec<_> = (0..30_000).map(|n| seen(n, &name)).collect();
        let page = ContactPage { items: all, next: Some("7.1".to_owned()) };
        let (bytes, next) = part(&page, true).expect("written");
        assert!(bytes.len() > MOST / 2 && bytes.len() < MOST + 1_024, "{}", bytes.len());
        let rows = bytes.split(|b| *b == b'\n').count() - 2;
        assert_eq!(next, Some(page.items[rows - 1].cursor()), "behind the last row");
        let short = ContactPage { items: page.items[..3].to_vec(), next: page.next.clone() };
        assert_eq!(part(&short, true).expect("written").1, page.next);
    }
}
