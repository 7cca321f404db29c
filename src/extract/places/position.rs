//! Where the cities of the table lie, by their GeoNames identifier.

use super::table::CITIES;
use std::{collections::HashMap, sync::LazyLock};

static POSITIONS: LazyLock<HashMap<&'static str, (f64, f64)>> = LazyLock::new(|| {
    let position = |line: &'static str| {
        let cells: Vec<&str> = line.split('\t').collect();
        Some((*cells.first()?, (cells.get(5)?.parse().ok()?, cells.get(6)?.parse().ok()?)))
    };
    CITIES.lines().filter_map(position).collect()
});

/// Degrees north and degrees east of a city.
pub(crate) fn position(geonames: &str) -> Option<(f64, f64)> {
    POSITIONS.get(geonames).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_lies_somewhere_and_a_country_nowhere() {
        assert_eq!(position("1796236"), Some((31.22222, 121.45806)));
        assert_eq!(position("3144096"), None);
    }
}
