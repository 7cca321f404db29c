//! Durations and sizes as configuration writes them: strings with units, never bare numbers.

/// `#[serde(with = "units::duration")]`: `"200ms"`, `"30s"`, `"5m"`, `"1h30m"`, `"30d"`, `"2w"`.
pub mod duration {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
    use std::time::Duration;

    const UNITS: [(&str, u64); 6] =
        [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    /// Reads a duration; the error says what would be right.
    pub fn parse(text: &str) -> Result<Duration, String> {
        let wrong = || {
            format!(
                "cannot read {text:?} as a duration: write a number with a unit, such as \"200ms\", \"30s\", \"5m\", \"1h\" or \"30d\""
            )
        };
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(wrong());
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let (number, tail) = rest.split_at(digits);
            let unit_end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(unit_end);
            let number: u64 = number.parse().map_err(|_| wrong())?;
            let (_, ms) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
            total = number.checked_mul(*ms).and_then(|ms| total.checked_add(ms)).ok_or_else(wrong)?;
            rest = tail.trim_start();
        }
        Ok(Duration::from_millis(total))
    }

    /// Writes a duration in the largest units that divide it.
    pub fn format(duration: Duration) -> String {
        let mut ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        if ms == 0 {
            return "0s".to_owned();
        }
        let mut out = String::new();
        for (unit, size) in UNITS.into_iter().skip(1) {
            if ms >= size {
                out.push_str(&format!("{}{unit}", ms / size));
                ms %= size;
            }
        }
        out
    }

    /// For serde.
    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format(*duration))
    }

    /// For serde.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    /// The same for an optional duration; use with `#[serde(default)]`.
    pub mod option {
        use super::*;

        /// For serde.
        pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
            match duration {
                Some(duration) => serializer.serialize_some(&format(*duration)),
                None => serializer.serialize_none(),
            }
        }

        /// For serde.
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
            let text = Option::<String>::deserialize(deserializer)?;
            text.map(|text| parse(&text).map_err(D::Error::custom)).transpose()
        }
    }

    /// The same for a list of durations.
    pub mod list {
        use super::*;
        use serde::Serialize;

        /// For serde.
        pub fn serialize<S: Serializer>(durations: &[Duration], serializer: S) -> Result<S::Ok, S::Error> {
            durations.iter().map(|d| format(*d)).collect::<Vec<_>>().serialize(serializer)
        }

        /// For serde.
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Duration>, D::Error> {
            let texts = Vec::<String>::deserialize(deserializer)?;
            texts.iter().map(|text| parse(text).map_err(D::Error::custom)).collect()
        }
    }
}

/// `#[serde(with = "units::bytes")]`: `"512KiB"`, `"16MiB"`, `"4GiB"`, `"1000B"`.
pub mod bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

    /// Reads a size; the error says what would be right.
    pub fn parse(text: &str) -> Result<u64, String> {
        let wrong = || {
            format!(
                "cannot read {text:?} as a size: write a number with a unit, such as \"512KiB\", \"16MiB\" or \"4GiB\""
            )
        };
        let trimmed = text.trim();
        let digits = trimmed.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, unit) = trimmed.split_at(digits);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit.trim_start()).ok_or_else(wrong)?;
        number.checked_mul(*size).ok_or_else(wrong)
    }

    /// Writes a size in the largest unit that divides it.
    pub fn format(bytes: u64) -> String {
        let (unit, size) =
            UNITS.into_iter().find(|(_, size)| bytes >= *size && bytes.is_multiple_of(*size)).unwrap_or(("B", 1));
        format!("{}{unit}", bytes / size)
    }

    /// For serde.
    pub fn serialize<S: Serializer>(bytes: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format(*bytes))
    }

    /// For serde.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn durations_and_sizes_survive_a_round_trip() {
        for text in ["200ms", "30s", "5m", "1h30m", "30d", "0s"] {
            assert_eq!(duration::format(duration::parse(text).unwrap()), text);
        }
        for text in ["16MiB", "4GiB", "1000B", "512KiB"] {
            assert_eq!(bytes::format(bytes::parse(text).unwrap()), text);
        }
        assert_eq!(duration::parse("2w").unwrap(), Duration::from_secs(14 * 86_400));
    }

    #[test]
    fn bare_numbers_are_refused_with_a_hint() {
        assert!(duration::parse("30").unwrap_err().contains("\"30s\""));
        assert!(bytes::parse("30").unwrap_err().contains("\"16MiB\""));
        assert!(duration::parse("").is_err() && duration::parse("5x").is_err() && bytes::parse("3 parsecs").is_err());
    }
}
