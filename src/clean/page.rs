//! The article on a web page.
//!
//! In: the page's bytes. Out: [`Story`]: headline, lead and paragraphs, with what the page states about itself. The body
//! is the page's JSON-LD `articleBody` where that is sound, else what extraction (dom_smoothie) takes for the article;
//! both are laid over the page's own blocks, so that subheads and the lead survive and navigation, related links, share
//! bars and footers stay out. A page without an article gives a story without paragraphs and an issue.

use super::{
    html::{self, Block, BlockKind},
    metadata::{self, Metadata, key},
    slim,
    text::{self, Marks},
};
use crate::markup::encoding;
use crate::model::{BodyFrom, Issue, Stage};
use dom_smoothie::{CandidateSelectMode, Config, Readability};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Elements that extraction may look at; the largest real pages have some thirty thousand.
const MAX_ELEMENTS: usize = 60_000;
/// Bytes of a page that are looked at.
const MAX_PAGE: usize = 16 * 1024 * 1024;
/// A text shorter than this is no article.
pub(super) const SHORTEST: usize = 140;

/// What was found on a page.
pub(super) struct Story {
    pub(super) headline: Option<String>,
    pub(super) lead: Option<String>,
    pub(super) paragraphs: Vec<String>,
    pub(super) from: BodyFrom,
    pub(super) metadata: Metadata,
    pub(super) marks: Marks,
    pub(super) issues: Vec<Issue>,
}

/// Reads a page.
pub(super) fn read(url: Option<&str>, content_type: Option<&str>, bytes: &[u8]) -> Story {
    let decoded =
        encoding::decode(Stage::Clean, bytes.get(..MAX_PAGE).unwrap_or(bytes), content_type, url.unwrap_or_default());
    let mut issues = decoded.issues;
    let metadata = metadata::read(&decoded.text);
    let page = slim::page(&decoded.text);
    let mut marks = Marks::default();
    let blocks = restored(html::blocks(&page, &mut marks));
    let headline = metadata.headline();
    let extracted = extract(&page, &mut issues);
    let mut chosen = match &extracted {
        Some(extracted) => lay_over(&blocks, extracted, headline.as_deref()),
        None => Vec::new(),
    };
    let mut from = BodyFrom::Page;
    if let Some(stated) = metadata.body()
        && let Some(paragraphs) = from_linked_data(&stated, &blocks, &chosen, &mut marks)
    {
        chosen = paragraphs;
        from = BodyFrom::JsonLd;
    }
    if length(&chosen) < SHORTEST {
        let dense = dense_paragraphs(&blocks, headline.as_deref());
        if length(&dense) > length(&chosen) {
            chosen = dense;
        }
    }
    let lead = lead(&blocks, &chosen, headline.as_deref(), &metadata);
    drop_headline(&mut chosen, headline.as_deref());
    if chosen.is_empty() {
        issues.push(Issue::new(Stage::Clean, "no_article", "no article text was found on the page"));
    }
    Story { headline, lead, paragraphs: chosen, from, metadata, marks, issues }
}

fn restored(mut blocks: Vec<Block>) -> Vec<Block> {
    // Only now can references that were escaped twice be seen.
    blocks.iter_mut().for_each(|block| block.text = text::line(&slim::restore(&block.text), &mut Marks::default()));
    blocks
}

fn length(paragraphs: &[String]) -> usize {
    paragraphs.iter().map(String::len).sum()
}

/// The blocks that extraction takes for the article.
fn extract(page: &str, issues: &mut Vec<Issue>) -> Option<Vec<Block>> {
    let attempt = |mode: CandidateSelectMode| {
        let config = Config {
            max_elements_to_parse: MAX_ELEMENTS,
            disable_json_ld: true,
            candidate_select_mode: mode,
            ..Config::default()
        };
        // A panic in the extractor must not cost the feed's own text.
        catch_unwind(AssertUnwindSafe(|| {
            let mut readability = Readability::new(page, None, Some(config)).ok()?;
            let article = readability.parse().ok()?;
            Some(restored(html::blocks(&article.content, &mut Marks::default())))
        }))
    };
    match attempt(CandidateSelectMode::Readability) {
        Ok(found) => found.filter(|blocks| !blocks.is_empty()),
        Err(_) => {
            issues.push(Issue::new(Stage::Clean, "extraction_failed", "the extractor failed on this page"));
            None
        }
    }
}

