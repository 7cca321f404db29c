//! The article on a web page.
//!
//! In: the page's bytes. Out: [`Story`]: headline, lead and paragraphs, with what the page states about itself. The page
//! becomes a tree (`tree`), the tree blocks of text in zones (`layout`); `choose` finds the story among them and `noise`
//! takes out what stands between. The text that the page gives in JSON-LD decides where it is sound. A consent form, a
//! refusal or an empty page gives a story without paragraphs and an issue; all of it takes time that grows with the page
//! and with nothing else.

mod choose;
pub(super) mod layout;
mod noise;
mod parts;
pub(super) mod tree;

use super::{
    html,
    metadata::{self, Metadata, key},
    text::{self, Marks},
};
use crate::markup::encoding;
use crate::model::{BodyFrom, Issue, Page, Stage};
use crate::quirks::{phrases, publishers};
use layout::{Kind, Layout, Zone, ends_sentence};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tree::Tree;

#[cfg(test)]
mod tests;

/// Bytes of a page that are looked at.
const MAX_PAGE: usize = 16 * 1024 * 1024;
/// A text shorter than this is no article.
pub(super) const SHORTEST: usize = 140;
/// Letters and digits of a story that is doubted.
const THIN: usize = 60;

/// What was found on a page.
#[derive(Default)]
pub(super) struct Story {
    pub(super) headline: Option<String>,
    pub(super) lead: Option<String>,
    pub(super) paragraphs: Vec<String>,
    /// None where there are no paragraphs.
    pub(super) from: Option<BodyFrom>,
    pub(super) metadata: Metadata,
    pub(super) marks: Marks,
    pub(super) issues: Vec<Issue>,
    /// The page says, or its text shows, that there is more for those who pay.
    pub(super) cut: bool,
    /// The page that goes on with it.
    pub(super) next: Option<String>,
}

impl Story {
    /// Takes in the page that goes on. What it says again is left out; one that says nothing new ends the story, and one
    /// without a text leaves it open.
    pub(super) fn go_on(&mut self, further: Self) {
        for issue in further.issues {
            if self.issues.iter().all(|known| known.code != issue.code) {
                self.issues.push(issue);
            }
        }
        if further.paragraphs.is_empty() {
            return;
        }
        let told: HashSet<String> = self.paragraphs.iter().map(|paragraph| key(paragraph)).collect();
        let before = self.paragraphs.len();
        self.paragraphs.extend(further.paragraphs.into_iter().filter(|paragraph| !told.contains(&key(paragraph))));
        self.next = further.next.filter(|_| self.paragraphs.len() > before);
        self.cut |= further.cut;
        self.marks.direction += further.marks.direction;
        self.marks.zero_width += further.marks.zero_width;
    }
}

/// Where a story began, for the pages that go on with it.
#[derive(Debug, Clone, Copy)]
pub struct Begun<'a> {
    /// The address of its first page.
    pub first: &'a str,
    /// Which page of the story is read, counted from one.
    pub number: usize,
}

/// Reads a page and those that go on with it.
pub(super) fn read_all(page: &Page) -> Story {
    let mut story = read(None, Some(&page.url), page.content_type.as_deref(), &page.bytes);
    for (at, part) in page.further.iter().enumerate() {
        let begun = Begun { first: &page.url, number: at + 2 };
        story.go_on(read(Some(begun), Some(&part.url), part.content_type.as_deref(), &part.bytes));
    }
    story
}

/// Reads a page. A fault of ours in it must not cost the feed's own text.
pub(super) fn read(begun: Option<Begun<'_>>, url: Option<&str>, content_type: Option<&str>, bytes: &[u8]) -> Story {
    catch_unwind(AssertUnwindSafe(|| read_whole(begun, url, content_type, bytes))).unwrap_or_else(|_| {
        let detail = "reading the page failed: a bug of ours";
        Story { issues: vec![Issue::new(Stage::Clean, "extraction_failed", detail)], ..Story::default() }
    })
}

