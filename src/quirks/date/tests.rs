//! Dates in the forms that publishers write, and what they must be read as.

use super::*;

#[track_caller]
fn check(text: &str, expected: &str) {
    let read = read(text);
    let shown = read.map(|read| format!("{}{}", read.time, if read.zone_assumed { " ?" } else { "" }));
    assert_eq!(shown.as_deref().unwrap_or("none"), expected, "{text}");
}

#[test]
fn the_standards() {
    check("Tue, 29 Sep 2020 18:05:00 +0300", "2020-09-29T18:05:00+03:00");
    check("29 Sep 20 18:05 GMT", "2020-09-29T18:05:00Z");
    check("Tuesday, 29-Sep-20 18:05:00 EST", "2020-09-29T18:05:00-05:00");
    check("2020-09-29T18:05:00.25Z", "2020-09-29T18:05:00.25Z");
    check("2020-09-29T18:05+03:00", "2020-09-29T18:05:00+03:00");
    check("20200929T180500Z", "2020-09-29T18:05:00Z");
    check("2020-09-29", "2020-09-29");
    check("2020-273", "2020-09-29");
    check("Tue Sep 29 18:05:00 2020", "2020-09-29T18:05:00Z ?");
    check("Tue Sep 29 18:05:00 PDT 2020", "2020-09-29T18:05:00-07:00");
}

#[test]
fn by_their_shape_they_are_read_as_by_the_reader_of_all_forms() {
    let dates = [
        "Tue, 29 Sep 2020",
        "Mon, 1 Mar 2021",
        "Sat, 31 Feb 2020",
        "Mar, 29 Sep 2020",
        "Tue, 29 Sep 20",
        "Tue, 29 Sep 2563",
    ];
    let isos = ["2020-09-29", "2020-02-30", "1601-01-01", "2020-9-29", "20-09-29", "2563-09-29"];
    let joined = dates.map(|date| format!("{date} ")).into_iter().chain(isos.map(|date| format!("{date}T")));
    let mut read_by_shape = 0;
    for date in joined {
        for time in ["18:05:00", "00:00:60", "24:00:00", "25:05:00", "18:05", "18:5:0", "18:05:00.25"] {
            for zone in [
                "Z", " GMT", " UTC", " +0300", "+03:00", "-0030", " -1400", " +1500", "", " EST", " +03", " (UTC)",
                "+0300x",
            ] {
                let text = format!("{date}{time}{zone}");
                if let Some(read) = standard::read(&text) {
                    assert_eq!(Some(read), read_any(&text, Habit::default()), "{text}");
                    read_by_shape += 1;
                }
            }
        }
    }
    // Five days, each with the seven offsets that are whole.
    assert_eq!(read_by_shape, 5 * 7);
}

#[test]
fn their_misuses() {
    check("2020-09-29 18:05:00", "2020-09-29T18:05:00Z ?");
    check("2020-9-29 6:05:00 PM MSK", "2020-09-29T18:05:00+03:00");
    check("2020-09-29T18:05:00 +03:00", "2020-09-29T18:05:00+03:00");
    check("Tue, 29 Sep 2020 18:05:00 GMT+3", "2020-09-29T18:05:00+03:00");
    check("Sept. 29, 2020, 12:05 a.m. (EDT)", "2020-09-29T00:05:00-04:00");
    check("29.09.2020 18:05", "2020-09-29T18:05:00Z ?");
    check("9/29/2020 6:05:00 PM", "2020-09-29T18:05:00Z ?");
    check("Tue, 29 Sep 2020 24:00:00 +0000", "2020-09-30T00:00:00Z");
    check("Thu, 31 Dec 2016 23:59:60 GMT", "2016-12-31T23:59:59Z");
    check("29 septembre 2020 à 18h05", "2020-09-29T18:05:00Z ?");
    check("1601402700", "2020-09-29T18:05:00Z");
    check("18:05 29-09-2020", "2020-09-29T18:05:00Z ?");
    check("202009291805", "2020-09-29T18:05:00Z ?");
    check("20-09-29T18:05:00Z", "2020-09-29T18:05:00Z");
    check("200929", "2020-09-29");
    check("20-273", "2020-09-29");
    check("20273", "2020-09-29");
    check("29.09.2020 18.05", "2020-09-29T18:05:00Z ?");
    check("2020-09-29T18:05:00 03:00", "2020-09-29T18:05:00+03:00");
    check("Tue, 29 Sep 2020 18:05:00 +0200 (CET)", "2020-09-29T18:05:00+02:00");
    check("Tue, 2020/09/29 18:05:00 EDT", "2020-09-29T18:05:00-04:00");
    check("Tue, 29 Sep 2020 18:5:7 GMT", "2020-09-29T18:05:07Z");
    check("Tue, 29 Sep 2020 12:05:00 AM PST", "2020-09-29T00:05:00-08:00");
    check("Tue, 29 September 2020 18:05:00 ET", "2020-09-29T18:05:00-05:00");
    check("Tue, 29 September 2020 18:05:00 AT", "2020-09-29T18:05:00-04:00");
}

