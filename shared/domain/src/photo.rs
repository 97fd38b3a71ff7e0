//! Stored photos: which files Telegram takes as a photo, what they are called, and what a bot knows of one.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::ids::BotId;
use crate::time::Timestamp;

/// A photo has at most this many bytes (FACTS: Telegram, Limits).
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// One that is uploaded over the API has at most this many bytes: what API Gateway hands to a function is
/// at most 6 MB in Base64.
pub const MAX_UPLOAD_BYTES: usize = 4 * 1024 * 1024;
/// Width and height of a photo are at most this together, in pixels (FACTS: Telegram, Limits).
pub const MAX_SIDES: u32 = 10_000;
/// The longer side is at most so many times the shorter one (FACTS: Telegram, Limits).
pub const MAX_RATIO: u32 = 20;
/// A key has at most this many bytes.
const MAX_KEY: usize = 100;

/// A photo of the object store, as a bot knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPhoto {
    /// The bot.
    pub bot_id: BotId,
    /// Its key.
    pub object: String,
    /// What Telegram calls it, once the bot has sent it; good for this bot alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_id: Option<String>,
    /// When it was stored, or was called so.
    pub changed_at: Timestamp,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl PhotoFormat {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// What names of such files end with, without the point.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    /// What a file is by its first bytes.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\xFF\xD8\xFF") {
            return Some(Self::Jpeg);
        }
        if bytes.starts_with(b"\x89PNG") {
            return Some(Self::Png);
        }
        (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")).then_some(Self::Webp)
    }
}

/// A file that Telegram takes as a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// What it is.
    pub format: PhotoFormat,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// Why a file is no photo that Telegram takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PhotoError {
    /// It is something else, or begins as one and is none.
    #[error("must be a JPEG, PNG or WebP")]
    Format,
    /// It is too large.
    #[error("must have at most {MAX_BYTES} bytes")]
    Bytes,
    /// It has too many pixels on its sides.
    #[error("must have a width and height of at most {MAX_SIDES} pixels together")]
    Sides,
    /// It is too narrow.
    #[error("must be at most {MAX_RATIO} times as long as it is wide")]
    Ratio,
}

/// Reads what a file is from its header, and holds it against Telegram's limits.
///
/// # Errors
/// [`PhotoError`].
pub fn measure(bytes: &[u8]) -> Result<Measured, PhotoError> {
    let format = PhotoFormat::of(bytes).ok_or(PhotoError::Format)?;
    if bytes.len() > MAX_BYTES {
        return Err(PhotoError::Bytes);
    }
    let size = match format {
        PhotoFormat::Jpeg => jpeg_size(bytes),
        PhotoFormat::Png => png_size(bytes),
        PhotoFormat::Webp => webp_size(bytes),
    };
    let (width, height) = size.filter(|(w, h)| *w > 0 && *h > 0).ok_or(PhotoError::Format)?;
    if width.saturating_add(height) > MAX_SIDES {
        return Err(PhotoError::Sides);
    }
    let (long, short) = (width.max(height), width.min(height));
    if long > short.saturating_mul(MAX_RATIO) {
        return Err(PhotoError::Ratio);
    }
    Ok(Measured { format, width, height })
}

/// The key of a file: the same file has the same one.
pub fn key_of(bytes: &[u8], ending: &str) -> String {
    let digest = Sha256::digest(bytes);
    let mut key = digest.iter().take(16).fold(String::new(), |mut hex, byte| {
        // Text is always written.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    key.push('.');
    key.push_str(ending);
    key
}

/// Whether a text may be a key: letters, digits, `-`, `_` and `.`, not at the beginning a point.
pub fn is_key(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    (1..=MAX_KEY).contains(&text.len()) && !text.starts_with('.') && text.bytes().all(plain)
}

/// A number of these bytes, the highest first.
fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |n, byte| n << 8 | u32::from(*byte))
}

/// A number of these bytes, the lowest first.
fn number_reversed(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |n, byte| n << 8 | u32::from(*byte))
}

/// The header stands first: length, `IHDR`, width, height.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    (bytes.get(12..16)? == b"IHDR").then_some(())?;
    Some((number(bytes.get(16..20)?), number(bytes.get(20..24)?)))
}

/// Segments follow one another until the one that begins a frame, which has height and width.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.get(2..)?;
    loop {
        let marker = *rest.get(1)?;
        (*rest.first()? == 0xFF).then_some(())?;
        match marker {
            // Any number of these may stand before a marker.
            0xFF => rest = rest.get(1..)?,
            // Those without a length.
            0x01 | 0xD0..=0xD8 => rest = rest.get(2..)?,
            // A frame, whichever way it is coded; the three others of this range are tables.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                return Some((number(rest.get(7..9)?), number(rest.get(5..7)?)));
            }
            _ => {
                let length = usize::try_from(number(rest.get(2..4)?)).ok()?;
                rest = rest.get(length.max(2) + 2..)?;
            }
        }
    }
}

/// The first chunk is one of three, each with another way to say it.
fn webp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8X" => {
            let side = |at: usize| Some(number_reversed(bytes.get(at..at + 3)?) + 1);
            Some((side(24)?, side(27)?))
        }
        b"VP8L" => {
            (*bytes.get(20)? == 0x2F).then_some(())?;
            let bits = number_reversed(bytes.get(21..25)?);
            Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        }
        b"VP8 " => {
            (bytes.get(23..26)? == b"\x9D\x01\x2A").then_some(())?;
            let side = |at: usize| Some(number_reversed(bytes.get(at..at + 2)?) & 0x3FFF);
            Some((side(26)?, side(28)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
