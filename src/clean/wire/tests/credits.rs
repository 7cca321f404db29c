//! Credits in the manners of agencies and newspapers; the stories are invented.

use super::article;
use crate::clean::wire::structure;
use crate::model::{Author, CreditRole, SectionKind};

const STORY: &str = "The bridge over the fjord is open, the ministry said on Tuesday.";

/// What a story credits, as `+AFP` for its author and `AFP` for a contributor, and its agency.
fn credits(body: &str) -> (String, String) {
    let wire = article(None, body).wire;
    let credit = |credit: &crate::model::Credit| match credit.role {
        CreditRole::Wrote => format!("+{}", credit.agency),
        CreditRole::Contributed => credit.agency.clone(),
    };
    (wire.credits.iter().map(credit).collect::<Vec<_>>().join(" "), wire.agency.unwrap_or_default())
}

/// Each case is a paragraph at the foot that is nothing but a credit.
#[track_caller]
fn check_lines(cases: &[(&str, &str)]) {
    for (line, expected) in cases {
        let body = format!("{STORY}\n\nIt cost three billion crowns, she said.\n\n{line}");
        let agency = expected.strip_prefix('+').unwrap_or_default();
        assert_eq!(credits(&body), ((*expected).to_owned(), agency.to_owned()), "{line}");
        let kind = article(None, &body).sections.last().map(|section| section.kind);
        assert_eq!(kind, Some(SectionKind::Boilerplate), "{line}");
    }
}

#[track_caller]
fn check(cases: &[(&str, &str, &str)]) {
    for (body, expected, agency) in cases {
        assert_eq!(credits(body), ((*expected).to_owned(), (*agency).to_owned()), "{body}");
    }
}

#[test]
fn a_line_that_names_one_source_names_the_author() {
    check_lines(&[
        ("(Reuters)", "+Reuters"),
        ("— AFP", "+AFP"),
        ("/TASS/", "+TASS"),
        ("Associated Press", "+AP"),
        ("Reuters Staff", "+Reuters"),
        ("Source: Xinhua", "+Xinhua"),
        ("(CP)", "+The Canadian Press"),
        ("THE ASSOCIATED PRESS", "+AP"),
        ("By AFP in Oslo", "+AFP"),
        ("By Reuters - March 3, 2021", "+Reuters"),
        ("This story was produced by Reuters.", "+Reuters"),
        ("By JANE DOE AP Sports Writer", "+AP"),
        ("By Jane Doe, AP Business Writer", "+AP"),
        ("This report by The Canadian Press was first published March 3, 2021.", "+The Canadian Press"),
        ("© Thomson Reuters 2021. All rights reserved.", "+Reuters"),
        ("© dpa-infocom, dpa:210303-99-123456/2", "+dpa"),
        ("dpa/lno", "+dpa"),
        ("来源：新华社 作者：李明", "+Xinhua"),
        ("（新华社记者李明）", "+Xinhua"),
        ("Source: Xinhua | Editor: Li Ming", "+Xinhua"),
        ("Source: Xinhua News Agency", "+Xinhua"),
        ("(Source: AFP)", "+AFP"),
        ("By AFP", "+AFP"),
        ("By Jane Doe, Associated Press", "+AP"),
        ("By JANE DOE and JOHN ROE, Associated Press", "+AP"),
        ("By Jane Doe | Reuters", "+Reuters"),
        ("By Jane Doe (AFP)", "+AFP"),
        ("© 2021 AFP", "+AFP"),
        ("© AFP", "+AFP"),
        ("(c) 2021 dpa", "+dpa"),
        ("Copyright 2021 The Associated Press. All rights reserved. This material may not be published.", "+AP"),
        ("(Reporting by Jane Doe in Oslo; Editing by John Roe)", "+Reuters"),
        ("PTI JDO JRO", "+PTI"),
        ("--IANS", "+IANS"),
        ("jd/jr (dpa)", "+dpa"),
        ("(APA, 3.3.2021)", "+APA"),
        ("Quelle: dpa", "+dpa"),
        ("Von Jane Doe, dpa", "+dpa"),
        ("Par AFP", "+AFP"),
        ("Fuente: EFE", "+EFE"),
        ("Fuente: Agencia EFE", "+EFE"),
        ("Por EFE", "+EFE"),
        ("Fonte: Lusa", "+Lusa"),
        ("Źródło: PAP", "+PAP"),
        ("Bron: ANP", "+ANP"),
        ("Источник: ТАСС", "+TASS"),
        ("Джерело: Укрінформ", "+Ukrinform"),
        ("（新华社）", "+Xinhua"),
        ("新华社", "+Xinhua"),
        ("来源：中新网", "+China News Service"),
        ("ⓒ연합뉴스", "+Yonhap"),
        ("<저작권자(c) 연합뉴스, 무단 전재-재배포 금지>", "+Yonhap"),
        ("출처: 뉴시스", "+Newsis"),
        ("(c)AFP", "+AFP"),
        ("(c)AFP/Jane DOE", "+AFP"),
        ("المصدر: رويترز", "+Reuters"),
    ]);
}

