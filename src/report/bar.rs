//! The progress bar on a terminal; the only indicatif.

use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::text::line;
use super::{Progress, Verbosity};
use crate::events::{Event, Reporter};

const BEFORE_THE_PLAN: &str = "{spinner} page 1 …";
const BAR: &str = "{bar:16} {human_pos} of {human_len} pages, {wide_msg}";

/// Shows a bar on standard error, and above it the lines that events are worth.
#[derive(Debug)]
pub struct Bar {
    drawn: ProgressBar,
    verbosity: Verbosity,
    progress: Mutex<Progress>,
}

impl Bar {
    /// A bar on standard error, which should be a terminal.
    #[must_use]
    pub fn new(verbosity: Verbosity) -> Self {
        let drawn =
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style(BEFORE_THE_PLAN));
        Self { drawn, verbosity, progress: Mutex::default() }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("█▌░")
}

impl Reporter for Bar {
    fn report(&self, event: &Event) {
        if self.drawn.is_finished() {
            // What follows `Ended` would draw it again.
            return;
        }
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.update(event);
        if let Some(line) = line(event, self.verbosity) {
            self.drawn.println(line);
        }
        match event {
            Event::Planned { pages, .. } => {
                self.drawn.set_length(*pages);
                self.drawn.set_style(style(BAR));
            }
            Event::RowsEmitted { .. } => {
                self.drawn.set_message(progress.to_string());
                self.drawn.set_position(progress.figures.pages);
            }
            Event::Heartbeat => {
                self.drawn.set_message(progress.to_string());
                self.drawn.tick();
            }
            Event::Ended => self.drawn.finish_and_clear(),
            _ => {}
        }
    }
}
