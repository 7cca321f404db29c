//! Choosing among candidates: no two mentions overlap, one name has one type in a story, later short forms follow the
//! full name.
//!
//! In: the candidates of all texts of an article. Out: for every text the mentions that stand. The choice is the set of
//! candidates with the highest total score that do not overlap, found in one pass over the tokens; then the story's
//! own names (surnames, acronyms in brackets) join the candidates and the choice is made again.

use super::candidate::{Candidate, Meaning, TYPES, Text};
use super::hash;
use super::knowledge::{Knowledge, fold, fold_onto};
use super::token::{Case, Token};
use crate::model::{EntityType, MentionForm};
use foldhash::{HashMap, HashSet};

/// More people of one surname are not told apart.
const MOST_NAMESAKES: usize = 20;

/// Words of the longest name that is sought again.
const MOST_WORDS: usize = 4;

/// What the story itself teaches about a name.
#[derive(Default)]
pub(super) struct Learnt {
    /// Folded last name to folded full names, in order of appearance.
    pub(super) surnames: HashMap<String, Vec<String>>,
    /// Acronym to the name it was introduced for.
    pub(super) acronyms: HashMap<String, (EntityType, String)>,
    /// Folded names of companies without their legal form.
    plain: Vec<String>,
    /// Folded name to its type.
    types: HashMap<String, EntityType>,
    /// The numbers of the first words of each surname and each name with a type, of one word and of more: most words of a
    /// text begin none, and no name is made of them.
    beginnings: HashSet<u64>,
}

impl Learnt {
    /// Takes up a name of words with these numbers.
    fn begins(&mut self, words: impl Iterator<Item = u64>) {
        let mut state = 0;
        for word in words.take(MOST_WORDS) {
            state = hash::step(state, word);
            self.beginnings.insert(state);
        }
    }
}

/// Chooses the mentions of every text.
pub(super) fn choose<'k>(
    knowledge: &Knowledge,
    texts: &[Text<'_>],
    mut candidates: Vec<Vec<Candidate<'k>>>,
) -> (Vec<Vec<Candidate<'k>>>, Learnt) {
    let first: Vec<Vec<Candidate<'k>>> =
        texts.iter().zip(&candidates).map(|(text, candidates)| best(text.tokens.len(), candidates)).collect();
    let learnt = learn(knowledge, texts, &first);
    for (text, candidates) in texts.iter().zip(&mut candidates) {
        repeat(knowledge, text, &learnt, candidates);
        for candidate in candidates.iter_mut() {
            retype(text, &learnt, candidate);
        }
    }
    let mut chosen: Vec<Vec<Candidate<'k>>> =
        texts.iter().zip(&candidates).map(|(text, candidates)| best(text.tokens.len(), candidates)).collect();
    // The office before a name is known to the rule of shape only; the table's candidate for the same words takes it over.
    for (chosen, candidates) in chosen.iter_mut().zip(&candidates) {
        let offices: HashMap<(usize, usize), usize> = candidates
            .iter()
            .filter_map(|candidate| Some(((candidate.first, candidate.end), candidate.role_from?)))
            .collect();
        for mention in chosen.iter_mut().filter(|mention| mention.kind == EntityType::Person) {
            mention.role_from = mention.role_from.or_else(|| offices.get(&(mention.first, mention.end)).copied());
        }
    }
    (chosen, learnt)
}

