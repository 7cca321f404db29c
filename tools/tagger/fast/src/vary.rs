//! Variants of sentences: names changed for others of their type, and headlines of capitals.

use crate::crf::Random;
use crate::data::{Document, Sentence};
use std::collections::HashMap;

/// The names of the training text, by language and type.
pub struct Vary {
    names: HashMap<String, [Vec<Vec<String>>; 9]>,
}

/// The type that a mask tells with certainty, and whether it begins.
fn certain(allowed: u32) -> Option<(usize, bool)> {
    (allowed.count_ones() == 1 && allowed > 1).then(|| {
        let label = allowed.trailing_zeros() as usize;
        ((label - 1) / 2, label % 2 == 1)
    })
}

/// The names of a sentence: start, end, type.
fn names(text: &Sentence) -> Vec<(usize, usize, usize)> {
    let mut names: Vec<(usize, usize, usize)> = Vec::new();
    for (at, allowed) in text.allowed.iter().enumerate() {
        let Some((kind, begins)) = certain(*allowed) else { continue };
        match names.last_mut() {
            Some(last) if !begins && last.1 == at && last.2 == kind => last.1 = at + 1,
            _ if begins => names.push((at, at + 1, kind)),
            _ => {}
        }
    }
    names
}

impl Vary {
    pub fn new(documents: &[&Document]) -> Self {
        let mut all: HashMap<String, [Vec<Vec<String>>; 9]> = HashMap::new();
        for document in documents {
            let lists = all.entry(document.language.clone()).or_default();
            for text in &document.sentences {
                for (start, end, kind) in names(text) {
                    lists[kind].push(text.tokens[start..end].to_vec());
                }
            }
        }
        Self { names: all }
    }

    /// A variant of a sentence.
    pub fn sentence(&self, language: &str, text: &Sentence, swap: f32, random: &mut Random) -> Sentence {
        let mut out = Sentence::default();
        let mut at = 0;
        let mut spots = names(text).into_iter().peekable();
        while at < text.tokens.len() {
            if let Some((start, end, kind)) = spots.next_if(|(start, _, _)| *start == at) {
                let list = &self.names[language][kind];
                if random.chance(swap) && !list.is_empty() {
                    for (n, token) in list[random.below(list.len())].iter().enumerate() {
                        out.tokens.push(token.clone());
                        out.spaced.push(if n == 0 { text.spaced[start] } else { token != "." });
                        out.opens.push(n == 0 && text.opens[start]);
                        out.allowed.push(1 << (2 * kind + if n == 0 { 1 } else { 2 }));
                    }
                    at = end;
                    continue;
                }
            }
            let end = spots.peek().map_or(text.tokens.len(), |spot| spot.0).max(at + 1);
            // The rest of an unchanged name is copied with what stands behind it.
            out.tokens.extend_from_slice(&text.tokens[at..end]);
            out.spaced.extend_from_slice(&text.spaced[at..end]);
            out.opens.extend_from_slice(&text.opens[at..end]);
            out.allowed.extend_from_slice(&text.allowed[at..end]);
            at = end;
        }
        if random.chance(0.04) {
            out.tokens.iter_mut().for_each(|token| *token = token.to_uppercase());
        } else if random.chance(0.03) {
            out.tokens.iter_mut().filter(|token| token.len() > 3).for_each(|token| {
                let mut letters = token.chars();
                if let Some(first) = letters.next() {
                    *token = first.to_uppercase().chain(letters).collect();
                }
            });
        }
        out
    }
}
