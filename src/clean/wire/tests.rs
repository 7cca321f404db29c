//! Dispatches in the styles of the agencies; the places are real, the news is invented.

mod credits;

use super::structure;
use crate::model::{Article, FeedId, ItemId, Notice, SectionKind};

fn article(headline: Option<&str>, body: &str) -> Article {
    let feed = FeedId::from("test");
    let mut article = Article::new(ItemId::new(&feed, "1"), feed);
    article.headline = headline.map(str::to_owned);
    article.body = body.to_owned();
    article.published = "2021-03-04T12:00:00Z".parse().ok();
    structure(&mut article, None);
    article
}

/// The dateline's text, place, country, date and the agency, or nothing where there is no dateline.
#[track_caller]
fn check(paragraph: &str, expected: Option<(&str, &str, &str, &str, &str)>) {
    let article = article(None, &format!("{paragraph}\n\nA second paragraph follows the first one here."));
    let wire = &article.wire;
    let found = wire.dateline.as_ref().map(|dateline| {
        assert_eq!(dateline.span.of(&article.body), Some(dateline.text.as_str()));
        let date = dateline.date.map(|date| date.to_string()).unwrap_or_default();
        (
            dateline.text.clone(),
            dateline.place.clone().unwrap_or_default(),
            dateline.country.clone().unwrap_or_default(),
            date,
            wire.agency.clone().unwrap_or_default(),
        )
    });
    let expected =
        expected.map(|(a, b, c, d, e)| (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned(), e.to_owned()));
    assert_eq!(found, expected, "{paragraph}");
}

/// A table never has all agencies; the operator's word counts more than a name in brackets.
#[test]
fn an_agency_that_no_table_has_is_named_as_it_names_itself() {
    check(
        "RIO DE JANEIRO, March 3 (Carioca Wire) - The bridge is open.",
        Some(("RIO DE JANEIRO, March 3 (Carioca Wire) -", "Rio de Janeiro", "BR", "2021-03-03", "Carioca Wire")),
    );
    check(
        "KAZAN, March 3. /Volga Inform/. The bridge is open.",
        Some(("KAZAN, March 3. /Volga Inform/.", "Kazan", "RU", "2021-03-03", "Volga Inform")),
    );
    check(
        "ZURICH, March 3 (Reuter) - It is.",
        Some(("ZURICH, March 3 (Reuter) -", "Zurich", "CH", "2021-03-03", "Reuters")),
    );
    check(
        "OSLO, March 3 (updates with detail) - It is.",
        Some(("OSLO, March 3 (updates with detail) -", "Oslo", "NO", "2021-03-03", "")),
    );
    let mut article = article(None, "OSLO, March 3 (Fjord Wire) - The bridge is open.");
    structure(&mut article, Some("NTB"));
    assert_eq!(article.wire.agency.as_deref(), Some("NTB"));
}

