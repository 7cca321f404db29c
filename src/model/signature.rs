//! What texts are compared by, and the packed form in which it is kept: in the state, and in memory a million times over.
//!
//! Comes in: a [`Signature`]. Goes out: its [`Packed`] form and the same again. Always holds: packing loses nothing, and
//! bytes that are no signature are refused, not believed. The state holds it as one base64 string; the forms of earlier
//! releases are still read, cut to what this form keeps.

use super::bits::{BitReader, Bits};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What a text is compared by. Bottom-k of its shingle hashes: the `k` smallest, sorted; with their number, Jaccard
/// and containment can be estimated (Broder 1997).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signature {
    /// Hash of the whole normalised text: equal for exact copies.
    pub exact: u64,
    /// The smallest shingle hashes, ascending, at most [`Signature::BOTTOM`].
    pub bottom: Vec<u32>,
    /// How many distinct shingles there are.
    pub shingles: u32,
    /// The smallest hashes of its terms, ascending, at most [`Signature::TERMS`]. The lowest bit says "a name".
    pub terms: Vec<u32>,
    /// What stands in which place, ascending, at most [`Signature::SLOTS`]: 17 bits of the place, 12 of what stands in
    /// it, 3 of its kind.
    pub slots: Vec<u32>,
    /// Share of its words that are everyday words, of 255.
    pub everyday: u8,
    /// Hashes of the headline's words, ascending, at most [`Signature::HEADLINE`].
    pub headline: Vec<u16>,
    /// Hashes of paragraphs, ascending, at most [`Signature::PARAGRAPHS`].
    pub paragraphs: Vec<u32>,
    /// What it is about: its most telling words, the most telling first, at most [`Signature::KEYS`]; of 24 bits, the
    /// lowest says "a name".
    pub keys: Vec<u32>,
    /// It is one of a recurring form, which is no story of its own kind.
    pub form: bool,
    /// Hash of the article's address without what differs between links to one page.
    pub link: Option<u64>,
    /// Hash of the publisher's own name for it.
    pub guid: Option<u64>,
    /// The day it was told: the dateline's, else that of publication.
    pub day: Option<Date>,
}

impl Signature {
    /// Shingle hashes kept.
    pub const BOTTOM: usize = 64;
    /// Terms kept.
    pub const TERMS: usize = 32;
    /// Places kept.
    pub const SLOTS: usize = 96;
    /// Words of the headline kept.
    pub const HEADLINE: usize = 10;
    /// Telling words kept.
    pub const KEYS: usize = 16;
    /// Paragraphs kept.
    pub const PARAGRAPHS: usize = 8;
    /// Bits of the hash of a shingle or a term. Among a million texts a shingle then meets one or two that do not have
    /// it, and two unlike texts have in one pair of ten thousand a shingle in common.
    pub const HASH_BITS: u32 = 28;
    /// Bits of the hash of a telling word.
    pub const KEY_BITS: u32 = 24;

    /// A hash cut to [`Signature::HASH_BITS`]; smaller hashes stay the smaller ones.
    pub const fn cut(hash: u64) -> u32 {
        (hash >> (u64::BITS - Self::HASH_BITS)) as u32
    }

    /// The hash of a term, which keeps whether it is a name.
    pub const fn term(hash: u64, is_name: bool) -> u32 {
        Self::cut(hash) & !1 | is_name as u32
    }

    /// Whether two terms are one, be they names or not.
    pub const fn same_term(one: u32, other: u32) -> bool {
        one >> 1 == other >> 1
    }

    /// The hash of a telling word, which keeps whether it is a name.
    pub const fn key(hash: u64, is_name: bool) -> u32 {
        ((hash >> (u64::BITS - Self::KEY_BITS)) as u32) & !1 | is_name as u32
    }

    /// A place, what stands in it, and the kind of that, below eight.
    pub const fn slot(place: u64, value: u64, kind: u32) -> u32 {
        ((place >> 47) as u32) << 15 | ((value >> 52) as u32) << 3 | kind
    }

    /// The place of a slot.
    pub const fn place(slot: u32) -> u32 {
        slot >> 15
    }

    /// The kind of what stands in a slot.
    pub const fn kind(slot: u32) -> u32 {
        slot & 7
    }
}

/// The first byte of the packed form.
const FORM: u8 = 3;
/// The form before: other figures, more and longer hashes.
const SECOND_FORM: u8 = 2;

/// Hashes of the first form had 40 bits, those of the second 32.
const FIRST_FORM_SHIFT: u32 = 40 - Signature::HASH_BITS;
const SECOND_FORM_SHIFT: u32 = 32 - Signature::HASH_BITS;

