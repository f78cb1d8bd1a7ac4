//! The FTP source with the clients that people have: curl, lftp, and bare sockets for what
//! no decent client does.

#![cfg(unix)]

#[path = "ftp/client.rs"]
mod client;

use client::{Ended, Raw, Server, certificate, curl, curl_as, lftp, picture, pictures, spawn};
use edgecull_tests::rig::{LIMIT, files_below, until};
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

fn succeeded(ended: Ended) -> Ended {
    assert!(ended.ok, "{ended:?}");
    ended
}

#[test]
fn a_mirror_keeps_its_folders_and_comes_in_parallel() {
    let server = Server::start("");
    let files = pictures(12);
    let source = tempfile::tempdir().expect("a folder");
    let name = |i: usize| format!("DCIM/10{} A B/IMG {i:04}.JPG", i % 3);
    for (i, bytes) in files.iter().enumerate() {
        let path = source.path().join(name(i));
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }
    let path = source.path().display();
    let script = format!("mirror -R --parallel=4 '{path}' /; ls /DCIM; nlist '/DCIM/100 A B'");
    let Some(ended) = lftp(&server, &script).map(succeeded) else { return };
    assert!(ended.out.contains("102 A B") && ended.out.contains("IMG 0009.JPG"), "{ended:?}");
    let taken = server.taken();
    assert_eq!(taken.len(), files.len());
    for (i, bytes) in files.into_iter().enumerate() {
        assert_eq!(taken.get(&name(i)), Some(&vec![bytes]), "{}", name(i));
    }
}

#[test]
fn two_thousand_files_come_each_once() {
    let server = Server::start("");
    let source = tempfile::tempdir().expect("a folder");
    let files = pictures(2_000);
    for (i, bytes) in files.iter().enumerate() {
        fs::write(source.path().join(format!("{i:04}.JPG")), bytes).expect("written");
    }
    let script = format!("mirror -R --parallel=4 '{}' /all", source.path().display());
    if lftp(&server, &script).map(succeeded).is_none() {
        return;
    }
    let taken = server.taken();
    assert_eq!(taken.len(), files.len());
    for (i, bytes) in files.into_iter().enumerate() {
        let name = format!("all/{i:04}.JPG");
        assert!(taken.get(&name).is_some_and(|copies| *copies == [bytes]), "{name}");
    }
}

#[test]
fn a_file_may_get_its_name_after_its_bytes() {
    let server = Server::start("");
    let source = tempfile::tempdir().expect("a folder");
    fs::write(source.path().join("1.JPG"), picture(1)).expect("written");
    let script = format!("set xfer:use-temp-file yes; put '{}/1.JPG'", source.path().display());
    if lftp(&server, &script).map(succeeded).is_none() {
        return;
    }
    assert!(server.has("1.JPG", &picture(1)), "{:?}", server.taken_names());
    assert_eq!(server.taken().len(), 1);
}

#[test]
fn data_connections_come_about_in_every_way() {
    let server = Server::start("");
    let ways: [(&str, &[&str]); 4] = [
        ("epsv", &[]),
        ("pasv", &["--disable-epsv"]),
        // libunftp has no EPRT: curl goes on with PORT.
        ("eprt", &["--ftp-port", "127.0.0.1"]),
        ("port", &["--ftp-port", "127.0.0.1", "--disable-eprt"]),
    ];
    for (n, (way, args)) in ways.into_iter().enumerate() {
        let bytes = picture(n);
        let path = format!("{way}/1.JPG");
        let ended = curl(&server, &[&["-v"], args].concat(), &bytes, &format!("/{path}"));
        let Some(ended) = ended.map(succeeded) else { return };
        assert!(ended.err.contains(&format!("> {}", way.to_uppercase())), "{way}: {ended:?}");
        assert!(server.has(&path, &bytes), "{way}");
    }
    let source = tempfile::tempdir().expect("a folder");
    fs::write(source.path().join("2.JPG"), picture(77)).expect("written");
    let script = format!("set ftp:passive-mode off; put '{}/2.JPG'; ls", source.path().display());
    let Some(ended) = lftp(&server, &script).map(succeeded) else { return };
    assert!(ended.out.contains("2.JPG"), "{ended:?}");
    assert!(server.has("2.JPG", &picture(77)));
}

