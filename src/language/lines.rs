//! Large tables that stay in the program as they are written: the rest of a line by the name that it begins with.
//!
//! In: a text whose lines are a name, a tab and the rest. Out: the rest of the line of a name. What holds: nothing of the
//! text is copied; an index takes eleven bytes a line at most, a search without one takes nothing.

/// An index of such a table by the hash of the name, for tables that are asked often.
#[derive(Debug)]
pub(crate) struct Lines {
    text: &'static str,
    /// Where a line begins, counted from 1, in open addressing, a power of two long; 0 is empty.
    slots: Vec<u32>,
}

impl Lines {
    /// Indexes a table, whose lines of remarks begin with `#`. Of two lines of one name the first is found.
    pub(crate) fn of(text: &'static str) -> Self {
        let lines = || text.lines().filter(|line| !line.starts_with('#'));
        let mut lines_of = Self { text, slots: vec![0; (lines().count() * 4 / 3 + 2).next_power_of_two()] };
        for line in lines() {
            let name = line.split('\t').next().unwrap_or_default();
            let at = line.as_ptr() as usize - text.as_ptr() as usize;
            if let Err(slot) = lines_of.find(name)
                && let (Some(slot), Ok(at)) = (lines_of.slots.get_mut(slot), u32::try_from(at + 1))
            {
                *slot = at;
            }
        }
        lines_of
    }

    /// How many lines can be found.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.slots.iter().filter(|slot| **slot != 0).count()
    }

    /// What stands behind the name.
    pub(crate) fn get(&self, name: &str) -> Option<&'static str> {
        self.find(name).ok()
    }

    /// The rest of the line of a name, or the slot where it would stand.
    fn find(&self, name: &str) -> Result<&'static str, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = hash(name) & mask;
        loop {
            let Some(start) = self.slots.get(slot).and_then(|at| at.checked_sub(1)) else { return Err(slot) };
            let rest = self.text.get(start as usize..).and_then(|line| line.strip_prefix(name)?.strip_prefix('\t'));
            if let Some(rest) = rest {
                return Ok(rest.split('\n').next().unwrap_or_default());
            }
            slot = (slot + 1) & mask;
        }
    }
}

fn hash(name: &str) -> usize {
    use std::hash::{Hash as _, Hasher as _};
    let mut hasher = rustc_hash::FxHasher::default();
    name.hash(&mut hasher);
    hasher.finish() as usize
}

/// The same of a table whose lines are sorted by the bytes of their names, by halving: for tables that are asked seldom.
pub(crate) fn sorted(text: &'static str, name: &str) -> Option<&'static str> {
    let (mut low, mut high) = (0, text.len());
    while low < high {
        // The line that the middle lies in.
        let middle = low.midpoint(high);
        let start =
            text.as_bytes().get(low..middle)?.iter().rposition(|byte| *byte == b'\n').map_or(low, |at| low + at + 1);
        let line = text.get(start..)?.split('\n').next()?;
        let (found, rest) = line.split_once('\t').unwrap_or((line, ""));
        match found.cmp(name) {
            // Remarks stand before all names.
            _ if line.starts_with('#') => low = start + line.len() + 1,
            std::cmp::Ordering::Less => low = start + line.len() + 1,
            std::cmp::Ordering::Greater => high = start,
            std::cmp::Ordering::Equal => return Some(rest),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# remark\na b\t1\nab\t2;3\nb\t\nç\t4\n";

    #[test]
    fn each_name_has_its_line_and_no_other_has_one() {
        let lines = Lines::of(TABLE);
        assert_eq!(lines.count(), 4);
        for (name, rest) in [("a b", "1"), ("ab", "2;3"), ("b", ""), ("ç", "4")] {
            assert_eq!((lines.get(name), sorted(TABLE, name)), (Some(rest), Some(rest)), "{name}");
        }
        for name in ["", "a", "a ", "abc", "z", "é", "# remark"] {
            assert_eq!((lines.get(name), sorted(TABLE, name)), (None, None), "{name}");
        }
    }
}