/// The article's paragraphs as they stand on the page: what was extracted, with the subheads between.
fn lay_over(blocks: &[Block], extracted: &[Block], headline: Option<&str>) -> Vec<String> {
    let wanted: HashSet<String> =
        extracted.iter().map(|block| key(&block.text)).filter(|key| !key.is_empty()).collect();
    let mut taken: Vec<bool> = blocks.iter().map(|block| wanted.contains(&key(&block.text))).collect();
    let bytes = |taken: &[bool]| {
        taken.iter().zip(blocks).filter(|(taken, _)| **taken).map(|(_, block)| block.text.len()).sum::<usize>()
    };
    let covered = bytes(&taken);
    let total: usize = extracted.iter().map(|block| block.text.len()).sum();
    // The extractor joined or parted blocks in its own way: its text is then better than ours.
    if covered * 10 < total * 8 {
        return without_noise(extracted, headline);
    }
    let inside: Vec<bool> = taken.iter().zip(blocks).map(|(taken, block)| *taken && !block.outside).collect();
    // Unless nearly all of the story stands in what a class calls a surrounding, surroundings go.
    if bytes(&inside) * 3 >= covered {
        taken = inside;
    }
    // Short paragraphs beside the story's own, which extraction drops for their length.
    let homes: HashSet<usize> = taken
        .iter()
        .zip(blocks)
        .filter(|(taken, block)| **taken && block.kind == BlockKind::Paragraph && block.text.len() >= 80)
        .map(|(_, block)| block.container)
        .collect();
    let first = taken.iter().zip(blocks).position(|(taken, block)| *taken && block.text.len() >= 40);
    let Some(first) = first else { return without_noise(extracted, headline) };
    let is_sibling = |block: &Block| {
        let ends_sentence = block.text.ends_with(['.', '!', '?', '…', '"', '”', '»', '。']);
        block.kind == BlockKind::Paragraph
            && !block.outside
            && block.linked == 0
            && ends_sentence
            && homes.contains(&block.container)
    };
    for (index, block) in blocks.iter().enumerate().skip(first) {
        if is_sibling(block)
            && let Some(taken) = taken.get_mut(index)
        {
            *taken = true;
        }
    }
    let last = taken.iter().rposition(|taken| *taken).unwrap_or(first);
    let mut chosen: Vec<Block> = Vec::new();
    for index in first..=last {
        let (Some(block), Some(taken)) = (blocks.get(index), taken.get(index)) else { continue };
        let is_subhead = block.kind == BlockKind::Heading
            && !block.outside
            && block.linked * 2 < block.text.len()
            && block.text.len() <= 160;
        if *taken || is_subhead {
            chosen.push(block.clone());
        }
    }
    without_noise(&chosen, headline)
}

/// Drops what extraction lets through: link lists, headings that nothing follows, share bars, repetitions.
fn without_noise(blocks: &[Block], headline: Option<&str>) -> Vec<String> {
    let headline = headline.map(key).unwrap_or_default();
    let mut kept: Vec<&Block> = Vec::new();
    for block in blocks {
        let is_link_list =
            block.linked * 10 >= block.text.len() * 9 && (block.kind != BlockKind::Paragraph || block.text.len() < 80);
        let repeats_headline = !headline.is_empty() && key(&block.text) == headline;
        if is_link_list || repeats_headline || !block.text.chars().any(char::is_alphanumeric) {
            continue;
        }
        let starts_section = block.kind == BlockKind::Heading;
        // Of two headings in a row the first headed something that was left out.
        if starts_section && kept.last().is_some_and(|last| last.kind == BlockKind::Heading && is_furniture(&last.text))
        {
            kept.pop();
        }
        kept.push(block);
    }
    while kept.last().is_some_and(|block| block.kind == BlockKind::Heading) {
        kept.pop();
    }
    kept.into_iter().filter(|block| !is_furniture(&block.text)).map(|block| block.text.clone()).collect()
}

/// Short lines that pages put between paragraphs of a story.
const FURNITURE: [&str; 34] = [
    "advertisement",
    "advertising",
    "related",
    "related articles",
    "related stories",
    "related topics",
    "related content",
    "related news",
    "read more",
    "read also",
    "more on this story",
    "more on this",
    "share",
    "share this",
    "share this article",
    "share this story",
    "comments",
    "view comments",
    "most read",
    "most popular",
    "newsletter",
    "sign up",
    "subscribe",
    "follow us",
    "recommended",
    "you may also like",
    "tags",
    "topics",
    "image source",
    "image caption",
    "media playback is unsupported on your device",
    "print",
    "email",
    "skip advertisement",
];

