mod files;
mod multiple;
mod round_trip;
mod single;

use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};

use super::*;
use crate::scenario::{OnPayment, Photo, ScenarioState, ScenarioStatus};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x10\0\0\0\x10fixture";

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

fn at(text: &str) -> Timestamp {
    let at = DateTime::parse_from_rfc3339(text).expect("an instant");
    Timestamp::from_millis(at.timestamp_millis())
}

fn now() -> Timestamp {
    at("2024-03-01T00:00:00Z")
}

fn product() -> ProductSettings {
    ProductSettings::of_env(
        "PRODAMUS_PRODUCT_NAME=Курс\nPRODAMUS_PRODUCT_PRICE=1500\nPRIVATE_GROUP_ID=-1001234",
    )
}

fn read_with(files: &Files, product: &ProductSettings) -> (Migration, Report) {
    let bot = BotId::default_bot();
    read(files, &Setup { bot: &bot, now: now(), product })
}

fn read_sound(files: &Files) -> (Migration, Report) {
    let (migration, report) = read_with(files, &product());
    assert_eq!(report.errors, [], "errors");
    (migration, report)
}

fn lines(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

fn put(files: &mut Files, path: &str, content: impl AsRef<[u8]>) {
    files.insert(path.to_owned(), content.as_ref().to_vec());
}

fn put_json(files: &mut Files, path: &str, value: &Value) {
    put(files, path, value.to_string());
}
