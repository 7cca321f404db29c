//! States and provinces as datelines shorten them: "Ga.", "B.C.".
//!
//! In: what is written behind a town. Out: the division. What holds: running text is never searched for them, so "La" and
//! "Miss" do no harm. The forms are those of the stylebooks of AP and of The Canadian Press; what a table of names has ("Calif.")
//! is here again.

use super::{Place, Places};

const ABBREVIATED: [(&str, &str); 54] = [
    ("Ala.", "US-AL"),
    ("Ariz.", "US-AZ"),
    ("Ark.", "US-AR"),
    ("Calif.", "US-CA"),
    ("Colo.", "US-CO"),
    ("Conn.", "US-CT"),
    ("D.C.", "US-DC"),
    ("Del.", "US-DE"),
    ("Fla.", "US-FL"),
    ("Ga.", "US-GA"),
    ("Ill.", "US-IL"),
    ("Ind.", "US-IN"),
    ("Kan.", "US-KS"),
    ("Ky.", "US-KY"),
    ("La.", "US-LA"),
    ("Mass.", "US-MA"),
    ("Md.", "US-MD"),
    ("Mich.", "US-MI"),
    ("Minn.", "US-MN"),
    ("Miss.", "US-MS"),
    ("Mo.", "US-MO"),
    ("Mont.", "US-MT"),
    ("N.C.", "US-NC"),
    ("N.D.", "US-ND"),
    ("N.H.", "US-NH"),
    ("N.J.", "US-NJ"),
    ("N.M.", "US-NM"),
    ("N.Y.", "US-NY"),
    ("Neb.", "US-NE"),
    ("Nev.", "US-NV"),
    ("Okla.", "US-OK"),
    ("Ore.", "US-OR"),
    ("Pa.", "US-PA"),
    ("R.I.", "US-RI"),
    ("S.C.", "US-SC"),
    ("S.D.", "US-SD"),
    ("Tenn.", "US-TN"),
    ("Va.", "US-VA"),
    ("Vt.", "US-VT"),
    ("W.Va.", "US-WV"),
    ("Wash.", "US-WA"),
    ("Wis.", "US-WI"),
    ("Wyo.", "US-WY"),
    ("Alta.", "CA-AB"),
    ("B.C.", "CA-BC"),
    ("Man.", "CA-MB"),
    ("N.B.", "CA-NB"),
    ("N.L.", "CA-NL"),
    ("N.S.", "CA-NS"),
    ("N.W.T.", "CA-NT"),
    ("Ont.", "CA-ON"),
    ("P.E.I.", "CA-PE"),
    ("Que.", "CA-QC"),
    ("Sask.", "CA-SK"),
];

impl Places {
    /// The division of a country that is written so behind a town.
    pub(crate) fn behind_town(&self, written: &str, country: &str) -> Option<&Place> {
        let (_, code) = ABBREVIATED.iter().find(|(short, _)| *short == written).copied().unzip();
        let known = code.and_then(|code| self.by_id(code)).or_else(|| self.division(written, country));
        known.filter(|place| place.iso2.as_deref() == Some(country))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_abbreviation_is_of_a_division() {
        let places = Places::new();
        assert!(ABBREVIATED.iter().all(|(_, code)| places.by_id(code).is_some()));
        let code =
            |written: &str, country| places.behind_town(written, country).and_then(|place| place.subdivision.clone());
        assert_eq!(code("Ga.", "US").as_deref(), Some("US-GA"));
        assert_eq!(code("Maine", "US").as_deref(), Some("US-ME"));
        assert_eq!(code("Ga.", "CA"), None);
    }
}