#[test]
fn the_newer_address_family_is_served_too() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("skipped: this machine has no IPv6");
        return;
    }
    let server = Server::start_with("[::1]:0", "", &[]);
    if curl(&server, &[], &picture(1), "/1.JPG").map(succeeded).is_some() {
        assert!(server.has("1.JPG", &picture(1)));
    }
}

#[test]
fn passive_connections_use_the_ports_and_the_host_of_the_settings() {
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let lines = format!("passive-ports = [{port}, {port}]\npassive-host = '192.0.2.7'");
    let server = Server::start(&lines);
    let mut raw = Raw::entered(&server);
    let (code, text) = raw.say("PASV");
    let [high, low] = port.to_be_bytes();
    assert_eq!(code, 227);
    assert!(text.contains(&format!("(192,0,2,7,{high},{low})")), "{text}");
}

#[test]
fn both_connections_are_encrypted_with_a_certificate() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some((chain, key)) = certificate(folder.path(), "rig") else { return };
    let lines = format!("certificate = {chain:?}\nkey = {key:?}\ntls-required = true");
    let server = Server::start(&lines);
    for (n, tls) in ["1.2", "1.3"].into_iter().enumerate() {
        let version = format!("--tlsv{tls}");
        let args = ["--ssl-reqd", "-k", &version, "--tls-max", tls];
        let path = format!("{n}.JPG");
        if curl(&server, &args, &picture(n), &format!("/{path}")).map(succeeded).is_none() {
            return;
        }
        assert!(server.has(&path, &picture(n)), "{tls}");
    }
    for (n, passive) in [(2, "on"), (3, "off")] {
        fs::write(folder.path().join(format!("{n}.JPG")), picture(n)).expect("written");
        let script = format!(
            "set ftp:ssl-allow yes; set ftp:ssl-force yes; set ftp:ssl-protect-data yes; \
             set ftp:ssl-protect-list yes; set ssl:verify-certificate no; \
             set ftp:passive-mode {passive}; put '{}/{n}.JPG'; ls",
            folder.path().display()
        );
        let Some(ended) = lftp(&server, &script).map(succeeded) else { return };
        assert!(ended.out.contains(&format!("{n}.JPG")), "{ended:?}");
        assert!(server.has(&format!("{n}.JPG"), &picture(n)));
    }
    // Without it nobody comes in.
    let mut raw = Raw::connect(&server);
    assert_eq!(raw.say("USER camera").0, 534);
    assert_ne!(raw.say(&format!("PASS {}", client::PASSWORD)).0, 230);
    assert_eq!(raw.say("PWD").0, 530);
}

#[test]
fn an_upload_that_dies_is_not_acknowledged_and_goes_on_later() {
    let server = Server::start("");
    let bytes = picture(5);
    let half = bytes.len() / 2;
    let mut raw = Raw::entered(&server);
    let mut data = raw.passive();
    raw.send(b"STOR DCIM/5.JPG\r\n");
    data.write_all(&bytes[..half]).expect("sent");
    assert_eq!(raw.reply().0, 150);
    // As when its power goes: both connections are gone.
    drop((data, raw));
    server.rig().wait_for_log(&format!("{half} bytes are kept"));
    assert!(server.taken().is_empty());
    let mut raw = Raw::entered(&server);
    assert_eq!(raw.say("SIZE DCIM/5.JPG"), (213, format!("{half}")));
    drop(raw);
    let ended = curl(&server, &["-v", "-C", "-"], &bytes, "/DCIM/5.JPG").map(succeeded);
    let Some(ended) = ended else { return };
    assert!(ended.err.contains("> APPE 5.JPG"), "{ended:?}");
    assert!(server.has("DCIM/5.JPG", &bytes));
}

