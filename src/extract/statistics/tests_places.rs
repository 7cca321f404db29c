//! Where figures were counted: lists, the world, origins, headings.

use super::tests::find;
use super::tests::{article, figures};
use crate::extract::diseases::COVID_19;
use crate::extract::places::Places;
use crate::language::pack;
use crate::model::{Dateline, Span};
use serde_json::Value;

/// The value and the place of each figure, by its code where it has one.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let told = |one: &Value| {
        let location = &one["location"];
        let code = ["subdivision", "iso2", "name"].into_iter().find_map(|key| location[key].as_str());
        format!("{} {}", one["value"], code.unwrap_or("-"))
    };
    assert_eq!(figures(text).iter().map(told).collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn a_place_behind_a_number_closes_its_item() {
    check(
        "Georgia reported 6,208 new coronavirus cases, with 2,571 in Tbilisi, 1,052 Imereti, 801 Adjara and 190 Guria.",
        &["6208 GE", "2571 GE-TB", "1052 GE-IM", "801 GE-AJ", "190 GE-GU"],
    );
    check(
        "Switzerland had new coronavirus cases in most cantons: 944 (Geneva), 811 (Valais) and 461 (Fribourg).",
        &["944 CH-GE", "811 CH-VS", "461 CH-FR"],
    );
}

#[test]
fn a_division_lacks_its_noun_beside_others() {
    check(
        "Zambia recorded 1,610 new coronavirus cases. By province, Lusaka had 643, Copperbelt 332, Southern 188 and Western 21.",
        &["1610 ZM", "643 ZM-09", "332 ZM-08", "188 ZM-07", "21 ZM-01"],
    );
}

#[test]
fn a_region_is_not_the_city_that_it_is_called_after() {
    check(
        "New coronavirus cases were found in Moscow (6,545), St. Petersburg (3,127) and the Moscow region (2,294).",
        &["6545 RU-MOW", "3127 RU-SPE", "2294 RU-MOS"],
    );
}

#[test]
fn where_it_began_is_not_where_it_is() {
    check(
        "PARIS, June 10 (AFP) - The coronavirus has killed at least 411,588 people since the outbreak emerged in China last \
         December.\n\nAt least 7,323,110 cases have been registered in 196 countries.",
        &["411588 World", "7323110 World"],
    );
    let dates: Vec<Value> = figures(
        "The coronavirus has killed at least 411,588 people since the outbreak emerged in China last December.",
    );
    assert_ne!(dates[0]["as_of"]["how"], "explicit");
}

#[test]
fn who_the_infected_are_and_where_they_came_from_is_no_place() {
    check(
        "Kuwait registered 692 new coronavirus cases on Wednesday. Of them 165 were Indians, 131 Egyptians and 113 Kuwaitis.",
        &["692 KW", "165 KW", "131 KW", "113 KW"],
    );
    check("Ghana confirmed 36 coronavirus cases on Friday. Eleven of the cases came from Togo.", &["36 GH", "11 GH"]);
}

#[test]
fn a_relative_clause_leaves_its_subject() {
    check(
        "India is alarmed by the coronavirus. Kerala, which accounts for 68 per cent of the country's daily cases, reported \
         31,265 infections on Saturday.",
        &["31265 IN-KL"],
    );
}

#[test]
fn a_heading_of_a_region_leaves_countries_below_it_theirs() {
    check(
        "Coronavirus in Europe\n\nAustria has 3,298 new cases. In hospital there are 234 patients.\n\nThe continent has had \
         10 million cases.",
        &["3298 AT", "234 AT", "10000000 Europe"],
    );
}

#[test]
fn towns_lie_where_they_do_today() {
    check(
        "In Hyderabad 412 coronavirus cases were found on Friday, in Lyon 96, in Mansoura 14 and in Sousse 9.",
        &["412 IN-TS", "96 FR-ARA", "14 EG-DK", "9 TN-51"],
    );
}

#[test]
fn a_small_town_beside_a_figure_is_one_of_the_country() {
    check(
        "Kigali, Nov. 17 - Rwanda reported 205 new coronavirus cases, of whom 187 were in Kigali, while Rusizi had nine, \
         Kirehe seven and Huye six.",
        &["205 RW", "187 RW-01", "9 RW-04", "7 RW-02", "6 RW-05"],
    );
    check(
        "Windhoek, Nov. 17 - Namibia confirmed 1,518 new coronavirus cases. Windhoek alone accounted for 731; Swakopmund 133, \
         Walvis Bay 104 and Gobabis 31.",
        &["1518 NA", "731 NA-KH", "133 NA-ER", "104 NA-ER", "31 NA-OH"],
    );
    // A district is its town's, but for the counties of the United States.
    check(
        "COLOMBO - Sri Lanka found 2,280 new coronavirus cases. Colombo District reported 592, Gampaha 551 and Kurunegala 213.",
        &["2280 LK", "592 LK-1", "551 LK-1", "213 LK-6"],
    );
}

#[test]
fn a_namesake_abroad_is_a_place_of_the_story() {
    check(
        "TORONTO - Ontario reported 412 new coronavirus cases on Monday. There were 16 in Guelph, and 13 in Hanover.",
        &["412 CA-ON", "16 CA-ON", "13 CA-ON"],
    );
    check("Germany reported 412 new coronavirus cases on Monday, 13 of them in Hanover.", &["412 DE", "13 DE-NI"]);
}

#[test]
fn what_labels_a_line_owns_all_of_it() {
    check(
        "TUNIS, Nov. 17 (TAP) - Coronavirus figures by region:\n\n- Siliana: 98 infections; no deaths.\n- Tataouine: 83 \
         infections. Two deaths were recorded there.",
        &["98 TN-34", "0 TN-34", "83 TN-83", "2 TN-83"],
    );
    check(
        "Khartoum, Nov. 17 (SUNA) - Sudan registered 31 new cases of coronavirus. The new cases are distributed as: Khartoum \
         State 19, River Nile 4, Red Sea 3, Gezira 2 and Kassala 2.",
        &["31 SD", "19 SD-KH", "4 SD-NR", "3 SD-RS", "2 SD-GZ", "2 SD-KA"],
    );
}

#[test]
fn a_dateline_says_of_which_state_its_town_is() {
    for (place, written, code) in [
        ("Portland", "PORTLAND, Maine (AP) —", "US-ME"),
        ("Columbus", "COLUMBUS, Ga. (AP) —", "US-GA"),
        ("Springfield", "SPRINGFIELD, Ill., Nov. 18 (Reuters) -", "US-IL"),
        ("Portland", "PORTLAND (AP) —", "US-OR"),
    ] {
        let text = format!("{written} The state reported 51 new coronavirus cases on Monday.");
        let mut article = article(&serde_json::json!({"text": text, "date": "2020-11-18"}));
        article.wire.dateline = Some(Dateline {
            text: written.to_owned(),
            span: Span::body(0, written.len()),
            place: Some(place.to_owned()),
            country: Some("US".to_owned()),
            date: None,
        });
        let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
        assert_eq!(found[0].location.subdivision.as_deref(), Some(code), "{written}");
    }
}

#[test]
fn a_figure_behind_the_country_s_is_of_the_part_that_the_story_is_about() {
    check(
        "BOISE, Idaho (AP) — Idaho health officials reported 891 new coronavirus cases on Tuesday and nine deaths. Ada County \
         had 240 of them.\n\nHospitals were treating 312 patients, 84 of them in intensive care. The state's toll is 759.\n\n\
         Nationwide, more than 11 million people have been infected.\n\nOfficials said 401 residents of care homes have died \
         since the spring.",
        &["891 US-ID", "9 US-ID", "240 US-ID", "312 US-ID", "84 US-ID", "759 US-ID", "11000000 US", "401 US-ID"],
    );
}

#[test]
fn what_a_rate_is_told_per_leaves_its_heading_one() {
    check(
        "Germany's institute was notified of 39,676 new coronavirus infections within a day.\n\nSeven-day incidence per \
         100,000, by Land:\n\nThuringia 469.2; Saxony 459.1; Berlin 233.4.",
        &["39676 DE", "469.2 DE-TH", "459.1 DE-SN", "233.4 DE-BE"],
    );
}

#[test]
fn a_county_is_of_the_state_that_is_spoken_of() {
    check(
        "Oregon reported 2,777 new coronavirus cases on Wednesday, 209 of them in Jackson County, 171 in Lane and 128 in \
         Josephine.",
        &["2777 US-OR", "209 US-OR", "171 US-OR", "128 US-OR"],
    );
    check(
        "Iowa had 912 new coronavirus cases on Friday. Iowa's schools stay shut. South Dakota, next door, had 640.\n\nIn Linn County 84 people tested \
         positive.",
        &["912 US-IA", "640 US-SD", "84 US-IA"],
    );
    check(
        "McHenry County has lost two more to the coronavirus. Totals in the collar counties are: Lake, 7,012 cases; Will, \
         5,016; Kane, 5,530.",
        &["2 US-IL", "7012 US-IL", "5016 US-IL", "5530 US-IL"],
    );
}

#[test]
fn the_places_of_a_story_without_a_dateline_say_of_which_division_it_is() {
    check(
        "Two nursing homes in Westchester County reported 40 deaths of COVID-19. Nassau had 1,610 new cases and Suffolk 1,517.",
        &["40 US-NY", "1610 US-NY", "1517 US-NY"],
    );
}

#[test]
fn a_part_goes_to_the_place_behind_it_and_an_aside_parts_nothing() {
    check(
        "Uruguay had 2,095 new coronavirus cases: 1,311 belong to Montevideo, 488 to Canelones and 166 to Salto.",
        &["2095 UY", "1311 UY-MO", "488 UY-CA", "166 UY-SA"],
    );
    check(
        "South Korea found 3,100 new coronavirus cases: Busan 507, Daegu 422, and Gwangju, a southern city, 167.",
        &["3100 KR", "507 KR-26", "422 KR-27", "167 KR-29"],
    );
    check(
        "Kenya had 1,152 new coronavirus cases. Nairobi had 838; Kiambu (in lockdown like Machakos and Nakuru) had 137.",
        &["1152 KE", "838 KE-30", "137 KE-13"],
    );
}

#[test]
fn a_province_of_a_city_s_name_is_not_the_city() {
    check(
        "Argentina had 10,504 new coronavirus cases; the province of Buenos Aires had 6,211 and Mendoza 402.",
        &["10504 AR", "6211 AR-B", "402 AR-M"],
    );
}

#[test]
fn a_variant_and_a_hospital_are_no_places() {
    check(
        "The Ministry of Health said 2,970 people in Luxembourg have the coronavirus. Deaths: 5. Delta: nearly all samples.\n\n\
         St. Vincent, the larger hospital, is treating 58 COVID-19 patients.",
        &["2970 LU", "5 LU", "58 LU"],
    );
}

#[test]
fn a_ship_is_a_place_unless_it_is_taken_in() {
    check("On the Diamond Princess 712 people caught the coronavirus.", &["712 Diamond Princess"]);
    check(
        "Japan has 11,139 coronavirus cases, or 11,851 including those on the Diamond Princess.",
        &["11139 JP", "11851 JP"],
    );
}

#[test]
fn the_country_of_a_welsh_story_is_wales() {
    check(
        "Wales reported 199 new coronavirus cases on Wednesday, 40 of them in Cardiff. The total number of cases in the \
         country is 19,880.",
        &["199 GB-WLS", "40 GB-WLS", "19880 GB-WLS"],
    );
}

#[test]
fn rows_of_places_and_figures_pair_by_position() {
    check(
        "Japan had 261,029 coronavirus cases. Hokkaido, Hiroshima and Nagasaki set records at 8,632, 8,775 and 4,611.",
        &["261029 JP", "8632 JP-01", "8775 JP-34", "4611 JP-42"],
    );
}

#[test]
fn a_division_is_known_by_its_full_name_in_its_country() {
    check(
        "Ethiopia reported 20 coronavirus cases. Ten were in Oromia region, six in Somali region and four in Tigray region.",
        &["20 ET", "10 ET-OR", "6 ET-SO", "4 ET-TI"],
    );
    check(
        "Lebanon registered 1,640 coronavirus cases: Bekaa 498, Baalbek-Hermel 182, the South 531 and Nabatiyeh 430.",
        &["1640 LB", "498 LB-BI", "182 LB-BH", "531 LB-JA", "430 LB-NA"],
    );
    check(
        "Guyana reported 35 new coronavirus infections, 26 of them in Region Four and nine in Region Seven.",
        &["35 GY", "26 GY-DE", "9 GY-CU"],
    );
}

#[test]
fn a_state_before_a_figure_is_no_dateline() {
    check("Florida — 150,118 coronavirus cases in the week through Thursday.", &["150118 US-FL"]);
}

#[test]
fn a_story_is_of_the_country_that_its_names_are_of() {
    // Nothing but the county says that this is no city of Britain.
    check(
        "Brighton counts its dead. Allegheny County has 1,867 coronavirus cases, Butler County 224 and Westmoreland County 449.",
        &["1867 US-PA", "224 US-PA", "449 US-PA"],
    );
    check(
        "The Centre for Health Protection recorded 84 new coronavirus cases. Two of the patients have died.",
        &["84 HK", "2 HK"],
    );
    check(
        "Inmates in the Bolivian city of Cochabamba protested after 23 companions died of the coronavirus.",
        &["23 BO-C"],
    );
}

#[test]
fn rows_of_a_table_are_of_the_country_s_divisions() {
    check(
        "Brazil had 84,245 new coronavirus cases.\n\nState; cases 24h; deaths 24h\nSP; 21.360; 1.193\nRS; 9.217; 276",
        &["84245 BR", "21360 BR-SP", "1193 BR-SP", "9217 BR-RS", "276 BR-RS"],
    );
    check(
        "Florida published its coronavirus report.\n\nCounty; cases this week\nHillsborough; 10,112\nPinellas; 5,634\n\
         Pasco; 4,260\nHernando; 1,377",
        &["10112 US-FL", "5634 US-FL", "4260 US-FL", "1377 US-FL"],
    );
    // Its own division is not the one that the headline speaks of.
    let article = article(&serde_json::json!({
        "headline": "Lusaka leads the third wave",
        "text": "Zambia recorded 1,803 coronavirus cases.\n\nHow the provinces stand, cases and positivity:\nLusaka 901, 31%\n\
                 Southern 171, 18%",
        "date": "2020-11-18",
    }));
    let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
    let told: Vec<_> = found.iter().filter_map(|one| one.location.subdivision.as_deref()).collect();
    assert_eq!(told, ["ZM-09", "ZM-09", "ZM-07", "ZM-07"]);
}

#[test]
fn in_a_list_of_a_country_s_towns_great_namesakes_abroad_are_not_meant() {
    check(
        "Lebanon reported 583 coronavirus cases. By caza: Beirut 104, Baabda 91, Tripoli 62, Saida 33, Tyre 29.",
        &["583 LB", "104 LB-BA", "91 LB-JL", "62 LB-AS", "33 LB-JA", "29 LB-JA"],
    );
    check(
        "Michigan had 118 coronavirus deaths. In the rest of Wayne County there were 3,549 cases; in Oakland, 3,735; in Macomb, 2,483.",
        &["118 US-MI", "3549 US-MI", "3735 US-MI", "2483 US-MI"],
    );
}

#[test]
fn a_hospital_stands_in_the_town_that_it_is_named_after() {
    check(
        "Ireland recorded 2,001 new coronavirus cases. Letterkenny University Hospital was treating 120 patients with Covid-19.",
        &["2001 IE", "120 IE-U"],
    );
}

#[test]
fn days_and_parts_of_names_are_no_places() {
    check("Covid-19 status\nMon 602 new cases, seven deaths", &["602 -", "7 -"]);
    check("South Africa counts coronavirus cases. Nelson Mandela Bay's active cases are at 6,211.", &["6211 ZA"]);
}

#[test]
fn a_list_without_a_word_for_it_counts_what_it_adds_up_to() {
    let told = |text: &str| -> Vec<String> {
        let told = |one: &Value| {
            format!("{} {} {}", one["value"], one["metric"].as_str().unwrap(), one["kind"].as_str().unwrap())
        };
        figures(text).iter().map(told).collect()
    };
    // Behind another metric, in lines and in one.
    let lines = "Nigeria recorded 353 new coronavirus infections on Tuesday. Twelve persons died; the death toll is 706.\n\n\
                 Here is how the states fared:\n\nLagos-211\nOyo-78\nEdo-33\nOgun-18\nKano-13";
    assert_eq!(told(lines)[3..], ["211 cases new", "78 cases new", "33 cases new", "18 cases new", "13 cases new"]);
    let line = "Kerala reported 13,805 new coronavirus cases. The total of tests so far is 30,956,146.\n\n\
                District-wise: Malappuram 4,108, Ernakulam 3,791, Thrissur 3,604 and Kozhikode 2,302.";
    assert_eq!(told(line)[2..], ["4108 cases new", "3791 cases new", "3604 cases new", "2302 cases new"]);
}

#[test]
fn headers_have_brackets() {
    check(
        "Coronavirus in Europe by Thursday\n\nCOUNTRY CASES (NEW) DEATHS (NEW)\nSpain 253,056 (241) 28,401 (5)\n\
         Italy 242,363 (214) 34,926 (12)",
        &["253056 ES", "241 ES", "28401 ES", "5 ES", "242363 IT", "214 IT", "34926 IT", "12 IT"],
    );
}