#[test]
fn reads_datelines_of_many_agencies() {
    check(
        "MOSCOW, March 3. /TASS/. The bridge is open.",
        Some(("MOSCOW, March 3. /TASS/.", "Moscow", "RU", "2021-03-03", "TASS")),
    );
    check(
        "LONDON, March 3 (Reuters) - The bridge is open.",
        Some(("LONDON, March 3 (Reuters) -", "London", "GB", "2021-03-03", "Reuters")),
    );
    check("Ludhiana, March 3", Some(("Ludhiana, March 3", "Ludhiana", "IN", "2021-03-03", "")));
    check("Kerala, March 3", None);
    check("GENEVA (AP) — The bridge is open.", Some(("GENEVA (AP) —", "Geneva", "CH", "", "AP")));
    check(
        "Paris, March 3, 2021 (AFP) - The bridge is open.",
        Some(("Paris, March 3, 2021 (AFP) -", "Paris", "FR", "2021-03-03", "AFP")),
    );
    check(
        "BEIJING, March 3 (Xinhua) -- The bridge is open.",
        Some(("BEIJING, March 3 (Xinhua) --", "Beijing", "CN", "2021-03-03", "Xinhua")),
    );
    check(
        "SEOUL, Dec. 30 (Yonhap) -- The bridge is open.",
        Some(("SEOUL, Dec. 30 (Yonhap) --", "Seoul", "KR", "2020-12-30", "Yonhap")),
    );
    check(
        "MOSCOW. March 3 (Interfax) - The bridge is open.",
        Some(("MOSCOW. March 3 (Interfax) -", "Moscow", "RU", "2021-03-03", "Interfax")),
    );
    check("Berlin (dpa) - The bridge is open.", Some(("Berlin (dpa) -", "Berlin", "DE", "", "dpa")));
    check(
        "Madrid, 3 Mar (EFE).- The bridge is open.",
        Some(("Madrid, 3 Mar (EFE).-", "Madrid", "ES", "2021-03-03", "EFE")),
    );
    check(
        "(ANSA) - ROME, MAR 3 - The bridge is open.",
        Some(("(ANSA) - ROME, MAR 3 -", "Rome", "IT", "2021-03-03", "ANSA")),
    );
    check(
        "New Delhi, Mar 3 (PTI) The bridge is open.",
        Some(("New Delhi, Mar 3 (PTI)", "New Delhi", "IN", "2021-03-03", "PTI")),
    );
    check(
        "Kochi (Kerala) [India], March 3 (ANI): The bridge is open.",
        Some(("Kochi (Kerala) [India], March 3 (ANI):", "Kochi", "IN", "2021-03-03", "ANI")),
    );
    check(
        "New Delhi [India], March 3 (ANI): The bridge is open.",
        Some(("New Delhi [India], March 3 (ANI):", "New Delhi", "IN", "2021-03-03", "ANI")),
    );
    check(
        "TOKYO, March 3, Kyodo - The bridge is open.",
        Some(("TOKYO, March 3, Kyodo -", "Tokyo", "JP", "2021-03-03", "Kyodo")),
    );
    check(
        "ABU DHABI, 3rd March, 2021 (WAM) -- The bridge is open.",
        Some(("ABU DHABI, 3rd March, 2021 (WAM) --", "Abu Dhabi", "AE", "2021-03-03", "WAM")),
    );
    check(
        "MINSK, 3 March (BelTA) – The bridge is open.",
        Some(("MINSK, 3 March (BelTA) –", "Minsk", "BY", "2021-03-03", "BelTA")),
    );
    check(
        "WASHINGTON, D.C., March 3 (UPI) -- The bridge is open.",
        Some(("WASHINGTON, D.C., March 3 (UPI) --", "Washington", "US", "2021-03-03", "UPI")),
    );
    check(
        "MOSCOW/KYIV, March 3 (Reuters) - The bridge is open.",
        Some(("MOSCOW/KYIV, March 3 (Reuters) -", "Moscow", "RU", "2021-03-03", "Reuters")),
    );
    check(
        "SPRINGFIELD, Ill. (AP) — The bridge is open.",
        Some(("SPRINGFIELD, Ill. (AP) —", "Springfield", "US", "", "AP")),
    );
    check("MILLERSBURG, Pa. — The bridge is open.", Some(("MILLERSBURG, Pa. —", "Millersburg", "US", "", "")));
    check("CAIRO — The bridge is open.", Some(("CAIRO —", "Cairo", "EG", "", "")));
    check(
        "ST. PETERSBURG, Russia (AP) — The bridge is open.",
        Some(("ST. PETERSBURG, Russia (AP) —", "St. Petersburg", "RU", "", "AP")),
    );
    check(
        "Geneva, 3 March 2021 – The bridge is open.",
        Some(("Geneva, 3 March 2021 –", "Geneva", "CH", "2021-03-03", "")),
    );
    check("Nairobi, Tuesday — The bridge is open.", Some(("Nairobi, Tuesday —", "Nairobi", "KE", "2021-03-02", "")));
    check("TAGBILARAN CITY — The bridge is open.", Some(("TAGBILARAN CITY —", "Tagbilaran City", "PH", "", "")));
    check("Zwettl/Vienna (APA) - The bridge is open.", Some(("Zwettl/Vienna (APA) -", "Zwettl", "", "", "APA")));
    check(
        "(Adds detail, quote) OSLO, March 3 (Reuters) - The bridge is open.",
        Some(("OSLO, March 3 (Reuters) -", "Oslo", "NO", "2021-03-03", "Reuters")),
    );
}

#[test]
fn ordinary_sentences_are_no_datelines() {
    for text in [
        "WHO (World Health Organization) experts arrived in the city on Tuesday.",
        "Paris, which hosted the games in 1924, will host them again in July 2024.",
        "Moscow and Ankara agreed on Tuesday to reopen the bridge.",
        "Black Friday — the shops are full.",
        "NATO - the alliance of thirty countries - will meet in May.",
        "London. It rained all day, as it does.",
        "BREAKING — The bridge is open.",
        "Jordan (Reuters) opened the bridge.",
        "The minister spoke on March 3 (Reuters) - then he left.",
        "UNITED STATES: The bridge is open.",
        "PANAMA: 989 cases, 24 deaths.",
        "Florida — 1,204 cases in the week through Thursday.",
    ] {
        check(text, None);
    }
}

