//! What every message does to the state. Synchronous and quick; whatever takes time is an effect
//! or a subscription.

use super::action::{self, Dialog};
use super::command::Command;
use super::layout;
use super::motion::{close_detail, focus, focus_step, scroll, sort, step, tab_step, turn};
use super::msg::{Effect, Msg, Session};
use super::state::{DetailView, NoticeTone, Overlay, Pane, State};
use super::store::Store;
use super::views::{compare, debrief, forwards, golden, timeline};
use super::{answer, clipboard, hint, incident, metrics, mouse, recorder, related_resource, report, triage, typing};
use crate::app::action::undo;
use crate::app::panes::list::ListView;
use crate::app::panes::logs;
use crate::app::views::insights::run as insights;
use crate::app::views::picker::{Choice, Picked, Picker};
use crate::domain::intent::Outcome;
use crate::domain::query::Query;
use crate::domain::text::Text;
use crate::domain::{Timestamp, format};
use crate::keymap::{Code, Key, KeyMeaning};
use crate::kinds;

/// Seconds that a notice stays.
const NOTICE_SECONDS: i64 = 8;

/// Does what the message asks and returns what is to be done outside.
pub fn update(state: &mut State, msg: Msg, now: Timestamp) -> Vec<Effect> {
    if let Msg::Answer { asked, .. } | Msg::Answered { asked, .. } = &msg
        && asked.session != Session::JOBS
        && asked.session != state.session
    {
        // Late: the environment was left.
        return vec![];
    }
    state.now = now;
    let mut effects = match msg {
        Msg::Key(key) => press(state, key),
        Msg::Paste(text) => typing::paste(state, &text),
        Msg::Mouse(mouse) => mouse::click(state, mouse),
        Msg::Resize(width, height) => {
            state.size = (width, height);
            vec![]
        }
        Msg::Tick => tick(state),
        // What is behind goes on in `settle`, a slice at a time.
        Msg::Work => vec![],
        Msg::Painted => {
            if let Some(Overlay::Action(dialog)) = state.overlays.last_mut() {
                dialog.painted(now);
            }
            return vec![];
        }
        Msg::Answer { asked, round, result } => {
            let environment = asked.environment.clone();
            recorder::see(state, &asked, &result);
            let mut effects = answer::accept(state, asked, round, result);
            effects.extend(recorder::keep(state, &environment));
            effects
        }
        Msg::Answered { asked, .. } => {
            if let (Query::Insights(query), Some(view)) = (&asked.query, &mut state.insights) {
                view.answered(query, now);
            } else if let Some(store) = state.stores.get_mut(&asked.environment) {
                store.complete(&asked.query, now);
            }
            triage::look_soon(state);
            timeline::renew(state);
            vec![]
        }
        Msg::Sent { id, step, outcome } => {
            // Everything in view may be different now.
            state.round += 1;
            let taken = matches!(outcome, Outcome::Sent(_));
            let (effects, line) = state.jobs.sent(&id, step, outcome, now);
            if taken {
                logs::run::open_job(state, &id);
            }
            if let Some(line) = line {
                state.say(NoticeTone::Info, line);
            }
            effects.into_iter().chain(forwards::sent(state, &id)).collect()
        }
        Msg::Returned { session, ended } => forwards::returned(state, &session, &ended),
        Msg::Journal(entries) => {
            let environments = state.environments.clone();
            timeline::recall(&mut state.past, &entries);
            state.jobs.adopt(entries, &environments, now);
            let adopted = state.jobs.live().filter(|job| job.adopted).count();
            if adopted > 0 {
                let text =
                    format!("{} of before: read again until settled (J)", format::count(adopted, "unfinished action"));
                state.say(NoticeTone::Error, text);
            }
            vec![]
        }
        Msg::JournalFault(text) | Msg::Notice(text) => {
            state.say(NoticeTone::Error, text);
            vec![]
        }
        Msg::Recalled { environment, result } => recorder::recalled(state, &environment, result),
        Msg::NotKept { environment, records, why } => {
            recorder::not_kept(state, &environment, records, &why);
            vec![]
        }
        Msg::Saved { file, result } if report::saved(state, &file, &result) => vec![],
        Msg::Saved { file, result } => match insights::saved(state, &file, &result) {
            Some(effects) => effects,
            None => logs::run::saved(state, &file, result),
        },
        Msg::CallCounter(meter) => {
            state.rate.read(meter);
            vec![]
        }
        Msg::Debrief(told) => {
            debrief::on_debrief(state, told);
            vec![]
        }
        Msg::ApiUsage(spending) => {
            state.api_usage = spending;
            vec![]
        }
    };
    effects.extend(report::settle(state));
    settle(state);
    effects
}

