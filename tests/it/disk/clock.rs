//! A11: the wall clock is set under load, by a day, by ten years, and back. What is due goes by the steady clock, and
//! nothing is forgotten on the word of a clock that was set.

use super::{Watched, Wire, articles, under_shim};
use crate::{
    delivery::stops_cleanly,
    harness::{Site, wait_for},
};
use rusqlite::Connection;
use std::{
    fs,
    time::{Duration, Instant},
};

const DAY: i64 = 86_400;

#[test]
fn a_clock_that_is_set_neither_stalls_nor_forgets() {
    let site = Site::new();
    // Everything is old at once when the clock jumps, and is looked at all the time.
    site.settings("[intake]\nretain = \"1h\"\n[dedup]\nhorizon = \"7d\"\n[publish.journal]\nmax_file = \"64KiB\"\nretain = \"1d\"\n");
    let mut wire = Wire::new(&site);
    wire.grow(&site, 20);
    let clock = site.path("clock");
    let mut command = site.command("run");
    under_shim(&site, &mut command).env("DATELINE_SHIM_CLOCK", &clock).env("FAILPOINTS", "clearing=return(100)");
    let watched = Watched::spawn(&site, &mut command);
    let published = |wire: &Wire| {
        wait_for(Duration::from_secs(30), "everything to be published", || {
            wire.is_complete(&articles(&site)).then_some(())
        });
    };
    published(&wire);
    let mut slowest = Duration::ZERO;
    let jumps = [DAY, 0, -DAY, 3650 * DAY, -3650 * DAY, 1, 0];
    for seconds in jumps {
        fs::write(&clock, seconds.to_string()).unwrap();
        // An item that is still there, one that changes, and new ones; enough of them that files are rotated.
        for item in 0..wire.takes.len() / 2 {
            wire.change(&site, item);
        }
        wire.grow(&site, 5);
        let begun = Instant::now();
        published(&wire);
        slowest = slowest.max(begun.elapsed());
    }
    stops_cleanly(watched.daemon);
    wire.check(&articles(&site));
    let db = Connection::open(site.path("data/dateline.sqlite")).unwrap();
    let one = |sql: &str| db.query_row(sql, [], |row| row.get::<_, usize>(0)).unwrap();
    assert_eq!(
        one("SELECT min(seq) FROM frame"),
        1,
        "a frame was forgotten that is an hour old only by the wrong clock"
    );
    assert_eq!(one("SELECT count(*) FROM seen"), wire.takes.len());
    assert_eq!(one("SELECT count(*) FROM state WHERE key LIKE 'item/%'"), wire.takes.len());
    assert!(site.log().contains("the clock was set"), "{}", site.log());
    eprintln!(
        "{} jumps of up to ten years, 0 lost, 0 doubled, nothing forgotten, no publication later than {slowest:?}",
        jumps.len()
    );
}
