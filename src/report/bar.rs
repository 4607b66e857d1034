//! The progress bar on a terminal; the only module that uses `indicatif`.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::progress::Throttled;
use super::text::{Verbosity, line};
use crate::events::{Event, Reporter};

const BEFORE_THE_PLAN: &str = "{spinner} page 1 …";
const BAR: &str = "{bar:16} {human_pos} of {human_len} pages, {wide_msg}";

const LOOKUPS: &str = "{bar:16} {human_pos} of {human_len} contacts looked up, {wide_msg}";

/// Shows a progress bar on stderr, and lines for events above it.
#[derive(Debug)]
pub struct Bar {
    verbosity: Verbosity,
    bar: Throttled<ProgressBar>,
}

impl Bar {
    /// A bar on stderr, which should be a terminal.
    #[must_use]
    pub fn new(verbosity: Verbosity) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style(BEFORE_THE_PLAN));
        Self { verbosity, bar: Throttled::new(bar) }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("█▌░")
}

impl Reporter for Bar {
    fn report(&self, event: &Event) {
        self.bar.show(event, |bar, progress, _| {
            if bar.is_finished() {
                // An event after `Ended` would draw it again.
                return;
            }
            if let Some(line) = line(event, self.verbosity) {
                bar.println(line);
            }
            match event {
                Event::Planned { pages, .. } => {
                    bar.set_length(*pages);
                    bar.set_style(style(BAR));
                }
                Event::RowsEmitted { page: 1.., .. } => {
                    bar.set_message(progress.to_string());
                    bar.set_position(progress.figures.pages);
                }
                Event::LookingUp { contacts } => {
                    bar.set_position(0);
                    bar.set_length(*contacts);
                    bar.set_style(style(LOOKUPS));
                }
                Event::LookupRequested { attempt: 1, .. } => {
                    bar.set_position(bar.length().unwrap_or_default().min(bar.position() + 1));
                }
                Event::Heartbeat => {
                    bar.set_message(progress.to_string());
                    bar.tick();
                }
                Event::Ended => bar.finish_and_clear(),
                _ => {}
            }
        });
    }
}
