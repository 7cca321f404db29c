//! Names of persons by shape: after an office, before an age, beside a verb of saying.
//!
//! In: a run of capitalised words, as `names` has cut it. Out: candidates of type person; and, where the neighbours say
//! otherwise, what else the words name: the company of "drugmaker Acme", the place of "the Cite Soleil neighborhood".

use super::knowledge::Class;
use super::names::Run;
use super::propose::{Candidate, Meaning};
use super::token::{Case, Token};
use crate::model::{EntityType, MentionForm};

/// Nouns in lower case that follow the name of a place.
const PLACE_NOUNS: [&str; 20] = [
    "neighborhood",
    "neighbourhood",
    "district",
    "province",
    "village",
    "town",
    "suburb",
    "slum",
    "region",
    "county",
    "valley",
    "peninsula",
    "island",
    "islands",
    "township",
    "municipality",
    "river",
    "mountains",
    "governorate",
    "archipelago",
];

/// The longest name of a person, in words.
const LONGEST_PERSON: usize = 5;

impl Run<'_, '_> {
    pub(super) fn person_after_title(&self, at: usize, role_from: Option<usize>, found: &mut Vec<Candidate<'_>>) {
        // "Prime Minister's Office" or "Secretary General NATO": an organisation follows, not a person.
        if self.head(at, self.end).is_some_and(|(kind, _)| kind == EntityType::Organisation)
            && self.end - at > 1
            && !self.knowledge.is_first_name(self.word(at))
        {
            self.name(at, self.end, found);
            return;
        }
        if self.map.known(at).is_some_and(|(_, kind)| kind == EntityType::Organisation)
            && !self.knowledge.is_first_name(self.word(at))
        {
            return;
        }
        let place = self.map.place(at);
        if place.is_some_and(|(_, group)| group)
            || place.is_some_and(|(length, _)| {
                at + length < self.end
                    && !self.knowledge.is_first_name(self.word(at))
                    && self.knowledge.is_first_name(self.word(at + length))
            })
        {
            // "Prime Minister Pakistan Imran Khan".
            self.name(at + place.map_or(1, |(length, _)| length), self.end, found);
            return;
        }
        let mut end = self.person_end(at);
        if self.text.is_shouted(at) {
            // Verbs have capitals here too: only a word that is known for a name begins one, and a verb ends it.
            if !(self.knowledge.is_first_name(self.word(at))
                || self.knowledge.is_surname(self.word(at))
                || self.knowledge.is_surname_first(self.word(at)))
            {
                return;
            }
            let plain = |near: usize| {
                let lower = self.word(near).to_lowercase();
                self.knowledge.is_common(&lower) || self.knowledge.is(&lower, Class::Say)
            };
            end = (at + 1..end).find(|near| plain(*near)).unwrap_or(end);
        }
        if self.is(at, Class::Month)
            || self.is(at, Class::Acronym)
            || end == at
            || (self.token(at).is_some_and(|token| token.case == Case::Upper)
                && !self.text.is_shouted(at)
                && end - at == 1
                && self.word(at).chars().count() < 6)
        {
            return;
        }
        found.push(Candidate {
            first: at,
            end,
            kind: EntityType::Person,
            form: MentionForm::Name,
            meaning: Meaning::Shape,
            sureness: 8,
            role_from,
        });
    }

    /// Where a person's name that starts here ends: not in a month, a number, or the name of something else.
    fn person_end(&self, at: usize) -> usize {
        let mut end = at;
        let mut words = 0;
        while end < self.end && words < LONGEST_PERSON {
            let token = self.token(end);
            let stops =
                words > 0 && (self.is(end, Class::Month) || token.is_some_and(|token| token.case == Case::Number));
            if stops
                || words > 0
                    && self.knowledge.title(&self.text.tokens, end).is_some()
                    && !self.knowledge.is_surname(self.word(end))
            {
                break;
            }
            words += usize::from(token.is_some_and(Token::is_capital));
            end += 1;
        }
        // A particle or a dot at the end is none of the name.
        while end > at && self.token(end - 1).is_some_and(|token| !token.is_capital()) && self.word(end - 1) != "." {
            end -= 1;
        }
        if end > at && self.word(end - 1) == "." && !matches!(self.word(end.saturating_sub(2)), "Jr" | "Sr") {
            end -= 1;
        }
        // "Martin Luther King Jr."
        if self.word(end) == "."
            && matches!(self.word(end.saturating_sub(1)), "Jr" | "Sr")
            && self.token(end).is_some_and(|dot| !dot.spaced)
            && self
                .token(end + 1)
                .is_some_and(|next| next.sentence == self.text.tokens.get(at).map_or(0, |token| token.sentence))
        {
            end += 1;
        }
        end
    }

