//! What records are known by while they stream past: 64 bits each, and gaps in a count of numbers.

/// 64 bits of a hash over fields. Among a million the chance that two are equal is one in thirty million.
pub(super) fn key(fields: &[&[u8]]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for field in fields {
        hasher.update(&(field.len() as u64).to_le_bytes());
        hasher.update(field);
    }
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    u64::from_le_bytes(first)
}

/// The first 16 digits of a content hash as a number, so that reports can show them again.
pub(super) fn content(hash: &str) -> u64 {
    hash.get(..16)
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .unwrap_or_else(|| key(&[b"no hash", hash.as_bytes()]))
}

/// The same as digits.
pub(super) fn digits(content: u64) -> String {
    format!("{content:016x}…")
}

/// A content of an item.
pub(super) fn of_item(item: &str, content: u64) -> u64 {
    key(&[b"content", item.as_bytes(), &content.to_le_bytes()])
}

/// A content of an item under a revision.
pub(super) fn of_revision(item: &str, rev: u32, content: u64) -> u64 {
    key(&[b"revision", item.as_bytes(), &rev.to_le_bytes(), &content.to_le_bytes()])
}

/// The feed in whose name an item or story stands: ids are `<feed>:<hash>`.
pub(super) fn feed_of(id: &str) -> &str {
    id.rsplit_once(':').map_or(id, |(feed, _)| feed)
}

/// A place in an intake log, as the header `origin` writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) intake: String,
    pub(super) seq: u64,
    pub(super) index: u64,
}

impl Place {
    pub(super) fn read(origin: &str) -> Option<Self> {
        let (rest, index) = origin.rsplit_once('/')?;
        let (intake, seq) = rest.rsplit_once('/')?;
        Some(Self { intake: intake.to_owned(), seq: seq.parse().ok()?, index: index.parse().ok()? })
    }

    pub(super) fn key(&self) -> u64 {
        key(&[b"origin", self.intake.as_bytes(), &self.seq.to_le_bytes(), &self.index.to_le_bytes()])
    }
}

/// Numbers that should have come, as ranges; both ends belong to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Gaps(Vec<(u64, u64)>);

impl Gaps {
    pub(super) fn add(&mut self, from: u64, to: u64) {
        if from <= to {
            self.0.push((from, to));
        }
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        self.0.iter().any(|(from, to)| (*from..=*to).contains(&number))
    }

    /// The number has come after all; whether it was missed.
    pub(super) fn fill(&mut self, number: u64) -> bool {
        let Some(at) = self.0.iter().position(|(from, to)| (*from..=*to).contains(&number)) else { return false };
        let (from, to) = self.0.swap_remove(at);
        if from < number {
            self.0.push((from, number - 1));
        }
        if number < to {
            self.0.push((number + 1, to));
        }
        true
    }

    pub(super) fn ranges(&self) -> Vec<(u64, u64)> {
        let mut ranges = self.0.clone();
        ranges.sort_unstable();
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_close_from_any_side() {
        let mut gaps = Gaps::default();
        gaps.add(3, 7);
        gaps.add(9, 8);
        assert!(gaps.fill(5) && gaps.fill(3) && !gaps.fill(3) && gaps.fill(7));
        assert_eq!(gaps.ranges(), [(4, 4), (6, 6)]);
        assert!(gaps.contains(6) && !gaps.contains(5));
    }

    #[test]
    fn an_origin_is_read_as_it_is_written() {
        let place = Place::read("0a1b/12/3").unwrap();
        assert_eq!((place.intake.as_str(), place.seq, place.index), ("0a1b", 12, 3));
        assert_eq!(Place::read("12/3"), None);
        assert_eq!(feed_of("tass-en:5f1c"), "tass-en");
    }
}
