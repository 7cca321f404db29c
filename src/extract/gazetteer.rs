//! Names that an operator adds to our own tables: `dateline gazetteer build` writes them, `extract.gazetteer` reads them.
//!
//! In: the text of a gazetteer file. Out: its rows. What holds: a file is tab separated, its first line names its form
//! and columns; a row that cannot be read is an error with its line, since a table is written by a program.

use crate::model::EntityType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// The first line of a file.
pub const HEAD: &str = "# dateline gazetteer 1\ttype\tname\tcountry\tother names\tsubdivision\tinhabitants\tlatitude\tlongitude\tgeonames\toffice\twikidata";

/// The columns of a row.
const COLUMNS: usize = 11;

/// Something with a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What it is.
    pub kind: EntityType,
    /// Its name in full.
    pub name: String,
    /// ISO 3166-1 alpha-2; empty where it belongs to none or to several.
    pub country: String,
    /// How else it is written.
    pub others: Vec<String>,
    /// ISO 3166-2 of the division that a place lies in; may be empty.
    pub subdivision: String,
    /// Of a place; 0 where unknown.
    pub population: u64,
    /// Degrees north.
    pub lat: Option<f64>,
    /// Degrees east.
    pub lon: Option<f64>,
    /// GeoNames identifier; may be empty.
    pub geonames: String,
    /// A person's office as a role noun ("foreign minister"); may be empty.
    pub office: String,
    /// Wikidata identifier; may be empty.
    pub wikidata: String,
}

impl Row {
    /// The row as a line of a file, without its end.
    pub fn line(&self) -> String {
        let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let kind = serde_json::to_value(self.kind).ok();
        let cells: [&str; COLUMNS] = [
            kind.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default(),
            &self.name,
            &self.country,
            &self.others.join(";"),
            &self.subdivision,
            &self.population.to_string(),
            &number(self.lat),
            &number(self.lon),
            &self.geonames,
            &self.office,
            &self.wikidata,
        ];
        cells.map(|cell| cell.replace(['\t', '\n', '\r'], " ")).join("\t")
    }
}

/// The rows of a file; an error has its line.
pub fn rows(text: &str) -> Result<Vec<Row>, (usize, String)> {
    let mut lines = text.lines().enumerate();
    match lines.next() {
        Some((_, head)) if head.trim_end() == HEAD => {}
        _ => {
            return Err((
                1,
                "this is no gazetteer: its first line is not that which `dateline gazetteer build` writes".to_owned(),
            ));
        }
    }
    lines
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(number, line)| row(line).map_err(|what| (number + 1, what)))
        .collect()
}

fn row(line: &str) -> Result<Row, String> {
    let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
    if cells.len() != COLUMNS {
        return Err(format!("{} columns, not {COLUMNS}", cells.len()));
    }
    let cell = |n: usize| cells.get(n).copied().unwrap_or_default();
    let kind = serde_json::from_value(cell(0).into()).map_err(|_| format!("unknown type {:?}", cell(0)))?;
    if cell(1).is_empty() {
        return Err("a row without a name".to_owned());
    }
    let country = cell(2);
    if !(country.is_empty() || country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase())) {
        return Err(format!("{country:?} is no ISO 3166-1 alpha-2 code"));
    }
    let degrees = |n: usize| match cell(n) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| format!("{text:?} is no number of degrees")),
    };
    let population = match cell(5) {
        "" => 0,
        text => text.parse().map_err(|_| format!("{text:?} is no number of inhabitants"))?,
    };
    Ok(Row {
        kind,
        name: cell(1).to_owned(),
        country: country.to_owned(),
        others: cell(3).split(';').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        subdivision: cell(4).to_owned(),
        population,
        lat: degrees(6)?,
        lon: degrees(7)?,
        geonames: cell(8).to_owned(),
        office: cell(9).to_owned(),
        wikidata: cell(10).to_owned(),
    })
}

/// `extract.gazetteer`: the files, and what stands in them once the configuration has read them. A configuration is kept
/// for as long as the program runs, so their text is, which is a fifth of their rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Vec<PathBuf>", into = "Vec<PathBuf>")]
#[schemars(with = "Vec<PathBuf>")]
pub struct Gazetteers {
    /// Where they are; relative to the main configuration file.
    pub files: Vec<PathBuf>,
    /// What stands in them, each of which can be read.
    pub texts: Arc<Vec<String>>,
}

impl Gazetteers {
    /// The rows of all files.
    pub fn rows(&self) -> Vec<Row> {
        self.texts.iter().filter_map(|text| rows(text).ok()).flatten().collect()
    }
}

impl From<Vec<PathBuf>> for Gazetteers {
    fn from(files: Vec<PathBuf>) -> Self {
        Self { files, texts: Arc::default() }
    }
}

impl From<Gazetteers> for Vec<PathBuf> {
    fn from(gazetteers: Gazetteers) -> Self {
        gazetteers.files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_back_as_it_was_written_and_a_fault_is_named_with_its_line() {
        let row = Row {
            kind: EntityType::Place,
            name: "Lower Quarrywood".to_owned(),
            country: "GB".to_owned(),
            others: vec!["Quarrywood".to_owned()],
            subdivision: "GB-SCT".to_owned(),
            population: 412,
            lat: Some(57.5),
            lon: None,
            geonames: String::new(),
            office: String::new(),
            wikidata: String::new(),
        };
        assert_eq!(rows(&format!("{HEAD}\n\n{}\n", row.line())).unwrap(), std::slice::from_ref(&row));
        let fault = |line: &str| rows(&format!("{HEAD}\n{line}\n")).unwrap_err();
        assert_eq!(fault("place\tX").0, 2);
        assert!(fault(&row.line().replace("GB\t", "UK.\t")).1.contains("alpha-2"));
        assert!(fault(&row.line().replace("place", "town")).1.contains("unknown type"));
        assert_eq!(rows("name,country\n").unwrap_err().0, 1);
    }
}
