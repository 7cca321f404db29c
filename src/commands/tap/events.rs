//! Server-sent events, read: bytes as they arrive in, events out, by the rules of the WHATWG's HTML standard.
//!
//! Ids and times to wait are passed over; nobody here needs them.

/// An event longer than this is none of ours.
const LONGEST: usize = 64 << 20;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Event {
    /// What kind; empty where the sender does not say.
    pub(super) kind: String,
    /// Its data, lines parted by line feeds.
    pub(super) data: String,
}

/// It is longer than anything that is sent here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// What has come of a stream and is no whole event yet.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    /// The last byte was a carriage return: a line feed now belongs to it.
    after_return: bool,
    begun: Option<Event>,
}

impl Events {
    /// Takes what came, wherever it was cut, and gives the events that it completes.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut whole = Vec::new();
        for byte in chunk {
            let after_return = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => whole.extend(self.line_ends()),
                other => self.line.push(*other),
            }
        }
        let held = self.line.len() + self.begun.as_ref().map_or(0, |event| event.data.len());
        if held > LONGEST { Err(TooLong) } else { Ok(whole) }
    }

    /// The event, when the line that ends was empty.
    fn line_ends(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            let mut event = self.begun.take()?;
            event.data.pop();
            return Some(event);
        }
        let line = String::from_utf8_lossy(&line);
        // A line that begins with a colon is a comment: its field has no name.
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.begun.get_or_insert_default().kind),
            "data" => {
                let data = &mut self.begun.get_or_insert_default().data;
                data.push_str(value);
                data.push('\n');
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However the stream is cut, the same events come out.
    #[track_caller]
    fn check(stream: &str, expected: &[(&str, &str)]) {
        for size in [1, 2, 3, 7, stream.len().max(1)] {
            let mut events = Events::default();
            let found: Vec<Event> =
                stream.as_bytes().chunks(size).flat_map(|chunk| events.take(chunk).unwrap()).collect();
            let found: Vec<(&str, &str)> = found.iter().map(|event| (&*event.kind, &*event.data)).collect();
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn events_are_read_however_lines_end_and_pieces_fall() {
        check("event: passed\ndata: {\"a\":1}\n\n", &[("passed", "{\"a\":1}")]);
        check("event: passed\r\ndata: é\r\n\r\ndata:2\r\rdata: 3\n\n", &[("passed", "é"), ("", "2"), ("", "3")]);
        check("data: one\ndata\ndata:  two\n\n", &[("", "one\n\n two")]);
    }

    #[test]
    fn comments_other_fields_and_what_is_not_whole_are_no_events() {
        check(":\n\n: alive\n\nid: 7\nretry: 5\n\n", &[]);
        check("event: missed\n: alive\ndata: 3\n\ndata: half", &[("missed", "3")]);
    }

    #[test]
    fn what_never_ends_is_given_up() {
        let mut events = Events::default();
        let piece = vec![b'x'; LONGEST / 4];
        assert!((0..4).all(|_| events.take(&piece).is_ok()));
        assert_eq!(events.take(&piece), Err(TooLong));
    }
}
