//! What the feeds show: items that come, change, are copied and scroll away, while the daemon polls.
//!
//! Five kinds of trouble are among it: a cache that serves an older document now and then, a feed that is at times no
//! feed or not there, items whose text is only on their page, pages that change by themselves, and stories that their
//! publisher kills.

use super::{Random, ledger::Ledger};
use crate::harness::{self, Entry, Reply, Request, STRANGER, Script, Site, page, rss};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

/// Its items carry their text.
pub const PLAIN: &str = "plain";
/// Copies some items of the first, and is sometimes no feed.
pub const MOODY: &str = "moody";
/// Its items have a lead; the text is on a page.
pub const PAGED: &str = "paged";

const FEEDS: [&str; 3] = [PLAIN, MOODY, PAGED];

/// The same again at another host and in another domain, where the work is shared out.
const FAR: [&str; 3] = ["plain-far", "moody-far", "paged-far"];

/// That host: as near as the other, under an address of its own.
#[cfg(feature = "kafka")]
pub const FAR_HOST: &str = "127.0.0.3";

/// Items that a document shows at most, as long as the oldest is known to have been seen.
const WINDOW: usize = 25;

/// Versions of an item; it remembers fewer earlier contents than the daemon does.
const TAKES: u32 = 12;

/// The server's script; the campaign looks at its ledger.
pub struct Play {
    state: Mutex<State>,
    authority: String,
}

pub struct State {
    random: Random,
    pub ledger: Ledger,
    feeds: BTreeMap<&'static str, Feed>,
    /// Pages by their path: item and version.
    pages: BTreeMap<String, (String, u32)>,
    /// Nothing changes any more, and there is no trouble.
    calm: bool,
    /// The next document of the first feed has a new item.
    wanted: Vec<String>,
    /// Who asked for a feed and when, by the contact that requests name.
    pub polls: Vec<Poll>,
}

#[cfg_attr(not(feature = "kafka"), expect(dead_code, reason = "who asks is counted for workers"))]
pub struct Poll {
    pub at: Instant,
    pub feed: &'static str,
    pub by: String,
}

#[derive(Default)]
struct Feed {
    told: u32,
    shown: Vec<Shown>,
    document: Option<Reply>,
    /// The last one that is known to have been seen whole.
    seen: Option<Reply>,
    /// A cache serves `seen` for so many answers.
    stale: u32,
}

#[derive(Clone)]
struct Shown {
    guid: String,
    take: u32,
    /// What its text is made of: its own number, or that of the item it copies.
    text: u32,
    /// Its publisher has withdrawn it: the last take says so.
    killed: bool,
}

impl Play {
    /// Plays to this site, which gets the feeds.
    pub fn begin(site: &Site, seed: u64) -> Arc<Self> {
        for feed in FEEDS {
            let full_text = if feed == PAGED { "full_text = true\n" } else { "" };
            site.feed(feed, &format!("language = \"en\"\nbackfill = \"all\"\n{full_text}"));
        }
        Self::with(site, &FEEDS, seed)
    }

    /// The same with six feeds: three at another host, in a domain of their own.
    #[cfg(feature = "kafka")]
    pub fn shared_out(site: &Site, seed: u64) -> Arc<Self> {
        let authority = site.server.also_at(FAR_HOST);
        for feed in FAR {
            let full_text = if kind(feed) == PAGED { "full_text = true\n" } else { "" };
            let allow = format!("allow = [\"{}\", \"{authority}\"]", site.server.authority());
            site.feed_at(
                feed,
                &format!("http://{authority}/{feed}.xml"),
                &format!(
                    "language = \"en\"\ndomain = \"far\"\nbackfill = \"all\"\ninterval = \"200ms\"\n{allow}\n{full_text}"
                ),
            );
        }
        for feed in FEEDS {
            let full_text = if feed == PAGED { "full_text = true\n" } else { "" };
            site.feed(feed, &format!("language = \"en\"\nbackfill = \"all\"\n{full_text}"));
        }
        Self::with(site, &[FEEDS, FAR].concat(), seed)
    }

