//! What the whole story says of its figures, once all have been read: places, kinds, days, parts of the population, bases of
//! rates.
//!
//! In: a [`Finder`] that has read everything. Out: its figures, corrected. What holds: none comes, none goes; learnt models are
//! asked only where the judge is.

use super::{Finder, dated, home, newness, of_whom, period, rates, sums, whose};
use crate::extract::places::Place;

/// What headline and body name, where the judge is asked.
#[derive(Default)]
pub(super) struct Spoken<'p> {
    pub(super) places: whose::Names<'p>,
    pub(super) days: dated::Days,
    pub(super) parts: of_whom::Parts,
}

impl<'p> Finder<'_, 'p> {
    /// Corrects the figures in the order in which one needs the other.
    pub(super) fn settle(&mut self) {
        self.place();
        self.tell_kinds();
        sums::correct(&mut self.found);
        sums::beside_totals(&mut self.found, &self.follows);
        if self.judged.is_some() {
            dated::correct(&mut self.found, &self.spoken.days, self.article);
            of_whom::correct(&mut self.found, &self.spoken.parts, self.article);
        }
        rates::carry_bases(&mut self.found);
        period::carry(&mut self.found);
    }

    /// Gives the figures of no place, and those that inherited another than they are of, theirs.
    pub(super) fn place(&mut self) {
        home::fill(self);
        if self.judged.is_some() {
            let mut found = std::mem::take(&mut self.found);
            whose::correct(&mut found, &self.places());
            self.found = found;
        }
    }

    /// The story, as figures are placed in it.
    pub(super) fn places(&self) -> whose::Story<'_, 'p> {
        let context = &self.context;
        let seat =
            |home: &Place| self.places.capital(home.iso2.as_deref()?).map(|seat| seat.subdivision == home.subdivision);
        whose::Story {
            article: self.article,
            places: self.places,
            names: &self.spoken.places,
            dateline: [context.dateline, context.home.or_else(|| self.mostly_of())],
            seat: context.home.and_then(seat),
            local: context.local,
            mostly: context.mostly.country,
        }
    }

    /// Tells new counts from totals.
    pub(super) fn tell_kinds(&mut self) {
        if self.judged.is_some() {
            newness::correct(&mut self.found, &self.follows, &self.network.newness, self.article);
        }
    }
}
