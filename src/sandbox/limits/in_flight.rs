//! A limit on concurrent requests.

/// The number of requests in flight.
#[derive(Debug)]
pub(super) struct InFlight {
    max: u32,
    current: u32,
}

impl InFlight {
    pub(super) fn new(max: u32) -> Self {
        Self { max, current: 0 }
    }

    /// Accepts a request if there is room for it.
    pub(super) fn enter(&mut self) -> bool {
        let is_accepted = self.current < self.max;
        self.current += u32::from(is_accepted);
        is_accepted
    }

    pub(super) fn leave(&mut self) {
        self.current = self.current.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finished_requests_make_room() {
        let mut limit = InFlight::new(2);
        assert_eq!([limit.enter(), limit.enter(), limit.enter()], [true, true, false]);
        limit.leave();
        assert_eq!([limit.enter(), limit.enter()], [true, false]);
    }
}
