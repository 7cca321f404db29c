//! A page's blocks of text, and the zones that they stand in.
//!
//! In: the tree. Out: [`Layout`]: paragraphs, headings, list entries, rows and captions in document order, each with the
//! element that holds it, how much of it is linked, and whether it stands in surroundings, comments, a wall or hidden.
//! What a class says is believed only of elements that do not hold most of the page's prose.

use super::tree::{Tree, is_block};
use crate::clean::html::pieces;
use crate::clean::text::{self, Marks};
use crate::quirks::page_parts::{self, Parts};

/// What a block was in the markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::clean) enum Kind {
    Paragraph,
    Heading,
    ListEntry,
    Row,
    Caption,
}

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::clean) enum Zone {
    /// Where the story may be.
    #[default]
    Open,
    /// In what a class calls surroundings.
    Outside,
    /// In navigation, an aside, a footer or a form.
    Beside,
    Comments,
    Wall,
    Hidden,
}

/// One block of text.
#[derive(Debug, Clone)]
pub(in crate::clean) struct Block {
    pub(in crate::clean) kind: Kind,
    pub(in crate::clean) text: String,
    /// Letters and digits; those of scripts that write syllables or words count twice.
    pub(in crate::clean) weight: usize,
    /// The same of what stands in links.
    pub(in crate::clean) linked: usize,
    /// Its first text.
    pub(in crate::clean) node: usize,
    /// The nearest element that begins and ends a paragraph.
    pub(in crate::clean) owner: usize,
    pub(in crate::clean) zone: Zone,
}

impl Block {
    /// Most of it is linked.
    pub(in crate::clean) fn is_linked(&self) -> bool {
        self.linked * 2 >= self.weight
    }

    /// Data for scripts that broken markup lets through, or a list of addresses.
    pub(in crate::clean) fn is_code(&self) -> bool {
        self.text.matches("\":").count() >= 3 || self.text.matches("://").count() >= 2 && self.weight < 400
    }

    /// Running text: long enough, with the marks of sentences.
    pub(in crate::clean) fn is_prose(&self) -> bool {
        self.kind != Kind::Heading
            && self.kind != Kind::Caption
            && !self.is_linked()
            && !self.is_code()
            && (self.weight >= 40 && has_sentence(&self.text) || self.weight >= 120)
    }
}

/// Marks that end or part sentences, in the scripts that have their own.
const MARKS: [char; 22] = [
    '.', ',', '!', '?', ';', '…', '。', '，', '、', '！', '？', '；', '：', '،', '؛', '؟', '۔', '।', '։', '።', '၊', '”',
];

fn has_sentence(text: &str) -> bool {
    text.contains(MARKS)
}

/// Whether a line ends as sentences do.
pub(in crate::clean) fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(['"', '”', '»', '\'', '’', ')', ']', '」', '』', '“', ' '])
        .ends_with(['.', '!', '?', '…', '。', '！', '？', '؟', '۔', '।', '։', '።', ':', '：'])
}

/// Letters and digits; a letter of a script without spaces says more.
pub(in crate::clean) fn weight(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            c if c.is_ascii() => usize::from(c.is_ascii_alphanumeric()),
            '\u{2E80}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' => {
                2 * usize::from(c.is_alphanumeric())
            }
            c => usize::from(c.is_alphanumeric()),
        })
        .sum()
}

/// The page laid out.
pub(in crate::clean) struct Layout {
    pub(in crate::clean) blocks: Vec<Block>,
    /// What every node's class and id name.
    pub(in crate::clean) parts: Vec<Parts>,
    /// The zone that every node stands in.
    pub(in crate::clean) zones: Vec<Zone>,
    /// Weight of the prose in all blocks before each block that stands in the open zone.
    prose_before: Vec<usize>,
    pub(in crate::clean) marks: Marks,
}