#[test]
fn a_truncated_file_is_refused_and_goes_on_with_rest() {
    let server = Server::start("");
    let bytes = picture(6);
    let half = bytes.len() / 2;
    let mut raw = Raw::entered(&server);
    // The connection ends in order, but the picture does not.
    assert_eq!(raw.store("STOR 6.JPG", &bytes[..half]).0, 426);
    assert!(server.taken().is_empty());
    // Some of it comes again.
    assert_eq!(raw.say(&format!("REST {}", half - 100)).0, 350);
    assert_eq!(raw.store("STOR 6.JPG", &bytes[half - 100..]).0, 226);
    assert!(server.has("6.JPG", &bytes));
    // It is whole now: there is nothing to append to.
    assert_eq!(raw.store("APPE 6.JPG", &bytes[half..]).0, 550);
    assert!(server.has("6.JPG", &bytes));
    assert_eq!(Raw::entered(&server).say("SIZE 6.JPG"), (213, bytes.len().to_string()));
}

#[test]
fn a_rest_that_led_to_nothing_harms_no_other_file() {
    let server = Server::start("");
    let bytes = picture(6);
    let half = bytes.len() / 2;
    let mut raw = Raw::entered(&server);
    assert_eq!(raw.store("STOR 6.JPG", &bytes[..half]).0, 426);
    assert_eq!(raw.say(&format!("REST {}", half + 1)).0, 350);
    let mut data = raw.passive();
    // What comes next is on its way before the first is answered.
    raw.send(b"STOR 6.JPG\r\n");
    data.write_all(&bytes[half + 1..]).expect("sent");
    drop(data);
    assert_eq!((raw.reply().0, raw.reply().0), (150, 550));
    assert!(raw.ended());
    let mut raw = Raw::entered(&server);
    assert_eq!(raw.store("STOR 6.JPG", &bytes).0, 226);
    assert!(server.has("6.JPG", &bytes));
}

#[test]
fn what_ends_too_early_twice_is_taken_as_it_is() {
    let server = Server::start("");
    let bytes = picture(6);
    let half = &bytes[..bytes.len() / 2];
    let mut raw = Raw::entered(&server);
    assert_eq!(raw.store("STOR 6.JPG", half).0, 426);
    assert_eq!(raw.store("STOR 6.JPG", half).0, 226);
    assert!(server.has("6.JPG", half));
    assert_ne!(server.rig().list()[0]["verdict"], "reject");
}

#[test]
fn a_name_that_comes_again_is_a_new_frame() {
    let server = Server::start("");
    let mut files = pictures(2);
    let mut raw = Raw::entered(&server);
    for bytes in &files {
        assert_eq!(raw.store("STOR 1.JPG", bytes).0, 226);
    }
    let mut taken = server.taken()["1.JPG"].clone();
    taken.sort();
    files.sort();
    assert_eq!(taken, files);
}

#[test]
fn the_newer_connection_of_a_client_takes_over() {
    let server = Server::start("");
    let bytes = picture(8);
    let mut old = Raw::entered(&server);
    let mut data = old.passive();
    old.send(b"STOR 8.JPG\r\n");
    data.write_all(&bytes[..1_000]).expect("sent");
    assert_eq!(old.reply().0, 150);
    let mut new = Raw::entered(&server);
    assert_eq!(new.store("STOR 8.JPG", &bytes).0, 226);
    assert_eq!(old.reply().0, 426);
    assert!(old.ended());
    assert!(server.has("8.JPG", &bytes));
    assert_eq!(server.taken().len(), 1);
}

