//! Texts of one form, of which nothing but a name, a figure or the order of a list says that they are several.

use super::*;

fn undated(feed: &str, headline: &str, body: &str) -> Enriched {
    let mut enriched = article(feed, headline, headline, body);
    enriched.article.published = None;
    enriched
}

/// With `X` for the name: each name gives a text of its own, and what copies one of them is a copy of no other.
#[track_caller]
fn check(headline: &str, form: &str, names: [&str; 3]) {
    let mut memory = Memory::new();
    let [first, second, third] = names.map(|name| (headline.replace('X', name), form.replace('X', name)));
    let mut ids = Vec::new();
    for (feed, (headline, body)) in ["daily", "courier", "herald"].into_iter().zip([&first, &second, &third]) {
        let enriched = undated(feed, headline, body);
        let duplicate = memory.judge(&enriched).duplicate;
        assert_eq!(duplicate.relation, Relation::Original, "{duplicate:?} {body}");
        ids.push(enriched.article.id);
    }
    let copy = format!("{}\n\nSource: Herald, all rights reserved.", third.1);
    let duplicate = memory.judge(&undated("evening", "What else happened", &copy)).duplicate;
    assert_eq!(duplicate.of.as_ref(), ids.last(), "{duplicate:?} {copy}");
    assert!(duplicate.relation.is_copy());
}

#[test]
fn one_other_name_makes_another_notice() {
    check(
        "Boil water notice for X",
        "A boil water notice has been issued for X after routine sampling found traces of bacteria in the supply. \
         Residents should bring water to a rolling boil for one minute and let it cool before drinking or cooking. \
         Bottled water will be handed out at the community centre until further tests are clear.",
        ["Thornby", "Great Orme", "Linden"],
    );
    check(
        "Court list",
        "A man of Cawdor, X, admitted a breach of the peace before magistrates. The chairman of the bench said that the \
         defendant had shown genuine remorse and had no convictions. A probation report had been considered before \
         sentence was passed, and costs were awarded to the prosecution.",
        ["Jonas Pike", "Toma Lisko", "Ursel Brandt"],
    );
    check(
        "Neue Leitung",
        "Die Stadtbücherei bekommt zum Monatsbeginn eine neue Leitung. Der Bürgermeister überreichte X im Rathaus die \
         Urkunde und wünschte viel Erfolg. Die bisherige Amtsinhaberin geht nach langer Dienstzeit in den Ruhestand, und \
         in den nächsten Wochen sollen die Öffnungszeiten erweitert werden.",
        ["Anke Sievers", "Rolf Ehlers", "Gesine Voss"],
    );
    check(
        "Отключение воды: X",
        "Жителей города X предупреждают об отключении горячей воды на центральных улицах. Работы связаны с ремонтом \
         теплотрассы и продлятся до вечера. Плата за период отключения будет пересчитана, справки можно получить по \
         телефону диспетчерской службы круглосуточно.",
        ["Каменка", "Светлый", "Лесогорск"],
    );
}

#[test]
fn scripts_without_capitals_have_look_alikes_too() {
    check(
        "طقس X",
        "تشهد منطقة X طقسا معتدلا نهارا ومائلا للبرودة ليلا مع رياح خفيفة إلى متوسطة السرعة. ودعت هيئة الأرصاد السائقين \
         إلى توخي الحذر على الطرق السريعة في ساعات الصباح الباكر بسبب احتمال تشكل الضباب. وتتوقع الهيئة استمرار هذه \
         الأجواء خلال الأيام المقبلة.",
        ["الواحة", "البستان", "الميناء"],
    );
    check(
        "X 단수 안내",
        "X는 노후 상수도관 교체 공사로 인해 일부 지역의 수돗물 공급이 중단된다고 밝혔다. 시민들은 미리 물을 받아 두고 공사가 끝난 \
         뒤에는 잠시 물을 흘려보낸 다음 사용해야 한다. 관계자는 불편을 드려 죄송하다며 공사를 빠르게 마치겠다고 말했다. 자세한 내용은 \
         누리집에서 확인할 수 있다.",
        ["은하시", "한빛시", "푸른시"],
    );
    check(
        "X停水通知",
        "X自来水公司发布通知，因管网改造，部分区域将停止供水。请居民提前做好储水准备，恢复供水后先放水片刻再使用。公司对由此带来的\
         不便表示歉意，并开通热线接受咨询。施工人员将尽快完成作业。",
        ["青禾市", "云岭县", "白沙镇"],
    );
}

