//! What of its pages' news a target wants to hear, as the API has it.

use app::AppError;
use domain::field_error::FieldError;
use domain::offer::read_price;
use domain::watch::{Baseline, DAILY_HOUR, Digest, Filter, NotifyOn, Rules, RulesWish};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Which offers a target hears of.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = NewTargetFilter)]
pub(crate) struct FilterRequest {
    /// At most 20, of at most 60 characters. One of them must stand in title, description or attributes,
    /// in any case of letters.
    #[schema(max_items = 20)]
    keywords: Vec<String>,
    /// At most 20, of at most 60 characters. None of them may stand there.
    #[schema(max_items = 20)]
    excluded_keywords: Vec<String>,
    /// The lowest price, as a number or a string such as `"99.50"`. Prices of all currencies are compared as
    /// numbers. An offer without a price is in no range.
    #[schema(value_type = Option<String>)]
    min_price: Option<Value>,
    /// The highest price.
    #[schema(value_type = Option<String>)]
    max_price: Option<Value>,
}

/// When a target hears.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = TargetDigest)]
pub(crate) struct DigestView {
    every: Every,
    /// The hour of a daily digest in the owner's time zone; 9 unless it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 23)]
    hour: Option<u8>,
}

/// How often a target hears.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DigestEvery)]
enum Every {
    /// At once.
    Immediate,
    /// Once an hour, on the hour.
    Hourly,
    /// Once a day.
    Daily,
}

/// Which news of an offer a target hears.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NotifyOn)]
pub(crate) enum NotifyOnName {
    /// That it is there.
    New,
    /// That it is there, and that it has become cheaper.
    PriceDrop,
    /// That it is there, and any change of its price.
    AnyChange,
}

/// What is said of what the first scrape of a page finds.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Baseline)]
pub(crate) enum BaselineName {
    /// How many there are.
    Summary,
    /// Each of them, as if it were new.
    All,
}

/// What a request says of a target's rules.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct RulesRequest {
    pub(crate) filter: Option<FilterRequest>,
    pub(crate) notify_on: Option<NotifyOnName>,
    pub(crate) digest: Option<DigestView>,
    pub(crate) baseline: Option<BaselineName>,
}

impl RulesRequest {
    /// What is wished.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for prices that are none.
    pub(crate) fn wish(self) -> Result<RulesWish, AppError> {
        let mut faults = Vec::new();
        let filter = self.filter.map(|filter| Filter {
            keywords: filter.keywords,
            excluded_keywords: filter.excluded_keywords,
            min_price: price("filter.min_price", filter.min_price.as_ref(), &mut faults),
            max_price: price("filter.max_price", filter.max_price.as_ref(), &mut faults),
        });
        if !faults.is_empty() {
            return Err(AppError::Invalid(faults));
        }
        Ok(RulesWish {
            filter,
            notify_on: self.notify_on.map(|it| match it {
                NotifyOnName::New => NotifyOn::New,
                NotifyOnName::PriceDrop => NotifyOn::PriceDrop,
                NotifyOnName::AnyChange => NotifyOn::AnyChange,
            }),
            digest: self.digest.map(|it| match it.every {
                Every::Immediate => Digest::Immediate,
                Every::Hourly => Digest::Hourly,
                Every::Daily => Digest::Daily { hour: it.hour.unwrap_or(DAILY_HOUR) },
            }),
            baseline: self.baseline.map(|it| match it {
                BaselineName::Summary => Baseline::Summary,
                BaselineName::All => Baseline::All,
            }),
        })
    }
}

fn price(field: &str, value: Option<&Value>, faults: &mut Vec<FieldError>) -> Option<Decimal> {
    match value.filter(|value| !value.is_null()).map(read_price)? {
        Ok(price) => Some(price),
        Err(error) => {
            faults.push(FieldError::new(field, error.to_string()));
            None
        }
    }
}

/// Which offers a target hears of.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = TargetFilter)]
pub(crate) struct FilterView {
    /// One of these must stand in the offer.
    keywords: Vec<String>,
    /// None of these may stand in it.
    excluded_keywords: Vec<String>,
    /// The lowest price.
    min_price: Option<String>,
    /// The highest price.
    max_price: Option<String>,
}

/// A target's rules.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = TargetRules)]
pub(crate) struct RulesView {
    pub(super) filter: FilterView,
    pub(super) notify_on: NotifyOnName,
    pub(super) digest: DigestView,
    pub(super) baseline: BaselineName,
}

impl From<&Rules> for RulesView {
    fn from(rules: &Rules) -> Self {
        let Filter { keywords, excluded_keywords, min_price, max_price } = rules.filter.clone();
        let text = |price: Option<Decimal>| price.map(|price| price.to_string());
        let (every, hour) = match rules.digest {
            Digest::Immediate => (Every::Immediate, None),
            Digest::Hourly => (Every::Hourly, None),
            Digest::Daily { hour } => (Every::Daily, Some(hour)),
        };
        Self {
            filter: FilterView {
                keywords,
                excluded_keywords,
                min_price: text(min_price),
                max_price: text(max_price),
            },
            notify_on: match rules.notify_on {
                NotifyOn::New => NotifyOnName::New,
                NotifyOn::PriceDrop => NotifyOnName::PriceDrop,
                NotifyOn::AnyChange => NotifyOnName::AnyChange,
            },
            digest: DigestView { every, hour },
            baseline: match rules.baseline {
                Baseline::Summary => BaselineName::Summary,
                Baseline::All => BaselineName::All,
            },
        }
    }
}
