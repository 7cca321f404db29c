//! Trains the model of the fast tagger and says how good it is.

#[allow(clippy::needless_range_loop, reason = "sums over two labels read best by their indices")]
mod crf;
mod data;
mod score;
mod vary;

use crf::{Model, NUMBER, Random, Settings, Stretch};
use data::{Document, Sentence};
use dateline::extract::tagger::fast::training::{LABELS, Reader, Second, Tagger, pack};
use std::collections::HashMap;
use std::path::PathBuf;

type Failure = Box<dyn std::error::Error>;

struct Options {
    values: HashMap<String, String>,
}

impl Options {
    fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
    fn number(&self, name: &str, default: f32) -> f32 {
        self.text(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }
}

fn stretches(
    reader: &mut Reader,
    language: &str,
    text: &Sentence,
    weight: f32,
    number: &mut impl FnMut(u64) -> Option<u32>,
) -> Vec<Stretch> {
    let scored = reader.read(language, &text.words()).to_vec();
    let mut stretches = Vec::new();
    let mut at = 0;
    for part in scored.chunk_by(|left, right| left == right) {
        if part[0] {
            let mut stretch = Stretch { weight, ..Stretch::default() };
            for word in at..at + part.len() {
                reader.features(word, &mut |kind, hash| {
                    if let Some(number) = number(hash) {
                        stretch.features.push(number | crf::kind_number(kind) << 28);
                    }
                });
                stretch.ends.push(stretch.features.len() as u32);
                stretch.allowed.push(text.allowed[word]);
            }
            stretches.push(stretch);
        }
        at += part.len();
    }
    stretches
}

/// Weights of features by hash, and of steps.
struct Trained {
    features: Vec<(u64, [f32; LABELS])>,
    transitions: [[f32; LABELS]; LABELS],
}

/// Both looks. For the second one the labels of the first are needed as they come out on text that it was not trained on,
/// so it is trained several times without a part of the documents.
fn train(documents: &[&Document], classes: &str, options: &Options) -> Result<Vec<u8>, Failure> {
    let mut whole = train_first(documents, classes, options);
    let most = options.number("most", 300_000.0) as usize;
    let parts = options.number("parts", 4.0) as usize;
    if parts > 0 {
        let mut words: Vec<Second> = Vec::new();
        let mut masks: Vec<u32> = Vec::new();
        for part in 0..parts {
            let inside = |n: usize| n % parts == part;
            let rest: Vec<&Document> =
                documents.iter().enumerate().filter(|(n, _)| !inside(*n)).map(|(_, document)| *document).collect();
            let first = train_first(&rest, classes, options);
            let tagger =
                Tagger::new(&pack(&first.features, &first.transitions, classes, most)?).ok_or("broken model")?;
            for (_, document) in documents.iter().enumerate().filter(|(n, document)| inside(*n) && document.gold) {
                let sentences: Vec<_> = document.sentences.iter().map(Sentence::words).collect();
                let allowed: Vec<u32> =
                    document.sentences.iter().flat_map(|text| text.allowed.iter().copied()).collect();
                for word in tagger.second(&document.language, &sentences) {
                    masks.push(allowed[word.token]);
                    words.push(word);
                }
            }
        }
        let second = train_second(&words, &masks, whole.transitions, options);
        whole.features.extend(second);
    }
    Ok(pack(&whole.features, &whole.transitions, classes, most)?)
}

fn train_second(
    words: &[Second],
    masks: &[u32],
    transitions: [[f32; LABELS]; LABELS],
    options: &Options,
) -> Vec<(u64, [f32; LABELS])> {
    let mut hashes: Vec<u64> = words.iter().flat_map(|word| word.features.iter().copied()).collect();
    hashes.sort_unstable();
    let cutoff = options.number("cutoff2", 4.0) as usize;
    let hashes: Vec<u64> =
        hashes.chunk_by(|left, right| left == right).filter(|same| same.len() >= cutoff).map(|same| same[0]).collect();
    let numbers: HashMap<u64, u32> = hashes.iter().copied().zip(0..).collect();
    let mut stretches: Vec<Stretch> = Vec::new();
    for (word, mask) in words.iter().zip(masks) {
        if !word.joined {
            stretches.push(Stretch { weight: 1.0, ..Stretch::default() });
        }
        let Some(stretch) = stretches.last_mut() else { continue };
        stretch.features.extend(word.features.iter().filter_map(|hash| numbers.get(hash)));
        stretch.ends.push(stretch.features.len() as u32);
        stretch.allowed.push(*mask);
        stretch.scores.push(word.scores);
    }
    stretches.retain(|stretch| !stretch.features.is_empty());
    let refs: Vec<&Stretch> = stretches.iter().collect();
    let mut model = Model::new(hashes.len());
    model.transitions = transitions;
    let settings =
        Settings { rate: options.number("rate2", 0.05), decay: options.number("decay2", 0.002), dropout: [0.0; 5] };
    let mut random = Random(9);
    let epochs = 6;
    for epoch in 0..epochs {
        let part = |at: usize| 1.0 - at as f32 / epochs as f32;
        model.epoch(&refs, &settings, (part(epoch), part(epoch + 1)), &mut random);
    }
    println!("second look: {} features, {} stretches", hashes.len(), stretches.len());
    hashes.into_iter().zip(model.weights).collect()
}

fn train_first(documents: &[&Document], classes: &str, options: &Options) -> Trained {
    let mut reader = Reader::new(classes);
    let variants = options.number("variants", 4.0) as usize;
    let weight = |corpus: &str| options.number(&format!("w-{corpus}"), 1.0);
    let mut random = Random(7);
    let vary = vary::Vary::new(documents);
    let texts: Vec<Vec<(&str, Sentence, f32)>> = (0..variants)
        .map(|variant| {
            documents
                .iter()
                .flat_map(|document| {
                    let of = |text| (document.language.as_str(), text, document.weight * weight(&document.corpus));
                    document.sentences.iter().map(of)
                })
                .map(|(language, text, weight)| {
                    (
                        language,
                        if variant == 0 {
                            text.clone()
                        } else {
                            vary.sentence(language, text, options.number("swap", 0.25), &mut random)
                        },
                        weight,
                    )
                })
                .collect()
        })
        .collect();
    // Features that occur once teach nothing.
    let mut counts: HashMap<u64, u32> = HashMap::new();
    for (language, text, weight) in texts.iter().flatten() {
        stretches(&mut reader, language, text, *weight, &mut |hash| {
            *counts.entry(hash).or_default() += 1;
            None
        });
    }
    let cutoff = options.number("cutoff", 3.0) as u32;
    let mut hashes: Vec<u64> = counts.into_iter().filter(|(_, count)| *count >= cutoff).map(|(hash, _)| hash).collect();
    hashes.sort_unstable();
    let numbers: HashMap<u64, u32> = hashes.iter().copied().zip(0..).collect();
    let sets: Vec<Vec<Stretch>> = texts
        .iter()
        .map(|texts| {
            texts
                .iter()
                .flat_map(|(language, text, weight)| {
                    stretches(&mut reader, language, text, *weight, &mut |hash| numbers.get(&hash).copied())
                })
                .collect()
        })
        .collect();
    println!("{} features, {} stretches", hashes.len(), sets.iter().map(Vec::len).sum::<usize>());
    let drop = |name: &str, default: f32| options.number(&format!("drop-{name}"), default);
    let settings = Settings {
        rate: options.number("rate", 0.05),
        decay: options.number("decay", 0.002),
        dropout: [
            drop("form", 0.05),
            drop("word", 0.3),
            drop("context", 0.15),
            drop("known", 0.2),
            drop("class", 0.15),
        ],
    };
    let epochs = options.number("epochs", 12.0) as usize;
    // The mean of several models that differ by chance alone is better than each of them.
    let seeds = options.number("seeds", 3.0) as u64;
    let mut mean = Model::new(hashes.len());
    for seed in 0..seeds {
        let mut random = Random(7 + 1000 * seed);
        let mut model = Model::new(hashes.len());
        for epoch in 0..epochs {
            let refs: Vec<&Stretch> = sets[(epoch + seed as usize) % variants].iter().collect();
            let part = |at: usize| 1.0 - at as f32 / epochs as f32;
            model.epoch(&refs, &settings, (part(epoch), part(epoch + 1)), &mut random);
        }
        mean.add(&model, 1.0 / seeds as f32);
    }
    let model = mean;
    debug_assert!(hashes.len() < NUMBER as usize);
    Trained { features: hashes.into_iter().zip(model.weights).collect(), transitions: model.transitions }
}

fn evaluate(model: &[u8], documents: &[&Document]) -> Option<f64> {
    let tagger = Tagger::new(model)?;
    let labels: Vec<Vec<Vec<u8>>> = documents
        .iter()
        .map(|document| {
            let words: Vec<_> = document.sentences.iter().map(Sentence::words).collect();
            let labels = tagger.labels(&document.language, &words);
            let mut rest = labels.as_slice();
            words
                .iter()
                .map(|words| {
                    let (here, behind) = rest.split_at(words.len());
                    rest = behind;
                    here.to_vec()
                })
                .collect()
        })
        .collect();
    Some(score::print(documents, &labels))
}

fn main() -> Result<(), Failure> {
    let mut values = HashMap::new();
    for argument in std::env::args().skip(1) {
        let (name, value) = argument.split_once('=').unwrap_or((&argument, "1"));
        values.insert(name.to_owned(), value.to_owned());
    }
    let options = Options { values };
    if let Some(path) = options.text("gazetteer") {
        return bits(path);
    }
    let classes = std::fs::read_to_string(options.text("classes").unwrap_or("tools/tagger/fast/classes.txt"))?;
    let mut documents = Vec::new();
    // "FILE:0.5": documents that weigh half. Only the first file has held documents, and of the
    // others only corpora that it does not have are taken.
    for (n, file) in options.text("data").unwrap_or("data.jsonl").split(',').enumerate() {
        let (path, weight) = file.split_once(':').unwrap_or((file, "1"));
        let mut more = data::read(&PathBuf::from(path), weight.parse()?)?;
        let known = |document: &Document| documents.iter().any(|other: &Document| other.corpus == document.corpus);
        more.retain(|document| n == 0 || !document.held && !known(document));
        more.iter_mut().for_each(|document| document.gold = n == 0);
        documents.extend(more);
    }
    if let Some(path) = options.text("labels") {
        return others(path, &documents);
    }
    let start = std::time::Instant::now();
    let held: Vec<&Document> = documents.iter().filter(|document| document.held).collect();
    let trained: Vec<&Document> = documents.iter().filter(|document| !document.held).collect();
    let model = match options.text("mode").unwrap_or("full") {
        // A model that is there already.
        "read" => {
            let model = std::fs::read(options.text("model").unwrap_or("src/extract/tagger/fast/model.bin"))?;
            evaluate(&model, &held);
            model
        }
        // A slice of the training documents is kept back, to choose settings by.
        "dev" => {
            let (mut dev, mut rest) = (Vec::new(), Vec::new());
            for (n, document) in trained.iter().enumerate() {
                if n % 6 == 3 && document.gold { dev.push(*document) } else { rest.push(*document) }
            }
            let model = train(&rest, &classes, &options)?;
            evaluate(&model, &dev);
            model
        }
        // Each corpus is told by the others.
        "leave" => {
            let mut corpora: Vec<&str> = trained.iter().map(|document| document.corpus.as_str()).collect();
            corpora.sort_unstable();
            corpora.dedup();
            let mut model = Vec::new();
            let mut sum = 0.0;
            let only = options.text("only");
            for corpus in
                corpora.iter().filter(|corpus| only.is_none_or(|only| only.split(',').any(|name| name == **corpus)))
            {
                let (mut test, rest): (Vec<&Document>, Vec<&Document>) =
                    trained.iter().partition(|document| document.corpus == *corpus);
                test.retain(|document| document.gold);
                if test.is_empty() {
                    continue;
                }
                model = train(&rest, &classes, &options)?;
                sum += evaluate(&model, &test).unwrap_or(0.0);
            }
            println!("SUM {sum:.4}");
            model
        }
        _ => {
            let model = train(&trained, &classes, &options)?;
            evaluate(&model, &held);
            model
        }
    };
    println!("{:.1} s, {} bytes", start.elapsed().as_secs_f32(), model.len());
    if let Some(path) = options.text("out") {
        std::fs::write(path, &model)?;
    }
    if let Some(path) = options.text("speed") {
        speed(&model, path)?;
    }
    Ok(())
}

/// How good the labels of another tagger are, given for the held documents in their order.
fn others(path: &str, documents: &[Document]) -> Result<(), Failure> {
    let held: Vec<&Document> = documents.iter().filter(|document| document.held).collect();
    let mut labels: Vec<Vec<Vec<u8>>> = Vec::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let value: serde_json::Value = serde_json::from_str(line)?;
        labels.push(serde_json::from_value(value["labels"].clone())?);
    }
    score::print(&held, &labels);
    Ok(())
}

