//! Pure: what stands between us and a document. A bot check, a consent page or a login page is named as such and never
//! taken for the document.
//!
//! The marks are rows of `walls.tsv`. A page that was asked for as a page is judged by fewer of them, since the scripts
//! of such services, and login forms, stand on ordinary pages too.

use super::{
    Wants,
    problem::{BOT_CHECK, CONSENT_PAGE, LOGIN_PAGE, issue},
};
use crate::model::Issue;
use std::sync::LazyLock;
use url::Url;

/// Marks are looked for in so much of a body.
pub(super) const HEAD: usize = 64 << 10;
/// A page with more text than this is no wall, whatever it holds.
const LARGEST_WALL: usize = 512 << 10;

/// What came, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Came<'a> {
    /// The address that answered.
    pub(super) url: &'a Url,
    pub(super) status: u16,
    /// Names in lower case.
    pub(super) headers: &'a [(String, String)],
    /// Decoded, or its head.
    pub(super) body: &'a [u8],
}

struct Mark {
    code: &'static str,
    whose: &'static str,
    place: &'static str,
    text: &'static str,
    /// Says so on an article's page too.
    on_pages: bool,
}

static MARKS: LazyLock<Vec<Mark>> = LazyLock::new(|| {
    let rows = include_str!("walls.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let mut cells = row.split('\t');
        let code = match cells.next()? {
            BOT_CHECK => BOT_CHECK,
            CONSENT_PAGE => CONSENT_PAGE,
            LOGIN_PAGE => LOGIN_PAGE,
            _ => return None,
        };
        let (whose, place, text) = (cells.next()?, cells.next()?, cells.next()?);
        Some(Mark { code, whose, place, text, on_pages: cells.next()? == "page" })
    })
    .collect()
});

/// The wall that this answer is, if it is one.
pub(super) fn find(came: Came<'_>, wants: Wants) -> Option<Issue> {
    let page = match wants {
        Wants::Feed => false,
        Wants::Page => true,
        Wants::Robots => return None,
    };
    if came.body.len() > LARGEST_WALL || !page && !is_markup_of_a_page(came) {
        return None;
    }
    let body = String::from_utf8_lossy(came.body.get(..HEAD).unwrap_or(came.body)).to_lowercase();
    let title = body.split_once("<title").map_or("", |(_, rest)| rest.split("</title").next().unwrap_or_default());
    let path = came.url.path().to_lowercase();
    let host = came.url.host_str().unwrap_or_default();
    let found = MARKS.iter().filter(|mark| mark.on_pages || !page).find(|mark| match mark.place {
        "header" => has_header(came.headers, mark.text),
        "title" => title.contains(mark.text),
        "path" => path.contains(mark.text),
        "host" => host.ends_with(mark.text),
        _ => body.contains(mark.text),
    })?;
    Some(issue(found.code, format!("status {}: {} (\"{}\")", came.status, found.whose, found.text)))
}

fn has_header(headers: &[(String, String)], mark: &str) -> bool {
    let (wanted, beginning) = mark.split_once('=').unwrap_or((mark, ""));
    headers.iter().any(|(name, value)| name == wanted && value.to_ascii_lowercase().starts_with(beginning))
}

/// Whether this can be no feed by its beginning: a web page, or the JSON that some checks answer with. A document that
/// begins like a feed is one, whatever stands in it and whatever its type is said to be.
fn is_markup_of_a_page(came: Came<'_>) -> bool {
    let start = came.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(came.body).trim_ascii_start();
    let start = String::from_utf8_lossy(start.get(..1024).unwrap_or(start)).to_lowercase();
    let root = |name: &str| start.contains(&format!("<{name}")) || start.contains(&format!(":{name} "));
    if ["rss", "feed", "rdf:rdf", "urlset", "channel"].into_iter().any(root) {
        return false;
    }
    let typed = came.headers.iter().any(|(name, value)| name == "content-type" && value.contains("html"));
    ["<!doctype html", "<html", "<head", "<body", "<script", "<meta"].iter().any(|tag| start.contains(tag))
        || typed && !start.starts_with("<?xml")
        || start.starts_with('{') && start.contains("captcha-delivery.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, headers: &[(&str, &str)], body: &str, as_feed: Option<&str>, as_page: Option<&str>) {
        let url = Url::parse(url).unwrap();
        let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let came = Came { url: &url, status: 200, headers: &headers, body: body.as_bytes() };
        let code = |wants| find(came, wants).map(|issue| issue.code);
        assert_eq!(code(Wants::Feed).as_deref(), as_feed, "as a feed: {body}");
        assert_eq!(code(Wants::Page).as_deref(), as_page, "as a page: {body}");
    }

    #[test]
    fn walls_are_named_and_documents_are_not() {
        const AT: &str = "https://wire.example/rss";
        let html = [("content-type", "text/html")];
        assert!(MARKS.len() > 50 && MARKS.iter().all(|mark| mark.text == mark.text.to_lowercase()));
        let bot = Some(BOT_CHECK);
        check(AT, &[("cf-mitigated", "challenge")], "<html>wait</html>", bot, bot);
        check(AT, &html, "<!DOCTYPE html><title>Just a moment...</title>", bot, bot);
        check(AT, &html, "<html><body>Please verify you are human</body></html>", bot, None);
        check(AT, &html, "<html><script src='https://geo.captcha-delivery.com/c.js'></script>", bot, bot);
        check(AT, &[], "{\"url\":\"https://geo.captcha-delivery.com/captcha/?x\"}", bot, bot);
        let consent = Some(CONSENT_PAGE);
        check("https://consent.google.com/ml?continue=x", &html, "<html>Hi</html>", consent, consent);
        check(AT, &html, "<html><body><div id=\"didomi-host\"></div></body></html>", consent, None);
        let login = Some(LOGIN_PAGE);
        check(AT, &html, "<html><form><input type=\"password\"></form></html>", login, None);
        check("https://wire.example/login?next=/rss", &html, "<html>Hello</html>", login, None);
        // A page is a page, and a feed that tells of such things is a feed.
        check(AT, &html, "<html><body><h1>Noon</h1></body></html>", None, None);
        check(
            AT,
            &html,
            "<rss><channel><title>Just a moment</title><item>g-recaptcha</item></channel></rss>",
            None,
            bot,
        );
        check(AT, &[], "<?xml version='1.0'?><feed><title>Robot check</title></feed>", None, bot);
        check(AT, &html, "", None, None);
        check(AT, &[], "{\"items\":[]}", None, None);
    }
}
