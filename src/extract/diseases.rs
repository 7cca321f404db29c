//! The diseases whose figures can be read, and which of them the operator asks for.
//!
//! What holds: every disease has a row here; how a language names it stands in the pack of the language, under
//! `[diseases]`. A pack without a disease's names reads no figures of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A disease.
#[derive(Debug, PartialEq, Eq)]
pub struct Disease {
    /// Its name in the configuration and on records.
    pub name: &'static str,
    /// Its identifier in the Human Disease Ontology (<https://disease-ontology.org>), where it is certain.
    pub id: Option<&'static str>,
}

const fn disease(name: &'static str, id: &'static str) -> Disease {
    Disease { name, id: if id.is_empty() { None } else { Some(id) } }
}

/// The first is the one that is read by default.
pub const DISEASES: &[Disease] = &[
    disease("COVID-19", "DOID:0080600"),
    disease("avian influenza", "DOID:4492"),
    disease("chikungunya", "DOID:0050012"),
    disease("cholera", "DOID:1498"),
    disease("dengue", "DOID:12205"),
    disease("diphtheria", "DOID:11405"),
    disease("Ebola", "DOID:4325"),
    disease("hepatitis", "DOID:2237"),
    disease("influenza", "DOID:8469"),
    disease("Lassa fever", "DOID:9537"),
    disease("malaria", "DOID:12365"),
    disease("Marburg", "DOID:4327"),
    disease("measles", "DOID:8622"),
    disease("meningitis", "DOID:9471"),
    disease("MERS", "DOID:0080642"),
    disease("mpox", "DOID:3292"),
    disease("plague", "DOID:10773"),
    disease("polio", "DOID:4953"),
    disease("SARS", "DOID:2945"),
    disease("typhoid", "DOID:13258"),
    disease("yellow fever", "DOID:9682"),
    disease("Zika", "DOID:0060478"),
];

/// The row of COVID-19.
pub const COVID_19: &Disease = &DISEASES[0];

/// The diseases asked for: one name, or a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Written", into = "Written")]
#[schemars(with = "Written")]
pub struct Diseases(pub Vec<&'static Disease>);

/// As it stands in the configuration.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Written {
    One(String),
    Many(Vec<String>),
}

impl Default for Diseases {
    fn default() -> Self {
        Self(vec![COVID_19])
    }
}

impl TryFrom<Written> for Diseases {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let names = match written {
            Written::One(name) => vec![name],
            Written::Many(names) => names,
        };
        let row = |name: &String| {
            DISEASES.iter().find(|disease| disease.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
                let known: Vec<&str> = DISEASES.iter().map(|disease| disease.name).collect();
                format!("unknown disease {name:?}; known are {}", known.join(", "))
            })
        };
        let mut rows = Vec::new();
        for name in &names {
            let row = row(name)?;
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        if rows.is_empty() { Err("at least one disease is needed".to_owned()) } else { Ok(Self(rows)) }
    }
}

impl From<Diseases> for Written {
    fn from(diseases: Diseases) -> Self {
        let mut names: Vec<String> = diseases.0.iter().map(|disease| disease.name.to_owned()).collect();
        if names.len() == 1 { Self::One(names.remove(0)) } else { Self::Many(names) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_or_a_list_is_read_and_an_unknown_one_refused_with_what_there_is() {
        let read = |text: &str| serde_json::from_str::<Diseases>(text);
        assert_eq!(read("\"Measles\"").unwrap().0[0].id, Some("DOID:8622"));
        let two = read("[\"COVID-19\", \"cholera\", \"cholera\"]").unwrap();
        assert_eq!(two.0.iter().map(|disease| disease.name).collect::<Vec<_>>(), ["COVID-19", "cholera"]);
        assert!(read("\"meazles\"").unwrap_err().to_string().contains("known are COVID-19"));
        assert_eq!(serde_json::to_value(Diseases::default()).unwrap(), "COVID-19");
    }

    /// A name that no language has would be a promise that nothing keeps.
    #[test]
    fn english_names_every_disease() {
        let pack = crate::language::pack("en").unwrap();
        for disease in &DISEASES[1..] {
            assert!(pack.diseases.iter().any(|(name, _)| name == disease.name), "{}", disease.name);
        }
        assert_eq!(pack.diseases.len(), DISEASES.len() - 1);
    }
}
