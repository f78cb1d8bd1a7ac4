//! Files that are judged while they grow.

use super::look::Look;
use crate::rig::intake::{Following, Intake};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

/// Files that one source has judged ahead at a time: others want to be judged too.
const MOST: usize = 2;

/// Bytes after which a file is judged ahead: a shorter one is soon at its end.
const LEAST: u64 = 256 * 1024;

/// A file that did not grow for so long is judged later, from its beginning: a judge is
/// worth more elsewhere.
const PATIENCE: Duration = Duration::from_secs(5);

struct Growing {
    inode: (u64, u64),
    following: Following,
    bytes: u64,
    grown: Instant,
}

/// The files of one source that are judged while they grow. They are known by what they
/// keep when they are renamed.
///
/// Only JPEG files are: no other format can be judged before its end, and some cannot be
/// told from each other before they have their name.
#[derive(Default)]
pub(super) struct Followed(Vec<Growing>);

impl Followed {
    /// A file has grown, or may have.
    pub(super) fn grown(&mut self, path: &Path, look: Look, intake: &Intake, now: Instant) {
        let has_place = self.0.len() < MOST;
        match self.0.iter_mut().find(|one| one.inode == look.inode) {
            Some(one) if look.bytes > one.bytes => {
                one.following.grown_to(look.bytes);
                one.bytes = look.bytes;
                one.grown = now;
            }
            Some(one) if look.bytes < one.bytes => {
                // It was begun again, under the eyes of its judge.
                let inode = one.inode;
                self.0.retain(|one| one.inode != inode);
            }
            Some(_) => {}
            None if has_place && look.bytes >= LEAST && is_jpeg(path) => {
                if let Some(mut following) = intake.follow(path) {
                    following.grown_to(look.bytes);
                    let (inode, bytes) = (look.inode, look.bytes);
                    self.0.push(Growing { inode, following, bytes, grown: now });
                }
            }
            None => {}
        }
    }

    /// Gives up on files that do not grow.
    pub(super) fn expire(&mut self, now: Instant) {
        self.0.retain(|one| now.duration_since(one.grown) < PATIENCE);
    }

    /// What was found out of a file that is now at its end.
    pub(super) fn end(&mut self, look: Look) -> Option<Following> {
        let at = self.0.iter().position(|one| one.inode == look.inode)?;
        let Growing { mut following, bytes, .. } = self.0.swap_remove(at);
        if look.bytes < bytes {
            return None;
        }
        following.grown_to(look.bytes);
        Some(following)
    }
}

fn is_jpeg(path: &Path) -> bool {
    let mut head = [0; 3];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == *b"\xFF\xD8\xFF"
}
