//! A response body, decoded and counted while it streams.
//!
//! What comes in is a response whose headers are known; what goes out is the decoded bytes, whole or cut. The wire and
//! the decoded side are counted separately, and nothing over a limit is ever held: the decoders write into a [`Sink`]
//! that refuses. All bodies of a client, until their last reader drops them, draw on one byte budget.

use super::{
    Options,
    problem::{
        BODY_CUT, CODING_BROKEN, CODING_REFUSED, COMPRESSION_BOMB, FetchError, TIMEOUT, TOO_LARGE, TOO_SLOW, issue,
    },
};
use crate::model::Issue;
use bytes::Bytes;
use std::{
    error::Error as _,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

/// No body may unpack to more than so many times what came over the wire …
const MAX_RATIO: u64 = 200;
/// … once it is larger than this.
const RATIO_FROM: u64 = 1 << 20;
/// A body must come at this many bytes a second on average …
const MIN_RATE: f64 = 1024.0;
/// … once so much time has passed.
pub(super) const RATE_FROM: Duration = Duration::from_secs(15);
/// Input is handed to a decoder in pieces of this size, so that a dense piece cannot overrun a limit by much.
const PIECE: usize = 2 << 10;

/// Bytes that bodies in flight and in parsing may hold, 56 MiB in all: some in tiny reservations, which every body gets, so
/// that a thousand of them may drip along at a time; some in small and most in large ones, for those that outgrow theirs. A
/// body takes at most one of each, in that order, so no two can wait for each other.
const TINY_BUDGET: usize = 16 << 20;
const SMALL_BUDGET: usize = 8 << 20;
const LARGE_BUDGET: usize = 32 << 20;
/// A body's first reservation.
const TINY: usize = 16 << 10;
/// Its second, at most and at least.
const SMALL: usize = 512 << 10;
const LEAST_SMALL: usize = 64 << 10;
/// Markup packs about so well.
const USUAL_RATIO: usize = 8;

/// The byte budget of a client.
pub(super) struct Budget {
    tiny: Arc<Semaphore>,
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
    /// The largest body that may come.
    max_body: usize,
}

impl Budget {
    pub(super) fn new(options: &Options) -> Self {
        let max_body = usize::try_from(options.max_body).unwrap_or(usize::MAX).clamp(SMALL, u32::MAX as usize);
        Self {
            tiny: Arc::new(Semaphore::new(TINY_BUDGET)),
            small: Arc::new(Semaphore::new(SMALL_BUDGET)),
            large: Arc::new(Semaphore::new(LARGE_BUDGET.max(max_body))),
            max_body,
        }
    }

    /// Bytes that nobody holds.
    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.tiny.available_permits() + self.small.available_permits() + self.large.available_permits()
    }

    async fn take(semaphore: &Arc<Semaphore>, bytes: usize) -> OwnedSemaphorePermit {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        Arc::clone(semaphore).acquire_many_owned(bytes).await.expect("these semaphores are never closed")
    }
}

/// A body as far as it came.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    /// Why it is not whole; none when it is.
    pub(super) cut: Option<Issue>,
    /// Bytes on the wire.
    pub(super) wire: u64,
}

/// What a body may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// On the wire and decoded, each.
    pub(super) max_bytes: u64,
    /// Whether more than that is cut off rather than refused.
    pub(super) truncate: bool,
    /// Longest silence.
    pub(super) idle: Duration,
    /// From when on the rate counts: [`RATE_FROM`].
    pub(super) rate_from: Duration,
}

