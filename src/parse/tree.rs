//! A document as a flat list of elements, in document order, with no pointers upwards but indexes.
//!
//! `repair` builds it; the readers of RSS and Atom walk it. Nothing here recurses.

use super::namespaces::Space;
use std::ops::Range;

/// The place of an element in its [`Tree`].
pub(super) type Node = usize;

/// One element.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) space: Space,
    /// Local name, lower case.
    pub(super) name: String,
    /// Names with their canonical prefix, lower case.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) parent: Option<Node>,
    pub(super) children: Vec<Node>,
    /// Its character data, without that of its children.
    pub(super) has_text: bool,
    /// Where its content stands in [`Tree::document`].
    pub(super) inner: Range<usize>,
    /// Where it begins there.
    pub(super) start: usize,
    /// Where it ends there.
    pub(super) end: usize,
    /// The document ended inside it.
    pub(super) unfinished: bool,
}

/// A repaired document.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Well-formed XML, all character data escaped, no CDATA, no document type.
    pub(super) document: String,
    pub(super) elements: Vec<Element>,
}

impl Tree {
    pub(super) fn get(&self, node: Node) -> Option<&Element> {
        self.elements.get(node)
    }

    /// The children of an element, with their numbers.
    pub(super) fn children(&self, node: Node) -> impl Iterator<Item = (Node, &Element)> {
        self.get(node)
            .into_iter()
            .flat_map(|element| &element.children)
            .filter_map(|child| Some((*child, self.get(*child)?)))
    }

    /// The first child of that name.
    pub(super) fn child(&self, node: Node, space: Space, name: &str) -> Option<Node> {
        self.children(node).find(|(_, child)| child.space == space && child.name == name).map(|(child, _)| child)
    }

    /// An attribute of an element.
    pub(super) fn attribute(&self, node: Node, name: &str) -> Option<&str> {
        self.get(node)?.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// An attribute of an element or of the nearest element around it that has it.
    pub(super) fn inherited(&self, node: Node, name: &str) -> Option<&str> {
        let mut at = Some(node);
        while let Some(node) = at {
            if let Some(value) = self.attribute(node, name) {
                return Some(value);
            }
            at = self.get(node)?.parent;
        }
        None
    }

    /// The content as it stands in the repaired document.
    pub(super) fn raw(&self, node: Node) -> &str {
        self.get(node).and_then(|element| self.document.get(element.inner.clone())).unwrap_or_default()
    }
}
