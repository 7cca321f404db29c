//! Who said what, in sentences of every form.

use super::*;
use crate::extract::places::Places;
use crate::extract::summary::Repeated;
use crate::model::{FeedId, Field, ItemId};

/// Each quote as `words | speaker | cue`.
#[track_caller]
fn check(body: &str, expected: &[&str]) {
    check_in(crate::extract::ENGLISH, body, expected);
}

fn quotes_in(language: &str, body: &str) -> Vec<Quote> {
    let feed = FeedId::from("test");
    let mut article = Article::new(ItemId::new(&feed, "1"), feed);
    article.body = body.to_owned();
    let rules = crate::extract::entities::Rules::new(crate::extract::Tagger::Fast, &[]);
    let pack = crate::language::pack(language).unwrap();
    let sentences = crate::extract::sentence::sentences_in(body, Field::Body, &pack.abbreviations);
    let found = rules.entities(&Places::new(), pack, &article, &Repeated::new(&article), &sentences);
    find(pack, &article, &found, &sentences)
}

#[track_caller]
fn check_in(language: &str, body: &str, expected: &[&str]) {
    let found: Vec<String> = quotes_in(language, body)
        .iter()
        .map(|quote| {
            format!(
                "{}{} | {} | {}",
                if quote.direct { "" } else { "~" },
                quote.span.of(body).unwrap(),
                quote.speaker.as_deref().unwrap_or("-"),
                quote.cue.as_deref().unwrap_or("-")
            )
        })
        .collect();
    assert_eq!(found, expected, "{body}");
}

#[test]
fn finds_speakers_before_after_and_between() {
    check(
        "\"The bridge is open,\" Finance Minister Jane Smith told reporters.",
        &["The bridge is open, | Jane Smith | told"],
    );
    check(
        "“It was late,” said Jane Smith. “We're sorry.”",
        &["It was late, | Jane Smith | said", "We're sorry. | Jane Smith | said"],
    );
    check(
        "Jane Smith said: \"The bridge is open.\"\n\n\"Nobody paid for it,\" she added.",
        &["The bridge is open. | Jane Smith | said", "Nobody paid for it, | Jane Smith | added"],
    );
    check(
        "According to Jane Smith, \"the bridge will never open again.\"",
        &["the bridge will never open again. | Jane Smith | According to"],
    );
}

#[test]
fn resolves_roles_and_long_quotations() {
    check(
        "Norwegian Foreign Minister Jane Smith came.\n\n\"We are glad to be here,\" the Norwegian foreign minister said.",
        &["We are glad to be here, | Jane Smith | said"],
    );
    check(
        "\"The first part is long enough,\" Jane Smith said. \"It does not end here.\n\n\"The second part ends.\"",
        &[
            "The first part is long enough, | Jane Smith | said",
            "It does not end here. | Jane Smith | said",
            "The second part ends. | Jane Smith | said",
        ],
    );
}

#[test]
fn a_pronoun_is_the_last_subject_of_its_sex() {
    check(
        "\"We lost,\" coach Mark Dunne said.\n\nAnna Keller scored late. \"I was lucky,\" she said.",
        &["We lost, | Mark Dunne | said", "I was lucky, | Anna Keller | said"],
    );
    check(
        "Anna Keller met Mark Dunne in Oslo. \"It went well,\" she said. \"We will meet again,\" he said.",
        &["It went well, | Anna Keller | said", "We will meet again, | Mark Dunne | said"],
    );
    check(
        "Finance Minister Helen Brown quarrelled with Peter Ross over taxes.\n\n\"This cannot go on,\" he said.",
        &["This cannot go on, | Peter Ross | said"],
    );
    check(
        "Peter Ross said: \"We will pay.\" John Miller, a lawyer, spoke next.\n\n\"They won't,\" he said.",
        &["We will pay. | Peter Ross | said", "They won't, | John Miller | said"],
    );
    check(
        "\"The bridge is late,\" Peter Ross said. The work began when John Miller was mayor. \"It will open,\" he said.",
        &["The bridge is late, | Peter Ross | said", "It will open, | Peter Ross | said"],
    );
}

#[test]
fn speech_that_is_told_has_its_speaker_too() {
    check(
        "The bridge will stay closed until May, Finance Minister Jane Smith said on Monday.",
        &["~The bridge will stay closed until May | Jane Smith | said"],
    );
    check(
        "Jane Smith told reporters that the bridge had never been safe. She said it would be torn down.",
        &["~the bridge had never been safe | Jane Smith | told", "~it would be torn down | Jane Smith | said"],
    );
    check(
        "According to the World Health Organization, the outbreak was over by March.",
        &["~the outbreak was over by March | World Health Organization | According to"],
    );
    check(
        "Two men were held after the fire, police said. He said no. Jane Smith reported 40 new cases.",
        &["~Two men were held after the fire | police | said"],
    );
}

#[test]
fn titles_terms_and_apostrophes_are_no_speech() {
    check("The so-called \"smart\" bridge doesn't open. The film \"Bridge Over Water\" won't either.", &[]);
    check("It is 5\" long and 6\" wide.", &[]);
}

#[test]
fn other_languages_say_it_in_their_own_ways() {
    let forms = [
        (
            "ru",
            "«Мост закрыт до весны», - сообщил министр Иван Петров.",
            "Мост закрыт до весны | Иван Петров | сообщил",
        ),
        (
            "ru",
            "Министр Иван Петров приехал в Омск. По словам Петрова, мост откроют в мае.",
            "~мост откроют в мае | Иван Петров | По словам",
        ),
        (
            "es",
            "«El puente sigue cerrado», dijo el ministro Juan Pérez.",
            "El puente sigue cerrado | Juan Pérez | dijo",
        ),
        (
            "fr",
            "« Le pont reste fermé », a déclaré la ministre Hélène Vasseur.",
            "Le pont reste fermé | Hélène Vasseur | déclaré",
        ),
        ("de", "„Die Brücke bleibt zu“, sagte Minister Peter Braun.", "Die Brücke bleibt zu | Peter Braun | sagte"),
        ("pt", "\"A ponte continua fechada\", disse João Pereira.", "A ponte continua fechada | João Pereira | disse"),
    ];
    for (language, body, expected) in forms {
        check_in(language, body, &[expected]);
    }
    check_in("de", "Die Brücke „Alte Liebe“ ist seit Montag für Autos gesperrt.", &[]);
}

/// Each verb had the whole sentence read for its subject, each comma the whole rest: minutes for such a sentence.
#[test]
fn a_sentence_without_end_costs_what_its_length_does() {
    let told = format!("Мост сообщил, что {}", "мост сообщил, что ".repeat(12_000));
    let subjunctive = format!("Die Stadt {}ende", "sagte, ".repeat(16_000));
    let dialogue = "— Мы остаёмся, — сказал он.\n\n".repeat(1_000);
    for (language, body, at_most) in [("ru", told, 1), ("de", subjunctive, 1), ("ru", dialogue, 1_000)] {
        assert!(quotes_in(language, &body).len() <= at_most, "{language}");
    }
}
