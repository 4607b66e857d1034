//! The configuration file: found, read, and checked before anything of it is used.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::cli::{hide_secrets, variables};
use crate::platform;

/// The directory of the file in each of the places.
const NAME: &str = "linq-export/config.toml";
/// Keys that would hold the token itself.
const TOKENS: [&str; 4] = ["token", "linq-integration-token", "integration-token", "api-key"];
/// Settings that name the source of the token.
pub const TOKEN_SOURCES: [&str; 3] = ["token-file", "token-stdin", "token-command"];
/// Options that are no settings: they choose them, or are for one run.
pub const NO_SETTINGS: [&str; 5] = ["config", "profile", "help", "version", "dry-run"];
/// Places that no two profiles may share.
const PLACES: [&str; 5] = ["output", "report", "metrics-file", "changes", "kit"];

/// A configuration file whose keys are options, and whose profiles do not collide.
#[derive(Debug)]
pub struct File {
    pub path: PathBuf,
    pub defaults: Table,
    pub profiles: BTreeMap<String, Table>,
}

/// Where the file is looked for, for messages.
pub fn places() -> String {
    "it is the file of --config, ~/.config/linq-export/config.toml or /etc/linq-export/config.toml".to_owned()
}

impl File {
    /// Reads the named file, or the first that exists of the usual places; never one of the working directory.
    pub fn read(named: Option<&Path>, options: &[String]) -> Result<Option<Self>, String> {
        let usual = || usual().into_iter().find(|path| path.exists());
        let Some(path) = named.map(Path::to_owned).or_else(usual) else {
            return Ok(None);
        };
        let shown = path.display().to_string();
        let opened = platform::open_regular(&path).and_then(|file| file.metadata());
        match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(format!("the configuration file {} does not exist", hide_secrets::named(&path)));
            }
            Err(error) => return Err(format!("cannot read the configuration file {shown}: {error}")),
            Ok(metadata) => {
                if let Some(reason) = platform::distrust(&metadata) {
                    return Err(format!("the configuration file {shown} is not used: {reason}"));
                }
            }
        }
        let text = fs::read_to_string(&path);
        let text = text.map_err(|error| format!("cannot read the configuration file {shown}: {error}"))?;
        Self::parse(path, &text, options).map(Some).map_err(|reason| format!("{shown}{reason}"))
    }

    /// Parses the text; an error begins with the place in it.
    fn parse(path: PathBuf, text: &str, options: &[String]) -> Result<Self, String> {
        let mut tables: Table = toml::from_str(text).map_err(|error| {
            let (line, column) = place(text, error.span().map_or(0, |span| span.start));
            // The rest of the error repeats the line, which may hold a secret.
            format!(":{line}:{column}: {}", error.message().replace('\n', " "))
        })?;
        let table = |value: Value, name: &str| match value {
            Value::Table(table) => Ok(table),
            _ => Err(format!(": {name} must be a table: write [{name}]")),
        };
        let defaults = tables.remove("defaults").map_or_else(|| Ok(Table::new()), |value| table(value, "defaults"))?;
        let profiles =
            tables.remove("profile").map_or_else(|| Ok(Table::new()), |value| table(value, "profile.NAME"))?;
        if let Some(other) = tables.keys().next() {
            return Err(format!(": [{other}] is unknown: there are [defaults] and [profile.NAME]"));
        }
        check_table(&defaults, "defaults", options)?;
        let mut checked = BTreeMap::new();
        for (name, value) in profiles {
            let section = format!("profile.{name}");
            check_name(&name)?;
            let settings = table(value, &section)?;
            check_table(&settings, &section, options)?;
            let has_source = TOKEN_SOURCES.iter().any(|key| settings.contains_key(*key));
            if settings.contains_key("base-url") && !has_source {
                return Err(format!(
                    ": [{section}] sets base-url, so it must also set token-file or token-command: the token of [defaults] is not \
                     sent to another server"
                ));
            }
            checked.insert(name, settings);
        }
        let file = Self { path, defaults, profiles: checked };
        file.check_places()?;
        Ok(file)
    }

    /// Refuses profiles that would overwrite each other's files.
    fn check_places(&self) -> Result<(), String> {
        let mut taken: BTreeMap<String, (&str, &str)> = BTreeMap::new();
        for (name, settings) in &self.profiles {
            let text = |key: &str| {
                let value = settings.get(key).or_else(|| self.defaults.get(key))?.as_str()?;
                Some(value.replace(PLACEHOLDER, name))
            };
            let partition = text("partition").unwrap_or_default();
            for key in PLACES {
                let Some(place) = text(key).filter(|place| place != "-" && !place.starts_with("/dev/")) else {
                    continue;
                };
                let mut full = place.trim_end_matches('/').to_owned();
                if key == "output" && !partition.is_empty() {
                    full = format!("{full}/{partition}");
                }
                if let Some((other, of)) = taken.insert(full, (name, key)) {
                    let same = if of == key { key.to_owned() } else { format!("{of} and {key}") };
                    return Err(format!(
                        ": the profiles {other} and {name} have the same {same}, {place}: put {PLACEHOLDER} into the path"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Replaced by the name of the profile.
pub const PLACEHOLDER: &str = "{profile}";

/// The usual places, the first one first.
fn usual() -> Vec<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let own = set("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    let own = own.or_else(|| set("HOME").map(|home| home.join(".config"))).map(|path| path.join(NAME));
    own.into_iter().chain([Path::new("/etc").join(NAME)]).collect()
}

/// The line and the column of a byte, from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    (line, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1)
}

fn check_name(name: &str) -> Result<(), String> {
    let is_plain = name.chars().all(|character| character.is_ascii_alphanumeric() || "._-".contains(character));
    if is_plain && !name.starts_with(['.', '-']) {
        return Ok(());
    }
    Err(": the name of a profile has letters, digits, dots, dashes and underscores only, since it becomes part of paths".to_owned())
}

/// Refuses unknown keys, and tokens.
fn check_table(settings: &Table, section: &str, options: &[String]) -> Result<(), String> {
    for (key, value) in settings {
        if TOKENS.contains(&key.to_lowercase().replace('_', "-").as_str()) {
            return Err(format!(
                ": [{section}] contains a token: put it into a file of its own and name that with token-file"
            ));
        }
        if !options.contains(key) {
            return Err(format!(": [{section}] has the unknown key {}", unknown(key, options)));
        }
        let texts = match value {
            Value::Array(list) => list.iter().collect(),
            value => vec![value],
        };
        for text in texts {
            match text {
                Value::Table(_) | Value::Array(_) => {
                    return Err(format!(
                        ": [{section}] {key} must be a string, a number, true or false, or a list of them"
                    ));
                }
                Value::String(text) if hide_secrets::holds_secret(text) => {
                    return Err(format!(
                        ": [{section}] {key} looks like a token: put it into a file of its own and name that with token-file"
                    ));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// A key that is no setting, with the nearest that is, or the commands that have such an option.
fn unknown(key: &str, options: &[String]) -> String {
    if NO_SETTINGS.contains(&key) {
        return format!("{key}: it is for the command line only");
    }
    let owners = variables::commands_with(key);
    match variables::nearest(key, options) {
        _ if !owners.is_empty() => format!("{key}: it is an option of {} only", owners.join(", ")),
        Some(nearest) => format!("{key}; did you mean {nearest}?"),
        None => format!("{key}: keys are the options of linq-export contacts, without the dashes before them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<File, String> {
        let options = ["output", "rate", "report", "token-file", "base-url", "partition", "columns", "quiet"];
        File::parse("c".into(), text, &options.map(str::to_owned))
    }

    #[test]
    fn bad_files_are_refused_with_the_place() {
        let token = "lk_live_4f1d0c77a9b84e5f9d3c";
        for (text, says) in [
            ("[defaults]\nrate = ", ":2:8: "),
            ("[defaults]\nrate = 1\nrate = 2", ":3:1: "),
            ("[defaults]\nratee = 5", "unknown key ratee; did you mean rate?"),
            ("[defaults]\nbucket = 5", "unknown key bucket: keys are"),
            ("[default]\nrate = 5", "[default] is unknown"),
            ("rate = 5", "[rate] is unknown"),
            ("profile = 5", "must be a table"),
            ("[profile]\nnorth = 5", "profile.north must be a table"),
            ("[profile.\"a/b\"]", "letters, digits"),
            ("[profile.\"..\"]", "letters, digits"),
            (&format!("[defaults]\ntoken = \"{token}\""), "token-file"),
            (&format!("[defaults]\nrate = \"{token}\""), "looks like a token"),
            (&format!("[profile.a]\ntoken-file = \"{token}\""), "looks like a token"),
            ("[defaults]\nrate = {a = 1}", "must be a string"),
            ("[profile.a]\nbase-url = \"https://x\"", "must also set token-file"),
            ("[defaults]\noutput = \"o/\"\n[profile.a]\n[profile.b]", "profiles a and b have the same output"),
            ("[profile.a]\noutput = \"x\"\n[profile.b]\nreport = \"x\"\noutput = \"y\"", "same"),
        ] {
            let reason = parsed(text).unwrap_err();
            assert!(reason.contains(says) && !reason.contains("4f1d"), "{text}: {reason}");
        }
    }

    #[test]
    fn profiles_with_places_of_their_own_are_accepted() {
        for text in [
            "",
            "[defaults]\noutput = \"{profile}/c.parquet\"\nreport = \"-\"\n[profile.a]\n[profile.b]",
            "[defaults]\noutput = \"o/\"\npartition = \"org={profile}\"\n[profile.a]\n[profile.b]",
            "[profile.a]\nbase-url = \"https://x\"\ntoken-file = \"t\"\ncolumns = [\"id\"]\nquiet = true",
        ] {
            assert!(parsed(text).is_ok(), "{:?}", parsed(text));
        }
    }
}
