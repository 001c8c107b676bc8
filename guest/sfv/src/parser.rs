mod bare;

use crate::{
    BareItemFromInput, KeyRef, SFVResult, Version, error, utils,
    visitor::{
        DictionaryVisitor, EntryVisitor, InnerListVisitor, ItemVisitor, ListVisitor, MakeDictionaryVisitor,
        MakeItemVisitor, MakeListVisitor, ParameterVisitor,
    },
};

fn parse_item<'de, V>(parser: &mut Parser<'de>, visitor: V) -> Result<V::Out, error::Repr>
where
    V: ItemVisitor<'de>,
{
    // https://httpwg.org/specs/rfc9651.html#parse-item
    let param_visitor = visitor.bare_item(parser.parse_bare_item()?)?;
    parser.parse_parameters(param_visitor)
}

fn parse_comma_separated<'de>(
    parser: &mut Parser<'de>,
    mut parse_member: impl FnMut(&mut Parser<'de>) -> Result<(), error::Repr>,
) -> Result<(), error::Repr> {
    while parser.peek().is_some() {
        parse_member(parser)?;

        parser.consume_ows_chars();

        match parser.peek() {
            None => return Ok(()),
            Some(b',') => {}
            Some(_) => return Err(error::Repr::TrailingCharactersAfterMember(parser.index)),
        }

        let comma_index = parser.index;
        parser.next();

        parser.consume_ows_chars();

        if parser.peek().is_none() {
            // Report the error at the position of the comma itself, rather
            // than at the end of input.
            return Err(error::Repr::TrailingComma(comma_index));
        }
    }

    Ok(())
}

#[derive(Debug)]
#[must_use]
pub struct Parser<'de> {
    input: &'de [u8],
    index: usize,
    version: Version,
}

impl<'de> Parser<'de> {
    pub fn new(input: &'de (impl ?Sized + AsRef<[u8]>)) -> Self {
        Self { input: input.as_ref(), index: 0, version: Version::Rfc9651 }
    }

    pub fn with_version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    pub fn parse_dictionary<T>(self) -> SFVResult<T>
    where
        T: MakeDictionaryVisitor<'de>,
    {
        self.parse_dictionary_with_visitor(T::make_dictionary_visitor())
    }

    pub fn parse_dictionary_with_visitor<V>(self, mut visitor: V) -> SFVResult<V::Out>
    where
        V: DictionaryVisitor<'de>,
    {
        // https://httpwg.org/specs/rfc9651.html#parse-dictionary
        self.parse_internal(|parser| {
            parse_comma_separated(parser, |parser| {
                // Note: It is up to the visitor to properly handle duplicate keys.
                let entry_visitor = visitor.entry(parser.parse_key()?)?;

                if let Some(b'=') = parser.peek() {
                    parser.next();
                    parser.parse_list_entry(entry_visitor)
                } else {
                    let param_visitor = entry_visitor.item()?.bare_item(BareItemFromInput::from(true))?;
                    parser.parse_parameters(param_visitor)?;
                    Ok(())
                }
            })?;

            Ok(visitor.finish()?)
        })
    }

    pub fn parse_list<T>(self) -> SFVResult<T>
    where
        T: MakeListVisitor<'de>,
    {
        self.parse_list_with_visitor(T::make_list_visitor())
    }

    #[allow(clippy::needless_raw_string_hashes)] // false positive: https://github.com/rust-lang/rust-clippy/issues/11737
    pub fn parse_list_with_visitor<V>(self, mut visitor: V) -> SFVResult<V::Out>
    where
        V: ListVisitor<'de>,
    {
        // https://httpwg.org/specs/rfc9651.html#parse-list
        self.parse_internal(|parser| {
            parse_comma_separated(parser, |parser| parser.parse_list_entry(visitor.entry()?))?;
            Ok(visitor.finish()?)
        })
    }

