//! Versions: a newer program goes on from an older directory, an older program refuses a newer one with words.

use super::Wire;
use crate::harness::{Reply, Site, dateline, finished, lines};
use rusqlite::{Connection, params};
use serde_json::Value;
use std::{fs, path::Path};

/// The directory that stands in `tests/it/disk/version_1`.
fn directory_of_version_1(site: &Site) -> Vec<Value> {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/disk/version_1");
    let data = site.path("data");
    fs::create_dir_all(data.join("topics")).unwrap();
    let sql = fs::read_to_string(kept.join("dateline.sql")).unwrap();
    let file = data.join("dateline.sqlite");
    Connection::open(file).unwrap().execute_batch(&sql.replace("{authority}", &site.server.authority())).unwrap();
    for topic in ["articles", "feed-status", "stories"] {
        let name = format!("wire.{topic}.v1.ndjson");
        fs::copy(kept.join(&name), data.join("topics").join(&name)).unwrap();
    }
    let feed = fs::read_to_string(kept.join("feed.xml")).unwrap();
    let newer = "<item><guid isPermaLink=\"false\">guid-4</guid><title>Story 4 take 1</title><description>Masons began \
                 to mend the market tower on Monday.</description></item></channel>";
    site.server.serve("/wire.xml", Reply::rss(feed.replace("</channel>", newer)));
    lines(&fs::read(kept.join("wire.articles.v1.ndjson")).unwrap())
}

#[test]
fn a_directory_of_version_1_goes_on_without_loss_or_doubling() {
    let site = Site::new();
    let mut wire = Wire::new(&site);
    let published = directory_of_version_1(&site);
    let doctor = finished(dateline().arg("doctor").arg("--data-dir").arg(site.path("data")));
    assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
    for _ in 0..2 {
        let run = site.once();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
    let articles = site.topic("articles.v1");
    assert_eq!(articles[..published.len()], published, "what was published stands as it was");
    wire.takes = vec![2, 2, 1, 1, 1];
    wire.check(&articles);
    let second = articles.iter().find(|article| article["guid"] == "guid-1" && article["revision"] == 2).unwrap();
    assert!(second["changes"].to_string().contains("blackbird"), "the text of version 1 is compared with: {second:#}");
    let doctor = finished(dateline().arg("doctor").arg("--data-dir").arg(site.path("data")));
    assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
}

/// What a newer program wrote is refused with both versions named, and is not called damaged.
#[test]
fn a_newer_frame_and_a_newer_state_row_are_refused_with_words() {
    let check = |change: &dyn Fn(&Connection), subject: &str, found: &str, known: &str| {
        let site = Site::new();
        Wire::new(&site);
        directory_of_version_1(&site);
        let file = site.path("data/dateline.sqlite");
        change(&Connection::open(file).unwrap());
        let run = site.once();
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(78), "{said}");
        let words =
            [subject, &format!("form {found}"), &format!("up to {known}"), "newer dateline", "nothing is damaged"];
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        let doctor = finished(dateline().arg("doctor").arg("--data-dir").arg(site.path("data")));
        let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
        assert!(doctor.status.code() == Some(1) && said.contains("newer dateline"), "{said}");
    };
    let hash = |parts: &[&[u8]]| {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(part);
        }
        hasher.finalize().as_bytes().to_vec()
    };
    let frame = |db: &Connection| {
        let (poll, at, mut contents): (u64, i64, Vec<u8>) = db
            .query_row("SELECT poll, at, contents FROM frame WHERE seq = 4", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        contents[0] = 9;
        let hash = hash(&[&4u64.to_le_bytes(), b"wire", &poll.to_le_bytes(), &at.to_le_bytes(), &contents]);
        db.execute("UPDATE frame SET contents = ?1, hash = ?2 WHERE seq = 4", params![contents, hash]).unwrap();
    };
    check(&frame, "frame 4 of the intake log", "9", "1");
    let state = |db: &Connection| {
        let (key, value): (String, Vec<u8>) = db
            .query_row("SELECT key, value FROM state WHERE key LIKE 'item/%' LIMIT 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        let value = String::from_utf8(value).unwrap().replacen("\"v\":1", "\"v\":9", 1).into_bytes();
        let hash = hash(&[&(key.len() as u64).to_le_bytes(), key.as_bytes(), &value]);
        db.execute("UPDATE state SET value = ?2, hash = ?3 WHERE key = ?1", params![key, value, hash]).unwrap();
    };
    check(&state, "state row item/", "9", "2");
}
