//! Inputs to pieces of work: files, addresses and standard input, in the order given.
//!
//! Lines of NDJSON are handed on as they arrive; everything else is one document and is read whole, up to a limit.

use super::sniff::sniff;
use crate::{
    cli::From,
    model::{Issue, Stage},
};
use bytes::Bytes;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
};

/// The largest document that is read whole.
const MAX_DOCUMENT: u64 = 256 << 20;
/// The longest line of NDJSON.
const MAX_LINE: u64 = 64 << 20;

/// A document and what is known of where it came from.
#[derive(Debug)]
pub(super) struct Whole {
    /// What the user called it: the id of its errors.
    pub(super) name: String,
    /// The address it came from.
    pub(super) url: Option<String>,
    /// Response headers, names in lower case.
    pub(super) headers: Vec<(String, String)>,
    /// All of it.
    pub(super) bytes: Bytes,
}

/// One piece of work.
#[derive(Debug)]
pub(super) enum Piece {
    /// RSS, Atom or JSON Feed.
    Feed(Whole),
    /// A web page.
    Page(Whole),
    /// One article record.
    Json(Whole),
    /// One line of NDJSON, with what to call it if it does not say so itself.
    Line { name: String, bytes: Vec<u8> },
    /// An input that could not be read.
    Failed { name: String, issue: Issue },
}

/// Gets what an address holds.
pub(super) type Get<'a> = dyn FnMut(&str) -> Result<Whole, Issue> + Send + 'a;

/// Reads all inputs and gives their pieces away, until there are none or nobody wants more.
pub(super) fn read(
    inputs: &[String],
    from: Option<From>,
    media_type: Option<&str>,
    get: &mut Get<'_>,
    give: &mut dyn FnMut(Piece) -> bool,
) {
    let standard_input = ["-".to_owned()];
    let inputs = if inputs.is_empty() { &standard_input } else { inputs };
    for input in inputs {
        let wanted = if input.starts_with("http://") || input.starts_with("https://") {
            match get(input) {
                Ok(whole) => {
                    let stated = media_type.or_else(|| header(&whole.headers, "content-type"));
                    document(whole.bytes.clone(), from, stated, give, || Whole { bytes: Bytes::new(), ..copy(&whole) })
                }
                Err(issue) => give(Piece::Failed { name: input.clone(), issue }),
            }
        } else {
            local(input, from, media_type, give)
        };
        if !wanted {
            return;
        }
    }
}

fn copy(whole: &Whole) -> Whole {
    Whole { name: whole.name.clone(), url: whole.url.clone(), headers: whole.headers.clone(), bytes: Bytes::new() }
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn local(input: &str, from: Option<From>, media_type: Option<&str>, give: &mut dyn FnMut(Piece) -> bool) -> bool {
    let named = || Whole { name: input.to_owned(), url: None, headers: Vec::new(), bytes: Bytes::new() };
    let opened: io::Result<Box<dyn Read>> = if input == "-" {
        Ok(Box::new(io::stdin()))
    } else {
        File::open(input).map(|file| Box::new(file) as Box<dyn Read>)
    };
    let reader = match opened {
        Ok(reader) => reader,
        Err(error) => return give(failed(input, &error)),
    };
    let mut reader = BufReader::with_capacity(64 * 1024, reader);
    // A first line that is a whole JSON object with another behind it is told without waiting for the end.
    let from = match from {
        Some(from) => Some(from),
        None => match reader.fill_buf() {
            Ok(head) if head.starts_with(b"{") => sniff(head, media_type).filter(|from| *from == From::Ndjson),
            Ok(_) => None,
            Err(error) => return give(failed(input, &error)),
        },
    };
    if from == Some(From::Ndjson) {
        return lines(input, reader, give);
    }
    let mut bytes = Vec::new();
    match reader.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 > MAX_DOCUMENT => {
            let issue = Issue::new(Stage::Fetch, "too_large", format!("longer than {} MiB", MAX_DOCUMENT >> 20));
            give(Piece::Failed { name: input.to_owned(), issue })
        }
        Ok(_) => document(bytes.into(), from, media_type, give, named),
        Err(error) => give(failed(input, &error)),
    }
}

/// Gives the pieces of one document away.
pub(super) fn document(
    bytes: Bytes,
    from: Option<From>,
    media_type: Option<&str>,
    give: &mut dyn FnMut(Piece) -> bool,
    named: impl FnOnce() -> Whole,
) -> bool {
    let whole = Whole { bytes, ..named() };
    match from.or_else(|| sniff(&whole.bytes, media_type)) {
        Some(From::Feed) => give(Piece::Feed(whole)),
        Some(From::Page) => give(Piece::Page(whole)),
        Some(From::Json) => give(Piece::Json(whole)),
        Some(From::Ndjson) => lines(&whole.name, Cursor::new(&whole.bytes), give),
        None => {
            let detail = if whole.bytes.is_empty() {
                "the input is empty"
            } else {
                "neither a feed nor a page nor JSON: say with --from"
            };
            give(Piece::Failed { name: whole.name, issue: Issue::new(Stage::Parse, "unknown_format", detail) })
        }
    }
}

fn lines(input: &str, mut reader: impl BufRead, give: &mut dyn FnMut(Piece) -> bool) -> bool {
    for number in 1_u64.. {
        let name = format!("{input}:{number}");
        let mut bytes = Vec::new();
        match (&mut reader).take(MAX_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return give(failed(input, &error)),
        }
        let too_long = bytes.len() as u64 == MAX_LINE && bytes.last() != Some(&b'\n');
        let wanted = if too_long {
            if let Err(error) = skip_line(&mut reader) {
                return give(failed(input, &error));
            }
            let issue = Issue::new(Stage::Parse, "too_large", format!("a line longer than {} MiB", MAX_LINE >> 20));
            give(Piece::Failed { name, issue })
        } else if bytes.iter().all(u8::is_ascii_whitespace) {
            true
        } else {
            give(Piece::Line { name, bytes })
        };
        if !wanted {
            return false;
        }
    }
    true
}

fn skip_line(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

fn failed(input: &str, error: &io::Error) -> Piece {
    let code = if error.kind() == io::ErrorKind::NotFound { "no_such_input" } else { "cannot_read" };
    let issue = Issue::new(Stage::Fetch, code, format!("cannot read {input}: {error}"));
    Piece::Failed { name: input.to_owned(), issue }
}
