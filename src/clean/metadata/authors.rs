//! Who wrote a story, as its page says it.
//!
//! In: what a page states in its markup, and its lines. Out: the names of persons (and of other agencies), in order,
//! never "Staff", an address or the site itself. The sources are asked in the order of trust and the first that names
//! anybody decides.

use super::{Page, clean, key};
use crate::clean::page::layout::Zone;
use crate::quirks::{date, phrases};
use std::ops::Range;

/// Bytes of a byline that are looked at.
const LONGEST: usize = 400;
/// Elements between which two names still stand together.
const NEAR: usize = 60;
/// Elements and lines that are looked at.
const MAX_CANDIDATES: usize = 300;
/// Words that may stand in lower case within a name.
const PARTICLES: [&str; 34] = [
    "de", "da", "do", "dos", "das", "del", "della", "di", "la", "le", "van", "von", "der", "den", "ter", "ten", "zu",
    "zum", "af", "av", "al", "el", "bin", "ibn", "bint", "abu", "y", "e", "i", "ben", "d'", "du", "des", "ó",
];
/// Words that say what somebody is, not who.
const ROLES: [&str; 42] = [
    "reporter",
    "editor",
    "correspondent",
    "writer",
    "columnist",
    "contributor",
    "producer",
    "photographer",
    "staff",
    "senior",
    "chief",
    "bureau",
    "journalist",
    "freelance",
    "freelancer",
    "special",
    "political",
    "business",
    "sports",
    "health",
    "science",
    "technology",
    "deputy",
    "managing",
    "associate",
    "assistant",
    "news",
    "desk",
    "team",
    "press",
    "agency",
    "media",
    "newsroom",
    "editorial",
    "published",
    "updated",
    "posted",
    "read",
    "view",
    "follow",
    "executive",
    "archive",
];

/// The authors' names. `site` is what the page calls itself, `story` the blocks that were chosen for it.
pub(super) fn read(page: &Page<'_>, site: Option<&str>, headline_at: usize, story: &Range<usize>) -> Vec<String> {
    let site = site.map(key).unwrap_or_default();
    // "example" of "www.example.org" is a site, too.
    let host =
        page.address.as_deref().and_then(|address| address.split("://").nth(1)?.split('/').next()).unwrap_or_default();
    let is_host = |name: &str| host.split('.').any(|label| label.len() >= 4 && key(label) == key(name));
    let mut sources: Vec<Vec<String>> = vec![page.linked.authors(), page.metas(&META)];
    // A page that states its newsroom as the author names nobody else but about the story itself.
    let says_who = sources.iter().flatten().any(|text| !text.contains("://"));
    let end = page.layout.blocks.get(story.clone()).and_then(<[_]>::last).map(|block| block.node + NEAR);
    let end = end.filter(|_| says_who).unwrap_or(usize::MAX);
    let within = headline_at.saturating_sub(NEAR)..end;
    sources.push(by_property(page, &within));
    sources.push(by_name(page, &within));
    // Where only an agency is stated, a byline may still name a person.
    let mut agencies = Vec::new();
    for (place, source) in sources.iter().enumerate() {
        // What a class calls a byline may be anything; a statement may be one word.
        let is_stated = place < 3;
        let mut names = people(source, &site, is_stated);
        names.retain(|name| !is_host(name));
        if names.iter().any(|name| !is_acronym(name)) {
            return names;
        }
        if agencies.is_empty() {
            agencies = names;
        }
    }
    let names = by_line(page, headline_at, &site);
    if names.is_empty() { agencies } else { names }
}

/// "AFP", "CNBC".
fn is_acronym(word: &str) -> bool {
    (3..=6).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_uppercase())
}

const META: [&str; 14] = [
    "author",
    "article:author",
    "article:author_name",
    "byl",
    "byline",
    "dc.creator",
    "dcterms.creator",
    "dc.contributor",
    "parsely-author",
    "sailthru.author",
    "citation_author",
    "mediaauthor",
    "cxenseparse:author",
    "authors",
];

fn people(written: &[String], site: &str, is_stated: bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in written.iter().flat_map(|text| names_in(text, is_stated)) {
        let own = key(&name);
        let is_site = !site.is_empty()
            && (own == *site || own.len() >= 5 && site.contains(&own) || site.len() >= 5 && own.contains(site));
        // The same name in capitals is the same name.
        if !is_site && names.iter().all(|known| key(known) != own) {
            names.push(name);
        }
    }
    names.truncate(12);
    names
}

