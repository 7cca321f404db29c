//! The seed, where it is at hand, and what no text may do. How well labelled text is read is held by `tests/it/quality.rs`.

use super::{Covid, Cut, Disease, Pack, Repeated, judge, weighed};
use crate::extract::diseases::COVID_19;
use crate::extract::places::Places;
use crate::language::pack;
use crate::model::{Article, FeedId, ItemId, Kind, Metric, Observation, Span, StatedTime};
use serde_json::Value;

/// The statistics of a story alone.
pub(crate) fn find(pack: &Pack, places: &Places, disease: &'static Disease, article: &Article) -> Covid {
    super::find(pack, places, disease, article, &Cut::new(pack, &article.body), &Repeated::new(article))
}

pub(crate) fn article(case: &Value) -> Article {
    let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
    let mut article = Article::new(
        serde_json::from_value::<ItemId>("t:1".into()).unwrap(),
        serde_json::from_value::<FeedId>("t".into()).unwrap(),
    );
    article.headline = Some(case["headline"].as_str().unwrap_or("Coronavirus update").to_owned());
    article.body = text("text");
    article.published = format!("{}T12:00:00Z", text("date")).parse::<StatedTime>().ok();
    article.wire.editors_note = case["editors_note"].as_str().map(str::to_owned);
    article.language = Some("en".to_owned());
    article
}

/// The figures of an English text of 18 November 2020.
pub(super) fn figures(text: &str) -> Vec<Value> {
    let article = article(&serde_json::json!({"text": text, "date": "2020-11-18"}));
    let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
    found.iter().map(|one| serde_json::to_value(one).unwrap()).collect()
}

#[test]
fn the_seed_gives_its_nine_figures_where_it_is_at_hand() {
    let (Ok(text), Ok(expected)) = (
        std::fs::read_to_string("../shared/seed/tass-2020-09-29.txt"),
        std::fs::read_to_string("../shared/seed/expected.json"),
    ) else {
        return;
    };
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let mut article = article(&serde_json::json!({"text": "", "date": "2020-09-29", "headline": expected["headline"]}));
    article.body = text.split("\n\n").skip(2).collect::<Vec<_>>().join("\n\n").trim().to_owned();
    let places = Places::new();
    let found = find(pack("en").unwrap(), &places, COVID_19, &article);
    assert!(found.relevant);
    let wanted = expected["covid"]["observations"].as_array().unwrap();
    let found: Vec<Value> =
        found.observations.iter().map(|observation| serde_json::to_value(observation).unwrap()).collect();
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!(agrees(found, wanted), "{found:#} {wanted:#}");
    }
}

/// Each figure of a bulletin has what its caption, its header and its label say of it.
#[test]
fn bulletins_are_read_by_what_governs_each_figure() {
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let told = |one: &Value| {
            let part = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let (place, day) = (part(&one["location"]["name"]), part(&one["as_of"]["date"]));
            format!(
                "{} {} {} {} {day} {place}",
                one["value"],
                part(&one["metric"]),
                part(&one["kind"]),
                part(&one["period"])
            )
        };
        assert_eq!(figures(text).iter().map(told).collect::<Vec<_>>(), expected, "{text}");
    }
    check(
        "LATVIA, 16 November\nNew cases: 41 (imported 3)\nDeaths, total: 120\nIn hospital | 88\nBeds: 410",
        &[
            "41 cases new day 2020-11-16 Latvia",
            "3 cases new day 2020-11-16 Latvia",
            "120 deaths cumulative - 2020-11-16 Latvia",
            "88 hospitalisations current - 2020-11-16 Latvia",
        ],
    );
    check(
        "Cases and deaths in Kenya, week ending 15 November\n\nCounty | Cases | Deaths | Beds\nNairobi | 310 | 12 | 90\nUpper Tana | 7 | 0 | 4",
        &[
            "310 cases new week 2020-11-15 Nairobi",
            "12 deaths new week 2020-11-15 Nairobi",
            "7 cases new week 2020-11-15 Upper Tana",
            "0 deaths new week 2020-11-15 Upper Tana",
        ],
    );
}

