//! `docs/RECORD.md` names every issue code that the program can write.

use crate::layering::sources;
use regex::Regex;
use std::{collections::BTreeSet, path::Path};

#[test]
fn every_issue_code_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let contract = std::fs::read_to_string(root.join("docs/RECORD.md")).unwrap();
    let made = Regex::new(r#"Issue::new\(\s*Stage::\w+,\s*"([a-z_]+)""#).unwrap();
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let mut codes: BTreeSet<String> = dateline::fetch::CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let text = text.split("\n#[cfg(test)]").next().unwrap();
        codes.extend(made.captures_iter(text).map(|found| found[1].to_owned()));
    }
    assert!(codes.len() > 30, "the codes were not found: {codes:?}");
    codes.retain(|code| !contract.contains(&format!("`{code}`")));
    assert!(codes.is_empty(), "docs/RECORD.md does not name {codes:?}");
}