/// Brings what is derived up to date: order of lists, layout, scroll.
fn settle(state: &mut State) {
    let deployed = logs::run::deployed(state);
    if let Some(logs) = &mut state.logs {
        logs.deployed = deployed;
        logs.incident = state.charts.incident.map(Timestamp::as_millisecond);
        logs.settle(state.now);
    }
    state.stores.values_mut().for_each(Store::settle);
    if let Some(store) = state.current.as_ref().and_then(|name| state.stores.get_mut(name)) {
        for kind in kinds::registry() {
            if let Some(view) = state.lists.get_mut(&kind.id) {
                store.arrange(kind, view, state.now);
            }
        }
    }
    state.layout = layout::of(state);
    insights::settle(state);
    for kind in kinds::registry() {
        let rows = state.layout.rows(Pane::Kind(kind.id));
        if let (Some(view), true) = (state.lists.get_mut(&kind.id), rows > 0) {
            view.scroll_to_selection(rows);
        }
    }
}

fn tick(state: &mut State) -> Vec<Effect> {
    triage::look_soon(state);
    timeline::renew(state);
    if let Some(notice) = &state.notice
        && format::seconds_since(notice.at, state.now) >= NOTICE_SECONDS
    {
        state.notice = None;
    }
    let now = state.now;
    if let Some(name) = state.current.clone()
        && let Some(store) = state.stores.get_mut(&name)
    {
        store.judge(now);
    }
    vec![]
}

fn press(state: &mut State, key: Key) -> Vec<Effect> {
    state.lists.values_mut().for_each(ListView::hold);
    // A sequence begun before a dialog came or went means nothing in the new place.
    let contexts = state.contexts();
    let (begun_in, typed) = std::mem::take(&mut state.pending);
    let typed = if begun_in == contexts { typed } else { Vec::new() };
    if state.is_typing() && typed.is_empty() && key.is_text() {
        return typing::edit(state, key);
    }
    match state.keymap.lookup(contexts, &typed, key) {
        KeyMeaning::Prefix => {
            state.pending = (contexts, [typed, vec![key]].concat());
            vec![]
        }
        KeyMeaning::Command(id) => Command::of(id).map_or_else(Vec::new, |command| run(state, command)),
        // Escape ends a sequence and nothing else; any other key may mean something by itself.
        KeyMeaning::Nothing if !typed.is_empty() => {
            if key.code == Code::Esc {
                return vec![];
            }
            press(state, key)
        }
        KeyMeaning::Nothing if state.is_typing() => typing::edit(state, key),
        KeyMeaning::Nothing => vec![],
    }
}

