//! Bytes and a label to text: no crash, and text that is bounded by its bytes.
#![no_main]

use dateline_fuzz::{markup::encoding, model::Stage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8])| {
    let (label, body) = input;
    let decoded = encoding::decode(Stage::Parse, body, Some(&format!("text/xml; charset={label}")), "http://wire.example/");
    assert!(decoded.text.len() <= 4 * body.len() + 8);
});
