//! What reading figures costs: `cargo bench --bench statistics`.
//!
//! A story that does not name the disease should cost one pass over its text; a story that does, a fixed budget. Times
//! are of one thread; `throughput` is bytes of story text.

use dateline::extract::{self, Options, Tables};
use dateline::model::{Article, FeedId, ItemId};
use divan::{Bencher, counter::BytesCount};
use std::sync::LazyLock;

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables::new(&Options::default()));

fn main() {
    // Packs and gazetteers are compiled once in a daemon's life.
    extract::figures(&TABLES, &story(DISPATCH));
    divan::main();
}

fn story(text: &str) -> Article {
    let feed = FeedId::from("bench");
    let mut story = Article::new(ItemId::new(&feed, "1"), feed);
    story.headline = Some("Harbour town counts its figures".to_owned());
    story.body = text.to_owned();
    story.language = Some("en".to_owned());
    story.published = "2020-11-18T12:00:00Z".parse().ok();
    story
}

const DISPATCH: &str = "RIGA, November 18. Latvia registered 404 new coronavirus cases over the past 24 hours, bringing the total to 11,304, the country's Center for Disease Prevention and Control said on Wednesday.\n\nSix patients aged 61 to 90 died, which raised the death toll to 139. A total of 4,118 tests were carried out on Tuesday, and 9.8 percent of them were positive.\n\nAt the moment 412 people are in hospital, 31 of them in a serious condition. Since the beginning of the epidemic 1,753 people have recovered.\n\nIn Riga 187 cases were found, in Daugavpils 44 and in Jelgava 12. The 14-day incidence rose to 269.6 cases per 100,000 residents.\n\nNeighbouring Estonia reported 309 infections and three deaths on Tuesday; Lithuania, with 2.8 million inhabitants, counted 1,423 more, against 1,159 a day earlier.\n\nLatvia is now 87th in the world by the number of infections, which exceeds the mark of 11,300. The government has ordered 2.4 million doses of vaccine and wants to test 10,000 people a day.";

/// Figures in plenty, and no word of a disease.
const OTHER: &str = "OSLO, November 18. The port moved 4,118 containers in October, 12 percent more than a year earlier, and expects 52,000 for the year, its director said on Wednesday.\n\nThe council voted 31 to 14 for the third bridge, which is to cost 2.4 billion crowns and to be 1,320 metres long. Some 187 families live where its northern ramp is planned.\n\n";

/// A story of a hundred kilobytes that has nothing to do with it.
#[divan::bench]
fn without_the_disease(bencher: Bencher<'_, '_>) {
    let text = OTHER.repeat(1 + 100_000 / OTHER.len());
    let story = story(&text);
    bencher.counter(BytesCount::of_str(&story.body)).bench(|| extract::figures(&TABLES, divan::black_box(&story)));
}

/// An agency's daily tally: thirty numbers in six paragraphs.
#[divan::bench]
fn daily_tally(bencher: Bencher<'_, '_>) {
    let story = story(DISPATCH);
    bencher.counter(BytesCount::of_str(&story.body)).bench(|| extract::figures(&TABLES, divan::black_box(&story)));
}
