//! What is typed into the dialog of an action, and how it is confirmed.

use crate::drive::Console;

const SERVICE: &str = "harbour-gateway-production";

fn scaling() -> Console {
    let mut console = Console::start((120, 40), "calm");
    console.keys("2").select(SERVICE).keys("s");
    console
}

#[test]
fn what_is_typed_takes_the_place_of_a_suggestion() {
    // A 0 behind the suggested 3 would make 30 of it.
    scaling().keys("0").shows("desired            3 → 0");
    scaling().type_in("12").shows("desired            3 → 12");
    // Whoever moves the cursor first edits what stands there.
    scaling().keys("end 0").shows("desired            3 → 30");
    scaling().keys("backspace").shows("enter a number of tasks: 5, +2 or -1");
}

#[test]
fn a_count_may_be_so_many_more_or_fewer() {
    scaling().type_in("+2").shows("desired            3 → 5");
    scaling().type_in("-1").shows("desired            3 → 2");
    scaling().type_in("-4").shows("only 3 tasks are desired now");
    scaling().type_in("+x").shows("not a whole number of tasks: +x");
    scaling().type_in("+5000").shows("at most 5000");
}

#[test]
fn the_steps_of_a_confirmation_are_counted_and_the_first_one_goes_on() {
    let mut console = scaling();
    console.keys("0 enter");
    console.shows(&format!("1 of 2 · service: type {SERVICE} to continue"));
    console.shows("enter continue");
    console.type_in(SERVICE).keys("enter");
    console.shows("2 of 2 · environment: type harbour-production to confirm");
    console.shows("enter scale");
    assert!(console.sent.is_empty());
    console.type_in("harbour-production").keys("enter");
    console.read();
    assert_eq!(console.sent.len(), 1);
}

#[test]
fn tab_moves_between_fields() {
    let mut console = Console::start((120, 40), "calm");
    console.keys("2").select(SERVICE).keys("!");
    let active = |console: &Console| match console.state.overlays.last() {
        Some(midwatch::app::views::Overlay::Action(dialog)) => dialog.active,
        _ => panic!("no dialog is open"),
    };
    assert_eq!(active(&console), 0);
    console.keys("tab");
    assert_eq!(active(&console), 1);
    console.keys("backtab");
    assert_eq!(active(&console), 0);
}
