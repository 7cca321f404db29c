//! Long work says on a terminal how far it has come, and nowhere else.

use crate::{
    harness::{Site, dateline, finished},
    replay,
};
use std::process::Command;

/// What a terminal is shown of a verb, with these variables set.
fn on_a_terminal(site: &Site, verb: &str, variables: &[(&str, &str)]) -> String {
    let program = dateline().get_program().to_str().unwrap().to_owned();
    let line = format!("'{program}' {verb} --config '{}'", site.path("dateline.toml").display());
    let mut command = Command::new("script");
    command.args(["-q", "-e", "-c", &line, "/dev/null"]).env("TERM", "xterm").env_remove("CI").env_remove("NO_COLOR");
    command.envs(variables.iter().copied());
    let output = finished(&mut command);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn a_terminal_is_told_how_far_long_work_has_come() {
    let site = Site::new();
    replay::told(&site);
    let said = on_a_terminal(&site, "audit", &[]);
    assert!(
        said.contains(" records (") && said.contains("\u{1b}[2K") && said.contains("G1, G2 and G3 hold"),
        "{said:?}"
    );
    let said = on_a_terminal(&site, "replay", &[]);
    assert!(said.contains(" frames, ") && said.contains(" left ("), "{said:?}");
    for variable in [("NO_COLOR", "1"), ("CI", "true"), ("TERM", "dumb")] {
        let said = on_a_terminal(&site, "audit", &[variable]);
        assert!(said.contains("hold") && !said.contains('\u{1b}'), "{said:?}");
    }
    let plain = finished(site.command("audit").env_remove("NO_COLOR").env("TERM", "xterm"));
    assert!(plain.status.success() && plain.stderr.is_empty(), "{}", String::from_utf8_lossy(&plain.stderr));
}