/// `itemprop=author` and `rel=author`.
fn by_property(page: &Page<'_>, within: &Range<usize>) -> Vec<String> {
    let nodes = &page.tree.nodes;
    let is_author = |at: usize| {
        nodes.get(at).is_some_and(|node| {
            let has = |name: &str, word: &str| {
                node.attribute(name).is_some_and(|value| value.split_whitespace().any(|known| known == word))
            };
            has("rel", "author") || has("itemprop", "author") || has("itemprop", "creator")
        })
    };
    let found: Vec<usize> =
        (1..nodes.len()).filter(|at| is_author(*at) && may_name(page, *at)).take(MAX_CANDIDATES).collect();
    let mut names = Vec::new();
    // All that stand together: a second author follows the first at once.
    let mut last: Option<usize> = None;
    for at in in_order(&found, within) {
        if last.is_some_and(|last| at.abs_diff(last) > NEAR) {
            break;
        }
        let named = page
            .tree
            .inside(at)
            .find(|inner| {
                nodes.get(*inner).and_then(|node| node.attribute("itemprop")).is_some_and(|property| property == "name")
            })
            .unwrap_or(at);
        let content = nodes.get(named).and_then(|node| node.attribute("content")).map(str::to_owned);
        let text = content.or_else(|| clean(&page.tree.text_of(named, LONGEST)));
        if let Some(text) = text {
            names.push(text);
            last = Some(at);
        }
    }
    names
}

/// Elements that a class calls a byline: the first with a name in it.
fn by_name(page: &Page<'_>, within: &Range<usize>) -> Vec<String> {
    let found: Vec<usize> = (1..page.tree.nodes.len())
        .filter(|at| {
            page.layout.parts.get(*at).is_some_and(|parts| parts.byline && !parts.comments) && may_name(page, *at)
        })
        .take(MAX_CANDIDATES)
        .collect();
    for at in in_order(&found, within) {
        // The links of a byline are the names in it, where there are any.
        let links: Vec<String> = page
            .tree
            .inside(at)
            .filter(|inner| {
                page.tree.nodes.get(*inner).is_some_and(|node| {
                    node.name == "a" && node.attribute("href").is_some_and(|link| !link.starts_with("mailto:"))
                })
            })
            .filter_map(|inner| clean(&page.tree.text_of(inner, LONGEST)))
            .collect();
        for candidate in [links, clean(&page.tree.text_of(at, LONGEST)).into_iter().collect()] {
            if candidate.iter().any(|text| !names_in(text, false).is_empty()) {
                return candidate;
            }
        }
    }
    Vec::new()
}

/// Whether what stands at a node can be this story's byline.
fn may_name(page: &Page<'_>, at: usize) -> bool {
    !matches!(page.layout.zones.get(at), Some(Zone::Comments | Zone::Beside | Zone::Wall)) && !is_credit(page, at)
}

/// Whether a node stands in the caption of a picture, which names whoever took it.
fn is_credit(page: &Page<'_>, at: usize) -> bool {
    let mut node = page.tree.nodes.get(at);
    for _ in 0..4 {
        let Some(known) = node else { return false };
        let class = known.attribute("class").unwrap_or_default().to_ascii_lowercase();
        if matches!(known.name.as_ref(), "figure" | "figcaption") || class.contains("caption") {
            return true;
        }
        node = page.tree.nodes.get(known.parent);
    }
    false
}

/// From a little before the headline on, then the rest; nothing behind the end.
fn in_order(found: &[usize], within: &Range<usize>) -> impl Iterator<Item = usize> {
    let start = found.partition_point(|at| *at < within.start);
    let end = within.end;
    found.iter().skip(start).chain(found.iter().take(start)).copied().filter(move |at| *at < end)
}

/// A line such as "By Jane Doe" around the story's beginning, or "Author: Jane Doe" at its end.
fn by_line(page: &Page<'_>, headline_at: usize, site: &str) -> Vec<String> {
    let blocks = &page.layout.blocks;
    let start = blocks.partition_point(|block| block.node < headline_at);
    let near = blocks.iter().skip(start.saturating_sub(3)).take(24);
    let end = blocks
        .iter()
        .skip(start)
        .take(10 * MAX_CANDIDATES)
        .filter(|block| block.text.contains([':', '：', '/', '／', '（', '(']) || block.text.starts_with("기자"));
    for block in near.chain(end) {
        if matches!(block.zone, Zone::Comments | Zone::Beside) || block.weight > 120 {
            continue;
        }
        let Some(rest) = without_by(&block.text).or_else(|| before_title(&block.text)) else { continue };
        let names = people(&[rest.to_owned()], site, false);
        if !names.is_empty() {
            return names;
        }
    }
    Vec::new()
}