impl Layout {
    /// Lays a page out; `is_outside` adds what is known about its publisher.
    pub(in crate::clean) fn of(tree: &Tree<'_>, is_outside: impl Fn(usize) -> bool) -> Self {
        let mut walk = Walk::new(tree);
        walk.run();
        let Walk { blocks, marks, .. } = walk;
        let parts = tree
            .nodes
            .iter()
            .map(|node| match node.attributes.is_empty() {
                true => Parts::default(),
                false => page_parts::parts(
                    ["class", "id", "data-component", "data-testid"].iter().filter_map(|name| node.attribute(name)),
                ),
            })
            .collect();
        let mut layout = Self { blocks, parts, zones: Vec::new(), prose_before: Vec::new(), marks };
        layout.sum_prose();
        layout.set_zones(tree, is_outside);
        layout.sum_prose();
        layout
    }

    fn sum_prose(&mut self) {
        let mut total = 0;
        self.prose_before = Vec::with_capacity(self.blocks.len() + 1);
        self.prose_before.push(0);
        for block in &self.blocks {
            total += if block.is_prose() && block.zone == Zone::Open { block.weight } else { 0 };
            self.prose_before.push(total);
        }
    }

    /// The blocks that a node holds.
    pub(in crate::clean) fn held_by(&self, tree: &Tree<'_>, node: usize) -> std::ops::Range<usize> {
        let inside = tree.inside(node);
        let start = self.blocks.partition_point(|block| block.node < inside.start);
        let end = self.blocks.partition_point(|block| block.node < inside.end);
        start..end
    }

    /// Weight of the prose among blocks.
    pub(in crate::clean) fn prose(&self, blocks: &std::ops::Range<usize>) -> usize {
        let at = |index: usize| self.prose_before.get(index).copied().unwrap_or(0);
        at(blocks.end).saturating_sub(at(blocks.start))
    }

    /// Whether blocks hold running text: several paragraphs in a row without a link between them.
    fn is_running(&self, blocks: &std::ops::Range<usize>) -> bool {
        let mut row = 0;
        for block in self.blocks.get(blocks.clone()).unwrap_or_default() {
            if block.is_linked() && block.weight >= 12 {
                row = 0;
            } else if block.is_prose() && block.weight >= 80 {
                row += 1;
            }
            if row >= 4 {
                return true;
            }
        }
        false
    }

    /// Whether there is a story beside some blocks: paragraphs that are no teasers.
    fn is_told_beside(&self, blocks: &std::ops::Range<usize>) -> bool {
        self.is_running(&(0..blocks.start)) || self.is_running(&(blocks.end..self.blocks.len()))
    }