    /// "Jane Doe, 45," and "Jane Doe (45)".
    fn has_age(&self, end: usize) -> bool {
        matches!(self.after(end), "," | "(")
            && self.token(end + 1).is_some_and(|age| age.case == Case::Number && age.text.len() == 2)
            && matches!(self.word(end + 2), "," | ")" | "." | "years")
    }

    pub(super) fn person_or_other(&self, first: usize, end: usize, found: &mut Vec<Candidate<'_>>) {
        let shouted = self.text.is_shouted(first);
        let capitals = (first..end).filter(|at| self.token(*at).is_some_and(Token::is_capital)).count();
        let head = self.word(first);
        let before = self.before(first);
        let after = self.after(end);
        let cased = |at: usize, case: Case| self.token(at).is_some_and(|token| token.case == case);
        let speaks = self.knowledge.is(after, Class::Say)
            || self.knowledge.is(before, Class::Say)
                && !matches!(before, "told" | "asked" | "reported" | "confirmed" | "denied");
        let role = self.knowledge.is(before, Class::Role) || self.after(end) == "," && self.role_follows(end + 1);
        let earlier = first.checked_sub(2).map_or_else(String::new, |at| self.word(at).to_lowercase());
        let employer = matches!(before, "at" | "in" | "with" | "for")
            && self.knowledge.is(&earlier, Class::Employee)
            && (before != "in" || matches!(earlier.as_str(), "shares" | "stake" | "stakes" | "stock" | "investors"));
        let business = self.knowledge.is(before, Class::Business);
        let locative = matches!(before, "in" | "at" | "near" | "from" | "outside" | "around") && !employer;
        let no_name = (first..end).any(|at| self.is(at, Class::Month) || self.is(at, Class::Acronym) && !shouted);

        // Parts of addresses, handles and tags are no names: "t.co/Ab3", "@JaneDoe".
        let glued = first.checked_sub(1).and_then(|at| self.token(at)).is_some_and(|mark| {
            self.token(first).is_some_and(|token| mark.end == token.start)
                && matches!(mark.text, "/" | "@" | "#" | "_" | "=" | ".")
        });
        let code = (first..end).any(|at| {
            cased(at, Case::Mixed)
                && self.word(at).chars().any(|c| c.is_ascii_digit())
                && self.word(at).chars().count() > 6
        });
        let marks_only = (first..end).all(|at| self.is(at, Class::Acronym) || self.is(at, Class::Month));
        if capitals == 0 || no_name && capitals == 1 || glued || code || marks_only {
            return;
        }
        let given = self.knowledge.is_first_name(head)
            && !(self.token(first).is_some_and(|token| token.opens) && self.knowledge.is_common(head));
        let asian = self.knowledge.is_surname_first(head) && (2..=3).contains(&capitals) && cased(first, Case::Capital);
        if (employer || business)
            && !shouted
            && capitals <= 4
            && self.map.place(first).is_none()
            && !(given && capitals == 2)
            && !self.is(first, Class::Other)
        {
            // "drugmaker Acme", "an analyst at Acme": but "manager Jane Doe" is caught by her first name.
            self.push(found, first, end, EntityType::Organisation, if business { 6 } else { 5 });
            return;
        }
        // "the Cite Soleil neighborhood".
        if PLACE_NOUNS.contains(&after) && !shouted && !given && !self.is(first, Class::Other) && !speaks {
            self.push(found, first, end, EntityType::Place, 5);
            return;
        }
        let digits = (first..end).any(|at| self.word(at).chars().any(|c| c.is_ascii_digit()));
        let initial = cased(first, Case::Letter) || head.contains('.') && head.len() <= 5;
        if capitals >= 2 {
            let person_end = self.person_end(first);
            let second_common =
                self.knowledge.is_common(self.word(end - 1)) && !self.knowledge.is_surname(self.word(end - 1));
            if given && !(shouted && second_common) {
                self.push(found, first, person_end, EntityType::Person, 7);
            } else if asian
                && !shouted
                && (self.word(first + 1).contains('-') || !self.knowledge.is_common(self.word(first + 1)))
            {
                self.push(found, first, person_end, EntityType::Person, 5);
            } else if initial && !shouted && capitals <= 4 {
                self.push(found, first, person_end, EntityType::Person, 6);
            } else if shouted {
                // Capitals say nothing here, and nothing else spoke for a name.
            } else if digits {
                self.push(found, first, end, EntityType::Organisation, 2);
            } else if self.has_age(end) || speaks || role {
                self.push(found, first, person_end, EntityType::Person, 5);
            } else if (first..end)
                .any(|at| cased(at, Case::Upper) || cased(at, Case::Mixed) && !self.word(at).contains('-'))
            {
                self.push(found, first, end, EntityType::Organisation, 2);
            } else if locative && before != "from" {
                self.push(found, first, end, EntityType::Place, 3);
            } else if matches!(before, "the" | "The") {
                self.push(found, first, end, EntityType::Organisation, 1);
            } else if capitals <= 3
                && !(first..end).any(|at| self.knowledge.is_common(self.word(at)) || self.is(at, Class::Other))
            {
                self.push(found, first, person_end, EntityType::Person, 3);
            } else if capitals >= 2 && !self.token(first).is_some_and(|token| token.opens) {
                self.push(found, first, end, EntityType::Organisation, 1);
            }
            return;
        }
        let Some(token) = self.token(first) else { return };
        let opener = token.opens && self.knowledge.is_common(head);
        if opener
            || shouted
            || self.is(first, Class::Other)
            || self.is(first, Class::Month)
            || self.is(first, Class::Acronym)
        {
            return;
        }
        let organisation_word = self.is(first, Class::Organisation)
            || self.is(first, Class::OrganisationOf)
            || self.is(first, Class::Facility)
            || self.is(first, Class::Place);
        match token.case {
            Case::Upper
                if token.text.chars().count() >= 2
                    && token.text.chars().count() <= 7
                    && !self.knowledge.is_common(head) =>
            {
                self.push(found, first, end, EntityType::Organisation, 3)
            }
            _ if organisation_word || self.knowledge.is_common(head) && !speaks => {}
            Case::Mixed => self.push(found, first, end, EntityType::Organisation, 2),
            Case::Capital | Case::Upper => {
                if self.has_age(end) || (speaks || role) && !matches!(before, "the" | "The") {
                    self.push(found, first, end, EntityType::Person, 4);
                } else if locative
                    && (matches!(before, "in" | "near" | "outside" | "around") || !self.knowledge.is_first_name(head))
                {
                    self.push(found, first, end, EntityType::Place, 3);
                } else if matches!(before, "its" | "the" | "The" | "a" | "an" | "their" | "our" | "this") {
                    // "its Aurora probe": a thing that bears a name.
                } else if self.knowledge.is_surname(head)
                    || self.knowledge.is_surname_first(head) && head.len() > 3 && self.knowledge.is_first_name(head)
                    || self.knowledge.is_first_name(head)
                {
                    self.push(found, first, end, EntityType::Person, 2);
                } else if !token.opens && matches!(after, "'s" | "’s") && before != "the" {
                    self.push(found, first, end, EntityType::Person, 1);
                }
            }
            _ => {}
        }
    }

    /// ", the president of", ", a spokesman": an apposition that says what the person is.
    fn role_follows(&self, at: usize) -> bool {
        let article = matches!(
            self.word(at),
            "the"
                | "a"
                | "an"
                | "who"
                | "whose"
                | "former"
                | "head"
                | "director"
                | "president"
                | "chairman"
                | "spokesman"
                | "spokeswoman"
                | "professor"
                | "executive"
                | "chief"
        );
        article && (at..at + 6).any(|near| self.is(near, Class::Role) || self.word(near) == "who")
    }
}
