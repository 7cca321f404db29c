//! Lines that pages put around and between the paragraphs of their stories, by what they say.
//!
//! In: one line of text. Out: whether it is such a line. The phrases of the languages that are read are the table
//! `phrases.tsv`; a new language is new rows.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The kinds of lines, each with its phrases in lower case.
static PHRASES: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut phrases: HashMap<&str, Vec<&str>> = HashMap::new();
    for (kind, list) in include_str!("phrases.tsv").lines().filter_map(|line| line.split_once('\t')) {
        phrases.entry(kind).or_default().extend(list.split('|').map(str::trim).filter(|phrase| !phrase.is_empty()));
    }
    phrases
});

fn of(kind: &str) -> &'static [&'static str] {
    PHRASES.get(kind).map_or(&[], Vec::as_slice)
}

/// Characters of a line that are looked at.
const LONGEST: usize = 300;

fn plain(text: &str) -> String {
    let text: String = text.chars().take(LONGEST).collect::<String>().to_lowercase().replace(['’', '‘'], "'");
    text.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

fn begins(line: &str, phrase: &str) -> bool {
    line.strip_prefix(phrase).is_some_and(|rest| {
        !rest.starts_with(char::is_alphanumeric) || phrase.chars().last().is_some_and(|c| c >= '\u{2E80}')
    })
}

/// A whole line that is no part of any story: "Advertisement", "Share this article", "Read more".
pub fn is_furniture(text: &str) -> bool {
    if text.len() > 120 {
        return false;
    }
    let line = plain(text);
    of("furniture").contains(&line.as_str()) || of("label").contains(&line.as_str())
}

/// A line that heads links to other stories: "Read also", "More on this story: ...".
pub fn is_label(text: &str) -> bool {
    let line = plain(text);
    // One word may begin a sentence as well: it must stand alone or before a colon.
    let is_apart = |phrase: &str| {
        let rest = line.strip_prefix(phrase).unwrap_or_default();
        phrase.contains(' ') || rest.is_empty() || rest.starts_with([':', '：', '|', '»', '-', '–', '—'])
    };
    of("label").iter().any(|phrase| begins(&line, phrase) && is_apart(phrase))
}

/// What a consent form says.
pub fn is_consent(text: &str) -> bool {
    let line = plain(text);
    of("consent").iter().any(|phrase| line.contains(phrase))
}

/// What stands where the rest of a story is for subscribers.
pub fn is_pay_wall(text: &str) -> bool {
    let line = plain(text);
    of("wall").iter().any(|phrase| line.contains(phrase))
}

/// A heading behind which no more of the story comes: "12 comments", "About the author".
pub fn is_end(text: &str) -> bool {
    if text.len() > 90 {
        return false;
    }
    let line = plain(text);
    let words = line.trim_matches(|c: char| !c.is_alphabetic()).trim_end_matches([' ', '(', ')', ':']);
    of("end").contains(&words)
}

/// A line that asks readers to follow, to subscribe or to send something.
pub fn is_promotion(text: &str) -> bool {
    let line = plain(text);
    of("promotion").iter().any(|phrase| begins(&line, phrase))
}

/// A line about the rights in what the page shows.
pub fn is_rights(text: &str) -> bool {
    let text = text.trim_start();
    if text.len() > 600 {
        return false;
    }
    let line = plain(text);
    // A paragraph may begin with the credit of its picture.
    text.starts_with(['©', 'ⓒ']) && text.len() <= 160
        || line.starts_with("copyright")
        || of("rights").iter().any(|phrase| line.contains(phrase))
}

/// What a page says that wants to know whether a person reads it, or that has nothing to show.
pub fn is_refusal(text: &str) -> bool {
    let line = plain(text);
    of("refusal").iter().any(|phrase| line.contains(phrase))
}

/// What stands in the place of a player, a map or a post that wants scripts.
pub fn is_unplayable(text: &str) -> bool {
    let line = plain(text);
    of("player").iter().any(|phrase| line.contains(phrase))
}

/// What a link to the next part of a story says.
pub fn is_next(text: &str) -> bool {
    of("next").contains(&plain(text).as_str())
}

/// What stands before the number of a part in an address: "page", "seite".
pub fn is_part(word: &str) -> bool {
    of("part").contains(&word.to_ascii_lowercase().as_str())
}

/// A name that is no person's: "Staff", "Redaktion", "admin".
pub fn is_nobody(name: &str) -> bool {
    let line = plain(name);
    of("nobody").contains(&line.as_str())
}

/// Words that part or end the names of a byline ("and", "for the"), with blanks around them.
pub fn between_names() -> &'static [&'static str] {
    of("between")
}

/// What stands before the names of a byline.
pub fn before_names() -> &'static [&'static str] {
    of("by")
}

/// What stands before the time of publication.
pub fn before_publication() -> &'static [&'static str] {
    of("published")
}

/// What stands before the time of the last change.
pub fn before_change() -> &'static [&'static str] {
    of("updated")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_known_by_what_they_say() {
        assert!(
            is_furniture("ADVERTISEMENT") && is_furniture("Read more »") && !is_furniture("Read more books, he said.")
        );
        assert!(
            is_label("Читайте также: Мост открыт") && is_label("相关阅读：大桥") && !is_label("Related costs rose.")
        );
        assert!(
            is_rights("© 2023 Beispiel")
                && is_rights("Beispiel. Alle Rechte vorbehalten.")
                && !is_rights("Rights groups protested.")
        );
        assert!(is_consent("We use cookies and similar technologies.") && !is_consent("She baked cookies."));
        assert!(is_pay_wall("Subscribe to continue reading") && is_pay_wall("Материал доступен только подписчикам"));
        assert!(is_end("12 Comments") && is_end("Комментарии (3)") && !is_end("Comments by the minister"));
        assert!(is_nobody("Redaktion") && is_nobody("ADMIN") && !is_nobody("Ada Staff"));
    }
}
