//! Distributions of CloudFront: what is read with how many requests, and that an invalidation is
//! sent once.

use futures_util::StreamExt;
use midwatch::aws::{Aws, Timeouts};
use midwatch::domain::call::Call;
use midwatch::domain::distribution::{Distribution, DistributionDetail};
use midwatch::domain::environment::{Environment, Scope};
use midwatch::domain::fault::FaultKind;
use midwatch::domain::intent::{Outcome, Verdict};
use midwatch::domain::ops::{Op, cloudfront};
use midwatch::domain::query::{Answer, ListingPiece, Query};
use midwatch::domain::resource::{ResourceId, cast, cast_facts};
use midwatch::domain::text::Text;
use midwatch::kinds;
use midwatch::kinds::action::{Applied, OPENED};
use midwatch::kinds::distributions::DISTRIBUTIONS;
use midwatch::port::Cloud;
use serde_json::{Value, json};

use crate::contract;
use crate::harness::{Room, ask, good, short};
use crate::read_result::{ReadResult, facts, list, plan, read, refused};

const CREATE: &str = "cloudfront:CreateInvalidation";

fn room(name: &str, distributions: &Value) -> Room {
    let room = Room::new(name);
    room.seed(&json!({ "distributions": distributions }));
    room
}

async fn all(aws: &Aws, env: &Environment) -> ReadResult<Distribution> {
    list(aws, env, DISTRIBUTIONS).await
}

/// The only one there.
async fn only(room: &Room) -> Distribution {
    all(&room.aws(), &good()).await.items.into_values().next().unwrap()
}

async fn detail(aws: &Aws, id: &ResourceId) -> DistributionDetail {
    let facts = facts(aws, &good(), Query::Detail(DISTRIBUTIONS.detail(), id.clone())).await;
    cast_facts::<DistributionDetail>(&*facts).unwrap().clone()
}

fn batch(paths: &[&str], reference: &str) -> Value {
    json!({ "Paths": { "Quantity": paths.len(), "Items": paths }, "CallerReference": reference })
}

fn call(distribution: &Distribution, batch: Value) -> Call {
    let op = cloudfront::CREATE_INVALIDATION;
    Call::new(op, [("DistributionId", distribution.name.as_str().into()), ("InvalidationBatch", batch)])
}

fn scoped(include: &[&str], exclude: &[&str], tags: &[(&str, &str)]) -> Environment {
    let owned = |globs: &[&str]| globs.iter().map(ToString::to_string).collect::<Vec<_>>();
    let tags = tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let mut env = good();
    env.scope = Scope::new(&owned(include), &owned(exclude), &[], &tags).unwrap();
    env
}

fn aliases(seen: &ReadResult<Distribution>) -> Vec<&str> {
    let mut aliases: Vec<&str> = seen.items.values().map(|one| one.known_as().as_str()).collect();
    aliases.sort_unstable();
    aliases
}

// ------------------------------------------------------------------ reads

#[tokio::test]
async fn one_distribution_is_signed_for_its_home_from_anywhere() {
    let room = room("cdn-one", &json!([{ "alias": "www.example.com", "comment": "the shop" }]));
    let aws = room.aws();
    let ireland = Environment::of_profile("ireland", Some("good"), Some("eu-west-1"));
    let seen = all(&aws, &ireland).await;
    let one = seen.items.values().next().unwrap();
    assert_eq!(one.id.0.as_str(), format!("arn:aws:cloudfront::{}:distribution/{}", room.account, one.name));
    assert_eq!((one.known_as().as_str(), one.comment.as_str(), one.enabled), ("www.example.com", "the shop", true));
    assert_eq!(one.origins, [(Text::from("app"), Text::from("app.example.com"))]);
    assert_eq!((one.certificate.as_str(), one.web_acl.as_str()), ("default", ""));
    assert_eq!(one.invalidating, Some(0));
    facts(&aws, &ireland, Query::Detail(DISTRIBUTIONS.detail(), one.id.clone())).await;
    let sent = aws.change(&ireland, call(one, batch(&["/a"], "r"))).await;
    assert!(matches!(sent, Outcome::Sent(_)), "{sent:?}");
    for operation in ["ListDistributions", "ListInvalidations", "GetDistribution", "CreateInvalidation"] {
        let signed = room.scopes(&format!("cloudfront:{operation}"));
        assert_eq!(signed, ["us-east-1/cloudfront"], "{operation}, though the environment is in eu-west-1");
    }
}

