//! One remembered item, as the bytes in which it is kept and as it is read.
//!
//! In order: when it was first and last seen; what follows; its feed and agency as numbers of names; its id and that of
//! the item it goes back to, each as the number of a feed and eight bytes, or spelt out where it is of another form; its
//! story where it is neither of the two; and its packed signature.

use crate::model::{Body, ItemHead, ItemId, Signature};
use jiff::Timestamp;
use std::{cmp::Ordering, collections::HashMap};

/// Names of feeds and agencies, each kept once.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }

    /// The number of a name that an entry has.
    pub(super) fn known(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", |name| name)
    }
}

/// One remembered item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'w> {
    pub(super) feed: &'w str,
    pub(super) agency: Option<&'w str>,
    pub(super) first_seen: Timestamp,
    pub(super) touched: Timestamp,
    id: Name<'w>,
    of: Option<Name<'w>>,
    story: Story<'w>,
    /// None when it is not to be compared with.
    pub(super) body: Option<Body<'w>>,
    /// Of what was killed, which nothing is compared with but a notice.
    of_killed: Option<Body<'w>>,
}

/// The id of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name<'w> {
    /// The feed, and the number that the sixteen digits after it spell.
    Made(&'w str, u64),
    Other(&'w str),
}

/// The story of an entry. It is named after its first item, which nearly always is the entry itself or its original.
#[derive(Debug, Clone, Copy)]
enum Story<'w> {
    None,
    Own,
    OfOriginal,
    Other(&'w str),
}

const IS_MADE: u8 = 1;
const STORY: u8 = 0b110;
const OWN_STORY: u8 = 0b010;
const STORY_OF_ORIGINAL: u8 = 0b100;
const OTHER_STORY: u8 = 0b110;
const HAS_ORIGINAL: u8 = 1 << 3;
const ORIGINAL_IS_MADE: u8 = 1 << 4;
const HAS_AGENCY: u8 = 1 << 5;
const HAS_SIGNATURE: u8 = 1 << 6;
const IS_KILLED: u8 = 1 << 7;

/// Where in the bytes stands when it was last seen, and where what does not change with time begins.
pub(super) const TOUCHED: std::ops::Range<usize> = 8..16;
pub(super) const LASTING: usize = 16;

impl<'w> Name<'w> {
    fn id(self) -> ItemId {
        ItemId(match self {
            Self::Made(feed, number) => format!("{feed}:{number:016x}"),
            Self::Other(id) => id.to_owned(),
        })
    }

    /// The order of the ids as they are spelt.
    fn cmp_spelt(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Made(feed, number), Self::Made(other_feed, other)) if feed == other_feed => number.cmp(&other),
            _ => self.spelt().cmp(other.spelt()),
        }
    }

    /// The bytes of the id.
    fn spelt(self) -> impl Iterator<Item = u8> + 'w {
        let (name, number) = match self {
            Self::Made(feed, number) => (feed, Some(number)),
            Self::Other(id) => (id, None),
        };
        let digit = |digit: u64| if digit < 10 { b'0' + digit as u8 } else { b'a' - 10 + digit as u8 };
        let digits = move |number: u64| (0..16).rev().map(move |place| digit(number >> (4 * place) & 15));
        name.bytes().chain(number.into_iter().flat_map(move |number| std::iter::once(b':').chain(digits(number))))
    }

    fn is(self, id: &str) -> bool {
        match self {
            Self::Made(feed, number) => {
                let digits = id.strip_prefix(feed).and_then(|rest| rest.strip_prefix(':'));
                digits.and_then(number_of) == Some(number)
            }
            Self::Other(own) => own == id,
        }
    }
}

/// The parts of an id that was made by `ItemId::new`.
fn made(id: &str) -> Option<(&str, u64)> {
    let (feed, digits) = id.rsplit_once(':')?;
    Some((feed, number_of(digits)?))
}

fn number_of(digits: &str) -> Option<u64> {
    let are_digits = digits.len() == 16 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    are_digits.then(|| u64::from_str_radix(digits, 16).ok())?
}

impl<'w> Entry<'w> {
    pub(super) fn id(&self) -> ItemId {
        self.id.id()
    }

    pub(super) fn is(&self, id: &str) -> bool {
        self.id.is(id)
    }

    /// By when it was first seen, and of equals by its id: an order that is the same after a restart.
    pub(super) fn order(&self) -> (Timestamp, Name<'w>) {
        (self.first_seen, self.id)
    }

