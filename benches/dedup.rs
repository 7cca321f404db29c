//! What a million remembered articles cost: `cargo bench --bench dedup [ARTICLES]`.
//!
//! Fills the memory through [`Index::restore_item`] with invented articles of 300 to 500 words, whose words are as
//! frequent as words are (Zipf), with copies among them that are remembered without a signature, standing paragraphs, and
//! daily tables in the same words with other figures. Then prints what the process holds, and what it takes of a
//! processor to judge new texts, near copies, cut copies, tables and notices that kill, each from the text on. It is no
//! divan bench, because what counts on a shared machine is the time of the thread, not of the clock.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use dateline::dedup::{Index, Known, Options, Question};
use dateline::model::{
    Admission, Article, Enriched, FeedId, Hash, ItemHead, ItemId, ItemState, Notice, Previous, SeriesState, StoredText,
    StoryState, Verdict,
};
use jiff::{SignedDuration, Timestamp};
use std::{collections::BTreeMap, convert::Infallible, time::Instant};

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Words that there are.
const VOCABULARY: f64 = 400_000.0;
/// Articles judged of each kind.
const JUDGED: u64 = 3_000;
/// Notices that kill.
const NOTICES: u64 = 20;
/// Of so many articles one is a copy, one has a paragraph that many have, and one is a table.
const COPIES: u64 = 5;
const STANDING: u64 = 5;
const TABLES: u64 = 50;

fn main() {
    let articles = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000u64);
    let mut bench = Bench::new();
    let before = resident();
    let (start, cpu) = (Instant::now(), processor_seconds());
    let mut most = 0.0f64;
    for number in 0..articles {
        bench.remember(number);
        if number % 10_000 == 0 {
            most = most.max(resident());
        }
    }
    let held = resident();
    println!(
        "{articles} articles remembered in {:.0} s ({:.0} s of a processor): {held:.0} MB resident, {:.0} at most, {:.0} before; {:.0} bytes an article",
        start.elapsed().as_secs_f64(),
        processor_seconds() - cpu,
        most.max(held),
        before,
        (held - before) * 1e6 / articles as f64,
    );
    let mut all = 0.0;
    let kinds = [(Kind::New, "new"), (Kind::Copy, "near copies"), (Kind::Cut, "cut copies"), (Kind::Table, "tables")];
    for (kind, name) in kinds {
        let (mut alone, mut among, mut linked) = (Vec::new(), Vec::new(), 0);
        for turn in 0..JUDGED {
            let enriched = bench.later(kind, turn * (articles / JUDGED).max(1) % articles, turn);
            let text = bench.text_of(kind, turn * (articles / JUDGED).max(1) % articles, turn);
            alone.push(seconds_of(|| drop(sign(&mut bench.signer, bench.now, &enriched))));
            among.push(seconds_of(|| linked += u64::from(bench.judge(&enriched, &text).duplicate.of.is_some())));
        }
        let [(mean_alone, ..), (mean, p50, p99)] = [alone, among].map(spread);
        println!(
            "{name}: {mean:.0} µs of a processor to judge (p50 {p50:.0}, p99 {p99:.0}), of an empty memory {mean_alone:.0}; \
             {:.0} % linked",
            linked as f64 * 100.0 / JUDGED as f64,
        );
        all += mean;
    }
    println!("{:.0} articles a second on one core, a quarter of each kind, signatures included", 4e6 / all);
    let notices = (0..NOTICES).map(|turn| {
        let mut enriched = bench.later(Kind::New, turn, JUDGED + turn);
        enriched.article.feed = FeedId::from(format!("feed-{turn}").as_str());
        enriched.article.wire.agency = Some(format!("Agency {turn}"));
        enriched.article.wire.notice = Some(Notice::Kill);
        seconds_of(|| drop(bench.judge(&enriched, &Text(None))))
    });
    let (mean, _, most) = spread(notices.collect());
    println!("notices that kill: {mean:.0} µs of a processor to judge, {most:.0} at most");
}

/// Of some times the mean, the middle and the longest but for one of a hundred, in microseconds.
fn spread(mut times: Vec<f64>) -> (f64, f64, f64) {
    times.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default() * 1e6;
    (times.iter().sum::<f64>() * 1e6 / times.len() as f64, at(0.5), at(0.99))
}

