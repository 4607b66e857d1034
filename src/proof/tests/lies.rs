//! Servers that break an assumption: what is claimed of them, and how often that is wrong unseen.

use super::drive::{Scenario, run};
use super::model::{Kind, Lie};
use super::rates::moving;

#[test]
#[ignore = "for a look"]
fn look() {
    for lie in [Lie::CountBehind, Lie::Lagging(1), Lie::Lagging(4), Lie::Totals(3, 0), Lie::Totals(-3, 0)] {
        for kind in [Kind::Newest, Kind::Oldest, Kind::Updated, Kind::Name] {
            for rate in [5, 50, 200] {
                let (mut levels, mut wrong) = ([0; 4], [0; 4]);
                for seed in 0..200 {
                    let outcome = run(&Scenario { lie, ..moving(kind, 200, 20, rate, seed * 7919) });
                    let back = if let Lie::Lagging(most) = lie { most as usize } else { 0 };
                    levels[outcome.level() as usize] += 1;
                    wrong[outcome.level() as usize] += u32::from(outcome.wrong(back).is_some());
                }
                println!("LIE {lie:?} {kind:?} {rate} {levels:?} wrong {wrong:?}");
            }
        }
    }
}
