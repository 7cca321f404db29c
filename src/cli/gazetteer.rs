//! The command line of `dateline gazetteer`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `dateline gazetteer`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline gazetteer build --geonames KE.txt --output kenya.gazetteer

Exit codes are those of the verb.")]
pub struct Gazetteer {
    /// What to do.
    #[command(subcommand)]
    pub verb: GazetteerVerb,
}

/// The verbs of `dateline gazetteer`.
#[derive(Debug, Subcommand)]
pub enum GazetteerVerb {
    /// Write a table for `extract.gazetteer`.
    Build(GazetteerBuild),
}

/// `dateline gazetteer build`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline gazetteer build --geonames KE.txt --output kenya.gazetteer
  dateline gazetteer build --geonames cities500.txt --min-population 2000 --csv clubs.csv --output own.gazetteer

A GeoNames file is a dump of geonames.org, unpacked: 19 columns parted by tabs. Taken are populated places, divisions,
waters, islands and mountains (feature classes P, A, H, T and L) with their names in Latin letters; populated places only
from --min-population on, and none whose name is one of the thousand words that open English sentences.

A CSV file has a head line with some of the columns type, name, country, other_names (parted by ;), subdivision,
population, latitude, longitude, geonames, office, wikidata; type and name are needed. Types are person, organisation,
place, facility, group, event, product, disease and work; countries are ISO 3166-1 alpha-2.

The table is used by `extract.gazetteer = [\"own.gazetteer\"]`.
Exit codes: 0 done; 2 nothing to build of; 65 a file is not as it should be; 66 no such file; 74 the table
cannot be written.")]
pub struct GazetteerBuild {
    /// A GeoNames dump. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub geonames: Vec<PathBuf>,
    /// A list of your own. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub csv: Vec<PathBuf>,
    /// Populated places with fewer inhabitants are left out.
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000)]
    pub min_population: u64,
    /// Where the table is written.
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
}
