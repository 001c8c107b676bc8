//! `headroom price --graphql`: what the operations of a document cost.

use super::{range, reckoning};
use crate::failure::Failure;
use crate::input;
use anyhow::anyhow;
use headroom_model::facts::Confidence;
use headroom_model::graphql::{self, InvalidGraphql, ObjectCount, OperationEstimate};
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// One operation as `--json` prints it.
#[derive(Serialize)]
struct Operation<'a> {
    operation: Option<&'a str>,
    points: u32,
    low: u32,
    high: u32,
    base: u32,
    objects: &'a [ObjectCount],
    /// GraphQL has no path templates.
    template: Option<&'a str>,
    confidence: Confidence,
    source: &'a str,
}

/// Of one operation its object alone, of several a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Document<'a> {
    One(Operation<'a>),
    Several { operations: Vec<Operation<'a>> },
}

/// Prints what each operation costs.
pub fn run(document: &Path, variables: Option<&Path>, json: bool) -> Result<(), Failure> {
    let bad = |file: &Path, error: InvalidGraphql| Failure::BadInput(anyhow!("`{}`: {error}", file.display()));
    let text = input::read_text(document, "GraphQL document")?;
    let variables = match variables {
        None => graphql::Variables::new(),
        Some(file) => {
            let text = input::read_text(file, "variables")?;
            graphql::read_variables(&text).map_err(|error| bad(file, error))?
        }
    };
    let estimates = graphql::estimate(&text, None, &variables).map_err(|error| bad(document, error))?;
    let mut out = std::io::stdout().lock();
    if json {
        let json = serde_json::to_string(&all(&estimates)).map_err(|error| Failure::Run(error.into()))?;
        writeln!(out, "{json}")?;
    } else {
        for estimate in &estimates {
            write!(out, "{}", prose(estimate))?;
        }
    }
    Ok(out.flush()?)
}

fn all(estimates: &[OperationEstimate]) -> Document<'_> {
    let mut operations: Vec<_> = estimates.iter().map(Operation::of).collect();
    match operations.len() {
        1 => Document::One(operations.remove(0)),
        _ => Document::Several { operations },
    }
}

impl<'a> Operation<'a> {
    fn of(estimate: &'a OperationEstimate) -> Self {
        let OperationEstimate { name, low, points, high, base, objects, confidence, source, .. } = estimate;
        Self {
            operation: name.as_deref(),
            points: *points,
            low: *low,
            high: *high,
            base: *base,
            objects,
            template: None,
            confidence: *confidence,
            source,
        }
    }
}

fn prose(estimate: &OperationEstimate) -> String {
    let name = estimate.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let cost = range(estimate.low, estimate.points, estimate.high);
    let objects = estimate.objects.iter().map(|objects| (objects.kind.name(), objects.count, objects.points_each));
    let reckoning = reckoning(estimate.base, objects);
    let (kind, source, confidence) = (estimate.kind.as_str(), &estimate.source, estimate.confidence);
    format!("{kind}{name} costs {cost}\n{reckoning}source: {source} ({confidence})\n")
}
