//! What reaches the server, and what its limits need to know of it.

use super::door::Names;
use super::price::{Price, Prices};
use headroom_model::operation::{Context, Method, Operation, Request};
use headroom_model::points::Route;
use headroom_model::quota::{Authentication, Counting};

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender<'a> {
    /// The machine, or the browser; without a login, its address.
    pub node: u32,
    /// The account it acts for.
    pub account: Option<&'a str>,
    /// How it proves who it is.
    pub auth: Auth,
    /// Whether it comes from the page of a Forge app in a browser, through the bridge.
    pub is_frontend: bool,
    /// Whether it opens a connection instead of using one that is kept alive.
    pub is_new_connection: bool,
}

impl Sender<'_> {
    /// Source: announcement of 2025-12-12: Forge, Connect and OAuth 2.0 (3LO) apps are subject to the quota, API tokens
    /// are not. Calls without a login are no app's.
    const fn spends_points(self, counting: Counting) -> bool {
        match self.auth {
            Auth::App { .. } if self.is_frontend => counting.spends_points(Authentication::Bridge),
            Auth::App { .. } => counting.spends_points(Authentication::Forge),
            Auth::ApiToken => counting.spends_points(Authentication::ApiToken),
            Auth::Anonymous => false,
        }
    }
}

/// How a sender proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// As an app: Forge, Connect or OAuth 2.0 (3LO).
    App {
        /// Which of its copies. All of them share one quota (announcement of 2025-12-12).
        copy: u32,
    },
    /// With a user's API token.
    ApiToken,
    /// Not at all.
    Anonymous,
}

/// An operation that reaches the server.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// What is asked for.
    pub operation: &'a Operation,
    /// By whom.
    pub sender: Sender<'a>,
    /// Objects that the answer will hold: what a read is charged by. More than 10,000 count as 10,000.
    pub objects: u32,
}

impl<'a> Arrival<'a> {
    /// From the back end of the app's only copy, over a connection that is kept alive, for one object.
    #[must_use]
    pub const fn of_app(operation: &'a Operation) -> Self {
        let sender = Sender {
            node: 0,
            account: None,
            auth: Auth::App { copy: 0 },
            is_frontend: false,
            is_new_connection: false,
        };
        Self { operation, sender, objects: 1 }
    }
}

/// Where an operation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A product's REST API.
    Product,
    /// A GraphQL endpoint.
    Graphql,
    /// Forge's storage.
    Storage,
    /// A host of others.
    Elsewhere,
    /// A Forge function.
    Function,
}

/// An arrival with all that the doors look at, read once. Names are numbers from [`Names`].
pub(super) struct Facts<'a> {
    pub(super) arrival: &'a Arrival<'a>,
    pub(super) target: Target,
    pub(super) method: Method,
    pub(super) route: Option<Route<'a>>,
    pub(super) tenant: u32,
    pub(super) account: Option<u32>,
    pub(super) price: Price,
    /// Whether the points quota counts it.
    pub(super) spends_points: bool,
}

/// What the paths of Forge's storage begin with. Source: Forge's page on the REST API of its stores, read 2026-11.
pub(super) const STORAGE_PATH: &str = "/forge/storage/";

impl<'a> Facts<'a> {
    /// `counting` tells whose calls spend points.
    pub(super) fn read(arrival: &'a Arrival<'a>, names: &mut Names, prices: &mut Prices, counting: Counting) -> Self {
        match arrival.operation {
            Operation::Rest(request) => {
                let facts = Self::of_request(arrival, request, names, prices);
                let spends_points = facts.is_of_the_product() && arrival.sender.spends_points(counting);
                Self { spends_points, ..facts }
            }
            Operation::Invoke(invocation) => {
                let Context { installation, account, .. } = &invocation.context;
                Self {
                    arrival,
                    target: Target::Function,
                    method: Method::Other,
                    route: None,
                    tenant: names.number(installation),
                    account: account.as_deref().map(|account| names.number(account)),
                    price: Price::FREE,
                    spends_points: false,
                }
            }
        }
    }

    fn of_request(arrival: &'a Arrival<'a>, request: &'a Request, names: &mut Names, prices: &mut Prices) -> Self {
        let target = match request.path.as_str() {
            path if path.starts_with(STORAGE_PATH) => Target::Storage,
            path if path.starts_with("https://") || path.starts_with("http://") => Target::Elsewhere,
            _ if request.is_graphql() => Target::Graphql,
            _ => Target::Product,
        };
        let route = (target == Target::Product).then(|| Route::of(&request.method, &request.path));
        let price = match (target, &route) {
            (Target::Product, Some(route)) => prices.of(request, route, arrival.objects),
            (Target::Graphql, _) => Price::of_graphql(request, arrival.objects),
            _ => Price::FREE,
        };
        Self {
            arrival,
            target,
            method: Method::of(&request.method),
            route,
            tenant: names.number(&request.tenant),
            account: arrival.sender.account.map(|account| names.number(account)),
            price,
            spends_points: false,
        }
    }

    pub(super) const fn request(&self) -> Option<&'a Request> {
        match self.arrival.operation {
            Operation::Rest(request) => Some(request),
            Operation::Invoke(_) => None,
        }
    }

    pub(super) const fn context(&self) -> Option<&'a Context> {
        match self.arrival.operation {
            Operation::Rest(_) => None,
            Operation::Invoke(invocation) => Some(&invocation.context),
        }
    }

    /// The account, or where none is named the machine.
    pub(super) fn who(&self) -> (u32, u32) {
        self.account.map_or((u32::MAX, self.arrival.sender.node), |account| (account, 0))
    }

    /// Whether it goes to the product, as REST or GraphQL.
    pub(super) const fn is_of_the_product(&self) -> bool {
        matches!(self.target, Target::Product | Target::Graphql)
    }
}