#[test]
fn items_of_a_list_below_running_text_are_no_datelines() {
    for item in ["WA: zero.", "MALI - 1,586 cases, 94 deaths."] {
        check(&format!("New South Wales recorded 864 cases.\n\n{item}"), None);
    }
    // A sentence that opens with a place, and an item in capitals behind others.
    check("The state has 4,310 cases.\n\nVancouver — the one in Clark County, that is — has five.", None);
    check(
        "LIBERIA has 13 new cases.\n\nThere are 1,085 in SIERRA LEONE.\n\nBURKINA FASO - no new case on June 8.",
        None,
    );
}

#[test]
fn a_date_without_a_year_needs_a_publication_date() {
    let mut article = article(None, "OSLO, March 3 (Reuters) - The bridge is open.");
    article.published = None;
    structure(&mut article, None);
    assert_eq!(article.wire.dateline.unwrap().date, None);
}

#[test]
fn a_date_without_a_year_never_lies_months_after_publication() {
    let mut article = article(None, "OSLO, March 3 (Reuters) - The bridge is open.");
    article.published = Some("2026-11-23T08:00:00Z".parse().unwrap());
    structure(&mut article, None);
    assert_eq!(article.wire.dateline.unwrap().date, Some(jiff::civil::date(2026, 3, 3)));
}

#[track_caller]
fn check_sections(headline: Option<&str>, body: &str, expected: &[(SectionKind, Option<&str>, &str)]) -> Article {
    let article = article(headline, body);
    let found: Vec<_> = article
        .sections
        .iter()
        .map(|section| (section.kind, section.heading.as_deref(), section.span.of(body).unwrap()))
        .collect();
    assert_eq!(found, expected);
    article
}

#[test]
fn divides_a_story() {
    use SectionKind::{Background, Body, Boilerplate, Lead};
    let article = check_sections(
        Some("UPDATE 2-Bridge over the fjord opens"),
        "By JANE DOE\n\n(Adds quote from the minister)\n\nOSLO, March 3 (Reuters) - The bridge over the fjord is open, the ministry said.\n\nIt cost 3 billion crowns, the minister told reporters in the town.\n\nTunnel next\n\nA tunnel will follow in the next decade, she said on Wednesday.\n\nBackground\n\nThe bridge was begun in spring 2014 after years of debate.\n\n(Reporting by Jane Doe; Editing by John Roe)",
        &[
            (Boilerplate, None, "By JANE DOE\n\n(Adds quote from the minister)"),
            (Lead, None, "OSLO, March 3 (Reuters) - The bridge over the fjord is open, the ministry said."),
            (Body, None, "It cost 3 billion crowns, the minister told reporters in the town."),
            (
                Body,
                Some("Tunnel next"),
                "Tunnel next\n\nA tunnel will follow in the next decade, she said on Wednesday.",
            ),
            (
                Background,
                Some("Background"),
                "Background\n\nThe bridge was begun in spring 2014 after years of debate.",
            ),
            (Boilerplate, None, "(Reporting by Jane Doe; Editing by John Roe)"),
        ],
    );
    assert_eq!(article.wire.byline.as_deref(), Some("JANE DOE"));
    assert_eq!(article.wire.editors_note.as_deref(), Some("(Adds quote from the minister)"));
    assert_eq!(article.wire.take, Some(2));
    assert_eq!(article.wire.notice, Some(Notice::Update));
}

#[track_caller]
fn check_notice(headline: &str, body: &str, notice: Option<Notice>, take: Option<u32>) {
    let article = article(Some(headline), body);
    assert_eq!((article.wire.notice, article.wire.take), (notice, take), "{headline}");
}

