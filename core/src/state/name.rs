//! Scopes by name, as they are saved: numbers of scopes and templates mean something to one process alone.

use crate::scope::Part;
#[cfg(test)]
use crate::scope::Scope;
use headroom_model::operation::Method;
use headroom_model::points::Template;
use std::cell::OnceCell;

/// A scope, or what costs are learned for. In this order the widest come first, and each behind what it lies in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) kind: u8,
    pub(crate) outer: String,
    pub(crate) inner: String,
}

/// The same, borrowed: what is ranked and may not be kept needs no memory of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Label<'a> {
    pub(super) kind: u8,
    pub(super) outer: &'a [u8],
    pub(super) inner: &'a [u8],
}

/// The kinds, in the order of what finds room first.
mod kind {
    pub(super) const APP: u8 = 0;
    pub(super) const ENVIRONMENT: u8 = 1;
    pub(super) const TENANT: u8 = 2;
    pub(super) const INSTALLATION: u8 = 3;
    pub(super) const ENDPOINT: u8 = 4;
    pub(super) const ISSUE: u8 = 5;
    pub(super) const ACCOUNT: u8 = 6;
    pub(super) const USER: u8 = 7;
    /// An endpoint of all tenants.
    pub(super) const COST: u8 = 8;
}

impl Name {
    pub(super) const KINDS: u8 = kind::COST + 1;

    const fn new(kind: u8, outer: String, inner: String) -> Self {
        Self { kind, outer, inner }
    }

    pub(crate) fn label(&self) -> Label<'_> {
        Label { kind: self.kind, outer: self.outer.as_bytes(), inner: self.inner.as_bytes() }
    }

    /// The name under which costs of an endpoint are kept.
    pub(crate) fn of_costs(method: Method, template: Option<Template>) -> Self {
        Self::new(kind::COST, text(method, template), String::new())
    }

    /// The endpoint that costs are of. None if this is no such name; within, if this version knows no such endpoint.
    pub(crate) fn costs_of(&self) -> Option<Option<(Option<Template>, Method)>> {
        (self.kind == kind::COST).then(|| endpoint(&self.outer))
    }

    /// The widest scope that it is or lies in.
    pub(crate) fn outer(&self) -> Part<&str> {
        let outer = self.outer.as_str();
        match self.kind {
            kind::TENANT | kind::ENDPOINT | kind::ISSUE | kind::ACCOUNT => Part::Tenant(outer),
            kind::INSTALLATION | kind::USER => Part::Installation(outer),
            kind::ENVIRONMENT => Part::Environment(outer),
            _ => Part::App,
        }
    }

    /// The scope within that one, if there is any. Within: none if this version knows no such endpoint.
    pub(crate) fn inner(&self) -> Option<Option<Part<&str>>> {
        let inner = self.inner.as_str();
        match self.kind {
            kind::ENDPOINT => Some(endpoint(inner).map(|(template, method)| Part::Endpoint(template, method))),
            kind::ISSUE => Some(Some(Part::Issue(inner))),
            kind::ACCOUNT => Some(Some(Part::Account(inner))),
            kind::USER => Some(Some(Part::User(inner))),
            _ => None,
        }
    }
}

impl<'a> Label<'a> {
    /// Of a scope of this kind, by its name and that of the scope that it lies in.
    pub(crate) fn of(part: Part<()>, within: &'a [u8], name: &'a [u8], texts: &'a Texts) -> Self {
        let (kind, inner) = match part {
            Part::App => (kind::APP, None),
            Part::Environment(()) => (kind::ENVIRONMENT, None),
            Part::Tenant(()) => (kind::TENANT, None),
            Part::Installation(()) => (kind::INSTALLATION, None),
            Part::Endpoint(template, method) => (kind::ENDPOINT, Some(texts.of(template, method).as_bytes())),
            Part::Issue(()) => (kind::ISSUE, Some(name)),
            Part::Account(()) => (kind::ACCOUNT, Some(name)),
            Part::User(()) => (kind::USER, Some(name)),
        };
        let outer = if inner.is_some() { within } else { name };
        Self { kind, outer, inner: inner.unwrap_or_default() }
    }

