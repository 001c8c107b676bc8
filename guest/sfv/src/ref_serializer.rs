use alloc::borrow::BorrowMut;
use alloc::string::String;

use crate::{KeyRef, RefBareItem, serializer};

// https://httpwg.org/specs/rfc9651.html#ser-item
#[derive(Debug)]
#[must_use]
pub struct ItemSerializer<W> {
    buffer: W,
}

impl Default for ItemSerializer<String> {
    fn default() -> Self {
        Self::new()
    }
}

impl ItemSerializer<String> {
    pub fn new() -> Self {
        Self { buffer: String::new() }
    }
}

impl<'a> ItemSerializer<&'a mut String> {
    pub fn with_buffer(buffer: &'a mut String) -> Self {
        Self { buffer }
    }
}

impl<W: BorrowMut<String>> ItemSerializer<W> {
    pub fn bare_item<'b>(mut self, bare_item: impl Into<RefBareItem<'b>>) -> ParameterSerializer<W> {
        serializer::serialize_bare_item(bare_item, self.buffer.borrow_mut());
        ParameterSerializer { buffer: self.buffer }
    }
}

#[derive(Debug)]
pub struct ParameterSerializer<W> {
    buffer: W,
}

impl<W: BorrowMut<String>> ParameterSerializer<W> {
    #[allow(clippy::return_self_not_must_use)]
    pub fn parameter<'b>(mut self, name: &KeyRef, value: impl Into<RefBareItem<'b>>) -> Self {
        serializer::serialize_parameter(name, value, self.buffer.borrow_mut());
        self
    }

    #[allow(clippy::return_self_not_must_use)]
    pub fn parameters<'b>(
        mut self,
        params: impl IntoIterator<Item = (impl AsRef<KeyRef>, impl Into<RefBareItem<'b>>)>,
    ) -> Self {
        for (name, value) in params {
            serializer::serialize_parameter(name.as_ref(), value, self.buffer.borrow_mut());
        }
        self
    }

    #[must_use]
    pub fn finish(self) -> W {
        self.buffer
    }
}

fn maybe_write_separator(buffer: &mut String, first: &mut bool) {
    if *first {
        *first = false;
    } else {
        buffer.push_str(", ");
    }
}

// https://httpwg.org/specs/rfc9651.html#ser-list
#[derive(Debug)]
#[must_use]
pub struct ListSerializer<W> {
    buffer: W,
    first: bool,
}

impl Default for ListSerializer<String> {
    fn default() -> Self {
        Self::new()
    }
}

impl ListSerializer<String> {
    pub fn new() -> Self {
        Self { buffer: String::new(), first: true }
    }
}

impl<'a> ListSerializer<&'a mut String> {
    pub fn with_buffer(buffer: &'a mut String) -> Self {
        Self { buffer, first: true }
    }
}

impl<W: BorrowMut<String>> ListSerializer<W> {
    pub fn bare_item<'b>(&mut self, bare_item: impl Into<RefBareItem<'b>>) -> ParameterSerializer<&mut String> {
        let buffer = self.buffer.borrow_mut();
        maybe_write_separator(buffer, &mut self.first);
        serializer::serialize_bare_item(bare_item, buffer);
        ParameterSerializer { buffer }
    }

    pub fn inner_list(&mut self) -> InnerListSerializer<'_> {
        let buffer = self.buffer.borrow_mut();
        maybe_write_separator(buffer, &mut self.first);
        buffer.push('(');
        InnerListSerializer { buffer: Some(buffer) }
    }

    #[must_use]
    pub fn finish(self) -> Option<W> {
        if self.first { None } else { Some(self.buffer) }
    }
}

// https://httpwg.org/specs/rfc9651.html#ser-dictionary
#[derive(Debug)]
#[must_use]
pub struct DictSerializer<W> {
    buffer: W,
    first: bool,
}

impl Default for DictSerializer<String> {
    fn default() -> Self {
        Self::new()
    }
}

impl DictSerializer<String> {
    pub fn new() -> Self {
        Self { buffer: String::new(), first: true }
    }
}

impl<'a> DictSerializer<&'a mut String> {
    pub fn with_buffer(buffer: &'a mut String) -> Self {
        Self { buffer, first: true }
    }
}

impl<W: BorrowMut<String>> DictSerializer<W> {
    pub fn bare_item<'b>(
        &mut self,
        name: &KeyRef,
        value: impl Into<RefBareItem<'b>>,
    ) -> ParameterSerializer<&mut String> {
        let buffer = self.buffer.borrow_mut();
        maybe_write_separator(buffer, &mut self.first);
        serializer::serialize_key(name, buffer);
        let value = value.into();
        if value != RefBareItem::Boolean(true) {
            buffer.push('=');
            serializer::serialize_bare_item(value, buffer);
        }
        ParameterSerializer { buffer }
    }

    pub fn inner_list<'a>(&'a mut self, name: &KeyRef) -> InnerListSerializer<'a> {
        let buffer = self.buffer.borrow_mut();
        maybe_write_separator(buffer, &mut self.first);
        serializer::serialize_key(name, buffer);
        buffer.push_str("=(");
        InnerListSerializer { buffer: Some(buffer) }
    }

    #[must_use]
    pub fn finish(self) -> Option<W> {
        if self.first { None } else { Some(self.buffer) }
    }
}

// https://httpwg.org/specs/rfc9651.html#ser-innerlist
#[derive(Debug)]
#[must_use]
pub struct InnerListSerializer<'a> {
    buffer: Option<&'a mut String>,
}

impl Drop for InnerListSerializer<'_> {
    fn drop(&mut self) {
        if let Some(ref mut buffer) = self.buffer {
            buffer.push(')');
        }
    }
}

impl<'a> InnerListSerializer<'a> {
    #[allow(clippy::missing_panics_doc)] // The unwrap is safe by construction.
    pub fn bare_item<'b>(&mut self, bare_item: impl Into<RefBareItem<'b>>) -> ParameterSerializer<&mut String> {
        let buffer = self.buffer.as_mut().unwrap();
        if !buffer.is_empty() && !buffer.ends_with('(') {
            buffer.push(' ');
        }
        serializer::serialize_bare_item(bare_item, buffer);
        ParameterSerializer { buffer }
    }

    #[must_use]
    #[allow(clippy::missing_panics_doc)]
    pub fn finish(mut self) -> ParameterSerializer<&'a mut String> {
        let buffer = self.buffer.take().unwrap();
        buffer.push(')');
        ParameterSerializer { buffer }
    }
}
