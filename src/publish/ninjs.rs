//! The article as IPTC ninjs 3.1, for newsrooms whose systems read that, and the way back.
//!
//! In comes the flat record, out goes an object with three members: `schema`, `ninjs`, which validates against the
//! closed schema of the IPTC, and `ext`, the flat record without the texts that ninjs carries as they are. ninjs names
//! the story and what it is about, as a rendering: an address is made a URI, a bare date is no time and left out. What it
//! rests on, spans, confidences and rules included, is in `ext`, so that nothing is lost. A member that is not known is
//! absent, never a guess.

use super::{
    encode::ARTICLE_NINJS_SCHEMA,
    route::{self, Label, Stamp},
};
use crate::model::{ArticleRecord, Change, Completeness, Entity, EntityType, Field, Hash, Record, StatedTime};
use jiff::Timestamp;
use regex::Regex;
use serde_json::{Map, Value, json};
use std::{borrow::Cow, collections::HashSet, sync::LazyLock};
use unicode_segmentation::UnicodeSegmentation as _;
use url::Url;

/// The `$id` of the IPTC's schema.
pub const STANDARD: &str = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#";

/// The fields of the flat record that stand in `ninjs` as they are, and where.
pub(super) const CARRIED: [(&str, &str); 4] = [
    ("language", "/ninjs/language"),
    ("headline", "/ninjs/headlines/0/value"),
    ("summary", "/ninjs/descriptions/0/value"),
    ("body", "/ninjs/bodies/0/value"),
];

/// The record of an article in this form.
pub(super) fn record(stamp: &Stamp<'_>, label: Label<'_>, value: &ArticleRecord, first_seen: Timestamp) -> Record {
    let label = Label { schema: Some(ARTICLE_NINJS_SCHEMA), ..label };
    route::json(stamp, &label, &article(value, stamp.hash, first_seen))
}

/// Its value.
pub(super) fn article(record: &ArticleRecord, hash: &Hash, first_seen: Timestamp) -> Value {
    let ext = serde_json::to_value(record).expect("records have string keys and finite numbers");
    let mut value = json!({
        "schema": ARTICLE_NINJS_SCHEMA,
        "ninjs": without_nothing(ninjs(record, hash, first_seen)),
        "ext": ext,
    });
    if let Some(ext) = value["ext"].as_object_mut() {
        ext.retain(|field, _| CARRIED.iter().all(|(carried, _)| carried != field));
    }
    value
}

/// Whether the value of an article has this form.
pub(super) fn is_ninjs(value: &[u8]) -> bool {
    let beginning = format!("{{\"schema\":\"{ARTICLE_NINJS_SCHEMA}\"");
    value.starts_with(beginning.as_bytes())
}

/// The flat form of an article's value, whichever it has. What cannot be read is left as it is, for the reader to say so.
pub fn flat(value: &[u8]) -> Cow<'_, [u8]> {
    let read = || {
        let mut value: Value = serde_json::from_slice(value).ok()?;
        let carried =
            CARRIED.map(|(field, place)| (field.to_owned(), value.pointer_mut(place).map_or(Value::Null, Value::take)));
        let mut record: Map<String, Value> = serde_json::from_value(value.get_mut("ext")?.take()).ok()?;
        record.extend(carried);
        serde_json::to_vec(&record).ok()
    };
    if is_ninjs(value) { read().map_or(Cow::Borrowed(value), Cow::Owned) } else { Cow::Borrowed(value) }
}

