//! Which blocks of a page are its story.
//!
//! In: the page laid out. Out: the places of the story's blocks, in order. Every block has a value: prose counts for its
//! length, links and surroundings count against; the story is the run of blocks with the greatest sum (Pasternack and
//! Roth, "Extracting article text from the Web with maximum subsequence segmentation", 2009). What the page says about
//! its parts (`articleBody`, `article`, names of classes) moves the values, and wins where it agrees with the run.

use super::layout::{Block, Kind, Layout, Zone, ends_sentence};
use super::tree::Tree;
use crate::clean::boilerplate::is_boilerplate;
use crate::quirks::phrases;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// A story that names of classes point at must hold this share (in percent) of the prose that the run has.
const HINT_SHARE: usize = 40;
/// Prose of one paragraph that counts.
const LONGEST_PARAGRAPH: usize = 600;
/// The longest text that stands under the title of another story.
const LONGEST_TEASER: usize = 500;
/// Blocks of surroundings that may stand between a story's last paragraphs.
const LONGEST_GAP: usize = 20;

/// The blocks among which the story is, and whether the page itself marked them as the story.
pub(super) struct Chosen {
    pub(super) blocks: Vec<usize>,
    pub(super) is_marked: bool,
}

/// Chooses. `marked` are elements that the publisher is known to use for its stories.
pub(super) fn story(tree: &Tree<'_>, layout: &Layout, marked: &[usize]) -> Chosen {
    let frame = frame(tree, layout);
    let mut teasers = teasers(&layout.blocks);
    teasers.extend(boxed_teasers(tree, &layout.blocks));
    let values: Vec<i64> = layout
        .blocks
        .iter()
        .enumerate()
        .map(|(at, block)| {
            let value = if teasers.contains(&at) { -10 } else { value(block) };
            let is_framed = frame.as_ref().is_none_or(|frame| frame.contains(&at));
            if is_framed || value < 0 { value } else { value / 3 - 2 }
        })
        .collect();
    let run = best_run(&values);
    let found = layout.prose(&run);
    for hints in [
        marked.to_vec(),
        hinted(tree, |at| is_article_body(tree, at)),
        hinted(tree, |at| is_body_by_name(tree, layout, at)),
    ] {
        if let Some(blocks) = held_by_hints(tree, layout, &hints)
            && layout.weight_of(&blocks) * 100 >= found * HINT_SHARE
            && layout.weight_of(&blocks) >= 40
        {
            // A class may name every part of a story but its first or last paragraphs.
            let bounds = bounds(&blocks);
            let with_run = found > 0 && layout.prose(&bounds) * 100 < found * 55 && overlaps(&bounds, &run);
            if !with_run {
                return Chosen { blocks, is_marked: true };
            }
            let both = bounds.start.min(run.start)..bounds.end.max(run.end);
            return Chosen { blocks: extended(tree, layout, both).collect(), is_marked: false };
        }
    }
    Chosen { blocks: extended(tree, layout, run).collect(), is_marked: false }
}

/// Where nothing looks like a story: everything that is said in the page's main part, or in its longest run of anything
/// but navigation. Lists of stories, collections and pages that scripts uncover are read so.
pub(super) fn anything(tree: &Tree<'_>, layout: &Layout) -> Vec<usize> {
    let frame = frame(tree, layout);
    let values: Vec<i64> = layout
        .blocks
        .iter()
        .enumerate()
        .map(|(at, block)| {
            let weight = i64::try_from(block.weight.min(LONGEST_PARAGRAPH)).unwrap_or(0);
            let is_framed = frame.as_ref().is_none_or(|frame| frame.contains(&at));
            match block.zone {
                Zone::Open | Zone::Hidden if block.is_linked() => -3,
                Zone::Open | Zone::Hidden if is_framed && block.is_prose() => weight,
                Zone::Open | Zone::Hidden => 0,
                _ => -8,
            }
        })
        .collect();
    best_run(&values).collect()
}

impl Layout {
    fn weight_of(&self, blocks: &[usize]) -> usize {
        blocks.iter().map(|at| self.prose(&(*at..*at + 1))).sum()
    }
}

fn bounds(blocks: &[usize]) -> Range<usize> {
    blocks.first().copied().unwrap_or(0)..blocks.last().map_or(0, |last| last + 1)
}

