//! Numbers in as few bits as they take, one behind the other: how signatures are packed.

use jiff::civil::Date;

/// Days of these years, which are nearly all, take fewer bits.
const NEAR_YEARS: std::ops::Range<i16> = 1970..2098;

pub(super) struct Bits {
    pub(super) whole: Vec<u8>,
    pub(super) open: u64,
    pub(super) n_open: u32,
}

impl Bits {
    /// The lower `width` bits of a value, at most 32.
    pub(super) fn put(&mut self, value: u32, width: u32) {
        self.open |= u64::from(value) << self.n_open;
        self.n_open += width;
        while self.n_open >= 8 {
            self.whole.push(self.open as u8);
            self.open >>= 8;
            self.n_open -= 8;
        }
    }

    fn put_ones_and_zero(&mut self, mut ones: u32) {
        while ones >= 31 {
            self.put((1 << 31) - 1, 31);
            ones -= 31;
        }
        self.put((1 << ones) - 1, ones + 1);
    }

    /// Elias's gamma code: how many bits, then the bits.
    pub(super) fn put_number(&mut self, number: u64) {
        let raised = number + 1;
        let width = raised.ilog2();
        self.put_ones_and_zero(width);
        self.put((raised - (1 << width)) as u32, width);
    }

    pub(super) fn put_day(&mut self, day: Option<Date>) {
        self.put(u32::from(day.is_some()), 1);
        let Some(day) = day else { return };
        let near = NEAR_YEARS.contains(&day.year());
        self.put(u32::from(near), 1);
        if near {
            self.put(u32::from(day.year().abs_diff(NEAR_YEARS.start)), 7);
        } else {
            self.put(u32::from(day.year() as u16), 16);
        }
        self.put(u32::from(day.month().unsigned_abs()), 4);
        self.put(u32::from(day.day().unsigned_abs()), 5);
    }

    /// Their number, the width of a gap's lower part, then of each gap its upper part as so many ones and a zero, and its
    /// lower part in bits.
    pub(super) fn put_ascending<T: Copy + Into<u32>>(&mut self, hashes: &[T]) {
        self.put_number(hashes.len() as u64);
        let Some(last) = hashes.last() else { return };
        let mean = u64::from((*last).into()) / hashes.len() as u64;
        let width = mean.max(1).ilog2();
        self.put(width, 5);
        let mut before = 0;
        for hash in hashes {
            let hash: u32 = (*hash).into();
            let gap = hash.saturating_sub(before);
            before = hash;
            self.put_ones_and_zero(gap >> width);
            self.put(gap & ((1 << width) - 1), width);
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.n_open > 0 {
            self.whole.push(self.open as u8);
        }
        self.whole
    }
}

pub(super) struct BitReader<'a> {
    pub(super) bytes: &'a [u8],
    /// Bits that were read from the bytes; those above the open ones will be read again.
    pub(super) open: u64,
    pub(super) n_open: u32,
}

impl BitReader<'_> {
    /// Opens at least 56 bits where there are so many.
    fn fill(&mut self) {
        if let Some(word) = self.bytes.first_chunk() {
            self.open |= u64::from_le_bytes(*word) << self.n_open;
            let whole = (63 - self.n_open) / 8;
            self.bytes = self.bytes.get(whole as usize..).unwrap_or_default();
            self.n_open += whole * 8;
            return;
        }
        while self.n_open <= 55
            && let Some((first, rest)) = self.bytes.split_first()
        {
            self.open |= u64::from(*first) << self.n_open;
            self.n_open += 8;
            self.bytes = rest;
        }
    }

    pub(super) fn take(&mut self, width: u32) -> Option<u32> {
        if self.n_open < width {
            self.fill();
        }
        self.n_open = self.n_open.checked_sub(width)?;
        let value = self.open & ((1 << width) - 1);
        self.open >>= width;
        Some(value as u32)
    }

    /// How many ones come before the next zero.
    pub(super) fn ones(&mut self) -> Option<u32> {
        let mut n = 0u32;
        loop {
            if self.n_open < 32 {
                self.fill();
            }
            let here = self.open.trailing_ones().min(self.n_open);
            if here < self.n_open {
                self.open >>= here + 1;
                self.n_open -= here + 1;
                return n.checked_add(here);
            }
            if self.n_open == 0 {
                return None;
            }
            n = n.checked_add(here)?;
            self.open = self.open.checked_shr(here).unwrap_or(0);
            self.n_open = 0;
        }
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        let width = self.ones().filter(|width| *width <= 32)?;
        let raised = (1u64 << width) + u64::from(self.take(width)?);
        u32::try_from(raised - 1).ok()
    }

    #[allow(clippy::option_option, reason = "there may be no day, and there may be no bits")]
    pub(super) fn day(&mut self) -> Option<Option<Date>> {
        if self.take(1)? == 0 {
            return Some(None);
        }
        let year = if self.take(1)? == 1 {
            NEAR_YEARS.start + i16::try_from(self.take(7)?).ok()?
        } else {
            self.take(16)? as u16 as i16
        };
        let (month, day) = (i8::try_from(self.take(4)?).ok()?, i8::try_from(self.take(5)?).ok()?);
        Date::new(year, month, day).ok().map(Some)
    }

    /// The upper part of a gap as so many ones and a zero, and its lower part of `width` bits, at most 31.
    fn gap(&mut self, width: u32) -> Option<u64> {
        if self.n_open < 48 {
            self.fill();
        }
        let ones = self.open.trailing_ones();
        let length = ones + 1 + width;
        if length <= self.n_open {
            // Nearly always the whole of it is open.
            let rest = self.open >> (ones + 1);
            self.open = rest >> width;
            self.n_open -= length;
            return Some(u64::from(ones) << width | rest & ((1 << width) - 1));
        }
        let upper = self.ones()?;
        Some(u64::from(upper) << width | u64::from(self.take(width)?))
    }

    pub(super) fn ascending<T: TryFrom<u32>>(&mut self) -> Option<Vec<T>> {
        let mut hashes = Vec::new();
        self.ascending_into(&mut hashes).map(|()| hashes)
    }

    /// The same in place of what `hashes` held.
    pub(super) fn ascending_into<T: TryFrom<u32>>(&mut self, hashes: &mut Vec<T>) -> Option<()> {
        hashes.clear();
        let n = self.number()? as usize;
        if n == 0 {
            return Some(());
        }
        // Each takes a bit at least, so that damaged bytes cannot ask for much memory.
        if n > self.bytes.len() * 8 + self.n_open as usize {
            return None;
        }
        let width = self.take(5)?;
        hashes.reserve_exact(n);
        let mut before = 0u32;
        for _ in 0..n {
            before = before.checked_add(u32::try_from(self.gap(width)?).ok()?)?;
            hashes.push(T::try_from(before).ok()?);
        }
        Some(())
    }
}