    pub(crate) fn to_name(self) -> Name {
        let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default().to_owned();
        Name::new(self.kind, text(self.outer), text(self.inner))
    }

    pub(super) const fn len(&self) -> usize {
        self.outer.len() + self.inner.len()
    }

    /// The label of the scope that it lies in, if there is one between it and the app.
    pub(super) const fn widened(&self) -> Option<Self> {
        let kind = match self.kind {
            kind::ENDPOINT | kind::ISSUE | kind::ACCOUNT => kind::TENANT,
            kind::USER => kind::INSTALLATION,
            _ => return None,
        };
        Some(Self { kind, outer: self.outer, inner: &[] })
    }

    /// How much of the traffic it covers, from 0 to 3.
    pub(super) const fn width(&self) -> u64 {
        match self.kind {
            kind::APP => 3,
            kind::ENVIRONMENT => 2,
            kind::TENANT | kind::INSTALLATION => 1,
            _ => 0,
        }
    }
}

/// Texts of endpoints, each made once: there are few, and many tenants have the same. Looking for one is a walk along
/// those before it.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    first: OnceCell<Box<Known>>,
}

#[derive(Debug)]
struct Known {
    endpoint: (Option<Template>, Method),
    text: String,
    next: OnceCell<Box<Known>>,
}

impl Texts {
    fn of(&self, template: Option<Template>, method: Method) -> &str {
        let endpoint = (template, method);
        let mut place = &self.first;
        loop {
            let new = || Box::new(Known { endpoint, text: text(method, template), next: OnceCell::new() });
            let known = place.get_or_init(new);
            if known.endpoint == endpoint {
                return &known.text;
            }
            place = &known.next;
        }
    }
}

fn text(method: Method, template: Option<Template>) -> String {
    let template = template.map(Template::text).unwrap_or_default();
    [method.name(), " ", &template].concat()
}

fn endpoint(text: &str) -> Option<(Option<Template>, Method)> {
    let (method, text) = text.split_once(' ')?;
    // A template is of itself. Not so what only looks like a path.
    let template = Template::of(method, text).filter(|template| template.text() == text);
    (text.is_empty() || template.is_some()).then(|| (template, Method::of(method)))
}

#[cfg(test)]
impl Name {
    /// The slow, obvious way.
    pub(crate) fn of(scope: Scope) -> Self {
        let none = String::new;
        match scope {
            Scope::App | Scope::Call => Self::new(kind::APP, none(), none()),
            Scope::Environment(environment) => Self::new(kind::ENVIRONMENT, environment, none()),
            Scope::Tenant(tenant) => Self::new(kind::TENANT, tenant, none()),
            Scope::Installation(installation) => Self::new(kind::INSTALLATION, installation, none()),
            Scope::Endpoint { tenant, template, method } => Self::new(kind::ENDPOINT, tenant, text(method, template)),
            Scope::Issue { tenant, issue } => Self::new(kind::ISSUE, tenant, issue),
            Scope::Account { tenant, account } => Self::new(kind::ACCOUNT, tenant, account),
            Scope::User { installation, account } => Self::new(kind::USER, installation, account),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_found_again_by_its_name_and_one_that_is_gone_is_not() {
        for path in ["/rest/api/3/issue/A-1", "/wiki/rest/api/content/1", "/wiki/api/v2/pages", "/nowhere"] {
            for method in [Method::Get, Method::Other] {
                let template = Template::of("PUT", path);
                let name = Name::of(Scope::Endpoint { tenant: "t".into(), template, method });
                assert_eq!(
                    (name.outer(), name.inner()),
                    (Part::Tenant("t"), Some(Some(Part::Endpoint(template, method))))
                );
                assert_eq!(Name::of_costs(method, template).costs_of(), Some(Some((template, method))));
            }
        }
        for gone in ["GET /rest/api/{gone}/x", "GET /rest/api/3/issue/A-1", "GET", "GET /?"] {
            let name = Name::new(kind::ENDPOINT, "t".into(), gone.into());
            assert_eq!(
                (name.inner(), name.label().widened().map(Label::to_name)),
                (Some(None), Some(Name::of(Scope::Tenant("t".into())))),
                "{gone}"
            );
        }
    }
}