/// What governs a figure from farther away: the row that it stands in, the total that takes it in, what the sentences before
/// have counted, the ship that a clause speaks of.
#[test]
fn figures_are_told_by_their_rows_and_by_what_was_counted_before() {
    let places = Places::new();
    let check = |text: &str, expected: &[&str]| {
        let article = article(&serde_json::json!({"text": text, "date": "2020-11-18"}));
        let told = |one: &Observation| {
            let one = serde_json::to_value(one).unwrap();
            let part = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let (metric, kind) = (part(&one["metric"]), part(&one["kind"]));
            format!("{} {metric} {kind} {}", one["value"], part(&one["location"]["name"]))
        };
        let found = find(pack("en").unwrap(), &places, COVID_19, &article).observations;
        assert_eq!(found.iter().map(told).collect::<Vec<_>>(), expected, "{text}");
    };
    // One thing is said of a whole row of people.
    check(
        "Nine nurses, four doctors and two guards have tested positive in Malta.",
        &["9 cases cumulative Malta", "4 cases cumulative Malta", "2 cases cumulative Malta"],
    );
    check("Peru has recorded 812 new infections and nine deaths.", &["812 cases new Peru", "9 deaths new Peru"]);
    check(
        "In Ghana 14 patients have died, raising the toll to 1,204.",
        &["14 deaths new Ghana", "1204 deaths cumulative Ghana"],
    );
    check(
        "Oman reported 310 cases and 12 deaths, taking the tallies to 90,120 and 1,310 respectively.",
        &["310 cases new Oman", "12 deaths new Oman", "90120 cases cumulative Oman", "1310 deaths cumulative Oman"],
    );
    check(
        "Latvia added 840 infections. In addition, 19 more people died. A week ago the figures were 611 and 16.",
        &["840 cases new Latvia", "19 deaths new Latvia", "611 cases new Latvia", "16 deaths new Latvia"],
    );
    check(
        "Cuba's toll rose by 12 to 2,410 versus 14 a day earlier.",
        &["12 deaths new Cuba", "2410 deaths cumulative Cuba", "14 deaths new Cuba"],
    );
    check(
        "Chad has counted 900 coronavirus deaths, including 640 in hospitals.",
        &["900 deaths cumulative Chad", "640 deaths cumulative Chad"],
    );
    // Places break down what happened, and never a stock.
    check(
        "Kenya reported 1,040 new cases. It has 9,100 active cases. Nairobi recorded 388.",
        &["1040 cases new Kenya", "9100 active_cases current Kenya", "388 cases new Nairobi"],
    );
    check(
        "Another 36 of the crew of the MS Northwind have tested positive. Two sailors are in hospital.",
        &["36 cases new MS Northwind", "2 hospitalisations current MS Northwind"],
    );
}

/// A figure leans on none that stands far before it, so that no story costs the square of its length.
#[test]
fn a_breakdown_is_of_what_was_told_shortly_before() {
    let told = |between: usize| {
        let others: String = (0..between).map(|n| format!(" Hospitals had {} Covid patients.", 1000 + n)).collect();
        let text = format!("Kenya recorded 679 new coronavirus infections.{others} In Nairobi, 396 cases.");
        let article = article(&serde_json::json!({"text": text, "date": "2020-11-18"}));
        let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
        found.last().unwrap().rule.clone()
    };
    assert_eq!(told(2), "cases.breakdown");
    assert_ne!(told(300), "cases.breakdown");
}

/// What the seed says agrees in magnitude with the series that were published of its places for its day.
#[test]
fn the_seed_agrees_with_the_published_series_where_both_are_at_hand() {
    let data = |name: &str| std::fs::read_to_string(format!("../shared/data/covid-series/{name}"));
    let (Ok(text), Ok(world)) =
        (std::fs::read_to_string("../shared/seed/tass-2020-09-29.txt"), data("worldwide-aggregate.csv"))
    else {
        return;
    };
    let mut article = article(&serde_json::json!({"text": "", "date": "2020-09-29"}));
    article.body = text.split("\n\n").skip(2).collect::<Vec<_>>().join("\n\n").trim().to_owned();
    let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
    let published = |observation: &Observation| -> f64 {
        let (series, column) = match serde_json::to_value(observation.metric).unwrap().as_str().unwrap() {
            "cases" => ("confirmed", 1),
            "recoveries" => ("recovered", 2),
            _ => ("deaths", 3),
        };
        let cell = |line: &str, n: usize| line.split(',').nth(n).unwrap().parse().unwrap();
        let Some(iso2) = observation.location.iso2.as_deref() else {
            return cell(world.lines().find(|line| line.starts_with("2020-09-29,")).unwrap(), column);
        };
        let table =
            data(&format!("jhu_{series}_global_to_2021-01-31.csv")).unwrap().replace("\"Korea, South\"", "Korea");
        let name = if iso2 == "KR" { ",Korea," } else { ",Russia," };
        let day = table.lines().next().unwrap().split(',').position(|day| day == "9/29/20").unwrap();
        cell(table.lines().find(|line| line.starts_with(name)).unwrap(), day)
    };
    assert_eq!(found.len(), 9);
    for observation in &found {
        let (said, published) = (observation.value.unwrap().0, published(observation));
        // The sources count differently (recoveries most), not in another magnitude.
        assert!((0.9..1.1).contains(&(said / published)), "{:?} {said} {published}", observation.location);
    }
}

