//! Small pictures that any program can show.

/// A PNG of one colour.
pub fn png(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let mut line = vec![0];
    line.extend((0..width).flat_map(|_| colour));
    let pixels = line.repeat(usize::try_from(height).unwrap_or_default());
    // Eight bits for each of red, green and blue.
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(*b"IHDR", &header),
        chunk(*b"IDAT", &stored(&pixels)),
        chunk(*b"IEND", &[]),
    ]
    .concat()
}

fn chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or_default();
    let body = [&kind[..], content].concat();
    [&length.to_be_bytes()[..], &body, &crc(&body).to_be_bytes()].concat()
}

/// The pixels as zlib keeps them when nothing is compressed.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut all = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(usize::from(u16::MAX)).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or_default();
        all.push(u8::from(blocks.peek().is_none()));
        all.extend(length.to_le_bytes());
        all.extend((!length).to_le_bytes());
        all.extend(block);
    }
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    all.extend((b << 16 | a).to_be_bytes());
    all
}

fn crc(bytes: &[u8]) -> u32 {
    let turn = |crc: u32| if crc & 1 == 1 { 0xEDB8_8320 ^ crc >> 1 } else { crc >> 1 };
    let one = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| turn(crc));
    !bytes.iter().fold(u32::MAX, one)
}
