//! What an element of a page holds, by what its makers call it.
//!
//! In: class and id of an element. Out: the parts of a page that their words stand for, from `page_parts.tsv`. Only
//! whole words count, in the order of one class name: a page with a sidebar may call its story "with-sidebar-left", and
//! who reads the answer must look whether the element holds the story after all.

use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// Parts of a page; an element may be called several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    /// Navigation, related links, share bars, advertisements, authors' boxes.
    pub outside: bool,
    /// The same, by a name that nobody gives to what holds a story.
    pub never: bool,
    /// What readers wrote.
    pub comments: bool,
    /// A consent form or a pay wall.
    pub wall: bool,
    /// The story.
    pub body: bool,
    /// The authors' names.
    pub byline: bool,
    /// The time of publication.
    pub date: bool,
}

impl Parts {
    fn add(&mut self, part: &str) {
        match part {
            "outside" => self.outside = true,
            "never" => self.never = true,
            "comments" => self.comments = true,
            "wall" => self.wall = true,
            "body" => self.body = true,
            "byline" => self.byline = true,
            "date" => self.date = true,
            _ => {}
        }
    }
}

/// The automaton over the table's phrases, and the part that each of them names.
static PHRASES: LazyLock<Option<(AhoCorasick, Vec<&'static str>)>> = LazyLock::new(|| {
    let rows = || {
        include_str!("page_parts.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('\t'))
    };
    let patterns = rows().map(|(_, phrase)| match phrase.strip_suffix('*') {
        Some(beginning) => format!(" {beginning}"),
        None => format!(" {phrase} "),
    });
    Some((AhoCorasick::new(patterns).ok()?, rows().map(|(part, _)| part).collect()))
});

/// Longer class attributes are generated and say nothing.
const LONGEST: usize = 400;

/// The parts that class and id name.
pub fn parts<'a>(names: impl Iterator<Item = &'a str>) -> Parts {
    let mut parts = Parts::default();
    let mut words = String::new();
    for names in names {
        let tokens = names.split_whitespace();
        // WordPress hangs the story's own tags and categories onto the element that holds it.
        let is_entry = names.contains("hentry") || names.contains("type-post");
        for token in tokens {
            // The anchor of a heading has its words, and they say nothing about the page.
            let is_anchor = token.matches('-').count() >= 4 && !token.contains("__");
            let is_topic =
                is_anchor || is_entry && ["tag-", "category-", "post-"].iter().any(|prefix| token.starts_with(prefix));
            if !is_topic && words.len() < LONGEST {
                push_words(token, &mut words);
            }
        }
    }
    if let Some((automaton, of_phrase)) = PHRASES.as_ref()
        && !words.is_empty()
    {
        for found in automaton.find_overlapping_iter(&words) {
            parts.add(of_phrase.get(found.pattern().as_usize()).copied().unwrap_or_default());
        }
    }
    parts
}

/// `most-read`, `mostRead` and `most_read` become ` most read ,`; the comma keeps phrases within one name.
fn push_words(token: &str, words: &mut String) {
    words.push(' ');
    let mut before = ' ';
    for c in token.chars() {
        if !c.is_alphanumeric() {
            if before != ' ' {
                words.push(' ');
            }
            before = ' ';
            continue;
        }
        if c.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
        before = c;
    }
    if before != ' ' {
        words.push(' ');
    }
    words.push(',');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &str, expected: &str) {
        let parts = parts(std::iter::once(names));
        let named = [
            ("outside", parts.outside),
            ("never", parts.never),
            ("comments", parts.comments),
            ("wall", parts.wall),
            ("body", parts.body),
            ("byline", parts.byline),
            ("date", parts.date),
        ];
        let shown: Vec<&str> = named.iter().filter(|(_, named)| *named).map(|(name, _)| *name).collect();
        assert_eq!(shown.join(" "), expected, "{names}");
    }

    #[test]
    fn words_of_one_name_count() {
        check("mostRead", "never");
        check("most_read--wide", "never");
        check("post__content js-x", "body");
        check("most of-read", "");
        check("relatedArticles", "never");
        check("sidebar", "outside");
        check("unrelated sharepoint", "");
        check("sharing-with-a-single-developer", "");
        check("post-12 type-post hentry tag-share category-related", "");
        check("article-body", "body");
        check("comments-area", "comments");
    }
}
