//! The dialog of an action: what it does, to whom, by which call, and how it is confirmed.

use tui_input::Input;

use crate::app::action::{Dialog, Stage};
use crate::app::command::Command;
use crate::app::hint;
use crate::app::input::{ACCEPT, COMPLETE, NEXT, PREVIOUS};
use crate::app::views::action::{CONFIRM, COPY_CALL, REST_DOWN, REST_UP};
use crate::app::views::view::BACK;
use crate::domain::call::Call;
use crate::domain::environment::Tier;
use crate::kinds::action::{Choice, Plan};
use crate::kinds::cell::{self, Tone};
use crate::ui::prelude::*;
use crate::ui::widgets::{input, text};

/// So many values of a list are shown while another one is typed.
const ITEMS: usize = 5;

/// So many of the values that may be chosen are shown at once, and where there is little room.
const CHOICES: usize = 7;
const FEW_CHOICES: usize = 3;

/// The widest that a dialog gets.
const WIDTH: u16 = 104;

/// Draws the dialog over `body`.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, dialog: &Dialog) {
    let width = WIDTH.min(body.width);
    let room = usize::from(width).saturating_sub(4);
    let (mut all, mut bottom) = (lines(paint, dialog, room, false), foot(paint, dialog, room, false));
    if all.len() + bottom.len() + 2 > usize::from(body.height) {
        (all, bottom) = (lines(paint, dialog, room, true), foot(paint, dialog, room, true));
    }
    let lines = all;
    let height = u16::try_from(lines.len() + bottom.len() + 3).unwrap_or(u16::MAX).min(body.height);
    let title = format!("{} {}", capital(dialog.spec.label()), dialog.name);
    let tier = dialog.env.tier;
    let role = if tier == Tier::Production { Role::Down } else { Role::Dim };
    let note = paint.styled(format!(" {} ", tier.word().to_uppercase()), role);
    let inner = paint.dialog(frame, body, (width, height), &title, note);
    // The confirmation is always on the screen; a long plan gives way above it.
    let foot_rows = (bottom.len() as u16).min(inner.height);
    let plan = Rect { height: inner.height - foot_rows, ..inner };
    paint.lines(frame, plan, &lines, dialog.scroll.place());
    paint.lines(frame, Rect { y: inner.y + plan.height, height: foot_rows, ..inner }, &bottom, 0);
}

fn lines(paint: Paint, dialog: &Dialog, room: usize, is_long: bool) -> Vec<Line<'static>> {
    let field = |label: &str, spans: Vec<cell::Span>| paint.field(label, &spans, room);
    let strong = |text: &str| cell::Span::new(text, Tone::Strong);
    let dim = |text: &str| cell::Span::new(text, Tone::Dim);
    let region = dialog.env.region.as_deref().unwrap_or("?");
    let mut lines = field(
        "environment",
        vec![
            strong(&dialog.env.name),
            dim("  account "),
            dialog.identity.account.as_str().into(),
            dim("  as "),
            dialog.identity.who().into(),
            dim("  in "),
            region.into(),
        ],
    );
    lines.push(Line::default());
    for (i, f) in dialog.fields.iter().enumerate() {
        let active = dialog.stage == Stage::Input && i == dialog.active;
        if active {
            // The line that is typed into must stay in view: of a long list only the end is shown.
            let before = f.items.len().saturating_sub(ITEMS);
            if before > 0 {
                lines.extend(field(f.field.label, vec![dim(&format!("{before} more before"))]));
            }
            for (n, item) in f.items.iter().enumerate().skip(before) {
                lines.extend(field(if n == 0 { f.field.label } else { "" }, vec![strong(item)]));
            }
            let label = if f.items.is_empty() { f.field.label } else { "and" };
            lines.push(match f.is_suggested {
                true => input::suggestion(paint, label, f.input.value(), room),
                false => input::line(paint, label, &f.input, room),
            });
            if let Some((name, why)) = &dialog.error
                && *name == f.field.name
            {
                lines.extend(field("", vec![cell::Span::new(why.as_str(), Tone::Degraded)]));
            }
            lines.extend(choices(paint, dialog, room, is_long));
            if !f.field.presets.is_empty() {
                let offered = |(word, value): &(String, String)| match word == value {
                    true => value.clone(),
                    false => format!("{word} → {value}"),
                };
                let presets: Vec<String> = f.field.presets.iter().map(offered).collect();
                lines.extend(field("", vec![dim(&presets.join("   "))]));
            }
        } else {
            let shown: Vec<&str> = f.items.iter().map(String::as_str).chain([f.input.value()]).collect();
            lines.extend(field(f.field.label, vec![strong(shown.join("  ").trim())]));
        }
    }
    match (&dialog.plan, dialog.facts.fault()) {
        (Some(Ok(plan)), fault) => {
            lines.extend(planned(paint, dialog, plan, room, is_long));
            if let Some(fault) = fault {
                lines.push(Line::default());
                lines.extend(field("last read", vec![cell::Span::new(fault.to_string(), Tone::Degraded)]));
            }
        }
        (Some(Err(why)), _) => lines.extend(field("no plan", vec![cell::Span::new(why.as_str(), Tone::Degraded)])),
        (None, Some(fault)) => {
            lines.extend(field("no plan", vec![cell::Span::new(fault.to_string(), Tone::Degraded)]));
            if !fault.remedy.is_empty() {
                lines.extend(field("", vec![fault.remedy.as_str().into()]));
            }
        }
        // The field says what it waits for.
        (None, None) if dialog.error.is_some() => {}
        (None, None) => lines.extend(field("plan", vec![dim("reading what it must know …")])),
    }
    lines
}