/// Tokens a second on stories that are parted by two empty lines.
fn speed(model: &[u8], path: &str) -> Result<(), Failure> {
    let tagger = Tagger::new(model).ok_or("broken model")?;
    let text = std::fs::read_to_string(path)?;
    // Other work on the machine slows single rounds: the best of ten counts, story by story.
    let (mut best, mut count) = (0.0, 0);
    for story in text.split("\n\n\n") {
        let tokens = tagger.cut(story);
        let mut least = f64::MAX;
        for _ in 0..10 {
            let start = std::time::Instant::now();
            std::hint::black_box(tagger.count(&tokens));
            least = least.min(start.elapsed().as_nanos() as f64);
        }
        best += least;
        count += tagger.count(&tokens);
    }
    println!(
        "{count} tokens, {:.0} ns a token, {:.2} million a second",
        best / count as f64,
        1000.0 * count as f64 / best
    );
    Ok(())
}

/// Compares the bits of the gazetteer with those that another one found.
fn bits(path: &str) -> Result<(), Failure> {
    let mut sentences = Vec::new();
    for line in std::fs::read_to_string(path)?.lines() {
        sentences.push(serde_json::from_str::<serde_json::Value>(line)?);
    }
    let words: Vec<Vec<_>> = sentences
        .iter()
        .map(|value| {
            let tokens = value["tokens"].as_array().into_iter().flatten();
            tokens.map(|token| (token.as_str().unwrap_or_default(), true, false)).collect()
        })
        .collect();
    let found = Tagger::known(&words);
    let mut found = found.iter();
    let mut out = String::new();
    let mut wrong = 0;
    for value in &sentences {
        let mut row = Vec::new();
        for (token, bits) in
            value["tokens"].as_array().into_iter().flatten().zip(value["bits"].as_array().into_iter().flatten())
        {
            let bits = bits.as_u64().unwrap_or(0);
            let here = found.next().copied().unwrap_or(0);
            row.push(here);
            if bits != here {
                wrong += 1;
                println!("{token}: {bits:o} {here:o}");
            }
        }
        let line = serde_json::json!({"tokens": value["tokens"], "opens": value["opens"], "bits": row});
        out.push_str(&format!("{line}\n"));
    }
    println!("{wrong} differ");
    std::fs::write("gaz-rust.jsonl", out)?;
    Ok(())
}