#[test]
fn a_list_with_other_entries_is_another_list() {
    let menu = |dishes: [&str; 5]| {
        let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];
        let lines: Vec<String> = days.iter().zip(dishes).map(|(day, dish)| format!("{day}: {dish}")).collect();
        format!("All meals are served with fruit and milk and are subject to change.\n\n{}", lines.join("\n\n"))
    };
    let mut memory = Memory::new();
    let dishes = ["Fish sticks", "Turkey wrap", "Beef tacos", "Cheese pizza", "Macaroni and cheese"];
    let [one, two, three, four, five] = dishes;
    for (feed, order) in [("daily", dishes), ("herald", [three, one, two, five, four])] {
        let duplicate = memory.judge(&undated(feed, "School menus", &menu(order))).duplicate;
        assert_eq!(duplicate.relation, Relation::Original, "{duplicate:?}");
    }
}

#[test]
fn another_passage_in_the_same_frame_makes_another_text() {
    check(
        "The garden corner",
        "What is to be done in the garden? X\n\nOur gardener answers letters on this page. Send a leaf in a plastic bag if \
         you want to know what ails your plant, and do not forget to say whether it grows in sun or shade.",
        [
            "Cut back the roses while their wood is dry, and burn whatever shows black spots.",
            "Lift the last potatoes before frost hardens the soil, then spread straw over the bed.",
            "Clean nesting boxes with boiling water, so that tits find no mites when they return.",
        ],
    );
}

#[test]
fn entries_that_moved_are_other_entries_where_a_figure_says_so() {
    check(
        "School lunch",
        "In the canteen of the school there is X crowns. Water and tea are free. A list of what each dish contains hangs \
         beside the hatch, and parents who want to change an order should do so before the bell.",
        [
            "pea soup, or else leek tart; then there is rice pudding, all for 4.20",
            "leek tart, or else bean chilli; then there is rice pudding, all for 3.90",
            "bean chilli, or else pea soup; then there are stewed plums, all for 4.50",
        ],
    );
}

#[test]
fn a_list_that_moved_on_is_the_next_list() {
    const ENTRIES: [&str; 7] = [
        "Grey heron with a ring on its leg, seen at the mill pond",
        "Barn owl with one eye, seen behind the brewery",
        "Three bitterns in the reeds, seen from the tower",
        "Kingfisher carrying a minnow, seen at the lock",
        "Barn owl with two young, seen behind the church",
        "Osprey on a pylon, seen from the by-pass",
        "Grey heron asleep on a punt, seen at the boathouse",
    ];
    let list = |entries: &[&str], between: &str| {
        format!(
            "What our readers saw:\n\n{}\n\nWhoever has seen something rare may ring the wardens at any hour. Nests are \
             not to be photographed.",
            entries.join(between)
        )
    };
    for between in ["\n", ".\n", "\n\n", ".\n\n"] {
        let mut memory = Memory::new();
        let first = undated("daily", "Bird diary", &list(&ENTRIES[..5], between));
        memory.judge(&first);
        let next = memory.judge(&undated("herald", "Bird diary", &list(&ENTRIES[2..], between))).duplicate;
        assert_eq!(next.relation, Relation::Original, "{between:?} {next:?}");
        // An editor leaves an entry out, or puts a picture above the list.
        for copied in [list(&ENTRIES[..4], between), format!("Picture: archive\n\n{}", list(&ENTRIES[..5], between))] {
            let copy = memory.judge(&undated("echo", "Birds", &copied)).duplicate;
            assert_eq!(copy.of.as_ref(), Some(&first.article.id), "{between:?} {copy:?}");
        }
    }
}

#[test]
fn what_stands_in_another_place_was_put_there_anew() {
    check(
        "The floor in brief",
        "Dealers on the Ostmark exchange spoke of a quiet session, in which X was little changed. Trading is expected to stay \
         thin until the large funds return to the floor. The exchange publishes its list of quotations after the close, and \
         members settle among themselves.",
        [
            "shipping lost most and timber with wool",
            "timber lost most and glass with shipping",
            "glass lost most and shipping with timber",
        ],
    );
}

