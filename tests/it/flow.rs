//! One story's way from a feed to the topics, through the embedded default. `kafka.rs` sends the same story through a
//! real broker.

use crate::harness::{Entry, Reply, Site, page, rss, shared};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A story with what a careful reader takes from it.
pub struct Story {
    pub headline: String,
    pub lead: String,
    /// The paragraphs of its page, the lead among them or not.
    pub paragraphs: Vec<String>,
    /// As `../shared/seed/expected.json` writes it: `wire`, `covid.observations`.
    pub expected: Value,
    /// A figure of the text and what it is corrected to; the metric and place it belongs to.
    pub correction: (&'static str, &'static str),
    pub corrected: (&'static str, &'static str),
}

/// An invented dispatch with a dateline, a quote, a rank and standing background.
pub fn invented() -> Story {
    Story {
        headline: "Finland to reopen three crossings into Norway next month, minister says".into(),
        lead: "Both countries have agreed on a common testing protocol".into(),
        paragraphs: [
            "HELSINKI, October 6. /TASS/. Finnish Interior Minister Aino Lehtonen said on Tuesday that three crossings into Norway will be reopened in November if the sanitary situation allows it.",
            "\"The laboratories on either side of the border now work by one protocol,\" Lehtonen told reporters in Rovaniemi.",
            "The project will cost $12 million. Some 40 border guards will be trained before the end of the month, she added.",
            "Finland is now 84th among the world's countries in terms of confirmed coronavirus cases, which exceed the mark of 10,390. The COVID-19 death toll in the country stands at 345. More than 8,120 patients have been reported to recover from the disease.",
            "Coronavirus worldwide",
            "In late December 2019, Chinese officials informed the World Health Organization about an outbreak of pneumonia of unknown origin. To date, 35,340,100 people have been infected with the novel coronavirus worldwide and over 1,037,900 deaths have been reported.",
        ]
        .map(String::from)
        .to_vec(),
        expected: json!({
            "wire": {"agency": "TASS", "dateline": {"place": "Helsinki", "country": "FI", "date": "2020-10-06"}},
            "covid": {"observations": [
                {"location": {"name": "Finland", "iso2": "FI"}, "metric": "cases", "value": 10390, "qualifier": "more_than", "kind": "cumulative", "as_of": {"date": "2020-10-06"}, "status": "reported", "rank": 84, "rank_scope": "world"},
                {"location": {"name": "Finland", "iso2": "FI"}, "metric": "deaths", "value": 345, "qualifier": "exact", "kind": "cumulative", "as_of": {"date": "2020-10-06"}, "status": "reported"},
                {"location": {"name": "Finland", "iso2": "FI"}, "metric": "recoveries", "value": 8120, "qualifier": "more_than", "kind": "cumulative", "as_of": {"date": "2020-10-06"}, "status": "reported"},
                {"location": {"name": "World", "iso2": null}, "metric": "cases", "value": 35340100, "qualifier": "exact", "kind": "cumulative", "as_of": {"date": "2020-10-06"}, "status": "reported"},
                {"location": {"name": "World", "iso2": null}, "metric": "deaths", "value": 1037900, "qualifier": "more_than", "kind": "cumulative", "as_of": {"date": "2020-10-06"}, "status": "reported"},
            ]},
            "sections": {"background_from_heading": "Coronavirus worldwide"},
        }),
        correction: ("stands at 345", "stands at 346"),
        corrected: ("deaths", "FI"),
    }
}

/// The story that all this began with, where it lies beside the repository.
pub fn seed() -> Option<Story> {
    let directory = shared("seed")?;
    let text = std::fs::read_to_string(directory.join("tass-2020-09-29.txt")).unwrap();
    let mut paragraphs: Vec<String> = text.trim().split("\n\n").map(|paragraph| paragraph.trim().to_owned()).collect();
    // The breadcrumb and the headline; the page builder has its own.
    paragraphs.remove(0);
    let headline = paragraphs.remove(0);
    let expected = std::fs::read_to_string(directory.join("expected.json")).unwrap();
    Some(Story {
        headline,
        lead: paragraphs[0].clone(),
        paragraphs,
        expected: serde_json::from_str(&expected).unwrap(),
        correction: ("stands at 406", "stands at 407"),
        corrected: ("deaths", "KR"),
    })
}

impl Story {
    fn page(&self) -> String {
        let paragraphs: Vec<&str> = self.paragraphs.iter().map(String::as_str).collect();
        page(&self.headline, &paragraphs)
    }

    fn feed(&self, site: &Site, name: &str) -> String {
        rss(
            name,
            &[Entry {
                guid: &format!("{name}-1"),
                title: &self.headline,
                link: site.server.url(&format!("/{name}/story.html")),
                description: &self.lead,
                published: "Tue, 06 Oct 2020 12:05:00 +0300",
            }],
        )
    }

    /// Serves it as an item that carries only the lead, with the story on its page.
    pub fn serve(&self, site: &Site, name: &str) {
        site.server.serve(&format!("/{name}.xml"), Reply::rss(self.feed(site, name)));
        site.server.serve(&format!("/{name}/story.html"), Reply::html(self.page()));
    }
}

