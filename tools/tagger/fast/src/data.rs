//! Labelled documents: one a line as JSON, each word with the mask of the labels that it may bear.

use dateline::extract::tagger::fast::training::Word;
use std::path::Path;

/// A sentence with its labels.
#[derive(Debug, Clone, Default)]
pub struct Sentence {
    pub tokens: Vec<String>,
    pub spaced: Vec<bool>,
    pub opens: Vec<bool>,
    /// Bit n: label n is allowed.
    pub allowed: Vec<u32>,
}

/// A document.
#[derive(Debug, Clone)]
pub struct Document {
    pub corpus: String,
    pub language: String,
    pub held: bool,
    /// How much it weighs in training.
    pub weight: f32,
    /// Labelled by people: good to measure by.
    pub gold: bool,
    pub sentences: Vec<Sentence>,
}

impl Sentence {
    pub fn words(&self) -> Vec<Word<'_>> {
        let marks = self.spaced.iter().zip(&self.opens);
        self.tokens.iter().zip(marks).map(|(token, (spaced, opens))| (token.as_str(), *spaced, *opens)).collect()
    }
}

/// The documents of a file.
pub fn read(path: &Path, weight: f32) -> Result<Vec<Document>, Box<dyn std::error::Error>> {
    let mut documents = Vec::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let value: serde_json::Value = serde_json::from_str(line)?;
        let numbers = |value: &serde_json::Value| -> Vec<u32> {
            value.as_array().into_iter().flatten().map(|cell| cell.as_u64().unwrap_or(0) as u32).collect()
        };
        let sentences = value["sentences"].as_array().into_iter().flatten().map(|sentence| Sentence {
            tokens: sentence["tokens"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|token| token.as_str().unwrap_or_default().to_owned())
                .collect(),
            spaced: numbers(&sentence["spaced"]).into_iter().map(|cell| cell != 0).collect(),
            opens: numbers(&sentence["opens"]).into_iter().map(|cell| cell != 0).collect(),
            allowed: numbers(&sentence["allowed"]),
        });
        documents.push(Document {
            corpus: value["corpus"].as_str().unwrap_or_default().to_owned(),
            language: value["language"].as_str().unwrap_or("en").to_owned(),
            weight,
            gold: true,
            held: value["part"] == "held",
            sentences: sentences.collect(),
        });
    }
    Ok(documents)
}
