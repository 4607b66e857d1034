//! Options from a configuration file: what comes before what, and which files are refused.

use std::fs;
use std::process::Command;

use crate::support::run::json;
use crate::support::{Ran, folder, ndjson_rows, path, program, ran};

const TOKEN: &str = "lk_live_4f1d0c77a9b84e5f9d3c";

struct Home(tempfile::TempDir);

impl Home {
    fn with(file: &str) -> Self {
        let home = folder();
        fs::create_dir_all(home.path().join("north")).unwrap();
        fs::write(home.path().join("config.toml"), file).unwrap();
        Self(home)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command.current_dir(self.0.path()).env("LINQ_EXPORT_CONFIG", "config.toml");
        command
    }

    fn ran(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().unwrap())
    }
}

const FILE: &str = r#"
[defaults]
sandbox = true
sandbox-contacts = 300
rate = 1000
output = "{profile}/contacts.ndjson"
report = "{profile}/report.json"
require = "snapshot"
columns = ["id", "email"]
[profile.north]
require = "complete"
metrics-file = "north/m.prom"
[profile.south]
"#;

fn option(shown: &serde_json::Value, name: &str) -> (String, String) {
    let row = shown["options"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
    (row["value"].as_str().unwrap().to_owned(), row["source"].as_str().unwrap().to_owned())
}

#[test]
fn an_argument_comes_before_a_variable_before_the_profile_before_the_defaults() {
    let home = Home::with(FILE);
    let shown = |variables: &[(&str, &str)]| -> serde_json::Value {
        let mut command = home.command(&["config", "--profile", "north", "--json"]);
        let ran = ran(command.envs(variables.iter().copied()).output().unwrap());
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let found = shown(&[]);
    assert_eq!(option(&found, "require"), ("complete".into(), "profile".into()));
    assert_eq!(option(&found, "columns"), ("id, email".into(), "defaults".into()));
    assert_eq!(option(&found, "timeout"), ("90s".into(), "built-in".into()));
    assert_eq!(option(&found, "output"), ("north/contacts.ndjson".into(), "defaults".into()));
    let found = shown(&[("LINQ_EXPORT_REQUIRE", "counted")]);
    assert_eq!(option(&found, "require"), ("counted".into(), "environment".into()));

    // The same in runs, whose manifests and reports tell what was used.
    let ran = home.ran(&["contacts", "--profile", "north", "-v"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let report = json(home.0.path().join("north/report.json"));
    assert_eq!(report["profile"], "north");
    let metrics = fs::read_to_string(home.0.path().join("north/m.prom")).unwrap();
    assert!(metrics.contains(",profile=\"north\"} 1"), "{metrics}");
    let rows = ndjson_rows(&fs::read_to_string(home.0.path().join("north/contacts.ndjson")).unwrap());
    assert_eq!((rows.len(), rows[0].len()), (300, 2));
    let ran = home.ran(&[
        "contacts",
        "--profile",
        "north",
        "--columns",
        "id",
        "--sandbox-contacts",
        "200",
        "--max-deletes",
        "200",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let rows = ndjson_rows(&fs::read_to_string(home.0.path().join("north/contacts.ndjson")).unwrap());
    assert_eq!((rows.len(), rows[0].len()), (200, 1));
}

#[test]
fn arguments_replace_the_settings_that_they_exclude() {
    let home = Home::with(&FILE.replace("[profile.south]", "[profile.south]\nquiet = true\ntoken-file = \"none\""));
    let file = path(&home.0, "c.ndjson");
    let run = |more: &[&str]| {
        home.ran(&[&["contacts", "--profile", "south", "-o", &file, "--report", "r.json"], more].concat())
    };
    assert_eq!(run(&["--limit", "10"]).code, Some(0), "a limit and the level of the defaults exclude each other");
    let loud = run(&["-v"]);
    assert!(loud.code == Some(0) && loud.stderr.contains("300 contacts on 3 pages"), "{}", loud.stderr);
    let home = Home::with("[defaults]\ntoken-command = \"false\"\noutput = \"c.csv\"\n[profile.a]\ntoken-file = \"t\"");
    let ran = home.ran(&["contacts", "--profile", "a"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("cannot read the token from --token-file t"), "{}", ran.stderr);
    let ran = home.ran(&["contacts", "--profile", "a", "--token-command", "exit 7"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("--token-command: the command failed"), "{}", ran.stderr);
}

#[test]
fn names_are_listed_one_a_line() {
    assert_eq!(Home::with(FILE).ran(&["profiles"]).stdout, "north\nsouth\n");
    assert_eq!(Home::with("[defaults]\nrate = 5").ran(&["profiles"]).stdout, "");
}

#[test]
fn a_check_takes_the_same_settings() {
    let ran = Home::with(FILE).ran(&["check", "--profile", "north"]);
    assert!(ran.stdout.contains("300 on 3 pages") && ran.stdout.contains("north/contacts.ndjson"), "{ran:?}");
}

#[test]
fn bad_files_are_refused_before_anything_is_done() {
    for (file, says) in [
        ("[defaults]\nrate =", "config.toml:2:7: "),
        ("[defaults]\nratee = 5\n[profile.a]", "unknown key ratee; did you mean rate?"),
        ("[defaults]\nport = 5\n[profile.a]", "it is an option of sandbox only"),
        ("[profile.ab]", "there is no profile a; did you mean ab?"),
        ("[profile.a]\nconcurrency = 0", "[profile.a] invalid value '0' for 'concurrency <N>': must be at least 1"),
        ("[profile.a]\ntimeout = [\"1s\", \"2s\"]\n", "[profile.a] timeout takes one value, not a list"),
        ("[profile.a]\nprofile = \"b\"", "unknown key profile: it is for the command line only"),
        ("[profile.a]\nquiet = \"perhaps\"", "[profile.a] invalid value 'perhaps'"),
        ("[profile.a]\nbase-url = \"http://127.0.0.1:1\"", "must also set token-file"),
        ("[defaults]\noutput = \"c.csv\"\n[profile.a]\n[profile.b]", "the profiles a and b have the same output"),
        (&format!("[profile.a]\ntoken = \"{TOKEN}\""), "put it into a file of its own and name that with token-file"),
        (&format!("[profile.a]\nbackoff = \"{TOKEN}\""), "looks like a token"),
        (&format!("[profile.a]\ntoken = \"{TOKEN}\" \""), "config.toml:2:"),
    ] {
        let home = Home::with(file);
        for command in ["check", "contacts"] {
            let ran = home.ran(&[command, "--profile", "a", "-o", "c.ndjson", "--report", "r.json"]);
            assert_eq!(ran.code, Some(2), "{file}: {}", ran.stderr);
            assert!(ran.stderr.contains(says) && !ran.stderr.contains("4f1d"), "{file}: {}", ran.stderr);
            assert_eq!(home.0.path().join("r.json").exists(), command == "contacts");
        }
        assert!(!home.0.path().join("c.ndjson").exists());
        assert!(!fs::read_to_string(home.0.path().join("r.json")).unwrap().contains("4f1d"));
    }
}

#[test]
fn the_placeholder_needs_a_profile() {
    let home = Home::with(FILE);
    let ran = home.ran(&["contacts"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("{profile}: choose a profile with --profile"), "{}", ran.stderr);
    let given = ["contacts", "-o", "c.ndjson", "--report", "r.json", "--require", "any"];
    assert_eq!(home.ran(&given).code, Some(0), "the arguments replace all settings that have it");
}

#[test]
fn only_the_named_file_must_exist_and_none_of_the_working_directory_is_read() {
    let home = Home::with(FILE);
    let missing = home.ran(&["contacts", "--config", "none.toml", "--profile", "north"]);
    assert!(missing.code == Some(2) && missing.stderr.contains("none.toml does not exist"), "{}", missing.stderr);
    fs::create_dir(home.0.path().join("linq-export")).unwrap();
    for name in ["linq-export/config.toml", "linq-export.toml", "config.toml"] {
        fs::write(home.0.path().join(name), "[defaults]\nbase-url = \"http://127.0.0.1:1\"").unwrap();
    }
    let plain = |home_directory: &str| {
        let mut command = program(&["contacts", "--sandbox", "--sandbox-contacts", "5", "-o", "c.ndjson"]);
        command.current_dir(home.0.path()).env("HOME", home_directory).env_remove("XDG_CONFIG_HOME");
        ran(command.output().unwrap())
    };
    assert_eq!(plain("/nowhere").code, Some(0));
    let usual = home.0.path().join(".config/linq-export");
    fs::create_dir_all(&usual).unwrap();
    fs::write(usual.join("config.toml"), "[defaults]\nratee = 5").unwrap();
    assert!(plain(home.0.path().to_str().unwrap()).stderr.contains("unknown key ratee"));
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_change_is_refused() {
    use std::os::unix::fs::{PermissionsExt, chown};
    let home = Home::with(FILE);
    let file = home.0.path().join("config.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o646)).unwrap();
    let ran = home.ran(&["contacts", "--profile", "north"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("everybody can write to it"), "{}", ran.stderr);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    // Only root can give a file away.
    if chown(&file, Some(12_345), None).is_ok() {
        let ran = home.ran(&["contacts", "--profile", "north"]);
        assert!(ran.code == Some(2) && ran.stderr.contains("belongs to another user"), "{}", ran.stderr);
    }
}

#[test]
fn the_profile_also_decides_how_a_run_logs() {
    let home = Home::with(&FILE.replace("[profile.south]", "[profile.south]\nlog-format = \"json\""));
    let mut command =
        home.command(&["contacts", "--profile", "south", "-o", "c.ndjson", "--report", "r.json", "--require", "any"]);
    let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(said.lines().count() > 2, "{said}");
    for line in said.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
    let home = Home::with(&FILE.replace("[profile.south]", "[profile.south]\ncolor = \"always\""));
    let mut command =
        home.command(&["contacts", "--profile", "south", "-o", "c.ndjson", "--report", "r.json", "--require", "any"]);
    assert!(String::from_utf8(command.output().unwrap().stderr).unwrap().contains("\x1b[1;32mcompleteness:"));
}

#[test]
fn secrets_in_settings_are_not_shown() {
    let home =
        Home::with("[profile.a]\nbase-url = \"http://user:passw@127.0.0.1/\"\ntoken-command = \"echo secret12345678\"");
    let ran = home.ran(&["config", "--profile", "a"]);
    assert!(ran.code == Some(0) && ran.stdout.contains("[hidden]"), "{ran:?}");
    assert!(!ran.stdout.contains("passw") && !ran.stdout.contains("secret1"), "{}", ran.stdout);
}
