//! Whole stories: an invented one, and the seed where it is there.

use super::{Options, Tables, article};
use crate::clean::wire;
use crate::model::{Article, Enriched, EntityType, FeedId, Field, ItemId, MentionForm, SectionKind};

fn story(headline: &str, body: &str) -> Enriched {
    story_of("2020-09-29T10:12:00+03:00", headline, body)
}

fn story_of(published: &str, headline: &str, body: &str) -> Enriched {
    let feed = FeedId::from("test");
    let mut story = Article::new(ItemId::new(&feed, "1"), feed);
    story.headline = Some(headline.to_owned());
    story.body = body.to_owned();
    story.language = Some("en".to_owned());
    story.published = published.parse().ok();
    wire::structure(&mut story, None);
    article(&Tables::new(&Options::default()), story)
}

/// Entities with every mention as `type name (country): text/form, text/form`, those that a story must have: a tagger is
/// learnt, and what else it takes for a name is measured by `eval`.
#[track_caller]
fn check(headline: &str, body: &str, expected: &[&str]) {
    let enriched = story(headline, body);
    let found: Vec<String> = enriched
        .entities
        .iter()
        .map(|entity| {
            let mentions: Vec<String> =
                entity.mentions.iter().map(|mention| format!("{}/{:?}", mention.text, mention.form)).collect();
            format!(
                "{:?} {} ({}): {}",
                entity.kind,
                entity.name,
                entity.country.as_deref().unwrap_or("-"),
                mentions.join(", ")
            )
        })
        .collect();
    for entity in expected {
        assert!(found.iter().any(|found| found == entity), "{entity} is missing in {found:#?}");
    }
}

/// A place that no table has lies in the country that is spoken of around it, however much the story says of another.
#[test]
fn an_unknown_place_lies_where_the_text_about_it_does() {
    check(
        "Lenders of three countries report losses",
        "French banks lost money in France, a regulator said in Paris. France had warned of it.\n\n\
         In Kenya the shilling fell. At Nairobi's exchange traders spoke of the Kenyan harvest, and a farmer \
         from Wandaweru, near Nyeri, said that rain would help more than the bank.",
        &["Place Wandaweru (KE): Wandaweru/Name"],
    );
}

/// A paper that is at home in a country seldom names it.
#[test]
fn what_a_paper_does_not_say_is_at_home() {
    let read = |country: Option<&str>| {
        let feed = FeedId::from("test");
        let mut story = Article::new(ItemId::new(&feed, "1"), feed);
        story.headline = Some("Pool opens late".to_owned());
        story.body =
            "The pool in Newtown opens a week late, a councillor in Wandaweru said. Repairs cost 40,000 rupees."
                .to_owned();
        story.language = Some("en".to_owned());
        story.publisher_country = country.map(str::to_owned);
        let enriched = article(&Tables::new(&Options::default()), story);
        let places = enriched.entities.iter().filter(|entity| entity.kind == EntityType::Place);
        let places: Vec<_> = places.map(|place| place.country.clone().unwrap_or_default()).collect();
        (places.join(" "), enriched.values.iter().find_map(|value| value.currency.clone()).unwrap_or_default())
    };
    assert_eq!(read(Some("LK")), ("LK LK".to_owned(), "LKR".to_owned()));
    assert_eq!(read(None).1, "INR");
}

/// However a name is put into Latin letters, and of a state that is no more.
#[test]
fn places_are_known_by_the_names_of_english_copy() {
    check(
        "Three ports reopen",
        "GENEVA, March 3 (Example) - The ports of Hodeidah and Misrata are open. Envoys from Samarkand, from \
         Ahmedabad and from Taiz went home, and a diplomat who had served in Czechoslovakia spoke.",
        &[
            "Place Samarkand (UZ): Samarkand/Name",
            "Place Ahmedabad (IN): Ahmedabad/Name",
            "Place Taiz (YE): Taiz/Name",
            "Place Czechoslovakia (CS): Czechoslovakia/Name",
        ],
    );
    let enriched = story("", "Envoys left Hodeidah. Ships lay off Hudaydah in Yemen.");
    let links = enriched.entities.iter().filter_map(|entity| entity.links.get("geonames"));
    assert_eq!(links.filter(|id| *id == "79415").count(), 1, "two spellings of one port");
}