/// Does a command, or says why it does not apply.
fn run(state: &mut State, command: Command) -> Vec<Effect> {
    if matches!(state.overlays.last(), Some(Overlay::Insights))
        && let Some(effects) = insights::handle_command(state, command)
    {
        return effects;
    }
    if let Some(effects) = timeline::handle_command(state, command) {
        return effects;
    }
    if let Some(effects) = triage::handle_command(state, command) {
        return effects;
    }
    if let Some(effects) = compare::handle_command(state, command) {
        return effects;
    }
    if metrics::has_keys(state) && metrics::handle_command(state, command) {
        return vec![];
    }
    let over_deck = state.overlays.is_empty();
    if over_deck && let Some(why) = hint::why_not(state, command) {
        state.say(NoticeTone::Error, why);
        return vec![];
    }
    let now = state.now;
    match command {
        Command::Quit => return quit(state),
        Command::Help => toggle(state, Overlay::Help { scroll: 0 }),
        Command::Jobs => toggle(state, Overlay::Jobs { selected: 0 }),
        Command::Wrong => toggle(state, Overlay::Wrong(triage::View::default())),
        Command::Api => toggle(state, Overlay::Api),
        Command::Debrief => toggle(state, Overlay::Debrief { scroll: 0 }),
        Command::Forwards => toggle(state, Overlay::Forwards { selected: 0 }),
        Command::StopForward => return forwards::stop(state),
        Command::Back => back(state),
        Command::Palette if over_deck => state.overlays.push(Overlay::Picker(Picker::new(Choice::Commands))),
        Command::Environments if over_deck => state.overlays.push(Overlay::Picker(Picker::new(Choice::Environments))),
        Command::Refresh => return refresh(state),
        Command::NextPane if over_deck => focus_step(state, 1),
        Command::PreviousPane if over_deck => focus_step(state, -1),
        Command::Pane(number) if state.overlays.iter().all(Overlay::is_view) => {
            let pane = Pane::all().nth(usize::from(number) - 1);
            if let Some(pane) = pane.filter(|pane| state.panes().any(|open| open == *pane)) {
                state.overlays.clear();
                focus(state, pane);
            }
        }
        Command::Zoom if over_deck => state.zoomed = !state.zoomed,
        Command::Suspend => return vec![Effect::Suspend],
        Command::Redraw => return vec![Effect::Redraw],
        Command::Up | Command::Previous => return step(state, -1),
        Command::Down | Command::Next => return step(state, 1),
        Command::HalfUp => return turn(state, -1),
        Command::HalfDown => return turn(state, 1),
        Command::PageUp => return turn(state, -2),
        Command::PageDown => return turn(state, 2),
        Command::Top => return scroll(state, isize::MIN / 2),
        Command::Bottom => return scroll(state, isize::MAX / 2),
        Command::Open if over_deck => return open(state),
        Command::Open if matches!(state.overlays.last(), Some(Overlay::Golden)) => golden::enter(state),
        Command::Timeline
            if over_deck || matches!(state.overlays.last(), Some(Overlay::Wrong(_) | Overlay::Golden)) =>
        {
            timeline::open(state);
        }
        Command::Incident => incident::toggle(state),
        Command::Report => match report::typed(state, &[]) {
            Ok((from, to)) => report::begin(state, from, to),
            Err(why) => state.say(NoticeTone::Error, why),
        },
        Command::Golden if over_deck => state.overlays.push(Overlay::Golden),
        Command::Golden => state.overlays.retain(|overlay| !matches!(overlay, Overlay::Golden)),
        Command::Open => logs::run::enter_job(state),
        Command::Filter if over_deck && !state.is_in_detail() && state.focus != Pane::Logs => {
            if let Some((_, view)) = state.focused_list() {
                view.filtering = true;
            }
        }
        Command::SortNext if over_deck => sort(state, 1),
        Command::SortPrevious if over_deck => sort(state, -1),
        Command::SortReverse if over_deck => {
            if let Some((_, view)) = state.focused_list() {
                view.reverse();
            }
        }
        Command::Copy => return clipboard::copy(state),
        Command::ConsoleUrl if over_deck => return clipboard::console_url(state),
        Command::NextTab => tab_step(state, 1),
        Command::PreviousTab => tab_step(state, -1),
        Command::Confirm => match state.overlays.last_mut() {
            Some(Overlay::Action(dialog)) => dialog.yes(now),
            Some(Overlay::Quit) => return vec![Effect::Quit],
            _ => {}
        },
        Command::RestUp | Command::RestDown => {
            if let Some(Overlay::Action(dialog)) = state.overlays.last_mut() {
                dialog.turn(if command == Command::RestDown { 1 } else { -1 });
            }
        }
        Command::CopyCall => {
            if let Some(Overlay::Action(dialog)) = state.overlays.last()
                && let Some(lines) = dialog.cli()
            {
                return clipboard::copied(state, lines.join(" && "));
            }
        }
        Command::Complete if state.is_in_logs() => {
            if let Some(logs) = &mut state.logs {
                logs.turn();
            }
        }
        Command::Complete => {
            if let Some(Overlay::Action(dialog)) = state.overlays.last_mut() {
                dialog.preset(now);
            }
        }
        Command::Accept => return accept(state),
        Command::Act(verb) if over_deck => act(state, verb),
        Command::Undo if over_deck => undo::open(state),
        Command::Subject if over_deck => related_resource::go(state),
        Command::Logs if over_deck => logs::run::open(state, false),
        Command::AddLogs if over_deck => logs::run::open(state, true),
        Command::Insights if over_deck => insights::open(state),
        Command::Compare if over_deck => compare::open(state),
        Command::Save if state.is_in_logs() => logs::run::ask_file(state),
        command if state.is_in_logs() => {
            if let Some(logs) = &mut state.logs {
                logs.handle_command(command);
            }
        }
        _ => {}
    }
    vec![]
}

