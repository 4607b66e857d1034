//! Log lines on stderr, as text or JSON.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, OnceLock};

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, ValueEnum};
use serde_json::json;

use crate::events::{Reporter, Silent};
use crate::report::{Bar, JsonLines, Lines, Severity, Style, Verbosity as Level, json_line, now};

/// How much is logged, for every subcommand.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Logging")]
pub struct Verbosity {
    /// Print errors only
    #[arg(short, long, global = true, env = "LINQ_EXPORT_QUIET", value_parser = BoolishValueParser::new(), display_order = 1)]
    pub quiet: bool,
    /// Log each failed request; -vv also logs each page
    ///
    /// The environment variable takes a count.
    #[arg(short, long, global = true, action = ArgAction::Count, env = "LINQ_EXPORT_VERBOSE", display_order = 2)]
    verbose: u8,
    /// Color messages: auto, always or never
    ///
    /// auto colors them on a terminal, unless `NO_COLOR` is set. Names of files are then links to them.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t = Color::Auto,
        env = "LINQ_EXPORT_COLOR",
        hide_possible_values = true,
        hide_short_help = true,
        display_order = 3
    )]
    pub color: Color,
}

/// When messages have colors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    #[default]
    #[value(help = None)]
    Auto,
    #[value(help = None)]
    Always,
    #[value(help = None)]
    Never,
}

impl Color {
    /// The style of messages on stderr.
    fn style(self) -> Style {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        let is_terminal = std::io::stderr().is_terminal() && !is_dumb;
        let colors = match self {
            Self::Always => true,
            Self::Auto => is_terminal && !is_set("NO_COLOR"),
            Self::Never => false,
        };
        Style { colors, links: colors && is_terminal }
    }

    /// The same for clap, which also colors the help on stdout.
    pub fn choice(self) -> clap::ColorChoice {
        match self {
            Self::Always => clap::ColorChoice::Always,
            Self::Auto => clap::ColorChoice::Auto,
            Self::Never => clap::ColorChoice::Never,
        }
    }
}

/// How lines on stderr look, once the arguments are read.
static LOOK: OnceLock<Look> = OnceLock::new();

#[derive(Debug, Clone, Copy, Default)]
struct Look {
    style: Style,
    /// Whether they begin with the time.
    has_times: bool,
}

/// Sets how lines look, once; with times if they are a log.
pub fn set_look(color: Color, is_log: bool) {
    let has_times = is_log && !std::io::stderr().is_terminal();
    let _ = LOOK.set(Look { style: color.style(), has_times });
}

/// How lines look.
pub fn style() -> Style {
    LOOK.get().copied().unwrap_or_default().style
}

/// How `contacts` logs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Logging")]
pub struct Logging {
    /// Log lines on stderr: text or json
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t = LogFormat::Text,
        env = "LINQ_EXPORT_LOG_FORMAT",
        display_order = 4
    )]
    log_format: LogFormat,
    /// Also understood before the subcommand, and so read there.
    #[arg(skip)]
    pub verbosity: Verbosity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    #[value(help = None)]
    Text,
    #[value(help = None)]
    Json,
}

impl Logging {
    /// The reporter of a run: a bar on a terminal, unless that also shows the output.
    pub fn reporter(&self, is_output: bool) -> Arc<dyn Reporter> {
        let is_terminal = std::io::stderr().is_terminal();
        let lines = || Lines::new(std::io::stderr(), self.level());
        if self.is_quiet() {
            Arc::new(Silent)
        } else if self.is_json() {
            Arc::new(JsonLines::new(std::io::stderr(), self.level()))
        } else if !is_terminal {
            Arc::new(lines().with_times())
        } else if is_output && std::io::stdout().is_terminal() {
            Arc::new(lines())
        } else {
            Arc::new(Bar::new(self.level()).with_style(style()))
        }
    }

    /// The reporter of a check, which has no progress.
    pub fn plain_reporter(&self) -> Arc<dyn Reporter> {
        if self.is_json() || self.is_quiet() {
            self.reporter(false)
        } else {
            Arc::new(Lines::new(std::io::stderr(), self.level()))
        }
    }

    fn level(&self) -> Level {
        match self.verbosity.verbose {
            0 => Level::Warnings,
            1 => Level::Retries,
            _ => Level::Pages,
        }
    }

    /// Refuses `--quiet` with `--verbose`. Not left to clap, since a variable may switch a flag off.
    pub fn check(&self) -> Result<(), String> {
        if self.is_quiet() && self.verbosity.verbose > 0 {
            return Err("--quiet and --verbose are mutually exclusive".to_owned());
        }
        Ok(())
    }

    /// Whether log lines are JSON.
    pub fn is_json(&self) -> bool {
        self.log_format == LogFormat::Json
    }

    /// Whether only errors are logged.
    pub fn is_quiet(&self) -> bool {
        self.verbosity.quiet
    }

    /// Logs a warning.
    pub fn warn(&self, warning: &str) {
        if self.is_json() && !self.is_quiet() {
            say(json_line("warned", Severity::Warning, json!({ "message": warning })));
        } else {
            self.verbosity.warn(warning);
        }
    }
}

impl Verbosity {
    /// Logs a warning as text.
    pub fn warn(self, warning: &str) {
        if !self.quiet {
            say(format_args!("warning: {warning}"));
        }
    }
}

/// Prints a line on stderr. Errors are ignored: there is nobody left to tell.
pub fn say(line: impl Display) {
    let Look { style, has_times } = LOOK.get().copied().unwrap_or_default();
    let time = if has_times { now() } else { String::new() };
    let _ = writeln!(std::io::stderr(), "{time}{}", style.line(&line.to_string()));
}
