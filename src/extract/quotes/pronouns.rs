//! Whom "he" and "she" mean beside a quotation.
//!
//! In: the mentions of a story and a place in it. Out: the person meant. The sex of a first name decides where it is
//! known; the verb tells nothing here. "They" and "it" are not resolved.

use super::story::Story;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// First names that only one sex bears, in lower case: whether a woman's.
static SEX: LazyLock<FxHashMap<String, bool>> = LazyLock::new(|| {
    let rows = |table: &'static str| table.lines().filter(|line| !line.starts_with('#'));
    let men = rows(include_str!("../entities/tables/first-names.txt")).flat_map(str::split_whitespace);
    let mut table: FxHashMap<String, bool> = men.map(|name| (name.to_lowercase(), false)).collect();
    for line in rows(include_str!("../entities/tables/sex-of-names.txt")) {
        let Some((sex, names)) = line.split_once(':') else { continue };
        for name in names.split_whitespace() {
            if sex == "women" {
                table.insert(name.to_owned(), true);
            } else {
                table.remove(name);
            }
        }
    }
    table
});

impl Story<'_> {
    /// Whom "he" or "she" means: the person of that sex who was last the subject of a sentence, else the one that spoke
    /// last, else the one named last. A person whose sex the text does not tell may be either.
    pub(super) fn meant(&self, before: usize, woman: bool, speaker: Option<usize>) -> Option<usize> {
        let to = self.mentions.partition_point(|(at, _, _)| *at < before);
        let fits = |person: usize| self.is_person(person) && self.woman(person).is_none_or(|known| known == woman);
        let near = || self.mentions.iter().take(to).rev().take(30).filter(|(_, _, n)| fits(*n));
        let subject = near().find(|(start, _, _)| self.is_subject(*start));
        let since = |place: usize| {
            // The one who spoke last stands unless somebody else has become the subject since.
            speaker.and_then(|speaker| {
                self.mentions
                    .iter()
                    .take(to)
                    .rev()
                    .take(30)
                    .find(|(_, _, n)| *n == speaker)
                    .map(|(at, _, _)| *at > place)
            })
        };
        match (subject, speaker.filter(|speaker| fits(*speaker))) {
            (Some((start, _, _)), Some(speaker)) if since(*start) == Some(true) => Some(speaker),
            (Some((_, _, person)), _) => Some(*person),
            (None, Some(speaker)) => Some(speaker),
            (None, None) => near().next().map(|(_, _, person)| *person),
        }
    }

    /// Whether a name opens its sentence, or stands there behind its office only: "Norwegian Finance Minister Jane Doe".
    fn is_subject(&self, start: usize) -> bool {
        let from = (0..=start.saturating_sub(160)).rev().find(|from| self.body.is_char_boundary(*from)).unwrap_or(0);
        let before = self.body.get(from..start).unwrap_or_default();
        let sentence = before.rsplit(['.', '!', '?', '\n', '”', '"']).next().unwrap_or_default();
        const SMALL: [&str; 10] = ["the", "of", "and", "but", "for", "president", "minister", "coach", "mayor", "-"];
        sentence.split_whitespace().all(|word| {
            let plain = word.trim_matches(|c: char| !c.is_alphanumeric());
            !word.ends_with(',') && (plain.starts_with(char::is_uppercase) || SMALL.contains(&plain))
        })
    }

    /// Whether a person is a woman, where the first name or a title tells.
    fn woman(&self, person: usize) -> Option<bool> {
        let entity = self.entities.get(person)?;
        let role = entity.role.as_deref().unwrap_or_default().to_lowercase();
        if ["spokeswoman", "chairwoman", "queen", "princess", "businesswoman"].iter().any(|word| role.contains(word)) {
            return Some(true);
        }
        if role.split(' ').any(|word| ["spokesman", "chairman", "king", "prince", "businessman"].contains(&word)) {
            return Some(false);
        }
        let first = entity.name.split([' ', '-']).next().unwrap_or_default().to_lowercase();
        SEX.get(first.as_str()).copied()
    }
}
