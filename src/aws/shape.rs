//! Members of AWS's answers as the domain's types. Whatever is absent or odd becomes an empty text,
//! a zero or `None`, never a panic.

use aws_smithy_types::DateTime;

use crate::domain::Timestamp;
use crate::domain::text::Text;

pub fn text(value: Option<&str>) -> Text {
    Text::new(value.unwrap_or_default())
}

pub fn count(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

pub fn moment(value: Option<&DateTime>) -> Option<Timestamp> {
    let at = value?;
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

/// What follows the last `:` or `/` of an ARN: the resource's own name.
pub fn tail(arn: &str) -> &str {
    arn.rsplit([':', '/']).next().unwrap_or_default()
}
