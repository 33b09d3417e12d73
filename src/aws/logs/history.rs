//! What was before: older lines of the sources, the newest of them first.

use super::page::{Span, page};
use super::sources::resolve;
use crate::aws::budget::Urgency;
use crate::aws::session::Session;
use crate::aws::tell::Teller;
use crate::domain::log::{LogPiece, LogSource};
use crate::domain::query::Answer;

/// Lines of one request for more, from each source.
const LINES: usize = 2_000;
/// How far back one request looks, in milliseconds: further when there is nothing nearer.
const LOOKS: [i64; 3] = [3_600_000, 86_400_000, 30 * 86_400_000];
/// Pages of one look.
const PAGES: usize = 20;

/// Lines from before that moment (milliseconds).
pub async fn before(session: &Session, sources: &[LogSource], moment: i64, teller: &Teller) {
    for source in sources {
        let streams = match resolve(session, source).await {
            Ok(streams) => streams,
            Err(fault) => {
                teller.fail(fault).await;
                continue;
            }
        };
        for streams in streams {
            let mut count = 0;
            'looks: for back in LOOKS {
                let span = Span { from: moment - back, to: Some(moment), backwards: true, limit: Some(1_000) };
                let mut token = None;
                for _ in 0..PAGES {
                    match page(session, &streams, span, token, Urgency::Now).await {
                        Err(fault) => {
                            teller.fail(fault).await;
                            break 'looks;
                        }
                        Ok((events, next)) => {
                            count += events.len();
                            if !events.is_empty() {
                                teller.tell(Answer::Logs(LogPiece::Events(events))).await;
                            }
                            token = next;
                        }
                    }
                    if token.is_none() || count >= LINES {
                        break;
                    }
                }
                if count > 0 {
                    break;
                }
            }
        }
    }
}