/// Whether every field that is wanted is found.
fn agrees(found: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Object(fields) => fields.iter().all(|(key, value)| agrees(&found[key], value)),
        wanted => found == wanted,
    }
}

#[test]
fn hostile_text_neither_panics_nor_breaks_spans() {
    const PIECES: &[&str] = &[
        "12",
        "1,204. 317",
        "5.6",
        "%",
        "percent",
        " ",
        " ",
        " ",
        "cases",
        "deaths",
        "(",
        ")",
        "é",
        "—",
        "’s",
        "India",
        "South Korea",
        "U.S.",
        "no",
        "new",
        "to",
        "from",
        "by",
        "\n",
        "\n\n",
        ";",
        ":",
        ",",
        ".",
        "per",
        "100,000",
        "November",
        "31",
        "2020",
        "on",
        "Monday",
        "toll",
        "rose",
        "has",
        "million",
        "lakh",
        "and",
        "a",
        "half",
        "of",
        "third",
        "-",
        "highest",
        "in",
        "the",
        "world",
        "first",
        "each",
        "\u{301}",
        "🦠",
        "覆",
        "79th",
    ];
    let places = Places::new();
    let mut state = 1u64;
    for _ in 0..300 {
        let mut text = String::from("covid ");
        for _ in 0..40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(PIECES[(state >> 33) as usize % PIECES.len()]);
            if state >> 62 != 0 {
                text.push(' ');
            }
        }
        let article = article(&serde_json::json!({"text": text, "date": "2020-02-29"}));
        for mut observation in find(pack("en").unwrap(), &places, COVID_19, &article).observations {
            let body = observation.field.is_body();
            observation.each_span(&mut |span| assert!(!body || span.of(&article.body).is_some(), "{text:?}"));
        }
    }
}

#[test]
fn a_corrected_headline_is_a_mention_of_the_body() {
    let mut article = article(&serde_json::json!({
        "date": "2021-01-20",
        "headline": "CORRECTED-Portugal reports 1,420 new coronavirus cases",
        "text": "Portugal reported 1,420 new coronavirus cases on Tuesday, 15,400 in all, nearly 140 of them fatal.",
    }));
    article.wire.editors_note = None;
    let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
    let new: Vec<_> = found.iter().filter(|one| one.value.map(|value| value.0) == Some(1420.0)).collect();
    assert_eq!(new.len(), 1, "{new:#?}");
    assert!(new[0].field.is_body() && new[0].also_at.len() == 1 && new[0].id == "pt-cases-new-day");
    assert!(found.iter().any(|one| one.id.starts_with("pt-deaths") && one.value.map(|value| value.0) == Some(140.0)));
}

/// What something else has killed, parts of things, and people whose story has the disease as its circumstance only.
#[test]
fn a_figure_counts_what_its_head_noun_says() {
    let places = Places::new();
    let check = |text: &str, expected: &[f64]| {
        let article = article(&serde_json::json!({"text": text, "date": "2021-04-20"}));
        let found = find(pack("en").unwrap(), &places, COVID_19, &article).observations;
        let values: Vec<f64> = found.iter().filter_map(|one| one.value.map(|value| value.0)).collect();
        assert_eq!(values, expected, "{text}");
    };
    check("A blaze in the Covid ward killed 31 people and injured 12.", &[]);
    check("Covid-19 has killed 31 people in Malta.", &[31.0]);
    check("Coronavirus infections were found in 12 of the 19 provinces.", &[]);
    check("Police made 60 arrests, 22 of them for breaking the coronavirus curfew.", &[]);
    check("Because of the pandemic 40 miners died far from home.", &[]);
    check("In Oslo 40 miners died. Because of the pandemic nobody came.", &[]);
    check("In Oslo 40 infected miners died. Because of the pandemic nobody came.", &[40.0]);
    check("The clinic counted 14 cases of scurvy in the coronavirus winter.", &[]);
    check("The clinic counted 14 cases of the virus this winter.", &[14.0]);
    check("There were 28 more patients in intensive care with Covid in Bergen than a week ago.", &[]);
    check("More than 800 children under 14 have died of Covid-19 in Peru.", &[800.0]);
}

