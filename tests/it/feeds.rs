//! `dateline feeds` from outside, with the samples of docs/FEEDS.md.

use crate::harness::{Reply, Server, Site, dateline, fed, finished};
use serde_json::Value;
use std::process::Output;

/// The fenced block that follows a mark in docs/FEEDS.md.
fn sample(mark: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FEEDS.md");
    let text = std::fs::read_to_string(path).unwrap();
    let after = text.split(&format!("<!-- sample: {mark} -->")).nth(1).unwrap_or_else(|| panic!("no sample {mark}"));
    after.split("```").nth(1).unwrap().split_once('\n').unwrap().1.to_owned()
}

/// What was printed, with the server called as the document calls it, and columns as wide as they may be.
fn told(output: &Output, server: &Server) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let named = text.replace(&server.url(""), "https://wire.example");
    named.replace(&server.authority().replace(':', "-"), "wire.example")
}

fn squeezed(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

const WORLD: &str = "<rss version='2.0'><channel><title>Example Wire</title><language>en</language>\
    <link rel='hub' href='https://hub.example/'/>\
    <item><guid>1</guid><title>One</title><link>/1</link><description>Short.</description><pubDate>Tue, 29 Sep 2020 18:05:00 GMT</pubDate></item>\
    <item><guid>2</guid><title>Two</title><link>/2</link><description>Short.</description></item></channel></rss>";
const COMMENTS: &str = "<rss version='2.0'><channel><title>Comments on Example Wire</title>\
    <item><guid>c</guid><title>Re</title><link>/1#c</link><description>Indeed.</description><pubDate>Tue, 29 Sep 2020 18:05:00 GMT</pubDate></item></channel></rss>";

fn whole() -> String {
    let story = "The ferry to the island sails again after the storm. ".repeat(40);
    format!(
        "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"Example Wire, whole\",\"items\":[{{\"id\":\"1\",\"url\":\"/1\",\
         \"title\":\"One\",\"content_html\":\"<p>{story}</p>\",\"date_published\":\"2020-09-29T17:00:00Z\"}}]}}"
    )
}

#[test]
fn the_feeds_of_a_site_are_found_read_and_ranked() {
    let server = Server::start();
    server.serve(
        "/",
        Reply::html(
            "<html><head><link rel=alternate type='application/feed+json' href='/feed.json'>\
             <link rel=alternate type='application/rss+xml' href='/world.xml'><link rel=alternate type='application/rss+xml' href='/gone.xml'>\
             <link rel=alternate type='application/rss+xml' href='/page.html'></head>\
             <body><a href='/comments/feed'>Comments feed</a><a href='/world.xml?again'>RSS</a></body></html>",
        ),
    );
    server.serve("/world.xml", Reply::rss(WORLD));
    server.serve("/world.xml?again", Reply::rss(WORLD));
    server.serve("/feed.json", Reply::new("application/feed+json", whole()));
    server.serve("/comments/feed", Reply::rss(COMMENTS));
    server.serve("/page.html", Reply::html("<html>no feed</html>"));
    let discover = |url: &str, more: &[&str]| {
        finished(dateline().args(["feeds", "discover", url, "--allow", &server.authority()]).args(more))
    };
    let output = discover(&server.url("/"), &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = told(&output, &server);
    // Only the address under `allow` is no part of the sample.
    let said: Vec<String> = squeezed(&said).into_iter().filter(|line| !line.contains("allow = [")).collect();
    assert_eq!(said, squeezed(&sample("discover")), "{}", said.join("\n"));

    // A feed's own address is one, and without a page that names any the usual places are tried, where robots.txt allows.
    let json = |output: &Output| serde_json::from_slice::<Value>(&output.stdout).unwrap();
    let given = json(&discover(&server.url("/world.xml"), &["--format", "json"]));
    assert_eq!((given[0]["reason"].as_str(), given[0]["items"].as_u64()), (Some("as given"), Some(2)));
    let bare = Server::start();
    bare.serve("/", Reply::html("<html><body>Welcome</body></html>"));
    bare.serve("/robots.txt", Reply::new("text/plain", "User-agent: *\nDisallow: /feed\n"));
    bare.serve("/feed", Reply::rss(WORLD));
    bare.serve("/rss.xml", Reply::rss(COMMENTS));
    let output = finished(dateline().args([
        "feeds",
        "discover",
        &bare.url("/"),
        "--format",
        "json",
        "--allow",
        &bare.authority(),
    ]));
    let found = json(&output);
    let place = bare.url("/rss.xml");
    assert_eq!((found.as_array().unwrap().len(), found[0]["url"].as_str()), (1, Some(place.as_str())));
    assert!(bare.requests("/feed").is_empty());
    // Without `allow` the guard stands.
    let refused = finished(dateline().args(["feeds", "discover", &bare.url("/")]));
    assert_eq!(refused.status.code(), Some(69));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("address_refused"));
}

#[test]
fn lists_go_in_and_out() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let import = |list: &str| fed(dateline().args(["feeds", "import", "-"]), list.as_bytes());
    let output = import(&sample("list"));
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), sample("blocks"));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), sample("notes"));

    std::fs::write(at("feeds.toml"), sample("blocks")).unwrap();
    std::fs::write(at("dateline.toml"), "data_dir = \"data\"\n").unwrap();
    let config = at("dateline.toml");
    let exported = finished(dateline().args(["feeds", "export", "--config"]).arg(&config));
    assert!(exported.status.success());
    // What is exported is what was imported, and is all configured already.
    std::fs::write(at("list.opml"), &exported.stdout).unwrap();
    let again = import(std::str::from_utf8(&exported.stdout).unwrap());
    let blocks = String::from_utf8(again.stdout).unwrap();
    assert_eq!(blocks, sample("blocks").replace("# htmlurl: https://wire.example/\n", ""));
    let output = at("imported.toml");
    let mut command = dateline();
    command.args(["feeds", "import", "--config"]).arg(&config).arg("--output").arg(&output).arg(at("list.opml"));
    let known = finished(&mut command);
    assert!(known.status.success() && String::from_utf8_lossy(&known.stderr).contains("configured already"));
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "");
    assert_eq!(finished(&mut command).status.code(), Some(74), "a file that is there is not written over");
    assert_eq!(import("<html>").status.code(), Some(65));
}

