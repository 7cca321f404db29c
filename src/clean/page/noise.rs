//! What stands among a story's blocks and is not of it.
//!
//! In: the blocks that were chosen. Out: those without link lists, share bars, repetitions, headings of what was left
//! out, bylines and dates before the first sentence and lines after the last one.

use super::layout::{Block, Kind, Layout, Zone, ends_sentence};
use crate::clean::boilerplate::is_boilerplate;
use crate::clean::metadata::{self, key};
use crate::quirks::phrases;
use std::collections::HashSet;

/// Places of the blocks that are the story. Where the page itself marked them less is doubted.
pub(super) fn without(layout: &Layout, chosen: &[usize], headline: Option<&str>, is_marked: bool) -> Vec<usize> {
    let headline = headline.map(key).unwrap_or_default();
    let lists = linked_lists(layout, chosen);
    let mut seen: HashSet<String> = HashSet::new();
    let mut kept: Vec<usize> = Vec::new();
    // Whether links were left out since the last block that was kept.
    let mut dropped_links = false;
    // Paragraphs so far.
    let mut told = 0;
    for at in chosen.iter().copied() {
        let Some(block) = layout.blocks.get(at) else { continue };
        // One in surroundings heads no more than these.
        let may_end = told >= 2 && (block.kind == Kind::Heading || told >= 3 && !is_marked);
        if may_end && matches!(block.zone, Zone::Open | Zone::Comments) && phrases::is_end(&block.text) {
            break;
        }
        let drops_as_link = lists.contains(&at) || is_link_line(block) || is_pointer(block);
        let repeats = repeats(block, &headline, &mut seen);
        if block.zone != Zone::Open || drops_as_link || repeats || !has_words(block) || is_furniture(block) {
            dropped_links |= drops_as_link || block.zone == Zone::Outside && block.is_linked();
            continue;
        }
        // What a heading headed was left out.
        if dropped_links {
            drop_label(layout, &mut kept);
        }
        dropped_links = false;
        told += usize::from(block.is_prose());
        kept.push(at);
    }
    if dropped_links {
        drop_label(layout, &mut kept);
    }
    let kept = without_beginning(layout, &kept);
    without_end(layout, kept, is_marked)
}

/// The same where the story was looked for in everything that is not navigation.
pub(super) fn hidden_too(layout: &Layout, chosen: &[usize], headline: Option<&str>) -> Vec<usize> {
    let headline = headline.map(key).unwrap_or_default();
    let mut seen: HashSet<String> = HashSet::new();
    let is_kept = |at: &usize| {
        layout.blocks.get(*at).is_some_and(|block| {
            matches!(block.zone, Zone::Open | Zone::Hidden)
                && has_words(block)
                && !is_furniture(block)
                && !repeats(block, &headline, &mut seen)
        })
    };
    chosen.iter().copied().filter(is_kept).collect()
}

fn has_words(block: &Block) -> bool {
    block.text.chars().any(char::is_alphanumeric)
}

/// A heading or a short line right before links that were left out.
fn drop_label(layout: &Layout, kept: &mut Vec<usize>) {
    let is_label = kept.last().and_then(|at| layout.blocks.get(*at)).is_some_and(|block| {
        (block.kind == Kind::Heading && block.weight < 40 || block.weight < 30 && !ends_sentence(&block.text))
            && (phrases::is_label(&block.text) || block.text.ends_with([':', '：']))
    });
    if is_label {
        kept.pop();
    }
}

/// The letters of an icon, a counter, a mark.
fn is_sign(block: &Block) -> bool {
    block.weight <= 1 && matches!(block.kind, Kind::Paragraph | Kind::Heading)
}

/// Text that stands in the story already, or is its headline.
fn repeats(block: &Block, headline: &str, seen: &mut HashSet<String>) -> bool {
    let key = key(&block.text);
    if !headline.is_empty() && key == headline {
        return true;
    }
    // A long paragraph is told twice only where somebody tries out a page.
    (30..250).contains(&block.weight) && !seen.insert(key)
}

/// A line that is nothing but links.
fn is_link_line(block: &Block) -> bool {
    let is_mostly = block.linked * 10 >= block.weight * 8 && block.linked > 0;
    is_mostly && (block.kind != Kind::Paragraph || block.weight < 90 || !ends_sentence(&block.text))
}

