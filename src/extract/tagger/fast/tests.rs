//! The tagger as a whole: a stored example, and text that means harm.

use super::*;
use crate::extract::ENGLISH;
use crate::extract::entities::token::tokens;
use crate::extract::tagger::LABELS;
use crate::model::Field;

/// The names of a text, each with the number of its type.
fn names(text: &str) -> Vec<(String, u8)> {
    let tokens = tokens(text, Field::Body);
    let mut names: Vec<(usize, usize, u8)> = Vec::new();
    for (token, label) in tokens.iter().zip(Fast::new().labels(&Gazetteer::new(ENGLISH), &[&tokens])) {
        match names.last_mut() {
            Some(last) if label != OUTSIDE && label % 2 == 0 => last.1 = token.end,
            _ if label % 2 == 1 => names.push((token.start, token.end, label / 2)),
            _ => {}
        }
    }
    names.into_iter().map(|(start, end, kind)| (text.get(start..end).unwrap().to_owned(), kind)).collect()
}

#[test]
fn it_reads_a_story() {
    let text = "NAIROBI, March 4 (Reuters) - Kenyan President Daniel Wekesa met officials of the World Health Organization in \
                Geneva on Monday. \"We will act,\" said Wekesa, who leads the Party of Renewal.";
    let found = names(text);
    for (name, kind) in [
        ("NAIROBI", 2),
        ("Reuters", 1),
        ("Kenyan", 4),
        ("Daniel Wekesa", 0),
        ("World Health Organization", 1),
        ("Geneva", 2),
        ("Wekesa", 0),
    ] {
        assert!(found.contains(&(name.to_owned(), kind)), "{name} {found:?}");
    }
}

#[test]
fn every_row_of_labels_is_a_row_of_names_whatever_the_text() {
    let (fast, gazetteer) = (Fast::new(), Gazetteer::new(ENGLISH));
    let long = "Aa".repeat(100_000);
    let many = "New York of the ".repeat(5_000);
    let marks =
        "\u{301}\u{301}A\u{301} É.É. 'S ’s -- U.S. \u{200b}A\u{feff} 1A a.B.c & — ÅÆ ß İI\u{307} 北京 Ω".repeat(50);
    for text in ["", " ", ".", "A", "of the", long.as_str(), many.as_str(), marks.as_str()] {
        let tokens = tokens(text, Field::Body);
        let labels = fast.labels(&gazetteer, &[&tokens]);
        assert_eq!(labels.len(), tokens.len());
        assert!(labels.iter().all(|label| usize::from(*label) < LABELS));
        assert!(labels.windows(2).all(|pair| may_follow(pair[0], pair[1])), "{labels:?}");
    }
}

#[test]
fn a_broken_model_is_no_model() {
    let whole = zstd::decode_all(MODEL).unwrap();
    assert!(Table::read(&whole).is_some());
    for length in [0, 7, 8, 100, 800, whole.len() / 2, whole.len() - 1] {
        assert!(Table::read(&whole[..length]).is_none(), "{length}");
    }
    assert!(Fast::of(b"no model").is_none());
}

/// The sum over all features of a sentence: it changes when a feature does, and then the model must be trained anew.
#[test]
fn features_are_those_that_the_model_was_trained_with() {
    let classes = Classes::new("paris rome\n\nsaid told\n");
    let mut sentence = Sentence::default();
    let tokens = tokens("Bank of Rome chief Ann Sémou, 47, said on Jan. 2: \"IT IS 7-1.\"", Field::Body);
    sentence.read(&Gazetteer::new(ENGLISH), &classes, &tokens);
    let (mut sum, mut count) = (0u64, 0);
    let scored: Vec<usize> = (0..sentence.scored().len()).filter(|at| sentence.scored()[*at]).collect();
    for at in &scored {
        sentence.features(*at, |_, hash| {
            sum = sum.wrapping_add(hash);
            count += 1;
        });
    }
    assert_eq!((scored.len(), count, sum), (9, 466, 6_028_676_658_381_572_275));
}