#[test]
fn reads_the_marks_of_editors() {
    let body = "OSLO, March 3 (Reuters) - The bridge is open.";
    check_notice("CORRECTED-Bridge opens", body, Some(Notice::Correction), None);
    check_notice("REFILE-UPDATE 1-Bridge opens", body, Some(Notice::Correction), Some(1));
    check_notice("KILL: Bridge opens", body, Some(Notice::Kill), None);
    check_notice("(2nd LD) Bridge opens", body, Some(Notice::Update), Some(2));
    check_notice("Kill rate falls at bridge", body, None, None);
    check_notice(
        "Bridge opens",
        "EDITORS: Please kill the story about the bridge. It was never built.\n\nOSLO, March 3 (Reuters) - The bridge is open.",
        Some(Notice::Kill),
        None,
    );
    check_notice("Police withdrawn from bridge", body, None, None);
    check_notice(
        "Bridge opens",
        "BC-EU--Bridge, 3rd Ld-Writethru\n\nOSLO (AP) — The bridge is open.",
        Some(Notice::Update),
        Some(3),
    );
    check_notice("Bridge opens", &format!("Bridge-Norway-transport,2ndlead\n\n{body}"), Some(Notice::Update), Some(2));
    check_notice("Bridge opens", &format!("BRIDGE/NORWAY (UPDATE 4, PIX)\n\n{body}"), Some(Notice::Update), Some(4));
    check_notice("Bridge opens", &format!("Bridge-builders, masons\n\n{body}"), None, None);
    check_notice("CORRECTED-Bridge opens", &format!("(Adds quote)\n\n{body}"), Some(Notice::Correction), None);
    check_notice(
        "Bridge opens",
        &format!("{body}\n\n(This story has been corrected to fix its length)"),
        Some(Notice::Correction),
        None,
    );
    check_notice("Bridge opens", &format!("{body}\n\nThis is a developing story and will be updated."), None, None);
    check_notice(
        "Study withdrawn",
        "The report headlined 'Bridge' was withdrawn by the ministry on Tuesday.",
        None,
        None,
    );
}

#[test]
fn a_kill_says_what_it_withdraws() {
    let check = |headline: &str, body: &str, expected: Option<&str>| {
        let wire = article(Some(headline), body).wire;
        assert_eq!(wire.withdraws.as_deref(), expected, "{headline}");
        assert_eq!(wire.notice == Some(Notice::Kill), expected.is_some(), "{headline}");
    };
    check("WITHDRAWN: Bridge opens", "The bridge is not open, as it turned out on Tuesday.", Some("Bridge opens"));
    check("Bridge opens (WITHDRAWN)", "", Some("Bridge opens"));
    check(
        "ADVISORY-Story on bridge withdrawn",
        "The story headlined 'Bridge opens' is withdrawn. It was never built.",
        Some("Bridge opens"),
    );
    check("Kill notice", "EDITORS: Please kill the story slugged BC-EU--Bridge.\n\nThe AP", Some("BC-EU--Bridge"));
    check("Bridge", "BC-EU--Bridge, KILL\n\nOSLO (AP) — A kill is mandatory.", Some("BC-EU--Bridge"));
    check("ANULACIÓN: Puente", "Rogamos anular la noticia titulada «Abre el puente».", Some("Abre el puente"));
    check("撤稿：大桥", "请勿使用题为《大桥通车》的稿件。", Some("大桥通车"));
    check("BREAKING: Report dropped", "The report headlined 'Bridge' was withdrawn by the ministry.", None);
    check("ADVISORY-Bridge opens on Friday", "The story headlined 'Bridge' won a prize on Tuesday.", None);
}

#[test]
fn reads_embargoes_with_zone_and_reports_others() {
    let open = article(None, "EMBARGOED UNTIL 0001 GMT March 5, 2021\n\nOSLO, March 4 (Reuters) - The bridge opens.");
    assert_eq!(open.wire.embargo_until.unwrap().to_string(), "2021-03-05T00:01:00Z");
    let eastern = article(
        None,
        "Not for release before 6:30 p.m. EST, 5 March\n\nThe bridge opens on Friday, the ministry said.",
    );
    assert_eq!(eastern.wire.embargo_until.unwrap().to_string(), "2021-03-05T23:30:00Z");
    let vague = article(None, "EMBARGOED until Friday morning\n\nThe bridge opens on Friday, the ministry said.");
    assert!(vague.wire.embargo_until.is_none() && vague.issues.iter().any(|issue| issue.code == "embargo_unreadable"));
}

#[test]
fn no_bytes_make_it_panic() {
    for body in [
        "",
        "\n\n",
        "(",
        "/",
        "A",
        "É, ",
        "ÀÉÎ — ",
        "(é",
        "MOSCOW, ",
        "1",
        "By ",
        "\u{300}\u{300}",
        "São Paulo, 3 de março (Lusa) -",
        "İİ news agency",
        "Source: İ",
        "© İ",
        "（",
        "UPDATE 1-",
        "2보",
        "Bridge (",
        "By İ, AP",
        "é. (AFP",
    ] {
        article(Some(body), body);
    }
    article(None, &"MOSCOW/".repeat(20_000));
}
