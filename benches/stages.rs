//! What each room takes of a processor for a story: `cargo bench --bench stages -- [CORPUS [FEEDS [ROOM…]]]`.
//!
//! CORPUS is a folder with a folder `feeds` of feed files, such as the yardstick's generator makes, of which the first
//! FEEDS (20 if not said) are taken; without one, or with `-`, the stories are those of our own corpus. Each room reads
//! what the room before made of them, and the best of several rounds is printed: microseconds a story, and megabytes of
//! its input a second. A sum over what came out tells whether a change has changed more than the time. It is no divan
//! bench, because what counts on a shared machine is the time of the thread, not of the clock.
//!
//! With `COUNTED` in the environment each room has one round, in a function of its own that `benches/counts` has
//! instructions counted in.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use dateline::{
    clean,
    dedup::{Index, Known, Options, Question},
    extract,
    model::{
        Admission, Article, Enriched, Feed, Fetched, Hash, Item, ItemId, Observed, Origin, Previous, SeriesState,
        StoredText, StoryState, Verdict,
    },
    parse,
    publish::{Format, encode},
};
use jiff::Timestamp;
use std::{collections::HashMap, convert::Infallible, hint::black_box, path::Path};

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Rounds of each room, of which the best counts.
const ROUNDS: usize = 5;

/// Stories of our own corpus, of each kind.
const OWN_STORIES: usize = 40;

/// The variable with which instructions are counted in place of time.
const COUNTED: &str = "COUNTED";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let corpus = arguments.first().filter(|corpus| *corpus != "-");
    let feeds = arguments.get(1).and_then(|count| count.parse().ok()).unwrap_or(20);
    let rooms = arguments.get(2..).unwrap_or_default();
    let wanted = |room: &str| rooms.is_empty() || rooms.iter().any(|name| name == room);
    let documents = corpus.map_or_else(|| fetched(own_feeds()), |corpus| fetched(files(Path::new(corpus), feeds)));
    let bytes: usize = documents.iter().map(|(_, fetched)| fetched.body.len()).sum();
    let stories = parsed(&documents);
    let count = stories.len();
    if std::env::var_os(COUNTED).is_none() {
        println!("{} feeds, {count} stories, {bytes} bytes", documents.len());
    }
    if wanted("parse") {
        measured("parse", count, bytes, || (), |()| parsed(&documents));
    }
    let bytes = stories.iter().map(|(_, observed)| size(&observed.item)).sum();
    let cleaned: Vec<Article> = stories.iter().map(|(feed, observed)| clean::item(feed, observed)).collect();
    if wanted("clean") {
        measured(
            "clean",
            count,
            bytes,
            || (),
            |()| stories.iter().map(|(feed, observed)| clean::item(feed, observed)).collect::<Vec<Article>>(),
        );
    }
    let tables = extract::Tables::new(&extract::Options::default());
    let bytes = cleaned.iter().map(|article| article.body.len()).sum();
    let enriched: Vec<Enriched> = cleaned.iter().map(|article| extract::article(&tables, article.clone())).collect();
    if wanted("extract") {
        measured(
            "extract",
            count,
            bytes,
            || cleaned.clone(),
            |articles| {
                articles.into_iter().map(|article| extract::article(&tables, article)).collect::<Vec<Enriched>>()
            },
        );
    }
    if wanted("figures") {
        measured(
            "figures",
            count,
            bytes,
            || (),
            |()| cleaned.iter().map(|article| extract::figures(&tables, article)).collect::<Vec<_>>(),
        );
    }
    if wanted("dedup") {
        measured("dedup", count, bytes, || (), |()| judged(&stories, &enriched));
    }
    let verdicts = judged(&stories, &enriched);
    if wanted("encode") {
        measured(
            "encode",
            count,
            bytes,
            || enriched.clone(),
            |enriched| {
                let each = enriched.into_iter().zip(&verdicts).zip(&stories);
                each.map(|((enriched, verdict), (_, observed))| records(enriched, verdict, observed))
                    .collect::<Vec<_>>()
            },
        );
    }
}

/// Prints the best of some rounds. What a round is given is made outside its time, and what it made is summed outside it.
fn measured<G, T: std::fmt::Debug>(
    room: &str,
    count: usize,
    bytes: usize,
    give: impl Fn() -> G,
    round: impl Fn(G) -> T,
) {
    if std::env::var_os(COUNTED).is_some() {
        // What is met first is compiled or opened once, and not of interest.
        drop(black_box(round(give())));
        let given = give();
        drop(black_box(counted(|| round(given))));
        println!("{count}");
        return;
    }
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let given = give();
        let before = processor_seconds();
        let made = black_box(round(given));
        best = best.min(processor_seconds() - before);
        drop(made);
    }
    let sum = blake3::hash(format!("{:?}", round(give())).as_bytes()).to_hex();
    let (each, rate) = (best / count as f64 * 1e6, bytes as f64 / best / 1e6);
    println!("{room:8} {each:8.1} µs a story  {rate:7.1} MB/s  {}", sum.get(..12).unwrap_or_default());
}

/// A round of its own in which instructions are counted.
#[inline(never)]
fn counted<T>(round: impl FnOnce() -> T) -> T {
    let made = round();
    // Something is left to do here, lest the end of the round be taken for the end of this function.
    black_box(&made);
    made
}

