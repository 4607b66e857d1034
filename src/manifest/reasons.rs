//! Recognizes the reasons in a manifest by their words, and the highest level that each allows.

use crate::proof::{Direction, Field, Level, Order, Reason};

/// Pairs of numbers that give each wording of a reason, singular and plural.
const NUMBERS: [(u32, u32); 4] = [(1, 1), (1, 2), (2, 1), (2, 2)];

/// The highest level that a reason allows. A manifest has only the words of its reasons; unknown ones allow any level.
pub(super) fn highest(reason: &str) -> Level {
    let excludes =
        |(level, known): (Level, Vec<Reason>)| known.iter().any(|known| is_like(reason, known)).then_some(level);
    NUMBERS.iter().flat_map(|(a, b)| excluding(*a, *b)).filter_map(excludes).min().unwrap_or(Level::Snapshot)
}

/// Whether a reason says that the totals of the server were seen to be wrong.
pub(super) fn doubts_totals(reason: &str) -> bool {
    let doubt = |rows, per_page: u32| Reason::TotalDisagrees { page: 1, per_page, rows, total: 1 };
    NUMBERS.iter().any(|(rows, per_page)| is_like(reason, &doubt(u64::from(*rows), *per_page)))
}

/// Whether a text is a reason, with any numbers in it.
fn is_like(text: &str, reason: &Reason) -> bool {
    let words = |text: &str| text.replace(|character: char| character.is_ascii_digit() || ",-".contains(character), "");
    words(text).starts_with(&words(&reason.to_string()))
}

/// The reasons that occur only up to a level. Those that may come with a snapshot are not among them.
fn excluding(a: u32, b: u32) -> [(Level, Vec<Reason>); 3] {
    use Reason::{
        Assembled, BudgetSpent, Cached, Deleted, Disorder, FixedPages, Gap, Limited, LittleOrder, LooseTies, Missing,
        Moved, NoEnd, NoOrder, OpenEnd, Overfull, Recovered, Slipped, Stale, TiedBorder, TotalUnexplained, Twice,
        Unfinished, Unreadable, Unsettled, WideTie,
    };
    let (asked, a, b, id, page) = (a, u64::from(a), u64::from(b), 1, 1);
    let mut incomplete = vec![Limited { contacts: a }, Unfinished, Missing { seen: a, total: b }, NoEnd { pages: a }];
    let mut counted =
        vec![NoOrder, LittleOrder, LooseTies, Gap { near: id, far: id }, TiedBorder { id }, OpenEnd { id }];
    let complete =
        vec![Moved, Overfull, Slipped { id }, TotalUnexplained { seen: a, total: b }, Deleted { contacts: a }];
    for (before, after) in [(None, None), (None, Some(id)), (Some(id), None), (Some(id), Some(id))] {
        incomplete.push(Unreadable { place: a, before, after });
    }
    counted.extend([
        Recovered { contacts: a },
        Stale { id },
        Cached { page, why: String::new() },
        Assembled,
        Twice { id, page, extra: a },
    ]);
    counted.extend([FixedPages { asked, given: b }, BudgetSpent { requests: a }, Unsettled { pages: a }]);
    counted.extend([WideTie { id, rows: a }].into_iter().chain(orders().map(|order| Disorder { order })));
    [(Level::Incomplete, incomplete), (Level::Counted, counted), (Level::Complete, complete)]
}

/// Every order that a list can have.
pub(super) fn orders() -> impl Iterator<Item = Order> {
    let directions = [Direction::Ascending, Direction::Descending];
    let fields = [Field::Id, Field::CreatedAt, Field::UpdatedAt];
    let ties = directions.map(Some).into_iter().chain([None]);
    let of =
        move |field| ties.clone().flat_map(move |ties| directions.map(|direction| Order { field, direction, ties }));
    fields.into_iter().flat_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: Order = Order { field: Field::Id, direction: Direction::Ascending, ties: None };

    #[test]
    fn reasons_are_recognized_by_their_words() {
        let order =
            Order { field: Field::CreatedAt, direction: Direction::Descending, ties: Some(Direction::Ascending) };
        for (reason, level) in [
            (Reason::Limited { contacts: 1 }, Level::Incomplete),
            (Reason::Limited { contacts: 12_345 }, Level::Incomplete),
            (Reason::Unfinished, Level::Incomplete),
            (Reason::Missing { seen: 1, total: 2 }, Level::Incomplete),
            (Reason::Missing { seen: 2_500, total: 2_501 }, Level::Incomplete),
            (Reason::NoEnd { pages: 1 }, Level::Incomplete),
            (Reason::Gap { near: -1, far: 2 }, Level::Counted),
            (Reason::OpenEnd { id: 17 }, Level::Counted),
            (Reason::Unreadable { place: 1, before: None, after: None }, Level::Incomplete),
            (Reason::Unreadable { place: 2, before: Some(1), after: Some(3) }, Level::Incomplete),
            (Reason::Unreadable { place: 2, before: Some(1), after: None }, Level::Incomplete),
            (Reason::Unreadable { place: 2, before: None, after: Some(3) }, Level::Incomplete),
            (Reason::Assembled, Level::Counted),
            (Reason::TiedBorder { id: 1 }, Level::Counted),
            (Reason::Disorder { order: ORDER }, Level::Counted),
            (Reason::Disorder { order }, Level::Counted),
            (Reason::Stale { id: 1 }, Level::Counted),
            (Reason::Cached { page: 3, why: "its age header says 60 s".to_owned() }, Level::Counted),
            (Reason::Twice { id: 9, page: 3, extra: 1 }, Level::Counted),
            (Reason::Twice { id: 9, page: 3, extra: 20 }, Level::Counted),
            (Reason::FixedPages { asked: 200, given: 100 }, Level::Counted),
            (Reason::WideTie { id: 1, rows: 300 }, Level::Counted),
            (Reason::BudgetSpent { requests: 44 }, Level::Counted),
            (Reason::Unsettled { pages: 1 }, Level::Counted),
            (Reason::Unsettled { pages: 2 }, Level::Counted),
            (Reason::Recovered { contacts: 1 }, Level::Counted),
            (Reason::Recovered { contacts: 3 }, Level::Counted),
            (Reason::NoOrder, Level::Counted),
            (Reason::LittleOrder, Level::Counted),
            (Reason::LooseTies, Level::Counted),
            (Reason::Deleted { contacts: 1 }, Level::Complete),
            (Reason::Deleted { contacts: 8 }, Level::Complete),
            (Reason::Moved, Level::Complete),
            (Reason::Overfull, Level::Complete),
            (Reason::Slipped { id: 5 }, Level::Complete),
            (Reason::TotalUnexplained { seen: 4, total: 5 }, Level::Complete),
            // A snapshot may come with these.
            (Reason::KeyChanged { id: 1 }, Level::Snapshot),
            (Reason::TotalDisagrees { page: 1, per_page: 100, rows: 100, total: 99 }, Level::Snapshot),
        ] {
            assert_eq!(highest(&reason.to_string()), level, "{reason}");
        }
        assert_eq!(highest("a reason of a later version"), Level::Snapshot);
    }
}
