//! The definition itself, and that nothing written about it is stale.

use super::*;
use clap::CommandFactory as _;

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn the_samples_of_the_documents_are_taken() {
    let documents = [
        include_str!("../../README.md"),
        include_str!("../../docs/OPERATING.md"),
        include_str!("../../docs/GUARANTEES.md"),
        include_str!("../../docs/FEEDS.md"),
        include_str!("../../docs/TUTORIAL.md"),
        include_str!("../../docs/HOWTO.md"),
    ];
    // Every other part between fences is a sample.
    let fenced = documents.iter().flat_map(|text| text.split("```").skip(1).step_by(2));
    for sample in fenced.flat_map(str::lines).filter(|line| line.starts_with("dateline ")) {
        let words = words(sample.split(" #").next().unwrap_or_default());
        if let Err(error) = Cli::try_parse_from(words) {
            panic!("{sample}: {error}");
        }
    }
}

#[test]
fn moments_are_times_dates_or_how_long_ago() {
    for text in ["2020-10-01T00:00:00Z", "2020-10-01T02:00:00+02:00", "2020-10-01"] {
        assert_eq!(moment(text).unwrap().to_string(), "2020-10-01T00:00:00Z");
    }
    let ago = Timestamp::now().duration_since(moment("36h").unwrap());
    // The clock may be set a little between the two looks at it.
    assert!((ago - SignedDuration::from_hours(36)).abs() < SignedDuration::from_mins(1), "{ago}");
    assert!(moment("yesterday").unwrap_err().contains("how long ago"));
}

/// Every verb, by the words that are typed for it, and those above it.
fn walk<'c>(command: &'c clap::Command, above: &[&'c clap::Command], visit: &mut impl FnMut(&[&'c clap::Command])) {
    let path = [above, &[command]].concat();
    visit(&path);
    command.get_subcommands().for_each(|verb| walk(verb, &path, visit));
}

/// The words of a shell's line, as far as examples need them: quotes, and the ends of commands and redirections.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match c {
            '\'' | '"' if quote.is_none() => quote = Some(c),
            _ if quote == Some(c) => quote = None,
            '|' | '<' | '>' | '&' if quote.is_none() => {
                // `2>`: the number is the redirection's.
                words.pop_if(|word| c == '>' && word == "2");
                break;
            }
            ' ' if quote.is_none() => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The command of an example: after what is set or piped into it, before what is said of it.
fn command_of(example: &str) -> Option<&str> {
    let start = example.rfind("| dateline ").map(|at| at + 2).or_else(|| {
        let at = example.find("dateline ")?;
        let before = example.get(..at)?;
        before.split_whitespace().all(|word| word.contains('=')).then_some(at)
    })?;
    let command = example.get(start..)?;
    Some(command.split("   ").next().unwrap_or(command))
}

#[test]
fn every_verb_explains_itself_and_its_examples_are_taken() {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let (mut problems, mut examples) = (Vec::new(), 0);
    walk(&program, &[], &mut |path| {
        let command = path.last().unwrap();
        let name = command.get_bin_name().unwrap_or("dateline").to_owned();
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        if command.get_about().is_none() {
            problems.push(format!("{name}: no description"));
        }
        if !help.starts_with("Examples:\n") {
            problems.push(format!("{name}: no examples"));
        }
        if !help.contains("Exit codes") && !help.contains("Exits 0") {
            problems.push(format!("{name}: no exit codes"));
        }
        for argument in command.get_arguments() {
            if argument.get_help().is_none_or(|help| help.to_string().len() < 8) {
                problems.push(format!("{name}: {} has no words", argument.get_id()));
            }
        }
        let lines = help.lines().skip(1).take_while(|line| !line.is_empty());
        for example in lines.filter(|line| line.starts_with("  ") && !line.starts_with("    ")) {
            examples += 1;
            match command_of(example.trim()).map(|command| Cli::try_parse_from(words(command))) {
                Some(Ok(_)) => {}
                Some(Err(error)) => problems.push(format!("{name}: {example}: {error}")),
                None => problems.push(format!("{name}: no command: {example}")),
            }
        }
    });
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(examples > 60, "{examples}");
}
