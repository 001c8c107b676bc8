//! Servers to be measured, each a process of its own: ours, and others that answer the same GET.

use crate::load::{self, Load};
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to start: a Node program on a busy machine takes seconds.
const START_TIME: Duration = Duration::from_secs(60);

/// A process that is ended with its value.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub addr: SocketAddr,
}

impl Server {
    /// This program as one of ours; see [`crate::child`].
    pub fn ours(arguments: &[&str]) -> Result<Self> {
        let program = std::env::current_exe()?;
        let mut child = Command::new(program).arg("child").args(arguments).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        BufReader::new(child.stdout.take().context("no pipe")?).read_line(&mut url)?;
        let addr = url.trim().trim_start_matches("http://").parse().context("it told no address")?;
        Ok(Self { child, addr })
    }

    /// Another program, on a port that is free now.
    pub fn other(command: &mut Command, port: u16) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut server = Self { child, addr: ([127, 0, 0, 1], port).into() };
        let began = Instant::now();
        let once =
            Load { addr: server.addr, connections: 1, time: Duration::from_millis(1), per_second: None, tenants: None };
        while !load::run(once).is_ok_and(|measured| measured.others == 0) {
            ensure!(server.child.try_wait()?.is_none(), "it ended at once");
            ensure!(began.elapsed() < START_TIME, "it did not answer within {START_TIME:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(server)
    }

    /// Resident memory in MB, where the system tells it.
    pub fn resident_mb(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? * 1_024.0 / 1e6)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Where the others are installed.
#[derive(Debug)]
pub struct Peers {
    files: PathBuf,
    installed: PathBuf,
}

impl Peers {
    /// Below the target folder of this program, from `bench/peers/`.
    pub fn new() -> Result<Self> {
        let program = std::env::current_exe()?;
        let target = program.ancestors().nth(2).context("this program has no target folder")?;
        let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        Ok(Self { files, installed: target.join("bench-peers") })
    }

    /// mocklimit, from PyPI.
    pub fn mocklimit(&self, port: u16) -> Result<Command> {
        let venv = self.installed.join("venv");
        let program = venv.join("bin/mocklimit");
        if !program.is_file() {
            run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
            let wanted = self.files.join("requirements.txt");
            run(Command::new(venv.join("bin/pip"))
                .args(["install", "--quiet", "--require-virtualenv", "-r"])
                .arg(wanted))?;
        }
        let mut command = Command::new(program);
        command.args(["serve", "--log-level", "ERROR", "--port", &port.to_string()]);
        command.arg("--spec").arg(self.files.join("page.yaml"));
        command.arg("--rate-config").arg(self.files.join("limits.yaml"));
        Ok(command)
    }

    /// @mockoon/cli, from npm.
    pub fn mockoon(&self, port: u16) -> Result<Command> {
        let mut command = self.node("mockoon-cli")?;
        command.args(["start", "--disable-log-to-file", "--disable-admin-api", "--max-transaction-logs", "1"]);
        command
            .args(["--hostname", "127.0.0.1", "--port", &port.to_string(), "--data"])
            .arg(self.files.join("page.yaml"));
        Ok(command)
    }

    /// @stoplight/prism-cli, from npm.
    pub fn prism(&self, port: u16) -> Result<Command> {
        let mut command = self.node("prism")?;
        command.args([
            "mock",
            "--multiprocess",
            "false",
            "--verboseLevel",
            "error",
            "--host",
            "127.0.0.1",
            "--port",
            &port.to_string(),
        ]);
        command.arg(self.files.join("page.yaml"));
        Ok(command)
    }

    /// A program of npm's, run by the Node that the lock file names.
    fn node(&self, program: &str) -> Result<Command> {
        let bin = self.installed.join("npm/node_modules/.bin");
        if !bin.join(program).exists() {
            let npm = self.installed.join("npm");
            std::fs::create_dir_all(&npm)?;
            for file in ["package.json", "package-lock.json"] {
                std::fs::copy(self.files.join(file), npm.join(file))?;
            }
            run(Command::new("npm").current_dir(&npm).args(["ci", "--no-audit", "--no-fund", "--silent"]))?;
        }
        let mut command = Command::new(bin.join("node"));
        command.arg(bin.join(program)).env("NODE_ENV", "production");
        Ok(command)
    }
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}