fn read_whole(begun: Option<Begun<'_>>, url: Option<&str>, content_type: Option<&str>, bytes: &[u8]) -> Story {
    let decoded =
        encoding::decode(Stage::Clean, bytes.get(..MAX_PAGE).unwrap_or(bytes), content_type, url.unwrap_or_default());
    let mut issues = decoded.issues;
    let tree = Tree::read(&decoded.text);
    if bytes.len() > MAX_PAGE || tree.is_cut {
        let detail = format!("the page has {} bytes; the first {} elements were read", bytes.len(), tree.nodes.len());
        issues.push(Issue::new(Stage::Clean, "page_cut", detail));
    }
    let publisher = publishers::publisher(url.unwrap_or_default());
    let is_called = |at: usize, names: &[&str]| {
        !names.is_empty()
            && tree.nodes.get(at).is_some_and(|node| {
                ["class", "id"]
                    .iter()
                    .filter_map(|name| node.attribute(name))
                    .any(|value| value.split_whitespace().any(|word| names.contains(&word)))
            })
    };
    let layout = Layout::of(&tree, |at| is_called(at, &publisher.outside));
    let page = metadata::Page::read(&tree, &layout, url);
    let headline = page.headline();
    let marked: Vec<usize> = (0..tree.nodes.len()).filter(|at| is_called(*at, &publisher.body)).collect();
    let (mut story, mut cut) = chosen(&tree, &layout, &marked, headline.text.as_deref(), &mut issues);
    let mut marks = layout.marks;
    let mut paragraphs = texts(&layout, &story);
    let mut from = BodyFrom::Page;
    if let Some(stated) = page.body()
        && let Some(stated) = from_linked_data(&stated, &layout, &story, &mut marks)
    {
        (paragraphs, from) = match stated {
            Stated::Blocks(blocks) => {
                story = blocks;
                (texts(&layout, &story), BodyFrom::JsonLd)
            }
            Stated::Text(paragraphs) => (paragraphs, BodyFrom::JsonLd),
        };
        cut = false;
    }
    let bounds = story.first().copied().unwrap_or(0)..story.last().map_or(0, |last| last + 1);
    let metadata = page.finish(headline.at, bounds.clone());
    let lead = lead(&layout, bounds.start, headline.at, &metadata);
    drop_headline(&mut paragraphs, headline.text.as_deref());
    if paragraphs.is_empty() {
        issues.push(Issue::new(Stage::Clean, "no_article", "no article text was found on the page"));
    }
    if metadata.for_subscribers && length(&paragraphs) < 1_500 {
        cut = true;
    }
    if cut {
        issues.push(Issue::new(Stage::Clean, "pay_wall", "the rest of the story is for subscribers"));
    }
    // A text that JSON-LD gives is whole.
    let goes_on = from == BodyFrom::Page && !paragraphs.is_empty() && !cut;
    let next = url.filter(|_| goes_on).and_then(|url| {
        let Begun { first, number } = begun.unwrap_or(Begun { first: url, number: 1 });
        parts::next(&tree, &layout, first, url, number)
    });
    Story { headline: headline.text, lead, paragraphs, from: Some(from), metadata, marks, issues, cut, next }
}

fn length(paragraphs: &[String]) -> usize {
    paragraphs.iter().map(String::len).sum()
}

fn texts(layout: &Layout, story: &[usize]) -> Vec<String> {
    story.iter().filter_map(|at| layout.blocks.get(*at)).map(|block| block.text.clone()).collect()
}

/// The story's blocks, and whether a pay wall ends them.
fn chosen(
    tree: &Tree<'_>,
    layout: &Layout,
    marked: &[usize],
    headline: Option<&str>,
    issues: &mut Vec<Issue>,
) -> (Vec<usize>, bool) {
    let found = choose::story(tree, layout, marked);
    let mut story = noise::without(layout, &found.blocks, headline, found.is_marked);
    let text = |at: &usize| layout.blocks.get(*at).map_or("", |block| block.text.as_str());
    let weigh =
        |story: &[usize]| story.iter().filter_map(|at| layout.blocks.get(*at)).map(|block| block.weight).sum::<usize>();
    if weigh(&story) < THIN {
        let anything = noise::hidden_too(layout, &choose::anything(tree, layout), headline);
        if weigh(&anything) >= 2 * weigh(&story).max(THIN) {
            story = anything;
        }
    }
    // A wall stands at the end of what may be read; a story about pay walls goes on after the words.
    let mut cut = false;
    while let Some(last) = story.last().filter(|at| text(at).len() < 400 && phrases::is_pay_wall(text(at))) {
        cut = *last > 0;
        story.pop();
    }
    let count = layout.blocks.len();
    if let Some(at) = story.iter().rposition(|at| text(at).len() < 200 && phrases::is_pay_wall(text(at)))
        && story.len() - at <= 6
        && count > 0
    {
        story.truncate(at);
        cut = true;
    }
    let consent: Vec<usize> = story.iter().copied().filter(|at| phrases::is_consent(text(at))).collect();
    if weigh(&consent) * 3 >= weigh(&story) && !consent.is_empty() {
        issues.push(Issue::new(Stage::Clean, "consent_form", "the page asks for consent and shows no story"));
        return (Vec::new(), false);
    }
    let whole = weigh(&story);
    if whole < 400 && story.iter().any(|at| phrases::is_refusal(text(at)))
        || headline.is_some_and(|line| line.len() < 80 && whole < 600 && phrases::is_refusal(line))
    {
        issues.push(Issue::new(
            Stage::Clean,
            "page_refused",
            "the page refuses readers that are no browser, or is gone",
        ));
        return (Vec::new(), false);
    }
    (story, cut)
}