fn seconds_of(work: impl FnOnce()) -> f64 {
    let before = processor_seconds();
    work();
    processor_seconds() - before
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    New,
    Copy,
    Cut,
    Table,
}

struct Bench {
    index: Index,
    words: Vec<String>,
    /// The heads of what was judged by an index that forgets at once: signatures as the daemon makes them.
    signer: Index,
    now: Timestamp,
}

/// Nothing but the index is known, and the text of one article at most.
struct Text(Option<(ItemId, StoredText)>);

impl Known for Text {
    type Error = Infallible;

    fn story(&self, _: &str) -> Result<Option<StoryState>, Infallible> {
        Ok(None)
    }

    fn previous(&self, _id: &ItemId) -> Result<Option<Previous>, Infallible> {
        Ok(None)
    }

    fn text(&self, id: &ItemId) -> Result<Option<StoredText>, Infallible> {
        Ok(self.0.as_ref().filter(|(known, _)| known == id).map(|(_, text)| text.clone()))
    }

    fn series(&self, _: &str) -> Result<Option<SeriesState>, Infallible> {
        Ok(None)
    }
}

impl Bench {
    fn new() -> Self {
        let options = Options::default();
        let words = (0..VOCABULARY as u64).map(word).collect();
        let now = Timestamp::from_second(1_600_000_000).unwrap_or_default();
        Self { index: Index::new(&options), signer: Index::new(&options), words, now }
    }

    fn remember(&mut self, number: u64) {
        self.now += SignedDuration::from_millis(2_000);
        let enriched = self.article(number);
        let mut head = ItemHead::from(&sign(&mut self.signer, self.now, &enriched));
        if number.is_multiple_of(1_000) {
            self.signer = Index::new(&Options::default());
        }
        let mut random = Random::new(number, 3);
        if random.below(COPIES) == 0 {
            let of = enriched_id(number / 2);
            head = ItemHead { story: Some(of.0.clone()), of: Some(of), signature: None, ..head };
        }
        self.index.restore_item(&enriched.article.id, head);
    }

    /// A later article, which goes back to one that is remembered or not.
    fn later(&self, kind: Kind, number: u64, turn: u64) -> Enriched {
        let mut enriched = self.article(origin(kind, number, turn));
        let article = &mut enriched.article;
        let feed = FeedId::from("later");
        article.id = ItemId::new(&feed, &format!("{}-{turn}", kind as u8));
        article.feed = feed;
        article.url = None;
        article.guid = None;
        let mut random = Random::new(turn, 4);
        match kind {
            Kind::New => {}
            Kind::Cut => {
                let third = article.body.len() / 3;
                let end = article.body.char_indices().map(|(at, _)| at).find(|at| *at >= third).unwrap_or(0);
                article.body.truncate(end);
            }
            Kind::Copy | Kind::Table => {
                let other = |random: &mut Random| {
                    if kind == Kind::Table { random.below(9_000).to_string() } else { self.word(random) }
                };
                let words: Vec<String> = article
                    .body
                    .split(' ')
                    .map(|word| {
                        let changes = match kind {
                            Kind::Table => word.parse::<u64>().is_ok(),
                            _ => random.below(40) == 0,
                        };
                        if changes { other(&mut random) } else { word.to_owned() }
                    })
                    .collect();
                article.body = words.join(" ");
            }
        }
        enriched
    }

    fn judge(&mut self, enriched: &Enriched, text: &Text) -> Verdict {
        self.now += SignedDuration::from_millis(20);
        let hash = Hash("later".to_owned());
        let question = Question { enriched, hash: &hash, previous: None, admission: Admission::Publish };
        let Ok(verdict) = self.index.judge(self.now, question, text);
        verdict
    }

    /// The text of what a later article goes back to, as the state would hand it over.
    fn text_of(&self, kind: Kind, number: u64, turn: u64) -> Text {
        let article = self.article(origin(kind, number, turn)).article;
        let Article { id, headline, body, .. } = article;
        Text(Some((id, StoredText { v: 1, headline, summary: None, body, fields: BTreeMap::new() })))
    }

