//! Invented headlines, slug lines and notes in the manners of the agencies, and ordinary ones that look like them.

use super::*;
use crate::model::Notice::{Correction, Kill, Update};

/// A headline, what its marks say (notice, take, urgency), and the headline without them.
type Case = (&'static str, Option<Notice>, Option<u32>, Option<u8>, &'static str);

#[track_caller]
fn check(cases: &[Case]) {
    for (text, notice, take, urgency, plain) in cases {
        let (mark, left) = headline(text);
        assert_eq!(plain_headline(text), left);
        assert_eq!((mark.notice, mark.take, mark.urgency, left), (*notice, *take, *urgency, *plain), "{text}");
        assert_eq!(headline(left).1, left, "{text}: what is left has no marks");
    }
}

const PLAIN: &str = "Bridge opens";

#[test]
fn reads_the_marks_of_headlines_in_english() {
    check(&[
        // Reuters.
        ("UPDATE 1-Bridge opens", Some(Update), Some(1), None, PLAIN),
        ("UPDATE 2-NATO opens bridge", Some(Update), Some(2), None, "NATO opens bridge"),
        ("UPDATE 3-BRIDGE OPENS", Some(Update), Some(3), None, "BRIDGE OPENS"),
        ("UPDATE 1-2 killed on bridge", Some(Update), Some(1), None, "2 killed on bridge"),
        ("UPDATE 11- Bridge opens", Some(Update), Some(11), None, PLAIN),
        ("WRAPUP 4-Bridge opens", Some(Update), Some(4), None, PLAIN),
        ("RPT-UPDATE 1-Bridge opens", Some(Update), Some(1), None, PLAIN),
        ("RPT-Bridge opens", None, None, None, PLAIN),
        ("CORRECTED-Bridge opens", Some(Correction), None, None, PLAIN),
        ("CORRECTED-UPDATE 2-Bridge opens", Some(Correction), Some(2), None, PLAIN),
        ("UPDATE 2-CORRECTED-Bridge opens", Some(Correction), Some(2), None, PLAIN),
        ("CORRECTED (OFFICIAL)-Bridge opens", Some(Correction), None, None, PLAIN),
        ("OFFICIAL CORRECTED-Bridge opens", Some(Correction), None, None, PLAIN),
        ("REFILE-UPDATE 1-Bridge opens", Some(Correction), Some(1), None, PLAIN),
        ("WITHDRAWN-Bridge opens", Some(Kill), None, None, PLAIN),
        ("WITHDRAWN-UPDATE 1-Bridge opens", Some(Kill), Some(1), None, PLAIN),
        ("ADVISORY-Bridge opens", None, None, None, PLAIN),
        ("EXCLUSIVE-Bridge opens", None, None, None, PLAIN),
        // Yonhap, Kyodo, Xinhua, dpa, AFP, AP, Dow Jones, Bloomberg.
        ("(LEAD) Bridge opens", Some(Update), Some(1), None, PLAIN),
        ("(2nd LD) Bridge opens", Some(Update), Some(2), None, PLAIN),
        ("(URGENT) Bridge opens", None, None, Some(3), PLAIN),
        ("(3rd LD) (URGENT) Bridge opens", Some(Update), Some(3), Some(3), PLAIN),
        ("UPDATE1: Bridge opens", Some(Update), Some(1), None, PLAIN),
        ("4TH LD: Bridge opens", Some(Update), Some(4), None, PLAIN),
        ("LEAD: Bridge opens", Some(Update), Some(1), None, PLAIN),
        ("CORRECTED: Bridge opens", Some(Correction), None, None, PLAIN),
        ("1st Ld-Writethru: Bridge opens", Some(Update), Some(1), None, PLAIN),
        ("2nd LD Writethru-Bridge opens", Some(Update), Some(2), None, PLAIN),
        ("Update: Bridge opens", Some(Update), None, None, PLAIN),
        ("Urgent: Bridge opens", None, None, Some(3), PLAIN),
        ("Bridge opens (1st Lead)", Some(Update), Some(1), None, PLAIN),
        ("Bridge opens (2nd Roundup)", Some(Update), Some(2), None, PLAIN),
        ("LEAD 2 Bridge opens", Some(Update), Some(2), None, PLAIN),
        ("LEAD 3 - Bridge opens", Some(Update), Some(3), None, PLAIN),
        ("Correction: Bridge opens", Some(Correction), None, None, PLAIN),
        ("BC-EU--Bridge, 1st Ld-Writethru", Some(Update), Some(1), None, "BC-EU--Bridge"),
        ("BC-EU--Bridge, 2nd Ld-Writethru,0123", Some(Update), Some(2), None, "BC-EU--Bridge"),
        ("Bridge opens -- 2nd Update", Some(Update), Some(2), None, PLAIN),
        ("Bridge opens -- Update", Some(Update), None, None, PLAIN),
        ("Bridge opens (Update 2)", Some(Update), Some(2), None, PLAIN),
        ("Bridge opens (Correct)", Some(Correction), None, None, PLAIN),
        // Interfax, and pages.
        ("Bridge opens (Part 2)", Some(Update), Some(2), None, PLAIN),
        ("Bridge opens (UPDATED)", Some(Update), None, None, PLAIN),
        ("Bridge opens - UPDATED", Some(Update), None, None, PLAIN),
        ("Bridge opens (Updated 10:30 GMT)", Some(Update), None, None, PLAIN),
        ("Bridge opens | UPDATE", Some(Update), None, None, PLAIN),
        ("**UPDATE** Bridge opens", Some(Update), None, None, PLAIN),
        ("Bridge opens (adds quote)", Some(Update), None, None, PLAIN),
        ("Bridge opens [CORRECTED]", Some(Correction), None, None, PLAIN),
        ("[UPDATE] Bridge opens", Some(Update), None, None, PLAIN),
        ("BULLETIN: Bridge opens", None, None, Some(2), PLAIN),
        ("FLASH - Bridge opens", None, None, Some(1), PLAIN),
        ("BREAKING: Bridge opens", None, None, None, PLAIN),
        ("KILL: Bridge opens", Some(Kill), None, None, PLAIN),
        ("BULLETIN KILL-Bridge opens", Some(Kill), None, None, PLAIN),
        ("RETRACTED - Bridge opens", Some(Kill), None, None, PLAIN),
        ("Bridge opens (WITHDRAWN)", Some(Kill), None, None, PLAIN),
        ("WITHDRAWN", Some(Kill), None, None, "WITHDRAWN"),
    ]);
}

