//! Which number each observed content of an item had, found again from the item's entry.
//!
//! In come the entry as it is committed and the contents that the intake log still holds of the item, up to the last
//! one that was decided. Out goes what is to become of each. The numbers are counted **backwards**: the last content
//! that was published has the entry's number, the one before it one less; contents that took no number are known by
//! their place, which the entry remembers. So it does not matter how many revisions lie before the first frame that is
//! retained. Where the entry does not remember far enough nothing is guessed: the content is left out, and said to be.

use crate::{
    dedup::REMEMBERED,
    model::{Hash, ItemState, Place, SuppressReason},
};
use jiff::Timestamp;

/// One content of an item, as the intake log holds it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) place: Place,
    pub(super) at: Timestamp,
    pub(super) hash: Hash,
    /// What it said was erased.
    pub(super) withdrawn: bool,
}

/// What becomes of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Published again under its number.
    Again {
        revision: u32,
        /// Its text is erased, and it is the withdrawal itself.
        kill: bool,
    },
    /// It was never decided about, for it could not be read: judged like any new one.
    Fresh,
    /// Remembered only, as it was before.
    Remembered(SuppressReason),
    /// Not published.
    Left(Why),
}

/// Why a content is not published again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Its publisher withdrew it; the withdrawal stands for it.
    Withdrawn,
    /// It had gone to the dead letters, and its successor has the next number.
    Failed,
    /// The item's entry does not tell its number any more.
    Unnumbered,
}

impl Why {
    /// For a person.
    pub fn words(self) -> &'static str {
        match self {
            Why::Withdrawn => "was withdrawn by its publisher",
            Why::Failed => "had gone to the dead letters and has no number",
            Why::Unnumbered => "has a number that the item's entry does not tell any more",
        }
    }
}

/// Decides about all contents of one item, oldest first. `forgotten` says that an item without an entry may have had
/// one, which has passed the horizon. Up to the frame `rebuilt` the entry was made anew from the topics: it knows the
/// contents that were published and not those that were only remembered.
pub(super) fn fates(entry: Option<&ItemState>, seen: &[Seen], forgotten: bool, rebuilt: u64) -> Vec<Fate> {
    let Some(entry) = entry else {
        let fate = if forgotten { Fate::Left(Why::Unnumbered) } else { Fate::Fresh };
        return vec![fate; seen.len()];
    };
    let is_known = |content: &Seen| content.hash == entry.hash || entry.earlier.contains(&content.hash);
    let known: Vec<Seen> =
        seen.iter().filter(|content| content.place.seq > rebuilt || is_known(content)).cloned().collect();
    let mut of_known = numbered(entry, &known).into_iter();
    let mut known = known.iter().peekable();
    let mut fate_of = |content: &Seen| {
        let is_next = known.next_if(|next| next.place == content.place).is_some();
        is_next.then(|| of_known.next()).flatten().unwrap_or(Fate::Left(Why::Unnumbered))
    };
    let mut fates: Vec<Fate> = seen.iter().map(&mut fate_of).collect();
    withdraw(entry, seen, &mut fates);
    fates
}

fn numbered(entry: &ItemState, seen: &[Seen]) -> Vec<Fate> {
    let failed = |content: &Seen| entry.failed.contains(&content.place);
    let judged: Vec<usize> =
        (0..seen.len()).filter(|at| seen.get(*at).is_some_and(|content| !failed(content))).collect();
    let last = judged.last().and_then(|at| seen.get(*at).map(|content| (*at, content)));
    let Some((last, content)) = last else { return vec![Fate::Fresh; seen.len()] };
    if content.hash != entry.hash {
        return vec![Fate::Left(Why::Unnumbered); seen.len()];
    }
    let mut fates: Vec<Fate> =
        (0..seen.len()).map(|at| if at > last { Fate::Fresh } else { Fate::Left(Why::Failed) }).collect();
    let known_from = known_from(entry);
    // What a notice told has a number and no content. Of so many the older ones may be forgotten.
    let oldest_told = entry.withdrawn.first().filter(|_| entry.withdrawn.len() >= REMEMBERED).map(|told| told.revision);
    let mut due = entry.revision;
    for (nth, at) in judged.iter().enumerate().rev() {
        let (Some(content), Some(fate)) = (seen.get(*at), fates.get_mut(*at)) else { continue };
        let before = nth.checked_sub(1).and_then(|nth| judged.get(nth)).and_then(|at| seen.get(*at));
        while entry.told_by(due).is_some() {
            due -= 1;
        }
        let forgotten =
            known_from.is_some_and(|from| content.place < from) || oldest_told.is_some_and(|told| due < told);
        *fate = if forgotten {
            due = 0;
            Fate::Left(Why::Unnumbered)
        } else if let Some(reason) = suppressed(entry, content) {
            Fate::Remembered(reason)
        } else if before.is_some_and(|before| before.hash == content.hash) {
            Fate::Remembered(SuppressReason::Unchanged)
        } else if due > 0 {
            due -= 1;
            Fate::Again { revision: due + 1, kill: false }
        } else {
            Fate::Left(Why::Failed)
        };
    }
    fates
}

