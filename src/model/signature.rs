//! What texts are compared by, and the packed form in which it is kept: in the state, and in memory a hundred thousand
//! times over.
//!
//! Comes in: a [`Signature`]. Goes out: its [`Packed`] form and the same again. Always holds: packing loses nothing, and
//! bytes that are no signature are refused, not believed. The state holds it as one base64 string; the form of the first
//! releases, lists of decimal numbers, is still read.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What a text is compared by. Bottom-k of its shingle hashes: the `k` smallest, sorted; with their number, Jaccard
/// and containment can be estimated (Broder 1997).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signature {
    /// Hash of the whole normalised text: equal for exact copies.
    pub exact: u64,
    /// The smallest shingle hashes, ascending.
    pub bottom: Vec<u32>,
    /// How many distinct shingles there are.
    pub shingles: u32,
    /// Each number with the words around it, ascending: the upper half of a value is the hash of the words, the lower
    /// half that of the number. Equal words around unequal numbers tell a template from a copy.
    pub figures_at: Vec<u64>,
    /// Hash of the article's address without what differs between links to one page.
    pub link: Option<u64>,
    /// The day it was told: the dateline's, else that of publication.
    pub day: Option<jiff::civil::Date>,
}

/// The first byte of the packed form.
const FORM: u8 = 2;

/// Hashes of the first form had 40 bits.
const FIRST_FORM_SHIFT: u32 = 8;

/// A signature in as few bytes as it takes, about 450 for a story of 480 words.
///
/// In order: the form, the exact hash, link and day each with a mark whether there is one, the number of shingles, the
/// figures, and the shingle hashes as the gaps between them. Gaps between the smallest of many hashes are distributed
/// geometrically, for which Golomb's code (Rice 1979) is the shortest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed(Box<[u8]>);

impl Packed {
    /// What was packed; none when the bytes are no signature.
    pub fn signature(&self) -> Option<Signature> {
        let mut reader = Reader { bytes: &self.0 };
        if reader.byte()? != FORM {
            return None;
        }
        let exact = reader.word()?;
        let link = if reader.byte()? == 1 { Some(reader.word()?) } else { None };
        let day = if reader.byte()? == 1 { Some(reader.day()?) } else { None };
        let shingles = u32::try_from(reader.number()?).ok()?;
        let n_figures = usize::try_from(reader.number()?).ok()?;
        let figures_at = (0..n_figures).map(|_| reader.word()).collect::<Option<Vec<u64>>>()?;
        let bottom = reader.ascending()?;
        Some(Signature { exact, bottom, shingles, figures_at, link, day })
    }

    /// The exact hash, without the rest.
    pub fn exact(&self) -> Option<u64> {
        Reader { bytes: self.0.get(1..)? }.word()
    }

    /// The link, without the rest.
    pub fn link(&self) -> Option<u64> {
        let mut reader = Reader { bytes: self.0.get(9..)? };
        if reader.byte()? == 1 { reader.word() } else { None }
    }

    /// How many bytes it takes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds nothing, which no signature does.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&Signature> for Packed {
    fn from(signature: &Signature) -> Self {
        let mut out = vec![FORM];
        out.extend(signature.exact.to_le_bytes());
        match signature.link {
            Some(link) => {
                out.push(1);
                out.extend(link.to_le_bytes());
            }
            None => out.push(0),
        }
        match signature.day {
            Some(day) => {
                out.push(1);
                out.extend(day.year().to_le_bytes());
                out.extend([day.month().unsigned_abs(), day.day().unsigned_abs()]);
            }
            None => out.push(0),
        }
        put_number(&mut out, u64::from(signature.shingles));
        put_number(&mut out, signature.figures_at.len() as u64);
        for figure in &signature.figures_at {
            out.extend(figure.to_le_bytes());
        }
        put_ascending(&mut out, &signature.bottom);
        Self(out.into_boxed_slice())
    }
}

