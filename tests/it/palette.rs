//! The palette, the help, the filter and the keys that people bring along from other programs.

use crate::drive::Console;

fn production() -> Console {
    Console::start((120, 40), "calm")
}

#[test]
fn the_palette_selects_nothing_before_something_is_typed() {
    let mut console = production();
    console.keys(": enter");
    assert!(!console.state.overlays.is_empty(), "Enter alone does nothing");
    console.keys("down enter");
    assert!(!console.screen().contains("› "), "from the first step on it does");
}

#[test]
fn the_palette_knows_what_things_are_called() {
    for (typed, first) in [
        ("svc", "services"),
        ("db", "databases"),
        ("redis", "caches"),
        ("sqs", "queues"),
        ("metrics", "golden signals"),
        ("theme", "theme midnight"),
        ("problems", "what is wrong"),
        ("tail", "logs"),
        ("profile", "environments"),
        ("edges of the cdn", "invalidate"),
    ] {
        let mut console = production();
        console.keys(":").type_in(typed);
        let screen = console.screen();
        let entry = screen.lines().skip_while(|line| !line.contains("› ")).nth(2).unwrap_or_default().to_string();
        assert!(entry.contains(&format!("│ {first}")), "{typed}: {entry}\n{screen}");
    }
}

#[test]
fn the_palette_goes_to_any_resource() {
    let mut console = production();
    console.keys(":").type_in("booking-prod").keys("down").keys("esc");
    console.keys(":").type_in("harbour-sessions").keys("enter");
    assert_eq!(console.state.focus.title(), "Caches");
    assert_eq!(
        console.state.selected(console.state.focus.kind().unwrap().id()).unwrap().object.name(),
        "harbour-sessions-production"
    );
}

#[test]
fn leaving_is_never_the_first_of_several() {
    for typed in ["q", "u", "qu"] {
        let mut console = production();
        console.keys(":").type_in(typed);
        let screen = console.screen();
        let entry = screen.lines().skip_while(|line| !line.contains("› ")).nth(2).unwrap_or_default().to_string();
        assert!(!entry.contains("│ quit"), "{typed}: {entry}");
    }
}

#[test]
fn the_help_is_filtered_and_begins_with_what_works_here() {
    let mut console = production();
    console.keys("?");
    console.shows("here, in a list");
    console.keys("/").type_in("snapshot");
    console.shows("Takes a snapshot");
    console.shows_not("Sets how many tasks");
    console.keys("esc");
    console.shows("here, in a list");
    console.keys("/").type_in("zzz").shows("no key matches");
}

#[test]
fn ctrl_c_says_how_to_leave() {
    let mut console = production();
    console.keys("ctrl-c").shows("to quit: q");
    console.keys(": ctrl-c").shows("to quit: esc closes this, then q");
}

#[test]
fn a_filter_compares_numbers_and_names_a_column_that_there_is_not() {
    let mut console = production();
    console.keys("2 /").type_in("cpu>24").keys("enter");
    console.shows("harbour-booking-api");
    console.shows_not("harbour-gateway");
    console.keys("esc /").type_in("cpuu>30").shows("no such column: cpuu; did you mean cpu?");
}

#[test]
fn half_pages_scroll_and_the_footer_says_that_digits_are_panes() {
    let mut console = production();
    console.keys("2").shows("1-7 pane");
    let selected = |console: &Console| console.state.lists[&console.state.focus.kind().unwrap().id()].position();
    console.keys("ctrl-d");
    assert!(selected(&console) > Some(2));
    console.keys("ctrl-u");
    assert_eq!(selected(&console), Some(0));
}

#[test]
fn a_theme_is_chosen_by_name() {
    let mut console = production();
    console.keys(":").type_in("daylight").keys("enter");
    assert_eq!(console.theme_asked, Some("daylight"));
}