    fn with(site: &Site, names: &[&'static str], seed: u64) -> Arc<Self> {
        // Pages are looked at again, and items touched, within the life of a campaign.
        site.settings("[fetch]\npage_recheck = [\"1s\", \"4s\", \"15s\"]\n[dedup]\nhorizon = \"1m\"\n");
        let play = Arc::new(Self {
            state: Mutex::new(State {
                random: Random::new(seed ^ 0x5eed),
                ledger: Ledger::default(),
                feeds: names.iter().map(|feed| (*feed, Feed::default())).collect(),
                pages: BTreeMap::new(),
                calm: false,
                wanted: Vec::new(),
                polls: Vec::new(),
            }),
            authority: site.server.authority(),
        });
        site.server.play(play.clone());
        play
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// While it holds, nothing changes and nothing fails.
    pub fn hold(&self, hold: bool) {
        self.state().calm = hold;
    }

    /// From now on nothing changes and nothing fails, but for one fresh item, whose name is returned.
    pub fn calm(&self) -> String {
        let mut state = self.state();
        state.calm = true;
        let guid = format!("{PLAIN}-fresh");
        state.wanted.push(guid.clone());
        guid
    }
}

impl State {
    /// What the feeds show at present.
    pub fn shown(&self) -> Vec<(String, u32)> {
        let feeds = self.feeds.values();
        feeds.flat_map(|feed| &feed.shown).map(|shown| (shown.guid.clone(), shown.take)).collect()
    }

    fn advance(&mut self, name: &'static str) {
        let Self { random, ledger, feeds, pages, calm, wanted, .. } = self;
        let copied =
            feeds[if FAR.contains(&name) { FAR[0] } else { PLAIN }].shown.last().map(|shown| (shown.text, shown.take));
        let feed = feeds.get_mut(name).unwrap();
        if !*calm {
            for _ in 0..random.below(3) {
                feed.told += 1;
                let copy = copied.filter(|_| kind(name) == MOODY && random.once_in(3));
                let (text, take) = copy.unwrap_or((feed.told + if kind(name) == PLAIN { 0 } else { 500_000 }, 1));
                feed.shown.push(Shown { guid: format!("{name}-{}", feed.told), take, text, killed: false });
            }
            for _ in 0..random.below(3) {
                if !feed.shown.is_empty() {
                    let at = random.below(feed.shown.len() as u64) as usize;
                    let shown = &mut feed.shown[at];
                    if !shown.killed && shown.take < TAKES {
                        shown.take += 1;
                        shown.killed = random.once_in(15);
                    }
                }
            }
            if kind(name) == PAGED && random.once_in(3) && !feed.shown.is_empty() {
                let shown = &feed.shown[random.below(feed.shown.len() as u64) as usize];
                pages.entry(path_of(&shown.guid)).or_insert((shown.guid.clone(), 1)).1 += 1;
            }
            while feed.shown.len() > WINDOW && ledger.is_observed(&feed.shown[0].guid, feed.shown[0].take) {
                feed.shown.remove(0);
            }
        }
        if name == PLAIN {
            for guid in wanted.drain(..) {
                feed.shown.push(Shown { guid, take: 1, text: 999_999, killed: false });
            }
        }
    }

    fn document(&mut self, name: &'static str, authority: &str) -> Reply {
        let feed = self.feeds.get_mut(name).unwrap();
        if feed.stale > 0 {
            feed.stale -= 1;
            if let Some(seen) = &feed.seen {
                return seen.clone();
            }
        }
        let texts: Vec<(&Shown, String, String)> =
            feed.shown.iter().map(|shown| (shown, headline(shown), text(name, shown))).collect();
        let entries: Vec<Entry<'_>> = texts
            .iter()
            .rev()
            .map(|(shown, title, text)| Entry {
                guid: &shown.guid,
                title,
                link: format!("http://{authority}{}", path_of(&shown.guid)),
                description: text,
                published: "Tue, 06 Oct 2020 12:05:00 GMT",
            })
            .collect();
        let reply = Reply::rss(rss(name, &entries));
        let holds = feed.shown.iter().map(|shown| (shown.guid.clone(), shown.take)).collect();
        self.ledger.begun(&path_of_feed(name), &reply.etag(), holds);
        feed.document = Some(reply.clone());
        reply
    }

    fn answer_feed(&mut self, name: &'static str, named: Option<&str>, authority: &str) -> Reply {
        if let Some(etag) = named {
            self.ledger.named(&path_of_feed(name), etag);
            let feed = self.feeds.get_mut(name).unwrap();
            if let Some(document) = feed.document.take_if(|document| document.etag() == etag) {
                feed.seen = Some(document);
            }
        }
        if !self.calm && kind(name) == MOODY && self.random.once_in(12) {
            if self.random.once_in(2) {
                return Reply::status(500);
            }
            self.ledger.junk += 1;
            let words = format!("<p>Scheduled maintenance number {} of the wire, junk.</p>", self.ledger.junk);
            return Reply { conditional: false, ..Reply::html(words) };
        }
        let feed = self.feeds.get_mut(name).unwrap();
        if self.calm {
            feed.stale = 0;
        } else if feed.stale == 0 && feed.seen.is_some() && self.random.once_in(15) {
            // Never three in a row: that would be the publisher's own word.
            feed.stale = 1 + self.random.below(2) as u32;
        }
        if feed.stale == 0 {
            self.advance(name);
        }
        self.document(name, authority)
    }

    fn answer_page(&mut self, path: &str, named: Option<&str>) -> Reply {
        if let Some(etag) = named {
            self.ledger.named(path, etag);
        }
        let guid = path.trim_start_matches("/story/").trim_end_matches(".html").to_owned();
        let (guid, version) = self.pages.entry(path.to_owned()).or_insert((guid, 1)).clone();
        let number: u32 = guid.rsplit('-').next().unwrap().parse().unwrap_or(0);
        let words = paragraph(number, version);
        let reply = Reply::html(page(
            &format!("The page of {guid}"),
            &[&words, &format!("This is version {version} of the page, the editors said.")],
        ));
        self.ledger.begun(path, &reply.etag(), vec![(format!("{guid}/page"), version)]);
        reply
    }
}

impl Script for Play {
    fn answer(&self, request: &Request) -> Option<Reply> {
        let is_stranger = request.header("host").is_some_and(|host| host.starts_with(harness::host(STRANGER)));
        let named = request.header("if-none-match").filter(|_| !is_stranger);
        let mut state = self.state();
        if let Some(feed) = FEEDS.into_iter().chain(FAR).find(|feed| request.path == path_of_feed(feed)) {
            let by = request.header("user-agent").unwrap_or_default().to_owned();
            state.polls.push(Poll { at: Instant::now(), feed, by });
            return Some(state.answer_feed(feed, named, &self.authority));
        }
        let is_page = request.path.starts_with("/story/");
        is_page.then(|| state.answer_page(&request.path, named))
    }

    fn sent(&self, request: &Request, reply: &Reply) {
        self.state().ledger.served(&request.path, &reply.etag());
    }
}

/// Which of the three a feed is like.
fn kind(feed: &str) -> &str {
    feed.strip_suffix("-far").unwrap_or(feed)
}

fn path_of_feed(feed: &str) -> String {
    format!("/{feed}.xml")
}

fn path_of(guid: &str) -> String {
    format!("/story/{guid}.html")
}

fn headline(shown: &Shown) -> String {
    let Shown { take, text, killed, .. } = shown;
    if *killed {
        return format!("KILL: Council of district {text} take {take}");
    }
    format!("Council of district {text} decides on the {} take {take}", words(*text, 0, 3).join(" and the "))
}

fn text(feed: &str, shown: &Shown) -> String {
    let Shown { take, text, .. } = shown;
    if shown.killed {
        return format!("EDITORS: Kill the story of district {text}, take {take}. It was not true.");
    }
    if kind(feed) == PAGED {
        return format!(
            "The council of district {text} met for take {take} about the {}.",
            words(*text, *take, 2).join(" and the ")
        );
    }
    paragraph(*text, *take)
}

/// Words that differ from story to story and from take to take, with figures: some are corrected, some withdrawn.
fn paragraph(story: u32, version: u32) -> String {
    const COUNTRIES: [&str; 8] =
        ["Norway", "Finland", "Portugal", "Chile", "Kenya", "Vietnam", "Croatia", "New Zealand"];
    let country = COUNTRIES[(story % 8) as usize];
    let cases = 1_200 + (story % 900) * 13 + version * 7;
    let mut text = format!(
        "OSLO, October 6. {country} has confirmed {cases} coronavirus cases since the outbreak began, the Health Ministry said."
    );
    if !version.is_multiple_of(3) {
        let _ = write!(text, " In {country}, {} people have died of COVID-19 so far.", 40 + story % 50 + version);
    }
    let words = words(story, version, 22).join(" and the ");
    let _ = write!(text, " The council of district {story} met for take {version} about the {words}.");
    text
}

fn words(story: u32, version: u32, count: usize) -> Vec<&'static str> {
    const WORDS: [&str; 24] = [
        "harbour",
        "bridge",
        "school",
        "museum",
        "library",
        "station",
        "theatre",
        "market",
        "garden",
        "stadium",
        "ferry",
        "tunnel",
        "orchard",
        "lighthouse",
        "bakery",
        "prison",
        "airport",
        "quarry",
        "forest",
        "canal",
        "tramway",
        "hospital",
        "university",
        "cathedral",
    ];
    let mut random = Random::new(u64::from(story) * 7919 + u64::from(version) * 104_729 + 1);
    (0..count).map(|_| *random.choose(&WORDS)).collect()
}
