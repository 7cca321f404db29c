//! Boosted trees over a few numbers.
//!
//! In: the bytes of a model, and what is seen of a thing. Out: log odds. The bytes are the nodes of all trees, each before
//! those below it and the lower side first: one byte for what is looked at, or 255, and a little-endian float, which is
//! the most of the lower side, or what a leaf adds.

use crate::model::Span;

/// One of several things that may hold of a figure.
pub struct Candidate<T> {
    /// What would hold.
    pub value: T,
    /// What is seen of it.
    pub seen: Vec<f32>,
}

/// A figure of which one of several things holds.
pub struct Asked<T> {
    /// The number.
    pub span: Span,
    /// The things; the first is what the rules say.
    pub candidates: Vec<Candidate<T>>,
}

/// Which of several things holds, by how likely each is: the first, unless another is likelier by `margin` in log odds.
pub fn chosen<T>(asked: &Asked<T>, margin: f32, odds: impl Fn(&[f32]) -> f32) -> usize {
    let score = |(n, one): (usize, &Candidate<T>)| (n, odds(&one.seen) - if n > 0 { margin } else { 0.0 });
    let scores = asked.candidates.iter().enumerate().map(score);
    scores.max_by(|one, other| one.1.total_cmp(&other.1)).map_or(0, |(best, _)| best)
}

/// Where nothing is looked at.
const LEAF: u8 = u8::MAX;

/// Bytes of a node.
const NODE: usize = 5;

/// A tree, while it is grown.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// What it adds to the log odds.
    Leaf(f32),
    /// What is looked at, the most of the lower side, the lower side and the upper.
    Branch(u8, f32, Box<[Tree; 2]>),
}

/// The bytes of a model.
pub fn bytes(trees: &[Tree]) -> Vec<u8> {
    let mut all = Vec::new();
    trees.iter().for_each(|tree| tree.write(&mut all));
    all
}

impl Tree {
    fn write(&self, all: &mut Vec<u8>) {
        let (at, number) = match self {
            Self::Leaf(adds) => (LEAF, adds),
            Self::Branch(at, most, _) => (*at, most),
        };
        all.push(at);
        all.extend(number.to_le_bytes());
        if let Self::Branch(_, _, sides) = self {
            sides.iter().for_each(|side| side.write(all));
        }
    }

    /// What it adds for what is seen.
    pub fn adds(&self, seen: &[f32]) -> f32 {
        match self {
            Self::Leaf(adds) => *adds,
            Self::Branch(at, most, sides) => {
                let [lower, upper] = &**sides;
                if seen.get(usize::from(*at)).is_none_or(|seen| seen <= most) { lower } else { upper }.adds(seen)
            }
        }
    }
}

/// A node as it is walked: the lower side is the next one.
struct Node {
    at: u8,
    number: f32,
    upper: u32,
}

/// The trees of a model.
pub(super) struct Trees {
    nodes: Vec<Node>,
    roots: Vec<u32>,
}

impl Trees {
    #[expect(clippy::cast_possible_truncation, reason = "some thousand nodes")]
    pub(super) fn new(bytes: &[u8]) -> Self {
        let mut nodes: Vec<Node> = Vec::with_capacity(bytes.len() / NODE);
        let mut roots = Vec::new();
        // Branches whose upper side is still to come.
        let mut open: Vec<usize> = Vec::new();
        let mut begins = true;
        for node in bytes.chunks_exact(NODE) {
            let &[at, a, b, c, d] = node else { continue };
            if begins {
                roots.push(nodes.len() as u32);
            }
            nodes.push(Node { at, number: f32::from_le_bytes([a, b, c, d]), upper: 0 });
            begins = false;
            if at != LEAF {
                open.push(nodes.len() - 1);
            } else {
                let next = nodes.len() as u32;
                match open.pop().and_then(|branch| nodes.get_mut(branch)) {
                    Some(branch) => branch.upper = next,
                    None => begins = true,
                }
            }
        }
        Self { nodes, roots }
    }

    /// The log odds of what is seen.
    pub(super) fn odds(&self, seen: &[f32]) -> f32 {
        self.roots.iter().map(|root| self.walk(*root, seen)).sum()
    }

    fn walk(&self, mut at: u32, seen: &[f32]) -> f32 {
        while let Some(node) = self.nodes.get(at as usize) {
            match seen.get(usize::from(node.at)) {
                None => return node.number,
                Some(seen) => at = if *seen <= node.number { at + 1 } else { node.upper },
            }
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_grown_is_what_is_walked() {
        let leaf = |adds| Tree::Leaf(adds);
        let inner = Tree::Branch(1, 2.0, Box::new([leaf(1.0), leaf(2.0)]));
        let left = Tree::Branch(0, 0.5, Box::new([inner.clone(), leaf(4.0)]));
        let right = Tree::Branch(1, -1.0, Box::new([leaf(8.0), inner]));
        let grown = [left, leaf(16.0), right];
        let trees = Trees::new(&bytes(&grown));
        for seen in [[0.0, 0.0], [0.5, 2.5], [1.0, -1.0], [1.0, 3.0], [f32::NAN, 0.0]] {
            assert!(
                (trees.odds(&seen) - grown.iter().map(|tree| tree.adds(&seen)).sum::<f32>()).abs() < 1e-6,
                "{seen:?}"
            );
        }
        assert!((trees.odds(&[0.0, 0.0]) - (1.0 + 16.0 + 1.0)).abs() < f32::EPSILON);
    }
}
