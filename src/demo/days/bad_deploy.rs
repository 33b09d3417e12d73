//! A revision is shipped that exits some seconds after its start. Without a circuit breaker ECS goes on
//! starting it; the deployment itself is made by the estate's life.

use super::super::services::Behaviour;
use super::{BOOKING_API, Day, PLAIN, Scene};

pub const DAY: Day = Day {
    name: "bad-deploy",
    says: "the bad revision is shipped after eight seconds",
    title: "A bad deployment",
    // Life, which ships it, comes before the day in each second: so it does in the next one.
    begins: 7,
    culprits: &[("service/harbour-core/", BOOKING_API)],
    suffer: &["booking-api"],
    begin: |scene| scene.estate.ecs_mut().bad_deploy = Some(scene.now),
    step,
    effects: &[
        ("StopServiceDeployment", &["booking-api"], "The right action: ECS takes the deployment back."),
        (
            "UpdateService",
            &["forceNewDeployment", "booking-api"],
            "The same revision again: its tasks exit the same way.",
        ),
        (
            "UpdateService",
            &["desiredCount", "booking-api"],
            "More or fewer tasks of a revision that exits are no remedy.",
        ),
        ("UpdateService", &["taskDefinition", "booking-api"], "Another revision: it mends if that one runs."),
        ("StopTask", &["booking-api"], "ECS starts another task of the same revision."),
        ("RebootDBInstance", &[], "The database was well."),
        ("FailoverDBCluster", &[], "The database was well."),
    ],
    happened: &[
        "Revision 42 of booking-api was deployed. It renames a variable of the environment, BOOKING_LEDGER_URL, that the program still asks for.",
        "Each new task exits with 1 some seconds after its start. The deployment has no circuit breaker, so ECS tries for ever while requests fail.",
    ],
    look: "w names the bad deployment first, with its revision and the exit code; = shows the renamed variable.",
    best: "b on the service: the revision before comes back. The image 42.1 (D), which takes both names, mends it too.",
    ..PLAIN
};

fn step(scene: &mut Scene) -> bool {
    let service = scene.estate.of_family("booking-api");
    let is_bad = service.is_some_and(|service| {
        let newest = service.deployments.first().and_then(|deployment| service.revision(deployment.revision));
        newest.is_some_and(|revision| revision.behaviour != Behaviour::Sound)
    });
    is_bad || scene.estate.ecs().bad_deploy.is_some()
}