/// What may be chosen, around what is chosen: the values in columns.
fn choices(paint: Paint, dialog: &Dialog, room: usize, is_long: bool) -> Vec<Line<'static>> {
    let choices = dialog.choices(paint.state.now);
    let typed = dialog.fields.get(dialog.active).map_or("", |f| f.input.value().trim());
    let chosen = choices.iter().position(|choice| choice.value == typed);
    let shown = if is_long { FEW_CHOICES } else { CHOICES };
    let first = chosen.unwrap_or(0).saturating_sub(shown / 2).min(choices.len().saturating_sub(shown));
    let columns = choices.iter().map(|choice| choice.columns.len()).max().unwrap_or(0);
    let width = |n: usize| choices.iter().filter_map(|c| c.columns.get(n)).map(|s| text::width(&s.text)).max();
    let mut widths: Vec<usize> = (0..columns).map(|n| width(n).unwrap_or(0)).collect();
    // The widest gives way: the last column says whether it is any good.
    text::shrink(&mut widths, 8, room);
    let line = |(place, choice): (usize, &Choice)| {
        let is_chosen = Some(place) == chosen;
        let mut spans = vec![cell::Span::new(if is_chosen { "▸ " } else { "  " }, Tone::Accent)];
        for (span, width) in choice.columns.iter().zip(&widths) {
            let tone = if is_chosen && span.tone == Tone::Plain { Tone::Strong } else { span.tone };
            spans.push(cell::Span::new(text::fit_cell(&span.text, *width) + "  ", tone));
        }
        text::cut_line(Line::from(spans.iter().map(|span| paint.span(span)).collect::<Vec<_>>()), room)
    };
    choices.iter().enumerate().skip(first).take(shown).map(line).collect()
}

fn planned(paint: Paint, dialog: &Dialog, plan: &Plan, room: usize, is_long: bool) -> Vec<Line<'static>> {
    let mut rows: Vec<Line<'static>> = Vec::new();
    for (label, spans) in &plan.rows {
        rows.extend(paint.field(label, spans, room));
    }
    let (mut urgent, mut calm): (Vec<Line<'static>>, Vec<Line<'static>>) = Default::default();
    for (tone, warning) in &plan.warnings {
        let spans = [paint.toned("▲ ", *tone), paint.toned(warning.clone(), Tone::Plain)];
        let to = if is_long && *tone != Tone::Plain { &mut urgent } else { &mut calm };
        to.extend(text::wrap(&spans, room, 2));
    }
    // Of a plan that is longer than the screen what is wrong must not be below it.
    let mut lines = urgent;
    for next in [rows, calm] {
        if !lines.is_empty() && !next.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(next);
    }
    lines.push(Line::default());
    let cli = dialog.cli().unwrap_or_default();
    for (i, (call, cli)) in plan.calls.iter().zip(cli).enumerate() {
        let label = if plan.calls.len() == 1 { "call".to_string() } else { format!("call {}", i + 1) };
        if !call.is_iam() {
            // What goes to a server itself is its line, and nothing else.
            lines.extend(paint.field(&label, &[cell::Span::new(cli, Tone::Accent)], room));
            continue;
        }
        let members: Vec<String> = call.members().map(|(name, value)| format!("{name} {value}")).collect();
        lines.extend(paint.field(
            &label,
            &[
                cell::Span::new(format!("{} {}  ", call.service, call.operation), Tone::Accent),
                members.join("  ").into(),
            ],
            room,
        ));
        lines.extend(paint.field("", &[cell::Span::new(cli, Tone::Dim)], room));
    }
    let need = |call: &Call| match call.is_iam() {
        true => format!("{}:{}", call.service, call.operation),
        false => format!("{}, which the cache itself permits", call.operation),
    };
    let mut needs: Vec<String> = plan.calls.iter().map(need).collect();
    needs.extend(dialog.spec.grants().iter().map(|grant| grant.op.to_string()));
    needs.dedup();
    let once = if plan.calls.len() == 1 { "sent once, never repeated" } else { "each sent once, in this order" };
    lines.extend(paint.field(
        "needs",
        &[needs.join(", ").into(), cell::Span::new(format!("   {once}"), Tone::Dim)],
        room,
    ));
    lines.extend(paint.field("undo", &[plan.undo.as_str().into()], room));
    lines.extend(paint.field("then", &[plan.then.as_str().into()], room));
    lines
}

