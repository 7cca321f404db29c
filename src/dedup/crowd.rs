//! The entries under a key that very many texts have, such as a word that every fifth story uses.
//!
//! A sorted set of slots: four bytes a slot while they are few, then two, and at most as many bits as there are entries.

use super::postings::Slot;

/// More slots than this are kept in blocks of 65,536 numbers.
const FEW: usize = 1_024;
/// Below so many they are kept in one list again.
const FEW_AGAIN: usize = 512;
/// More slots than this of one block take less as bits.
const SPARSE: usize = 4_096;
/// Words of a block of bits.
const WORDS: usize = 1 << 10;

#[derive(Debug, Default)]
pub(super) struct Crowd {
    len: usize,
    few: Vec<Slot>,
    blocks: Vec<Block>,
}

/// The slots whose upper half is the number of the block.
#[derive(Debug)]
enum Block {
    List(Vec<u16>),
    Bits(usize, Box<[u64]>),
}

impl Crowd {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn insert(&mut self, slot: Slot) {
        let is_new = if self.blocks.is_empty() { put(&mut self.few, slot) } else { self.insert_in_block(slot) };
        self.len += usize::from(is_new);
        if self.blocks.is_empty() && self.len > FEW {
            for slot in std::mem::take(&mut self.few) {
                self.insert_in_block(slot);
            }
        }
    }

    pub(super) fn remove(&mut self, slot: Slot) {
        let was_there = if self.blocks.is_empty() {
            cut(&mut self.few, slot)
        } else {
            self.blocks.get_mut(block_of(slot)).is_some_and(|block| block.remove(slot as u16))
        };
        self.len -= usize::from(was_there);
        if !self.blocks.is_empty() && self.len < FEW_AGAIN {
            self.few = self.iter().collect();
            self.blocks = Vec::new();
        }
    }

    /// The slots, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = Slot> {
        let blocks = self.blocks.iter().zip(0u32..).flat_map(|(block, number)| block.iter(number << 16));
        self.few.iter().copied().chain(blocks)
    }

    fn insert_in_block(&mut self, slot: Slot) -> bool {
        let number = block_of(slot);
        while self.blocks.len() <= number {
            self.blocks.push(Block::List(Vec::new()));
        }
        self.blocks.get_mut(number).is_some_and(|block| block.insert(slot as u16))
    }
}

impl Block {
    fn insert(&mut self, lower: u16) -> bool {
        match self {
            Self::List(list) => {
                let is_new = put(list, lower);
                if list.len() > SPARSE {
                    let mut bits = Self::Bits(0, vec![0; WORDS].into_boxed_slice());
                    for lower in list {
                        bits.insert(*lower);
                    }
                    *self = bits;
                }
                is_new
            }
            Self::Bits(len, bits) => {
                let Some(word) = bits.get_mut(usize::from(lower / 64)) else { return false };
                let is_new = *word & 1 << (lower % 64) == 0;
                *word |= 1 << (lower % 64);
                *len += usize::from(is_new);
                is_new
            }
        }
    }

    fn remove(&mut self, lower: u16) -> bool {
        match self {
            Self::List(list) => cut(list, lower),
            Self::Bits(len, bits) => {
                let Some(word) = bits.get_mut(usize::from(lower / 64)) else { return false };
                let was_there = *word & 1 << (lower % 64) != 0;
                *word &= !(1 << (lower % 64));
                *len -= usize::from(was_there);
                if *len < SPARSE / 2 {
                    *self = Self::List(self.iter(0).map(|slot| slot as u16).collect());
                }
                was_there
            }
        }
    }

    fn iter(&self, first: Slot) -> impl Iterator<Item = Slot> {
        let (list, bits) = match self {
            Self::List(list) => (list.as_slice(), &[][..]),
            Self::Bits(_, bits) => (&[][..], &**bits),
        };
        let listed = list.iter().map(move |lower| first | u32::from(*lower));
        let marked = bits.iter().zip(0u32..).flat_map(move |(word, number)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let lowest = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(first + number * 64 + lowest)
            })
        });
        listed.chain(marked)
    }
}

fn block_of(slot: Slot) -> usize {
    (slot >> 16) as usize
}

/// Puts a number into a sorted list; whether it is new there.
fn put<T: Ord + Copy>(list: &mut Vec<T>, number: T) -> bool {
    // Numbers mostly come in ascending order.
    let place =
        if list.last().is_none_or(|last| *last < number) { Err(list.len()) } else { list.binary_search(&number) };
    let Err(place) = place else { return false };
    if list.len() == list.capacity() {
        list.reserve_exact(list.len() / 8 + 4);
    }
    list.insert(place, number);
    true
}

fn cut<T: Ord + Copy>(list: &mut Vec<T>, number: T) -> bool {
    let Ok(place) = list.binary_search(&number) else { return false };
    list.remove(place);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_holds_what_a_set_holds_however_many_there_are() {
        let (mut crowd, mut set) = (Crowd::default(), BTreeSet::new());
        let spread = |n: u32| n.wrapping_mul(0x9e37_79b9) >> 14;
        let check = |crowd: &Crowd, set: &BTreeSet<Slot>| {
            assert_eq!(crowd.len(), set.len());
            assert!(crowd.iter().eq(set.iter().copied()));
        };
        for n in 0..60_000 {
            crowd.insert(spread(n));
            set.insert(spread(n));
            if n % 7 == 0 {
                crowd.remove(spread(n / 2));
                set.remove(&spread(n / 2));
            }
            if n % 2_500 == 0 || n == 1_023 {
                check(&crowd, &set);
            }
        }
        for n in 0..60_000 {
            crowd.remove(spread(n));
            set.remove(&spread(n));
            if n % 5_000 == 0 || n > 59_900 {
                check(&crowd, &set);
            }
        }
        assert_eq!(crowd.len(), 0);
    }
}
