//! What the plain copy of agencies asks of the grammar: counts from counts, tables with asides, lists by number, populations.

use super::tests::figures;
use serde_json::Value;

/// Metric, value, kind and place of each figure of a text of Wednesday, 18 November 2020.
#[track_caller]
fn check(text: &str, expected: &[(&str, f64, &str, &str)]) {
    let found = figures(text);
    let field = |one: &'_ Value, path: &str| one.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let told: Vec<_> = (found.iter())
        .map(|one| (field(one, "/metric"), one["value"].as_f64(), field(one, "/kind"), field(one, "/location/name")))
        .collect();
    let expected: Vec<_> = (expected.iter())
        .map(|(metric, value, kind, place)| {
            ((*metric).to_owned(), Some(*value), (*kind).to_owned(), (*place).to_owned())
        })
        .collect();
    assert_eq!(told, expected, "{text}");
}

#[test]
fn deaths_from_so_many_cases_are_compared_with_nothing() {
    check(
        "The coronavirus has spread. The hardest-hit countries are Brazil with 130,396 deaths from 4,282,164 cases and India \
         with 77,472 deaths from 4,659,984 cases.",
        &[
            ("deaths", 130_396.0, "cumulative", "Brazil"),
            ("cases", 4_282_164.0, "cumulative", "Brazil"),
            ("deaths", 77_472.0, "cumulative", "India"),
            ("cases", 4_659_984.0, "cumulative", "India"),
        ],
    );
}

#[test]
fn a_sentence_or_the_header_says_what_stands_in_brackets() {
    let cases = |place| move |value| ("cases", value, "cumulative", place);
    check(
        "Confirmed coronavirus infections in the Gulf. New cases are in parentheses.\n\nCountry - Cases\nQatar - 30,972 \
         (1,547)\nOman - 5,029 (404)",
        &[
            cases("Qatar")(30_972.0),
            ("cases", 1547.0, "new", "Qatar"),
            cases("Oman")(5029.0),
            ("cases", 404.0, "new", "Oman"),
        ],
    );
    check(
        "Country: Covid-19 deaths per million inhabitants (total)\n\nPeru: 6,045 (199,367)\nHungary: 3,127 (30,199)",
        &[
            ("death_rate", 6045.0, "cumulative", "Peru"),
            ("deaths", 199_367.0, "cumulative", "Peru"),
            ("death_rate", 3127.0, "cumulative", "Hungary"),
            ("deaths", 30_199.0, "cumulative", "Hungary"),
        ],
    );
}

#[test]
fn a_line_may_have_its_number_first() {
    check(
        "New Zealand announced 14 new cases of Covid-19 on Sunday.\n\nBy the numbers\n\n71: active cases, 20 of those \
         imported\n1,514: close contacts identified\n22: deaths",
        &[
            ("cases", 14.0, "new", "New Zealand"),
            ("active_cases", 71.0, "current", "New Zealand"),
            ("active_cases", 20.0, "current", "New Zealand"),
            ("close_contacts", 1514.0, "current", "New Zealand"),
            ("deaths", 22.0, "cumulative", "New Zealand"),
        ],
    );
}

#[test]
fn people_who_live_somewhere_names_and_telephones_are_no_figures() {
    check(
        "Shanghai, home to 25 million people, reported 994 new coronavirus cases on Monday. In Qingpu, a district of about \
         43,000 people, 114 cases were found.",
        &[("cases", 994.0, "new", "Shanghai"), ("cases", 114.0, "new", "Qingpu")],
    );
    check(
        "The Philippines on Friday reported 15,310 new infections of the coronavirus disease 2019 (Covid-19).\n\nToll-free \
         line: 0800 029 999.",
        &[("cases", 15_310.0, "new", "Philippines")],
    );
}

#[test]
fn a_share_may_leave_its_sign_to_the_one_before() {
    let share = |value, place| ("people_fully_vaccinated_share", value, "current", place);
    check(
        "In Bremen 83.4 per cent of the people are fully vaccinated against Covid-19. At the other end are Thuringia (64.6) \
         and Saxony (60.5).",
        &[share(83.4, "Bremen"), share(64.6, "Thuringia"), share(60.5, "Saxony")],
    );
}

