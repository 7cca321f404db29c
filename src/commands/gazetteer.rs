//! `dateline gazetteer build`: tables of names for `extract.gazetteer`, of GeoNames dumps and of lists.

use super::exit;
use crate::cli::{Gazetteer, GazetteerBuild, GazetteerVerb};
use crate::extract::entities::is_common_word;
use crate::extract::gazetteer::{self, HEAD, Row};
use crate::model::EntityType;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

/// Names beside the first that are kept of a GeoNames row; a capital has hundreds, in all scripts.
const MOST_OTHERS: usize = 12;

/// Runs the verb.
#[expect(clippy::print_stderr, reason = "errors and the count are for the person at the terminal")]
pub(super) fn run(given: &Gazetteer) -> u8 {
    let GazetteerVerb::Build(given) = &given.verb;
    match build(given) {
        Ok(count) => {
            eprintln!("{count} rows written to {}", given.output.display());
            exit::DONE
        }
        Err((code, message)) => {
            eprintln!("error: {message}");
            code
        }
    }
}

type Failure = (u8, String);

fn build(given: &GazetteerBuild) -> Result<usize, Failure> {
    if given.geonames.is_empty() && given.csv.is_empty() {
        return Err((exit::USAGE, "nothing to build of: name a --geonames or a --csv file".to_owned()));
    }
    let mut rows = Vec::new();
    for path in &given.geonames {
        geonames(path, given.min_population, &mut rows)?;
    }
    for path in &given.csv {
        list(path, &mut rows)?;
    }
    let mut seen = HashSet::new();
    rows.retain(|row: &Row| {
        let key = if row.geonames.is_empty() {
            format!("{:?}/{}/{}", row.kind, row.country, row.name)
        } else {
            row.geonames.clone()
        };
        seen.insert(key)
    });
    write(&given.output, &rows)
        .map_err(|error| (exit::IO, format!("cannot write {}: {error}", given.output.display())))?;
    Ok(rows.len())
}

fn write(path: &Path, rows: &[Row]) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "{HEAD}")?;
    rows.iter().try_for_each(|row| writeln!(out, "{}", row.line()))?;
    out.flush()
}

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    let file =
        File::open(path).map_err(|error| (exit::NO_INPUT, format!("cannot read {}: {error}", path.display())))?;
    Ok(BufReader::new(file))
}

/// The rows of a dump.
fn geonames(path: &Path, least: u64, rows: &mut Vec<Row>) -> Result<(), Failure> {
    for (number, line) in open(path)?.lines().enumerate() {
        let fault = |what: String| (exit::BAD_INPUT, format!("{}:{}: {what}", path.display(), number + 1));
        let line = line.map_err(|error| fault(error.to_string()))?;
        let cells: Vec<&str> = line.split('\t').collect();
        if cells.len() != 19 {
            return Err(fault(format!("{} columns, not the 19 of a GeoNames dump", cells.len())));
        }
        let cell = |n: usize| cells.get(n).copied().unwrap_or_default();
        let population: u64 = cell(14).parse().unwrap_or(0);
        let wanted = match cell(6) {
            // Sections of a town (PPLX) bear the names of everything.
            "P" => population >= least && cell(7) != "PPLX" && !is_common_word(cell(1)),
            "A" | "H" | "T" | "L" => true,
            _ => false,
        };
        let latin = |name: &str| {
            name.chars().any(char::is_alphabetic)
                && name
                    .chars()
                    .filter(|c| c.is_alphabetic())
                    .all(|c| c < '\u{250}' || ('\u{1e00}'..='\u{1eff}').contains(&c))
        };
        if !wanted || !latin(cell(1)) {
            continue;
        }
        let mut others: Vec<String> = Vec::new();
        let names = std::iter::once(cell(2)).chain(cell(3).split(','));
        for name in
            names.map(str::trim).filter(|name| latin(name) && name.starts_with(char::is_uppercase) && name.len() > 3)
        {
            if name != cell(1) && !others.iter().any(|other| other == name) && others.len() < MOST_OTHERS {
                others.push(name.to_owned());
            }
        }
        rows.push(Row {
            kind: EntityType::Place,
            name: cell(1).to_owned(),
            country: cell(8).to_owned(),
            others,
            subdivision: String::new(),
            population,
            lat: cell(4).parse().ok(),
            lon: cell(5).parse().ok(),
            geonames: cell(0).to_owned(),
            office: String::new(),
            wikidata: String::new(),
        });
    }
    Ok(())
}

/// The columns of a list, in the order of a row's line.
const COLUMNS: [&str; 11] = [
    "type",
    "name",
    "country",
    "other_names",
    "subdivision",
    "population",
    "latitude",
    "longitude",
    "geonames",
    "office",
    "wikidata",
];

/// The rows of a list.
fn list(path: &Path, rows: &mut Vec<Row>) -> Result<(), Failure> {
    let fault = |line: u64, what: String| (exit::BAD_INPUT, format!("{}:{line}: {what}", path.display()));
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(open(path)?);
    let head = reader.headers().map_err(|error| fault(1, error.to_string()))?.clone();
    let columns: HashMap<&str, usize> = head.iter().enumerate().map(|(n, name)| (name, n)).collect();
    if let Some(unknown) = head.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(fault(1, format!("unknown column {unknown:?}; known are {}", COLUMNS.join(", "))));
    }
    if let Some(missing) = ["type", "name"].iter().find(|name| !columns.contains_key(*name)) {
        return Err(fault(1, format!("the column {missing:?} is missing")));
    }
    for record in reader.records() {
        let record =
            record.map_err(|error| fault(error.position().map_or(0, csv::Position::line), error.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = COLUMNS.map(|name| {
            columns.get(name).and_then(|n| record.get(*n)).unwrap_or_default().replace(['\t', '\n', '\r'], " ")
        });
        let written = format!("{HEAD}\n{}", cells.join("\t"));
        rows.extend(gazetteer::rows(&written).map_err(|(_, what)| fault(line, what))?);
    }
    Ok(())
}
