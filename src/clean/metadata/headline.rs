//! The headline of a page, without the site's name.
//!
//! In: a page's headings and what it states as its title. Out: the text, and the heading where it stands. A heading that
//! a title confirms is what readers see; titles come second, for they are written for machines. The heading that only
//! names the site is passed over.

use super::{Page, clean, key};
use crate::clean::page::layout::{Kind, Zone, weight};
use crate::markup::entities;

/// What was found.
#[derive(Debug, Default)]
pub(in crate::clean) struct Headline {
    pub(in crate::clean) text: Option<String>,
    /// The node of the heading; 0 where none was taken.
    pub(in crate::clean) at: usize,
}

/// Reads the headline.
pub(super) fn read(page: &Page<'_>) -> Headline {
    let site = page.site();
    let site = site.as_deref();
    let stated = page
        .meta(&["og:title", "twitter:title", "dc.title", "parsely-title", "sailthru.title", "citation_title"])
        .map(|stated| without_site(stated, site));
    let linked = page
        .linked
        .text("headline")
        .or_else(|| page.linked.text("name"))
        .and_then(|text| clean(&entities::decode(&text)))
        .map(|text| without_site(&text, site));
    let title = page.title.as_deref().map(|title| without_site(title, site));
    let titles: Vec<&str> = [stated.as_deref(), linked.as_deref(), title.as_deref()].into_iter().flatten().collect();
    let headings = headings(page);
    let is_site = |text: &str| {
        let own = key(text);
        let named = site.map(key).unwrap_or_default();
        !named.is_empty()
            && (own == named
                || titles.len() > 1 && titles.iter().all(|title| key(title) != own) && named.contains(&own))
    };
    let confirmed = headings
        .iter()
        .filter(|heading| !is_site(&heading.text))
        .filter_map(|heading| Some((titles.iter().map(|title| agreement(&heading.text, title)).max()?, heading)))
        .filter(|(agreement, _)| *agreement > 0)
        // Of two that agree alike the larger heading, then the first.
        .max_by_key(|(agreement, heading)| (*agreement, std::cmp::Reverse((heading.rank, heading.at))));
    let only = || {
        let mut first = headings.iter().filter(|heading| heading.rank <= 1 && !is_site(&heading.text));
        let heading = first.next()?;
        (first.next().is_none() && heading.text.split_whitespace().count() >= 3 && weight(&heading.text) >= 12
            || weight(&heading.text) >= 24 && first.next().is_none())
        .then_some(heading)
    };
    if let Some(heading) = confirmed.map(|(_, heading)| heading).or_else(only) {
        return Headline { text: Some(heading.text.clone()), at: heading.at };
    }
    let text = linked.clone().or(stated.clone()).or(title).or_else(|| Some(headings.first()?.text.clone()));
    Headline { text, at: headings.first().map_or(0, |heading| heading.at) }
}

struct Heading {
    text: String,
    /// 0 for what is stated to be the headline, 1 for `h1`, then 2 and 3.
    rank: u8,
    at: usize,
}

/// The page's headings of the first three ranks, outside of comments and asides.
fn headings(page: &Page<'_>) -> Vec<Heading> {
    let mut headings = Vec::new();
    for block in &page.layout.blocks {
        if headings.len() >= 60 {
            break;
        }
        let Some(owner) = page.tree.nodes.get(block.owner) else { continue };
        if matches!(block.zone, Zone::Comments | Zone::Hidden | Zone::Wall) || block.weight > 400 {
            continue;
        }
        // The heading may hold elements of its own.
        let mut element = owner;
        for _ in 0..3 {
            if element.name.starts_with('h') && element.name.len() == 2 || block.kind != Kind::Heading {
                break;
            }
            let Some(parent) = page.tree.nodes.get(element.parent) else { break };
            element = parent;
        }
        let names = element.attribute("class").unwrap_or_default().to_ascii_lowercase();
        let is_property = element.attribute("itemprop").is_some_and(|property| property.contains("headline"));
        let is_title = ["headline", "entry-title", "post-title", "article-title", "story-title", "page-title", "title"]
            .iter()
            .any(|name| {
                names
                    .split_whitespace()
                    .any(|class| class == *name || class.ends_with(name) && class.len() < name.len() + 14)
            });
        let rank = match element.name.as_ref() {
            _ if is_property => 0,
            "h1" => 1,
            "h2" => 2,
            "h3" => 3,
            "h4" | "h5" | "p" | "div" | "strong" if is_title => 4,
            _ => continue,
        };
        headings.push(Heading { text: block.text.clone(), rank, at: block.node });
    }
    headings
}