/// A story that only touches on the disease gives no figures for it; one that need not name it does.
#[test]
fn figures_are_of_what_the_story_is_about() {
    #[track_caller]
    fn check(headline: &str, text: &str, expected: &[&str]) {
        let article = article(&serde_json::json!({"text": text, "date": "2020-11-18", "headline": headline}));
        let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
        let told = |one: &Observation| {
            let one = serde_json::to_value(one).unwrap();
            format!("{} {}", one["metric"].as_str().unwrap(), one["value"])
        };
        assert_eq!(found.iter().map(told).collect::<Vec<_>>(), expected, "{text}");
    }
    // The disease is only the circumstance of something else, or comes in at the end.
    let fires = "Fires in the valley have killed eight people. The toll stands at 25 since August. Shelters take \
                 temperatures because of the coronavirus.";
    check("Valley burns", fires, &[]);
    let football = "Rovers lost 3-0 at home and 12 tests of grass were made. The league was stopped by the coronavirus in \
                    March.";
    check("Rovers lose", football, &[]);
    let claims =
        "The insurer settled 4,000 claims for events cancelled in the pandemic. Another 212 cases are in the courts.";
    check("Claims", claims, &[]);
    // Another disease that no list knows, and ours beside it.
    let deer = "Wardens confirmed 14 new cases of chronic wasting disease in deer. Hunters sent in 980 samples, fewer than \
                before stations were closed by Covid-19.";
    check("Deer", deer, &[]);
    let pneumonia = "China told of an outbreak of pneumonia of unknown origin. To date 35,340,100 people have been infected \
                     with the novel coronavirus and over 1,037,900 deaths were reported.";
    check("Virus", pneumonia, &["cases 35340100", "deaths 1037900"]);
    // It goes without saying.
    let georgia = "Just 622 people tested positive in Georgia on Friday, after 18,905 tests. Some 689 patients are in \
                   intensive care.";
    check("Georgia", georgia, &["cases 622", "tests 18905", "icu_patients 689"]);
    let ministry = "Peru counted 1,808 infections and 67 deaths on Monday, while 802 patients recovered.";
    check("Peru", ministry, &["cases 1808", "deaths 67", "recoveries 802"]);
    let worm = "The attack infected 2,000 computers, and 1,808 infections were cleaned by Monday.";
    check("Attack", worm, &[]);
    let divers =
        "Divers found 3 bodies. A man tested positive for alcohol and is in intensive care; 12 people were rescued.";
    check("Boat", divers, &[]);
    // A tag, beside figures that speak for themselves.
    check("Today", "New cases 813\nNew deaths 14\nCovid beds vacant 11,922", &["cases 813", "deaths 14"]);
    let wards =
        "The country had 14,457 new cases on Thursday. It has 6,886 in hospital, of whom 1,436 are in intensive care.";
    check("Wards full", wards, &["cases 14457", "hospitalisations 6886", "icu_patients 1436"]);
    // The name in three tokens is named once, and in passing.
    let guns = "Activists count 21 dead in the streets of the city. It had a curfew for Covid-19.";
    check("Year of guns", guns, &[]);
}

