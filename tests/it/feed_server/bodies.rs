//! Bodies that end too soon, too late or never, and bodies that unpack to more than they should.

use super::{
    FeedServer, feed, get, limits, outcome, resident, runtime,
    server::{Act, Asked, document, response},
};
use dateline::{
    fetch::{Client, Options, Response},
    model::Validators,
};
use std::{io::Write as _, time::Duration};

const ETAG: &str = "ETag: \"1\"\r\n";

/// MiB by which the process may grow: other tests run in it beside, and what is not cut grows by gigabytes.
const BOUND: u64 = 256;

#[test]
fn c4_what_came_of_a_cut_body_is_kept_and_its_validators_are_not() {
    let body = document(&["one", "two", "three"]);
    let cut = body.len() * 2 / 3;
    let chunked = format!("HTTP/1.1 200 OK\r\n{ETAG}Transfer-Encoding: chunked\r\n\r\n");
    let piece = format!("{cut:x}\r\n{}\r\n", &body[..cut]);
    let stated = |length: usize| format!("HTTP/1.1 200 OK\r\n{ETAG}Content-Length: {length}\r\n\r\n");
    let (start, rest) = (body.as_bytes()[..cut].to_vec(), &body[cut..]);
    let send = |text: String| Act::Send(text.into_bytes());
    // What comes, and whether it is whole, a part, or nothing.
    let forms: Vec<(&str, Vec<Act>, &str)> = vec![
        ("closed early", vec![send(stated(body.len())), Act::Send(start.clone()), Act::Close], "part"),
        (
            "reset early",
            vec![send(stated(body.len())), Act::Send(start.clone()), Act::Wait(Duration::from_millis(100)), Act::Reset],
            "part",
        ),
        ("length too long", vec![send(stated(body.len() + 99)), send(body.clone()), Act::Close], "part"),
        ("length too short", vec![send(stated(cut)), send(body.clone()), Act::Close], "shorter"),
        (
            "two lengths",
            vec![
                send(format!("HTTP/1.1 200 OK\r\nContent-Length: {cut}\r\n{}", &stated(body.len())[17..])),
                send(body.clone()),
                Act::Close,
            ],
            "nothing",
        ),
        (
            "negative length",
            vec![send("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n".to_owned()), send(body.clone()), Act::Close],
            "nothing",
        ),
        (
            "length and chunks",
            vec![send(format!(
                "{}{:x}\r\n{body}\r\n0\r\n\r\n",
                chunked.replace("\r\n\r\n", "\r\nContent-Length: 7\r\n\r\n"),
                body.len()
            ))],
            "whole or nothing",
        ),
        ("no length", vec![send(format!("HTTP/1.1 200 OK\r\n{ETAG}\r\n{body}")), Act::Close], "whole"),
        ("chunks end early", vec![send(format!("{chunked}{piece}")), Act::Close], "part"),
        ("no chunk length", vec![send(format!("{chunked}{piece}zz\r\n{rest}\r\n0\r\n\r\n"))], "part"),
        ("chunk length overflows", vec![send(format!("{chunked}{piece}fffffffffffffffff\r\n{rest}"))], "part"),
        ("chunk without its end", vec![send(format!("{chunked}{cut:x}\r\n{}XX0\r\n\r\n", &body[..cut]))], "part"),
        (
            "chunk extension and trailers",
            vec![send(format!("{chunked}{:x};a=b\r\n{body}\r\n0\r\nX-Trailer: 1\r\n\r\n", body.len()))],
            "whole",
        ),
    ];
    let acts: Vec<Vec<Act>> = forms.iter().map(|(_, acts, _)| acts.clone()).collect();
    let server = FeedServer::start(move |asked: &Asked| acts[asked.path[1..].parse::<usize>().unwrap()].clone());
    let client = Client::new(&limits(), "0").unwrap();
    let (mut parts, runtime) = (0, runtime());
    for (n, (name, _, expected)) in forms.iter().enumerate() {
        let result = runtime.block_on(get(&client, &feed(&server, n, &format!("/{n}")), &Validators::default()));
        match (result, *expected) {
            (Ok(Response::Document(document)), "part") => {
                parts += 1;
                assert!(document.cut.is_some() && !document.fetched.complete, "{name}");
                assert_eq!(document.fetched.validators(), Validators::default(), "{name}");
                assert!(
                    body.as_bytes().starts_with(&document.fetched.body) && document.fetched.body.len() >= cut - 16,
                    "{name}"
                );
                // The items that are whole are read; the one left open is dropped.
                let parsed = dateline::parse::feed(&feed(&server, n, "/"), &document.fetched).unwrap();
                let whole = String::from_utf8_lossy(&document.fetched.body).matches("</item>").count();
                assert_eq!(parsed.items.len(), whole, "{name}");
            }
            (Ok(Response::Document(document)), "whole" | "whole or nothing") => {
                assert!(document.cut.is_none(), "{name}");
                assert_eq!(&document.fetched.body[..], body.as_bytes(), "{name}");
                assert!(document.fetched.validators().etag.is_some(), "{name}");
            }
            // The server says that it ended here, and nobody can know better.
            (Ok(Response::Document(document)), "shorter") => assert_eq!(document.fetched.body.len(), cut, "{name}"),
            (Err(_), "nothing" | "part" | "whole or nothing") => {}
            (other, _) => panic!("{name}: {}", outcome(other)),
        }
    }
    eprintln!("C4: {} forms, {parts} kept in part, validators kept of a part 0", forms.len());
    assert!(parts >= 6, "{parts}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut out, 1 << 16, 5, 24);
    let zeros = vec![0u8; 1 << 20];
    for _ in 0..size >> 20 {
        writer.write_all(&zeros).unwrap();
    }
    drop(writer);
    out
}

#[test]
fn c5_bombs_are_refused_before_they_unfold() {
    const SIZE: usize = 64 << 20;
    let zeros = vec![0u8; 1 << 20];
    let mut zstandard = zstd::stream::Encoder::new(Vec::new(), 9).unwrap();
    let mut gzipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..SIZE >> 20 {
        zstandard.write_all(&zeros).unwrap();
        gzipped.write_all(&zeros).unwrap();
    }
    let (zstandard, gzipped, brotlied) = (zstandard.finish().unwrap(), gzipped.finish().unwrap(), brotli(SIZE));
    let steepest =
        [zstandard.len(), gzipped.len(), brotlied.len()].into_iter().map(|packed| SIZE / packed).max().unwrap();
    let text = document(&["one"]);
    let deflated = {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&zeros.repeat(32)).unwrap();
        encoder.finish().unwrap()
    };
    let twice = gzip(&gzip(&zeros.repeat(32)));
    // A member that unpacks to little, and then many of them.
    let members = gzip(&zeros).repeat(64);
    let forms: Vec<(&str, &str, Vec<u8>, &str)> = vec![
        ("gzip", "gzip", gzipped.clone(), "compression_bomb"),
        ("brotli", "br", brotlied, "compression_bomb"),
        ("zstd", "zstd", zstandard.clone(), "compression_bomb"),
        ("deflate", "deflate", deflated, "compression_bomb"),
        ("gzip members", "gzip", members, "compression_bomb"),
        ("two codings", "gzip, gzip", twice.clone(), "coding_refused"),
        ("gzip in gzip, one label", "gzip", twice, "\u{1f}\u{fffd}"),
        ("no label", "", gzipped.clone(), "compression_bomb"),
        ("a wrong label", "br", gzipped, "compression_bomb"),
        ("label without coding", "gzip", text.clone().into_bytes(), "<?xml"),
        ("unknown label", "x-unknown", text.clone().into_bytes(), "coding_refused"),
        ("trailing junk", "gzip", [gzip(text.as_bytes()).as_slice(), b"junk after the end"].concat(), "<?xml"),
        ("zstd behind gzip's label", "gzip", zstandard, "compression_bomb"),
    ];
    let bodies: Vec<_> = forms.iter().map(|(_, label, body, _)| ((*label).to_owned(), body.clone())).collect();
    let server = FeedServer::start(move |asked: &Asked| {
        let (label, body) = &bodies[asked.path[1..].parse::<usize>().unwrap()];
        let header = if label.is_empty() { String::new() } else { format!("Content-Encoding: {label}\r\n") };
        vec![Act::Send(response("200 OK", &header, body)), Act::Close]
    });
    let client = Client::new(&Options::default(), "0").unwrap();
    let runtime = runtime();
    let (before, mut peak) = (resident(), 0);
    for (n, (name, _, _, expected)) in forms.iter().enumerate() {
        let found =
            outcome(runtime.block_on(get(&client, &feed(&server, n, &format!("/{n}")), &Validators::default())));
        assert!(found.starts_with(expected), "{name}: {}", found.chars().take(80).collect::<String>());
        peak = peak.max(resident().saturating_sub(before));
    }
    eprintln!("C5: {} forms, steepest {steepest}:1, memory grew by {peak} MiB at most", forms.len());
    assert!(peak < BOUND, "{peak} MiB");
}

