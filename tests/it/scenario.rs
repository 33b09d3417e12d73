//! What a person does, as keys, and what they see and what is sent.

use midwatch::app::msg::Msg;
use midwatch::domain::intent::{JournalEntry, Verdict};
use midwatch::domain::ops::ecs;
use serde_json::json;

use crate::drive::Console;

const DECK: (u16, u16) = (120, 40);

fn calm() -> Console {
    Console::start(DECK, "calm")
}

#[test]
fn the_first_screen_says_where_who_and_how_old() {
    let console = calm();
    for text in
        ["DEMO", "PRODUCTION?", "harbour-production", "417228905561 ops-role", "eu-west-1", "data 0s", "14 · 0s"]
    {
        console.shows(text);
    }
}

#[test]
fn a_scale_is_planned_confirmed_sent_once_and_followed_to_its_end() {
    let mut console = Console::staging(DECK, "calm");
    console.select("harbour-gateway-production").keys("s");
    console.shows("Scale harbour-gateway-production");
    console.keys("up up");
    console.shows("ecs UpdateService");
    console.shows("--desired-count 5");
    console.keys("enter");
    assert!(console.sent.is_empty());
    console.keys("enter");
    console.shows("Enter confirms nothing here");
    assert!(console.sent.is_empty(), "Enter confirmed");
    console.keys("y");
    assert_eq!(console.sent.len(), 1);
    let call = &console.sent[0].calls[0];
    assert_eq!((call.service.as_str(), call.operation.as_str()), ("ecs", "UpdateService"));
    assert_eq!(
        serde_json::Value::Object(call.input.clone()),
        json!({ "cluster": "harbour-core", "service": "harbour-gateway-production", "desiredCount": 5 })
    );
    console.pass(40);
    let verdict = console.recorded.iter().find_map(|entry| match entry {
        JournalEntry::Verdict { verdict, .. } => Some(*verdict),
        _ => None,
    });
    assert_eq!(verdict, Some(Verdict::Done));
    console.shows("5/5");
    assert_eq!(console.sent.len(), 1);
}

#[test]
fn production_asks_for_the_typed_name_and_takes_no_other() {
    let mut console = calm();
    console.select("harbour-gateway-production").keys("s up enter");
    console.shows("service: type ");
    console.keys("y enter");
    assert!(console.sent.is_empty());
    console.shows("that is not harbour-gateway-production");
    console.keys("ctrl-u");
    console.tell(Msg::Paste("harbour-gateway-production".into()));
    console.keys("enter");
    assert!(console.sent.is_empty(), "a pasted name confirmed");
    console.type_in("harbour-gateway-production").keys("enter");
    assert_eq!(console.sent.len(), 1);
}

#[test]
fn scaling_to_zero_in_production_asks_for_both_names() {
    let mut console = calm();
    console.select("harbour-gateway-production").keys("s ctrl-u 0 enter");
    console.type_in("harbour-gateway-production").keys("enter");
    assert!(console.sent.is_empty());
    console.type_in("harbour-production").keys("enter");
    assert_eq!(console.sent.len(), 1);
}

#[test]
fn keys_typed_before_the_plan_was_seen_confirm_nothing() {
    let mut console = Console::staging(DECK, "calm");
    console.select("harbour-gateway-production");
    let now = console.now();
    for key in ["d", "y", "y", "y"] {
        // All at once, before any frame and any answer.
        let key = midwatch::keymap::Key::parse(key).unwrap();
        midwatch::app::update(&mut console.state, Msg::Key(key), now);
    }
    console.read();
    console.read();
    assert!(console.sent.is_empty());
    console.keys("y");
    assert_eq!(console.sent.len(), 1, "a key after the plan was seen does");
}

#[test]
fn a_plan_that_moved_is_not_sent() {
    let mut console = Console::staging(DECK, "calm");
    console.select("harbour-gateway-production").keys("s up enter");
    console.shows("3 → 4");
    // Somebody else scales between the plan and the confirmation.
    let other = midwatch::domain::call::Call::new(
        ecs::UPDATE_SERVICE,
        [
            ("cluster", "harbour-core".into()),
            ("service", "harbour-gateway-production".into()),
            ("desiredCount", 7.into()),
        ],
    );
    console.change_from_outside(other);
    console.keys("y");
    assert!(console.sent.is_empty());
    console.shows("it moved while you read the plan");
    console.shows("7 → 4");
}

#[test]
fn a_force_deploy_is_followed_by_its_id() {
    let mut console = Console::staging(DECK, "calm");
    console.select("harbour-search-production").keys("d");
    console.shows("Force deploy harbour-search-production");
    console.keys("y");
    assert_eq!(console.sent.len(), 1);
    console.shows("1 job");
    console.keys("J");
    console.shows("ecs-svc/");
    console.keys("esc");
    console.pass(120);
    assert!(
        matches!(console.recorded.last(), Some(JournalEntry::Verdict { verdict: Verdict::Done, .. })),
        "{}",
        console.screen()
    );
}

