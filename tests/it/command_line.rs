//! What is made from the definition of the command line: completions and manual pages, for every verb and every flag.

use crate::harness::{dateline, fed, finished};
use clap::{Command, CommandFactory as _};
use dateline::cli::Cli;
use std::collections::BTreeMap;

/// Every verb and verb of a verb, by the words that are typed for it, with its flags.
fn verbs() -> BTreeMap<String, Vec<String>> {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let mut verbs = BTreeMap::new();
    let mut open: Vec<&Command> = vec![&program];
    while let Some(command) = open.pop() {
        open.extend(command.get_subcommands());
        let flags = command.get_arguments().filter_map(|argument| argument.get_long()).map(|flag| format!("--{flag}"));
        verbs.insert(command.get_bin_name().unwrap_or("dateline").to_owned(), flags.collect());
    }
    assert!(verbs.len() > 25, "{verbs:?}");
    verbs
}

#[test]
fn every_verb_has_a_manual_page_with_its_flags() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().join("man1");
    let written = finished(dateline().args(["man", "--dir"]).arg(&directory));
    assert!(written.status.success(), "{written:?}");
    let verbs = verbs();
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), verbs.len());
    for (verb, flags) in verbs {
        let page = std::fs::read(directory.join(format!("{}.1", verb.replace(' ', "-")))).unwrap();
        let printed = finished(dateline().arg("man").args(verb.split(' ').skip(1)));
        assert!(printed.stdout == page, "{verb}: what is printed is not what is written");
        let page = String::from_utf8(page).unwrap().replace("\\-", "-");
        for part in
            ["EXAMPLES", "EXIT STATUS", "FILES", "ENVIRONMENT", "DATELINE_CONFIG", "/etc/dateline/dateline.toml"]
        {
            assert!(page.contains(part), "{verb}: {part}");
        }
        for flag in flags {
            assert!(page.contains(&format!("{flag}\\fR")), "{verb}: {flag}: {page}");
        }
        // Where there is a typesetter, it has no complaint.
        if let Ok(groff) = std::process::Command::new("groff").arg("-v").output().and(Ok("groff")) {
            let complaints =
                fed(std::process::Command::new(groff).args(["-man", "-ww", "-Tutf8", "-z"]), page.as_bytes());
            assert_eq!(String::from_utf8_lossy(&complaints.stderr), "", "{verb}");
        }
    }
    assert_eq!(finished(dateline().args(["man", "feeds", "chek"])).status.code(), Some(2));
}

#[test]
fn every_shell_completes_every_verb_and_flag() {
    for shell in ["bash", "zsh", "fish"] {
        let output = finished(dateline().args(["completions", shell]));
        assert!(output.status.success(), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        for (verb, flags) in verbs() {
            let last = verb.rsplit(' ').next().unwrap();
            assert!(script.contains(last), "{shell}: {verb}");
            for flag in flags {
                // fish writes a flag without its hyphens.
                let written = if shell == "fish" { format!("-l {} ", &flag[2..]) } else { flag };
                assert!(format!("{script} ").replace('\n', " ").contains(&written), "{shell}: {verb} {written}");
            }
        }
        // The shell itself finds no fault with it, where it is installed.
        if std::process::Command::new(shell).arg("--version").output().is_ok() {
            let checked = fed(std::process::Command::new(shell).arg("-n"), script.as_bytes());
            assert!(checked.status.success() && checked.stderr.is_empty(), "{shell}: {checked:?}");
        }
    }
    assert_eq!(finished(dateline().args(["completions", "cobol"])).status.code(), Some(2));
}