const HAS_LINK: u8 = 1;
const HAS_GUID: u8 = 2;
/// The publisher's name for it is its address.
const IS_LINK: u8 = 4;
const IS_FORM: u8 = 8;

/// Bytes of a key.
const KEY: usize = 3;

/// A signature in as few bytes as it takes, about 350 for a story of 400 words.
///
/// In order: the form, which hashes there are, the exact one, link and guid, the keys; then in bits the day, the number of shingles, and the
/// lists as the gaps between their hashes. Gaps between the smallest of many hashes are distributed geometrically, for
/// which Golomb's code (Rice 1979) is the shortest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed(Box<[u8]>);

impl Packed {
    /// What was packed; none when the bytes are no signature.
    pub fn signature(&self) -> Option<Signature> {
        self.body().signature()
    }

    /// Its bytes without that of the form, which is the same in all.
    pub fn body(&self) -> Body<'_> {
        Body(self.0.get(1..).unwrap_or_default())
    }
}

/// The bytes of a packed signature after that of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Body<'a>(pub &'a [u8]);

impl Body<'_> {
    /// What was packed; none when the bytes are no signature.
    pub fn signature(self) -> Option<Signature> {
        let mut reader = Reader { bytes: self.0 };
        let (exact, link, guid) = reader.hashes()?;
        let keys = reader.keys()?;
        let mut bits = BitReader { bytes: reader.bytes, open: 0, n_open: 0 };
        let day = bits.day()?;
        let shingles = bits.number()?;
        let everyday = bits.take(8)? as u8;
        Some(Signature {
            exact,
            bottom: bits.ascending()?,
            shingles,
            terms: bits.ascending()?,
            slots: bits.ascending()?,
            everyday,
            headline: bits.ascending()?,
            paragraphs: bits.ascending()?,
            keys,
            form: self.is_form(),
            link,
            guid,
            day,
        })
    }

    /// The smallest shingle hashes, without the rest, in place of what `bottom` held, and how many there are in all; none
    /// when the bytes are no signature.
    pub fn sample(self, bottom: &mut Vec<u32>) -> Option<u32> {
        let mut reader = Reader { bytes: self.0 };
        reader.hashes()?;
        reader.skip_keys()?;
        let mut bits = BitReader { bytes: reader.bytes, open: 0, n_open: 0 };
        bits.day()?;
        let shingles = bits.number()?;
        bits.take(8)?;
        bits.ascending_into(bottom)?;
        Some(shingles)
    }

    /// The exact hash, the link and the guid, without the rest.
    pub fn hashes(self) -> Option<(u64, Option<u64>, Option<u64>)> {
        Reader { bytes: self.0 }.hashes()
    }

    /// The exact hash, without the rest.
    pub fn exact(self) -> Option<u64> {
        self.hashes().map(|(exact, ..)| exact)
    }

    /// The link, without the rest.
    pub fn link(self) -> Option<u64> {
        self.hashes()?.1
    }

    /// The guid, without the rest.
    pub fn guid(self) -> Option<u64> {
        self.hashes()?.2
    }

    /// What it is about, without the rest.
    pub fn keys(self) -> Vec<u32> {
        let mut reader = Reader { bytes: self.0 };
        reader.hashes().and_then(|_| reader.keys()).unwrap_or_default()
    }

    /// Whether it is one of a recurring form.
    pub fn is_form(self) -> bool {
        self.0.first().is_some_and(|has| has & IS_FORM != 0)
    }

    /// The day, without the rest.
    pub fn day(self) -> Option<Date> {
        let mut reader = Reader { bytes: self.0 };
        reader.hashes()?;
        reader.skip_keys()?;
        BitReader { bytes: reader.bytes, open: 0, n_open: 0 }.day()?
    }
}

