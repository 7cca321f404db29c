//! The house rule "a room imports only from rows below its own", read off the `use crate::` paths, and the crates that
//! pure rooms must not touch.

use std::path::{Path, PathBuf};

/// Row 0 is the ground floor. Rooms of one row do not know each other.
const ROWS: [&[&str]; 11] = [
    &["model"],
    &["metrics", "logging", "shutdown", "markup", "faults", "clock", "connection", "tap", "traces"],
    &["language", "quirks"],
    &["parse", "clean", "extract", "dedup"],
    &["store", "broker", "history"],
    &["fetch", "intake", "publish", "state", "status", "topics"],
    &["audit", "config"],
    &["pipeline"],
    &["cli"],
    &["commands"],
    &["main"],
];

const PURE: [&str; 8] = ["model", "language", "quirks", "markup", "parse", "clean", "extract", "dedup"];
const FORBIDDEN_IN_PURE: [&str; 9] =
    ["tokio", "reqwest", "rdkafka", "rusqlite", "std::fs", "std::env", "std::net", "SystemTime::now", "Timestamp::now"];

fn row(room: &str) -> Option<usize> {
    ROWS.iter().position(|rooms| rooms.contains(&room))
}

pub fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Whether the module above declares this file for tests only.
fn is_test(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let directory = path.parent().unwrap();
    let above = [directory.join("mod.rs"), directory.with_extension("rs"), directory.parent().unwrap().join("mod.rs")];
    above
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .any(|text| text.contains(&format!("#[cfg(test)]\nmod {name};")))
}

/// The code of a file without its unit tests and comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.split("\n#[cfg(test)]\nmod tests").next().unwrap().to_owned();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn rooms_import_only_from_rows_below() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&source, &mut files);
    let mut broken = Vec::new();
    for file in &files {
        let name = file.strip_prefix(&source).unwrap();
        let room = name.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
        let tests = ["tests.rs", "measure.rs"].iter().any(|test| name.ends_with(test)) && is_test(file);
        if room == "lib" || tests {
            continue;
        }
        let own = row(&room).unwrap_or_else(|| panic!("{}: the room {room} stands in no row", name.display()));
        let code = code(file);
        for prefix in ["crate::", "dateline::"] {
            for (at, _) in code.match_indices(prefix) {
                let rest = &code[at + prefix.len()..];
                let imported: Vec<&str> = match rest.strip_prefix('{') {
                    Some(list) => list.split('}').next().unwrap().split(',').map(str::trim).collect(),
                    None => vec![rest],
                };
                for path in imported {
                    let other: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    if other == room {
                        continue;
                    }
                    if row(&other).is_some_and(|other_row| other_row >= own) {
                        broken.push(format!("{}: {room} (row {own}) uses {other}", name.display()));
                    }
                }
            }
        }
        if PURE.contains(&room.as_str()) {
            for forbidden in FORBIDDEN_IN_PURE {
                if code.contains(&format!("{forbidden}::")) || code.contains(&format!("{forbidden}(")) {
                    broken.push(format!("{}: {room} is pure and must not use {forbidden}", name.display()));
                }
            }
        }
    }
    broken.sort();
    broken.dedup();
    assert!(broken.is_empty(), "docs/ARCHITECTURE.md says who may import whom:\n{}", broken.join("\n"));
}