fn files(corpus: &Path, feeds: usize) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(corpus.join("feeds")).map(|entries| entries.flatten().map(|entry| entry.path()));
    let mut files: Vec<_> = entries.map(Iterator::collect).unwrap_or_default();
    files.sort();
    files.iter().take(feeds).map(|file| std::fs::read(file).unwrap_or_default()).collect()
}

/// Stories of our own corpus as feeds: as many with figures as without.
fn own_feeds() -> Vec<Vec<u8>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let feed = |file: &str| {
        let text = std::fs::read_to_string(corpus.join(file)).unwrap_or_default();
        let stories = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let field = |story: &serde_json::Value, name: &str| story[name].as_str().unwrap_or_default().to_owned();
        let items: Vec<String> = stories
            .take(OWN_STORIES)
            .map(|story| {
                let (id, title, text) = (field(&story, "id"), field(&story, "headline"), field(&story, "text"));
                let content = text.replace("\n\n", "</p>\n<p>");
                format!(
                    "<item><title><![CDATA[{title}]]></title><guid isPermaLink=\"false\">{id}</guid>\
                     <link>https://wire.example/{id}</link><pubDate>Wed, 18 Nov 2020 12:00:00 GMT</pubDate>\
                     <content:encoded><![CDATA[<p>{content}</p>]]></content:encoded></item>\n"
                )
            })
            .collect();
        let head = "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel>";
        format!("{head}<title>{file}</title>\n{}</channel></rss>", items.concat()).into_bytes()
    };
    ["stories/desks.jsonl", "en/statistics.jsonl"].map(feed).into()
}

fn fetched(bodies: Vec<Vec<u8>>) -> Vec<(Feed, Fetched)> {
    let at = Timestamp::UNIX_EPOCH;
    let documents = bodies.into_iter().enumerate().map(|(number, body)| {
        let url = format!("https://wire.example/{number}.xml");
        let feed = Feed { language: Some("en".to_owned()), ..Feed::new(&format!("f{number}"), &url) };
        let (feed_id, body) = (feed.id.clone(), body.into());
        let fetched = Fetched { feed: feed_id, url, status: 200, headers: Vec::new(), body, complete: true, at };
        (feed, fetched)
    });
    documents.collect()
}

fn parsed(documents: &[(Feed, Fetched)]) -> Vec<(Feed, Observed)> {
    let mut stories = Vec::new();
    for (feed, fetched) in documents {
        let Ok(parsed) = parse::feed(feed, fetched) else { continue };
        stories.extend(parsed.items.into_iter().map(|item| {
            let hash = Observed::hash(&item, None);
            (feed.clone(), Observed { item, page: None, page_missing: None, hash, first_sight: None })
        }));
    }
    stories
}

fn size(item: &Item) -> usize {
    let content = item.content.as_ref().map_or(0, |content| content.len());
    content + item.summary.as_ref().map_or(0, |summary| summary.len())
}

/// What the state would know, held in memory.
#[derive(Default)]
struct Remembered {
    items: HashMap<ItemId, Previous>,
    stories: HashMap<String, StoryState>,
    series: HashMap<String, SeriesState>,
}

impl Known for Remembered {
    type Error = Infallible;

    fn story(&self, id: &str) -> Result<Option<StoryState>, Infallible> {
        Ok(self.stories.get(id).cloned())
    }

    fn previous(&self, id: &ItemId) -> Result<Option<Previous>, Infallible> {
        Ok(self.items.get(id).cloned())
    }

    fn text(&self, id: &ItemId) -> Result<Option<StoredText>, Infallible> {
        Ok(self.items.get(id).and_then(|known| known.text.clone()))
    }

    fn series(&self, key: &str) -> Result<Option<SeriesState>, Infallible> {
        Ok(self.series.get(key).cloned())
    }
}

fn judged(stories: &[(Feed, Observed)], enriched: &[Enriched]) -> Vec<Verdict> {
    let (mut index, mut known, at) = (Index::new(&Options::default()), Remembered::default(), Timestamp::UNIX_EPOCH);
    let each = stories.iter().zip(enriched).map(|((_, observed), enriched)| {
        let id = &observed.item.id;
        let previous = known.items.get(id).cloned();
        black_box(index.standing(at, previous.as_ref(), &enriched.article));
        let question = Question { enriched, hash: &observed.hash, previous, admission: Admission::Publish };
        let Ok(verdict) = index.judge(at, question, &known);
        known.items.insert(id.clone(), Previous { state: verdict.state.clone(), text: verdict.text.clone() });
        for story in verdict.story.iter().chain(&verdict.other_story) {
            known.stories.insert(story.id.clone(), story.clone());
        }
        known.series.extend(verdict.series.iter().cloned());
        verdict
    });
    each.collect()
}

fn records(enriched: Enriched, verdict: &Verdict, observed: &Observed) -> Vec<dateline::model::Record> {
    let origin = Origin { intake: "bench".to_owned(), seq: 1, index: 0 };
    let stamp = encode::Stamp {
        origin: &origin,
        generation: 0,
        hash: &Hash(observed.hash.0.clone()),
        observed: Timestamp::UNIX_EPOCH,
        publish_body: true,
        format: Format::Flat,
        sampled: 1.0,
        program: "dateline/bench",
    };
    encode::article(&stamp, enriched, verdict)
}

/// What this thread has had of a processor.
fn processor_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