#[test]
fn another_controller_is_refused_before_a_dialog_opens() {
    let mut console = calm();
    console.select("harbour-payments-production").keys("d");
    console.shows_not("Force deploy harbour-payments");
    console.shows("CodeDeploy deploys this service");
}

#[test]
fn read_only_and_a_wrong_account_refuse_every_action() {
    let mut console = Console::with(DECK, "calm", |environments| environments[0].read_only = true);
    console.shows("READ-ONLY");
    console.keys("s");
    console.shows("is read-only");
    let mut console = Console::with(DECK, "calm", |environments| environments[0].account = Some("999999999999".into()));
    console.shows("WRONG ACCOUNT");
    console.keys("d");
    console.shows("is not the pinned 999999999999");
    assert!(console.state.overlays.is_empty());
}

#[test]
fn switching_shows_the_other_environment_in_the_next_frame() {
    let mut console = calm();
    console.keys("e").type_in("stag").keys("enter");
    console.pass(1);
    console.shows("harbour-booking-api-staging");
    let now = console.now();
    console.keys("e").type_in("harbour-prod");
    midwatch::app::update(&mut console.state, Msg::Key(midwatch::keymap::Key::parse("enter").unwrap()), now);
    // Nothing was read since the key.
    console.shows("harbour-booking-api-production");
    console.shows("417228905561");
}

#[test]
fn late_answers_of_an_environment_that_was_left_fall_away() {
    let mut console = calm();
    let wanted = midwatch::app::subs::subscriptions(&console.state);
    let old = wanted[0].asked.clone();
    console.keys("e").type_in("stag").keys("enter");
    let before = console.screen();
    let fault = midwatch::domain::fault::Fault::refused("late", "late");
    console.tell(Msg::Answer { asked: old, round: 0, result: Err(fault) });
    assert_eq!(console.screen(), before);
}

#[test]
fn the_filter_and_the_sort_survive_a_refresh_and_the_selection_sticks_to_its_resource() {
    let mut console = calm();
    console.keys("/").type_in("cluster:jobs").keys("enter");
    console.shows("6 of 14");
    console.select("harbour-worker-production");
    console.keys("> , R");
    console.pass(10);
    console.shows("6 of 14");
    console.shows("↓");
    let kind = console.state.focus.kind().unwrap();
    assert_eq!(&**console.state.selected(kind.id()).unwrap().object.name(), "harbour-worker-production");
    console.keys("esc");
    console.shows_not("of 14");
}

#[test]
fn a_bad_regex_is_told_while_it_is_typed() {
    let mut console = calm();
    console.keys("/").type_in("web(");
    console.shows("unclosed group");
    console.shows("1 of 14");
}

#[test]
fn a_denied_part_hides_nothing_that_answered() {
    let console = Console::start(DECK, "denied");
    console.shows("needs ecs:ListServices");
    console.shows("harbour-booking-api-production");
}

#[test]
fn expired_credentials_stop_the_polling_and_say_what_to_do() {
    let mut console = Console::start(DECK, "expired");
    console.shows("aws sso login --profile harbour-production");
    assert!(midwatch::app::subs::subscriptions(&console.state).is_empty());
    console.tell(Msg::Key(midwatch::keymap::Key::parse("R").unwrap()));
    assert!(!midwatch::app::subs::subscriptions(&console.state).is_empty());
}

#[test]
fn a_bad_deploy_is_seen_without_a_key() {
    let mut console = Console::start(DECK, "bad-deploy");
    console.pass(60);
    console.shows("wrong");
    let first = console.screen().lines().find(|line| line.contains("booking-api")).unwrap().to_string();
    assert!(first.contains('▲') || first.contains('✖'), "{first}");
}

#[test]
fn leaving_asks_while_a_job_runs() {
    let mut console = Console::staging(DECK, "calm");
    console.select("harbour-search-production").keys("d y q");
    assert!(!console.has_quit);
    console.shows("Leave?");
    console.keys("esc");
    console.shows_not("Leave?");
    console.keys("q y");
    assert!(console.has_quit);
    let mut console = calm();
    console.keys("q");
    assert!(console.has_quit);
}

#[test]
fn what_is_pasted_into_the_palette_is_found_as_what_is_typed() {
    for is_pasted in [false, true] {
        let mut console = calm();
        console.select("harbour-gateway-production").keys(": down down down down down");
        if is_pasted {
            console.tell(Msg::Paste("scale".into()));
        } else {
            console.type_in("scale");
        }
        console.keys("enter");
        console.shows("Scale harbour-gateway-production");
    }
}

#[test]
fn help_and_palette_list_every_command() {
    let mut console = Console::start((120, 60), "calm");
    console.keys("?");
    for text in ["everywhere", "in a list", "quit"] {
        console.shows(text);
    }
    console.keys("pagedown");
    console.shows("force deploy");
    console.keys("G");
    console.shows("in a plan");
    console.keys("esc :").type_in("scal");
    console.shows("scale");
    console.keys("enter");
    console.shows("Scale harbour-");
}

