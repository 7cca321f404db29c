//! The definition itself, and that nothing written about it is stale.

use super::*;
use clap::CommandFactory as _;

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn the_samples_of_the_documents_are_taken() {
    let documents = [
        include_str!("../../README.md"),
        include_str!("../../docs/OPERATING.md"),
        include_str!("../../docs/GUARANTEES.md"),
        include_str!("../../docs/FEEDS.md"),
    ];
    // Every other part between fences is a sample.
    let fenced = documents.iter().flat_map(|text| text.split("```").skip(1).step_by(2));
    for sample in fenced.flat_map(str::lines).filter(|line| line.starts_with("dateline ")) {
        let words = sample.split(" #").next().unwrap_or_default().split_whitespace();
        if let Err(error) = Cli::try_parse_from(words) {
            panic!("{sample}: {error}");
        }
    }
}

#[test]
fn moments_are_times_dates_or_how_long_ago() {
    for text in ["2020-10-01T00:00:00Z", "2020-10-01T02:00:00+02:00", "2020-10-01"] {
        assert_eq!(moment(text).unwrap().to_string(), "2020-10-01T00:00:00Z");
    }
    let ago = Timestamp::now().duration_since(moment("36h").unwrap());
    // The clock may be set a little between the two looks at it.
    assert!((ago - SignedDuration::from_hours(36)).abs() < SignedDuration::from_mins(1), "{ago}");
    assert!(moment("yesterday").unwrap_err().contains("how long ago"));
}
