use std::sync::atomic::{AtomicUsize, Ordering};

use futures::FutureExt;

use super::*;

const ABOUT: &str = "bot/1/token";

fn key(text: &str) -> LocalKey {
    LocalKey::parse(text, Env::system()).expect("a key")
}

fn sealer(key: LocalKey) -> Sealer {
    Sealer::new(Arc::new(key), Env::system())
}

fn now<T>(work: impl Future<Output = T>) -> T {
    work.now_or_never().expect("a local key answers at once")
}

fn opened(with: &Sealer, about: &str, envelope: &Sealed) -> Result<String, SealError> {
    now(with.open(about, envelope)).map(|text| text.expose_secret().to_owned())
}

#[test]
fn what_is_sealed_opens_for_another_process_with_the_same_key() {
    let secret = Env::system().secret();
    let sealed = now(sealer(key(&secret)).seal(ABOUT, "7:token")).expect("it is sealed");
    assert!(sealed.as_str().starts_with("v1.local."), "{}", sealed.as_str());
    assert!(!sealed.as_str().contains("token") && format!("{sealed:?}") == "Sealed(..)");
    assert_eq!(opened(&sealer(key(&secret)), ABOUT, &sealed).as_deref(), Ok("7:token"));
}

#[test]
fn the_same_text_is_sealed_differently_each_time() {
    let sealer = sealer(key(&Env::system().secret()));
    let seal = || now(sealer.seal(ABOUT, "same")).expect("it is sealed");
    assert_ne!(seal(), seal());
}

#[test]
fn an_envelope_opens_for_its_own_item_and_key_only() {
    let mine = sealer(key(&Env::system().secret()));
    let sealed = now(mine.seal(ABOUT, "7:token")).expect("it is sealed");
    let closed = |result: Result<String, SealError>| matches!(result, Err(SealError::Closed(_)));
    assert!(closed(opened(&mine, "bot/2/token", &sealed)), "another item");
    let other = sealer(key(&Env::system().secret()));
    assert!(closed(opened(&other, ABOUT, &sealed)), "another key");
    assert_eq!(now(Sealer::off(Env::system()).seal(ABOUT, "x")), Err(SealError::NoKey));
}

#[test]
fn a_damaged_envelope_is_an_error_wherever_the_damage_is() {
    let sealer = sealer(key(&Env::system().secret()));
    let whole = now(sealer.seal(ABOUT, "7:token")).expect("it is sealed");
    let whole = whole.as_str();
    for at in 0..whole.len() {
        let damaged: String =
            whole.chars().enumerate().map(|(i, c)| if i == at { '!' } else { c }).collect();
        assert!(opened(&sealer, ABOUT, &Sealed::new(damaged)).is_err(), "damaged at {at}");
        let cut = Sealed::new(&whole[..at]);
        assert!(opened(&sealer, ABOUT, &cut).is_err(), "cut at {at}");
    }
    let of_kms = Sealed::new(whole.replacen("local", "kms", 1));
    assert_eq!(opened(&sealer, ABOUT, &of_kms), Err(SealError::OtherKey("kms".to_owned())));
    let later = Sealed::new(whole.replacen("v1", "v2", 1));
    assert!(matches!(opened(&sealer, ABOUT, &later), Err(SealError::Closed(_))));
}

#[test]
fn what_is_no_key_is_refused_without_being_shown() {
    for text in ["", "quite-secret", "AAAA", "not base64 !"] {
        let error = LocalKey::parse(text, Env::system()).expect_err(text).to_string();
        assert!(error.starts_with("the seal key ") && !error.contains("quite"), "{error}");
    }
}

/// Counts how often it is asked.
#[derive(Debug)]
struct Counted(LocalKey, AtomicUsize);

impl MasterKey for Counted {
    fn kind(&self) -> &'static str {
        "local"
    }

    fn make(&self) -> BoxFuture<'_, Result<DataKey, SealError>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.make()
    }

    fn open<'a>(&'a self, wrapped: &'a [u8]) -> BoxFuture<'a, Result<KeyBytes, SealError>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.open(wrapped)
    }
}

#[test]
fn the_master_key_is_asked_once_for_many_envelopes() {
    let secret = Env::system().secret();
    let count = |sealer: &Arc<Counted>| sealer.1.load(Ordering::SeqCst);
    let counted = || Arc::new(Counted(key(&secret), AtomicUsize::new(0)));
    let first = counted();
    let sealing = Sealer::new(first.clone(), Env::system());
    let envelopes: Vec<Sealed> =
        (0..9).map(|n| now(sealing.seal(ABOUT, &n.to_string())).expect("sealed")).collect();
    let second = counted();
    let opening = Sealer::new(second.clone(), Env::system());
    for (n, sealed) in envelopes.iter().enumerate() {
        assert_eq!(opened(&sealing, ABOUT, sealed), Ok(n.to_string()));
        assert_eq!(opened(&opening, ABOUT, sealed), Ok(n.to_string()));
    }
    assert_eq!((count(&first), count(&second)), (1, 1));
}
