//! Prints made-up offers, one JSON object a line: `make-offers [COUNT] [PAGES] [SEED]`.

use std::io::{self, Write};

use tests::generator::offers;

fn main() -> io::Result<()> {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let count = numbers.next().unwrap_or(200);
    let pages = numbers.next().unwrap_or(12);
    let seed = numbers.next().unwrap_or(1);
    let mut out = io::stdout().lock();
    let seed = u64::try_from(seed).unwrap_or(1);
    offers(seed, count, pages).iter().try_for_each(|offer| writeln!(out, "{offer}"))
}