#[tokio::test]
async fn a_hundred_and_one_are_two_pages_and_not_all_are_asked_for_invalidations_at_once() {
    let room = room("cdn-pages", &json!([{ "alias": "www.example.com", "count": 101 }]));
    let aws = room.aws();
    let seen = all(&aws, &good()).await;
    assert_eq!((seen.items.len(), seen.rosters["distributions"].len()), (101, 101));
    assert_eq!(room.count("cloudfront:ListDistributions"), 2);
    // CloudFront's quota is not published: one list must not take more than a handful of it.
    let counted = seen.items.values().filter(|one| one.invalidating.is_some()).count();
    assert_eq!((room.count("cloudfront:ListInvalidations"), counted), (12, 12));
    let seen = all(&aws, &good()).await;
    let counted = seen.items.values().filter(|one| one.invalidating.is_some()).count();
    assert_eq!((room.count("cloudfront:ListInvalidations"), counted), (24, 24), "the next ones come next");
}

#[tokio::test]
async fn rows_come_before_their_invalidations() {
    let room = room("cdn-rows", &json!([{ "alias": "www.example.com" }]));
    let aws = room.aws();
    room.fault(json!({ "operation": "cloudfront:ListInvalidations", "kind": "hang" }));
    let mut told = aws.read(&good(), Query::List(DISTRIBUTIONS));
    let rows = loop {
        match told.next().await.expect("rows though nothing is known of invalidations").unwrap() {
            Answer::Listing(ListingPiece::Items(rows)) => break rows,
            other => assert!(
                matches!(other, Answer::Listing(ListingPiece::Parts(_)) | Answer::Listing(ListingPiece::Roster { .. })),
                "{other:?}"
            ),
        }
    };
    let one = cast::<Distribution>(&*rows[0]).unwrap();
    assert_eq!((rows.len(), one.invalidating), (1, None), "not read is not none");
}

#[tokio::test]
async fn what_is_in_progress_is_counted() {
    let room = room("cdn-count", &json!([{ "alias": "www.example.com", "invalidations": 3 }]));
    let aws = room.aws();
    let one = only(&room).await;
    assert_eq!(one.invalidating, Some(0));
    for reference in ["a", "b"] {
        assert!(matches!(aws.change(&good(), call(&one, batch(&["/a"], reference))).await, Outcome::Sent(_)));
    }
    assert_eq!(only(&room).await.invalidating, Some(2));
    assert_eq!(detail(&aws, &one.id).await.distribution.invalidating, Some(2));
}

#[tokio::test]
async fn not_permitted_and_none_are_different_answers() {
    let room = room("cdn-denied", &json!([{ "alias": "www.example.com", "count": 3 }]));
    let aws = room.aws();
    let seen = all(&aws, &good()).await;
    assert!(seen.items.values().all(|one| one.invalidating == Some(0)));
    let one = seen.items.values().next().unwrap().clone();
    assert_eq!(detail(&aws, &one.id).await.invalidations, Ok(Vec::new()));

    let before = room.count("cloudfront:ListInvalidations");
    room.fault(json!({ "operation": "cloudfront:ListInvalidations", "kind": "deny" }));
    let seen = all(&room.aws(), &good()).await;
    assert!(seen.failed.is_empty() && seen.items.len() == 3, "it hides no row");
    assert!(seen.items.values().all(|one| one.invalidating.is_none()));
    assert!(room.count("cloudfront:ListInvalidations") - before <= 4, "no is no for all of them");
    let fault = detail(&aws, &one.id).await.invalidations.unwrap_err();
    assert_eq!(fault.to_string(), "access denied: needs cloudfront:ListInvalidations");

    room.fault(json!({ "operation": "cloudfront:ListDistributions", "kind": "deny" }));
    let seen = all(&aws, &good()).await;
    assert_eq!(seen.failed["distributions"].to_string(), "access denied: needs cloudfront:ListDistributions");
    assert!(seen.rosters.is_empty(), "what was known stays");
}