impl From<&Signature> for Packed {
    fn from(signature: &Signature) -> Self {
        let Signature { link, guid, .. } = *signature;
        let is_link = guid.is_some() && guid == link;
        let mut out = Vec::with_capacity(448);
        out.push(FORM);
        out.push(
            if link.is_some() { HAS_LINK } else { 0 }
                | if is_link { IS_LINK } else { 0 }
                | if guid.is_some() && !is_link { HAS_GUID } else { 0 }
                | if signature.form { IS_FORM } else { 0 },
        );
        for hash in [Some(signature.exact), link, guid.filter(|_| !is_link)].into_iter().flatten() {
            out.extend(hash.to_le_bytes());
        }
        out.push(u8::try_from(signature.keys.len()).unwrap_or(0));
        out.extend(
            signature.keys.iter().take(usize::from(u8::MAX)).flat_map(|key| key.to_le_bytes().into_iter().take(KEY)),
        );
        let mut bits = Bits { whole: out, open: 0, n_open: 0 };
        bits.put_day(signature.day);
        bits.put_number(u64::from(signature.shingles));
        bits.put(u32::from(signature.everyday), 8);
        bits.put_ascending(&signature.bottom);
        bits.put_ascending(&signature.terms);
        bits.put_ascending(&signature.slots);
        bits.put_ascending(&signature.headline);
        bits.put_ascending(&signature.paragraphs);
        Self(bits.finish().into_boxed_slice())
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
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

    /// The exact hash, the link and the guid.
    fn hashes(&mut self) -> Option<(u64, Option<u64>, Option<u64>)> {
        let has = self.byte()?;
        let exact = self.word()?;
        let link = if has & HAS_LINK != 0 { Some(self.word()?) } else { None };
        let guid = match has & (HAS_GUID | IS_LINK) {
            0 => None,
            HAS_GUID => Some(self.word()?),
            _ => link,
        };
        Some((exact, link, guid))
    }

    /// Passes over what it is about, after the hashes.
    fn skip_keys(&mut self) -> Option<&'a [u8]> {
        let n = usize::from(self.byte()?);
        let (keys, rest) = self.bytes.split_at_checked(n * KEY)?;
        self.bytes = rest;
        Some(keys)
    }

    /// What it is about, after the hashes.
    fn keys(&mut self) -> Option<Vec<u32>> {
        let keys = self.skip_keys()?;
        let key = |bytes: &[u8]| bytes.iter().rev().fold(0, |key, byte| key << 8 | u32::from(*byte));
        Some(keys.chunks_exact(KEY).map(key).collect())
    }

    /// The rest of a signature of the second form.
    fn second_form(mut self) -> Option<Signature> {
        let exact = self.word()?;
        let link = if self.byte()? == 1 { Some(self.word()?) } else { None };
        let day = if self.byte()? == 1 { Some(self.second_form_day()?) } else { None };
        let shingles = u32::try_from(self.number()?).ok()?;
        let n_figures = usize::try_from(self.number()?).ok()?;
        self.bytes = self.bytes.get(n_figures.checked_mul(8)?..)?;
        let n = usize::try_from(self.number()?).ok()?;
        let width = u32::from(self.byte()?);
        if width > 31 || n > self.bytes.len() * 8 {
            return None;
        }
        let mut bits = BitReader { bytes: self.bytes, open: 0, n_open: 0 };
        let mut before = 0u32;
        let mut bottom = Vec::new();
        for _ in 0..n.min(Signature::BOTTOM) {
            let gap = (u64::from(bits.ones()?) << width) | u64::from(bits.take(width)?);
            before = before.checked_add(u32::try_from(gap).ok()?)?;
            bottom.push(before >> SECOND_FORM_SHIFT);
        }
        bottom.dedup();
        Some(Signature { exact, bottom, shingles, link, day, ..Signature::default() })
    }

