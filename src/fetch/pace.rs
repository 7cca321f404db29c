//! Pure: how often a feed wants to be asked, learnt from what it brings and what it says.
//!
//! The share of new items moves the interval: what brings something new is asked sooner, what brings nothing later. What
//! the publisher says of his rhythm (`ttl`, `sy:updatePeriod`, `Cache-Control`, `Expires`) may lengthen it, unless items
//! would scroll past unseen; the hours and days that he skips are slept through. All of it only where the operator has
//! named no interval for the feed.

use crate::model::Rhythm;
use jiff::Timestamp;
use std::time::Duration;

/// A publisher's wish is followed so far; many feeds state a day and change by the minute.
pub(super) const LONGEST_WISH: Duration = Duration::from_secs(3600);
/// A feed that brings nothing is asked again after this at the latest, or after its ordinary interval if that is longer:
/// news do not come evenly.
const LONGEST_QUIET: Duration = Duration::from_secs(3600);
/// With nothing new the interval grows by this …
const GROW: f64 = 1.1;
/// … and with something new it shrinks by this and the share of new items, to half at most. In balance three polls of
/// ten bring something.
const SHRINK: f64 = 0.2;
/// From this share of new items on the feed outruns its own wish: the next poll may share no item with this one.
const OUTRUN: f64 = 0.5;

/// What one feed has taught us since its task began.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Pace {
    /// Chosen so far; none before the second document.
    learnt: Option<Duration>,
    /// Whether so much of the last document was new that no wish may slow us down.
    outrun: bool,
    /// What the last document says.
    pub(super) rhythm: Rhythm,
}

/// The bounds within which an interval is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    /// The ordinary one.
    pub(super) start: Duration,
    /// Where learning begins: about there, for each feed a little elsewhere. Of ten thousand feeds that start together
    /// most bring nothing, and they would all climb in step for hours.
    pub(super) begin: Duration,
    pub(super) least: Duration,
    pub(super) most: Duration,
}

impl Pace {
    /// Begins with what the last document said before a restart.
    pub(super) fn new(rhythm: Rhythm) -> Self {
        Self { rhythm, ..Self::default() }
    }

    /// Learns from a poll that went well; `None` for one that brought no document (304).
    pub(super) fn learn(&mut self, brought: Option<(usize, usize)>, bounds: Bounds) {
        let Some(learnt) = self.learnt else {
            // Everything in the first document is new; that says nothing.
            self.learnt = Some(bounds.begin);
            return;
        };
        let share = match brought {
            Some((new, total)) if total > 0 => (new as f64 / total as f64).min(1.0),
            _ => 0.0,
        };
        let factor = if share > 0.0 { 1.0 - (SHRINK + share).min(0.5) } else { GROW };
        self.outrun = share >= OUTRUN;
        let longest = LONGEST_QUIET.max(bounds.start).min(bounds.most);
        self.learnt = Some(learnt.mul_f64(factor).clamp(bounds.least, longest.max(bounds.least)));
    }

    /// The interval now; `fresh` is how long the response's headers say that it stays good.
    pub(super) fn wanted(&self, fresh: Option<Duration>, bounds: Bounds, now: Timestamp) -> Duration {
        let learnt = self.learnt.unwrap_or(bounds.start);
        if self.outrun {
            return learnt;
        }
        let wish = self.rhythm.wish(now).max(fresh).unwrap_or_default().min(LONGEST_WISH);
        learnt.max(wish)
    }