/// Words that tell of the ill are said of others too.
#[test]
fn what_is_said_of_something_else_gives_no_figure() {
    #[track_caller]
    fn check(text: &str, expected: &[f64]) {
        let text = format!("{text} The country has 1,204 coronavirus patients in hospital.");
        let article = article(&serde_json::json!({"text": text, "date": "2020-11-18"}));
        let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
        let found: Vec<f64> = found.iter().filter_map(|one| one.value.map(|value| value.0)).collect();
        assert_eq!(found, [expected, &[1204.0]].concat(), "{text}");
    }
    check("Masks saved 400 lives, a study holds.", &[]);
    check("Clean air kept 11,000 people from dying in April.", &[]);
    check("The state admitted 2,765 refugees in June.", &[]);
    check("The hospital admitted 65 patients in June.", &[65.0]);
    check("Hamlets with 2,300 people are isolated by landslips.", &[]);
    check("The crematorium takes 60 dead a day.", &[]);
    check("Critics wrote 207 positive reviews of the film.", &[]);
    check("Some 2,600 mails have infected 14,000 computers.", &[]);
    check("The crush hurt 40 people, and 38 were taken to hospital.", &[]);
    check("Bars lost 48,000 jobs.", &[]);
    check("Brazil lost 2,009 people on Tuesday.", &[2009.0]);
    check("Eleven vaccines must be given by law.", &[]);
    check("People from areas with fewer than 25 infections per 100,000 inhabitants may come in.", &[]);
    check("Tier 2: more than 100 new cases per 100,000 in a week", &[]);
    check("SpaceX did 27 tests of parachutes.", &[]);
}

/// The rules take the victims for a figure, and the judge does not; a figure told in the plainest words stands.
#[test]
fn the_judge_refuses_what_only_looks_like_a_figure_and_says_how_sure_it_is() {
    let text = "The memorial has room for 4,210 victims of the coronavirus, and its sculptor carved each name by hand with 3 \
                helpers. It is 12 metres high, cost 90,000 euros and opens at 10.\n\n\
                Belgium reported 1,204 new coronavirus cases on Wednesday.";
    let article = article(&serde_json::json!({"text": text, "date": "2020-11-18"}));
    let (covid, left_out) = super::explain(pack("en").unwrap(), &Places::new(), COVID_19, &article);
    let values: Vec<f64> = covid.observations.iter().filter_map(|one| one.value).map(|value| value.0).collect();
    assert_eq!(values, [1204.0]);
    let refused = left_out.iter().find(|one| one.span.of(text) == Some("4,210")).unwrap();
    let odds = refused.reason.strip_prefix(weighed::REFUSED).unwrap().trim_matches([' ', '(', ')']);
    assert!(odds.parse::<f32>().unwrap() < 0.0, "{}", refused.reason);
}

/// What the model was trained on are the features that the program asks for: plain figures score well above what is no
/// figure, at any length of the text around them.
#[test]
fn the_judge_knows_its_features_at_any_length() {
    let score = |text: &str, number: &str| {
        let start = text.find(number).unwrap();
        let all = Span::body(0, text.len());
        let headline = judge::words("Coronavirus update", 0);
        let span = Span::body(start, start + number.len());
        judge::score(&headline, &judge::words(text, 0), all, span, number)
    };
    let figure = "The health ministry confirmed 412 new coronavirus cases on Friday, bringing the total to 18,204.";
    let none = "During the pandemic the museum sold 412 tickets a day at 14 euros, its director said.";
    assert!(score(figure, "412") > 1.0 && score(figure, "18,204") > 1.0);
    assert!(score(none, "412") < -1.0);
    let among = |times: usize| {
        let tickets = "Tickets were sold at euros. ".repeat(times);
        score(&format!("{tickets}{figure} {tickets}"), "18,204")
    };
    assert!((among(300) - among(40)).abs() < 0.001);
}

#[test]
fn only_english_figures_of_covid_are_judged() {
    assert!(judge::judges("en", "COVID-19"));
    assert!(!judge::judges("en", "measles") && !judge::judges("ru", "COVID-19"));
}

/// What the body of a story of 2020-11-18 tells: metric, value, kind, place.
fn told(text: &str) -> Vec<(Metric, f64, Kind, Option<String>)> {
    let article = article(&serde_json::json!({"text": text, "date": "2020-11-18"}));
    let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
    let told = found.into_iter().filter_map(|one| Some((one.metric, one.value?.0, one.kind, one.location.name)));
    told.collect()
}