/// An office without a name is the one who held it on the story's day; a surname behind its office is that one too.
#[test]
fn offices_are_held_by_those_of_the_day() {
    let told = |day: &str| {
        let body = "WARSAW, March 3 (PAP) - Polish President Duda met the French president on Tuesday.";
        let enriched = story_of(&format!("{day}T12:00:00Z"), "", body);
        let people = enriched.entities.iter().filter(|entity| entity.kind == EntityType::Person);
        people.map(|person| person.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(told("2020-03-03"), ["Andrzej Duda", "Emmanuel Macron"]);
    assert_eq!(told("2016-03-03"), ["Andrzej Duda", "Francois Hollande"]);
}

#[test]
fn follows_people_through_a_story() {
    check(
        "Norway opens bridge",
        "OSLO, Sept 28 (Reuters) - Norwegian Transport Minister Kari Nordmann opened the bridge with Ole Hansen, head of the Bergen Bridge Company (BBC2).\n\nNordmann said the bridge was late. The Norwegian transport minister thanked BBC2 and the World Health Organization.",
        &[
            "Place Norway (NO): Norway/Name",
            "Place Oslo (NO): OSLO/Name",
            "Organisation Reuters (GB): Reuters/Name",
            "Group Norwegian (NO): Norwegian/Demonym, Norwegian/Demonym",
            "Person Kari Nordmann (NO): Kari Nordmann/Name, Nordmann/Short, The Norwegian transport minister/Role",
            "Person Ole Hansen (-): Ole Hansen/Name",
            "Organisation Bergen Bridge Company (NO): Bergen Bridge Company/Name, BBC2/Acronym, BBC2/Acronym",
            "Organisation World Health Organization (-): World Health Organization/Name",
        ],
    );
}

#[test]
fn a_dateline_names_its_place_and_agency() {
    check(
        "Pier reopens in Galway",
        "ORANMORE, Ireland (AP) — The South Pier reopened. Almaty, Ulan Bator and Rangoon sent word.",
        &[
            "Place Galway (IE): Galway/Name",
            "Place Oranmore (IE): ORANMORE/Name",
            "Place Ireland (IE): Ireland/Name",
            "Organisation Associated Press (US): AP/Acronym",
            "Facility South Pier (IE): South Pier/Name",
            "Place Almaty (KZ): Almaty/Name",
            "Place Ulaanbaatar (MN): Ulan Bator/Name",
            "Place Yangon (MM): Rangoon/Name",
        ],
    );
    check(
        "Both Koreas talk",
        "South Korea proposed talks. The North did not reply to the South. Ships sailed to the south.",
        &["Place South Korea (KR): South Korea/Name, South/Short", "Place North Korea (KP): North/Short"],
    );
}

#[test]
fn says_nothing_in_a_language_without_a_pack() {
    let feed = FeedId::from("test");
    let mut article_nl = Article::new(ItemId::new(&feed, "1"), feed);
    article_nl.language = Some("nl-NL".to_owned());
    article_nl.body = "De minister-president van Noorwegen opende de brug in Oslo.".to_owned();
    let enriched = article(&Tables::new(&Options::default()), article_nl);
    assert!(enriched.entities.is_empty() && enriched.language_pack.is_none());
    assert_eq!(enriched.article.issues.first().map(|issue| issue.code.as_str()), Some("language_unsupported"));
}

#[test]
fn every_span_points_at_its_text_and_nothing_panics() {
    for body in [
        "",
        "A",
        "Ab. \"",
        "É\u{301} \"Ünï",
        "(WHO",
        "Mr.",
        "the Russian",
        "U.S.",
        "\u{feff}“",
        "South and North",
        &"Mr. ".repeat(3_000),
        &"\"A ".repeat(3_000),
    ] {
        let enriched = story(body, body);
        for mention in enriched.entities.iter().flat_map(|entity| &entity.mentions) {
            assert_eq!(mention.span.of(body), Some(mention.text.as_str()));
        }
        assert!(enriched.quotes.iter().all(|quote| quote.span.of(body).is_some()));
    }
}

/// The seed story; its text is not part of the repository.
#[test]
fn reads_the_seed() {
    let Some(folder) =
        ["../shared/seed", "../../shared/seed"].into_iter().map(std::path::Path::new).find(|path| path.exists())
    else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("tass-2020-09-29.txt")).unwrap();
    let expected: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let mut paragraphs: Vec<&str> = text.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).collect();
    paragraphs.remove(0);
    let headline = paragraphs.remove(0);
    let enriched = story(headline, &paragraphs.join("\n\n"));
    let body = &enriched.article.body;
    for (kind, names) in expected["entities"].as_object().unwrap() {
        for pair in names.as_array().unwrap() {
            let (name, country) = (pair[0].as_str().unwrap(), pair[1].as_str());
            let found = enriched
                .entities
                .iter()
                .find(|entity| entity.name == name && serde_json::to_value(entity.kind).unwrap() == *kind);
            assert_eq!(found.map(|entity| entity.country.as_deref()), Some(country), "{kind} {name}");
        }
    }
    for (kind, values) in expected["values"].as_object().unwrap() {
        for value in values.as_array().unwrap() {
            let found = enriched.values.iter().find(|found| found.text == value["text"].as_str().unwrap()).unwrap();
            assert_eq!(serde_json::to_value(found.kind).unwrap(), *kind);
            assert_eq!(found.value.map(|number| number.0), value["value"].as_f64());
            assert_eq!(found.currency.as_deref(), value["currency"].as_str());
        }
    }
    let by = |name: &str| {
        enriched.quotes.iter().filter(|quote| quote.direct && quote.speaker.as_deref() == Some(name)).count()
    };
    assert!(by("Sergey Lavrov") >= 7, "{:#?}", enriched.quotes);
    let dateline = enriched.article.wire.dateline.as_ref().unwrap();
    assert_eq!(dateline.place.as_deref(), Some("Moscow"));
    assert_eq!(dateline.country.as_deref(), Some("RU"));
    assert_eq!(dateline.date.unwrap().to_string(), "2020-09-29");
    assert_eq!(enriched.article.wire.agency.as_deref(), Some("TASS"));
    let heading = expected["sections"]["background_from_heading"].as_str().unwrap();
    let start = body.find(heading).unwrap();
    for section in &enriched.article.sections {
        assert_eq!(section.kind == SectionKind::Background, section.span.start >= start, "{section:?}");
    }
    let lavrov = enriched.entities.iter().find(|entity| entity.name == "Sergey Lavrov").unwrap();
    assert!(lavrov.mentions.iter().filter(|mention| mention.form == MentionForm::Role).count() >= 3, "{lavrov:#?}");
    assert!(enriched.entities.iter().all(|entity| entity.mentions.iter().all(|mention| {
        let text = if mention.span.field == Field::Headline { headline } else { body };
        mention.span.of(text) == Some(mention.text.as_str())
    })));
    assert!(enriched.entities.iter().any(|entity| entity.kind == EntityType::Group));
}

