//! Times that publishers state.

use jiff::{Timestamp, civil::Date, tz::Offset};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// A time as a publisher states it: an instant with the publisher's own offset, or a bare date, which stays a date.
///
/// Written as `2020-09-29T18:05:00+03:00` or `2020-09-29`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, JsonSchema)]
#[schemars(with = "String")]
pub enum StatedTime {
    /// An instant, and the offset from UTC that the publisher wrote.
    Instant(Timestamp, Offset),
    /// A date without a time of day.
    Date(Date),
}

impl StatedTime {
    /// The instant for sorting; a bare date counts from its midnight in UTC.
    pub fn utc(&self) -> Timestamp {
        match self {
            Self::Instant(timestamp, _) => *timestamp,
            Self::Date(date) => Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    /// The calendar date where the publisher is.
    pub fn local_date(&self) -> Date {
        match self {
            Self::Instant(timestamp, offset) => offset.to_datetime(*timestamp).date(),
            Self::Date(date) => *date,
        }
    }
}

impl fmt::Display for StatedTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant(timestamp, offset) if offset.is_zero() => write!(f, "{timestamp}"),
            Self::Instant(timestamp, offset) => write!(f, "{}", timestamp.display_with_offset(*offset)),
            Self::Date(date) => write!(f, "{date}"),
        }
    }
}

/// The text is neither an RFC 3339 instant nor an ISO 8601 date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {0:?} as an RFC 3339 time or an ISO 8601 date")]
pub struct NotATime(pub String);

impl FromStr for StatedTime {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        if text.len() == 10 {
            return text.parse().map(Self::Date).map_err(|_| NotATime(text.to_owned()));
        }
        let pieces =
            jiff::fmt::temporal::DateTimeParser::new().parse_pieces(text).map_err(|_| NotATime(text.to_owned()))?;
        let (Some(time), Some(offset)) = (pieces.time(), pieces.to_numeric_offset()) else {
            return Err(NotATime(text.to_owned()));
        };
        offset
            .to_timestamp(pieces.date().to_datetime(time))
            .map(|timestamp| Self::Instant(timestamp, offset))
            .map_err(|_| NotATime(text.to_owned()))
    }
}

impl Serialize for StatedTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StatedTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, written: &str, utc: &str) {
        let time: StatedTime = text.parse().unwrap();
        assert_eq!(time.to_string(), written);
        assert_eq!(time.utc().to_string(), utc);
    }

    #[test]
    fn keeps_the_publishers_offset_and_bare_dates() {
        check("2020-09-29T18:05:00+03:00", "2020-09-29T18:05:00+03:00", "2020-09-29T15:05:00Z");
        check("2020-09-29T15:05:00Z", "2020-09-29T15:05:00Z", "2020-09-29T15:05:00Z");
        check("2020-09-29", "2020-09-29", "2020-09-29T00:00:00Z");
    }

    #[test]
    fn a_time_without_a_zone_is_no_instant() {
        assert!("2020-09-29T15:05:00".parse::<StatedTime>().is_err());
        assert!("yesterday".parse::<StatedTime>().is_err());
    }
}