    fn second_form_day(&mut self) -> Option<Date> {
        let (year, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        let (month, day) = (self.byte()?, self.byte()?);
        Date::new(i16::from_le_bytes(*year), i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }

    /// Seven bits a byte, the lowest first.
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
                match bytes.split_first() {
                    Some((&FORM, _)) => Ok(Packed(bytes.into_boxed_slice())),
                    Some((&SECOND_FORM, bytes)) => match (Reader { bytes }).second_form() {
                        Some(signature) => Ok(Packed::from(&signature)),
                        None => Err(E::custom(DAMAGED)),
                    },
                    Some((form, _)) => {
                        Err(E::custom(format!("a signature of form {form}, which a newer dateline made")))
                    }
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

const DAMAGED: &str = "a signature that is cut off or damaged";

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let packed = Packed::deserialize(deserializer)?;
        packed.signature().ok_or_else(|| de::Error::custom(DAMAGED))
    }
}

/// As the first releases wrote it: an object of decimal numbers.
#[derive(Deserialize)]
struct FirstForm {
    exact: u64,
    bottom: Vec<u64>,
    shingles: u32,
    #[serde(default)]
    link: Option<u64>,
    #[serde(default)]
    day: Option<Date>,
}

impl From<FirstForm> for Signature {
    fn from(first: FirstForm) -> Self {
        let FirstForm { exact, bottom, shingles, link, day } = first;
        // The upper bits in the same order: a text signed now and then has the same hashes.
        let shortened = bottom.into_iter().map(|hash| u32::try_from(hash >> FIRST_FORM_SHIFT).unwrap_or(u32::MAX));
        let mut bottom: Vec<u32> = shortened.take(Self::BOTTOM).collect();
        bottom.dedup();
        Self { exact, bottom, shingles, link, day, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(signature: &Signature) {
        let packed = Packed::from(signature);
        let mut bottom = vec![7];
        assert_eq!((packed.body().sample(&mut bottom), &bottom), (Some(signature.shingles), &signature.bottom));
        assert_eq!(packed.body().keys(), signature.keys);
        assert_eq!(packed.signature().as_ref(), Some(signature));
        let body = packed.body();
        assert_eq!((body.exact(), body.link(), body.guid()), (Some(signature.exact), signature.link, signature.guid));
        assert_eq!(body.day(), signature.day);
        let json = serde_json::to_string(signature).unwrap();
        assert_eq!(&serde_json::from_str::<Signature>(&json).unwrap(), signature);
        assert_eq!(serde_json::from_str::<Packed>(&json).unwrap(), packed);
    }

    #[test]
    fn edges_come_back_as_they_were() {
        check(&Signature::default());
        check(&Signature { bottom: vec![0, 0, u32::MAX], ..Signature::default() });
        check(&Signature { bottom: vec![u32::MAX], shingles: u32::MAX, ..Signature::default() });
        check(&Signature { terms: vec![0], link: Some(u64::MAX), guid: Some(u64::MAX), ..Signature::default() });
        check(&Signature { guid: Some(0), headline: vec![0, u16::MAX], ..Signature::default() });
        for (year, month, day) in [(-9999, 1, 31), (1969, 12, 31), (1970, 1, 1), (2097, 12, 31), (9999, 12, 31)] {
            let day = Some(jiff::civil::date(year, month, day));
            check(&Signature { day, slots: vec![1, 2], ..Signature::default() });
        }
    }

    #[test]
    fn the_first_form_is_still_read() {
        let first =
            r#"{"exact":9,"bottom":[4096,1099511627775],"shingles":2,"figures":3,"figures_at":[7],"day":"2020-10-01"}"#;
        let read: Signature = serde_json::from_str(first).unwrap();
        let day = Some(jiff::civil::date(2020, 10, 1));
        assert_eq!(
            read,
            Signature { exact: 9, bottom: vec![1, (1 << 28) - 1], shingles: 2, day, ..Signature::default() }
        );
    }

    #[test]
    fn the_second_form_is_still_read() {
        // exact 9, link 5, 2020-10-01, 200 shingles, one figure, two hashes with gaps of 32 and 16 and four lower bits.
        let mut second = vec![2, 9, 0, 0, 0, 0, 0, 0, 0, 1, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0xe4, 7, 10, 1, 200, 1, 1];
        second.extend([7; 8]);
        second.extend([2, 4, 0b1000_0011, 0b0000_0000]);
        let read: Signature = serde_json::from_str(&format!("\"{}\"", STANDARD_NO_PAD.encode(&second))).unwrap();
        let day = Some(jiff::civil::date(2020, 10, 1));
        let bottom = vec![2, 3];
        assert_eq!(read, Signature { exact: 9, bottom, shingles: 200, link: Some(5), day, ..Signature::default() });
        second.truncate(30);
        let refusal = serde_json::from_str::<Packed>(&format!("\"{}\"", STANDARD_NO_PAD.encode(&second))).unwrap_err();
        assert!(refusal.to_string().contains("damaged"), "{refusal}");
    }

    #[test]
    fn a_newer_form_is_refused_with_words() {
        let newer = format!("\"{}\"", STANDARD_NO_PAD.encode([4, 1, 2]));
        let refusal = serde_json::from_str::<Signature>(&newer).unwrap_err().to_string();
        assert!(refusal.contains("newer dateline"), "{refusal}");
    }

    proptest! {
        #[test]
        fn any_signature_comes_back(
            lists in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..200), 4),
            mut headline in prop::collection::vec(any::<u16>(), 0..20),
            exact in any::<u64>(), shingles in any::<u32>(), link in any::<Option<u64>>(), guid in any::<Option<u64>>(),
        ) {
            let mut lists = lists;
            lists.iter_mut().for_each(|list| list.sort_unstable());
            headline.sort_unstable();
            let mut list = || lists.pop().unwrap();
            let (bottom, terms, slots, paragraphs) = (list(), list(), list(), list());
            check(&Signature {
                exact, bottom, shingles, terms, slots, everyday: 7, keys: vec![3, 2, 0xff_ffff], form: link.is_some(), headline, paragraphs, link, guid, day: None,
            });
        }

        #[test]
        fn damaged_bytes_are_refused_or_read_but_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            Body(&bytes).signature();
            Reader { bytes: &bytes }.second_form();
        }
    }
}
