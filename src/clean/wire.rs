//! Wire structure: dateline, agency, byline, slug, editor's notes, subheads, sections.

use crate::model::Article;

/// Fills `wire` and `sections` of an article whose text is final. `agency` is the operator's or caller's hint, used
/// where the text names none. The text itself is not changed: the dateline stays in the body.
pub fn structure(_article: &mut Article, _agency: Option<&str>) {
    unimplemented!()
}
