//! The offers that the demo posts: a JSON-lines file, made new for each run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::DemoError;

/// Made-up offers with the oddities of real ones.
const EXAMPLE: &str = include_str!("../../demo/offers.jsonl");
/// A new user may watch this many pages.
const PAGES: usize = 10;

/// Offers of at most [`PAGES`] pages.
#[derive(Debug)]
pub(super) struct Offers {
    pub(super) pages: Vec<String>,
    pub(super) found: Vec<Value>,
    /// How many messages they make: an offer that stands on two pages is one.
    pub(super) distinct: usize,
    /// Offers of further pages, left out.
    pub(super) left_out: usize,
}

/// Reads a file, or the example. `run` goes into every address, so that a second demo finds the
/// offers new again.
pub(super) fn read(file: Option<&Path>, run: &str) -> Result<Offers, DemoError> {
    let name = file.map_or_else(|| "the example".to_owned(), |file| file.display().to_string());
    let text = match file {
        Some(file) => fs::read_to_string(file)
            .map_err(|error| DemoError::Offers(name.clone(), error.to_string()))?,
        None => EXAMPLE.to_owned(),
    };
    let (mut pages, mut found, mut left_out) = (Vec::new(), Vec::new(), 0);
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let at =
            |error: &str| DemoError::Offers(name.clone(), format!("line {}: {error}", index + 1));
        let mut offer: Value =
            serde_json::from_str(line).map_err(|error| at(&error.to_string()))?;
        for field in ["page_url", "url"] {
            let url = offer.get(field).and_then(Value::as_str).ok_or_else(|| at("no URLs"))?;
            offer[field] = mark(url, run).map_err(|error| at(&error))?.into();
        }
        let page = offer["page_url"].as_str().unwrap_or_default().to_owned();
        if !pages.contains(&page) {
            if pages.len() == PAGES {
                left_out += 1;
                continue;
            }
            pages.push(page);
        }
        found.push(offer);
    }
    let urls: BTreeSet<&str> = found.iter().filter_map(|offer| offer["url"].as_str()).collect();
    let distinct = urls.len();
    Ok(Offers { pages, found, distinct, left_out })
}

fn mark(url: &str, run: &str) -> Result<String, String> {
    let mut url = url::Url::parse(url).map_err(|error| error.to_string())?;
    url.query_pairs_mut().append_pair("demo", run);
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_has_an_offer_on_two_pages_and_is_new_in_each_run() {
        let first = read(None, "1").expect("it is readable");
        assert!(first.distinct < first.found.len());
        assert_eq!(first.left_out, 0);
        let second = read(None, "2").expect("it is readable");
        assert_ne!(first.found[0]["url"], second.found[0]["url"]);
    }
}
