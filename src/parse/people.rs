//! Who wrote an entry: elements with parts, or a line of text in one of the forms that publishers write.
//!
//! In: an element of the tree, or text. Out: [`Author`]s, each person once.

use super::{
    construct::characters,
    entry::{Document, all},
    namespaces::Space,
    namespaces::Space::{Atom, Dc, DcTerms, Itunes, Rss},
    plain,
    tree::{Node, Tree},
};
use crate::model::Author;

const AUTHORS: [(Space, &str); 6] =
    [(Rss, "author"), (Atom, "author"), (Dc, "creator"), (DcTerms, "creator"), (Dc, "author"), (Itunes, "author")];

/// Authors of an entry; of what it was taken from, where it names none; else of its feed, as Atom has it.
pub(super) fn of_entry(document: &Document<'_>, fields: &[Node], node: Node) -> Vec<Author> {
    let authors = named(document, fields);
    if !authors.is_empty() {
        return authors;
    }
    let source = document.tree.child(node, Atom, "source");
    let authors = source.map(|source| of_feed(document, source)).unwrap_or_default();
    if authors.is_empty() { document.authors.clone() } else { authors }
}

/// Authors that the head of an Atom feed names: they are the authors of every entry that names none.
pub(super) fn of_feed(document: &Document<'_>, node: Node) -> Vec<Author> {
    let own: Vec<Node> =
        document.tree.children(node).filter(|(_, child)| child.space == Atom).map(|(found, _)| found).collect();
    named(document, &own)
}

fn named(document: &Document<'_>, fields: &[Node]) -> Vec<Author> {
    let mut authors: Vec<Author> = Vec::new();
    for found in all(document.tree, fields, &AUTHORS) {
        let Some(author) = person(document, found) else { continue };
        // The same person is often named twice, once for each vocabulary.
        let same = |known: &Author| known == &author || (author.name.is_some() && known.name == author.name);
        if !authors.iter().any(same) {
            authors.push(author);
        }
    }
    authors
}

fn person(document: &Document<'_>, node: Node) -> Option<Author> {
    let tree: &Tree = document.tree;
    let part = |names: &[&str]| {
        tree.children(node)
            .find(|(_, child)| names.contains(&child.name.as_str()))
            .and_then(|(found, _)| characters(tree, found))
    };
    let author = if tree.get(node)?.children.is_empty() {
        in_text(&characters(tree, node)?)
    } else {
        let name = part(&["name"]).and_then(|name| plain::line(&name));
        let uri = part(&["uri", "url", "homepage"]).and_then(|uri| document.base.absolute_at(tree, node, &uri));
        let email = part(&["email"]).map(|email| email.trim_start_matches("mailto:").to_owned());
        let author = Author { name, email, uri };
        if author == Author::default() { in_text(&characters(tree, node)?) } else { author }
    };
    (author != Author::default()).then_some(author)
}

/// `desk@agency.example (Jane Doe)`, `Jane Doe <desk@agency.example>`, `Jane Doe (http://agency.example/jane)`, `Jane Doe`.
pub(super) fn in_text(text: &str) -> Author {
    // "<a href='…'>Jane Doe</a>": a name with a link is a name.
    if text.contains("</") {
        return Author { name: plain::line(text), ..Author::default() };
    }
    let is_mark = |c: char| c.is_whitespace() || "()<>[],;\"«»“”„".contains(c);
    let mut words = text.split(is_mark).map(|word| word.trim_start_matches("mailto:"));
    let is_mail = |word: &&str| word.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    let email = words.clone().find(is_mail);
    let uri = words.find(|word| word.starts_with("http://") || word.starts_with("https://"));
    let mut name = text.to_owned();
    for known in email.iter().chain(&uri) {
        name = name.replace("mailto:", "").replace(known, " ");
    }
    let name = match (email, uri) {
        (None, None) => plain::line(&name),
        _ => {
            // Brackets that held the address are empty now.
            let name = name.replace("( )", "").replace("< >", "");
            plain::line(name.trim_matches(is_mark))
        }
    };
    Author { name, email: email.map(str::to_owned), uri: uri.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: Option<&str>, email: Option<&str>, uri: Option<&str>) {
        let author = in_text(text);
        assert_eq!((author.name.as_deref(), author.email.as_deref(), author.uri.as_deref()), (name, email, uri));
    }

    #[test]
    fn lines_are_taken_apart() {
        let (name, mail) = (Some("Ana Lima"), Some("ana@wire.example"));
        check("Ana Lima", name, None, None);
        check("ana@wire.example", None, mail, None);
        check("ana@wire.example (Ana Lima)", name, mail, None);
        check("Ana Lima (ana@wire.example)", name, mail, None);
        check("Ana Lima <ana@wire.example>", name, mail, None);
        check("\"Ana Lima\" <mailto:ana@wire.example>", name, mail, None);
        check("Ana Lima, ana@wire.example", name, mail, None);
        check("ana+desk@wire.example", None, Some("ana+desk@wire.example"), None);
        check("Ana Lima (https://wire.example/ana)", name, None, Some("https://wire.example/ana"));
        check("Ana Lima (Lisbon desk)", Some("Ana Lima (Lisbon desk)"), None, None);
        check("<a href=\"https://wire.example/ana\">Ana Lima</a>", name, None, None);
        check("@analima", Some("@analima"), None, None);
    }
}