#[test]
fn words_of_other_languages() {
    check("29 сентября 2020, 18:05 МСК", "2020-09-29T18:05:00+03:00");
    check("Mardi 29 septembre 2020 18:05:00 CEST", "2020-09-29T18:05:00+02:00");
    check("29 de septiembre de 2020", "2020-09-29");
    check("Di, 3. März 2020 18:05:00 +0100", "2020-03-03T18:05:00+01:00");
    check("2020-július-13T9:15-05:00", "2020-07-13T09:15:00-05:00");
    check("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T12:00:00-05:00");
    check("2020년 09월 29일  오후 06:05:00", "2020-09-29T18:05:00+09:00 ?");
    check("2020-09-29 오전 12:05:00", "2020-09-29T00:05:00+09:00 ?");
    check("2020年9月29日 午後6:05", "2020-09-29T18:05:00+09:00 ?");
    check("29 Eylül 2020 Salı 18:05", "2020-09-29T18:05:00Z ?");
    check("29 de setembro de 2020 às 18:05", "2020-09-29T18:05:00Z ?");
    check("29 września 2020, 18:05 CEST", "2020-09-29T18:05:00+02:00");
    check("29. září 2020 18:05", "2020-09-29T18:05:00Z ?");
    check("29 вересня 2020 18:05 EEST", "2020-09-29T18:05:00+03:00");
    check("29 septembrie 2020", "2020-09-29");
    check("29 أيلول 2020", "2020-09-29");
    check("29 تشرين الثاني 2020", "2020-11-29");
    check("29 syyskuuta 2020", "2020-09-29");
    check("2020. febr. 29. 18:05", "2020-02-29T18:05:00Z ?");
    check("17 Μαΐ 2020", "2020-05-17");
    check("17 ΜΑΡΤΙΟΥ 2020", "2020-03-17");
    check("17 Agustos 2020", "2020-08-17");
    check("17. Jän 2020", "2020-01-17");
    check("2020年9月29日 18:05", "2020-09-29T18:05:00Z ?");
}

#[test]
fn halves_of_the_day_and_hours_that_stand_alone() {
    for afternoon in
        ["6 PM", "6PM", "6:05 p. m.", "6:05\u{a0}p.\u{a0}m.", "6:05 μ.μ.", "6:05 ÖS", "6:05 م", "6:05 مساءً"]
    {
        let read = read(&format!("4 mar 2026 {afternoon}")).unwrap();
        assert!(read.zone_assumed && read.time.to_string().starts_with("2026-03-04T18:0"), "{afternoon} {read:?}");
    }
    check("29 septembre 2020 à 18 h 05 min", "2020-09-29T18:05:00Z ?");
    check("2020년 9월 29일 오후 6시 5분", "2020-09-29T18:05:00+09:00 ?");
    check("10 AM, Sept. 29, 2020", "2020-09-29T10:00:00Z ?");
    check("4 mar 2026 3:20 y 5", "none");
}

#[test]
fn what_looks_like_something_else() {
    check("Mar, 29 Sep 2020 18:05:00 +0200", "2020-09-29T18:05:00+02:00");
    check("mar 29/09/2020 - 18:05", "2020-09-29T18:05:00Z ?");
    check("Mar 29, 2020", "2020-03-29");
    check("2020-W40-2T18:05Z", "2020-09-29T18:05:00Z");
    check("2020W402", "2020-09-29");
    check("20200929 180500", "2020-09-29T18:05:00Z ?");
    check("2020-09-29 18:05:00 +03:00:00", "2020-09-29T18:05:00+03:00");
    check("/Date(1601402700000)/", "2020-09-29T18:05:00Z");
    check("Tue, 29 Sep 2020 18:05:00 Pacific Daylight Time", "2020-09-29T18:05:00-07:00");
    check("२९ सितंबर २०२०", "2020-09-29");
    check("29 กันยายน 2563", "2020-09-29");
}

