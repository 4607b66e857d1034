//! The controller's decisions, event by event.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::config::{KnownRate, Rate};
use crate::events::MeasuredRate;
use crate::rate::{NextSend, RateController, Ticket};

const LATENCY: Duration = Duration::from_millis(100);

fn rate(per_second: f64) -> Rate {
    Rate::clamped(per_second)
}

fn pace(concurrency: usize) -> RateController {
    RateController::new(NonZeroUsize::new(concurrency).unwrap(), rate(100.0), None)
}

/// A controller and its time.
struct Client {
    pace: RateController,
    now: Duration,
}

impl Client {
    fn new(concurrency: usize) -> Self {
        Self { pace: pace(concurrency), now: Duration::ZERO }
    }

    /// Waits for the next slot and sends.
    fn send(&mut self) -> Ticket {
        match self.pace.may_send_at(self.now) {
            NextSend::At(at) => self.now = at,
            NextSend::AfterAnAnswer => panic!("no request may be sent"),
        }
        self.pace.on_send(self.now)
    }

    /// Reads pages one after the other, each as late as its latency.
    fn read(&mut self, pages: u32) {
        for _ in 0..pages {
            let ticket = self.send();
            self.pace.on_page(self.now + LATENCY, ticket);
        }
        self.now += LATENCY;
    }

    fn refuse(&mut self, ticket: Ticket, told: Option<u64>) {
        self.pace.on_refused(self.now, ticket, told.map(Duration::from_secs));
    }

    /// Has so many requests refused at once that it can only be for the rate.
    fn overload(&mut self, told: Option<u64>) {
        let flight: Vec<_> = (0..4).map(|_| self.send()).collect();
        for ticket in flight {
            self.refuse(ticket, told);
        }
    }

    fn learned(&self) -> f64 {
        self.pace.learned().expect("something was learned").per_second()
    }
}

#[test]
fn the_first_request_is_immediate_the_next_has_a_slot() {
    let mut client = Client::new(16);
    let _first = client.send();
    assert_eq!(client.now, Duration::ZERO);
    let _second = client.send();
    assert_eq!(client.now, Duration::from_millis(50));
}

#[test]
fn requests_in_flight_never_exceed_the_concurrency() {
    let mut client = Client::new(3);
    let tickets = [client.send(), client.send(), client.send()];
    assert_eq!(client.pace.may_send_at(client.now), NextSend::AfterAnAnswer);
    for ticket in tickets {
        client.pace.on_abandoned(client.now, ticket);
        let _next = client.send();
        assert_eq!(client.pace.may_send_at(client.now), NextSend::AfterAnAnswer);
    }
}

#[test]
fn sixteen_concurrent_refusals_cut_the_rate_once() {
    for told in [Some(3), None] {
        let learned_after = |refusals| {
            let mut client = Client::new(16);
            client.read(50);
            let mut flight: Vec<_> = (0..16).map(|_| client.send()).collect();
            let unanswered = flight.split_off(refusals);
            for ticket in flight {
                client.refuse(ticket, told);
            }
            for ticket in unanswered {
                client.pace.on_abandoned(client.now, ticket);
            }
            client.read(1);
            client.learned()
        };
        assert!((learned_after(16) - learned_after(4)).abs() < 1e-9);
    }
}

#[test]
fn a_stray_refusal_changes_nothing_but_the_wait() {
    for told in [Some(60), None] {
        let mut client = Client::new(16);
        client.read(50);
        let rate = client.pace.rate();
        let [refused, admitted] = [client.send(), client.send()];
        client.refuse(refused, told);
        client.pace.on_page(client.now, admitted);
        assert!(client.pace.rate() >= rate);
        assert_eq!((client.pace.learned(), client.pace.in_flight_limit()), (None, 16));
        let before = client.now;
        let _next = client.send();
        assert!(client.now >= before + Duration::from_secs(told.unwrap_or_default()));
    }
}

