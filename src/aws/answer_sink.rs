//! How a read tells its pieces as they come: work that runs only while its stream is polled, and
//! ends when the stream is dropped. Nothing is spawned.

use crate::aws::prelude::*;

use std::future::Future;

use futures_util::future::FutureExt;
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::sync::mpsc;

/// Pieces that may wait for the reader before the work waits too.
const AHEAD: usize = 16;

/// Where the work tells its pieces.
pub struct AnswerSink(mpsc::Sender<Result<Answer, Fault>>);

impl AnswerSink {
    pub async fn emit(&self, answer: Answer) {
        self.send(Ok(answer)).await;
    }

    pub async fn fail(&self, fault: Fault) {
        self.send(Err(fault)).await;
    }

    async fn send(&self, piece: Result<Answer, Fault>) {
        // The reader lives in the same stream as the work, so it cannot be gone while this runs.
        let _ = self.0.send(piece).await;
    }
}

/// The stream of what `work` tells.
pub fn stream_answers<F>(work: impl FnOnce(AnswerSink) -> F) -> BoxStream<'static, Result<Answer, Fault>>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let work = work(AnswerSink(sender)).into_stream().filter_map(|()| async { None });
    stream::select(stream::poll_fn(move |cx| receiver.poll_recv(cx)), work).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::query::ListingPiece;
    use crate::domain::text::Text;

    #[tokio::test]
    async fn every_piece_comes_in_order_and_then_the_end() {
        let stream = stream_answers(|sink| async move {
            for n in 0..100 {
                sink.emit(Answer::Listing(ListingPiece::Parts(vec![Text::new(n.to_string())]))).await;
                if n % 10 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        });
        let told: Vec<String> = stream
            .map(|piece| match piece {
                Ok(Answer::Listing(ListingPiece::Parts(names))) => names[0].to_string(),
                other => format!("{other:?}"),
            })
            .collect()
            .await;
        assert_eq!(told, (0..100).map(|n| n.to_string()).collect::<Vec<_>>());
    }
}
