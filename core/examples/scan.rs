//! tmp
use edgecull_core::{frame::*, jpeg::*, kernels::Isa};
use std::io::{Read, Write};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let mut sc: Box<Scanner<65536, 512>> = Box::new(Scanner::new(Isa::detect()));
    let mut mem: Box<BoardMemory> = Box::new(BoardMemory::new());
    let mut f = std::fs::File::open(&a[1]).unwrap();
    let mut b = FrameBuilder::new(mem.buffers());
    let mut buf = vec![0u8; 128 * 1024];
    loop {
        let n = f.read(&mut buf).unwrap();
        if n == 0 { break }
        if sc.feed(&buf[..n], &mut b).unwrap() == Progress::Done { break }
    }
    let r = sc.finish(&mut b).unwrap();
    let fr = b.finish().unwrap();
    if a.len() > 2 {
        println!("{r:?} {}x{} luma {}x{} tiles {}x{} seen {}/{}", fr.width, fr.height, fr.luma.width(), fr.luma.height(), fr.tiles.cols, fr.tiles.rows, fr.blocks_seen, fr.blocks_total);
        let mut o = std::fs::File::create(&a[2]).unwrap();
        write!(o, "P5\n{} {}\n255\n", fr.luma.width(), fr.luma.height()).unwrap();
        for y in 0..fr.luma.height() { o.write_all(fr.luma.row(y)).unwrap(); }
    }
}