/// "Read also: ..." with a link.
fn is_pointer(block: &Block) -> bool {
    block.linked * 3 >= block.weight
        && block.linked > 0
        && (is_boilerplate(&block.text) || phrases::is_label(&block.text))
}

fn is_furniture(block: &Block) -> bool {
    let is_credit = || block.kind == Kind::Caption && (block.weight < 12 || is_boilerplate(&block.text));
    let is_promo = || block.weight < 150 && phrases::is_promotion(&block.text);
    phrases::is_furniture(&block.text)
        || phrases::is_rights(&block.text)
        || block.is_code()
        || is_credit()
        || is_promo()
        || is_sign(block)
        || block.weight < 150 && phrases::is_unplayable(&block.text)
}

/// Entries of lists that are mostly links.
fn linked_lists(layout: &Layout, chosen: &[usize]) -> HashSet<usize> {
    let mut linked = HashSet::new();
    let mut group: Vec<usize> = Vec::new();
    let mut close = |group: &mut Vec<usize>| {
        let links = group.iter().filter(|at| layout.blocks.get(**at).is_some_and(is_link_line)).count();
        if group.len() >= 2 && links * 10 >= group.len() * 6 {
            linked.extend(group.iter().copied());
        }
        group.clear();
    };
    for at in chosen.iter().copied() {
        let is_entry = layout.blocks.get(at).is_some_and(|block| block.kind == Kind::ListEntry);
        if !is_entry || group.last().is_some_and(|last| last + 1 != at) {
            close(&mut group);
        }
        if is_entry {
            group.push(at);
        }
    }
    close(&mut group);
    linked
}

/// Bylines, dates, counters and rubrics before the first sentence go; headings and captions stay.
fn without_beginning(layout: &Layout, kept: &[usize]) -> Vec<usize> {
    let block = |at: &usize| layout.blocks.get(*at);
    let tells = |block: &Block| (block.is_prose() || is_sentence(block)) && !metadata::is_byline_or_date(&block.text);
    let Some(first) = kept.iter().position(|at| block(at).is_some_and(tells)) else {
        return kept.to_vec();
    };
    // A byline may follow the caption of a picture above it.
    let is_late_byline = |position: usize, block: &Block| {
        position < first + 4
            && block.kind == Kind::Paragraph
            && block.weight < 80
            && !ends_sentence(&block.text)
            && metadata::is_byline_or_date(&block.text)
    };
    let is_kept = |(position, at): (usize, &usize)| {
        position >= first && !block(at).is_some_and(|block| is_late_byline(position, block))
            || position < first
                && block(at).is_some_and(|block| match block.kind {
                    Kind::Caption => block.weight >= 15,
                    Kind::Heading => block.weight >= 12 && !metadata::is_byline_or_date(&block.text),
                    Kind::Row | Kind::ListEntry => {
                        position + 3 >= first && block.weight >= 12 && !metadata::is_byline_or_date(&block.text)
                    }
                    Kind::Paragraph => block.weight >= 25 && !metadata::is_byline_or_date(&block.text),
                })
    };
    kept.iter().enumerate().filter(|place| is_kept(*place)).map(|(_, at)| *at).collect()
}

fn is_sentence(block: &Block) -> bool {
    block.kind == Kind::Paragraph && block.weight >= 15 && ends_sentence(&block.text)
}

/// Headings that nothing follows, and short lines after the last sentence.
fn without_end(layout: &Layout, mut kept: Vec<usize>, is_marked: bool) -> Vec<usize> {
    let is_tail = |block: &Block| match block.kind {
        Kind::Heading => true,
        Kind::Row | Kind::ListEntry => false,
        Kind::Caption => false,
        Kind::Paragraph => {
            block.weight < if is_marked { 25 } else { 60 } && !ends_sentence(&block.text)
                || metadata::is_byline_or_date(&block.text)
        }
    };
    while kept.len() > 1 && kept.last().and_then(|at| layout.blocks.get(*at)).is_some_and(is_tail) {
        kept.pop();
    }
    kept
}
