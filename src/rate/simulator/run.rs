//! One run of the controller against one server, driven by a queue of events in virtual time. It records what was sent,
//! delivered and refused, and when.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::agenda::Agenda;
use super::limiter::Limiter;
use super::outcome::{Event, Outcome};
use super::random::Random;
use super::server::{RetryAfter, Server};
use super::setting::Setting;
use crate::config::{KnownRate, Rate};
use crate::rate::{NextSend, RateController, Ticket};

/// The mean time from a request to its page, in seconds.
pub(crate) const MEAN_LATENCY: f64 = 0.16;

/// A request in flight: its page, when it was sent, and the controller's ticket.
struct Request {
    page: u32,
    sent: Duration,
    ticket: Ticket,
}

enum Step {
    Wake,
    Arrive(Request),
    Refuse(Request, f64),
    Lose(Request),
    Finish,
    Deliver(Request),
}

struct Run<'a> {
    server: &'a Server,
    limiter: Box<dyn Limiter>,
    random: Random,
    agenda: Agenda<Step>,
    lost: f64,
    pace: RateController,
    to_send: VecDeque<u32>,
    in_flight: usize,
    woken_at: Option<Duration>,
    events: Vec<Event>,
    refused: u32,
}

pub(crate) fn run(server: &Server, setting: &Setting) -> Outcome {
    let concurrency = NonZeroUsize::new(setting.concurrency.into()).expect("not zero");
    let ceiling = Rate::clamped(setting.ceiling);
    let mut run = Run {
        server,
        limiter: server.limiter(setting),
        random: Random::new(setting.seed),
        agenda: Agenda::new(),
        lost: setting.lost,
        pace: RateController::new(
            concurrency,
            ceiling,
            setting.known.map(|rate| KnownRate::Limit(rate, KnownRate::TRUSTED_PAGES)),
        ),
        to_send: (0..setting.pages).collect(),
        in_flight: 0,
        woken_at: None,
        events: Vec::new(),
        refused: 0,
    };
    let mut now = Duration::ZERO;
    let mut delivered = 0;
    run.send(now);
    while delivered < setting.pages {
        let (at, step) = run.agenda.next();
        now = at;
        match step {
            Step::Wake => run.woken_at = run.woken_at.filter(|&wake| wake != now),
            Step::Arrive(request) => {
                run.arrive(now, request);
                continue;
            }
            Step::Finish => {
                run.limiter.finish();
                continue;
            }
            Step::Lose(request) => run.lose(now, request),
            Step::Refuse(request, wait) => run.refuse(now, request, wait),
            Step::Deliver(request) => {
                run.deliver(now, request);
                delivered += 1;
            }
        }
        run.send(now);
    }
    Outcome {
        pages: setting.pages,
        seconds: now.as_secs_f64(),
        refused: run.refused,
        learned: run.pace.learned(),
        events: run.events,
    }
}

impl Run<'_> {
    fn send(&mut self, now: Duration) {
        while let Some(&page) = self.to_send.front() {
            match self.pace.may_send_at(now) {
                NextSend::AfterAnAnswer => return,
                NextSend::At(at) if at > now => {
                    if self.woken_at.is_none_or(|wake| at < wake) {
                        self.woken_at = Some(at);
                        self.agenda.add(at, Step::Wake);
                    }
                    return;
                }
                NextSend::At(_) => {
                    self.to_send.pop_front();
                    self.pace.set_pages_left(self.to_send.len() as u64);
                    let ticket = self.pace.on_send(now);
                    self.in_flight += 1;
                    self.events.push(Event::Sent { at: now, in_flight: self.in_flight });
                    let request = Request { page, sent: now, ticket };
                    self.depart(now, request);
                }
            }
        }
    }

    fn depart(&mut self, now: Duration, request: Request) {
        if self.lost > 0.0 && self.random.uniform(0.0, 1.0) < self.lost {
            let noticed = now + self.between(0.01, 5.0);
            self.agenda.add(noticed, Step::Lose(request));
        } else {
            let arrival = now + self.between(0.005, 0.025);
            self.agenda.add(arrival, Step::Arrive(request));
        }
    }

    fn arrive(&mut self, now: Duration, request: Request) {
        if let Err(wait) = self.limiter.admit(now.as_secs_f64()) {
            let answer = now + self.between(0.01, 0.06);
            self.agenda.add(answer, Step::Refuse(request, wait));
            return;
        }
        let latency = self.between(0.02, 0.3);
        let downlink = self.between(0.005, 0.025);
        let end = (request.sent + latency).max(now + Duration::from_millis(1));
        let finish = end.saturating_sub(downlink).max(now + Duration::from_micros(500));
        self.agenda.add(finish, Step::Finish);
        self.agenda.add(end, Step::Deliver(request));
    }

    fn deliver(&mut self, now: Duration, request: Request) {
        self.in_flight -= 1;
        self.events.push(Event::Page { at: now, sent: request.sent, page: request.page });
        self.pace.on_page(now, request.ticket);
    }

    fn refuse(&mut self, now: Duration, request: Request, wait: f64) {
        self.in_flight -= 1;
        self.refused += 1;
        self.to_send.push_front(request.page);
        let told = match self.server.retry_after {
            RetryAfter::Missing => None,
            RetryAfter::Exact => Some(Duration::from_secs_f64((wait - 1e-9).ceil())),
            RetryAfter::AlwaysTen => Some(Duration::from_secs(10)),
        };
        self.events.push(Event::Refused { at: now, sent: request.sent, told });
        self.pace.on_refused(now, request.ticket, told);
    }

    fn lose(&mut self, now: Duration, request: Request) {
        self.in_flight -= 1;
        self.to_send.push_front(request.page);
        self.events.push(Event::Lost);
        self.pace.on_abandoned(now, request.ticket);
    }

    fn between(&mut self, low: f64, high: f64) -> Duration {
        Duration::from_secs_f64(self.random.uniform(low, high))
    }
}
