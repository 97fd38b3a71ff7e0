//! What an import found and did, told on standard output.

use app::migration::{Applied, FormTaken};
use domain::migration::{Finding, Report};
use serde_json::json;

use crate::cli::Place;
use crate::show;

/// So many findings of a kind are shown; with --json all are.
const SHOWN: usize = 40;

/// Tells what was found and, where nothing refused it, what was done or would be.
pub(super) fn say(place: &Place, report: &Report, applied: Option<&Applied>, done: bool) {
    if place.json {
        let result = json!({
            "applied": done && applied.is_some(),
            "report": report,
            "result": applied,
        });
        return show::line(result.to_string());
    }
    show::line(format!("{} files read", report.read.len()));
    findings("error", &report.errors);
    findings("warning", &report.warnings);
    let named = |path: &String| format!("not imported: {path}");
    some("not imported", report.unread.iter().map(named));
    let Some(applied) = applied else { return };
    let counts = [
        ("scenarios", format!("{} new, with {} messages", applied.scenarios, applied.steps)),
        ("button sets", format!("{} new", applied.button_sets)),
        ("broadcasts", format!("{} new", applied.broadcasts)),
        ("pictures", format!("{} new", applied.photos)),
        (
            "contacts",
            format!(
                "{} new, {} further along in the files, {} unchanged",
                applied.contacts_made, applied.contacts_changed, applied.contacts_unchanged
            ),
        ),
        (
            "next messages",
            format!(
                "{}, of these {} overdue: sent one after the other",
                applied.timers, applied.overdue
            ),
        ),
    ];
    for (name, count) in counts {
        show::line(format!("{name:<14} {count}"));
    }
    stays(applied);
    payments(applied, done);
    if !done {
        show::line("Nothing was changed. The same with --apply does it.");
    }
}

/// What stays as it is here, whatever the files say.
fn stays(applied: &Applied) {
    for kept in &applied.kept {
        show::line(format!(
            "the {kept} is here already and says something else: it stays as it is here"
        ));
    }
    for slug in &applied.deleted {
        show::line(format!(
            "the scenario {slug} was deleted here: it is not made again, and nobody goes on with it"
        ));
    }
}

/// What became of the payments of before.
fn payments(applied: &Applied, done: bool) {
    if applied.payments > 0 {
        let kept = if done { "kept sealed" } else { "would be kept sealed" };
        show::line(format!("payment_info of {} contacts: {kept} for 400 days", applied.payments));
    }
    findings("no notification of Prodamus", &applied.payments_unread);
    let unsealed = applied.payments_left_out.saturating_sub(applied.payments_unread.len());
    if unsealed > 0 {
        show::line(format!(
            "payment_info of {unsealed} contacts: not imported, there is no key to seal it with"
        ));
    }
    let form = match applied.form {
        FormTaken::None => return,
        FormTaken::Set if done => "is the bot's from now on, sealed",
        FormTaken::Set => "would become the bot's, sealed",
        FormTaken::Known => "is the bot's already",
        FormTaken::Kept => {
            "is not imported: the bot has another one, which stays; PATCH /api/telegram/bots/{bot} changes it"
        }
        FormTaken::NoKey => {
            "is not imported: neither HOOPOE_KMS_KEY nor SEAL_KEY is set here; tell the bot of it by \
             PATCH /api/telegram/bots/{bot}"
        }
        FormTaken::Platform => {
            "is not imported: contacts pay through a company's bot only; name one with --bot"
        }
    };
    show::line(format!("the payment form of the env file {form}"));
}

fn findings(kind: &str, findings: &[Finding]) {
    some(kind, findings.iter().map(|it| format!("{kind}: {it}")));
}

/// The first lines, and how many more there are.
fn some(kind: &str, lines: impl ExactSizeIterator<Item = String>) {
    let more = lines.len().saturating_sub(SHOWN);
    for line in lines.take(SHOWN) {
        show::line(line);
    }
    if more > 0 {
        show::line(format!("{kind}: and {more} more; --json shows all"));
    }
}