    pub fn parse_item<T>(self) -> SFVResult<T>
    where
        T: MakeItemVisitor<'de>,
    {
        self.parse_item_with_visitor(T::make_item_visitor())
    }

    pub fn parse_item_with_visitor<V>(self, visitor: V) -> SFVResult<V::Out>
    where
        V: ItemVisitor<'de>,
    {
        self.parse_internal(|parser| parse_item(parser, visitor))
    }

    fn peek(&self) -> Option<u8> {
        self.input.get(self.index).copied()
    }

    fn next(&mut self) -> Option<u8> {
        self.peek().inspect(|_| self.index += 1)
    }

    // Generic parse method for checking input before parsing
    // and handling trailing text error
    fn parse_internal<T>(mut self, f: impl FnOnce(&mut Self) -> Result<T, error::Repr>) -> SFVResult<T> {
        // https://httpwg.org/specs/rfc9651.html#text-parse

        self.consume_sp_chars();

        let value = f(&mut self)?;

        self.consume_sp_chars();

        if self.peek().is_some() {
            return Err(error::Repr::TrailingCharactersAfterParsedValue(self.index).into());
        }

        Ok(value)
    }

    fn parse_list_entry(&mut self, visitor: impl EntryVisitor<'de>) -> Result<(), error::Repr> {
        // https://httpwg.org/specs/rfc9651.html#parse-item-or-list
        // ListEntry represents a tuple (item_or_inner_list, parameters)

        if let Some(b'(') = self.peek() {
            self.parse_inner_list(visitor.inner_list()?)
        } else {
            parse_item(self, visitor.item()?)?;
            Ok(())
        }
    }

    pub(crate) fn parse_inner_list(&mut self, mut visitor: impl InnerListVisitor<'de>) -> Result<(), error::Repr> {
        // https://httpwg.org/specs/rfc9651.html#parse-innerlist

        if Some(b'(') != self.peek() {
            return Err(error::Repr::ExpectedStartOfInnerList(self.index));
        }

        self.next();

        while self.peek().is_some() {
            self.consume_sp_chars();

            if Some(b')') == self.peek() {
                self.next();
                let param_visitor = visitor.finish()?;
                self.parse_parameters(param_visitor)?;
                return Ok(());
            }

            parse_item(self, visitor.item()?)?;

            if let Some(c) = self.peek()
                && c != b' '
                && c != b')'
            {
                return Err(error::Repr::ExpectedInnerListDelimiter(self.index));
            }
        }

        Err(error::Repr::UnterminatedInnerList(self.index))
    }

    pub(crate) fn parse_parameters<V>(&mut self, mut visitor: V) -> Result<V::Out, error::Repr>
    where
        V: ParameterVisitor<'de>,
    {
        // https://httpwg.org/specs/rfc9651.html#parse-param

        while let Some(b';') = self.peek() {
            self.next();
            self.consume_sp_chars();

            let param_name = self.parse_key()?;
            let param_value = if let Some(b'=') = self.peek() {
                self.next();
                self.parse_bare_item()?
            } else {
                BareItemFromInput::Boolean(true)
            };
            // Note: It is up to the visitor to properly handle duplicate keys.
            visitor.parameter(param_name, param_value)?;
        }

        Ok(visitor.finish()?)
    }

    pub(crate) fn parse_key(&mut self) -> Result<&'de KeyRef, error::Repr> {
        // https://httpwg.org/specs/rfc9651.html#parse-key

        match self.parse_non_empty_str(utils::is_allowed_start_key_char, utils::is_allowed_inner_key_char) {
            None => Err(error::Repr::ExpectedStartOfKey(self.index)),
            Some(str) => Ok(KeyRef::from_validated_str(str)),
        }
    }

    fn consume_ows_chars(&mut self) {
        while let Some(b' ' | b'\t') = self.peek() {
            self.next();
        }
    }

    fn consume_sp_chars(&mut self) {
        while let Some(b' ') = self.peek() {
            self.next();
        }
    }
}
