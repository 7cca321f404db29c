//! The entries of stories: how they grow, and what becomes of them when an item is withdrawn or goes elsewhere.

use crate::model::{Article, ItemId, StoryState};
use jiff::Timestamp;

/// Members that a story names; of a story with more, the later ones are linked to it only by their own records.
const MEMBERS: usize = 1_000;
/// Agencies that a story names.
const AGENCIES: usize = 100;

/// The story after this member was withdrawn; none when that changes nothing. What the withdrawn text put at its head
/// gives way to the notice, and the next text that is told takes the notice's place.
pub(super) fn withdrawn(story: Option<&StoryState>, withdrawn: Option<&str>, notice: &Article) -> Option<StoryState> {
    let story = story.filter(|story| story.members.contains(&notice.id))?;
    let alone = story.members.len() == 1;
    let is_origin = story.id == notice.id.0;
    if !alone && !is_origin && story.headline.as_deref() != withdrawn {
        return None;
    }
    let now = StoryState { headline: notice.headline.clone(), longest: 0, ..story.clone() };
    (*story != now).then_some(now)
}

/// The story after this article joined it or was revised; none when that changed nothing.
pub(super) fn joined(
    story: Option<&StoryState>,
    id: &str,
    first_seen: Timestamp,
    article: &Article,
) -> Option<StoryState> {
    let mut now = story.cloned().unwrap_or_else(|| StoryState {
        v: 1,
        id: id.to_owned(),
        members: Vec::new(),
        agencies: Vec::new(),
        first_seen,
        headline: None,
        longest: 0,
        merged_into: None,
        merged: Vec::new(),
        split_from: None,
    });
    if now.members.len() < MEMBERS && !now.members.contains(&article.id) {
        now.members.push(article.id.clone());
    }
    if let Some(agency) = &article.wire.agency
        && now.agencies.len() < AGENCIES
        && !now.agencies.contains(agency)
    {
        now.agencies.push(agency.clone());
    }
    // The original's own headline follows its revisions; another's takes its place when that text is fuller.
    let is_origin = ItemId(now.id.clone()) == article.id;
    let fuller = article.body.len() > now.longest || (is_origin && article.body.len() == now.longest);
    if article.headline.is_some() && (now.headline.is_none() || fuller) {
        now.headline.clone_from(&article.headline);
    }
    now.longest = now.longest.max(article.body.len());
    (story != Some(&now)).then_some(now)
}

/// Two stories that turned out to be one: the one that was seen first, with what was in the other, and the other.
pub(super) fn merged(one: StoryState, other: StoryState) -> (StoryState, StoryState) {
    let (mut kept, mut gone) =
        if (one.first_seen, &one.id) <= (other.first_seen, &other.id) { (one, other) } else { (other, one) };
    for member in &gone.members {
        if kept.members.len() < MEMBERS && !kept.members.contains(member) {
            kept.members.push(member.clone());
        }
    }
    for agency in &gone.agencies {
        if kept.agencies.len() < AGENCIES && !kept.agencies.contains(agency) {
            kept.agencies.push(agency.clone());
        }
    }
    if kept.merged.len() < MEMBERS {
        kept.merged.push(gone.id.clone());
    }
    gone.merged_into = Some(kept.id.clone());
    (kept, gone)
}

/// The story without an item that went elsewhere; none when it was not in it.
pub(super) fn without(mut story: StoryState, item: &ItemId) -> Option<StoryState> {
    let members = story.members.len();
    story.members.retain(|member| member != item);
    (story.members.len() < members).then_some(story)
}
