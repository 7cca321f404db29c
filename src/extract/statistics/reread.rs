//! Numbers that are read once more, for what stands around their sentence says how: the sign that the one before them has,
//! and where one ends.

use super::attach::core_start;
use super::reading::Reading;
use crate::language::numbers::numerals;
use crate::language::pack::Word;
use crate::language::tokens::TokenKind;
use std::cell::OnceCell;

impl Reading<'_, '_> {
    /// Reads numbers that only white space parts as so many numbers: "845 120" in a row of two columns.
    pub(super) fn part_numbers(&mut self) {
        for at in (1..self.tokens.len()).rev() {
            let number = |at: usize| self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Number);
            let apart = number(at) && number(at - 1);
            if let Some(token) = self.tokens.get_mut(at).filter(|_| apart) {
                token.apart = true;
            }
        }
        let dates = &self.dates;
        let mut numbers = numerals(self.pack, &self.tokens);
        numbers.retain(|number| !dates.iter().any(|mark| number.first < mark.after && mark.first < number.after));
        self.numbers = numbers;
        self.beside = OnceCell::new();
    }

    /// Reads decimals that stand beside a name, behind a share, as shares: "Malta with 7.3 percent, then Denmark, 4.1"; `told` says that the sentence before told one last.
    pub(super) fn share_numbers(&mut self, told: bool) {
        let mut share = told;
        let mut shares = Vec::new();
        for (n, number) in self.numbers.iter().enumerate() {
            let fits = number.decimal && !number.percent && number.value <= 100.0 && number.max.is_none();
            if share && fits && self.ends_item(number.after) && self.begins_item(n, shares.last().copied()) {
                shares.push(n);
            } else {
                share = number.percent;
            }
        }
        for n in shares {
            if let Some(number) = self.numbers.get_mut(n) {
                number.percent = true;
            }
        }
        self.beside = OnceCell::new();
    }

    fn ends_item(&self, at: usize) -> bool {
        self.tokens.get(at).is_none_or(|token| matches!(token.text, "." | "," | ";" | ")")) || self.word(at, Word::And)
    }

    fn begins_item(&self, n: usize, last: Option<usize>) -> bool {
        let start = core_start(self, n);
        let link = start.wrapping_sub(1);
        let named = |at: usize| self.spots.iter().any(|spot| spot.after == at);
        let joined = last.is_some_and(|last| last + 1 == n) && self.word(link, Word::And);
        let marked = [",", "("].iter().any(|mark| self.is(link, mark)) && named(link);
        named(start) || marked || joined || n > 0 && self.one_of(link, &[Word::At, Word::With])
    }
}