fn ninjs(record: &ArticleRecord, hash: &Hash, first_seen: Timestamp) -> Value {
    let wire = &record.wire;
    let text = |role, value: &Option<String>| {
        value.as_ref().map(|value| json!([{ "role": role, "contentType": "text/plain", "value": value }]))
    };
    let withheld =
        |until: Timestamp| record.change != Change::EmbargoLift && record.observed.is_some_and(|at| at < until);
    let status = match wire.embargo_until {
        _ if record.change == Change::Kill => "canceled",
        Some(until) if withheld(until) => "withheld",
        _ => "usable",
    };
    let created = match record.published {
        Some(time @ StatedTime::Instant(..)) => date_time(time.to_string()),
        // ninjs has no room for a date without a time of day.
        Some(StatedTime::Date(_)) | None => None,
    };
    let alt_ids = [
        ("guid", record.guid.clone()),
        ("permalink", record.canonical_url.clone().or_else(|| record.url.clone())),
        ("hash", Some(hash.0.clone())),
        ("story", record.duplicate.story.clone()),
    ];
    let mut bodies = text("main", &record.body);
    if let (Some(bodies), Some(body)) = (&mut bodies, &record.body) {
        bodies[0]["charCount"] = json!(body.chars().count());
        bodies[0]["wordCount"] = json!(body.unicode_words().count());
    }
    let holder = record.rights.as_deref().and_then(holder);
    let (notice, terms) = if holder.is_some() { (&record.rights, &None) } else { (&None, &record.rights) };
    let authors: Vec<&str> = record.authors.iter().filter_map(|author| author.name.as_deref()).collect();
    let rel = relations(record);
    let named = |kinds: &[EntityType]| -> Vec<Value> {
        let of_kind = record.entities.iter().filter(|entity| kinds.contains(&entity.kind));
        of_kind.map(|entity| concept(entity, rel(entity))).collect()
    };
    json!({
        "uri": format!("urn:dateline:{}", encoded(&record.id.0)),
        "type": "text",
        "representationType": if record.completeness == Completeness::Full { "full" } else { "partial" },
        "version": record.revision.to_string(),
        "firstCreated": date_time(first_seen.to_string()),
        "versionCreated": record.observed.and_then(|time| date_time(time.to_string())),
        "contentCreated": created,
        "embargoedUntil": wire.embargo_until.and_then(|time| date_time(time.to_string())),
        "pubStatus": status,
        "urgency": wire.urgency.filter(|urgency| (1..=9).contains(urgency)),
        "title": wire.slug.as_ref().or(record.headline.as_ref()),
        "headlines": text("main", &record.headline),
        "descriptions": text("summary", &record.summary),
        "bodies": bodies,
        "language": record.language,
        "by": wire.byline.clone().or_else(|| (!authors.is_empty()).then(|| authors.join(", "))),
        "located": wire.dateline.as_ref().and_then(|dateline| dateline.place.as_ref()),
        "slugline": wire.slug,
        "edNote": wire.editors_note,
        "genres": genres(record),
        "people": named(&[EntityType::Person]),
        "organisations": named(&[EntityType::Organisation]),
        "places": named(&[EntityType::Place, EntityType::Facility]),
        "events": named(&[EntityType::Event]),
        "objects": named(&[EntityType::Product, EntityType::Work]),
        "subjects": subjects(record, &rel),
        "infoSources": sources(record),
        "renditions": renditions(record),
        "associations": pictures(record),
        "altIds": alt_ids
            .into_iter()
            .filter_map(|(role, value)| Some(json!({ "role": role, "value": value? })))
            .collect::<Vec<_>>(),
        "copyrightHolder": holder,
        "copyrightNotice": notice,
        "usageTerms": terms,
        "standard": { "name": "ninjs", "version": "3.1", "schema": STANDARD },
    })
}