#[test]
fn refusals_of_an_epoch_never_shorten_the_wait() {
    let mut client = Client::new(16);
    let [first, second, third] = [client.send(), client.send(), client.send()];
    client.refuse(first, Some(5));
    client.refuse(second, Some(9));
    client.refuse(third, Some(1));
    let nine_seconds_on = client.now + Duration::from_secs(9);
    assert_eq!(client.pace.may_send_at(client.now), NextSend::At(nine_seconds_on));
}

#[test]
fn a_retry_after_of_zero_is_ignored() {
    let mut client = Client::new(16);
    let refused = client.send();
    let _in_flight = client.send();
    client.refuse(refused, Some(0));
    assert_eq!(client.pace.in_flight_limit(), 1);
    assert_eq!(client.pace.may_send_at(client.now), NextSend::AfterAnAnswer);
}

#[test]
fn a_refusal_after_the_told_wait_leads_to_single_probes() {
    let mut client = Client::new(16);
    client.read(50);
    for alone in [false, true] {
        assert_eq!(client.pace.in_flight_limit(), 16);
        client.overload(Some(2));
        assert_eq!(client.pace.in_flight_limit() == 1, alone);
    }
    client.read(1);
    assert_eq!(client.pace.in_flight_limit(), 16);
}

#[test]
fn the_rate_does_not_run_away_from_the_throughput() {
    let mut client = Client::new(1);
    client.read(1000);
    let ten_per_second = 1.0 / LATENCY.as_secs_f64();
    assert!((client.pace.rate().per_second() - 4.0 * ten_per_second).abs() < 1e-3, "{:?}", client.pace.rate());
    for _ in 0..3 {
        let refused = client.send();
        client.refuse(refused, Some(30));
    }
    client.read(1);
    let learned = client.learned();
    assert!((0.5 * ten_per_second..=ten_per_second).contains(&learned), "{learned}");
}

#[test]
fn an_in_flight_limit_is_learned_and_tried_again() {
    let mut client = Client::new(16);
    client.read(50);
    let mut flight: Vec<_> = (0..5).map(|_| client.send()).collect();
    client.refuse(flight.remove(4), Some(1));
    flight.drain(..).for_each(|ticket| client.pace.on_page(client.now, ticket));
    flight.push(client.send());
    assert_eq!(client.pace.in_flight_limit(), 4);
    for page in 0..100 {
        assert_eq!(client.pace.in_flight_limit(), 4, "at page {page}");
        flight.extend((flight.len()..4).map(|_| client.send()));
        client.pace.on_page(client.now, flight.remove(0));
    }
    assert_eq!(client.pace.in_flight_limit(), 5);
}

#[test]
fn hints_hold_all_requests_and_never_shorten_a_wait() {
    let mut client = Client::new(16);
    let hint = Duration::from_secs(7);
    client.pace.hold_until(hint);
    client.pace.hold_until(Duration::from_secs(2));
    assert_eq!(client.pace.may_send_at(Duration::ZERO), NextSend::At(hint));
    assert_eq!(client.pace.may_send_at(hint * 2), NextSend::At(hint * 2));
}

#[test]
fn a_lost_probe_is_repeated_after_a_second() {
    let mut client = Client::new(16);
    client.read(100);
    client.overload(None);
    for _ in 0..100 {
        let probe = client.send();
        assert_eq!(client.pace.may_send_at(client.now), NextSend::AfterAnAnswer, "one probe at a time");
        client.now += LATENCY;
        client.pace.on_abandoned(client.now, probe);
        let next = client.now + Duration::from_secs(1);
        assert_eq!(client.pace.may_send_at(client.now), NextSend::At(next));
    }
    client.read(1);
    assert_eq!(client.pace.in_flight_limit(), 16);
}

#[test]
fn only_a_request_sent_after_the_refused_one_shows_that_the_server_is_open() {
    let mut client = Client::new(16);
    let [before, lost, refused, after] = [client.send(), client.send(), client.send(), client.send()];
    client.refuse(refused, None);
    client.pace.on_page(client.now + LATENCY, before);
    client.pace.on_abandoned(client.now + LATENCY, lost);
    assert_eq!(client.pace.in_flight_limit(), 1);
    client.pace.on_page(client.now + LATENCY, after);
    assert_eq!(client.pace.in_flight_limit(), 16);
}