fn toggle(state: &mut State, overlay: Overlay) {
    let same = state.overlays.last().is_some_and(|o| std::mem::discriminant(o) == std::mem::discriminant(&overlay));
    if same {
        state.overlays.pop();
    } else if !matches!(state.overlays.last(), Some(Overlay::Action(_) | Overlay::Quit)) {
        state.overlays.push(overlay);
    }
}

fn quit(state: &mut State) -> Vec<Effect> {
    let own = state.jobs.live().filter(|job| !job.adopted).count();
    if (own == 0 && state.forwards.live().next().is_none()) || matches!(state.overlays.last(), Some(Overlay::Quit)) {
        return vec![Effect::Quit];
    }
    // A plan half read is not worth keeping over the wish to leave.
    state.overlays.clear();
    state.overlays.push(Overlay::Quit);
    vec![]
}

fn back(state: &mut State) {
    if let Some(Overlay::Action(dialog)) = state.overlays.last_mut()
        && dialog.back()
    {
        return;
    }
    match state.overlays.last() {
        Some(_) => {
            state.overlays.pop();
        }
        None if state.is_in_detail() => {
            let from = state.came_from.take();
            state.overlays.extend(from);
            state.detail = None;
        }
        None if state.focus == Pane::Logs => {
            // First what is open in the pane, then the pane.
            if state.zoomed && state.logs.as_ref().is_some_and(|logs| !logs.is_busy()) {
                state.zoomed = false;
            } else if state.logs.as_mut().is_some_and(|logs| !logs.back()) {
                // To what they are the logs of.
                let whose = state.logs.take().and_then(|logs| logs.kind());
                let detail = state.detail.as_ref().map(|detail| detail.kind);
                let kind = detail.or(whose).or_else(|| kinds::registry().first().map(|kind| kind.id));
                state.focus = kind.map_or(Pane::Environments, Pane::Kind);
            }
        }
        None => {
            let zoomed = state.zoomed;
            if let Some((kind, view)) = state.focused_list() {
                if view.filtering || !view.filter_input.value().is_empty() {
                    view.filtering = false;
                    view.filter_input.reset();
                    view.refilter(kind);
                    return;
                }
                if zoomed {
                    state.zoomed = false;
                    return;
                }
            }
            state.notice = None;
        }
    }
}

fn refresh(state: &mut State) -> Vec<Effect> {
    state.round += 1;
    let Some(env) = state.environment().cloned() else { return vec![] };
    if env.region.is_none() && env.obstacle.is_none() {
        state.overlays.push(Overlay::Picker(Picker::new(Choice::Region(env.name.clone()))));
        return vec![];
    }
    if let Some(store) = state.stores.get_mut(&env.name) {
        store.locked_out = None;
    }
    state.say(NoticeTone::Info, "reading again, with fresh credentials");
    vec![Effect::ForgetCredentials(env)]
}

fn open(state: &mut State) -> Vec<Effect> {
    match state.focus {
        Pane::Environments => {
            let name = state.environments.get(state.environment_row).map(|env| env.name.clone());
            name.map_or_else(Vec::new, |name| activate(state, &name))
        }
        Pane::Kind(id) => {
            if state.detail.is_none()
                && let Some(row) = state.selected(id)
            {
                let tabs = kinds::kind(id).map_or(1, |kind| kind.tabs.len());
                state.detail =
                    Some(DetailView { kind: id, id: row.object.id().clone(), tab: 0, scroll: vec![0; tabs] });
            }
            vec![]
        }
        Pane::Logs => {
            if let Some(logs) = &mut state.logs {
                logs.enter();
            }
            vec![]
        }
    }
}

