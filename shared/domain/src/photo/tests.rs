use proptest::prelude::*;

use super::*;

fn png(width: u32, height: u32) -> Vec<u8> {
    let head = b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR".to_vec();
    [head, width.to_be_bytes().to_vec(), height.to_be_bytes().to_vec()].concat()
}

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let before = b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xC4\0\x02\xFF\xFF\xC2\0\x11\x08".to_vec();
    [before, height.to_be_bytes().to_vec(), width.to_be_bytes().to_vec()].concat()
}

fn webp(chunk: &[u8], payload: &[u8]) -> Vec<u8> {
    [b"RIFF\0\0\0\0WEBP", chunk, b"\0\0\0\0", payload].concat()
}

#[test]
fn formats_and_sizes_are_read_from_the_header() {
    let bits = (640_u32 - 1) | (480 - 1) << 14;
    for (bytes, format) in [
        (png(640, 480), PhotoFormat::Png),
        (jpeg(640, 480), PhotoFormat::Jpeg),
        (webp(b"VP8X", &[0, 0, 0, 0, 0x7F, 2, 0, 0xDF, 1, 0]), PhotoFormat::Webp),
        (webp(b"VP8L", &[&[0x2F], &bits.to_le_bytes()[..]].concat()), PhotoFormat::Webp),
        (webp(b"VP8 ", &[0, 0, 0, 0x9D, 1, 0x2A, 0x80, 2, 0xE0, 1]), PhotoFormat::Webp),
    ] {
        let measured = Measured { format, width: 640, height: 480 };
        assert_eq!(measure(&bytes), Ok(measured), "{format:?}");
    }
}

#[test]
fn what_telegram_would_not_take_is_refused() {
    let mut large = png(10, 10);
    large.resize(MAX_BYTES + 1, 0);
    let mut fits = png(10, 10);
    fits.resize(MAX_BYTES, 0);
    assert!(measure(&fits).is_ok());
    for (bytes, error) in [
        (large, PhotoError::Bytes),
        (png(9_000, 1_001), PhotoError::Sides),
        (png(u32::MAX, u32::MAX), PhotoError::Sides),
        (png(2_101, 100), PhotoError::Ratio),
        (png(0, 100), PhotoError::Format),
        (b"\x89PNG".to_vec(), PhotoError::Format),
        (b"GIF89a".to_vec(), PhotoError::Format),
        (Vec::new(), PhotoError::Format),
    ] {
        assert_eq!(measure(&bytes), Err(error), "{:?}", bytes.get(..24));
    }
    assert!(measure(&png(2_000, 100)).is_ok());
    assert!(measure(&png(9_000, 1_000)).is_ok());
}

#[test]
fn a_key_is_made_of_the_bytes() {
    assert_eq!(key_of(b"a", "png"), key_of(b"a", "png"));
    assert_ne!(key_of(b"a", "png"), key_of(b"b", "png"));
    assert!(is_key(&key_of(b"a", "png")));
    for text in ["", ".a", "a/b", "a b", "ä", &"a".repeat(101)] {
        assert!(!is_key(text), "{text}");
    }
}

proptest! {
    #[test]
    fn whatever_the_bytes_they_are_read_or_refused(
        format in 0..3_usize, bytes in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let head: [&[u8]; 3] = [b"\xFF\xD8\xFF", b"\x89PNG", b"RIFF0000WEBPVP8"];
        let _ = measure(&[head[format], &bytes].concat());
    }
}
