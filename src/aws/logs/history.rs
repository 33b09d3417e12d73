//! What was before: older lines of the sources, the newest of them first. It says how far back it
//! has left no line out: what a source told beyond that comes again, and the engine knows it.

use super::page::{BACKWARDS_SINCE, Span, Tries, emit, page};
use super::sources::{Streams, invalid, resolve};
use crate::aws::prelude::*;
use crate::domain::log::{LogPiece, LogSource};

/// Lines of one look, from each source.
const LINES: usize = 5_000;
/// Lines of a page: as many as of a look, since a page is a call of a scarce quota whatever is in it,
/// and has 1 MB at most (FilterLogEvents).
const PAGE: i32 = 5_000;
/// How far back one request looks, in milliseconds: further when there is nothing nearer.
const LOOKS: [i64; 3] = [3_600_000, 86_400_000, 30 * 86_400_000];

/// Whether a source has no lines that could be waited for; its tail says so.
fn is_void(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Invalid | FaultKind::NotFound | FaultKind::Denied { .. })
}

/// Lines from before that moment (milliseconds).
pub async fn before(cx: &ReadContext, sources: &[LogSource], moment: i64) -> Result<(), Fault> {
    if moment <= BACKWARDS_SINCE {
        cx.emit(Answer::Logs(LogPiece::Back(moment))).await;
        return Err(invalid("CloudWatch Logs does not read backwards beyond 2024"));
    }
    let (mut all, mut void): (Vec<Streams>, _) = (Vec::new(), None);
    for source in sources {
        match resolve(&cx.session, source).await {
            Ok(resolved) => all.extend(resolved.streams),
            Err(fault) if is_void(&fault) => void = Some(fault),
            Err(fault) => return Err(fault),
        }
    }
    all.sort();
    all.dedup();
    let mut back = moment;
    for look in LOOKS {
        let (mut count, mut voids) = (0, Vec::new());
        back = (moment - look).max(BACKWARDS_SINCE);
        for (place, streams) in all.iter().enumerate() {
            match read_back(cx, streams, back, moment).await {
                Ok((read, told)) => {
                    // What lies before that is not complete, so the others need not go further.
                    back = back.max(read);
                    count += told;
                }
                Err(fault) if is_void(&fault) => {
                    void = Some(fault);
                    voids.push(place);
                }
                Err(fault) => return Err(fault),
            }
        }
        for place in voids.into_iter().rev() {
            all.remove(place);
        }
        if let Some(fault) = void.take_if(|_| all.is_empty()) {
            return Err(fault);
        }
        if count > 0 {
            break;
        }
    }
    cx.emit(Answer::Logs(LogPiece::Back(back))).await;
    Ok(())
}

/// Reads a source back from `to`, to `from` at most: from which moment on it has told all of its
/// lines, and how many those were.
async fn read_back(cx: &ReadContext, streams: &Streams, from: i64, to: i64) -> Result<(i64, usize), Fault> {
    let span = Span { from, to: Some(to), backwards: true, limit: Some(PAGE) };
    let (mut token, mut oldest, mut count, mut backwards) = (None, to, 0, true);
    loop {
        let (events, next) = page(&cx.session, streams, span, token, Tries::Several).await?;
        backwards &= events.is_sorted_by(|a, b| a.at >= b.at);
        oldest = events.iter().map(|event| event.at).fold(oldest, i64::min);
        count += events.len();
        emit(&cx.sink, events).await;
        token = next;
        if token.is_none() {
            return Ok((from, count));
        }
        // Of the oldest millisecond there may be more on the next page. A single one that fills all
        // pages is read to its end.
        if count >= LINES && backwards && oldest + 1 < to {
            return Ok((oldest + 1, count));
        }
    }
}
