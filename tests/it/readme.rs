//! The documents' records are ones that the program makes, and their samples run.

use crate::{
    flow,
    harness::{Site, dateline, fed, finished, lines},
};
use serde_json::Value;

fn readme() -> String {
    document("README.md")
}

fn document(path: &str) -> String {
    std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The fenced block that follows a mark.
fn block(text: &str, mark: &str) -> String {
    let after = text.split(mark).nth(1).unwrap_or_else(|| panic!("no {mark} in the document"));
    after.split("```").nth(1).unwrap().split_once('\n').unwrap().1.to_owned()
}

#[test]
fn the_sample_claim_is_what_the_program_makes() {
    let site = Site::new();
    site.feed("tass-en", "language = \"en\"\nfull_text = true");
    flow::invented().serve(&site, "tass-en");
    assert!(site.once().status.success());
    let shown: Value = serde_json::from_str(&block(&readme(), "<!-- sample: claim -->")).unwrap();
    let claims = site.topic("covid-stats.v1");
    let made =
        claims.iter().find(|claim| claim["metric"] == shown["metric"] && claim["iso2"] == shown["iso2"]).unwrap();
    let mut made = made.clone();
    let members = made.as_object_mut().unwrap();
    // What differs from run to run: the clock, the port, and how the embedded default carries the headers.
    members.remove("_meta");
    for key in ["observed", "url"] {
        members.insert(key.to_owned(), shown[key].clone());
    }
    let pretty = serde_json::to_string_pretty(&made).unwrap();
    assert_eq!(shown, made, "the README should show:\n{pretty}");
}

#[test]
fn the_sample_of_an_audit_is_what_it_says() {
    let site = Site::new();
    site.feed("tass-en", "language = \"en\"\nfull_text = true");
    flow::invented().serve(&site, "tass-en");
    assert!(site.once().status.success());
    let audit = finished(dateline().arg("audit").arg("--data-dir").arg(site.path("data")));
    assert!(audit.status.success());
    let shown = block(&document("docs/GUARANTEES.md"), "<!-- sample: audit -->");
    assert_eq!(String::from_utf8(audit.stdout).unwrap().lines().last(), Some(shown.trim_end()));
}

#[test]
fn the_sample_of_process_runs() {
    let readme = readme();
    let line = readme.lines().find(|line| line.starts_with("echo '") && line.contains("dateline process")).unwrap();
    let document = line.split('\'').nth(1).unwrap();
    let mut command = dateline();
    let output = fed(command.args(["process", "--from", "ndjson", "--format", "ndjson"]), document.as_bytes());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let article = &lines(&output.stdout)[0];
    flow::every_span_points_at_its_evidence(article);
    let observation = &article["covid"]["observations"][0];
    assert_eq!((observation["value"].as_u64(), observation["location"]["iso2"].as_str()), (Some(227), Some("FI")));
}
