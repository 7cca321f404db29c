use super::*;
use crate::extract::entities::{hash, knowledge::fold, token};
use crate::model::Field;
use serde_json::{Value, json};

/// A small model with weights by chance: width 32, two heads, two layers, letters as pieces.
struct Toy {
    tensors: Vec<(String, Vec<usize>, Numbers)>,
    state: u32,
}

enum Numbers {
    Floats(Vec<f32>),
    Small(Vec<i8>),
    Text(String),
}

const WIDTH: usize = 32;
const HEADS: usize = 2;
const LAYERS: usize = 2;

impl Toy {
    fn new() -> Self {
        let mut toy = Self { tensors: Vec::new(), state: 7 };
        let letters = || ('a'..='z').map(String::from);
        let pieces: Vec<String> = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", "-", "'", "river", "##bank", "##ers"]
            .map(str::to_owned)
            .into_iter()
            .chain(letters())
            .chain(letters().map(|letter| format!("##{letter}")))
            .collect();
        toy.table("words", pieces.len(), WIDTH, 0.05);
        toy.table("positions", WINDOW, WIDTH, 0.05);
        toy.push("vocabulary", &[pieces.join("\n").len()], Numbers::Text(pieces.join("\n")));
        for (name, shape) in [
            ("case", &[CASES, WIDTH][..]),
            ("opens", &[WIDTH]),
            ("gazetteer", &[BITS, WIDTH]),
            ("label.bias", &[LABELS]),
        ] {
            toy.floats(name, shape, 0.5);
        }
        for (name, shape) in
            [("label.weight", [LABELS, WIDTH]), ("label_case", [CASES, LABELS]), ("label_gazetteer", [BITS, LABELS])]
        {
            toy.floats(name, &shape, 1.0);
        }
        toy.norm("norm");
        for number in 0..LAYERS {
            let name = |part: &str| format!("layers.{number}.{part}");
            for (part, outputs, inputs) in
                [("qkv", 3 * WIDTH, WIDTH), ("out", WIDTH, WIDTH), ("up", 4 * WIDTH, WIDTH), ("down", WIDTH, 4 * WIDTH)]
            {
                toy.table(&name(&format!("{part}.weight")), outputs, inputs, 0.003);
                toy.floats(&name(&format!("{part}.bias")), &[outputs], 0.2);
            }
            toy.norm(&name("norm1"));
            toy.norm(&name("norm2"));
        }
        toy
    }

