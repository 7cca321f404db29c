//! Text with names and values marked: our own inline markup (`tests/corpus/entities/RULES.md`) and columns of words
//! with BIO labels (CoNLL).
//!
//! In: a file. Out: [`Document`]s of plain text with their marks. What holds: spans are bytes of the text that a mark was
//! cut from; the first fault ends the reading, with its line.

use crate::model::Field;

/// A document of labelled text.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) id: String,
    /// In whose manner it is written.
    pub(super) style: String,
    pub(super) part: Option<String>,
    /// The day on which it was written.
    pub(super) date: Option<String>,
    /// Where it is not English.
    pub(super) language: Option<String>,
    pub(super) headline: String,
    pub(super) body: String,
    pub(super) marks: Vec<Mark>,
}

/// A name or value.
#[derive(Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) field: Field,
    pub(super) start: usize,
    pub(super) end: usize,
    /// As records call it: `person`, `date`.
    pub(super) kind: String,
    /// The country of a name, the value of a value; empty where the label has none.
    pub(super) attributes: String,
}

/// Whether a file is of our own markup or CoNLL; else it is one case a line.
pub(super) fn read(text: &str) -> Option<Result<Vec<Document>, (usize, String)>> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    if first.starts_with("===") {
        Some(inline(text))
    } else {
        (!first.starts_with('{') && first.split_whitespace().count() >= 2).then(|| columns(text))
    }
}

fn inline(text: &str) -> Result<Vec<Document>, (usize, String)> {
    let mut documents: Vec<Document> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fault = |what: &str| (number + 1, what.to_owned());
        if let Some(head) = line.strip_prefix("===") {
            let cells: Vec<&str> = head.split('|').map(str::trim).collect();
            let [id, style, date, _topic, part, language @ ..] = cells.as_slice() else {
                return Err(fault("a document begins with `=== id | manner | date | topic | part`, and its language"));
            };
            documents.push(Document {
                id: (*id).to_owned(),
                style: (*style).to_owned(),
                date: Some((*date).to_owned()),
                part: Some((*part).to_owned()),
                language: language.first().map(|code| (*code).to_owned()),
                ..Document::default()
            });
            continue;
        }
        let document = documents.last_mut().ok_or_else(|| fault("text before the first `===`"))?;
        let (field, line) = match line.strip_prefix("# ") {
            Some(headline) => (Field::Headline, headline),
            None => (Field::Body, line),
        };
        let target = if field == Field::Headline { &mut document.headline } else { &mut document.body };
        if !target.is_empty() {
            target.push_str("\n\n");
        }
        paragraph(line, field, target, &mut document.marks).map_err(|what| fault(&what))?;
    }
    Ok(documents)
}

/// Appends one paragraph without its markup.
fn paragraph(line: &str, field: Field, text: &mut String, marks: &mut Vec<Mark>) -> Result<(), String> {
    let mut open: Option<usize> = None;
    let mut attributes: Option<String> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        let plain = match c {
            '\\' => characters.next(),
            '[' if open.is_some() => return Err("a mark within a mark".to_owned()),
            '[' => {
                open = Some(text.len());
                None
            }
            '|' if open.is_some() && attributes.is_none() => {
                attributes = Some(String::new());
                None
            }
            ']' => {
                let (Some(start), Some(given)) = (open.take(), attributes.take()) else {
                    return Err("a mark is written `[text|type]`".to_owned());
                };
                let (kind, rest) = given.split_once(' ').unwrap_or((&given, ""));
                let (kind, attributes) = (kind.to_owned(), rest.trim().to_owned());
                marks.push(Mark { field, start, end: text.len(), kind, attributes });
                None
            }
            c => Some(c),
        };
        if let Some(c) = plain {
            attributes.as_mut().unwrap_or(text).push(c);
        }
    }
    if open.is_some() { Err("a mark without its end".to_owned()) } else { Ok(()) }
}

/// Sentences put into one document, where the file does not part documents.
const SENTENCES: usize = 15;

