//! The programs in other languages that `docs/serve.md` shows, run as they stand there.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::layout::Layout;
use crate::process;

/// Languages as fences name them, what runs them, and the end of a file's name.
pub const LANGUAGES: [(&str, &str, &str); 2] = [("python", "python3", "py"), ("js", "node", "mjs")];

/// Runs the program of one language with the `headroom` that was built, and compares what it prints.
pub fn check(layout: &Layout, (language, program, ending): (&str, &str, &str)) -> Result<()> {
    let page = fs::read_to_string(layout.root.join("docs/serve.md")).context("cannot read `docs/serve.md`")?;
    let shown = fenced(&page, language).with_context(|| format!("`docs/serve.md` has no program in `{language}`"))?;
    let wanted = fenced(&page, "text").context("`docs/serve.md` does not say what its programs print")?;
    let dir = layout.target.join("examples-of-serve");
    fs::create_dir_all(&dir).with_context(|| format!("cannot create `{}`", dir.display()))?;
    let file = dir.join(format!("example.{ending}"));
    fs::write(&file, shown).with_context(|| format!("cannot write `{}`", file.display()))?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::iter::once(layout.target.join("debug")).chain(std::env::split_paths(&path));
    let mut run = Command::new(program);
    run.arg(&file).env("PATH", std::env::join_paths(dirs)?).env_remove("HEADROOM_CONTROL_TOKEN");
    let printed = process::output(&mut run)?;
    ensure!(printed.trim() == wanted.trim(), "the program in `{language}` prints `{}`", printed.trim());
    Ok(())
}

/// What stands behind the first fence of a kind.
fn fenced<'a>(page: &'a str, kind: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("```{kind}\n"))?;
    rest.split_once("```").map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fence_of_a_kind_is_found() {
        let page = "a\n```sh\nls\n```\n```js\n1;\n```\n```js\n2;\n```\n";
        assert_eq!((fenced(page, "js"), fenced(page, "python")), (Some("1;\n"), None));
    }
}