/// The same grammar with another disease in the place of COVID-19, and that one among the others.
#[test]
fn figures_of_another_disease_are_read_when_it_is_asked_for() {
    let read = |disease: &str| {
        let options: Options = serde_json::from_value(serde_json::json!({ "disease": disease })).unwrap();
        let feed = FeedId::from("test");
        let mut story = Article::new(ItemId::new(&feed, "1"), feed);
        story.headline = Some("Measles outbreak grows".to_owned());
        story.body = "Madagascar has confirmed 4,812 measles cases since September, and 68 people have died of the disease.\n\nThe country also reported 12 new coronavirus infections on Tuesday. Another 31 measles patients were admitted to hospital.".to_owned();
        story.language = Some("en".to_owned());
        story.published = "2020-11-18T12:00:00Z".parse().ok();
        let observations = article(&Tables::new(&options), story).covid.observations;
        let told =
            |one: &crate::model::Observation| (one.disease.clone(), one.disease_id.clone(), one.value.unwrap().0);
        observations.iter().map(told).collect::<Vec<_>>()
    };
    let of = |name: &str, id: &str, values: &[f64]| {
        values.iter().map(|value| (name.to_owned(), Some(id.to_owned()), *value)).collect::<Vec<_>>()
    };
    assert_eq!(read("measles"), of("measles", "DOID:8622", &[4812.0, 68.0, 31.0]));
    assert_eq!(read("COVID-19"), of("COVID-19", "DOID:0080600", &[12.0]));
    assert_eq!(read("cholera"), []);
}