#[test]
fn reads_the_marks_of_headlines_in_other_languages() {
    check(&[
        ("CORREGIDO-Abre el puente", Some(Correction), None, None, "Abre el puente"),
        ("Corrección: Abre el puente", Some(Correction), None, None, "Abre el puente"),
        ("ACTUALIZA 2-Abre el puente", Some(Update), Some(2), None, "Abre el puente"),
        ("ACTUALIZACIÓN 1-Abre el puente", Some(Update), Some(1), None, "Abre el puente"),
        ("Abre el puente (actualizado)", Some(Update), None, None, "Abre el puente"),
        ("Abre el puente (Añade declaraciones)", Some(Update), None, None, "Abre el puente"),
        ("ANULACIÓN: Abre el puente", Some(Kill), None, None, "Abre el puente"),
        ("URGENTE - Abre el puente", None, None, Some(3), "Abre el puente"),
        ("-- CORRECTION -- Le pont ouvre", Some(Correction), None, None, "Le pont ouvre"),
        ("CORRIGÉ-Le pont ouvre", Some(Correction), None, None, "Le pont ouvre"),
        ("Le pont ouvre (ACTUALISÉ)", Some(Update), None, None, "Le pont ouvre"),
        ("MISE À JOUR - Le pont ouvre", Some(Update), None, None, "Le pont ouvre"),
        ("2e lead: Le pont ouvre", Some(Update), Some(2), None, "Le pont ouvre"),
        ("ANNULATION - Le pont ouvre", Some(Kill), None, None, "Le pont ouvre"),
        ("+++ EIL +++ Brücke offen", None, None, None, "Brücke offen"),
        ("Berichtigung: Brücke offen", Some(Correction), None, None, "Brücke offen"),
        ("KORREKTUR/ROUNDUP 2: Brücke offen", Some(Correction), Some(2), None, "Brücke offen"),
        ("ZUSAMMENFASSUNG 3-Brücke offen", Some(Update), Some(3), None, "Brücke offen"),
        ("Brücke offen (Zusammenfassung 1410)", Some(Update), None, None, "Brücke offen"),
        ("WDH: Brücke offen", None, None, None, "Brücke offen"),
        ("CORRIGIDO-Ponte abre", Some(Correction), None, None, "Ponte abre"),
        ("ATUALIZA 1-Ponte abre", Some(Update), Some(1), None, "Ponte abre"),
        ("RETTIFICA: Ponte aperto", Some(Correction), None, None, "Ponte aperto"),
        ("ИСПРАВЛЕНО: Мост открыт", Some(Correction), None, None, "Мост открыт"),
        ("ДОПОЛНЕНИЕ 1-Мост открыт", Some(Update), Some(1), None, "Мост открыт"),
        ("Мост открыт (обновлено)", Some(Update), None, None, "Мост открыт"),
        ("Мост открыт (часть 2)", Some(Update), Some(2), None, "Мост открыт"),
        ("АННУЛИРОВАНО: Мост открыт", Some(Kill), None, None, "Мост открыт"),
        ("МОЛНИЯ: Мост открыт", None, None, Some(1), "Мост открыт"),
        ("Most otwarty (aktl.)", Some(Update), None, None, "Most otwarty"),
        ("RÄTTELSE: Bron öppen", Some(Correction), None, None, "Bron öppen"),
        ("GÜNCELLENDİ - Köprü açıldı", Some(Update), None, None, "Köprü açıldı"),
        ("Son dakika: Köprü açıldı", None, None, None, "Köprü açıldı"),
        ("DÜZELTME - Köprü açıldı", Some(Correction), None, None, "Köprü açıldı"),
        ("更正：大桥通车", Some(Correction), None, None, "大桥通车"),
        ("【更新】大桥通车", Some(Update), None, None, "大桥通车"),
        ("《更新版-2》大桥通车", Some(Update), None, None, "大桥通车"),
        ("撤稿：大桥通车", Some(Kill), None, None, "大桥通车"),
        ("快讯：大桥通车", None, None, None, "大桥通车"),
        ("〔訂正〕橋が開通", Some(Correction), None, None, "橋が開通"),
        ("再送-橋が開通", None, None, None, "橋が開通"),
        ("<정정> 다리 개통", Some(Correction), None, None, "다리 개통"),
        ("다리 개통(종합)", Some(Update), None, None, "다리 개통"),
        ("다리 개통(종합2보)", Some(Update), Some(2), None, "다리 개통"),
        ("다리 개통(3보)", Some(Update), Some(3), None, "다리 개통"),
        ("[속보] 다리 개통", None, None, None, "다리 개통"),
    ]);
}