/// A text that JSON-LD gives.
enum Stated {
    /// It stands on the page.
    Blocks(Vec<usize>),
    Text(Vec<String>),
}

/// JSON-LD's text, in the paragraphs of the page where these can be found in it; none when it is not sound: markup,
/// a teaser, or far less than the page shows.
fn from_linked_data(stated: &str, layout: &Layout, story: &[usize], marks: &mut Marks) -> Option<Stated> {
    let paragraphs = html::paragraphs(stated, marks);
    let whole = paragraphs.join(" ");
    let stated = key(&whole);
    let shown: usize = story.iter().filter_map(|at| layout.blocks.get(*at)).map(|block| key(&block.text).len()).sum();
    if stated.len() < SHORTEST {
        return None;
    }
    // The page's own blocks have paragraphs, the stated text often has none.
    let mut at = 0;
    let mut aligned = Vec::new();
    let mut covered = 0;
    for (index, block) in layout.blocks.iter().enumerate() {
        let is_chosen = story.binary_search(&index).is_ok();
        if !is_chosen && !matches!(block.zone, Zone::Open | Zone::Hidden | Zone::Wall) {
            continue;
        }
        let block_key = key(&block.text);
        if block_key.len() < 3 {
            continue;
        }
        // In order, and near: a short line must follow at once.
        let window = if block_key.len() < 40 { block_key.len() + 2 } else { block_key.len() + 2_000 };
        let rest = stated.get(at..).unwrap_or_default();
        let mut end = window.min(rest.len());
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        if let Some(found) = rest.get(..end).and_then(|near| near.find(&block_key)) {
            at += found + block_key.len();
            covered += block_key.len();
            aligned.push(index);
        }
    }
    let is_whole =
        stated.len() * 10 >= shown * 8 || stated.len() >= 1_500 && stated.len() * 2 >= shown && ends_sentence(&whole);
    if !is_whole {
        return None;
    }
    if covered * 100 >= stated.len() * 85 {
        // Subheads, rows and entries that stand between belong to the story, though the stated text leaves them out.
        let (first, last) = (aligned.first().copied()?, aligned.last().copied()?);
        let between = story.iter().copied().filter(|at| {
            (first..last).contains(at) && layout.blocks.get(*at).is_some_and(|block| block.kind != Kind::Caption)
        });
        aligned.extend(between);
        // So does a standfirst right before.
        let before = story.iter().copied().rev().find(|at| *at < first);
        let is_lead = |block: &layout::Block| block.is_prose() && !metadata::is_byline_or_date(&block.text);
        aligned.extend(before.filter(|at| first - at <= 4 && layout.blocks.get(*at).is_some_and(is_lead)));
        aligned.sort_unstable();
        aligned.dedup();
        return Some(Stated::Blocks(aligned));
    }
    (paragraphs.len() >= 3 || shown * 2 < stated.len()).then_some(Stated::Text(paragraphs))
}

/// The standfirst: prose between headline and body, where the body does not begin with it.
fn lead(layout: &Layout, body_at: usize, headline_at: usize, metadata: &Metadata) -> Option<String> {
    let head_at = layout.blocks.iter().position(|block| block.node == headline_at)?;
    let between = layout.blocks.get(head_at + 1..body_at)?;
    let description = metadata.description.as_deref().map(key).unwrap_or_default();
    let is_prose = |block: &&layout::Block| {
        let words = block.text.split_whitespace().count();
        matches!(block.zone, Zone::Open)
            && matches!(block.kind, Kind::Paragraph | Kind::Heading)
            && block.linked == 0
            && block.text.len() <= 600
            && (words >= 6 || block.weight >= 24)
            && !metadata::is_byline_or_date(&block.text)
    };
    let confirmed = between.iter().filter(is_prose).find(|block| {
        let text = key(&block.text);
        !description.is_empty() && (description.contains(&text) || text.contains(&description))
    });
    let looks_like_one = || {
        between.iter().filter(is_prose).find(|block| {
            block.text.len() >= 40 && !block.text.contains('©') && !block.text.chars().any(|c| c.is_ascii_digit())
        })
    };
    confirmed.or_else(looks_like_one).map(|block| text::line(&block.text, &mut Marks::default()))
}

/// The headline is a field of its own and not repeated in the body.
fn drop_headline(paragraphs: &mut Vec<String>, headline: Option<&str>) {
    let Some(headline) = headline.map(key) else { return };
    if paragraphs.first().is_some_and(|first| key(first) == headline) {
        paragraphs.remove(0);
    }
}