/// Bare numbers count what was counted before: a place, a day or a pointing word says whose they are.
#[test]
fn a_bare_number_tells_again_what_was_counted_before() {
    const LEAD: &str = "Ohio reported 912 new coronavirus infections on Tuesday and 14 deaths. ";
    let after = |text: &str| -> Vec<(Metric, f64, Option<String>)> {
        let mut told = told(&format!("{LEAD}{text}"));
        told.drain(..2);
        told.into_iter().map(|(metric, value, _, place)| (metric, value, place)).collect()
    };
    let of = |place: &str, figures: &[(Metric, f64)]| -> Vec<(Metric, f64, Option<String>)> {
        figures.iter().map(|(metric, value)| (*metric, *value, Some(place.to_owned()))).collect()
    };
    assert_eq!(after("Indiana - 401."), of("Indiana", &[(Metric::Cases, 401.0)]));
    assert_eq!(
        after("Across the border, Indiana announced 401 and nine."),
        of("Indiana", &[(Metric::Cases, 401.0), (Metric::Deaths, 9.0)])
    );
    // "It" is of what it is as large as.
    assert_eq!(after("In Indiana it was 401."), of("Indiana", &[(Metric::Cases, 401.0)]));
    assert_eq!(after("On Monday 877 had been reported."), of("Ohio", &[(Metric::Cases, 877.0)]));
    assert_eq!(after("Two of every three are in Columbus. Indiana had 401."), of("Indiana", &[(Metric::Cases, 401.0)]));
}

/// Rows of rates, owners of numbers, names that no table knows, and what was counted before told of another day.
#[test]
fn a_number_of_which_nothing_is_said_counts_what_was_counted_before() {
    let values = |text: &str| told(text).into_iter().map(|(metric, value, ..)| (metric, value)).collect::<Vec<_>>();
    let rates = "Bolton has the worst of the coronavirus, 59.1 per 100,000, ahead of Bradford's 52.2.";
    assert_eq!(values(rates), [(Metric::CaseIncidence, 59.1), (Metric::CaseIncidence, 52.2)]);
    let after = |text: &str| values(&format!("Ohio counted 912 coronavirus infections. {text}")).pop();
    assert_eq!(after("Indiana's 401 is the most."), Some((Metric::Cases, 401.0)));
    assert_eq!(after("In Winterfield it was 401."), Some((Metric::Cases, 401.0)));
    assert_eq!(after("On Friday it reported 401."), Some((Metric::Cases, 401.0)));
    assert_eq!(after("In Indiana it's 401."), Some((Metric::Cases, 401.0)));
    assert_eq!(after("The outbreak has reached 4,917 since May 15."), Some((Metric::Cases, 4917.0)));
}

#[test]
fn where_people_lie_may_open_a_sentence() {
    let told = told("Ohio counted 912 coronavirus infections. In hospital are 6,123 people. On ventilators are 35.");
    let figures: Vec<_> = told.into_iter().map(|(metric, value, kind, _)| (metric, value, kind)).collect();
    assert_eq!(figures[1], (Metric::Hospitalisations, 6123.0, Kind::Current));
    assert_eq!(figures[2], (Metric::VentilatedPatients, 35.0, Kind::Current));
}

#[test]
fn a_part_of_so_many_people_is_what_is_said_of_them() {
    let values = |text: &str| told(text).into_iter().map(|(metric, value, ..)| (metric, value)).collect::<Vec<_>>();
    let parts = [(Metric::Cases, 31.0), (Metric::Cases, 12.0)];
    assert_eq!(values("In Ohio 31 of 54 residents and 12 of 40 staff have tested positive."), parts);
    assert_eq!(values("In Ohio 2,439 inmates out of 2,500 have had the virus."), [(Metric::Cases, 2439.0)]);
    assert_eq!(values("In Ohio 24 tests were positive on Sunday for the coronavirus."), [(Metric::Cases, 24.0)]);
    let rows = told("Nigeria reported 561 new cases of COVID-19: Lagos-200, Edo-119, Kaduna-52.");
    assert_eq!(rows.iter().map(|(_, value, ..)| *value).collect::<Vec<_>>(), [561.0, 200.0, 119.0, 52.0]);
}

/// "had" may be a state or what happened; the words and the figures around it tell which.
#[test]
fn the_words_of_a_count_decide_of_its_kind_where_they_contradict_the_rules() {
    let lead = "Vietnam recorded 5,357 new coronavirus infections on Wednesday.";
    let told = told(&format!("{lead} Binh Duong had 900 infections on the day and Tien Giang 236."));
    assert!(told.iter().all(|(_, _, kind, _)| *kind == Kind::New), "{told:?}");
}

#[test]
fn counts_are_of_the_place_that_their_own_words_name() {
    let place = |text: &str| told(text).remove(0).3;
    assert_eq!(place("US coronavirus cases rose to 4 million."), Some("United States".to_owned()));
    assert_eq!(place("In the US 300 cases of the coronavirus were found."), Some("United States".to_owned()));
    assert_eq!(place("The counter showed 300 American infections."), Some("United States".to_owned()));
    assert_eq!(place("Lazio, around Rome, reported 371 coronavirus infections."), Some("Lazio".to_owned()));
}

