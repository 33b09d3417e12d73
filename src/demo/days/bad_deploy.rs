//! A revision is shipped that exits some seconds after its start. Without a circuit breaker ECS goes on
//! starting it; the deployment itself is made by the estate's life.

use super::super::model::Behaviour;
use super::{Day, Scene, all};

pub const DAY: Day = Day {
    name: "bad-deploy",
    says: "the bad revision is shipped after eight seconds",
    title: "A bad deployment",
    begins: 8,
    culprits: &["service/harbour-core/harbour-booking-api-production"],
    suffer: &["booking-api"],
    begin: |_| {},
    step,
    called: |_, _| {},
    lines: &[],
    is_ill: all,
    effects: &[
        ("StopServiceDeployment", "", "The right action: ECS takes the deployment back."),
        ("UpdateService", "forceNewDeployment", "The same revision again: its tasks exit the same way."),
        ("UpdateService", "desiredCount", "More or fewer tasks of a revision that exits are no remedy."),
        ("UpdateService", "taskDefinition", "Another revision: it mends if that one runs."),
        ("StopTask", "", "ECS starts another task of the same revision."),
        ("RebootDBInstance", "", "The database was well."),
        ("FailoverDBCluster", "", "The database was well."),
    ],
    happened: &[
        "Revision 42 of booking-api was deployed. It renames a variable of the environment, BOOKING_LEDGER_URL, that the program still asks for.",
        "Each new task exits with 1 some seconds after its start. The deployment has no circuit breaker, so ECS tries for ever while requests fail.",
    ],
    look: "w names the bad deployment first, with its revision and the exit code; = shows the renamed variable.",
    best: "b on the service: the revision before comes back. The image 42.1 (D), which takes both names, mends it too.",
};

fn step(scene: &mut Scene) -> bool {
    let service = scene.service("booking-api");
    service.is_some_and(|service| {
        let newest = service.deployments.first().and_then(|deployment| service.revision(deployment.revision));
        newest.is_some_and(|revision| revision.behaviour != Behaviour::Sound)
    })
}
