//! What a scale plans and concludes, by example.

use super::*;
use crate::domain::intent::Receipt;
use crate::domain::intent::Verdict;
use crate::kinds::action::{Applied, Confirm, Plan, Progress};
use crate::kinds::testing::{action, inputs, intent, row};

fn scale(facts: &ServiceFacts, desired: &str) -> Result<Plan, String> {
    action("scale").plan(facts, &inputs(&[("desired", desired)]), now())
}

#[test]
fn a_number_of_tasks_is_checked() {
    let check =
        |text| action("scale").check(&inputs(&[("desired", text)])).map_err(|(field, why)| format!("{field}: {why}"));
    for text in [" 5 ", "+2", "-1"] {
        assert_eq!(check(text), Ok(()), "{text}");
    }
    for (text, why) in [
        ("", "enter a number"),
        ("-x", "not a whole"),
        ("+", "not a whole"),
        ("2.5", "not a whole"),
        ("5001", "quota"),
        ("99999999999999999999999", "quota"),
    ] {
        assert!(check(text).unwrap_err().contains(why), "{text}");
    }
    let presets: Vec<_> =
        action("scale").fields(&service(2), now()).remove(0).presets.into_iter().map(|(_, v)| v).collect();
    assert_eq!(presets, ["1", "3", "0"]);
}

#[test]
fn what_cannot_be_scaled_or_deployed_says_why() {
    let daemon = Service { scheduling: "DAEMON".into(), ..service(2) };
    assert!(action("scale").guard(&daemon).unwrap_err().contains("daemon"));
    assert!(action("deploy").guard(&daemon).is_ok());
    let draining = Service { status: "DRAINING".into(), ..service(2) };
    let external = Service { controller: Controller::CodeDeploy, ..service(2) };
    assert!(action("deploy").guard(&external).unwrap_err().contains("CodeDeploy"));
    for id in ["scale", "deploy"] {
        assert!(action(id).guard(&draining).unwrap_err().contains("DRAINING"));
        assert!(action(id).guard(&service(2)).is_ok());
        // Fresh facts are guarded again.
        assert!(action(id).plan(&facts(draining.clone()), &inputs(&[("desired", "5")]), now()).is_err());
    }
}

#[test]
fn a_scale_plan_says_exactly_what_is_sent() {
    let plan = scale(&facts(service(2)), "4").unwrap();
    assert_eq!(row(&plan, "desired"), "2 → 4");
    assert_eq!(
        plan.calls[0].cli(None, None),
        "aws ecs update-service --cluster marine --service api --desired-count 4"
    );
    assert_eq!((plan.confirm, plan.summary.as_str()), (Confirm::Ask, "scale api 2 → 4"));
    assert_eq!(plan.before, json!({"desired": 2, "deployment": "ecs-svc/one"}));
    assert_eq!(plan.undo, "scale back to 2 (s 2)");
    assert_eq!(scale(&facts(service(5)), "5").unwrap_err(), "desired is already 5");
}

#[test]
fn great_steps_need_the_name() {
    for (before, after, confirm) in [
        (2, "0", Confirm::TypeName),
        (2, "5", Confirm::TypeName),
        (2, "4", Confirm::Ask),
        (0, "1", Confirm::Ask),
        (0, "10", Confirm::TypeName),
        (10, "1", Confirm::Ask),
    ] {
        assert_eq!(scale(&facts(service(before)), after).unwrap().confirm, confirm, "{before} → {after}");
    }
}

#[test]
fn the_autoscaling_verdict_is_told() {
    let verdict = |edit: &dyn Fn(&mut ScalingBounds), before, after: &str| {
        let mut bounds = ScalingBounds { policies: Ok(vec!["target tracking: CPU 70 %".into()]), ..bounds(2, 8) };
        edit(&mut bounds);
        let plan = scale(&ServiceFacts { scaling: Ok(Some(bounds)), ..facts(service(before)) }, after).unwrap();
        (row(&plan, "autoscaling"), plan.confirm)
    };
    for (before, after, words) in [
        (6, "10", "autoscaling 2..8: 10 is above its max; the next scale-in alarm brings it back to 8"),
        (3, "1", "autoscaling 2..8: 1 is below its min; the next scale-out alarm lifts it to 2"),
        (3, "5", "autoscaling 2..8: 5 is inside; target tracking will undo it when load is low"),
    ] {
        assert_eq!(verdict(&|_| (), before, after).0, words);
    }
    assert_eq!(verdict(&|_| (), 6, "10").1, Confirm::TypeName);
    let suspended = |b: &mut ScalingBounds| (b.suspended_in, b.suspended_out) = (true, true);
    assert_eq!(verdict(&suspended, 3, "5").0, "autoscaling 2..8, suspended: 5 stays");
    assert!(verdict(&|b| b.policies = Ok(vec![]), 3, "5").0.contains("without a policy"));

    let fault = Fault::new(FaultKind::Throttled, "application-autoscaling", "slow down");
    let plan = scale(&ServiceFacts { scaling: Err(fault), ..facts(service(3)) }, "4").unwrap();
    assert!(row(&plan, "autoscaling").contains("not known") && plan.warnings[0].0 == Tone::Unknown);
    assert!(row(&scale(&facts(service(3)), "4").unwrap(), "autoscaling").starts_with("none"));
}

fn scaled(before: u32, after: u32, sent: i64, seen: Service) -> (Progress, Applied) {
    let intent = intent(&scale(&facts(service(before)), &after.to_string()).unwrap(), &service(1), sent);
    let facts = facts(seen);
    let progress = action("scale").progress(&intent, &Receipt::of("", None), &facts, now());
    (progress, action("scale").applied(&intent, &facts, now()))
}

#[test]
fn a_scale_is_followed_to_its_verdict() {
    let (progress, applied) = scaled(2, 5, 20, Service { running: 3, pending: 2, ..service(5) });
    assert_eq!((progress.verdict, progress.line.as_str()), (None, "3 of 5 run, 2 starting"));
    assert!(!progress.stalled && progress.fraction == Some(1.0 / 3.0) && matches!(applied, Applied::Yes(_)));
    assert_eq!(scaled(2, 5, 90, service(5)).0.verdict, Some(Verdict::Done));
    assert_eq!(scaled(2, 5, 90, Service { running: 3, ..service(3) }).0.verdict, Some(Verdict::Superseded));
    assert_eq!(scaled(2, 5, 90, service(3)).1, Applied::CannotTell);
    // A read may be older than the change that it follows.
    let (progress, applied) = scaled(2, 5, 5, service(2));
    assert_eq!((progress.verdict, applied), (None, Applied::No));
    assert_eq!(scaled(2, 5, 60, service(2)).0.verdict, Some(Verdict::Superseded));
}

#[test]
fn a_scale_that_stalls_brings_evidence() {
    let mut s = Service { running: 2, ..service(5) };
    s.events.insert(0, event(3 * 3600, "(service api) was unable to place a task because no capacity."));
    assert!(!scaled(2, 5, 100, s.clone()).0.stalled);
    s.events.remove(1);
    let (progress, _) = scaled(2, 5, 400, s);
    assert!(progress.stalled && progress.verdict.is_none());
    assert!(
        progress.evidence[0].contains("no capacity") && progress.evidence[0].contains("repeats it only"),
        "{progress:?}"
    );
}