#[tokio::test]
async fn the_scope_goes_by_all_names_and_by_tags() {
    let room = room(
        "cdn-scope",
        &json!([
            { "alias": "www.example.com", "comment": "shop", "tags": { "team": "shop" } },
            { "alias": "old.example.com", "comment": "shop-attic", "tags": { "team": "shop" } },
            { "alias": "static.example.org", "comment": "", "tags": { "team": "web" } },
        ]),
    );
    let aws = room.aws();
    let seen = all(&aws, &scoped(&["shop*"], &["old.*"], &[])).await;
    assert_eq!(aliases(&seen), ["www.example.com"]);
    assert_eq!(room.count("cloudfront:ListTagsForResource"), 0, "tags are not asked for");
    let tagged = scoped(&[], &[], &[("team", "shop")]);
    assert_eq!(aliases(&all(&aws, &tagged).await), ["old.example.com", "www.example.com"]);
    assert_eq!(room.count("cloudfront:ListTagsForResource"), 3);
    assert_eq!(aliases(&all(&aws, &tagged).await).len(), 2);
    assert_eq!(room.count("cloudfront:ListTagsForResource"), 3, "they are remembered for a while");
}

#[tokio::test]
async fn some_are_read_again_and_the_missing_are_gone() {
    let room = room("cdn-some", &json!([{ "alias": "www.example.com", "count": 3 }]));
    let aws = room.aws();
    let seen = all(&aws, &good()).await;
    let one = seen.items.values().next().unwrap().id.clone();
    let missing = ResourceId(format!("{one}X").into());
    let before = room.count("cloudfront:ListInvalidations");
    let seen: ReadResult<Distribution> =
        read(&aws, &good(), Query::Some(DISTRIBUTIONS, vec![one.clone(), missing.clone()])).await;
    assert_eq!(seen.items.values().map(|one| &one.id).collect::<Vec<_>>(), [&one]);
    assert_eq!(seen.gone, [missing]);
    assert_eq!(room.count("cloudfront:ListInvalidations") - before, 1);
}

#[tokio::test]
async fn the_paths_of_the_last_twenty_are_read_once() {
    let room = room("cdn-detail", &json!([{ "alias": "www.example.com", "invalidations": 25 }]));
    let aws = room.aws();
    let id = only(&room).await.id;
    let told = detail(&aws, &id).await.invalidations.unwrap();
    assert_eq!(told.len(), 20);
    assert!(told.windows(2).all(|pair| pair[0].created > pair[1].created), "newest first");
    assert_eq!(told[0].paths.as_deref(), Some(&[Text::from("/old/24")][..]));
    assert_eq!((told[0].caller_reference.as_str(), told[0].status.as_str()), ("old-24", "Completed"));
    assert_eq!(room.count("cloudfront:GetInvalidation"), 20);
    detail(&aws, &id).await;
    facts(&aws, &good(), Query::Facts(DISTRIBUTIONS.detail(), id.clone())).await;
    aws.forget_credentials(&good());
    let told = detail(&aws, &id).await.invalidations.unwrap();
    assert!(told.iter().all(|invalidation| invalidation.paths.is_some()));
    assert_eq!(room.count("cloudfront:GetInvalidation"), 20, "they never change, and a login changes nothing");
}

#[tokio::test]
async fn paths_that_may_not_be_read_are_not_called_none() {
    let room = room("cdn-paths", &json!([{ "alias": "www.example.com", "invalidations": 20 }]));
    let aws = room.aws();
    let id = only(&room).await.id;
    room.fault(json!({ "operation": "cloudfront:GetInvalidation", "kind": "deny" }));
    let told = detail(&aws, &id).await.invalidations.unwrap();
    assert_eq!(told.len(), 20);
    assert!(told.iter().all(|invalidation| invalidation.paths.is_none()));
    assert!(room.count("cloudfront:GetInvalidation") <= 4, "no is no for all of them");
}