/// The way of a story: told once, told again, copied, corrected. `read` gives the records of a topic so far.
pub fn way_of(story: &Story, site: &Site, read: &dyn Fn(&str) -> Vec<Value>) {
    site.feed("first", "language = \"en\"\nfull_text = true");
    story.serve(site, "first");
    once(site);
    let articles = read("articles.v1");
    assert_eq!(articles.len(), 1, "one revision: {articles:#?}");
    let article = &articles[0];
    assert_eq!((&article["revision"], &article["change"]), (&json!(1), &json!("new")));
    assert_eq!(article["headline"], json!(story.headline));
    assert_eq!(article["body_from"], "page");
    agrees(&story.expected["wire"], &article["wire"], "wire");
    every_span_points_at_its_evidence(article);
    background_from(story, article);
    entities(story, article);
    let claims = read("covid-stats.v1");
    let expected = story.expected["covid"]["observations"].as_array().unwrap();
    one_to_one(expected, article["covid"]["observations"].as_array().unwrap());
    assert_eq!(claims.len(), expected.len(), "one claim for each figure: {claims:#?}");
    for claim in &claims {
        assert_eq!((&claim["op"], &claim["item"], &claim["revision"]), (&json!("assert"), &article["id"], &json!(1)));
        let sentence = &claim["sentence"];
        let span = json!({"start": claim["sentence_start"], "end": claim["sentence_end"]});
        assert_eq!(sentence.as_str(), Some(slice(article["body"].as_str().unwrap(), &span).as_str()));
        assert!(sentence.as_str().unwrap().contains(claim["value_text"].as_str().unwrap()));
    }

    // Fetched again unchanged, nothing is said.
    once(site);
    assert_eq!((read("articles.v1").len(), read("covid-stats.v1").len()), (1, claims.len()));

    // Told by a second feed, it is a copy and makes no claims of its own.
    site.feed("second", "language = \"en\"\nfull_text = true");
    story.serve(site, "second");
    once(site);
    let articles = read("articles.v1");
    assert_eq!(articles.len(), 2);
    let copy = &articles[1]["duplicate"];
    assert_eq!(copy["of"], article["id"], "{copy:#}");
    assert!(["exact", "near"].contains(&copy["relation"].as_str().unwrap()), "{copy:#}");
    assert_eq!(read("covid-stats.v1").len(), claims.len());

    // Corrected on its page alone, it becomes revision 2, and one claim is superseded.
    let (from, to) = story.correction;
    let corrected = story.page().replace(from, to);
    assert_ne!(corrected, story.page());
    site.server.serve("/first/story.html", Reply::html(corrected));
    once(site);
    let articles = read("articles.v1");
    assert_eq!(articles.len(), 3, "a corrected page is a revision: {:#?}", articles.last());
    let second = &articles[2];
    assert_eq!((&second["id"], &second["revision"], &second["supersedes"]), (&article["id"], &json!(2), &json!(1)));
    let figure = |text: &str| text.rsplit(' ').next().unwrap().to_owned();
    let named = second["changes"].as_array().unwrap().iter().any(|change| {
        let text = |key: &str| change[key].as_str().unwrap_or_default().to_owned();
        text("from").contains(&figure(from)) && text("to").contains(&figure(to))
    });
    assert!(named, "the changed figure is named: {:#}", second["changes"]);
    let all = read("covid-stats.v1");
    let new: Vec<&Value> = all.iter().skip(claims.len()).collect();
    assert_eq!(new.len(), 1, "only what changed is written: {new:#?}");
    let (metric, iso2) = story.corrected;
    let superseded = claims.iter().find(|claim| claim["metric"] == metric && claim["iso2"] == iso2).unwrap();
    assert_eq!((&new[0]["op"], &new[0]["supersedes"], &new[0]["id"]), (&json!("assert"), &json!(1), &superseded["id"]));
    assert_eq!(new[0]["value"].to_string(), figure(to));

    // And nothing more is said of it.
    once(site);
    assert_eq!((read("articles.v1").len(), read("covid-stats.v1").len()), (3, claims.len() + 1));
}

#[track_caller]
fn once(site: &Site) {
    let output = site.once();
    assert!(output.status.success(), "{:?}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
}

/// Every field that is expected is there; what is not expected is not looked at.
#[track_caller]
fn agrees(expected: &Value, found: &Value, path: &str) {
    match expected {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| agrees(value, &found[key], &format!("{path}.{key}")))
        }
        _ => assert_eq!(expected, found, "{path}"),
    }
}

/// Each expected observation is found once, and nothing else is.
#[track_caller]
fn one_to_one(expected: &[Value], found: &[Value]) {
    let key = |observation: &Value| {
        format!("{} {} {}", observation["location"]["name"], observation["metric"], observation["value"])
    };
    let mut wanted: Vec<String> = expected.iter().map(key).collect();
    let mut got: Vec<String> = found.iter().map(key).collect();
    wanted.sort();
    got.sort();
    assert_eq!(wanted, got);
    for observation in expected {
        let other = found.iter().find(|other| key(other) == key(observation)).unwrap();
        agrees(observation, other, &key(observation));
    }
}

