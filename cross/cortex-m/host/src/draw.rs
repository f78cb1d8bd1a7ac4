//! Pictures to judge, whole and damaged.

use crate::picture::{Picture, encode};
use jpeg_encoder::SamplingFactor;
use std::path::Path;
use std::{fs, io};

/// Width and height: more blocks than a microcontroller's plane has samples, so that it is
/// made smaller.
const SIZE: (u16, u16) = (1280, 960);

const PLAIN: Picture = Picture {
    size: SIZE,
    soft: 1,
    light: 256,
    sampling: SamplingFactor::R_4_2_0,
    restart: 0,
    grey: false,
};

const PICTURES: [(&str, Picture); 5] = [
    ("sharp", PLAIN),
    ("soft", Picture { soft: 17, sampling: SamplingFactor::R_4_2_2, ..PLAIN }),
    ("dark", Picture { light: 8, sampling: SamplingFactor::R_4_4_4, ..PLAIN }),
    ("restarts", Picture { soft: 3, light: 200, restart: 40, ..PLAIN }),
    ("grey", Picture { sampling: SamplingFactor::R_4_4_4, grey: true, ..PLAIN }),
];

/// Writes every picture, and damaged ones.
pub(crate) fn all(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (name, picture) in &PICTURES {
        let file = encode(picture)?;
        fs::write(folder.join(format!("{name}.jpg")), &file)?;
        if picture.restart > 0 {
            let mut damaged = file.clone();
            let middle = damaged.len() / 2;
            damaged[middle..middle + 200].fill(0x55);
            fs::write(folder.join("damaged.jpg"), damaged)?;
            fs::write(folder.join("truncated.jpg"), &file[..file.len() / 3])?;
        }
    }
    fs::write(folder.join("nothing.jpg"), [])?;
    fs::write(folder.join("text.jpg"), "not a picture at all\n".repeat(100))
}
