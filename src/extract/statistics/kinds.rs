//! The table of metrics: what each is called, what its number is, and between which bounds a value is believable.

use crate::model::{Kind, Metric, Unit};

/// What holds for one metric.
pub(crate) struct MetricKind {
    /// The metric.
    pub(crate) metric: Metric,
    /// Its name in records.
    pub(crate) name: &'static str,
    /// What its number is.
    pub(crate) unit: Unit,
    /// The kind that its values always have, whatever stands beside them; none for counts, which can be totals or new.
    pub(crate) fixed: Option<Kind>,
    /// Whether the number counts persons, deaths or things one by one.
    pub(crate) whole: bool,
    /// A value above this is no value of this metric.
    pub(crate) most: f64,
}

/// People alive, with room for a decade: no count of people exceeds it.
const MANKIND: f64 = 9e9;

const fn row(
    metric: Metric,
    name: &'static str,
    unit: Unit,
    fixed: Option<Kind>,
    whole: bool,
    most: f64,
) -> MetricKind {
    MetricKind { metric, name, unit, fixed, whole, most }
}

/// Every metric.
pub(crate) const KINDS: &[MetricKind] = &[
    row(Metric::Cases, "cases", Unit::Count, None, true, MANKIND),
    row(Metric::CasesSuspected, "cases_suspected", Unit::Count, None, true, MANKIND),
    row(Metric::CasesProbable, "cases_probable", Unit::Count, None, true, MANKIND),
    row(Metric::Deaths, "deaths", Unit::Count, None, true, 1e8),
    row(Metric::ExcessDeaths, "excess_deaths", Unit::Count, None, true, 1e8),
    row(Metric::Recoveries, "recoveries", Unit::Count, None, true, MANKIND),
    row(Metric::ActiveCases, "active_cases", Unit::Count, Some(Kind::Current), true, MANKIND),
    row(Metric::Hospitalisations, "hospitalisations", Unit::Count, None, true, 1e8),
    row(Metric::IcuPatients, "icu_patients", Unit::Count, Some(Kind::Current), true, 1e7),
    row(Metric::VentilatedPatients, "ventilated_patients", Unit::Count, Some(Kind::Current), true, 1e7),
    row(Metric::SevereCases, "severe_cases", Unit::Count, Some(Kind::Current), true, 1e7),
    row(Metric::IcuOccupancy, "icu_occupancy", Unit::Percent, Some(Kind::Current), false, 250.0),
    row(Metric::Tests, "tests", Unit::Count, None, true, 5e10),
    row(Metric::PeopleTested, "people_tested", Unit::Count, None, true, MANKIND),
    row(Metric::PositivityRate, "positivity_rate", Unit::Percent, Some(Kind::Current), false, 100.0),
    row(Metric::DosesAdministered, "doses_administered", Unit::Count, None, true, 5e10),
    row(Metric::PeopleVaccinated, "people_vaccinated", Unit::Count, None, true, MANKIND),
    row(Metric::PeopleFullyVaccinated, "people_fully_vaccinated", Unit::Count, None, true, MANKIND),
    row(Metric::PeopleBoosted, "people_boosted", Unit::Count, None, true, MANKIND),
    row(Metric::PeopleVaccinatedShare, "people_vaccinated_share", Unit::Percent, Some(Kind::Current), false, 100.0),
    row(
        Metric::PeopleFullyVaccinatedShare,
        "people_fully_vaccinated_share",
        Unit::Percent,
        Some(Kind::Current),
        false,
        100.0,
    ),
    row(Metric::Quarantined, "quarantined", Unit::Count, None, true, MANKIND),
    row(Metric::CloseContacts, "close_contacts", Unit::Count, None, true, MANKIND),
    row(Metric::CaseFatalityRate, "case_fatality_rate", Unit::Percent, Some(Kind::Current), false, 100.0),
    row(Metric::RecoveryRate, "recovery_rate", Unit::Percent, Some(Kind::Current), false, 100.0),
    row(Metric::ReproductionNumber, "reproduction_number", Unit::Ratio, Some(Kind::Current), false, 30.0),
    row(Metric::ActiveIncidence, "active_incidence", Unit::PerPopulation, Some(Kind::Current), false, 1e6),
    row(Metric::CaseIncidence, "case_incidence", Unit::PerPopulation, Some(Kind::New), false, 1e6),
    row(Metric::DeathRate, "death_rate", Unit::PerPopulation, None, false, 1e6),
];

/// The row of a metric.
pub(crate) fn kind_of(metric: Metric) -> &'static MetricKind {
    KINDS.iter().find(|row| row.metric == metric).unwrap_or(&KINDS[0])
}

/// Whether its values carry a percent sign.
pub(crate) fn is_percent(metric: Metric) -> bool {
    kind_of(metric).unit == Unit::Percent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_bears_the_name_that_records_carry() {
        for row in KINDS {
            assert_eq!(serde_json::to_value(row.metric).unwrap(), row.name);
        }
        assert_eq!(KINDS.len(), 29);
    }
}
