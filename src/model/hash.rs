//! Content hashes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A BLAKE3-256 hash in lower-case hex (64 digits), of a versioned canonical form (`v1:` + fields).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Hash(pub String);

/// Bytes that hold the fields of most ids.
const SHORT_FIELDS: usize = 256;

impl Hash {
    /// Hashes fields so that no two different lists of fields have one image: each is preceded by its length.
    pub fn of_fields<'a>(version: &str, fields: impl IntoIterator<Item = &'a str>) -> Self {
        // In one piece, of which several parts are hashed at a time.
        let mut bytes = Vec::with_capacity(SHORT_FIELDS);
        bytes.extend_from_slice(version.as_bytes());
        for field in fields {
            bytes.extend_from_slice(&(field.len() as u64).to_le_bytes());
            bytes.extend_from_slice(field.as_bytes());
        }
        Self::of_bytes(&bytes)
    }

    /// Hashes raw bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).to_hex().to_string())
    }

    /// The first `n` hex digits, for short ids.
    pub fn short(&self, n: usize) -> &str {
        self.0.get(..n).unwrap_or(&self.0)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
