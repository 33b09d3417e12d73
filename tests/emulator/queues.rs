//! Queues of SQS: what is read with how many requests, and that nothing is received, sent or deleted.

use midwatch::domain::environment::{Environment, Scope};
use midwatch::domain::fault::FaultKind;
use midwatch::domain::query::{Answer, Query};
use midwatch::domain::resource::{ResourceId, cast_facts};
use midwatch::kinds::queues::{QUEUES, Queue, QueueDetail};
use serde_json::json;

use crate::harness::{Room, ask, good};
use crate::read_result::{facts, list};

/// A queue with three messages, its dead-letter queue with one, and another.
fn room(name: &str) -> Room {
    let room = Room::new(name);
    let dead = format!("arn:aws:sqs:us-east-1:{}:dead", room.account);
    let redrive = json!({ "deadLetterTargetArn": dead, "maxReceiveCount": "4" }).to_string();
    room.queues(&json!([
        { "name": "dead", "messages": 1, "attributes": { "MessageRetentionPeriod": "1209600" } },
        { "name": "orders", "messages": 3, "attributes": { "RedrivePolicy": redrive }, "tags": { "team": "shop" } },
        { "name": "mail.fifo", "attributes": { "FifoQueue": "true" } },
    ]));
    room
}

fn arn(room: &Room, name: &str) -> ResourceId {
    ResourceId(format!("arn:aws:sqs:us-east-1:{}:{name}", room.account).into())
}

fn tagged(tag: (&str, &str)) -> Environment {
    let mut env = good();
    env.scope = Scope::new(&[], &[], &[], &[(tag.0.to_string(), tag.1.to_string())].into()).unwrap();
    env
}

#[tokio::test]
async fn every_queue_is_told_with_its_counts_and_where_its_dead_letters_go() {
    let room = room("sqs-list");
    let seen = list::<Queue>(&room.aws(), &good(), QUEUES).await;
    assert_eq!(seen.rosters["queues"].len(), 3);
    let [orders, dead, mail] = ["orders", "dead", "mail.fifo"].map(|name| &seen.items[name]);
    assert_eq!((orders.visible, dead.visible, mail.visible), (3, 1, 0));
    assert_eq!(orders.id, arn(&room, "orders"));
    let redrive = orders.dead_letters.as_ref().unwrap();
    assert_eq!((&redrive.target, redrive.max_receives), (&dead.id, Some(4)));
    assert_eq!((dead.retention, dead.dead_letters.as_ref()), (Some(1_209_600), None));
    assert!(mail.is_fifo && !orders.is_fifo);
    assert_eq!((room.count("sqs:ListQueues"), room.count("sqs:GetQueueAttributes")), (1, 3));
    assert_eq!(room.count("sqs:ListQueueTags"), 0, "tags are read only where they decide");
    for operation in ["ReceiveMessage", "SendMessage", "DeleteMessage", "PurgeQueue"] {
        assert_eq!(room.count(&format!("sqs:{operation}")), 0, "{operation}");
    }
}

#[tokio::test]
async fn tags_decide_where_the_scope_has_some() {
    let room = room("sqs-tags");
    let seen = list::<Queue>(&room.aws(), &tagged(("team", "shop")), QUEUES).await;
    assert_eq!(seen.items.keys().collect::<Vec<_>>(), ["orders"]);
    assert_eq!((room.count("sqs:ListQueueTags"), room.count("sqs:GetQueueAttributes")), (3, 1));
}

#[tokio::test]
async fn the_detail_says_whose_dead_letters_come_here() {
    let room = room("sqs-detail");
    let facts = facts(&room.aws(), &good(), Query::Detail(QUEUES.detail(), arn(&room, "dead"))).await;
    let detail = cast_facts::<QueueDetail>(&*facts).unwrap();
    assert_eq!((detail.queue.visible, detail.sources.as_ref().unwrap()), (1, &vec![arn(&room, "orders")]));
}

#[tokio::test]
async fn a_queue_that_is_gone_is_told_as_gone() {
    let room = room("sqs-gone");
    let ids = vec![arn(&room, "orders"), arn(&room, "nobody")];
    let answers = ask(&room.aws(), &good(), Query::Some(QUEUES, ids)).await;
    let gone = answers.iter().find_map(|answer| match answer {
        Ok(Answer::Gone(gone)) => Some(gone.clone()),
        _ => None,
    });
    assert_eq!(gone, Some(vec![arn(&room, "nobody")]), "{answers:?}");
    let answers = ask(&room.aws(), &good(), Query::Detail(QUEUES.detail(), arn(&room, "nobody"))).await;
    assert!(matches!(&answers[..], [Ok(Answer::Gone(_))]), "{answers:?}");
}

#[tokio::test]
async fn a_denial_costs_the_list_and_names_the_permission() {
    let room = room("sqs-denied");
    room.fault(json!({ "operation": "sqs:GetQueueAttributes", "kind": "deny" }));
    let seen = list::<Queue>(&room.aws(), &good(), QUEUES).await;
    assert_eq!(seen.rosters["queues"].len(), 3, "what exists is known");
    let FaultKind::Denied { action, .. } = &seen.failed["queues"].kind else { panic!("{:?}", seen.failed) };
    assert_eq!(action.as_str(), "sqs:GetQueueAttributes");
}