#[test]
fn only_the_right_password_comes_in_and_none_is_logged() {
    let server = Server::start_with("127.0.0.1:0", "", &["--log", "trace"]);
    let wrong = "Wr0ng-one-of-the-set";
    let mut raw = Raw::connect(&server);
    assert_eq!(raw.say("STOR 1.JPG").0, 530);
    assert_eq!(raw.say("PASV").0, 530);
    assert_eq!(raw.say(&format!("PASS {wrong}")).0, 503);
    assert_eq!(raw.say("USER camera").0, 331);
    assert_eq!(raw.say(&format!("PASS {wrong}")).0, 530);
    assert_eq!(raw.say("LIST").0, 530);
    drop(raw);
    let user = format!("camera:{wrong}");
    if let Some(ended) = curl_as(&server, &["-u", &user], &picture(1), "/1.JPG") {
        assert_eq!(ended.status, Some(67), "{ended:?}");
    }
    assert!(server.taken().is_empty());
    let mut raw = Raw::entered(&server);
    assert_eq!(raw.store("STOR 1.JPG", &picture(1)).0, 226);
    let log = server.rig().log();
    assert!(log.contains("a wrong name or password") && log.contains("1.JPG"), "{log}");
    for password in [wrong, client::PASSWORD] {
        assert!(!log.contains(password), "{log}");
        // As a list of bytes.
        let bytes = format!("{:?}", password.as_bytes());
        assert!(!log.contains(bytes.trim_matches(['[', ']'])), "{log}");
    }
}

#[test]
fn anyone_comes_in_where_that_is_asked_for() {
    let server = Server::start_with("127.0.0.1:0", "", &["--ftp-anonymous"]);
    if curl_as(&server, &[], &picture(1), "/1.JPG").map(succeeded).is_some() {
        assert!(server.has("1.JPG", &picture(1)));
    }
}

#[test]
fn no_name_leads_out_of_the_spool() {
    let server = Server::start("");
    let around = server.around();
    let mut raw = Raw::entered(&server);
    let long = ["n".repeat(201), "n".repeat(5_000), "a/".repeat(17) + "b"];
    let bad = ["../x.JPG", "../../x.JPG", "/../x.JPG", "a/../../x.JPG", "..", "/", "a\0b.JPG"];
    for name in bad.into_iter().chain(long.iter().map(String::as_str)) {
        assert_eq!(raw.store(&format!("STOR {name}"), &picture(1)).0, 553, "{name}");
        assert_eq!(raw.say(&format!("MKD {name}")).0, 553, "{name}");
    }
    assert_eq!(raw.say("CWD ..").0, 550);
    assert_eq!(raw.say("CWD ../../etc").0, 550);
    assert_eq!(raw.say("CDUP").0, 250);
    let (code, text) = raw.say("PWD");
    assert!(code == 257 && text.contains("\"/\""), "{text}");
    assert!(server.taken().is_empty());
    // An absolute one begins at the clients' root, as does one that goes up and stays in.
    assert_eq!(raw.store("STOR /etc/1.JPG", &picture(1)).0, 226);
    assert_eq!(raw.say("CWD etc").0, 250);
    assert_eq!(raw.store("STOR ../2.JPG", &picture(2)).0, 226);
    assert_eq!(server.taken_names(), ["2.JPG", "etc/1.JPG"]);
    assert_eq!(server.around(), around);
}

#[test]
fn a_client_does_not_grow_its_path_without_end() {
    let server = Server::start("");
    let mut raw = Raw::entered(&server);
    let deep = format!("a/{}", "../a/".repeat(200));
    let codes: Vec<_> = (0..8).map(|_| raw.say(&format!("CWD {deep}..")).0).collect();
    assert_eq!(codes.first(), Some(&250), "{codes:?}");
    assert_eq!(codes.last(), Some(&550), "{codes:?}");
}

#[test]
fn names_that_are_not_text_come_with_marks_in_their_place() {
    let server = Server::start("");
    let mut raw = Raw::entered(&server);
    let mut data = raw.passive();
    raw.send(b"STOR \xe9t\xe9 1.JPG\r\n");
    data.write_all(&picture(1)).expect("sent");
    drop(data);
    assert_eq!((raw.reply().0, raw.reply().0), (150, 226));
    assert_eq!(raw.store("STOR \u{e9}t\u{e9} 2.JPG", &picture(2)).0, 226);
    let marked = "\u{fffd}t\u{fffd} 1.JPG";
    assert_eq!(raw.listing("NLST"), format!("\u{e9}t\u{e9} 2.JPG\r\n{marked}\r\n"));
    assert!(server.has(marked, &picture(1)) && server.has("\u{e9}t\u{e9} 2.JPG", &picture(2)));
}

