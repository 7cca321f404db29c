//! Values under keys, out of memory: packed, and where they are many, in one file that has no name.
//!
//! The first few megabytes stay in memory. Then a file is made in the directory for temporary files and its name taken
//! away again at once, so that nothing is left of it however the run ends. Where no file can be made, all stays in memory.

use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::HashMap,
    fs::{self, File},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes that are kept in memory before there is a file.
const IN_MEMORY: usize = 16 << 20;
/// Bytes that are written at once.
const AT_ONCE: usize = 1 << 20;
/// Values begin at multiples of so many bytes.
const STEP: usize = 64;
/// A file larger than this of which less than half is of use is written anew.
const WORTH_RENEWING: u64 = 256 << 20;
/// Higher levels take longer than the stages.
const LEVEL: i32 = 1;

pub(super) struct Shelf {
    /// By the hash of a key; the key is kept with the value, and two keys of one hash, of which there are none among
    /// millions, would be as if the earlier had been removed.
    places: HashMap<u64, Place>,
    file: Option<File>,
    /// Steps that are in the file.
    written: u32,
    /// What follows them.
    tail: Vec<u8>,
    /// Size of the tail from which on it is written.
    patience: usize,
    /// Steps that hold something.
    live: u64,
    packer: Option<zstd::bulk::Compressor<'static>>,
}

#[derive(Clone, Copy)]
struct Place {
    step: u32,
    length: u32,
}

impl Place {
    fn steps(self) -> u64 {
        u64::from(self.length).div_ceil(STEP as u64)
    }
}

impl Shelf {
    pub(super) fn new() -> Self {
        Self {
            places: HashMap::new(),
            file: None,
            written: 0,
            tail: Vec::new(),
            patience: IN_MEMORY,
            live: 0,
            packer: zstd::bulk::Compressor::new(LEVEL).ok(),
        }
    }

    /// Keeps a value in place of what was there.
    pub(super) fn put<T: Serialize>(&mut self, key: &str, value: &T) -> io::Result<()> {
        let plain = serde_json::to_vec(&(key, value))?;
        let packed = match &mut self.packer {
            Some(packer) => packer.compress(&plain)?,
            None => zstd::bulk::compress(&plain, LEVEL)?,
        };
        self.remove(key);
        let (true, Ok(length), Ok(size)) =
            (self.has_room(packed.len()), u32::try_from(packed.len() + 4), u32::try_from(plain.len()))
        else {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "more than can be remembered of one run"));
        };
        let place = Place { step: self.written + (self.tail.len() / STEP) as u32, length };
        self.tail.extend(size.to_le_bytes());
        self.tail.extend(packed);
        self.tail.resize(self.tail.len().next_multiple_of(STEP), 0);
        self.places.insert(xxh3_64(key.as_bytes()), place);
        self.live += place.steps();
        if self.tail.len() >= self.patience {
            self.write_tail();
        }
        Ok(())
    }

    /// What was kept under a key.
    pub(super) fn get<T: DeserializeOwned>(&self, key: &str) -> io::Result<Option<T>> {
        let Some(place) = self.places.get(&xxh3_64(key.as_bytes())) else { return Ok(None) };
        let bytes = self.bytes(*place)?;
        let (size, packed) = bytes.split_first_chunk().ok_or(io::ErrorKind::UnexpectedEof)?;
        let plain = zstd::bulk::decompress(packed, u32::from_le_bytes(*size) as usize)?;
        let (kept, value): (String, T) = serde_json::from_slice(&plain)?;
        Ok((kept == key).then_some(value))
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Some(place) = self.places.remove(&xxh3_64(key.as_bytes())) {
            self.live -= place.steps();
        }
    }

    fn has_room(&self, bytes: usize) -> bool {
        let steps = (self.tail.len() + bytes) / STEP + 2;
        u32::try_from(steps).is_ok_and(|steps| self.written.checked_add(steps).is_some())
    }

    fn bytes(&self, place: Place) -> io::Result<Vec<u8>> {
        let length = place.length as usize;
        if let Some(step) = place.step.checked_sub(self.written) {
            let in_tail = self.tail.get(step as usize * STEP..).and_then(|rest| rest.get(..length));
            return in_tail.map(<[u8]>::to_vec).ok_or(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; length];
        let file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        file.read_exact_at(&mut bytes, u64::from(place.step) * STEP as u64)?;
        Ok(bytes)
    }

    /// Writes the tail to the file; where that fails it stays in memory, and is tried again when it is twice as large.
    fn write_tail(&mut self) {
        if self.file.is_none() {
            self.file = nameless().ok();
        }
        let at = u64::from(self.written) * STEP as u64;
        let wrote = self.file.as_ref().is_some_and(|file| file.write_all_at(&self.tail, at).is_ok());
        if !wrote {
            self.patience = self.tail.len().saturating_mul(2);
            return;
        }
        self.written += (self.tail.len() / STEP) as u32;
        self.tail.clear();
        self.tail.shrink_to(2 * AT_ONCE);
        self.patience = AT_ONCE;
        let size = u64::from(self.written) * STEP as u64;
        if size > WORTH_RENEWING && self.live * 2 < u64::from(self.written) {
            // A failure costs nothing but room.
            self.renew().ok();
        }
    }

    /// Writes what is of use to a file of its own, and leaves the old one.
    fn renew(&mut self) -> io::Result<()> {
        let new = nameless()?;
        let mut places: Vec<(u64, Place)> = self.places.iter().map(|(key, place)| (*key, *place)).collect();
        places.sort_unstable_by_key(|(_, place)| place.step);
        let (mut written, mut step) = (0, 0);
        let mut out = Vec::with_capacity(2 * AT_ONCE);
        let mut moved = HashMap::with_capacity(self.places.len());
        for (key, place) in places {
            out.extend(self.bytes(place)?);
            out.resize(out.len().next_multiple_of(STEP), 0);
            moved.insert(key, Place { step, ..place });
            step += place.steps() as u32;
            if out.len() >= AT_ONCE {
                new.write_all_at(&out, written)?;
                written += out.len() as u64;
                out.clear();
            }
        }
        new.write_all_at(&out, written)?;
        (self.file, self.written, self.places) = (Some(new), step, moved);
        self.tail.clear();
        Ok(())
    }
}

