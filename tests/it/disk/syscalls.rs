//! A6: the N-th call fails. Every open, write, sync, truncation, removal and renaming in the data directory is made to
//! fail once, in a run over a directory that has a past and in one that begins with nothing. The program retries or
//! ends with a clean error; a run without faults then publishes everything once.

use super::{Wire, articles, count, once_under_shim, seed};
use crate::harness::Site;
use dateline::{
    intake::{check, set_aside},
    publish::inspect::topic_files,
    store::{image, inspect},
};
use std::{collections::BTreeMap, fs};

/// What is made to fail, and the exit codes that are right for it. 0: it was tried again, or was not needed. 73: no file
/// could be made. 74: nothing is trusted after it. 75: there was no room, the same may go well later. 77: no permission.
const FAULTS: [(&str, &str, &[i32]); 13] = [
    ("write", "EINTR", &[0]),
    ("write", "SHORT", &[0]),
    ("open", "EINTR", &[0]),
    ("write", "EIO", &[0, 73, 74, 75]),
    ("fsync", "EIO", &[0, 74]),
    ("truncate", "EIO", &[0, 74]),
    ("open", "EIO", &[0, 73, 74, 77]),
    ("open", "EMFILE", &[0, 73, 74, 77]),
    ("unlink", "EIO", &[0, 74]),
    ("rename", "EIO", &[0, 74]),
    ("write", "ENOSPC", &[0, 73, 75]),
    ("fsync", "ENOSPC", &[0, 74, 75]),
    ("open", "ENOSPC", &[0, 73, 74, 75, 77]),
];

fn sweep(fresh: bool) {
    let all = count("DATELINE_FAULTS_SYSCALLS", 0) > 0;
    let mut random = seed("failing calls");
    let mut site = Site::new();
    let mut wire = begin(&site);
    if !fresh {
        assert!(site.once().status.success());
    }
    let mut codes: BTreeMap<i32, u32> = BTreeMap::new();
    let (mut swept, mut hits) = (0, 0);
    for (call, error, allowed) in FAULTS {
        let mut n = 0;
        // A call number that was never reached ends the sweep; a sample takes one call.
        let mut sample = vec![1 + random.below(if call == "write" || call == "fsync" { 25 } else { 4 })];
        loop {
            n = if all { n + 1 } else { sample.pop().unwrap_or(0) };
            if n == 0 {
                break;
            }
            if fresh {
                site = Site::new();
                wire = begin(&site);
            } else {
                let item = random.below(wire.takes.len());
                wire.change(&site, item);
            }
            let hit = site.path("hit");
            fs::remove_file(&hit).ok();
            let fault = ("DATELINE_SHIM_FAIL", format!("{call}:{n}:{error}"));
            let run = once_under_shim(&site, &[fault, ("DATELINE_SHIM_HIT", hit.display().to_string())]);
            let said = String::from_utf8_lossy(&run.stderr).into_owned();
            let place = format!("{call} number {n} failing with {error}");
            swept += 1;
            let reached = hit.exists();
            hits += u32::from(reached);
            let code = run.status.code().unwrap_or_else(|| panic!("{place}: died: {said}"));
            assert!(allowed.contains(&code) || !reached && code == 0, "{place}: exit {code}: {said}");
            assert!(!said.contains("panicked"), "{place}: {said}");
            *codes.entry(code).or_default() += u32::from(reached);
            let again = site.once();
            assert!(again.status.success(), "after {place}: {}", String::from_utf8_lossy(&again.stderr));
            wire.check(&articles(&site));
            is_whole(&site, &place);
            if !reached && all {
                break;
            }
        }
    }
    let begun = if fresh { "a directory that begins with nothing" } else { "a directory with a past" };
    eprintln!(
        "{swept} runs over {begun}, a call made to fail in {hits}; exit codes {codes:?}; 0 lost, 0 doubled, 0 damaged"
    );
    assert!(hits as usize >= FAULTS.len() / 2, "hardly any fault was hit");
    assert!(!all || codes.contains_key(&74), "no fault ended a run with exit code 74");
}

/// What the doctor looks at, without starting it.
fn is_whole(site: &Site, place: &str) {
    let inspection = inspect::open(&site.path("data")).unwrap();
    let db = &inspection.connection;
    assert!(inspect::integrity(db).unwrap().is_empty(), "after {place}");
    let position = set_aside::position(db).unwrap();
    let found =
        [check::frames(db, position).found, check::entries(db).found, image::check(db, |_, _| Ok(())).1].concat();
    assert!(found.is_empty(), "after {place}: {found:?}");
    let files = topic_files(db, &site.path("data")).unwrap();
    assert!(files.iter().all(|file| file.problem.is_none()), "after {place}: {files:?}");
}

fn begin(site: &Site) -> Wire {
    // A small file, so that rotations are among the calls.
    site.settings("[publish.journal]\nmax_file = \"64KiB\"\n");
    let mut wire = Wire::new(site);
    wire.grow(site, 6);
    wire
}

#[test]
fn any_one_call_may_fail_over_a_directory_with_a_past() {
    sweep(false);
}

#[test]
fn any_one_call_may_fail_while_the_directory_is_made() {
    sweep(true);
}