#[test]
fn an_outage_that_looked_like_a_limit_teaches_nothing() {
    let mut client = Client::new(16);
    client.read(100);
    for _ in 0..8 {
        let ticket = client.send();
        client.pace.on_overload(client.now, ticket);
        if client.pace.in_flight_limit() == 1 {
            break;
        }
    }
    client.pace.on_outage(client.now);
    client.now += Duration::from_secs(20);
    client.read(100);
    assert_eq!((client.pace.learned(), client.pace.in_flight_limit()), (None, 16));
}

#[test]
fn a_page_in_flight_when_an_outage_began_does_not_make_it_a_limit() {
    for is_limit in [false, true] {
        let mut client = Client::new(16);
        client.read(100);
        let flight: Vec<_> = (0..4).map(|_| client.send()).collect();
        let served = client.send();
        client.now += LATENCY;
        for ticket in flight {
            if is_limit { client.refuse(ticket, None) } else { client.pace.on_overload(client.now, ticket) }
        }
        client.pace.on_page(client.now, served);
        assert_eq!(client.pace.learned().is_some(), is_limit);
        client.pace.on_outage(client.now);
        client.read(100);
        assert_eq!(client.pace.learned().is_some(), is_limit);
        assert_eq!(client.pace.measured().unwrap().is_limit, is_limit);
    }
}

#[test]
fn a_server_that_stays_closed_for_minutes_is_down_rather_than_limited() {
    let mut client = Client::new(16);
    client.read(100);
    client.overload(None);
    for _ in 0..9 {
        let probe = client.send();
        client.refuse(probe, None);
    }
    client.read(1);
    assert_eq!((client.pace.learned(), client.pace.in_flight_limit()), (None, 16));
}

#[test]
fn an_outage_while_probing_does_not_lower_the_rate() {
    let learned_after = |lost_probes| {
        let mut client = Client::new(16);
        client.read(100);
        client.overload(None);
        for _ in 0..lost_probes {
            let probe = client.send();
            client.now += Duration::from_secs(30);
            client.pace.on_abandoned(client.now, probe);
        }
        client.read(1);
        client.learned()
    };
    assert!((learned_after(20) - learned_after(0)).abs() < 1e-9);
}

#[test]
fn an_outage_between_refusals_does_not_lower_the_rate() {
    let learned_after = |outage| {
        let mut client = Client::new(16);
        client.read(100);
        client.now += Duration::from_secs(outage);
        client.read(100);
        client.overload(Some(1));
        client.read(1);
        client.learned()
    };
    let undisturbed = learned_after(0);
    for outage in [2, 60, 900] {
        let disturbed = learned_after(outage);
        assert!((0.9..1.1).contains(&(disturbed / undisturbed)), "{disturbed}, not {undisturbed}");
    }
}

#[test]
fn the_last_windows_of_a_run_are_read_at_full_speed() {
    let learned_and_rate = |pages_left| {
        let mut client = Client::new(16);
        client.read(100);
        client.pace.set_pages_left(pages_left);
        client.overload(Some(30));
        client.read(10);
        (client.learned(), client.pace.rate().per_second())
    };
    let (learned, dashing) = learned_and_rate(200);
    assert!(dashing > 2.0 * learned, "{dashing} is not a dash at a limit of {learned}");
    let (learned, steady) = learned_and_rate(201);
    assert!(steady < 1.01 * learned, "{steady} is not the rate for a limit of {learned}");
}

#[test]
fn a_known_rate_is_kept_at_first() {
    let mut client = Client::new(16);
    client.pace = RateController::new(NonZeroUsize::MIN, rate(100.0), Some(KnownRate::Limit(rate(7.0), 50)));
    assert_eq!(client.pace.learned(), Some(rate(7.0)));
    client.read(50);
    assert!((7.0..7.2).contains(&client.pace.rate().per_second()));
    client.read(450);
    assert!(client.pace.rate().per_second() > 20.0, "a raised limit is found");
}