/// Seven bits a byte, the lowest first.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Their number, the width of a gap's lower part, then of each gap its upper part as so many ones and a zero, and its
/// lower part in bits.
fn put_ascending(out: &mut Vec<u8>, hashes: &[u32]) {
    put_number(out, hashes.len() as u64);
    let mean = hashes.last().map_or(0, |last| u64::from(*last) / hashes.len() as u64);
    let width = mean.max(1).ilog2();
    out.push(width as u8);
    let mut bits = Bits::default();
    let mut before = 0;
    for hash in hashes {
        let gap = hash.saturating_sub(before);
        before = *hash;
        for _ in 0..gap >> width {
            bits.put(1, 1);
        }
        bits.put(0, 1);
        bits.put(gap & ((1 << width) - 1), width);
    }
    bits.finish(out);
}

#[derive(Default)]
struct Bits {
    whole: Vec<u8>,
    open: u64,
    n_open: u32,
}

impl Bits {
    /// The lower `width` bits of a value, at most 32.
    fn put(&mut self, value: u32, width: u32) {
        self.open |= u64::from(value) << self.n_open;
        self.n_open += width;
        while self.n_open >= 8 {
            self.whole.push(self.open as u8);
            self.open >>= 8;
            self.n_open -= 8;
        }
    }

