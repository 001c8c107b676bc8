//! Every worked example of the sources, through the program itself. The examples are typed by hand in `tests/vectors`.
//!
//! Each file holds `[[vector]]` tables: `name`, `source`, `args`, `stdin` if there is any, `files` that the arguments
//! name, and `want`: keys of the JSON document that must be there with these values, whatever else it holds.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    vector: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    source: String,
    args: Vec<String>,
    #[serde(default)]
    stdin: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
    want: BTreeMap<String, Value>,
}

#[test]
fn every_vector_is_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        for vector in file.vector {
            count += 1;
            assert!(vector.source.contains("20"), "{stem}: `{}` has no dated source", vector.name);
            wrong.extend(vector.check().err().map(|why| format!("{stem}: {}: {why}", vector.name)));
        }
    }
    println!("{} of {count} vectors right", count - wrong.len());
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 0, "no vectors");
}

impl Vector {
    fn check(&self) -> Result<(), String> {
        let folder =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(self.name.replace(|c: char| !c.is_alphanumeric(), "-"));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &self.files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_headroom"))
            .args(&self.args)
            .arg("--json")
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not read its input closes it; what it says then is judged below.
        let _ = child.stdin.take().unwrap().write_all(self.stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let document: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}; {said}"))?;
        for (key, want) in &self.want {
            let got = document.get(key).unwrap_or(&Value::Null);
            if !is_same(got, want) {
                return Err(format!("`{key}` is {got}, wanted {want}"));
            }
        }
        Ok(())
    }
}

/// TOML has no null: the text stands for it, and what an object leaves out is null.
fn is_same(got: &Value, want: &Value) -> bool {
    match (got, want) {
        (Value::Null, Value::String(text)) => text == "null",
        (Value::Object(got), Value::Object(want)) => {
            let null = Value::Null;
            want.iter().all(|(key, want)| is_same(got.get(key).unwrap_or(&null), want))
                && got.iter().all(|(key, got)| want.contains_key(key) || got.is_null())
        }
        (Value::Array(got), Value::Array(want)) => {
            got.len() == want.len() && got.iter().zip(want).all(|(got, want)| is_same(got, want))
        }
        _ => got == want,
    }
}
