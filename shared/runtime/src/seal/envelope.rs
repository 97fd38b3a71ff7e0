//! The envelope: what is written, and how it is encrypted.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::seal::Sealed;

use super::{KeyBytes, SealError, exposed};

/// The format of today's envelopes; another one gets another number.
const VERSION: &str = "v1";
/// A nonce has so many bytes.
pub(super) const NONCE: usize = 12;

/// An envelope, taken apart.
#[derive(Debug)]
pub(super) struct Envelope {
    /// Who wrapped the data key.
    pub(super) kind: String,
    /// The wrapped data key.
    pub(super) wrapped: Vec<u8>,
    /// Nonce, ciphertext, tag.
    pub(super) body: Vec<u8>,
}

impl Envelope {
    pub(super) fn write(&self) -> Sealed {
        let [wrapped, body] = [&self.wrapped, &self.body].map(|it| URL_SAFE_NO_PAD.encode(it));
        Sealed::new(format!("{VERSION}.{}.{wrapped}.{body}", self.kind))
    }

    pub(super) fn read(sealed: &Sealed) -> Result<Self, SealError> {
        let parts: Vec<&str> = sealed.as_str().split('.').collect();
        let [version, kind, wrapped, body] = parts[..] else {
            return Err(SealError::Closed("it has no envelope's form"));
        };
        if version != VERSION {
            return Err(SealError::Closed("its format is not known to this version"));
        }
        let bytes = |text| {
            URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::Closed("it has been damaged"))
        };
        Ok(Self { kind: kind.to_owned(), wrapped: bytes(wrapped)?, body: bytes(body)? })
    }
}

/// Nonce, ciphertext and tag of a text that is about this.
pub(super) fn encrypt(
    key: &KeyBytes,
    nonce: [u8; NONCE],
    about: &str,
    text: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut inside = text.to_vec();
    cipher(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound(about), &mut inside)
        .map_err(|_| SealError::BadKey("does not encrypt"))?;
    let mut body = nonce.to_vec();
    body.append(&mut inside);
    Ok(body)
}

/// The text of a body that is about this.
pub(super) fn decrypt(
    key: &KeyBytes,
    about: &str,
    mut body: Vec<u8>,
) -> Result<Vec<u8>, SealError> {
    let Some((nonce, inside)) = body.split_first_chunk_mut::<NONCE>() else {
        return Err(SealError::Closed("it is too short"));
    };
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let text = cipher(key)?
        .open_in_place(nonce, bound(about), inside)
        .map_err(|_| SealError::Closed("it was changed, or belongs elsewhere"))?;
    Ok(text.to_vec())
}

fn bound(about: &str) -> Aad<Vec<u8>> {
    Aad::from(format!("hoopoe/{VERSION}/{about}").into_bytes())
}

fn cipher(key: &KeyBytes) -> Result<LessSafeKey, SealError> {
    let key = UnboundKey::new(&AES_256_GCM, exposed(key));
    Ok(LessSafeKey::new(key.map_err(|_| SealError::BadKey("has the wrong length"))?))
}
