//! A7: the disk fills up under load, and is freed again.

use super::{Watched, Wire, under_shim};
use crate::{
    delivery::stops_cleanly,
    harness::{Site, lines, wait_for},
};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(40);

fn site_with_a_page() -> Site {
    let site = Site::new();
    *site.settings.lock().unwrap() = "[status]\nlisten = \"127.0.0.1:0\"\n".to_owned();
    site
}

/// Fills the disk amid the work, sees that the daemon holds its feeds and says so, frees it, and sees everything come.
fn fills_and_is_freed(
    site: &Site,
    wire: &mut Wire,
    watched: Watched,
    articles: &dyn Fn() -> Vec<Value>,
    fill: &dyn Fn(),
    free: &dyn Fn(),
) {
    wire.grow(site, 10);
    wait_for(PATIENCE, "the first items", || wire.is_complete(&articles()).then_some(()));
    fill();
    wire.grow(site, 60);
    for item in 0..10 {
        wire.change(site, item);
    }
    // The publisher may meet it before the intake does.
    let answer = wait_for(PATIENCE, "the page to say that the disk is full and the intake held", || {
        let answer = watched.get("/readyz?verbose");
        (answer.contains("the disk is full") && answer.contains("[-] intake")).then_some(answer)
    });
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    let asked = site.server.requests("/wire.xml").len();
    std::thread::sleep(Duration::from_secs(1));
    assert!(site.server.requests("/wire.xml").len() <= asked + 1, "a feed that is held asks its server nothing");
    free();
    let freed = Instant::now();
    wait_for(PATIENCE, "everything to be published once there is room", || wire.is_complete(&articles()).then_some(()));
    eprintln!(
        "resumed by itself; everything was published {} ms after the disk was freed",
        freed.elapsed().as_millis()
    );
    wait_for(PATIENCE, "the page to be content", || watched.get("/readyz").starts_with("HTTP/1.1 200").then_some(()));
    wire.check(&articles());
    stops_cleanly(watched.daemon);
    assert!(!site.log().contains("panicked"), "{}", site.log());
}

#[test]
fn a_full_disk_holds_the_feeds_and_the_daemon_resumes_by_itself() {
    let site = site_with_a_page();
    let mut wire = Wire::new(&site);
    let marker = site.path("full");
    let mut command = site.command("run");
    under_shim(&site, &mut command).env("DATELINE_SHIM_FULL", &marker);
    let watched = Watched::spawn(&site, &mut command);
    let fill = || fs::write(&marker, "").unwrap();
    let free = || fs::remove_file(&marker).unwrap();
    fills_and_is_freed(&site, &mut wire, watched, &|| site.topic("articles.v1"), &fill, &free);
    wire.check(&site.topic("articles.v1"));
}

/// The same with a real file system of 4 MiB, where this machine lets us mount one: the shim's disk is only a model.
#[test]
fn a_small_file_system_fills_and_is_freed() {
    let site = site_with_a_page();
    let mut wire = Wire::new(&site);
    let data = site.path("data");
    fs::create_dir(&data).unwrap();
    let may = Command::new("unshare")
        .args(["-m", "sh", "-c", "mount -t tmpfs -o size=4m tmpfs \"$0\""])
        .arg(&data)
        .output()
        .is_ok_and(|done| done.status.success());
    if !may {
        eprintln!("no file system can be mounted here: the full disk was tested with the shim alone");
        return;
    }
    let run = site.command("run");
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", "mount -t tmpfs -o size=4m tmpfs \"$0\" && exec \"$@\""]).arg(&data);
    command.arg(run.get_program()).args(run.get_args()).env_remove("DATELINE_CONFIG");
    let watched = Watched::spawn(&site, &mut command);
    // The mount is seen by the daemon alone; we look at it through its eyes.
    let seen = format!("/proc/{}/root{}", watched.daemon.child.id(), data.display());
    let articles = || {
        let file = Path::new(&seen).join("topics/wire.articles.v1.ndjson");
        let bytes = fs::read(file).unwrap_or_default();
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        lines(&bytes[..end])
    };
    let ballast = Path::new(&seen).join("ballast");
    let fill = || {
        // Everything there is, whatever takes or gives back a page meanwhile.
        let mut file = fs::File::create(&ballast).unwrap();
        while std::io::Write::write_all(&mut file, &[0; 4096]).is_ok() {}
        let rest = fs::File::create(ballast.with_extension("rest")).unwrap();
        drop(rest);
    };
    let free = || fs::remove_file(&ballast).unwrap();
    fills_and_is_freed(&site, &mut wire, watched, &articles, &fill, &free);
}
