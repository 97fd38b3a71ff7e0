//! Everything that the simulator knows.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::encode::Encoding;

/// A thing that a link sells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it is called.
    pub name: String,
    /// The price of one, in hundredths.
    pub cents: u64,
    /// How many.
    pub quantity: u64,
}

/// A link, and the page behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its id.
    pub id: String,
    /// The form that made it.
    pub form: String,
    /// The shop's number of the order: what it calls `order_id`, and is told as `order_num`.
    pub order_num: String,
    /// What is sold.
    pub items: Vec<Item>,
    /// The remark that the customer's field begins with.
    pub extra: String,
    /// Where the customer goes who has paid.
    pub url_success: Option<String>,
    /// Where the customer goes who has not.
    pub url_return: Option<String>,
    /// Where words go, if the link says so.
    pub webhook: Option<String>,
    /// Whether words of it are JSON.
    pub json: bool,
    /// Whether no money is moved.
    pub demo: bool,
    /// After this, in Moscow, nobody can pay: `2026-05-15 00:00`.
    pub expires: Option<String>,
    /// So many payments are taken.
    pub limit: Option<u64>,
    /// Payments that were taken, by Prodamus's numbers, and whether they went back.
    pub payments: BTreeMap<u64, bool>,
}

impl Link {
    /// What is to be paid, in hundredths.
    pub fn cents(&self) -> u64 {
        self.items.iter().map(|it| it.cents.saturating_mul(it.quantity)).sum()
    }
}

/// A word that is posted until it is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// Its id.
    pub id: String,
    /// Where it goes.
    pub url: String,
    /// What it says, without the number of the attempt.
    pub pairs: Vec<(String, String)>,
    /// How it is written, unless all are written otherwise.
    pub json: bool,
    /// Whether it is signed as one that moved no money.
    pub demo: bool,
    /// Each time it was posted.
    pub attempts: Vec<Attempt>,
}

impl Word {
    /// A field of it.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

/// A post of a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When, in seconds.
    pub at: i64,
    /// Its header `Sign`.
    pub sign: String,
    /// The answer's status, if there was an answer.
    pub status: Option<u16>,
}

/// A post that is still to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) word: String,
    pub(super) at_ms: i64,
    pub(super) tries: u32,
}

/// All of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    started: i64,
    made: u64,
    pub(super) links: BTreeMap<String, Link>,
    pub(super) words: Vec<Word>,
    pub(super) pending: VecDeque<Pending>,
    /// Whether words are kept back.
    pub(super) holding: bool,
    /// How often each word is posted.
    pub(super) copies: u32,
    /// How words are written.
    pub(super) encoding: Encoding,
    /// Whether products are one text of JSON, as was seen once.
    pub(super) products_as_text: bool,
    /// Statuses for the next requests to forms, and how many.
    #[serde(skip)]
    pub(super) faults: VecDeque<(u16, u32)>,
    #[serde(skip)]
    pub(super) under_way: usize,
}

impl State {
    pub(super) fn new(started: i64) -> Self {
        Self { started, copies: 1, ..Self::default() }
    }

    /// What a file has; `None` when there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, String> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|it| it.to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Whole or not at all: a crash leaves no half of it behind.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let draft = path.with_extension("new");
        fs::write(&draft, serde_json::to_vec(self)?)?;
        fs::rename(draft, path)
    }

    /// A new id. Ids of different starts never meet, even when a file was lost.
    pub(super) fn id(&mut self) -> String {
        self.made += 1;
        format!("{:x}{:05}", self.started, self.made)
    }

    /// A new number of a payment.
    pub(super) fn number(&mut self) -> u64 {
        self.made += 1;
        let seconds = u64::try_from(self.started.div_euclid(1_000)).unwrap_or_default();
        seconds.saturating_mul(10_000).saturating_add(self.made)
    }

    /// A word is to be posted so many times.
    pub(super) fn post(&mut self, word: &str, copies: u32, at_ms: i64, tries: u32) {
        for _ in 0..copies.max(1) {
            self.pending.push_back(Pending { word: word.to_owned(), at_ms, tries });
        }
    }
}
