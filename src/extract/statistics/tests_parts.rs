//! Parts of a count, asides between a count and what is said of it, and kinds that sizes tell.

use super::tests::{article, figures};
use super::weigh;
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
        "Thailand found 9,445 new coronavirus cases on Thursday, the disease control department said. Bangkok had 1,204.\n\n\
         Deaths over the past day were 84.\n\nOf those still in care, 110,075, some 2,565 are seriously ill and 611 are on \
         ventilators. Since last year 1,678,297 people have been infected, and 17,499 have lost their lives.",
        &[
            "9445 cases new Thailand",
            "1204 cases new Bangkok",
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
    check("KUWAIT, May 27 (Desk) -- Doctors found 692 new coronavirus cases on Wednesday.", ["-", "none"]);
    check(&format!("{found}\n\nThe stadium in Tallinn stays shut."), ["Estonia", "inherited"]);
    check(&format!("{found}\n\nThe stadiums in Tallinn and Riga stay shut."), ["-", "none"]);
}

/// What the grammar knows to be something else is no figure, whatever its words suggest.
#[test]
fn what_is_labelled_as_something_else_is_not_weighed() {
    let text = "Malta has 12 coronavirus cases per 100,000 people. A man of 67 flew 900 km. Beds: 410. The lab fished 31 out of them.";
    let article = article(&serde_json::json!({"text": text, "date": "2021-04-20"}));
    let asked = weigh(pack("en").unwrap(), &Places::new(), COVID_19, &article);
    let asked: Vec<&str> = asked.iter().filter_map(|asked| asked.span.of(&article.body)).collect();
    assert_eq!(asked, ["12", "100,000", "67", "900", "31"]);
}