/// How well a heading and a title say the same, in hundredths of the title; 0 for not at all.
fn agreement(heading: &str, title: &str) -> usize {
    let (short, long) = (key(heading), key(title));
    if short.is_empty() || long.is_empty() {
        return 0;
    }
    if short == long {
        return 100;
    }
    if short.len() >= 8 && long.contains(&short) {
        let share = short.len() * 100 / long.len();
        return if share >= 40 { share.min(99) } else { 0 };
    }
    if long.len() >= 12 && short.contains(&long) {
        return (long.len() * 100 / short.len()).min(98);
    }
    let words =
        |text: &str| text.split_whitespace().map(key).filter(|word| word.chars().count() > 2).collect::<Vec<_>>();
    let (heading, title) = (words(heading), words(title));
    let shared = heading.iter().filter(|word| title.contains(word)).count();
    if shared >= 3 && shared * 3 >= heading.len() * 2 { shared * 90 / heading.len().max(title.len()).max(1) } else { 0 }
}

/// A title without " | Site" or "Site: ".
fn without_site(title: &str, site: Option<&str>) -> String {
    let site = site.map(key).filter(|site| !site.is_empty());
    let names_site = |part: &str| {
        let part = key(part);
        !part.is_empty()
            && site.as_ref().is_some_and(|site| {
                part == *site || part.len() >= 4 && site.contains(&part) || part.contains(site.as_str())
            })
    };
    let unspaced = title.chars().any(|c| ('\u{2E80}'..='\u{D7FF}').contains(&c));
    let mut title = title.to_owned();
    // "Story | World | Site": more than one may hang on.
    for _ in 0..3 {
        let mut cut = None;
        for separator in
            [" | ", "｜", " — ", " – ", " - ", " :: ", " » ", " « ", " • ", " · ", " / ", " \\ ", "_", "|", " : "]
        {
            if separator == "_" && !unspaced {
                continue;
            }
            if let Some((head, tail)) = title.rsplit_once(separator) {
                let is_short = match unspaced {
                    true => weight(tail) <= 16 && weight(head) >= 16 || separator == "_",
                    false => tail.split_whitespace().count() <= 4 && head.split_whitespace().count() >= 4,
                };
                let may_be_part = matches!(separator, " / " | " : " | " – " | " — " | " - ");
                let is_pipe = matches!(separator, " | " | "｜" | " :: " | " » " | "_" | "|" | " • " | " · ");
                let looks_like_site = is_short && (is_pipe || !may_be_part || separator == " - " && site.is_none());
                if names_site(tail) && weight(head) >= 4 || looks_like_site {
                    cut = Some(head.trim().to_owned());
                    break;
                }
            }
            if let Some((head, tail)) = title.split_once(separator)
                && names_site(head)
                && !names_site(tail)
                && weight(tail) >= 8
            {
                cut = Some(tail.trim().to_owned());
                break;
            }
        }
        match cut.filter(|cut| !cut.is_empty()) {
            Some(cut) => title = cut,
            None => break,
        }
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(title: &str, site: Option<&str>, expected: &str) {
        assert_eq!(without_site(title, site), expected);
    }

    #[test]
    fn the_sites_name_is_cut_off() {
        check("Fire at port warehouse put out | Example Wire", None, "Fire at port warehouse put out");
        check("Fire put out - Example Wire", Some("Example Wire"), "Fire put out");
        check("Example Wire: fire", Some("Example Wire"), "Example Wire: fire");
        check("Мост открыт – Пример", Some("Пример"), "Мост открыт");
        check("大桥建成通车_国内_示例网", None, "大桥建成通车");
        check(
            "Budget agreed - what it means for the harbour towns of the north",
            Some("Wire"),
            "Budget agreed - what it means for the harbour towns of the north",
        );
    }

    #[test]
    fn headings_agree_with_titles() {
        assert_eq!(agreement("Fire put out", "Fire put out!"), 100);
        assert!(agreement("Example Wire", "Fire at the port of Port Amber was put out on Tuesday - Example Wire") == 0);
        assert!(agreement("Harbour town opens its second bridge", "Harbour town opens second bridge after delay") > 50);
    }
}
