//! Which cameras are there: `gphoto2 --auto-detect`.

use super::process::Process;
use super::says::Trouble;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// Time after which it is not waited for any longer.
const LIMIT: Duration = Duration::from_secs(20);

/// A camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Camera {
    pub model: String,
    /// Where it is, as `--port` takes it.
    pub port: String,
}

/// A search that is going on.
pub(super) struct Search {
    process: Process,
    began: Instant,
    said: String,
    trouble: Option<Trouble>,
}

impl Search {
    pub(super) fn begin(program: &Path, folder: &Path, now: Instant) -> io::Result<Self> {
        let process = Process::start(program, &["--auto-detect"], folder)?;
        Ok(Self { process, began: now, said: String::new(), trouble: None })
    }

    /// What was found, when it has ended.
    pub(super) fn end(&mut self, now: Instant) -> io::Result<Option<Result<Vec<Camera>, Trouble>>> {
        while let Some(line) = self.process.line() {
            self.hear(line.is_error, &line.text);
        }
        if self.process.ended()?.is_none() {
            let is_late = now.duration_since(self.began) > LIMIT;
            let late = || Err(Trouble::Said("nothing, while it looks for cameras".into()));
            return Ok(is_late.then(late));
        }
        let last: Vec<_> = self.process.last_lines().collect();
        for line in last {
            self.hear(line.is_error, &line.text);
        }
        let cameras = parse(&self.said);
        Ok(Some(match self.trouble.take() {
            Some(trouble) if cameras.is_empty() && trouble != Trouble::Gone => Err(trouble),
            _ => Ok(cameras),
        }))
    }

    fn hear(&mut self, is_error: bool, text: &str) {
        if !is_error {
            self.said.push_str(text);
            self.said.push('\n');
        } else if let Some(trouble) = Trouble::of(text) {
            self.trouble = Some(match self.trouble.take() {
                Some(earlier) => earlier.or(trouble),
                None => trouble,
            });
        }
    }
}

/// Reads the table: a line of titles, a line of dashes, then models and ports.
fn parse(text: &str) -> Vec<Camera> {
    let rows = text.lines().skip_while(|line| !line.starts_with("---")).skip(1);
    let cameras: Vec<Camera> = rows
        .filter_map(|line| {
            let (model, port) = line.trim().rsplit_once(char::is_whitespace)?;
            let camera = Camera { model: model.trim().to_owned(), port: port.to_owned() };
            is_camera(&camera.port).then_some(camera)
        })
        .collect();
    // `usb:` is whichever comes first: one that is there under its full name, too.
    let is_named = cameras.iter().any(|camera| camera.port.len() > "usb:".len());
    cameras.into_iter().filter(|camera| !is_named || camera.port != "usb:").collect()
}

/// Whether pictures can be taken at a port: disks with a DCIM folder are listed as well.
fn is_camera(port: &str) -> bool {
    ["usb:", "ptpip:", "ip:"].iter().any(|kind| port.starts_with(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLES: &str = "Model                          Port            \n\
        ----------------------------------------------------------\n";

    fn ports(rows: &str) -> Vec<String> {
        parse(&format!("{TITLES}{rows}")).into_iter().map(|camera| camera.port).collect()
    }

    #[test]
    fn cameras_are_read_from_the_table() {
        assert!(ports("").is_empty());
        assert!(parse("").is_empty());
        let text = format!(
            "{TITLES}Canon EOS R5                   usb:001,005     \n\
             Nikon DSC D800E with a name that is far too long usb:001,007     \n\
             Mass Storage Camera            disk:/media/card\n"
        );
        let cameras = parse(&text);
        let models: Vec<_> = cameras.iter().map(|camera| camera.model.as_str()).collect();
        assert_eq!(models, ["Canon EOS R5", "Nikon DSC D800E with a name that is far too long"]);
        assert_eq!(cameras[1].port, "usb:001,007");
    }

    #[test]
    fn one_camera_is_not_listed_twice() {
        assert_eq!(ports("A  usb:\nA  usb:001,004\n"), ["usb:001,004"]);
        assert_eq!(ports("A  usb:\n"), ["usb:"]);
    }
}
