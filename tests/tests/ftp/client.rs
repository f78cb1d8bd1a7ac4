//! A rig with nothing but an FTP server, and clients for it.

use edgecull::render::encode::Jpeg;
use edgecull::render::{Camera, Scene, Subject, render};
use edgecull_tests::rig::{LIMIT, Rig, in_spool, with_comment};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The password of the server's one user, `camera`.
pub(crate) const PASSWORD: &str = "S3cret-of-the-set";

/// A rig with an FTP server, in a folder of its own.
pub(crate) struct Server {
    pub(crate) folder: tempfile::TempDir,
    rig: Rig,
    address: SocketAddr,
}

impl Server {
    /// With these lines in the configuration's table `[tether.ftp]`.
    pub(crate) fn start(lines: &str) -> Self {
        Self::start_with("127.0.0.1:0", lines, &[])
    }

    /// The same, at this address and with more options.
    pub(crate) fn start_with(address: &str, lines: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let rig = spawn(folder.path(), address, lines, more);
        let line = rig.wait_for_log("ftp: listening on ");
        let address = line.rsplit(' ').next().expect("words").parse().expect("an address");
        Self { folder, rig, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn rig(&self) -> &Rig {
        &self.rig
    }

    /// Stops the rig, and gives the folder around its spool.
    pub(crate) fn stop(self) -> tempfile::TempDir {
        assert!(self.rig.stop().success());
        self.folder
    }

    /// Names of what lies beside the spool.
    pub(crate) fn around(&self) -> Vec<OsString> {
        let entries = fs::read_dir(self.folder.path()).expect("a folder");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        names
    }

    /// What was taken: bytes by name, once for each frame of that name.
    pub(crate) fn taken(&self) -> BTreeMap<String, Vec<Vec<u8>>> {
        let folders: BTreeMap<u64, PathBuf> = self
            .rig
            .list()
            .iter()
            .map(|row| {
                let folder = row["folder"].as_str().expect("text");
                (row["id"].as_u64().expect("a number"), folder.into())
            })
            .collect();
        let mut taken: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        for (path, bytes) in in_spool(&self.folder.path().join("spool")) {
            let mut parts = path.iter().skip(1).map(|part| part.to_str().expect("text"));
            let id = parts.next().and_then(|id| id.parse().ok()).expect("a frame's folder");
            let folder: &PathBuf = folders.get(&id).expect("a listed frame");
            let name = folder.join(parts.next().expect("a file"));
            taken.entry(name.to_str().expect("text").to_owned()).or_default().push(bytes);
        }
        taken
    }

    pub(crate) fn taken_names(&self) -> Vec<String> {
        self.taken().into_keys().collect()
    }

    /// Whether this name was taken, once, with these bytes.
    pub(crate) fn has(&self, name: &str, bytes: &[u8]) -> bool {
        self.taken().get(name).is_some_and(|copies| copies.len() == 1 && copies[0] == bytes)
    }
}

/// Starts a rig, and does not wait until it listens.
pub(crate) fn spawn(folder: &Path, address: &str, lines: &str, more: &[&str]) -> Rig {
    let password = folder.join("password");
    fs::write(&password, format!("{PASSWORD}\n")).expect("written");
    let config = folder.join("config.toml");
    let login = format!("user = 'camera'\npassword-file = {password:?}");
    fs::write(&config, format!("[tether.ftp]\n{login}\n{lines}\n")).expect("written");
    let mut args: Vec<OsString> = vec![format!("ftp://{address}").into(), "--config".into()];
    args.push(config.into());
    args.extend(["--no-bursts", "--no-faces", "--no-quality", "--min-free=1MiB"].map(Into::into));
    args.extend(more.iter().map(Into::into));
    Rig::spawn(&folder.join("spool"), args)
}

/// A client without manners.
pub(crate) struct Raw {
    control: BufReader<TcpStream>,
}

impl Raw {
    /// Connected, and not greeted yet.
    pub(crate) fn unheard(server: &Server) -> Self {
        let control = TcpStream::connect(server.address()).expect("connected");
        control.set_read_timeout(Some(LIMIT)).expect("set");
        Self { control: BufReader::new(control) }
    }

    pub(crate) fn connect(server: &Server) -> Self {
        let mut raw = Self::unheard(server);
        assert_eq!(raw.reply().0, 220);
        raw
    }

    /// Logged in.
    pub(crate) fn entered(server: &Server) -> Self {
        let mut raw = Self::connect(server);
        assert_eq!(raw.say("USER camera").0, 331);
        assert_eq!(raw.say(&format!("PASS {PASSWORD}")).0, 230);
        raw
    }

    pub(crate) fn socket(&self) -> TcpStream {
        self.control.get_ref().try_clone().expect("a socket")
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.control.get_mut().write_all(bytes).expect("sent");
    }

    pub(crate) fn say(&mut self, line: &str) -> (u16, String) {
        self.send(format!("{line}\r\n").as_bytes());
        self.reply()
    }

    /// The next reply: its code and the text of its last line.
    pub(crate) fn reply(&mut self) -> (u16, String) {
        loop {
            let mut line = Vec::new();
            self.control.read_until(b'\n', &mut line).expect("a reply");
            let line = String::from_utf8_lossy(&line).into_owned();
            if let Some((Ok(code), text)) = line.split_once(' ').map(|(c, t)| (c.parse(), t)) {
                return (code, text.trim_end().to_owned());
            }
            assert!(!line.is_empty(), "the connection ended instead of a reply");
        }
    }

    /// Whether nothing more comes.
    pub(crate) fn ended(&mut self) -> bool {
        let mut rest = Vec::new();
        match self.control.read_to_end(&mut rest) {
            Ok(_) => rest.is_empty(),
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }

    /// A data connection, by EPSV.
    pub(crate) fn passive(&mut self) -> TcpStream {
        let (code, text) = self.say("EPSV");
        assert_eq!(code, 229, "{text}");
        let port = text.split('|').nth(3).and_then(|port| port.parse().ok()).expect("a port");
        let mut address = self.control.get_ref().peer_addr().expect("connected");
        address.set_port(port);
        let data = TcpStream::connect(address).expect("connected");
        data.set_read_timeout(Some(LIMIT)).expect("set");
        data
    }

    /// Sends a file, and gives the last reply.
    pub(crate) fn store(&mut self, command: &str, bytes: &[u8]) -> (u16, String) {
        let mut data = self.passive();
        let first = self.say(command);
        if first.0 != 150 {
            return first;
        }
        // A server that refuses the file may close before all is sent.
        let _refused = data.write_all(bytes).and_then(|()| data.shutdown(Shutdown::Write));
        self.reply()
    }

    /// What a listing command gives.
    pub(crate) fn listing(&mut self, command: &str) -> String {
        let mut data = self.passive();
        assert_eq!(self.say(command).0, 150);
        let mut listing = String::new();
        data.read_to_string(&mut listing).expect("a listing");
        assert_eq!(self.reply().0, 226);
        listing
    }
}

/// What became of a client.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) ok: bool,
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a client to its end; `None` with a line when it is not installed.
fn client(program: &str, args: &[&str], input: &[u8]) -> Option<Ended> {
    let home = tempfile::tempdir().expect("a folder");
    let spawned = Command::new(program)
        .args(args)
        .env("HOME", home.path())
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{program}: {error}");
            eprintln!("skipped: {program}: {error}");
            return None;
        }
    };
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    // It may not want all of it.
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("ended");
    let _unwanted = feeder.join().expect("no panic");
    Some(Ended {
        ok: output.status.success(),
        status: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Uploads with curl, as the right user.
pub(crate) fn curl(server: &Server, args: &[&str], bytes: &[u8], path: &str) -> Option<Ended> {
    let user = format!("camera:{PASSWORD}");
    curl_as(server, &[&["-u", &user], args].concat(), bytes, path)
}

/// Uploads with curl.
pub(crate) fn curl_as(server: &Server, args: &[&str], bytes: &[u8], path: &str) -> Option<Ended> {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("written");
    let from = file.path().to_string_lossy().into_owned();
    let url = format!("ftp://{}{path}", server.address());
    let common = ["-sS", "-g", "--max-time", "100", "--ftp-create-dirs", "-T", &from];
    client("curl", &[&common, args, &[&url]].concat(), b"")
}

/// Runs a script of lftp, as the right user.
pub(crate) fn lftp(server: &Server, script: &str) -> Option<Ended> {
    let script = format!(
        "set cmd:fail-exit yes; set net:max-retries 1; set net:timeout 60; \
         set ftp:ssl-allow no; open -u camera,{PASSWORD} ftp://{}; {script}\n",
        server.address()
    );
    client("lftp", &["--norc"], script.as_bytes())
}

/// A certificate of its own for a day, and its key; `None` with a line when there is no
/// openssl.
pub(crate) fn certificate(folder: &Path, name: &str) -> Option<(PathBuf, PathBuf)> {
    let [chain, key] = ["chain", "key"].map(|part| folder.join(format!("{name}-{part}.pem")));
    let kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let files = ["-keyout", key.to_str()?, "-out", chain.to_str()?];
    let args = [&["req", "-x509", "-subj", "/CN=rig", "-days", "1"][..], &kind, &files].concat();
    let ended = client("openssl", &args, b"")?;
    assert!(ended.ok, "{ended:?}");
    Some((chain, key))
}

/// A photograph of its own number.
pub(crate) fn picture(number: usize) -> Vec<u8> {
    static RENDERED: OnceLock<Vec<u8>> = OnceLock::new();
    let rendered = RENDERED.get_or_init(|| {
        let picture = render(&Scene::new(Subject::Foliage, 1), &Camera::new(320, 212));
        Jpeg::default().encode(&picture).expect("encoded")
    });
    with_comment(rendered, &format!("{number:08}"))
}

pub(crate) fn pictures(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(picture).collect()
}