    fn word(&self, random: &mut Random) -> String {
        let rank = (VOCABULARY.powf(random.unit()) - 1.0) as usize;
        self.words.get(rank).cloned().unwrap_or_default()
    }

    /// The article of a number, always the same.
    fn article(&self, number: u64) -> Enriched {
        let mut random = Random::new(number, 1);
        let feed = FeedId::from(format!("feed-{}", number % 97).as_str());
        let mut article = Article::new(enriched_id(number), feed);
        article.headline = Some((0..9).map(|_| self.word(&mut random)).collect::<Vec<_>>().join(" "));
        article.url = Some(format!("https://wire.example/{number}"));
        article.guid = Some(format!("urn:wire:{number}"));
        article.wire.agency = Some(format!("Agency {}", number % 20));
        let published = Timestamp::from_second(1_600_000_000 + (number * 2) as i64).ok();
        article.published = published.and_then(|published| published.to_string().parse().ok());
        if number.is_multiple_of(TABLES) {
            let (mut table, mut figures) = (Random::new(number % (TABLES * 40), 2), Random::new(number, 5));
            article.body = (0..100)
                .map(|_| format!("{} {} {}", self.word(&mut table), figures.below(9_000), self.word(&mut table)))
                .collect::<Vec<_>>()
                .join(" ");
        } else {
            let mut paragraphs: Vec<String> = (0..5 + random.below(3)).map(|_| self.paragraph(&mut random)).collect();
            if random.below(STANDING) == 0 {
                let standing = random.below(60);
                paragraphs.push(self.paragraph(&mut Random::new(standing, 6)));
            }
            article.body = paragraphs.join("\n\n");
        }
        Enriched::bare(article)
    }

    /// 60 words or so, two figures among them.
    fn paragraph(&self, random: &mut Random) -> String {
        let mut words: Vec<String> = (0..55 + random.below(15)).map(|_| self.word(random)).collect();
        for _ in 0..2 {
            let place = random.below(words.len() as u64) as usize;
            if let Some(word) = words.get_mut(place) {
                *word = random.below(3_000).to_string();
            }
        }
        words.join(" ") + "."
    }
}

/// The number of what a later article is made of.
fn origin(kind: Kind, number: u64, turn: u64) -> u64 {
    match kind {
        Kind::New => 1 << 40 | turn,
        Kind::Table => number / TABLES * TABLES,
        Kind::Copy | Kind::Cut => number | 1,
    }
}

fn enriched_id(number: u64) -> ItemId {
    ItemId::new(&FeedId::from(format!("feed-{}", number % 97).as_str()), &number.to_string())
}

/// The entry as it is when nothing else is known.
fn sign(signer: &mut Index, now: Timestamp, enriched: &Enriched) -> ItemState {
    let hash = Hash("remembered".to_owned());
    let question = Question { enriched, hash: &hash, previous: None, admission: Admission::Publish };
    let Ok(verdict) = signer.judge(now, question, &Text(None));
    verdict.state
}

/// The word of a rank; the more frequent, the shorter.
fn word(rank: u64) -> String {
    let mut word = String::new();
    let mut rest = rank + 9;
    while rest > 0 {
        word.extend(["k", "t", "m", "r", "s", "l", "v", "n", "d", "p"].get((rest % 10) as usize).copied());
        word.extend(["a", "o", "e", "i", "u", "ar", "en"].get((rest / 10 % 7) as usize).copied());
        rest /= 70;
    }
    word
}

struct Random(u64);

impl Random {
    fn new(seed: u64, kind: u64) -> Self {
        // Numbers that follow upon each other must not begin the same sequence a step later.
        let mut mixed = Self(seed << 8 | kind);
        Self(mixed.next() ^ seed.rotate_left(40))
    }

    /// Splitmix64 (Steele, Lea, Flood 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.unit() * n as f64) as u64
    }
}

/// Megabytes of memory that the process holds.
fn resident() -> f64 {
    let sizes = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = sizes.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok());
    pages.unwrap_or_default() * 4096.0 / 1e6
}

/// What this thread has had of a processor.
fn processor_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