/// Words are put together as they are written; what cannot be known (which way a quotation mark looks) is guessed.
fn columns(text: &str) -> Result<Vec<Document>, (usize, String)> {
    let mut documents = Vec::new();
    let mut document = Document::default();
    let mut open: Option<(usize, String)> = None;
    let (mut sentences, mut in_quotes, mut glued) = (0, false, true);
    let close = |open: &mut Option<(usize, String)>, document: &mut Document| {
        if let Some((start, label)) = open.take()
            && let Some(kind) = kind(&label)
        {
            let (end, kind) = (document.body.trim_end().len(), kind.to_owned());
            document.marks.push(Mark { field: Field::Body, start, end, kind, attributes: String::new() });
        }
    };
    for (number, line) in text.lines().enumerate() {
        let mut cells = line.split_whitespace();
        let (word, label) = (cells.next().unwrap_or_default(), cells.next_back());
        if word.is_empty() || word == "-DOCSTART-" {
            close(&mut open, &mut document);
            document.body.truncate(document.body.trim_end().len());
            if !document.body.is_empty() {
                document.body.push_str("\n\n");
                sentences += 1;
            }
            (in_quotes, glued) = (false, true);
            if sentences >= SENTENCES {
                document.id = format!("d{}", documents.len() + 1);
                documents.push(std::mem::take(&mut document));
                sentences = 0;
            }
            continue;
        }
        let label = label.ok_or_else(|| (number + 1, "a word without a label".to_owned()))?;
        let (mark, label) = label.split_once('-').unwrap_or((label, ""));
        let goes_on = mark == "I" && open.as_ref().is_some_and(|(_, open)| open == label);
        if !goes_on {
            close(&mut open, &mut document);
        }
        let word = if matches!(word, "``" | "''") { "\"" } else { word };
        let closing =
            matches!(word, "." | "," | ";" | ":" | "!" | "?" | ")" | "]" | "%" | "'s" | "’s" | "n't" | "-" | "”" | "/")
                || word == "\"" && in_quotes;
        if !closing && !glued {
            document.body.push(' ');
        }
        if !goes_on && !label.is_empty() {
            open = Some((document.body.len(), label.to_owned()));
        }
        document.body.push_str(word);
        in_quotes ^= word == "\"";
        glued = matches!(word, "(" | "[" | "$" | "“" | "-" | "/") || word == "\"" && in_quotes;
    }
    close(&mut open, &mut document);
    document.id = format!("d{}", documents.len() + 1);
    documents.push(document);
    Ok(documents)
}

/// What corpora call the types; those that they do not part as we do are not scored.
fn kind(label: &str) -> Option<&'static str> {
    match label.to_ascii_lowercase().as_str() {
        "per" | "person" | "politician" => Some("person"),
        "org" | "organisation" | "organization" | "politicalparty" => Some("organisation"),
        "loc" | "location" | "country" | "place" => Some("place"),
        "date" => Some("date"),
        "money" => Some("money"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_cut_out_of_the_text() {
        let text = "=== a-1 | Daily, Kampala | 2021-03-04 | courts | held\n\
                    # [Uganda|place UG] frees \\[one\\]\n\n[KAMPALA|place UG] (X) – Paid [$5|money 5 USD].\nMore.\n";
        let documents = read(text).unwrap().unwrap();
        let [document] = documents.as_slice() else { panic!() };
        assert_eq!(document.headline, "Uganda frees [one]");
        assert_eq!(document.body, "KAMPALA (X) – Paid $5.\n\nMore.");
        let marks: Vec<(&str, &str, &str)> = document
            .marks
            .iter()
            .map(|mark| {
                let text = if mark.field == Field::Headline { &document.headline } else { &document.body };
                (text.get(mark.start..mark.end).unwrap(), mark.kind.as_str(), mark.attributes.as_str())
            })
            .collect();
        assert_eq!(marks, [("Uganda", "place", "UG"), ("KAMPALA", "place", "UG"), ("$5", "money", "5 USD")]);
        for (text, line) in [("=== a\n", 1), ("=== a | b | c | d | e\n\nx [y|place\n", 3)] {
            assert_eq!(read(text).unwrap().unwrap_err().0, line);
        }
    }

    #[test]
    fn columns_are_put_together() {
        let text = "He O\nsaid O\n`` O\nBank B-ORG\nof I-ORG\nJapan I-ORG\n's O\nfine O\n'' O\n. O\n\nOK O\n";
        let documents = read(text).unwrap().unwrap();
        assert_eq!(documents[0].body, "He said \"Bank of Japan's fine\".\n\nOK");
        assert_eq!(documents[0].marks.len(), 1);
        let mark = &documents[0].marks[0];
        let marked = documents[0].body.get(mark.start..mark.end).unwrap();
        assert_eq!((marked, mark.kind.as_str()), ("Bank of Japan", "organisation"));
    }
}