#[tokio::test]
async fn what_was_deleted_is_gone() {
    let room = room("cdn-gone", &json!([]));
    let id = ResourceId(format!("arn:aws:cloudfront::{}:distribution/E2QWRUHAPOMQZL", room.account).into());
    for query in [Query::Detail(DISTRIBUTIONS.detail(), id.clone()), Query::Facts(DISTRIBUTIONS.detail(), id.clone())] {
        let answers = ask(&room.aws(), &good(), query).await;
        assert!(matches!(&answers[..], [Ok(Answer::Gone(ids))] if *ids == [id.clone()]), "{answers:?}");
    }
}

#[tokio::test]
async fn aws_keeps_the_contract() {
    let room = room("cdn-contract", &json!([{ "alias": "www.example.com", "count": 3, "invalidations": 2 }]));
    contract::holds(&room.aws(), &good(), &["distributions"]).await;
}

// ------------------------------------------------------------------ changes

#[tokio::test]
async fn an_invalidation_is_one_request_with_the_members_given() {
    let room = room("cdn-change", &json!([{ "alias": "www.example.com" }]));
    let aws = room.aws();
    let one = only(&room).await;
    let paths = ["/index.html", "/images/*", "/a%20b?c=d&e=<f>"];
    let Outcome::Sent(receipt) = aws.change(&good(), call(&one, batch(&paths, "ref-1"))).await else { panic!() };
    assert!(!receipt.request_id.is_empty());
    let started = receipt.started.unwrap();
    let [body] = &room.texts(CREATE)[..] else { panic!("sent once") };
    let sent = body.split_once("?>").map_or(body.as_str(), |(_, rest)| rest);
    // InvalidationBatch of the API model, and nothing else.
    assert_eq!(
        sent,
        "<InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Paths><Quantity>3</Quantity>\
         <Items><Path>/index.html</Path><Path>/images/*</Path><Path>/a%20b?c=d&amp;e=&lt;f&gt;</Path></Items></Paths>\
         <CallerReference>ref-1</CallerReference></InvalidationBatch>"
    );
    let told = detail(&aws, &one.id).await.invalidations.unwrap();
    assert_eq!((told[0].id.clone(), told[0].caller_reference.as_str()), (started, "ref-1"));
    assert_eq!(told[0].paths.as_ref().unwrap(), &paths);
}

#[tokio::test]
async fn the_same_reference_is_the_same_invalidation() {
    let room = room("cdn-again", &json!([{ "alias": "www.example.com" }]));
    let aws = room.aws();
    let one = only(&room).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let Outcome::Sent(receipt) = aws.change(&good(), call(&one, batch(&["/a"], "once"))).await else { panic!() };
        ids.push(receipt.started.unwrap());
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!((room.count(CREATE), detail(&aws, &one.id).await.invalidations.unwrap().len()), (2, 1));
    let outcome = aws.change(&good(), call(&one, batch(&["/b"], "once"))).await;
    let fault = refused(&outcome);
    assert_eq!(fault.kind, FaultKind::Invalid);
    assert!(fault.message.ends_with("(InvalidArgument)"), "{fault:?}");
}

#[tokio::test]
async fn where_it_may_not_be_nothing_is_sent() {
    let room = room("cdn-forbidden", &json!([{ "alias": "www.example.com" }]));
    let aws = room.aws();
    let one = only(&room).await;
    let right = call(&one, batch(&["/a"], "r"));
    let mut read_only = good();
    read_only.read_only = true;
    let mut pinned = good();
    pinned.account = Some("999999999999".into());
    for env in [&read_only, &pinned] {
        assert_eq!(refused(&aws.change(env, right.clone()).await).kind, FaultKind::Refused);
    }
    let mut more = right.clone();
    more.input.insert("Tags".into(), json!([]));
    let wrong = [
        json!({ "Paths": { "Quantity": 2, "Items": ["/a"] }, "CallerReference": "r" }),
        json!({ "Paths": { "Quantity": 1, "Items": ["/a"], "More": 1 }, "CallerReference": "r" }),
        json!({ "Paths": { "Quantity": 1, "Items": ["/a"] }, "CallerReference": "r", "Tags": [] }),
        json!({ "Paths": { "Quantity": 1, "Items": ["/a"] } }),
        json!({ "Paths": { "Quantity": 0, "Items": [] }, "CallerReference": "r" }),
        json!({ "Paths": { "Quantity": 1, "Items": ["/a"] }, "CallerReference": "" }),
        json!("/*"),
        Value::Null,
    ];
    for call in wrong.into_iter().map(|batch| call(&one, batch)).chain([more]) {
        assert_eq!(refused(&aws.change(&good(), call.clone()).await).kind, FaultKind::Refused, "{call:?}");
    }
    for operation in ["DeleteDistribution", "UpdateDistribution"] {
        let call =
            Call::new(Op { name: operation, ..cloudfront::CREATE_INVALIDATION }, [("Id", one.name.as_str().into())]);
        assert_eq!(refused(&aws.change(&good(), call).await).kind, FaultKind::Refused);
    }
    assert_eq!((room.count(CREATE), room.count("cloudfront:?")), (0, 0));
}

