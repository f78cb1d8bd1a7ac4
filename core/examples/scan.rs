//! tmp
#![allow(unsafe_code)]
use edgecull_core::{frame::*, jpeg::*, kernels::Isa};
use std::io::{Read, Write};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let mut sc: Box<Scanner<65536, 512>> = Box::new(Scanner::new(Isa::detect()));
    let mut mem: Box<BoardMemory> = unsafe { Box::<BoardMemory>::new_zeroed().assume_init() };
    let rep: u32 = std::env::var("REP").ok().and_then(|v| v.parse().ok()).unwrap_or(0);
    for _ in 0..rep {
        sc.reset();
        let mut b = FrameBuilder::new(mem.buffers());
        let data = std::fs::read(&a[1]).unwrap();
        for c in data.chunks(32768) {
            sc.feed(c, &mut b).unwrap();
        }
        sc.finish(&mut b).unwrap();
        std::hint::black_box(b.finish());
    }
    sc.reset();
    let mut f = std::fs::File::open(&a[1]).unwrap();
    let mut b = FrameBuilder::new(mem.buffers());
    let mut buf = vec![0u8; 128 * 1024];
    loop {
        let n = f.read(&mut buf).unwrap();
        if n == 0 {
            break;
        }
        if sc.feed(&buf[..n], &mut b).unwrap() == Progress::Done {
            break;
        }
    }
    let r = sc.finish(&mut b).unwrap();
    let fr = b.finish().unwrap();
    if a.len() > 2 {
        println!(
            "{r:?} {}x{} luma {}x{} tiles {}x{} seen {}/{}",
            fr.width,
            fr.height,
            fr.luma.width(),
            fr.luma.height(),
            fr.tiles.cols,
            fr.tiles.rows,
            fr.blocks_seen,
            fr.blocks_total
        );
        let mut o = std::fs::File::create(&a[2]).unwrap();
        write!(o, "P5\n{} {}\n255\n", fr.luma.width(), fr.luma.height()).unwrap();
        for y in 0..fr.luma.height() {
            o.write_all(fr.luma.row(y)).unwrap();
        }
    }
}
