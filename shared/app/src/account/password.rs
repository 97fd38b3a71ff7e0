//! Passwords: Argon2id with OWASP's parameters, off the async threads.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use runtime::Env;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::AppError;

/// 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// So many passwords are hashed at once: each takes 19 MiB and a core.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// The hash of nobody's password: a login of an unknown user verifies against it, so that it takes
/// as long as any other. Same parameters as [`argon`].
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn argon() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes a password, in PHC string format.
pub(super) async fn hash(env: &Env, password: String) -> Result<String, AppError> {
    let mut salt = [0; 16];
    env.entropy.fill(&mut salt);
    let hashed = aside(move || {
        let hashed: Result<PasswordHash, _> =
            argon().hash_password_with_salt(password.as_bytes(), &salt);
        hashed.map(|hash| hash.to_string())
    });
    hashed.await?.map_err(|error| AppError::Unavailable(format!("hashing: {error}")))
}

/// Whether the password is the one that was hashed. Takes as long without a hash as with one.
pub(super) async fn verify(password: String, hash: Option<String>) -> Result<bool, AppError> {
    aside(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
        let Ok(hash) = PasswordHash::new(&hash) else { return false };
        matches(&password, &hash) && known
    })
    .await
}

/// The work of verifying.
fn matches(password: &str, hash: &PasswordHash) -> bool {
    #[cfg(test)]
    tests::WORK.set(tests::WORK.get() + 1);
    argon().verify_password(password.as_bytes(), hash).is_ok()
}

/// Runs heavy work where it keeps nobody waiting. Without a runtime (tests in virtual time)
/// there is no other thread and nobody who waits: it runs here.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AppError> {
    if Handle::try_current().is_err() {
        return Ok(work());
    }
    let failed = |error: &dyn std::fmt::Display| AppError::Unavailable(format!("hashing: {error}"));
    let _turn = AT_ONCE.acquire().await.map_err(|error| failed(&error))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::FutureExt;

    use super::*;

    thread_local! {
        /// How often a password was hashed to be compared, on this thread.
        pub(super) static WORK: Cell<u32> = const { Cell::new(0) };
    }

    #[test]
    fn a_password_of_nobody_is_hashed_as_any_other_and_never_matches() {
        let own: PasswordHash =
            argon().hash_password_with_salt(b"password", &[0; 16]).expect("hashed");
        let verified = |password: &str, hash: Option<String>| {
            let before = WORK.get();
            let done = verify(password.to_owned(), hash).now_or_never();
            (done.expect("without a runtime it runs here"), WORK.get() - before)
        };
        assert_eq!(verified("password", Some(own.to_string())), (Ok(true), 1));
        assert_eq!(verified("a guess", Some(own.to_string())), (Ok(false), 1));
        assert_eq!(verified("a guess", None), (Ok(false), 1));
    }

    #[test]
    fn nobodys_hash_is_well_formed_and_costs_what_any_other_does() {
        let nobodys = PasswordHash::new(NOBODYS).expect("well-formed");
        let own: PasswordHash =
            argon().hash_password_with_salt(b"password", &[0; 16]).expect("hashed");
        assert_eq!(nobodys.params.to_string(), own.params.to_string());
        assert_eq!(nobodys.algorithm, own.algorithm);
        assert_eq!(nobodys.hash.map(|it| it.len()), own.hash.map(|it| it.len()));
    }
}