/// Before this place the entry may have forgotten what took no number.
fn known_from(entry: &ItemState) -> Option<Place> {
    let oldest_suppressed = entry.suppressed.first().and_then(|suppressed| suppressed.at);
    let suppressed = oldest_suppressed.filter(|_| entry.suppressed.len() >= REMEMBERED);
    let failed = entry.failed.first().copied().filter(|_| entry.failed.len() >= REMEMBERED);
    suppressed.max(failed)
}

fn suppressed(entry: &ItemState, content: &Seen) -> Option<SuppressReason> {
    let same = entry
        .suppressed
        .iter()
        .find(|suppressed| suppressed.hash == content.hash && suppressed.at.is_none_or(|place| place == content.place));
    same.map(|suppressed| suppressed.reason)
}

/// Of what was erased only the withdrawal itself comes again: the last erased content, or the last of a killed item. What a
/// notice withdrew comes again with the notice.
fn withdraw(entry: &ItemState, seen: &[Seen], fates: &mut [Fate]) {
    let told = entry.withdrawn.last().map_or(0, |told| told.revision);
    for fate in fates.iter_mut() {
        if matches!(fate, Fate::Again { revision, .. } if *revision < told) {
            *fate = Fate::Left(Why::Withdrawn);
        }
    }
    let is_number = |fate: &Fate| matches!(fate, Fate::Again { .. });
    let last_number = fates.iter().rposition(is_number);
    let erased = |at: usize| seen.get(at).is_some_and(|content| content.withdrawn);
    let withdrawal = match last_number {
        Some(last) if entry.killed => Some(last),
        _ => (0..fates.len()).rev().find(|at| erased(*at) && fates.get(*at).is_some_and(is_number)),
    };
    let Some(withdrawal) = withdrawal else { return };
    for (at, fate) in fates.iter_mut().enumerate().take(withdrawal + 1) {
        if let Fate::Again { kill, .. } = fate {
            if at == withdrawal {
                *kill = true;
            } else {
                *fate = Fate::Left(Why::Withdrawn);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FeedId, ItemId, Relation, Suppressed, Withdrawal};

    fn place(seq: u64) -> Place {
        Place { seq, index: 0 }
    }

    fn entry(revision: u32, hash: &str, suppressed: &[(&str, u64)], failed: &[u64]) -> ItemState {
        let suppressed = suppressed.iter().map(|(hash, seq)| Suppressed {
            hash: Hash((*hash).to_owned()),
            reason: SuppressReason::Typography,
            at: Some(place(*seq)),
        });
        ItemState {
            v: 1,
            feed: FeedId::from("a"),
            revision,
            hash: Hash(hash.to_owned()),
            earlier: Vec::new(),
            suppressed: suppressed.collect(),
            failed: failed.iter().map(|seq| place(*seq)).collect(),
            relation: Relation::Original,
            of: None,
            story: None,
            agency: None,
            first_seen: Timestamp::UNIX_EPOCH,
            touched: Timestamp::UNIX_EPOCH,
            signature: None,
            claims: Vec::new(),
            killed: false,
            withdraws: Vec::new(),
            withdrawn: Vec::new(),
        }
    }

    /// Contents by their letters, one frame each from 10 on; a capital has been erased. The answer is a word each.
    #[track_caller]
    fn check(entry: Option<&ItemState>, contents: &str, expected: &str) {
        check_rebuilt(entry, contents, 0, expected);
    }

    #[track_caller]
    fn check_rebuilt(entry: Option<&ItemState>, contents: &str, rebuilt: u64, expected: &str) {
        let seen: Vec<Seen> = contents
            .chars()
            .enumerate()
            .map(|(nth, letter)| Seen {
                place: place(10 + nth as u64),
                at: Timestamp::UNIX_EPOCH,
                hash: Hash(letter.to_lowercase().to_string()),
                withdrawn: letter.is_uppercase(),
            })
            .collect();
        let word = |fate: &Fate| match fate {
            Fate::Again { revision, kill: false } => revision.to_string(),
            Fate::Again { revision, kill: true } => format!("kill{revision}"),
            Fate::Fresh => "fresh".to_owned(),
            Fate::Remembered(reason) => format!("{reason:?}").to_lowercase(),
            Fate::Left(why) => format!("{why:?}").to_lowercase(),
        };
        let found: Vec<String> = fates(entry, &seen, false, rebuilt).iter().map(word).collect();
        assert_eq!(found.join(" "), expected);
    }

    #[test]
    fn numbers_are_counted_back_from_the_last() {
        check(Some(&entry(3, "c", &[], &[])), "abc", "1 2 3");
        check(Some(&entry(9, "c", &[], &[])), "abc", "7 8 9");
        check(Some(&entry(3, "a", &[], &[])), "aba", "1 2 3");
        check(Some(&entry(1, "b", &[("b", 11)], &[])), "ab", "1 typography");
        check(Some(&entry(2, "c", &[("b", 11)], &[])), "abc", "1 typography 2");
        // The same content once suppressed and once published.
        check(Some(&entry(2, "a", &[("a", 10)], &[])), "aba", "typography 1 2");
        check(Some(&entry(1, "a", &[], &[])), "aa", "1 unchanged");
    }

    #[test]
    fn what_went_to_the_dead_letters_took_no_number() {
        check(Some(&entry(2, "c", &[], &[11])), "abc", "1 failed 2");
        check(Some(&entry(1, "a", &[], &[11])), "ab", "1 fresh");
        check(Some(&entry(1, "a", &[], &[11])), "aba", "1 failed unchanged");
        check(Some(&entry(1, "b", &[], &[])), "ab", "failed 1");
        check(None, "ab", "fresh fresh");
    }

    #[test]
    fn nothing_is_guessed() {
        check(Some(&entry(3, "z", &[], &[])), "abc", "unnumbered unnumbered unnumbered");
        let many: Vec<(&str, u64)> = (0..REMEMBERED as u64).map(|n| ("x", 12 + n)).collect();
        check(Some(&entry(9, "d", &many, &[])), "abcd", "unnumbered unnumbered 8 9");
        assert_eq!(fates(None, &[], true, 0), []);
    }

    #[test]
    fn an_entry_that_was_made_anew_knows_what_was_published() {
        let mut anew = entry(2, "c", &[], &[]);
        anew.earlier.push(Hash("a".to_owned()));
        check_rebuilt(Some(&anew), "abc", 12, "1 unnumbered 2");
        check_rebuilt(Some(&anew), "abc", 9, "failed 1 2");
    }

    #[test]
    fn of_a_withdrawn_item_only_the_withdrawal_comes_again() {
        let mut killed = entry(3, "c", &[], &[]);
        killed.killed = true;
        check(Some(&killed), "ABC", "withdrawn withdrawn kill3");
        check(Some(&killed), "abc", "withdrawn withdrawn kill3");
        check(Some(&entry(3, "c", &[], &[])), "ABc", "withdrawn kill2 3");
        check(Some(&entry(4, "d", &[], &[])), "ABCd", "withdrawn withdrawn kill3 4");
    }

    /// With revisions that notices told.
    fn told(mut entry: ItemState, revisions: &[u32]) -> ItemState {
        let told = |revision: &u32| Withdrawal { item: ItemId("a:notice".to_owned()), revision: *revision };
        entry.withdrawn = revisions.iter().map(told).collect();
        entry
    }

    #[test]
    fn a_number_that_a_notice_told_is_no_contents_number() {
        let mut killed = told(entry(3, "b", &[], &[]), &[3]);
        killed.killed = true;
        check(Some(&killed), "AB", "withdrawn withdrawn");
        check(Some(&killed), "ab", "withdrawn withdrawn");
        // It came back to life, and was touched up before.
        check(Some(&told(entry(4, "c", &[], &[]), &[3])), "ABc", "withdrawn withdrawn 4");
        check(Some(&told(entry(5, "d", &[], &[]), &[3])), "abcd", "withdrawn withdrawn 4 5");
        check(Some(&told(entry(3, "c", &[("b", 11)], &[]), &[2])), "Abc", "withdrawn typography 3");
        // Withdrawn twice, and then by itself.
        let mut killed = told(entry(5, "c", &[], &[]), &[2, 4]);
        killed.killed = true;
        check(Some(&killed), "ABC", "withdrawn withdrawn kill5");
        check(Some(&told(entry(2, "z", &[], &[]), &[2])), "ab", "unnumbered unnumbered");
        let often: Vec<u32> = (0..REMEMBERED as u32).map(|n| 4 + 2 * n).collect();
        let expected = format!("unnumbered{} 35", " withdrawn".repeat(REMEMBERED - 1));
        check(Some(&told(entry(35, "q", &[], &[]), &often)), "abcdefghijklmnopq", &expected);
    }
}
