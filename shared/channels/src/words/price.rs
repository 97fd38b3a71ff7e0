//! Prices as people read them.

use rust_decimal::{Decimal, RoundingStrategy};

/// The price and what became of it: `1,080.00 EUR (was 1,200.00, −10 %)`.
pub(crate) fn price_line(
    price: Decimal,
    currency: Option<&str>,
    previous: Option<Decimal>,
) -> String {
    let mut line = amount(price);
    if let Some(currency) = currency {
        line.push(' ');
        line.push_str(currency);
    }
    if let Some(previous) = previous.filter(|previous| *previous != price) {
        line.push_str(" (was ");
        line.push_str(&amount(previous));
        if let Some(change) = change(previous, price) {
            line.push_str(", ");
            line.push_str(&change);
        }
        line.push(')');
    }
    line
}

/// A number with separators of thousands, and two decimals if it has any.
fn amount(number: Decimal) -> String {
    let text = number.normalize().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut amount = grouped(whole);
    if !fraction.is_empty() || number.scale() > 0 {
        amount.push('.');
        amount.push_str(fraction);
        for _ in fraction.len()..2 {
            amount.push('0');
        }
    }
    amount
}

/// The digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The change in per cent, such as `−10 %` or `+0.4 %`; `None` when it is
/// next to nothing or has no base.
fn change(before: Decimal, now: Decimal) -> Option<String> {
    let percent =
        now.checked_sub(before)?.checked_div(before)?.checked_mul(Decimal::ONE_HUNDRED)?;
    let rounded =
        |digits| percent.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    let shown = [0, 1].into_iter().map(rounded).find(|number| !number.is_zero())?.normalize();
    let sign = if shown.is_sign_negative() { '−' } else { '+' };
    let size = shown.abs().to_string();
    let (whole, fraction) = size
        .split_once('.')
        .map_or((size.as_str(), ""), |(whole, _)| (whole, &size[whole.len()..]));
    Some(format!("{sign}{}{fraction} %", grouped(whole)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    fn line(price: &str, previous: Option<&str>) -> Result<String, rust_decimal::Error> {
        let previous = previous.map(Decimal::from_str).transpose()?;
        Ok(price_line(Decimal::from_str(price)?, Some("EUR"), previous))
    }

    #[test]
    fn prices_are_grouped_and_have_two_decimals_or_none() -> Result<(), rust_decimal::Error> {
        for (price, expected) in [
            ("0", "0 EUR"),
            ("999", "999 EUR"),
            ("1000", "1,000 EUR"),
            ("16499000", "16,499,000 EUR"),
            ("27.94", "27.94 EUR"),
            ("1299.9", "1,299.90 EUR"),
            ("120.00", "120.00 EUR"),
            ("0.000012", "0.000012 EUR"),
            ("9999999999999999999999999999", "9,999,999,999,999,999,999,999,999,999 EUR"),
        ] {
            assert_eq!(line(price, None)?, expected);
        }
        Ok(())
    }

    #[test]
    fn a_changed_price_says_how_much() -> Result<(), rust_decimal::Error> {
        for (price, previous, expected) in [
            ("108.00", "120.00", "108.00 EUR (was 120.00, −10 %)"),
            ("15", "10", "15 EUR (was 10, +50 %)"),
            ("125000", "10", "125,000 EUR (was 10, +1,249,900 %)"),
            ("99.6", "100", "99.60 EUR (was 100, −0.4 %)"),
            ("99.99", "100", "99.99 EUR (was 100)"),
            ("5", "0", "5 EUR (was 0)"),
            ("0", "5", "0 EUR (was 5, −100 %)"),
            ("5", "5.00", "5 EUR"),
            (
                "9999999999999999999999999999",
                "0.000000000000000001",
                "9,999,999,999,999,999,999,999,999,999 EUR (was 0.000000000000000001)",
            ),
        ] {
            assert_eq!(line(price, Some(previous))?, expected);
        }
        Ok(())
    }
}