#[test]
fn what_stands_out_in_the_world_is_not_the_world_s() {
    check(
        "India recorded the world's highest daily tally of 314,835 COVID-19 infections on Tuesday.",
        &[("cases", 314_835.0, "new", "India")],
    );
}

#[test]
fn whoever_leads_a_list_does_not_head_a_table() {
    let cases = |value, place| ("cases", value, "new", place);
    check(
        "Kerala logged 22,986 fresh COVID-19 cases. Malappuram recorded the highest number of cases -- 3,814 -- followed by \
         Thrissur (3,022) and Kollam (1,702).",
        &[cases(22_986.0, "Kerala"), cases(3814.0, "Malappuram"), cases(3022.0, "Thrissur"), cases(1702.0, "Kollam")],
    );
}

#[test]
fn a_cell_of_words_keeps_its_column() {
    check(
        "Coronavirus situation report\n\nCountry / Total confirmed cases / New confirmed cases / Total deaths / Transmission \
         / Days since last reported case\nJapan 406 / 57 / 6 / Local transmission / 0\nItaly 4638 / 780 / 196 / Imported cases only \
         / 0",
        &[
            ("cases", 406.0, "cumulative", "Japan"),
            ("cases", 57.0, "new", "Japan"),
            ("deaths", 6.0, "cumulative", "Japan"),
            ("cases", 4638.0, "cumulative", "Italy"),
            ("cases", 780.0, "new", "Italy"),
            ("deaths", 196.0, "cumulative", "Italy"),
        ],
    );
}

#[test]
fn people_with_the_disease_who_died_are_deaths() {
    check(
        "Denmark registered 641 coronavirus cases. Fifteen infected persons have died.",
        &[("cases", 641.0, "new", "Denmark"), ("deaths", 15.0, "cumulative", "Denmark")],
    );
}

#[test]
fn people_who_fell_ill_are_no_things() {
    check(
        "Some 48 tourists tested positive for the coronavirus on Crete.\n\nFour bus drivers have died of COVID-19 in \
         London.\n\nTwelve hotels were quarantined on Tenerife.",
        &[("cases", 48.0, "new", "Crete"), ("deaths", 4.0, "cumulative", "London")],
    );
    check(
        "Twenty-eight people aged from 44 to 87 years died of coronavirus in Moscow Region over the past day.",
        &[("deaths", 28.0, "new", "Moscow Region")],
    );
    check(
        "The woman, listed as case 766, tested positive on Monday. She is a friend of a foreign pilot (case 762). Taiwan \
         has recorded 773 cases of the coronavirus.",
        &[("cases", 773.0, "cumulative", "Taiwan")],
    );
}

#[test]
fn a_list_leaves_each_number_to_the_place_before_it() {
    let cases = |value, place| ("cases", value, "cumulative", place);
    check(
        "South Africa's coronavirus cases were highest in Eastern Cape, at 31,420, followed by KwaZulu-Natal with 28,904 \
         and Gauteng with 24,118.",
        &[cases(31_420.0, "Eastern Cape"), cases(28_904.0, "KwaZulu-Natal"), cases(24_118.0, "Gauteng")],
    );
    check(
        "Russia recorded 21,073 coronavirus cases on Tuesday. Moscow accounted for 1,962 of them and St Petersburg for \
         1,504.",
        &[
            ("cases", 21_073.0, "new", "Russia"),
            ("cases", 1962.0, "new", "Moscow"),
            ("cases", 1504.0, "new", "Saint Petersburg"),
        ],
    );
    let both = |deaths, cases, place| [("deaths", deaths, "cumulative", place), ("cases", cases, "cumulative", place)];
    check(
        "Next come Italy with 20,465 coronavirus deaths for 159,516 cases, Spain with 18,056 (172,541 cases), France with \
         14,967 (136,779) and Belgium with 11,329 (88,621).",
        &[
            both(20_465.0, 159_516.0, "Italy"),
            both(18_056.0, 172_541.0, "Spain"),
            both(14_967.0, 136_779.0, "France"),
            both(11_329.0, 88_621.0, "Belgium"),
        ]
        .concat(),
    );
}