/// Reads a body to its end, its limit or its deadline.
pub(super) async fn read(
    mut response: reqwest::Response,
    limits: Limits,
    budget: &Budget,
    mut deadline: Instant,
) -> Result<Body, FetchError> {
    let coding = Coding::of(response.headers())?;
    let too_large = || FetchError::give_up(TOO_LARGE, format!("the body is larger than {} bytes", limits.max_bytes));
    let announced = response.content_length();
    if announced.is_some_and(|length| length > limits.max_bytes) && !limits.truncate {
        return Err(too_large());
    }
    let asked = Instant::now();
    let mut shares = vec![Budget::take(&budget.tiny, TINY).await];
    // What a body takes next, and when: as much as it announced, of which a coding makes some times as much.
    let packed = if coding == Coding::Identity { 1 } else { USUAL_RATIO };
    let announced_size = announced.and_then(|size| usize::try_from(size).ok()).map(|size| size.saturating_mul(packed));
    let small = announced_size.map_or(SMALL, |size| size.clamp(LEAST_SMALL, SMALL)).min(budget.max_body);
    let mut next = [(&budget.small, small, TINY / 2), (&budget.large, budget.max_body, small)].into_iter().peekable();
    // Waiting for our own memory is not the server's fault.
    deadline += asked.elapsed();

    let started = Instant::now();
    let mut waited = Duration::ZERO;
    let mut wire: u64 = 0;
    let mut decoder: Option<Decoder> = None;
    let mut cut = None;
    'chunks: loop {
        let now = Instant::now();
        let chunk = match timeout_at(deadline.min(now + limits.idle), response.chunk()).await {
            Err(_) if Instant::now() >= deadline => {
                cut = Some(issue(TIMEOUT, "the body was not whole when the time for the request was up"));
                break;
            }
            Err(_) => {
                cut = Some(issue(TIMEOUT, format!("no data for {:?} amid the body", limits.idle)));
                break;
            }
            Ok(Err(error)) => {
                cut = Some(issue(BODY_CUT, innermost(&error)));
                break;
            }
            Ok(Ok(None)) => break,
            Ok(Ok(Some(chunk))) => chunk,
        };
        wire += chunk.len() as u64;
        if wire > limits.max_bytes {
            if !limits.truncate {
                return Err(too_large());
            }
            cut = Some(issue(TOO_LARGE, format!("only the first {} bytes were read", limits.max_bytes)));
            break;
        }
        let elapsed = started.elapsed().saturating_sub(waited);
        if elapsed > limits.rate_from && (wire as f64) < MIN_RATE * elapsed.as_secs_f64() {
            cut = Some(issue(TOO_SLOW, format!("{wire} bytes in {} seconds", elapsed.as_secs())));
            break;
        }
        let mut handed_on = wire - chunk.len() as u64;
        for piece in chunk.chunks(PIECE) {
            handed_on += piece.len() as u64;
            let decoder = match &mut decoder {
                Some(decoder) => decoder,
                None => decoder.insert(Decoder::new(coding, piece, limits.max_bytes, announced)?),
            };
            decoder.sink().wire = handed_on;
            if let Err(error) = decoder.write(piece) {
                cut = Some(decoder.failure(&error, limits)?);
                break 'chunks;
            }
            let has = decoder.sink().bytes.len();
            while let Some((pool, bytes, _)) = next.next_if(|(.., from)| has > *from) {
                let asked = Instant::now();
                shares.push(Budget::take(pool, bytes).await);
                waited += asked.elapsed();
                deadline += asked.elapsed();
            }
        }
    }
    let mut bytes = Vec::new();
    if let Some(decoder) = decoder {
        let (decoded, end) = decoder.finish();
        bytes = decoded;
        if let Err(error) = end {
            cut.get_or_insert_with(|| issue(BODY_CUT, format!("the content coding ended amid a block: {error}")));
        }
    }
    match cut {
        // Nothing at all came: that is a failure, not a part.
        Some(issue) if bytes.is_empty() => Err(FetchError::Retry { after: None, issue }),
        cut => Ok(Body { bytes: hold(bytes, shares), cut, wire }),
    }
}

/// The bytes, bound to their share of the budget until the last reader drops them.
fn hold(mut bytes: Vec<u8>, mut shares: Vec<OwnedSemaphorePermit>) -> Bytes {
    bytes.shrink_to_fit();
    let mut rest = bytes.len();
    for share in &mut shares {
        let keep = rest.min(share.num_permits());
        rest -= keep;
        // What is split off and dropped is free again.
        drop(share.split(share.num_permits() - keep));
    }
    Bytes::from_owner(Held { bytes, _shares: shares })
}

