//! Enums that are written as words: in the database, in JSON, on a terminal.

/// A word that stands for none of an enum's variants: whoever wrote it may be newer than this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no {of} that this version knows")]
pub struct UnknownWord {
    /// The enum's name.
    pub of: &'static str,
    pub word: String,
}

/// Makes an enum and its words, each beside its variant: renaming the variant leaves what is stored as it is.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $vis enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// In the order of [`Self::ALL`].
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownWord;
            fn from_str(text: &str) -> Result<Self, $crate::UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownWord { of: stringify!($name), word: $crate::printable(text, 64) }),
                }
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

#[cfg(test)]
mod tests {
    words! {
        enum Light { Red = "red", DeepGreen = "deep-green" }
    }

    #[test]
    fn a_word_reads_back_and_another_is_named() {
        for light in Light::ALL {
            assert_eq!(light.as_str().parse(), Ok(*light));
        }
        assert_eq!(Light::WORDS, ["red", "deep-green"]);
        assert_eq!(format!("{:>5}", Light::Red), "  red");
        let unknown = "DeepGreen".parse::<Light>().unwrap_err();
        assert_eq!(unknown.to_string(), "`DeepGreen` is no Light that this version knows");
    }
}