#[test]
fn a_figure_that_nothing_names_is_of_what_is_being_counted() {
    let text = "Alberta reported 121 new coronavirus cases on Friday.\n\nManitoba has had 1,931 since March, the sum since \
                January there is 2,387. Unemployment rose by 302,265.";
    let told: Vec<_> = told(text).into_iter().map(|(metric, value, kind, _)| (metric, value, kind)).collect();
    let cases = |value, kind| (Metric::Cases, value, kind);
    let expected = [cases(121.0, Kind::New), cases(1931.0, Kind::Cumulative), cases(2387.0, Kind::Cumulative)];
    assert_eq!(told, expected);
}

/// What a place had on a day is the day's; what it has had is not.
#[test]
fn a_day_makes_what_a_place_had_new() {
    #[track_caller]
    fn check(text: &str, expected: &[(f64, Kind)]) {
        let article = article(&serde_json::json!({"text": text, "date": "2021-04-14"}));
        let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
        let found: Vec<(f64, Kind)> = found.iter().filter_map(|one| Some((one.value?.0, one.kind))).collect();
        assert_eq!(found, expected, "{text}");
    }
    check("Ghana had 412 coronavirus infections on Monday and nine deaths.", &[(412.0, Kind::New), (9.0, Kind::New)]);
    check("Ghana has had 92,000 coronavirus infections.", &[(92_000.0, Kind::Cumulative)]);
    check(
        "Ghana reported 412 coronavirus infections on Monday. Kumasi had 77.",
        &[(412.0, Kind::New), (77.0, Kind::New)],
    );
    check("In Ghana 1,204 coronavirus infections have been reported since Friday.", &[(1204.0, Kind::New)]);
    check("Coronavirus deaths in Ghana in the past week rose to 38.", &[(38.0, Kind::New)]);
    check(
        "Ghana stands at 92,318 coronavirus infections, 412 of them new.",
        &[(92_318.0, Kind::Cumulative), (412.0, Kind::New)],
    );
    check("Ghana: 1.15 lakh coronavirus cases in 24 hrs, 12 dead", &[(115_000.0, Kind::New), (12.0, Kind::New)]);
    check(
        "Ghana has recorded its worst day since October, with 22 coronavirus cases and one death.",
        &[(22.0, Kind::New), (1.0, Kind::New)],
    );
    check("In Ghana 202 coronavirus deaths made it the second-deadliest day so far.", &[(202.0, Kind::New)]);
    check("Ghana had nine coronavirus deaths on Friday, all told 287.", &[(9.0, Kind::New), (287.0, Kind::Cumulative)]);
}

/// Figures of two places in a row, of what is compared, and of a list that is over.
#[test]
fn a_figure_is_of_the_place_of_what_it_goes_on_with() {
    #[track_caller]
    fn check(text: &str, expected: &[(f64, &str)]) {
        let article = article(&serde_json::json!({"text": text, "date": "2021-04-14"}));
        let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
        let found: Vec<(f64, &str)> =
            found.iter().filter_map(|one| Some((one.value?.0, one.location.name.as_deref()?))).collect();
        assert_eq!(found, expected, "{text}");
    }
    check(
        "Ghana reported 90 coronavirus cases on Monday. Benin and Togo counted 412 and 377.",
        &[(90.0, "Ghana"), (412.0, "Benin"), (377.0, "Togo")],
    );
    check(
        "Ghana reported 412 coronavirus cases on Monday, the most in Africa, up from 377 the day before.",
        &[(412.0, "Ghana"), (377.0, "Ghana")],
    );
    check(
        "Ghana: 412 coronavirus cases. Kumasi alone had 120. Tamale 77, Tema 52.\n\nAnother 12 people have died of Covid-19.",
        &[(412.0, "Ghana"), (120.0, "Kumasi"), (77.0, "Tamale"), (52.0, "Tema"), (12.0, "Ghana")],
    );
    // A share again is no count.
    check(
        "Ghana added 412 coronavirus cases. In Tema 44 percent of patients have the disease; in Kumasi it is 39.",
        &[(412.0, "Ghana")],
    );
}