    /// The order of the ids of two entries.
    pub(super) fn cmp_id(&self, other: &Self) -> Ordering {
        self.id.cmp_spelt(other.id)
    }

    /// Whether it is no copy and no new version of another item.
    pub(super) fn is_original(&self) -> bool {
        self.of.is_none()
    }

    /// Whether it is told in this story.
    pub(super) fn is_in(&self, story: &str) -> bool {
        match self.story {
            Story::None => false,
            Story::Own => self.id.is(story),
            Story::OfOriginal => self.of.is_some_and(|of| of.is(story)),
            Story::Other(other) => other == story,
        }
    }

    /// The item it goes back to.
    pub(super) fn of(&self) -> Option<ItemId> {
        self.of.map(Name::id)
    }

    pub(super) fn story(&self) -> Option<String> {
        match self.story {
            Story::None => None,
            Story::Own => Some(self.id.id().0),
            Story::OfOriginal => self.of.map(|of| of.id().0),
            Story::Other(story) => Some(story.to_owned()),
        }
    }

    /// Whether its story is named after itself.
    pub(super) fn begins_story(&self) -> bool {
        matches!(self.story, Story::Own)
    }

    /// What its text is compared by.
    pub(super) fn signature(&self) -> Option<Signature> {
        self.body.and_then(Body::signature)
    }

    /// What its text is compared by, also of what was killed: for notices alone.
    pub(super) fn body_of_all(&self) -> Option<Body<'w>> {
        self.body.or(self.of_killed)
    }

    pub(super) fn read(bytes: &'w [u8], names: &'w Names) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let (first_seen, touched) = (time(bytes.word()?), time(bytes.word()?));
        let has = *bytes.take(1)?.first()?;
        let feed = names.name(bytes.number()?);
        let agency = if has & HAS_AGENCY != 0 { Some(names.name(bytes.number()?)) } else { None };
        let id = if has & IS_MADE != 0 { Name::Made(feed, bytes.word()?) } else { Name::Other(bytes.string()?) };
        let of = match has & (HAS_ORIGINAL | ORIGINAL_IS_MADE) {
            0 => None,
            HAS_ORIGINAL => Some(Name::Other(bytes.string()?)),
            _ => Some(Name::Made(names.name(bytes.number()?), bytes.word()?)),
        };
        let story = match has & STORY {
            OWN_STORY => Story::Own,
            STORY_OF_ORIGINAL => Story::OfOriginal,
            OTHER_STORY => Story::Other(bytes.string()?),
            _ => Story::None,
        };
        let signed = (has & HAS_SIGNATURE != 0).then_some(Body(bytes.0));
        let (body, of_killed) = if has & IS_KILLED != 0 { (None, signed) } else { (signed, None) };
        Some(Self { feed, agency, first_seen, touched, id, of, story, body, of_killed })
    }
}

/// Of the bytes of an entry when it was first seen, in nanoseconds since 1970.
pub(super) fn first_seen(bytes: &[u8]) -> Option<i64> {
    Bytes(bytes).word().map(|word| word as i64)
}

/// Writes an entry in place of what `out` held.
pub(super) fn write(out: &mut Vec<u8>, names: &mut Names, id: &ItemId, head: &ItemHead) {
    let ItemHead { feed, of, story, agency, first_seen, touched, signature, killed } = head;
    out.clear();
    out.extend(nanoseconds(*first_seen).to_le_bytes());
    out.extend(nanoseconds(*touched).to_le_bytes());
    let made_id = made(&id.0).filter(|(prefix, _)| *prefix == feed.0);
    let made_of = of.as_ref().and_then(|of| made(&of.0));
    let (told_in, other) = match story {
        None => (0, None),
        Some(story) if *story == id.0 => (OWN_STORY, None),
        Some(story) if of.as_ref().is_some_and(|of| *story == of.0) => (STORY_OF_ORIGINAL, None),
        Some(story) => (OTHER_STORY, Some(story)),
    };
    let mark = |is: bool, bit: u8| if is { bit } else { 0 };
    out.push(
        mark(made_id.is_some(), IS_MADE)
            | told_in
            | mark(of.is_some(), HAS_ORIGINAL)
            | mark(made_of.is_some(), ORIGINAL_IS_MADE)
            | mark(agency.is_some(), HAS_AGENCY)
            | mark(signature.is_some(), HAS_SIGNATURE)
            | mark(*killed, IS_KILLED),
    );
    put_number(out, names.number(&feed.0));
    if let Some(agency) = agency {
        put_number(out, names.number(agency));
    }
    match made_id {
        Some((_, number)) => out.extend(number.to_le_bytes()),
        None => put_string(out, &id.0),
    }
    match (made_of, of) {
        (Some((feed, number)), _) => {
            put_number(out, names.number(feed));
            out.extend(number.to_le_bytes());
        }
        (None, Some(of)) => put_string(out, &of.0),
        (None, None) => {}
    }
    if let Some(story) = other {
        put_string(out, story);
    }
    if let Some(signature) = signature {
        out.extend_from_slice(signature.body().0);
    }
}

