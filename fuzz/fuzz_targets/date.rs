//! Text to a date: no crash, and a date that was read is written so that it is read as the same one again.
#![no_main]

use dateline_fuzz::quirks::date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = date::read_begin(text);
    if let Some(read) = date::read(text) {
        let again = date::read(&read.time.to_string()).map(|read| read.time);
        assert_eq!(again.map(|time| time.utc()), Some(read.time.utc()), "{text:?}");
    }
});
