//! The tutorial and the recipes are executed as they are written: every block of commands, in order, in one shell and a
//! directory of its own, and what they say is printed is printed. Also the reference of the command line, which is made
//! from its definition.

use crate::{
    harness::{dateline, finished},
    ports,
};
use clap::{Command, CommandFactory as _};
use dateline::cli::Cli;
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process,
};

/// One block of commands with what the document shows as its output; `…` stands for what varies.
struct Block {
    place: String,
    commands: String,
    shown: Option<String>,
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The blocks of a document but those that say `<!-- not run: why -->` above themselves.
fn blocks(name: &str) -> Vec<Block> {
    let text = std::fs::read_to_string(path(name)).unwrap();
    let mut blocks: Vec<Block> = Vec::new();
    let (mut lines, mut before) = (text.lines().enumerate(), "");
    let mut shows = false;
    while let Some((number, line)) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            if !line.is_empty() {
                before = line;
                shows = false;
            }
            continue;
        };
        let body = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
        let body = body.fold(String::new(), |body, line| body + line + "\n");
        let run = !before.starts_with("<!-- not run: ");
        match language {
            "sh" if run => {
                blocks.push(Block { place: format!("{name}:{}", number + 1), commands: body, shown: None });
            }
            "text" if shows => blocks.last_mut().unwrap().shown = Some(body),
            _ => {}
        }
        shows = run && language == "sh";
        before = "";
    }
    blocks
}

/// Whether a text is what is shown, however wide its columns are.
fn is_as_shown(shown: &str, printed: &str) -> bool {
    let squeezed = |text: &str| {
        let lines = text.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>().join("\n")
    };
    let (shown, printed) = (squeezed(shown), squeezed(printed));
    let Some((head, rest)) = shown.split_once('…') else { return shown == printed };
    let (middle, tail) = rest.rsplit_once('…').unwrap_or(("", rest));
    let Some(mut between) = printed.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail)) else { return false };
    middle.split('…').all(|part| {
        let found = between.split_once(part);
        between = found.map_or("", |(_, after)| after);
        found.is_some()
    })
}

#[test]
fn the_tutorial_and_the_recipes_do_what_they_say() {
    let directory = tempfile::tempdir().unwrap();
    let blocks: Vec<Block> = ["docs/TUTORIAL.md", "docs/HOWTO.md"].into_iter().flat_map(blocks).collect();
    assert!(blocks.len() > 20, "{}", blocks.len());

    // The ports that the documents name may be taken.
    let free = ports::free(2);
    let [page, site] = [free[0], free[1]].map(|port| port.to_string());
    let mark = "=== block ";
    // What runs in the background ends with the shell.
    let mut script = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n".to_owned();
    for (number, block) in blocks.iter().enumerate() {
        let _ = writeln!(script, "echo; echo '{mark}{number}'\n{}", block.commands);
    }
    let script = script.replace("8640", &page).replace("8900", &site);

    let program = PathBuf::from(dateline().get_program());
    let mut search = vec![program.parent().unwrap().to_owned()];
    search.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let out = directory.path().join("printed");
    let printed = std::fs::File::create(&out).unwrap();
    // One that hangs has failed.
    let status = process::Command::new("timeout")
        .args(["-k", "10", "300", "bash", "-c", &script])
        .current_dir(directory.path())
        .env("PATH", std::env::join_paths(search).unwrap())
        .env("HOME", directory.path())
        .env("NO_COLOR", "1")
        .env("DATELINE__STATUS__LISTEN", format!("127.0.0.1:{page}"))
        .env_remove("DATELINE_CONFIG")
        .stdin(process::Stdio::null())
        .stderr(printed.try_clone().unwrap())
        .stdout(printed)
        .status()
        .unwrap();
    let said = std::fs::read_to_string(&out).unwrap().replace(&page, "8640").replace(&site, "8900");
    let mut outputs = said.split(mark).skip(1).map(|part| part.split_once('\n').unwrap().1);
    for block in &blocks {
        let Block { place, commands, shown } = block;
        let printed = outputs.next().unwrap_or_else(|| panic!("{place} is not reached:\n{said}"));
        if let Some(shown) = shown {
            assert!(is_as_shown(shown, printed), "{place}:\n{commands}shows\n{shown}and prints\n{printed}");
        }
    }
    assert!(status.success(), "{status}, the last block ends with:\n{said}");
}

#[test]
fn what_is_shown_is_compared() {
    for (shown, printed, same) in [
        ("a  b\n", "a b\n\n", true),
        ("a … c", "a b b c", true),
        ("a\n…\nd", "a\nb\nc\nd", true),
        ("a … c", "a b d", false),
        ("a", "a b", false),
        ("b …", "a b c", false),
        ("a … b … b", "a x b", false),
    ] {
        assert_eq!(is_as_shown(shown, printed), same, "{shown:?} {printed:?}");
    }
}

/// `docs/CLI.md`: the help of every verb, as `--help` prints it where it is wide enough.
fn reference() -> String {
    let mut out =
        "# The command line\n\nEvery verb with its help. Written by `just cli-reference` from the program itself; \
                   a test compares.\n"
            .to_owned();
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    fn add(out: &mut String, command: &Command) {
        let name = command.get_bin_name().unwrap_or("dateline");
        let help = command.clone().term_width(100).render_long_help().to_string();
        let lines = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        let _ = write!(out, "\n## {name}\n\n```text\n{lines}\n```\n");
        command.get_subcommands().for_each(|verb| add(out, verb));
    }
    add(&mut out, &program);
    out
}

#[test]
fn the_reference_of_the_command_line_is_the_program_s() {
    let file = path("docs/CLI.md");
    if std::env::var_os("DATELINE_WRITE_CLI").is_some() {
        std::fs::write(&file, reference()).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == reference(), "docs/CLI.md is stale: `just cli-reference` writes it anew");
    // And what is written there is what the program prints.
    let printed = finished(dateline().args(["demo", "--help"]));
    let printed = String::from_utf8(printed.stdout).unwrap();
    let first = printed.lines().next().unwrap();
    assert!(!first.is_empty() && written.contains(first), "{printed}");
}

/// How a heading is called in links: lower case, hyphens for spaces, nothing else.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().trim().replace(' ', "-").to_lowercase()
}

#[test]
fn links_of_the_documents_lead_somewhere() {
    let mut documents: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(path).into();
    let listed = std::fs::read_dir(path("docs")).unwrap().map(|entry| entry.unwrap().path());
    documents.extend(listed.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    let index = std::fs::read_to_string(path("docs/README.md")).unwrap();
    let mut problems = Vec::new();
    for document in &documents {
        let text = std::fs::read_to_string(document).unwrap();
        let name = document.file_name().unwrap().to_string_lossy();
        if !index.contains(&*name) && name != "README.md" {
            problems.push(format!("docs/README.md does not name {name}"));
        }
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
            let to = if file.is_empty() { document.clone() } else { document.parent().unwrap().join(file) };
            let there = to.exists()
                && (fragment.is_empty()
                    || std::fs::read_to_string(&to).is_ok_and(|text| {
                        text.lines().any(|line| line.starts_with('#') && anchor(line.trim_matches('#')) == fragment)
                    }));
            if !there {
                problems.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