/// What only looks like a mark stays in the headline.
#[test]
fn ordinary_headlines_have_no_marks() {
    for text in [
        "Update on talks due Friday",
        "Correction officers strike over pay",
        "Kill rate falls at bridge",
        "Police withdrawn from bridge",
        "Withdrawal: what comes next for the valley",
        "Killed: the dream of a bridge",
        "KILLED: TWO POLICEMEN AT BRIDGE",
        "KILL THE BILL, SAY PROTESTERS",
        "WITHDRAWAL-TROOPS LEAVE VALLEY",
        "Retraction: the hidden cost of haste",
        "Lead poisoning found in village wells",
        "LEAD-FREE PETROL BANNED FROM BRIDGE",
        "Lead 2-1 at half-time thrills fans",
        "LEAD 2-1 at half-time thrills fans",
        "Rovers blow 4th lead of the season",
        "Patients take 2 tablets a day",
        "Take 2: director returns to the bridge",
        "PART 2: How the bridge was built",
        "Add 2 lanes to the bridge, council says",
        "Flash floods close bridge",
        "FLASH FLOODS - BRIDGE CLOSED",
        "Urgent care clinics to close",
        "Updated rules for bridges published",
        "Corrected figures show more traffic",
        "Recast of statue finished",
        "Wrapped: the bridge in pictures",
        "Breaking bread at the bridge",
        "Market update: shares rise",
        "Roundup: Five bridges to see",
        "Clarified: the new rules",
        "Repeat: the lesson of 1918",
        "Rovers 2 - Lead 1",
        "Doe in the lead, take 2",
        "WITHDRAWN FROM SALE: Toy",
        "KILLED-IN-ACTION SOLDIERS REMEMBERED",
        "ANULADA: la boda del año",
        "ОТОЗВАНО: лицензия банка",
        "撤回：公司申请",
        "Weather update - rain",
        "COVID-19 UPDATE: 5 new cases",
        "LEAD 2 singers die",
        "LEAD singer dies",
        "UPDATE Act passes",
        "UPDATE",
        "Windows update 2 breaks printers",
        "10 updates: what changed on the bridge",
        "Minister adds (much) fuel to the fire",
        "Bridge opens (and closes)",
        "Bridge opens (2)",
        "Rates may rise (changes explained)",
        "Soldiers honoured (killed in 1916)",
        "Advisory council meets",
        "Festival d'été (annulé)",
        "Actualización de precios en marzo",
        "Corrige el rumbo el gobierno",
        "Mise à jour du logiciel repoussée",
        "Zusammenfassung des Spiels folgt",
        "Rückruf: Hersteller nimmt Joghurt zurück",
        "Обновление парка автобусов начнется весной",
        "更新换代加快",
        "更正登记程序公布",
        "정정당당한 승부",
        "",
    ] {
        assert_eq!(headline(text), (Mark::default(), text), "{text}");
    }
}

