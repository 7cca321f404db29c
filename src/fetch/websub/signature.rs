//! Pure but for chance: the secrets that we share with hubs, and what they sign with them.

use aws_lc_rs::{hmac, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::fmt;

/// Random bytes in a secret; the Recommendation allows 200 bytes as text.
const SECRET_BYTES: usize = 32;
/// Random bytes in the last part of a callback's address.
const PATH_BYTES: usize = 32;

/// What a hub signs with. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl Secret {
    /// A new one; none when the machine has no chance to give.
    pub(super) fn new() -> Option<Self> {
        random::<SECRET_BYTES>().map(Self)
    }

    /// As it was kept.
    pub(super) fn kept(text: String) -> Self {
        Self(text)
    }

    /// For the hub, and for keeping.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `X-Hub-Signature` is what this secret makes of the body. Compared in constant time.
    pub(super) fn signed(&self, signature: &str, body: &[u8]) -> bool {
        let Some((method, digits)) = signature.trim().split_once('=') else { return false };
        let algorithm = match method.trim().to_ascii_lowercase().as_str() {
            // Weak as a hash, not as a keyed one; many hubs know no other.
            "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => hmac::HMAC_SHA256,
            "sha384" => hmac::HMAC_SHA384,
            "sha512" => hmac::HMAC_SHA512,
            _ => return false,
        };
        let Some(tag) = from_hex(digits.trim()) else { return false };
        hmac::verify(&hmac::Key::new(algorithm, self.0.as_bytes()), body, &tag).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(...)")
    }
}

/// A name that nobody guesses: the last part of a callback's address.
pub(super) fn path() -> Option<String> {
    random::<PATH_BYTES>()
}

/// Whether a text may be such a name at all.
pub(super) fn is_path(text: &str) -> bool {
    text.len() == PATH_BYTES.div_ceil(3) * 4 - 1
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

fn random<const BYTES: usize>() -> Option<String> {
    let mut bytes = [0; BYTES];
    rand::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 and RFC 4231, case 2: the key "Jefe".
    #[test]
    fn every_method_is_verified_and_nothing_else() {
        let secret = Secret::kept("Jefe".to_owned());
        let body = b"what do ya want for nothing?";
        let good = [
            "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ];
        for signature in good {
            assert!(secret.signed(signature, body), "{signature}");
            assert!(secret.signed(&signature.to_uppercase(), body));
            assert!(!secret.signed(signature, b"what do ya want for something?"));
            assert!(!Secret::kept("jefe".to_owned()).signed(signature, body));
            assert!(!secret.signed(signature.get(..signature.len() - 2).unwrap(), body), "a part is not enough");
        }
        for bad in ["", "sha256", "sha256=", "sha256=xyz", "md5=750c783e6ab0b503eaa86e310a5db738", "=", "sha1=e"] {
            assert!(!secret.signed(bad, body), "{bad}");
        }
    }

    #[test]
    fn secrets_are_long_and_never_shown() {
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert!(one != other && one.expose().len() >= 43 && one.expose().len() < 200);
        assert_eq!(format!("{one:?}"), "Secret(...)");
        let name = path().unwrap();
        assert!(is_path(&name), "{name}");
        assert!(!is_path("") && !is_path(&name.replace(|c: char| c.is_ascii_alphanumeric(), "/")));
    }
}