    fn chance(&mut self) -> f32 {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.state >> 8) as f32 / (1 << 23) as f32 - 1.0
    }

    fn push(&mut self, name: &str, shape: &[usize], numbers: Numbers) {
        self.tensors.push((name.to_owned(), shape.to_vec(), numbers));
    }

    fn floats(&mut self, name: &str, shape: &[usize], size: f32) {
        let numbers = (0..shape.iter().product()).map(|_| self.chance() * size).collect();
        self.push(name, shape, Numbers::Floats(numbers));
    }

    fn norm(&mut self, name: &str) {
        self.floats(&format!("{name}.weight"), &[WIDTH], 1.5);
        self.floats(&format!("{name}.bias"), &[WIDTH], 0.5);
    }

    fn table(&mut self, name: &str, rows: usize, width: usize, scale: f32) {
        let numbers = (0..rows * width).map(|_| (self.chance() * 127.0) as i8).collect();
        self.push(name, &[rows, width], Numbers::Small(numbers));
        self.floats(&format!("{name}.scale"), &[rows], scale);
    }

    /// The model's file.
    fn file(&self) -> Vec<u8> {
        let labels = TYPES.map(|name| format!(" B-{name} I-{name}")).concat();
        let settings = json!({
            "heads": HEADS.to_string(), "epsilon": "1e-12", "window": "128", "gelu": "tanh", "labels": format!("O{labels}"),
        });
        let mut header = json!({"__metadata__": settings});
        let mut body: Vec<u8> = Vec::new();
        for (name, shape, numbers) in &self.tensors {
            let start = body.len();
            let kind = match numbers {
                Numbers::Floats(floats) => {
                    body.extend(floats.iter().flat_map(|float| float.to_le_bytes()));
                    "F32"
                }
                Numbers::Small(small) => {
                    body.extend(small.iter().map(|number| number.cast_unsigned()));
                    "I8"
                }
                Numbers::Text(text) => {
                    body.extend(text.as_bytes());
                    "U8"
                }
            };
            header[name] = json!({"dtype": kind, "shape": shape, "data_offsets": [start, body.len()]});
        }
        let header = header.to_string();
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &body].concat()
    }

    /// Rows of a tensor as it reads.
    fn rows(&self, name: &str) -> Vec<Vec<f64>> {
        let (_, shape, numbers) = self.tensors.iter().find(|(found, ..)| found == name).unwrap();
        let width = *shape.last().unwrap();
        match numbers {
            Numbers::Floats(floats) => {
                floats.chunks(width).map(|row| row.iter().map(|number| f64::from(*number)).collect()).collect()
            }
            Numbers::Small(small) => {
                let scales = self.row(&format!("{name}.scale"));
                let rows = small.chunks(width).zip(scales);
                rows.map(|(row, scale)| row.iter().map(|number| f64::from(*number) * scale).collect()).collect()
            }
            Numbers::Text(_) => Vec::new(),
        }
    }

    fn row(&self, name: &str) -> Vec<f64> {
        self.rows(name).concat()
    }

    fn linear(&self, name: &str, rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let (weights, bias) = (self.rows(&format!("{name}.weight")), self.row(&format!("{name}.bias")));
        let one = |row: &Vec<f64>| weights.iter().zip(&bias).map(|(weights, bias)| dot(weights, row) + bias).collect();
        rows.iter().map(one).collect()
    }

    fn normal(&self, name: &str, rows: &mut [Vec<f64>]) {
        let (weight, bias) = (self.row(&format!("{name}.weight")), self.row(&format!("{name}.bias")));
        for row in rows {
            let mean = row.iter().sum::<f64>() / row.len() as f64;
            let variance = row.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / row.len() as f64;
            for ((value, weight), bias) in row.iter_mut().zip(&weight).zip(&bias) {
                *value = (*value - mean) / (variance + 1e-12).sqrt() * weight + bias;
            }
        }
    }

    /// The forward pass as MODEL.md states it, in 64-bit floats.
    fn pass(&self, window: &[Slot]) -> Vec<Vec<f64>> {
        let (words, positions) = (self.rows("words"), self.rows("positions"));
        let (case, opens, gazetteer) = (self.rows("case"), self.row("opens"), self.rows("gazetteer"));
        let mut x: Vec<Vec<f64>> = Vec::new();
        for (position, slot) in window.iter().enumerate() {
            let mut row = vec![0.0; WIDTH];
            plus(&mut row, &words[slot.piece as usize]);
            plus(&mut row, &positions[position]);
            plus(&mut row, &case[usize::from(slot.case)]);
            if slot.opens {
                plus(&mut row, &opens);
            }
            (0..BITS).filter(|bit| slot.bits >> bit & 1 == 1).for_each(|bit| plus(&mut row, &gazetteer[bit]));
            x.push(row);
        }
        self.normal("norm", &mut x);
        for number in 0..LAYERS {
            let name = |part: &str| format!("layers.{number}.{part}");
            let mixed = self.linear(&name("qkv"), &x);
            let mut context = vec![vec![0.0; WIDTH]; x.len()];
            for head in 0..HEADS {
                let size = WIDTH / HEADS;
                let part = |row: usize, which: usize| &mixed[row][which * WIDTH + head * size..][..size];
                for (i, context) in context.iter_mut().enumerate() {
                    let weights: Vec<f64> =
                        (0..x.len()).map(|j| (dot(part(i, 0), part(j, 1)) / (size as f64).sqrt()).exp()).collect();
                    let total: f64 = weights.iter().sum();
                    for (j, weight) in weights.iter().enumerate() {
                        for (place, value) in context[head * size..][..size].iter_mut().zip(part(j, 2)) {
                            *place += weight / total * value;
                        }
                    }
                }
            }
            let out = self.linear(&name("out"), &context);
            x.iter_mut().zip(&out).for_each(|(x, out)| plus(x, out));
            self.normal(&name("norm1"), &mut x);
            let mut raised = self.linear(&name("up"), &x);
            for value in raised.iter_mut().flatten() {
                let u = (2.0 / std::f64::consts::PI).sqrt() * (*value + 0.044_715 * value.powi(3));
                *value *= 0.5 * (1.0 + u.tanh());
            }
            let lowered = self.linear(&name("down"), &raised);
            x.iter_mut().zip(&lowered).for_each(|(x, lowered)| plus(x, lowered));
            self.normal(&name("norm2"), &mut x);
        }
        let mut scores = self.linear("label", &x);
        let (case, gazetteer) = (self.rows("label_case"), self.rows("label_gazetteer"));
        for (row, slot) in scores.iter_mut().zip(window) {
            plus(row, &case[usize::from(slot.case)]);
            (0..BITS).filter(|bit| slot.bits >> bit & 1 == 1).for_each(|bit| plus(row, &gazetteer[bit]));
        }
        scores
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn plus(row: &mut [f64], other: &[f64]) {
    row.iter_mut().zip(other).for_each(|(value, other)| *value += other);
}

/// Bits of a gazetteer that knows words by their length.
fn bits(tokens: &[Token<'_>]) -> Vec<u64> {
    tokens
        .iter()
        .map(|token| (token.text.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) & 0x1111_1111_1111)
        .collect()
}

fn by_sentence<'t>(tokens: &'t [Token<'t>], bits: &'t [u64]) -> Vec<Sentence<'t>> {
    let mut rest = bits;
    let sentences = tokens.chunk_by(|one, next| one.sentence == next.sentence);
    sentences
        .map(|tokens| {
            let (own, after) = rest.split_at(tokens.len());
            rest = after;
            Sentence { tokens, bits: own }
        })
        .collect()
}

#[test]
fn a_pass_is_what_the_formula_says() {
    let toy = Toy::new();
    let encoder = Encoder::load(&toy.file()).unwrap();
    let long = "The river's bankers of Riverbank saw U.S. riverboats in 2021st Zürich. ".repeat(9);
    for text in ["Riverbankers go.", &long, &long.replace(". ", " ")] {
        let tokens = token::tokens(text, Field::Body);
        let bits = bits(&tokens);
        let sentences = by_sentence(&tokens, &bits);
        let windows = windows::pack(&sentences, &encoder.vocabulary);
        let mut expected: Vec<Vec<f64>> = Vec::new();
        for (number, start) in windows.starts.iter().enumerate() {
            let end = windows.starts.get(number + 1).copied().unwrap_or(windows.slots.len());
            assert!(end - start <= WINDOW);
            expected.extend(toy.pass(&windows.slots[*start..end]));
        }
        let found = encoder.scores(&sentences);
        assert_eq!(found.len(), tokens.len() * LABELS);
        for (row, word) in found.chunks(LABELS).zip(&windows.words) {
            for (found, expected) in row.iter().zip(&expected[*word]) {
                assert!((f64::from(*found) - expected).abs() < 5e-3, "{found} {expected}");
            }
        }
    }
}

#[test]
fn pieces_windows_and_batches_keep_their_places() {
    let encoder = Encoder::load(&Toy::new().file()).unwrap();
    // Each sentence fills more than half a window, so that it has one for itself; together they are three batches.
    let text =
        "One river after another ran by the bankers of that town. ".replace("town", &"town and ".repeat(9)).repeat(11);
    let tokens = token::tokens(&text, Field::Body);
    let bits = bits(&tokens);
    let sentences = by_sentence(&tokens, &bits);
    assert!(windows::pack(&sentences, &encoder.vocabulary).slots.len() > 2 * BATCH);
    let alone: Vec<f32> = sentences.iter().flat_map(|sentence| encoder.scores(&[*sentence])).collect();
    assert_eq!(encoder.scores(&sentences), alone);
    let labels: Vec<_> = sentences.iter().map(|sentence| encoder.label(&[*sentence]).concat()).collect();
    assert_eq!(encoder.label(&sentences), labels);
}

#[test]
fn takes_any_words() {
    let encoder = Encoder::load(&Toy::new().file()).unwrap();
    let texts: Vec<String> = vec![
        String::new(),
        "x".repeat(10_000),
        "é-".repeat(5_000),
        "\u{301}".repeat(3_000),
        "北京市".repeat(2_000),
        "\0\u{fffd}\u{202e}".to_owned(),
        "👩‍👩‍👧‍👦".to_owned(),
        "ﷺ".to_owned(),
        "[SEP]".to_owned(),
        " \n".to_owned(),
        "นายกรัฐมนตรี".to_owned(),
        "İSTANBUL".to_owned(),
    ];
    let tokens: Vec<Token<'_>> = texts
        .iter()
        .map(|text| Token {
            start: 0,
            end: text.len(),
            text,
            folded: hash::folded(text),
            case: token::Case::Number,
            opens: true,
            sentence: 0,
            spaced: true,
        })
        .collect();
    let many: Vec<Token<'_>> = tokens.iter().cycle().take(700).copied().collect();
    let all = u64::MAX;
    let sentences = [
        Sentence { tokens: &[], bits: &[] },
        Sentence { tokens: &tokens, bits: &[all; 2] },
        Sentence { tokens: &[], bits: &[1, 2, 3] },
        Sentence { tokens: &many, bits: &[all; 700] },
        Sentence { tokens: &tokens[..1], bits: &[0] },
    ];
    let labels = encoder.label(&sentences);
    assert_eq!(labels.iter().map(Vec::len).collect::<Vec<_>>(), [0, tokens.len(), 0, 700, 1]);
    assert!(labels.iter().flatten().all(|label| usize::from(*label) < LABELS));
    assert!(encoder.label(&[]).is_empty());
    // One model serves all threads.
    fn shared(_: &(impl Send + Sync)) {}
    shared(&encoder);
}

#[test]
fn refuses_what_is_no_model() {
    let file = Toy::new().file();
    for cut in (0..file.len()).step_by(997) {
        assert!(Encoder::load(&file[..cut]).is_err(), "{cut}");
    }
    let text = String::from_utf8_lossy(&file[8..2000]).into_owned();
    assert!(text.contains("tanh"));
    let mut other = file;
    let at = other.windows(4).position(|four| four == b"tanh").unwrap();
    other[at..at + 4].copy_from_slice(b"none");
    assert_eq!(Encoder::load(&other).err().as_deref(), Some("the model's gelu is none, not tanh"));
}

/// The trained model against what its trainer stored: pieces, scores and labels of a few documents.
#[test]
fn says_what_the_trainer_says() {
    let encoder = Encoder::new();
    let expected: Value = serde_json::from_str(include_str!("expected.json")).unwrap();
    let list = |value: &'_ Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    // Without optimisation a document takes four seconds.
    let count = if cfg!(debug_assertions) { 2 } else { usize::MAX };
    for document in list(&expected, "documents").into_iter().take(count) {
        let mut tokens: Vec<Vec<Token<'_>>> = Vec::new();
        let mut bits: Vec<Vec<u64>> = Vec::new();
        let (mut scores, mut labels): (Vec<f64>, Vec<Vec<u8>>) = Default::default();
        for sentence in document["sentences"].as_array().unwrap() {
            let words = sentence["tokens"].as_array().unwrap();
            let opens = sentence["opens"].as_array().unwrap();
            let token = |(word, opens): (&Value, &Value)| {
                let text: &'static str = word.as_str().unwrap().to_owned().leak();
                let (folded, case) = (hash::folded(text), token::case(text));
                Token { start: 0, end: 0, text, folded, case, opens: opens == 1, sentence: 0, spaced: true }
            };
            tokens.push(words.iter().zip(opens).map(token).collect());
            bits.push(list(sentence, "bits").iter().filter_map(Value::as_u64).collect());
            labels.push(list(sentence, "labels").iter().map(|label| label.as_u64().unwrap() as u8).collect());
            scores.extend(
                list(sentence, "logits").iter().flat_map(|row| row.as_array().unwrap()).filter_map(Value::as_f64),
            );
            for (word, expected) in words.iter().zip(list(sentence, "pieces")) {
                let mut pieces = Vec::new();
                encoder.vocabulary.cut(&fold(word.as_str().unwrap()), &mut pieces);
                assert_eq!(json!(pieces), expected, "{word}");
            }
        }
        let sentences: Vec<Sentence<'_>> =
            tokens.iter().zip(&bits).map(|(tokens, bits)| Sentence { tokens, bits }).collect();
        let found = encoder.scores(&sentences);
        assert_eq!(found.len(), scores.len(), "{}", document["id"]);
        let worst = found.iter().zip(&scores).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
        assert!(worst < 0.02, "{}: {worst}", document["id"]);
        // Where two sequences are as good as equal, either may win.
        let mut rest = scores.as_slice();
        for (found, expected) in encoder.label(&sentences).iter().zip(&labels) {
            let (own, after) = rest.split_at(expected.len() * LABELS);
            rest = after;
            let sum = |labels: &[u8]| -> f64 {
                own.chunks(LABELS).zip(labels).map(|(row, label)| row[usize::from(*label)]).sum()
            };
            assert!(sum(expected) - sum(found) < 0.05, "{}: {found:?} {expected:?}", document["id"]);
        }
    }
}