#[test]
fn reads_the_marks_of_slug_lines() {
    let check = |line: &str, notice: Option<Notice>, take: Option<u32>| {
        let mark = slug(line);
        assert_eq!((mark.notice, mark.take), (notice, take), "{line}");
    };
    check("BC-EU--Summit, 1st Ld-Writethru", Some(Update), Some(1));
    check("BC-EU--Summit, 7th Ld-Writethru, 1100", Some(Update), Some(7));
    check("AM-Bridge,2nd Ld", Some(Update), Some(2));
    check("BC-EU--Summit,Writethru", Some(Update), None);
    check("BC-EU--Summit, 1st Ld-Writethru, Correction", Some(Correction), Some(1));
    check("BC-EU--Summit, KILL", Some(Kill), None);
    check("Norway-bridge-transport,2ndlead", Some(Update), Some(2));
    check("Norway-bridge-transport,lead", Some(Update), Some(1));
    check("BRIDGE/NORWAY (UPDATE 2, PIX, TV)", Some(Update), Some(2));
    check("BRIDGE/NORWAY (WRAPUP 1)", Some(Update), Some(1));
    check("SUMMIT, take 2", Some(Update), Some(2));
    check("BC-US--Police-Kill, 800", None, None);
    check("BRIDGE/NORWAY (PIX, TV)", None, None);
}