#[test]
fn a_check_says_of_every_feed_how_it_is() {
    let site = Site::new();
    site.feed("moved", "full_text = true");
    site.feed("world", "");
    site.feed("closed", "");
    site.server.serve("/world.xml", Reply::rss(WORLD));
    let mut moved = Reply::status(301);
    moved.headers.push(("Location".to_owned(), site.server.url("/new.xml")));
    site.server.serve("/moved.xml", moved);
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><title>Moved</title><entry><id>1</id><title>One</title><summary>Short.</summary>\
        <updated>2020-09-29T18:05:00Z</updated></entry></feed>";
    let mut new = Reply::new("application/atom+xml", atom);
    new.conditional = false;
    site.server.serve("/new.xml", new);
    let check = |more: &[&str]| {
        let command = site.command("feeds");
        let config = command.get_args().last().unwrap().to_owned();
        finished(dateline().args(["feeds", "check", "--config"]).arg(config).args(more))
    };
    let output = check(&[]);
    assert_eq!(output.status.code(), Some(1));
    let said = squeezed(&told(&output, &site.server));
    assert_eq!(said, squeezed(&sample("check")), "{}", said.join("\n"));
    assert_eq!(site.server.requests("/world.xml").len(), 2);
    let one = check(&["--format", "json", "world"]);
    assert_eq!(one.status.code(), Some(0));
    let rows: Value = serde_json::from_slice(&one.stdout).unwrap();
    assert_eq!(rows[0]["state"], "odd");
    assert_eq!((&rows[0]["found"]["validators"], &rows[0]["found"]["text"]), (&"kept".into(), &"leads".into()));
    assert_eq!(check(&["nobody"]).status.code(), Some(2));
}

