//! How types say what they are: a closed set by its words, and what the trace is not to have by less than all.

/// The words of closed sets, as strum derives them.
macro_rules! words {
    ($($type:ty),+) => {
        $(impl $type {
            /// Its one spelling: for people, for scripts, as AWS has it.
            pub fn word(self) -> &'static str {
                self.into()
            }
        })+
    };
}

/// A type of which `Debug`, which goes to the trace, tells this and no more.
macro_rules! debug_as {
    ($type:ty, |$this:ident| $($said:tt)+) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let $this = self;
                write!(f, $($said)+)
            }
        }
    };
}

#[cfg(feature = "aws")]
pub(crate) use debug_as;