struct Held {
    bytes: Vec<u8>,
    _shares: Vec<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The last cause of an error; the outer ones repeat our own request.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(next) = cause.and_then(|cause| cause.source()) {
        cause = Some(next);
    }
    cause.map_or_else(|| "the body could not be read".to_owned(), ToString::to_string)
}

/// A content coding (RFC 9110 §8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// What we say we can read. Deflate is read but not asked for: servers disagree on what it is.
pub(super) const ACCEPT_ENCODING: &str = "gzip, br, zstd";

impl Coding {
    /// The one coding that the headers state; several are refused, since each multiplies what a byte may unpack to.
    fn of(headers: &reqwest::header::HeaderMap) -> Result<Self, FetchError> {
        let values = headers.get_all(reqwest::header::CONTENT_ENCODING);
        let stated: Vec<String> = values
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .map(|coding| String::from_utf8_lossy(coding).trim().to_ascii_lowercase())
            .filter(|coding| !coding.is_empty() && coding != "identity")
            .collect();
        match stated.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] => Ok(Coding::Identity),
            ["gzip" | "x-gzip"] => Ok(Coding::Gzip),
            ["deflate"] => Ok(Coding::Deflate),
            ["br"] => Ok(Coding::Brotli),
            ["zstd"] => Ok(Coding::Zstd),
            [other] => {
                // A server sometimes names the charset here. Only the look of the name is repeated.
                let shown: String = other.chars().filter(|c| c.is_ascii_graphic()).take(32).collect();
                Err(FetchError::give_up(CODING_REFUSED, format!("unknown content coding {shown}")))
            }
            several => Err(FetchError::give_up(CODING_REFUSED, format!("{} content codings", several.len()))),
        }
    }

    /// What the first bytes show where they can show it: labels are often wrong or lost on the way.
    fn seen(self, start: &[u8]) -> Self {
        match (self, start) {
            (_, [0x1f, 0x8b, ..]) => Coding::Gzip,
            (_, [0x28, 0xb5, 0x2f, 0xfd, ..]) => Coding::Zstd,
            // Too short to tell.
            (Coding::Gzip, [0x1f]) => Coding::Gzip,
            (Coding::Zstd, [0x28] | [0x28, 0xb5] | [0x28, 0xb5, 0x2f]) => Coding::Zstd,
            (Coding::Gzip | Coding::Zstd, _) => Coding::Identity,
            (stated, _) => stated,
        }
    }
}

/// Where decoders write: bytes under a limit.
struct Sink {
    bytes: Vec<u8>,
    max: u64,
    /// Bytes that came over the wire so far, for the ratio.
    wire: u64,
    refused: Option<&'static str>,
}

