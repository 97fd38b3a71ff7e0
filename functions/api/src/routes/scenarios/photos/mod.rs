//! Photos that are stored for the messages of a bot.

pub(super) mod get;
pub(super) mod upload;

use std::convert::Infallible;
use std::str::FromStr;

use crate::path::PathId;

/// The key of a photo in a path. What is no key is the key of no photo.
pub(crate) struct PhotoName(String);

impl FromStr for PhotoName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl PathId for PhotoName {
    const PARAMETER: &'static str = "photo";
    const WHAT: &'static str = "photo";
}
