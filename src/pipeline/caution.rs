//! A record that ends the process must not end it again and again (guarantees.md, S12).
//!
//! Nothing of a topic is read before a mark says how far reading may have come; the mark is taken away at a clean stop. A
//! start that finds one knows that the process ended amid its work. Then what lies before the mark is taken one record a
//! transaction, each with a mark of its own on the disk first, and one whose mark is found twice is not tried any more.

use crate::store::{Store, StoreError, image};

/// Records that are marked at once: so many are taken one by one after an unclean stop.
const AHEAD: u64 = 64;

/// A record that was tried so often, alone, goes to the dead letters.
pub(super) const TRIES: u32 = 2;

/// How far reading may have come.
const REACHED: &str = "reached";

/// Which record was tried alone, and how often: `<position> <tries>`.
const ATTEMPT: &str = "attempt";

/// The marks of one line.
pub(super) struct Caution {
    store: Store,
    reached: u64,
    /// Up to where records are taken one by one.
    until: u64,
    attempt: (u64, u32),
}

impl Caution {
    /// Finds what an earlier process left.
    pub(super) async fn begin(store: Store) -> Result<Self, StoreError> {
        let (reached, attempt) = store.read(|db| Ok((image::meta(db, REACHED)?, image::meta(db, ATTEMPT)?))).await?;
        let reached = reached.and_then(|text| text.parse().ok()).unwrap_or(0);
        let attempt = attempt.and_then(|text| {
            let (position, tries) = text.split_once(' ')?;
            Some((position.parse().ok()?, tries.parse().ok()?))
        });
        if reached > 0 {
            tracing::warn!(
                up_to = reached,
                "the last run ended amid its work: what it may have read is taken one by one"
            );
        }
        Ok(Self { store, reached, until: reached, attempt: attempt.unwrap_or((0, 0)) })
    }

    /// Whether what follows this position is taken one by one.
    pub(super) fn is_careful(&self, position: u64) -> bool {
        position < self.until
    }

    /// Whatever was marked has been passed, for what comes next lies behind it. Said, and not found out from positions:
    /// between two records there may be the mark of a transaction.
    pub(super) fn passed(&mut self) {
        self.until = 0;
    }

    /// Reading goes on up to here: to be called before it does.
    pub(super) async fn reach(&mut self, position: u64) -> Result<(), StoreError> {
        if position <= self.reached {
            return Ok(());
        }
        self.reached = position + AHEAD;
        let reached = self.reached.to_string();
        self.store.write(move |tx| image::set_meta(tx, REACHED, &reached)).await
    }

    /// A record is tried alone, from now on; returns how often it was before.
    pub(super) async fn attempt(&mut self, position: u64) -> Result<u32, StoreError> {
        let before = if self.attempt.0 == position { self.attempt.1 } else { 0 };
        self.attempt = (position, before + 1);
        let mark = format!("{position} {}", before + 1);
        self.store.write(move |tx| image::set_meta(tx, ATTEMPT, &mark)).await?;
        Ok(before)
    }

    /// The line has ended cleanly.
    pub(super) async fn end(&mut self) -> Result<(), StoreError> {
        (self.reached, self.until, self.attempt) = (0, 0, (0, 0));
        self.store
            .write(|tx| {
                image::unset_meta(tx, REACHED)?;
                image::unset_meta(tx, ATTEMPT)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn restarted(store: &Store) -> Caution {
        Caution::begin(store.clone()).await.unwrap()
    }

    #[tokio::test]
    async fn a_record_that_ends_the_process_twice_alone_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let mut first = restarted(&store).await;
        assert!(!first.is_careful(0));
        first.reach(7).await.unwrap();
        for tries in 0..=TRIES {
            let mut again = restarted(&store).await;
            assert!(again.is_careful(6) && !again.is_careful(7 + AHEAD));
            assert_eq!(again.attempt(7).await.unwrap(), tries);
        }
        let mut passed = restarted(&store).await;
        assert_eq!(passed.attempt(8).await.unwrap(), 0, "the next record is another");
        assert!(passed.is_careful(0));
        passed.passed();
        assert!(!passed.is_careful(0), "what comes next may lie far behind the position");
        passed.end().await.unwrap();
        assert!(!restarted(&store).await.is_careful(0), "a clean stop leaves nothing to be careful about");
    }
}
