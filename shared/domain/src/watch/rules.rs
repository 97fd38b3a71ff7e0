//! What of its pages' news a target wants to hear, and when.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::field_error::FieldError;
use crate::offer::{Listing, Offer};
use crate::text;

/// A filter has at most this many keywords of each kind.
pub const MAX_KEYWORDS: usize = 20;
/// A keyword has at most this many characters.
pub const MAX_KEYWORD_CHARS: usize = 60;
/// Digests of a day come at this hour unless the target says otherwise.
pub const DAILY_HOUR: u8 = 9;

/// What of its pages' news a target wants to hear, and when. By default all that is new, at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Which offers.
    #[serde(default, skip_serializing_if = "Filter::is_open")]
    pub filter: Filter,
    /// Which news of them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub notify_on: NotifyOn,
    /// At once or gathered.
    #[serde(default, skip_serializing_if = "is_default")]
    pub digest: Digest,
    /// What is said of what the first scrape of a page finds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub baseline: Baseline,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Which offers a target hears of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// One of these must stand in the offer's text, in any case of letters; any text will do if there
    /// are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// None of these may stand there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded_keywords: Vec<String>,
    /// The lowest price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_price: Option<Decimal>,
    /// The highest price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_price: Option<Decimal>,
}

/// Which news of an offer a target hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyOn {
    /// That it is there.
    #[default]
    New,
    /// That it is there, and that it has become cheaper.
    PriceDrop,
    /// That it is there, and any change of its price.
    AnyChange,
}

/// When a target hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "every", rename_all = "snake_case")]
pub enum Digest {
    /// At once.
    #[default]
    Immediate,
    /// Once an hour, on the hour.
    Hourly,
    /// Once a day.
    Daily {
        /// At this hour of the owner's time zone, 0 to 23.
        hour: u8,
    },
}

/// What is said of what the first scrape of a page finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// How many there are.
    #[default]
    Summary,
    /// Each of them, as if it were new.
    All,
}

/// What happened to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It is there.
    New,
    /// It costs less than before.
    PriceDrop,
    /// Its price changed in another way.
    PriceChange,
    /// It costs less than before, and has changed once more since: whoever asks for any change hears of that.
    EarlierDrop,
}

impl News {
    /// The news that `revision` of an offer is, as the offer stands now; `None` when a later change
    /// has made it old. That an offer is there stays news, and so does a lower price that no later one undoes:
    /// a fan-out may take an hour.
    pub fn of(revision: u32, offer: &Offer) -> Option<Self> {
        match revision {
            0 | 1 => Some(Self::New),
            _ if revision < offer.revision => {
                let left = offer.dropped.as_ref().filter(|it| it.revision == revision);
                left.map(|_| Self::EarlierDrop)
            }
            _ if offer.price_dropped() => Some(Self::PriceDrop),
            _ => Some(Self::PriceChange),
        }
    }
}

/// What a target's rules say to a piece of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is told.
    Tell,
    /// The target did not ask for news of this kind.
    Pass,
    /// Its filter leaves the offer out, for this reason.
    LeaveOut(&'static str),
}

impl NotifyOn {
    /// Whether it asks for such news.
    pub const fn asks_for(self, news: News) -> bool {
        match news {
            News::New => true,
            News::PriceDrop => matches!(self, Self::PriceDrop | Self::AnyChange),
            News::PriceChange => matches!(self, Self::AnyChange),
            News::EarlierDrop => matches!(self, Self::PriceDrop),
        }
    }
}

impl Rules {
    /// Whether nothing but the default is asked for.
    pub fn are_default(&self) -> bool {
        is_default(self)
    }

    /// What is to be done with this piece of news about an offer that says this.
    pub fn judge(&self, news: News, listing: &Listing) -> Verdict {
        if !self.notify_on.asks_for(news) {
            return Verdict::Pass;
        }
        self.filter.refuses(listing).map_or(Verdict::Tell, Verdict::LeaveOut)
    }
}

impl Filter {
    /// Whether it lets everything through.
    pub fn is_open(&self) -> bool {
        is_default(self)
    }

    /// Why it leaves an offer out, if it does. An offer without a price is in no price range.
    pub fn refuses(&self, listing: &Listing) -> Option<&'static str> {
        if !self.keywords.is_empty() || !self.excluded_keywords.is_empty() {
            let text = folded(listing);
            let stands = |keyword: &String| text.contains(&keyword.to_lowercase());
            if !self.keywords.is_empty() && !self.keywords.iter().any(stands) {
                return Some("none of the target's keywords stands in it");
            }
            if self.excluded_keywords.iter().any(stands) {
                return Some("a keyword that the target excludes stands in it");
            }
        }
        if self.min_price.is_none() && self.max_price.is_none() {
            return None;
        }
        let Some(price) = listing.price else {
            return Some("it has no price, and the target asks for a price range");
        };
        if self.min_price.is_some_and(|min| price < min) {
            return Some("it is below the target's price range");
        }
        self.max_price
            .is_some_and(|max| price > max)
            .then_some("it is above the target's price range")
    }

    /// Checks a filter as it came; `field` is where it stood.
    ///
    /// # Errors
    /// All faulty fields.
    pub fn check(mut self, field: &str) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        for (name, words) in
            [("keywords", &mut self.keywords), ("excluded_keywords", &mut self.excluded_keywords)]
        {
            check_keywords(&format!("{field}.{name}"), words, &mut errors);
        }
        for (name, price) in [("min_price", self.min_price), ("max_price", self.max_price)] {
            if price.is_some_and(|price| price.is_sign_negative() && !price.is_zero()) {
                errors.push(FieldError::new(format!("{field}.{name}"), "must not be negative"));
            }
        }
        if let (Some(min), Some(max)) = (self.min_price, self.max_price)
            && min > max
        {
            let name = format!("{field}.max_price");
            errors.push(FieldError::new(name, "must not be less than min_price"));
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }
}

