//! What the whole story tells of a figure: its day, whom it counts, its rank, of how many it is a rate; and whether a story that
//! names no disease is one of the epidemic.

use super::tests::figures;
use super::tests::find;
use super::{disease, judge};
use crate::extract::diseases::COVID_19;
use crate::extract::places::Places;
use crate::language::pack;
use crate::model::Observation;
use serde_json::{Value, json};

/// One field of each figure of a text of Wednesday, 18 November 2020.
#[track_caller]
fn check(field: &str, text: &str, expected: &[(f64, Value)]) {
    let told = |one: &Value| (one["value"].as_f64().unwrap(), one.pointer(field).cloned().unwrap_or_default());
    assert_eq!(figures(text).iter().map(told).collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn what_goes_on_from_a_dated_count_is_of_its_day() {
    check(
        "/as_of/date",
        "Punjab reported 1,204 new coronavirus cases and 31 deaths on Monday, the provincial health department said.\n\n\
         Lahore had 512 of the cases, Multan 204 and Rawalpindi 88.",
        &[
            (1204.0, json!("2020-11-16")),
            (31.0, json!("2020-11-16")),
            (512.0, json!("2020-11-16")),
            (204.0, json!("2020-11-16")),
            (88.0, json!("2020-11-16")),
        ],
    );
}

#[test]
fn a_figure_without_any_day_is_of_the_story_s() {
    check(
        "/as_of",
        "Latvia has registered 11,304 coronavirus cases.",
        &[(11304.0, json!({"date": "2020-11-18", "how": "published_default"}))],
    );
}

#[test]
fn what_goes_on_from_a_home_counts_its_residents() {
    check(
        "/subset",
        "Sweden recorded 4,007 new coronavirus cases. At a nursing home in Boden 31 residents have tested positive and \
         nine have died.",
        &[(4007.0, json!([])), (31.0, json!(["care_home"])), (9.0, json!(["care_home"]))],
    );
}

#[test]
fn who_follows_ranks_next() {
    check(
        "/rank",
        "The country with the most new coronavirus deaths was Poland with 603, followed by France with 427 and Italy with \
         410. Spain had 156.",
        &[(603.0, json!(1)), (427.0, json!(2)), (410.0, json!(3)), (156.0, Value::Null)],
    );
    check(
        "/rank",
        "By active coronavirus cases Podgorica is first (1,511) and Niksic second (707).",
        &[(1511.0, json!(1)), (707.0, json!(2))],
    );
    check(
        "/rank_scope",
        "Belgium has the highest coronavirus death toll in Europe, 14,839.",
        &[(14839.0, json!("Europe"))],
    );
}

#[test]
fn a_rate_without_a_base_has_that_of_the_one_before() {
    check(
        "/per",
        "Nottingham has 880.4 coronavirus cases per 100,000 people over seven days. The rate in Derby is 351.2.",
        &[(880.4, json!(100_000)), (351.2, json!(100_000))],
    );
}

#[test]
fn a_story_that_names_no_disease_is_known_by_its_words() {
    let about = |headline: &str, text: &str, date: &str| {
        let article = super::tests::article(&json!({"headline": headline, "text": text, "date": date}));
        let asked = disease::Asked::new(pack("en").unwrap(), COVID_19).unwrap();
        disease::relevance(&asked, &article).story
    };
    let plants = "GRAND FORKS, N.D. — Walsh County had 1,006 cases Tuesday, a third of the state's. Of its 27 dead, 15 lived \
                  in two nursing homes.\n\nThe sugar plant has reported 212 positives among its workers.";
    assert!(judge::judges("en", "COVID-19"));
    assert!(about("Where the line did not stop", plants, "2020-04-28"));
    assert!(!about("Where the line did not stop", plants, "2016-04-28"), "no epidemic before it began");
    let court = "The court closed 14 cases on Tuesday and has 69,000 pending. Two judges died last year; the hospital of the \
                 town treated 12 people after a bus overturned, three of them in intensive care.";
    assert!(!about("Court has fewer pending matters", court, "2021-04-28"));
    let cholera = "Malawi had 1,006 new cases on Tuesday and 27 deaths from cholera, the health ministry said. Hospitals \
                   treat 212 patients.";
    assert!(!about("Cholera spreads in Malawi", cholera, "2022-04-28"));
}

#[test]
fn a_range_of_days_ends_on_its_last_and_is_a_week_or_two() {
    for (text, day, period) in [
        ("Kenya logged 1,395 coronavirus cases between Nov. 8 and 14.", "2020-11-14", "week"),
        ("Portugal registered 15,128 coronavirus infections between 3 and 16 November.", "2020-11-16", "fortnight"),
        ("From November 2 to November 15 Kenya had 1,301 new coronavirus cases.", "2020-11-15", "fortnight"),
    ] {
        let [one] = figures(text).try_into().unwrap();
        assert_eq!((one["as_of"]["date"].as_str(), one["period"].as_str()), (Some(day), Some(period)), "{text}");
    }
}

#[test]
fn what_goes_on_from_a_count_of_a_period_is_of_that_period() {
    check(
        "/period",
        "Ghana found 512 new coronavirus cases in the past 24 hours.\n\nOf them 204 were in Accra and 88 in Kumasi. Four \
         more people died.",
        &[(512.0, json!("day")), (204.0, json!("day")), (88.0, json!("day")), (4.0, json!("day"))],
    );
    check("/period", "Coronavirus cases in Latvia average 412 a day over the past week.", &[(412.0, json!("day"))]);
}

#[test]
fn days_are_not_ranked_as_places_are() {
    check(
        "/rank",
        "Utah reported 4,672 new coronavirus cases, its second-highest number ever.",
        &[(4672.0, Value::Null)],
    );
    check(
        "/rank",
        "Utah reported 4,672 new coronavirus cases, the second-highest number in the country.",
        &[(4672.0, json!(2))],
    );
}

#[test]
fn an_ordinal_behind_a_place_ranks_it() {
    check(
        "/rank",
        "Riyadh ranked first with 332 of the new coronavirus cases on Tuesday, Taif second with 271 and Mecca third on 218.",
        &[(332.0, json!(1)), (271.0, json!(2)), (218.0, json!(3))],
    );
    check(
        "/rank",
        "So far 71,642 Indians have died of Covid-19, third after Americans and Brazilians.",
        &[(71642.0, json!(3))],
    );
}

#[test]
fn an_order_goes_on_from_who_leads() {
    let ranks = |text: &str, expected: &[(f64, u32)]| {
        let expected: Vec<(f64, Value)> = expected.iter().map(|(value, rank)| (*value, json!(rank))).collect();
        check("/rank", text, &expected);
    };
    ranks(
        "The worst-hit country of the coronavirus is the United States with 205,031 deaths. Then come Brazil with 142,058 \
         and India on 96,318.",
        &[(205_031.0, 1), (142_058.0, 2), (96_318.0, 3)],
    );
    ranks(
        "Most new coronavirus infections were found in Lublin (379), Opole (317) and Łódź (297).",
        &[(379.0, 1), (317.0, 2), (297.0, 3)],
    );
    ranks(
        "After the US, the hardest-hit countries of the coronavirus are Brazil with 178,995 deaths and India with 141,772 \
         deaths.",
        &[(178_995.0, 2), (141_772.0, 3)],
    );
    ranks(
        "The highest numbers of new coronavirus cases were reported from:\n• Germany (333 473 new cases),\n• France (281 \
         063 new cases).",
        &[(333_473.0, 1), (281_063.0, 2)],
    );
    ranks("Libya has recorded 6,797 coronavirus deaths, behind only Tunisia and Egypt.", &[(6797.0, 3)]);
    ranks(
        "India has 3.54 million coronavirus cases, third behind the United States (5.9 million) and Brazil (3.8 million).",
        &[(3_540_000.0, 3), (5_900_000.0, 1), (3_800_000.0, 2)],
    );
    check("/rank_scope", "Nairobi leads with 291 new coronavirus cases.", &[(291.0, json!("Kenya"))]);
}

#[test]
fn a_place_leads_among_those_that_are_named() {
    for (text, value, rank) in [
        ("Latvia has the European Union's highest coronavirus incidence, 1,406 per 100,000 people.", 1406.0, 1),
        ("Osaka counted 66 coronavirus deaths, the most in the country.", 66.0, 1),
        ("Mizoram had 119 new coronavirus cases, the most of any state.", 119.0, 1),
        ("Jerusalem has 11,420 coronavirus cases, more than any other city.", 11_420.0, 1),
        (
            "Russia has carried out 5.8 million coronavirus tests, more than any country but the United States.",
            5_800_000.0,
            2,
        ),
        ("Metro Manila had 2,434 new coronavirus cases, the most of all regions.", 2434.0, 1),
        ("Ukraine, with 22,811 coronavirus cases, ranks 33rd.", 22_811.0, 33),
        ("Selangor remains on top with 388 new coronavirus cases.", 388.0, 1),
        ("Samsun is still at the top of the list of 81 provinces with 633 new coronavirus cases.", 633.0, 1),
        ("The state ranks second per capita with 114 new coronavirus cases, says the Ohio board.", 114.0, 2),
        (
            "Peru has 549,321 coronavirus cases, which keeps it sixth on the list of the most affected countries.",
            549_321.0,
            6,
        ),
        ("Kano has 985 coronavirus infections, the second highest in the country after Lagos.", 985.0, 2),
        ("Britain is the fifth country in the world to record more than 100,000 coronavirus deaths.", 100_000.0, 5),
        ("Vietnam counts 275,582 coronavirus cases and ranks 71/222.", 275_582.0, 71),
    ] {
        check("/rank", text, &[(value, json!(rank))]);
    }
    check(
        "/rank",
        "San Marino tops the list with 1,351 coronavirus deaths, and Belgium is second with 1,290.",
        &[(1351.0, json!(1)), (1290.0, json!(2))],
    );
    check(
        "/rank",
        "Locally acquired coronavirus cases in the current outbreak, by state:\n1. Victoria - 26,954\n2. Queensland - 1,786",
        &[(26_954.0, json!(1)), (1786.0, json!(2))],
    );
    let scope = "Latvia has the European Union's highest coronavirus incidence, 1,406 per 100,000 people.";
    check("/rank_scope", scope, &[(1406.0, json!("European Union"))]);
    let among = "Hungary has the highest number of coronavirus deaths in relation to the population in the world, 2,340 per \
                 one million inhabitants.";
    check("/location/name", among, &[(2340.0, json!("Hungary"))]);
    let continent = "Tunisia has the highest number of coronavirus deaths per inhabitant in Africa, 1,394 per million.";
    check("/location/name", continent, &[(1394.0, json!("Tunisia"))]);
}

#[test]
fn a_range_of_days_ends_on_its_last() {
    for text in [
        "The map, which covers Nov. 2 to Nov. 8, has 190 new coronavirus cases in Trabzon.",
        "Trabzon counted 190 new coronavirus cases between November 2 and November 8.",
    ] {
        check("/as_of/date", text, &[(190.0, json!("2020-11-08"))]);
        check("/period", text, &[(190.0, json!("week"))]);
    }
}

#[test]
fn orders_of_other_languages_go_on() {
    for (language, text) in [
        ("es", "Lombardía lidera con 5.389 casos nuevos de coronavirus, seguida de Piamonte con 3.149 casos."),
        ("pt", "A Lombardia lidera com 5.389 novos casos de coronavírus, seguida do Piemonte com 3.149 casos."),
        ("fr", "La Lombardie est première avec 5 389 nouveaux cas de coronavirus, suivie du Piémont avec 3 149 cas."),
        ("de", "Die Lombardei ist erste mit 5.389 neuen Coronavirus-Infektionen, gefolgt von Piemont mit 3.149."),
        ("ru", "Лидирует Ломбардия: 5389 новых случаев коронавируса, далее Пьемонт, где 3149 случаев."),
    ] {
        let mut article = super::tests::article(&json!({"headline": "", "text": text, "date": "2020-11-18"}));
        article.language = Some(language.to_owned());
        let found = super::tests::find(pack(language).unwrap(), &Places::new(), COVID_19, &article).observations;
        let ranks: Vec<_> = found.iter().map(|one| (one.value.unwrap().0, one.rank)).collect();
        assert_eq!(ranks, [(5389.0, Some(1)), (3149.0, Some(2))], "{language}");
    }
}

#[test]
fn what_only_sounds_like_an_order_is_none() {
    for text in [
        "New coronavirus cases in Kenya topped 8,000 on Saturday.",
        "Kenya had the highest number of coronavirus cases since May, 8,000.",
        "Lublin is one of the worst-hit towns with 379 coronavirus cases.",
        "The outbreak led to 41 coronavirus deaths in Kenya.",
        "Kenya has 8,000 coronavirus cases and Uganda 9,000, most of them in Kampala.",
        "Italy counted 7,776 coronavirus deaths in a week, the third-highest number since the pandemic began.",
        "In El Paso, the sixth-largest city of Texas, 1,076 coronavirus patients are in hospital.",
        "Uttar Pradesh, the most populous state in India, has 21,597 coronavirus deaths.",
        "Pará, the second-largest state in Brazil, registered 3,816 new coronavirus cases.",
        "Sixty guards tested positive for the coronavirus, which led the service to test everyone.",
        "Yukon confirmed 20 more coronavirus cases on Wednesday, on top of 25 found since Sunday.",
        "Ohio has 20 coronavirus cases per 100,000 people, the third-lowest rate in the country.",
    ] {
        assert!(figures(text).iter().all(|one| one["rank"].is_null()), "{text}: {:?}", figures(text));
    }
}

#[test]
fn a_headline_gives_way_to_the_body() {
    let told = |headline: &str, text: &str| {
        let article = super::tests::article(&json!({"headline": headline, "text": text, "date": "2021-02-19"}));
        let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
        let told = |one: &Observation| {
            let place = one.location.iso2.clone().unwrap_or_default();
            format!("{} {place} {}", serde_json::to_value(one.value).unwrap(), one.also_at.len())
        };
        found.iter().map(told).collect::<Vec<_>>()
    };
    // Where the headline knows no place, the body does.
    let text = "Kenya has recorded 643 new coronavirus cases out of 5,218 samples.";
    assert_eq!(told("Ministry of Health: 643 new COVID-19 cases", text), ["643 KE 1", "5218 KE 0"]);
    // What the body knows better is nothing in the headline.
    let rockets = "Both boosters came down in the sea off Tanegashima at 7.30 on Tuesday, 27 minutes after lift-off. Of the 48 \
                   engineers 12 worked from home because of COVID-19.";
    assert_eq!(told("Two boosters recovered", rockets), [""; 0]);
    // A headline counts for itself where the body does not count at all.
    assert_eq!(told("Kenya reports 643 new coronavirus cases", "Schools stay shut, the ministry said."), ["643 KE 0"]);
}
