//! Who held which office when: a story of 2020 has the president of 2020.
//!
//! In: `tables/terms.tsv` and `tables/wikidata.tsv`, the day of a story. Out: holders of offices, and identities of people
//! and bodies. What holds: nobody is taken for a holder where the table has two on that day, and a surname alone is
//! somebody of the table only where the story gives it the country or the office.

use super::knowledge::{fold, rows};
use crate::model::{Entity, EntityType};
use jiff::civil::Date;
use rustc_hash::FxHashMap;

/// A term of office.
pub(super) struct Term {
    pub(super) name: &'static str,
    /// ISO 3166-1 alpha-2; empty for an international body.
    pub(super) country: &'static str,
    /// As a role noun.
    pub(super) office: &'static str,
    /// The body, where there is no country.
    #[cfg_attr(not(test), expect(dead_code, reason = "a fact of the table that nobody asks for yet"))]
    body: &'static str,
    from: &'static str,
    to: &'static str,
    wikidata: &'static str,
}

impl Term {
    /// Whether it runs on a day. A term known by its month or year runs in all of it.
    fn runs(&self, day: &str) -> bool {
        let since = day.get(..self.from.len()).is_none_or(|day| day >= self.from);
        let until = self.to.is_empty() || day.get(..self.to.len()).is_none_or(|day| day <= self.to);
        since && until
    }
}

/// The tables, compiled.
pub(super) struct Offices {
    terms: Vec<Term>,
    by_country: FxHashMap<&'static str, Vec<usize>>,
    by_name: FxHashMap<String, Vec<usize>>,
    by_surname: FxHashMap<String, Vec<usize>>,
    bodies: FxHashMap<String, &'static str>,
}

impl Offices {
    /// Compiles the tables.
    pub(super) fn new() -> Self {
        let mut offices = Self {
            terms: Vec::new(),
            by_country: FxHashMap::default(),
            by_name: FxHashMap::default(),
            by_surname: FxHashMap::default(),
            bodies: FxHashMap::default(),
        };
        for row in rows(include_str!("tables/terms.tsv")) {
            let cell = |n: usize| row.get(n).copied().unwrap_or_default();
            let [name, country, office, body, from, to, wikidata] = [0, 1, 2, 3, 4, 5, 6].map(cell);
            let number = offices.terms.len();
            offices.terms.push(Term { name, country, office, body, from, to, wikidata });
            let key = if country.is_empty() { body } else { country };
            offices.by_country.entry(key).or_default().push(number);
            let folded = fold(name);
            if let Some(surname) = folded.split(' ').next_back() {
                offices.by_surname.entry(surname.to_owned()).or_default().push(number);
            }
            offices.by_name.entry(folded).or_default().push(number);
        }
        offices.bodies = rows(include_str!("tables/wikidata.tsv"))
            .filter_map(|row| Some((fold(row.first()?), *row.get(1)?)))
            .collect();
        offices
    }

    /// Those who hold an office of a country on a day, as far as it `fits`; none where they are two people.
    pub(super) fn holder(&self, country: &str, day: Date, fits: impl Fn(&str) -> bool) -> Option<&Term> {
        let day = day.to_string();
        let terms = self.by_country.get(country)?.iter().filter_map(|n| self.terms.get(*n));
        let mut holding = terms.filter(|term| term.runs(&day) && fits(term.office));
        let first = holding.next()?;
        holding.all(|term| term.name == first.name).then_some(first)
    }

    /// Gives people and bodies of the tables their identity.
    pub(super) fn identify(&self, entities: &mut [Entity], day: Option<Date>) {
        for entity in entities {
            match entity.kind {
                EntityType::Organisation => {
                    if let Some(id) = self.bodies.get(&fold(&entity.name)) {
                        entity.links.entry("wikidata".to_owned()).or_insert_with(|| (*id).to_owned());
                    }
                }
                EntityType::Person => self.person(entity, day),
                _ => {}
            }
        }
    }

    fn person(&self, entity: &mut Entity, day: Option<Date>) {
        let folded = fold(&entity.name);
        let term = match self.by_name.get(&folded) {
            Some(terms) => terms.first(),
            None if !folded.contains(' ') => self.by_surname(&folded, entity, day),
            None => None,
        };
        let Some(term) = term.and_then(|term| self.terms.get(*term)) else { return };
        if fold(term.name) != folded {
            term.name.clone_into(&mut entity.name);
        }
        if entity.country.is_none() && !term.country.is_empty() {
            entity.country = Some(term.country.to_owned());
        }
        if !term.wikidata.is_empty() {
            entity.links.entry("wikidata".to_owned()).or_insert_with(|| term.wikidata.to_owned());
        }
    }

    /// "President Duda", "the German chancellor, Merkel": one of that surname in office, of the country or the office told.
    fn by_surname(&self, surname: &str, entity: &Entity, day: Option<Date>) -> Option<&usize> {
        let day = day?.to_string();
        let role = fold(entity.role.as_deref()?);
        let mut fitting = self.by_surname.get(surname)?.iter().filter(|term| {
            self.terms.get(**term).is_some_and(|term| {
                let country = entity.country.as_deref().is_none_or(|country| country == term.country);
                term.runs(&day) && country && role.contains(term.office)
            })
        });
        let first = fitting.next()?;
        let name = |term: &usize| self.terms.get(*term).map(|term| term.name);
        fitting.all(|term| name(term) == name(first)).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_decides_who_held_an_office() {
        let offices = Offices::new();
        let president = |country: &str, day: Date| {
            offices.holder(country, day, |office| office == "president").map(|term| term.name)
        };
        assert_eq!(president("US", date(2016, 5, 1)), Some("Barack Obama"));
        assert_eq!(president("US", date(2020, 5, 1)), Some("Donald Trump"));
        assert_eq!(president("FR", date(2020, 9, 29)), Some("Emmanuel Macron"));
        assert_eq!(president("XX", date(2020, 9, 29)), None);
    }

    /// What the tables promise: dates that are dates, countries that are countries, terms that end after they begin.
    #[test]
    fn every_term_is_well_formed() {
        let places = crate::extract::places::Places::new();
        for term in &Offices::new().terms {
            let told = format!("{} {} {}", term.name, term.office, term.from);
            assert!(term.country.is_empty() != term.body.is_empty(), "{told}");
            assert!(term.country.is_empty() || places.country(term.country).is_some(), "{told}");
            assert!(term.to.is_empty() || term.from <= term.to || term.from.starts_with(term.to), "{told}");
            for day in [term.from, term.to].iter().filter(|day| !day.is_empty()) {
                let whole = format!("{day}{}", "-01-01".get(day.len().saturating_sub(4)..).unwrap_or_default());
                assert!(whole.parse::<Date>().is_ok(), "{told}: {day}");
            }
            assert!(term.wikidata.is_empty() || term.wikidata.trim_start_matches('Q').parse::<u64>().is_ok(), "{told}");
        }
    }
}