fn overlaps(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// What a block counts for.
fn value(block: &Block) -> i64 {
    let weight = i64::try_from(block.weight).unwrap_or(i64::MAX);
    if block.zone != Zone::Open {
        return -8;
    }
    if block.is_linked() {
        return -12 - weight.min(60) / 2;
    }
    match block.kind {
        Kind::Heading => 0,
        Kind::Caption => 0,
        _ if block.is_prose() => {
            let counted = weight.min(LONGEST_PARAGRAPH as i64) * (100 - linked_percent(block)) / 100;
            match () {
                () if is_boilerplate(&block.text)
                    || phrases::is_rights(&block.text)
                    || phrases::is_consent(&block.text) =>
                {
                    -10
                }
                () if block.kind == Kind::ListEntry => counted / 2,
                () => counted,
            }
        }
        _ if weight >= 20 => 2,
        _ => -3,
    }
}

/// Lists of other stories: one paragraph each, between links.
fn teasers(blocks: &[Block]) -> HashSet<usize> {
    // Runs of blocks between links, with the prose in each.
    let mut parts: Vec<Vec<usize>> = vec![Vec::new()];
    for (at, block) in blocks.iter().enumerate() {
        if block.is_linked() && block.weight >= 12 {
            parts.push(Vec::new());
        } else if block.is_prose()
            && let Some(part) = parts.last_mut()
        {
            part.push(at);
        }
    }
    let is_teaser = |part: &Vec<usize>| matches!(part.as_slice(), [only] if blocks.get(*only).is_some_and(|block| block.weight < LONGEST_TEASER));
    let mut teasers = HashSet::new();
    let mut at = 0;
    while at < parts.len() {
        let run = parts.iter().skip(at).take_while(|part| is_teaser(part)).count();
        if run >= 3 {
            teasers.extend(parts.iter().skip(at).take(run).flatten());
        }
        at += run.max(1);
    }
    teasers
}

/// A paragraph that is alone in its box, under a heading that is a link: another story's, however few there are.
fn boxed_teasers(tree: &Tree<'_>, blocks: &[Block]) -> Vec<usize> {
    let mut told: HashMap<usize, usize> = HashMap::new();
    for block in blocks.iter().filter(|block| block.is_prose()) {
        *told.entry(home(tree, block)).or_default() += 1;
    }
    let is_headed = |pair: &[Block]| {
        matches!(pair, [heading, only] if heading.kind == Kind::Heading && heading.is_linked() && heading.weight >= 12
            && only.is_prose() && only.weight < LONGEST_TEASER
            && home(tree, heading) == home(tree, only) && told.get(&home(tree, only)) == Some(&1))
    };
    // The page's only such box may be its story.
    let found: Vec<usize> =
        blocks.windows(2).enumerate().filter(|(_, pair)| is_headed(pair)).map(|(at, _)| at + 1).collect();
    if found.len() >= 2 { found } else { Vec::new() }
}

fn linked_percent(block: &Block) -> i64 {
    i64::try_from(block.linked * 100 / block.weight.max(1)).unwrap_or(100)
}

/// The run with the greatest sum.
fn best_run(values: &[i64]) -> Range<usize> {
    let (mut best, mut best_sum) = (0..0, 0);
    let (mut start, mut sum) = (0, 0);
    for (at, value) in values.iter().enumerate() {
        if sum <= 0 {
            (start, sum) = (at, 0);
        }
        sum += value;
        if sum > best_sum {
            (best, best_sum) = (start..at + 1, sum);
        }
    }
    best
}

/// The `article` or `main` that holds most of the page's prose.
fn frame(tree: &Tree<'_>, layout: &Layout) -> Option<Range<usize>> {
    let all = layout.prose(&(0..layout.blocks.len()));
    let is_article = |at: usize| {
        tree.nodes.get(at).is_some_and(|node| {
            node.name == "article"
                || node.attribute("itemtype").is_some_and(|kind| kind.contains("Article") || kind.contains("Posting"))
        })
    };
    let is_main = |at: usize| {
        tree.nodes.get(at).is_some_and(|node| node.name == "main" || node.attribute("role") == Some("main"))
    };
    [hinted(tree, is_article), hinted(tree, is_main)].into_iter().find_map(|nodes| {
        let held = nodes.into_iter().map(|node| layout.held_by(tree, node)).max_by_key(|held| layout.prose(held))?;
        (layout.prose(&held) * 2 >= all).then_some(held)
    })
}

fn hinted(tree: &Tree<'_>, is_hint: impl Fn(usize) -> bool) -> Vec<usize> {
    (1..tree.nodes.len()).filter(|at| is_hint(*at)).collect()
}

fn is_article_body(tree: &Tree<'_>, at: usize) -> bool {
    tree.nodes.get(at).and_then(|node| node.attribute("itemprop")).is_some_and(|property| {
        property.split_whitespace().any(|word| matches!(word, "articleBody" | "reviewBody" | "blogPost"))
    })
}

fn is_body_by_name(tree: &Tree<'_>, layout: &Layout, at: usize) -> bool {
    layout.parts.get(at).is_some_and(|parts| parts.body)
        && tree.nodes.get(at).is_some_and(|node| !matches!(node.name.as_ref(), "body" | "html" | "h1" | "a" | "li"))
}

/// The blocks of the hinted element with the most prose and of its likes beside it.
fn held_by_hints(tree: &Tree<'_>, layout: &Layout, hints: &[usize]) -> Option<Vec<usize>> {
    let prose = |at: usize| layout.prose(&layout.held_by(tree, at));
    let mut best = hints.iter().copied().max_by_key(|at| (prose(*at), std::cmp::Reverse(*at)))?;
    // Of nested ones the inner, unless it leaves something out.
    for at in hints.iter().copied().filter(|at| tree.inside(best).contains(at)).collect::<Vec<_>>() {
        if tree.inside(best).contains(&at) && prose(at) * 100 >= prose(best) * 92 {
            best = at;
        }
    }
    // The parts of a story may be numbered.
    let class = |at: usize| {
        let class = tree.nodes.get(at).and_then(|node| node.attribute("class")).unwrap_or_default();
        class.chars().filter(|c| !c.is_ascii_digit()).collect::<String>()
    };
    let home = |at: usize| {
        let mut at = tree.nodes.get(at).map_or(0, |node| node.parent);
        while at > 0
            && tree.nodes.get(at).is_some_and(|node| !matches!(node.name.as_ref(), "article" | "main" | "body"))
        {
            at = tree.nodes.get(at).map_or(0, |node| node.parent);
        }
        at
    };
    let (class_of_best, home_of_best) = (class(best), home(best));
    let is_like =
        |at: usize| at == best || !class_of_best.is_empty() && class(at) == class_of_best && home(at) == home_of_best;
    // In document order; one within another holds nothing new.
    let mut blocks: Vec<usize> = Vec::new();
    for at in hints.iter().copied().filter(|at| is_like(*at)) {
        let first = blocks.last().map_or(0, |last| last + 1);
        blocks.extend(layout.held_by(tree, at).filter(|block| *block >= first));
    }
    Some(blocks)
}

/// A run, with the short paragraphs and headings beside its own: they count for nothing, but belong to the story.
fn extended(tree: &Tree<'_>, layout: &Layout, run: Range<usize>) -> Range<usize> {
    let blocks = |range: Range<usize>| layout.blocks.get(range).unwrap_or_default().iter();
    let homes: HashSet<usize> = blocks(run.clone())
        .filter(|block| block.is_prose() && block.zone == Zone::Open)
        .map(|block| home(tree, block))
        .collect();
    let belongs = |block: &Block| {
        block.zone == Zone::Open
            && !block.is_linked()
            && homes.contains(&home(tree, block))
            && (ends_sentence(&block.text) || matches!(block.kind, Kind::Row | Kind::ListEntry))
    };
    let mut end = run.end;
    for (at, block) in layout.blocks.iter().enumerate().skip(run.end) {
        if at > end + LONGEST_GAP {
            break;
        }
        if belongs(block) {
            end = at + 1;
        }
    }
    let mut start = run.start;
    while start > 0
        && layout.blocks.get(start - 1).is_some_and(|block| {
            block.zone == Zone::Open
                && !block.is_linked()
                && (block.kind == Kind::Heading || homes.contains(&home(tree, block)) && ends_sentence(&block.text))
        })
    {
        start -= 1;
    }
    start..end
}

/// The part of the page that a block stands in.
fn home(tree: &Tree<'_>, block: &Block) -> usize {
    let mut at = block.owner;
    while let Some(node) = tree.nodes.get(at) {
        let holds_parts = matches!(
            node.name.as_ref(),
            "div" | "section" | "article" | "main" | "td" | "body" | "blockquote" | "header" | "center" | "root"
        ) || node.name.contains('-');
        if holds_parts || at == 0 {
            break;
        }
        at = node.parent;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_run_has_the_greatest_sum() {
        assert_eq!(best_run(&[50, -90, 100, -20, 80, -3, -50, 10]), 2..5);
        assert_eq!(best_run(&[-1, -2]), 0..0);
    }
}