/// The set of candidates that do not overlap with the highest total score (weighted interval scheduling).
fn best<'k>(tokens: usize, candidates: &[Candidate<'k>]) -> Vec<Candidate<'k>> {
    let mut by_end: Vec<&Candidate<'k>> =
        candidates.iter().filter(|candidate| candidate.first < candidate.end && candidate.end <= tokens).collect();
    by_end.sort_by_key(|candidate| candidate.end);
    // What the best choice among those that end here or before scores, for every place where one ends.
    let mut scores: Vec<(usize, u32, Option<&Candidate<'k>>)> = vec![(0, 0, None)];
    let upto =
        |scores: &[(usize, u32, Option<&Candidate<'k>>)], at: usize| scores.partition_point(|(end, ..)| *end <= at);
    for same in by_end.chunk_by(|one, next| one.end == next.end) {
        let Some(end) = same.first().map(|candidate| candidate.end) else { continue };
        let mut top = scores.last().map_or(0, |(_, score, _)| *score);
        let mut pick = None;
        for candidate in same {
            let before = scores.get(upto(&scores, candidate.first) - 1).map_or(0, |(_, score, _)| *score);
            let total = before + candidate.score();
            if total > top {
                top = total;
                pick = Some(*candidate);
            }
        }
        scores.push((end, top, pick));
    }
    let mut chosen = Vec::new();
    let mut left = scores.len();
    while let Some((_, _, pick)) = left.checked_sub(1).and_then(|last| scores.get(last)) {
        match pick {
            Some(candidate) => {
                chosen.push(**candidate);
                left = upto(&scores, candidate.first);
            }
            None => left -= 1,
        }
    }
    chosen.reverse();
    chosen
}

/// The folded words of a mention.
pub(super) fn name_of(text: &Text<'_>, candidate: &Candidate<'_>) -> String {
    let words = text.tokens.get(candidate.first..candidate.end).unwrap_or_default();
    let length = words.first().zip(words.last()).map_or(0, |(first, last)| last.end.saturating_sub(first.start));
    let mut name = String::with_capacity(length);
    for word in words {
        if word.spaced && !name.is_empty() {
            name.push(' ');
        }
        fold_onto(word.text, &mut name);
    }
    name
}

fn learn(knowledge: &Knowledge, texts: &[Text<'_>], chosen: &[Vec<Candidate<'_>>]) -> Learnt {
    let mut learnt = Learnt::default();
    let mut votes: HashMap<String, [u32; TYPES.len()]> = HashMap::default();
    for (text, mentions) in texts.iter().zip(chosen) {
        for mention in mentions {
            let name = name_of(text, mention);
            if mention.kind == EntityType::Person {
                learn_person(knowledge, text, mention, &name, &mut learnt);
            }
            learn_acronym(text, mention, &mut learnt);
            if mention.kind == EntityType::Organisation {
                learn_plain_name(text, mention, &mut learnt);
            }
            let place = TYPES.iter().position(|kind| *kind == mention.kind);
            if let Some(votes) = place.and_then(|place| votes.entry(name).or_default().get_mut(place)) {
                *votes += mention.sureness * mention.sureness;
            }
            let words = text.tokens.get(mention.first..mention.end).unwrap_or_default();
            learnt.begins(words.iter().map(|word| word.folded));
        }
    }
    let voted = votes.into_iter().filter_map(|(name, votes)| {
        let most = votes.into_iter().max().filter(|most| *most > 0)?;
        // Ties go to the type that comes first.
        votes.into_iter().zip(TYPES).find(|(votes, _)| *votes == most).map(|(_, kind)| (name, kind))
    });
    learnt.types = voted.collect();
    for name in std::mem::take(&mut learnt.plain) {
        learnt.types.insert(name, EntityType::Organisation);
    }
    learnt
}

fn learn_person(knowledge: &Knowledge, text: &Text<'_>, mention: &Candidate<'_>, name: &str, learnt: &mut Learnt) {
    let words: Vec<&Token<'_>> = text
        .tokens
        .get(mention.first..mention.end)
        .unwrap_or_default()
        .iter()
        .filter(|token| token.is_word())
        .collect();
    if words.len() < 2 || mention.sureness < 3 {
        return;
    }
    let full = match mention.meaning {
        Meaning::Known(known) => knowledge.known.get(known).map_or_else(|| name.to_owned(), |known| fold(&known.name)),
        _ => name.to_owned(),
    };
    let last =
        words.iter().rev().find(|word| word.is_capital() && !matches!(word.text, "Jr" | "Sr" | "II" | "III" | "IV"));
    let Some(last) = last else { return };
    let mut shorts = vec![short(&[last])];
    // "van der Berg", "bin Salman".
    if let Some(at) = words.iter().position(|word| !word.is_capital())
        && at > 0
    {
        shorts.push(short(words.get(at..).unwrap_or_default()));
    }
    // "Rafael Mendoza Ruiz" is "Mendoza Ruiz" or "Mendoza" where names go on in two families.
    if let [first, rest @ ..] = words.as_slice()
        && let [middle, family] = rest
        && [first, middle, family].iter().all(|word| word.case == Case::Capital)
        && !knowledge.is_first_name(middle.text)
        && !knowledge.is_surname_first(first.text)
    {
        shorts.push(short(rest));
        shorts.push(short(&[middle]));
    }
    if let Some((_, tail)) = last.text.split_once('-')
        && last.text.starts_with(char::is_lowercase)
    {
        // "al-Assad" is also "Assad".
        shorts.push((fold(tail), vec![hash::folded(tail)]));
    }
    // Chinese, Korean and Vietnamese surnames stand first, and royal and papal names are first names.
    if let Some(first) = words.first().filter(|first| knowledge.is_surname_first(first.text))
        && (last.text.contains('-') || !knowledge.is_first_name(first.text))
    {
        shorts.insert(0, short(&[first]));
    }
    for (short, numbers) in shorts {
        learnt.begins(numbers.into_iter());
        let fulls = learnt.surnames.entry(short).or_default();
        if fulls.len() < MOST_NAMESAKES && !fulls.contains(&full) {
            fulls.push(full.clone());
        }
    }
}

/// A name of these words, folded, and the numbers of the words.
fn short(words: &[&Token<'_>]) -> (String, Vec<u64>) {
    let folded: Vec<String> = words.iter().map(|word| fold(word.text)).collect();
    (folded.join(" "), words.iter().map(|word| word.folded).collect())
}

/// "Acme Minerals Ltd" is later "Acme Minerals".
fn learn_plain_name(text: &Text<'_>, mention: &Candidate<'_>, learnt: &mut Learnt) {
    const FORMS: [&str; 18] = [
        "Ltd",
        "Limited",
        "Inc",
        "Corp",
        "Corporation",
        "Co",
        "Company",
        "Plc",
        "PLC",
        "plc",
        "LLC",
        "AG",
        "SA",
        "SpA",
        "NV",
        "GmbH",
        "Holdings",
        "Group",
    ];
    let Some(words) = text.tokens.get(mention.first..mention.end).filter(|words| words.len() >= 2) else { return };
    let Some((form, plain)) = words.split_last() else { return };
    let (Some(first), Some(last)) = (plain.first(), plain.last()) else { return };
    if !FORMS.contains(&form.text) {
        return;
    }
    if let Some(written) = text.text.get(first.start..last.end) {
        let full = name_of(text, mention);
        learnt.acronyms.entry(written.to_owned()).or_insert((EntityType::Organisation, full));
        let folded = plain.iter().map(|word| fold(word.text)).collect::<Vec<_>>().join(" ");
        learnt.plain.push(folded);
    }
}

/// "World Health Organization (WHO)": the bracket names the acronym.
fn learn_acronym(text: &Text<'_>, mention: &Candidate<'_>, learnt: &mut Learnt) {
    let Some([open, acronym, close]) = text.tokens.get(mention.end..mention.end + 3) else { return };
    let plausible = open.text == "("
        && close.text == ")"
        && matches!(acronym.case, Case::Upper | Case::Mixed)
        && acronym.text.chars().count() <= 8
        && mention.end - mention.first >= 2;
    let first = text.tokens.get(mention.first).and_then(|token| token.text.chars().next());
    let same_letter =
        first.zip(acronym.text.chars().next()).is_some_and(|(a, b)| a.to_lowercase().eq(b.to_lowercase()));
    let any_letter = text
        .tokens
        .get(mention.first..mention.end)
        .unwrap_or_default()
        .iter()
        .any(|token| token.text.chars().next() == acronym.text.chars().next());
    if plausible && (same_letter || any_letter) && !matches!(mention.kind, EntityType::Person | EntityType::Group) {
        learnt.acronyms.entry(acronym.text.to_owned()).or_insert_with(|| (mention.kind, name_of(text, mention)));
    }
}

/// Adds the story's own names wherever they stand again.
fn repeat(knowledge: &Knowledge, text: &Text<'_>, learnt: &Learnt, candidates: &mut Vec<Candidate<'_>>) {
    let mut push = |first, end, kind, form, sureness| {
        candidates.push(Candidate { first, end, kind, form, meaning: Meaning::Shape, sureness, role_from: None })
    };
    let mut key = String::new();
    for (at, token) in text.tokens.iter().enumerate() {
        if !token.is_capital()
            && !matches!(token.text, "van" | "von" | "de" | "al" | "bin" | "del" | "di" | "da" | "el" | "le")
        {
            continue;
        }
        if let Some((kind, _)) = learnt.acronyms.get(token.text) {
            push(at, at + 1, *kind, MentionForm::Acronym, 8);
        }
        key.clear();
        let mut state = 0;
        for length in 1..=MOST_WORDS {
            let Some(next) =
                text.tokens.get(at + length - 1).filter(|next| next.sentence == token.sentence && next.is_word())
            else {
                break;
            };
            state = hash::step(state, next.folded);
            if !learnt.beginnings.contains(&state) {
                break;
            }
            if length > 1 && next.spaced {
                key.push(' ');
            }
            fold_onto(next.text, &mut key);
            let word_opens = length == 1 && (token.opens || text.is_shouted(at)) && knowledge.is_common(token.text);
            if word_opens {
                continue;
            }
            if learnt.surnames.contains_key(key.as_str()) && next.is_capital() {
                push(at, at + length, EntityType::Person, MentionForm::Short, 7);
            } else if let Some(kind) = learnt.types.get(key.as_str())
                && next.is_capital()
            {
                push(at, at + length, *kind, MentionForm::Name, 4);
            }
        }
    }
}

/// A name that is a guess here takes the type that the story as a whole gives it.
fn retype(text: &Text<'_>, learnt: &Learnt, candidate: &mut Candidate<'_>) {
    if !matches!(candidate.meaning, Meaning::Shape) || candidate.sureness >= 7 {
        return;
    }
    if let Some(kind) = learnt.types.get(&name_of(text, candidate)) {
        candidate.kind = *kind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of these words, each with how sure it is.
    fn chosen(of: &[(usize, usize, u32)]) -> Vec<(usize, usize, u32)> {
        let (kind, form, meaning) = (EntityType::Person, MentionForm::Name, Meaning::Shape);
        let candidate =
            |&(first, end, sureness)| Candidate { first, end, kind, form, meaning, sureness, role_from: None };
        let candidates: Vec<_> = of.iter().map(candidate).collect();
        best(9, &candidates).iter().map(|chosen| (chosen.first, chosen.end, chosen.sureness)).collect()
    }

    #[test]
    fn the_surest_choice_does_not_overlap() {
        assert_eq!(
            chosen(&[(0, 1, 3), (2, 4, 6), (1, 3, 9), (3, 5, 1), (7, 9, 2)]),
            [(0, 1, 3), (1, 3, 9), (3, 5, 1), (7, 9, 2)]
        );
        // Longer names win over those inside them; of equals the one that was there first.
        assert_eq!(chosen(&[(4, 5, 9), (4, 6, 1), (4, 6, 1), (8, 12, 9), (3, 3, 9)]), [(4, 6, 1)]);
    }
}