/// Of a time the nanoseconds since 1970; what lies outside the years 1678 to 2261 is taken for their beginning or end.
pub(super) fn nanoseconds(time: Timestamp) -> i64 {
    let whole = time.as_nanosecond();
    i64::try_from(whole).unwrap_or(if whole < 0 { i64::MIN } else { i64::MAX })
}

fn time(nanoseconds: u64) -> Timestamp {
    const SECOND: i64 = 1_000_000_000;
    let nanoseconds = nanoseconds as i64;
    Timestamp::new(nanoseconds / SECOND, (nanoseconds % SECOND) as i32).unwrap_or_default()
}

fn put_number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_string(out: &mut Vec<u8>, string: &str) {
    put_number(out, string.len() as u32);
    out.extend(string.as_bytes());
}

struct Bytes<'w>(&'w [u8]);

impl<'w> Bytes<'w> {
    fn take(&mut self, n: usize) -> Option<&'w [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn word(&mut self) -> Option<u64> {
        self.take(8)?.first_chunk().map(|word| u64::from_le_bytes(*word))
    }

    fn number(&mut self) -> Option<u32> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let byte = *self.take(1)?.first()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn string(&mut self) -> Option<&'w str> {
        let length = self.number()? as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }
}

/// The packed signature of a head that is compared with, as an entry keeps it.
pub(super) fn body(head: &ItemHead) -> Option<&[u8]> {
    head.signature.as_ref().filter(|_| !head.killed).map(|signature| signature.body().0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FeedId, Packed};

    #[track_caller]
    fn check(id: &str, feed: &str, of: Option<&str>, story: Option<&str>, agency: Option<&str>) {
        let packed = Packed::from(&Signature { exact: 7, bottom: vec![1, 5], shingles: 2, ..Signature::default() });
        for signature in [None, Some(packed)] {
            let head = ItemHead {
                feed: FeedId(feed.to_owned()),
                of: of.map(|of| ItemId(of.to_owned())),
                story: story.map(str::to_owned),
                agency: agency.map(str::to_owned),
                first_seen: "1999-01-01T00:00:00.000000001Z".parse().unwrap(),
                touched: "2021-03-05T12:00:00.123456789Z".parse().unwrap(),
                signature,
                killed: false,
            };
            let (mut names, mut out) = (Names::default(), vec![1, 2, 3]);
            write(&mut out, &mut names, &ItemId(id.to_owned()), &head);
            let entry = Entry::read(&out, &names).unwrap();
            assert_eq!((entry.id().0.as_str(), entry.feed, entry.agency), (id, feed, agency));
            assert_eq!((entry.of().as_ref(), entry.story().as_deref()), (head.of.as_ref(), story));
            assert_eq!((entry.first_seen, entry.touched), (head.first_seen, head.touched));
            assert_eq!(entry.signature(), head.signature.as_ref().and_then(Packed::signature));
            assert!(entry.is(id) && !entry.is("f:0123456789abcdee"));
            assert!(entry.id.spelt().eq(id.bytes()));
        }
    }

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let (made, other) = ("f:0123456789abcdef", "g:ffffffffffffffff");
        check(made, "f", None, None, None);
        check(made, "f", None, Some(made), Some("AFP"));
        check(made, "f", Some(other), Some(other), Some("f"));
        check(made, "f", Some(other), Some("something else"), None);
        check(made, "g", Some("x"), Some("x"), None);
        check("f:0123456789ABCDEF", "f", Some("a:b:0123456789abcdef"), Some(other), None);
        check("", "", Some(""), Some("é"), Some(""));
    }
}