/// Makes an environment the active one: its last known data is on the screen in the next frame.
/// Dialogs are closed, jobs go on.
pub fn activate(state: &mut State, name: &Text) -> Vec<Effect> {
    let Some(row) = state.environments.iter().position(|env| env.name == *name) else { return vec![] };
    let env = state.environments[row].clone();
    if let Some(obstacle) = &env.obstacle {
        let text = format!("{name}: {obstacle}");
        state.say(NoticeTone::Error, text);
        if state.current.is_some() {
            return vec![];
        }
    }
    state.environment_row = row;
    state.overlays.clear();
    close_detail(state);
    if state.current.as_ref() != Some(name) {
        state.logs = None;
        state.insights = None;
        // It would be made of another environment.
        state.report = None;
    }
    if matches!(state.focus, Pane::Environments | Pane::Logs)
        && let Some(pane) = Pane::all().nth(1)
    {
        state.focus = pane;
    }
    if state.current.as_ref() != Some(name) {
        state.session = state.session.next();
        state.current = Some(name.clone());
        state.lists.values_mut().for_each(ListView::forget);
    }
    let store = state.stores.entry(name.clone()).or_default();
    store.visited = true;
    // Coming back is a new try: a login may have happened in between.
    store.locked_out = None;
    if env.region.is_none() && env.obstacle.is_none() {
        state.overlays.push(Overlay::Picker(Picker::new(Choice::Region(name.clone()))));
        return vec![];
    }
    settle(state);
    vec![Effect::Remember(name.clone())]
}

fn accept(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    match state.overlays.last_mut() {
        Some(Overlay::Action(dialog)) => {
            let (env, id) = (dialog.env.clone(), dialog.id.clone());
            dialog.enter(now).map(|secret| Effect::Unlock { env, id, secret }).into_iter().collect()
        }
        Some(Overlay::Picker(picker)) => {
            let picker = picker.clone();
            let mut entries = picker.entries(state);
            if picker.selected >= entries.len() {
                return vec![];
            }
            pick(state, entries.swap_remove(picker.selected).picked)
        }
        _ => {
            if let Some((_, view)) = state.focused_list() {
                view.filtering = false;
            }
            if state.is_in_logs() { logs::run::accept(state) } else { vec![] }
        }
    }
}

fn pick(state: &mut State, picked: Picked) -> Vec<Effect> {
    state.overlays.pop();
    match picked {
        Picked::Command(command) => run(state, command),
        Picked::Environment(name) => activate(state, &name),
        Picked::Report(from, to) => {
            report::begin(state, from, to);
            vec![]
        }
        Picked::Incident(at) => {
            incident::mark(state, at);
            vec![]
        }
        Picked::Refused(why) => {
            state.say(NoticeTone::Error, why);
            vec![]
        }
        Picked::Query(text) => {
            insights::choose(state, &text);
            vec![]
        }
        Picked::Region { environment, region } => {
            if let Some(env) = state.environments.iter_mut().find(|env| env.name == environment) {
                std::sync::Arc::make_mut(env).region = Some(region);
            }
            activate(state, &environment)
        }
    }
}

fn act(state: &mut State, verb: &'static str) {
    let Some(spec) = state.action(verb) else { return };
    let (Some(env), Some(store), Some(row)) = (state.environment(), state.store(), state.selected(spec.kind)) else {
        return;
    };
    let Some(identity) = store.identity.value() else { return };
    let dialog = match action::guard(env, store, spec, &*row.object) {
        Ok(()) => Dialog::new(spec, env.clone(), state.session, identity.clone(), &*row.object, state.now)
            .begin_with(&state.settings),
        Err(why) => return state.say(NoticeTone::Error, why),
    };
    let elsewhere = triage::elsewhere(state, Command::Act(verb), row.object.id());
    state.notice = None;
    if let Some(said) = elsewhere {
        state.say(NoticeTone::Info, said);
    }
    state.overlays.push(Overlay::Action(Box::new(dialog)));
}