/// ninjs knows neither null nor lists of nothing.
fn without_nothing(value: Value) -> Value {
    let is_nothing = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !is_nothing(value))
            .map(|(name, value)| (name, without_nothing(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(without_nothing).collect(),
        other => other,
    }
}

/// RFC 3339 has years of four digits only.
fn date_time(text: String) -> Option<String> {
    text.find('-').is_some_and(|at| at == 4).then_some(text)
}

/// An address as RFC 3986 has it; browsers, after whose rules addresses are read, let more characters stand.
fn uri(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let (whole, fragment) = (url.as_str(), url.fragment());
    let before = whole.strip_suffix(fragment.unwrap_or_default()).unwrap_or(whole);
    // Brackets are for addresses of IPv6 alone; what has such a host points at nobody's news.
    let host_is_name = url.host_str().is_none_or(|host| !host.starts_with('['));
    host_is_name.then(|| format!("{}{}", encoded(before), encoded(&fragment.unwrap_or_default().replace('#', "%23"))))
}

/// Everything that a URI cannot hold, in percents.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let escape = || bytes.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
        let stands = match byte {
            b'%' => escape(),
            _ => byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=".contains(byte),
        };
        if stands { out.push(char::from(*byte)) } else { out.push_str(&format!("%{byte:02X}")) }
    }
    out
}

/// How a story stands to who is named in it: it quotes them, is about what its headline names, or mentions them.
fn relations(record: &ArticleRecord) -> impl Fn(&Entity) -> &'static str {
    let quoted: HashSet<&str> = record.quotes.iter().filter_map(|quote| quote.speaker_entity.as_deref()).collect();
    move |entity| {
        if entity.mentions.iter().any(|mention| mention.span.field == Field::Headline) {
            "about"
        } else if quoted.contains(entity.id.as_str()) {
            "quotes"
        } else {
            "mentions"
        }
    }
}

/// An entity as ninjs names people, organisations, places and so on; `literal` is its id in `ext`.
fn concept(entity: &Entity, rel: &str) -> Value {
    let bases = [
        ("wikidata", "http://www.wikidata.org/entity/", ""),
        ("geonames", "https://sws.geonames.org/", "/"),
        ("iso3166-1", "http://cvx.iptc.org/iso3166-1a2/", ""),
    ];
    let uri = bases
        .iter()
        .find_map(|(source, before, after)| Some(format!("{before}{}{after}", encoded(entity.links.get(*source)?))));
    json!({
        "name": entity.name,
        "rel": rel,
        "uri": uri,
        "literal": entity.id,
        "geoJSON": entity.coordinates.map(|point| json!({ "type": "Point", "coordinates": [point.lon, point.lat] })),
    })
}

/// The publisher's categories, and what is named besides and has no list of its own.
fn subjects(record: &ArticleRecord, rel: &impl Fn(&Entity) -> &'static str) -> Vec<Value> {
    let publisher = record.feed.title.as_deref().unwrap_or(&record.feed.id.0);
    let category = |name: &String| {
        let topic = newscode("mediatopic", name);
        json!({ "name": name, "rel": "category", "uri": topic, "literal": name, "creator": publisher })
    };
    let named = record.entities.iter().filter(|entity| matches!(entity.kind, EntityType::Disease | EntityType::Group));
    let subject = |entity: &Entity| {
        let mut subject = concept(entity, rel(entity));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "of a number from 0 to 100")]
        let relevance = (entity.salience.clamp(0.0, 1.0) * 100.0).round() as u8;
        subject["relevance"] = json!(relevance);
        subject["creator"] = json!(record.produced_by.program);
        subject
    };
    record.categories.iter().map(category).chain(named.map(subject)).collect()
}

/// Genres that the publisher states as a category or in the slug; plain news states none.
fn genres(record: &ArticleRecord) -> Vec<Value> {
    let stated = record.categories.iter().chain(&record.wire.slug);
    stated.filter_map(|name| Some(json!({ "name": name, "uri": newscode("genre", name)? }))).collect()
}

/// The term of a vocabulary of the IPTC whose name this is, letter for letter but for its case.
fn newscode(vocabulary: &str, name: &str) -> Option<String> {
    let name = name.trim().to_lowercase();
    let lines =
        include_str!("newscodes.tsv").lines().filter_map(|line| line.strip_prefix(vocabulary)?.strip_prefix('\t'));
    let mut terms = lines.filter_map(|line| line.split_once('\t'));
    let (code, _) = terms.find(|(_, names)| names.split(';').any(|own| own == name))?;
    Some(format!("http://cv.iptc.org/newscodes/{vocabulary}/{code}"))
}

