//! What is known about the pages of single publishers.
//!
//! In: the address of a page. Out: the names (class or id) of the elements that hold this publisher's stories, and of
//! those that do not. The table `publishers.tsv` has a row for each oddity; a row serves all hosts below its domain, and
//! a name that a redesign took away costs nothing.

use std::sync::LazyLock;

/// What a publisher's page builders do.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Publisher {
    /// Names of elements that hold the story.
    pub body: Vec<&'static str>,
    /// Names of elements that never hold it.
    pub outside: Vec<&'static str>,
}

static ROWS: LazyLock<Vec<(&'static str, &'static str, &'static str)>> = LazyLock::new(|| {
    include_str!("publishers.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut fields = line.split('\t');
            Some((fields.next()?, fields.next()?, fields.next()?))
        })
        .collect()
});

/// The publisher of a page.
pub fn publisher(address: &str) -> Publisher {
    let mut publisher = Publisher::default();
    let Some(host) = url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)) else {
        return publisher;
    };
    for (domain, what, names) in ROWS.iter() {
        let is_below = host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        match *what {
            _ if !is_below => {}
            "body" => publisher.body.extend(names.split(' ')),
            _ => publisher.outside.extend(names.split(' ')),
        }
    }
    publisher
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_serves_the_hosts_below_its_domain() {
        assert!(publisher("https://www.xinhuanet.com/a").body.contains(&"detail"));
        assert_eq!(publisher("https://notxinhuanet.com/a"), Publisher::default());
        assert_eq!(publisher("no address"), Publisher::default());
    }

    #[test]
    fn every_row_says_something() {
        for (domain, what, names) in ROWS.iter() {
            assert!(domain.contains('.') && matches!(*what, "body" | "outside") && !names.is_empty(), "{domain}");
        }
    }
}