#[test]
fn c3_what_never_ends_is_cut() {
    let header = |n: usize| format!("X-{n}: {}\r\n", "x".repeat(1000));
    let server = FeedServer::start(move |asked: &Asked| {
        let ok = b"HTTP/1.1 200 OK\r\n".to_vec();
        let often = Duration::from_millis(1);
        match asked.path.as_str() {
            "/body" => {
                vec![Act::Send([ok.as_slice(), b"\r\n<rss>"].concat()), Act::Drip(vec![b' '; 1 << 20], Duration::ZERO)]
            }
            "/headers" => vec![Act::Send(ok), Act::Drip(header(1).into_bytes(), often)],
            "/one-header" => vec![Act::Send([ok.as_slice(), b"X: "].concat()), Act::Drip(vec![b'x'; 4096], often)],
            "/chunk-extension" => vec![
                Act::Send([ok.as_slice(), b"Transfer-Encoding: chunked\r\n\r\n5;"].concat()),
                Act::Drip(vec![b'x'; 4096], often),
            ],
            "/trailers" => vec![
                Act::Send([ok.as_slice(), b"Transfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n0\r\n"].concat()),
                Act::Drip(header(2).into_bytes(), often),
            ],
            _ => vec![
                Act::Send(b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec()),
                Act::Drip(b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec(), often),
            ],
        }
    });
    let options = Options { max_body: 2 << 20, ..limits() };
    let client = Client::new(&options, "0").unwrap();
    let runtime = runtime();
    let before = resident();
    let mut said = Vec::new();
    for (n, path) in ["/body", "/headers", "/one-header", "/chunk-extension", "/trailers", "/hints"].iter().enumerate()
    {
        let begun = std::time::Instant::now();
        let found = outcome(runtime.block_on(get(&client, &feed(&server, n, path), &Validators::default())));
        assert!(begun.elapsed() < options.total_timeout + Duration::from_secs(1), "{path}: {:?}", begun.elapsed());
        said.push(format!("{path} {}", found.chars().take(40).collect::<String>()));
    }
    let grew = resident().saturating_sub(before);
    eprintln!("C3: {}, memory grew by {grew} MiB: {}", said.len(), said.join(", "));
    assert!(grew < BOUND, "{grew} MiB");
}