#[test]
fn a_line_that_names_helpers_or_several_names_no_author() {
    check_lines(&[
        ("With files from The Canadian Press", "The Canadian Press"),
        ("With files from The Canadian Press and Jane Doe", "The Canadian Press"),
        ("(With inputs from PTI)", "PTI"),
        ("With inputs from agencies", ""),
        ("With AFP", "AFP"),
        ("(with PTI inputs)", "PTI"),
        ("(mit Agenturen)", ""),
        ("Con información de agencias", ""),
        ("- Bernama-Xinhua", "Bernama Xinhua"),
        ("Redaktion mit dpa", "dpa"),
        ("Associated Press reporter Jane Doe contributed from Oslo.", "AP"),
        ("Additional reporting by Reuters", "Reuters"),
        ("The Associated Press contributed to this report.", "AP"),
        ("Associated Press writer Jane Doe in Bergen contributed to this report.", "AP"),
        ("Associated Press writers Jane Doe in Bergen and John Roe in Oslo contributed.", "AP"),
        ("AFP and Reuters contributed to this story.", "AFP Reuters"),
        ("AP Business Writers Jane Doe and John Roe contributed to this report.", "AP"),
        ("CNN’s Jane Doe contributed to this report.", "CNN"),
        ("Jane Doe of the Associated Press contributed to this report.", "AP"),
        ("AP/Reuters", "AP Reuters"),
        ("(dpa/afp)", "dpa AFP"),
        ("jd/jr (AP, AFP, Reuters)", "AP AFP Reuters"),
        ("(APA, red, 3.3.2021)", "APA"),
        ("By staff and agencies", ""),
        ("(Agencies)", ""),
        ("By Jane Doe with AFP", "AFP"),
        ("By Staff with AFP", "AFP"),
        ("By Jane Doe and AFP", "AFP"),
        ("Le Courrier avec AFP", "AFP"),
        ("FJORD 24 with AFP", "AFP"),
        ("Par Jane Doe avec AFP", "AFP"),
        ("(avec AFP)", "AFP"),
        ("(con información de EFE)", "EFE"),
        ("Con información de AFP y EFE", "AFP EFE"),
        ("(mit dpa)", "dpa"),
        ("Mit Material von dpa und AFP", "dpa AFP"),
        ("Com informações da Lusa", "Lusa"),
        ("По материалам ТАСС и РИА Новости", "TASS RIA Novosti"),
        ("综合新华社、法新社报道", "Xinhua AFP"),
        ("Source: AP, local media", "AP"),
    ]);
}

#[test]
fn a_story_says_who_published_it_first() {
    check_lines(&[
        ("This story was originally published by KFF Health News.", "+KFF Health News"),
        ("This article was originally published on Fjord Weekly and is used with permission.", "+Fjord Weekly"),
        ("First published in The Fjord Times on 3 March 2021", "+The Fjord Times"),
        ("This article is republished from The Conversation under a Creative Commons license.", "+The Conversation"),
        ("Originally published at fjordweekly.example.", "+fjordweekly.example"),
        ("Republished from The Conversation", "+The Conversation"),
        ("Este artículo fue publicado originalmente en El Fiordo.", "+El Fiordo"),
        ("Cet article est republié à partir de The Conversation sous licence Creative Commons.", "+The Conversation"),
        ("Dieser Artikel erschien zuerst bei Fjord Kurier.", "+Fjord Kurier"),
        ("本文首发于新华社", "+Xinhua"),
    ]);
    check(&[
        (&format!("{STORY}\n\nFirst published on March 3, 2021"), "", ""),
        (&format!("{STORY}\n\nThis article was first published in March"), "", ""),
        (&format!("{STORY}\n\nThe novel was first published in Oslo in 1984, and never again."), "", ""),
        (&format!("{STORY}\n\nThis story was originally published in English."), "", ""),
        (&format!("{STORY}\n\nThis story was produced by Jane Doe"), "", ""),
        (&format!("{STORY}\n\nThis article was originally published on our sister site."), "", ""),
    ]);
}

#[test]
fn marks_before_and_after_the_text_name_the_author() {
    check(&[
        (&format!("{STORY} (AFP)"), "+AFP", "AFP"),
        (&format!("{STORY} — AFP"), "+AFP", "AFP"),
        (&format!("{STORY} /TASS/"), "+TASS", "TASS"),
        (&format!("{STORY} -Bernama"), "+Bernama", "Bernama"),
        (&format!("{STORY} PTI JDO JRO"), "+PTI", "PTI"),
        (&format!("{STORY} ANI"), "+ANI", "ANI"),
        (&format!("{STORY} (dpa/afp)"), "dpa AFP", ""),
        (&format!("{STORY} (with AFP)"), "AFP", ""),
        ("大桥周二通车。（新华社）", "+Xinhua", "Xinhua"),
        ("大桥周二通车。（完）", "", ""),
        ("新华社奥斯陆3月3日电（记者李明）大桥周二通车。（完）", "+Xinhua", "Xinhua"),
        ("中新社奥斯陆3月3日电 大桥周二通车。", "+China News Service", "China News Service"),
        ("(서울=연합뉴스) 홍길동 기자 = 다리가 화요일 개통됐다.", "+Yonhap", "Yonhap"),
        ("[東京 3日 ロイター] - 橋が火曜日に開通した。", "+Reuters", "Reuters"),
        ("【3月3日 AFP】橋が火曜日に開通した。", "+AFP", "AFP"),
        ("Oslo, 3 mars 2021 (AFP) - Le pont est ouvert depuis mardi.", "+AFP", "AFP"),
        ("ОСЛО, 3 марта. /ТАСС/. Мост открыт со вторника.", "+TASS", "TASS"),
        ("ОСЛО, 3 марта — РИА Новости. Мост открыт со вторника.", "+RIA Novosti", "RIA Novosti"),
    ]);
}

