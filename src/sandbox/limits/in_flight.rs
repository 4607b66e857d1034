//! A limit on requests at the same time: who comes in has to leave before another may.

/// How many are in.
#[derive(Debug)]
pub(super) struct InFlight {
    most: u32,
    inside: u32,
}

impl InFlight {
    pub(super) fn new(most: u32) -> Self {
        Self { most, inside: 0 }
    }

    /// Whether another one may come in; if so, it is in.
    pub(super) fn enter(&mut self) -> bool {
        let enters = self.inside < self.most;
        self.inside += u32::from(enters);
        enters
    }

    pub(super) fn leave(&mut self) {
        self.inside = self.inside.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_leave_make_room() {
        let mut limit = InFlight::new(2);
        assert_eq!([limit.enter(), limit.enter(), limit.enter()], [true, true, false]);
        limit.leave();
        assert_eq!([limit.enter(), limit.enter()], [true, false]);
    }
}