    fn set_zones(&mut self, tree: &Tree<'_>, is_outside: impl Fn(usize) -> bool) {
        let all = self.prose(&(0..self.blocks.len()));
        // Comments may outweigh the story: shares are taken of the rest.
        let mut zones: Vec<Zone> = vec![Zone::Open; tree.nodes.len()];
        let mut commented = 0;
        let mut counted_to = 0;
        for at in 0..tree.nodes.len() {
            let (Some(node), Some(parts)) = (tree.nodes.get(at), self.parts.get(at)) else { continue };
            let is_top = matches!(node.name.as_ref(), "article" | "body" | "html" | "main" | "h1");
            if parts.comments && !is_top && !node.is_text() {
                let held = self.held_by(tree, at);
                let share = self.prose(&held);
                // Before any story there are no comments on it.
                let begins = held.start < self.blocks.len() / 10 && share * 10 > all * 8
                    || share == 0 && self.prose(&(0..held.end)) == 0;
                if !begins && let Some(zone) = zones.get_mut(at) {
                    *zone = Zone::Comments;
                    // Comments stand in elements of comments, each in its own: what one holds is counted once.
                    if at >= counted_to {
                        commented += share;
                        counted_to = node.end;
                    }
                }
            }
        }
        let rest = all.saturating_sub(commented.min(all)).max(1);
        for at in 1..tree.nodes.len() {
            let (Some(node), Some(parts)) = (tree.nodes.get(at), self.parts.get(at)) else { continue };
            if node.is_text() {
                continue;
            }
            let above = zones.get(node.parent).copied().unwrap_or_default();
            let name = node.name.as_ref();
            let role = node.attribute("role").unwrap_or_default();
            let is_top = matches!(name, "article" | "body" | "html" | "main" | "h1")
                || node.attribute("itemprop") == Some("articleBody");
            let by_element = matches!(name, "nav" | "aside" | "footer" | "menu" | "search")
                || matches!(
                    role,
                    "navigation"
                        | "complementary"
                        | "contentinfo"
                        | "banner"
                        | "search"
                        | "menu"
                        | "menubar"
                        | "dialog"
                        | "alertdialog"
                );
            let is_doubtful = parts.outside
                || parts.never
                || parts.wall
                || name == "form"
                || by_element
                || is_outside(at)
                || is_hidden(node);
            let own = if zones.get(at) == Some(&Zone::Comments) {
                Zone::Comments
            } else if !is_doubtful || is_top {
                Zone::Open
            } else {
                let blocks = self.held_by(tree, at);
                let held = self.prose(&blocks);
                let share = held * 100 / rest;
                let left = rest.saturating_sub(held);
                match () {
                    () if is_outside(at) => Zone::Outside,
                    // There must be a story somewhere.
                    () if held > 0 && left < 60 => Zone::Open,
                    () if parts.never && (share < 65 || self.is_told_beside(&blocks)) => Zone::Outside,
                    () if share >= 65 => Zone::Open,
                    () if is_hidden(node) => Zone::Hidden,
                    () if by_element => Zone::Beside,
                    () if parts.wall => Zone::Wall,
                    () if name == "form" && share >= 20 => Zone::Open,
                    () if name == "form" => Zone::Beside,
                    // A name that means the story weighs more than one that means its surroundings.
                    () if parts.body && share >= 10 => Zone::Open,
                    () if self.is_running(&blocks) => Zone::Open,
                    () => Zone::Outside,
                }
            };
            if let Some(zone) = zones.get_mut(at) {
                *zone = if above == Zone::Open { own } else { above };
            }
        }
        for block in &mut self.blocks {
            block.zone = zones.get(block.owner).copied().unwrap_or_default();
            // An inline element may be hidden or called something, too.
            let mut at = tree.nodes.get(block.node).map_or(0, |node| node.parent);
            while at > block.owner && block.zone == Zone::Open {
                block.zone = zones.get(at).copied().unwrap_or_default();
                at = tree.nodes.get(at).map_or(0, |node| node.parent);
            }
        }
        self.zones = zones;
    }
}

/// A link to somewhere else; one to another place of the page is no pointer to other stories.
fn leads_away(node: &super::tree::Node<'_>) -> bool {
    node.attribute("href").is_some_and(|link| !link.starts_with('#') || link.len() == 1)
}

fn is_hidden(node: &super::tree::Node<'_>) -> bool {
    let style = node.attribute("style").unwrap_or_default();
    node.attribute("hidden").is_some()
        || node.attribute("aria-hidden") == Some("true")
        || ["display", "visibility"].iter().any(|property| {
            let value = style.split(property).nth(1).map(|rest| rest.trim_start_matches([' ', ':']));
            value.is_some_and(|value| value.starts_with("none") || value.starts_with("hidden"))
        })
}

/// The walk over the tree that gathers blocks.
struct Walk<'t, 'p> {
    tree: &'t Tree<'p>,
    blocks: Vec<Block>,
    marks: Marks,
    line: String,
    linked: usize,
    /// The line's first text.
    first: Option<usize>,
    links_open: usize,
    breaks: usize,
    preformatted: usize,
}

impl<'t, 'p> Walk<'t, 'p> {
    fn new(tree: &'t Tree<'p>) -> Self {
        Self {
            tree,
            blocks: Vec::new(),
            marks: Marks::default(),
            line: String::new(),
            linked: 0,
            first: None,
            links_open: 0,
            breaks: 0,
            preformatted: 0,
        }
    }

    fn run(&mut self) {
        let nodes = &self.tree.nodes;
        let mut open: Vec<usize> = Vec::new();
        let mut at = 1;
        while let Some(node) = nodes.get(at) {
            while let Some(last) =
                open.last().copied().filter(|last| nodes.get(*last).is_some_and(|node| node.end <= at))
            {
                self.close(last);
                open.pop();
            }
            if node.is_text() {
                self.text(at, &node.text);
            } else if matches!(node.name.as_ref(), "head" | "title") {
                at = node.end.max(at + 1);
                continue;
            } else {
                self.open(&node.name, leads_away(node));
                open.push(at);
            }
            at += 1;
        }
        self.flush();
    }