#[test]
fn keys_copy_what_is_selected_and_the_line_for_the_cli() {
    let mut console = Console::staging(DECK, "calm");
    console.select("harbour-web-production").keys("c");
    assert_eq!(console.copied, ["arn:aws:ecs:eu-west-1:417228905561:service/harbour-core/harbour-web-production"]);
    console.keys("d c");
    assert_eq!(
        console.copied[1],
        "aws ecs update-service --cluster harbour-core --service harbour-web-production --force-new-deployment \
         --profile harbour-production --region eu-west-1"
    );
}

#[test]
fn no_size_panics_whatever_is_open() {
    let mut console = Console::start(DECK, "bad-deploy");
    console.pass(20);
    let sizes =
        [(0, 0), (1, 1), (2, 50), (39, 9), (40, 10), (41, 11), (60, 15), (80, 24), (99, 60), (100, 24), (250, 80)];
    for keys in ["", "?", "J", ":", "e", "enter", "right", "right", "s", "enter"] {
        console.keys(keys);
        for size in sizes {
            console.tell(Msg::Resize(size.0, size.1));
            console.screen();
        }
        console.tell(Msg::Resize(DECK.0, DECK.1));
        if ["?", "J", ":", "e"].contains(&keys) {
            console.keys("esc");
        }
    }
}

#[test]
fn a_sequence_that_is_not_finished_swallows_no_key() {
    let mut console = Console::start((120, 40), "calm");
    // Escape ends the sequence and nothing else: the filter stays.
    console.keys("/").type_in("api").keys("enter g esc");
    console.shows("api");
    assert!(
        console.state.pending.1.is_empty() && !console.state.lists.values().all(|l| l.filter_input.value().is_empty())
    );
    // Another key means what it means alone.
    console.keys("g ?");
    console.shows("quit");
}

#[test]
fn a_part_that_cannot_be_described_is_told_until_a_sweep_goes_through() {
    use midwatch::app::msg::{Msg, ReadKey};
    use midwatch::domain::fault::{Fault, FaultKind};
    use midwatch::domain::query::{Answer, ListingPiece, Query};
    let mut console = calm();
    let part = "harbour-core";
    let asked = ReadKey {
        environment: console.state.current.clone().unwrap(),
        session: console.state.session,
        query: Query::List(midwatch::kinds::services::SERVICES),
    };
    let tell = |console: &mut Console, answer| {
        console.tell(Msg::Answer { asked: asked.clone(), round: 0, result: Ok(answer) });
    };
    let fault = Fault::new(FaultKind::TimedOut, "ecs:DescribeServices", "no answer within 5s");
    tell(&mut console, Answer::Listing(ListingPiece::PartFailed { part: part.into(), fault }));
    console.tell(Msg::Answered(asked.clone()));
    console.shows("no answer within 5s");
    // The next sweep begins well, and is not through yet.
    let ids = console.state.store().unwrap().listing(midwatch::kinds::services::SERVICES).rows();
    let ids = ids.filter(|row| *row.object.part() == *part).map(|row| row.object.id().clone()).collect();
    tell(&mut console, Answer::Listing(ListingPiece::Roster { part: part.into(), ids }));
    console.shows("no answer within 5s");
    console.tell(Msg::Answered(asked.clone()));
    console.shows_not("no answer within 5s");
}

#[test]
fn services_of_one_name_show_their_clusters() {
    use midwatch::app::msg::{Msg, ReadKey};
    use midwatch::domain::query::{Answer, ListingPiece, Query};
    use midwatch::domain::resource::{ResourceId, cast};
    use midwatch::domain::service::Service;
    // High enough for all rows.
    let mut console = Console::start((120, 60), "calm");
    console.shows_not("CLUSTER");
    let kind = midwatch::kinds::services::SERVICES;
    let query = Query::List(kind);
    let asked = ReadKey { environment: console.state.current.clone().unwrap(), session: console.state.session, query };
    let twin = {
        let row =
            console.state.store().unwrap().listing(kind).rows().min_by_key(|row| row.object.name().clone()).unwrap();
        let service = cast::<Service>(&*row.object).unwrap();
        Service {
            id: ResourceId(format!("{}x", service.id).into()),
            cluster: "another-cluster".into(),
            ..service.clone()
        }
    };
    let items = Answer::Listing(ListingPiece::Items(vec![std::sync::Arc::new(twin)]));
    console.tell(Msg::Answer { asked, round: 0, result: Ok(items) });
    console.shows("CLUSTER");
    console.shows("another-cluster");
}

#[test]
fn until_a_key_is_pressed_the_worst_row_is_the_selected_one() {
    let mut console = Console::start(DECK, "bad-deploy");
    let selected = |console: &Console| {
        let kind = console.state.focus.kind().unwrap();
        console.state.selected(kind.id()).unwrap().object.name().to_string()
    };
    assert_eq!(selected(&console), "harbour-backfill-production", "nothing is wrong yet");
    console.pass(60);
    assert_eq!(selected(&console), "harbour-booking-api-production");
    // From the first key on, the selection moves with its row and not away from it.
    let mut console = Console::start(DECK, "bad-deploy");
    console.keys("tab backtab");
    console.pass(60);
    assert_eq!(selected(&console), "harbour-backfill-production");
}
