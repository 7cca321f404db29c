//! One picture as text: rooms, feeds and the latest records. Pure; no line is longer than the window is wide.
//!
//! What feeds say of themselves is hostile: it is shown without anything that could steer a terminal.

use super::pace::Rates;
use crate::{
    commands::show::{Style, Tone, grouped, harmless},
    model::{FeedSnapshot, FeedState, Snapshot, StageCount},
    status::{length, seconds},
};
use jiff::Timestamp;
use std::cmp::Reverse;
use unicode_normalization::char::is_combining_mark;

/// Feeds and records where no window bounds them.
const FEEDS: usize = 20;
const RECORDS: usize = 10;

/// What is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) rates: &'s Rates,
    pub(super) now: Timestamp,
    /// Why the daemon did not answer last, where it did not.
    pub(super) away: Option<&'s str>,
}

/// The window; without rows it is as long as it must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) rows: Option<usize>,
}

/// Which feeds come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sort {
    /// Those with trouble in the first half, then the busiest.
    #[default]
    Trouble,
    Pace,
    NextPoll,
    Name,
}

impl Sort {
    /// The one after it.
    pub(super) fn next(self) -> Self {
        match self {
            Sort::Trouble => Sort::Pace,
            Sort::Pace => Sort::NextPoll,
            Sort::NextPoll => Sort::Name,
            Sort::Name => Sort::Trouble,
        }
    }

    fn said(self) -> &'static str {
        match self {
            Sort::Trouble => "trouble",
            Sort::Pace => "pace",
            Sort::NextPoll => "next poll",
            Sort::Name => "name",
        }
    }
}

/// A line in the making.
type Line = Vec<(Tone, String)>;

/// The picture, line by line.
pub(super) fn text(picture: &Picture<'_>, size: Size, sort: Sort, style: Style) -> String {
    let mut lines = head(picture);
    lines.push(Line::new());
    lines.extend(rooms(picture));
    // Two tables are left, each with an empty line and its head.
    let room = size.rows.map(|rows| rows.saturating_sub(lines.len() + 4));
    let records = picture.snapshot.latest.len().min(room.map_or(RECORDS, |room| room / 3));
    lines.push(Line::new());
    lines.extend(feeds(picture, sort, room.map_or(FEEDS, |room| room - records)));
    lines.push(Line::new());
    lines.extend(latest(picture, records));
    lines.truncate(size.rows.unwrap_or(usize::MAX));
    lines.iter().map(|line| painted(line, size.columns, style)).collect()
}

/// Cut at the right edge; what is cut off is none of the cells' affair.
fn painted(line: &Line, columns: usize, style: Style) -> String {
    let mut left = columns;
    let mut out = String::new();
    for (tone, text) in line {
        let text = cut(text, left);
        left -= width(&text);
        out.push_str(&style.paint(*tone, &text));
    }
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
    out
}

fn head(picture: &Picture<'_>) -> Vec<Line> {
    let Picture { snapshot, now, away, .. } = picture;
    let Snapshot { intake, publisher, configuration, .. } = snapshot;
    let ready = if snapshot.ready { (Tone::Good, "ready") } else { (Tone::Bad, "not ready") };
    let troubled = snapshot.feeds.iter().filter(|feed| has_trouble(feed)).count();
    let connected = if publisher.connected { "connected" } else { "away" };
    let oldest = match intake.oldest {
        Some(oldest) => format!("oldest waits {}", length(seconds(oldest, *now))),
        None => "nothing waits".to_owned(),
    };
    let mut lines = vec![
        vec![
            (Tone::Strong, "dateline  ".to_owned()),
            (ready.0, ready.1.to_owned()),
            (Tone::Plain, format!("  up {}", length(seconds(snapshot.started, *now)))),
            (Tone::Plain, format!("  feeds {}, with trouble {troubled}", snapshot.feeds.len())),
            (Tone::Faint, format!("  {}", clock(*now))),
        ],
        vec![
            (Tone::Faint, "publisher ".to_owned()),
            (if publisher.connected { Tone::Good } else { Tone::Bad }, connected.to_owned()),
            (
                Tone::Plain,
                format!(
                    "  {}  position {}  records {}  commits {}",
                    one_line(&publisher.to),
                    number(publisher.position),
                    number(publisher.records),
                    number(publisher.commits)
                ),
            ),
        ],
        vec![
            (Tone::Faint, "intake    ".to_owned()),
            (Tone::Plain, format!("lag {}  {oldest}", number(publisher.lag))),
            (Tone::Plain, format!("  {} waiting for pages", number(intake.waiting_pages))),
        ],
    ];
    let waiting = configuration.waiting.join(", ");
    let held = intake.held.as_deref().or(intake.full.then_some("the intake is full"));
    for (what, why) in [
        ("the daemon does not answer: ", *away),
        ("polling is held: ", held),
        ("publisher: ", publisher.last_error.as_deref()),
        ("the configuration is refused: ", configuration.refused.as_deref()),
        ("waits for a restart: ", Some(waiting.as_str()).filter(|keys| !keys.is_empty())),
    ] {
        lines.extend(why.map(|why| vec![(Tone::Bad, format!("! {what}{}", one_line(why)))]));
    }
    lines
}