#[test]
fn reads_notes_where_they_say_what_they_are() {
    let check = |text: &str, expected: Option<Option<Notice>>| assert_eq!(note(text), expected, "{text}");
    check("Eds: Updates with quote from the minister.", Some(Some(Update)));
    check("EDITORS: Please kill the story about the bridge. It was never built.", Some(Some(Kill)));
    check("Editor's note: Jane Doe reported from the valley.", Some(None));
    check("Editor's note: Killed in the fall were two workers.", Some(None));
    check("Editor's note: Correction officers are called guards in this story.", Some(None));
    check("Correction: The bridge is 3 km long, not 2.", Some(Some(Correction)));
    check("ATTENTION - adds quotes ///", Some(Some(Update)));
    check("ATTENTION - ajoute citations ///", Some(Some(Update)));
    check("(This story has been corrected to fix the length of the bridge)", Some(Some(Correction)));
    check("(This March 3 story has been refiled to fix a typo)", Some(Some(Correction)));
    check("Note aux rédactions: cette dépêche annule et remplace la précédente", Some(Some(Correction)));
    check("Nota a los editores: se anula la noticia sobre el puente", Some(Some(Kill)));
    check("Achtung: Die Meldung „Brücke offen“ ist zurückgezogen.", Some(Some(Kill)));
    check("To editors: kill the above", Some(Some(Kill)));
    check("This version CORRECTS the length of the bridge.", Some(Some(Correction)));
    check("This article was amended on 3 March to give the length of the bridge.", Some(Some(Correction)));
    check("This story has been updated with the length of the bridge.", Some(Some(Update)));
    check("Achtung Redaktionen: Bitte diese Meldung nicht verwenden.", Some(Some(Kill)));
    check("Atención editores: queda anulada la noticia sobre el puente.", Some(Some(Kill)));
    check("Вниманию редакций! Просим не использовать сообщение о мосте.", Some(Some(Kill)));
    check("编者按：请勿使用此稿。", Some(Some(Kill)));
    check("Please kill the story slugged BC-EU--Bridge that moved on Tuesday.", Some(Some(Kill)));
    check("Editor's note: This story tells of a girl who was killed.", Some(None));
    check("Editor's note: The panel's report was withdrawn in June.", Some(None));
    check("Editors: Do not use before Friday.", Some(None));
    check("This is a developing story and will be updated.", None);
    check("This story has been told for centuries in the valley.", None);
    check("Editors at the paper said they would not use the report.", None);
    check("Attention turned to the bridge on Tuesday.", None);
    check("Kill the engine before you cross, drivers were told.", None);
    let check = |text: &str, expected: Option<Option<Notice>>| assert_eq!(aside(text), expected, "{text}");
    check("(Adds details)", Some(Some(Update)));
    check("(Corrects spelling in paragraph 3)", Some(Some(Correction)));
    check("(Repeats to more subscribers)", Some(None));
    check("(Actualiza con declaraciones del ministro)", Some(Some(Update)));
    check("(neu: Zitat)", Some(Some(Update)));
    check("(WITHDRAWN)", Some(Some(Kill)));
    check("(Killed in the fall: Jane Doe)", None);
    check("(Additional bridges are planned)", None);
}

#[test]
fn a_kill_names_the_story_it_withdraws() {
    let check = |text: &str, expected: Option<&str>| assert_eq!(named(text), expected, "{text}");
    check("The story headlined 'Norway's bridge opens' is withdrawn.", Some("Norway's bridge opens"));
    check("The story headlined “Bridge opens” has been withdrawn.", Some("Bridge opens"));
    check("Please kill the story slugged BC-EU--Bridge-Norway that moved on Tuesday.", Some("BC-EU--Bridge-Norway"));
    check("KILL BC-EU--Bridge, which moved on Tuesday.", Some("BC-EU--Bridge"));
    check("Please disregard our story \"Bridge opens\".", Some("Bridge opens"));
    check("Queda anulada la noticia titulada «Abre el puente».", Some("Abre el puente"));
    check("Prière d'annuler la dépêche intitulée « Le pont ouvre ».", Some("Le pont ouvre"));
    check("Bitte die Meldung mit dem Titel „Brücke offen“ nicht verwenden.", Some("Brücke offen"));
    check("Просим аннулировать сообщение под заголовком «Мост открыт».", Some("Мост открыт"));
    check("请勿使用题为《大桥通车》的稿件。", Some("大桥通车"));
    check("記事「橋が開通」を取り消します。", Some("橋が開通"));
    check("\"다리 개통\" 제하 기사를 전문 취소합니다.", Some("다리 개통"));
    check("The story about the bridge is withdrawn.", None);
}

#[test]
fn every_row_can_be_read() {
    let table = TABLE.as_ref().unwrap();
    for line in include_str!("../notices.tsv").lines().filter(|line| !line.starts_with('#')) {
        let [_, place, words] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let is_mark = !matches!(place, "note" | "verb" | "label" | "says" | "own");
        assert!(!is_mark || words.split('|').all(|word| table.mark.is_match(word)), "{line}");
    }
}