#[test]
fn a_table_with_other_figures_is_another_however_small_they_are() {
    let table = |first: usize| {
        let counts = [0, 4, 2, 0, 6, 2, 4, 0, 0, 6, 4, 2];
        let line = |day: usize| format!("Sep {day}: {} boats, {} nets", counts[day], counts[(day * 5 + 1) % 12]);
        let lines: Vec<String> = (first..first + 7).map(line).collect();
        format!("Boats that left the harbour\n\n{}\n\nThe figures are provisional.", lines.join("\n"))
    };
    let mut memory = Memory::new();
    for (feed, first) in [("daily", 1), ("herald", 3), ("echo", 5)] {
        let duplicate = memory.judge(&undated(feed, "Boats, last seven days", &table(first))).duplicate;
        assert_eq!(duplicate.relation, Relation::Original, "{duplicate:?}");
    }
}

#[test]
fn without_a_date_other_figures_of_one_agency_make_no_new_version() {
    let sale = |yield_of_sale: &str, bids: &str, next: &str| {
        format!(
            "The treasury of Merania sold two hundred million crowns of notes at an average yield of {yield_of_sale} per cent. \
             Bids came to {bids} million crowns. The money is meant for the harbour, the tramways and the new hospital, whose \
             foundations were laid in spring. Dealers said that demand from insurers had carried the sale, while banks stood \
             aside because they expect rates to rise before the year is out. The notes are rated as highly as those of any of \
             the neighbours, and the agency that rates them spoke of prudent housekeeping. The finance minister thanked savers \
             for their trust and promised that no more would be borrowed than the assembly allows. The next sale is set for \
             the {next}th of the month, when bonds of longer term are to be offered to the public as well as to dealers. \
             Whoever wishes to bid must have an account with the debt office."
        )
    };
    let mut memory = Memory::new();
    let mut judge = |feed: &str, body: &str, notice: Option<Notice>| {
        let mut enriched = undated(feed, "Merania sells notes", body);
        enriched.article.wire.agency = Some("Norwire".to_owned());
        enriched.article.wire.notice = notice;
        memory.judge(&enriched).duplicate
    };
    judge("daily", &sale("3.41", "480", "19"), None);
    assert_eq!(judge("herald", &sale("3.17", "515", "26"), None).relation, Relation::Original);
    // Unless it says so.
    assert_eq!(judge("echo", &sale("3.19", "515", "26"), Some(Notice::Correction)).relation, Relation::Update);
}

#[test]
fn a_sentence_that_two_fillings_of_a_form_share_is_no_excerpt() {
    let news = |town: &str, [host, guest, ill]: [&str; 3], place: &str| {
        format!(
            "{town} women's club will meet on Tuesday afternoon at the {place}. Hostess is {host}.\n\n\
             The fire brigade asks all who own ladders longer than the wall of the town hall is high to lend them for the \
             pancake breakfast on Sunday, at which the new engine is to be christened by the oldest fireman of the valley.\n\n\
             Weekend guest of {guest} was her sister.\n\nGet well wishes go to {ill}, who is recovering at home."
        )
    };
    let mut memory = Memory::new();
    for (feed, body) in [
        ("daily", news("Netherby", ["Bea Beck", "Marta Lander", "Cole Ibsen"], "Methodist church")),
        ("herald", news("Hexley", ["Mina Varley", "Petra Barrow", "Elias Dace"], "library")),
    ] {
        let duplicate = memory.judge(&undated(feed, "News of the valley", &body)).duplicate;
        assert_eq!(duplicate.relation, Relation::Original, "{duplicate:?}");
    }
}

#[test]
fn an_editors_words_make_no_other_text() {
    let reworded = STORY
        .replace("tried in vain", "attempted without success")
        .replace("Ferries", "Boats")
        .replace("stayed on board", "remained aboard")
        .replace("2 million crowns", "2m crowns");
    let mut memory = Memory::new();
    let first = undated("norwire", "Freighter blocks harbour", STORY);
    memory.judge(&first);
    let duplicate = memory.judge(&undated("daily", "Ship aground", &reworded)).duplicate;
    assert_eq!((duplicate.of, duplicate.relation), (Some(first.article.id), Relation::Near));
}
