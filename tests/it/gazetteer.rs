//! Tables of an operator's own: built of a GeoNames dump and a list, and then known in stories.

use crate::harness::{dateline, fed, finished, lines};
use serde_json::Value;

/// Invented: a town, a section of it, a wood, a hamlet too small, and a town called by an ordinary word.
const DUMP: &str = "990001\tDrumquarry\tDrumquarry\tDroim Cairéil,Друмкварри\t56.5\t-4.25\tP\tPPL\tGB\t\tSCT\t\t\t\t3100\t\t12\tEurope/London\t2026-01-01
990002\tMarket Quarter\tMarket Quarter\t\t56.5\t-4.25\tP\tPPLX\tGB\t\tSCT\t\t\t\t9000\t\t12\tEurope/London\t2026-01-01
990003\tLoch Quarry\tLoch Quarry\t\t56.6\t-4.2\tH\tLK\tGB\t\tSCT\t\t\t\t0\t\t9\tEurope/London\t2026-01-01
990004\tSmallquarry\tSmallquarry\t\t56.7\t-4.3\tP\tPPL\tGB\t\tSCT\t\t\t\t41\t\t30\tEurope/London\t2026-01-01
990005\tBetter\tBetter\t\t56.7\t-4.3\tP\tPPL\tGB\t\tSCT\t\t\t\t5000\t\t30\tEurope/London\t2026-01-01
";

const LIST: &str = "type,name,country,other_names,office,wikidata
organisation,Quarrymen's Mutual Society,GB,QMS,,Q99000001
person,Isla Cairns,GB,,first minister,
";

#[test]
fn what_an_operator_adds_is_known_in_stories() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("dump.txt"), DUMP).unwrap();
    std::fs::write(path("list.csv"), LIST).unwrap();
    let mut build = dateline();
    build.current_dir(directory.path());
    build.args(["gazetteer", "build", "--geonames", "dump.txt", "--csv", "list.csv", "--output", "own.gazetteer"]);
    let output = finished(&mut build);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("4 rows"));
    let settings = "data_dir = \"data\"\n[extract]\ngazetteer = [\"own.gazetteer\"]\n\n\
                    [[feed]]\nid = \"paper\"\nurl = \"https://paper.example/rss\"\n";
    std::fs::write(path("dateline.toml"), settings).unwrap();
    let story = "Flooding cut off homes in Drumquarry on Tuesday, the Quarrymen's Mutual Society (QMS) said.";
    let document = format!("{{\"id\":\"a\",\"language\":\"en\",\"text\":\"{story}\"}}");
    let mut process = dateline();
    process.args(["process", "--from", "ndjson", "--until", "extract", "--config"]).arg(path("dateline.toml"));
    let output = fed(&mut process, document.as_bytes());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let record = &lines(&output.stdout)[0];
    let entity = |name: &str| -> Value {
        let entities = record["entities"].as_array().unwrap();
        entities.iter().find(|entity| entity["name"] == name).unwrap_or_else(|| panic!("{name} in {record}")).clone()
    };
    let town = entity("Drumquarry");
    assert_eq!((&town["country"], &town["links"]["geonames"]), (&"GB".into(), &"990001".into()));
    let society = entity("Quarrymen's Mutual Society");
    assert_eq!(society["links"]["wikidata"], "Q99000001");
    assert_eq!(society["mentions"].as_array().unwrap().len(), 2, "{society}");
}

#[test]
fn a_broken_row_is_named_with_its_line() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("list.csv"), "type,name\nperson,Isla Cairns\ncity,Drumquarry\n").unwrap();
    let mut build = dateline();
    build.current_dir(directory.path()).args(["gazetteer", "build", "--csv", "list.csv", "--output", "own"]);
    let output = finished(&mut build);
    assert_eq!(output.status.code(), Some(65));
    assert!(String::from_utf8_lossy(&output.stderr).contains("list.csv:3: unknown type \"city\""));
    std::fs::write(directory.path().join("own"), "name\tcountry\n").unwrap();
    std::fs::write(directory.path().join("dateline.toml"), "[extract]\ngazetteer = [\"own\"]\n").unwrap();
    let mut validate = dateline();
    validate.current_dir(directory.path()).args(["validate", "--config", "dateline.toml"]);
    let output = finished(&mut validate);
    assert_eq!(output.status.code(), Some(78));
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("own:1:1") && told.contains("no gazetteer"), "{told}");
}
