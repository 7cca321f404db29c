//! Paragraphs that an agency carries from story to story: learnt in some days, marked, and still read for their figures.

use crate::harness::{dateline, fed, lines};
use serde_json::{Value, json};

/// Headline and text of five stories that have nothing in common but their agency and what closes them.
const STORIES: [(&str, &str); 5] = [
    (
        "Ministers to reopen mountain railway",
        "The transport ministers of Norway and Sweden agreed to reopen a railway across the mountains that was closed when a \
         tunnel flooded.\n\nTrains will carry ore and skiers. A date was not named.",
    ),
    (
        "Museum returns viking sword to farmer",
        "A farmer in Telemark has got back a viking sword that his grandfather lent to a museum for a summer and forgot, a \
         court ruled.\n\nThe museum keeps a copy made of plastic and may go on selling postcards.",
    ),
    (
        "Cod quota cut after bad count",
        "Fishing boats may land less cod in the coming winter because scientists counted fewer young fish in the Barents \
         Sea.\n\nSkippers called the count a scandal and announced a blockade of the ports.",
    ),
    (
        "Author wins prize for novel without verbs",
        "A retired pilot won the literary prize of the publishers for a novel that does without a single verb.\n\nThe jury \
         praised its silence. A film is being prepared by a company from Bergen.",
    ),
    (
        "Storm tears roof off swimming hall",
        "A storm tore the roof off a swimming hall in Stavanger while a class of beginners stood under the showers, the fire \
         brigade said.\n\nEverybody was brought to a library, in towels.",
    ),
];

/// A story with what stands under all of them, as it was on that day.
fn document(day: usize, feed: &str) -> String {
    let (headline, text) = STORIES[day];
    let closing = format!(
        "Norway is now {}th among the countries of Europe by the number of detected coronavirus infections, of which there are more \
         than {},310. The death toll from COVID-19 in Norway is {}.\n\nFerries and flights between the Nordic countries are \
         subject to rules that each government announces on Thursdays, and travellers who come from a red region must stay \
         at home for {} days unless they can show a negative test in one of the official languages.",
        90 + day,
        13 + day,
        270 + day,
        7 + day,
    );
    let time = format!("2020-10-0{}T09:00:00Z", day + 1);
    let agency = (feed == "norwire").then_some("Norwire");
    json!({
        "id": format!("{feed}-{day}"), "feed": feed, "agency": agency, "published": time, "observed": time,
        "language": "en", "headline": headline, "text": format!("{text}\n\n{closing}"),
    })
    .to_string()
}

fn told(args: &[&str]) -> Vec<Value> {
    let documents: Vec<String> =
        (0..STORIES.len()).flat_map(|day| ["norwire", "daily"].map(|feed| document(day, feed))).collect();
    let output = fed(dateline().args(args).args(["--from", "ndjson"]), documents.join("\n").as_bytes());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    if args.contains(&"pretty") {
        vec![String::from_utf8(output.stdout).unwrap().into()]
    } else {
        lines(&output.stdout)
    }
}

fn standing(record: &Value) -> Vec<&Value> {
    record["sections"].as_array().unwrap().iter().filter(|section| section.get("standing").is_some()).collect()
}

#[test]
fn after_some_days_they_are_marked_and_their_figures_are_still_observed() {
    let records = told(&["process", "--until", "dedup", "--format", "ndjson"]);
    for (number, record) in records.iter().enumerate() {
        let day = number / 2;
        let found = standing(record);
        assert_eq!(found.len(), if day < 2 { 0 } else { 2 }, "{record:#}");
        let relation = if number % 2 == 0 { "original" } else { "exact" };
        assert_eq!(record["duplicate"]["relation"], relation, "{:#}", record["duplicate"]);
        let body: Vec<char> = record["body"].as_str().unwrap().chars().collect();
        for (section, begins) in found.iter().zip(["Norway is now", "Ferries and flights"]) {
            assert_eq!(
                (section["kind"].as_str(), &section["standing"]["since"]),
                (Some("background"), &"2020-10-01".into())
            );
            assert_eq!(section["standing"]["stories"], day);
            let start = usize::try_from(section["start"].as_u64().unwrap()).unwrap();
            assert!(body[start..].iter().collect::<String>().starts_with(begins));
        }
        let observations = record["covid"]["observations"].as_array().unwrap();
        let deaths = observations.iter().find(|observation| observation["metric"] == "deaths").unwrap();
        assert_eq!((&deaths["value"], &deaths["in_background"]), (&json!(270 + day), &json!(day >= 2)));
    }
    let templates = |record| standing(record).iter().map(|section| section["template"].clone()).collect::<Vec<Value>>();
    assert_eq!(templates(&records[4]), templates(&records[9]));
    let salience = |record: &Value| {
        let entities = record["entities"].as_array().unwrap();
        entities.iter().find(|entity| entity["name"] == "Norway").unwrap()["salience"].as_f64().unwrap()
    };
    assert!(salience(&records[2]) > salience(&records[6]), "what is only told in the background weighs less");
}

#[test]
fn a_person_is_told_which_stand_and_since_when() {
    for args in [["explain", "--format", "pretty"].as_slice(), &["process", "--until", "dedup", "--format", "pretty"]] {
        let page = told(args);
        let words: Vec<&str> = page[0].as_str().unwrap().split_whitespace().collect();
        assert!(words.join(" ").contains("in 4 stories since 2020-10-01: Ferries and flights"), "{}", words.join(" "));
    }
    let explained = told(&["explain", "--format", "ndjson"]);
    assert_eq!(explained[8]["standing"].as_array().unwrap().len(), 2, "{:#}", explained[8]);
}
