//! What benches run the rooms on: documents of feeds, and what each room makes of them for the next.

use dateline::{
    dedup::{Index, Known, Options, Question},
    model::{
        Admission, Enriched, Feed, Fetched, Hash, ItemId, Observed, Origin, Previous, Record, SeriesState, StoredText,
        StoryState, Verdict,
    },
    parse,
    publish::{Format, encode},
};
use jiff::Timestamp;
use std::{collections::HashMap, convert::Infallible, hint::black_box, path::Path};

/// Stories of our own corpus, of each kind.
const OWN_STORIES: usize = 40;

/// Documents of a folder with a folder `feeds`, the first so many; those of our own corpus without one, or with `-`.
pub(crate) fn documents(corpus: Option<&str>, feeds: usize) -> Vec<(Feed, Fetched)> {
    let corpus = corpus.filter(|corpus| *corpus != "-");
    fetched(corpus.map_or_else(own_feeds, |corpus| files(Path::new(corpus), feeds)))
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

pub(crate) fn parsed(documents: &[(Feed, Fetched)]) -> Vec<(Feed, Observed)> {
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

pub(crate) fn judged(stories: &[(Feed, Observed)], enriched: &[Enriched]) -> Vec<Verdict> {
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

pub(crate) fn records(enriched: Enriched, verdict: &Verdict, observed: &Observed) -> Vec<Record> {
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
pub(crate) fn processor_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
