//! The copy of `sfv` that is in the planner reads and writes structured fields as `sfv` itself does.

use proptest::prelude::*;

/// The same program for either crate, whose types are not each other's.
macro_rules! with {
    ($name:ident) => {
        mod $name {
            use std::convert::Infallible;
            use $name::visitor::{EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ListVisitor, ParameterVisitor};
            use $name::{BareItemFromInput, KeyRef, ListSerializer, Parser, StringRef, key_ref};

            /// What was read, as text.
            pub fn read(value: &str) -> Result<String, String> {
                let mut read = String::new();
                Parser::new(value).parse_list_with_visitor(Seen(&mut read)).map_err(|error| error.to_string())?;
                Ok(read)
            }

            /// One member with a name and a number, as text.
            pub fn write(name: &str, number: u64) -> Result<Option<String>, String> {
                let mut list = ListSerializer::new();
                let name = StringRef::from_str(name).map_err(|error| error.to_string())?;
                let number = $name::Integer::try_from(number).map_err(|error| error.to_string())?;
                let _ = list.bare_item(name).parameter(key_ref("q"), number);
                Ok(list.finish())
            }

            struct Seen<'a>(&'a mut String);

            impl<'de> ListVisitor<'de> for Seen<'_> {
                type Out = ();
                type Error = Infallible;

                fn entry(&mut self) -> Result<impl EntryVisitor<'de>, Infallible> {
                    Ok(Seen(self.0))
                }

                fn finish(self) -> Result<(), Infallible> {
                    Ok(())
                }
            }

            impl<'de> EntryVisitor<'de> for Seen<'_> {
                type Error = Infallible;

                fn item(self) -> Result<impl ItemVisitor<'de>, Infallible> {
                    Ok(self)
                }

                fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Infallible> {
                    *self.0 += "(";
                    Ok(self)
                }
            }

            impl<'de> InnerListVisitor<'de> for Seen<'_> {
                type Error = Infallible;

                fn item(&mut self) -> Result<impl ItemVisitor<'de>, Infallible> {
                    Ok(Seen(self.0))
                }

                fn finish(self) -> Result<impl ParameterVisitor<'de>, Infallible> {
                    *self.0 += ")";
                    Ok(Ignored)
                }
            }

            impl<'de> ItemVisitor<'de> for Seen<'_> {
                type Out = ();
                type Error = Infallible;

                fn bare_item(
                    self,
                    item: BareItemFromInput<'de>,
                ) -> Result<impl ParameterVisitor<'de, Out = ()>, Infallible> {
                    *self.0 += &format!("{item:?} ");
                    Ok(self)
                }
            }

            impl<'de> ParameterVisitor<'de> for Seen<'_> {
                type Out = ();
                type Error = Infallible;

                fn parameter(&mut self, key: &'de KeyRef, value: BareItemFromInput<'de>) -> Result<(), Infallible> {
                    *self.0 += &format!(";{key:?}={value:?} ");
                    Ok(())
                }

                fn finish(self) -> Result<(), Infallible> {
                    Ok(())
                }
            }
        }
    };
}

with!(sfv);
with!(sfv_of_the_guest);

fn any_field() -> impl Strategy<Value = String> {
    let item = prop_oneof![
        r#""[ -~]{0,5}""#,
        r#"%"([ -~]|%[0-9a-f]{2}|ü){0,4}""#,
        "-?[0-9]{0,17}",
        "-?[0-9]{1,13}[.][0-9]{0,4}",
        "@-?[0-9]{1,4}",
        "[?][01x]",
        ":[A-Za-z0-9+/=]{0,9}:",
        "[a-zA-Z*][a-z:/%!-]{0,4}",
        "[\\x00-\\x7f]{0,3}",
    ];
    let parameters = proptest::collection::vec((" {0,1}[a-z*_]{0,2}", proptest::option::of(item.clone())), 0..3);
    let member = (item, parameters).prop_map(|(item, parameters)| {
        let parameter = |(key, value): (String, Option<String>)| match value {
            Some(value) => format!(";{key}={value}"),
            None => format!(";{key}"),
        };
        parameters.into_iter().map(parameter).fold(item, |member, parameter| member + &parameter)
    });
    let list = proptest::collection::vec(member.clone(), 0..3).prop_map(|items| format!("({})", items.join(" ")));
    proptest::collection::vec(prop_oneof![4 => member, 1 => list], 0..4).prop_map(|members| members.join(", "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn either_reads_the_same_or_fails_for_the_same_reason_at_the_same_place(value in any_field()) {
        prop_assert_eq!(sfv_of_the_guest::read(&value), sfv::read(&value));
    }

    #[test]
    fn either_writes_the_same(name in any::<String>(), ascii in "[ -~]{0,9}", number in any::<u64>(), shift in 0_u32..64) {
        for name in [name, ascii] {
            let number = number >> shift;
            prop_assert_eq!(sfv_of_the_guest::write(&name, number), sfv::write(&name, number));
        }
    }
}