#[test]
fn a_known_rate_that_was_never_refused_is_where_the_ramp_starts() {
    let mut client = Client::new(16);
    client.pace = RateController::new(NonZeroUsize::MIN, rate(100.0), Some(KnownRate::AtLeast(rate(30.0))));
    assert_eq!((client.pace.rate(), client.pace.learned()), (rate(30.0), None));
    client.read(2);
    assert!(client.pace.rate() > rate(30.0));
}

#[test]
fn a_stray_refusal_with_nothing_else_in_flight_at_most_halves_a_learned_rate() {
    let mut client = Client::new(1);
    client.pace = RateController::new(NonZeroUsize::MIN, rate(100.0), Some(KnownRate::Limit(rate(8.0), 400)));
    client.read(200);
    let refused = client.send();
    client.refuse(refused, Some(600));
    client.read(1);
    assert!((3.9..4.0).contains(&client.learned()), "{}", client.learned());
}

#[test]
fn few_pages_measure_nothing() {
    let mut client = Client::new(16);
    client.read(30);
    assert_eq!(client.pace.measured(), None);
    let mut client = Client::new(16);
    client.read(12);
    client.overload(Some(60));
    client.read(12);
    assert_eq!(client.pace.measured(), None);
}

#[test]
fn a_run_that_was_refused_nothing_measures_the_rate_it_sustained() {
    let mut client = Client::new(1);
    client.read(101);
    let MeasuredRate { rate, pages, is_limit, .. } = client.pace.measured().unwrap();
    assert_eq!((pages, is_limit), (101, false));
    assert!((30.0..=40.0).contains(&rate.per_second()), "{rate}");
}

#[test]
fn what_may_be_a_failure_of_the_server_does_not_brake() {
    let mut client = Client::new(16);
    client.read(50);
    for brakes in [false, true] {
        let flight: Vec<_> = (0..16).map(|_| client.send()).collect();
        for ticket in flight {
            if brakes { client.refuse(ticket, Some(1)) } else { client.pace.on_overload(client.now, ticket) }
        }
        assert_eq!(client.pace.brakes(), brakes);
        client.read(1);
    }
}

#[test]
fn a_refused_run_never_measures_more_than_a_limit() {
    let mut client = Client::new(16);
    client.read(50);
    client.overload(Some(5));
    client.read(500);
    let MeasuredRate { rate, is_limit, .. } = client.pace.measured().unwrap();
    assert!(is_limit && rate.per_second() > client.learned(), "it has climbed to {rate}");
}

#[test]
fn pages_after_a_limit_was_found_confirm_it() {
    let mut client = Client::new(16);
    client.read(200);
    client.overload(Some(5));
    client.read(10);
    let MeasuredRate { pages, is_limit, .. } = client.pace.measured().unwrap();
    assert_eq!((pages, is_limit), (210, true));
}

#[test]
fn rates_never_exceed_the_ceiling() {
    let mut client = Client::new(16);
    client.pace = RateController::new(NonZeroUsize::MIN, rate(3.0), Some(KnownRate::Limit(rate(50.0), 50)));
    client.read(1000);
    assert_eq!((client.pace.rate(), client.pace.learned()), (rate(3.0), Some(rate(3.0))));
}

#[test]
fn extreme_times_and_rates_are_handled() {
    let instants = [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(1), Duration::MAX];
    for extreme in [f64::MIN_POSITIVE, f64::MAX] {
        for (before, after, told) in instants
            .iter()
            .flat_map(|&before| instants.iter().flat_map(move |&after| instants.map(|told| (before, after, told))))
        {
            let mut pace =
                RateController::new(NonZeroUsize::MAX, rate(extreme), Some(KnownRate::Limit(rate(extreme), u64::MAX)));
            let [answered, refused, lost, late] = [before, after, after, before].map(|at| pace.on_send(at));
            pace.set_pages_left(u64::MAX);
            pace.on_page(after, answered);
            pace.on_refused(after, refused, Some(told));
            pace.on_abandoned(before, lost);
            pace.on_refused(before, late, None);
            pace.hold_until(told);
            let probe = pace.on_send(after);
            pace.on_page(before, probe);
            let _ = pace.may_send_at(after);
            assert!(pace.rate().per_second().is_finite() && pace.rate().per_second() > 0.0);
        }
    }
}
