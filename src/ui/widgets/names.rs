//! Names where there is little room: what all of them begin and end with tells nothing apart, so that
//! goes first.

use super::text;
use crate::app::panes::names::Names;

/// A name in exactly `room` columns: whole, else without what is common at its end, then at its
/// beginning, then cut in the middle. What is gone leaves a `…`, as long as there is room for one beside
/// the name's own words: those tell more than that something is gone.
pub fn fit(names: &Names, name: &str, room: usize) -> String {
    if text::width(name) <= room {
        return text::fit(name, room);
    }
    let end = name.strip_suffix(names.suffix.as_str()).filter(|rest| !names.suffix.is_empty() && !rest.is_empty());
    let tail = if end.is_some() { "…" } else { "" };
    let rest = end.unwrap_or(name);
    let own = rest.strip_prefix(names.prefix.as_str()).filter(|own| !names.prefix.is_empty() && !own.is_empty());
    let told = [Some(format!("{rest}{tail}")), own.map(|own| format!("…{own}{tail}"))];
    match told.into_iter().flatten().find(|told| text::width(told) <= room) {
        Some(told) => text::fit(&told, room),
        None => text::fit_cell(own.unwrap_or(rest), room),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SERVICES: [&str; 4] =
        ["harbour-booking-api-production", "harbour-web-production", "harbour-log-router-production", "harbour-x"];

    #[test]
    fn what_is_common_goes_first() {
        let names = Names::of(SERVICES.into_iter());
        let told = |room| fit(&names, SERVICES[0], room).trim_end().to_string();
        assert_eq!(told(30), SERVICES[0]);
        assert_eq!(told(29), "harbour-booking-api…");
        assert_eq!(told(19), "…booking-api…");
        assert_eq!(told(11), "booking-api");
        assert_eq!(told(8), "book…api");
        assert_eq!(fit(&names, "other-service-of-long-name", 20).trim_end(), "other-serv…long-name");
        let same = Names::of(["a-one", "a-one"].into_iter());
        assert_eq!(fit(&same, "a-one", 3), "a… ");
    }

    proptest! {
        #[test]
        fn a_name_takes_its_room(all in proptest::collection::vec("[a-cé日:/.-]{0,12}", 1..8), room in 0..16_usize) {
            let names = Names::of(all.iter().map(String::as_str));
            for name in &all {
                prop_assert_eq!(text::width(&fit(&names, name, room)), room);
            }
        }
    }
}
