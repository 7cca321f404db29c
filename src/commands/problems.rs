//! What is wrong with a configuration, for the person at the terminal: each problem in a line of its own, and where a
//! person looks, the line of the file with carets under the place.

use super::show::{Style, Tone};
use crate::{
    cli::ProblemFormat,
    config::{Excerpt, Place, Problem, Problems},
};
use std::{io::IsTerminal as _, path::Path};

/// Says all of it on standard error.
#[expect(clippy::print_stderr, reason = "problems are for the person at the terminal; logging is not set up yet")]
pub(super) fn print(problems: &Problems, format: Option<ProblemFormat>) {
    let terminal = if std::io::stderr().is_terminal() { ProblemFormat::Pretty } else { ProblemFormat::Lines };
    let pretty = format.unwrap_or(terminal) == ProblemFormat::Pretty;
    let style = Style::of_stderr();
    for problem in &problems.0 {
        eprintln!("{problem}");
        if let Some(lines) = pretty.then(|| lines(style, problem)).flatten() {
            eprintln!("{lines}\n");
        }
    }
    let n = problems.0.len();
    eprintln!("{n} {} in the configuration", if n == 1 { "problem" } else { "problems" });
}

/// The line that a problem stands in, and carets under the place.
pub(super) fn lines(style: Style, problem: &Problem) -> Option<String> {
    let Place::File { path, .. } = &problem.place else { return None };
    let excerpt = Excerpt::of(&problem.place, &text(path)?)?;
    let number = excerpt.line.to_string();
    let gutter = |head: &str| style.paint(Tone::Faint, &format!("{head:>width$} |", width = number.len()));
    let marked = style.paint(Tone::Bad, &excerpt.marked);
    let carets = style.paint(Tone::Bad, &excerpt.carets());
    Some(format!("{} {}{marked}{}\n{} {carets}", gutter(&number), excerpt.before, excerpt.after, gutter("")))
}

/// A pipe has been read already and would not end.
fn text(path: &Path) -> Option<String> {
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    std::fs::read(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