    /// How much later than planned the next poll comes, for it would fall into skipped hours; never beyond `most`.
    pub(super) fn sleep_in(&self, pause: Duration, most: Duration, now: Timestamp) -> Duration {
        let Ok(at) = now.checked_add(pause) else { return pause };
        let later = self.rhythm.awake_after(at).unwrap_or_default();
        if later.is_zero() { pause } else { (pause + later).min(most.max(pause)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        start: Duration::from_secs(300),
        begin: Duration::from_secs(300),
        least: Duration::from_secs(60),
        most: Duration::from_secs(86_400),
    };

    fn now() -> Timestamp {
        "2020-09-29T12:00:00Z".parse().unwrap()
    }

    fn after(polls: &[Option<(usize, usize)>]) -> Duration {
        let mut pace = Pace::default();
        pace.learn(Some((50, 50)), BOUNDS);
        polls.iter().for_each(|poll| pace.learn(*poll, BOUNDS));
        pace.wanted(None, BOUNDS, now())
    }

    #[test]
    fn the_share_of_new_items_moves_the_interval_within_its_bounds() {
        assert_eq!(after(&[]), Duration::from_secs(300));
        assert_eq!(after(&[Some((25, 50))]), Duration::from_secs(150));
        assert_eq!(after(&[Some((5, 50))]), Duration::from_secs(210));
        assert_eq!(after(&[None]), Duration::from_secs(330));
        assert_eq!(after(&[Some((0, 50))]), Duration::from_secs(330));
        assert_eq!(after(&[Some((50, 50)); 9]), BOUNDS.least);
        assert_eq!(after(&[None; 99]), LONGEST_QUIET);
    }

    #[test]
    fn a_feed_of_even_news_finds_its_interval() {
        // One item every twenty minutes in a window of fifty.
        let mut pace = Pace::default();
        let (mut clock, mut seen, mut polls) = (0.0, 0.0, 0);
        pace.learn(Some((50, 50)), BOUNDS);
        while clock < 7.0 * 86_400.0 {
            let interval = pace.wanted(None, BOUNDS, now());
            clock += interval.as_secs_f64();
            let item = (clock / 1200.0_f64).floor();
            pace.learn(Some(((item - seen) as usize, 50)), BOUNDS);
            (seen, polls) = (item, polls + 1);
        }
        let mean = clock / f64::from(polls);
        println!("C20 pace: items every 1200 s, polled every {mean:.0} s on average");
        assert!((240.0..900.0).contains(&mean), "{mean}");
    }

    #[test]
    fn a_publishers_wish_lengthens_unless_items_would_be_missed() {
        let mut pace = Pace::default();
        pace.learn(Some((50, 50)), BOUNDS);
        let wanted = |pace: &Pace, fresh| pace.wanted(fresh, BOUNDS, now());
        assert_eq!(wanted(&pace, Some(Duration::from_secs(900))), Duration::from_secs(900));
        assert_eq!(wanted(&pace, Some(Duration::from_secs(5))), Duration::from_secs(300));
        assert_eq!(wanted(&pace, Some(Duration::MAX)), LONGEST_WISH);
        pace.rhythm.ttl_minutes = Some(20);
        assert_eq!(wanted(&pace, None), Duration::from_secs(1200));
        pace.learn(Some((40, 50)), BOUNDS);
        assert_eq!(wanted(&pace, None), Duration::from_secs(150));
        pace.learn(Some((1, 50)), BOUNDS);
        assert_eq!(wanted(&pace, None), Duration::from_secs(1200));
    }

    #[test]
    fn skipped_hours_are_slept_through_within_the_bounds() {
        let mut pace = Pace::default();
        let most = BOUNDS.most;
        assert_eq!(pace.sleep_in(Duration::from_secs(300), most, now()), Duration::from_secs(300));
        pace.rhythm.skip_hours = vec![12, 13];
        assert_eq!(pace.sleep_in(Duration::from_secs(300), most, now()), Duration::from_secs(2 * 3600));
        pace.rhythm.skip_days = (0..6).collect();
        assert_eq!(pace.sleep_in(Duration::from_secs(300), most, now()), most);
        pace.rhythm.skip_hours = (0..24).collect();
        assert_eq!(pace.sleep_in(Duration::from_secs(300), most, now()), Duration::from_secs(300));
    }
}