    fn finish(mut self, out: &mut Vec<u8>) {
        if self.n_open > 0 {
            self.whole.push(self.open as u8);
        }
        out.append(&mut self.whole);
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn word(&mut self) -> Option<u64> {
        let (word, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(u64::from_le_bytes(*word))
    }

    fn day(&mut self) -> Option<jiff::civil::Date> {
        let (year, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        let (month, day) = (self.byte()?, self.byte()?);
        jiff::civil::Date::new(i16::from_le_bytes(*year), i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// The rest of the bytes as ascending hashes.
    fn ascending(&mut self) -> Option<Vec<u32>> {
        let n = usize::try_from(self.number()?).ok()?;
        let width = u32::from(self.byte()?);
        // Each takes a bit at least, so that damaged bytes cannot ask for much memory.
        if width > 31 || n > self.bytes.len() * 8 {
            return None;
        }
        let mut bits = BitReader { bytes: self.bytes, open: 0, n_open: 0 };
        let mut hashes = Vec::with_capacity(n);
        let mut before = 0u32;
        for _ in 0..n {
            let upper = bits.ones()?;
            let gap = (u64::from(upper) << width) | u64::from(bits.take(width)?);
            before = before.checked_add(u32::try_from(gap).ok()?)?;
            hashes.push(before);
        }
        Some(hashes)
    }
}

struct BitReader<'a> {
    bytes: &'a [u8],
    open: u64,
    n_open: u32,
}

impl BitReader<'_> {
    /// Opens at least 32 bits where there are so many.
    fn fill(&mut self) {
        while self.n_open <= 32
            && let Some((first, rest)) = self.bytes.split_first()
        {
            self.open |= u64::from(*first) << self.n_open;
            self.n_open += 8;
            self.bytes = rest;
        }
    }

    fn take(&mut self, width: u32) -> Option<u32> {
        self.fill();
        self.n_open = self.n_open.checked_sub(width)?;
        let value = self.open & ((1 << width) - 1);
        self.open >>= width;
        Some(value as u32)
    }

    /// How many ones come before the next zero.
    fn ones(&mut self) -> Option<u32> {
        let mut n = 0;
        loop {
            self.fill();
            let here = self.open.trailing_ones().min(self.n_open);
            if here < self.n_open {
                self.open >>= here + 1;
                self.n_open -= here + 1;
                return Some(n + here);
            }
            if self.n_open == 0 {
                return None;
            }
            n += here;
            self.open = 0;
            self.n_open = 0;
        }
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD_NO_PAD.encode(&self.0))
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Packed::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> de::Visitor<'de> for Either {
            type Value = Packed;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a packed signature, or one of the first form")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Packed, E> {
                let bytes = STANDARD_NO_PAD.decode(text).map_err(E::custom)?;
                match bytes.first() {
                    Some(&FORM) => Ok(Packed(bytes.into_boxed_slice())),
                    Some(form) => Err(E::custom(format!("a signature of form {form}, which a newer dateline made"))),
                    None => Err(E::custom("an empty signature")),
                }
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Packed, A::Error> {
                let first = FirstForm::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Packed::from(&Signature::from(first)))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let packed = Packed::deserialize(deserializer)?;
        packed.signature().ok_or_else(|| de::Error::custom("a signature that is cut off or damaged"))
    }
}

/// As the first releases wrote it: an object of decimal numbers.
#[derive(Deserialize)]
struct FirstForm {
    exact: u64,
    bottom: Vec<u64>,
    shingles: u32,
    #[serde(default)]
    figures_at: Vec<u64>,
    #[serde(default)]
    link: Option<u64>,
    #[serde(default)]
    day: Option<jiff::civil::Date>,
}

impl From<FirstForm> for Signature {
    fn from(first: FirstForm) -> Self {
        let FirstForm { exact, bottom, shingles, figures_at, link, day } = first;
        // The upper bits in the same order: a text signed now and then has the same hashes.
        let shortened = bottom.into_iter().map(|hash| u32::try_from(hash >> FIRST_FORM_SHIFT).unwrap_or(u32::MAX));
        Self { exact, bottom: shortened.collect(), shingles, figures_at, link, day }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(signature: &Signature) {
        let packed = Packed::from(signature);
        assert_eq!(packed.signature().as_ref(), Some(signature));
        assert_eq!((packed.exact(), packed.link()), (Some(signature.exact), signature.link));
        let json = serde_json::to_string(signature).unwrap();
        assert_eq!(&serde_json::from_str::<Signature>(&json).unwrap(), signature);
        assert_eq!(serde_json::from_str::<Packed>(&json).unwrap(), packed);
    }

    #[test]
    fn edges_come_back_as_they_were() {
        check(&Signature::default());
        check(&Signature { bottom: vec![0, 0, u32::MAX], ..Signature::default() });
        check(&Signature { bottom: vec![u32::MAX], shingles: u32::MAX, ..Signature::default() });
        check(&Signature { bottom: vec![0], link: Some(u64::MAX), ..Signature::default() });
        check(&Signature {
            day: Some(jiff::civil::date(-9999, 1, 31)),
            figures_at: vec![1, 2],
            ..Signature::default()
        });
    }

    #[test]
    fn the_first_form_is_still_read() {
        let first =
            r#"{"exact":9,"bottom":[256,1099511627775],"shingles":2,"figures":3,"figures_at":[7],"day":"2020-10-01"}"#;
        let read: Signature = serde_json::from_str(first).unwrap();
        let day = Some(jiff::civil::date(2020, 10, 1));
        assert_eq!(
            read,
            Signature { exact: 9, bottom: vec![1, u32::MAX], shingles: 2, figures_at: vec![7], link: None, day }
        );
    }

    #[test]
    fn a_newer_form_is_refused_with_words() {
        let newer = format!("\"{}\"", STANDARD_NO_PAD.encode([3, 1, 2]));
        let refusal = serde_json::from_str::<Signature>(&newer).unwrap_err().to_string();
        assert!(refusal.contains("newer dateline"), "{refusal}");
    }

    proptest! {
        #[test]
        fn any_signature_comes_back(
            mut bottom in prop::collection::vec(any::<u32>(), 0..200), exact in any::<u64>(), shingles in any::<u32>(),
            figures_at in prop::collection::vec(any::<u64>(), 0..64), link in any::<Option<u64>>(),
        ) {
            bottom.sort_unstable();
            check(&Signature { exact, bottom, shingles, figures_at, link, day: None });
        }

        #[test]
        fn damaged_bytes_are_refused_or_read_but_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut bytes = bytes;
            bytes.insert(0, FORM);
            Packed(bytes.into_boxed_slice()).signature();
        }
    }
}