/// The dateline counts first; what else is named helped, and owners and manners give way.
#[test]
fn the_dateline_names_the_author_first() {
    let body = "OSLO, March 3 (Reuters) - The bridge is open.\n\nIt cost three billion.";
    check(&[
        (body, "+Reuters", "Reuters"),
        (&format!("{body}\n\nWith files from The Canadian Press"), "+Reuters The Canadian Press", "Reuters"),
        (&format!("{body}\n\n(Reporting by Jane Doe; Editing by John Roe)"), "+Reuters", "Reuters"),
        (&format!("{body}\n\n(AP/AFP)"), "+Reuters AP AFP", "Reuters"),
        (&format!("{body}\n\n© 2021 AFP"), "+Reuters", "Reuters"),
        (&format!("{STORY}\n\n(AP)\n\nSource: AFP"), "AP AFP", ""),
        (&format!("{STORY}\n\nSource: AFP\n\nSource: AFP"), "+AFP", "AFP"),
    ]);
}

#[test]
fn an_agency_in_running_text_is_no_credit() {
    for line in [
        "The minister told Reuters on Tuesday.",
        "The Associated Press reported on Tuesday that the bridge was closed.",
        "He spoke to the head of the agency (TASS).",
        "A bridge is a bridge, he told AFP.",
        "According to Xinhua, the bridge is open.",
        "据新华社报道，大桥周二通车。",
        "Как сообщает ТАСС, мост открыт.",
        "Reuters contributed to the fund for the bridge.",
        "The strike contributed to this rise, AFP said.",
        "With AP out of the race, the bid fell through.",
        "Talks with Reuters",
        "Trade Talks with Reuters",
        "Con EFE no habrá acuerdo, dijo el ministro.",
        "Source: Reuters poll",
        "Source: WHO",
        "Source: AFP/Getty Images",
        "EFE/EPA/Jane Doe",
        "By AFP Photo",
        "The Map",
        "Staff report",
        "大桥通车。新华社记者 李明 摄",
        "Source: ministry of transport",
        "Photo: AFP",
        "(AP Photo/Jane Doe)",
        "A bridge is seen in Oslo. (Photo: Xinhua)",
        "A bridge is seen in Oslo. (Xinhua/Li Ming)",
        "© AFP / Jane Doe",
        "© Jane Doe, AFP",
        "Jane Doe/AFP via Getty Images",
        "© 2021 The Fjord Times",
        "By Tuesday, Reuters had left the building.",
        "By contrast, AP was calm",
        "Map",
        "Report",
        "RSS",
        "Who",
        "AFP spokesman Jane Doe said the bridge was open.",
        "The minister thanked Reuters, AFP and AP.",
        "He works for the Associated Press",
        "Jane Doe of Reuters",
        "AP: bridge to open",
    ] {
        assert_eq!(credits(&format!("{STORY}\n\nIt cost three billion.\n\n{line}")), Default::default(), "{line}");
    }
    for body in [
        "Jordan (Reuters) opened the bridge on Tuesday, the ministry said.",
        "The minister spoke on March 3 (Reuters) - then he left the bridge.",
        "A bridge is seen in Oslo on Tuesday. © AFP\n\nThe bridge is open.\n\nA\n\nB\n\nC\n\nD\n\nE\n\nF",
    ] {
        assert_eq!(credits(body), Default::default(), "{body}");
    }
}

#[test]
fn credits_stand_in_the_head_and_authors_of_feeds_too() {
    check(&[
        (&format!("By AFP\n\n{STORY}"), "+AFP", "AFP"),
        (&format!("By staff and agencies\n\n{STORY}"), "", ""),
        (&format!("By Jane Doe with AFP\n\n{STORY}"), "AFP", ""),
        (&format!("Reuters\n\n{STORY}"), "+Reuters", "Reuters"),
    ]);
    let by = |name: &str, hint: Option<&str>| {
        let mut article = article(None, STORY);
        article.authors = vec![Author { name: Some(name.to_owned()), ..Author::default() }];
        structure(&mut article, hint);
        article.wire.agency
    };
    assert_eq!(by("AFP", None).as_deref(), Some("AFP"));
    assert_eq!(by("By Associated Press", None).as_deref(), Some("AP"));
    assert_eq!(by("Jane Doe", Some("associated press")).as_deref(), Some("AP"));
    assert_eq!(by("Jane Doe", None), None);
}