fn is_furniture(text: &str) -> bool {
    let line = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    FURNITURE.contains(&line.as_str())
}

/// JSON-LD's text, in the paragraphs of the page where these can be found in it; none when it is not sound: markup,
/// a teaser, or far less than the page shows.
fn from_linked_data(stated: &str, blocks: &[Block], chosen: &[String], marks: &mut Marks) -> Option<Vec<String>> {
    let paragraphs = html::paragraphs(stated, marks);
    let stated = key(&paragraphs.join(" "));
    let shown: usize = chosen.iter().map(|text| key(text).len()).sum();
    if stated.len() * 10 < shown * 8 || stated.len() < SHORTEST {
        return None;
    }
    // The page's own blocks have paragraphs, the stated text often has none.
    let mut at = 0;
    let mut aligned = Vec::new();
    let mut covered = 0;
    for block in blocks.iter().filter(|block| !block.outside) {
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
            aligned.push(block.text.clone());
        }
    }
    if covered * 100 >= stated.len() * 85 {
        return Some(aligned);
    }
    (paragraphs.len() >= 3 || shown * 2 < stated.len()).then_some(paragraphs)
}

/// Without an extractor's verdict: the longest run of paragraphs with little linked text, after the headline.
fn dense_paragraphs(blocks: &[Block], headline: Option<&str>) -> Vec<String> {
    let headline = headline.map(key).unwrap_or_default();
    let start = blocks
        .iter()
        .position(|block| block.kind == BlockKind::Heading && !headline.is_empty() && key(&block.text) == headline)
        .map_or(0, |at| at + 1);
    let is_prose = |block: &Block| {
        !block.outside
            && block.linked * 3 < block.text.len()
            && block.text.len() >= 60
            && block.text.contains(['.', '!', '?', '。', '…'])
    };
    let rest = blocks.get(start..).unwrap_or_default();
    let Some(last) = rest.iter().rposition(is_prose) else { return Vec::new() };
    let Some(first) = rest.iter().position(is_prose) else { return Vec::new() };
    let run: Vec<Block> = rest
        .get(first..=last)
        .unwrap_or_default()
        .iter()
        .filter(|block| is_prose(block) || (block.kind == BlockKind::Heading && !block.outside && block.linked == 0))
        .cloned()
        .collect();
    without_noise(&run, None)
}

/// The standfirst: prose between headline and body, which extraction often leaves behind.
fn lead(blocks: &[Block], chosen: &[String], headline: Option<&str>, metadata: &Metadata) -> Option<String> {
    let headline = headline.map(key)?;
    let first = chosen.iter().map(|text| key(text)).find(|text| *text != headline)?;
    let body_at = blocks.iter().position(|block| key(&block.text) == first)?;
    let head_at = blocks.iter().take(body_at).rposition(|block| key(&block.text) == headline)?;
    let between = blocks.get(head_at + 1..body_at)?;
    let description = metadata.description().map(|text| key(&text)).unwrap_or_default();
    let is_prose = |block: &&Block| {
        let words = block.text.split_whitespace().count();
        !block.outside
            && block.kind != BlockKind::ListEntry
            && block.kind != BlockKind::Caption
            && block.linked == 0
            && block.text.len() <= 600
            && words >= 6
    };
    let confirmed = between.iter().filter(is_prose).find(|block| {
        let text = key(&block.text);
        !description.is_empty() && (description.contains(&text) || text.contains(&description))
    });
    let looks_like_one = || {
        between.iter().filter(is_prose).find(|block| {
            block.text.len() >= 40 && !block.text.contains("©") && !block.text.chars().any(|c| c.is_ascii_digit())
        })
    };
    confirmed.or_else(looks_like_one).map(|block| block.text.clone())
}

/// The headline is a field of its own and not repeated in the body.
fn drop_headline(paragraphs: &mut Vec<String>, headline: Option<&str>) {
    let Some(headline) = headline.map(key) else { return };
    if paragraphs.first().is_some_and(|first| key(first) == headline) {
        paragraphs.remove(0);
    }
}