#[test]
fn nobody_is_connected_to_where_that_is_turned_off() {
    let server = Server::start("active = false");
    let third = TcpListener::bind("127.0.0.1:0").expect("a port");
    third.set_nonblocking(true).expect("set");
    let [high, low] = third.local_addr().expect("bound").port().to_be_bytes();
    let mut raw = Raw::entered(&server);
    assert_eq!(raw.say(&format!("PORT 127,0,0,1,{high},{low}")).0, 502);
    assert_eq!(raw.say("STOR 1.JPG").0, 425);
    let nobody = third.accept().expect_err("nobody connects");
    assert_eq!(nobody.kind(), ErrorKind::WouldBlock);
}

#[test]
fn nothing_is_exchanged_with_anybody_but_the_client() {
    let server = Server::start("");
    let third = TcpListener::bind("127.0.0.2:0").expect("a port");
    let [high, low] = third.local_addr().expect("bound").port().to_be_bytes();
    let mut raw = Raw::entered(&server);
    assert_eq!(raw.store("STOR 1.JPG", &picture(1)).0, 226);
    raw.send(format!("PORT 127,0,0,2,{high},{low}\r\nLIST\r\n").as_bytes());
    let (mut data, _) = third.accept().expect("a connection");
    data.set_read_timeout(Some(LIMIT)).expect("set");
    let mut got = Vec::new();
    data.read_to_end(&mut got).expect("closed");
    assert_eq!(got, b"");
}

