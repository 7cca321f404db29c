//! Which page goes on with a story that is told over several.
//!
//! In: the page, its number, and the address of the story's first page. Out: the address of the next one. A link must
//! both look like one to a next page (`rel=next`, its number, "next") and lead to the first page's own address with
//! nothing but that number added: the next story of a blog is none.

use super::layout::{Layout, Zone};
use super::tree::Tree;
use crate::quirks::phrases;
use url::Url;

/// The page that goes on with the `number`th, which is `here`, of the story that begins at `first`.
pub(super) fn next(tree: &Tree<'_>, layout: &Layout, first: &str, here: &str, number: usize) -> Option<String> {
    let (first, here) = (Url::parse(first).ok()?, Url::parse(here).ok()?);
    let wanted = (number + 1).to_string();
    let may_lead_on = |at: usize| {
        let node = tree.nodes.get(at)?;
        if !matches!(node.name.as_ref(), "a" | "link")
            || matches!(layout.zones.get(at), Some(Zone::Comments | Zone::Hidden | Zone::Wall))
        {
            return None;
        }
        let mut link = here.join(node.attribute("href").filter(|link| link.contains(&wanted))?.trim()).ok()?;
        link.set_fragment(None);
        if !follows(&first, &link, &wanted) {
            return None;
        }
        let is_stated = node.attribute("rel").is_some_and(|rel| rel.split_whitespace().any(|word| word == "next"));
        let text = || tree.text_of(at, 100);
        (is_stated || is_number_or_next(&text(), &wanted)).then(|| link.into())
    };
    (1..tree.nodes.len()).find_map(may_lead_on)
}

/// "2", "Page 2", "next", "»".
fn is_number_or_next(text: &str, wanted: &str) -> bool {
    let text = text.trim().trim_matches(['[', ']', '(', ')']);
    let numbered = text.strip_suffix(wanted).is_some_and(|before| before.is_empty() || phrases::is_part(before.trim()));
    numbered || phrases::is_next(text) || matches!(text, ">" | ">>" | "»" | "›" | "→")
}

/// Whether an address is the first page's with the wanted number added: `/story/2`, `/story-2.html`, `/story/page/2`,
/// `/story?page=2`.
fn follows(first: &Url, link: &Url, wanted: &str) -> bool {
    if (first.host_str(), first.port()) != (link.host_str(), link.port()) || !matches!(link.scheme(), "http" | "https")
    {
        return false;
    }
    let pairs = |url: &Url| url.query_pairs().into_owned().collect::<Vec<_>>();
    let (known, given) = (pairs(first), pairs(link));
    let (stem, ending) = stem(first.path());
    let (other, other_ending) = self::stem(link.path());
    if stem.len() < 2 {
        return false;
    }
    if stem == other {
        let (added, kept): (Vec<_>, Vec<_>) = given.iter().partition(|pair| !known.contains(pair));
        return matches!(added.as_slice(), [(name, value)] if value == wanted && phrases::is_part(name))
            && (kept.is_empty() || kept.len() == known.len());
    }
    let is_addition = |added: &str| {
        let before = added.strip_suffix(wanted).unwrap_or_default();
        let word = before.trim_matches(|c: char| !c.is_alphanumeric());
        before.starts_with(['/', '-', '_', ',', '.', ';']) && (word.is_empty() || phrases::is_part(word))
    };
    ending == other_ending && (given.is_empty() || given == known) && other.strip_prefix(stem).is_some_and(is_addition)
}

/// A path without a slash at its end, or without its ending, and the ending.
fn stem(path: &str) -> (&str, &str) {
    let path = path.trim_end_matches('/');
    match path.rsplit_once('.') {
        Some((stem, ending))
            if (2..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphabetic()) =>
        {
            (stem, ending)
        }
        _ => (path, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(link: &str, markup: &str, expected: bool) {
        let first = "https://wire.example/2020/bridge-12.html?id=7";
        let page = markup.replace("HERE", link);
        let tree = Tree::read(&page);
        let found = next(&tree, &Layout::of(&tree, |_| false), first, first, 1);
        assert_eq!(found.is_some(), expected, "{link} {markup}");
    }

    #[test]
    fn a_page_goes_on_at_its_own_address_with_the_next_number() {
        let link = "<a href='HERE'>2</a>";
        for same in
            ["bridge-12-2.html", "bridge-12,2.html?id=7", "?id=7&page=2", "/2020/bridge-12/page/2.html", "?seite=2"]
        {
            check(same, link, true);
        }
        for other in [
            "bridge-13.html",
            "bridge-12-3.html",
            "?id=7&page=3",
            "?id=8&page=2",
            "//other.example/2020/bridge-12-2.html",
            "/2",
        ] {
            check(other, link, false);
        }
        check("bridge-12-2.html", "<link rel=next href='HERE'>", true);
        check("bridge-12-2.html", "<a href='HERE'>Page 2</a>", true);
        check("bridge-12-2.html", "<a href='HERE'><b>»</b></a>", true);
        check("bridge-12-2.html", "<a href='HERE'>Another story about the bridge</a>", false);
        check(
            "?page=2",
            "<p>The bridge was opened on Tuesday, the mayor's office said.</p><div class=comments><a href='HERE'>2</a></div>",
            false,
        );
    }
}
