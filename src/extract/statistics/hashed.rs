//! Words by their hashes, and the linear models that weigh them.
//!
//! In: a text, or the bytes of a model. Out: its words with where they stand; weights by bucket. What holds: the same text
//! gives the same buckets everywhere, for what a model has learnt hangs on them.

/// So many bits choose the bucket of a feature.
pub const BITS: u32 = 15;

/// A model: the step of a weight as a little-endian float, then one signed byte for each bucket.
pub(super) struct Model(pub(super) &'static [u8]);

/// Bytes before the weights.
const HEAD: usize = 4;

impl Model {
    /// The steps of a bucket.
    pub(super) fn weight(&self, bucket: u32) -> i32 {
        self.0.get(HEAD + bucket as usize).map_or(0, |byte| i32::from(i8::from_le_bytes([*byte])))
    }

    /// A sum of steps as log odds.
    #[expect(clippy::cast_precision_loss, reason = "sums of small steps")]
    pub(super) fn odds(&self, steps: i32) -> f32 {
        steps as f32 * self.step()
    }

    fn step(&self) -> f32 {
        self.0.first_chunk().map_or(0.0, |bytes| f32::from_le_bytes(*bytes))
    }
}

/// The bytes of a model with these weights.
pub fn model(weights: &[f32]) -> Vec<u8> {
    let most = weights.iter().fold(f32::MIN_POSITIVE, |most, weight| most.max(weight.abs()));
    let step = most / 127.0;
    let head = step.to_le_bytes().into_iter();
    #[expect(clippy::cast_possible_truncation, reason = "at most 127 steps")]
    head.chain(weights.iter().map(|weight| ((weight / step).round() as i8).to_le_bytes()[0])).collect()
}

/// Tells the features of one thing, each once.
pub(super) struct Features<F> {
    seen: [u64; 1 << (BITS - 6)],
    found: F,
}

impl<F: FnMut(u32)> Features<F> {
    pub(super) fn new(found: F) -> Self {
        Self { seen: [0; 1 << (BITS - 6)], found }
    }

    /// That `what` stands at `at`.
    pub(super) fn say(&mut self, at: u32, what: u32) {
        let bucket = bucket(at, what, BITS);
        if let Some(bits) = self.seen.get_mut((bucket >> 6) as usize)
            && *bits >> (bucket & 63) & 1 == 0
        {
            *bits |= 1 << (bucket & 63);
            (self.found)(bucket);
        }
    }
}

/// The bucket of `what` standing at `at`, below `1 << bits`.
pub(super) fn bucket(at: u32, what: u32, bits: u32) -> u32 {
    let mixed = (what ^ at.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
    (mixed ^ mixed >> 15).wrapping_mul(0xc2b2_ae35) >> (32 - bits)
}

pub(super) fn fnv(text: &[u8]) -> u32 {
    text.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// Two words that stand side by side.
pub(super) fn both(one: u32, two: u32) -> u32 {
    one.rotate_left(7) ^ two
}

/// A word of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stem {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Hash of what it means here.
    pub(super) hash: u32,
}

/// What a word means: from its lower case, and whether it is written as a name.
pub(super) type Meaning = fn(&[u8], bool) -> u32;

/// A text in words: runs of letters, runs of digits with their marks, other marks one by one.
#[derive(Debug, Default)]
pub(super) struct Words(Vec<Stem>);

impl Words {
    /// The words of a text that begins at `base` of its field. Numbers are one word. A capital says nothing where a sentence
    /// opens.
    pub(super) fn new(text: &str, base: usize, meaning: Meaning) -> Self {
        let mut words = Vec::with_capacity(text.len() / 5);
        let (mut at, mut opens) = (0, true);
        while let Some(first) = text.as_bytes().get(at) {
            let end = match first {
                b'a'..=b'z' | b'A'..=b'Z' => letters(text, at),
                b' ' | b'\t'..=b'\r' => {
                    at += 1;
                    continue;
                }
                b'0'..=b'9' => digits(text, at),
                0x80.. => {
                    let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
                    if first.is_whitespace() {
                        at += first.len_utf8();
                        continue;
                    }
                    if first.is_alphabetic() { letters(text, at) } else { at + first.len_utf8() }
                }
                _ => at + 1,
            };
            let word = text.get(at..end).unwrap_or_default();
            words.push(Stem { start: base + at, end: base + end, hash: hash(word, opens, meaning) });
            opens = matches!(word, "." | "!" | "?" | "\"" | "“");
            at = end;
        }
        Self(words)
    }

    /// All, in order.
    pub(super) fn all(&self) -> &[Stem] {
        &self.0
    }

    /// Those before a stretch of the text, and those behind it.
    pub(super) fn beside(&self, start: usize, end: usize) -> (&[Stem], &[Stem]) {
        let first = self.0.partition_point(|word| word.end <= start);
        let after = self.0.partition_point(|word| word.start < end);
        (self.0.get(..first).unwrap_or_default(), self.0.get(after..).unwrap_or_default())
    }
}

/// The end of the run of letters that begins at a byte.
fn letters(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let plain = rest.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(rest.len());
    let wide = rest.as_bytes().get(plain).is_some_and(|next| !next.is_ascii());
    at + if wide { rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len()) } else { plain }
}

/// The end of the digits, with the marks between them, that begin at a byte.
fn digits(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let marked = |byte: u8| byte.is_ascii_digit() || matches!(byte, b',' | b'.');
    let run = rest.bytes().position(|byte| !marked(byte)).unwrap_or(rest.len());
    at + rest.get(..run).unwrap_or_default().trim_end_matches([',', '.']).len()
}

fn hash(word: &str, opens: bool, meaning: Meaning) -> u32 {
    let first = word.bytes().next().unwrap_or_default();
    if first.is_ascii_digit() {
        return fnv(b"0");
    }
    // Nearly every word is short and of plain letters, and is not worth a place of its own.
    let mut short = [0; 24];
    if let Some(room) = short.get_mut(..word.len()).filter(|_| word.is_ascii()) {
        room.copy_from_slice(word.as_bytes());
        room.make_ascii_lowercase();
        return meaning(room, first.is_ascii_uppercase() && !opens);
    }
    meaning(word.to_lowercase().as_bytes(), word.starts_with(char::is_uppercase) && !opens)
}

/// Stems that stand for the disease, whatever stands behind them.
const NAMES: [&str; 3] = ["covid", "corona", "sars"];

/// The one word for the names of the disease, and the one for any other name.
pub(super) fn name(lower: &[u8], is_name: bool) -> Option<u32> {
    if let Some(name) = NAMES.iter().find(|name| lower.starts_with(name.as_bytes())) {
        return Some(fnv(name.as_bytes()));
    }
    (is_name && lower.len() > 1).then(|| fnv(b"X"))
}
