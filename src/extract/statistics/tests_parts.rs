//! Parts of a count, asides between a count and what is said of it, and kinds that sizes tell.

use super::tests::{article, figures};
use super::trainer::weigh;
use crate::extract::diseases::COVID_19;
use crate::extract::places::Places;
use crate::language::pack;
use serde_json::Value;

/// Each figure as its value, metric, kind and place.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let told = |one: &Value| {
        let part = |name: &str| one[name].as_str().unwrap_or("-").to_owned();
        let place = one["location"]["name"].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {place}", one["value"], part("metric"), part("kind"))
    };
    assert_eq!(figures(text).iter().map(told).collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn a_share_stands_between_a_count_and_what_is_said_of_it() {
    check(
        "In Oman 14,967,255 individuals, or 45.8 per cent of the population, had received at least one dose.",
        &["14967255 people_vaccinated cumulative Oman", "45.8 people_vaccinated_share current Oman"],
    );
    check(
        "Latvia found 4,047 new infections by 12,401 tests. Qatar did 200 tests; 14 (7 percent) were positive.",
        &[
            "4047 cases new Latvia",
            "12401 tests new Latvia",
            "200 tests new Qatar",
            "14 cases new Qatar",
            "7 positivity_rate current Qatar",
        ],
    );
}

#[test]
fn what_befell_people_is_a_noun_before_them_too() {
    check("Qatar announced the recovery of 87 patients on Monday.", &["87 recoveries new Qatar"]);
    check("The virus has caused the death of 25,856 citizens in Peru.", &["25856 deaths cumulative Peru"]);
}

#[test]
fn sexes_are_parts_of_the_count_that_they_make_up() {
    check(
        "Forty-one more patients died in Chad, taking the toll to 3,868. Of the deceased, 21 were males and 20 females.",
        &["41 deaths new Chad", "3868 deaths cumulative Chad", "21 deaths new Chad", "20 deaths new Chad"],
    );
}

#[test]
fn what_is_counted_behind_a_part_of_a_country_is_the_country_s() {
    check(
        "Thailand found 9,445 new coronavirus cases on Thursday, the disease control department said. Bangkok had 1,204 and \
         Chon Buri 832.\n\nDeaths over the past day were 84.\n\nOf those still in care, 110,075, some 2,565 are seriously ill \
         and 611 are on ventilators. Since last year 1,678,297 people have been infected, and 17,499 have lost their lives.",
        &[
            "9445 cases new Thailand",
            "1204 cases new Bangkok",
            "832 cases new Chon Buri",
            "84 deaths new Thailand",
            "110075 active_cases current Thailand",
            "2565 severe_cases current Thailand",
            "611 ventilated_patients current Thailand",
            "1678297 cases cumulative Thailand",
            "17499 deaths cumulative Thailand",
        ],
    );
}

#[test]
fn a_part_is_no_larger_than_its_whole() {
    check(
        "Chad reported 2,256 new cases and 30 more deaths. Of these, 2,073 were local.",
        &["2256 cases new Chad", "30 deaths new Chad", "2073 cases new Chad"],
    );
}

#[test]
fn regions_are_of_the_kind_of_the_count_that_they_add_up_to() {
    check(
        "Canada reported 5,000 new cases on Wednesday. In all 311,000 people have been infected. Quebec was the largest \
         contributor with 2,100, with Ontario at 1,700 and Alberta at 900.",
        &[
            "5000 cases new Canada",
            "311000 cases cumulative Canada",
            "2100 cases new Québec",
            "1700 cases new Ontario",
            "900 cases new Alberta",
        ],
    );
}

#[test]
fn of_new_patients_those_in_hospital_are_new_there() {
    check(
        "Iran found 2,560 new coronavirus patients in the past day, of whom 1,487 were hospitalized.",
        &["2560 cases new Iran", "1487 hospitalisations new Iran"],
    );
}

#[test]
fn a_sum_of_the_day_is_new_and_one_of_all_time_is_not() {
    check(
        "Cyprus had three more deaths of coronavirus on Tuesday, the ministry said; a total of 35 new cases were added.",
        &["3 deaths new Cyprus", "35 cases new Cyprus"],
    );
    check(
        "A total of 548,000 people have died of the coronavirus in the United States since the start of the pandemic.",
        &["548000 deaths cumulative United States"],
    );
}

#[test]
fn names_tied_to_their_numbers_and_places_with_so_many_each_make_lists() {
    check(
        "Nigeria reported 386 new cases on Tuesday. Breakdown: Lagos-265, Ondo-87, Kano-34.",
        &["386 cases new Nigeria", "265 cases new Lagos", "87 cases new Ondo", "34 cases new Kano"],
    );
    check("Lagos and Kano had 20 new cases each.", &["20 cases new Lagos", "20 cases new Kano"]);
}

/// A figure of no place is of the country of its story, if that is of one country: a dateline alone says where it was written.
#[test]
fn a_story_of_one_country_gives_it_to_figures_of_no_place() {
    #[track_caller]
    fn check(text: &str, expected: [&str; 2]) {
        let [ref one] = figures(text)[..] else { panic!("{text}: one figure") };
        let part = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        assert_eq!([part(&one["location"]["name"]), part(&one["location"]["how"])], expected, "{text}");
    }
    let found = "The Health Ministry said on Wednesday that 692 new coronavirus cases were found.";
    check(&format!("KUWAIT, May 27 (Desk) -- {found}"), ["Kuwait", "dateline"]);
    check("KUWAIT, May 27 (Desk) -- Doctors found 692 new coronavirus cases on Wednesday.", ["Kuwait", "inherited"]);
    check(&format!("{found}\n\nThe stadium in Tallinn stays shut."), ["Estonia", "inherited"]);
    check(&format!("{found}\n\nThe stadiums in Tallinn and Riga stay shut."), ["-", "none"]);
}

/// A ministry of health in a story that names no place is that of its publisher's country, where the operator says it.
#[test]
fn a_story_without_a_place_is_of_its_publishers_country() {
    let place = |text: &str, country: Option<&str>| {
        let mut article = article(&serde_json::json!({"text": text, "date": "2022-03-16"}));
        article.publisher_country = country.map(str::to_owned);
        let found = super::tests::find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
        found.into_iter().next().unwrap().location.name
    };
    let ministry = "The Health Ministry has found 11,278 new coronavirus cases.";
    assert_eq!(place(ministry, Some("SG")).as_deref(), Some("Singapore"));
    assert_eq!(place(ministry, None), None);
    assert_eq!(place("Doctors have found 11,278 new coronavirus cases.", Some("SG")), None);
    assert_eq!(
        place("Malaysia's Health Ministry has found 11,278 new coronavirus cases.", Some("SG")).as_deref(),
        Some("Malaysia")
    );
}

/// What the rows of a table count, whatever its column of names is called, and which way round its lines are.
#[test]
fn rows_have_what_their_columns_say() {
    let lead = "Ghana logged 48 new COVID-19 infections on Tuesday.\n\n";
    let first = ["48 cases new Ghana", "31 cases new Kumasi", "389 active_cases current Kumasi"];
    let second = ["9 cases new Tamale", "120 active_cases current Tamale"];
    for header in ["LGU | New cases | Active", "LGU | New | Active"] {
        let table = format!("{lead}{header}\nKumasi | 31 | 389\nTamale | 9 | 120");
        check(&table, &[&first[..], &second].concat());
    }
    check(
        &format!("{lead}Town | New | Total\nKumasi | 31 | 389"),
        &["48 cases new Ghana", "31 cases new Kumasi", "389 cases cumulative Kumasi"],
    );
    check(
        "Ohio posted 8,071 new coronavirus cases on Friday.\n\nCases to date, in order:\n36,882 - Franklin\n26,410 - Cuyahoga",
        &["8071 cases new Ohio", "36882 cases cumulative Franklin", "26410 cases cumulative Cuyahoga County"],
    );
    // Numbers of a list are no cases.
    check(
        "Ohio posted 8,071 new coronavirus cases on Friday.\n\nMost cases to date:\n1. Franklin\n2. Cuyahoga",
        &["8071 cases new Ohio"],
    );
}

/// "None" counts what is said of it.
#[test]
fn none_of_them_is_a_zero() {
    check(
        "Samoa has had 31 coronavirus cases. None has died.",
        &["31 cases cumulative Samoa", "0 deaths cumulative Samoa"],
    );
    check(
        "Samoa has 31 coronavirus patients in hospital. None is in intensive care, and none was asked for a name.",
        &["31 hospitalisations current Samoa", "0 icu_patients current Samoa"],
    );
}

/// What could be done is said of one number.
#[test]
fn a_capacity_is_that_of_its_own_number() {
    check(
        "Odisha has carried out 684,312 coronavirus tests so far, and its 21 laboratories can handle 22,000 swabs a day.",
        &["684312 tests cumulative Odisha"],
    );
    check("Odisha can process 22,000 coronavirus tests a day.", &[]);
}

/// A story of the years of the epidemic is known by what it counts, where it names no disease.
#[test]
fn a_story_of_the_epidemic_is_known_by_what_it_counts() {
    #[track_caller]
    fn check(headline: &str, text: &str, expected: &[f64]) {
        let article = article(&serde_json::json!({"text": text, "date": "2020-11-18", "headline": headline}));
        let found = super::tests::find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
        let found: Vec<f64> = found.iter().filter_map(|one| one.value).map(|value| value.0).collect();
        assert_eq!(found, expected, "{text}");
    }
    let tally = "In the last 24 hours Kenya has tested 3,895 samples, of which 421 turned positive. 570 patients were \
                 discharged, and eight people have died.";
    check("County tally", tally, &[3895.0, 421.0, 570.0, 8.0]);
    let brief =
        "Moldova: 443 new cases over the past day, 28,697 in total; 13 deaths. 544 patients are in grave condition.";
    check("In brief", brief, &[443.0, 28_697.0, 13.0, 544.0]);
    // Another disease in passing, in a story that is plainly of this one.
    let week = "Fiji reported 192 new cases, and four people have died. The positivity rate is 12.1 percent, and 60 percent of \
                adults are fully vaccinated.\n\nA man who died of cancer is not counted.";
    check("Curfew moved", week, &[192.0, 4.0, 12.1, 60.0]);
    let doping = "Ten runners tested positive for a growth hormone, and 1,510 tests were made since April.";
    check("Runners out", doping, &[]);
    let leak = "Gas killed 11 people, and 316 were taken to hospital, the health ministry said. It tested 300 samples of water.";
    check("Gas leak", leak, &[]);
    let fever = "Spain has 71 cases of West Nile fever; seven people died and 25 are in intensive care, the health ministry said.";
    check("Mosquitoes", fever, &[]);
}

/// Another disease governs the figures of its own paragraph, in a story of this one.
#[test]
fn another_disease_ends_with_its_paragraph() {
    check(
        "Mali has had 2,597 coronavirus cases and 113 deaths from COVID-19.\n\nMeasles is back. It has killed 14 children.\n\n\
         Senegal has had 11,871 cases.",
        &["2597 cases cumulative Mali", "113 deaths cumulative Mali", "11871 cases cumulative Senegal"],
    );
}

/// What the grammar knows to be something else is no figure, whatever its words suggest.
#[test]
fn what_is_labelled_as_something_else_is_not_weighed() {
    let text = "Malta has 12 coronavirus cases per 100,000 people. A man of 67 flew 900 km. Beds: 410. The lab fished 31 out of them.";
    let article = article(&serde_json::json!({"text": text, "date": "2021-04-20"}));
    let asked = weigh(pack("en").unwrap(), &Places::new(), COVID_19, &article);
    let asked: Vec<&str> = asked.iter().filter_map(|asked| asked.span.of(&article.body)).collect();
    assert_eq!(asked, ["12", "100,000", "900", "31"]);
}

#[test]
fn brackets_that_only_set_off_a_number_are_read_through() {
    check(
        "Bahrain: out of (19,844) COVID-19 tests carried out on Tuesday, (2,671) new cases have been detected, and (27) deaths were \
         registered. Active cases (28,190).",
        &[
            "19844 tests new Bahrain",
            "2671 cases new Bahrain",
            "27 deaths new Bahrain",
            "28190 active_cases current Bahrain",
        ],
    );
}

#[test]
fn a_header_stands_in_running_text() {
    check(
        "Coronavirus in Peru can be read as follows (department, cases, active cases, deaths):\n\nPiura 10,301 5,102 608\n\
         Callao 12,780 6,230 409",
        &[
            "10301 cases cumulative Piura",
            "5102 active_cases current Piura",
            "608 deaths cumulative Piura",
            "12780 cases cumulative Callao",
            "6230 active_cases current Callao",
            "409 deaths cumulative Callao",
        ],
    );
    check(
        "Coronavirus in Bolivia\n\nDepartment → new cases / active cases / deaths\nTarija → 190 / 2,407 / 4\nOruro → 71 / 611 / 3",
        &[
            "190 cases new Tarija",
            "2407 active_cases current Tarija",
            "4 deaths cumulative Tarija",
            "71 cases new Oruro",
            "611 active_cases current Oruro",
            "3 deaths cumulative Oruro",
        ],
    );
}

#[test]
fn a_bracket_in_a_header_divides_its_cell_alone() {
    check(
        "COVID-19 in South-East Asia\n\nCountry, cumulative cases, cumulative deaths, new in the past week (cases; deaths)\n\
         India, 3,104,007, 57,410, 455,101; 6,706\nNepal, 31,733, 150, 5,312; 47",
        &[
            "3104007 cases cumulative India",
            "57410 deaths cumulative India",
            "455101 cases new India",
            "6706 deaths new India",
            "31733 cases cumulative Nepal",
            "150 deaths cumulative Nepal",
            "5312 cases new Nepal",
            "47 deaths new Nepal",
        ],
    );
}

#[test]
fn states_run_on_with_hyphens() {
    check(
        "Nigeria recorded 1,201 new coronavirus cases. Breakdown: Lagos-831 FCT-246 Kaduna-124.",
        &[
            "1201 cases new Nigeria",
            "831 cases new Lagos",
            "246 cases new Federal Capital Territory",
            "124 cases new Kaduna",
        ],
    );
}

#[test]
fn what_patients_have_besides_is_no_disease_of_the_story() {
    check(
        "South Africa has banned the sale of alcohol again.\n\nThe country identified 12,513 new coronavirus cases on Monday, \
         when 265 people died, many of them with diabetes.",
        &["12513 cases new South Africa", "265 deaths new South Africa"],
    );
    check(
        "Kenya has recorded 1,204 cases of pneumonia. It has 310 cases of the coronavirus.",
        &["310 cases cumulative Kenya"],
    );
}