#[test]
fn one_too_many_is_told_so() {
    let server = Server::start("max-connections = 2");
    let first = Raw::entered(&server);
    let mut second = Raw::entered(&server);
    let mut third = Raw::unheard(&server);
    assert_eq!(third.reply().0, 421);
    assert!(third.ended());
    drop(first);
    // Its place is free when the server has seen it go.
    while Raw::unheard(&server).reply().0 != 220 {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(second.say("NOOP").0, 200);
}

#[test]
fn silent_clients_are_cut() {
    let server = Server::start("idle = 1");
    let mut silent = Raw::entered(&server);
    assert_eq!(silent.reply().0, 221);
    assert!(silent.ended());
    // Bytes that make no line are no sign of life.
    let mut dripping = Raw::entered(&server);
    let mut control = dripping.socket();
    let drip = std::thread::spawn(move || {
        while control.write_all(b"N").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    assert_eq!(dripping.reply().0, 221);
    drop(dripping);
    drip.join().expect("no panic");
    // In the middle of a file.
    let mut raw = Raw::entered(&server);
    let mut data = raw.passive();
    raw.send(b"STOR 9.JPG\r\n");
    data.write_all(&picture(9)[..1_000]).expect("sent");
    assert_eq!(raw.reply().0, 150);
    assert_eq!(raw.reply().0, 426);
    assert!(raw.ended());
    server.rig().wait_for_log("1000 bytes are kept");
    assert!(server.taken().is_empty());
}

#[test]
fn what_is_too_large_is_refused() {
    let server = Server::start_with("127.0.0.1:0", "", &["--max-size", "1000B"]);
    let mut raw = Raw::entered(&server);
    assert_eq!(raw.store("STOR 1.JPG", &picture(1)).0, 552);
    assert!(server.taken().is_empty());
}

#[test]
fn an_empty_file_is_not_acknowledged_at_first() {
    let server = Server::start("");
    let mut raw = Raw::entered(&server);
    assert_eq!(raw.store("STOR 0.JPG", b"").0, 426);
    assert!(server.taken().is_empty());
    // Twice the same: there is no more of it, and it is a frame that cannot be judged.
    assert_eq!(raw.store("STOR 0.JPG", b"").0, 226);
    assert!(server.has("0.JPG", b""));
}

#[test]
fn nothing_is_handed_out_and_nothing_is_deleted() {
    let server = Server::start("");
    let mut raw = Raw::entered(&server);
    assert_eq!(raw.store("STOR DCIM/1.JPG", &picture(1)).0, 226);
    for command in ["DELE DCIM/1.JPG", "RMD DCIM", "DELE DCIM/2.JPG", "RMD X"] {
        assert_eq!(raw.say(command).0, 550, "{command}");
    }
    assert_eq!(raw.store("RETR DCIM/1.JPG", b"").0, 550);
    assert_eq!(raw.say("MKD DCIM/empty").0, 257);
    assert_eq!(raw.say("MKD DCIM/empty").0, 550);
    assert_eq!(raw.say("RMD DCIM/empty").0, 250);
    assert_eq!(raw.say("RNTO X").0, 450);
    assert_eq!(raw.say("RNFR DCIM").0, 350);
    assert_eq!(raw.say("RNTO X").0, 553);
    assert_eq!(raw.say("RNFR DCIM/2.JPG").0, 550);
    assert_eq!(raw.say("RNFR DCIM/1.JPG").0, 350);
    assert_eq!(raw.say("RNTO ../x.JPG").0, 553);
    let size = picture(1).len();
    assert_eq!(raw.say("SIZE DCIM/1.JPG"), (213, size.to_string()));
    assert!(raw.listing("MLSD DCIM").contains(&format!("type=file;size={size};")));
    assert!(server.has("DCIM/1.JPG", &picture(1)));
}

#[test]
fn a_stop_cuts_uploads_and_keeps_what_came() {
    let server = Server::start("");
    let mut idle = Raw::entered(&server);
    let mut raw = Raw::entered(&server);
    let mut data = raw.passive();
    raw.send(b"STOR 1.JPG\r\n");
    data.write_all(&picture(1)[..1_000]).expect("sent");
    assert_eq!(raw.reply().0, 150);
    let incoming = server.folder.path().join("spool/incoming");
    until("it has come", || files_below(&incoming).iter().any(|(_, bytes)| bytes.len() == 1_000));
    let folder = server.stop();
    assert!(idle.ended());
    // The next rig in this spool knows what had come.
    let rig = spawn(folder.path(), "127.0.0.1:0", "", &[]);
    until("the next rig listens", || rig.log().matches("ftp: listening on").count() == 2);
    assert!(rig.list().is_empty());
    let left = files_below(&folder.path().join("spool/incoming"));
    let left: Vec<_> = left.into_iter().filter(|(path, _)| path.ends_with("1.JPG")).collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].1 == picture(1)[..1_000]);
}

/// What the log of a rig says that cannot listen.
fn complaint(folder: &Path, address: &str, lines: &str) -> String {
    // A log of its own.
    let folder = tempfile::tempdir_in(folder).expect("a folder");
    spawn(folder.path(), address, lines, &[]).wait_for_log("trying again")
}

#[test]
fn what_keeps_a_server_from_beginning_is_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let said = complaint(folder.path(), &address, "");
    assert!(said.contains(&address) && said.contains("taken by another program"), "{said}");
    let said = complaint(folder.path(), "192.0.2.1:2121", "");
    assert!(said.contains("not an address of this machine"), "{said}");
    let path = folder.path().join("cert.pem");
    let lines = format!("certificate = {path:?}\nkey = {path:?}");
    let said = complaint(folder.path(), "127.0.0.1:0", &lines);
    assert!(said.contains("cert.pem") && said.contains("PEM"), "{said}");
    fs::write(&path, "no certificate").expect("written");
    let said = complaint(folder.path(), "127.0.0.1:0", &lines);
    assert!(said.contains("no certificate is in it"), "{said}");
    let one = certificate(folder.path(), "one");
    let Some(((chain, _), (_, key))) = one.zip(certificate(folder.path(), "two")) else { return };
    let lines = format!("certificate = {chain:?}\nkey = {key:?}");
    let said = complaint(folder.path(), "127.0.0.1:0", &lines);
    assert!(said.contains("do not go together"), "{said}");
}