    fn text(&mut self, at: usize, text: &str) {
        if text.trim().is_empty() {
            if !self.line.is_empty() {
                self.line.push(' ');
            }
            return;
        }
        self.first = self.first.or(Some(at));
        self.breaks = 0;
        if self.links_open > 0 {
            self.linked += weight(text);
        }
        if self.preformatted > 0 {
            self.line.push_str(text);
        } else {
            // Line breaks of the source are white space.
            self.line.extend(text.chars().map(|c| if matches!(c, '\n' | '\u{B}' | '\u{2029}') { ' ' } else { c }));
        }
    }

    fn open(&mut self, name: &str, has_address: bool) {
        match name {
            "br" => {
                self.breaks += 1;
                if self.breaks >= 2 {
                    self.flush();
                } else {
                    self.line.push('\n');
                }
            }
            "a" => self.links_open += usize::from(has_address),
            "td" | "th" if !self.line.trim().is_empty() => self.line.push_str(" | "),
            "pre" | "xmp" | "listing" => {
                self.flush();
                self.preformatted += 1;
            }
            _ if is_block(name) => self.flush(),
            _ => {}
        }
    }

    fn close(&mut self, at: usize) {
        let Some(node) = self.tree.nodes.get(at) else { return };
        match node.name.as_ref() {
            "a" if leads_away(node) => self.links_open = self.links_open.saturating_sub(1),
            "pre" | "xmp" | "listing" => {
                self.flush();
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            "hr" => self.flush(),
            name if is_block(name) => self.flush(),
            _ => {}
        }
    }

    /// The element that a text's paragraph is, and what it is.
    fn owner(&self, text: usize) -> (usize, Kind) {
        let parent = |at: usize| self.tree.nodes.get(at).map_or(0, |node| node.parent);
        let name = |at: usize| self.tree.nodes.get(at).map_or("", |node| node.name.as_ref());
        let mut owner = parent(text);
        while owner > 0 && !is_block(name(owner)) {
            owner = parent(owner);
        }
        let is_caption = |at: usize| {
            matches!(name(at), "figcaption" | "caption")
                || self.tree.nodes.get(at).and_then(|node| node.attribute("class")).is_some_and(|class| {
                    class.split_whitespace().any(|word| word.to_ascii_lowercase().contains("caption"))
                })
        };
        let mut at = owner;
        for _ in 0..6 {
            match name(at) {
                "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => return (owner, Kind::Heading),
                "li" | "dd" | "dt" => return (owner, Kind::ListEntry),
                _ if is_caption(at) => return (owner, Kind::Caption),
                "tr" if at == owner => return (owner, Kind::Row),
                "p" | "div" | "span" | "figure" => {}
                _ if at != owner => break,
                _ => {}
            }
            if at == 0 {
                break;
            }
            at = parent(at);
        }
        (owner, Kind::Paragraph)
    }

    fn flush(&mut self) {
        let line = std::mem::take(&mut self.line);
        let linked = std::mem::take(&mut self.linked);
        self.breaks = 0;
        let Some(node) = self.first.take() else { return };
        let (owner, kind) = self.owner(node);
        let lines = pieces(&line);
        let count = lines.len().max(1);
        for piece in lines {
            let text = text::line(piece, &mut self.marks);
            let text = text.trim_matches([' ', '|']).to_owned();
            if text.is_empty() {
                continue;
            }
            let weight = weight(&text);
            // A cell that holds running text lays a page out.
            let kind = if kind == Kind::Row && weight >= 200 && !text.contains(" | ") { Kind::Paragraph } else { kind };
            self.blocks.push(Block {
                kind,
                weight,
                linked: (linked / count).min(weight),
                text,
                node,
                owner,
                zone: Zone::Open,
            });
        }
    }
}