fn slice(text: &str, span: &Value) -> String {
    let (start, end) = (span["start"].as_u64().unwrap() as usize, span["end"].as_u64().unwrap() as usize);
    assert!(start <= end && end <= text.chars().count(), "{span} lies outside the text");
    text.chars().skip(start).take(end - start).collect()
}

/// Checks the offsets of everything in an article record that points into its text.
pub fn every_span_points_at_its_evidence(article: &Value) {
    let text = |holder: &Value| match holder["in"].as_str() {
        Some(field) => article[field].as_str().unwrap().to_owned(),
        None => article["body"].as_str().unwrap().to_owned(),
    };
    for entity in article["entities"].as_array().unwrap() {
        assert!(!entity["mentions"].as_array().unwrap().is_empty(), "{entity}");
        for mention in entity["mentions"].as_array().unwrap() {
            assert_eq!(slice(&text(mention), mention), mention["text"].as_str().unwrap());
        }
    }
    for value in article["values"].as_array().unwrap() {
        assert_eq!(slice(&text(value), value), value["text"].as_str().unwrap());
    }
    for quote in article["quotes"].as_array().unwrap() {
        assert!(!slice(&text(quote), quote).is_empty());
    }
    if let Some(dateline) = article["wire"]["dateline"].as_object() {
        assert_eq!(slice(&text(&article["wire"]["dateline"]), &json!(dateline)), dateline["text"].as_str().unwrap());
    }
    let mut end = 0;
    for section in article["sections"].as_array().unwrap() {
        let start = section["start"].as_u64().unwrap();
        assert!(start >= end, "sections overlap: {section}");
        end = section["end"].as_u64().unwrap();
        slice(article["body"].as_str().unwrap(), section);
    }
    for observation in article["covid"]["observations"].as_array().unwrap() {
        let body = text(observation);
        let sentence = slice(&body, &observation["sentence"]);
        let value = &observation["spans"]["value"];
        let value = slice(&body, &json!({"start": value[0], "end": value[1]}));
        assert!(sentence.contains(&value), "{value:?} is not in {sentence:?}");
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        if value.chars().all(|c| c.is_ascii_digit() || c == ',') {
            assert_eq!(digits(&value), observation["value"].to_string());
        }
    }
}

#[track_caller]
fn background_from(story: &Story, article: &Value) {
    let Some(heading) = story.expected["sections"]["background_from_heading"].as_str() else { return };
    let body = article["body"].as_str().unwrap();
    let from = body.find(heading).unwrap();
    let from = body[..from].chars().count() as u64;
    let sections = article["sections"].as_array().unwrap();
    for section in sections.iter().filter(|section| section["start"].as_u64().unwrap() >= from) {
        assert_eq!(section["kind"], "background", "{section}");
    }
    assert!(sections.iter().any(|section| section["heading"] == heading), "{sections:#?}");
}

#[track_caller]
fn entities(story: &Story, article: &Value) {
    let Some(kinds) = story.expected["entities"].as_object() else { return };
    let found: BTreeSet<String> = article["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entity| format!("{} {} {}", entity["type"], entity["name"], entity["country"]))
        .collect();
    let missing: Vec<String> = kinds
        .iter()
        .flat_map(|(kind, names)| {
            names.as_array().unwrap().iter().map(move |pair| format!("{:?} {} {}", kind, pair[0], pair[1]))
        })
        .filter(|wanted| !found.contains(wanted))
        .collect();
    assert!(missing.is_empty(), "missing {missing:#?} among {found:#?}");
    for (kind, values) in story.expected["values"].as_object().unwrap() {
        for value in values.as_array().unwrap() {
            let fits = |other: &Value| value.as_object().unwrap().iter().all(|(key, value)| other[key] == *value);
            let other =
                article["values"].as_array().unwrap().iter().find(|other| other["type"] == *kind && fits(other));
            assert!(other.is_some(), "no {kind} {value}");
        }
    }
    let direct: Vec<&Value> =
        article["quotes"].as_array().unwrap().iter().filter(|quote| quote["direct"] == true).collect();
    assert!(direct.len() as u64 >= story.expected["quotes"]["count_direct_at_least"].as_u64().unwrap(), "{direct:#?}");
    for speaker in story.expected["quotes"]["speakers"].as_array().unwrap() {
        assert!(direct.iter().any(|quote| quote["speaker"] == *speaker), "nobody is {speaker}: {direct:#?}");
    }
}

#[test]
fn an_invented_story_is_told_once_then_corrected() {
    let site = Site::new();
    way_of(&invented(), &site, &|suffix| site.topic(suffix));
}

#[test]
fn the_seed_is_told_once_then_corrected() {
    let Some(story) = seed() else {
        eprintln!("the seed story is not beside the repository; the invented one stands for it");
        return;
    };
    let site = Site::new();
    way_of(&story, &site, &|suffix| site.topic(suffix));
}