#[test]
fn a_block_is_generated_of_what_a_feed_and_its_server_say() {
    let server = Server::start();
    let mut home = Reply::status(301);
    home.headers.push(("Location".to_owned(), server.url("/world/rss.xml")));
    server.serve("/old.xml", home);
    let items: String = (1..9)
        .map(|n| {
            format!("<item><guid>{n}</guid><title>{n}</title><pubDate>Tue, 29 Sep 2020 0{n}:00:00 GMT</pubDate></item>")
        })
        .collect();
    let head =
        "<title>Example Wire</title><language>en</language><ttl>12</ttl><link rel='hub' href='https://hub.example/'/>";
    let mut feed = Reply::rss(format!("<rss version='2.0'><channel>{head}{items}</channel></rss>"));
    feed.headers.push(("Cache-Control".to_owned(), "max-age=90".to_owned()));
    server.serve("/world/rss.xml", feed);
    let link = "<link rel=alternate type='application/rss+xml' href='/world/rss.xml'>";
    server.serve("/", Reply::html(format!("<html><head>{link}</head><body>News</body></html>")));
    server.serve("/none", Reply::html("<html><body>Nothing</body></html>"));
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("feeds.toml");
    let generate = |path: &str, more: &[&str]| {
        let mut command = dateline();
        command.args(["generate", "feed", "--allow", &server.authority()]).args(more).arg(server.url(path));
        finished(command.current_dir(directory.path()))
    };
    let output = generate("/old.xml", &[]);
    let said = told(&output, &server);
    let said: Vec<&str> = said.lines().filter(|line| !line.contains("allow = [")).collect();
    assert_eq!(said.join("\n").trim_end(), sample("generate").trim_end());

    // A list keeps what it has, byte for byte, and takes each feed once.
    let before = "# Ours.\r\n[[feed]]\r\nid = 'a'\r\nurl = 'https://a.example/'";
    std::fs::write(&list, before).unwrap();
    let append = ["--append", "feeds.toml"];
    let output = generate("/", &append);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let after = std::fs::read_to_string(&list).unwrap();
    assert!(after.starts_with(&format!("{before}\n\n[[feed]]\nid = ")), "{after}");
    std::fs::write(directory.path().join("dateline.toml"), "data_dir = 'data'\n").unwrap();
    let validated = finished(dateline().args(["validate", "--config", "dateline.toml"]).current_dir(directory.path()));
    assert!(String::from_utf8_lossy(&validated.stdout).contains("2 feeds"), "{validated:?}");
    for (path, more, code, words) in [
        ("/world/rss.xml", &["--id", "other"][..], 1, "has a feed of this address"),
        ("/old.xml", &[], 1, "has a feed of this id"),
        ("/world/rss.xml", &["--id", "No Name"], 2, "id: not a name"),
        ("/none", &[], 1, "error: "),
        ("/gone", &[], 69, "error: http_status"),
    ] {
        let output = generate(path, &[&append[..], more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() == Some(code) && said.contains(words),
            "{path} {more:?}: {:?} {said}",
            output.status
        );
    }
    assert_eq!(std::fs::read_to_string(&list).unwrap(), after);
    // A feed that is there under its address of old is there.
    std::fs::write(&list, format!("[[feed]]\nid = 'a'\nurl = '{}'\n", server.url("/old.xml"))).unwrap();
    assert_eq!(generate("/old.xml", &append).status.code(), Some(1));
    // What is no list stays as it is too.
    std::fs::write(&list, "feed = [{ id = 'a', url = 'https://a.example/' }]\n").unwrap();
    assert_eq!(generate("/", &append).status.code(), Some(78));
    assert!(std::fs::read_to_string(&list).unwrap().starts_with("feed = [{"));
}