/// Whether a line is a byline and nothing else.
pub(super) fn is_byline(line: &str) -> bool {
    line.len() <= 160 && without_by(line).is_some_and(|rest| !names_in(rest, false).is_empty())
}

/// What stands before the word for a reporter where a language puts it behind the name: "홍길동 기자".
fn before_title(line: &str) -> Option<&str> {
    let (before, _) = line.split_once("기자")?;
    let name = before.trim_end().rsplit([' ', '=', ']', ')', '|']).next()?;
    (name.chars().count() >= 2 && name.chars().all(|c| ('\u{AC00}'..='\u{D7A3}').contains(&c))).then_some(name)
}

/// What follows "by", "von", "Автор:" at a line's beginning.
fn without_by(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    let lower = line.to_lowercase();
    // Lower case may have another length; the phrases are then not to be cut off.
    if lower.len() != line.len() {
        return None;
    }
    let longest = phrases::before_names()
        .iter()
        .filter(|phrase| lower.starts_with(**phrase))
        .max_by_key(|phrase| phrase.len())?;
    let rest = line.get(longest.len()..)?;
    let ends_word =
        rest.starts_with([' ', ':', '：', '\u{a0}', '|', '/', '／', '　']) || longest.ends_with([':', '：', '/']);
    let trimmed = rest.trim_start_matches([' ', ':', '：', '\u{a0}', '|', '/', '／', '　', '-']);
    // "From Monday" and "De la Rosa" begin with such words, too: the shortest ones need a colon or a name in capitals.
    (ends_word && !trimmed.is_empty()).then_some(trimmed)
}

/// The names in a byline. What is stated as a name may be one word.
fn names_in(text: &str, is_stated: bool) -> Vec<String> {
    let text: String = text.chars().take(LONGEST).collect();
    if text.contains("://") || text.starts_with("www.") || text.starts_with('@') {
        return Vec::new();
    }
    // A name that readers gave themselves: one word with figures in it.
    let is_handle = |text: &str| {
        text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
            && text.chars().any(char::is_alphabetic)
            && text.chars().any(char::is_numeric)
    };
    if is_stated && text.len() <= 40 && is_handle(&text) {
        return vec![text];
    }
    // "Jane (J.D.) Doe": what is in brackets within a name is another form of it.
    let text = match text.split_once(" (").and_then(|(before, rest)| Some((before, rest.split_once(") ")?.1))) {
        Some((before, after)) if is_stated && after.starts_with(char::is_uppercase) => format!("{before} {after}"),
        _ => text,
    };
    let mut rest = text.as_str();
    while let Some(after) = without_by(rest) {
        rest = after;
    }
    // A byline often runs on into a date, a place, a role or a counter.
    let end = rest
        .find(|c: char| {
            c.is_numeric()
                || matches!(c, '|' | '•' | '·' | '(' | '（' | '[' | '<' | '@' | '…' | '\u{2015}' | '»' | '#' | '｜')
        })
        .unwrap_or(rest.len());
    let mut rest = rest.get(..end).unwrap_or_default().to_owned();
    for separator in [
        " - ", " — ", " – ", " for ", " für ", " in ", " on ", " at ", " am ", " le ", " el ", " em ", " для ", " via ",
    ] {
        if let Some(at) = rest.find(separator).filter(|at| *at > 3) {
            rest.truncate(at);
        }
    }
    // A full stop ends the byline, but not after an initial or a title.
    let ends = rest.match_indices(". ").map(|(at, _)| at).find(|at| {
        rest.get(..*at).and_then(|before| before.split_whitespace().last()).is_some_and(|word| word.chars().count() > 3)
    });
    if let Some(at) = ends {
        rest.truncate(at);
    }
    let mut parts = vec![rest];
    for between in phrases::between_names().iter().copied().chain([",", ";", "、", "，", "/", "・ ", " + "]) {
        let padded = if between.is_ascii() && between.chars().all(char::is_alphabetic)
            || !between.is_ascii() && !"、，・ ".contains(between)
        {
            format!(" {between} ")
        } else {
            between.to_owned()
        };
        parts =
            parts.iter().flat_map(|part| part.split(padded.as_str()).map(str::to_owned).collect::<Vec<_>>()).collect();
    }
    parts.iter().filter_map(|part| name(part, is_stated)).collect()
}