#[test]
fn what_others_are_compared_with_is_not_where_a_figure_is() {
    check(
        "Brazil, which on Sunday became the second country after the United States to have recorded 50,000 deaths from \
         the coronavirus, added 641 in 24 hours.",
        &[("deaths", 50_000.0, "cumulative", "Brazil"), ("deaths", 641.0, "new", "Brazil")],
    );
    check(
        "Israel, which leads the world in vaccinating per head of population, has vaccinated 1.93 million people against \
         COVID-19.",
        &[("people_vaccinated", 1_930_000.0, "cumulative", "Israel")],
    );
    check(
        "Mexico has counted 671,716 coronavirus cases. Deputy minister Rodrigo Lara said 97,632 medical workers had \
         contracted the virus.",
        &[("cases", 671_716.0, "cumulative", "Mexico"), ("cases", 97_632.0, "cumulative", "Mexico")],
    );
    check(
        "Rosa Ibarra of Iowa caught the coronavirus at work. Ibarra was back in May; 598 of her colleagues tested positive.",
        &[("cases", 598.0, "new", "Iowa")],
    );
}

#[test]
fn ages_homes_and_parts_of_a_whole_are_no_counts_of_their_own() {
    check(
        "Cambodia reported 300 new coronavirus cases.\n\nThe ministry said two women, aged 44 and 71, had died, pushing the \
         death toll to 106. People in their 20s to 40s made up most of the cases.",
        &[
            ("cases", 300.0, "new", "Cambodia"),
            ("deaths", 2.0, "new", "Cambodia"),
            ("deaths", 106.0, "cumulative", "Cambodia"),
        ],
    );
    check(
        "Hong Kong reported 280 deaths from the coronavirus. More than 690 of the city's care homes have reported outbreaks.",
        &[("deaths", 280.0, "new", "Hong Kong")],
    );
    check(
        "Taiwan reported 40 new coronavirus cases. There were also five imported cases, in travelers from India, the \
         Philippines and Indonesia, and there are now 177 cases in hospital, 34 of them in need of assisted breathing.",
        &[
            ("cases", 40.0, "new", "Taiwan"),
            ("cases", 5.0, "new", "Taiwan"),
            ("hospitalisations", 177.0, "current", "Taiwan"),
            ("ventilated_patients", 34.0, "current", "Taiwan"),
        ],
    );
}

#[test]
fn what_patients_did_is_counted_and_not_the_patients() {
    for who in ["1,124 more patients recovered", "1,124 new patients recovered"] {
        check(
            &format!("Pakistan reported 412 new coronavirus cases on Wednesday, while {who}."),
            &[("cases", 412.0, "new", "Pakistan"), ("recoveries", 1_124.0, "new", "Pakistan")],
        );
    }
}

#[test]
fn a_total_is_one_beside_a_count_of_a_day() {
    check(
        "In Russia 926 people died of COVID-19 in the past day and 307,948 altogether.",
        &[("deaths", 926.0, "new", "Russia"), ("deaths", 307_948.0, "cumulative", "Russia")],
    );
    check(
        "Belgium mourned 145 coronavirus deaths a day on average from 27 October to 2 November, bringing the total to \
         12,520.",
        &[("deaths", 145.0, "new", "Belgium"), ("deaths", 12_520.0, "cumulative", "Belgium")],
    );
    check(
        "Malaysia reported 862 new COVID-19 cases on Tuesday. Of the total, 859 were local transmissions.",
        &[("cases", 862.0, "new", "Malaysia"), ("cases", 859.0, "new", "Malaysia")],
    );
    check(
        "India has logged 1.57 million COVID-19 cases and nearly 15,100 deaths this week.",
        &[("cases", 1_570_000.0, "new", "India"), ("deaths", 15_100.0, "new", "India")],
    );
    check(
        "A further 374,228 people are quarantined in Romania over the coronavirus.",
        &[("quarantined", 374_228.0, "current", "Romania")],
    );
}