#[tokio::test]
async fn what_nobody_knows_is_unknown_and_was_sent_once() {
    let room = room("cdn-unknown", &json!([{ "alias": "www.example.com" }]));
    let one = only(&room).await;
    // Even with attempts to spare.
    let aws = Aws::new(room.options(Timeouts { attempts: 3, ..short() }));
    for kind in ["drop", "error500", "html", "truncate", "hang"] {
        let before = room.count(CREATE);
        room.fault(json!({ "operation": CREATE, "kind": kind }));
        let outcome = aws.change(&good(), call(&one, batch(&["/a"], kind))).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{kind}: {outcome:?}");
        assert_eq!(room.count(CREATE) - before, 1, "{kind}");
    }
}

#[tokio::test]
async fn what_aws_refuses_was_not_done() {
    let room = room("cdn-refused", &json!([{ "alias": "www.example.com" }]));
    let aws = room.aws();
    let one = only(&room).await;
    for (kind, fault) in [("throttle", FaultKind::Throttled), ("expired", FaultKind::Expired)] {
        let before = room.count(CREATE);
        room.fault(json!({ "operation": CREATE, "kind": kind }));
        assert_eq!(refused(&aws.change(&good(), call(&one, batch(&["/a"], kind))).await).kind, fault);
        assert_eq!(room.count(CREATE) - before, 1, "{kind} is not tried again");
    }
    room.fault(json!({ "operation": CREATE, "kind": "deny" }));
    let outcome = aws.change(&good(), call(&one, batch(&["/a"], "r"))).await;
    assert_eq!(refused(&outcome).to_string(), "access denied: needs cloudfront:CreateInvalidation");
    room.no_fault();
    let missing = Distribution { name: "E2QWRUHAPOMQZL".into(), ..one };
    assert_eq!(refused(&aws.change(&good(), call(&missing, batch(&["/a"], "r"))).await).kind, FaultKind::NotFound);
}

#[tokio::test]
async fn an_invalidation_is_followed_until_it_is_completed() {
    let room = room("cdn-follow", &json!([{ "alias": "www.example.com", "invalidations": 2 }]));
    let aws = room.aws();
    let one = only(&room).await;
    let spec = kinds::action("invalidate").unwrap();
    let opened = "2026-01-02T03:04:05.678Z";
    let (plan, intent) = plan(&aws, &good(), "invalidate", &one, &[("paths", "/a\n/b/*"), (OPENED, opened)]).await;
    let read = async || facts(&aws, &good(), Query::Facts(DISTRIBUTIONS.detail(), one.id.clone())).await;
    assert_eq!(spec.applied(&intent, &*read().await, aws.now()), Applied::No, "nothing there yet");
    let Outcome::Sent(receipt) = aws.change(&good(), plan.calls[0].clone()).await else { panic!() };
    let mut moving = 0;
    let verdict = loop {
        let facts = read().await;
        let Applied::Yes(found) = spec.applied(&intent, &*facts, aws.now()) else {
            panic!("what was sent is found again")
        };
        assert_eq!(found.started, receipt.started);
        let progress = spec.progress(&intent, &receipt, &*facts, aws.now());
        match progress.verdict {
            Some(verdict) => break verdict,
            None => moving += 1,
        }
        assert!(moving < 10, "{progress:?}");
    };
    assert_eq!((verdict, moving, room.count(CREATE)), (Verdict::Done, 2, 1));
}