/// One name, in order, or none.
fn name(part: &str, is_stated: bool) -> Option<String> {
    let mut words: Vec<&str> = part.split_whitespace().collect();
    // "Jane Doe Staff Writer", "Jane Doe Published", "홍길동 기자", "记者 王明".
    let is_extra = |word: &&str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        phrases::is_nobody(&word) || ROLES.contains(&word.as_str()) || date::is_month(&word)
    };
    while words.len() > 1 && words.last().is_some_and(is_extra) {
        words.pop();
    }
    // "Jane Doe CNBC", "Jane Doe example.org", "JANE DOE Special envoy".
    let in_capitals = |word: &&str| word.chars().any(char::is_alphabetic) && !word.chars().any(char::is_lowercase);
    let is_shouted = words.iter().take(2).all(in_capitals) && words.len() > 2;
    let ends_name = |word: &&str| match is_shouted {
        true => !in_capitals(word),
        false => {
            is_acronym(word) && !word.chars().all(|c| "IVX".contains(c))
                || word.trim_end_matches('.').contains('.') && word.len() > 4
        }
    };
    if let Some(end) = words.iter().skip(2).position(ends_name) {
        words.truncate(end + 2);
    }
    let name = words.join(" ");
    let name = name.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | ')' | '"' | '”'));
    let name = name.strip_suffix("기자").unwrap_or(name).trim_end_matches(['.', ' ']);
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let is_spelled = name.chars().all(|c| {
        c.is_alphabetic()
            || c.is_whitespace()
            || matches!(c, '.' | '-' | '\'' | '’' | '`' | '·' | '・' | '"' | '“' | '”' | '\u{200c}' | '\u{200d}' | '‐')
            || is_mark(c)
    });
    // "example.org" is an address.
    let is_address =
        !name.contains(' ') && name.split('.').count() == 2 && name.len() - name.find('.').unwrap_or(name.len()) <= 5;
    if !is_spelled || is_address || !(2..=60).contains(&letters) || phrases::is_nobody(name) {
        return None;
    }
    let count = name.split_whitespace().count();
    let unspaced = name.chars().any(|c| ('\u{2E80}'..='\u{D7FF}').contains(&c));
    let cased = |word: &str| {
        let first = word.chars().find(|c| c.is_alphabetic());
        first.is_none_or(|c| c.is_uppercase() || !c.is_lowercase()) || PARTICLES.contains(&word.to_lowercase().as_str())
    };
    let is_name = match () {
        () if unspaced => letters <= if is_stated { 20 } else { 8 },
        () if is_stated => count <= 6,
        () => (2..=5).contains(&count) && name.split_whitespace().all(cased),
    };
    // "Our Foreign Staff" has lost its last word.
    let is_ours = words.len() > 1 && words.first().is_some_and(|word| word.eq_ignore_ascii_case("our"));
    let is_role = is_ours || name.split_whitespace().all(|word| ROLES.contains(&word.to_lowercase().as_str()));
    let starts = name.chars().find(|c| c.is_alphabetic()).is_some_and(|c| !c.is_lowercase()) || is_stated;
    (is_name && !is_role && starts).then(|| name.to_owned())
}

/// Marks that combine with letters.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{dff}' | '\u{e31}'..='\u{e4e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(byline: &str, expected: &[&str]) {
        assert_eq!(names_in(byline, false), expected, "{byline}");
    }

    #[test]
    fn bylines_of_many_languages_name_people() {
        check("By Jane Doe and John Q. Roe", &["Jane Doe", "John Q. Roe"]);
        check("By Jane Doe, Staff Writer | March 3, 2020", &["Jane Doe"]);
        check("Von Anna von der Heide, Berlin-Korrespondentin", &["Anna von der Heide"]);
        check("Par Zoé Lenoir avec Luc Petit", &["Zoé Lenoir", "Luc Petit"]);
        check("Автор: Анна Лебедева", &["Анна Лебедева"]);
        check("Por Ana Lima e João da Costa", &["Ana Lima", "João da Costa"]);
        check("记者：王小明", &["王小明"]);
        check("홍길동 기자", &["홍길동"]);
        check("بقلم: سامي خليل", &["سامي خليل"]);
        check("By Jane Doe EXW Executive News Editor", &["Jane Doe"]);
        check("Par ZOÉ LENOIR, LUC PETIT Envoyés spéciaux à Port-Ambre", &["ZOÉ LENOIR", "LUC PETIT"]);
        check("By John Roe III", &["John Roe III"]);
    }

    #[test]
    fn nobody_is_no_author() {
        for byline in [
            "Staff",
            "By Staff Reporter",
            "By Our Foreign Staff",
            "Redaktion",
            "https://example.org/author/1",
            "By the newsroom",
            "12 March 2020",
            "",
        ] {
            check(byline, &[]);
        }
    }
}
