//! What is wrong with a configuration, for the person at the terminal: each problem in a line of its own, and where a
//! person looks, the line of the file with carets under the place.

use super::show::{Style, Tone};
use crate::{
    cli::ProblemFormat,
    config::{Place, Problem, Problems, Source},
};
use std::{
    collections::BTreeMap,
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

/// Says all of it on standard error.
#[expect(clippy::print_stderr, reason = "problems are for the person at the terminal; logging is not set up yet")]
pub(super) fn print(problems: &Problems, format: Option<ProblemFormat>) {
    let terminal = if std::io::stderr().is_terminal() { ProblemFormat::Pretty } else { ProblemFormat::Lines };
    let pretty = format.unwrap_or(terminal) == ProblemFormat::Pretty;
    let (style, mut sources) = (Style::of_stderr(), Sources::default());
    for problem in &problems.0 {
        eprintln!("{problem}");
        if let Some(lines) = pretty.then(|| sources.lines(style, problem)).flatten() {
            eprintln!("{lines}\n");
        }
    }
    let n = problems.0.len();
    eprintln!("{n} {} in the configuration", if n == 1 { "problem" } else { "problems" });
}

/// The files that problems are in, each read once; none for one that cannot be.
#[derive(Default)]
pub(super) struct Sources(BTreeMap<PathBuf, Option<Source>>);

impl Sources {
    /// The line that a problem stands in, and carets under the place.
    pub(super) fn lines(&mut self, style: Style, problem: &Problem) -> Option<String> {
        let Place::File { path, .. } = &problem.place else { return None };
        let source = self.0.entry(path.clone()).or_insert_with(|| text(path).map(Source::new)).as_ref()?;
        let excerpt = source.excerpt(&problem.place)?;
        let number = excerpt.line.to_string();
        let gutter = |head: &str| style.paint(Tone::Faint, &format!("{head:>width$} |", width = number.len()));
        let marked = style.paint(Tone::Bad, &excerpt.marked);
        let carets = style.paint(Tone::Bad, &excerpt.carets());
        Some(format!("{} {}{marked}{}\n{} {carets}", gutter(&number), excerpt.before, excerpt.after, gutter("")))
    }
}

/// A pipe has been read already and would not end.
fn text(path: &Path) -> Option<String> {
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    std::fs::read(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