fn rooms(picture: &Picture<'_>) -> Vec<Line> {
    let heads = ["per s", "per min", "in", "out", "left out", "failed"];
    let mut lines = vec![vec![(Tone::Faint, left("room", 10) + &heads.map(|head| right(head, 10)).concat())]];
    for room in &picture.snapshot.stages {
        let StageCount { stage, received, sent, discarded, errors } = room;
        let (now, minute) = picture.rates.rooms.get(stage).copied().unwrap_or_default();
        let figures = [pace(now), pace(minute), number(*received), number(*sent), number(*discarded)];
        lines.push(vec![
            (Tone::Name, left(stage.as_str(), 10)),
            (Tone::Plain, figures.map(|figure| right(&figure, 10)).concat()),
            (if *errors > 0 { Tone::Bad } else { Tone::Plain }, right(&number(*errors), 10)),
        ]);
    }
    lines
}

fn feeds(picture: &Picture<'_>, sort: Sort, rows: usize) -> Vec<Line> {
    let shown = choose(picture, sort, rows);
    let longest = shown.iter().map(|feed| width(&feed.id.0)).max().unwrap_or(0).clamp(4, 28);
    let heads = ["per min", "observed", "errors", "next"].map(|head| right(head, 9)).concat();
    let head = format!("{}  {:<12}{heads}  by {}", left("feed", longest), "state", sort.said());
    let mut lines = vec![vec![(Tone::Faint, head)]];
    for feed in shown {
        let (tone, state) = state(feed);
        let per_minute = picture.rates.feeds.get(&feed.id).copied().unwrap_or(0.0);
        let next = feed.next_poll.map_or("–".to_owned(), |at| length(seconds(picture.now, at)));
        let why = match &feed.last_error {
            Some(error) => format!("{}: {}", error.code, error.detail),
            None => feed.held_why.clone().unwrap_or_default(),
        };
        lines.push(vec![
            (Tone::Name, left(&feed.id.0, longest)),
            (tone, format!("  {state:<12}")),
            (Tone::Plain, right(&pace(Some(per_minute)), 9) + &right(&number(feed.observed), 9)),
            (if feed.errors > 0 { Tone::Bad } else { Tone::Plain }, right(&number(feed.errors.into()), 9)),
            (Tone::Plain, right(&next, 9)),
            (Tone::Faint, format!("  {}", one_line(&why))),
        ]);
    }
    lines
}

/// The feeds that there is room for.
fn choose<'s>(picture: &Picture<'s>, sort: Sort, rows: usize) -> Vec<&'s FeedSnapshot> {
    let mut all: Vec<&FeedSnapshot> = picture.snapshot.feeds.iter().collect();
    let pace = |feed: &FeedSnapshot| {
        // In thousandths, for floats have no order.
        let rate = picture.rates.feeds.get(&feed.id).map_or(0, |rate| (rate * 1000.0) as u64);
        Reverse((rate, feed.observed))
    };
    match sort {
        Sort::Trouble | Sort::Pace => all.sort_by_key(|feed| pace(feed)),
        // One that is not to be polled comes last.
        Sort::NextPoll => all.sort_by_key(|feed| (feed.next_poll.is_none(), feed.next_poll)),
        Sort::Name => all.sort_by(|one, other| one.id.cmp(&other.id)),
    }
    if sort == Sort::Trouble {
        let (mut troubled, well): (Vec<_>, Vec<_>) = all.into_iter().partition(|feed| has_trouble(feed));
        troubled.sort_by_key(|feed| Reverse(feed.errors));
        troubled.truncate(rows.saturating_sub(well.len()).max(rows.div_ceil(2)));
        troubled.extend(well);
        all = troubled;
    }
    all.truncate(rows);
    all
}