/// Who wrote it, and through whom it came.
fn sources(record: &ArticleRecord) -> Vec<Value> {
    let agency = record.wire.agency.as_ref().map(|agency| json!({ "name": agency, "role": "originator" }));
    let feed = &record.feed;
    let distributor = json!({
        "name": feed.title.as_ref().unwrap_or(&feed.id.0),
        "role": "distributor",
        "uri": feed.url.as_deref().and_then(uri),
        "literal": feed.id,
    });
    agency.into_iter().chain([distributor]).collect()
}

fn renditions(record: &ArticleRecord) -> Vec<Value> {
    let attached = record.enclosures.iter().enumerate().filter_map(|(n, enclosure)| {
        let href = uri(&enclosure.url)?;
        let (kind, size) = (&enclosure.media_type, enclosure.length);
        Some(json!({ "name": format!("enclosure-{}", n + 1), "href": href, "contentType": kind, "sizeInBytes": size }))
    });
    attached.collect()
}

fn pictures(record: &ArticleRecord) -> Vec<Value> {
    let pictures = record.images.iter().enumerate().filter_map(|(n, image)| {
        let href = uri(image)?;
        let rendition = json!([{ "name": "main", "href": href }]);
        Some(json!({ "name": format!("picture-{}", n + 1), "uri": href, "type": "picture", "renditions": rendition }))
    });
    pictures.collect()
}

/// Whom a notice of copyright names: `NTB` in "© 2021 NTB. All rights reserved."; none in what is no such notice.
fn holder(rights: &str) -> Option<String> {
    static NOTICE: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r"(?i)^(?:(?:copyright|©|\(c\))[\s:]*)+(?:\d{4}(?:\s*[-–]\s*\d{4})?[\s,]*)?(?:by\s+)?(\S.*?)[\s.,;–-]*(?:all rights reserved\W*)?$";
        Regex::new(pattern).expect("it compiles")
    });
    NOTICE.captures(rights.trim()).map(|found| found[1].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_uris_or_nothing() {
        for (address, expected) in [
            ("https://wire.example/a?b=1#c", Some("https://wire.example/a?b=1#c")),
            ("https://wire.example/a b|c?d={e}^%zz", Some("https://wire.example/a%20b%7Cc?d=%7Be%7D%5E%25zz")),
            ("https://wire.example/?a[]=1#b#c", Some("https://wire.example/?a%5B%5D=1#b%23c")),
            (
                "https://пример.рф/новости",
                Some("https://xn--e1afmkfd.xn--p1ai/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8"),
            ),
            ("http://[::1]/", None),
            ("no address", None),
        ] {
            assert_eq!(uri(address).as_deref(), expected);
        }
    }

    #[test]
    fn a_notice_names_its_holder_and_terms_name_none() {
        for (rights, expected) in [
            ("© 2021 NTB. All rights reserved.", Some("NTB")),
            (
                "Copyright (c) 2013-2020 The News Agency, www.tna.example - all rights reserved.",
                Some("The News Agency, www.tna.example"),
            ),
            ("Copyright CNN", Some("CNN")),
            ("Free for use with a credit", None),
            ("Copyright", None),
            ("", None),
        ] {
            assert_eq!(holder(rights).as_deref(), expected, "{rights}");
        }
    }

    #[test]
    fn a_category_is_a_media_topic_only_by_its_name() {
        assert_eq!(newscode("mediatopic", " Health").unwrap(), "http://cv.iptc.org/newscodes/mediatopic/07000000");
        assert_eq!(newscode("mediatopic", "Health news"), None);
        assert_eq!(newscode("genre", "Health"), None);
    }
}
