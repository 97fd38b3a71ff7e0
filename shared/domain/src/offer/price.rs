//! Prices as scrapers write them.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::Value;
use thiserror::Error;

/// The most digits a price may have, before and after the point together.
const MAX_DIGITS: usize = 28;

/// The digits that a binary floating-point number keeps of a decimal one.
/// What follows them is noise: `6.906999999999999e+01` was 69.07.
const FLOAT_DIGITS: u32 = 15;

/// Why a price is not accepted. The message is for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PriceError {
    /// Neither a string nor a number of JSON.
    #[error("must be a number or a string such as \"1299.50\"")]
    Type,
    /// Not a decimal number: a currency sign, thousands separators, a comma.
    #[error("must be a decimal number such as \"1299.50\", without separators or currency")]
    Malformed,
    /// Below zero.
    #[error("must not be negative")]
    Negative,
    /// More digits than can be kept exactly.
    #[error("must have at most {MAX_DIGITS} digits")]
    TooLong,
}

/// Reads a price from JSON: a number, or a string with a decimal number.
///
/// A string is kept to the digit. Numbers of JSON that are no integers, and
/// strings in scientific notation, come out of a scraper's floating-point
/// arithmetic and are rounded to its 15 digits.
pub fn read_price(value: &Value) -> Result<Decimal, PriceError> {
    match value {
        Value::String(text) => from_text(text.trim()),
        Value::Number(number) if number.is_f64() => from_float(&number.to_string()),
        Value::Number(number) => from_text(&number.to_string()),
        _ => Err(PriceError::Type),
    }
}

fn from_text(text: &str) -> Result<Decimal, PriceError> {
    let (digits, negative) = match text.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    };
    if digits.contains(['e', 'E']) {
        return from_float(text);
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(PriceError::Malformed);
    }
    if negative && digits.contains(|c| ('1'..='9').contains(&c)) {
        return Err(PriceError::Negative);
    }
    let whole = whole.trim_start_matches('0').len();
    let fraction = digits.split_once('.').map_or(0, |(_, f)| f.len());
    if whole + fraction > MAX_DIGITS {
        return Err(PriceError::TooLong);
    }
    Decimal::from_str_exact(digits).map_err(|_| PriceError::TooLong)
}

/// Reads what floating-point arithmetic wrote, such as `4.6` or `1.5e+21`.
fn from_float(text: &str) -> Result<Decimal, PriceError> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(PriceError::Malformed);
    }
    let exponent = i32::from_str(exponent).map_err(|_| PriceError::Malformed)?;
    if whole.len() + fraction.len() > MAX_DIGITS || exponent.unsigned_abs() > 100 {
        return Err(PriceError::TooLong);
    }
    let plain = Decimal::from_str_exact(mantissa).map_err(|_| PriceError::Malformed)?;
    let price = shift(plain, exponent).ok_or(PriceError::TooLong)?;
    if price.is_sign_negative() && !price.is_zero() {
        return Err(PriceError::Negative);
    }
    price.abs().round_sf(FLOAT_DIGITS).map(|price| price.normalize()).ok_or(PriceError::TooLong)
}

/// `number` times ten to the power of `exponent`; `None` when that has more
/// digits than can be kept.
fn shift(number: Decimal, exponent: i32) -> Option<Decimal> {
    let number = number.normalize();
    if number.is_zero() {
        return Some(Decimal::ZERO);
    }
    let scale = i32::try_from(number.scale()).ok()? - exponent;
    if let Ok(scale) = u32::try_from(scale) {
        return Decimal::try_from_i128_with_scale(number.mantissa(), scale).ok();
    }
    let factor = 10_i128.checked_pow(scale.unsigned_abs())?;
    let mantissa = number.mantissa().checked_mul(factor)?;
    let shifted = Decimal::try_from_i128_with_scale(mantissa, 0).ok()?;
    (shifted.mantissa().to_string().len() <= MAX_DIGITS).then_some(shifted)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(value: &Value) -> String {
        read_price(value).map_or_else(|e| format!("{e:?}"), |price| price.to_string())
    }

    #[test]
    fn strings_are_kept_to_the_digit() {
        for (text, expected) in [
            ("10000", "10000"),
            (" 120.00 ", "120.00"),
            ("0", "0"),
            ("-0.00", "0.00"),
            ("+5", "5"),
            ("0.0000000000000000000000000001", "0.0000000000000000000000000001"),
            ("9999999999999999999999999999", "9999999999999999999999999999"),
        ] {
            assert_eq!(read(&json!(text)), expected, "{text}");
        }
    }

    #[test]
    fn floating_point_noise_is_rounded_off() {
        for (value, expected) in [
            (json!("2.794000000000000e+01"), "27.94"),
            (json!("6.906999999999999e+01"), "69.07"),
            (json!("8.640000000000001e+00"), "8.64"),
            (json!("1.000000000000000e-02"), "0.01"),
            (json!("1E3"), "1000"),
            (json!(0.1 + 0.2), "0.3"),
            (json!(1299.99), "1299.99"),
            (json!(1e21), "1000000000000000000000"),
            (json!(0.0), "0"),
            (json!(u64::MAX), "18446744073709551615"),
        ] {
            assert_eq!(read(&value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_no_price_is_refused_with_the_reason() {
        for (value, expected) in [
            (json!(true), PriceError::Type),
            (json!([1]), PriceError::Type),
            (json!("abc"), PriceError::Malformed),
            (json!("1,299.00"), PriceError::Malformed),
            (json!("12 €"), PriceError::Malformed),
            (json!("."), PriceError::Malformed),
            (json!("1."), PriceError::Malformed),
            (json!("NaN"), PriceError::Malformed),
            (json!("1e"), PriceError::Malformed),
            (json!("-1"), PriceError::Negative),
            (json!(-0.01), PriceError::Negative),
            (json!("-1e2"), PriceError::Negative),
            (json!("12345678901234567890123456789"), PriceError::TooLong),
            (json!(1e300), PriceError::TooLong),
            (json!("1e999999999999"), PriceError::Malformed),
        ] {
            assert_eq!(read_price(&value), Err(expected), "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_panic(text in "[-+0-9.eE ]{0,40}") {
            if let Ok(price) = read_price(&json!(text)) {
                prop_assert!(!price.is_sign_negative() || price.is_zero());
            }
        }

        #[test]
        fn any_number_of_cents_survives_as_a_json_number(cents in 0_u32..=u32::MAX) {
            let price = f64::from(cents) / 100.0;
            prop_assert_eq!(read_price(&json!(price)), Ok(Decimal::new(i64::from(cents), 2)));
        }
    }
}
