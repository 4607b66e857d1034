//! The progress bar on a terminal; the only module that uses `indicatif`.

use std::io::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::progress::{Progress, Throttled};
use super::style::Style;
use super::text::{Verbosity, line};
use crate::events::{Event, Reporter};

const BEFORE_THE_PLAN: &str = "{spinner} page 1 …";
const BAR: &str = "{bar:16} {msg}";
const SHORT_BAR: &str = "{bar:8} {msg}";
const LOOKUPS: &str = "{bar:8} {human_pos} of {human_len} contacts looked up";

/// On a terminal with fewer columns, the bar is short.
const NARROW: usize = 60;
/// The columns of a terminal that does not say how many it has.
const COLUMNS: usize = 80;

/// Shows a progress bar on stderr, and lines for events above it.
#[derive(Debug)]
pub struct Bar {
    verbosity: Verbosity,
    style: Style,
    drawn: Throttled<Drawn>,
}

/// The bar on the screen.
#[derive(Debug)]
struct Drawn {
    bar: ProgressBar,
    /// The columns of the terminal when it was drawn.
    columns: usize,
}

impl Bar {
    /// A bar on stderr, which should be a terminal.
    #[must_use]
    pub fn new(verbosity: Verbosity) -> Self {
        let bar =
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(template(BEFORE_THE_PLAN));
        let drawn = Throttled::new(Drawn { bar, columns: columns() });
        Self { verbosity, style: Style::default(), drawn }
    }

    /// Shows the lines in this style.
    pub(crate) fn with_style(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

impl Drawn {
    /// Makes the bar as long as the terminal is wide now, and shows the progress.
    fn draw(&mut self, progress: &Progress) {
        self.bar.set_style(template(if columns() < NARROW { SHORT_BAR } else { BAR }));
        self.tell(progress);
    }

    /// Shows the progress in what the bar leaves of the terminal.
    fn tell(&mut self, progress: &Progress) {
        let columns = columns();
        self.clear_wrapped(columns);
        let width = if columns < NARROW { 8 } else { 16 };
        // The last column stays free: some terminals wrap when it is written to.
        self.bar.set_message(progress.within(columns.saturating_sub(width + 2)));
        self.columns = columns;
    }

    /// Clears the rows into which a terminal that has become narrower has wrapped the bar.
    fn clear_wrapped(&self, columns: usize) {
        // indicatif fills the row with blanks.
        let rows = self.columns.div_ceil(columns.max(1)).saturating_sub(1);
        if rows > 0 {
            self.bar.suspend(|| {
                let mut stderr = std::io::stderr();
                let _ = write!(stderr, "\r\x1b[{rows}A\x1b[J").and_then(|()| stderr.flush());
            });
        }
    }
}

/// The columns of the terminal, which may change.
fn columns() -> usize {
    let size = terminal_size::terminal_size_of(std::io::stderr());
    size.map_or(COLUMNS, |(terminal_size::Width(columns), _)| usize::from(columns))
}

fn template(text: &str) -> ProgressStyle {
    ProgressStyle::with_template(text).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("█▌░")
}

impl Reporter for Bar {
    fn report(&self, event: &Event) {
        self.drawn.show(event, |drawn, progress, _| {
            let bar = drawn.bar.clone();
            if bar.is_finished() {
                // An event after `Ended` would draw it again.
                return;
            }
            if let Some(line) = line(event, self.verbosity) {
                bar.println(self.style.line(&line));
            }
            match event {
                Event::Planned { pages, .. } => {
                    bar.set_length(*pages);
                    drawn.draw(progress);
                }
                Event::RowsEmitted { page: 1.., .. } => {
                    drawn.tell(progress);
                    bar.set_position(progress.figures.pages.min(progress.figures.pages_planned));
                }
                Event::LookingUp { contacts } => {
                    bar.set_position(0);
                    bar.set_length(*contacts);
                    bar.set_style(template(LOOKUPS));
                }
                Event::LookupRequested { attempt: 1, .. } => {
                    bar.set_position(bar.length().unwrap_or_default().min(bar.position() + 1));
                }
                Event::Heartbeat => {
                    if progress.figures.pages_planned > 0 && !progress.is_looking_up() {
                        drawn.draw(progress);
                    }
                    bar.tick();
                }
                Event::Ended => bar.finish_and_clear(),
                _ => {}
            }
        });
    }
}