fn latest(picture: &Picture<'_>, rows: usize) -> Vec<Line> {
    let mut lines = vec![vec![(Tone::Faint, "latest records".to_owned())]];
    for article in picture.snapshot.latest.iter().take(rows) {
        let at = article.observed.map_or(String::new(), clock);
        let headline = article.headline.as_deref().unwrap_or(&article.id.0);
        lines.push(vec![
            (Tone::Faint, left(&at, 8)),
            (Tone::Name, format!("  {}", left(&article.feed.0, 20))),
            (Tone::Plain, format!("  {}", one_line(headline))),
        ]);
    }
    lines
}

fn has_trouble(feed: &FeedSnapshot) -> bool {
    feed.errors > 0 || feed.held
}

/// How a feed is called by its state.
fn state(feed: &FeedSnapshot) -> (Tone, &'static str) {
    let tone = match feed.state {
        _ if feed.held => Tone::Warn,
        FeedState::Waiting => Tone::Plain,
        FeedState::Active => Tone::Good,
        FeedState::BackingOff => Tone::Warn,
        FeedState::Gone | FeedState::Quarantined | FeedState::GivenUp => Tone::Bad,
    };
    (tone, feed.standing())
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

fn number(count: u64) -> String {
    grouped(count as f64)
}

/// `0`, `0.3`, `12`, `1,234`; a dash where it cannot be said.
fn pace(rate: Option<f64>) -> String {
    match rate {
        None => "–".to_owned(),
        Some(rate) if rate > 0.0 && rate < 9.95 => format!("{rate:.1}"),
        Some(rate) => grouped(rate.round()),
    }
}

fn one_line(text: &str) -> String {
    harmless(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A cell of words.
fn left(text: &str, columns: usize) -> String {
    let text = cut(&one_line(text), columns);
    let space = columns - width(&text);
    text + &" ".repeat(space)
}

/// A cell of figures, with a space before it.
fn right(text: &str, columns: usize) -> String {
    format!(" {text:>space$}", space = columns - 1)
}

/// Columns that a character takes: East Asian ones and pictures two, marks upon others none.
fn columns_of(c: char) -> usize {
    match c {
        '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        c if is_combining_mark(c) => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// As much as there is room for; an ellipsis where something is left out.
fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += columns_of(*c);
        used <= columns
    };
    let mut shown: String = text.chars().take_while(fits).collect();
    if columns > 0 {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        commands::top::pace::Past,
        model::{ArticleSummary, Change, FeedId, Issue, ItemId, Relation, Stage},
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_600_000_000 + seconds).unwrap()
    }

    fn feed(id: &str, observed: u64, errors: u32) -> FeedSnapshot {
        FeedSnapshot {
            id: FeedId(id.to_owned()),
            url: format!("https://wire.example/{id}"),
            title: None,
            state: if errors > 0 { FeedState::BackingOff } else { FeedState::Active },
            next_poll: Some(at(90)),
            last_success: None,
            interval_seconds: 60.0,
            errors,
            last_error: (errors > 0).then(|| Issue::new(Stage::Fetch, "timeout", "no answer\nat all")),
            items: 10,
            observed,
            held: false,
            held_why: None,
            push: None,
        }
    }

    fn article(headline: &str) -> ArticleSummary {
        ArticleSummary {
            id: ItemId("a/1".to_owned()),
            revision: 1,
            feed: FeedId("a".to_owned()),
            headline: Some(headline.to_owned()),
            url: None,
            observed: Some(at(0)),
            agency: None,
            change: Change::New,
            relation: Relation::Original,
            of: None,
            origin_agency: None,
            observations: 0,
            figures: Vec::new(),
        }
    }

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot::new(at(-7200));
        snapshot.ready = true;
        snapshot.publisher.connected = true;
        "journal".clone_into(&mut snapshot.publisher.to);
        snapshot.publisher.lag = 1_234;
        snapshot.intake.oldest = Some(at(-3));
        snapshot.feeds = vec![feed("quiet", 5, 0), feed("busy", 700, 0), feed("broken", 0, 3)];
        snapshot.latest.push_back(article("Storm closes harbour"));
        snapshot
    }

    /// The picture after a second in which `busy` brought six and three records went out.
    fn picture(columns: usize, rows: Option<usize>, sort: Sort, change: impl Fn(&mut Snapshot)) -> String {
        let mut past = Past::default();
        let mut snapshot = snapshot();
        past.look(&snapshot, at(-1));
        snapshot.feeds[1].observed += 6;
        let publish = snapshot.stages.last_mut().unwrap();
        (publish.sent, publish.errors) = (3, 1);
        change(&mut snapshot);
        let rates = past.look(&snapshot, at(0));
        let picture = Picture { snapshot: &snapshot, rates: &rates, now: at(0), away: None };
        text(&picture, Size { columns, rows }, sort, Style::plain())
    }

    #[test]
    fn a_picture_has_rates_lag_feeds_and_records() {
        let shown = picture(120, None, Sort::default(), |_| {});
        for line in [
            "dateline  ready  up 2 h  feeds 3, with trouble 1  12:26:40",
            "publisher connected  journal  position 0  records 0  commits 0",
            "intake    lag 1,234  oldest waits 3 s  0 waiting for pages",
            "room           per s   per min        in       out  left out    failed",
            "publish          3.0       180         0         3         0         1",
            "feed    state         per min observed   errors     next  by trouble",
            "broken  backing off         0        0        3    1 min  timeout: no answer at all",
            "busy    active            360      706        0    1 min",
            "12:26:40  a                     Storm closes harbour",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line}\nis not in\n{shown}");
        }
        let order = ["\nbroken", "\nbusy", "\nquiet"].map(|id| shown.find(id).unwrap());
        assert!(order.is_sorted(), "{shown}");
    }

    #[test]
    fn feeds_are_sorted_as_asked_and_trouble_does_not_hide_the_busy() {
        #[track_caller]
        fn check(sort: Sort, first: &str) {
            let shown = picture(120, None, sort, |_| {});
            let row = shown.lines().skip_while(|line| !line.starts_with("feed ")).nth(1).unwrap();
            assert!(row.starts_with(first), "{row}");
        }
        check(Sort::Trouble, "broken");
        check(Sort::Pace, "busy");
        check(Sort::Name, "broken");
        let shown = picture(120, Some(24), Sort::Trouble, |snapshot| {
            snapshot.feeds.extend((0..50).map(|n| feed(&format!("bad-{n}"), 0, 9)));
        });
        assert!(shown.contains("\nbusy ") && shown.contains("\nbad-0 "), "{shown}");
        assert_eq!(shown.lines().count(), 24);
    }

    #[test]
    fn narrow_and_low_windows_cut_and_never_wrap() {
        for (columns, rows) in [(0, 3), (1, 1), (20, 10), (47, 24), (200, 50)] {
            let shown = picture(columns, Some(rows), Sort::default(), |snapshot| {
                snapshot.latest.push_front(article("감염병 확산 방지 대책 발표 감염병 확산 방지 대책 발표"));
                snapshot.publisher.last_error = Some("no broker ".repeat(40));
            });
            assert!(shown.lines().count() <= rows, "{columns}x{rows}:\n{shown}");
            assert!(shown.lines().all(|line| width(line) <= columns), "{columns}x{rows}:\n{shown}");
        }
        assert_eq!(["감염병", "e\u{301}t", "日本"].map(|text| cut(text, 4)), ["감…", "e\u{301}t", "日本"]);
    }

    #[test]
    fn a_feed_cannot_steer_the_terminal() {
        let shown = picture(200, None, Sort::default(), |snapshot| {
            let hostile = "\u{1b}[2J\u{9b}1;1H\u{202e}\r\u{7}\nx";
            snapshot.latest.push_front(article(hostile));
            snapshot.feeds[0].last_error = Some(Issue::new(Stage::Fetch, "http_status", hostile));
            hostile.clone_into(&mut snapshot.feeds[0].id.0);
            snapshot.publisher.last_error = Some(hostile.to_owned());
        });
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{shown:?}");
    }
}