fn check_keywords(field: &str, words: &mut Vec<String>, errors: &mut Vec<FieldError>) {
    if words.len() > MAX_KEYWORDS {
        let message = format!("must have at most {MAX_KEYWORDS} entries");
        errors.push(FieldError::new(field, message));
        return;
    }
    for (index, word) in words.iter_mut().enumerate() {
        let clean = text::one_line(word);
        let long = clean.chars().nth(MAX_KEYWORD_CHARS).is_some();
        if long || !text::is_visible(&clean) {
            let message = format!("must have 1 to {MAX_KEYWORD_CHARS} characters");
            errors.push(FieldError::new(format!("{field}[{index}]"), message));
        }
        *word = clean;
    }
    let mut seen = std::collections::BTreeSet::new();
    words.retain(|word| seen.insert(word.to_lowercase()));
}

/// All that an offer says, in lower case.
fn folded(listing: &Listing) -> String {
    let mut text = listing.title.to_lowercase();
    for part in listing.description.iter().chain(listing.attributes.values()) {
        text.push('\n');
        text.push_str(&part.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn listing(title: &str, price: Option<i64>) -> Listing {
        Listing {
            title: title.to_owned(),
            price: price.map(Decimal::from),
            currency: None,
            image_url: None,
            description: Some("Two wheels".to_owned()),
            attributes: BTreeMap::from([("colour".to_owned(), "Rot".to_owned())]),
        }
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn each_kind_of_news_is_told_to_who_asks_for_it() {
        use News::{EarlierDrop, New, PriceChange, PriceDrop};
        for (notify_on, hears) in [
            (NotifyOn::New, vec![New]),
            (NotifyOn::PriceDrop, vec![New, PriceDrop, EarlierDrop]),
            (NotifyOn::AnyChange, vec![New, PriceDrop, PriceChange]),
        ] {
            let rules = Rules { notify_on, ..Rules::default() };
            for news in [New, PriceDrop, PriceChange, EarlierDrop] {
                let verdict = rules.judge(news, &listing("Bike", None));
                let expected = if hears.contains(&news) { Verdict::Tell } else { Verdict::Pass };
                assert_eq!(verdict, expected, "{notify_on:?} {news:?}");
            }
        }
    }

    #[test]
    fn keywords_are_looked_for_in_all_that_an_offer_says_in_any_case_of_letters() {
        let bike = listing("Gravel BIKE", None);
        for (keywords, excluded, passes) in [
            (&["bike"][..], &[][..], true),
            (&["car", "WHEELS"], &[], true),
            (&["rot"], &[], true),
            (&["car"], &[], false),
            (&["bike"], &["gravel"], false),
            (&[], &["ROT"], false),
            (&[], &["car"], true),
        ] {
            let filter = Filter {
                keywords: words(keywords),
                excluded_keywords: words(excluded),
                ..Filter::default()
            };
            assert_eq!(filter.refuses(&bike).is_none(), passes, "{filter:?}");
        }
    }

    #[test]
    fn a_price_range_includes_its_ends_and_leaves_out_what_has_no_price() {
        let between = |min: Option<i64>, max: Option<i64>| Filter {
            min_price: min.map(Decimal::from),
            max_price: max.map(Decimal::from),
            ..Filter::default()
        };
        for (min, max, price, passes) in [
            (Some(10), Some(20), Some(10), true),
            (Some(10), Some(20), Some(20), true),
            (Some(10), Some(20), Some(9), false),
            (Some(10), Some(20), Some(21), false),
            (None, Some(20), Some(0), true),
            (Some(10), None, None, false),
            (None, None, None, true),
        ] {
            let filter = between(min, max);
            assert_eq!(filter.refuses(&listing("Bike", price)).is_none(), passes, "{filter:?}");
        }
    }

    #[test]
    fn all_faults_of_a_filter_are_named() {
        let filter = Filter {
            keywords: words(&["ok", " "]),
            excluded_keywords: vec!["x".repeat(61)],
            min_price: Some(Decimal::from(5)),
            max_price: Some(Decimal::from(4)),
        };
        let errors = filter.check("filter").expect_err("faulty");
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let expected = ["filter.keywords[1]", "filter.excluded_keywords[0]", "filter.max_price"];
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_keyword_counts_once_in_whatever_case() {
        let filter = Filter { keywords: words(&["Bike", " bike ", "car"]), ..Filter::default() };
        assert_eq!(filter.check("filter").map(|it| it.keywords), Ok(words(&["Bike", "car"])));
    }

    #[test]
    fn rules_that_ask_for_nothing_special_take_no_room() {
        assert_eq!(serde_json::to_string(&Rules::default()).unwrap(), "{}");
        assert_eq!(serde_json::from_str::<Rules>("{}").unwrap(), Rules::default());
    }

    proptest! {
        #[test]
        fn a_word_of_the_title_is_found_and_excluded(title in "[a-zA-Zäöü]{1,12}( [a-zA-Zäöü]{1,12}){0,4}", at in 0usize..5) {
            let word = title.split(' ').nth(at).unwrap_or(&title).to_uppercase();
            let listing = listing(&title, None);
            let wanted = Filter { keywords: vec![word.clone()], ..Filter::default() };
            prop_assert_eq!(wanted.refuses(&listing), None);
            let unwanted = Filter { excluded_keywords: vec![word], ..Filter::default() };
            prop_assert!(unwanted.refuses(&listing).is_some());
        }
    }
}
