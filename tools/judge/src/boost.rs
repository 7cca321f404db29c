//! Grows boosted trees: gradient boosting of the logistic loss (Friedman 2001), trees grown leaf by leaf where a split gains
//! most, on values sorted into bins, each on a part of the examples and of what is seen of them.

use dateline::extract::trees::Tree;

const PACE: f32 = 0.08;
/// The fewest examples of a leaf.
const FEWEST: u32 = 15;
/// Shares of the examples, and of what is seen, that a tree is grown on: in eighths.
const OF_EXAMPLES: u64 = 6;
const OF_SEEN: u64 = 4;
/// Most values told apart.
const BINS: usize = 64;

/// How many trees, and of how many leaves each.
#[derive(Clone, Copy)]
pub struct Size {
    pub trees: usize,
    pub leaves: usize,
}

/// An example: what is seen, whether it is so, and how much it weighs.
pub struct Row {
    pub seen: Vec<f32>,
    pub right: bool,
    pub weight: f32,
}

/// A leaf while the tree grows: its examples, and the best split of them.
struct Leaf {
    rows: Vec<u32>,
    sums: Sums,
    split: Option<Split>,
    /// Where it hangs in the tree.
    path: Vec<bool>,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    slope: f32,
    bend: f32,
    count: u32,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.slope += other.slope;
        self.bend += other.bend;
        self.count += other.count;
    }

    fn less(self, other: Self) -> Self {
        Self { slope: self.slope - other.slope, bend: self.bend - other.bend, count: self.count - other.count }
    }

    fn worth(self) -> f32 {
        self.slope * self.slope / (self.bend + 1e-3)
    }
}

struct Split {
    gain: f32,
    at: usize,
    bin: u8,
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// The most of each bin, of what is seen at each place.
fn edges(rows: &[&Row]) -> Vec<Vec<f32>> {
    let places = rows.first().map_or(0, |row| row.seen.len());
    (0..places)
        .map(|at| {
            let mut values: Vec<f32> = rows.iter().map(|row| row.seen[at]).collect();
            values.sort_by(f32::total_cmp);
            let mut edges = values.clone();
            edges.dedup();
            if edges.len() > BINS {
                edges = (1..BINS).map(|bin| values[bin * values.len() / BINS]).collect();
                edges.dedup();
            }
            edges
        })
        .collect()
}

/// The trees that tell these examples apart.
pub fn grow(rows: &[&Row], size: Size) -> Vec<Tree> {
    let edges = edges(rows);
    let bins: Vec<Vec<u8>> = (edges.iter().enumerate())
        .map(|(at, edges)| rows.iter().map(|row| edges.partition_point(|edge| *edge < row.seen[at]) as u8).collect())
        .collect();
    let mut odds = vec![0.0_f32; rows.len()];
    let mut random = Random(1);
    let mut trees = Vec::new();
    for _ in 0..size.trees {
        let sums: Vec<Sums> = (rows.iter().zip(&odds))
            .map(|(row, odds)| {
                let share = 1.0 / (1.0 + (-odds).exp());
                let slope = share - f32::from(u8::from(row.right));
                Sums { slope: row.weight * slope, bend: row.weight * share * (1.0 - share), count: 1 }
            })
            .collect();
        let taken: Vec<u32> = (0..rows.len() as u32).filter(|_| random.below(8) < OF_EXAMPLES).collect();
        let places: Vec<usize> = (0..edges.len()).filter(|_| random.below(8) < OF_SEEN).collect();
        let tree = tree(taken, &sums, &bins, &edges, &places, size.leaves);
        for (row, odds) in rows.iter().zip(&mut odds) {
            *odds += tree.adds(&row.seen);
        }
        trees.push(tree);
    }
    trees
}

fn leaf(rows: Vec<u32>, path: Vec<bool>, sums: &[Sums], bins: &[Vec<u8>], places: &[usize]) -> Leaf {
    let mut whole = Sums::default();
    rows.iter().for_each(|row| whole.add(sums[*row as usize]));
    let mut best: Option<Split> = None;
    for at in places {
        let mut of_bin = [Sums::default(); BINS + 1];
        for row in &rows {
            of_bin[usize::from(bins[*at][*row as usize])].add(sums[*row as usize]);
        }
        let mut lower = Sums::default();
        for (bin, sums) in of_bin.iter().enumerate() {
            lower.add(*sums);
            let upper = whole.less(lower);
            if lower.count < FEWEST || upper.count < FEWEST || sums.count == 0 {
                continue;
            }
            let gain = lower.worth() + upper.worth() - whole.worth();
            if gain > best.as_ref().map_or(1e-6, |best| best.gain) {
                best = Some(Split { gain, at: *at, bin: bin as u8 });
            }
        }
    }
    Leaf { rows, sums: whole, split: best, path }
}

fn tree(rows: Vec<u32>, sums: &[Sums], bins: &[Vec<u8>], edges: &[Vec<f32>], places: &[usize], most: usize) -> Tree {
    let mut leaves = vec![leaf(rows, Vec::new(), sums, bins, places)];
    let mut branches: Vec<(Vec<bool>, u8, f32)> = Vec::new();
    while leaves.len() < most {
        let gain = |leaf: &Leaf| leaf.split.as_ref().map_or(0.0, |split| split.gain);
        let Some(most) = (0..leaves.len()).max_by(|one, other| gain(&leaves[*one]).total_cmp(&gain(&leaves[*other])))
        else {
            break;
        };
        let Leaf { rows, split: Some(Split { at, bin, .. }), path, .. } = leaves.swap_remove(most) else { break };
        let (lower, upper): (Vec<u32>, Vec<u32>) = rows.into_iter().partition(|row| bins[at][*row as usize] <= bin);
        branches.push((path.clone(), at as u8, edges[at][usize::from(bin)]));
        for (side, rows) in [(false, lower), (true, upper)] {
            let path = path.iter().copied().chain([side]).collect();
            leaves.push(leaf(rows, path, sums, bins, places));
        }
    }
    hang(&[], &branches, &leaves)
}

/// The part of the tree at this path.
fn hang(path: &[bool], branches: &[(Vec<bool>, u8, f32)], leaves: &[Leaf]) -> Tree {
    if let Some((_, at, most)) = branches.iter().find(|branch| branch.0 == path) {
        let side = |upper| hang(&[path, &[upper]].concat(), branches, leaves);
        return Tree::Branch(*at, *most, Box::new([side(false), side(true)]));
    }
    let leaf = leaves.iter().find(|leaf| leaf.path == path).expect("a leaf at the end of each path");
    Tree::Leaf(-PACE * leaf.sums.slope / (leaf.sums.bend + 1e-3))
}
