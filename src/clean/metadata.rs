//! What a page says about itself: `meta`, `link`, `html lang`, headings, JSON-LD, bylines, visible dates.
//!
//! In: the page as a tree, laid out. Out: [`Metadata`] with plain text in every field. Nothing is judged here but which
//! of several statements is the most trustworthy; what no statement gives is none.

mod authors;
mod dates;
mod headline;
mod linked;

use super::page::layout::Layout;
use super::page::tree::Tree;
use super::text::{self, Marks};
use crate::markup::entities;
use crate::model::StatedTime;
pub(super) use dates::Published;
pub(super) use headline::Headline;
use linked::Linked;
use std::ops::Range;

/// Statements of one kind that are kept.
const MAX_STATEMENTS: usize = 300;

/// Bytes of a statement that are looked at.
const LONGEST_STATEMENT: usize = 4_000;

/// What a page is read from.
pub(super) struct Page<'t> {
    tree: &'t Tree<'t>,
    layout: &'t Layout,
    linked: Linked,
    /// Names (lower case) and contents of `meta`.
    meta: Vec<(String, String)>,
    canonical: Option<String>,
    language: Option<String>,
    title: Option<String>,
    /// Where the page was found, else what it calls its address.
    address: Option<String>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub(super) site: Option<String>,
    /// A sentence or two about the story.
    pub(super) description: Option<String>,
    pub(super) published: Published,
    pub(super) updated: Option<StatedTime>,
    pub(super) authors: Vec<String>,
    pub(super) language: Option<String>,
    pub(super) image: Option<String>,
    /// The page's own address for itself.
    pub(super) address: Option<String>,
    /// The page says that the story is for subscribers.
    pub(super) for_subscribers: bool,
}

fn clean(text: &str) -> Option<String> {
    let text = text.get(..text.floor_char_boundary(LONGEST_STATEMENT)).unwrap_or_default();
    Some(text::line(text, &mut Marks::default())).filter(|text| !text.is_empty())
}

impl<'t> Page<'t> {
    /// Reads a page's statements.
    pub(super) fn read(tree: &'t Tree<'t>, layout: &'t Layout, address: Option<&str>) -> Self {
        let mut page = Self {
            tree,
            layout,
            linked: Linked::read(&tree.linked),
            meta: Vec::new(),
            canonical: None,
            language: None,
            title: None,
            address: None,
        };
        for (at, node) in tree.nodes.iter().enumerate() {
            match node.name.as_ref() {
                "meta" if page.meta.len() < MAX_STATEMENTS => {
                    let keys =
                        ["property", "name", "itemprop", "http-equiv"].iter().filter_map(|name| node.attribute(name));
                    if let Some(content) = node.attribute("content").and_then(clean) {
                        page.meta.extend(keys.map(|key| (key.trim().to_ascii_lowercase(), content.clone())));
                    }
                }
                "link" if node.attribute("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical")) => {
                    page.canonical = page.canonical.take().or_else(|| node.attribute("href").map(str::to_owned));
                }
                "html" if page.language.is_none() => {
                    page.language =
                        ["lang", "xml:lang"].iter().find_map(|name| node.attribute(name)).map(str::to_owned);
                }
                // A drawing may have a title, too; the page's own comes first.
                "title" if page.title.is_none() => page.title = clean(&tree.text_of(at, 2_000)),
                _ => {}
            }
        }
        page.address = address.map(str::to_owned).or_else(|| page.own_address());
        page
    }

    fn own_address(&self) -> Option<String> {
        self.canonical
            .clone()
            .filter(|link| !link.trim().is_empty())
            .or_else(|| self.meta(&["og:url"]).map(str::to_owned))
    }

    /// The content of the first `meta` of one of these names.
    fn meta(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.meta.iter().find(|(key, _)| key == name)).map(|(_, content)| content.as_str())
    }

    /// The contents of every `meta` of one of these names, in the order of the names.
    fn metas(&self, names: &[&str]) -> Vec<String> {
        names
            .iter()
            .flat_map(|name| self.meta.iter().filter(move |(key, _)| key == name))
            .map(|(_, content)| content.clone())
            .collect()
    }

    fn site(&self) -> Option<String> {
        self.meta(&["og:site_name", "application-name"])
            .filter(|site| !site.contains("://"))
            .map(str::to_owned)
            .or_else(|| self.linked.publisher())
    }

    fn stated_language(&self) -> Option<String> {
        let stated = self
            .language
            .clone()
            .or_else(|| self.meta(&["content-language", "language", "dc.language"]).map(str::to_owned));
        let locale = || self.meta(&["og:locale"]).map(str::to_owned);
        stated.filter(|language| !language.trim().is_empty()).or_else(|| self.linked.text("inLanguage")).or_else(locale)
    }

    /// Whether the page's readers write "3/14/2020": Americans, and whoever writes English without saying where.
    fn is_month_first(&self) -> bool {
        let language = self.stated_language().unwrap_or_default().to_ascii_lowercase().replace('_', "-");
        matches!(language.as_str(), "" | "en" | "en-us" | "en-ph")
    }

    /// The headline, and where it stands.
    pub(super) fn headline(&self) -> Headline {
        headline::read(self)
    }

    /// Everything else. `story` are the blocks that were chosen for it.
    pub(super) fn finish(self, headline_at: usize, story: Range<usize>) -> Metadata {
        let site = self.site();
        let description = self
            .meta(&["og:description", "description", "twitter:description", "dc.description"])
            .map(str::to_owned)
            .or_else(|| clean(&entities::decode(&self.linked.text("description")?)));
        Metadata {
            description,
            authors: authors::read(&self, site.as_deref(), headline_at, &story),
            published: dates::published(&self, headline_at, story),
            updated: dates::updated(&self, headline_at),
            language: self.stated_language(),
            image: self.meta(&["og:image", "og:image:url", "twitter:image"]).map(str::to_owned),
            address: self.own_address(),
            for_subscribers: self.linked.is_for_subscribers(),
            site,
        }
    }

    /// The story's text in JSON-LD.
    pub(super) fn body(&self) -> Option<String> {
        self.linked.text("articleBody").filter(|body| body.len() >= 200)
    }
}

/// Whether a short line says who or when and nothing else.
pub(super) fn is_byline_or_date(line: &str) -> bool {
    authors::is_byline(line) || dates::is_date_line(line)
}

/// Letters and digits in lower case.
pub(super) fn key(text: &str) -> String {
    letters(text).collect()
}

/// The letters and digits of a text, in lower case.
pub(super) fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}