#[test]
fn slashes_are_read_as_their_author_writes_them() {
    let shown =
        |text, day_first| read_as(text, Habit { day_first, ..Habit::default() }).map(|read| read.time.to_string());
    assert_eq!(shown("09/10/2020", Some(true)).as_deref(), Some("2020-10-09"));
    assert_eq!(shown("09/10/2020", Some(false)).as_deref(), Some("2020-09-10"));
    assert_eq!(shown("9/29/2020", Some(true)).as_deref(), Some("2020-09-29"));
    for (text, expected) in
        [("29/9/2020 18:05", Some(true)), ("Tue 9/29/20", Some(false)), ("9/10/2020", None), ("2020/29/9", None)]
    {
        assert_eq!(shows_day_first(text), expected, "{text}");
    }
}

#[test]
fn names_of_zones_mean_what_they_mean_in_their_language() {
    let shown = |text, language| read_as(text, Habit::of_language(language)).map(|read| read.time.to_string());
    for (language, expected) in [("zh-TW", "+08:00"), ("en-US", "-06:00"), ("en-AU", "+09:30")] {
        let expected = format!("2020-09-29T18:05:00{expected}");
        assert_eq!(shown("Tue Sep 29 18:05:00 CST 2020", language), Some(expected));
    }
    assert_eq!(shown("Tue, 29 Sep 2020 18:05:00 IST", "he").as_deref(), Some("2020-09-29T18:05:00+02:00"));
    assert_eq!(shown("Tue, 29 Sep 2020 18:05:00 EST", "zh").as_deref(), Some("2020-09-29T18:05:00-05:00"));
}

#[test]
fn places_stand_for_their_zone_as_it_was_that_day() {
    check("2020-05-01 10:00 Europe/Rome", "2020-05-01T10:00:00+02:00");
    check("2020-12-01 10:00 Europe/Rome", "2020-12-01T10:00:00+01:00");
    check("Tue, 29 Sep 2020 10:00 (Asia/Seoul)", "2020-09-29T10:00:00+09:00");
    check("29.09.2020, 18:05 america/argentina/buenos_aires", "2020-09-29T18:05:00-03:00");
    check("9/29/2020 6:05 PM EST America/New_York", "2020-09-29T18:05:00-04:00");
    check("2020-09-29T18:05:00 Etc/GMT-3", "2020-09-29T18:05:00+03:00");
    // What is written as an offset counts, also where the place does not have it.
    check("2020-09-29T18:05:00+01:00[Europe/Moscow]", "2020-09-29T18:05:00+01:00");
    check("1905-09-29 18:05 Europe/Paris", "1905-09-29T18:05:00+00:09");
    check("2020-09-29 18:05 Nowhere/Atlantis", "2020-09-29T18:05:00Z ?");
    check("29/Sep/2020 18:05 Asia/Kolkata", "2020-09-29T18:05:00+05:30");
}

#[test]
fn every_place_is_read_and_read_back() {
    let places = jiff::tz::TimeZoneDatabase::bundled();
    let names: Vec<_> = places.available().filter(|name| name.as_str().contains('/')).collect();
    assert!(names.len() > 400, "{}", names.len());
    for (name, day) in names.iter().flat_map(|name| ["1901-01-01", "2020-07-01"].map(|day| (name, day))) {
        let first = read(&format!("{day} 18:05 {name}")).filter(|read| !read.zone_assumed);
        let time = first.unwrap_or_else(|| panic!("{day} {name}")).time;
        assert_eq!(read(&time.to_string()).map(|read| read.time.utc()), Some(time.utc()), "{day} {name}");
    }
}

#[test]
fn dates_that_end_before_their_day_begin_with_it() {
    for (text, expected) in [
        ("2020-09", "2020-09-01"),
        ("2020", "2020-01-01"),
        ("-20-09", "2020-09-01"),
        ("-2009", "2020-09-01"),
        ("September 2020", "2020-09-01"),
        ("2020-W40", "2020-09-28"),
        ("2020-13", "none"),
        ("12:05", "none"),
        ("1", "none"),
    ] {
        let read = read_begin(text).map(|read| read.time.to_string());
        assert_eq!((read.as_deref().unwrap_or("none"), super::read(text)), (expected, None), "{text}");
    }
}

#[test]
fn what_cannot_be_known_is_not_guessed() {
    for text in [
        "",
        "yesterday",
        "2020",
        "09/10/2020",
        "31 Feb 2020",
        "Tue, 29 Sep 10000 18:05:00 GMT",
        "29 Sep 2020 25:61",
        "1 2 3 4 5 6 7",
        "2020-09-29T18:05:00+99:00",
    ] {
        check(text, "none");
    }
}