impl Write for Sink {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let total = self.bytes.len() as u64 + piece.len() as u64;
        if total > RATIO_FROM && total > MAX_RATIO * self.wire {
            self.refused = Some(COMPRESSION_BOMB);
        } else if total > self.max {
            let room = usize::try_from(self.max).unwrap_or(usize::MAX).saturating_sub(self.bytes.len());
            self.bytes.extend(piece.iter().take(room));
            self.refused = Some(TOO_LARGE);
        }
        if self.refused.is_some() {
            return Err(io::Error::other("over a limit"));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One of the decoders, all of which write into a [`Sink`].
enum Decoder {
    Identity(Sink),
    Gzip(Box<flate2::write::MultiGzDecoder<Sink>>),
    Zlib(Box<flate2::write::ZlibDecoder<Sink>>),
    Deflate(Box<flate2::write::DeflateDecoder<Sink>>),
    Brotli(Box<brotli::DecompressorWriter<Sink>>),
    Zstd(Box<zstd::stream::write::Decoder<'static, Sink>>),
}

impl Decoder {
    fn new(coding: Coding, start: &[u8], max: u64, announced: Option<u64>) -> Result<Self, FetchError> {
        let coding = coding.seen(start);
        let announced = usize::try_from(announced.unwrap_or(0)).unwrap_or(0).min(TINY);
        let bytes = Vec::with_capacity(if coding == Coding::Identity { announced } else { 0 });
        let sink = Sink { bytes, max, wire: 0, refused: None };
        Ok(match coding {
            Coding::Identity => Decoder::Identity(sink),
            Coding::Gzip => Decoder::Gzip(Box::new(flate2::write::MultiGzDecoder::new(sink))),
            // "deflate" ought to be zlib, and is bare deflate from some servers. A zlib header is a multiple of 31.
            Coding::Deflate => match start {
                [cmf, flg, ..] if cmf & 0x0f == 8 && (u16::from(*cmf) << 8 | u16::from(*flg)) % 31 == 0 => {
                    Decoder::Zlib(Box::new(flate2::write::ZlibDecoder::new(sink)))
                }
                _ => Decoder::Deflate(Box::new(flate2::write::DeflateDecoder::new(sink))),
            },
            Coding::Brotli => Decoder::Brotli(Box::new(brotli::DecompressorWriter::new(sink, 16 << 10))),
            Coding::Zstd => {
                let broken = |error: io::Error| FetchError::give_up(CODING_BROKEN, error.to_string());
                let mut decoder = zstd::stream::write::Decoder::new(sink).map_err(broken)?;
                // RFC 8878 §3.1.1.1.2: 8 MiB is what a decoder should allow.
                decoder.window_log_max(23).map_err(broken)?;
                Decoder::Zstd(Box::new(decoder))
            }
        })
    }

    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        match self {
            Decoder::Identity(sink) => sink.write_all(piece),
            Decoder::Gzip(decoder) => decoder.write_all(piece),
            Decoder::Zlib(decoder) => decoder.write_all(piece),
            Decoder::Deflate(decoder) => decoder.write_all(piece),
            Decoder::Brotli(decoder) => decoder.write_all(piece),
            Decoder::Zstd(decoder) => decoder.write_all(piece).and_then(|()| decoder.flush()),
        }
    }

    fn sink(&mut self) -> &mut Sink {
        match self {
            Decoder::Identity(sink) => sink,
            Decoder::Gzip(decoder) => decoder.get_mut(),
            Decoder::Zlib(decoder) => decoder.get_mut(),
            Decoder::Deflate(decoder) => decoder.get_mut(),
            Decoder::Brotli(decoder) => decoder.get_mut(),
            Decoder::Zstd(decoder) => decoder.get_mut(),
        }
    }

    /// What a failed write means: the end of a good part, or nothing good at all.
    fn failure(&mut self, error: &io::Error, limits: Limits) -> Result<Issue, FetchError> {
        let sink = self.sink();
        match sink.refused {
            Some(TOO_LARGE) if limits.truncate => {
                Ok(issue(TOO_LARGE, format!("only the first {} bytes were read", sink.bytes.len())))
            }
            Some(TOO_LARGE) => {
                Err(FetchError::give_up(TOO_LARGE, format!("the body unpacks to more than {} bytes", limits.max_bytes)))
            }
            Some(code) => {
                let detail = format!("{} bytes unpack to more than {MAX_RATIO} times as many", sink.wire);
                Err(FetchError::give_up(code, detail))
            }
            None if sink.bytes.is_empty() => Err(FetchError::give_up(CODING_BROKEN, error.to_string())),
            None => Ok(issue(CODING_BROKEN, format!("after {} bytes: {error}", sink.bytes.len()))),
        }
    }

    /// What was decoded, and whether the coding came to its end.
    fn finish(mut self) -> (Vec<u8>, io::Result<()>) {
        let end = match &mut self {
            Decoder::Identity(_) => Ok(()),
            Decoder::Gzip(decoder) => decoder.try_finish(),
            Decoder::Zlib(decoder) => decoder.try_finish(),
            Decoder::Deflate(decoder) => decoder.try_finish(),
            Decoder::Brotli(decoder) => decoder.close(),
            Decoder::Zstd(decoder) => decoder.flush().and_then(|()| decoder.do_finish()),
        };
        (std::mem::take(&mut self.sink().bytes), end)
    }
}