/// A file without a name, which nobody else may read.
fn nameless() -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("dateline-process-{}", uuid::Uuid::new_v4()));
    let file = fs::OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value that does not pack well.
    fn value(n: u64, length: usize) -> Vec<u64> {
        (0..length as u64).map(|m| (n << 32 | m).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect()
    }

    #[test]
    fn what_was_put_last_is_there_in_memory_and_in_the_file() {
        let mut shelf = Shelf::new();
        for n in 0..3_000u64 {
            shelf.put(&n.to_string(), &value(n, 1_000)).unwrap();
            if n % 3 == 0 {
                shelf.put(&(n / 2).to_string(), &value(n + 7, 50)).unwrap();
            }
            if n % 5 == 0 {
                shelf.remove(&n.to_string());
            }
        }
        assert!(shelf.file.is_some() && shelf.tail.len() < AT_ONCE);
        shelf.renew().unwrap();
        for n in 0..3_000u64 {
            let expected = match n {
                0 => None,
                _ if n < 1_500 && n * 2 % 3 == 0 => Some(value(n * 2 + 7, 50)),
                _ if n < 1_500 && (n * 2 + 1) % 3 == 0 => Some(value(n * 2 + 8, 50)),
                _ if n % 5 == 0 => None,
                _ => Some(value(n, 1_000)),
            };
            assert_eq!(shelf.get::<Vec<u64>>(&n.to_string()).unwrap(), expected, "{n}");
        }
    }

    #[test]
    fn without_room_on_disk_all_stays_in_memory() {
        let mut shelf = Shelf::new();
        // Nothing can be written to what was opened to be read.
        shelf.file = Some(File::open("/dev/null").unwrap());
        (0..1_500u64).for_each(|n| shelf.put(&n.to_string(), &value(n, 1_500)).unwrap());
        assert_eq!(shelf.written, 0);
        (0..1_500u64).for_each(|n| {
            assert_eq!(shelf.get::<Vec<u64>>(&n.to_string()).unwrap(), Some(value(n, 1_500)));
        });
    }
}
