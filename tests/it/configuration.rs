//! What the command line says of a configuration, from outside: its problems, and where its values come from.

use crate::harness::{dateline, finished};
use std::{fs, path::Path, process::Output};

/// The program, asked in this directory, with nothing of the environment that could name another configuration.
fn ask(directory: &Path, words: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = dateline();
    command.args(words).current_dir(directory).env("HOME", directory).env("STATE_DIRECTORY", directory.join("state"));
    finished(command.env_remove("XDG_CONFIG_HOME").envs(variables.iter().copied()))
}

/// What was said on standard error, with the directory taken out.
fn complaint(output: &Output, directory: &Path) -> String {
    String::from_utf8_lossy(&output.stderr).replace(&format!("{}/", directory.display()), "")
}

#[test]
fn a_refused_configuration_is_shown_with_carets_and_without_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let main = "[fetch]\n\tjitter = \"much\"\n[publish.kafka.librdkafka]\n\"sasl.password\" = 4711 # hunter2\n";
    fs::write(directory.join("dateline.toml"), main).unwrap();
    let lines = ask(directory, &["validate"], &[]);
    assert_eq!(lines.status.code(), Some(78));
    let lines = complaint(&lines, directory);
    let jitter = lines.lines().next().unwrap();
    assert!(jitter.starts_with("dateline.toml:2:11: fetch.jitter: invalid type: string \"much\""), "{lines}");
    assert!(lines.ends_with("\n2 problems in the configuration\n") && lines.lines().count() == 3, "{lines}");

    let pretty = ask(directory, &["validate", "--format", "pretty"], &[]);
    let said = complaint(&pretty, directory);
    let expected = format!(
        "{jitter}\n2 |     jitter = \"much\"\n  |              ^^^^^^\n\n\
         dateline.toml:4:19: publish.kafka.librdkafka.sasl.password: expected a string\n\
         4 | \"sasl.password\" = …\n  |                   ^\n\n2 problems in the configuration\n"
    );
    assert_eq!((pretty.status.code(), said), (Some(78), expected));
    // Every verb that refuses says the lines.
    let run = ask(directory, &["run", "--once"], &[]);
    assert_eq!((run.status.code(), complaint(&run, directory)), (Some(78), lines));
}