/// How it goes on from here.
fn foot(paint: Paint, dialog: &Dialog, room: usize, is_long: bool) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    if let Some(remark) = &dialog.remark {
        let spans = [paint.styled(remark.clone(), Role::Degraded)];
        lines.extend(text::wrap(&spans, room, 0));
    }
    let key = |command: Command| hint::key(paint.state, command);
    let copy = |typing: bool| {
        let keys = paint.state.keymap.keys(COPY_CALL);
        // While a name is typed, only a key with a modifier copies.
        let usable = keys.into_iter().find(|key| !typing || key.contains('-'));
        usable.map(|key| (key, "copy the line"))
    };
    let mut keys: Vec<(String, &str)> = Vec::new();
    match dialog.stage {
        _ if dialog.needs_password() => {
            let dots = Input::new("•".repeat(dialog.secret.value().chars().count()));
            lines.push(input::line(paint, "password", &dots, room));
            keys.push((key(ACCEPT), "use it until midwatch ends; it is not kept"));
        }
        Stage::Input => {
            let field = dialog.fields.get(dialog.active);
            let adds = field.is_some_and(|f| f.field.many && !f.input.value().trim().is_empty());
            let last = dialog.active + 1 >= dialog.fields.len();
            let on = if last { "continue" } else { "next" };
            keys.push((key(ACCEPT), if adds { "add it" } else { on }));
            if !dialog.choices(paint.state.now).is_empty() {
                keys.push((format!("{} {}", key(PREVIOUS), key(NEXT)), "choose"));
            } else if field.is_some_and(|f| f.input.value().trim().parse::<i64>().is_ok()) {
                keys.push((format!("{} {}", key(PREVIOUS), key(NEXT)), "one more, one less"));
            }
            if dialog.fields.len() > 1 {
                keys.push((key(COMPLETE), "next field"));
            } else if field.is_some_and(|f| !f.field.presets.is_empty()) {
                keys.push((key(COMPLETE), "offered values"));
            }
        }
        Stage::Confirm => match (&dialog.plan, dialog.expected_name()) {
            (Some(Ok(_)), Some(wanted)) => {
                let (step, steps, what) = dialog.step_of_names().unwrap_or((1, 1, "name"));
                let place = if steps > 1 { format!("{step} of {steps} · {what}: ") } else { format!("{what}: ") };
                // The last name is that of the place: it must not look like the first.
                let role = if step == steps && steps > 1 { Role::Down } else { Role::Strong };
                let ask = [
                    paint.styled(place, role),
                    paint.toned("type ", Tone::Plain),
                    paint.styled(wanted.to_string(), Role::Strong),
                    paint.toned(if step == steps { " to confirm" } else { " to continue" }, Tone::Plain),
                ];
                lines.extend(text::wrap(&ask, room, 0));
                lines.push(input::line(paint, "", &dialog.typed, room));
                keys.push((key(ACCEPT), if step == steps { dialog.spec.label() } else { "continue" }));
                keys.extend(copy(true));
            }
            (Some(Ok(_)), None) => {
                keys.push((key(CONFIRM), dialog.spec.label()));
                keys.extend(copy(false));
            }
            _ => {}
        },
        Stage::Checking => {
            lines.push(Line::from(paint.styled("reading once more before it is sent …", Role::Changing)));
        }
    }
    keys.push((key(BACK), if dialog.stage == Stage::Input || dialog.fields.is_empty() { "cancel" } else { "back" }));
    if is_long {
        keys.push((format!("{} {}", key(REST_UP), key(REST_DOWN)), "the rest"));
    }
    let age = dialog.facts.age(paint.state.now);
    lines.push(Line::default());
    lines.extend(text::wrap(&paint.keys(keys), room, 0));
    if let (Some(age), Stage::Confirm) = (age, dialog.stage) {
        let said = format!("the plan was read {} ago and is read again before the call", format::age_of(age));
        lines.push(Line::from(paint.dim(text::cut(&said, room))));
    }
    lines
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
