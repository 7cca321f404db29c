//! What the trainer of the models (`tools/judge`) asks of a story.
//!
//! In: what [`super::find`] takes. Out: examples, as the models will see them. What holds: a story that is not about the disease
//! has none.

use super::trees::Asked;
use super::{Finder, begin, dated, home, network, newness, of_whom, weighed, whose};
use crate::extract::diseases::Disease;
use crate::extract::places::Places;
use crate::extract::summary::Repeated;
use crate::language::Pack;
use crate::model::{Article, Subset};

/// The counts of a body that can be new or totals, as the rules see them.
pub(crate) fn counts(pack: &Pack, places: &Places, disease: &'static Disease, article: &Article) -> newness::Story {
    let Some((mut finder, _)) = begin(pack, places, disease, article, None) else { return Default::default() };
    read_all(&mut finder);
    finder.place();
    newness::story(&finder.found, &finder.network.newness, article)
}

/// Asks which place each figure of a body is of whose own words do not say where.
pub(crate) fn placed(
    pack: &Pack,
    places: &Places,
    disease: &'static Disease,
    article: &Article,
    choose: impl FnMut(&whose::Asked) -> usize,
) {
    let Some((mut finder, _)) = begin(pack, places, disease, article, None) else { return };
    read_all(&mut finder);
    home::fill(&mut finder);
    finder.places().moved(&finder.found, choose);
}

/// Asks which day each figure of a body describes.
pub(crate) fn dated(
    pack: &Pack,
    places: &Places,
    disease: &'static Disease,
    article: &Article,
    choose: impl FnMut(&Asked<dated::Dated>) -> usize,
) {
    let Some((mut finder, _)) = begin(pack, places, disease, article, None) else { return };
    read_all(&mut finder);
    finder.place();
    finder.tell_kinds();
    dated::moved(&finder.found, &finder.spoken.days, article, choose);
}

/// Asks which part of the population each figure of a body counts.
pub(crate) fn of_whom(
    pack: &Pack,
    places: &Places,
    disease: &'static Disease,
    article: &Article,
    choose: impl FnMut(&Asked<Vec<Subset>>) -> usize,
) {
    let Some((mut finder, _)) = begin(pack, places, disease, article, None) else { return };
    read_all(&mut finder);
    finder.place();
    finder.tell_kinds();
    of_whom::moved(&finder.found, &finder.spoken.parts, article, choose);
}

/// The numbers of a body that are weighed.
pub(crate) fn weigh(pack: &Pack, places: &Places, disease: &'static Disease, article: &Article) -> Vec<weighed::Asked> {
    let Some((mut finder, _)) = begin(pack, places, disease, article, None) else { return Vec::new() };
    finder.memory.asked = Some(Vec::new());
    read_all(&mut finder);
    finder.memory.asked.unwrap_or_default()
}

/// A story as the network is told it.
pub(crate) fn listen(pack: &Pack, places: &Places, disease: &'static Disease, article: &Article) -> network::Told {
    let Some((mut finder, _)) = begin(pack, places, disease, article, None) else { return Default::default() };
    finder.network.told = Some(network::Told::default());
    read_all(&mut finder);
    finder.network.told.unwrap_or_default()
}

/// Reads a story whose summary nobody has held against its body.
fn read_all(finder: &mut Finder<'_, '_>) {
    finder.all(&Repeated::new(finder.article));
}
