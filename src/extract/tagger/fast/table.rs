//! The weights of the fast tagger: features by hash, each with a small number for every label.
//!
//! In: the bytes of a model, or features with their weights to make one of. Out: sums over features. What holds: a
//! feature that the model does not have adds nothing, for each row carries a mark of its hash; a broken model is told,
//! not read on.

use crate::extract::tagger::LABELS;
use multiversion::multiversion;

/// Labels, padded to a width that the processor likes.
pub(in crate::extract) const WIDTH: usize = 24;
/// Steps of a weight: a weight of 1.0 is stored as this.
pub(in crate::extract) const SCALE: f32 = 32.0;
/// No word has more features that a model knows; sums of so many weights stay far from the ends of their type.
const MOST: usize = 128;
/// So many bits choose the bucket.
const BITS: u32 = 17;
const MAGIC: &[u8; 8] = b"dltagf01";

/// Weights of one feature.
pub(in crate::extract) type Row = [i8; WIDTH];

/// At most two rows, which stand one behind the other.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    /// The first of them.
    row: u32,
    /// Which features they are of, 0 for none.
    marks: [u16; 2],
}

/// Emission scores of one word.
pub(in crate::extract) type Scores = [i16; WIDTH];

/// Rows of the features of one word. All are found first and added then, so that the processor waits for many at once.
#[derive(Debug)]
pub(in crate::extract) struct Rows {
    numbers: [u32; MOST],
    count: usize,
}

impl Rows {
    pub(in crate::extract) fn new() -> Self {
        Self { numbers: [0; MOST], count: 0 }
    }

    pub(in crate::extract) fn clear(&mut self) {
        self.count = 0;
    }
}

/// A model.
#[derive(Debug)]
pub(in crate::extract) struct Table {
    rows: Vec<Row>,
    /// Apart from the rows, for they fit into a nearer cache, and most features of a word are in no model.
    buckets: Vec<Bucket>,
    /// From label to label.
    pub(in crate::extract) transitions: [[i16; LABELS]; LABELS],
    /// The list of word classes it was trained with.
    pub(in crate::extract) classes: String,
}

/// Adds the rows of these numbers to the scores.
#[allow(clippy::needless_range_loop, reason = "a loop of a known length over arrays becomes vector instructions")]
#[multiversion(targets("x86_64+avx2"))]
fn add(rows: &[Row], numbers: &[u32], scores: &mut Scores) {
    // A copy, so that the sums stay in registers.
    let mut sums = *scores;
    for number in numbers {
        let Some(row) = rows.get(*number as usize) else { continue };
        for label in 0..WIDTH {
            sums[label] = sums[label].wrapping_add(i16::from(row[label]));
        }
    }
    *scores = sums;
}

#[inline]
fn bucket(hash: u64) -> usize {
    (hash >> (64 - BITS)) as usize
}

#[inline]
fn mark(hash: u64) -> u16 {
    (hash as u16).max(1)
}

impl Table {
    /// Notes the row of a feature if the model has it.
    #[inline(always)]
    pub(in crate::extract) fn find(&self, hash: u64, rows: &mut Rows) {
        let (at, mark) = (bucket(hash), mark(hash));
        let Some(Bucket { row, marks: [first, second] }) = self.buckets.get(at) else { return };
        // Without a branch: whether a feature is known cannot be guessed.
        if let Some(place) = rows.numbers.get_mut(rows.count) {
            *place = row + u32::from(*second == mark);
            rows.count += usize::from(*first == mark || *second == mark);
        }
    }

    /// Adds the weights of the rows to the scores.
    #[inline]
    pub(in crate::extract) fn sum(&self, rows: &Rows, scores: &mut Scores) {
        add(&self.rows, rows.numbers.get(..rows.count).unwrap_or_default(), scores);
    }

    /// A model of trained weights, with at most so many features. Where more than two features want one bucket, those that weigh the most stay.
    pub(in crate::extract) fn pack(
        features: &[(u64, [f32; LABELS])],
        transitions: &[[f32; LABELS]; LABELS],
        classes: &str,
        most: usize,
    ) -> std::io::Result<Vec<u8>> {
        let weight = |row: &[f32; LABELS]| row.iter().map(|weight| weight * weight).sum::<f32>();
        let mut order: Vec<&(u64, [f32; LABELS])> = features.iter().collect();
        order.sort_by(|left, right| weight(&right.1).total_cmp(&weight(&left.1)).then(left.0.cmp(&right.0)));
        let mut kept: Vec<Vec<&(u64, [f32; LABELS])>> = vec![Vec::new(); 1 << BITS];
        for feature in order.into_iter().take(most) {
            if let Some(kept) = kept.get_mut(bucket(feature.0))
                && kept.len() < 2
                && kept.iter().all(|other| mark(other.0) != mark(feature.0))
            {
                kept.push(feature);
            }
        }
        let mut bytes = MAGIC.to_vec();
        for row in transitions {
            row.iter().for_each(|weight| bytes.extend(((weight * SCALE).round() as i16).to_le_bytes()));
        }
        bytes.extend((classes.len() as u32).to_le_bytes());
        bytes.extend(classes.as_bytes());
        // Columns of like things, which compress well.
        bytes.extend(kept.iter().map(|kept| kept.len() as u8));
        let rows: Vec<&(u64, [f32; LABELS])> = kept.into_iter().flatten().collect();
        rows.iter().for_each(|(hash, _)| bytes.extend(mark(*hash).to_le_bytes()));
        for label in 0..LABELS {
            bytes.extend(rows.iter().map(|(_, row)| {
                let weight = row.get(label).copied().unwrap_or(0.0);
                ((weight * SCALE).round().clamp(-127.0, 127.0) as i8).cast_unsigned()
            }));
        }
        zstd::encode_all(bytes.as_slice(), 19)
    }

    /// Reads a model; nothing when it is broken.
    pub(in crate::extract) fn read(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let mut transitions = [[0; LABELS]; LABELS];
        let (head, rest) = rest.split_at_checked(2 * LABELS * LABELS)?;
        let cells = transitions.iter_mut().flatten();
        for (cell, bytes) in cells.zip(head.as_chunks::<2>().0) {
            *cell = i16::from_le_bytes(*bytes);
        }
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (classes, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let (counts, rest) = rest.split_at_checked(1 << BITS)?;
        let count: usize = counts.iter().map(|count| usize::from((*count).min(2))).sum();
        let (marks, rest) = rest.split_at_checked(2 * count)?;
        if rest.len() != LABELS * count {
            return None;
        }
        let mut buckets = vec![Bucket::default(); 1 << BITS];
        let mut rows: Vec<Row> = vec![[0; WIDTH]; count];
        let mut marks = marks.as_chunks::<2>().0.iter();
        let mut row = 0;
        for (bucket, count) in buckets.iter_mut().zip(counts) {
            bucket.row = row;
            for mark in bucket.marks.iter_mut().take(usize::from(*count)) {
                *mark = u16::from_le_bytes(*marks.next()?);
                row += 1;
            }
        }
        for (label, weights) in rest.chunks_exact(count.max(1)).enumerate() {
            for (row, weight) in rows.iter_mut().zip(weights) {
                *row.get_mut(label)? = weight.cast_signed();
            }
        }
        Some(Self { rows, buckets, transitions, classes: String::from_utf8(classes.to_vec()).ok()? })
    }
}
