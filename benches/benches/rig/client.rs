//! As much of an FTP client (RFC 959, RFC 2428) as it takes to know when the last byte was
//! sent and when the server had it.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// Bytes that are sent at a time.
const PIECE: usize = 64 * 1024;

/// A session.
pub(crate) struct Client {
    control: BufReader<TcpStream>,
}

impl Client {
    /// Logs in as anonymous, in binary.
    pub(crate) fn connect(port: u16) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a server");
        stream.set_nodelay(true).expect("an option");
        let mut client = Self { control: BufReader::new(stream) };
        client.hear(220);
        client.say("USER anonymous");
        if client.reply().0 == 331 {
            client.say("PASS bench");
            client.hear(230);
        }
        client.say("TYPE I");
        client.hear(200);
        client
    }

    /// Uploads a file, at `rate` bytes a second or as fast as it goes. Gives the time from
    /// the last byte sent to the server's word that it has it.
    pub(crate) fn store(&mut self, name: &str, bytes: &[u8], rate: Option<u64>) -> Duration {
        self.say("EPSV");
        let told = self.hear(229);
        // (|||port|)
        let port = told.split('|').nth(3).and_then(|port| port.parse().ok()).expect("a port");
        let mut data = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a data port");
        self.say(&format!("STOR {name}"));
        let (code, told) = self.reply();
        assert!(code == 150 || code == 125, "{told}");
        let began = Instant::now();
        let mut sent = 0u64;
        for piece in bytes.chunks(PIECE) {
            data.write_all(piece).expect("sent");
            sent += piece.len() as u64;
            if let Some(rate) = rate {
                let due = Duration::from_secs_f64(sent as f64 / rate as f64);
                std::thread::sleep(due.saturating_sub(began.elapsed()));
            }
        }
        let last = Instant::now();
        data.shutdown(Shutdown::Write).expect("closed");
        drop(data);
        self.hear(226);
        last.elapsed()
    }

    fn say(&mut self, line: &str) {
        self.control.get_mut().write_all(format!("{line}\r\n").as_bytes()).expect("said");
    }

    fn hear(&mut self, code: u16) -> String {
        let (got, text) = self.reply();
        assert_eq!(got, code, "{text}");
        text
    }

    /// A reply's code and its last line.
    fn reply(&mut self) -> (u16, String) {
        loop {
            let mut line = String::new();
            assert!(self.control.read_line(&mut line).expect("a reply") > 0, "the server hung up");
            let code = line.get(..3).and_then(|code| code.parse().ok());
            if let (Some(code), Some(b' ')) = (code, line.as_bytes().get(3)) {
                return (code, line);
            }
        }
    }
}
